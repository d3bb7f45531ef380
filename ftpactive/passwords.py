"""
ftpactive-password: makes the hash of a password, for the configuration file or
for a file of --auth ftpactive:FILE.

It asks for the password twice, and does not show it.  When standard input is
no terminal, it reads one line there.
"""

from __future__ import annotations

import argparse
import getpass
import sys
from collections.abc import Sequence

from ftpactive.auth.hashes import makeHash
from ftpactive.output import say


def main(arguments: Sequence[str] | None = None) -> None:
    """
    Run the command: the hash is on standard output, and nothing else.

    @raise SystemExit: there is no password to be had; one line says why.
    """
    options = _options().parse_args(arguments)
    if options.name is not None and (not options.name or not options.name.isprintable()):
        raise SystemExit("ftpactive-password: a user's name is one line of text")
    if options.name is not None and options.name.startswith("#"):
        raise SystemExit("ftpactive-password: a line that begins with # is no user")
    try:
        password = _ask() if sys.stdin.isatty() else _readLine()
    except KeyboardInterrupt:
        raise SystemExit("\nftpactive-password: nothing was made") from None
    if not password:
        raise SystemExit("ftpactive-password: an empty password would let everybody in")
    known = makeHash(password)
    say(known if options.name is None else f"{options.name}:{known}")


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="ftpactive-password", description=__doc__)
    parser.add_argument(
        "name", nargs="?", metavar="NAME", help="print NAME:HASH, a line for --auth ftpactive:FILE"
    )
    return parser


def _ask() -> str:
    try:
        first = getpass.getpass("Password: ")
        again = getpass.getpass("The same again: ")
    except EOFError:
        return ""
    if first != again:
        raise SystemExit("ftpactive-password: these were two different passwords")
    return first


def _readLine() -> str:
    # Bytes that are not UTF-8 are kept, as those that a client sends are.
    line = sys.stdin.buffer.readline().decode("utf-8", "surrogateescape")
    return line.removesuffix("\n").removesuffix("\r")
