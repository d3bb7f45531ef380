"""
What the server tells of itself and of the session: FEAT HELP SYST NOOP STAT CSID CLNT.

RFC 959 section 4.1.3, RFC 2389.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import aclosing

from ftpactive.core.command import printable
from ftpactive.core.errors import BadArgument, BadParameter, NotLoggedIn
from ftpactive.core.lsoptions import parseOptions
from ftpactive.core.path import toText
from ftpactive.core.reply import Reply, decodeLine
from ftpactive.core.session import Login
from ftpactive.core.version import VERSION
from ftpactive.shield import IShield
from ftpactive.verbs.browse import browse
from ftpactive.verbs.conversation import Conversation
from ftpactive.verbs.table import TABLE, verb

#: What FEAT tells beside the verbs' own lines: names are UTF-8 (RFC 2640), and
#: paths are as RFC 3659 section 6 has them.
_ALWAYS = ("UTF8", "TVFS")

#: A listing on the control connection is held in memory.
_MOST_NAMES = 5000


@verb("FEAT", rfc="2389 3", isTransparent=True, replies=(211,))
async def features(c: Conversation) -> Reply:
    """
    Tell what is understood beyond RFC 959.
    """
    lines = set(_ALWAYS)
    for each in TABLE.values():
        feature = each.feature
        lines.add(feature if isinstance(feature, str) else feature(c))
    return Reply(211, "Features:", tuple(f" {line}" for line in sorted(lines) if line))


@verb("HELP", "[verb]", rfc="959 4.1.3", isTransparent=True, replies=(214,))
async def help(c: Conversation, argument: str) -> Reply:
    """
    List the commands, or explain one.
    """
    if not argument:
        return Reply(214, "The following commands are understood:", tuple(_columns(sorted(TABLE))))
    name = argument.strip().upper()
    if name not in TABLE:
        raise BadArgument(f"No help for {printable(name[:20])}: HELP alone lists all commands")
    found = TABLE[name]
    return Reply(214, f"{found.syntax}: {found.summary} ({found.source})")


def _columns(names: list[str]) -> Iterator[str]:
    for begin in range(0, len(names), 8):
        yield " " + "".join(f"{name:<8}" for name in names[begin : begin + 8]).rstrip()


@verb("SYST", rfc="959 4.1.3", isTransparent=True, replies=(215,))
async def system(c: Conversation) -> Reply:
    """
    Tell what kind of listing LIST gives.
    """
    return Reply(215, "UNIX Type: L8")


@verb("NOOP", rfc="959 4.1.3", isTransparent=True, replies=(200,))
async def noOperation(c: Conversation) -> Reply:
    """
    Do nothing, successfully.
    """
    return Reply(200, "NOOP command successful")


@verb(
    "LANG", "[language]", rfc="2640 4.1", isTransparent=True, feature="LANG EN*", replies=(200, 504)
)
async def language(c: Conversation, tag: str) -> Reply:
    """
    Choose the language of replies; there is English.
    """
    # RFC 2640 section 4.1: no tag stands for the default.
    if tag and tag.strip().lower().partition("-")[0] != "en":
        raise BadParameter("Replies are in English only")
    return Reply(200, "Replies are in English")


@verb(
    "CSID",
    "facts",
    rfc="draft-peterson-streamlined-ftp-command-extensions",
    isTransparent=True,
    feature="CSID",
    replies=(200,),
)
async def identify(c: Conversation, argument: str) -> Reply:
    """
    Tell each other which programs we are.
    """
    c.session.client = printable(argument)
    return Reply(200, f"Name=ftpactive; Version={VERSION}; OS=Unix; CaseSensitive=1; DirSep=/;")


@verb(
    "CLNT",
    "name",
    rfc="no RFC, as ProFTPD has it",
    isTransparent=True,
    feature="CLNT",
    replies=(200,),
)
async def clientName(c: Conversation, argument: str) -> Reply:
    """
    Say which program the client is.
    """
    c.session.client = printable(argument)
    return Reply(200, "Noted")


@verb(
    "STAT",
    "[options path]",
    rfc="959 4.1.3",
    isTransparent=True,
    isUrgent=True,
    replies=(211, 213, 450, 530),
)
async def status(c: Conversation, argument: str) -> Reply:
    """
    Tell how the session or its transfer stands, or list a folder at once.
    """
    if not argument:
        return Reply(211, "Status of this session", tuple(_status(c)))
    if c.session.login is not Login.DONE:
        raise NotLoggedIn
    options, asked = parseOptions(argument, isLong=True)
    lines: list[str] = []
    async with aclosing(browse(c, asked, options, most=_MOST_NAMES)) as chunks:
        async for chunk in chunks:
            lines += map(decodeLine, chunk.split(b"\r\n")[:-1])
    return Reply(213, f"Status of {asked or '.'}", tuple(lines))


def _protection(c: Conversation, shield: IShield) -> Iterator[str]:
    how = f"protected by {shield.description}" if c.session.isSecure else "in the clear"
    data = "protected" if c.session.protectsData else "in the clear"
    yield f" Commands are {how}; data connections are {data}"


def _status(c: Conversation) -> Iterator[str]:
    yield f" Connected from {c.opener.peer}"
    if c.login is None:
        yield " Not logged in"
    else:
        yield f" Logged in as {c.session.user}, folder {toText(c.session.cwd)}"
    if c.shield is not None:
        yield from _protection(c, c.shield)
    if c.session.client:
        yield f" The client is {c.session.client}"
    yield f" TYPE {c.session.representation.code}, MODE {c.session.mode.code}, STRU F"
    if c.transfer is not None:
        seconds = c.now() - c.transfer.began
        yield (
            f" {c.transfer.verb} {c.transfer.path}: {c.transfer.size} bytes so far,"
            f" {seconds:.1f} seconds"
        )
    elif c.plan is None:
        yield " No data connection"
    else:
        mode = "Passive" if c.plan.isPassive else "Active"
        yield f" {mode} data connection arranged: {c.plan.address}"
