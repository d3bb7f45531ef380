"""
Tests for L{ftpactive.core.session}.
"""

from __future__ import annotations

import pytest

from ftpactive.core.errors import BadSequence
from ftpactive.core.session import Carry, Login, Session, Step


class TestAdvance:
    """
    L{Session.advance} moves the login on, RFC 959 section 5.4.
    """

    @pytest.mark.parametrize(
        ("before", "step", "after"),
        [
            (Login.NOBODY, Step.NAME, Login.NAMED),
            (Login.NOBODY, Step.ACCEPT, Login.DONE),
            (Login.NOBODY, Step.RESET, Login.NOBODY),
            (Login.NAMED, Step.NAME, Login.NAMED),
            (Login.NAMED, Step.ACCEPT, Login.DONE),
            (Login.NAMED, Step.RESET, Login.NOBODY),
            (Login.DONE, Step.RESET, Login.NOBODY),
        ],
    )
    def test_steps(self, before: Login, step: Step, after: Login) -> None:
        """
        Every step that there is.
        """
        session = Session(login=before)
        session.advance(step)
        assert session.login is after

    @pytest.mark.parametrize("step", [Step.NAME, Step.ACCEPT])
    def test_whoIsInMustLeaveFirst(self, step: Step) -> None:
        """
        Nobody becomes somebody else without a logout.
        """
        session = Session(login=Login.DONE)
        with pytest.raises(BadSequence):
            session.advance(step)
        assert session.login is Login.DONE


class TestBegin:
    """
    L{Session.begin} hands on what one command left for the next.
    """

    def test_theNextFindsIt(self) -> None:
        """
        RNTO finds what RNFR left.
        """
        session = Session(carry=Carry(renameFrom=("a",)))
        session.begin(isTransparent=False)
        assert session.carried == Carry(renameFrom=("a",))

    def test_theOneAfterDoesNot(self) -> None:
        """
        It is used up.
        """
        session = Session(carry=Carry(restart=5))
        session.begin(isTransparent=False)
        session.begin(isTransparent=False)
        assert session.carried == Carry()

    def test_transparentCommandsHandItOn(self) -> None:
        """
        Most clients send PASV between REST and RETR.
        """
        session = Session(carry=Carry(restart=5))
        session.begin(isTransparent=True)
        session.begin(isTransparent=False)
        assert session.carried == Carry(restart=5)

    def test_atFirstThereIsNothing(self) -> None:
        """
        No name to rename from, and offset 0.
        """
        assert (Carry().renameFrom, Carry().restart) == (None, 0)
