"""
Drives Twisted's own client: see L{tests.end_to_end.program}.  A line of its
input is::

    HOST PORT USER PASSWORD active|passive DEED ARGUMENT ...
"""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import TCP4ClientEndpoint, connectProtocol
from twisted.internet.protocol import Protocol
from twisted.internet.stdio import StandardIO
from twisted.protocols.basic import LineOnlyReceiver
from twisted.protocols.ftp import FTPClient
from twisted.python.failure import Failure


class Keeper(Protocol):
    """
    Writes what comes to a file.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def dataReceived(self, data: bytes) -> None:
        """
        Write it.
        """
        self._file.write(data)


class Deeds:
    """
    What can be asked for.  Names are as this client wants them: each of their
    bytes is a letter of Latin-1.
    """

    def __init__(self, client: FTPClient) -> None:
        self._client = client

    async def upload(self, local: str, remote: str, offset: int = 0) -> None:
        """
        STOR.
        """
        consumer, stored = self._client.storeFile(remote, offset)
        sender = await consumer
        sender.transport.write(Path(local).read_bytes()[offset:])
        sender.finish()
        await stored

    async def resumeUpload(self, local: str, remote: str) -> None:
        """
        REST, then STOR.
        """
        [reply] = await self._client.queueStringCommand(f"SIZE {remote}")
        await self.upload(local, remote, int(reply.split()[1]))

    async def download(self, remote: str, local: str, mode: str = "wb") -> None:
        """
        RETR.
        """
        with open(local, mode) as file:
            await self._client.retrieveFile(remote, Keeper(file), file.tell())

    async def resumeDownload(self, remote: str, local: str) -> None:
        """
        REST, then RETR.
        """
        await self.download(remote, local, "ab")

    async def names(self, folder: str) -> bytes:
        """
        NLST.
        """
        said = BytesIO()
        await self._client.nlst(folder, Keeper(said))
        return said.getvalue()

    async def listing(self, folder: str) -> bytes:
        """
        LIST.
        """
        said = BytesIO()
        await self._client.list(folder, Keeper(said))
        return said.getvalue()

    async def rename(self, old: str, new: str) -> None:
        """
        RNFR and RNTO.
        """
        await self._client.rename(old, new)

    async def delete(self, name: str) -> None:
        """
        DELE.
        """
        await self._client.removeFile(name)

    async def makeFolder(self, name: str) -> None:
        """
        MKD.
        """
        await self._client.makeDirectory(name)

    async def removeFolder(self, name: str) -> None:
        """
        RMD.
        """
        await self._client.removeDirectory(name)


async def obey(
    host: str, port: str, user: str, password: str, way: str, deed: str, *arguments: str
) -> bytes:
    """
    Log in, do it, and leave.

    @return: what is to be said about it.
    """
    client = FTPClient(user, password, passive=way == "passive")
    await connectProtocol(TCP4ClientEndpoint(reactor, host, int(port)), client)
    said: bytes | None = await getattr(Deeds(client), deed)(*arguments)
    await client.quit()
    return said or b""


class Orders(LineOnlyReceiver):
    """
    Reads what is to be done, and answers.
    """

    delimiter = b"\n"

    def lineReceived(self, line: bytes) -> None:
        """
        Do it.
        """
        words = [bytes.fromhex(word.decode()).decode("latin-1") for word in line.split()]
        done = Deferred.fromCoroutine(obey(*words))
        done.addCallbacks(lambda said: (b"done", said), self._failed)
        done.addCallback(lambda answer: self.sendLine(answer[0] + b" " + answer[1].hex().encode()))

    def _failed(self, failure: Failure) -> tuple[bytes, bytes]:
        return b"failed", failure.getTraceback().encode()

    def connectionLost(self, reason: Failure) -> None:
        """
        That was all.
        """
        reactor.stop()


if __name__ == "__main__":
    StandardIO(Orders())
    reactor.run()
