"""
Asynchronous iterators that are left early.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from typing import TypeVar

T = TypeVar("T")


@asynccontextmanager
async def closing(iterator: AsyncIterator[T]) -> AsyncIterator[AsyncIterator[T]]:
    """
    A context that closes what it is given, if that can be closed.  Most of
    what gives the names in a folder is a generator, and one that is left early
    keeps its folder open until then.
    """
    try:
        yield iterator
    finally:
        if isinstance(iterator, AsyncGenerator):
            await iterator.aclose()
