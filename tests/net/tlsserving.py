"""
A service with TLS on played transports.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ftpactive.core.protection import KeyPair, Protection
from tests.net.played import Server
from tests.net.tlsclient import certificate

MakeServer = Callable[..., Server]

DATA = bytes(range(256)) * 400


@pytest.fixture(scope="module")
def pem(tmp_path_factory: pytest.TempPathFactory) -> str:
    """
    The server's certificate.
    """
    return certificate(tmp_path_factory.mktemp("tls"), "ftp.example.org")


@pytest.fixture
def serve(pem: str) -> MakeServer:
    """
    Makes a service with TLS.
    """

    def make(tree: dict[str, Any] | None = None, **choices: Any) -> Server:
        return Server(tree or {}, tls=Protection(KeyPair(pem), **choices))

    return make
