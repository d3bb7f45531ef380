"""
Attacks on TLS: old versions and bad ciphers, commands put before the handshake,
renegotiation, uploads that are cut, sessions of others.
"""

from __future__ import annotations

import shutil
import socket
import ssl
import subprocess
from collections.abc import Iterator

import pytest
from sslyze import (
    ProtocolWithOpportunisticTlsEnum,
    Scanner,
    ServerNetworkConfiguration,
    ServerNetworkLocation,
    ServerScanRequest,
    ServerScanResult,
    ServerScanStatusEnum,
)
from sslyze import ScanCommandAttemptStatusEnum as Attempt
from sslyze.mozilla_tls_profile.tls_config_checker import (
    MozillaTlsConfiguration,
    ServerNotCompliantWithTlsConfiguration,
    TlsConfigurationEnum,
    check_server_against_tls_configuration,
)

from tests.end_to_end.place import PASSWORD, USER
from tests.end_to_end.process import PATIENCE
from tests.end_to_end.test_tls import TLSServer, running

needsOpenSSL = pytest.mark.skipif(shutil.which("openssl") is None, reason="there is no openssl")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TLSServer]:
    """
    A server with TLS as it is by default.
    """
    yield from running(TLSServer(tmp_path_factory.mktemp("attacked")))


class Raw:
    """
    A control connection, by hand.
    """

    def __init__(self, server: TLSServer) -> None:
        self.socket: socket.socket = socket.create_connection(("127.0.0.1", server.port), PATIENCE)
        self.line()

    def __enter__(self) -> Raw:
        return self

    def __exit__(self, *error: object) -> None:
        self.socket.close()

    def sends(self, data: bytes) -> Raw:
        """
        Send bytes as they are.
        """
        self.socket.sendall(data)
        return self

    def line(self) -> bytes:
        """
        Give one line of the server's, and not a byte more.
        """
        line = b""
        while not line.endswith(b"\n"):
            byte = self.socket.recv(1)
            if not byte:
                break
            line += byte
        return line

    def secure(self, context: ssl.SSLContext) -> Raw:
        """
        Do the handshake.
        """
        self.socket = context.wrap_socket(self.socket, server_hostname="localhost")
        return self


class TestInjection:
    """
    What somebody on the way puts before the handshake.
    """

    def test_oneSegment(self, server: TLSServer) -> None:
        """
        Commands behind AUTH in the clear do not run inside TLS.
        """
        attack = f"AUTH TLS\r\nUSER {USER}\r\nPASS {PASSWORD}\r\nDELE big\r\n"
        with Raw(server).sends(attack.encode()) as client:
            assert client.line().startswith(b"234")
            client.secure(server.context())
            assert client.sends(b"PWD\r\n").line().startswith(b"530")
        assert (server.root / "big").exists()

    def test_halfACommand(self, server: TLSServer) -> None:
        """
        Nor does the beginning of one, which the client would end.
        """
        with Raw(server).sends(b"AUTH TLS\r\nDELE ") as client:
            assert client.line().startswith(b"234")
            client.secure(server.context())
            assert client.sends(b"NOOP\r\n").line().startswith(b"200")

    def test_before(self, server: TLSServer) -> None:
        """
        A login before AUTH is none after it.
        """
        attack = f"USER {USER}\r\nPASS {PASSWORD}\r\nAUTH TLS\r\n"
        with Raw(server).sends(attack.encode()) as client:
            assert [client.line()[:3] for _ in range(3)] == [b"331", b"230", b"234"]
            client.secure(server.context())
            assert client.sends(b"PWD\r\n").line().startswith(b"530")

    def test_afterTheReply(self, server: TLSServer) -> None:
        """
        What comes in the clear where TLS should come ends the connection.
        """
        with Raw(server).sends(b"AUTH TLS\r\n") as client:
            assert client.line().startswith(b"234")
            client.sends(b"USER mallory\r\n")
            # An alert of TLS, no reply, and the end.
            assert b"331" not in client.socket.recv(1000)
            assert _isClosed(client.socket)


def _isClosed(end: socket.socket) -> bool:
    try:
        return end.recv(1) == b""
    except ConnectionResetError:
        return True


@needsOpenSSL
class TestDowngrade:
    """
    A client, or somebody on the way, that wants less.
    """

    @pytest.mark.parametrize(
        "options",
        [
            ("-tls1",),
            ("-tls1_1",),
            ("-tls1_2", "-cipher", "RC4"),
            ("-tls1_2", "-cipher", "3DES"),
            ("-tls1_2", "-cipher", "aNULL:eNULL"),
            ("-tls1_2", "-cipher", "EXPORT"),
            ("-tls1_2", "-cipher", "kRSA"),
            ("-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-SHA"),
        ],
    )
    def test_refused(self, server: TLSServer, options: tuple[str, ...]) -> None:
        """
        There is no such thing here.
        """
        name = {"-tls1": "1.0", "-tls1_1": "1.1"}.get(options[0], options[-1])
        known = subprocess.run(["openssl", "ciphers", name], capture_output=True).returncode == 0
        if name[0] != "1" and not known:
            pytest.skip("this OpenSSL has no such cipher to ask for")
        said = _client(server, *options)
        assert "Cipher    : 0000" in said or "Cipher is (NONE)" in said
        assert "PRIVATE" not in said

    def test_old(self, server: TLSServer) -> None:
        """
        The log says so.
        """
        assert "NONE" in _client(server, "-tls1_1", "-cipher", "ALL:@SECLEVEL=0")
        server.wait("TLS handshake failed: .* too old")


def _client(server: TLSServer, *options: str, words: str = "Q\n") -> str:
    command = ["openssl", "s_client", "-starttls", "ftp", "-connect", f"127.0.0.1:{server.port}"]
    done = subprocess.run(
        [*command, *options], input=words.encode(), timeout=PATIENCE, capture_output=True
    )
    return (done.stdout + done.stderr).decode(errors="replace")


@needsOpenSSL
class TestRenegotiation:
    """
    A handshake within TLS, which costs us more than the client.
    """

    def test_refused(self, server: TLSServer) -> None:
        """
        There is one, and no other.
        """
        said = _client(server, "-tls1_2", words="R\nQ\n")
        assert "RENEGOTIATING" in said
        assert "no renegotiation" in said or "handshake failure" in said


class TestTruncation:
    """
    Somebody on the way who ends a connection.
    """

    @pytest.mark.parametrize("version", ["1.2", "1.3"])
    def test_upload(self, server: TLSServer, version: str) -> None:
        """
        An upload that ends without an end of TLS replaces nothing.
        """
        (server.root / "kept").write_bytes(b"what was there")
        context = server.context(version)
        with Raw(server).sends(b"AUTH TLS\r\n") as client:
            client.line()
            client.secure(context)
            login = f"USER {USER}\r\nPASS {PASSWORD}\r\nPBSZ 0\r\nPROT P\r\nTYPE I\r\nEPSV\r\n"
            client.sends(login.encode())
            port = [client.line() for _ in range(6)][-1].split(b"|")[3]
            raw = socket.create_connection(("127.0.0.1", int(port)), PATIENCE)
            client.sends(b"STOR kept\r\n").line()
            with context.wrap_socket(raw, server_hostname="localhost") as data:
                data.sendall(b"half of it")
                # As a packet of anybody's does it.
                data.shutdown(socket.SHUT_WR)
                assert client.line().startswith(b"426")
        assert (server.root / "kept").read_bytes() == b"what was there"


def scan(server: TLSServer) -> ServerScanResult:
    """
    Let sslyze look at a server.
    """
    place = ServerNetworkLocation("localhost", server.port, "127.0.0.1")
    way = ServerNetworkConfiguration(
        tls_server_name_indication="localhost",
        tls_opportunistic_encryption=ProtocolWithOpportunisticTlsEnum.FTP,
    )
    scanner = Scanner(per_server_concurrent_connections_limit=2)
    scanner.queue_scans([ServerScanRequest(place, way)])
    (result,) = scanner.get_results()
    return result


# sslyze's own trust stores hold certificates that nobody would make today.
@pytest.mark.filterwarnings("ignore:Parsed a serial number")
def test_scan(server: TLSServer) -> None:
    """
    A scanner has nothing to say against the default settings, but that our
    certificate is signed by nobody, and that OpenSSL knows two more curves,
    stronger than those that Mozilla lists.
    """
    result = scan(server)
    assert result.scan_status is ServerScanStatusEnum.COMPLETED
    assert result.scan_result is not None
    done = vars(result.scan_result).items()
    missed = {name for name, each in done if each.status is not Attempt.COMPLETED}
    # FTP has no headers of HTTP.
    assert missed == {"http_headers"}
    wanted = MozillaTlsConfiguration.get(TlsConfigurationEnum.MOZILLA_INTERMEDIATE)
    try:
        check_server_against_tls_configuration(result, wanted)
    except ServerNotCompliantWithTlsConfiguration as complaint:
        curves = complaint.issues.pop("tls_curves", "")
        assert not curves or "X448" in curves
        assert complaint.issues.keys() <= {"certificate_path_validation"}
    found = result.scan_result
    renegotiation = found.session_renegotiation.result
    assert renegotiation is not None
    assert renegotiation.supports_secure_renegotiation
    assert not renegotiation.is_vulnerable_to_client_renegotiation_dos
    early = found.tls_1_3_early_data.result
    assert early is not None and not early.supports_early_data
