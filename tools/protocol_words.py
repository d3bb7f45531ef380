"""
What docs/protocol.md says in words of its own; the rest follows from tables.
"""

from __future__ import annotations

INTRODUCTION = """\
# The protocol, verb by verb

This page is made from the table of verbs: change it there, then run `make protocol`.

## What is special

**Types, modes and structures.** `TYPE` `A`, `E`, `I` and `L 8` work in each of `MODE` `S`, `B`
and `Z`, up and down, and for listings. `TYPE A` and `E` take the format `N`, and `T` as the same;
`C` is answered 504. `STRU` is `F`; `R` and `P` are answered 504. `REST` and `RANG` count bytes of
the file, so that they need `TYPE I`. `SIZE` in `TYPE A` and `E` reads the file, up to {ascii}
MiB, to tell how many bytes would be sent.

**ABOR is seen when it arrives,** whatever waits before it, with or without Telnet's `IAC IP`,
`IAC DM` and urgent data. The transfer that runs is answered 426, other commands before it as
always, and `ABOR` itself 226 in its turn. A checksum, or other long work, that it cuts short is
answered 451.

**STAT without an argument is answered during a transfer,** with the bytes so far, if no other
command waits before it. All other commands wait for the end of the transfer, `QUIT` as well.

**Names are UTF-8,** always. Bytes that are none are kept as they are, both ways. On the control
connection, a line feed within a name is NUL, a carriage return is CR NUL (RFC 2640, section 3.1),
and 0xFF is doubled (RFC 854). Paths are those of RFC 3659, section 6: a slash is the user's root.
FEAT says so with `UTF8` and `TVFS`.

**Lines** end with CR LF, or with LF alone, and have up to {line} bytes; a longer one is answered
500 once. Commands may be sent ahead: they are answered in their order, and when more than
{backlog} KiB of them wait, no more is read.

**TLS** is there where the operator has set it up: `AUTH TLS`, `PBSZ 0`, `PROT P`. After `AUTH`, all
that came in the clear is forgotten, but for `HOST`; after `AUTH SSL` and `AUTH TLS-P`, data is
protected without `PROT`. The handshake of a data connection follows 150. See [tls.md](tls.md).

**MODE B** has restart markers: an upload's are answered 110 with the offset in the file, and a
download's are that offset, for `REST` to go on from.

**Failures have the nearest code that the verb's row allows.** A storage may fail in any way; what
may pass is answered 4xx, what is final 5xx, and the words say what it was.

Every verb may be answered 421 when the service or the session ends ({failures} wrong passwords
end it), 451 after a fault of the server's own, and 501 for an argument that is missing, not
wanted or wrong. A verb that needs a login is answered 530 without one. These are not repeated
below. An unknown verb is answered 500. Those of RFCs that are not implemented are answered 502:
{missing}.
"""

#: Headings of the families of verbs, by their modules.
HEADINGS = {
    "security": "Protection by TLS",
    "access": "Coming in and leaving",
    "parameters": "How the next transfer is to be",
    "options": "Options",
    "files": "Files and folders",
    "extended": "Files beyond RFC 959",
    "checksums": "Checksums and ranges",
    "folder": "Listings",
    "transfer": "Transfers",
    "site": "Special to this server",
    "about": "About the server and the session",
}

CODES = {
    110: "a restart marker has come: `MARK theirs = ours`",
    150: "the data connection is about to be opened, or is open",
    200: "done",
    202: "there is nothing to do",
    211: "the answer, about the server or the session",
    213: "the answer, about a file or folder",
    214: "the answer, for people",
    215: "the kind of system",
    220: "ready for a login",
    221: "goodbye",
    226: "done, and the data connection is closed",
    227: "where to connect to (IPv4)",
    228: "where to connect to (RFC 1639)",
    229: "on which port to connect (RFC 2428)",
    230: "logged in",
    232: "logged in by the certificate",
    234: "begin the TLS handshake",
    250: "done",
    257: "done; the path stands in quotes",
    331: "send the password",
    350: "go on with the command that needs this one",
    421: "the control connection is closed",
    425: "no data connection: not arranged, refused, timed out, or no port is free",
    426: "the data connection broke, stalled, or was cut by ABOR",
    431: "TLS cannot be had now",
    450: "not now: the file is in use",
    451: "a fault of the server's own, or what has no other code and may pass",
    452: "the disk is full",
    500: "not a command, or a line too long",
    501: "the argument is missing, not wanted, or wrong",
    502: "not implemented here, or not by the user's storage",
    503: "another command must come before it",
    504: "right in form, but not supported",
    521: "the address family is not supported (RFC 1639), or data must be protected (RFC 4217)",
    522: "the network protocol is not supported (RFC 2428), or the data connection must go on with"
    " the control connection's TLS session (RFC 4217)",
    530: "not logged in",
    533: "the control connection is not protected",
    534: "the operator does not want it so",
    536: "TLS has no such level of protection",
    550: "it does not exist, or may not be had",
    552: "a quota, or the largest size of a file, is exceeded",
    553: "no file can have that name",
    554: "the file ends before the offset",
}
