"""
What the parent hands to a worker that begins.
"""

from __future__ import annotations

import base64
import os
import pickle
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from ftpactive.config.configuration import Configuration
from ftpactive.core.protection import KeyPair, Protection


class CannotHandOver(Exception):
    """
    A worker cannot be given this configuration; one line says why.
    """


@dataclass(frozen=True)
class Package:
    """
    All that a worker must know to serve as the others do.

    @ivar files: what is in the files of TLS, which the parent has read while it
        was privileged: by path.
    """

    configuration: Configuration
    files: Mapping[str, bytes] = field(default_factory=dict)

    @classmethod
    def of(cls, configuration: Configuration) -> Package:
        """
        Make one; to be called while there are privileges.
        """
        tls = configuration.tls
        return cls(configuration, {} if tls is None else dict(_contents(tls)))

    def seal(self) -> str:
        """
        Write it down.

        @raise CannotHandOver: a plugin of --auth does not let that be.
        """
        try:
            return base64.b64encode(pickle.dumps(self)).decode()
        except (pickle.PicklingError, TypeError, AttributeError) as error:
            words = f"a kind of --auth cannot be had with --workers: {error}"
            raise CannotHandOver(words) from None

    @staticmethod
    def unseal(text: str) -> Package:
        """
        Read what the parent wrote down, and nobody else.
        """
        package: Package = pickle.loads(base64.b64decode(text))
        return package

    def opened(self) -> Configuration:
        """
        Give the configuration with names of files of TLS that this process can
        read.
        """
        tls = self.configuration.tls
        if tls is None:
            return self.configuration
        return replace(self.configuration, tls=self._readable(tls))

    def _readable(self, tls: Protection) -> Protection:
        return replace(
            tls,
            pair=self._pair(tls.pair),
            hosts={name: self._pair(pair) for name, pair in tls.hosts.items()},
            clientAuthority=self._name(tls.clientAuthority),
        )

    def _pair(self, pair: KeyPair) -> KeyPair:
        return KeyPair(self._name(pair.certificate), self._name(pair.key))

    def _name(self, path: str) -> str:
        if path not in self.files or os.access(path, os.R_OK):
            return path
        # It lives as long as this process, and so has a name that long.
        copy = os.memfd_create(os.path.basename(path))
        os.write(copy, self.files[path])
        return f"/proc/self/fd/{copy}"


def _contents(tls: Protection) -> Iterator[tuple[str, bytes]]:
    pairs = (tls.pair, *tls.hosts.values())
    paths = {
        tls.clientAuthority,
        *(path for pair in pairs for path in (pair.certificate, pair.key)),
    }
    for path in sorted(paths - {""}):
        try:
            with open(path, "rb") as file:
                yield path, file.read()
        except OSError:
            # Whether it is needed is told where it is used.
            continue
