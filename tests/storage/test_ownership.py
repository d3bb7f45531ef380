"""
Whose new files are, and which bits they have: L{Ownership} and the mask that a
L{LocalStorage} is given.
"""

import os
import stat

import pytest

from ftpactive.core.uploadpolicy import UploadPolicy
from ftpactive.core.writemode import WriteMode
from ftpactive.storage.local import LocalStorage
from ftpactive.storage.ownership import UNCHANGED, Ownership
from ftpactive.testing.storage import run, upload

USER, GROUP = 54321, 54322

onlyRoot = pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")


class TestMask:
    """
    A storage may have a mask of its own.
    """

    @pytest.mark.parametrize("mask", [0o000, 0o027, 0o077])
    def test_mask(self, tmp_path, mask):
        """
        New files and folders do not have its bits.
        """
        storage = LocalStorage(tmp_path, umask=mask)
        upload(storage, ("file",), b"1")
        run(storage.makeDirectory(("folder",)))
        assert storage.umask == mask
        bits = [stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("file", "folder")]
        assert bits == [0o666 & ~mask, 0o777 & ~mask]


@onlyRoot
class TestOwner:
    """
    What is uploaded may be somebody else's.
    """

    @pytest.fixture
    def storage(self, tmp_path):
        """
        One whose new files are somebody else's, and have a mask.
        """
        return LocalStorage(tmp_path, umask=0o027, owner=Ownership(USER, GROUP))

    def owner(self, path):
        """
        Tell whose a file is.
        """
        status = path.stat()
        return status.st_uid, status.st_gid

    @pytest.mark.parametrize("mode", WriteMode)
    def test_file(self, tmp_path, storage, mode):
        """
        A new file is theirs, however it is made; the mask holds.
        """
        upload(storage, ("file",), b"1", mode=mode)
        assert self.owner(tmp_path / "file") == (USER, GROUP)
        assert stat.S_IMODE((tmp_path / "file").stat().st_mode) == 0o640

    def test_folder(self, tmp_path, storage):
        """
        So is a new folder.
        """
        run(storage.makeDirectory(("folder",)))
        assert self.owner(tmp_path / "folder") == (USER, GROUP)
        assert stat.S_IMODE((tmp_path / "folder").stat().st_mode) == 0o750

    def test_folderWithoutProc(self, tmp_path, storage, monkeypatch):
        """
        Also where there is no C{/proc}.
        """
        monkeypatch.setattr("ftpactive.storage.modes._DESCRIPTORS", "/missing")
        run(storage.makeDirectory(("folder",)))
        assert self.owner(tmp_path / "folder") == (USER, GROUP)

    @pytest.mark.parametrize("isAtomic", [False, True])
    @pytest.mark.parametrize("owner", [(7, 8), (0, 0)], ids=["another", "the server"])
    def test_replacedFile(self, tmp_path, isAtomic, owner):
        """
        A file that is replaced stays whose it was, also when it was the
        server's.
        """
        (tmp_path / "file").write_bytes(b"old")
        os.chown(tmp_path / "file", *owner)
        policy = UploadPolicy(atomic=isAtomic)
        upload(
            LocalStorage(tmp_path, owner=Ownership(USER, GROUP), uploads=policy),
            ("file",),
            b"new",
        )
        assert self.owner(tmp_path / "file") == owner

    @pytest.mark.parametrize(
        ("owner", "expected"),
        [(Ownership(gid=GROUP), (0, GROUP)), (Ownership(USER), (USER, 0)), (Ownership(), (0, 0))],
    )
    def test_oneOfThem(self, tmp_path, owner, expected):
        """
        Owner and group need not both be chosen.
        """
        os.chown(tmp_path, 0, 0)
        upload(LocalStorage(tmp_path, owner=owner), ("file",), b"1")
        assert self.owner(tmp_path / "file") == expected

    def test_swappedFolder(self, tmp_path, storage, monkeypatch):
        """
        A folder of somebody else that takes the place of the new one is not
        given away.
        """
        other = tmp_path / "other"
        other.mkdir()
        os.chown(other, 7, 8)
        makeFolder = os.mkdir

        def swapped(*arguments, **keywords):
            makeFolder(*arguments, **keywords)
            (tmp_path / "new").rmdir()
            other.rename(tmp_path / "new")

        monkeypatch.setattr("os.mkdir", swapped)
        run(storage.makeDirectory(("new",)))
        assert self.owner(tmp_path / "new") == (7, 8)


class TestRefused:
    """
    Who may not give files away keeps them.
    """

    @pytest.fixture
    def refusing(self, monkeypatch):
        """
        A system that refuses.
        """

        def refuse(*_):
            raise PermissionError(1, "Operation not permitted")

        monkeypatch.setattr("os.chown", refuse)

    def test_uploadsWork(self, tmp_path, refusing, loggedLines):
        """
        Uploads come through, and the log says once that they stay ours.
        """
        storage = LocalStorage(tmp_path, owner=Ownership(USER, GROUP))
        for name in ("a", "b"):
            upload(storage, (name,), b"1")
        run(storage.makeDirectory(("folder",)))
        assert sorted(os.listdir(tmp_path)) == ["a", "b", "folder"]
        [line] = loggedLines
        assert line.startswith("Uploads cannot be given to user 54321 and group 54322")

    @pytest.mark.parametrize(
        ("capabilities", "isPossible"), [("0000000000000001", True), ("00000000000003fe", False)]
    )
    def test_isPossible(self, tmp_path, monkeypatch, capabilities, isPossible):
        """
        Whether it will be refused can be known before.
        """
        status = tmp_path / "status"
        status.write_text(f"Name:\tpython\nCapEff:\t{capabilities}\n")
        monkeypatch.setattr("ftpactive.storage.ownership._STATUS", str(status))
        assert Ownership(USER, GROUP).isPossible is isPossible
        assert Ownership(os.geteuid(), os.getegid()).isPossible
        assert Ownership(UNCHANGED, UNCHANGED).isPossible

    @pytest.mark.parametrize("text", [None, "Name:\tpython\n"])
    def test_noCapabilities(self, tmp_path, monkeypatch, text):
        """
        Where the system does not tell, root may and others may not.
        """
        status = tmp_path / "status"
        if text is not None:
            status.write_text(text)
        monkeypatch.setattr("ftpactive.storage.ownership._STATUS", str(status))
        assert Ownership(USER, GROUP).isPossible is (os.geteuid() == 0)
