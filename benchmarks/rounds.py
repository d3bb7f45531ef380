"""
One run: what is measured once, and then round by round.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from itertools import count

from benchmarks import extras
from benchmarks.servers import Server
from benchmarks.starting import Ground, Started
from benchmarks.table import WORKS, Entry
from benchmarks.values import ASYNCIO, BARE, OURS, WORKERS, Amounts, Fault, Results
from benchmarks.works import Work, bare

#: What is measured once, beside the works.
EXTRAS = ("idle", "growth", "held")

#: The part of the time that growth may take.
_GROWTH = 0.2


class Run:
    """
    Measures servers.

    @ivar results: what it found.
    @ivar versions: those of the servers that are there.
    @ivar ways: how processor time is known.
    @ivar descriptors: how many a process may have.
    @ivar rounds: how many rounds were begun.
    """

    def __init__(
        self, ground: Ground, amounts: Amounts, works: list[str], servers: list[Server]
    ) -> None:
        self.results = Results()
        self.versions: dict[str, str] = {}
        self.ways: set[str] = set()
        self.descriptors = extras.allowDescriptors()
        self.rounds = 0
        self._ground, self._amounts = ground, amounts
        self._works, self._servers = works, list(servers)

    def find(self) -> None:
        """
        See which servers can be had, and have them; the first time it takes long.
        """
        for server in list(self._servers):
            try:
                with self._ground.started(server) as started:
                    self.ways.add(started.running.way)
                self.versions[server.name] = server.version()
            except Fault as fault:
                self._servers.remove(server)
                self.results.missing[server.name] = str(fault)
                print(f"{server.name} is missing: {fault}", flush=True)

    def measure(self, seconds: float) -> None:
        """
        Measure everything.

        @param seconds: how long it may take.
        """
        deadline = time.monotonic() + seconds
        self._once(seconds)
        while self.rounds < self._amounts.rounds:
            began = time.monotonic()
            # Where its memory lies makes a server faster or slower until it ends.
            with ExitStack() as stack:
                self._round(self._startAll(stack), deadline)
            took = time.monotonic() - began
            print(f"round {self.rounds}: {took:.0f} s", flush=True)
            if time.monotonic() + 1.1 * took > deadline:
                break

    def _startAll(self, stack: ExitStack) -> list[tuple[Started, list[Entry]]]:
        return [
            (one, entries)
            for isProtected in (False, True)
            if (entries := [e for e in WORKS if self._isAsked(e, isProtected)])
            for one in self._start(stack, isProtected)
        ]

    def _isAsked(self, entry: Entry, isProtected: bool) -> bool:
        return entry.name in self._works and entry.isProtected == isProtected

    def _once(self, seconds: float) -> None:
        growing = [s for s in self._servers if s.name not in (BARE, ASYNCIO, WORKERS)]
        for server in growing:
            if "idle" in self._works:
                self._attempt("idle", server, self._idle)
            if "growth" in self._works:
                until = time.monotonic() + _GROWTH * seconds / len(growing)
                self._attempt("growth", server, partial(self._growth, until))
            if "held" in self._works and server.name == OURS:
                self._attempt("held", server, self._held)

    def _idle(self, started: Started) -> None:
        self.results.idle[started.server.name] = extras.idleMemory(started, self._amounts)

    def _growth(self, until: float, started: Started) -> None:
        steps = self.results.growth.setdefault(started.server.name, [])
        # What was measured stays, also if a later step fails.
        steps.extend(extras.growth(started, self._amounts, until))

    def _held(self, started: Started) -> None:
        self.results.held = extras.held(started, self._amounts, self.descriptors)

    def _attempt(self, work: str, server: Server, measure: Callable[[Started], None]) -> None:
        print(f"{work}: {server.name}", flush=True)
        try:
            with self._ground.started(server) as started:
                measure(started)
        except (Fault, OSError) as error:
            self._fault(work, server.name, error)

    def _start(self, stack: ExitStack, isProtected: bool) -> list[Started]:
        found = []
        for server in self._servers:
            if isProtected and not server.isProtected:
                continue
            try:
                way = self._ground.started(server, isProtected=isProtected)
                found.append(stack.enter_context(way))
            except Fault as fault:
                self._fault(
                    "its start, with TLS" if isProtected else "its start", server.name, fault
                )
        return found

    def _round(self, started: list[tuple[Started, list[Entry]]], deadline: float) -> None:
        # Nobody is always first, nor always behind the same one.
        turns = count(self.rounds)
        self.rounds += 1
        for entry in WORKS:
            for _ in range(entry.times):
                turn = next(turns) % max(1, len(started))
                for one, entries in started[turn:] + started[:turn]:
                    isDone = time.monotonic() > deadline or self._isHopeless(entry, one)
                    if not isDone and entry in entries and one.server.does(entry):
                        self._sample(entry, one)

    def _isHopeless(self, entry: Entry, one: Started) -> bool:
        return self.results.samples.get((entry.name, one.server.name), [])[-2:] == [None, None]

    def _sample(self, entry: Entry, one: Started) -> None:
        work: Work | None = entry.work
        if one.server.name == BARE:
            work = partial(bare, entry.bare) if entry.bare else None
        if not work:
            return
        try:
            sample = extras.measured(one, work, self._amounts.part(entry.times), entry.placing)
        except (Fault, OSError) as error:
            self._fault(entry.name, one.server.name, error)
            self.results.add(entry.name, one.server.name, None)
        else:
            self.results.add(entry.name, one.server.name, sample)

    def _fault(self, work: str, server: str, error: Exception) -> None:
        fault = (work, server, str(error) or type(error).__name__)
        self.results.faults.append(fault)
        print("FAILED", *fault, sep=": ", flush=True)
