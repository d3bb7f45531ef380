"""
What the documentation shows works, and what it names is there.
"""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Iterator
from ftplib import FTP
from pathlib import Path
from typing import Any

import pytest
from pytest_twisted import ensureDeferred

from ftpactive.service import FTPService
from ftpactive.tap import Options
from tests.end_to_end.process import freePort

ROOT = Path(__file__).resolve().parent.parent
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]

#: Endpoints and ports that examples listen on; tests choose free ones.
LISTENING = re.compile(r"tcp:\d+")

_BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\(([^)#\s]*)(?:#([^)\s]*))?\)")

#: In code spans: what begins like a file of this project, perhaps with an
#: argument behind it.
_FILE = re.compile(r"`((?:\./)?(?:ftpactive|docs|tests|tools|twisted/plugins)/[\w./-]*)[^`]*`")


def blocksOf(page: str) -> list[str]:
    """
    Give the Python blocks of a page.
    """
    return _BLOCK.findall((ROOT / page).read_text())


@pytest.fixture
def server(tmp_path: Path) -> Iterator[int]:
    """
    README's example runs in a folder with one file; gives its port.
    """
    (tmp_path / "hello.txt").write_text("hello\n")
    port = freePort()
    [example] = blocksOf("README.md")
    source = LISTENING.sub(f"tcp:{port}:interface=127.0.0.1", example)
    command = [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(ROOT)!r})\n{source}"]
    with subprocess.Popen(command, cwd=tmp_path) as process:
        try:
            yield port
        finally:
            process.terminate()


def connected(port: int) -> FTP:
    """
    Give a client, once the server is up.
    """
    for _ in range(100):
        try:
            client = FTP(timeout=10)
            client.connect("127.0.0.1", port)
            return client
        except ConnectionRefusedError:
            time.sleep(0.1)
    raise AssertionError("the example does not listen")


class TestExamples:
    """
    Programs and blocks of code.
    """

    def test_readme(self, server: int) -> None:
        """
        README's example serves its folder, in active mode.
        """
        with connected(server) as client:
            client.login("alice", "secret")
            client.set_pasv(False)
            lines: list[str] = []
            client.retrlines("RETR hello.txt", lines.append)
        assert lines == ["hello"]

    @ensureDeferred
    async def test_embedding(self) -> None:
        """
        The blocks of the page on embedding run one after the other.
        """
        names: dict[str, Any] = {"__name__": "embedding"}
        try:
            for block in blocksOf("docs/embedding.md"):
                exec(LISTENING.sub("tcp:0:interface=127.0.0.1", block), names)
            services = [each for each in names.values() if isinstance(each, FTPService)]
            assert all(service.running for service in services) and len(services) == 2
        finally:
            for each in list(names.values()):
                if isinstance(each, FTPService):
                    await each.stopService()

    def test_manyConnections(self) -> None:
        """
        The program shows the failure, then as many connections as it was
        asked for, all from one port.
        """
        program = [sys.executable, str(ROOT / "docs" / "many_connections.py"), "7"]
        shown = subprocess.run(program, capture_output=True, text=True, timeout=60, check=True)
        plain, shared, same = re.split(r"^\d\. .*\n", shown.stdout, flags=re.MULTILINE)[1:]
        assert [line.split()[3] for line in plain.splitlines()] == ["connected", "failed:"]
        assert "7 connections are open at once, from 1 local port." in shared
        assert len(set(re.findall(r"(\S+) -> \S+  connected", shared))) == 1
        assert len(set(re.findall(r"-> (\S+)  connected", shared))) == 7
        assert "failed:" in same and not shown.stderr


def anchorsOf(text: str) -> set[str]:
    """
    Give what a link may name behind C{#}: the headings, as web pages spell them.
    """
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
class TestNames:
    """
    What pages refer to exists.
    """

    def test_links(self, page: Path) -> None:
        """
        Every relative link leads to a file, and to a heading in it.
        """
        for path, anchor in _LINK.findall(page.read_text()):
            if "://" in path:
                continue
            target = page.parent / path if path else page
            assert target.exists(), path
            assert not anchor or anchor in anchorsOf(target.read_text()), anchor

    def test_files(self, page: Path) -> None:
        """
        Every file of this project that is named is there.
        """
        for name in _FILE.findall(page.read_text()):
            assert (ROOT / name).exists(), name

    def test_tests(self, page: Path) -> None:
        """
        Every test that is named, with C{::} behind its file, is there.
        """
        for file, names in re.findall(r"`(tests/[\w/]+\.py)::([\w:]+)`", page.read_text()):
            source = (ROOT / file).read_text()
            for name in names.split("::"):
                assert re.search(rf"^ *(?:async )?(?:def|class) {name}\b", source, re.M), name

    def test_makeTargets(self, page: Path) -> None:
        """
        Every C{make} target is in the Makefile.
        """
        targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
        assert set(re.findall(r"(?:`|^ *\$ )make ([a-z-]+)", page.read_text(), re.M)) <= targets


def test_everyOptionIsExplained() -> None:
    """
    Operators find each option of C{twistd activeftp} in their page, and no
    option that is not one.
    """
    options = Options()
    names = {name for name in options.docs if name not in ("help", "version", "l")}
    page = (ROOT / "docs" / "operations.md").read_text()
    table = page.partition("\n## Options\n")[2].partition("\n## ")[0]
    explained = set(re.findall(r"^\| `--([a-z-]+)", table, re.MULTILINE))
    assert explained == names


def test_defaultsAreTold() -> None:
    """
    Where an option has a default, its row gives it.
    """
    page = (ROOT / "docs" / "operations.md").read_text()
    for name, default in Options().items():
        if isinstance(default, int | float | str) and name not in Options.FLAGS:
            [row] = re.findall(rf"^\| `--{name}[ `].*$", page, re.MULTILINE)
            assert f"| `{default}` |" in row, row
