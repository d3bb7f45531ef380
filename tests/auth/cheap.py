"""
Hashes that cost nothing, and verifying without threads.
"""

from __future__ import annotations

from collections.abc import Callable

from argon2 import PasswordHasher
from twisted.internet.defer import Deferred, execute

from ftpactive.auth.verifier import Verifier

_HASHER = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


def cheapHash(password: str) -> str:
    """
    Give the hash of a password.
    """
    return _HASHER.hash(password)


class CountingVerifier(Verifier):
    """
    Verifies at once.

    @ivar asked: each hash that a password was compared with.
    """

    def __init__(self) -> None:
        super().__init__(inThread=self._count)
        self.asked: list[str] = []

    def _count(self, call: Callable[[str, str], bool], known: str, password: str) -> Deferred[bool]:
        self.asked.append(known)
        return execute(call, known, password)  # type: ignore[no-any-return]
