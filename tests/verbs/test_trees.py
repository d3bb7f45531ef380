"""
Tests for L{ftpactive.verbs.trees}: what SITE RMDIR, CPTO, MKDIR and COMB do to
many files, mostly on disk, where there are links.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from twisted.internet.defer import Deferred

from ftpactive.core.errors import NoSpace, PermissionDenied
from ftpactive.core.facts import Entry, Facts, Kind
from ftpactive.core.path import Path as Names
from ftpactive.core.writemode import WriteMode
from ftpactive.interfaces import ISink, ISource
from ftpactive.storage.local import LocalStorage
from ftpactive.storage.memory import MemoryStorage
from ftpactive.storage.memoryfiles import MemorySource, NewMemorySink
from ftpactive.testing.conversation import Conversation
from ftpactive.verbs import trees


@pytest.fixture
def local(tmp_path: Path) -> Iterator[Conversation]:
    """
    A conversation with a storage on disk that has C{keep/file} in it.
    """
    (tmp_path / "keep").mkdir()
    (tmp_path / "keep" / "file").write_bytes(b"kept")
    storage = LocalStorage(tmp_path)
    yield Conversation(storage)
    storage.close()


def copy(conversation: Conversation, old: str, new: str) -> list[int]:
    """
    Copy, and give the codes.
    """
    return conversation.hears(f"SITE CPFR {old}", f"SITE CPTO {new}").codes()


class TestRemove:
    """
    SITE RMDIR removes a tree.
    """

    def test_tree(self, local: Conversation, tmp_path: Path) -> None:
        """
        Files, folders, hidden ones, and whatever else is there.
        """
        (tmp_path / "old" / "a" / "b").mkdir(parents=True)
        (tmp_path / "old" / "a" / ".hidden").write_bytes(b"")
        os.mkfifo(tmp_path / "old" / "pipe")
        assert local.hears("SITE RMDIR old").codes() == [200]
        assert os.listdir(tmp_path) == ["keep"]

    @pytest.mark.parametrize("target", ["../keep", "../keep/file", "gone", ".", "..", "/etc"])
    def test_linksAreNotFollowed(self, local: Conversation, tmp_path: Path, target: str) -> None:
        """
        A link is removed, whatever it leads to; that stays.
        """
        (tmp_path / "old").mkdir()
        (tmp_path / "old" / "link").symlink_to(target)
        assert local.hears("SITE RMDIR old").codes() == [200]
        assert os.listdir(tmp_path) == ["keep"]
        assert (tmp_path / "keep" / "file").read_bytes() == b"kept"

    def test_linkItself(self, local: Conversation, tmp_path: Path) -> None:
        """
        A link to a folder is no folder: nothing is touched.
        """
        (tmp_path / "link").symlink_to("keep")
        assert local.hears("SITE RMDIR link").last() == "550 Not a directory"
        assert (tmp_path / "link" / "file").read_bytes() == b"kept"

    def test_linkThatCannotBeRemoved(self) -> None:
        """
        It is not taken for a folder for that, or what it leads to would be
        emptied.
        """
        storage = Guarded({"old": {"link": {"file": b"kept"}}})
        assert Conversation(storage).hears("SITE RMDIR old").codes() == [550]
        assert storage.tree == {"old": {"link": {"file": b"kept"}}}

    def test_whatIsNotListed(self) -> None:
        """
        A folder that is never empty is not tried for ever.
        """
        storage = Secretive({"old": {"secret": b"", "a": b""}})
        assert Conversation(storage).hears("SITE RMDIR old").last() == "550 Directory not empty"
        assert storage.tree == {"old": {"secret": b""}}

    def test_deep(self) -> None:
        """
        A tree may be deeper than our stack.
        """
        tree: dict[str, object] = {}
        for _ in range(500):
            tree = {"x": tree}
        conversation = Conversation(MemoryStorage({"old": tree}))
        assert conversation.hears("SITE RMDIR old").codes() == [200]

    def test_abort(self) -> None:
        """
        It ends where the client wants it to.
        """
        conversation = Conversation({"old": {str(number): b"" for number in range(9)}})
        conversation.protocol.dataReceived(b"SITE RMDIR old\r\nABOR\r\n")
        conversation.clock.advance(0)
        assert conversation.codes() == [451, 226]
        assert "old" in conversation.storage.tree  # type: ignore[attr-defined]


class Guarded(MemoryStorage):
    """
    A storage in which nothing called C{link} can be removed.
    """

    async def remove(self, path: Names) -> None:
        """
        Refuse.
        """
        if path[-1] == "link":
            raise PermissionDenied
        await super().remove(path)


class Secretive(MemoryStorage):
    """
    A storage that does not show what is called C{secret}.
    """

    async def list(self, path: Names) -> AsyncIterator[list[Entry]]:
        """
        Leave it out.
        """
        async for batch in super().list(path):
            yield [(name, facts) for name, facts in batch if name != "secret"]


class TestCopy:
    """
    SITE CPTO copies a tree.
    """

    def test_tree(self, local: Conversation, tmp_path: Path) -> None:
        """
        Links as what they lead to.
        """
        (tmp_path / "keep" / "link").symlink_to("file")
        (tmp_path / "keep" / "sub").mkdir()
        assert copy(local, "keep", "new") == [350, 250]
        assert sorted(os.listdir(tmp_path / "new")) == ["file", "link", "sub"]
        assert not (tmp_path / "new" / "link").is_symlink()
        assert (tmp_path / "new" / "link").read_bytes() == b"kept"

    @pytest.mark.parametrize("target", [".", "..", "../../keep"])
    def test_linkBack(self, local: Conversation, tmp_path: Path, target: str) -> None:
        """
        One that leads to a folder above would have no end.
        """
        (tmp_path / "keep" / "sub").mkdir()
        (tmp_path / "keep" / "sub" / "loop").symlink_to(target)
        assert copy(local, "keep", "new") == [350, 501]

    def test_intoItselfByALink(self, local: Conversation, tmp_path: Path) -> None:
        """
        The copy is not copied into the copy.
        """
        (tmp_path / "link").symlink_to("keep")
        assert copy(local, "keep", "link/z") == [350, 501]
        assert os.listdir(tmp_path / "keep" / "z") == ["file"]

    @pytest.mark.parametrize("isHard", [True, False])
    def test_ontoItself(self, local: Conversation, tmp_path: Path, isHard: bool) -> None:
        """
        A file is not copied onto itself, whatever it is called there.
        """
        other = tmp_path / "other"
        other.hardlink_to(tmp_path / "keep" / "file") if isHard else other.symlink_to("keep/file")
        assert copy(local, "keep/file", "other") == [350, 501]
        assert (tmp_path / "keep" / "file").read_bytes() == b"kept"

    def test_linkThatLeadsNowhere(self, local: Conversation, tmp_path: Path) -> None:
        """
        There is nothing to copy of it.
        """
        (tmp_path / "keep" / "link").symlink_to("gone")
        assert copy(local, "keep", "new") == [350, 550]

    def test_linksToEachOther(
        self, local: Conversation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """
        They make many folders of few; that has an end.
        """
        monkeypatch.setattr(trees, "TREE", 5)
        for number in range(3):
            (tmp_path / "keep" / str(number)).mkdir()
            for name in "ab":
                (tmp_path / "keep" / str(number) / name).symlink_to(f"../{number + 1}")
        (tmp_path / "keep" / "3").mkdir()
        assert copy(local, "keep", "new") == [350, 451]
        assert local.last() == "451 More than 5 folders to look into: ask for fewer"

    @pytest.mark.parametrize(("depth", "code"), [(60, 250), (70, 451)])
    def test_deep(self, depth: int, code: int) -> None:
        """
        A storage that cannot tell its folders apart is not followed for ever.
        """
        tree: dict[str, object] = {}
        for _ in range(depth):
            tree = {"x": tree}
        assert copy(Conversation(MemoryStorage({"old": tree})), "old", "new") == [350, code]

    def test_cut(self) -> None:
        """
        A file that cannot be copied whole is not there.
        """
        storage = MemoryStorage({"a": b"x" * 10}, capacity=15)
        assert copy(Conversation(storage), "a", "b") == [350, 452]
        assert list(storage.tree) == ["a"]

    def test_turns(self) -> None:
        """
        Others are heard between two chunks, and who leaves is not worked for.
        """
        conversation = Conversation({"a": b"x" * 600_000})
        turns: list[Deferred[None]] = []

        def turn() -> Deferred[None]:
            turns.append(Deferred())
            return turns[-1]

        conversation.protocol._conversation.turn = turn
        conversation.hears("SITE CPFR a", "SITE CPTO b")
        turns[0].callback(None)
        conversation.leaves()
        turns[1].callback(None)
        assert len(turns) == 2
        # As of an upload that was cut, what came is kept.
        assert len(conversation.storage.tree["b"]) < 600_000  # type: ignore[attr-defined]


class TestAppend:
    """
    COMB writes files one behind the other.
    """

    @pytest.mark.parametrize("line", ["COMB keep/file link", "COMB new keep/file link"])
    @pytest.mark.parametrize("isHard", [True, False])
    def test_oneByTwoNames(
        self, local: Conversation, tmp_path: Path, line: str, isHard: bool
    ) -> None:
        """
        A file is not put behind itself, whatever it is called there.
        """
        link = tmp_path / "link"
        link.hardlink_to(tmp_path / "keep" / "file") if isHard else link.symlink_to("keep/file")
        assert local.hears(line).codes() == [501]
        assert (tmp_path / "keep" / "file").read_bytes() == b"kept"
        assert sorted(os.listdir(tmp_path)) == ["keep", "link"]

    def test_partThatGrows(self) -> None:
        """
        It is read to where it ended, not for ever.
        """

        class Untelling(MemoryStorage):
            async def openForReading(self, path: Names, offset: int) -> ISource:
                return await super().openForReading(("whole",), offset)

        storage = Untelling({"whole": b"kept", "part": b""})
        assert Conversation(storage).hears("COMB whole part").codes() == [250]
        assert storage.tree == {"whole": b"keptkept"}

    def test_sizeThatIsNotKnown(self) -> None:
        """
        Then a file ends where it ends.
        """

        class Unsized(MemoryStorage):
            async def openForReading(self, path: Names, offset: int) -> ISource:
                source = await super().openForReading(path, offset)
                assert isinstance(source, MemorySource)
                source.size = None
                return source

        storage = Unsized({"a": b"1", "b": b"2"})
        assert Conversation(storage).hears("COMB new a b").codes() == [250]
        assert storage.tree == {"new": b"12"}

    def test_failure(self) -> None:
        """
        What was opened is let go of.
        """

        class Full(MemoryStorage):
            discarded: list[BaseException] = []

            async def openForWriting(self, path: Names, offset: int, mode: WriteMode) -> ISink:
                sink = await super().openForWriting(path, offset, mode)
                assert isinstance(sink, NewMemorySink)
                discard = sink.discard

                async def write(data: bytes) -> None:
                    raise NoSpace

                async def noted(reason: BaseException) -> None:
                    self.discarded.append(reason)
                    await discard(reason)

                sink.write, sink.discard = write, noted  # type: ignore[method-assign]
                return sink

        storage = Full({"a": b"1"})
        assert Conversation(storage).hears("COMB new a").codes() == [452]
        assert [type(reason) for reason in storage.discarded] == [NoSpace]
        assert storage.tree == {"a": b"1"}


class TestMake:
    """
    SITE MKDIR makes all folders of a path.
    """

    def test_throughALink(self, local: Conversation, tmp_path: Path) -> None:
        """
        One to a folder is on the way as a folder is.
        """
        (tmp_path / "link").symlink_to("keep")
        assert local.hears("SITE MKDIR link/x/y").codes() == [200]
        assert (tmp_path / "keep" / "x" / "y").is_dir()

    def test_throughALinkThatLeadsNowhere(self, local: Conversation, tmp_path: Path) -> None:
        """
        One to nothing is not.
        """
        (tmp_path / "link").symlink_to("gone")
        assert local.hears("SITE MKDIR link/x").codes() == [550]

    def test_raceForAName(self) -> None:
        """
        What is in the way and gone at the next look was in the way.
        """

        class Vanishing(MemoryStorage):
            async def stat(self, path: Names) -> Facts:
                return Facts(Kind.FILE, 0, 0)

        conversation = Conversation(Vanishing({"x": {}})).hears("SITE MKDIR x/y")
        assert conversation.last() == "550 File exists"
