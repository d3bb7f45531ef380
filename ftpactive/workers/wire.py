"""
Events on their way from a worker to its parent: the name of a class, and the
values of its fields.

To say what happened takes a fifth of the time that it takes to write the line
about it; whoever reads it in the parent may not want the line.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from enum import Enum
from operator import attrgetter
from typing import Any, get_type_hints

from ftpactive.core.events import Event

#: A text is cut to less where it is shown (L{ftpactive.core.command.printable}),
#: and need not travel whole: a path may be as long as a client likes.
LONGEST = 300


def _kinds(kind: type[Event]) -> list[type[Event]]:
    return [kind, *(each for below in kind.__subclasses__() for each in _kinds(below))]


class Way:
    """
    One class of events, both ways.
    """

    def __init__(self, kind: type[Event]) -> None:
        self._kind = kind
        names = [field.name for field in fields(kind)]
        types = get_type_hints(kind)
        self._types: list[type] = [types[name] for name in names]
        self._values: Callable[[Event], tuple[Any, ...]] = attrgetter(*names)
        self._texts = [i + 1 for i, each in enumerate(self._types) if each is str]
        self._choices = [i for i, each in enumerate(self._types) if issubclass(each, Enum)]

    def write(self, event: Event) -> list[Any]:
        """
        Give what JSON can hold.
        """
        values = [self._kind.__name__, *self._values(event)]
        for place in self._choices:
            values[place + 1] = values[place + 1].value
        for place in self._texts:
            if len(values[place]) > LONGEST:
                values[place] = values[place][:LONGEST]
        return values

    def read(self, values: list[Any]) -> Event:
        """
        Make an event of it again.

        @raise ValueError: it makes no sense; L{TypeError}, too.
        """
        if len(values) != len(self._types):
            raise ValueError(values)
        return self._kind(*map(_checked, values, self._types))


def _checked(value: Any, wanted: type) -> Any:
    if issubclass(wanted, Enum):
        return wanted(value)
    if type(value) is not wanted and not (wanted is float and type(value) is int):
        raise TypeError(value)
    return value


#: By the names of classes.
WAYS = {kind.__name__: Way(kind) for kind in _kinds(Event)}
