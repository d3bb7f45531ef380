"""
What several tests of storages on disk need.
"""

import os

import pytest

from ftpactive.storage.local import LocalStorage
from ftpactive.testing.storage import run

SECRET = b"secret"
NOBODY = 65534


@pytest.fixture
def root(tmp_path):
    """
    A root with a file and folders; a secret lies beside it.
    """
    root = tmp_path / "root"
    (root / "folder" / "below").mkdir(parents=True)
    (root / "file").write_bytes(b"inside")
    (root / "folder" / "file").write_bytes(b"in folder")
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "file").write_bytes(SECRET)
    return root


@pytest.fixture
def storage(root):
    """
    A storage of the root, closed in the end.
    """
    storage = LocalStorage(root)
    yield storage
    storage.close()


@pytest.fixture
def unprivileged(tmp_path):
    """
    A function that makes a storage of C{tmp_path} as seen by someone who is
    not root.
    """
    wasRoot = os.geteuid() == 0
    if wasRoot:
        os.chmod(tmp_path, 0o755)

    def make(**choices):
        storage = LocalStorage(tmp_path, **choices)
        # The folders above it may be closed to others.
        run(storage.stat(()))
        if wasRoot:
            os.seteuid(NOBODY)
            storage._sight.viewpoint.__init__()
        return storage

    yield make
    if wasRoot:
        os.seteuid(0)
