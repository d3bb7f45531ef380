"""
What a declaration is: one key of the configuration file and, for many of them,
one option of the command line.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ftpactive.config.kinds import Kind


@dataclass(frozen=True, slots=True)
class Key:
    """
    One choice.

    @ivar default: as the file would say it; L{None} when the key has none.
    @ivar summary: one or two sentences.
    @ivar example: as the file would say it, where the default shows nothing.
    @ivar field: the field of L{Settings}, C{Limits}, C{Protection} or
        C{Account} that it becomes; empty when it is no single one.
    @ivar option: its name on the command line; empty when it is not there.
    @ivar flag: what the option means, where it takes no value.
    @ivar usual: what C{--help} tells as its default, where that is another.
    @ivar told: what it tells of the option, where that is not the summary.
    """

    name: str
    kind: Kind
    default: Any
    summary: str
    field: str = ""
    example: Any = None
    option: str = ""
    flag: bool | None = None
    usual: str = ""
    told: str = ""

    @property
    def value(self) -> Any:
        """
        What the default means.
        """
        return None if self.default is None else self.kind.read(self.default, "/")

    @property
    def optionDefault(self) -> Any:
        """
        The default as the command line would say it; L{None} for none.
        """
        text = ",".join(self.default) if isinstance(self.default, list) else self.default
        return self.usual or (None if text in ("", "any") else text)


@dataclass(frozen=True, slots=True)
class Table:
    """
    One table of the file.

    @ivar name: what it is called; of those that there may be several of, the
        table that they are in.
    """

    name: str
    summary: str
    keys: tuple[Key, ...]
