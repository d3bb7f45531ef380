"""
Tests for L{ftpactive.core.listing}.
"""

from __future__ import annotations

import re
from datetime import datetime, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftpactive.core.errors import BadArgument, FTPError
from ftpactive.core.facts import Entry, Facts, Kind, Row, rowOf
from ftpactive.core.listing import FACTS, factsLines, factsText, parseTimeVal, timeVal
from ftpactive.core.longlines import listLines, nameLines

DAY = 86400


def seconds(*when: int) -> float:
    """
    Count the seconds from the epoch to a date and time in UTC.
    """
    return datetime(*when, tzinfo=timezone.utc).timestamp()  # type: ignore[arg-type,misc]


NOW = seconds(2026, 11, 22, 12)
WHEN = seconds(2026, 11, 22, 11, 3, 1)
FILE = Facts(Kind.FILE, 1234, WHEN, owner="owner", group="group")
FOLDER = Facts(Kind.DIRECTORY, 4096, WHEN, mode=0o755, links=12)
LINK = Facts(Kind.LINK, 6, WHEN, mode=0o777, target="../etc")
OTHER = Facts(Kind.OTHER, 0, WHEN)
ALL = frozenset(FACTS)


def listLine(name: str, facts: Facts, now: float) -> bytes:
    """
    Give the line of LIST for one file.
    """
    return listLines([rowOf((name, facts))], now)


def factsLine(name: str, facts: Facts, selected: frozenset[str]) -> bytes:
    """
    Give the line of MLSD for one file.
    """
    return factsLines([rowOf((name, facts))], selected)


NAMES = st.binary(min_size=1).map(lambda data: data.decode("utf-8", "surrogateescape"))
EVERY = st.builds(
    Facts,
    kind=st.sampled_from(Kind),
    size=st.integers(min_value=0),
    modified=st.floats(allow_nan=False, allow_infinity=False),
    mode=st.integers(0, 0o7777),
    owner=NAMES,
    group=NAMES,
    links=st.integers(min_value=0),
    unique=st.text("0123456789abcdefg"),
    created=st.none() | st.floats(allow_nan=False, allow_infinity=False),
    target=NAMES,
    perm=st.text("acdeflmprw"),
)


class TestListLine:
    """
    L{listLines} writes lines as C{ls -l} does.
    """

    @pytest.mark.parametrize(
        ("facts", "line"),
        [
            (FILE, b"-rw-r--r--   1 owner    group        1234 Nov 22 11:03 name\r\n"),
            (FOLDER, b"drwxr-xr-x  12 ftp      ftp          4096 Nov 22 11:03 name\r\n"),
            (LINK, b"lrwxrwxrwx   1 ftp      ftp             6 Nov 22 11:03 name -> ../etc\r\n"),
            (
                LINK._replace(target=""),
                b"lrwxrwxrwx   1 ftp      ftp             6 Nov 22 11:03 name\r\n",
            ),
            (OTHER, b"?rw-r--r--   1 ftp      ftp             0 Nov 22 11:03 name\r\n"),
        ],
    )
    def test_kinds(self, facts: Facts, line: bytes) -> None:
        """
        The first letter tells what it is; a link tells where it leads.
        """
        assert listLine("name", facts, NOW) == line

    @pytest.mark.parametrize(
        ("mode", "letters"),
        [
            (0o000, b"---------"),
            (0o777, b"rwxrwxrwx"),
            (0o640, b"rw-r-----"),
            (0o4755, b"rwsr-xr-x"),
            (0o4644, b"rwSr--r--"),
            (0o2755, b"rwxr-sr-x"),
            (0o2745, b"rwxr-Sr-x"),
            (0o1777, b"rwxrwxrwt"),
            (0o1776, b"rwxrwxrwT"),
        ],
    )
    def test_modes(self, mode: int, letters: bytes) -> None:
        """
        Bits beyond the nine take the places of C{x}.
        """
        assert listLine("name", Facts(Kind.FILE, 0, 0, mode), NOW)[1:10] == letters

    @pytest.mark.parametrize(
        ("modified", "date"),
        [
            (NOW, b"Nov 22 12:00"),
            (seconds(2026, 11, 2, 3, 4, 59), b"Nov  2 03:04"),
            (NOW - 180 * DAY, b"May 26 12:00"),
            (NOW - 180 * DAY - 1, b"May 26  2026"),
            (seconds(2025, 12, 31), b"Dec 31  2025"),
            (NOW + 1, b"Nov 22  2026"),
            (0, b"Jan  1  1970"),
            (-0.5, b"Dec 31  1969"),
            (seconds(2024, 2, 29), b"Feb 29  2024"),
        ],
    )
    def test_dates(self, modified: float, date: bytes) -> None:
        """
        The time of day for half a year back, the year for anything else.
        """
        assert date + b" name" in listLine("name", Facts(Kind.FILE, 0, modified), NOW)

    @pytest.mark.parametrize(("modified", "year"), [(1e18, b"9999"), (-1e18, b"0001")])
    def test_yearsBeyondFourDigits(self, modified: float, year: bytes) -> None:
        """
        A file with a broken date does not spoil the listing.
        """
        assert b"  " + year + b" name" in listLine("name", Facts(Kind.FILE, 0, modified), NOW)

    def test_ownerIsOneColumn(self) -> None:
        """
        Names of directory services hold blanks; an empty one would be missed.
        """
        facts = Facts(Kind.FILE, 0, 0, owner="Domain Users\n", group="")
        assert listLine("name", facts, NOW).split()[2:4] == [b"Domain_Users_", b"?"]

    def test_nameKeepsItsBytes(self) -> None:
        """
        Blanks at both ends too, and what is not UTF-8.
        """
        assert listLine("  \udcff ", FILE, NOW).endswith(b" Nov 22 11:03   \xff \r\n")

    @given(NAMES, EVERY, st.floats(allow_nan=False, allow_infinity=False))
    def test_oneLineThatClientsParse(self, name: str, facts: Facts, now: float) -> None:
        """
        Nothing in a name, an owner or a link makes another line or column.
        """
        line = listLine(name, facts, now)
        assert line.count(b"\n") == 1
        columns = (
            rb"[-dl?][-rwxstST]{9} +\d+ \S+ +\S+ +\d+ [A-Z][a-z]{2} [ \d]\d ( \d{4}|\d\d:\d\d) "
        )
        assert re.match(columns, line)


class TestNameLine:
    """
    L{nameLines} writes lines of NLST.
    """

    def test_onlyTheName(self) -> None:
        """
        Nothing else, and no way to forge a line.
        """
        assert nameLines([" a\r\nb\udcff"]) == b" a\r\0\0b\xff\r\n"


class TestFactsLine:
    """
    L{factsLines} writes lines of MLSD, RFC 3659 section 7.
    """

    def test_everyFact(self) -> None:
        """
        They stand in the order of L{FACTS}, each ends with a semicolon.
        """
        facts = Facts(Kind.FILE, 1, WHEN, 0o644, "x", "y", 1, "fd01g7", WHEN - DAY, "", "adfrw")
        assert factsLine("name", facts, ALL) == (
            b"type=file;size=1;modify=20261122110301;create=20261121110301;perm=adfrw;"
            b"unique=fd01g7;UNIX.mode=0644;UNIX.owner=x;UNIX.group=y; name\r\n"
        )

    def test_unknownFactsAreLeftOut(self) -> None:
        """
        No value is invented.
        """
        facts = Facts(Kind.FILE, 1, WHEN, owner="", group="")
        assert factsText("name", facts, ALL) == (
            "type=file;size=1;modify=20261122110301;UNIX.mode=0644; name"
        )

    def test_folderHasNoSize(self) -> None:
        """
        That fact is of files only, RFC 3659 section 7.5.7.
        """
        assert factsText("name", FOLDER, frozenset({"type", "size"})) == "type=dir; name"

    @pytest.mark.parametrize("fact", FACTS)
    def test_oneFact(self, fact: str) -> None:
        """
        Only what was selected is told.
        """
        facts = Facts(Kind.FILE, 1, WHEN, unique="u", created=WHEN, perm="r")
        assert re.fullmatch(
            re.escape(fact) + "=[^;]+; name", factsText("name", facts, frozenset({fact}))
        )

    def test_noFact(self) -> None:
        """
        The blank before the name stays.
        """
        assert factsLine("name", FILE, frozenset()) == b" name\r\n"

    @pytest.mark.parametrize(
        ("facts", "value"),
        [
            (FILE, "file"),
            (FOLDER, "dir"),
            (LINK, "OS.unix=slink:../etc"),
            (Facts(Kind.LINK, 0, 0, target="a b"), "OS.unix=slink"),
            (Facts(Kind.LINK, 0, 0, target="a;b"), "OS.unix=slink"),
            (Facts(Kind.LINK, 0, 0, target="é"), "OS.unix=slink"),
            (Facts(Kind.LINK, 0, 0), "OS.unix=slink"),
            (OTHER, "OS.unix=special"),
        ],
    )
    def test_types(self, facts: Facts, value: str) -> None:
        """
        A link's target is told only where the syntax has room for it.
        """
        assert factsText("name", facts, frozenset({"type"})) == f"type={value}; name"

    def test_ownerIsOneValue(self) -> None:
        """
        A blank would begin the name, a semicolon the next fact.
        """
        facts = Facts(Kind.FILE, 0, 0, owner="Domain Users", group="a;perm=w")
        text = factsText("name", facts, frozenset({"UNIX.owner", "UNIX.group"}))
        assert text == "UNIX.owner=Domain_Users;UNIX.group=a_perm=w; name"

    @given(NAMES, EVERY, st.sets(st.sampled_from(FACTS)).map(frozenset))
    def test_oneLineThatClientsParse(
        self, name: str, facts: Facts, selected: frozenset[str]
    ) -> None:
        """
        The first blank ends the facts, whatever they and the name hold.
        """
        line = factsLine(name, facts, selected)
        told, _, rest = line.partition(b" ")
        assert rest == nameLines([name])
        assert {fact.partition(b"=")[0].decode() for fact in told.split(b";")[:-1]} <= selected


#: Entries of which many have something in common with their neighbours.
_ALIKE = st.builds(
    Facts,
    kind=st.sampled_from(Kind),
    size=st.sampled_from([0, 123456789]),
    modified=st.sampled_from([-0.5, NOW - 0.5, NOW, NOW + 0.5, NOW - 180 * DAY - 1]),
    mode=st.sampled_from([0o644, 0o755]),
    owner=st.sampled_from(["", "ftp"]),
    links=st.sampled_from([1, 2]),
    unique=st.sampled_from(["", "1.2"]),
    created=st.sampled_from([None, WHEN]),
    target=st.sampled_from(["", "there"]),
    perm=st.sampled_from(["", "r"]),
)
ENTRIES = st.lists(st.tuples(NAMES, _ALIKE))


def rows(entries: list[Entry]) -> list[Row]:
    """
    Give rows, of which those share what they have in common that are alike.
    """
    known: dict[object, object] = {}
    made = map(rowOf, entries)
    return [(row[0], known.setdefault(row[1], row[1]), *row[2:]) for row in made]  # type: ignore[misc]


class TestNeighbours:
    """
    What a line shares with the one before it is not worked out again.
    """

    @given(ENTRIES)
    def test_listLines(self, entries: list[Entry]) -> None:
        """
        Each line is as it would be by itself.
        """
        alone = b"".join(listLine(name, facts, NOW) for name, facts in entries)
        assert listLines(rows(entries), NOW) == alone

    @given(ENTRIES, st.sets(st.sampled_from(FACTS)).map(frozenset))
    def test_factsLines(self, entries: list[Entry], selected: frozenset[str]) -> None:
        """
        That of MLSD likewise.
        """
        alone = b"".join(factsLine(name, facts, selected) for name, facts in entries)
        assert factsLines(rows(entries), selected) == alone

    @pytest.mark.parametrize("selected", [ALL, ALL - {"size"}, ALL - {"unique"}])
    @pytest.mark.parametrize("kind", [Kind.FILE, Kind.DIRECTORY])
    def test_numberOfAFile(self, kind: Kind, selected: frozenset[str]) -> None:
        """
        What is unique may end with a number, which is written in hexadecimal.
        """
        facts = Facts(kind, 1, 0, unique="fd.1f")
        name, common, size, modified, links, _ = rowOf(("name", facts._replace(unique="fd.")))
        line = factsLines([(name, common, size, modified, links, 0x1F)], selected)
        assert line == factsLine("name", facts, selected)


class TestTimeVal:
    """
    L{timeVal} and L{parseTimeVal}: RFC 3659 section 2.3.
    """

    @pytest.mark.parametrize(
        ("when", "text"),
        [
            (WHEN, "20261122110301"),
            (WHEN + 0.9, "20261122110301"),
            (0, "19700101000000"),
            (-0.5, "19691231235959"),
            (-1e-20, "19691231235959"),
            (seconds(999, 1, 1), "09990101000000"),
        ],
    )
    def test_wholeSeconds(self, when: float, text: str) -> None:
        """
        The second that has begun, before the epoch too.
        """
        assert timeVal(when) == text

    @pytest.mark.parametrize(
        ("text", "when"),
        [
            ("20261122110301", WHEN),
            ("20261122110301.5", WHEN + 0.5),
            ("19700101000000.250", 0.25),
            ("19691231235959", -1),
            ("20161231235960", seconds(2017, 1, 1)),
            ("20240229000000", seconds(2024, 2, 29)),
        ],
    )
    def test_parse(self, text: str, when: float) -> None:
        """
        A fraction counts; a leap second is the one after it.
        """
        assert parseTimeVal(text) == when

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "2026112211030",
            "202611221103011",
            "20261122110301.",
            "20261122110301.x",
            "20261122110301Z",
            " 20261122110301",
            "20261122110301\n",
            "20261322110301",
            "20260229000000",
            "20261122240000",
            "20261122116000",
            "20261122110361",
            "00000101000000",
            "٢٠٢٦١١٢٢١١٠٣٠١",
            "9" * 5000,
        ],
    )
    def test_anythingElseIs501(self, text: str) -> None:
        """
        The reply says how a time is written, and shows a little of this one.
        """
        with pytest.raises(BadArgument, match="YYYYMMDDHHMMSS, in UTC") as caught:
            parseTimeVal(text)
        assert len(str(caught.value)) < 120

    @given(st.integers(int(seconds(1, 1, 1)), int(seconds(9999, 12, 31, 23, 59, 59))))
    def test_readsWhatItWrites(self, when: int) -> None:
        """
        Any second of the years 1 to 9999 comes back.
        """
        assert parseTimeVal(timeVal(when)) == when

    @given(st.text() | st.from_regex(r"[0-9]{12,16}(\.[0-9]*)?", fullmatch=True))
    def test_onlyOurErrors(self, text: str) -> None:
        """
        Whatever a client sends, it is a time or an FTP error.
        """
        try:
            parseTimeVal(text)
        except FTPError:
            pass
