"""
What can go wrong, one class per meaning; each class knows its reply code.

Raise the class that says what happened; nobody but L{FTPError.reply} chooses a
code.  The text is shown to the client: it names what was wrong in words and
never quotes another layer's exception.
"""

from __future__ import annotations

import errno

from ftpactive.core.reply import Reply


class FTPError(Exception):
    """
    A command cannot be done, for a reason that the client may know.

    @cvar code: the reply code, RFC 959 section 4.2.
    @cvar text: what is said when the raiser has nothing more exact to say.
    """

    code = 451
    text = "Requested action aborted: local error"

    def __init__(self, text: str | None = None) -> None:
        super().__init__(text or self.text)

    def reply(self) -> Reply:
        """
        Give the reply that tells the client.
        """
        return Reply(self.code, str(self))


class ServiceClosing(FTPError):
    """(421) The control connection is about to be closed."""

    code = 421
    text = "Service not available, closing control connection"


class CannotOpenData(FTPError):
    """(425) No data connection: refused, timed out, not arranged, no port free."""

    code = 425
    text = "Can't open data connection"


class TransferAborted(FTPError):
    """(426) A data connection broke, stalled, or was cut by ABOR."""

    code = 426
    text = "Connection closed; transfer aborted"


class ProtectionUnavailable(FTPError):
    """(431) TLS cannot be had now, RFC 2228: its files are missing or broken."""

    code = 431
    text = "TLS cannot be had now, see the server's log"


class FileBusy(FTPError):
    """(450) Not now: somebody else uses the file."""

    code = 450
    text = "File busy, try again later"


class LocalError(FTPError):
    """(451) A fault on our side that trying again may cure."""


class NoSpace(FTPError):
    """(452) The disk is full."""

    code = 452
    text = "Insufficient storage space on the server"


class UnknownCommand(FTPError):
    """(500) Not a command that we have heard of, or a line too long."""

    code = 500
    text = "Command not understood"


class BadArgument(FTPError):
    """(501) The argument is missing, not wanted, or malformed."""

    code = 501
    text = "Syntax error in argument"


class NotImplementedHere(FTPError):
    """(502) A command of the RFCs that this server does not do."""

    code = 502
    text = "Command not implemented"


class BadSequence(FTPError):
    """(503) The command needs another one before it."""

    code = 503
    text = "Bad sequence of commands"


class BadParameter(FTPError):
    """(504) Well formed, but not a value that this server supports."""

    code = 504
    text = "Command not implemented for that parameter"


class WrongAddressFamily(FTPError):
    """(521) LPRT or LPSV named an address family we cannot use, RFC 1639."""

    code = 521
    text = "Supported address families are (4, 6)"


class WrongNetworkProtocol(FTPError):
    """(522) EPRT or EPSV named a network protocol we cannot use, RFC 2428."""

    code = 522
    text = "Network protocol not supported"


class DataUnprotected(FTPError):
    """(521) Data is not to travel in the clear, RFC 4217 section 9."""

    code = 521
    text = "Data connections must be protected here: send PBSZ 0 and PROT P first"


class SessionNotReused(FTPError):
    """(522) A data connection is not seen to be the client's own, RFC 4217 section 10.2."""

    code = 522
    text = (
        "The data connection must go on with the TLS session of the control connection:"
        " switch on session reuse in the client"
    )


class NotLoggedIn(FTPError):
    """(530) Log in first, or: these credentials are not good."""

    code = 530
    text = "Please log in with USER and PASS"


class CommandUnprotected(FTPError):
    """(533) The command is only for a protected control connection, RFC 2228."""

    code = 533
    text = "Send AUTH TLS first"


class PolicyRefusal(FTPError):
    """(534) The operator does not want it so, RFC 2228."""

    code = 534
    text = "Denied by this server's policy"


class UnknownProtection(FTPError):
    """(536) A level of PROT that TLS does not have, RFC 4217 section 9."""

    code = 536
    text = "TLS protects data in all ways or not at all: PROT P or PROT C"


class FileUnavailable(FTPError):
    """(550) The file or folder cannot be had."""

    code = 550
    text = "Requested action not taken: file unavailable"


class NotFound(FileUnavailable):
    """(550) There is no such file or folder."""

    text = "No such file or directory"


class PermissionDenied(FileUnavailable):
    """(550) The user may not do this here."""

    text = "Permission denied"


class AlreadyExists(FileUnavailable):
    """(550) Something of that name is already there."""

    text = "File exists"


class IsADirectory(FileUnavailable):
    """(550) A plain file was wanted, this is a folder."""

    text = "Is a directory"


class NotADirectory(FileUnavailable):
    """(550) A folder was wanted, this is none."""

    text = "Not a directory"


class DirectoryNotEmpty(FileUnavailable):
    """(550) A folder must be empty to be removed."""

    text = "Directory not empty"


class ExceededAllocation(FTPError):
    """(552) The upload would pass a quota or the largest size of a file."""

    code = 552
    text = "Exceeded storage allocation"


class BadName(FTPError):
    """(553) The name is not one that a file here can have."""

    code = 553
    text = "File name not allowed"


class BadRestart(FTPError):
    """(554) The file ends before the offset that REST gave, RFC 3659 section 5.4."""

    code = 554
    text = "Restart offset is past the end of the file"


_MEANINGS: dict[int, type[FTPError]] = {
    errno.ENOENT: NotFound,
    errno.EACCES: PermissionDenied,
    errno.EPERM: PermissionDenied,
    errno.EROFS: PermissionDenied,
    errno.ELOOP: PermissionDenied,
    errno.EXDEV: PermissionDenied,
    errno.EEXIST: AlreadyExists,
    errno.EISDIR: IsADirectory,
    errno.ENOTDIR: NotADirectory,
    errno.ENOTEMPTY: DirectoryNotEmpty,
    errno.EBUSY: FileBusy,
    errno.ETXTBSY: FileBusy,
    errno.EAGAIN: FileBusy,
    errno.ENOSPC: NoSpace,
    errno.EDQUOT: ExceededAllocation,
    errno.EFBIG: ExceededAllocation,
    errno.ENAMETOOLONG: BadName,
    errno.EILSEQ: BadName,
    errno.EINVAL: BadName,
}


def fromOSError(error: OSError) -> FTPError:
    """
    Give the meaning of what the operating system said.

    @return: an error with the words of its class; 451 when the number says
        nothing about the file (EIO, EMFILE, ENOMEM ...).
    """
    return _MEANINGS.get(error.errno or 0, LocalError)()
