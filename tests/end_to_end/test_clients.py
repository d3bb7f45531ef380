"""
Real clients do what people do with files, in active and in passive mode, over
IPv4 and IPv6.
"""

from __future__ import annotations

import os
import random
import re
from pathlib import Path
from time import time

import pytest

from tests.end_to_end.client import OTHER_ABILITIES, Client
from tests.end_to_end.clients import CLIENTS
from tests.end_to_end.process import Server

SIZES = {"empty": 0, "1 byte": 1, "1 MiB": 1024 * 1024}

NAMES = {
    "spaces": "name with  spaces.bin",
    "UTF-8": "grün – 文件.bin",
    "not UTF-8": os.fsdecode(b"caf\xe9.bin"),
    "quotes": '"quoted" & 100%, it\'s #1.bin',
}


def content(size: int) -> bytes:
    """
    Give bytes of all kinds.
    """
    return random.Random(size).randbytes(size)


needs = pytest.mark.needs


@pytest.fixture
def local(tmp_path: Path) -> Path:
    """
    The client's file.
    """
    return tmp_path / "local.bin"


def test_abilities() -> None:
    """
    Of all that may be asked of a client, each one can do it, or says why not.
    """
    abilities = {name for name in vars(Client) if not name.startswith("_")}
    abilities -= {"program", "cannot", "timeStep", "isThere", "isAble"}
    for each in CLIENTS:
        assert each.cannot.keys() <= abilities | OTHER_ABILITIES
        for name in abilities - each.cannot.keys():
            assert getattr(each, name) is not getattr(Client, name), (each, name)


@pytest.mark.parametrize("each", CLIENTS, ids=lambda each: each.__name__.lower())
def test_lacks(each: type[Client]) -> None:
    """
    What a client has no way to do is tested nowhere; nobody should overlook that.
    """
    reasons: dict[str, list[str]] = {}
    for name, reason in each.cannot.items():
        reasons.setdefault(reason, []).append(name)
    if reasons:
        told = (f"{', '.join(names)} ({reason})" for reason, names in reasons.items())
        pytest.skip(f"{each.__name__} has no way to do this: {'; '.join(told)}")


@pytest.mark.everyWay
@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
class TestContents:
    """
    What arrives is what was sent, byte for byte.
    """

    @needs("upload")
    def test_upload(self, client: Client, folder: Path, local: Path, size: int) -> None:
        """
        A file goes up.
        """
        local.write_bytes(content(size))
        client.upload(local, f"{folder.name}/up.bin")
        assert (folder / "up.bin").read_bytes() == content(size)

    @needs("download")
    def test_download(self, client: Client, folder: Path, local: Path, size: int) -> None:
        """
        A file comes down.
        """
        (folder / "down.bin").write_bytes(content(size))
        client.download(f"{folder.name}/down.bin", local)
        assert local.read_bytes() == content(size)


@pytest.mark.everyWay
class TestGoingOn:
    """
    What was there already stays, and is not sent again.
    """

    # ncftpput goes on in files below 64 KiB only, and sends others whole; aria2
    # goes on from multiples of 16 KiB.
    WHOLE = content(60_001)
    HALF = 32 * 1024
    REST = len(WHOLE) - HALF

    @needs("resumeUpload")
    def test_upload(self, client: Client, folder: Path, local: Path, sharedServer: Server) -> None:
        """
        The server has half of a file, and is sent the other half.
        """
        (folder / "half.bin").write_bytes(self.WHOLE[: self.HALF])
        local.write_bytes(self.WHOLE)
        client.resumeUpload(local, f"{folder.name}/half.bin")
        assert (folder / "half.bin").read_bytes() == self.WHOLE
        sharedServer.wait(f"(STOR|APPE) /{folder.name}/half.bin: {self.REST} bytes")

    @needs("resumeDownload")
    def test_download(
        self, client: Client, folder: Path, local: Path, sharedServer: Server
    ) -> None:
        """
        The client has half of a file, and gets the other half.
        """
        (folder / "half.bin").write_bytes(self.WHOLE)
        local.write_bytes(self.WHOLE[: self.HALF])
        client.resumeDownload(f"{folder.name}/half.bin", local)
        assert local.read_bytes() == self.WHOLE
        sharedServer.wait(f"RETR /{folder.name}/half.bin: {self.REST} bytes")

    @needs("append")
    def test_append(self, client: Client, folder: Path, local: Path) -> None:
        """
        A file is put behind another.
        """
        (folder / "log.bin").write_bytes(self.WHOLE[: self.HALF])
        local.write_bytes(self.WHOLE[self.HALF :])
        client.append(local, f"{folder.name}/log.bin")
        assert (folder / "log.bin").read_bytes() == self.WHOLE


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
class TestNames:
    """
    A name is on disk what it is for the client.
    """

    @pytest.fixture(autouse=True)
    def raw(self, client: Client, name: str) -> None:
        """
        Not every client can say every name.
        """
        if not name.isprintable() and not client.isAble("raw names"):
            pytest.skip(f"{type(client).__name__}: {client.cannot['raw names']}")

    @needs("upload")
    def test_uploadAndDownload(self, client: Client, folder: Path, local: Path, name: str) -> None:
        """
        A file of this name goes up, and comes down again.
        """
        local.write_bytes(content(1000))
        client.upload(local, f"{folder.name}/{name}")
        assert os.listdir(folder) == [name]
        local.unlink()
        client.download(f"{folder.name}/{name}", local)
        assert local.read_bytes() == content(1000)

    @needs("names")
    def test_names(self, client: Client, folder: Path, name: str) -> None:
        """
        A file of this name is listed under it.
        """
        (folder / name).touch()
        assert client.names(folder.name) == {name}


class TestTimes:
    """
    A client that keeps the time of a file's last change finds the way to do so.
    """

    @pytest.fixture
    def changed(self, client: Client) -> int:
        """
        Lists tell the time of day for half a year only.
        """
        return (int(time()) - 90 * 24 * 3600) // client.timeStep * client.timeStep

    @needs("uploadWithTime")
    def test_upload(self, client: Client, folder: Path, local: Path, changed: int) -> None:
        """
        What goes up is as old on the server.
        """
        local.write_bytes(content(1000))
        os.utime(local, (changed, changed))
        client.uploadWithTime(local, f"{folder.name}/{local.name}")
        assert (folder / local.name).read_bytes() == content(1000)
        assert (folder / local.name).stat().st_mtime == changed

    @needs("downloadWithTime")
    def test_download(self, client: Client, folder: Path, local: Path, changed: int) -> None:
        """
        What comes down is as old as on the server.
        """
        (folder / local.name).write_bytes(content(1000))
        os.utime(folder / local.name, (changed, changed))
        client.downloadWithTime(f"{folder.name}/{local.name}", local)
        assert local.read_bytes() == content(1000)
        assert local.stat().st_mtime == changed


class TestFolders:
    """
    What is done to names rather than to contents.
    """

    @needs("names")
    def test_names(self, client: Client, folder: Path) -> None:
        """
        Everything in a folder is listed.
        """
        (folder / "inner").mkdir()
        names = {f"file {number}" for number in range(300)}
        for each in names:
            (folder / each).touch()
        assert client.names(folder.name) == {*names, "inner"}

    @needs("listing")
    def test_listing(self, client: Client, folder: Path) -> None:
        """
        A listing tells sizes, and what is a folder.
        """
        (folder / "file").write_bytes(content(12345))
        (folder / "inner").mkdir()
        lines = client.listing(folder.name).splitlines()
        assert [line[0] + line.rsplit(maxsplit=1)[1] for line in lines] == ["-file", "dinner"]
        assert "12345" in lines[0].split()

    @needs("listing")
    def test_emptyFolder(self, client: Client, folder: Path) -> None:
        """
        The listing of an empty folder is empty.
        """
        assert client.listing(folder.name) == ""

    @needs("rename")
    def test_rename(self, client: Client, folder: Path) -> None:
        """
        A file gets another name in another folder.
        """
        (folder / "inner").mkdir()
        (folder / "old").write_bytes(b"kept")
        client.rename(f"{folder.name}/old", f"{folder.name}/inner/new")
        assert not (folder / "old").exists()
        assert (folder / "inner" / "new").read_bytes() == b"kept"

    @needs("delete")
    def test_delete(self, client: Client, folder: Path) -> None:
        """
        A file is removed.
        """
        (folder / "gone").touch()
        client.delete(f"{folder.name}/gone")
        assert os.listdir(folder) == []

    @needs("makeFolder")
    def test_makeFolder(self, client: Client, folder: Path) -> None:
        """
        A folder is made.
        """
        client.makeFolder(f"{folder.name}/made")
        assert (folder / "made").is_dir()

    @needs("removeFolder")
    def test_removeFolder(self, client: Client, folder: Path) -> None:
        """
        A folder is removed.
        """
        (folder / "gone").mkdir()
        client.removeFolder(f"{folder.name}/gone")
        assert os.listdir(folder) == []


@pytest.mark.everyWay
def test_wayOfTheDataConnection(
    client: Client, folder: Path, local: Path, sharedServer: Server
) -> None:
    """
    An active connection comes from the data port of the address that the
    client called; a passive one goes to a port of that address.
    """
    account = client.account
    (folder / "file").write_bytes(b"hello")
    before = len(sharedServer.lines)
    client.download(f"{folder.name}/file", local)
    mode = "active" if account.isActive else "passive"
    found = sharedServer.wait(rf"{mode} data connection (\S+):(\d+) (\S+):\d+ in", after=before)
    shown = re.sub(r"^(.*:.*)$", r"[\1]", account.host)
    assert (found[1], found[3]) == (shown, shown)
    assert (int(found[2]) == sharedServer.port - 1) is account.isActive
    sharedServer.wait(rf"RETR /{folder.name}/file: 5 bytes in .*, {mode}$", after=before)
