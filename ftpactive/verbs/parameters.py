"""
How the next transfer is to be: TYPE MODE STRU, PORT EPRT LPRT, PASV EPSV
LPSV, REST, ALLO.

RFC 959 section 4.1.2, RFC 1639, RFC 2428, RFC 3659 section 5.
"""

from __future__ import annotations

from ftpactive.abilities import IQuota
from ftpactive.core.address import (
    Address,
    formatEpsv,
    formatLpsv,
    formatPasv,
    networkProtocol,
    parseEprt,
    parseLprt,
    parseNetworkProtocol,
    parsePort,
)
from ftpactive.core.amount import sizeOf
from ftpactive.core.arguments import readNumber
from ftpactive.core.command import printable
from ftpactive.core.errors import (
    BadArgument,
    BadParameter,
    CannotOpenData,
    ExceededAllocation,
    WrongNetworkProtocol,
)
from ftpactive.core.events import Opened, Outcome
from ftpactive.core.modes import MODES
from ftpactive.core.reply import Reply
from ftpactive.core.representation import parseType
from ftpactive.core.session import Carry
from ftpactive.verbs.ability import ability, can
from ftpactive.verbs.conversation import Conversation
from ftpactive.verbs.table import Needs, verb

#: What tells that the server will connect, by verb.
_SUCCESSFUL = {name: Reply(200, f"{name} command successful") for name in ("PORT", "EPRT", "LPRT")}


@verb("TYPE", "type", rfc="959 4.1.2", needs=Needs.LOGIN, isTransparent=True, replies=(200, 504))
async def representationType(c: Conversation, argument: str) -> Reply:
    """
    Choose the representation: A for text, E for text in EBCDIC, I for bytes
    as they are.
    """
    c.session.representation = parseType(argument, c.settings.ebcdic)
    return Reply(200, f"Type set to {c.session.representation.code}")


@verb(
    "MODE",
    "mode",
    rfc="959 4.1.2",
    needs=Needs.LOGIN,
    isTransparent=True,
    feature="MODE Z",
    replies=(200, 504),
)
async def mode(c: Conversation, argument: str) -> Reply:
    """
    Choose the transfer mode: S for a stream, B for blocks, Z for deflate.
    """
    code = argument.strip().upper()
    if code == "C":
        raise BadParameter("MODE C is not supported: use S, B or Z")
    if code not in MODES:
        raise BadArgument(f"MODE takes S, B or Z, not {printable(code)}")
    c.session.mode = MODES[code]
    return Reply(200, f"MODE set to {code}")


@verb(
    "STRU", "structure", rfc="959 4.1.2", needs=Needs.LOGIN, isTransparent=True, replies=(200, 504)
)
async def structure(c: Conversation, argument: str) -> Reply:
    """
    Choose the file structure: F for none.
    """
    code = argument.strip().upper()
    if code in ("R", "P"):
        raise BadParameter(f"STRU {code} is not supported: use F")
    if code != "F":
        raise BadArgument(f"STRU takes F, not {printable(code)}")
    return Reply(200, "STRU set to F")


@verb(
    "PORT",
    "h1,h2,h3,h4,p1,p2",
    rfc="959 4.1.2",
    needs=Needs.LOGIN,
    isTransparent=True,
    replies=(200, 504),
)
async def port(c: Conversation, argument: str) -> Reply:
    """
    Say to which address the server shall connect (IPv4).
    """
    return _arrangeActive(c, "PORT", parsePort(argument))


@verb(
    "EPRT",
    "|protocol|address|port|",
    rfc="2428 2",
    needs=Needs.LOGIN,
    isTransparent=True,
    feature="EPRT",
    replies=(200, 504, 522),
)
async def extendedPort(c: Conversation, argument: str) -> Reply:
    """
    Say to which address the server shall connect (IPv4 or IPv6).
    """
    asked = parseEprt(argument)
    wanted = networkProtocol(c.opener.peer.host)
    if networkProtocol(asked.host) != wanted:
        raise WrongNetworkProtocol(f"Network protocol not supported, use ({wanted})")
    return _arrangeActive(c, "EPRT", asked)


@verb(
    "LPRT",
    "af,hal,h...,pal,p...",
    rfc="1639",
    needs=Needs.LOGIN,
    isTransparent=True,
    replies=(200, 504, 521),
)
async def longPort(c: Conversation, argument: str) -> Reply:
    """
    Say to which address the server shall connect, in the form of RFC 1639.
    """
    return _arrangeActive(c, "LPRT", parseLprt(argument))


def _arrangeActive(c: Conversation, name: str, asked: Address) -> Reply:
    """
    Record where to connect; the transfer command will do it (RFC 959 section
    3.2).  Where that may be is for the policy to say.
    """
    _refuseAfterEpsvAll(c, name)
    peer = c.opener.peer
    try:
        target = c.settings.targets.target(name, asked, peer)
    except BadParameter as error:
        local = str(c.opener.local)
        refusal = Opened(*c.who, "active", local, str(asked), 0, Outcome.POLICY, str(error))
        c.tell(refusal)
        raise
    c.arrange(c.opener.active(target.address))
    if target.asked is not None:
        return Reply(200, f"{name} command successful: {target.address} instead of {asked}")
    return _SUCCESSFUL[name]


def _refuseAfterEpsvAll(c: Conversation, name: str) -> None:
    if c.session.epsvOnly:
        raise BadArgument(f"{name} is not allowed after EPSV ALL")


@verb("PASV", rfc="959 4.1.2", needs=Needs.LOGIN, isTransparent=True, replies=(227, 425))
async def passive(c: Conversation) -> Reply:
    """
    Ask the server to listen for the data connection (IPv4).
    """
    _refuseAfterEpsvAll(c, "PASV")
    if networkProtocol(c.opener.local.host) != 1:
        raise CannotOpenData("PASV can only answer with an IPv4 address: use EPSV")
    return Reply(227, f"Entering Passive Mode ({formatPasv(await _announced(c))})")


@verb(
    "EPSV",
    "[protocol]",
    rfc="2428 3",
    needs=Needs.LOGIN,
    isTransparent=True,
    feature="EPSV",
    replies=(200, 229, 425, 522),
)
async def extendedPassive(c: Conversation, argument: str) -> Reply:
    """
    Ask the server to listen for the data connection (IPv4 or IPv6).
    """
    if argument.strip().upper() == "ALL":
        c.session.epsvOnly = True
        if c.plan is not None and not c.plan.isPassive:
            c.arrange(None)
        return Reply(200, "EPSV ALL: only EPSV from now on")
    here = networkProtocol(c.opener.local.host)
    if argument and parseNetworkProtocol(argument) != here:
        raise WrongNetworkProtocol(f"Network protocol not supported, use ({here})")
    return Reply(229, f"Entering Extended Passive Mode ({formatEpsv((await _listen(c)).port)})")


@verb("LPSV", rfc="1639", needs=Needs.LOGIN, isTransparent=True, replies=(228, 425))
async def longPassive(c: Conversation) -> Reply:
    """
    Ask the server to listen, and to answer in the form of RFC 1639.
    """
    _refuseAfterEpsvAll(c, "LPSV")
    return Reply(228, f"Entering Long Passive Mode ({formatLpsv(await _announced(c))})")


async def _announced(c: Conversation) -> Address:
    """
    Listen, and give the address to tell: behind NAT it is another one, and
    an IPv4 address.
    """
    address = await _listen(c)
    host = c.settings.passiveAddress
    return Address(host, address.port) if host and ":" not in address.host else address


async def _listen(c: Conversation) -> Address:
    # The old port is given back first: a small range may have no other.
    c.arrange(None)
    plan = await c.opener.passive(c.settings.targets)
    c.arrange(plan)
    return plan.address  # type: ignore[no-any-return]


@verb(
    "REST",
    "offset",
    rfc="3659 5",
    needs=Needs.LOGIN,
    isTransparent=True,
    feature="REST STREAM",
    replies=(350, 504),
)
async def restart(c: Conversation, argument: str) -> Reply:
    """
    Say at which byte the next RETR or STOR shall begin.
    """
    offset = readNumber("REST", argument)
    if offset and not c.session.representation.keepsOffsets:
        raise BadParameter("REST needs TYPE I: in TYPE A bytes of the file are not counted")
    c.session.carry = Carry(restart=offset)
    return Reply(350, f"Restarting at {offset}: send RETR or STOR")


@verb(
    "ALLO",
    "bytes [R size]",
    rfc="959 4.1.3",
    needs=Needs.LOGIN,
    isTransparent=True,
    replies=(202, 552),
)
async def allocate(c: Conversation, argument: str) -> Reply:
    """
    Announce the size of an upload; nothing needs to be reserved here.

    @raise ExceededAllocation: (552) there will never be room for so much.
    """
    words = argument.upper().split()
    if len(words) == 3 and words[1] == "R":
        readNumber("ALLO", words.pop())
        words.pop()
    if len(words) != 1:
        raise BadArgument("ALLO takes a number of bytes, and perhaps R and a record size")
    wanted = readNumber("ALLO", words[0])
    most = ability(c, IQuota).quota.size if can(c, IQuota) else None
    # What is left may be more by the time of STOR, which may replace a file.
    if most is not None and wanted > most:
        raise ExceededAllocation(f"That is more than your quota of {sizeOf(most, None)}")
    return Reply(202, "No storage allocation necessary")
