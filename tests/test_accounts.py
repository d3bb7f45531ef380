"""
Tests for L{ftpactive.accounts}: from accounts to logins.
"""

from __future__ import annotations

import os
import pwd
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import pytest
from twisted.cred.checkers import InMemoryUsernamePasswordDatabaseDontUse
from twisted.cred.portal import IRealm
from twisted.internet.defer import Deferred, succeed
from zope.interface.verify import verifyObject

from ftpactive.abilities import IModes, IPreferences
from ftpactive.accounts import AccountsRealm, BadAccount, makeAccountsPortal
from ftpactive.auth.portal import PortalAuthenticator
from ftpactive.core.account import EVERYTHING, READING, Account, Mount, Permission, Rule
from ftpactive.core.address import Address
from ftpactive.core.certificate import Certificate
from ftpactive.core.errors import NotLoggedIn, PermissionDenied, TransferAborted
from ftpactive.core.policy import TargetPolicy
from ftpactive.core.settings import Settings
from ftpactive.interfaces import IStorage
from ftpactive.logins import Attempt, Login
from ftpactive.storage import looking
from ftpactive.storage.blocking import inline
from ftpactive.storage.looking import look
from ftpactive.storage.memory import MemoryStorage
from ftpactive.testing.conversation import Conversation
from ftpactive.testing.storage import contentsOf, cutUpload, listAll, namesIn, run, upload
from tests.auth.cheap import CountingVerifier, cheapHash
from tests.net.played import result

PEER = Address("192.0.2.7", 50000)
HASH = cheapHash("secret")
DROP = frozenset({Permission.DROP})

T = TypeVar("T")

Enter = Callable[..., Login]


def entering(**others: Any) -> Callable[..., Any]:
    """
    Give a function that logs somebody in, as the service does.
    """
    verifier = CountingVerifier()
    accounts = others.pop("accounts", ())
    portal = makeAccountsPortal(accounts, verifier=verifier, **others)
    authenticator = PortalAuthenticator(portal, lambda: succeed(None))

    def enter(name: str, password: str | None = "secret", certificate: Any = None) -> Any:
        attempt = Attempt(name, password, PEER, certificate)
        return result(Deferred.fromCoroutine(authenticator.login(attempt))).storage

    return enter


def account(folder: Path, name: str = "alice", **others: Any) -> Account:
    """
    Give an account that sees a folder.
    """
    return Account(name, HASH, mounts=(Mount((), str(folder)),), **others)


class TestLogin:
    """
    Who comes in.
    """

    def test_right(self, tmp_path: Path) -> None:
        """
        An account gives what is in its folder.
        """
        (tmp_path / "a").write_bytes(b"1")
        storage = entering(accounts=[account(tmp_path)])("alice")
        assert verifyObject(IStorage, storage)
        assert contentsOf(storage, ("a",)) == b"1"

    @pytest.mark.parametrize(("name", "password"), [("alice", "wrong"), ("bob", "secret")])
    def test_sameWords(self, tmp_path: Path, name: str, password: str) -> None:
        """
        An unknown name and a wrong password are told alike.
        """
        with pytest.raises(NotLoggedIn, match="^Login incorrect$"):
            entering(accounts=[account(tmp_path)])(name, password)

    def test_certificate(self, tmp_path: Path) -> None:
        """
        A certificate alone will do where it is written down, and nowhere else.
        """
        enter = entering(accounts=[account(tmp_path, certificates=("alice",))])
        assert namesIn(enter("alice", None, Certificate("alice", "ab"))) == []
        with pytest.raises(NotLoggedIn, match="^Login incorrect$"):
            enter("alice", None, Certificate("bob", "cd"))

    def test_delay(self, tmp_path: Path) -> None:
        """
        A wrong password costs time; a certificate that will not do does not:
        the password comes yet.
        """
        delays: list[Any] = []
        portal = makeAccountsPortal([account(tmp_path)], verifier=CountingVerifier())
        authenticator = PortalAuthenticator(portal, lambda: succeed(delays.append(1)))
        for password in (None, "wrong"):
            attempt = Attempt("alice", password, PEER, Certificate("bob", "cd"))
            with pytest.raises(NotLoggedIn):
                result(Deferred.fromCoroutine(authenticator.login(attempt)))
        assert len(delays) == 1

    def test_guests(self, tmp_path: Path) -> None:
        """
        Guests see what is for them, with any password.
        """
        guests = account(tmp_path, "anonymous", rules=(Rule((), READING),))
        for name in ("anonymous", "ftp"):
            storage = entering(guests=guests)(name, "me@example.org")
            with pytest.raises(PermissionDenied):
                upload(storage, ("a",), b"1")

    def test_noGuests(self, tmp_path: Path) -> None:
        """
        Where there are none, they are unknown.
        """
        with pytest.raises(NotLoggedIn):
            entering(accounts=[account(tmp_path)])("anonymous")

    def test_others(self, tmp_path: Path) -> None:
        """
        Whom only C{--auth} knows gets what is for all of them, in a folder of
        their own name.
        """
        memory = InMemoryUsernamePasswordDatabaseDontUse()
        users: dict[Any, Any] = {"dave": "secret"}
        memory.users.update(users)
        others = account(tmp_path / "home-{user}", "")
        enter = entering(others=others, checkers=[memory])
        upload(enter("dave"), ("a",), b"1")
        assert (tmp_path / "home-dave" / "a").read_bytes() == b"1"
        with pytest.raises(NotLoggedIn):
            enter("dave", "wrong")


class TestFolders:
    """
    What is seen.
    """

    def test_mounts(self, tmp_path: Path) -> None:
        """
        Several folders make one tree.
        """
        for name in ("home", "pub"):
            (tmp_path / name).mkdir()
            (tmp_path / name / "a").write_text(name)
        mounts = (Mount((), str(tmp_path / "home")), Mount(("pub",), str(tmp_path / "pub")))
        storage = entering(accounts=[Account("alice", HASH, mounts=mounts)])("alice")
        assert namesIn(storage) == ["a", "pub"]
        assert contentsOf(storage, ("pub", "a")) == b"pub"

    def test_ownFolder(self, tmp_path: Path) -> None:
        """
        A folder of the user's own is made at the first login, and used again.
        """
        enter = entering(accounts=[account(tmp_path / "{user}")])
        for name in ("a", "b"):
            upload(enter("alice"), (name,), b"1")
        assert sorted(os.listdir(tmp_path / "alice")) == ["a", "b"]
        assert (tmp_path / "alice").stat().st_mode & 0o007 == 0

    def test_ownFolderTwice(self, tmp_path: Path, loggedLines: list[str]) -> None:
        """
        Whose folder is seen at another place as well is refused: rules for the
        one place could be gone round by the other.
        """
        for name in ("alice", "bob"):
            (tmp_path / name).mkdir()
        mounts = (Mount((), str(tmp_path / "{user}")), Mount(("pub",), str(tmp_path / "bob")))
        users = [Account(name, HASH, mounts=mounts) for name in ("alice", "bob")]
        enter = entering(accounts=users)
        assert namesIn(enter("alice")) == ["pub"]
        with pytest.raises(NotLoggedIn, match="^Login incorrect$"):
            enter("bob")
        assert "User bob cannot come in: the mounts overlap: " in loggedLines[-1]

    @pytest.mark.parametrize("name", ["", ".", "..", "a/b", "../alice", "a\0b"])
    def test_namesThatAreNoFolder(self, tmp_path: Path, name: str, loggedLines: list[str]) -> None:
        """
        A name cannot lead elsewhere: such a user is refused in the usual words,
        and the log tells why.
        """
        enter = entering(accounts=[account(tmp_path / "homes" / "{user}", name)])
        with pytest.raises(NotLoggedIn, match="^Login incorrect$"):
            enter(name)
        assert "a folder cannot have the user's name" in loggedLines[-1]
        assert not (tmp_path / "homes").exists()

    @pytest.mark.parametrize("folder", ["missing", "missing/{user}"])
    def test_missingFolder(self, tmp_path: Path, folder: str, loggedLines: list[str]) -> None:
        """
        Where there is nothing to see, nobody comes in, and the log tells why;
        folders above a user's own are not made.
        """
        with pytest.raises(NotLoggedIn, match="^Login incorrect$"):
            entering(accounts=[account(tmp_path / folder)])("alice")
        assert "User alice cannot come in: " in loggedLines[-1]
        assert str(tmp_path / "missing") in loggedLines[-1]

    def test_noRoot(self, tmp_path: Path, loggedLines: list[str]) -> None:
        """
        Something has to be at the root.
        """
        mounts = (Mount(("pub",), str(tmp_path)),)
        with pytest.raises(NotLoggedIn):
            entering(accounts=[Account("alice", HASH, mounts=mounts)])("alice")
        assert loggedLines[-1].endswith("no folder is mounted at /")

    def test_oneDescriptor(self, tmp_path: Path) -> None:
        """
        Sessions share the root of their folder.
        """
        enter = entering(accounts=[account(tmp_path)])
        storages = [enter("alice") for _ in range(3)]
        before = len(os.listdir("/proc/self/fd"))
        for storage in storages:
            run(storage.stat(()))
        assert len(os.listdir("/proc/self/fd")) == before + 1

    def test_nobodyWaitsForTheDisk(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """
        What is not known to be in memory is looked at aside: here a folder that
        a link leads to, and one that is made; not by all of a crowd.
        """
        monkeypatch.setattr(looking, "_HOLDS", 1e9)
        (tmp_path / "link").symlink_to(tmp_path)
        asked: list[tuple[str, ...]] = []

        async def aside(call: Any, *args: Any, **kwargs: Any) -> Any:
            if call is look:
                asked.append(tuple(args[0]))
            return call(*args, **kwargs)

        for folder in ("link", "{user}"):
            enter = entering(accounts=[account(tmp_path / folder)], aside=aside)
            assert namesIn(enter("alice")) == namesIn(enter("alice"))
        assert asked == [(str(tmp_path / name),) for name in ("link", "alice")]

    def test_anotherFolderInItsPlace(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """
        Who logs in later sees the new one; who is in stays where they are.
        """
        monkeypatch.setattr(looking, "_HOLDS", 0)
        root = tmp_path / "root"
        root.mkdir()
        enter = entering(accounts=[account(root)])
        early = enter("alice")
        assert namesIn(early) == []
        root.rename(tmp_path / "old")
        root.mkdir()
        (root / "new").touch()
        assert namesIn(enter("alice")) == ["new"]
        assert namesIn(early) == []

    def test_hold(self, tmp_path: Path) -> None:
        """
        Limits are put around all that is mounted, below the permissions.
        """
        held: list[tuple[Account, IStorage]] = []
        instead = MemoryStorage({"a": b"held"})

        def hold(account: Account, storage: IStorage) -> IStorage:
            held.append((account, storage))
            return instead

        alice = account(tmp_path)
        storage = entering(accounts=[alice], hold=hold)("alice")
        assert contentsOf(storage, ("a",)) == b"held"
        assert held[0][0] is alice


class TestChoices:
    """
    What an account says of the user holds.
    """

    def test_rules(self, tmp_path: Path) -> None:
        """
        Permissions, by path.
        """
        (tmp_path / "box").mkdir()
        rules = (Rule((), READING), Rule(("box",), DROP))
        storage = entering(accounts=[account(tmp_path, rules=rules)])("alice")
        upload(storage, ("box", "a"), b"1")
        with pytest.raises(PermissionDenied):
            listAll(storage, ("box",))
        with pytest.raises(PermissionDenied):
            upload(storage, ("a",), b"1")

    def test_links(self, tmp_path: Path) -> None:
        """
        Which no link gets round, also where limits are around the storage.
        """
        (tmp_path / "secret").mkdir()
        (tmp_path / "secret" / "a").write_bytes(b"1")
        (tmp_path / "link").symlink_to("secret/a")
        rules = (Rule((), EVERYTHING), Rule(("secret",), frozenset()))

        class Holding:
            """
            Passes files on, and no abilities.
            """

            def __init__(self, storage: Any) -> None:
                self.openForReading = storage.openForReading

        def hold(account: Account, storage: IStorage) -> Any:
            return Holding(storage)

        enter = entering(accounts=[account(tmp_path, rules=rules)], hold=hold)
        with pytest.raises(PermissionDenied):
            contentsOf(enter("alice"), ("link",))

    def test_umask(self, tmp_path: Path) -> None:
        """
        The mask of new files.
        """
        storage = entering(accounts=[account(tmp_path, umask=0o077)])("alice")
        upload(storage, ("a",), b"1")
        assert (tmp_path / "a").stat().st_mode & 0o777 == 0o600
        assert IModes(storage).umask == 0o077

    def test_atomic(self, tmp_path: Path) -> None:
        """
        A cut upload shows to nobody but who began it.
        """
        accounts = [account(tmp_path, name, atomic=True) for name in ("alice", "bob")]
        enter = entering(accounts=accounts)
        cutUpload(enter("alice"), ("a",), b"12345")
        assert not (tmp_path / "a").exists()
        assert run(enter("alice").stat(("a",))).size == 5
        upload(enter("alice"), ("a",), b"6", offset=5)
        assert (tmp_path / "a").read_bytes() == b"123456"

    def test_sync(self, tmp_path: Path) -> None:
        """
        An upload is on the disk, which takes a while elsewhere.
        """
        ran: list[Any] = []

        def aside(call: Callable[..., T], /, *args: Any, **kwargs: Any) -> Awaitable[T]:
            ran.append(call)
            return inline(call, *args, **kwargs)

        enter = entering(accounts=[account(tmp_path, sync=True)], aside=aside)
        upload(enter("alice"), ("a",), b"1")
        assert ran

    def test_preferences(self, tmp_path: Path) -> None:
        """
        What the user's settings are, where the account says so.
        """
        targets = TargetPolicy(substitutes=True)
        alice = account(tmp_path, targets=targets, tlsLogin=True)
        storage = entering(accounts=[alice])("alice")
        assert verifyObject(IPreferences, storage)
        usual = Settings(idleTimeout=7)
        assert storage.settings(usual) == Settings(targets=targets, tlsLogin=True, idleTimeout=7)

    @pytest.mark.parametrize("login", [True, False, None])
    @pytest.mark.parametrize("data", [True, False, None])
    def test_protection(self, tmp_path: Path, login: bool | None, data: bool | None) -> None:
        """
        The account may ask for more than the service, and never for less.
        """
        alice = account(tmp_path, tlsLogin=login, tlsData=data)
        storage = entering(accounts=[alice])("alice")
        strict = Settings(tlsLogin=True, tlsData=True)
        assert storage.settings(strict) == strict
        found = storage.settings(Settings())
        assert (found.tlsLogin, found.tlsData) == (login is True, data is True)

    def test_noPreferences(self, tmp_path: Path) -> None:
        """
        Where it says nothing, the service's hold.
        """
        storage = entering(accounts=[account(tmp_path)])("alice")
        usual = Settings(tlsData=True, targets=TargetPolicy(substitutes=True))
        assert storage.settings(usual) == usual


class TestOwners:
    """
    To whom uploads are given.
    """

    @pytest.mark.parametrize(
        ("others", "words"),
        [
            ({"owner": "no such user"}, "user alice: this machine has no user no such user"),
            ({"group": "no such group"}, "user alice: this machine has no group no such group"),
        ],
    )
    def test_unknown(self, tmp_path: Path, others: Any, words: str) -> None:
        """
        An owner that there is not is found before anybody logs in.
        """
        with pytest.raises(BadAccount) as raised:
            makeAccountsPortal([account(tmp_path, **others)])
        assert str(raised.value) == words

    @pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
    def test_given(self, tmp_path: Path) -> None:
        """
        New files are theirs, and the folder of the user's own is.
        """
        nobody = pwd.getpwnam("nobody")
        enter = entering(accounts=[account(tmp_path / "{user}", owner="nobody")])
        upload(enter("alice"), ("a",), b"1")
        for path in (tmp_path / "alice", tmp_path / "alice" / "a"):
            assert path.stat().st_uid == nobody.pw_uid

    def test_notPossible(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, loggedLines: list[str]
    ) -> None:
        """
        That they cannot be given away is told at once.
        """
        monkeypatch.setattr("os.geteuid", lambda: 54321)
        monkeypatch.setattr("ftpactive.storage.ownership._STATUS", str(tmp_path / "missing"))
        makeAccountsPortal([account(tmp_path, owner="nobody")])
        assert loggedLines == [
            "What user alice uploads cannot be given to nobody: that needs root, or CAP_CHOWN"
        ]

    def test_askedAtStart(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, loggedLines: list[str]
    ) -> None:
        """
        Who sheds rights first is asked when that is done.
        """
        monkeypatch.setattr("ftpactive.storage.ownership._STATUS", str(tmp_path / "missing"))
        monkeypatch.setattr("os.geteuid", lambda: 0)
        checks: list[Callable[[], object]] = []
        makeAccountsPortal([account(tmp_path, owner="nobody")], atStart=checks.append)
        monkeypatch.setattr("os.geteuid", lambda: 54321)
        assert loggedLines == []
        for check in checks:
            check()
        assert len(loggedLines) == 1


class TestRealm:
    """
    L{AccountsRealm} makes avatars.
    """

    def test_isARealm(self) -> None:
        """
        As C{twisted.cred} wants them; it gives L{IStorage} and nothing else.
        """
        realm = AccountsRealm([], lambda account, storage: storage, inline, lambda check: None)
        assert verifyObject(IRealm, realm)
        with pytest.raises(NotImplementedError):
            realm.requestAvatar(Account(""), None)

    @pytest.mark.parametrize("name", ["d\udcff", b"d\xff"])
    def test_others(self, tmp_path: Path, name: str | bytes) -> None:
        """
        Of whom there is nothing but a name, C{str} or as most checkers give it,
        what holds for all others holds too.
        """
        others = Account("", mounts=(Mount((), str(tmp_path)),), umask=0o27)
        held: list[Account] = []

        def hold(account: Account, storage: Any) -> Any:
            held.append(account)
            return storage

        realm = AccountsRealm([others], hold, inline, lambda check: None, others=others)
        made: Any = realm.requestAvatar(name, None, IStorage)
        _, storage, _ = result(made) if isinstance(made, Deferred) else made
        assert held == [replace(others, name="d\udcff")]
        assert storage.umask == 0o27


class TestSession:
    """
    A guest with a drop box, as seen by a client.
    """

    @pytest.fixture
    def conversation(self, tmp_path: Path) -> Conversation:
        """
        A guest who has just come in.
        """
        for name in ("pub", "incoming", "secret"):
            (tmp_path / name).mkdir()
        (tmp_path / "pub" / "a").write_bytes(b"hello")
        (tmp_path / "incoming" / "taken").write_bytes(b"mine")
        rules = (
            Rule((), READING),
            Rule(("incoming",), DROP),
            Rule(("secret",), frozenset()),
        )
        return Conversation(entering(guests=account(tmp_path, "anonymous", rules=rules))("ftp"))

    def test_reading(self, conversation: Conversation) -> None:
        """
        What is public is fetched.
        """
        conversation.hears("CWD pub", "PASV", "RETR a")
        assert conversation.codes() == [250, 227, 150, 226]
        assert conversation.downloaded == b"hello"

    def test_dropping(self, conversation: Conversation, tmp_path: Path) -> None:
        """
        A file is left in the drop box; nobody sees it, and a second one of the
        same name is no other answer.
        """
        for data in (b"1", b"2"):
            conversation.opener.toReceive = data
            conversation.hears("PASV", "STOR incoming/taken")
        box = tmp_path / "incoming"
        assert (box / "taken").read_bytes() == b"mine"
        assert sorted(path.read_bytes() for path in box.iterdir()) == [b"1", b"2", b"mine"]
        assert conversation.codes() == [227, 150, 226] * 2
        conversation.transport.clear()
        conversation.hears("CWD /incoming", "SIZE taken", "MDTM taken", "DELE taken", "RNFR taken")
        assert conversation.codes() == [250, 550, 550, 550, 550]

    @pytest.mark.parametrize("command", ["STOR", "STOU"])
    def test_besideTheBox(self, conversation: Conversation, tmp_path: Path, command: str) -> None:
        """
        The name of the box is a name in what may only be read.
        """
        conversation.opener.toReceive = b"mine"
        conversation.hears("PASV", f"{command} incoming", "SITE CPFR pub/a", "SITE CPTO incoming")
        assert conversation.codes() == [227, 550, 350, 550]
        assert sorted(os.listdir(tmp_path)) == ["incoming", "pub", "secret"]

    def test_cut(self, conversation: Conversation) -> None:
        """
        Nobody is told to go on with what may not be gone on with.
        """
        conversation.opener.toReceive = b"begun"
        conversation.opener.cut = TransferAborted("It broke")
        conversation.hears("TYPE I", "PASV", "STOR incoming/new")
        assert conversation.last() == "426 It broke"

    def test_listing(self, conversation: Conversation) -> None:
        """
        The root shows what may be known; the box is not listed, by no command.
        """
        conversation.hears("PASV", "NLST")
        assert conversation.downloaded == b"incoming\r\npub\r\n"
        for command in ("LIST incoming", "NLST incoming", "MLSD incoming", "LIST incoming/t*"):
            conversation.transport.clear()
            conversation.hears("PASV", command)
            assert conversation.codes()[-1] == 550

    def test_recursive(self, conversation: Conversation) -> None:
        """
        Nor does a listing of all there is look into it.
        """
        conversation.hears("PASV", "LIST -R")
        assert b"hello" not in conversation.downloaded
        assert b"taken" not in conversation.downloaded and b"secret" not in conversation.downloaded

    def test_trees(self, conversation: Conversation, tmp_path: Path) -> None:
        """
        To copy and to remove trees needs what each step of it needs.
        """
        conversation.hears("SITE CPFR pub", "SITE CPTO incoming/copy", "SITE RMDIR pub")
        assert conversation.codes() == [350, 550, 550]
        assert (tmp_path / "pub" / "a").exists()
        assert not (tmp_path / "incoming" / "copy").exists()

    def test_perm(self, conversation: Conversation) -> None:
        """
        MLST tells the truth of it.
        """
        conversation.hears("MLST incoming", "MLST pub/a")
        assert b"perm=ce;" in conversation.transport.value().lower()
        assert b"perm=r;" in conversation.transport.value().lower()
