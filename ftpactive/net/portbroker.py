"""
What the process does that keeps one privilege, to bind the data port, when the
service sheds all of its own.

L{ftpactive.net.broker} starts it and L{ftpactive.net.portguard} is its program;
neither of the two files that it runs imports anything but the standard library.

The service and its workers talk to clients, and one day one of them may be in
the hands of one.  So the broker binds only what was allowed when it started,
and nothing that comes over a socket stops it or makes it wait for anybody.

On a socket each packet is one message.  To the broker, a L{REQUEST}; with
C{ATTACH} comes one more socket, on which requests will come.  From the broker,
a L{REPORT}:

  - C{HELLO}: a broker begins: its process, and how the one before it ended.
    What was asked and not answered must be asked again.
  - C{DONE}: the number of a request, and an errno or 0; after C{BIND}, the
    bound socket comes with 0.
  - C{NOTE}: words for the service's log stand behind the report.
"""

from __future__ import annotations

import errno
import os
import select
import socket
import stat
import struct
import time

#: The number of a request, what it is, 4 or 6, port, zone, address.
REQUEST = struct.Struct("!IBBHI16s")
BIND, ATTACH = 1, 2

#: A number, what it is, a value.
REPORT = struct.Struct("!IBi")
HELLO, DONE, NOTE = 1, 2, 3

#: The longest report with a note, bytes.
LONGEST = 256

#: How many sockets there may be to talk on, and how many notes a second.
LINES, NOTES = 64, 20

#: How much may wait for somebody who does not read it, as the kernel counts:
#: two dozen answers.
_WAITING = 8192

#: Seconds before another try when the machine is short of something.
_SHORTAGE = 0.005

_FAMILIES, _ANYWHERE = {4: (socket.AF_INET, 4), 6: (socket.AF_INET6, 16)}, bytes(16)


def sendPacket(end: socket.socket, packet: bytes, given: socket.socket | None = None) -> None:
    """
    Send one packet, and a socket with it; never wait.

    @raise BlockingIOError: there is no room now.
    """
    rights = [] if given is None else [struct.pack("i", given.fileno())]
    ancillary = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, each) for each in rights]
    # Whoever holds the socket, too, may have made it a blocking one.
    end.sendmsg([packet], ancillary, socket.MSG_DONTWAIT)


def receivePacket(end: socket.socket, longest: int) -> tuple[bytes, list[int], bool]:
    """
    Receive one packet; never wait.

    @return: the packet, what descriptors came with it, and: is that all?
    @raise BlockingIOError: there is none now.
    """
    flags = socket.MSG_DONTWAIT | socket.MSG_CMSG_CLOEXEC
    packet, ancillary, state, _ = end.recvmsg(longest, socket.CMSG_SPACE(16), flags)
    rights = b"".join(data for _, kind, data in ancillary if kind == socket.SCM_RIGHTS)
    descriptors = [each for (each,) in struct.iter_unpack("i", rights)]
    return packet, descriptors, not state & (socket.MSG_TRUNC | socket.MSG_CTRUNC)


class Refused(Exception):
    """
    Somebody asked for what nobody should ask for: an errno, and words.
    """


class Allowance:
    """
    What may be bound.
    """

    def __init__(self, pairs: tuple[str, ...]) -> None:
        """
        @param pairs: each a port and a local address: C{20/192.0.2.1}.  The
            addresses C{0.0.0.0} and C{::} stand for all of their family.
        """
        self._pairs = set()
        for pair in pairs:
            port, _, host = pair.partition("/")
            host, _, zone = host.partition("%")
            version = 6 if ":" in host else 4
            packed = socket.inet_pton(_FAMILIES[version][0], host).ljust(16, b"\0")
            self._pairs.add((version, packed, int(zone or 0), int(port)))

    def permits(self, version: int, packed: bytes, zone: int, port: int) -> bool:
        """
        May this be bound?

        @param packed: the address, and zeros up to 16 bytes.
        """
        if packed == _ANYWHERE:
            # A connection comes from the one address that its client called.
            return False
        isMulticast = packed[0] >= (224 if version == 4 else 255)
        isAnywhere = not isMulticast and (version, _ANYWHERE, 0, port) in self._pairs
        return isAnywhere or (version, packed, zone, port) in self._pairs


class Line:
    """
    A socket on which requests come.  None is read before the report on the last
    one is sent.

    @ivar unsent: reports for which there is no room yet, and what goes with them.
    """

    def __init__(self, end: socket.socket) -> None:
        self.end = end
        self.unsent: list[tuple[bytes, socket.socket | None]] = []
        self._isFlushing = False
        end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _WAITING)

    def close(self) -> None:
        """
        Nobody is at the other end.
        """
        for _, bound in self.unsent:
            if bound is not None:
                bound.close()
        self.end.close()

    def send(self, report: bytes, bound: socket.socket | None = None) -> None:
        """
        Send a report, now or when there is room.

        @raise OSError: nobody is at the other end.
        """
        self.unsent.append((report, bound))
        self.flush()

    def flush(self) -> None:
        """
        Send what there is room for.

        @raise OSError: nobody is at the other end.
        """
        if self._isFlushing:
            # This is a signal, which interrupted what goes on with it.
            return
        self._isFlushing = True
        try:
            while self.unsent:
                report, bound = self.unsent[0]
                sendPacket(self.end, report, bound)
                del self.unsent[0]
                if bound is not None:
                    bound.close()
        except BlockingIOError:
            pass
        except OSError as error:
            if error.errno not in (errno.ETOOMANYREFS, errno.ENOBUFS, errno.ENOMEM):
                raise
            # No poll tells when these are over.
            time.sleep(_SHORTAGE)
        finally:
            self._isFlushing = False


class Broker:
    """
    Does what the requests ask.
    """

    def __init__(self, primary: socket.socket, allowance: Allowance, status: int) -> None:
        """
        @param status: how the broker before this one ended.
        """
        self._hello = REPORT.pack(os.getpid(), HELLO, status)
        self._allowance = allowance
        self._primary = Line(primary)
        self._lines = {primary.fileno(): self._primary}
        self._since, self._notes = 0.0, 0

    def run(self) -> None:
        """
        Work until the service is gone.
        """
        self._primary.send(self._hello)
        while self._primary.end.fileno() >= 0:
            poll = select.poll()
            few = select.POLLIN | select.POLLRDHUP
            for number, line in self._lines.items():
                poll.register(number, select.POLLOUT if line.unsent else few)
            for number, events in poll.poll():
                line = self._lines[number]
                try:
                    self._turn(line, bool(events & (select.POLLHUP | select.POLLRDHUP)))
                except BlockingIOError:
                    pass
                except OSError:
                    del self._lines[number]
                    line.close()

    def _turn(self, line: Line, isHungUp: bool) -> None:
        """
        Go on with a line.

        @raise OSError: nobody is at its other end.
        """
        if line.unsent:
            line.flush()
            return
        packet, descriptors, isWhole = receivePacket(line.end, REQUEST.size + 1)
        if isHungUp and not packet:
            raise ConnectionResetError
        try:
            value, bound = self._answer(line, packet, descriptors, isWhole)
        finally:
            for each in descriptors:
                os.close(each)
        if len(packet) >= 4:
            line.send(REPORT.pack(int.from_bytes(packet[:4], "big"), DONE, value), bound)

    def _answer(
        self, line: Line, packet: bytes, descriptors: list[int], isWhole: bool
    ) -> tuple[int, socket.socket | None]:
        try:
            if not isWhole or len(packet) != REQUEST.size:
                raise Refused(errno.EINVAL, f"{len(packet)} bytes, {len(descriptors)} descriptors")
            _, kind, version, port, zone, packed = REQUEST.unpack(packet)
            if kind == BIND and not descriptors:
                return 0, self._bind(version, packed, zone, port)
            if kind == ATTACH and len(descriptors) == 1:
                self._attach(line, descriptors)
                return 0, None
            raise Refused(errno.EINVAL, f"kind {kind} with {len(descriptors)} descriptors")
        except Refused as refusal:
            number, words = refusal.args
            self.note(f"the port broker refused {words}")
            return number, None
        except OSError as error:
            return error.errno or errno.EIO, None

    def _bind(self, version: int, packed: bytes, zone: int, port: int) -> socket.socket:
        family, length = _FAMILIES.get(version, (0, 0))
        if not length or any(packed[length:]) or (version == 4 and zone):
            raise Refused(errno.EINVAL, f"an address of family {version}")
        host = socket.inet_ntop(family, packed[:length])
        if not self._allowance.permits(version, packed, zone, port):
            raise Refused(errno.EPERM, f"address {host}, port {port}")
        bound = socket.socket(family, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
        try:
            for option in (socket.SO_REUSEADDR, socket.SO_REUSEPORT):
                bound.setsockopt(socket.SOL_SOCKET, option, 1)
            if version == 6:
                bound.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            bound.bind((host, port) if version == 4 else (host, port, 0, zone))
        except OSError:
            bound.close()
            raise
        return bound

    def _attach(self, line: Line, descriptors: list[int]) -> None:
        if line is not self._primary:
            raise Refused(errno.EPERM, "a socket to talk on, from a worker")
        if not stat.S_ISSOCK(os.fstat(descriptors[0]).st_mode):
            raise Refused(errno.EINVAL, "a descriptor that is no socket")
        if len(self._lines) > LINES:
            raise OSError(errno.EMFILE, "too many workers")
        end = socket.socket(fileno=descriptors.pop())
        if (end.family, end.type) != (socket.AF_UNIX, socket.SOCK_SEQPACKET):
            end.close()
            raise Refused(errno.EINVAL, "a socket of the wrong kind")
        self._lines[end.fileno()] = added = Line(end)
        added.send(self._hello)

    def note(self, words: str) -> None:
        """
        Tell the service's log, but not more than it can bear.

        @raise OSError: the service is gone, and soon this is.
        """
        now = time.monotonic()
        if now - self._since >= 1:
            self._since, self._notes = now, 0
        self._notes += 1
        if self._notes <= NOTES and len(self._primary.unsent) <= NOTES:
            self._primary.send(REPORT.pack(0, NOTE, 0) + words.encode())
