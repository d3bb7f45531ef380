"""
Kinds of values that say who a user is, and what the user sees and may do.
"""

from __future__ import annotations

import grp
import os
import pwd
import re
from collections.abc import Iterator, Mapping
from typing import Any

from ftpactive.auth.hashes import complaint
from ftpactive.config.document import shown
from ftpactive.config.kinds import Kind, asText, located, texts
from ftpactive.config.mistakes import Wrong
from ftpactive.core.account import EVERYTHING, READING, Mount, Permission, Rule
from ftpactive.core.command import printable
from ftpactive.core.errors import BadName
from ftpactive.core.path import Path, resolve, toText

#: In the folder of a mount: the name of whoever logs in.
USER = "{user}"

_FINGERPRINT = re.compile(r"[0-9A-Fa-f]{2}(:?[0-9A-Fa-f]{2}){31}", re.ASCII)
_MASK = re.compile(r"[0-7]{3,4}", re.ASCII)

_WORDS: Mapping[str, frozenset[Permission]] = {
    "everything": EVERYTHING,
    "reading": READING,
    "nothing": frozenset(),
} | {each.value: frozenset((each,)) for each in Permission}


def _password(value: Any, folder: str) -> str:
    # Perhaps it is the password itself: it is shown nowhere.
    if value != "" and (wrong := complaint(asText(value))):
        raise Wrong(f"cannot be used: {wrong}")
    return str(value)


def _certificates(value: Any, folder: str) -> tuple[str, ...]:
    for text in texts(value):
        kind, colon, digits = text.partition(":")
        if colon and kind.lower() == "sha256" and not _FINGERPRINT.fullmatch(digits):
            raise Wrong(f"takes 64 hexadecimal digits behind sha256:, not {shown(digits)}")
        if _FINGERPRINT.fullmatch(text):
            raise Wrong(f"takes a fingerprint with sha256: before it: sha256:{text}")
        if not text:
            raise ValueError
    return texts(value)


def _mask(value: Any, folder: str) -> int | None:
    if value == "":
        return None
    if not _MASK.fullmatch(asText(value)) or int(value, 8) > 0o777:
        raise ValueError
    return int(value, 8)


def _owner(value: Any, folder: str) -> str:
    return _known(asText(value), "user", pwd.getpwnam)


def _group(value: Any, folder: str) -> str:
    return _known(asText(value), "group", grp.getgrnam)


def _known(name: str, what: str, look: Any) -> str:
    try:
        return name if not name or look(name) else ""
    except (KeyError, ValueError):
        raise Wrong(f"names {shown(name)}: this machine has no such {what}") from None


def homeFolder(path: str) -> str:
    """
    Check a folder that may hold C{{user}}: then those above it must be there,
    and it is made at the first login.

    @raise Wrong: it is none.
    """
    above, found, _ = path.partition(USER)
    if USER in os.path.dirname(path) or path.count(USER) > 1:
        raise Wrong(f"{printable(path)} may hold {USER} in its last name only, once")
    there = os.path.dirname(above) if found else path
    if not os.path.isdir(there):
        raise Wrong(f"{printable(there)} is not a folder")
    return path


def _home(value: Any, folder: str) -> str:
    return homeFolder(located(asText(value), folder)) if value != "" else ""


def _path(text: str) -> Path:
    try:
        path = resolve((), text)
    except BadName:
        raise Wrong(f"cannot hold {shown(text)}: a path has no NUL in it") from None
    if not text.startswith("/") or ".." in text.split("/"):
        raise Wrong(f'takes paths that begin with "/", such as "/pub", not {shown(text)}')
    return path


def _byPath(table: Mapping[str, Any]) -> Iterator[tuple[Path, Any]]:
    seen: dict[Path, str] = {}
    for text, value in table.items():
        path = _path(text)
        if path in seen:
            raise Wrong(f"names {toText(path)} twice, as {shown(seen[path])} and {shown(text)}")
        seen[path] = text
        yield path, value


def _mounts(value: Any, folder: str) -> tuple[Mount, ...]:
    if not isinstance(value, Mapping):
        raise ValueError
    return tuple(
        Mount(path, homeFolder(located(asText(where), folder))) for path, where in _byPath(value)
    )


def _permissions(value: Any) -> frozenset[Permission]:
    words = [value] if isinstance(value, str) else texts(value)
    for word in words:
        if word not in _WORDS:
            raise Wrong(f"takes {', '.join(_WORDS)}, not {shown(word)}")
    return frozenset().union(*(_WORDS[word] for word in words))


def _rules(value: Any, folder: str) -> tuple[Rule, ...]:
    table = value if isinstance(value, Mapping) else {"/": value}
    return tuple(Rule(path, _permissions(each)) for path, each in _byPath(table))


PASSWORD = Kind("an argon2id hash, as ftpactive-password makes it", _password, isSecret=True)
CERTIFICATES = Kind("a list of common names, or sha256: and fingerprints", _certificates)
MASK = Kind('a text of octal digits, such as "027"', _mask)
OWNER = Kind("the name of a user of this machine", _owner)
GROUP = Kind("the name of a group of this machine", _group)
HOME = Kind(f"a folder, perhaps with {USER} as its last name", _home)
MOUNTS = Kind('a table of paths and folders, such as { "/pub" = "/srv/pub" }', _mounts)
RULES = Kind("permissions, or a table of paths and permissions", _rules)
