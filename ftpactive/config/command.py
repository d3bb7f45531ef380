"""
ftpactive-config: prints a sample of a configuration file, or looks whether
one can be used.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import cast

from twisted.internet.task import Clock

from ftpactive.config.configuration import Configuration
from ftpactive.config.mistakes import Mistake
from ftpactive.config.reading import Sources
from ftpactive.config.sample import sample
from ftpactive.net.reactors import Reactor
from ftpactive.net.tls import TLS, CannotProtect
from ftpactive.output import say


def main(arguments: Sequence[str] | None = None) -> None:
    """
    Run the command.

    @raise SystemExit: the file cannot be used; one line says why.
    """
    options = _options().parse_args(arguments)
    if options.command == "sample":
        say(sample().rstrip("\n"))
        return
    try:
        found = _check(options.file)
    except Mistake as mistake:
        raise SystemExit(str(mistake)) from None
    except CannotProtect as error:
        raise SystemExit(f"{options.file}: {error}") from None
    for warning in found.warnings:
        say(f"Warning: {warning}")
    say(f"{options.file}: good")


def _check(file: str) -> Configuration:
    found = Sources(file, {}).read()
    if found.tls is not None:
        # It reads certificates and keys; of the reactor it only keeps the clock.
        TLS(found.tls, cast(Reactor, Clock()), found.site.settings.connectTimeout)
    return found


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="ftpactive-config", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("sample", help="print a file with all keys and their defaults")
    check = commands.add_parser("check", help="say whether a file can be used")
    check.add_argument("file", metavar="FILE")
    return parser
