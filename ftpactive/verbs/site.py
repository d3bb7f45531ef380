"""
SITE and its subcommands, which have a table of their own.

RFC 959 section 4.1.3 leaves them to each site; these are those that ProFTPD,
Pure-FTPd and vsftpd have.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from ftpactive.abilities import ILinks, IModes, IQuota, ITimes
from ftpactive.core.amount import spoken
from ftpactive.core.arguments import readNumber, splitName
from ftpactive.core.command import printable
from ftpactive.core.errors import BadArgument, BadSequence
from ftpactive.core.listing import isTimeVal, parseTimeVal
from ftpactive.core.path import resolve, toText
from ftpactive.core.reply import Reply
from ftpactive.core.session import Carry
from ftpactive.verbs.ability import ability, can
from ftpactive.verbs.conversation import Conversation
from ftpactive.verbs.table import Needs, verb
from ftpactive.verbs.trees import copyTree, makeAll, removeTree

#: What a session may ask for with SITE IDLE, seconds.
_IDLE = range(30, 7201)

Function = Callable[[Conversation, str], Coroutine[Any, Any, Reply]]


@dataclass(frozen=True, slots=True)
class Subcommand:
    """
    One row of SITE's table.
    """

    name: str
    argument: str
    function: Function

    @property
    def syntax(self) -> str:
        """
        Give it as SITE HELP shows it.
        """
        return f"SITE {self.name} {self.argument}".rstrip()


SUBCOMMANDS: dict[str, Subcommand] = {}


def _site(name: str, argument: str = "") -> Callable[[Function], Function]:
    def declare(function: Function) -> Function:
        SUBCOMMANDS[name] = Subcommand(name, argument, function)
        return function

    return declare


@verb(
    "SITE",
    "subcommand",
    rfc="959 4.1.3",
    needs=Needs.LOGIN,
    replies=(200, 214, 250, 350, 450, 452, 502, 503, 550, 552, 553),
)
async def site(c: Conversation, argument: str) -> Reply:
    """
    Do what is special to this server: see SITE HELP.
    """
    name, _, rest = argument.lstrip(" ").partition(" ")
    found = SUBCOMMANDS.get(name.upper())
    if found is None:
        raise BadArgument(f"There is no SITE {printable(name[:20])}: see SITE HELP")
    isOptional = not found.argument or found.argument.startswith("[")
    if not rest and not isOptional:
        raise BadArgument(f"{found.syntax}: an argument is missing")
    return await found.function(c, rest)


@_site("HELP")
async def siteHelp(c: Conversation, argument: str) -> Reply:
    """
    List the subcommands.
    """
    lines = tuple(f" {each.syntax}" for _, each in sorted(SUBCOMMANDS.items()))
    return Reply(214, "The following SITE commands are understood:", lines)


@_site("CHMOD", "mode path")
async def changeMode(c: Conversation, argument: str) -> Reply:
    """
    Change the permission bits, given in octal.
    """
    mode, asked = _two("CHMOD", argument)
    bits = _bits("SITE CHMOD", mode)
    await ability(c, IModes).setMode(resolve(c.session.cwd, asked), bits)
    return Reply(200, f"Mode of {asked} changed to {bits:04o}")


@_site("UMASK", "[mask]")
async def umask(c: Conversation, argument: str) -> Reply:
    """
    Tell or choose which permission bits new files and folders do not have.
    """
    modes = ability(c, IModes)
    if not argument.strip():
        return Reply(200, f"UMASK is {modes.umask:03o}")
    old, modes.umask = modes.umask, _bits("SITE UMASK", argument) & 0o777
    return Reply(200, f"UMASK set to {modes.umask:03o} (was {old:03o})")


def _bits(name: str, text: str) -> int:
    bits = readNumber(name, text, base=8)
    if bits > 0o7777:
        raise BadArgument(f"{name} takes permission bits in octal, not {printable(text[:20])}")
    return bits


@_site("UTIME", "time path")
async def setTime(c: Conversation, argument: str) -> Reply:
    """
    Set the time of change, in UTC.

    Two forms are about: C{20261122110301 path}, and with three times behind
    the path, C{path accessed modified created UTC}.
    """
    words = argument.rsplit(" ", 4)
    if len(words) == 5 and words[4].upper() == "UTC" and isTimeVal(_withSeconds(words[2])):
        asked, _, when, *_ = words
    else:
        when, asked = _two("UTIME", argument)
    seconds = parseTimeVal(_withSeconds(when))
    await ability(c, ITimes).setModified(resolve(c.session.cwd, asked), seconds)
    return Reply(200, f"Time of {asked} set")


def _withSeconds(when: str) -> str:
    # Pure-FTPd's form leaves them out.
    return when + "00" if len(when) == 12 else when


@_site("SYMLINK", "target link")
async def makeLink(c: Conversation, argument: str) -> Reply:
    """
    Make a symbolic link that leads to another path.
    """
    target, link = _two("SYMLINK", argument)
    if link.startswith('"'):
        link, rest = splitName(link)
        if rest:
            raise BadArgument("SITE SYMLINK takes two names: quotes go around all of a name")
    path = resolve(c.session.cwd, link)
    await ability(c, ILinks).makeLink(path, resolve(c.session.cwd, target))
    return Reply(200, f"Link {toText(path)} made")


@_site("MKDIR", "path")
async def makeFolders(c: Conversation, argument: str) -> Reply:
    """
    Make a folder, and those above it that are missing.
    """
    path = resolve(c.session.cwd, argument)
    await makeAll(c, path)
    return Reply(200, f"{toText(path)} made")


@_site("RMDIR", "path")
async def removeFolders(c: Conversation, argument: str) -> Reply:
    """
    Remove a folder with all that is in it.
    """
    path = resolve(c.session.cwd, argument)
    await removeTree(c, path)
    return Reply(200, f"{toText(path)} and all in it removed")


@_site("CPFR", "path")
async def copyFrom(c: Conversation, argument: str) -> Reply:
    """
    Name the file or folder that SITE CPTO shall copy.
    """
    path = resolve(c.session.cwd, argument)
    await c.storage.stat(path)
    c.session.carry = Carry(copyFrom=path)
    return Reply(350, "It exists, send SITE CPTO with the name of the copy")


@_site("CPTO", "path")
async def copyTo(c: Conversation, argument: str) -> Reply:
    """
    Copy what SITE CPFR named.
    """
    old = c.session.carried.copyFrom
    if old is None:
        raise BadSequence("Send SITE CPFR right before SITE CPTO")
    path = resolve(c.session.cwd, argument)
    if path[: len(old)] == old:
        raise BadArgument("A folder cannot be copied into itself")
    await copyTree(c, old, path)
    return Reply(250, f"Copied to {toText(path)}")


@_site("IDLE", "[seconds]")
async def idle(c: Conversation, argument: str) -> Reply:
    """
    Tell or choose how long this session may say nothing.
    """
    if argument.strip():
        seconds = readNumber("SITE IDLE", argument)
        if seconds not in _IDLE:
            raise BadArgument(f"SITE IDLE takes {_IDLE[0]} to {_IDLE[-1]} seconds")
        c.session.idleTimeout = seconds
        c.isChanged = True
    return Reply(200, f"The idle timeout is {c.idleTimeout:g} seconds")


@_site("QUOTA", "[COUNT]")
async def quota(c: Conversation, argument: str) -> Reply:
    """
    Tell how much is stored, and may be; with C{COUNT}, look at all of it again.
    """
    if not can(c, IQuota):
        return Reply(200, "There is no quota")
    storage: Any = c.storage
    isAsked = argument.strip().upper() == "COUNT"
    usage = await (storage.recount() if isAsked else storage.usage())
    return Reply(200, f"{spoken(usage, storage.quota)} used")


def _two(name: str, argument: str) -> tuple[str, str]:
    """
    Split an argument in a first word, or a name in quotes, and a name: all
    that follows, whatever is in it.
    """
    first, rest = splitName(argument)
    if not first or not rest:
        raise BadArgument(f"{SUBCOMMANDS[name].syntax}: an argument is missing")
    return first, rest
