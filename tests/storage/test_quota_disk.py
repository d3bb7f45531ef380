"""
Whatever a user does in two sessions at once, the books say what is on the disk.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st
from twisted.internet.defer import succeed

from ftpactive.core.account import Quota, Usage
from ftpactive.core.errors import FTPError, TransferAborted
from ftpactive.core.uploadpolicy import UploadPolicy
from ftpactive.core.writemode import WriteMode
from ftpactive.interfaces import ISink
from ftpactive.storage.ledger import Ledger
from ftpactive.storage.local import LocalStorage
from ftpactive.storage.quotas import Quotas
from ftpactive.testing.storage import run

#: At first there is a folder, a link to it, and one to a file that is not there.
FOLDER, TO_FOLDER, TO_FILE = ("D",), ("L",), ("M",)
FILES = st.sampled_from([("a",), ("b",), ("D", "a"), ("L", "a"), TO_FILE])
NAMES = st.one_of(FILES, st.sampled_from([FOLDER, TO_FOLDER]))
SIZES = st.integers(0, 60)
MODES = st.sampled_from([WriteMode.REPLACE, WriteMode.APPEND, WriteMode.CREATE])
BEGIN = st.tuples(st.just("begin"), FILES, SIZES, st.sampled_from([0, 0, 0, 5, 20]), MODES)
END = st.tuples(st.just("end"), st.integers(0, 3), SIZES, st.booleans())
STEPS = st.one_of(
    BEGIN,
    END,
    BEGIN,
    END,
    st.tuples(st.just("rename"), FILES, FILES),
    st.tuples(st.just("rename"), NAMES, NAMES),
    st.tuples(st.just("makeLink"), NAMES, NAMES),
    st.tuples(st.just("remove"), NAMES),
    st.tuples(st.just("removeDirectory"), st.just(FOLDER)),
    st.tuples(st.just("makeDirectory"), NAMES),
)


def onDisk(folder: Path) -> Usage:
    """
    Give what there is in a folder, hidden or not.
    """
    usage = Usage()
    for inside, folders, files in os.walk(folder):
        for name in (*folders, *files):
            path = Path(inside, name)
            isPlain = path.is_file() and not path.is_symlink()
            usage += Usage(path.lstat().st_size if isPlain else 0, 1)
    return usage


@dataclass
class User:
    """
    Two sessions of one user, and their uploads.
    """

    folder: Path
    ledger: Ledger
    sessions: list[Any]
    uploads: list[ISink] = field(default_factory=list)

    def do(self, number: int, kind: str, *arguments: Any) -> None:
        """
        Take a step, in this session or that one.
        """
        storage = self.sessions[number % 2]
        with suppress(FTPError):
            if kind == "begin":
                name, size, offset, mode = arguments
                isAtStart = mode is not WriteMode.REPLACE
                self.uploads.append(
                    run(storage.openForWriting(name, 0 if isAtStart else offset, mode))
                )
                run(self.uploads[-1].write(b"x" * size))
            elif kind == "end":
                self.end(*arguments)
            else:
                run(getattr(storage, kind)(*arguments))

    def end(self, number: int, size: int, isWhole: bool) -> None:
        """
        End an upload in one way or the other.
        """
        if self.uploads:
            sink = self.uploads.pop(number % len(self.uploads))
            with suppress(FTPError):
                run(sink.write(b"y" * size))
            run(sink.commit() if isWhole else sink.discard(TransferAborted()))

    def check(self) -> None:
        """
        Nothing is missing on the books; and nothing is too much, unless they
        know that.
        """
        if not self.uploads:
            told, there = self.ledger.usage("alice"), onDisk(self.folder)
            assert told.size >= there.size and told.files >= there.files
            if self.ledger.isCounted("alice"):
                assert told == there


@contextmanager
def user(*, atomic: bool) -> Iterator[User]:
    """
    Give a user with a folder.
    """
    with tempfile.TemporaryDirectory() as folder, closing(Ledger(":memory:")) as ledger:
        Path(folder, "D").mkdir()
        Path(folder, "L").symlink_to("D")
        Path(folder, "M").symlink_to("a")
        quotas = Quotas(ledger, lambda: succeed(None))
        policy = UploadPolicy(atomic=atomic, who="alice")
        storages = [LocalStorage(folder, uploads=policy) for _ in range(2)]
        sessions: list[Any] = [quotas.over(each, "alice", Quota(10_000, 100)) for each in storages]
        run(sessions[0].usage())
        made = User(Path(folder), ledger, sessions)
        try:
            yield made
        finally:
            for sink in made.uploads:
                run(sink.discard(TransferAborted()))
            for storage in storages:
                storage.close()


#: An upload goes on within a file that gets another name meanwhile.
RENAMED = [
    ("begin", ("a",), 7, 0, WriteMode.REPLACE),
    ("end", 0, 0, False),
    ("begin", ("a",), 1, 5, WriteMode.REPLACE),
    ("rename", ("a",), ("a",)),
    ("rename", ("a",), ("b",)),
]


@given(st.booleans(), st.lists(STEPS, min_size=8, max_size=25))
@example(False, RENAMED)
def test_asOnDisk(atomic: bool, steps: list[Any]) -> None:
    """
    After each step at which no upload is under way, the books say what is
    there, or more and that it is to be counted; a count says what is there.
    """
    with user(atomic=atomic) as alice:
        for number, step in enumerate(steps):
            alice.do(number, *step)
            alice.check()
        while alice.uploads:
            alice.end(0, 1, isWhole=False)
        alice.check()
        assert run(alice.sessions[0].recount()) == onDisk(alice.folder)
