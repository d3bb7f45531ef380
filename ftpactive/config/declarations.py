"""
Everything that can be chosen.

From here come the options of C{twistd activeftp}, what the configuration file
may hold, and the sample.
"""

from __future__ import annotations

from ftpactive.config.accountkeys import DEFAULTS, GROUP_TABLE, GUESTS, USER_TABLE
from ftpactive.config.keys import Key
from ftpactive.config.limitkeys import LIMITS, TIMEOUTS
from ftpactive.config.servicekeys import DATA, SERVICE
from ftpactive.config.tlskeys import HOST, TLS

#: The tables that are there once.
SINGLE = (SERVICE, DATA, TIMEOUTS, LIMITS, TLS, GUESTS, DEFAULTS)

#: Those of which there is one for each name.
NAMED = (HOST, GROUP_TABLE, USER_TABLE)

#: The keys that the command line knows, by their names there, each with the
#: name of its table.
OPTIONS: dict[str, tuple[str, Key]] = {
    key.option: (table.name, key) for table in SINGLE for key in table.keys if key.option
}
