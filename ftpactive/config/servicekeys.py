"""
What can be chosen of the service, and of its data connections.
"""

from __future__ import annotations

from ftpactive.config.keys import Key, Table
from ftpactive.config.kinds import FOLDER, LINE, NUMBER, PAGE, SOME_FOLDER, TRUTH, USER, oneOf
from ftpactive.config.networkkinds import (
    ADDRESS,
    CHECKERS,
    DATA_PORTS,
    LISTENERS,
    NETWORKS,
    PORTS,
    TARGETS,
)
from ftpactive.config.quantities import SIZE, TIMES, WORKERS
from ftpactive.core.ebcdic import CODE_PAGES
from ftpactive.core.settings import AUTO, Settings

_SETTINGS = Settings()

SERVICE = Table(
    "service",
    "Where the service listens, what it serves, and who may log in.",
    (
        Key(
            "listen",
            LISTENERS,
            ["tcp:2121"],
            "Where to listen: endpoint descriptions of Twisted, such as tcp:21 or"
            " tcp:21:interface=192.0.2.1.",
            option="listen",
            told="Listen there: an endpoint description such as tcp:21, may be repeated"
            " [default: tcp:2121].",
        ),
        Key(
            "listen-implicit",
            LISTENERS,
            [],
            "Where to listen with TLS from the first byte, in general tcp:990.",
            option="listen-implicit",
            told="Listen there with TLS from the first byte, in general tcp:990, may be repeated.",
            example=["tcp:990"],
        ),
        Key(
            "root",
            FOLDER,
            None,
            "The folder to serve.",
            option="root",
            usual=".",
            told="The folder to serve; with --config that of the file, or none.",
            example="/srv/ftp",
        ),
        Key(
            "homes",
            FOLDER,
            None,
            "Give each user a folder NAME in this one, made at first login.",
            option="homes",
            example="/srv/homes",
        ),
        Key(
            "auth",
            CHECKERS,
            [],
            "Who else may log in, beside the users below: plugins of twisted.cred.strcred, as"
            " --auth takes them.",
            example=["file:/etc/ftpactive/users"],
        ),
        Key(
            "user",
            USER,
            "",
            "Shed root and be this user once all listeners are open.",
            option="user",
            example="ftp",
        ),
        Key(
            "workers",
            WORKERS,
            1,
            "How many processes serve; auto for one on each core.",
            option="workers",
            example="auto",
        ),
        Key(
            "state",
            SOME_FOLDER,
            "",
            "A folder for what is remembered over restarts, such as the use of quotas.",
            option="state",
            example="/var/lib/ftpactive",
        ),
        Key(
            "welcome",
            LINE,
            _SETTINGS.welcome,
            "The text of the greeting.",
            field="welcome",
            option="welcome",
        ),
        Key(
            "log-level",
            oneOf({each: each for each in ("error", "warn", "info", "debug")}),
            _SETTINGS.logLevel,
            "What is logged at the least; info leaves out each command and its reply, warn also"
            " transfers and logins.",
            field="logLevel",
            option="log-level",
            example="info",
        ),
        Key(
            "ebcdic",
            PAGE,
            _SETTINGS.ebcdic,
            "Code page of TYPE E: " + ", ".join(CODE_PAGES) + ".",
            field="ebcdic",
            option="ebcdic",
        ),
        Key(
            "line-limit",
            SIZE,
            _SETTINGS.lineLimit,
            "The longest command.",
            field="lineLimit",
        ),
        Key(
            "ascii-size-limit",
            SIZE,
            "256 MiB",
            "The largest file that SIZE reads to tell how long it is in TYPE A.",
            field="asciiSizeLimit",
        ),
        Key(
            "disk-threads",
            NUMBER,
            _SETTINGS.diskThreads,
            "How many threads may wait for each disk; with 0, everybody waits.",
            field="diskThreads",
        ),
    ),
)

DATA = Table(
    "data",
    "Data connections.",
    (
        Key(
            "port",
            DATA_PORTS,
            AUTO,
            "Source port of active data connections: a number, auto (the listening port"
            " minus one), or any; behind commas, ports to use when it is busy: 20,2020-2029.",
            option="data-port",
            example="20,2020-2029",
        ),
        Key(
            "retry-delays",
            TIMES,
            list(_SETTINGS.retryDelays),
            "Seconds before each further attempt from a busy data port; when there are others to"
            " use, only the first counts.",
        ),
        Key(
            "active-targets",
            TARGETS,
            ["peer"],
            "Where active connections may go: peer (the client itself), substitute (also for"
            " clients behind NAT that name their private address), and networks.",
            option="active-targets",
            example=["substitute", "192.0.2.0/24"],
        ),
        Key(
            "low-port-targets",
            NETWORKS,
            [],
            "Networks whose ports below 1024 active connections may go to.",
            option="low-port-targets",
            example=["192.0.2.0/24"],
        ),
        Key(
            "reply-first",
            TRUTH,
            False,
            "Send 150 before an active connection is made, not after it.",
            field="repliesFirst",
            option="reply-first",
            flag=True,
        ),
        Key(
            "default-connection",
            TRUTH,
            True,
            "Connect a transfer without PORT or PASV to the client's control port; if not, it is"
            " answered 425.",
            field="defaultDataConnection",
            option="no-default-connection",
            flag=False,
            told="Answer 425 to a transfer without PORT or PASV, and do not connect to the client's"
            " control port.",
        ),
        Key(
            "passive-ports",
            PORTS,
            "any",
            "Ports for passive mode: LOW-HIGH.",
            field="passivePorts",
            option="passive-ports",
            example="50000-50099",
        ),
        Key(
            "passive-address",
            ADDRESS,
            "",
            "IPv4 address that PASV announces (behind NAT).",
            field="passiveAddress",
            option="passive-address",
            example="203.0.113.9",
        ),
    ),
)
