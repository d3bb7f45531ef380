"""
A test that leaves an error in the log fails.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from twisted.internet.defer import Deferred, fail
from twisted.logger import Logger
from twisted.python import log

LEAVING = """
    from twisted.internet.defer import Deferred, fail
    from twisted.logger import Logger
    from twisted.python import log
    import pytest

    @pytest.fixture
    def failed():
        return fail(ValueError("from a fixture"))

    class TestErrors:
        def test_deferred(self):
            fail(ValueError("dropped"))

        def test_circle(self):
            d = Deferred()
            d.itself = d
            d.errback(ValueError("in a circle"))

        def test_fixture(self, failed):
            pass

        def test_attribute(self):
            self.failed = fail(ValueError("kept by the test"))

        def test_failure(self):
            try:
                1 / 0
            except ZeroDivisionError:
                Logger().failure("sum")

        def test_words(self):
            log.msg("gone wrong", isError=True)

    def test_fine():
        Logger().info("all is well")
"""


class TestLeftErrors:
    """
    What Twisted's log, or a Deferred that nobody looks at, does to a test.
    """

    def test_eachKindFailsItsOwnTest(self, pytester: pytest.Pytester) -> None:
        """
        A Deferred that fails unseen, freed at once, in a circle, or held by a
        fixture or by the test itself; a failure; words: each is an error of
        the very test that left it.
        """
        pytester.makeconftest(Path(__file__).with_name("conftest.py").read_text())
        pytester.makepyfile(LEAVING)
        result = pytester.runpytest_subprocess()
        result.assert_outcomes(passed=7, errors=6)
        result.stdout.fnmatch_lines(
            [
                "*ERROR at teardown of TestErrors.test_deferred*",
                "*ValueError: dropped",
                "*ERROR at teardown of TestErrors.test_circle*",
                "*ValueError: in a circle",
                "*ERROR at teardown of TestErrors.test_fixture*",
                "*ValueError: from a fixture",
                "*ERROR at teardown of TestErrors.test_attribute*",
                "*ValueError: kept by the test",
                "*ERROR at teardown of TestErrors.test_failure*",
                "*ZeroDivisionError: *",
                "*ERROR at teardown of TestErrors.test_words*",
                "*LoggedError: gone wrong",
            ]
        )


class TestLoggedErrors:
    """
    The fixture C{loggedErrors} takes errors out of the log.
    """

    def test_givesWhatWasLogged(self, loggedErrors) -> None:
        """
        It gives failures in the order they were logged, and then forgets them.
        """
        log.err(ValueError("first"))
        log.err(KeyError("second"))
        assert [f.type for f in loggedErrors()] == [ValueError, KeyError]
        assert loggedErrors() == []

    def test_givesOnlyTheTypesAskedFor(self, loggedErrors) -> None:
        """
        Errors of other types stay, and would fail the test.
        """
        log.err(ValueError("first"))
        log.err(KeyError("second"))
        assert [f.type for f in loggedErrors(KeyError)] == [KeyError]
        assert [f.type for f in loggedErrors(ValueError)] == [ValueError]

    def test_seesUnhandledDeferreds(self, loggedErrors) -> None:
        """
        A Deferred that failed unseen counts, once, also when in a circle.
        """
        fail(ValueError("dropped"))
        circle: Deferred[None] = Deferred()
        circle.itself = circle  # type: ignore[attr-defined]
        circle.errback(KeyError("in a circle"))
        del circle
        assert [f.type for f in loggedErrors()] == [ValueError, KeyError]

    def test_lowerLevelsAreNoErrors(self, loggedErrors) -> None:
        """
        A warning is no error.
        """
        Logger().warn("careful")
        assert loggedErrors() == []
