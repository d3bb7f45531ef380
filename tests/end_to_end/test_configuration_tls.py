"""
TLS by options and by a file, as an operator switches it on.
"""

from __future__ import annotations

import datetime
import os
import signal
import socket
import ssl
from ftplib import FTP, FTP_TLS
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.end_to_end.conftest import StartServer
from tests.end_to_end.place import PASSWORD, USER, WRITER
from tests.end_to_end.process import PATIENCE, Server, freePort
from tests.end_to_end.rawclient import RawClient


@pytest.fixture(scope="module")
def pem(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """
    A certificate for C{localhost}, with its key in the same file.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.timezone.utc)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path_factory.mktemp("tls") / "server.pem"
    file.write_bytes(
        made.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return file


def trusting(pem: Path) -> ssl.SSLContext:
    """
    Make what trusts a certificate, and nothing else.
    """
    return ssl.create_default_context(cafile=str(pem))


def fetches(server: Server, pem: Path) -> bool:
    """
    Does a client get a file through TLS?
    """
    (server.root / "file").write_bytes(b"contents")
    with FTP_TLS(timeout=PATIENCE, context=trusting(pem)) as client:
        client.connect("127.0.0.1", server.port)
        client.host = "localhost"
        client.login(USER, PASSWORD)
        client.prot_p()
        received: list[bytes] = []
        client.retrbinary("RETR file", received.append)
    return b"".join(received) == b"contents"


def test_options(server: StartServer, pem: Path) -> None:
    """
    C{--tls-certificate} switches TLS on; plain logins go on.
    """
    started = server(WRITER, f"--tls-certificate={pem}")
    assert fetches(started, pem)
    with FTP(timeout=PATIENCE) as client:
        client.connect("127.0.0.1", started.port)
        client.login(USER, PASSWORD)


def test_require(server: StartServer, pem: Path) -> None:
    """
    C{--require-tls both} ends those.
    """
    started = server(WRITER, f"--tls-certificate={pem}", "--require-tls=both")
    assert fetches(started, pem)
    with RawClient(started) as client:
        assert not client.ask(f"USER {USER}").startswith(("230", "331"))


def test_implicit(server: StartServer, pem: Path) -> None:
    """
    C{--listen-implicit} is TLS from the first byte.
    """
    port = freePort()
    listen = f"--listen-implicit=tcp:{port}:interface=127.0.0.1"
    server(WRITER, f"--tls-certificate={pem}", listen)
    with (
        socket.create_connection(("127.0.0.1", port), PATIENCE) as raw,
        trusting(pem).wrap_socket(raw, server_hostname="localhost") as client,
    ):
        assert client.recv(4) == b"220 "


def test_file(server: StartServer, pem: Path, tmp_path: Path) -> None:
    """
    So does the file, and C{SIGHUP} when TLS is new in it.
    """
    file = tmp_path / "f.toml"
    file.write_text("")
    started = server(WRITER, f"--config={file}")
    with RawClient(started) as client:
        client.expect(502, "AUTH TLS")
    file.write_text(f"[tls]\ncertificate = '{pem}'\n")
    os.kill(started.process.pid, signal.SIGHUP)
    started.wait("is in force for new sessions")
    assert fetches(started, pem)


def test_brokenFile(server: StartServer, pem: Path, tmp_path: Path) -> None:
    """
    A certificate that is none changes nothing.
    """
    file = tmp_path / "f.toml"
    file.write_text(f"[tls]\ncertificate = '{pem}'\n")
    started = server(WRITER, f"--config={file}")
    file.write_text(f"[tls]\ncertificate = '{file}'\n")
    os.kill(started.process.pid, signal.SIGHUP)
    started.wait(f"SIGHUP: nothing has changed: .*{file}")
    assert fetches(started, pem)
