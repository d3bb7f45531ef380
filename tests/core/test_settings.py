"""
Tests for L{ftpactive.core.settings}.
"""

from __future__ import annotations

from dataclasses import FrozenInstanceError

import pytest

from ftpactive.core.settings import AUTO, Settings


class TestSettings:
    """
    L{Settings} is what an operator may choose.
    """

    def test_standardDataPort(self) -> None:
        """
        Unless told otherwise it is the control port minus one, RFC 959
        section 3.2.
        """
        assert Settings().dataPort == AUTO

    def test_timesAreLimited(self) -> None:
        """
        Nothing waits for ever by default.
        """
        chosen = Settings()
        times = [chosen.loginTimeout, chosen.idleTimeout, chosen.stallTimeout]
        assert min(*times, chosen.connectTimeout, chosen.passiveTimeout) > 0

    def test_cannotChange(self) -> None:
        """
        Sessions share them.
        """
        with pytest.raises(FrozenInstanceError):
            Settings().welcome = "changed"  # type: ignore[misc]
