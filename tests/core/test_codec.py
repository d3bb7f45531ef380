"""
Tests for L{ftpactive.core.codec}.
"""

from __future__ import annotations

import pytest

from ftpactive.core.codec import IDENTITY, Chain, Marker, Piece, Step


class Delayed(Step):
    """
    A step that gives each chunk only when the next one comes.

    @param mark: what is put before each.
    """

    def __init__(self, mark: bytes) -> None:
        self._mark = mark
        self._kept = b""

    def feed(self, data: bytes) -> tuple[bytes, ...]:
        """
        Give what came before.
        """
        kept, self._kept = self._kept, self._mark + data
        return (kept,)

    def finish(self) -> tuple[bytes, ...]:
        """
        Give what came last.
        """
        return (self._kept,)


class Marked(Step):
    """
    A step that puts a marker behind each chunk.
    """

    def feed(self, data: bytes) -> tuple[Piece, ...]:
        """
        Give both.
        """
        return (data, Marker("m"))


class Spelled(Step):
    """
    A step that writes markers out.
    """

    takesMarkers = True

    def feed(self, data: Piece) -> tuple[Piece, ...]:
        """
        Give bytes only.
        """
        return (data.text.encode() if isinstance(data, Marker) else data,)


class TestStep:
    """
    L{Step} is what a codec starts from.
    """

    def test_keepsNothingBack(self) -> None:
        """
        Most steps have no last word, and cannot tell the end of a stream.
        """
        assert list(Step().finish()) == []
        assert not Step().isComplete

    def test_doesNothingByItself(self) -> None:
        """
        Every step says what it does.
        """
        with pytest.raises(NotImplementedError):
            Step().feed(b"a")


class TestChain:
    """
    L{Chain} is steps one after the other.
    """

    def test_emptyChainChangesNothing(self) -> None:
        """
        L{IDENTITY} is TYPE I: the kernel may copy the bytes.
        """
        assert not IDENTITY
        assert [*IDENTITY.feed(b"a\n"), *IDENTITY.finish()] == [b"a\n"]

    def test_aStepMakesItTrue(self) -> None:
        """
        The bytes must pass through us.
        """
        assert Chain(Delayed(b""))

    def test_stepsAreInOrder(self) -> None:
        """
        What the first gives, the second gets.
        """
        chain = Chain(Delayed(b"1"), Delayed(b"2"))
        given = [list(chain.feed(each)) for each in (b"a", b"b", b"c")]
        assert given == [[], [], [b"21a"]]

    def test_finishPassesTheNextSteps(self) -> None:
        """
        What a step gives at its end is not the end of the next.
        """
        chain = Chain(Delayed(b"1"), Delayed(b"2"))
        list(chain.feed(b"a"))
        assert list(chain.finish()) == [b"21a"]

    def test_finishOfNothing(self) -> None:
        """
        A step is not fed what is empty.
        """
        assert list(Chain(Delayed(b"1"), Delayed(b"2")).finish()) == []

    def test_markersPassByAStepThatTakesNone(self) -> None:
        """
        They keep their place among the data.
        """
        chain = Chain(Marked(), Delayed(b""))
        assert [*chain.feed(b"a"), *chain.finish()] == [Marker("m"), b"a"]

    def test_markersReachAStepThatTakesThem(self) -> None:
        """
        Block mode writes them into its stream.
        """
        assert list(Chain(Marked(), Spelled()).feed(b"a")) == [b"a", b"m"]

    def test_isCompleteWhenAStepIs(self) -> None:
        """
        A stream that tells its own end is not waited for any longer.
        """
        step = Delayed(b"")
        chain = Chain(Delayed(b""), step)
        assert not chain.isComplete
        step.isComplete = True
        assert chain.isComplete
