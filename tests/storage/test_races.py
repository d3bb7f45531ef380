"""
L{LocalStorage} while somebody swaps names under its feet.
"""

import contextlib
import os
import threading

from ftpactive.core.errors import FileBusy, FileUnavailable
from ftpactive.core.writemode import WriteMode
from ftpactive.testing.storage import contentsOf, namesIn, run, upload

#: What lies outside.
SECRET = b"secret"


class TestRaces:
    """
    What is swapped while we walk does not let us out.
    """

    ROUNDS = 2000

    def test_folderSwappedForALink(self, root, storage):
        """
        One thread swaps a folder and a link to the outside; whoever reads
        meanwhile gets the file inside, or an error, never the secret.
        """
        (root / "evil").symlink_to("../outside")
        isDone = threading.Event()

        def swap():
            while not isDone.is_set():
                for old, new in (("folder", "kept"), ("evil", "folder")):
                    os.rename(root / old, root / new)
                for old, new in (("folder", "evil"), ("kept", "folder")):
                    os.rename(root / old, root / new)

        swapper = threading.Thread(target=swap)
        swapper.start()
        try:
            for _ in range(self.ROUNDS):
                with contextlib.suppress(FileUnavailable):
                    assert contentsOf(storage, ("folder", "file")) == b"in folder"
                with contextlib.suppress(FileUnavailable):
                    assert run(storage.stat(("folder", "file"))).size == len(b"in folder")
                with contextlib.suppress(FileUnavailable):
                    # The whole root is swapped under a listing's feet, too.
                    assert set(namesIn(storage, ("folder",))) <= {"below", "file"}
        finally:
            isDone.set()
            swapper.join()

    def test_fileSwappedForALink(self, root, storage):
        """
        The same for the last name, and for uploads.
        """
        secret = root.parent / "outside" / "file"
        (root / "evil").symlink_to("../outside/file")
        isDone = threading.Event()

        def swap():
            while not isDone.is_set():
                with contextlib.suppress(FileNotFoundError):
                    os.rename(root / "file", root / "kept")
                    os.rename(root / "evil", root / "file")
                    os.rename(root / "file", root / "evil")
                    os.rename(root / "kept", root / "file")

        swapper = threading.Thread(target=swap)
        swapper.start()
        try:
            for _ in range(self.ROUNDS):
                with contextlib.suppress(FileUnavailable):
                    assert contentsOf(storage, ("file",)) != SECRET
                # Busy: it was replaced while its bytes came.
                with contextlib.suppress(FileUnavailable, FileBusy):
                    upload(storage, ("file",), b"mine", mode=WriteMode.APPEND)
        finally:
            isDone.set()
            swapper.join()
        assert secret.read_bytes() == SECRET
