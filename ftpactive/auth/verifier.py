"""
Verifying passwords beside everything else: on threads, a few at a time.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable
from hashlib import blake2b
from typing import TypeVar

from argon2.exceptions import VerificationError
from twisted.internet.defer import Deferred, DeferredSemaphore
from twisted.internet.threads import deferToThread
from twisted.logger import Logger

from ftpactive.auth.hashes import decoy, isOutdated, isRight
from ftpactive.core.errors import ServiceClosing

_log = Logger()

T = TypeVar("T")

#: Calls a function on a thread.
InThread = Callable[[Callable[[str, str], bool], str, str], Deferred[bool]]


class Verifier:
    """
    Verifies passwords, at most C{most} at a time, since each takes 64 MiB of
    memory and all that a core can do; and lets at most C{waiting} wait.
    """

    def __init__(
        self, *, most: int = 2, waiting: int = 100, inThread: InThread = deferToThread
    ) -> None:
        self._free = DeferredSemaphore(most)
        self._waiting = waiting
        self._inThread = inThread

    async def isRight(self, known: str, password: str) -> bool:
        """
        Is a hash that of a password?

        @raise ServiceClosing: (421) too many others wait for an answer.
        """
        if len(self._free.waiting) >= self._waiting:
            raise ServiceClosing("Too many logins at this moment, try again later")
        await self._free.acquire()
        try:
            return await self._verify(known, password)
        except VerificationError as error:
            # As a rule there was no memory left.
            _log.error("A password cannot be verified: {error}", error=str(error))
            return False

    def _verify(self, known: str, password: str) -> Deferred[bool]:
        # Who waits may give up, the thread goes on: its place is free when it
        # is done, and not before.
        answer: Deferred[bool] = Deferred()
        done = self._inThread(isRight, known, password).addBoth(self._release)
        done.addCallbacks(answer.callback, answer.errback)
        return answer

    def _release(self, result: T) -> T:
        self._free.release()
        return result


class Hashes:
    """
    The hashes of some users.  Whoever asks waits for exactly one verification,
    whether there is such a user or not, so that the time tells nothing; where
    there are no hashes at all, nobody waits.
    """

    def __init__(self, known: Iterable[tuple[str, str]], verifier: Verifier) -> None:
        """
        @param known: names and hashes; that of somebody whom no password lets
            in is empty.
        """
        self._known = {name: text for name, text in known if text}
        self._verifier = verifier
        # Hashes of different ages take different times.  So those who are not
        # known are made to look like one who is; always like the same one.
        self._decoys = [decoy(text) for text in self._known.values()]
        self._secret = secrets.token_bytes(16)
        self._told: set[str] = set()

    async def isRight(self, name: str, password: str, *, isWelcome: bool = True) -> bool:
        """
        Is it the password of this user?

        @param isWelcome: may the user come in at all?  If not, the answer is
            no, after the same time.
        @raise ServiceClosing: (421) too many others wait for an answer.
        """
        if not self._known:
            # Nobody is there to be told from others.
            return False
        known = self._known.get(name)
        if known is None or not isWelcome:
            # With a password that is not welcome, the same work is done.
            await self._verifier.isRight(known or self._decoy(name), password)
            return False
        isTheirs = await self._verifier.isRight(known, password)
        if isTheirs and isOutdated(known):
            self._advise(name)
        return isTheirs

    def _decoy(self, name: str) -> str:
        text = name.encode("utf-8", "surrogateescape")
        number = int.from_bytes(blake2b(text, key=self._secret).digest(), "big")
        return self._decoys[number % len(self._decoys)]

    def _advise(self, name: str) -> None:
        if name not in self._told:
            self._told.add(name)
            _log.info(
                "The hash of user {name} was made with other parameters than those of today:"
                " let ftpactive-password make a new one",
                name=name,
            )
