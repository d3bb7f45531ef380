"""
What OpenSSL says, in words for a reply and a line of the log.
"""

from __future__ import annotations

from OpenSSL import SSL

#: OpenSSL's reasons, and what to look at.
_KNOWN = {
    "http request": "the client speaks HTTP",
    "wrong version number": "the client does not speak TLS",
    "unsupported protocol": "the client knows only versions of TLS that are too old",
    "no shared cipher": "the client knows no cipher that is good enough",
    "peer did not return a certificate": "the client must show a certificate, and has none",
    "certificate verify failed": "the client's certificate is not signed by an authority of ours",
    "tlsv1 alert unknown ca": "the client does not trust our certificate",
    "sslv3 alert bad certificate": "the client does not like our certificate",
    "sslv3 alert certificate unknown": "the client does not like our certificate",
    "unexpected eof while reading": "the client closed the connection",
}


def words(error: SSL.Error) -> str:
    """
    Give the reason of an error.
    """
    queue = error.args[0] if error.args and isinstance(error.args[0], list) else []
    reason = queue[-1][-1] if queue else ""
    reason = reason.replace("ssl/tls alert", "sslv3 alert")
    return _KNOWN.get(reason, reason or "the client closed the connection")
