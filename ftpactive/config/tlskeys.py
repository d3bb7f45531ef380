"""
What can be chosen of TLS, and of hosts that have names of their own.
"""

from __future__ import annotations

from ftpactive.config.keys import Key, Table
from ftpactive.config.kinds import FILE, FOLDER, LINE, SOME_FILE, TRUTH, choice, oneOf
from ftpactive.core.protection import ClientCertificates, KeyPair, Protection, Reuse

_PROTECTION = Protection(KeyPair(""))

#: Must a login be protected, must data connections be?
REQUIRE = oneOf(
    {
        "nothing": (False, False),
        "logins": (True, False),
        "data": (False, True),
        "both": (True, True),
    }
)

TLS = Table(
    "tls",
    "TLS, RFC 4217. It is there as soon as there is a certificate.",
    (
        Key(
            "certificate",
            FILE,
            None,
            "A file in PEM: the certificate, and those that lead to its root behind it. Files are"
            " read again when they change.",
            option="tls-certificate",
            example="/etc/ftpactive/server.pem",
        ),
        Key(
            "key",
            FILE,
            None,
            "A file in PEM with its private key, where that is not in the same file.",
            option="tls-key",
            example="/etc/ftpactive/server.key",
        ),
        Key(
            "require",
            REQUIRE,
            "nothing",
            "What must be protected: nothing, logins, data or both.",
            option="require-tls",
            example="both",
        ),
        Key(
            "minimum",
            oneOf({"1.2": "1.2", "1.3": "1.3"}),
            _PROTECTION.minimum,
            "The oldest version: 1.2 or 1.3.",
            field="minimum",
        ),
        Key(
            "ciphers",
            LINE,
            _PROTECTION.ciphers,
            "The ciphers of TLS 1.2, in OpenSSL's words.",
            field="ciphers",
        ),
        Key(
            "client-certificates",
            choice(ClientCertificates),
            _PROTECTION.clientCertificates.value,
            "Is a client asked for a certificate: off, offer (it need not have one) or require.",
            field="clientCertificates",
            example="offer",
        ),
        Key(
            "client-authority",
            SOME_FILE,
            _PROTECTION.clientAuthority,
            "A file in PEM of the authorities that sign those.",
            field="clientAuthority",
            example="/etc/ftpactive/clients.pem",
        ),
        Key(
            "session-reuse",
            choice(Reuse),
            _PROTECTION.reuse.value,
            "Must a data connection go on with the TLS session of its control connection: offer (it"
            " may), require or off.",
            field="reuse",
        ),
        Key(
            "needs-end",
            TRUTH,
            _PROTECTION.needsEnd,
            "Is an upload cut short when TLS does not end with close_notify? Old clients do not"
            " send it.",
            field="needsEnd",
        ),
        Key(
            "allow-clear",
            TRUTH,
            _PROTECTION.allowsClear,
            "May CCC take commands out of TLS after the login? It is for firewalls that read them,"
            " and lets everybody else read them too.",
            field="allowsClear",
        ),
    ),
)

HOST = Table(
    "hosts",
    "A host that has a name of its own, and what a client sees and is shown who asks for it: by"
    " HOST (RFC 7151) or in the handshake of TLS (SNI). Each is a table of its own. Users who"
    " have no root of their own are in that of the host.",
    (
        Key(
            "root",
            FOLDER,
            None,
            "The folder to serve, instead of service.root.",
            example="/srv/example",
        ),
        Key(
            "welcome",
            LINE,
            None,
            "The text of the answer to HOST.",
            example="Welcome to ftp.example",
        ),
        Key(
            "certificate",
            FILE,
            None,
            "What the host shows, instead of tls.certificate.",
            example="/etc/ftpactive/example.pem",
        ),
        Key("key", FILE, None, "Its private key.", example="/etc/ftpactive/example.key"),
    ),
)
