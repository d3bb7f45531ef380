"""
TYPE E: text in EBCDIC, RFC 959 section 3.1.1.2.
"""

from __future__ import annotations

from functools import cache

from ftpactive.core.codec import Step

#: The code pages that can be chosen.  Each gives every byte a character of
#: its own, so that nothing is lost on the way there and back.
CODE_PAGES = ("cp037", "cp273", "cp500", "cp1047", "cp1140")
DEFAULT_PAGE = "cp037"

#: Code page 1047 of z/OS Unix, which Python lacks, is 037 with these codes in
#: each other's place.
_SWAPS_1047 = ((0xBA, 0xAD), (0xBB, 0xBD), (0xB0, 0x5F))

#: The end of a line, RFC 959 section 3.1.1.2: NL, where a file here has LF.
_NL, _LF = 0x15, 0x25


@cache
def _tables(page: str) -> tuple[bytes, bytes]:
    """
    Give the tables to EBCDIC and back.  On disk is Latin-1, the only
    extension of ASCII that a code page of 256 can hold.
    """
    characters = bytes(range(256)).decode("cp037" if page == "cp1047" else page)
    # A character beyond Latin-1, such as the euro of 1140, takes the place in
    # Latin-1 that its page leaves free.
    free = sorted(set(map(chr, range(256))) - set(characters))
    fromEbcdic = bytearray(
        ord(character) if ord(character) < 256 else ord(free.pop(0)) for character in characters
    )
    for one, other in _SWAPS_1047 if page == "cp1047" else ():
        fromEbcdic[one], fromEbcdic[other] = fromEbcdic[other], fromEbcdic[one]
    # The code pages have LF at 0x25 and the next line (U+0085) at 0x15.
    fromEbcdic[_NL], fromEbcdic[_LF] = fromEbcdic[_LF], fromEbcdic[_NL]
    toEbcdic = bytearray(256)
    for code, byte in enumerate(fromEbcdic):
        toEbcdic[byte] = code
    return bytes(toEbcdic), bytes(fromEbcdic)


class _Translator(Step):
    """
    Changes byte for byte: nothing is ever kept back.
    """

    def __init__(self, table: bytes) -> None:
        self._table = table

    def feed(self, data: bytes) -> tuple[bytes, ...]:
        """
        Translate a chunk.
        """
        return (data.translate(self._table),)


def encoder(page: str = DEFAULT_PAGE) -> Step:
    """
    Give what turns a file into EBCDIC.
    """
    return _Translator(_tables(page)[0])


def decoder(page: str = DEFAULT_PAGE) -> Step:
    """
    Give what turns EBCDIC into a file.
    """
    return _Translator(_tables(page)[1])
