"""
What is not FTP: clients of other protocols that were led to our port.

A web page can make a browser post anything to any port, FTP commands among it.
What such a request begins with is no command of FTP, and whoever says it is
not listened to any more, before the lines behind it are looked at.
"""

from __future__ import annotations

import re

#: Methods of HTTP (RFC 9110 section 9.3, RFC 5789, the preface of RFC 9113, and
#: the short ones of WebDAV), none of them a command of FTP.
_METHODS = frozenset(
    (b"GET", b"HEAD", b"POST", b"PUT", b"DELETE", b"CONNECT", b"OPTIONS", b"TRACE", b"PATCH")
    + (b"PRI", b"ACL", b"BIND", b"COPY", b"LINK", b"LOCK", b"MOVE")
)

#: Any other request.  Commands of FTP have not so many letters: behind one of
#: them this may be a name.
_REQUEST = re.compile(rb"[A-Za-z-]{5,} .* HTTP/\d\.\d", re.DOTALL)

#: RFC 5321; MAIL is left out, which RFC 959's predecessors had.
_GREETINGS = frozenset((b"EHLO", b"HELO", b"LHLO"))

_SHORT = _METHODS | _GREETINGS

#: A field of a header: no command of FTP ends with a colon.
_FIELD = re.compile(rb"[A-Za-z][A-Za-z0-9-]*:")

#: How a record of TLS begins that holds a handshake, RFC 8446 section 5.1.
_HELLO = b"\x16\x03"


def foreign(line: bytes) -> str:
    """
    Tell what other protocol a line belongs to.

    @param line: without its line feed.
    @return: its name; empty where it may be FTP.
    """
    line = line.rstrip(b"\r").lstrip(b" \t")
    verb, _, _ = line.partition(b" ")
    upper = verb.upper()
    if upper not in _SHORT and len(verb) <= 4 and verb.isalpha():
        # As most commands of FTP are.
        return ""
    if upper in _METHODS or _FIELD.fullmatch(verb) or _REQUEST.fullmatch(line):
        return "HTTP"
    if upper in _GREETINGS:
        return "SMTP"
    if upper.startswith(b"SSH-"):
        return "SSH"
    return ""


def isHandshake(data: bytes) -> bool:
    """
    Do the first bytes of a connection begin a handshake of TLS?
    """
    return data.startswith(_HELLO)
