"""
Does one thing with Twisted's own client::

    python twistedclient.py HOST PORT USER PASSWORD active|passive DEED ARGUMENT ...
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import TCP4ClientEndpoint, connectProtocol
from twisted.internet.protocol import Protocol
from twisted.internet.task import react
from twisted.protocols.ftp import FTPClient


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


def asLatin(name: str) -> str:
    """
    Give a name as this client wants it: each of its bytes is a letter.
    """
    return os.fsencode(name).decode("latin-1")


class Deeds:
    """
    What can be asked for.
    """

    def __init__(self, client: FTPClient) -> None:
        self._client = client

    async def upload(self, local: str, remote: str, offset: int = 0) -> None:
        """
        STOR.
        """
        consumer, stored = self._client.storeFile(asLatin(remote), offset)
        sender = await consumer
        sender.transport.write(Path(local).read_bytes()[offset:])
        sender.finish()
        await stored

    async def resumeUpload(self, local: str, remote: str) -> None:
        """
        REST, then STOR.
        """
        [reply] = await self._client.queueStringCommand(f"SIZE {asLatin(remote)}")
        await self.upload(local, remote, int(reply.split()[1]))

    async def download(self, remote: str, local: str, mode: str = "wb") -> None:
        """
        RETR.
        """
        with open(local, mode) as file:
            await self._client.retrieveFile(asLatin(remote), Keeper(file), file.tell())

    async def resumeDownload(self, remote: str, local: str) -> None:
        """
        REST, then RETR.
        """
        await self.download(remote, local, "ab")

    async def names(self, folder: str) -> None:
        """
        NLST.
        """
        await self._client.nlst(asLatin(folder), Keeper(sys.stdout.buffer))

    async def listing(self, folder: str) -> None:
        """
        LIST.
        """
        await self._client.list(asLatin(folder), Keeper(sys.stdout.buffer))

    async def rename(self, old: str, new: str) -> None:
        """
        RNFR and RNTO.
        """
        await self._client.rename(asLatin(old), asLatin(new))

    async def delete(self, name: str) -> None:
        """
        DELE.
        """
        await self._client.removeFile(asLatin(name))

    async def makeFolder(self, name: str) -> None:
        """
        MKD.
        """
        await self._client.makeDirectory(asLatin(name))

    async def removeFolder(self, name: str) -> None:
        """
        RMD.
        """
        await self._client.removeDirectory(asLatin(name))


async def main(_: Any, *words: str) -> None:
    """
    Log in, do it, and leave.
    """
    host, port, user, password, way, deed, *arguments = words
    client = FTPClient(user, password, passive=way == "passive")
    await connectProtocol(TCP4ClientEndpoint(reactor, host, int(port)), client)
    act: Callable[..., Any] = getattr(Deeds(client), deed)
    await act(*arguments)
    await client.quit()


if __name__ == "__main__":
    react(lambda *words: Deferred.fromCoroutine(main(*words)), sys.argv[1:])
