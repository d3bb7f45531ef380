"""
What can be chosen of users.
"""

from __future__ import annotations

from dataclasses import replace

from ftpactive.config.accountkinds import (
    CERTIFICATES,
    GROUP,
    HOME,
    MASK,
    MOUNTS,
    OWNER,
    PASSWORD,
    RULES,
)
from ftpactive.config.keys import Key, Table
from ftpactive.config.kinds import NUMBER, TEXTS, TRUTH
from ftpactive.config.networkkinds import NETWORKS, TARGETS
from ftpactive.config.quantities import RATE, SIZE
from ftpactive.config.tlskeys import REQUIRE

_SHARED = (
    Key(
        "root",
        HOME,
        None,
        'What the user sees at "/": a folder, which may hold {user} for the name as (a part of)'
        " its last name, and is then made at the first login. Without it, service.homes or"
        " service.root.",
        example="/srv/homes/{user}",
    ),
    Key(
        "mounts",
        MOUNTS,
        {},
        "Folders that are seen at other paths.",
        field="mounts",
        example={"/pub": "/srv/pub"},
    ),
    Key(
        "permissions",
        RULES,
        "everything",
        "What may be done: list, read, write (new files, and those in their place), append,"
        " delete, rename, folder (make some), or drop (leave new files and see nothing); or"
        " everything (without drop), reading, nothing. One of these words, a list of them, or a"
        " table of paths, of which the longest holds.",
        field="rules",
        example={"/": "reading", "/in": "drop"},
    ),
    Key(
        "umask",
        MASK,
        "",
        "The bits that new files and folders do not have; those of the process without it.",
        field="umask",
        example="027",
    ),
    Key("owner", OWNER, "", "Who owns what is uploaded.", field="owner", example="www-data"),
    Key("group", GROUP, "", "Likewise, the group.", field="group", example="www-data"),
    Key(
        "atomic",
        TRUTH,
        False,
        "Do uploads show under their names only when they are whole?",
        field="atomic",
        option="atomic-uploads",
        flag=True,
        told="Show uploads under their names only when they are whole.",
    ),
    Key(
        "sync",
        TRUTH,
        False,
        "Does the reply to an upload mean that it is on the disk?",
        field="sync",
    ),
    Key("download", RATE, 0, "The bandwidth of all sessions of the user.", example="5 MB/s"),
    Key("upload", RATE, 0, "Likewise, from the client.", example="5 MB/s"),
    Key(
        "session-download",
        RATE,
        0,
        "That of each session; it replaces limits.session-download.",
        example="2 MB/s",
    ),
    Key("session-upload", RATE, 0, "Likewise, from the client.", example="2 MB/s"),
    Key(
        "quota-size",
        SIZE,
        None,
        "How much the user may have stored.",
        example="10 GiB",
    ),
    Key("quota-files", NUMBER, None, "How many files.", example=10000),
    Key(
        "sessions",
        NUMBER,
        None,
        "Logins at once; without it, limits.sessions-per-user.",
        field="sessions",
        example=4,
    ),
    Key(
        "require-tls",
        REQUIRE,
        None,
        "What must be protected besides what tls.require says.",
        example="both",
    ),
    Key(
        "active-targets",
        TARGETS,
        None,
        "Where active connections may go; without it, data.active-targets.",
        example=["peer"],
    ),
    Key(
        "low-port-targets",
        NETWORKS,
        None,
        "Networks whose ports below 1024 they may go to.",
        example=["192.0.2.0/24"],
    ),
    Key(
        "networks",
        NETWORKS,
        [],
        "From where the user may come; without any, from anywhere.",
        field="networks",
        example=["192.0.2.0/24"],
    ),
)

DEFAULTS = Table(
    "defaults",
    "What holds for users, of this file and of service.auth, whose table and groups say nothing"
    " else.",
    _SHARED,
)

GROUP_TABLE = Table(
    "groups",
    "A group says what holds for its members. It may hold all the keys of defaults.",
    tuple(replace(key, option="") for key in _SHARED),
)

USER_TABLE = Table(
    "users",
    "A user. It may hold all the keys of defaults as well; what is said here replaces what the"
    " groups and defaults say, key by key.",
    (
        Key(
            "password",
            PASSWORD,
            "",
            "The argon2id hash of the password, as ftpactive-password makes it. Without it no"
            " password will do.",
            field="password",
            example="$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHQ$RdescudvJCsgt3ub+b2dWRWJTmaaJObG",
        ),
        Key(
            "certificates",
            CERTIFICATES,
            [],
            "The certificates that will do instead of a password: their common names, or sha256:"
            " and their fingerprints. See tls.client-certificates.",
            field="certificates",
            example=["alice", "sha256:" + ":".join(["0f"] * 32)],
        ),
        Key(
            "groups",
            TEXTS,
            [],
            "The groups of the user; of several, the first that says something is right.",
            example=["staff"],
        ),
        *GROUP_TABLE.keys,
    ),
)


def _ofGuests(key: Key) -> Key:
    if key.name == "root":
        words = 'What they see at "/". Without it, service.root.'
        return replace(key, summary=words, example="/srv/pub")
    return replace(key, default="reading") if key.name == "permissions" else key


GUESTS = Table(
    "guests",
    "Who logs in as anonymous or ftp, with any password. It may hold all the keys of"
    " defaults, and nothing that is said there holds for them.",
    (
        Key(
            "enabled",
            TRUTH,
            False,
            "Do guests come in?",
            option="anonymous",
            flag=True,
            told="Let guests in, read-only (the default without --auth and --config).",
        ),
        *(_ofGuests(key) for key in GROUP_TABLE.keys),
    ),
)
