"""
Tests for L{ftpactive.config.people}: users, groups and guests of a file.
"""

from __future__ import annotations

import grp
import os
import pwd
import re
from ipaddress import ip_network
from pathlib import Path

import pytest

from ftpactive.config.configuration import Site
from ftpactive.config.document import parseDocument
from ftpactive.config.mistakes import Mistake
from ftpactive.config.reading import readConfiguration
from ftpactive.core.account import (
    EVERYTHING,
    READING,
    Account,
    Mount,
    Permission,
    Quota,
    Rule,
)
from ftpactive.core.limits import Rates
from ftpactive.core.policy import TargetPolicy

HASH = "$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHQ$RdescudvJCsgt3ub+b2dWRWJTmaaJObG"

#: What makes a user who can be, without what the service has.
ALICE = f'[users.alice]\npassword = "{HASH}"\n'

_ME = pwd.getpwuid(os.getuid()).pw_name
_US = grp.getgrgid(os.getgid()).gr_name


@pytest.fixture
def folder(tmp_path: Path) -> str:
    """
    A folder with three in it.
    """
    for name in ("root", "pub", "other"):
        (tmp_path / name).mkdir()
    return str(tmp_path)


def site(text: str, folder: str) -> Site:
    """
    Read a text whose paths begin at a folder.
    """
    document = parseDocument(text, "f.toml", folder)
    return readConfiguration(document, {("service", "root"): f"{folder}/root"}).site


def alice(text: str, folder: str) -> Account:
    """
    Give the one user of a text, which begins in her table.
    """
    [account] = site(ALICE + text, folder).accounts
    return account


def refusal(text: str, folder: str) -> str:
    """
    Give what is said of a text that cannot be used, behind C{f.toml:}.
    """
    with pytest.raises(Mistake) as raised:
        site(text, folder)
    said = str(raised.value)
    assert said.startswith("f.toml:") and said.isprintable()
    return said.removeprefix("f.toml:").replace(folder, "DIR")


class TestUser:
    """
    C{[users.NAME]}.
    """

    def test_nothingElse(self, folder: str) -> None:
        """
        A password is enough: the user has everything in the service's root.
        """
        assert alice("", folder) == Account(
            "alice",
            HASH,
            mounts=(Mount((), f"{folder}/root"),),
            rules=(Rule((), EVERYTHING),),
        )

    def test_everything(self, folder: str) -> None:
        """
        All that there is can be chosen.
        """
        text = f"""
            root = "pub"
            mounts = {{ "/a/b" = "other" }}
            permissions = {{ "/" = "reading", "/a" = ["list", "write"] }}
            umask = "027"
            owner = "{_ME}"
            group = "{_US}"
            atomic = true
            sync = true
            download = "1 KB/s"
            upload = 2
            session-download = 3
            session-upload = 4
            quota-size = "1 MiB"
            quota-files = 5
            sessions = 6
            require-tls = "nothing"
            active-targets = ["substitute"]
            low-port-targets = ["192.0.2.0/24"]
            networks = ["10.0.0.0/8"]
        """
        low = (ip_network("192.0.2.0/24"),)
        assert alice(text, folder) == Account(
            "alice",
            HASH,
            mounts=(Mount((), f"{folder}/pub"), Mount(("a", "b"), f"{folder}/other")),
            rules=(
                Rule((), READING),
                Rule(("a",), frozenset((Permission.LIST, Permission.WRITE))),
            ),
            umask=0o027,
            owner=_ME,
            group=_US,
            atomic=True,
            sync=True,
            rates=Rates(1000, 2),
            perSession=Rates(3, 4),
            quota=Quota(1024**2, 5),
            sessions=6,
            tlsLogin=False,
            tlsData=False,
            targets=TargetPolicy(substitutes=True, lowPorts=low),
            networks=(ip_network("10.0.0.0/8"),),
        )

    def test_certificate(self, folder: str) -> None:
        """
        A certificate is a way to log in, where clients are asked for one.
        """
        pem = f"{folder}/a.pem"
        Path(pem).write_text("")
        fingerprint = "sha256:" + "0F:" * 31 + "0f"
        text = f"""
            [tls]
            certificate = "{pem}"
            client-certificates = "offer"
            client-authority = "{pem}"
            [users.bob]
            certificates = ["Bob", "{fingerprint}"]
        """
        [account] = site(text, folder).accounts
        assert (account.password, account.certificates) == ("", ("Bob", fingerprint))

    def test_homes(self, folder: str) -> None:
        """
        With homes, each user has one; a root of one's own counts for more.
        """
        text = f'service.homes = "other"\n{ALICE}[users.bob]\nroot = "pub"\npassword = "{HASH}"'
        one, two = site(text, folder).accounts
        assert one.mounts == (Mount((), f"{folder}/other/{{user}}"),)
        assert two.mounts == (Mount((), f"{folder}/pub"),)

    def test_rootAmongMounts(self, folder: str) -> None:
        """
        C{/} may be named as one of the mounts.
        """
        account = alice('mounts = { "/" = "pub", "/a" = "other" }', folder)
        assert account.mounts == (Mount((), f"{folder}/pub"), Mount(("a",), f"{folder}/other"))

    def test_rulesBelow(self, folder: str) -> None:
        """
        Where nothing is said of C{/}, everything may be done there.
        """
        account = alice('permissions = { "/a" = "nothing" }', folder)
        assert account.rules == (Rule((), EVERYTHING), Rule(("a",), frozenset()))

    def test_targets(self, folder: str) -> None:
        """
        What a user says of one half of the policy leaves the other as it is.
        """
        text = f'data.active-targets = ["substitute"]\n{ALICE}low-port-targets = ["10.0.0.0/8"]'
        [account] = site(text, folder).accounts
        low = (ip_network("10.0.0.0/8"),)
        assert account.targets == TargetPolicy(substitutes=True, lowPorts=low)

    def test_namesWithDots(self, folder: str) -> None:
        """
        A name is any line of text.
        """
        text = f'[users."a.b@example é"]\npassword = "{HASH}"'
        assert site(text, folder).accounts[0].name == "a.b@example é"


class TestGroups:
    """
    Who says something of a user, and who counts.
    """

    LAYERS = """
        [defaults]
        umask = "011"
        sessions = 1
        sync = true
        quota-files = 1
        [groups.first]
        umask = "022"
        sessions = 2
        sync = false
        [groups.second]
        umask = "033"
        sessions = 3
        upload = 3
    """

    def test_order(self, folder: str) -> None:
        """
        The user, the groups in their order, the defaults: key by key.
        """
        account = alice('umask = "077"\ngroups = ["first", "second"]' + self.LAYERS, folder)
        assert account.umask == 0o077
        assert (account.sessions, account.sync) == (2, False)
        assert account.rates.upload == 3
        assert account.quota.files == 1

    def test_defaults(self, folder: str) -> None:
        """
        Who is in no group has the defaults.
        """
        assert alice(self.LAYERS, folder).umask == 0o011

    def test_guests(self, folder: str) -> None:
        """
        They hold for users whom others know, and not for guests.
        """
        text = f'service.auth = ["memory:bob:secret"]\nguests.enabled = true{self.LAYERS}'
        found = site(text, folder)
        assert (found.others.name, found.others.umask) == ("", 0o011)
        assert found.guests is not None and found.guests.umask is None

    def test_commandLine(self, folder: str) -> None:
        """
        An option is a default, for whom nothing else is said.
        """
        given = {("service", "root"): folder, ("defaults", "atomic"): True}
        text = (
            f'{ALICE}[users.bob]\npassword = "{HASH}"\natomic = false\n[defaults]\natomic = false'
        )
        one, two = readConfiguration(parseDocument(text, "f", folder), given).site.accounts
        assert (one.atomic, two.atomic) == (True, False)


class TestGuests:
    """
    C{[guests]}.
    """

    def test_reading(self, folder: str) -> None:
        """
        They see the service's root, and read.
        """
        guests = site("guests.enabled = true", folder).guests
        assert guests == Account(
            "anonymous", mounts=(Mount((), f"{folder}/root"),), rules=(Rule((), READING),)
        )

    def test_dropBox(self, folder: str) -> None:
        """
        What is said of a path leaves the rest to be read only.
        """
        text = 'guests = { enabled = true, root = "pub", permissions = { "/in" = "drop" } }'
        guests = site(text, folder).guests
        assert guests is not None
        assert guests.mounts == (Mount((), f"{folder}/pub"),)
        assert guests.rules == (
            Rule((), READING),
            Rule(("in",), frozenset((Permission.DROP,))),
        )

    def test_homes(self, folder: str) -> None:
        """
        Homes are not for them.
        """
        guests = site('service.homes = "other"\nguests.enabled = true', folder).guests
        assert guests is not None
        assert guests.mounts == (Mount((), f"{folder}/root"),)

    def test_off(self, folder: str) -> None:
        """
        Guests may be described and yet stay outside.
        """
        text = 'guests = { enabled = false, root = "pub" }\n' + ALICE
        assert site(text, folder).guests is None


_OVERLAP = (
    "2: users.alice.mounts overlap: DIR/root/in at {} is seen at {} as well;"
    " choose folders that are not in each other"
)

#: What is wrong, behind C{[users.alice]}, and what is said of it.
WRONG = [
    ("", "1: users.alice has no way to log in: give it a password or certificates"),
    ('password = ""', "1: users.alice has no way to log in: give it a password or certificates"),
    (
        'certificates = ["a"]',
        "2: users.alice.certificates are never asked for: set tls.client-certificates to offer"
        " or require",
    ),
    (
        'certificates = ["sha256:1234"]',
        '2: users.alice.certificates takes 64 hexadecimal digits behind sha256:, not "1234"',
    ),
    (
        f'certificates = ["{"0f" * 32}"]',
        "2: users.alice.certificates takes a fingerprint with sha256: before it: sha256:"
        + "0f" * 32,
    ),
    (
        'certificates = [""]',
        "2: users.alice.certificates takes a list of common names, or sha256: and fingerprints,"
        ' not [""]',
    ),
    (
        'password = "secret"',
        "2: users.alice.password cannot be used: this is no argon2id hash: make one with"
        " ftpactive-password",
    ),
    (
        "password = 12345",
        "2: users.alice.password takes an argon2id hash, as ftpactive-password makes it",
    ),
    ('passwort = ""', "2: users.alice.passwort is not known; did you mean password?"),
    (
        f'password = "{HASH}"\ngroups = ["stuff"]\n[groups.staff]',
        '3: users.alice.groups names "stuff", which is no group here; did you mean staff?',
    ),
    (
        f'password = "{HASH}"\ngroups = ["staff"]',
        '3: users.alice.groups names "staff", which is no group here; declare it as [groups.staff]',
    ),
    ('root = "none"', "2: users.alice.root DIR/none is not a folder"),
    ('root = "none/{user}"', "2: users.alice.root DIR/none is not a folder"),
    (
        'root = "{user}/pub"',
        "2: users.alice.root DIR/{user}/pub may hold {user} in its last name only, once",
    ),
    ('mounts = { "/a" = "none" }', "2: users.alice.mounts DIR/none is not a folder"),
    (
        'mounts = { "/a" = "pub", "/a/" = "other" }',
        '2: users.alice.mounts names /a twice, as "/a" and "/a/"',
    ),
    (
        'mounts = { "a" = "pub" }',
        '2: users.alice.mounts takes paths that begin with "/", such as "/pub", not "a"',
    ),
    (
        'mounts = { "/../a" = "pub" }',
        '2: users.alice.mounts takes paths that begin with "/", such as "/pub", not "/../a"',
    ),
    (
        'mounts = { "/a\\u0000" = "pub" }',
        '2: users.alice.mounts cannot hold "/a\\x00": a path has no NUL in it',
    ),
    (
        'mounts = ["pub"]',
        '2: users.alice.mounts takes a table of paths and folders, such as { "/pub" ='
        ' "/srv/pub" }, not ["pub"]',
    ),
    (
        f'mounts = {{ "/" = "pub" }}\nroot = "other"\npassword = "{HASH}"',
        '2: users.alice.mounts names "/", where root is already: leave one of them out',
    ),
    (f'mounts = {{ "/a" = "root/in" }}\npassword = "{HASH}"', _OVERLAP.format('"/a"', '"/"')),
    (
        f'mounts = {{ "/a" = "root/in", "/" = "root" }}\npassword = "{HASH}"',
        _OVERLAP.format('"/a"', '"/"'),
    ),
    (
        f'mounts = {{ "/a" = "link", "/b" = "root/in", "/" = "pub" }}\npassword = "{HASH}"',
        _OVERLAP.format('"/b"', '"/a"'),
    ),
    (
        'permissions = "reed"',
        "2: users.alice.permissions takes everything, reading, nothing, list, read, write,"
        ' append, delete, rename, folder, drop, not "reed"',
    ),
    (
        "permissions = 5",
        "2: users.alice.permissions takes permissions, or a table of paths and permissions, not 5",
    ),
    (
        'umask = "888"',
        '2: users.alice.umask takes a text of octal digits, such as "027", not "888"',
    ),
    ("umask = 27", '2: users.alice.umask takes a text of octal digits, such as "027", not 27'),
    (
        'umask = "1777"',
        '2: users.alice.umask takes a text of octal digits, such as "027", not "1777"',
    ),
    ('owner = "no one"', '2: users.alice.owner names "no one": this machine has no such user'),
    ('group = "no one"', '2: users.alice.group names "no one": this machine has no such group'),
    (
        f'require-tls = "both"\npassword = "{HASH}"',
        "2: users.alice.require-tls needs TLS: set tls.certificate",
    ),
]


@pytest.mark.parametrize(("text", "words"), WRONG)
def test_wrong(text: str, words: str, folder: str) -> None:
    """
    What is wrong with a user is one line, at the key or at the table.
    """
    os.mkdir(f"{folder}/root/in")
    os.symlink(f"{folder}/root", f"{folder}/link")
    assert refusal("[users.alice]\n" + text, folder) == words


class TestOtherMistakes:
    """
    What is wrong with more than one user.
    """

    def test_passwordIsNotShown(self, folder: str) -> None:
        """
        What somebody wrote instead of a hash may be the password.
        """
        assert "secret" not in refusal('[users.a]\npassword = "secret"', folder)

    def test_twice(self, folder: str) -> None:
        """
        A user may not be there twice: TOML says so.
        """
        said = refusal(ALICE + ALICE, folder)
        assert re.match(r"3:\d+: this is not TOML: .*alice", said), said

    @pytest.mark.parametrize("name", ["ftp", "Anonymous"])
    def test_namesOfGuests(self, folder: str, name: str) -> None:
        """
        Those are taken when guests come in, and free when they do not.
        """
        text = f'[users.{name}]\npassword = "{HASH}"\n'
        assert site(text, folder).accounts[0].name == name
        assert refusal(text + "[guests]\nenabled = true", folder) == (
            f"1: users.{name} is a name of guests: change it, or shut guests out"
        )

    def test_guestsWithoutEnabled(self, folder: str) -> None:
        """
        Who describes guests has to say whether they come in.
        """
        assert refusal(ALICE + '[guests]\nroot = "pub"', folder) == (
            "3: guests has no enabled: say enabled = true to let guests in"
        )

    @pytest.mark.parametrize("name", ['""', '"a\\nb"'])
    def test_noName(self, folder: str, name: str) -> None:
        """
        A name is one line of text.
        """
        said = refusal(f'[users.{name}]\npassword = "{HASH}"', folder)
        assert said == f"1: users.{name} is no name: it must be one line of text"

    def test_nothingToSee(self, folder: str) -> None:
        """
        Everybody needs a root.
        """
        with pytest.raises(Mistake) as raised:
            readConfiguration(parseDocument(ALICE, "f.toml"))
        assert str(raised.value) == (
            "f.toml:1: users.alice has nothing to see: give it a root, or set service.root or"
            " service.homes"
        )

    def test_overlapByName(self, folder: str) -> None:
        """
        What a user's folder is, the name tells.
        """
        text = 'root = "root/{user}"\nmounts = { "/pub" = "root/alice" }'
        words = "users.alice.mounts overlap: "
        for name in ("alice", "bob"):
            os.mkdir(f"{folder}/root/{name}")
        assert words in refusal("[users.alice]\n" + f'password = "{HASH}"\n' + text, folder)
        other = text.replace("root/alice", "root/bob")
        assert len(alice(other, folder).mounts) == 2

    def test_overlapInDefaults(self, folder: str) -> None:
        """
        What came from elsewhere is told where it was said.
        """
        text = ALICE + '[defaults]\nmounts = { "/a" = "root" }'
        assert refusal(text, folder).startswith("4: defaults.mounts overlap: ")
