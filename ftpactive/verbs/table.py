"""
The table of verbs: what each is called, what it needs, and how one is done.

A verb is a coroutine under C{@verb}::

    @verb("RETR", "path", needs=Needs.LOGIN | Needs.DATA, rfc="959 4.1.3")
    async def retrieve(c, path): ...

HELP, FEAT, gating and the order of checks follow from the declaration.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from enum import Flag, auto
from typing import Any

from ftpactive.core import path
from ftpactive.core.command import Command
from ftpactive.core.errors import (
    BadArgument,
    FTPError,
    NotImplementedHere,
    NotLoggedIn,
    UnknownCommand,
)
from ftpactive.core.reply import Reply
from ftpactive.core.session import NOTHING, Login
from ftpactive.verbs.conversation import Conversation


class Needs(Flag):
    """
    What must be there before a verb may run.
    """

    NOTHING = 0
    LOGIN = auto()
    #: A data connection, arranged.
    DATA = auto()


Function = Callable[..., Coroutine[Any, Any, Reply]]


@dataclass(slots=True, eq=False)
class Verb:
    """
    One row of the table.

    @ivar name: as it is on the wire.
    @ivar argument: what stands behind it: C{""} for nothing, C{"[x]"} where
        all of it may be left out.  C{path} and C{[path]} are resolved: the function
        gets a tuple of names.
    @ivar rfc: where it is defined: number and section, or in words.
    @ivar summary: one sentence for HELP.
    @ivar feature: its line in FEAT, or a function of the conversation that
        gives one; empty for what RFC 959 had already.
    @ivar isTransparent: does it hand on what RNFR or REST left?
    @ivar isUrgent: is it heard during a transfer?
    @ivar replies: every code that it may be answered with.
    @ivar isOptional: may the argument be left out?
    @ivar takesText: is the function called with an argument as it is?
    @ivar needsLogin: must somebody be logged in?
    @ivar needsData: must a data connection be arranged?
    """

    name: str
    argument: str
    function: Function
    needs: Needs
    rfc: str
    summary: str
    feature: str | Callable[[Conversation], str]
    isTransparent: bool
    isUrgent: bool
    replies: frozenset[int]
    isOptional: bool = field(init=False)
    takesText: bool = field(init=False)
    needsLogin: bool = field(init=False)
    needsData: bool = field(init=False)
    _isPath: bool = field(init=False)

    def __post_init__(self) -> None:
        self.isOptional = self.argument.startswith("[") and self.argument.endswith("]")
        self._isPath = self.argument.strip("[]") == "path"
        self.takesText = bool(self.argument) and not self._isPath
        self.needsLogin = Needs.LOGIN in self.needs
        self.needsData = Needs.DATA in self.needs

    @property
    def syntax(self) -> str:
        """
        Give the command as HELP shows it.
        """
        if not self.argument:
            return self.name
        if self.isOptional:
            return f"{self.name} [<SP> <{self.argument[1:-1]}>]"
        return f"{self.name} <SP> <{self.argument}>"

    @property
    def source(self) -> str:
        """
        Tell where it is defined, for people.
        """
        return f"RFC {self.rfc}" if self.rfc[0].isdigit() else self.rfc

    def readArgument(self, argument: str, c: Conversation) -> tuple[object, ...]:
        """
        Give what the function is called with, after the conversation.

        @raise BadArgument: (501) there is none and must be, or the reverse.
        """
        if not self.argument:
            if argument.strip():
                raise BadArgument(f"{self.name} takes no argument")
            return ()
        if not argument and not self.isOptional:
            raise BadArgument(f"{self.name} needs an argument: {self.syntax}")
        if self._isPath:
            return (path.resolve(c.session.cwd, argument),)
        return (argument,)

    def refusal(self, error: FTPError) -> Reply:
        """
        Tell why it failed: with the error's own code if this verb may be
        answered with that, or else with the nearest one.
        """
        reply = error.reply()
        if reply.code in self.replies:
            return reply
        return reply._replace(code=_NEAREST.get(reply.code, reply.code))


#: RFC 959 section 5.4 lists few codes for each verb, a storage fails in any
#: way.  What is put in place of another code is as final, or as passing.
_NEAREST = {426: 451, 450: 451, 452: 451, 502: 550, 504: 550, 552: 550, 553: 550, 554: 550}


TABLE: dict[str, Verb] = {}

#: Commands of the RFCs that are heard of and not done: 502, where an unknown
#: one is answered 500 (RFC 959 section 5.4 tells the two apart).
NOT_IMPLEMENTED = frozenset(
    ("ADAT", "MIC", "CONF", "ENC") + ("MAIL", "MSND", "MSOM", "MSAM", "MRSQ", "MRCP", "MLFL")
)


def verb(
    name: str,
    argument: str = "",
    *,
    rfc: str,
    needs: Needs = Needs.NOTHING,
    feature: str | Callable[[Conversation], str] = "",
    also: tuple[str, ...] = (),
    replies: tuple[int, ...] = (),
    isTransparent: bool = False,
    isUrgent: bool = False,
) -> Callable[[Function], Function]:
    """
    Declare a verb; see L{Verb} for the arguments.

    @param also: other names of the same verb: the X forms of RFC 1123.
    @param replies: the codes that follow from what it does; those that follow
        from the rest of the declaration are added.
    """

    def declare(function: Function) -> Function:
        summary = (function.__doc__ or "").strip().partition(".")[0]
        for each in (name, *also):
            TABLE[each] = Verb(
                name=each,
                argument=argument,
                function=function,
                needs=needs,
                rfc=rfc,
                summary=" ".join(summary.split()),
                feature=feature if each == name else "",
                isTransparent=isTransparent,
                isUrgent=isUrgent,
                replies=frozenset(replies) | _usual(argument, needs),
            )
        return function

    return declare


#: To look up a member of an enumeration costs more than all else that is asked.
_DONE = Login.DONE

#: Any command may meet the end of the service, a fault of ours, and an
#: argument that is missing, malformed or not wanted.
_ALWAYS = frozenset((421, 451, 501))


def _usual(argument: str, needs: Needs) -> frozenset[int]:
    codes = set(_ALWAYS)
    if Needs.LOGIN in needs:
        codes.add(530)
    if Needs.DATA in needs:
        codes |= {150, 425, 426, 521, 522}
    if "path" in argument:
        # It is not there, or may not be had.
        codes.add(550)
    return frozenset(codes)


def unknown(name: str) -> FTPError:
    """
    Tell of a verb that is not in the table: 502 where the RFCs have it, 500
    where nobody knows it.
    """
    if name in NOT_IMPLEMENTED:
        return NotImplementedHere(f"{name} is not implemented")
    # It may be a password: see Command.shown.
    return UnknownCommand(f"Unknown command {Command(name[:20], '').shown()}")


async def perform(c: Conversation, command: Command) -> Reply:
    """
    Do one command.

    @return: its final reply; whatever error of FTP is met, in here or in a
        storage, becomes its reply in this one place: among them 530, nobody is
        logged in.
    """
    found = TABLE.get(command.verb)
    if found is None:
        # It comes between RNFR and RNTO as well.
        c.session.begin(isTransparent=False)
        return unknown(command.verb).reply()
    session = c.session
    if session.carry is not NOTHING or session.carried is not NOTHING:
        session.begin(isTransparent=found.isTransparent)
    try:
        argument = command.argument
        isText = argument and found.takesText
        arguments = (argument,) if isText else found.readArgument(argument, c)
        if found.needsLogin and session.login is not _DONE:
            raise NotLoggedIn
        if found.needsData:
            c.prepareData()
        return await found.function(c, *arguments)
    except FTPError as error:
        return found.refusal(error)


def isUrgent(command: Command) -> bool:
    """
    May this command be answered while a transfer runs?
    """
    return not command.argument and command.verb in TABLE and TABLE[command.verb].isUrgent


def isInterrupt(command: Command) -> bool:
    """
    Does this command cut short the transfer before it?
    """
    return command.verb == "ABOR"
