"""
What an operator chooses for TLS, RFC 4217.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum


class Reuse(Enum):
    """
    Must a data connection go on with the TLS session of its control
    connection?  It proves that both are of the same client.
    """

    OFFER = "offer"
    REQUIRE = "require"
    OFF = "off"


class ClientCertificates(Enum):
    """
    Is a client asked for a certificate?
    """

    OFF = "off"
    #: Asked for, not needed.
    OFFER = "offer"
    REQUIRE = "require"


@dataclass(frozen=True, slots=True)
class KeyPair:
    """
    Files in PEM, read again when they change.

    @ivar certificate: the certificate, and those that lead to its root behind it.
    @ivar key: its private key; empty when that is in the same file.
    """

    certificate: str
    key: str = ""


@dataclass(frozen=True, slots=True)
class Protection:
    """
    The choices.

    @ivar pair: what the server shows.
    @ivar hosts: what it shows to those who ask for another name, by name in
        small letters: in the handshake (SNI), or by HOST before AUTH.
    @ivar minimum: the oldest version: C{"1.2"} or C{"1.3"}.
    @ivar ciphers: those of TLS 1.2, in OpenSSL's words; all are forward-secret
        by default.
    @ivar clientCertificates: is a client asked for one?
    @ivar clientAuthority: a file of the authorities that sign those.
    @ivar reuse: of sessions, by data connections.
    @ivar needsEnd: is an upload cut short when the client does not say that TLS
        ends (close_notify)?  Old clients do not.
    @ivar allowsClear: may CCC take commands out of TLS after the login?  It is
        for firewalls that read them, and lets everybody else read them too.
    """

    pair: KeyPair
    hosts: Mapping[str, KeyPair] = field(default_factory=dict)
    minimum: str = "1.2"
    ciphers: str = "ECDHE+AESGCM:ECDHE+CHACHA20"
    clientCertificates: ClientCertificates = ClientCertificates.OFF
    clientAuthority: str = ""
    reuse: Reuse = Reuse.OFFER
    needsEnd: bool = True
    allowsClear: bool = False
