"""
Representation types: what C{TYPE} may choose, and the codecs that follow.

RFC 959 section 3.1.1.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial

from ftpactive.core import ebcdic
from ftpactive.core.ascii import AsciiDecoder, AsciiEncoder
from ftpactive.core.codec import Step
from ftpactive.core.errors import BadArgument, BadParameter

#: What makes the steps of one transfer.
Makers = tuple[Callable[[], Step], ...]


@dataclass(frozen=True, slots=True)
class Representation:
    """
    One representation type.

    @ivar code: as C{TYPE} writes it.
    @ivar name: as 150 names it.
    @ivar encoders: turn a file into what is sent.
    @ivar decoders: turn what was sent into a file.
    @ivar lineEncoders: turn lines of a listing, which end with CR LF, into
        what is sent.
    """

    code: str
    name: str
    encoders: Makers = ()
    decoders: Makers = ()
    lineEncoders: Makers = ()

    @property
    def keepsOffsets(self) -> bool:
        """
        Is byte n of the file byte n of the transfer?
        """
        return not self.encoders


BINARY = Representation("I", "BINARY")
ASCII = Representation("A N", "ASCII", (AsciiEncoder,), (AsciiDecoder,))


@cache
def _ebcdic(page: str) -> Representation:
    encode = partial(ebcdic.encoder, page)
    return Representation(
        "E N",
        "EBCDIC",
        encoders=(encode,),
        decoders=(partial(ebcdic.decoder, page),),
        lineEncoders=(AsciiDecoder, encode),
    )


#: Format controls.  T is the same as N where nothing is printed, RFC 1123
#: section 4.1.2.2; C would need a printer.
_FORMS = {"": True, "N": True, "T": True, "C": False}


def parseType(argument: str, page: str = ebcdic.DEFAULT_PAGE) -> Representation:
    """
    Read the argument of C{TYPE}.

    @param page: the code page of C{TYPE E}.
    @raise BadArgument: (501) not a type of RFC 959.
    @raise BadParameter: (504) a type of RFC 959 that is not supported.
    """
    words = argument.upper().split()
    code, second = (*words, "", "")[:2]
    if len(words) <= 2:
        if code in ("A", "E") and second in _FORMS:
            if not _FORMS[second]:
                raise BadParameter(f"Type {code} C is for printers: use {code} N")
            return ASCII if code == "A" else _ebcdic(page)
        if code == "I" and not second:
            return BINARY
        if code == "L" and second.isascii() and second.isdigit() and len(second) <= 3:
            return _local(int(second))
    raise BadArgument("TYPE takes A, E, I or L 8")


def _local(size: int) -> Representation:
    # The same as I on a machine of 8-bit bytes, RFC 1123 section 4.1.2.1.
    if size == 8:
        return BINARY
    raise BadParameter(f"Bytes have 8 bits here, not {size}: use L 8")
