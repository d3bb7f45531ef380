"""
Tests for L{ftpactive.core.modes}, and for the chains that a session makes of
representation and mode.
"""

from __future__ import annotations

import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftpactive.core.block import INTERVAL
from ftpactive.core.codec import Chain, Marker, Piece
from ftpactive.core.errors import TransferAborted
from ftpactive.core.modes import BLOCK, DEFLATE, MODES, STREAM, Markers, Mode
from ftpactive.core.representation import parseType
from ftpactive.core.session import Session
from tests.core.streams import CUTS, FILES, TEXTS, cut, joined, pieces, through

#: All that TYPE and MODE can choose together.
SESSIONS = st.builds(
    lambda kind, mode, level: Session(
        representation=parseType(kind), mode=MODES[mode], deflateLevel=level
    ),
    st.sampled_from("AEI"),
    st.sampled_from("SBZ"),
    st.integers(min_value=0, max_value=9),
)


def markers(content: list[Piece]) -> list[tuple[int, str]]:
    """
    Give where markers stand among the data, and what they say.
    """
    found, offset = [], 0
    for piece in content:
        if isinstance(piece, Marker):
            found.append((offset, piece.text))
        else:
            offset += len(piece)
    return found


class TestModes:
    """
    L{MODES} is what MODE understands, RFC 959 section 3.4.
    """

    def test_codes(self) -> None:
        """
        A stream, blocks, and deflate.
        """
        assert MODES == {"S": STREAM, "B": BLOCK, "Z": DEFLATE}

    def test_streamOfBytesIsFree(self) -> None:
        """
        In TYPE I and MODE S there is nothing to do: the kernel may copy.
        """
        session = Session(representation=parseType("I"))
        assert not session.encoder(0)
        assert not session.decoder()
        assert not session.lineEncoder()

    @pytest.mark.parametrize("kind", ["A", "I"])
    def test_listingIsAsciiAlready(self, kind: str) -> None:
        """
        Its lines end with CR LF.
        """
        assert not Session(representation=parseType(kind)).lineEncoder()

    @pytest.mark.parametrize("mode", MODES.values(), ids=list(MODES))
    def test_onlyBlocksTellTheirEnd(self, mode: Mode) -> None:
        """
        In the other modes the client closes.
        """
        session = Session(representation=parseType("I"), mode=mode)
        decoder = session.decoder()
        list(decoder.feed(through(lambda: session.encoder(0), b"abc")))
        assert decoder.isComplete is (mode is BLOCK)


class TestMarkers:
    """
    L{Markers} says where in the file we are, RFC 959 section 3.5.
    """

    @pytest.mark.parametrize("offset", [0, 5, INTERVAL - 1, INTERVAL])
    def test_tellTheOffsetInTheFile(self, offset: int) -> None:
        """
        Also when the transfer begins within it.
        """
        content = pieces(Chain(Markers(offset)), [b"x" * (2 * INTERVAL + 7)])
        assert markers(content) == [
            (INTERVAL, str(offset + INTERVAL)),
            (2 * INTERVAL, str(offset + 2 * INTERVAL)),
        ]

    def test_shortFile(self) -> None:
        """
        There is none in it.
        """
        assert pieces(Chain(Markers(0)), [b"x" * (INTERVAL - 1)]) == [b"x" * (INTERVAL - 1)]

    @given(st.lists(st.integers(min_value=1, max_value=INTERVAL), max_size=6))
    def test_chunksDoNotMatter(self, sizes: list[int]) -> None:
        """
        They stand where they stand.
        """
        data = bytes(3 * INTERVAL)
        expected = [(at * INTERVAL, str(at * INTERVAL)) for at in (1, 2, 3)]
        assert markers(pieces(Chain(Markers(0)), cut(data, sizes))) == expected

    @pytest.mark.parametrize("kind", ["A", "E", "I"])
    def test_throughTheWholeChain(self, kind: str) -> None:
        """
        What converts the data leaves them between the same bytes, so that the
        file goes on there.
        """
        session = Session(representation=parseType(kind), mode=BLOCK)
        data = b"line\n" * 500_000
        stream = through(lambda: session.encoder(0), data)
        decoder = Session(representation=parseType("I"), mode=BLOCK).decoder()
        sent = pieces(decoder, [stream])
        back = Session(representation=parseType(kind)).decoder
        size = 0
        for piece in sent:
            if isinstance(piece, Marker):
                assert int(piece.text) == size
            else:
                size += len(through(back, piece))
        assert [int(text) for _, text in markers(sent)] == [INTERVAL, 2 * INTERVAL]


class TestChains:
    """
    The chains that L{Session} makes.
    """

    @given(SESSIONS, FILES, CUTS)
    def test_encoderIsTheSameForAnyCut(
        self, session: Session, data: bytes, sizes: list[int]
    ) -> None:
        """
        A file that is read in other pieces is the same to the client.  (In
        blocks of other sizes, or compressed otherwise: it is what comes out
        of them that counts.)
        """
        plain = Session(representation=parseType("I"), mode=session.mode)

        def sent(chunks: list[bytes]) -> bytes:
            return through(plain.decoder, through(lambda: session.encoder(0), *chunks))

        assert sent(list(cut(data, sizes))) == sent([data])

    @given(SESSIONS, FILES, CUTS)
    def test_decoderIsTheSameForAnyCut(
        self, session: Session, data: bytes, sizes: list[int]
    ) -> None:
        """
        An upload that the network cuts otherwise is the same file.
        """
        plain = Session(representation=parseType("I"), mode=session.mode)
        stream = through(lambda: plain.encoder(0), data)
        assert through(session.decoder, *cut(stream, sizes)) == through(session.decoder, stream)

    @given(SESSIONS, TEXTS, CUTS, CUTS)
    def test_textComesBack(
        self, session: Session, data: bytes, sizes: list[int], others: list[int]
    ) -> None:
        """
        What is downloaded and uploaded again is the same file.
        """
        stream = through(lambda: session.encoder(0), *cut(data, sizes))
        assert through(session.decoder, *cut(stream, others)) == data

    @given(SESSIONS.filter(lambda session: session.representation.code != "A N"), FILES, CUTS)
    def test_bytesComeBack(self, session: Session, data: bytes, sizes: list[int]) -> None:
        """
        So is any file, but for TYPE A, which is for text.
        """
        stream = through(lambda: session.encoder(0), data)
        assert through(session.decoder, *cut(stream, sizes)) == data

    @given(SESSIONS, st.lists(st.text("ab", max_size=9)), CUTS)
    def test_listing(self, session: Session, names: list[str], sizes: list[int]) -> None:
        """
        A client reads the lines as it would read a file.
        """
        lines = b"".join(name.encode() + b"\r\n" for name in names)
        sent = through(session.lineEncoder, *cut(lines, sizes))
        # In TYPE I nothing takes the carriage returns away.
        got = through(session.decoder, sent).replace(b"\r\n", b"\n")
        assert got == lines.replace(b"\r\n", b"\n")

    @given(SESSIONS.filter(lambda session: session.mode is not STREAM), FILES, st.integers(0))
    def test_cutShort(self, session: Session, data: bytes, size: int) -> None:
        """
        Where the mode can tell, an upload that was cut is not taken for whole.
        """
        stream = through(lambda: session.encoder(0), data)
        with pytest.raises(TransferAborted):
            through(session.decoder, stream[: size % len(stream)])

    @given(SESSIONS, st.lists(st.binary(max_size=30)))
    def test_neverAnotherError(self, session: Session, chunks: list[bytes]) -> None:
        """
        Whatever is sent.
        """
        try:
            through(session.decoder, *chunks)
        except TransferAborted as error:
            assert error.code == 426

    def test_levelIsTheSessions(self) -> None:
        """
        As C{OPTS MODE Z LEVEL} chose it.
        """
        session = Session(representation=parseType("I"), mode=DEFLATE, deflateLevel=0)
        for made in (lambda: session.encoder(0), session.lineEncoder):
            stream = through(made, b"a" * 999)
            assert len(stream) > 999
            assert zlib.decompress(stream) == b"a" * 999

    def test_markersOfTheClient(self) -> None:
        """
        They come out of an upload where they stood, whatever is converted.
        """
        session = Session(representation=parseType("A"), mode=BLOCK)
        stream = b"\0\0\4ab\r\n" + b"\x10\0\1m" + b"\0\0\3c\r\n" + b"\x40\0\0"
        for size in range(1, len(stream)):
            chunks = [stream[at : at + size] for at in range(0, len(stream), size)]
            assert pieces(session.decoder(), chunks) == joined([b"ab\n", Marker("m"), b"c\n"])
