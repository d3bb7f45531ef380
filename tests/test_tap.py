"""
Tests for L{ftpactive.tap}.
"""

from __future__ import annotations

import os
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from twisted.application.service import IService
from twisted.internet.endpoints import TCP4ServerEndpoint, TCP6ServerEndpoint

from ftpactive.core.account import EVERYTHING, READING, Mount, Rule
from ftpactive.core.policy import TargetPolicy
from ftpactive.core.protection import KeyPair, Protection
from ftpactive.core.settings import AUTO, Settings
from ftpactive.service import FTPService
from ftpactive.tap import Options, makeService


def parse(*arguments: object) -> Options:
    """
    Read a command line.
    """
    options = Options()
    options.parseOptions([str(each) for each in arguments])  # type: ignore[no-untyped-call]
    return options


def refusal(*arguments: object) -> str:
    """
    Give what is said of a command line that is wrong: one line.
    """
    with pytest.raises(SystemExit) as raised:
        parse(*arguments)
    program, said = str(raised.value).split(": ", 1)
    assert program == "activeftp"
    assert said.isprintable(), "it is one line, and nothing but letters"
    return said


class TestDefaults:
    """
    Without options it serves the current folder to guests.
    """

    def test_settings(self) -> None:
        """
        Those of L{Settings}; the two time limits of opening are one option.
        """
        assert parse().configuration.site.settings == Settings()

    def test_listensOn2121(self) -> None:
        """
        All interfaces, IPv4.
        """
        service: Any = makeService(parse())
        [(endpoint, _)] = service._endpoints
        assert isinstance(endpoint, TCP4ServerEndpoint)
        assert (endpoint._port, endpoint._interface) == (2121, "")

    def test_service(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """
        Guests come in, nobody else does; they see the current folder.
        """
        monkeypatch.chdir(tmp_path)
        options = parse()
        service = makeService(options)
        assert IService.providedBy(service)
        assert isinstance(service, FTPService)
        configuration = options.configuration
        assert (configuration.checkers, configuration.site.accounts) == ((), ())
        assert configuration.site.guests is not None
        assert configuration.site.guests.mounts == (Mount((), str(tmp_path)),)


#: Networks as options name them, and what they are.
NETWORKS = "192.0.2.0/24, 2001:db8::/32,198.51.100.4"
_NETWORKS = tuple(ip_network(each.strip()) for each in NETWORKS.split(","))

#: An option, its value, the setting it makes, and what that is.
SETTINGS = [
    ("data-port", "auto", "dataPort", AUTO),
    ("data-port", "any", "dataPort", 0),
    ("data-port", "20", "dataPort", 20),
    ("data-port", "65535", "dataPort", 65535),
    ("data-port", "20,2020-2022", "dataPort", 20),
    ("data-port", "20", "spareDataPorts", ()),
    ("data-port", "20,2020-2022", "spareDataPorts", (2020, 2021, 2022)),
    ("data-port", "auto,2020,2030-2031", "spareDataPorts", (2020, 2030, 2031)),
    ("active-targets", "peer", "targets", TargetPolicy()),
    ("active-targets", "substitute", "targets", TargetPolicy(substitutes=True)),
    ("active-targets", NETWORKS, "targets", TargetPolicy(networks=_NETWORKS)),
    ("active-targets", f"peer,{NETWORKS}", "targets", TargetPolicy(networks=_NETWORKS)),
    ("active-targets", f"substitute, {NETWORKS}", "targets", TargetPolicy(True, _NETWORKS)),
    ("low-port-targets", NETWORKS, "targets", TargetPolicy(lowPorts=_NETWORKS)),
    ("passive-ports", "5000-5009", "passivePorts", range(5000, 5010)),
    ("passive-ports", "5000", "passivePorts", range(5000, 5001)),
    ("passive-ports", "5000-5000", "passivePorts", range(5000, 5001)),
    ("passive-address", "192.0.2.1", "passiveAddress", "192.0.2.1"),
    ("login-timeout", "7", "loginTimeout", 7),
    ("idle-timeout", "0.5", "idleTimeout", 0.5),
    ("stall-timeout", "7", "stallTimeout", 7),
    ("connect-timeout", "7", "connectTimeout", 7),
    ("connect-timeout", "7", "passiveTimeout", 7),
    ("welcome", "Grüß Gott", "welcome", "Grüß Gott"),
    ("ebcdic", "cp1047", "ebcdic", "cp1047"),
]

_PORT = "takes 1-65535, auto or any, and perhaps ,LOW-HIGH, not "
_PORTS = "takes LOW-HIGH, two ports, not "
_SECONDS = "takes a number of seconds above 0, not "
_ADDRESS = "takes an IPv4 address, not "
_TARGETS = "takes peer, substitute or networks, joined by commas, not "

#: An option, a value that is wrong, and what is said.
WRONG = [
    *(
        ("data-port", value, _PORT)
        for value in ("", "0", "-1", "65536", "00000065536", "x", "²", "1.5", "AUTO")
    ),
    *(
        ("data-port", value, _PORT)
        for value in (
            "20,",
            ",20",
            "20,,21",
            "20,x",
            "20,0",
            "20,22-21",
            "20,any",
            "20-30",
            "20;21",
        )
    ),
    *(
        ("active-targets", value, _TARGETS)
        for value in (
            "",
            ",",
            "peers",
            "PEER",
            "peer,",
            "192.0.2.1/24",
            "192.0.2.0/33",
            "host.example",
        )
    ),
    *(
        ("low-port-targets", value, "takes networks, joined by commas, not ")
        for value in ("", "peer", "192.0.2.0/24,", "20", "fe80::/129", "\x1b[2J")
    ),
    *(
        ("passive-ports", value, _PORTS)
        for value in ("", "-", "5-", "-5", "6-5", "0-5", "5-65536", "5-6-7", "x-y", "any")
    ),
    *(
        ("passive-address", value, _ADDRESS)
        for value in ("", "::1", "localhost", "192.0.2", "192.0.2.256", "192.0.2.1:21")
    ),
    *(
        (f"{name}-timeout", value, _SECONDS)
        for name in ("login", "idle", "stall", "connect")
        for value in ("", "0", "-1", "x", "nan", "inf", "1e999")
    ),
    ("welcome", "two\nlines", "takes one line of text, not "),
    ("welcome", "\x1b[2J", "takes one line of text, not "),
    ("ebcdic", "latin-1", "takes cp037 or cp273 or "),
    ("user", "", "takes the name of a user, not "),
    ("virtual-host", "name=/no/such/folder", "/no/such/folder is not a folder"),
    ("virtual-host", "=/", "takes NAME=FOLDER, a name and a folder, not "),
    ("virtual-host", "name", "takes NAME=FOLDER, a name and a folder, not "),
    *(
        (option, value, "takes a number from 0, not ")
        for option in ("max-sessions", "max-per-address")
        for value in ("", "-1", "x", "1.5", "1_0", "²")
    ),
    ("require-tls", "all", "takes nothing or logins or data or both, not "),
    ("tls-certificate", "/no/such/file", "cannot be read: No such file or directory"),
    ("tls-key", "/no/such/file", "cannot be read: No such file or directory"),
    ("state", "/no/such/folder", "/no/such/folder is not a folder"),
    ("root", "/no/such/folder", "/no/such/folder is not a folder"),
    ("root", "", " is not a folder"),
    ("homes", "/no/such/folder", "/no/such/folder is not a folder"),
]

#: What is no endpoint, by whichever plugin reads that kind.
NO_ENDPOINTS = [
    "",
    ":",
    "=",
    "tcp",
    "tcp:",
    "tcp:x",
    "tcp:1:2:3:4:5",
    "tcp:21:colour=red",
    "tcp6:x",
    "nonsense:21",
    "systemd:domain=INET:index=0",
    "systemd:domain=INET:name=none",
    "systemd:index=x",
    "haproxy:nonsense",
    "ssl:21:privateKey=/no/such/file",
]


class TestOptions:
    """
    Each option is read, and what is wrong with it is one clear line.
    """

    @pytest.mark.parametrize(("option", "value", "setting", "expected"), SETTINGS)
    def test_setting(self, option: str, value: str, setting: str, expected: object) -> None:
        """
        It becomes a setting.
        """
        assert getattr(parse(f"--{option}", value).configuration.site.settings, setting) == expected

    @pytest.mark.parametrize(("option", "value", "words"), WRONG)
    def test_wrong(self, option: str, value: str, words: str) -> None:
        """
        What is said names the option, and what it takes.
        """
        said = refusal(f"--{option}", value)
        assert said.startswith(f"--{option} ")
        assert words in said

    @pytest.mark.parametrize(
        ("flag", "setting", "expected"),
        [
            ("reply-first", "repliesFirst", True),
            ("no-default-connection", "defaultDataConnection", False),
        ],
    )
    def test_flag(self, flag: str, setting: str, expected: bool) -> None:
        """
        It turns a setting round.
        """
        assert getattr(parse().configuration.site.settings, setting) is not expected
        assert getattr(parse(f"--{flag}").configuration.site.settings, setting) is expected

    def test_targetsAreOnePolicy(self) -> None:
        """
        Its two options do not undo each other.
        """
        options = parse("--low-port-targets", "10.0.0.0/8", "--active-targets", "substitute")
        expected = TargetPolicy(substitutes=True, lowPorts=(ip_network("10.0.0.0/8"),))
        assert options.configuration.site.settings.targets == expected

    def test_listen(self) -> None:
        """
        May be given several times.
        """
        service: Any = makeService(parse("--listen", "tcp:21", "-l", "tcp6:22:interface=\\:\\:1"))
        (one, _), (two, _) = service._endpoints
        assert isinstance(one, TCP4ServerEndpoint)
        assert isinstance(two, TCP6ServerEndpoint)
        assert (one._port, two._port, two._interface) == (21, 22, "::1")

    @pytest.mark.parametrize(
        ("description", "backlog"), [("tcp:21", 512), ("tcp6:21", 512), ("tcp:21:backlog=7", 7)]
    )
    def test_backlog(self, description: str, backlog: int) -> None:
        """
        A crowd that comes at once may wait, as many as the description says.
        """
        service: Any = makeService(parse("--listen", description))
        [(endpoint, _)] = service._endpoints
        assert endpoint._backlog == backlog

    @pytest.mark.parametrize("description", NO_ENDPOINTS)
    def test_noEndpoint(self, description: str) -> None:
        """
        What is said gives an example.
        """
        said = refusal("--listen", description)
        assert said.startswith(f"--listen {description} is no endpoint description (")
        assert said.endswith("; try tcp:2121 or tcp:21:interface=192.0.2.1")

    @pytest.mark.parametrize("description", ["unix:/run/ftp", "stdio:"])
    def test_noTCP(self, description: str) -> None:
        """
        FTP's commands name addresses and ports.
        """
        said = refusal("--listen", description)
        assert said == f"--listen {description} is not TCP, as FTP needs it"

    @pytest.mark.parametrize(
        "arguments",
        [
            ("--frobnicate",),
            ("extra",),
            ("--root",),
            ("--auth", "nonsense:x"),
            ("--auth", "memory:odd"),
            ("--auth", "file"),
            ("--auth", "file:/no/such/file"),
            ("--auth", "anonymous"),
        ],
    )
    def test_otherMistakes(self, arguments: tuple[str, ...]) -> None:
        """
        Unknown options, missing values, and what C{strcred} does not know
        are one line as well.
        """
        assert refusal(*arguments)

    def test_fault(self, tmp_path: Path) -> None:
        """
        A folder that is a file is none.
        """
        (tmp_path / "a").write_bytes(b"")
        assert "is not a folder" in refusal("--root", tmp_path / "a")

    def test_virtualHosts(self, tmp_path: Path) -> None:
        """
        Each C{--virtual-host} is a service of its own behind HOST.
        """
        options = Options()
        options.parseOptions(["--virtual-host", f"A.example={tmp_path}", "--welcome", "hello"])
        service: Any = makeService(options)
        [(name, host)] = service.factory.services.hosts.items()
        assert (name, host.settings.welcome) == ("a.example", "hello (A.example)")


class TestUsers:
    """
    Who comes in, and to where.
    """

    def test_authEndsGuests(self) -> None:
        """
        With C{--auth} guests stay outside.
        """
        configuration = parse("--auth", "memory:alice:secret").configuration
        assert len(configuration.checkers) == 1
        assert configuration.site.guests is None

    def test_anonymousBringsThemBack(self) -> None:
        """
        C{--anonymous} lets both in.
        """
        configuration = parse("--auth", "memory:alice:secret", "--anonymous").configuration
        assert len(configuration.checkers) == 1
        assert configuration.site.guests is not None

    def test_severalAuths(self, tmp_path: Path) -> None:
        """
        Each C{--auth} counts.
        """
        passwords = tmp_path / "passwords"
        passwords.write_text("bob:hidden\n")
        options = parse("--auth", "memory:alice:secret", "--auth", f"file:{passwords}")
        assert len(options.configuration.checkers) == 2

    def test_sharedRoot(self, tmp_path: Path) -> None:
        """
        Users share the root, and may write.
        """
        site = parse("--root", tmp_path, "--auth", "memory:alice:secret").configuration.site
        assert site.others.mounts == (Mount((), str(tmp_path)),)
        assert site.others.rules == (Rule((), EVERYTHING),)

    def test_homes(self, tmp_path: Path) -> None:
        """
        Or each has a folder.
        """
        site = parse("--homes", tmp_path, "--auth", "memory:alice:secret").configuration.site
        assert site.others.mounts == (Mount((), f"{tmp_path}/{{user}}"),)

    def test_guestsOnlyRead(self) -> None:
        """
        Guests may not write.
        """
        guests = parse().configuration.site.guests
        assert guests is not None
        assert guests.rules == (Rule((), READING),)

    @pytest.mark.parametrize("isOn", [False, True])
    def test_atomicUploads(self, isOn: bool) -> None:
        """
        C{--atomic-uploads} is for all of them.
        """
        option = ["--atomic-uploads"] if isOn else []
        site = parse("--auth", "memory:alice:secret", *option).configuration.site
        assert site.others.atomic is isOn


class TestFile:
    """
    C{--config} and the other options.
    """

    @pytest.fixture
    def file(self, tmp_path: Path) -> Path:
        """
        A file with a little of everything.
        """
        (tmp_path / "pub").mkdir()
        file = tmp_path / "f.toml"
        file.write_text(
            """
            service = { root = "pub", listen = ["tcp:1"], auth = ["memory:bob:hidden"] }
            guests.enabled = true
            limits = { sessions = 5, sessions-per-address = 6 }
            """
        )
        return file

    def test_file(self, file: Path) -> None:
        """
        What it says holds, defaults of the command line do not.
        """
        found = parse("--config", file).configuration
        assert found.listeners == ("tcp:1",)
        assert found.site.guests is not None
        assert found.site.guests.mounts[0].folder == str(file.parent / "pub")
        assert (found.limits.sessions, found.limits.sessionsPerAddress) == (5, 6)

    def test_commandLineCounts(self, file: Path) -> None:
        """
        Options replace what the file says, even by their own defaults.
        """
        options = ["--root", ".", "--listen", "tcp:2", "--max-sessions", "7"]
        found = parse("--config", file, *options).configuration
        assert found.listeners == ("tcp:2",)
        assert found.site.guests is not None
        assert found.site.guests.mounts[0].folder == os.getcwd()
        assert (found.limits.sessions, found.limits.sessionsPerAddress) == (7, 6)

    def test_auth(self, file: Path) -> None:
        """
        C{--auth} replaces the checkers of the file, and leaves its guests.
        """
        found = parse("--config", file, "--auth", "memory:alice:secret").configuration
        [checker] = found.checkers
        assert getattr(checker, "users", None) == {"alice": "secret"}
        assert found.site.guests is not None

    def test_noGuestsByDefault(self, tmp_path: Path) -> None:
        """
        Where there is a file, somebody has to be let in by it or by an option.
        """
        file = tmp_path / "f.toml"
        file.write_text("")
        assert refusal("--config", file, "--root", tmp_path).startswith(f"{file}: nobody can log")
        assert parse("--config", file, "--root", tmp_path, "--anonymous")

    def test_mistake(self, tmp_path: Path) -> None:
        """
        A file that is wrong is one line.
        """
        file = tmp_path / "f.toml"
        file.write_text("\nlimits.sessions = 'many'")
        said = refusal("--config", file)
        assert said == f'{file}:2: limits.sessions takes a number from 0, not "many"'

    def test_missing(self) -> None:
        """
        So is one that is not there.
        """
        said = refusal("--config", "/no/such")
        assert said == "/no/such cannot be read: No such file or directory"

    def test_pathIsAbsolute(self, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """
        It is read again when the process is elsewhere.
        """
        monkeypatch.chdir(file.parent)
        assert parse("--config", "f.toml").sources.file == str(file)


class TestProtection:
    """
    The options of TLS.
    """

    def test_pair(self, tmp_path: Path) -> None:
        """
        C{--tls-certificate} and C{--tls-key} name files.
        """
        (tmp_path / "a").write_text("")
        found = parse("--tls-certificate", tmp_path / "a", "--tls-key", tmp_path / "a")
        assert found.configuration.tls == Protection(KeyPair(f"{tmp_path}/a", f"{tmp_path}/a"))

    def test_implicit(self, tmp_path: Path) -> None:
        """
        C{--listen-implicit} may be repeated.
        """
        (tmp_path / "a").write_text("")
        options = ["--listen-implicit", "tcp:990", "--listen-implicit", "tcp6:990"]
        found = parse("--tls-certificate", tmp_path / "a", *options).configuration
        assert found.implicit == ("tcp:990", "tcp6:990")

    @pytest.mark.parametrize(
        ("option", "value"), [("require-tls", "both"), ("listen-implicit", "tcp:990")]
    )
    def test_withoutCertificate(self, option: str, value: str) -> None:
        """
        Who asks for protection does not get none.
        """
        words = "needs a certificate: set tls.certificate, or --tls-certificate"
        assert refusal(f"--{option}", value) == f"--{option} {words}"


class TestHelp:
    """
    C{--help} tells what there is.
    """

    @pytest.mark.parametrize(
        "option",
        ["listen", "root", "homes", "auth", "anonymous", "welcome", "data-port"]
        + ["passive-ports", "passive-address", "idle-timeout", "login-timeout"]
        + ["stall-timeout", "connect-timeout", "virtual-host", "ebcdic", "active-targets"]
        + ["low-port-targets", "reply-first", "no-default-connection", "config", "state"]
        + ["tls-certificate", "tls-key", "require-tls", "listen-implicit", "max-sessions"]
        + ["max-per-address", "atomic-uploads"],
    )
    def test_everyOption(self, option: str) -> None:
        """
        Each option is in it.
        """
        assert f"--{option}" in Options().getUsage()
