"""
What 426 says of an upload that was cut: how much is kept, and how to go on.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ftpactive.core.errors import NoSpace, TransferAborted
from ftpactive.core.uploadpolicy import UploadPolicy
from ftpactive.storage.local import LocalStorage
from ftpactive.testing.conversation import Conversation

KEPT = "426 It broke; 5 bytes are kept: REST 5 and STOR go on from there"


@pytest.fixture(params=[False, True], ids=["in place", "atomic"])
def conversation(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Conversation]:
    """
    A client that will be cut off after five bytes.
    """
    storage = LocalStorage(tmp_path, uploads=UploadPolicy(atomic=request.param))
    conversation = Conversation(storage)
    conversation.opener.toReceive = b"begun"
    conversation.opener.cut = TransferAborted("It broke")
    conversation.hears("TYPE I", "PORT 192,0,2,7,78,52")
    yield conversation
    storage.close()


@pytest.mark.parametrize("verb", ["STOR", "APPE"])
def test_whatIsKeptIsTold(conversation: Conversation, verb: str) -> None:
    """
    The client need not ask, and can go on.
    """
    conversation.hears(f"{verb} a")
    assert conversation.last() == KEPT
    conversation.opener.cut = None
    conversation.opener.toReceive = b" and ended"
    conversation.hears("REST 5", "STOR a", "RETR a")
    assert conversation.codes()[-2:] == [150, 226]
    assert conversation.downloaded == b"begun and ended"


def test_nothingKeptAndNothingTold(conversation: Conversation) -> None:
    """
    Where nothing came, there is nothing to go on from.
    """
    conversation.opener.toReceive = b""
    conversation.hears("STOR a")
    assert conversation.last() == "426 It broke"


def test_textHasNoOffsets(conversation: Conversation) -> None:
    """
    In TYPE A, bytes of the file are not those of the transfer.
    """
    conversation.hears("TYPE A", "STOR a")
    assert conversation.last() == "426 It broke"


def test_otherFailuresKeepTheirWords(conversation: Conversation) -> None:
    """
    To a full disk there is nothing to add.
    """
    conversation.opener.cut = NoSpace()
    conversation.hears("STOR a")
    assert conversation.last() == "452 Insufficient storage space on the server"


def test_sizeOfWhatIsKept(conversation: Conversation) -> None:
    """
    Who does not read replies asks SIZE, as most clients do.
    """
    conversation.hears("STOR a", "SIZE a")
    assert conversation.last() == "213 5"
