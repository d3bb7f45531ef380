"""
The rules of the architecture that a machine can hold: who may import whom, and
how big and how named things are.  A rule reads modules, and gives a complaint
for each place where one of them breaks it.  See C{ARCHITECTURE.md}.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from graphlib import CycleError, TopologicalSorter

#: What the core must not know: the standard library's ways to the outside.
OUTSIDE = {"asyncio", "logging", "os", "select", "socket", "threading", "time"}

#: The parts that know of no other part at their own height.
SIBLINGS = {"auth", "net", "ops", "storage"}

#: What is between the parts.
SEAMS = {"interfaces", "abilities", "logins", "shield"}

#: What each part may import of ours, beside itself.  The modules not named here
#: wire the parts together and may import everything but C{testing}.
BELOW = {
    "core": set(),
    "interfaces": {"core"},
    "abilities": {"core"},
    "logins": {"core"},
    "shield": {"core", "interfaces"},
    "verbs": {"core", *SEAMS},
    "testing": {"core", *SEAMS, "verbs", "net", "storage"},
} | {sibling: {"core", *SEAMS} for sibling in SIBLINGS}

#: What else these may import; the others have the world.
FOREIGN = {
    "core": sys.stdlib_module_names - OUTSIDE,
} | {part: sys.stdlib_module_names | {"zope"} for part in (*SEAMS, "verbs")}

#: The one module that drives verbs, and answers for errors nobody foresaw; and
#: the one that makes the conversations for it.
DRIVER = "ftpactive.net.working"
MAKER = "ftpactive.net.protocol"

#: These say that a thing does something, and not what.
HOLLOW = ("handler", "manager", "helper", "processor", "util")

LONGEST_FILE = 300
LONGEST_BODY = 45


@dataclass(frozen=True)
class Import:
    """
    One name that a module imports.

    @ivar target: dotted: the module, and behind it the name taken from it.
    @ivar isFrom: is the last part of C{target} a name taken from a module?
    """

    line: int
    target: str
    isFrom: bool


@dataclass(frozen=True)
class Module:
    """
    A file of ours: its path inside the project, and its source.
    """

    path: str
    source: str

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.source, self.path)

    @cached_property
    def isPackage(self) -> bool:
        return self.path.endswith("__init__.py")

    @cached_property
    def name(self) -> str:
        return self.path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")

    @cached_property
    def part(self) -> str:
        """
        The second part of the name: C{core}, C{net}, C{tap}; empty at the top.
        """
        return partOf(self.name)

    def at(self, line: int, complaint: str) -> str:
        """
        Say where something is wrong.
        """
        return f"{self.path}:{line}: {complaint}"

    @cached_property
    def imports(self) -> list[Import]:
        return [found for node in ast.walk(self.tree) for found in self._importsOf(node)]

    def _importsOf(self, node: ast.AST) -> Iterator[Import]:
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Import(node.lineno, alias.name, isFrom=False)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                # One dot is the package that this module is in, or is.
                up = self.name.split(".")
                up = up[: len(up) - node.level + (1 if self.isPackage else 0)]
                base = ".".join([*up, *filter(None, [node.module])])
            for alias in node.names:
                yield Import(node.lineno, f"{base}.{alias.name}", isFrom=True)


Rule = Callable[[list[Module]], Iterable[str]]


def partOf(name: str) -> str:
    """
    Give the part that a dotted name of ours is in; empty for the top.
    """
    return name.split(".")[1] if "." in name else ""


def isOurs(name: str) -> bool:
    """
    Is a dotted name ours?
    """
    return name.split(".")[0] == "ftpactive"


def moduleOf(found: Import, names: set[str]) -> str:
    """
    Give the module that an import of ours loads, which C{from package import
    module} does not tell by itself.
    """
    if found.isFrom and found.target not in names:
        return found.target.rpartition(".")[0]
    return found.target


def foreignImports(modules: list[Module]) -> Iterator[str]:
    """
    Rules 1 and 2: what core, interfaces and verbs take from elsewhere.
    """
    for module in modules:
        for found in module.imports:
            first = found.target.split(".")[0]
            allowed = FOREIGN.get(module.part)
            if allowed is not None and not isOurs(first) and first not in allowed:
                yield module.at(found.line, f"{module.part} must not import {found.target}")


def upwardImports(modules: list[Module]) -> Iterator[str]:
    """
    Rules 2 and 3: arrows run downward, never to a sibling; nobody but those
    who test imports C{testing}.
    """
    for module in modules:
        allowed = BELOW.get(module.part)
        for found in filter(lambda i: isOurs(i.target), module.imports):
            part = partOf(found.target)
            if part == module.part:
                continue
            if module.name in (DRIVER, MAKER) and part == "verbs":
                continue
            if part == "testing" or (allowed is not None and part not in allowed):
                yield module.at(found.line, f"{module.name} must not import {found.target}")


def lateImports(modules: list[Module]) -> Iterator[str]:
    """
    Rule 4: every import is at the top of its file.
    """
    for module in modules:
        top = {id(node) for statement in leading(module.tree) for node in ast.walk(statement)}
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Import | ast.ImportFrom) and id(node) not in top:
                yield module.at(node.lineno, "import below the top of the file")


def leading(tree: ast.Module) -> Iterator[ast.stmt]:
    """
    Give the statements that a file begins with: its docstring and its imports,
    also those that depend on a condition.
    """
    for statement in tree.body:
        isDocstring = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
        if not (
            isDocstring or isinstance(statement, ast.Import | ast.ImportFrom | ast.If | ast.Try)
        ):
            return
        yield statement


def importsFromInit(modules: list[Module]) -> Iterator[str]:
    """
    Rule 4: a name is imported from the module that defines it, not from the
    C{__init__} of one of our packages.
    """
    names = {module.name for module in modules}
    packages = {module.name for module in modules if module.isPackage}
    for module in modules:
        for found in module.imports:
            if moduleOf(found, names) in packages:
                yield module.at(found.line, f"{found.target} is taken from an __init__")


def reactorImports(modules: list[Module]) -> Iterator[str]:
    """
    Rule 5: the global reactor is imported by those who wire, and no one else.
    """
    for module in modules:
        if module.name in {"ftpactive.service", "ftpactive.tap"}:
            continue
        for found in module.imports:
            if (found.target + ".").startswith("twisted.internet.reactor."):
                yield module.at(found.line, "the global reactor is imported")


def circles(modules: list[Module]) -> Iterator[str]:
    """
    No circle of imports.
    """
    names = {module.name for module in modules}
    graph = {m.name: {moduleOf(found, names) for found in m.imports} & names for m in modules}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        # Each of the names is imported by the one behind it; the last is the first.
        circle = error.args[1][:0:-1]
        first = circle.index(min(circle))
        circle = [*circle[first:], *circle[: first + 1]]
        importer = next(module for module in modules if module.name == circle[0])
        found = next(i for i in importer.imports if moduleOf(i, names) == circle[1])
        yield importer.at(found.line, "a circle of imports: " + " -> ".join(circle))


def broadCatches(modules: list[Module]) -> Iterator[str]:
    """
    Only the driver of verbs catches everything; others may do so to tidy up,
    if they raise it again.
    """
    for module in modules:
        if module.name == DRIVER:
            continue
        for node in ast.walk(module.tree):
            if isinstance(node, ast.ExceptHandler) and isTooBroad(node):
                yield module.at(node.lineno, "an except clause that catches everything")


def isTooBroad(clause: ast.ExceptHandler) -> bool:
    """
    Does an C{except} clause name C{Exception} or nothing, or catch
    C{BaseException} for good?
    """
    caught = clause.type
    each = caught.elts if isinstance(caught, ast.Tuple) else [caught]
    names = {None if name is None else ast.unparse(name).split(".")[-1] for name in each}
    last = clause.body[-1]
    raisedAgain = isinstance(last, ast.Raise) and last.exc is None
    return bool(names & {None, "Exception"} or ("BaseException" in names and not raisedAgain))


def longFiles(modules: list[Module]) -> Iterator[str]:
    """
    A file fits in a reader's head.
    """
    for module in modules:
        lines = module.source.count("\n")
        if lines > LONGEST_FILE:
            yield module.at(LONGEST_FILE + 1, f"{lines} lines, more than {LONGEST_FILE}")


def longBodies(modules: list[Module]) -> Iterator[str]:
    """
    A function, its docstring apart, fits on a screen.
    """
    for module in modules:
        for node in ast.walk(module.tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                body = node.body[0 if ast.get_docstring(node) is None else 1 :]
                lines = body[-1].end_lineno - body[0].lineno + 1 if body else 0
                if lines > LONGEST_BODY:
                    yield module.at(node.lineno, f"{node.name} has {lines} lines")


def hollowNames(modules: list[Module]) -> Iterator[str]:
    """
    Modules, classes and functions are named by what they are.
    """
    for module in modules:
        named = [(1, module.name.rpartition(".")[2])] + [
            (node.lineno, node.name)
            for node in ast.walk(module.tree)
            if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        ]
        for line, name in named:
            if any(word in name.lower() for word in HOLLOW):
                yield module.at(line, f"{name} says that it does something, not what")


RULES: list[Rule] = [
    foreignImports,
    upwardImports,
    lateImports,
    importsFromInit,
    reactorImports,
    circles,
    broadCatches,
    longFiles,
    longBodies,
    hollowNames,
]
