"""
How long things may take, and how much of the service anybody may have.
"""

from __future__ import annotations

from ftpactive.config.keys import Key, Table
from ftpactive.config.kinds import NUMBER
from ftpactive.config.networkkinds import NETWORKS
from ftpactive.config.quantities import RATE, SECONDS, TIME
from ftpactive.core.limits import Limits
from ftpactive.core.settings import Settings

_SETTINGS = Settings()
_LIMITS = Limits()

TIMEOUTS = Table(
    "timeouts",
    'Times are numbers of seconds, or texts such as "90 s", "10 min", "2 h" or "1 d".',
    (
        Key(
            "login",
            TIME,
            _SETTINGS.loginTimeout,
            "Seconds to log in.",
            field="loginTimeout",
            option="login-timeout",
        ),
        Key(
            "idle",
            TIME,
            _SETTINGS.idleTimeout,
            "Seconds between two commands.",
            field="idleTimeout",
            option="idle-timeout",
        ),
        Key(
            "stall",
            TIME,
            _SETTINGS.stallTimeout,
            "Seconds for a transfer to move.",
            field="stallTimeout",
            option="stall-timeout",
        ),
        Key(
            "connect",
            TIME,
            _SETTINGS.connectTimeout,
            "Seconds to open a data connection.",
            field="connectTimeout",
            option="connect-timeout",
        ),
        Key(
            "stop",
            SECONDS,
            10,
            "Seconds for transfers to end when the service stops; 0 cuts them.",
            option="stop-timeout",
        ),
        Key(
            "session",
            SECONDS,
            _SETTINGS.sessionTimeout,
            "From the greeting to the end of the session, whatever it does; 0 for as long as it"
            " likes.",
            field="sessionTimeout",
            example="12 h",
        ),
    ),
)

LIMITS = Table(
    "limits",
    "How much of the service clients may have; 0 means that nothing is limited.",
    (
        Key(
            "sessions",
            NUMBER,
            _LIMITS.sessions,
            "Control connections at once, in all.",
            field="sessions",
            option="max-sessions",
            example=2000,
        ),
        Key(
            "sessions-per-address",
            NUMBER,
            _LIMITS.sessionsPerAddress,
            "Control connections at once from one address; of IPv6, from one /64.",
            field="sessionsPerAddress",
            option="max-per-address",
            example=20,
        ),
        Key(
            "sessions-per-user",
            NUMBER,
            _LIMITS.sessionsPerUser,
            "Logins of one user at once.",
            field="sessionsPerUser",
        ),
        Key(
            "logins-per-minute",
            NUMBER,
            _LIMITS.loginsPerMinute,
            "Attempts to log in from one address.",
            field="loginsPerMinute",
        ),
        Key(
            "login-failures",
            NUMBER,
            _SETTINGS.loginFailures,
            "How many wrong passwords end a session.",
        ),
        Key(
            "login-delay",
            SECONDS,
            _SETTINGS.loginDelay,
            "Before a wrong password is answered.",
        ),
        Key(
            "ban-after",
            NUMBER,
            _LIMITS.banAfter,
            "How many failed logins, from one address or for one account, ban it for a while.",
            field="banAfter",
            example=10,
        ),
        Key(
            "ban-window",
            TIME,
            "10 min",
            "How long a failed login counts.",
            field="banWindow",
        ),
        Key("ban-time", TIME, "10 min", "How long a ban lasts.", field="banTime"),
        Key(
            "allow",
            NETWORKS,
            [],
            "Only these networks are served.",
            field="allow",
            example=["192.0.2.0/24", "2001:db8::/32"],
        ),
        Key(
            "deny",
            NETWORKS,
            [],
            "These are not, even if they are allowed.",
            field="deny",
            example=["198.51.100.0/24"],
        ),
        Key(
            "download",
            RATE,
            0,
            "The bandwidth of all sessions together, to the clients: a number of bytes per second,"
            ' or a text such as "500 KB/s" or "2 MiB/s".',
            example="50 MB/s",
        ),
        Key("upload", RATE, 0, "Likewise, from the clients.", example="50 MB/s"),
        Key("session-download", RATE, 0, "The bandwidth of each session.", example="2 MB/s"),
        Key("session-upload", RATE, 0, "Likewise, from the client.", example="2 MB/s"),
    ),
)
