"""
Streams of transfers, for tests of codecs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from hypothesis import strategies as st

from ftpactive.core.codec import Chain, Piece, Step

#: Where to cut a stream: the sizes of its first chunks.
CUTS = st.lists(st.integers(min_value=1, max_value=20), max_size=30)

#: What files hold: line ends in every arrangement, and any bytes.
FILES = st.lists(st.sampled_from([b"\r", b"\n", b"\r\n", b"a", b"\x15\x25"])).map(b"".join) | (
    st.binary(max_size=300)
)

#: Text as it is on disk.
TEXTS = FILES.map(lambda data: data.replace(b"\r", b""))


def cut(stream: bytes, sizes: Iterable[int]) -> Iterator[bytes]:
    """
    Cut a stream into chunks of these sizes, and what is left.
    """
    for size in sizes:
        yield stream[:size]
        stream = stream[size:]
    yield stream


def joined(content: Iterable[Piece]) -> list[Piece]:
    """
    Join data that is side by side.
    """
    found: list[Piece] = []
    for piece in content:
        if found and isinstance(piece, bytes) and isinstance(found[-1], bytes):
            found[-1] += piece
        else:
            found.append(piece)
    return found


def pieces(chain: Chain, chunks: Iterable[bytes]) -> list[Piece]:
    """
    Give all that comes out of a chain, what is side by side in one piece.
    """
    return joined(_all(chain, chunks))


def _all(chain: Chain, chunks: Iterable[bytes]) -> Iterator[Piece]:
    for chunk in chunks:
        yield from chain.feed(chunk)
    yield from chain.finish()


def through(make: Callable[[], Step | Chain], *chunks: bytes) -> bytes:
    """
    Give the bytes that come out of a new step or chain.
    """
    made = make()
    chain = made if isinstance(made, Chain) else Chain(made)
    return b"".join(piece for piece in pieces(chain, chunks) if isinstance(piece, bytes))
