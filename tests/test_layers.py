"""
The package keeps the rules of C{tests.layers}, and each rule sees who breaks it.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import layers
from tests.layers import RULES, Module, Rule

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def ours() -> list[Module]:
    """
    Every module of the package.
    """
    files = sorted((ROOT / "ftpactive").rglob("*.py"))
    return [Module(f.relative_to(ROOT).as_posix(), f.read_text()) for f in files]


def lines(count: int) -> str:
    """
    Make that many lines, indented.
    """
    return "    pass\n" * count


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_ruleIsKept(rule: Rule, ours: list[Module]) -> None:
    """
    The whole package keeps each of the rules.
    """
    complaints = list(rule(ours))
    assert not complaints, "\n".join(["", *complaints])


def test_everythingIsRead(ours: list[Module]) -> None:
    """
    The rules see the package: a rule that is shown nothing is always kept.
    """
    assert {"ftpactive", "ftpactive.interfaces", "ftpactive.core.reply"} <= {m.name for m in ours}


# Each line: the rule, the file, what it says, and the line that is complained of.
OFFENCES = [
    (layers.foreignImports, "core/a.py", "import os", 1),
    (layers.foreignImports, "core/a.py", "import re, os.path", 1),
    (layers.foreignImports, "core/a.py", "from time import monotonic", 1),
    (layers.foreignImports, "core/a.py", "def f():\n    import socket", 2),
    (layers.foreignImports, "core/a.py", "from zope.interface import Interface", 1),
    (layers.foreignImports, "interfaces.py", "from twisted.internet.defer import Deferred", 1),
    (layers.foreignImports, "verbs/a.py", "import re\nimport twisted", 2),
    (layers.upwardImports, "core/a.py", "from ftpactive.interfaces import ISource", 1),
    (layers.upwardImports, "core/a.py", "from .. import interfaces", 1),
    (layers.upwardImports, "interfaces.py", "import ftpactive.verbs.table", 1),
    (layers.upwardImports, "verbs/a.py", "from ftpactive.net.protocol import A", 1),
    (layers.upwardImports, "net/a.py", "from ftpactive.storage.local import A", 1),
    (layers.upwardImports, "net/a.py", "from ftpactive.verbs.table import A", 1),
    (layers.upwardImports, "ops/a.py", "from ftpactive.service import A", 1),
    (layers.upwardImports, "auth/a.py", "from ftpactive import ops", 1),
    (layers.upwardImports, "testing/a.py", "from ftpactive.auth.realm import A", 1),
    (layers.upwardImports, "net/working.py", "from ftpactive.testing.fakes import A", 1),
    (layers.upwardImports, "service.py", "import ftpactive.testing", 1),
    (layers.lateImports, "net/a.py", "def f():\n    import re", 2),
    (layers.lateImports, "net/a.py", "class A:\n    from re import I", 2),
    (layers.lateImports, "net/a.py", "A = 1\nimport re", 2),
    (layers.importsFromInit, "net/a.py", "from ftpactive.core import Reply", 1),
    (layers.importsFromInit, "core/a.py", "from . import Reply", 1),
    (layers.importsFromInit, "tap.py", "from ftpactive import __version__", 1),
    (layers.importsFromInit, "tap.py", "import re\nimport ftpactive", 2),
    (layers.reactorImports, "net/a.py", "from twisted.internet import defer, reactor", 1),
    (layers.reactorImports, "net/a.py", "import twisted.internet.reactor as r", 1),
    (layers.circles, "core/a.py", "import re\nfrom ftpactive.core import b", 2),
    (layers.circles, "core/a.py", "from .b import B", 1),
    (layers.broadCatches, "net/a.py", "try:\n    f()\nexcept:\n    raise", 3),
    (layers.broadCatches, "net/a.py", "try:\n    f()\nexcept Exception as e:\n    g()", 3),
    (layers.broadCatches, "net/a.py", "try:\n    f()\nexcept (OSError, Exception):\n    g()", 3),
    (layers.broadCatches, "net/a.py", "try:\n    f()\nexcept BaseException:\n    g()", 3),
    (layers.longFiles, "net/a.py", "if 1:\n" + lines(layers.LONGEST_FILE), layers.LONGEST_FILE + 1),
    (layers.longBodies, "net/a.py", "def f():\n" + lines(layers.LONGEST_BODY + 1), 1),
    (layers.longBodies, "net/a.py", "\nasync def f():\n" + lines(layers.LONGEST_BODY + 1), 2),
    (layers.hollowNames, "net/utils.py", "", 1),
    (layers.hollowNames, "net/a.py", "\nclass FileHandler: pass", 2),
    (layers.hollowNames, "net/a.py", "class A:\n    def portManager(self): pass", 2),
]

# Each line: the rule, the file, and what it may well say.
FINE = [
    (layers.foreignImports, "core/a.py", "import re\nfrom errno import ENOENT"),
    (layers.foreignImports, "net/a.py", "import os, twisted"),
    (layers.upwardImports, "core/a.py", "from ftpactive.core.reply import Reply"),
    (layers.upwardImports, "verbs/a.py", "from ftpactive.interfaces import ISource"),
    (layers.upwardImports, "net/working.py", "from ftpactive.verbs.table import perform"),
    (layers.upwardImports, "testing/a.py", "from ftpactive.net.protocol import A"),
    (layers.upwardImports, "service.py", "from ftpactive.auth.realm import A"),
    (layers.lateImports, "net/a.py", '"""Doc."""\nimport re\nif re:\n    import os\nA = 1'),
    (layers.importsFromInit, "net/a.py", "from ftpactive.core import b"),
    (layers.importsFromInit, "net/a.py", "from ftpactive.core.b import B"),
    (layers.reactorImports, "tap.py", "from twisted.internet import reactor"),
    (layers.reactorImports, "net/a.py", "from twisted.internet.interfaces import IReactorTCP"),
    (layers.circles, "net/a.py", "from ftpactive.core.b import B"),
    (layers.broadCatches, "net/a.py", "try:\n    f()\nexcept BaseException:\n    g()\n    raise"),
    (layers.broadCatches, "net/working.py", "try:\n    f()\nexcept Exception:\n    g()"),
    (layers.longFiles, "net/a.py", "if 1:\n" + lines(layers.LONGEST_FILE - 1)),
    (layers.longBodies, "net/a.py", 'def f():\n    """\n    """\n' + lines(layers.LONGEST_BODY)),
    (layers.hollowNames, "net/a.py", "handler = 1\nclass Pump: pass"),
]


def complaintsAbout(rule: Rule, path: str, source: str) -> list[str]:
    """
    Show a rule one file, beside a few others that break no rule by themselves.
    """
    others = [
        Module("ftpactive/__init__.py", ""),
        Module("ftpactive/core/__init__.py", ""),
        Module("ftpactive/core/b.py", "from ftpactive.core.a import A"),
    ]
    return list(rule([*others, Module(f"ftpactive/{path}", source)]))


class TestRules:
    """
    Each rule tells right from wrong.
    """

    @pytest.mark.parametrize(("rule", "path", "source", "line"), OFFENCES)
    def test_offenceIsSeen(self, rule: Rule, path: str, source: str, line: int) -> None:
        """
        A file that breaks the rule is complained of once, with its line.
        """
        [complaint] = complaintsAbout(rule, path, source)
        assert complaint.startswith(f"ftpactive/{path}:{line}: ")

    @pytest.mark.parametrize(("rule", "path", "source"), FINE)
    def test_whatIsFineIsLeftAlone(self, rule: Rule, path: str, source: str) -> None:
        """
        A file that keeps the rule is not complained of.
        """
        assert complaintsAbout(rule, path, source) == []

    def test_everyRuleIsTried(self) -> None:
        """
        No rule is without an offence and without something that is fine.
        """
        assert {case[0] for case in OFFENCES} == {case[0] for case in FINE} == set(RULES)
