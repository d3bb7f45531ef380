"""
The codes that each verb may be answered with, held against the lists of the
RFCs.
"""

from __future__ import annotations

from typing import Any

import pytest

from ftpactive.core.errors import (
    BadName,
    FileBusy,
    FTPError,
    NoSpace,
    NotFound,
    NotImplementedHere,
)
from ftpactive.storage.memory import MemoryStorage
from ftpactive.testing.conversation import Conversation
from ftpactive.verbs.table import Verb
from ftpactive.verbs.vocabulary import TABLE
from tools.deviations import DEVIATIONS, Deviation

#: Whatever the verb: RFC 959 section 4.2.2 says of 421 that it may answer any
#: command; 500 is for a verb that is not known.
ANY = {421, 500}

#: As most lists of RFC 959 end.
USUAL = {501, 502, 530}

#: What goes wrong on a data connection, or before it is opened; the last two
#: by RFC 4217 sections 9 and 10.2.
OPENED = {125, 150, 425, 426, 451, 521, 522}

SENT = {110, 226, 250, 450, 550, 501, 530} | OPENED
RECEIVED = {110, 226, 250, 551, 552, 532, 450, 452, 553, 501, 530} | OPENED
LISTED = {226, 250, 450} | USUAL | OPENED

#: RFC 959 section 5.4.  That a folder above is entered with 250 is said in
#: section 4.1.1; 200 stands in the list by mistake.
RFC959 = {
    "USER": {230, 530, 501, 331, 332},
    "PASS": {230, 202, 530, 501, 503, 332},
    "ACCT": {230, 202, 530, 501, 503},
    "CWD": {250, 550} | USUAL,
    "CDUP": {200, 250, 550} | USUAL,
    "SMNT": {202, 250, 550} | USUAL,
    "REIN": {120, 220, 502},
    "QUIT": {221},
    "PORT": {200, 501, 530},
    "PASV": {227} | USUAL,
    "MODE": {200, 501, 504, 530},
    "TYPE": {200, 501, 504, 530},
    "STRU": {200, 501, 504, 530},
    "ALLO": {200, 202, 501, 504, 530},
    "REST": {350} | USUAL,
    "STOR": RECEIVED,
    "STOU": RECEIVED,
    "RETR": SENT,
    "LIST": LISTED,
    "NLST": LISTED,
    "APPE": RECEIVED | {502, 550},
    "RNFR": {450, 550, 350} | USUAL,
    "RNTO": {250, 532, 553, 503} | USUAL,
    "DELE": {250, 450, 550} | USUAL,
    "RMD": {250, 550} | USUAL,
    "MKD": {257, 550} | USUAL,
    "PWD": {257, 501, 502, 550},
    "ABOR": {225, 226, 501, 502},
    "SYST": {215, 501, 502},
    "STAT": {211, 212, 213, 450} | USUAL,
    "HELP": {211, 214, 501, 502},
    "SITE": {200, 202, 501, 530},
    "NOOP": {200},
}

#: What later RFCs and drafts add.
LATER = {
    # RFC 1639 sections 3 and 4.
    "LPRT": {200, 501, 530, 521},
    "LPSV": {228, 521} | USUAL,
    # RFC 2228 section 5 and RFC 4217.
    "USER": {232},
    "AUTH": {234, 431, 502, 504, 534, 501},
    "PBSZ": {200, 503} | USUAL,
    "PROT": {200, 504, 536, 503, 534, 431} | USUAL,
    "CCC": {200, 503, 533, 534} | USUAL,
    # RFC 2389 sections 3 and 4.
    "FEAT": {211, 501, 502},
    "OPTS": {200, 451, 501},
    # RFC 2428 sections 2 and 3.
    "EPRT": {200, 501, 522, 530},
    "EPSV": {200, 229, 522} | USUAL,
    # RFC 2640 section 4.1.
    "LANG": {200, 501, 502, 504},
    # RFC 3659 sections 3, 4, 5 and 7.
    "MDTM": {213, 550} | USUAL,
    "SIZE": {213, 550} | USUAL,
    "RETR": {554},
    "STOR": {554},
    "MLST": {250, 550} | USUAL,
    "MLSD": {550} | LISTED,
    # RFC 7151 section 3.
    "HOST": {220, 501, 502, 503, 504},
    # draft-somers-ftp-mfxx, with a fact that cannot be set.
    "MFMT": {213, 550} | USUAL,
    "MFF": {213, 504, 550} | USUAL,
    # draft-bryan-ftp-hash, with the offsets of RANG as RETR has those of REST.
    "HASH": {213, 450, 550, 554, 501, 504, 530},
    "RANG": {350, 504} | USUAL,
    # draft-peterson-streamlined-ftp-command-extensions.
    "AVBL": {213, 550} | USUAL,
    "CSID": {200, 501, 502},
    # Those without an RFC: as the verb that is most like it.
    "CLNT": {200, 501, 502},
    "COMB": {250, 452, 552, 553, 450, 550} | USUAL,
} | dict.fromkeys(
    ("XCRC", "XMD5", "XSHA", "XSHA1", "XSHA256", "XSHA512"), {250, 450, 550, 554} | USUAL
)

#: RFC 1123 section 4.1.3.1.
OLD_NAMES = {"XCWD": "CWD", "XCUP": "CDUP", "XPWD": "PWD", "XMKD": "MKD", "XRMD": "RMD"}

VERBS = pytest.mark.parametrize("verb", TABLE.values(), ids=list(TABLE))


def listed(name: str) -> set[int]:
    """
    Give the codes that the RFCs list for a verb.
    """
    name = OLD_NAMES.get(name, name)
    return ANY | RFC959.get(name, set()) | LATER.get(name, set())


def deviating(name: str) -> set[int]:
    """
    Give the codes that we send all the same.
    """
    return {
        code for each in DEVIATIONS if not each.verbs or name in each.verbs for code in each.codes
    }


class TestRows:
    """
    The rows of the table.
    """

    @VERBS
    def test_areWithinTheLists(self, verb: Verb) -> None:
        """
        No verb may be answered with a code that no list has for it, but for
        those deviations that have a reason.
        """
        assert verb.replies - listed(verb.name) - deviating(verb.name) == set()

    def test_everyVerbHasAList(self) -> None:
        """
        One that is added must say whose list it follows.
        """
        assert set(TABLE) == {*RFC959, *LATER, *OLD_NAMES}

    @VERBS
    def test_allCanBeAnswered(self, verb: Verb) -> None:
        """
        With a success, a refusal of a wrong argument, and the end of service.
        """
        assert any(200 <= code < 400 for code in verb.replies)
        assert {421, 501} <= verb.replies

    @VERBS
    def test_preliminaryRepliesAreForTransfers(self, verb: Verb) -> None:
        """
        A client that does not wait for a 1xx would take it for the answer.
        """
        isTransfer = 150 in verb.replies
        assert isTransfer or all(code >= 200 for code in verb.replies)
        assert isTransfer is (426 in verb.replies)


class TestDeviations:
    """
    The table of deviations says what is, and no more.
    """

    @pytest.mark.parametrize("deviation", DEVIATIONS)
    def test_eachHasAReason(self, deviation: Deviation) -> None:
        """
        In a sentence at least.
        """
        assert deviation.reason.endswith(".")

    @pytest.mark.parametrize("deviation", DEVIATIONS)
    def test_eachIsNeeded(self, deviation: Deviation) -> None:
        """
        None is left behind when the verb does without it.
        """
        for name in deviation.verbs or TABLE:
            assert {*deviation.codes} <= TABLE[name].replies
        for code in deviation.codes:
            assert any(code not in listed(name) for name in deviation.verbs or TABLE)


class Failing(MemoryStorage):
    """
    A storage that fails as it is told.
    """

    def __init__(self, error: FTPError) -> None:
        super().__init__({"a": b""})
        self._error = error

    async def _fail(self, *arguments: object) -> Any:
        raise self._error

    stat = openForReading = openForWriting = remove = rename = makeDirectory = _fail


class TestRefusals:
    """
    A storage fails in any way; the code is one that the verb has.
    """

    @pytest.mark.parametrize(
        ("line", "error", "reply"),
        [
            ("STOR a", BadName(), "553 File name not allowed"),
            ("RETR a", BadName(), "550 File name not allowed"),
            ("CWD a", BadName(), "550 File name not allowed"),
            ("DELE a", FileBusy("In use"), "450 In use"),
            ("CWD a", FileBusy("In use"), "451 In use"),
            ("STOR a", NoSpace(), "452 Insufficient storage space on the server"),
            ("MKD a", NoSpace(), "451 Insufficient storage space on the server"),
            ("APPE a", NotImplementedHere("Not here"), "502 Not here"),
            ("STOR a", NotImplementedHere("Not here"), "550 Not here"),
            ("STOR a", NotFound(), "550 No such file or directory"),
        ],
    )
    def test_nearest(self, line: str, error: FTPError, reply: str) -> None:
        """
        Its own where the list has it, the nearest where not: what may pass
        stays 4xx, what is final stays 5xx, and the words stay what they are.
        """
        conversation = Conversation(Failing(error)).hears("PORT 192,0,2,7,78,52", line)
        assert conversation.last() == reply
