"""
The tables of a file, read by their declarations.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from ftpactive.config.declarations import NAMED, SINGLE
from ftpactive.config.document import Document, dotted, shown
from ftpactive.config.keys import Key, Table
from ftpactive.config.lines import Place
from ftpactive.config.mistakes import Mistake, Wrong

#: What the command line says, by table and key.
Given = Mapping[tuple[str, str], Any]


@dataclass(frozen=True)
class Said:
    """
    What a table says: its keys that are there, with their values.

    @ivar place: where it stands.
    @ivar options: the keys that the command line says instead, and its options.
    """

    document: Document
    place: Place
    values: Mapping[str, Any]
    options: Mapping[str, str] = field(default_factory=dict)

    def mistake(self, key: str, words: str) -> Mistake:
        """
        Make the line that tells what is wrong with a key, or with the whole
        table when that is empty.
        """
        if key in self.options or not self.document.name:
            name = f"--{self.options[key]} " if key in self.options else ""
            return Mistake(name + words)
        return self.document.mistake((*self.place, key) if key else self.place, words)


@dataclass(frozen=True)
class Choices:
    """
    What a file and a command line say together.

    @ivar single: the tables that are there once, by name.
    @ivar named: those of which there are several: by table, and by name.
    @ivar hosts: the roots of hosts that the command line names.
    """

    document: Document
    single: Mapping[str, Said]
    named: Mapping[str, Mapping[str, Said]]
    hosts: Mapping[str, str]

    def mistake(self, table: str, key: str, words: str) -> Mistake:
        """
        Make the line that tells what is wrong with a key of a single table.
        """
        return self.single[table].mistake(key, words)

    def value(self, table: str, key: str) -> Any:
        """
        Give what is said; L{None} when nothing is.
        """
        return self.single[table].values.get(key)


def readChoices(document: Document, given: Given) -> Choices:
    """
    Read all tables.

    @param given: what the command line says, which counts for more.

    @raise Mistake: something in the file is not known, or not taken.
    """
    _refuseUnknownTables(document)
    single = {table.name: _single(document, table, given) for table in SINGLE}
    named = {table.name: dict(_named(document, table)) for table in NAMED}
    return Choices(document, single, named, given.get(("hosts", "root"), {}))


def _single(document: Document, table: Table, given: Given) -> Said:
    written = document.data.get(table.name, {})
    said = _read(document, (table.name,), table, written)
    ours = {key: value for (name, key), value in given.items() if name == table.name}
    options = {key.name: key.option for key in table.keys if key.name in ours}
    values = {key.name: key.value for key in table.keys if key.default is not None}
    if table.name == "defaults":
        # Here, what nobody has said is left to the users' groups.
        values = {}
    return Said(document, said.place, {**values, **said.values, **ours}, options)


def _named(document: Document, table: Table) -> Iterator[tuple[str, Said]]:
    written = document.data.get(table.name, {})
    if not isinstance(written, Mapping):
        raise _noTable(document, (table.name,), written)
    for name, each in written.items():
        place = (table.name, name)
        if not name or not name.isprintable():
            raise document.mistake(place, "is no name: it must be one line of text")
        yield name, _read(document, place, table, each)


def _read(document: Document, place: Place, table: Table, written: Any) -> Said:
    if not isinstance(written, Mapping):
        raise _noTable(document, place, written)
    keys = {key.name: key for key in table.keys}
    values = {}
    for name, value in written.items():
        if name not in keys:
            hint = _hint(name, table)
            raise document.mistake((*place, name), f"is not known; {hint}")
        values[name] = _value(document, (*place, name), keys[name], value)
    return Said(document, place, values)


def _value(document: Document, place: Place, key: Key, value: Any) -> Any:
    try:
        return key.kind.read(value, document.folder)
    except Wrong as wrong:
        raise document.mistake(place, str(wrong)) from None
    except ValueError:
        takes = key.kind.written or key.kind.takes
        but = "" if key.kind.isSecret else f", not {shown(value)}"
        raise document.mistake(place, f"takes {takes}{but}") from None


def _noTable(document: Document, place: Place, value: Any) -> Mistake:
    return document.mistake(place, f"is a table, [{dotted(place)}], and not {shown(value)}")


def _hint(name: str, table: Table) -> str:
    """
    Tell what may have been meant.
    """
    near = get_close_matches(name, [key.name for key in table.keys], n=1)
    if near:
        return f"did you mean {near[0]}?"
    for other in (*SINGLE, *NAMED):
        if name in [key.name for key in other.keys]:
            return f"did you mean {name} of [{_heading(other)}]?"
    return "see ftpactive-config sample for what is"


def _heading(table: Table) -> str:
    return f"{table.name}.NAME" if table in NAMED else table.name


def _refuseUnknownTables(document: Document) -> None:
    known = {table.name: table for table in (*SINGLE, *NAMED)}
    for name in document.data:
        if name in known:
            continue
        near = get_close_matches(name, known, n=1)
        holding = [t for t in known.values() if name in [key.name for key in t.keys]]
        if near:
            hint = f"did you mean [{_heading(known[near[0]])}]?"
        elif holding:
            hint = f"did you mean {name} of [{_heading(holding[0])}]?"
        else:
            hint = "see ftpactive-config sample for what is"
        raise document.mistake((name,), f"is not known; {hint}")
