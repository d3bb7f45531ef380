"""
What a service keeps on disk for itself.
"""

from __future__ import annotations

import os

from ftpactive.service import CannotServe
from ftpactive.storage.ledger import MEMORY, BadLedger, Ledger

#: The file of the state folder in which quotas are kept.
_LEDGER = "quotas.sqlite"


def ledgerIn(folder: str, *, worker: int = 0) -> Ledger:
    """
    Give the books of quotas.

    @param folder: where they are; empty for memory.
    @param worker: see L{Ledger}.
    """
    return Ledger(os.path.join(folder, _LEDGER) if folder else MEMORY, worker=worker)


def isKept(folder: str) -> bool:
    """
    Are there any?
    """
    return os.path.exists(os.path.join(folder, _LEDGER))


def openLedger(ledger: Ledger, folder: str) -> None:
    """
    Open them.

    @raise CannotServe: they cannot be written to.
    """
    try:
        ledger.open()
    except BadLedger as error:
        raise CannotServe(
            f"activeftp: cannot write to {_LEDGER} in the state folder {folder}:"
            f" {error}; the folder and what is in it must be writable for the user that"
            " the service runs as"
        ) from None
