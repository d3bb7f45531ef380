"""
What "make fuzz" tries of the core: for each target a function of any bytes,
which raises when something does not hold.

They are plain functions, so that tests can try them too, and run again
whatever was found once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from functools import partial
from typing import NamedTuple

from ftpactive.core import address, arguments, lsoptions, path
from ftpactive.core.codec import Chain, Marker, Piece
from ftpactive.core.command import parseCommand, printable
from ftpactive.core.control import ControlChannel, Signal
from ftpactive.core.ebcdic import CODE_PAGES
from ftpactive.core.errors import FTPError, TransferAborted, UnknownCommand
from ftpactive.core.facts import Facts, Kind, rowOf
from ftpactive.core.listing import FACTS, factsLines, parseTimeVal, timeVal
from ftpactive.core.longlines import listLines, nameLines
from ftpactive.core.modes import MODES
from ftpactive.core.reply import Reply
from ftpactive.core.representation import Representation, parseType
from ftpactive.core.session import Session
from ftpactive.core.telnet import TelnetFilter

#: The longest line of a control channel that is fuzzed: short ones come to
#: the limit sooner.
_LIMIT = 40

#: No step of a codec may give more than this at once, bytes.
_LARGEST_PIECE = 1024 * 1024


def cut(data: bytes, seed: int) -> Iterator[bytes]:
    """
    Cut data into pieces whose sizes follow from a number.
    """
    begin = 0
    while begin < len(data):
        size = 1 + seed % 7
        seed = (seed * 5 + 3) % 251
        yield data[begin : begin + size]
        begin += size


def control(data: bytes) -> None:
    """
    The control channel: the same commands and Telnet answers for any cut, and
    bounded memory.
    """
    seed, stream = data[:1], data[1:]
    whole, pieces = _channel(), _channel()
    said = whole.receiveData(stream)
    expected = _drained(whole)
    answers, found = b"", []
    for piece in cut(stream, seed[0] if seed else 0):
        answers += pieces.receiveData(piece)
        found += _drained(pieces)
        assert len(pieces._partial) <= _LIMIT + 1, "a line grows without bounds"
    assert answers == said, "Telnet is answered otherwise"
    assert found == expected, "other commands are found"
    text, _ = TelnetFilter().feed(stream)
    assert len(found) - text.count(b"\n") in (0, 1), "a line is lost, or is two"


def _channel() -> ControlChannel:
    channel = ControlChannel(
        limit=_LIMIT,
        isUrgent=lambda command: command.verb == "STAT",
        isInterrupt=lambda command: command.verb == "ABOR",
    )
    channel.send(Reply(220, "Welcome"))
    return channel


def _drained(channel: ControlChannel) -> list[str]:
    found = []
    while True:
        try:
            command = channel.nextCommand()
        except UnknownCommand as error:
            found.append(str(error))
        else:
            if isinstance(command, Signal):
                return found
            assert command.shown().isprintable(), "a log line could be forged"
            found.append(repr(command))
        channel.send(Reply(200, "Okay"))


def parsers(data: bytes) -> None:
    """
    The parsers of arguments: an error of FTP or a result that can be written
    and read again, whatever the bytes.
    """
    command = parseCommand(data)
    text = command.argument
    for parse in _PARSERS:
        with suppress(FTPError):
            parse(text)
    for line in (nameLines([text]), Reply(200, text, (text, text), text).encode()):
        assert line.endswith(b"\r\n"), "a line has no end"
    assert nameLines([text]).count(b"\n") == 1, "a name could make a line"
    assert Reply(200, text, (text,)).encode().count(b"\n") == 3, "a name could make a reply"
    assert printable(text).isprintable(), "a log line could be forged"


def _port(text: str) -> None:
    read = address.parsePort(text)
    assert address.parsePort(address.formatPasv(read)) == read, "another address is written"


def _longPort(text: str) -> None:
    read = address.parseLprt(text)
    if ":" in read.host or text.strip().startswith("4"):
        assert address.parseLprt(address.formatLpsv(read)) == read, "another address is written"


def _extendedPort(text: str) -> None:
    read = address.parseEprt(text)
    assert 0 < read.port < 65536, "there is no such port"
    address.networkProtocol(read.host)


def _host(text: str) -> None:
    with suppress(ValueError):
        assert address.sameHost(text, text), "a host is not itself"


def _time(text: str) -> None:
    seconds = parseTimeVal(text)
    again = parseTimeVal(timeVal(seconds))
    assert again <= seconds < again + 1, "another time is written"


def _options(text: str) -> None:
    for isLong in (True, False):
        options, rest = lsoptions.parseOptions(text, isLong=isLong)
        assert text.endswith(rest), "the path is not what was written"
        options.sort([("a", _FACTS), (text, _FACTS)])


def _pattern(text: str) -> None:
    lsoptions.matcher(text)(text)
    lsoptions.matcher(text)("a" * 100)


def _path(text: str) -> None:
    found = path.resolve(("a", "b"), text)
    assert not {"", ".", ".."} & set(found), "a name is none"
    assert path.resolve((), path.toText(found)) == found, "another path is written"
    assert path.quote(text).count('"') % 2 == 0, "a quote is left open"


def _names(text: str) -> None:
    arguments.splitName(text)
    for name in arguments.splitNames(text):
        quoted, rest = arguments.splitName(f"{path.quote(name)} rest")
        assert (quoted, rest) == (name, "rest"), "another name is read"


def _listing(text: str) -> None:
    told = frozenset(FACTS)
    for line in (listLines([rowOf((text, _FACTS))], 0), factsLines([rowOf((text, _FACTS))], told)):
        assert line.count(b"\n") == 1, "a name could make a line"
    link = _FACTS._replace(kind=Kind.LINK, target=text, owner=text, group=text)
    assert listLines([rowOf((text, link))], 0).count(b"\n") == 1, "a link could make a line"
    assert factsLines([rowOf(("a", link))], told).count(b"\n") == 1, "a link could make a line"


_FACTS = Facts(Kind.FILE, 5, 1.5)

_PARSERS: tuple[Callable[[str], object], ...] = (
    _port,
    _longPort,
    _extendedPort,
    _host,
    _time,
    _options,
    _pattern,
    _path,
    _names,
    _listing,
    address.parseNetworkProtocol,
    parseType,
    lambda text: arguments.readNumber("REST", text),
    lambda text: arguments.readNumber("SITE CHMOD", text, base=8),
)

_TYPES = ("A", "I", *(f"E {page}" for page in CODE_PAGES))


def codecs(data: bytes) -> None:
    """
    The codecs of uploads and downloads: the same result for any cut, in
    pieces of bounded size, and what was sent can be received.
    """
    choice, seed = (*data[:2], 0, 0)[:2]
    data = data[2:]
    mode = choice % len(MODES)
    session = Session(mode=tuple(MODES.values())[mode])
    session.representation = _representation(choice // len(MODES))
    upload = _through(session.decoder(), [data])
    assert _through(session.decoder(), cut(data, seed)) == upload, "a cut changes an upload"
    encoders: tuple[Callable[[], Chain], ...] = (
        partial(session.encoder, seed),
        session.lineEncoder,
    )
    for encoder in encoders:
        sent = _back(session, _through(encoder(), [data]))
        assert _back(session, _through(encoder(), cut(data, seed))) == sent, "a cut changes it"


def _representation(choice: int) -> Representation:
    code, _, page = _TYPES[choice % len(_TYPES)].partition(" ")
    return parseType(code, page or CODE_PAGES[0])


class Passed(NamedTuple):
    """
    What came out of a codec: the data, the markers with their places, and why
    it failed.
    """

    data: bytes
    markers: tuple[tuple[int, str], ...]
    failure: str


def _back(session: Session, sent: Passed) -> Passed:
    assert not sent.failure, "a download fails"
    received = _through(session.decoder(), [sent.data])
    assert not received.failure, "what was sent cannot be received"
    return received


def _through(chain: Chain, chunks: Iterable[bytes]) -> Passed:
    data, markers = bytearray(), []
    try:
        for piece in _pieces(chain, chunks):
            if isinstance(piece, Marker):
                markers.append((len(data), piece.text))
            else:
                assert len(piece) <= _LARGEST_PIECE, "a piece is too large"
                data += piece
    except TransferAborted as error:
        # How much comes before damage is found may depend on the cut.
        return Passed(b"", (), str(error))
    return Passed(bytes(data), tuple(markers), "")


def _pieces(chain: Chain, chunks: Iterable[bytes]) -> Iterator[Piece]:
    for chunk in chunks:
        yield from chain.feed(chunk)
    yield from chain.finish()
