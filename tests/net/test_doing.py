"""
Tests for L{ftpactive.net.doing}.
"""

from __future__ import annotations

from collections.abc import Coroutine
from contextvars import ContextVar
from typing import Any

import pytest
from twisted.internet.defer import Deferred, succeed
from twisted.python.failure import Failure

from ftpactive.net.doing import Doing

WHO = ContextVar("WHO", default="nobody")


def doing(coroutine: Coroutine[Any, Any, Any]) -> Doing:
    """
    Do something.
    """
    return Doing(coroutine, "a command")


class TestGoOn:
    """
    L{Doing.goOn} runs until something is waited for.
    """

    def test_nothingToWaitFor(self) -> None:
        """
        What is done is done; a result that is there already is not waited for.
        """

        async def done() -> int:
            return await succeed(1) + 1

        with pytest.raises(StopIteration) as raised:
            doing(done()).goOn()
        assert raised.value.value == 2

    def test_wait(self) -> None:
        """
        It tells for what, and goes on from there.
        """
        wanted: Deferred[int] = Deferred()

        async def done() -> int:
            return await wanted + 1

        one = doing(done())
        wanted.addBoth(lambda result: result)
        assert one.goOn() is wanted
        wanted.callback(1)
        with pytest.raises(StopIteration) as raised:
            one.goOn(1)
        assert raised.value.value == 2

    def test_failure(self) -> None:
        """
        An error is raised where it was waited for.
        """
        wanted: Deferred[int] = Deferred()

        async def done() -> str:
            try:
                await wanted
            except ValueError as error:
                return str(error)
            return ""

        one = doing(done())
        one.goOn()
        with pytest.raises(StopIteration) as raised:
            one.goOn(Failure(ValueError("no")))
        assert raised.value.value == "no"

    def test_somethingElse(self) -> None:
        """
        What is no C{Deferred} would never wake it again.
        """

        class Odd:
            def __await__(self) -> Any:
                yield "odd"

        async def done() -> None:
            await Odd()

        with pytest.raises(TypeError, match="odd"):
            doing(done()).goOn()

    def test_context(self) -> None:
        """
        What one command sets for itself, others do not see.
        """

        async def done() -> str:
            before = WHO.get()
            WHO.set("alice")
            await succeed(None)
            return before + WHO.get()

        for _ in range(2):
            with pytest.raises(StopIteration) as raised:
                doing(done()).goOn()
            assert raised.value.value == "nobodyalice"
