"""
The options of C{twistd activeftp}, right ones and wrong ones.
"""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
from pathlib import Path

import pytest

from tests.end_to_end.conftest import StartServer
from tests.end_to_end.place import BOTH_REACTORS
from tests.end_to_end.process import PATIENCE, environment, eventually, freePort, twistd
from tests.end_to_end.rawclient import RawClient

WRONG = {
    "--root=/nowhere": "--root /nowhere is not a folder",
    "--homes=/nowhere": "--homes /nowhere is not a folder",
    "--listen=nonsense:1": "--listen nonsense:1 is no endpoint description",
    "--listen=tcp:http-port": "--listen tcp:http-port is no endpoint description",
    "--listen=tcp:99999": "port must be 0-65535",
    "--listen=tcp:0:interface=192.0.2.1": "Couldn't listen on 192.0.2.1",
    "--auth=nonsense": "Auth plugin not recognized: nonsense",
    "--auth=file:/nowhere": "--auth: /nowhere cannot be read: No such file or directory",
    "--auth=memory:alone": "U:P",
    "--data-port=70000": "--data-port takes 1-65535, auto or any, and perhaps ,LOW-HIGH, not",
    "--data-port=0": "--data-port takes 1-65535, auto or any, and perhaps ,LOW-HIGH, not '0'",
    "--passive-ports=9-3": "--passive-ports takes LOW-HIGH, two ports, not '9-3'",
    "--passive-ports=few": "--passive-ports takes LOW-HIGH, two ports, not 'few'",
    "--passive-address=::1": "--passive-address takes an IPv4 address, not '::1'",
    "--login-timeout=0": "--login-timeout takes a number of seconds above 0, not '0'",
    "--idle-timeout=-1": "--idle-timeout takes a number of seconds above 0, not '-1'",
    "--stall-timeout=nan": "--stall-timeout takes a number of seconds above 0, not 'nan'",
    "--connect-timeout=soon": "--connect-timeout takes a number of seconds above 0, not 'soon'",
    "--welcome=two\nlines": "--welcome takes one line of text",
    "--nonsense": "option --nonsense not recognized",
    "nonsense": "Wrong number of arguments",
}


def startInVain(folder: Path, *arguments: str) -> str:
    """
    Run C{twistd}, which must end with status 1 and without a traceback.

    @return: what it printed.
    """
    done = subprocess.run(
        twistd(*arguments),
        cwd=folder,
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=PATIENCE,
    )
    assert done.returncode == 1, done.stdout
    assert "Traceback" not in done.stdout, done.stdout
    return done.stdout


class TestWrongValues:
    """
    What cannot be is said at once.
    """

    @pytest.mark.parametrize(("option", "words"), WRONG.items(), ids=[repr(each) for each in WRONG])
    def test_oneLine(self, tmp_path: Path, option: str, words: str) -> None:
        """
        A wrong value is one clear line, and exit status 1.
        """
        printed = startInVain(tmp_path, "-n", "--pidfile=", "activeftp", option)
        assert len([line for line in printed.splitlines() if words in line]) == 1, printed

    def test_portInUse(self, tmp_path: Path) -> None:
        """
        So is a port that somebody else listens on.
        """
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            listen = f"--listen=tcp:{port}:interface=127.0.0.1"
            printed = startInVain(tmp_path, "-n", "--pidfile=", "activeftp", listen)
        words = rf"activeftp: Couldn't listen on 127\.0\.0\.1:{port}: .*Address already in use"
        assert len(re.findall(words, printed)) == 1, printed

    def test_state(self, tmp_path: Path) -> None:
        """
        A state folder that cannot be written to is found at the start, not by
        users.
        """
        (tmp_path / "quotas.sqlite").mkdir()
        listening = ["--data-port", "any", "--listen", "tcp:0:interface=127.0.0.1"]
        printed = startInVain(
            tmp_path, "--nodaemon", "activeftp", *listening, "--state", str(tmp_path)
        )
        assert "activeftp: cannot write to quotas.sqlite in the state folder" in printed

    def test_portInUseInTheBackground(self, tmp_path: Path) -> None:
        """
        In the background, too: whoever starts it learns that it failed, and
        nothing is left running.
        """
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            options = ["--pidfile=server.pid", "--logfile=server.log"]
            listen = f"--listen=tcp:{port}:interface=127.0.0.1"
            printed = startInVain(tmp_path, *options, "activeftp", listen)
        assert f"Couldn't listen on 127.0.0.1:{port}" in printed.splitlines()[0]
        # It tells first, and then it ends.
        eventually(lambda: not (tmp_path / "server.pid").exists())
        assert "Traceback" not in (tmp_path / "server.log").read_text()


class TestDataPort:
    """
    C{--data-port}.
    """

    def source(self, client: RawClient) -> int:
        """
        Give the port that an active connection comes from.
        """
        with client.transfer("LIST", isActive=True) as data:
            port: int = data.getpeername()[1]
        client.reply()
        return port

    def test_auto(self, server: StartServer) -> None:
        """
        By default it is the control port minus one.
        """
        started = server()
        with RawClient(started).login() as client:
            assert self.source(client) == started.port - 1

    def test_number(self, server: StartServer) -> None:
        """
        It may be any other.
        """
        port = freePort()
        with RawClient(server(f"--data-port={port}")).login() as client:
            assert self.source(client) == port

    def test_any(self, server: StartServer) -> None:
        """
        It may be left to the kernel, which has others for that.
        """
        started = server("--data-port=any")
        with RawClient(started).login() as client:
            assert self.source(client) not in (started.port, started.port - 1)

    def test_takenByAListener(self, server: StartServer) -> None:
        """
        That something listens on it is said at start, with what to do; a
        client hears it, too.
        """
        port = freePort()
        with socket.create_server(("127.0.0.1", port - 1)):
            started = server(port=port)
            started.wait(rf"Warning: .* {port - 1}: something listens there.* --data-port any")
            with RawClient(started).login() as client:
                client.listen()
                assert "a listener occupies the data port" in client.expect(425, "LIST")

    def test_withoutPrivilege(self, server: StartServer, unprivileged: list[str]) -> None:
        """
        That it may not be used is said at start, with what to do; a client
        hears it, too.
        """
        started = server("--data-port=20", prefix=unprivileged)
        started.wait(
            r"Warning: .* data port 20: .*CAP_NET_BIND_SERVICE.*operations\.md.*--data-port any"
        )
        with RawClient(started).login() as client:
            client.listen()
            assert "CAP_NET_BIND_SERVICE" in client.expect(425, "LIST")

    @pytest.fixture
    def unprivileged(self) -> list[str]:
        """
        What to put before a command that shall not be able to use port 20.
        """
        lowest = Path("/proc/sys/net/ipv4/ip_unprivileged_port_start")
        if lowest.exists() and int(lowest.read_text()) <= 20:
            pytest.skip("everybody may use every port here: net.ipv4.ip_unprivileged_port_start")
        if os.geteuid() != 0:
            return []
        # It stays root, who can read the tests, yet without this one right.
        return ["setpriv", "--bounding-set=-net_bind_service"]


class TestPassive:
    """
    C{--passive-ports} and C{--passive-address}.
    """

    def test_ports(self, server: StartServer) -> None:
        """
        Passive ports are of the range; when all are taken, that is 425, and
        one that was used is free again.
        """
        port = freePort()
        started = server(f"--passive-ports={port}-{port}")
        (started.root / "file").write_bytes(b"contents")
        with RawClient(started).login() as one, RawClient(started).login() as other:
            assert one.announced()[1] == port
            assert "No port is free" in other.expect(425, "EPSV")
            assert one.announced()[1] == port
            one.expect(200, "EPRT |1|127.0.0.1|20000|")
            assert other.fetch("file") == b"contents"
            assert one.fetch("file") == b"contents"

    def test_address(self, server: StartServer) -> None:
        """
        PASV announces the address that the router has on the other side.
        """
        with RawClient(server("--passive-address=192.0.2.1")).login() as client:
            assert "(192,0,2,1," in client.expect(227, "PASV")


def test_welcome(server: StartServer) -> None:
    """
    C{--welcome} is what a client reads first.
    """
    with RawClient(server("--welcome=Grüß Gott")) as client:
        assert client.greeting == "220 Grüß Gott"


@BOTH_REACTORS
def test_hangup(server: StartServer, reactor: str) -> None:
    """
    The terminal that the server was started from may be closed, whichever
    reactor C{twistd} was told to take.
    """
    started = server()
    assert ("AsyncioSelectorReactor" in started.log) is (reactor == "asyncio")
    with RawClient(started) as client:
        os.kill(started.process.pid, signal.SIGHUP)
        started.wait("SIGHUP: options are read at the start only; going on")
        client.expect(200, "NOOP")


def test_listenTwice(server: StartServer) -> None:
    """
    C{--listen} may be repeated; each has a data port of its own.
    """
    port = freePort()
    started = server(f"--listen=tcp:{port}:interface=127.0.0.1")
    started.wait(f"FTP on 127.0.0.1:{started.port}, .* from port {started.port - 1}")
    started.wait(f"FTP on 127.0.0.1:{port}, .* from port {port - 1}")
