"""
Who may come in, and how one leaves: HOST USER PASS ACCT SMNT
REIN QUIT.

RFC 959 section 4.1.1, RFC 7151.
"""

from __future__ import annotations

import re

from ftpactive.core.command import printable
from ftpactive.core.errors import (
    BadArgument,
    BadParameter,
    BadSequence,
    NotLoggedIn,
    ServiceClosing,
)
from ftpactive.core.events import LoggedIn, LoginFailed
from ftpactive.core.path import Path
from ftpactive.core.reply import Reply
from ftpactive.core.session import Login, Step
from ftpactive.verbs.conversation import Conversation
from ftpactive.verbs.table import Needs, verb

_GOODBYE = Reply(221, "Goodbye")

#: A domain name, or an address; one of IPv6 stands in brackets, RFC 7151
#: section 3.1.
_HOST = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*\.?|\[[0-9A-Fa-f:.]+\]", re.ASCII)


@verb("USER", "name", rfc="959 4.1.1", replies=(232, 331, 530))
async def user(c: Conversation, name: str) -> Reply:
    """
    Say who you are.

    May be sent again at any time: the old login ends, RFC 959 section 4.1.1.
    Whose certificate is enough is logged in by that, RFC 4217.

    @raise NotLoggedIn: (530) TLS must come first.
    """
    if c.session.login is not Login.NOBODY:
        _reset(c)
    _checkProtection(c)
    c.session.user = name
    if c.certificate is not None and await _isEnough(c):
        return Reply(232, f"User {name} logged in by certificate")
    c.session.advance(Step.NAME)
    return Reply(331, f"Password required for {name}")


def _checkProtection(c: Conversation) -> None:
    if c.settings.tlsLogin and not c.session.isSecure:
        raise NotLoggedIn("Logins must be protected here: send AUTH TLS first")


async def _isEnough(c: Conversation) -> bool:
    """
    Try to log in with the certificate alone; to fail in that is no failed
    login.
    """
    try:
        login = await c.authenticator.login(c.attempt(None))
    except NotLoggedIn:
        return False
    c.enter(login)
    _begin(c)
    return True


def _begin(c: Conversation) -> None:
    c.session.advance(Step.ACCEPT)
    c.session.failures = 0
    c.session.cwd = ()
    if c.hears(LoggedIn):
        c.tell(LoggedIn(*c.who))


@verb("PASS", "[password]", rfc="959 4.1.1", replies=(230, 503, 530))
async def password(c: Conversation, secret: str) -> Reply:
    """
    Give the password that belongs to USER.

    @raise NotLoggedIn: (530) the credentials are not good.
    @raise ServiceClosing: (421) not for the first time, and enough is enough.
    """
    if c.session.login is Login.NOBODY:
        raise BadSequence("Send USER first")
    if c.session.login is Login.DONE:
        raise BadSequence("Already logged in: send USER to log in anew")
    # Whatever happens below, USER must come before the next try.
    c.session.advance(Step.RESET)
    # CCC may have come after USER.
    _checkProtection(c)
    name = c.session.user
    try:
        login = await c.authenticator.login(c.attempt(secret))
        c.enter(login)
    except NotLoggedIn:
        c.session.failures += 1
        c.tell(LoginFailed(*c.who, name=printable(name)))
        if c.session.failures >= c.settings.loginFailures:
            raise ServiceClosing("Too many failed logins, closing control connection") from None
        raise
    _begin(c)
    return Reply(230, f"User {name} logged in")


@verb("ACCT", "account", rfc="959 4.1.1", needs=Needs.LOGIN, replies=(202,))
async def account(c: Conversation, name: str) -> Reply:
    """
    Name an account to charge; none is ever needed here.
    """
    return Reply(202, "No account is needed")


@verb("REIN", rfc="959 4.1.1", replies=(220,))
async def reinitialize(c: Conversation) -> Reply:
    """
    Log out and begin anew, as if just connected.
    """
    _reset(c)
    c.arrange(None)
    # RFC 7151 section 3.3: HOST would have to be sent again.
    c.visit(None)
    if c.shield is not None and c.session.isSecure and not c.shield.isImplicit:
        # RFC 4217: the reply is protected still, what follows is not.
        c.afterwards = c.shield.end
    c.forget()
    return Reply(220, c.settings.welcome)


@verb("SMNT", "path", rfc="959 4.1.1", needs=Needs.LOGIN, replies=(202,))
async def structureMount(c: Conversation, path: Path) -> Reply:
    """
    Mount another file system; all there is is mounted already.
    """
    return Reply(202, "There is one file system, and it is mounted")


@verb("HOST", "name", rfc="7151 3", feature="HOST", replies=(220, 503, 504))
async def host(c: Conversation, name: str) -> Reply:
    """
    Say which of the server's names was meant, before USER.
    """
    if c.session.login is not Login.NOBODY:
        raise BadSequence("Send HOST before USER")
    if not _HOST.fullmatch(name):
        raise BadArgument(f"HOST takes a name, or an address, not {printable(name[:60])}")
    # A service without virtual hosts answers to every name.
    key = name.lower().rstrip(".")
    if c.hosts and key not in c.hosts:
        raise BadParameter(f"There is no host {printable(name[:60])} here")
    c.visit(c.hosts.get(key), key)
    return Reply(220, c.settings.welcome)


@verb("QUIT", rfc="959 4.1.1", replies=(221,))
async def quit(c: Conversation) -> Reply:
    """
    Log out and close the control connection.
    """
    return _GOODBYE


def _reset(c: Conversation) -> None:
    if c.session.login is not Login.NOBODY:
        c.logOut()
        c.session.advance(Step.RESET)
