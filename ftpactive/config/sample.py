"""
The sample of a configuration file, made of the declarations.

Where a line begins with C{#} and a key, the key has the value that it has
without that line.  Behind C{#} and a blank there are words and examples.
"""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator, Mapping
from typing import Any

from ftpactive.config.accountkeys import DEFAULTS, GROUP_TABLE, GUESTS, USER_TABLE
from ftpactive.config.keys import Key, Table
from ftpactive.config.limitkeys import LIMITS, TIMEOUTS
from ftpactive.config.servicekeys import DATA, SERVICE
from ftpactive.config.tlskeys import HOST, TLS

_WIDTH = 100

#: What is shown of guests; all else is as it is shown of users.
_OF_GUESTS = ("enabled", "root", "permissions")

#: What stands before an example.
EXAMPLE = "#     "

_INTRODUCTION = """\
A configuration of ftpactive: twistd activeftp --config FILE

This is TOML (https://toml.io). A line that begins with "#" and a key shows the default of
that key; take the "#" away to change it. What is indented are examples.

Options of the command line count for more than this file: each replaces the key that is
named with it. Relative paths begin at the folder that this file is in.

Sizes are numbers of bytes, or texts such as "10 MiB" (1024 * 1024) or "10 MB" (1000 * 1000);
rates are the same with "/s": "500 KB/s". Times are numbers of seconds, or texts such as
"90 s", "10 min", "2 h" or "1 d".

SIGHUP (systemctl reload, kill -HUP) reads this file again for sessions that begin afterwards;
when something is wrong with it, nothing changes and the log says why. A restart is needed for
service.listen, service.listen-implicit, service.user and service.state.

Try it before: ftpactive-config check FILE
"""


def sample() -> str:
    """
    Give the whole text.
    """
    parts = [
        "\n".join(line for part in _INTRODUCTION.split("\n\n") for line in (*_words(part), "#"))
    ]
    for table in (SERVICE, DATA, TIMEOUTS, LIMITS, TLS):
        parts += [_heading(table, f"[{table.name}]"), *map(_key, table.keys)]
    parts += [_named(HOST, '"ftp.example"', HOST.keys)]
    parts += [_heading(DEFAULTS, "[defaults]"), *map(_key, DEFAULTS.keys)]
    parts += [
        _named(GROUP_TABLE, "staff", [k for k in GROUP_TABLE.keys if k.name == "permissions"])
    ]
    parts += [_named(USER_TABLE, "alice", USER_TABLE.keys[:4])]
    parts += [_heading(GUESTS, "[guests]")]
    parts += [_key(key) for key in GUESTS.keys if key.name in _OF_GUESTS]
    return "\n\n".join(part.removesuffix("\n#") for part in parts) + "\n"


def _heading(table: Table, heading: str) -> str:
    return "\n".join([*_words(table.summary), heading])


def _key(key: Key) -> str:
    option = f" On the command line: --{key.option}." if key.option else ""
    lines = [*_words(key.summary + option)]
    if key.example is not None:
        lines += [EXAMPLE + f"{key.name} = {written(key.example)}"]
    if key.default is not None:
        lines += [f"#{key.name} = {written(key.default)}"]
    return "\n".join(lines)


def _named(table: Table, name: str, keys: Any) -> str:
    """
    Show a table of which there may be several: all of it is an example.
    """
    lines = [*_words(table.summary), f"{EXAMPLE}[{table.name}.{name}]"]
    for key in keys:
        lines += ["#", *_words(key.summary)] if table is not GROUP_TABLE else []
        value = key.default if key.example is None else key.example
        lines += [f"{EXAMPLE}{key.name} = {written(value)}"]
    return "\n".join(lines)


def _words(text: str) -> Iterator[str]:
    for line in textwrap.wrap(text, _WIDTH - 2, break_on_hyphens=False, break_long_words=False):
        yield f"# {line}"


def written(value: Any) -> str:
    """
    Write a value in TOML.
    """
    if isinstance(value, Mapping):
        inner = ", ".join(f"{written(key)} = {written(each)}" for key, each in value.items())
        return f"{{ {inner} }}" if inner else "{}"
    if isinstance(value, list):
        return "[" + ", ".join(map(written, value)) + "]"
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    # For texts, numbers and booleans both languages agree.
    return json.dumps(value, ensure_ascii=False)
