"""
The contract that every L{IStorage} must pass, as tests for pytest.

Subclass L{StorageContract} in a test module and provide the fixture
C{makeStorage}, a function that takes files as nested dicts::

    class TestMyStorage(StorageContract):

        @pytest.fixture
        def makeStorage(self):
            return lambda files: MyStorage(files)

    makeStorage({"a.txt": b"hello", "folder": {"b": b""}})

Everything runs without a reactor: what a storage returns must be done when
nobody but the storage can bring it forward.

A storage that only shows files passes L{ReadingContract}.  One that can do
more also passes those of L{ModesContract}, L{TimesContract},
L{BirthTimesContract}, L{LinksContract} and L{SpaceContract} that fit: mix them
in.
"""

from __future__ import annotations

from ftpactive.testing.storageabilities import (
    BirthTimesContract,
    ModesContract,
    SpaceContract,
    TimesContract,
)
from ftpactive.testing.storagecalls import (
    AWKWARD_NAMES,
    Files,
    MakeStorage,
    contentsOf,
    cutUpload,
    listAll,
    namesIn,
    readFrom,
    run,
    upload,
)
from ftpactive.testing.storagechanging import ChangingContract
from ftpactive.testing.storagecuts import CutContract
from ftpactive.testing.storagelinks import LinksContract
from ftpactive.testing.storagereading import ReadingContract
from ftpactive.testing.storagewriting import WritingContract

__all__ = [
    "AWKWARD_NAMES",
    "BirthTimesContract",
    "ChangingContract",
    "CutContract",
    "Files",
    "LinksContract",
    "MakeStorage",
    "ModesContract",
    "ReadingContract",
    "SpaceContract",
    "StorageContract",
    "TimesContract",
    "WritingContract",
    "contentsOf",
    "cutUpload",
    "listAll",
    "namesIn",
    "readFrom",
    "run",
    "upload",
]


class StorageContract(ReadingContract, WritingContract, ChangingContract):
    """
    What callers count on, whatever storage they speak to.  Where a storage
    differs by its nature, it says so with the class attributes of
    L{CutContract}.
    """
