"""
Hashes of passwords: argon2id, RFC 9106.
"""

from __future__ import annotations

import re
import secrets
from base64 import b64encode

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError

#: Makes hashes with the parameters that argon2-cffi recommends, and verifies
#: those that were made with any.
_HASHER = PasswordHasher()

_BASE64 = "[A-Za-z0-9+/]"

#: Salt and digest of no less than 8 and 16 bytes.
_FORM = re.compile(
    rf"\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\${_BASE64}{{11,}}\${_BASE64}{{22,}}", re.ASCII
)

#: What one login may cost: KiB of memory, rounds, threads.  Who asks for more
#: has mistyped it.
_MOST = (2**20, 100, 64)


def makeHash(password: str) -> str:
    """
    Give the hash of a password, in the form that argon2 writes it:
    C{"$argon2id$v=19$m=65536,t=3,p=4$..."}.
    """
    return _HASHER.hash(_encode(password))


def isRight(known: str, password: str) -> bool:
    """
    Is a hash that of a password?  This takes some 0.1 s and 64 MiB, and may be
    asked on any thread: others go on meanwhile.

    @param known: what L{complaint} finds nothing wrong with.
    @raise argon2.exceptions.VerificationError: it cannot be told, for want of
        memory.
    """
    try:
        return _HASHER.verify(known, _encode(password))
    except VerifyMismatchError:
        return False


def isOutdated(known: str) -> bool:
    """
    Was a hash made with other parameters than those of today?
    """
    return _HASHER.check_needs_rehash(known)


def complaint(known: str) -> str:
    """
    Tell why something is not a hash that we can use; empty when it is one.
    """
    found = _FORM.fullmatch(known)
    if found is None:
        return "this is no argon2id hash: make one with ftpactive-password"
    costs = tuple(map(int, found.groups()))
    if any(cost > most for cost, most in zip(costs, _MOST, strict=True)):
        return f"this hash costs too much: no more than m={_MOST[0]},t={_MOST[1]},p={_MOST[2]}"
    if costs[1] < 1 or costs[2] < 1 or costs[0] < 8 * costs[2]:
        return "this hash costs too little: t and p are at least 1, and m is at least 8 times p"
    return ""


def decoy(known: str) -> str:
    """
    Give a hash that no password has, and that takes as long to verify as
    another one.
    """
    *parameters, salt, digest = known.split("$")
    return "$".join([*parameters, _random(salt), _random(digest)])


def _random(text: str) -> str:
    return _base64(len(text) * 3 // 4)


def _base64(count: int) -> str:
    # As argon2 writes it: without padding.
    return b64encode(secrets.token_bytes(count)).decode("ascii").rstrip("=")


def _encode(password: str) -> bytes:
    # The very bytes that a client sent.
    return password.encode("utf-8", "surrogateescape")
