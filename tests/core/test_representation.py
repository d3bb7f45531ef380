"""
Tests for L{ftpactive.core.representation}.
"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftpactive.core.codec import Chain, onlyBytes
from ftpactive.core.errors import BadArgument, BadParameter, FTPError
from ftpactive.core.representation import ASCII, BINARY, Representation, parseType


def sent(representation: Representation, data: bytes) -> bytes:
    """
    Give what is sent of a file.
    """
    chain = Chain(*(make() for make in representation.encoders))
    return b"".join([*onlyBytes(chain.feed(data)), *onlyBytes(chain.finish())])


def stored(representation: Representation, data: bytes) -> bytes:
    """
    Give what is stored of what was sent.
    """
    chain = Chain(*(make() for make in representation.decoders))
    return b"".join([*onlyBytes(chain.feed(data)), *onlyBytes(chain.finish())])


class TestParseType:
    """
    L{parseType} reads the argument of C{TYPE}, RFC 959 section 3.1.1.
    """

    @pytest.mark.parametrize(
        ("argument", "representation"),
        [
            ("A", ASCII),
            ("a", ASCII),
            ("A N", ASCII),
            ("A T", ASCII),
            ("a n", ASCII),
            ("I", BINARY),
            ("i ", BINARY),
            ("L 8", BINARY),
            ("l  8", BINARY),
        ],
    )
    def test_supported(self, argument: str, representation: Representation) -> None:
        """
        RFC 1123 section 4.1.2.1 wants these, C{L 8} being the same as C{I}.
        """
        assert parseType(argument) is representation

    @pytest.mark.parametrize("argument", ["A C", "e c", "L 7", "L 36"])
    def test_knownAndNotSupported(self, argument: str) -> None:
        """
        What printers and other machines need is 504.
        """
        with pytest.raises(BadParameter):
            parseType(argument)

    @pytest.mark.parametrize(
        "argument",
        [
            "",
            " ",
            "X",
            "AN",
            "L8",
            "L",
            "L x",
            "L ²",
            "L 9999",
            "I N",
            "A X",
            "A NT",
            "E NT",
            "A N N",
        ],
    )
    def test_notATypeAtAll(self, argument: str) -> None:
        """
        Everything else is 501; an empty one gave no reply at all from
        Twisted's own server, and the client waited for ever.
        """
        with pytest.raises(BadArgument):
            parseType(argument)

    @given(st.text())
    def test_neverAnotherError(self, argument: str) -> None:
        """
        Whatever the argument.
        """
        try:
            assert parseType(argument).code in ("A N", "E N", "I")
        except FTPError as error:
            assert error.code in (501, 504)


class TestRepresentation:
    """
    L{Representation} makes the codecs of one transfer.
    """

    def test_binaryChangesNothing(self) -> None:
        """
        The kernel may copy the bytes, and offsets count them.
        """
        assert BINARY.keepsOffsets
        assert not BINARY.encoders
        assert not BINARY.decoders

    def test_asciiLeavesWithCarriageReturns(self) -> None:
        """
        Lines end with CR LF on the wire, so that offsets are not the file's.
        """
        assert not ASCII.keepsOffsets
        assert sent(ASCII, b"a\nb") == b"a\r\nb"

    def test_asciiArrivesWithout(self) -> None:
        """
        Lines end with LF on disk; Twisted's own server converted the other
        way round.
        """
        assert stored(ASCII, b"a\r\nb") == b"a\nb"

    def test_everyTransferHasItsOwn(self) -> None:
        """
        A CR that one transfer ended with says nothing about the next.
        """
        one, other = (Chain(*(make() for make in ASCII.decoders)) for _ in range(2))
        assert list(onlyBytes(one.feed(b"a\r"))) == [b"a"]
        assert list(onlyBytes(other.feed(b"b"))) == [b"b"]

    @pytest.mark.parametrize("argument", ["E", "E N", "e t"])
    def test_ebcdic(self, argument: str) -> None:
        """
        TYPE E is another code for the same letters, there and back.
        """
        ebcdic = parseType(argument)
        assert (ebcdic.code, ebcdic.keepsOffsets) == ("E N", False)
        assert sent(ebcdic, b"A1\n") == b"\xc1\xf1\x15"
        assert stored(ebcdic, b"\xc1\xf1\x15") == b"A1\n"

    def test_ebcdicListing(self) -> None:
        """
        The lines of a listing end as those of a file do.
        """
        lines = Chain(*(make() for make in parseType("E").lineEncoders))
        assert b"".join(onlyBytes(lines.feed(b"A\r\n"))) == b"\xc1\x15"
