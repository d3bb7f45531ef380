"""
What inputs of "make fuzz" begin with: pieces that mean something, and whole
inputs that get far.
"""

from __future__ import annotations

import zlib

from ftpactive.verbs.vocabulary import TABLE

PORT = b"PORT 192,0,2,7,78,52"

#: What means something to one target or another.
TOKENS = (
    *(f"{name} ".encode() for name in TABLE),
    *(b"\r\n", b"\n", b"\r\0", b"\0", b" ", b'"', b"|", b",", b"/", b"..", b"*", b"[", b";", b"-"),
    *(b"\xff\xf4", b"\xff\xf2", b"\xff\xff", b"\xff\xfb\x01", b"\xff\xfa", b"\xff\xf0", b"\xff"),
    *(PORT + b"\n", b"PASV\n", b"EPSV\n", b"TYPE I\n", b"TYPE A\n", b"MODE Z\n", b"MODE B\n"),
    *(b"RETR a\n", b"STOR c\n", b"LIST -aR\n", b"MLSD\n", b"ABOR\n", b"STAT\n", b"REST 1\n"),
    *(b"SITE CHMOD 600 ", b"SITE SYMLINK / l\n", b"SITE CPFR ", b"SITE CPTO ", b"SITE UTIME "),
    *(b"OPTS HASH ", b"OPTS MLST ", b"OPTS MODE Z LEVEL ", b"20261122110301", b"sub/b", b"sub"),
    *(b"\x01hello\n", b"\x02x\n", b"\x03x\n", b"\x04x\n", b"\x05\n", b"|1|192.0.2.7|20020|"),
)

_BLOCKS = b"\x00\x00\x05hello\x10\x00\x03123\x40\x00\x01x"
_DEFLATED = zlib.compress(b"hello hello hello")

#: One script in each line of this; C{&} ends a line of the script.
_SCRIPTS = """\
TYPE I&{port}&RETR a&REST 2&RETR a&RANG 1 3&RETR a&SIZE a&MDTM a
TYPE A&PASV&RETR a&\x01a\r&STOR c&APPE c&STOU c&STOU&SIZE c
TYPE E&EPSV&RETR a&STOR c&TYPE L 8&TYPE A C&STRU F&STRU R
MODE Z&{port}&RETR a&LIST&OPTS MODE Z LEVEL 9&RETR a
MODE B&{port}&RETR a&NLST&MODE S
TYPE I&{port}&\x01world&STOR c&REST 3&STOR c&\x02x&STOR c&STOR d&\x03x&RETR a
{port}&\x04x&RETR a&STAT&NOOP&ABOR&\x05&STAT
{port}&\x04x&STOR c&\xff\xf4\xff\xf2ABOR&QUIT&\x05
{port}&LIST&LIST -la&LIST -R&LIST -ltr sub&LIST *&NLST s*/*&NLST -F&MLSD sub&MLST a&STAT -l
MKD d&MKD d/e&CWD d&PWD&CDUP&RNFR d/e&RNTO f&RMD f&RMD d&DELE a&XPWD&XMKD g&XRMD g
SITE HELP&SITE CHMOD 600 a&SITE UMASK 027&SITE UMASK&SITE UTIME 20261122110301 a&SITE IDLE 60
SITE MKDIR d/e/f&SITE CPFR sub&SITE CPTO d/g&SITE RMDIR d&SITE CPFR a&SITE CPTO h&COMB h a sub/b
SITE SYMLINK / l&SITE SYMLINK missing m&SITE SYMLINK /a sub/n&CWD l&{port}&LIST -R&RETR sub/n
OPTS MLST type;create;&MLST a&OPTS HASH CRC32&HASH a&OPTS HASH MD5&HASH a&OPTS UTF8 ON&FEAT
XCRC a&XMD5 a 1 3&XSHA1 "a" 0&XSHA256 a&XSHA512 sub/b&XSHA a&RANG 0 2&HASH a&AVBL&AVBL sub
MFMT 20261122110301 a&MFF modify=20261122110301;UNIX.mode=0644; a&MDTM 20261122110301 a&SIZE a
REIN&HOST example.com&USER bob&PASS guess&USER alice&PASS secret&ACCT x&SMNT /&CLNT x&CSID y;&STAT
EPRT |1|192.0.2.7|20020|&LPRT 4,4,192,0,2,7,2,78,52&LPSV&EPSV 1&EPSV ALL&PASV&EPSV&RETR a
HELP&HELP RETR&SYST&NOOP&LANG EN&LANG fr&ALLO 10 R 1&MAIL&FOO&REST 0&PORT 192,0,2,9,0,20"""

SCRIPTS = tuple(
    line.replace("&", "\n").encode("latin-1").replace(b"{port}", PORT)
    for line in _SCRIPTS.split("\n")
) + (
    b"\n".join(
        (PORT, b"MODE Z", b"\x01" + _DEFLATED, b"STOR c", b"\x01" + _DEFLATED[:9], b"STOR d")
    ),
    b"\n".join((PORT, b"MODE B", b"\x01" + _BLOCKS, b"STOR c", b"\x01" + _BLOCKS[:9], b"APPE c")),
)

_ARGUMENTS = (
    *(b"192,0,2,7,78,52", b"4,4,192,0,2,7,2,78,52", b"6,16," + b"0," * 15 + b"1,2,78,52"),
    *(b"|1|192.0.2.7|20020|", b"|2|2001:db8::7|20020|", b"20261122110301.5", b"-laR *.txt"),
    *(b'"a ""b""" c', b"a/../b//c/.", b"[a-z]*?[!x]", b"E T", b"L 8", b"fe80::1%eth0", b"0644"),
)

#: Whole inputs to begin with, for each target.
SEEDS: dict[str, tuple[bytes, ...]] = {
    "control": tuple(b"\x05" + script for script in SCRIPTS),
    "parsers": tuple(b"X " + argument for argument in _ARGUMENTS),
    "codecs": tuple(
        bytes((choice, 3)) + data
        for choice in range(21)
        for data in (b"a\r\nb\nc\r", _BLOCKS, _DEFLATED)
    ),
    "memory": SCRIPTS,
    "disk": SCRIPTS,
}
