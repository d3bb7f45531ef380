"""
TLS with real clients: the standard library's, curl, lftp, OpenSSL's own.
"""

from __future__ import annotations

import ftplib
import hashlib
import io
import os
import random
import shutil
import socket
import ssl
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.end_to_end.place import BOTH_WAYS, PASSWORD, REACTORS, USER, WRITER
from tests.end_to_end.process import PATIENCE, Server, freePort
from tools.selfsigned import write

BIG, SMALL = 64 * 1024 * 1024, 4 * 1024 * 1024

VERSIONS = pytest.mark.parametrize("version", ["1.2", "1.3"])

_KNOWN = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}


class TLSServer(Server):
    """
    A server with a certificate.

    @ivar implicit: the port where TLS begins at once.
    @ivar certificate: its file.
    """

    def __init__(
        self,
        folder: Path,
        config: str = "",
        *,
        implicit: int = 0,
        options: Sequence[str] = (),
        reactor: str = "default",
    ) -> None:
        """
        @param config: what its configuration file says beyond the certificate.
        @param implicit: any free port without it.
        """
        root = folder / "root"
        root.mkdir()
        self.implicit = implicit or freePort()
        self.certificate = folder / "server.pem"
        write(self.certificate, ["localhost", "127.0.0.1", "::1"])
        file = folder / "ftpactive.toml"
        file.write_text(f'[tls]\ncertificate = "{self.certificate}"\n{config}\n')
        listener = f"--listen-implicit=tcp:{self.implicit}:interface=127.0.0.1"
        options = [WRITER, f"--config={file}", listener, *options]
        super().__init__(root, options, daemon=[f"--reactor={reactor}"])

    def context(self, version: str = "1.3") -> ssl.SSLContext:
        """
        Give a client's context, which trusts nobody else.
        """
        context = ssl.create_default_context(cafile=str(self.certificate))
        context.minimum_version = context.maximum_version = _KNOWN[version]
        return context


@pytest.fixture(scope="module", params=REACTORS)
def server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[TLSServer]:
    """
    A server, with two files; on each reactor.
    """
    yield from running(TLSServer(tmp_path_factory.mktemp("tls"), reactor=request.param))


def running(server: TLSServer) -> Iterator[TLSServer]:
    """
    Give a server with two files, and stop it.
    """
    try:
        for name, size in (("big", BIG), ("small", SMALL)):
            (server.root / name).write_bytes(random.Random(size).randbytes(size))
        yield server.ready()  # type: ignore[misc]
        server.stop()
    finally:
        server.kill()


class Reusing(ftplib.FTP_TLS):
    """
    A client whose data connections go on with the session.
    """

    def ntransfercmd(self, cmd: str, rest: int | str | None = None) -> tuple[socket.socket, int]:
        """
        Connect.
        """
        connection, size = ftplib.FTP.ntransfercmd(self, cmd, rest)
        assert isinstance(self.sock, ssl.SSLSocket)
        session = self.sock.session
        wrapped = self.context.wrap_socket(connection, server_hostname=self.host, session=session)
        assert wrapped.session_reused
        return wrapped, size or 0


def connected(
    server: TLSServer, version: str = "1.3", *, kind: type[ftplib.FTP_TLS] = ftplib.FTP_TLS
) -> ftplib.FTP_TLS:
    """
    Log in with the standard library's client.
    """
    client = kind(context=server.context(version), timeout=PATIENCE)
    client.connect("127.0.0.1", server.port)
    client.login(USER, PASSWORD)
    client.prot_p()
    return client


def digest(file: Path) -> str:
    """
    Give what tells a file's contents from any other.
    """
    return hashlib.sha256(file.read_bytes()).hexdigest()


class TestStandardLibrary:
    """
    C{ftplib.FTP_TLS}.
    """

    @VERSIONS
    @BOTH_WAYS
    @pytest.mark.parametrize("kind", [ftplib.FTP_TLS, Reusing], ids=["new", "reused"])
    def test_bothWays(
        self, server: TLSServer, version: str, isActive: bool, kind: type[ftplib.FTP_TLS]
    ) -> None:
        """
        Big files arrive whole, there and back, in every way.
        """
        big = (server.root / "big").read_bytes()
        with connected(server, version, kind=kind) as client:
            client.set_pasv(not isActive)
            told = hashlib.sha256()
            client.retrbinary("RETR big", told.update, 1 << 16)
            assert told.digest() == hashlib.sha256(big).digest()
            client.storbinary("STOR copy", io.BytesIO(big), 1 << 16)
            assert digest(server.root / "copy") == told.hexdigest()
            assert {"big", "copy"} <= {*client.nlst()}

    def test_clear(self, server: TLSServer) -> None:
        """
        Data may be in the clear while commands are not.
        """
        with connected(server) as client:
            client.prot_c()
            assert "big" in client.nlst()

    def test_logged(self, server: TLSServer) -> None:
        """
        The log tells version and cipher.
        """
        with connected(server, "1.2"):
            server.wait(r"protected by TLSv1\.2, ECDHE-ECDSA-AES256-GCM-SHA384")

    @BOTH_WAYS
    def test_abort(self, server: TLSServer, isActive: bool) -> None:
        """
        ABOR cuts a transfer under TLS; the session goes on.
        """
        with connected(server) as client:
            client.set_pasv(not isActive)
            client.voidcmd("TYPE I")
            with client.transfercmd("RETR big") as connection:
                connection.recv(1)
                client.putline("ABOR")
                assert client.getmultiline().startswith("426")
                assert client.getmultiline().startswith("226")
            assert client.voidcmd("NOOP").startswith("200")


def curl(server: TLSServer, *arguments: str, isImplicit: bool = False) -> bytes:
    """
    Run curl; the last argument is the path on the server.
    """
    *options, path = arguments
    scheme, port = ("ftps", server.implicit) if isImplicit else ("ftp", server.port)
    command = ["curl", "-sS", "--cacert", str(server.certificate), "-u", f"{USER}:{PASSWORD}"]
    url = f"{scheme}://127.0.0.1:{port}/{path}"
    return subprocess.run(
        [*command, *options, url], timeout=PATIENCE, check=True, stdout=subprocess.PIPE
    ).stdout


@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl")
class TestCurl:
    """
    curl, which trusts our certificate alone.
    """

    @pytest.mark.parametrize("isImplicit", [False, True], ids=["explicit", "implicit"])
    @pytest.mark.parametrize("version", [("--tlsv1.2", "--tls-max", "1.2"), ("--tlsv1.3",)])
    def test_passive(self, server: TLSServer, isImplicit: bool, version: tuple[str, ...]) -> None:
        """
        There and back.
        """
        got = curl(server, "--ssl-reqd", *version, "small", isImplicit=isImplicit)
        assert hashlib.sha256(got).hexdigest() == digest(server.root / "small")
        arguments = ("-T", str(server.root / "small"), "curled")
        curl(server, "--ssl-reqd", *version, *arguments, isImplicit=isImplicit)
        assert digest(server.root / "curled") == digest(server.root / "small")

    def test_active(self, server: TLSServer) -> None:
        """
        In active mode as well.  curl 7.87 and 7.88 do not know their own socket
        there, and fail with every server.
        """
        said = subprocess.run(["curl", "--version"], capture_output=True, check=True, text=True)
        if said.stdout.split()[1].startswith(("7.87.", "7.88.")):
            pytest.skip("this curl cannot do TLS in active mode")
        got = curl(server, "--ssl-reqd", "--ftp-port", "-", "small")
        assert hashlib.sha256(got).hexdigest() == digest(server.root / "small")


@pytest.mark.skipif(shutil.which("lftp") is None, reason="there is no lftp")
class TestLftp:
    """
    lftp.
    """

    @BOTH_WAYS
    def test_bothWays(self, server: TLSServer, tmp_path: Path, isActive: bool) -> None:
        """
        There and back, in both modes.
        """
        script = (
            f"set ssl:ca-file {server.certificate}; set ftp:ssl-force yes;"
            f" set ftp:ssl-protect-data yes; set ftp:passive-mode {'off' if isActive else 'on'};"
            f" open -u '{USER},{PASSWORD}' ftp://127.0.0.1:{server.port};"
            f" get small -o {tmp_path}/got; put {tmp_path}/got -o lftped; bye"
        )
        subprocess.run(["lftp", "--norc", "-c", script], timeout=3 * PATIENCE, check=True)
        assert digest(server.root / "lftped") == digest(server.root / "small")


@pytest.mark.skipif(shutil.which("openssl") is None, reason="there is no openssl")
class TestOpenSSL:
    """
    C{openssl s_client}, which is what operators look with.
    """

    @pytest.mark.parametrize("option", ["-tls1_2", "-tls1_3"])
    @pytest.mark.parametrize("isImplicit", [False, True], ids=["explicit", "implicit"])
    def test_certificate(self, server: TLSServer, option: str, isImplicit: bool) -> None:
        """
        It finds the certificate good.
        """
        port = server.implicit if isImplicit else server.port
        starting = [] if isImplicit else ["-starttls", "ftp"]
        command = ["openssl", "s_client", "-connect", f"127.0.0.1:{port}", *starting, option]
        done = subprocess.run(
            [*command, "-CAfile", str(server.certificate), "-verify_return_error"],
            input=b"Q\n",
            timeout=PATIENCE,
            capture_output=True,
        )
        assert b"Verify return code: 0 (ok)" in done.stdout


class TestRenewal:
    """
    A new certificate.
    """

    def test_withoutARestart(self, server: TLSServer) -> None:
        """
        It is shown to those who connect a second later; sessions go on.
        """
        old = server.certificate.read_bytes()
        with connected(server) as client:
            assert isinstance(client.sock, ssl.SSLSocket)
            before = client.sock.getpeercert(True)
            write(server.certificate, ["localhost", "127.0.0.1"])
            assert _shows(server, server.context())
            server.wait("read .*server.pem again")
            assert client.voidcmd("NOOP").startswith("200")
            assert "big" in client.nlst()
            with connected(server) as another:
                assert isinstance(another.sock, ssl.SSLSocket)
                assert another.sock.getpeercert(True) != before
        server.certificate.write_bytes(old)
        assert _shows(server, server.context())


def _shows(server: TLSServer, context: ssl.SSLContext) -> bool:
    """
    Connect until the server shows what is trusted.
    """
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        try:
            client = ftplib.FTP_TLS(context=context, timeout=PATIENCE)
            client.connect("127.0.0.1", server.port)
            client.auth()
        except ssl.SSLError:
            client.close()
        else:
            client.close()
            return True
    raise AssertionError("the new certificate was never shown")


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TLSServer]:
    """
    A server that wants all there is.
    """
    config = 'require = "both"\nsession-reuse = "require"'
    yield from running(TLSServer(tmp_path_factory.mktemp("strict"), config))


class TestRequired:
    """
    C{require} and C{session-reuse}.
    """

    def test_login(self, strict: TLSServer) -> None:
        """
        Nobody comes in without TLS.
        """
        with ftplib.FTP(timeout=PATIENCE) as client:
            client.connect("127.0.0.1", strict.port)
            with pytest.raises(ftplib.error_perm, match="530 .*AUTH TLS"):
                client.login(USER, PASSWORD)

    def test_data(self, strict: TLSServer) -> None:
        """
        No data goes in the clear.
        """
        with connected(strict) as client:
            with pytest.raises(ftplib.error_perm, match="534"):
                client.prot_c()

    @VERSIONS
    def test_reuse(self, strict: TLSServer, version: str) -> None:
        """
        Data connections prove whose they are.
        """
        with connected(strict, version, kind=Reusing) as client:
            assert sorted(client.nlst()) == ["big", "small"]
        client = connected(strict, version)
        with pytest.raises((ftplib.error_perm, OSError)):
            client.nlst()
        client.close()
        strict.wait(r"NLST .*failed: .*switch on session reuse")

    @pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl")
    @pytest.mark.parametrize("version", [("--tlsv1.2", "--tls-max", "1.2"), ("--tlsv1.3",)])
    def test_curl(self, strict: TLSServer, version: tuple[str, ...]) -> None:
        """
        curl does so by itself.
        """
        got = curl(strict, "--ssl-reqd", *version, "small")
        assert hashlib.sha256(got).hexdigest() == digest(strict.root / "small")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can listen on port 990")
class TestPrivileged:
    """
    Ports 990 and 989, while the serving process has no privilege at all.
    """

    def test_active(self) -> None:
        """
        Active connections come from the port below the implicit one, bound by
        the broker, and are under TLS.
        """
        for port in (989, 990):
            try:
                socket.create_server(("127.0.0.1", port)).close()
            except OSError:
                pytest.skip(f"port {port} of this machine is taken")
        with tempfile.TemporaryDirectory() as folder:
            os.chmod(folder, 0o755)
            server = TLSServer(Path(folder), implicit=990, options=["--user=nobody"])
            for started in running(server):
                server.wait(r"FTP on 127\.0\.0\.1:990, active data connections from port 989")
                got = hashlib.sha256(implicitActive(started)).hexdigest()
                assert got == digest(started.root / "small")


def implicitActive(server: TLSServer) -> bytes:
    """
    Fetch a file in active mode, from the implicit listener.
    """
    context = server.context()
    with socket.create_server(("127.0.0.1", 0)) as listener, ExitStack() as stack:
        raw = socket.create_connection(("127.0.0.1", server.implicit), PATIENCE)
        control = stack.enter_context(context.wrap_socket(raw, server_hostname="localhost"))
        replies = stack.enter_context(control.makefile("rb"))
        high, low = divmod(listener.getsockname()[1], 256)
        login = (f"USER {USER}", f"PASS {PASSWORD}", "TYPE I")
        for line in (*login, f"PORT 127,0,0,1,{high},{low}", "RETR small"):
            replies.readline()
            control.sendall(line.encode() + b"\r\n")
        listener.settimeout(PATIENCE)
        accepted, (_, port) = listener.accept()
        assert port == 989
        data = stack.enter_context(context.wrap_socket(accepted, server_hostname="localhost"))
        return stack.enter_context(data.makefile("rb")).read()
