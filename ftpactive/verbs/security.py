"""
Protection by TLS: AUTH PBSZ PROT CCC.

RFC 4217, with the commands of RFC 2228.
"""

from __future__ import annotations

from ftpactive.core.command import printable
from ftpactive.core.errors import (
    BadArgument,
    BadParameter,
    BadSequence,
    CommandUnprotected,
    NotImplementedHere,
    PolicyRefusal,
    UnknownProtection,
)
from ftpactive.core.reply import Reply
from ftpactive.core.session import Login, Security
from ftpactive.shield import IShield
from ftpactive.verbs.conversation import Conversation
from ftpactive.verbs.table import verb

#: What AUTH may name, and whether data is protected without PROT then: RFC 4217
#: has the first two, the drafts before it had the others.
_MECHANISMS = {"TLS": False, "TLS-C": False, "SSL": True, "TLS-P": True}

#: RFC 2228 section 3: the levels of PROT; TLS has the last two (RFC 4217
#: section 9).
_OTHER_LEVELS = ("S", "E")


def _shield(c: Conversation) -> IShield:
    """
    Give the protection that the operator has set up.

    @raise NotImplementedHere: (502) there is none.
    """
    if c.shield is None:
        raise NotImplementedHere("This server has no certificate for TLS")
    return c.shield


def _if(feature: str, c: Conversation) -> str:
    return feature if c.shield is not None else ""


@verb(
    "AUTH",
    "mechanism",
    rfc="4217 4",
    feature=lambda c: _if("AUTH TLS", c),
    replies=(234, 431, 502, 503, 504),
)
async def authenticate(c: Conversation, argument: str) -> Reply:
    """
    Protect the control connection by TLS.

    All that was said in the clear is forgotten, but for HOST: somebody on the
    way may have said it.  RFC 2228 section 3 wants a new login as well.
    """
    shield = _shield(c)
    mechanism = argument.strip().upper()
    if c.session.isSecure:
        raise BadSequence("The control connection is protected already")
    if mechanism not in _MECHANISMS:
        raise BadParameter(f"AUTH takes TLS, not {printable(argument[:20])}")
    shield.prepare(c.hostName)
    c.logOut()
    c.arrange(None)
    c.forget(Security.SECURED, protectsData=_MECHANISMS[mechanism])
    c.afterwards = shield.begin
    return Reply(234, "Begin the TLS handshake now")


@verb("PBSZ", "size", rfc="4217 9", feature=lambda c: _if("PBSZ", c), replies=(200, 502, 503))
async def protectionBufferSize(c: Conversation, argument: str) -> Reply:
    """
    Name the size of blocks, which TLS chooses by itself: 0.
    """
    _shield(c)
    if not c.session.isSecure:
        raise BadSequence("Send AUTH TLS before PBSZ")
    size = argument.strip()
    if not (size.isascii() and size.isdigit() and len(size) <= 10):
        raise BadArgument(f"PBSZ takes a number, not {printable(size[:20])}")
    c.session.security = Security.SIZED
    # RFC 2228 section 3: a smaller number in the reply is what holds.
    return Reply(200, "PBSZ=0")


@verb(
    "PROT",
    "level",
    rfc="4217 9",
    feature=lambda c: _if("PROT", c),
    replies=(200, 502, 503, 504, 534, 536),
)
async def protectionLevel(c: Conversation, argument: str) -> Reply:
    """
    Choose whether TLS protects data connections: P, or leaves them clear: C.
    """
    _shield(c)
    if c.session.security is not Security.SIZED:
        raise BadSequence("Send AUTH TLS and PBSZ 0 before PROT")
    level = argument.strip().upper()
    if level in _OTHER_LEVELS:
        raise UnknownProtection
    if level not in ("C", "P"):
        raise BadParameter(f"PROT takes P or C, not {printable(argument[:20])}")
    if level == "C" and c.settings.tlsData:
        raise PolicyRefusal("Data connections must be protected here: PROT P")
    c.session.protectsData = level == "P"
    protected = "protected by TLS" if c.session.protectsData else "in the clear"
    return Reply(200, f"Data connections are {protected}")


def _clear(c: Conversation) -> str:
    return "CCC" if c.shield is not None and c.shield.allowsClear else ""


@verb("CCC", rfc="2228 3", feature=_clear, replies=(200, 502, 533, 534))
async def clearCommandChannel(c: Conversation) -> Reply:
    """
    Take commands out of TLS again, for firewalls that read them; but not those
    that log in.

    Data connections stay as PROT left them.
    """
    shield = _shield(c)
    if not c.session.isSecure:
        raise CommandUnprotected
    if not shield.allowsClear:
        raise PolicyRefusal("Commands stay protected on this server")
    if c.session.login is not Login.DONE:
        raise PolicyRefusal("Log in before CCC: the password must be protected")
    c.session.security = Security.CLEARED
    c.afterwards = shield.end
    return Reply(200, "Commands are in the clear after this reply")
