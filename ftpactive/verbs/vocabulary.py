"""
Every verb there is.

The families fill the table when they are imported; whoever wants to perform
commands imports the table from here, where all of them have been.
"""

from ftpactive.verbs import (
    about,
    access,
    checksums,
    extended,
    files,
    folder,
    options,
    parameters,
    security,
    site,
    transfer,
)
from ftpactive.verbs.table import TABLE, isInterrupt, isUrgent, perform

__all__ = ["FAMILIES", "TABLE", "isInterrupt", "isUrgent", "perform"]

FAMILIES = (
    access,
    security,
    parameters,
    options,
    files,
    extended,
    checksums,
    folder,
    transfer,
    site,
    about,
)
