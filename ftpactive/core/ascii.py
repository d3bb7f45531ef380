"""
TYPE A: lines end with CR LF on the wire and with LF on disk, RFC 959 section
3.1.1.1.

What either step says of a text is the same however it is cut into chunks.
"""

from __future__ import annotations

from ftpactive.core.codec import Step


class AsciiEncoder(Step):
    """
    From disk to wire: LF becomes CR LF.

    An LF that has its CR already stays as it is, so that a file written on
    Windows does not arrive with CR CR LF.
    """

    def __init__(self) -> None:
        self._afterCR = False

    def feed(self, data: bytes) -> tuple[bytes, ...]:
        """
        Convert the next chunk; no byte is ever kept back.
        """
        if not data:
            return ()
        # The CR of a first LF may have left with the chunk before.
        start = b""
        if self._afterCR and data.startswith(b"\n"):
            start, data = b"\n", data[1:]
        self._afterCR = data.endswith(b"\r")
        return (start + data.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"),)


class AsciiDecoder(Step):
    """
    From wire to disk: CR LF becomes LF.

    A CR that stands alone is kept: what clients send with TYPE A is often
    not text, and a byte less would spoil it for nothing.
    """

    def __init__(self) -> None:
        self._kept = b""

    def feed(self, data: bytes) -> tuple[bytes, ...]:
        """
        Convert the next chunk.  A CR at its end waits for what follows.
        """
        if not data:
            return ()
        if self._kept:
            data, self._kept = self._kept + data, b""
        if data.endswith(b"\r"):
            data, self._kept = data[:-1], b"\r"
        return (data.replace(b"\r\n", b"\n"),)

    def finish(self) -> tuple[bytes, ...]:
        """
        Give the CR that nothing followed.
        """
        kept, self._kept = self._kept, b""
        return (kept,)
