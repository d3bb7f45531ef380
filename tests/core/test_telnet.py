"""
Tests for L{ftpactive.core.telnet}.
"""

from __future__ import annotations

import pytest

from ftpactive.core.telnet import TelnetFilter

SYNCH = b"\xff\xf4\xff\xf2"


class TestTelnetFilter:
    """
    L{TelnetFilter} takes Telnet commands out of a stream, RFC 854.
    """

    @pytest.mark.parametrize(
        ("raw", "text"),
        [
            (b"NOOP\r\n", b"NOOP\r\n"),
            (SYNCH + b"ABOR\r\n", b"ABOR\r\n"),
            (b"a\xff\xffb", b"a\xffb"),
            (b"a\xff\xe9b", b"a\xff\xe9b"),
            (b"a\xff\xf0b", b"ab"),
            (b"a\xff\xf9b", b"ab"),
            (b"a\xff\xfa\x18any\xffthing\xff\xf0b", b"ab"),
            (b"a\xff\xfa\xff\xff\xf0\xff\xf0b", b"ab"),
        ],
    )
    def test_text(self, raw: bytes, text: bytes) -> None:
        """
        Commands and subnegotiations go; IAC IAC is one 0xFF; an 0xFF before
        what is no Telnet command stays, since it is a name's.
        """
        assert TelnetFilter().feed(raw) == (text, b"")

    @pytest.mark.parametrize(
        ("raw", "answer"),
        [
            (b"\xff\xfb\x01", b"\xff\xfe\x01"),
            (b"\xff\xfd\x01", b"\xff\xfc\x01"),
            (b"\xff\xfc\x01", b""),
            (b"\xff\xfe\x01", b""),
        ],
    )
    def test_optionsAreRefused(self, raw: bytes, answer: bytes) -> None:
        """
        WILL is answered DONT and DO is answered WONT (RFC 1123 section
        4.1.2.12); refusals are not answered, or it would never end.
        """
        assert TelnetFilter().feed(b"a" + raw + b"b") == (b"ab", answer)

    def test_floodIsCheap(self) -> None:
        """
        What is dropped is not looked at byte by byte.
        """
        telnet = TelnetFilter()
        telnet.feed(b"\xff\xfa")
        steps, step = [], telnet._step
        telnet._step = lambda *arguments: steps.append(1) or step(*arguments)  # type: ignore
        assert telnet.feed(b"?" * 100_000 + b"\xff\xf0NOOP") == (b"NOOP", b"")
        assert len(steps) == 2

    def test_anywhereCut(self) -> None:
        """
        A command may come a byte at a time.
        """
        raw = b"a" + SYNCH + b"\xff\xfb\x01\xff\xfa\x18x\xff\xf0\xff\xffb"
        telnet = TelnetFilter()
        parts = [telnet.feed(bytes((byte,))) for byte in raw]
        texts, answers = zip(*parts, strict=True)
        assert (b"".join(texts), b"".join(answers)) == (b"a\xffb", b"\xff\xfe\x01")
