"""
Tests for L{ftpactive.net.ports}.
"""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import pytest

from ftpactive.core.address import Address
from ftpactive.net import ports
from ftpactive.net.passiveport import DataPort

#: Some of those that the kernel gives away.
GIVEN = (40000, 40100)


class Nobody:
    """
    Has nobody connect.
    """

    def admit(self, client: Address) -> None:
        """
        Turn them away.
        """


@pytest.fixture
def known(monkeypatch: pytest.MonkeyPatch) -> None:
    """
    Have a kernel that gives away some ports.
    """
    monkeypatch.setattr(ports, "given", lambda: GIVEN)


class TestRange:
    """
    The operator has named the ports.
    """

    @pytest.mark.parametrize("size", [1, 2, 7])
    def test_everyPortIsTriedOnce(self, size: int) -> None:
        """
        A range is gone through from anywhere, to its end and round.
        """
        wanted = range(5000, 5000 + size)
        assert sorted(ports.candidates(wanted)) == list(wanted)

    def test_anywhere(self) -> None:
        """
        Not always from the same port on.
        """
        assert len({next(ports.candidates(range(5000, 5100))) for _ in range(50)}) > 1


class TestAny:
    """
    Any port will do.
    """

    @pytest.mark.usefixtures("known")
    def test_given(self) -> None:
        """
        A few that the kernel gives away are tried, and then it looks.
        """
        for _ in range(200):
            *tried, last = ports.candidates(range(0))
            assert last == 0
            assert 1 <= len(tried) <= 8
            assert GIVEN[0] <= tried[0] and tried[-1] < GIVEN[1]
            # The others are for who connects.
            assert tried == list(range(tried[0], tried[-1] + 1, 2))
            assert tried[0] % 2 != GIVEN[0] % 2

    @pytest.mark.usefixtures("known")
    def test_anywhere(self) -> None:
        """
        Not always the same ones.
        """
        assert len({next(ports.candidates(range(0))) for _ in range(50)}) > 1

    @pytest.mark.parametrize("found", [(0, 0), (40000, 40001)])
    def test_unknown(self, found: tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> None:
        """
        Where they are not known, or too few, the kernel looks at once.
        """
        monkeypatch.setattr(ports, "given", lambda: found)
        assert list(ports.candidates(range(0))) == [0]

    @pytest.mark.parametrize(
        ("range", "reserved", "found"),
        [
            ("32768\t60999\n", "\n", (32768, 61000)),
            ("32768\t60999\n", "8080,40000-40010\n", (0, 0)),
            ("odd", "\n", (0, 0)),
            (None, "\n", (0, 0)),
            ("32768\t60999\n", None, (0, 0)),
        ],
    )
    def test_kernel(
        self,
        range: str | None,
        reserved: str | None,
        found: tuple[int, int],
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """
        Linux tells which they are; those that are meant for somebody else it
        knows best.
        """
        for name, words in (("_RANGE", range), ("_RESERVED", reserved)):
            path = tmp_path / name
            if words is not None:
                path.write_text(words)
            monkeypatch.setattr(ports, name, str(path))
        ports.given.cache_clear()
        try:
            assert ports.given() == found
        finally:
            ports.given.cache_clear()


def test_remains() -> None:
    """
    A port that has the remains of a closed connection can be had by its number.
    """
    reactor: Any = None
    with socket.create_server(("127.0.0.1", 0)) as trial:
        number = trial.getsockname()[1]
    for _ in range(2):
        port = DataPort(reactor, Nobody(), "127.0.0.1", iter((number,)))
        client = socket.create_connection(port.address)
        server, _ = port._socket.accept()
        port._socket.close()
        # Who closes first keeps the remains.
        server.close()
        assert client.recv(1) == b""
        client.close()
