"""
Reading a configuration again while sessions go on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from twisted.logger import Logger

from ftpactive.accounts import BadAccount
from ftpactive.config.configuration import Configuration
from ftpactive.config.mistakes import Mistake
from ftpactive.config.reading import Sources
from ftpactive.service import CannotServe

_log = Logger(namespace="ftpactive")


class Reload:
    """
    What C{SIGHUP} does: sessions that begin from then on are of the new
    configuration, those that there are go on as they are.
    """

    def __init__(
        self,
        sources: Sources,
        started: Configuration,
        change: Callable[[Configuration], None],
    ) -> None:
        """
        @param started: what the process began with: some of it holds until it
            ends.
        @param change: puts another one in force.
        """
        self._sources = sources
        self._started = started
        self._change = change

    def __call__(self) -> None:
        """
        Do so; a configuration that cannot be used changes nothing.
        """
        if not self._sources.file:
            _log.info("SIGHUP: options are read at the start only; going on")
            return
        try:
            new = self._read()
            self._change(new)
        except (Mistake, BadAccount, CannotServe) as error:
            said = str(error).removeprefix("activeftp: ")
            _log.warn("SIGHUP: nothing has changed: {error}", error=said)
            return
        for warning in new.warnings:
            _log.warn("Warning: {warning}", warning=warning)
        for name in _needRestart(self._started, new):
            _log.warn("SIGHUP: {name} has changed, and needs a restart", name=name)
        _log.info("SIGHUP: {file} is in force for new sessions", file=self._sources.file)

    def _read(self) -> Configuration:
        new = self._sources.read()
        if self._started.implicit and new.tls is None:
            words = "is gone, and listeners of service.listen-implicit need it until a restart"
            raise Mistake(f"tls.certificate {words}")
        return new


def _needRestart(old: Configuration, new: Configuration) -> Iterator[str]:
    if old.listeners != new.listeners:
        yield "service.listen"
    if old.implicit != new.implicit:
        yield "service.listen-implicit"
    if old.workers != new.workers:
        yield "service.workers"
    if old.stopTimeout != new.stopTimeout:
        yield "timeouts.stop"
    if old.user != new.user:
        yield "service.user"
    if old.stateFolder != new.stateFolder:
        yield "service.state"
    if _lowDataPorts(new) - _lowDataPorts(old):
        # Whoever may bind them was told of them when the service started.
        yield "data.port, for ports below 1024,"


def _lowDataPorts(configuration: Configuration) -> set[int]:
    settings = configuration.site.settings
    ports = (settings.dataPort, *settings.spareDataPorts)
    return {port for port in ports if isinstance(port, int) and 0 < port < 1024}
