"""
Changes to files beyond RFC 959: MFMT and MFF (draft-somers-ftp-mfxx), COMB, AVBL.
"""

from __future__ import annotations

from ftpactive.abilities import IModes, ISpace, ITimes
from ftpactive.core.arguments import splitNames
from ftpactive.core.command import printable
from ftpactive.core.errors import BadArgument, BadParameter, FileUnavailable, PermissionDenied
from ftpactive.core.facts import Kind
from ftpactive.core.listing import parseTimeVal, timeVal
from ftpactive.core.path import Path, resolve, toText
from ftpactive.core.reply import Reply
from ftpactive.core.writemode import WriteMode
from ftpactive.verbs.ability import ability, can
from ftpactive.verbs.conversation import Conversation
from ftpactive.verbs.table import Needs, verb
from ftpactive.verbs.trees import append, unique

_DRAFT = "draft-somers-ftp-mfxx"


def _times(c: Conversation) -> str:
    return "MFMT" if can(c, ITimes) else ""


@verb("MFMT", "time path", rfc=_DRAFT, needs=Needs.LOGIN, feature=_times, replies=(213, 502))
async def modifyTime(c: Conversation, argument: str) -> Reply:
    """
    Set the time of the last change, in UTC.
    """
    when, _, asked = argument.partition(" ")
    seconds = parseTimeVal(when)
    if not asked:
        raise BadArgument("MFMT takes a time and a path")
    path = resolve(c.session.cwd, asked)
    await ability(c, ITimes).setModified(path, seconds)
    return Reply(213, f"Modify={timeVal(seconds)}; {toText(path)}")


def _facts(c: Conversation) -> str:
    facts = ("modify;" if can(c, ITimes) else "") + ("UNIX.mode;" if can(c, IModes) else "")
    return f"MFF {facts}" if facts else ""


@verb("MFF", "facts path", rfc=_DRAFT, needs=Needs.LOGIN, feature=_facts, replies=(213, 502, 504))
async def modifyFacts(c: Conversation, argument: str) -> Reply:
    """
    Set facts of a file or folder, as MLST tells them.

    C{modify=20261122110301;UNIX.mode=0644; path}.
    """
    facts, separator, asked = argument.partition("; ")
    if not separator or not asked:
        raise BadArgument("MFF takes facts, each ended by a semicolon, a space, and a path")
    path = resolve(c.session.cwd, asked)
    # All are read before any is set: a wrong one changes nothing.
    changes = [_readFact(*fact.partition("=")[::2]) for fact in facts.split(";")]
    for name, _ in changes:
        ability(c, _ABILITIES[name])
    for name, value in changes:
        if name == "modify":
            await ability(c, ITimes).setModified(path, value)
        else:
            await ability(c, IModes).setMode(path, int(value))
    return Reply(213, f"{facts}; {toText(path)}")


_ABILITIES = {"modify": ITimes, "mode": IModes}


def _readFact(name: str, value: str) -> tuple[str, float]:
    if name.lower() == "modify":
        return "modify", parseTimeVal(value)
    if name.lower() == "unix.mode":
        if not (0 < len(value) <= 4 and set(value) <= set("01234567")):
            raise BadArgument(f"UNIX.mode takes octal digits, not {printable(value[:20])}")
        return "mode", int(value, 8)
    raise BadParameter(f"The fact {printable(name[:20])} cannot be set")


@verb(
    "COMB",
    "target source ...",
    rfc="no RFC, as GlobalSCAPE has it",
    needs=Needs.LOGIN,
    feature="COMB",
    replies=(250, 450, 452, 502, 550, 552, 553),
)
async def combine(c: Conversation, argument: str) -> Reply:
    """
    Put files together: the sources go behind the target's last byte, in
    order, and are removed.
    """
    paths = [resolve(c.session.cwd, name) for name in splitNames(argument)]
    if len(paths) < 2 or len(set(paths)) < len(paths):
        raise BadArgument("COMB takes the path of the whole, and those of its parts, each once")
    target, *sources = paths
    # All are looked at before anything is written.
    uniques = list(filter(None, [await unique(c, path) for path in paths]))
    if len(set(uniques)) < len(uniques):
        # By a link: it would be put behind itself, and then removed.
        raise BadArgument("COMB takes each file once, and two of these are one")
    for source in sources:
        facts = await c.storage.stat(source)
        if facts.kind is not Kind.FILE:
            raise FileUnavailable(f"{toText(source)} is not a plain file")
        if facts.perm and "d" not in facts.perm:
            raise PermissionDenied(f"{toText(source)} may not be removed")
    await append(c, sources, target, WriteMode.APPEND)
    for source in sources:
        await c.storage.remove(source)
    return Reply(250, f"{len(sources)} files are now part of {toText(target)}")


def _space(c: Conversation) -> str:
    return "AVBL" if can(c, ISpace) else ""


@verb(
    "AVBL",
    "[path]",
    rfc="draft-peterson-streamlined-ftp-command-extensions",
    needs=Needs.LOGIN,
    feature=_space,
    replies=(213, 502),
)
async def available(c: Conversation, path: Path) -> Reply:
    """
    Tell how many bytes can still be written to a folder.
    """
    return Reply(213, str(await ability(c, ISpace).available(path)))
