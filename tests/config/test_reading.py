"""
Tests for L{ftpactive.config.reading}.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest

from ftpactive.config.configuration import Configuration, Site
from ftpactive.config.declarations import NAMED, SINGLE
from ftpactive.config.document import parseDocument
from ftpactive.config.keys import Table
from ftpactive.config.mistakes import Mistake
from ftpactive.config.reading import Sources, readConfiguration
from ftpactive.core.limits import Limits, Rates
from ftpactive.core.policy import TargetPolicy
from ftpactive.core.protection import ClientCertificates, KeyPair, Protection, Reuse
from ftpactive.core.settings import AUTO, Settings

#: Something that exists, and is a folder.
ROOT = "/tmp"

#: The hash of a password.
HASH = "$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHQ$RdescudvJCsgt3ub+b2dWRWJTmaaJObG"

#: What is shown in it makes a configuration that can be used.
USABLE = f'[service]\nroot = "{ROOT}"\n[guests]\nenabled = true\n'


def configure(text: str, given: Mapping[tuple[str, str], Any] | None = None) -> Configuration:
    """
    Read a text, beside what makes it usable.
    """
    usual = {("service", "root"): ROOT, ("guests", "enabled"): True}
    return readConfiguration(parseDocument(text, "f.toml", "/"), {**usual, **(given or {})})


def refusal(text: str, given: Mapping[tuple[str, str], Any] | None = None) -> str:
    """
    Give what is said of a text that cannot be used.
    """
    with pytest.raises(Mistake) as raised:
        configure(text, given)
    assert str(raised.value).isprintable()
    return str(raised.value)


class TestDefaults:
    """
    A file that says nothing changes nothing.
    """

    def test_values(self) -> None:
        """
        What it leaves open is as it is for embedders.
        """
        found = configure("")
        assert found.site.settings == Settings()
        assert found.limits == Limits()
        assert found.tls is None
        assert (found.listeners, found.implicit) == (("tcp:2121",), ())
        assert (found.user, found.stateFolder, found.checkers) == ("", "", ())
        assert found.site.accounts == () and found.hosts == {}

    def test_emptyTables(self) -> None:
        """
        So do tables with nothing in them.
        """
        names = ("service", "data", "timeouts", "limits", "tls", "defaults", "hosts", "users")
        assert configure("\n".join(f"[{name}]" for name in names)) == configure("")

    def test_nobody(self) -> None:
        """
        Guests come in only when somebody has said so: a file without users
        does not open the server.
        """
        assert refusal("", {("guests", "enabled"): False}) == (
            "f.toml: nobody can log in: add a [users.NAME], or service.auth, or"
            " guests.enabled = true"
        )


#: Key, value, the setting that it makes, and what that is.
SETTINGS = [
    ("service.welcome", '"Grüß Gott"', "welcome", "Grüß Gott"),
    ("service.ebcdic", '"cp1047"', "ebcdic", "cp1047"),
    ("service.line-limit", '"1 KiB"', "lineLimit", 1024),
    ("service.ascii-size-limit", "0", "asciiSizeLimit", 0),
    ("service.disk-threads", "3", "diskThreads", 3),
    ("data.port", '"auto"', "dataPort", AUTO),
    ("data.port", '"any"', "dataPort", 0),
    ("data.port", "20", "dataPort", 20),
    ("data.port", '"20,2020-2021"', "spareDataPorts", (2020, 2021)),
    ("data.port", '"20,2020-2021"', "retryDelays", (0.1,)),
    ("data.retry-delays", "[1, 2.5]", "retryDelays", (1, 2.5)),
    ("data.retry-delays", "[]", "retryDelays", ()),
    ("data.active-targets", '["substitute"]', "targets", TargetPolicy(substitutes=True)),
    (
        "data.active-targets",
        '["peer", "192.0.2.0/24"]',
        "targets",
        TargetPolicy(networks=(ip_network("192.0.2.0/24"),)),
    ),
    (
        "data.low-port-targets",
        '["192.0.2.1"]',
        "targets",
        TargetPolicy(lowPorts=(ip_network("192.0.2.1"),)),
    ),
    ("data.reply-first", "true", "repliesFirst", True),
    ("data.default-connection", "false", "defaultDataConnection", False),
    ("data.passive-ports", '"5000-5009"', "passivePorts", range(5000, 5010)),
    ("data.passive-ports", "5000", "passivePorts", range(5000, 5001)),
    ("data.passive-ports", '"any"', "passivePorts", range(0)),
    ("data.passive-address", '"192.0.2.1"', "passiveAddress", "192.0.2.1"),
    ("timeouts.login", '"90 s"', "loginTimeout", 90),
    ("timeouts.idle", '"10 min"', "idleTimeout", 600),
    ("timeouts.stall", '"1.5h"', "stallTimeout", 5400),
    ("timeouts.connect", "7", "connectTimeout", 7),
    ("timeouts.connect", "7", "passiveTimeout", 7),
    ("timeouts.session", '"1 d"', "sessionTimeout", 86400),
    ("limits.login-failures", "5", "loginFailures", 5),
    ("limits.login-delay", "0.5", "loginDelay", 0.5),
]

#: Likewise, of limits.
LIMITS = [
    ("sessions", "7", "sessions", 7),
    ("sessions-per-address", "7", "sessionsPerAddress", 7),
    ("sessions-per-user", "7", "sessionsPerUser", 7),
    ("logins-per-minute", "7", "loginsPerMinute", 7),
    ("ban-after", "0", "banAfter", 0),
    ("ban-window", '"1 h"', "banWindow", 3600),
    ("ban-time", '"1 d"', "banTime", 86400),
    ("allow", '["10.0.0.0/8"]', "allow", (ip_network("10.0.0.0/8"),)),
    ("deny", '["::/0"]', "deny", (ip_network("::/0"),)),
    ("download", '"2 MB/s"', "total", Rates(download=2_000_000)),
    ("upload", "1000", "total", Rates(upload=1000)),
    ("session-download", '"1 KiB/s"', "perSession", Rates(download=1024)),
    ("session-upload", '"0.5 GB/s"', "perSession", Rates(upload=500_000_000)),
]


@pytest.mark.parametrize(("key", "value", "setting", "expected"), SETTINGS)
def test_setting(key: str, value: str, setting: str, expected: object) -> None:
    """
    Each key becomes a setting, and no other one changes.
    """
    found = configure(f"{key} = {value}").site.settings
    assert getattr(found, setting) == expected


@pytest.mark.parametrize(("key", "value", "limit", "expected"), LIMITS)
def test_limit(key: str, value: str, limit: str, expected: object) -> None:
    """
    Each key becomes a limit.
    """
    assert getattr(configure(f"[limits]\n{key} = {value}").limits, limit) == expected


class TestTLS:
    """
    C{[tls]}, and the certificates of hosts.
    """

    @pytest.fixture
    def pem(self, tmp_path: Path) -> str:
        """
        A file; nobody looks into it here.
        """
        (tmp_path / "a.pem").write_text("")
        return str(tmp_path / "a.pem")

    def test_certificate(self, pem: str) -> None:
        """
        A certificate is all that is needed.
        """
        assert configure(f"tls.certificate = '{pem}'").tls == Protection(KeyPair(pem))

    def test_everything(self, pem: str) -> None:
        """
        All that there is can be chosen.
        """
        found = configure(
            f"""
            [tls]
            certificate = "{pem}"
            key = "{pem}"
            require = "both"
            minimum = "1.3"
            ciphers = "ECDHE"
            client-certificates = "require"
            client-authority = "{pem}"
            session-reuse = "off"
            needs-end = false
            allow-clear = true
            [hosts."A.example"]
            certificate = "{pem}"
            key = "{pem}"
            """
        )
        assert found.tls == Protection(
            KeyPair(pem, pem),
            {"a.example": KeyPair(pem, pem)},
            "1.3",
            "ECDHE",
            ClientCertificates.REQUIRE,
            pem,
            Reuse.OFF,
            needsEnd=False,
            allowsClear=True,
        )
        assert found.hosts == {}, "a certificate alone makes no host of its own"

    @pytest.mark.parametrize(
        ("require", "login", "data"),
        [
            ("nothing", False, False),
            ("logins", True, False),
            ("data", False, True),
            ("both", True, True),
        ],
    )
    def test_require(self, pem: str, require: str, login: bool, data: bool) -> None:
        """
        What must be protected is a setting.
        """
        found = configure(f"tls.certificate = '{pem}'\ntls.require = '{require}'").site.settings
        assert (found.tlsLogin, found.tlsData) == (login, data)

    @pytest.mark.parametrize(
        ("text", "words"),
        [
            ('tls.require = "both"', "tls.require"),
            ('tls.minimum = "1.3"', "tls.minimum"),
            ('tls.key = "/dev/null"', "tls.key"),
            ('service.listen-implicit = ["tcp:990"]', "service.listen-implicit"),
        ],
    )
    def test_withoutCertificate(self, text: str, words: str) -> None:
        """
        Who asks for protection does not get none.
        """
        assert refusal(text) == (
            f"f.toml:1: {words} needs a certificate: set tls.certificate, or --tls-certificate"
        )

    def test_hostsWithoutCertificate(self) -> None:
        """
        Those who name no host must be shown something, too.
        """
        assert refusal('[hosts.a]\ncertificate = "/dev/null"') == (
            "f.toml:2: hosts.a.certificate needs one for all other hosts: set tls.certificate"
        )

    def test_keyWithoutCertificate(self, pem: str) -> None:
        """
        A key alone is of no use.
        """
        assert refusal(f'tls.certificate = "{pem}"\n[hosts.a]\nkey = "{pem}"') == (
            "f.toml:3: hosts.a.key needs a certificate beside it"
        )

    def test_authority(self, pem: str) -> None:
        """
        Certificates of clients must be signed by somebody.
        """
        text = f'[tls]\ncertificate = "{pem}"\nclient-certificates = "offer"'
        assert refusal(text) == (
            "f.toml:3: tls.client-certificates needs tls.client-authority, a file of those who"
            " sign certificates of clients"
        )

    def test_missingFile(self) -> None:
        """
        That a file is not there is said of its key.
        """
        assert refusal('\n[tls]\ncertificate = "no.pem"') == (
            "f.toml:3: tls.certificate /no.pem cannot be read: No such file or directory"
        )


class TestHosts:
    """
    C{[hosts.NAME]}: virtual hosts.
    """

    def test_site(self, tmp_path: Path) -> None:
        """
        A host has a root and a welcome of its own; its name is in small letters.
        """
        found = configure(f'[hosts."A.example"]\nroot = "{tmp_path}"\nwelcome = "hello"').hosts
        site = found["a.example"]
        assert site.settings.welcome == "hello"
        assert site.guests is not None
        assert site.guests.mounts[0].folder == str(tmp_path)

    def test_welcome(self, tmp_path: Path) -> None:
        """
        Without one it is the service's, with the name.
        """
        found = configure(f'[hosts.A]\nroot = "{tmp_path}"').hosts
        assert found["a"].settings.welcome == "ftpactive ready (A)"

    def test_twice(self, tmp_path: Path) -> None:
        """
        Names of hosts do not differ by case.
        """
        text = f'[hosts.a]\nroot = "{tmp_path}"\n[hosts.A]\nroot = "{tmp_path}"'
        assert refusal(text) == "f.toml:3: hosts.A is the same host as a"

    def test_commandLine(self, tmp_path: Path) -> None:
        """
        A root of the command line counts; the rest is as the file says.
        """
        text = f'[hosts.a]\nroot = "{ROOT}"\nwelcome = "hello"'
        found = configure(text, {("hosts", "root"): {"A": str(tmp_path)}}).hosts
        assert list(found) == ["a"]
        assert found["a"].settings.welcome == "hello"
        assert found["a"].guests is not None
        assert found["a"].guests.mounts[0].folder == str(tmp_path)


class TestCommandLine:
    """
    Options count for more than the file.
    """

    def test_replaces(self) -> None:
        """
        Each replaces its key, and nothing else.
        """
        text = "[limits]\nsessions = 7\nsessions-per-address = 8"
        found = configure(text, {("limits", "sessions"): 3}).limits
        assert (found.sessions, found.sessionsPerAddress) == (3, 8)

    def test_mistakesInTheFile(self) -> None:
        """
        What it replaces is read all the same.
        """
        said = refusal('[limits]\nsessions = "many"', {("limits", "sessions"): 3})
        assert said == 'f.toml:2: limits.sessions takes a number from 0, not "many"'

    def test_itsOwnMistakes(self) -> None:
        """
        They are told by the option's name.
        """
        words = "needs a certificate: set tls.certificate, or --tls-certificate"
        said = refusal("", {("tls", "require"): (True, True)})
        assert said == f"--require-tls {words}"


#: What is wrong, behind C{f.toml:}.
WRONG = [
    ('\n[limits]\nsessions = "many"', '3: limits.sessions takes a number from 0, not "many"'),
    ("limits.sessions = -1", "1: limits.sessions takes a number from 0, not -1"),
    ("limits.sessions = 1.5", "1: limits.sessions takes a number from 0, not 1.5"),
    ("limits.sessions = true", "1: limits.sessions takes a number from 0, not true"),
    ('limits.sessions = "5"', '1: limits.sessions takes a number from 0, not "5"'),
    ("limits.session = 5", "1: limits.session is not known; did you mean sessions?"),
    ("[limits]\n\nroot = 5", "3: limits.root is not known; did you mean root of [service]?"),
    (
        "limits.mounts = 5",
        "1: limits.mounts is not known; did you mean mounts of [guests]?",
    ),
    ("limits.x = 5", "1: limits.x is not known; see ftpactive-config sample for what is"),
    ("[limit]", "1: limit is not known; did you mean [limits]?"),
    ("[user.a]", "1: user is not known; did you mean [users.NAME]?"),
    ("listen = 5", "1: listen is not known; did you mean listen of [service]?"),
    ("x = 5", "1: x is not known; see ftpactive-config sample for what is"),
    ("limits = 5", "1: limits is a table, [limits], and not 5"),
    ("[[limits]]", "1: limits is a table, [limits], and not [a table]"),
    ("users = 5", "1: users is a table, [users], and not 5"),
    (
        'timeouts.idle = "10 minutes"',
        '1: timeouts.idle takes a number of seconds above 0 or such as "10 min", not "10 minutes"',
    ),
    (
        "timeouts.idle = 0",
        '1: timeouts.idle takes a number of seconds above 0 or such as "10 min", not 0',
    ),
    (
        "timeouts.idle = inf",
        '1: timeouts.idle takes a number of seconds above 0 or such as "10 min", not Infinity',
    ),
    (
        'limits.download = "2 mb/s"\nlimits.upload = "2 mb/h"',
        '2: limits.upload takes a number of bytes per second or such as "2 MB/s", not "2 mb/h"',
    ),
    (
        "limits.upload = 1.5",
        '1: limits.upload takes a number of bytes per second or such as "2 MB/s", not 1.5',
    ),
    (
        'service.line-limit = "x"',
        '1: service.line-limit takes a number of bytes or such as "10 MiB", not "x"',
    ),
    (
        'limits.allow = ["10.0.0.1/8"]',
        '1: limits.allow takes a list of networks, not ["10.0.0.1/8"]',
    ),
    (
        'data.active-targets = "peer"',
        '1: data.active-targets takes a list of peer, substitute and networks, not "peer"',
    ),
    (
        "data.port = 0",
        "1: data.port takes 1-65535, auto or any, and perhaps ,LOW-HIGH, not 0",
    ),
    (
        "data.port = true",
        "1: data.port takes 1-65535, auto or any, and perhaps ,LOW-HIGH, not true",
    ),
    (
        "data.passive-ports = []",
        "1: data.passive-ports takes LOW-HIGH, two ports, or any, not []",
    ),
    (
        "data.retry-delays = [-1]",
        "1: data.retry-delays takes a list of numbers of seconds, not [-1]",
    ),
    ('data.reply-first = "yes"', '1: data.reply-first takes true or false, not "yes"'),
    (
        'service.welcome = "two\\nlines"',
        '1: service.welcome takes one line of text, not "two\\nlines"',
    ),
    ('service.root = "no/such"', "1: service.root /no/such is not a folder"),
    ('service.root = ""', "1: service.root  is not a folder"),
    ("service.root = 5", "1: service.root takes a folder, not 5"),
    ('service.state = "no/such"', "1: service.state /no/such is not a folder"),
    ('service.user = "no one"', '1: service.user names "no one": this machine has no such user'),
    (
        'service.listen = ["tcp:1", "unix:/x"]',
        "1: service.listen unix:/x is not TCP, as FTP needs it",
    ),
    (
        'service.listen = "tcp:1"',
        '1: service.listen takes a list of endpoint descriptions, not "tcp:1"',
    ),
    (
        'service.auth = ["nonsense:x"]',
        "1: service.auth nonsense is no kind of login: twistd activeftp --help-auth lists them",
    ),
    ('service.auth = ["anonymous"]', "1: service.auth anonymous does not check passwords"),
    (
        'service.auth = ["file:/no/such"]',
        "1: service.auth file will let nobody in: /no/such cannot be read:"
        " No such file or directory",
    ),
    ('tls.minimum = "1.1"', '1: tls.minimum takes 1.2 or 1.3, not "1.1"'),
    ('tls.session-reuse = "on"', '1: tls.session-reuse takes offer or require or off, not "on"'),
    ("tls.session-reuse = []", "1: tls.session-reuse takes offer or require or off, not []"),
    ("tls.require = {}", "1: tls.require takes nothing or logins or data or both, not a table"),
    ("limits.sessions = 2026-01-02", "1: limits.sessions takes a number from 0, not 2026-01-02"),
]


@pytest.mark.parametrize(("text", "words"), WRONG)
def test_wrong(text: str, words: str) -> None:
    """
    What is wrong is one line, with the place and what to do.
    """
    assert refusal(text) == f"f.toml:{words}"


def test_endpointThatIsNone() -> None:
    """
    What is said gives an example.
    """
    said = refusal('[service]\nlisten = ["tcp:x"]')
    assert said.startswith("f.toml:2: service.listen tcp:x is no endpoint description (")
    assert said.endswith("; try tcp:2121 or tcp:21:interface=192.0.2.1")


def test_passwordsInAuth() -> None:
    """
    What follows the kind of a login is not shown.
    """
    assert "secret" not in refusal('service.auth = ["memory:secret"]')


class TestSources:
    """
    L{Sources} reads from disk, again and again.
    """

    def test_relativePaths(self, tmp_path: Path) -> None:
        """
        They begin at the folder of the file.
        """
        (tmp_path / "pub").mkdir()
        file = tmp_path / "f.toml"
        file.write_text('service.root = "pub"\nguests.enabled = true')
        guests = Sources(str(file), {}).read().site.guests
        assert guests is not None
        assert guests.mounts[0].folder == str(tmp_path / "pub")

    @pytest.mark.parametrize(("mode", "warnings"), [(0o644, 1), (0o640, 0)])
    def test_exposedHashes(self, tmp_path: Path, mode: int, warnings: int) -> None:
        """
        Hashes that everybody may read are warned of.
        """
        file = tmp_path / "f.toml"
        file.write_text(USABLE + f'[users.a]\npassword = "{HASH}"\n')
        file.chmod(mode)
        found = Sources(str(file), {}).read().warnings
        assert len(found) == warnings
        for warning in found:
            assert warning == (
                f"{file} holds hashes of passwords and everybody may read it: chmod o-r {file}"
            )

    def test_noFile(self) -> None:
        """
        A command line may do.
        """
        given = {("service", "root"): os.getcwd(), ("guests", "enabled"): True}
        assert isinstance(Sources("", given).read().site, Site)


#: Values that some keys take, and that most of them do not.
ODD = ["-1", "0", "1.5", "inf", "nan", "true", "9" * 18, "1979-05-27", "[]", "[1]", "[[]]", "{}"]
ODD += [
    '""',
    '"x"',
    '"\\u001b[2J"',
    '"\\u0000"',
    '"/"',
    '[""]',
    '["x"]',
    '["\\u0000"]',
    '{ "" = 1 }',
]
ODD += ['{ "/" = 1 }', '{ "/\\u0000" = [] }', "{ x = {} }", "'''\n'''", '"' + "9" * 400 + '"']


@pytest.mark.parametrize("table", [*SINGLE, *NAMED], ids=lambda table: table.name)
@pytest.mark.parametrize("value", ODD)
def test_odd(table: Table, value: str) -> None:
    """
    Whatever a key is given, it is taken, or what is said of it is one line that
    names it.
    """
    prefix = table.name if table in SINGLE else f"{table.name}.a"
    for key in table.keys:
        try:
            configure(f"{prefix}.{key.name} = {value}")
        except Mistake as mistake:
            said = str(mistake)
            assert said.startswith(f"f.toml:1: {prefix}"), said
            assert said.isprintable() and len(said) < 1000, said
