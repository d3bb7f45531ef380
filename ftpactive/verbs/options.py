"""
OPTS: options of other commands, RFC 2389 section 4; they have a table of
their own.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from ftpactive.core.arguments import readNumber
from ftpactive.core.command import printable
from ftpactive.core.deflate import LEVELS
from ftpactive.core.errors import BadArgument
from ftpactive.core.listing import FACTS
from ftpactive.core.reply import Reply
from ftpactive.verbs.checksums import ALGORITHMS
from ftpactive.verbs.conversation import Conversation
from ftpactive.verbs.table import verb

Function = Callable[[Conversation, str], Coroutine[Any, Any, Reply]]

OPTIONS: dict[str, Function] = {}


def _options(*names: str) -> Callable[[Function], Function]:
    def declare(function: Function) -> Function:
        OPTIONS.update(dict.fromkeys(names, function))
        return function

    return declare


@verb("OPTS", "verb options", rfc="2389 4", isTransparent=True, replies=(200,))
async def options(c: Conversation, argument: str) -> Reply:
    """
    Set an option of another command: UTF8, MLST, HASH or MODE Z.
    """
    name, _, rest = argument.strip().partition(" ")
    function = OPTIONS.get(name.upper())
    if function is None:
        raise BadArgument(f"{printable(name[:20])} has no options here")
    return await function(c, rest.strip())


@_options("UTF8", "UTF-8")
async def utf8(c: Conversation, argument: str) -> Reply:
    """
    Names are UTF-8: RFC 2640 knows no other way.
    """
    if argument.upper() in ("", "ON"):
        return Reply(200, "Names are always UTF-8")
    # RFC 2389 section 4: whatever is wrong for good is 501.
    raise BadArgument("OPTS UTF8 takes ON: names are always UTF-8")


@_options("MLST")
async def mlst(c: Conversation, argument: str) -> Reply:
    """
    Choose the facts of MLST and MLSD; those unknown are ignored, RFC 3659
    section 7.9.
    """
    wanted = {name.strip().lower() for name in argument.split(";")}
    c.session.facts = frozenset(fact for fact in FACTS if fact.lower() in wanted)
    chosen = "".join(f"{fact};" for fact in FACTS if fact in c.session.facts)
    return Reply(200, f"MLST OPTS {chosen}".rstrip())


@_options("HASH")
async def hashOptions(c: Conversation, argument: str) -> Reply:
    """
    Tell or choose the algorithm of HASH.
    """
    if argument:
        if argument.upper() not in ALGORITHMS:
            raise BadArgument(f"HASH knows {', '.join(ALGORITHMS)}")
        c.session.hashAlgorithm = argument.upper()
    return Reply(200, c.session.hashAlgorithm)


@_options("MODE")
async def modeOptions(c: Conversation, argument: str) -> Reply:
    """
    Choose how hard MODE Z compresses: C{OPTS MODE Z LEVEL 9}.
    """
    words = argument.upper().split()
    if words[:2] != ["Z", "LEVEL"] or len(words) != 3:
        raise BadArgument("OPTS MODE takes Z LEVEL and a number")
    level = readNumber("OPTS MODE Z LEVEL", words[2])
    if level not in LEVELS:
        raise BadArgument(f"A level is {LEVELS[0]} to {LEVELS[-1]}, not {level}")
    c.session.deflateLevel = level
    return Reply(200, f"MODE Z LEVEL set to {level}")
