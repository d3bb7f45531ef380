"""
A client that speaks TLS over a played transport.
"""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Any

from tests.net.played import Client, PlayedTransport, Server, lose
from tools.selfsigned import write


def certificate(folder: Path, *names: str) -> str:
    """
    Make a certificate with its key.

    @return: its file.
    """
    file = folder / f"{names[0]}.pem"
    write(file, names)
    return str(file)


class TLSEnd:
    """
    A client's end of a connection under TLS.

    @ivar tls: the standard library's.
    @ivar raw: the server's transport.
    """

    def __init__(
        self,
        raw: PlayedTransport,
        *,
        name: str | None = None,
        session: Any = None,
        context: ssl.SSLContext | None = None,
    ) -> None:
        """
        @param name: what is asked for, by SNI.
        @param session: what shall go on.
        @param context: a client's; by default one that trusts everybody.
        """
        self.raw = raw
        self._in, self._out = ssl.MemoryBIO(), ssl.MemoryBIO()
        context = context or clientContext()
        self.tls = context.wrap_bio(self._in, self._out, server_hostname=name, session=session)
        self.heard = b""

    def shake(self) -> TLSEnd:
        """
        Do the handshake.
        """
        while True:
            try:
                self.tls.do_handshake()
            except ssl.SSLWantReadError:
                self.exchange()
                if not self._in.pending:
                    raise
            else:
                break
        return self.exchange()

    def exchange(self) -> TLSEnd:
        """
        Carry bytes both ways.
        """
        if data := self._out.read():
            self.raw.protocol.dataReceived(data)
        self._in.write(self.raw.value())
        self.raw.clear()
        return self

    def sends(self, data: bytes) -> TLSEnd:
        """
        Send under TLS.
        """
        self.tls.write(data)
        return self.exchange()

    def hears(self, *lines: str) -> TLSEnd:
        """
        Send commands.
        """
        for line in lines:
            self.sends(line.encode() + b"\r\n")
        return self

    def read(self) -> bytes:
        """
        Give what has come; C{b""} at a clean end.
        """
        self.exchange()
        data = b""
        try:
            while chunk := self.tls.read(65536):
                data += chunk
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLZeroReturnError:
            self.hasEnd = True
        else:
            self.hasEnd = True
        return data

    hasEnd = False

    def replies(self) -> list[str]:
        """
        Give the replies since the last call.
        """
        return self.read().decode().splitlines()

    def codes(self) -> list[int]:
        """
        Give their codes; each has one line.
        """
        return [int(line[:3]) for line in self.replies()]

    def saysEnd(self) -> TLSEnd:
        """
        Say that TLS ends (close_notify).
        """
        try:
            self.tls.unwrap()
        except (ssl.SSLWantReadError, ssl.SSLZeroReturnError):
            pass
        return self.exchange()

    def closes(self) -> None:
        """
        Close the socket's side for writing, or all of it.
        """
        self.raw.protocol.readConnectionLost()

    def leaves(self) -> None:
        """
        Close the socket.
        """
        lose(self.raw)


def clientContext(version: str = "1.3", certificate: str = "") -> ssl.SSLContext:
    """
    Make a context that trusts everybody.

    @param certificate: what the client shows.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    known = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}
    context.minimum_version = context.maximum_version = known[version]
    if certificate:
        context.load_cert_chain(certificate)
    return context


class Protected:
    """
    A client who has said AUTH TLS, and is logged in unless told otherwise.

    @ivar server: the service.
    @ivar end: the control connection.
    """

    def __init__(
        self,
        server: Server,
        *,
        login: bool = True,
        context: ssl.SSLContext | None = None,
        name: str | None = None,
    ) -> None:
        self.server = server
        self.context = context or clientContext()
        self.client = Client(server.factory)
        self.client.hears("AUTH TLS").replies()
        self.end = TLSEnd(self.client.transport, context=self.context, name=name).shake()
        if login:
            self.hears("USER alice", "PASS secret", "TYPE I", "PBSZ 0", "PROT P")
            self.end.replies()

    def hears(self, *lines: str) -> TLSEnd:
        """
        Send commands.
        """
        return self.end.hears(*lines)

    def opens(self, line: str) -> PlayedTransport:
        """
        Say PASV, connect, and say what needs the connection.

        @return: the server's end of it.
        """
        self.hears("EPSV")
        raw: PlayedTransport = self.server.reactor.ports[-1].accept()
        self.hears(line)
        return raw

    def transfers(self, line: str, session: Any = None) -> TLSEnd:
        """
        Do all that comes before the first byte of a transfer.
        """
        return TLSEnd(self.opens(line), context=self.context, session=session).shake()
