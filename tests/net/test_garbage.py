# pytest-twisted says nothing of types.
# mypy: disallow-untyped-decorators=False
"""
What a data connection was made of is freed as soon as its transfer is complete,
and not when the garbage is collected, hundreds of transfers later.
"""

from __future__ import annotations

import ftplib
import gc
import io
import socket
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from pytest_twisted import ensureDeferred  # type: ignore[import-untyped]
from twisted.internet import reactor
from twisted.internet.task import deferLater
from twisted.internet.threads import deferToThread

from ftpactive.core.protection import KeyPair, Protection
from tests.net.sites import BIG, MakeSite, Site, download, makeSite
from tests.net.tlsclient import certificate

__all__ = ["makeSite"]


@pytest.fixture(autouse=True)
def kept() -> Iterator[None]:
    """
    Nothing is collected meanwhile; what would be is kept to be looked at.
    """
    gc.collect()
    gc.disable()
    gc.set_debug(gc.DEBUG_SAVEALL)
    yield
    gc.set_debug(0)
    gc.garbage.clear()
    gc.enable()


def left() -> set[str]:
    """
    Give the types of ours, and of connections, that only the collector frees.
    """
    gc.collect()
    kinds = {type(each) for each in gc.garbage}
    gc.garbage.clear()
    names = {f"{kind.__module__}.{kind.__qualname__}" for kind in kinds}
    return {each for each in names if each.startswith(("ftpactive.net", "twisted.internet.tcp"))}


def down(client: ftplib.FTP) -> None:
    """
    Fetch a small file.
    """
    assert download(client, "a") == b"hello"


def downSlowly(client: ftplib.FTP) -> None:
    """
    Fetch one that the kernel does not take all at once.
    """
    assert download(client, "big") == BIG


def up(client: ftplib.FTP) -> None:
    """
    Store a file.
    """
    client.storbinary("STOR new", io.BytesIO(b"hello"))


def listing(client: ftplib.FTP) -> None:
    """
    Ask what there is.
    """
    assert "big" in client.nlst()


Transfer = Callable[[ftplib.FTP], None]
TRANSFERS = [down, downSlowly, up, listing]


def secured(site: Site) -> ftplib.FTP_TLS:
    """
    Connect and log in under TLS, which data has as well.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    client = ftplib.FTP_TLS(context=context, timeout=20)
    client.connect("127.0.0.1", site.port.getHost().port)
    client.login("alice", "secret")
    client.prot_p()
    client.voidcmd("TYPE I")
    return client


@pytest.mark.parametrize("isSecure", [False, True], ids=["clear", "TLS"])
@pytest.mark.parametrize("isPassive", [False, True], ids=["active", "passive"])
@pytest.mark.parametrize("transfer", TRANSFERS, ids=[each.__name__ for each in TRANSFERS])
@ensureDeferred
async def test_transfer(
    makeSite: MakeSite, tmp_path: Path, transfer: Transfer, isPassive: bool, isSecure: bool
) -> None:
    """
    Nothing of it is left.
    """
    if isSecure:
        site = makeSite(tls=Protection(KeyPair(certificate(tmp_path, "ftp.example.org"))))
        client = await deferToThread(secured, site)
    else:
        client = await deferToThread(makeSite().client)
    client.set_pasv(isPassive)
    await deferToThread(transfer, client)
    # What the reactor does in the turn in which it ends is done as well.
    await deferLater(cast(Any, reactor), 0)
    await deferLater(cast(Any, reactor), 0)
    assert left() == set()
    await deferToThread(client.quit)


@ensureDeferred
async def test_busyPorts(makeSite: MakeSite) -> None:
    """
    Nor of those that were tried for a passive connection, and taken.
    """
    with socket.create_server(("127.0.0.1", 0)) as squatter:
        first = squatter.getsockname()[1]
        client = await deferToThread(makeSite(passivePorts=range(first, first + 2)).client)
        # They are tried in any order.
        for _ in range(20):
            await deferToThread(down, client)
        await deferLater(cast(Any, reactor), 0)
        assert left() == set()
        await deferToThread(client.quit)


@pytest.mark.parametrize("isPolite", [True, False])
@ensureDeferred
async def test_session(makeSite: MakeSite, isPolite: bool) -> None:
    """
    Nor of a session that has ended.
    """
    site = makeSite()
    client = await deferToThread(site.client)
    await deferToThread(client.quit if isPolite else client.close)
    while site.server.factory.sessions:
        await deferLater(cast(Any, reactor), 0)
    await deferLater(cast(Any, reactor), 0)
    assert left() == set()
