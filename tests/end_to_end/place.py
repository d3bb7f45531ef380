"""
Where tests of single transfers take place.
"""

from __future__ import annotations

import os
import socket
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.end_to_end.process import Server, eventually
from tests.end_to_end.rawclient import RawClient

#: Guests may not write; this user may.
USER, PASSWORD = "tester", "open sesame"
WRITER = f"--auth=memory:{USER}:{PASSWORD}"

#: The size of the file C{big}: more than fits between a server and a client
#: that does not read, and has no room for more than C{ROOM}.
BIG = 32 * 1024 * 1024
ROOM = 16 * 1024

#: The reactors that the service runs on; a test so marked runs on both, with
#: the servers of the fixtures that there are for all tests.
REACTORS = ("default", "asyncio")
BOTH_REACTORS = pytest.mark.parametrize("reactor", REACTORS, indirect=True)

BOTH_WAYS = pytest.mark.parametrize("isActive", [True, False], ids=["active", "passive"])


@dataclass(frozen=True)
class Place:
    """
    A folder of a server, which holds two files: C{big}, and a short one, C{old}.
    """

    server: Server
    folder: Path

    @classmethod
    def make(cls, server: Server, folder: Path) -> Place:
        """
        Put the two files into a folder below the server's root, or the root.
        """
        with open(folder / "big", "wb") as file:
            file.truncate(BIG)
        (folder / "old").write_bytes(b"what was there")
        return cls(server, folder)

    @property
    def path(self) -> str:
        """
        Give what goes before C{/old} on the server: nothing for its root.
        """
        return "" if self.folder == self.server.root else f"/{self.folder.name}"

    def login(self) -> RawClient:
        """
        Log in as somebody who may write, and go there.
        """
        client = RawClient(self.server).login(USER, PASSWORD)
        client.expect(250, f"CWD {self.path}/")
        return client

    def assertUntouched(self) -> None:
        """
        All is as it was, without traces of an upload.
        """
        eventually(lambda: sorted(os.listdir(self.folder)) == ["big", "old"])
        assert (self.folder / "old").read_bytes() == b"what was there"


def isRefused(address: tuple[str, int]) -> bool:
    """
    Does nobody listen there?
    """
    try:
        socket.create_connection(address, 5).close()
    except ConnectionRefusedError:
        return True
    except ConnectionResetError:
        pass
    return False


class deaf(ExitStack):
    """
    A port on which the kernel drops what knocks, since its queue is full.
    """

    def __enter__(self) -> int:  # type: ignore[override]
        """
        Give the port.
        """
        listener = self.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(3):
            waiting = self.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(listener.getsockname())
        port: int = listener.getsockname()[1]
        return port
