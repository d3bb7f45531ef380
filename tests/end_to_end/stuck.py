"""
A file system that answers nothing but what its root is: C{stuck.py FOLDER
COMMAND...} mounts it where only the command sees it.

It says C{asked NAME} for each name that somebody looks for, and lets them wait
for ever.  It speaks FUSE with the kernel itself, and needs root.
"""

from __future__ import annotations

import ctypes
import os
import signal
import struct
import sys

# From <linux/fuse.h>.
_LOOKUP, _GETATTR, _INIT = 1, 3, 26

#: Those who look for names in one folder do not wait for each other.
_PARALLEL = 1 << 18

_MAJOR, _MINOR, _ROOT = 7, 31, 1

_IN = struct.Struct("=IIQQIIII")
_OUT = struct.Struct("=IiQ")
_ATTRIBUTES = struct.Struct("=QQQQQQIIIIIIIIII")
_INIT_OUT = struct.Struct("=IIIIHHIIHHI28x")

_CLONE_NEWNS = 0x20000
_MS_REC, _MS_PRIVATE = 0x4000, 0x40000
_PR_SET_PDEATHSIG = 1


def _check(result: int) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def mount(folder: str) -> int:
    """
    Mount it, for this process and those that it starts.

    @return: the descriptor by which the kernel asks.
    """
    library = ctypes.CDLL(None, use_errno=True)
    device = os.open("/dev/fuse", os.O_RDWR)
    _check(library.unshare(_CLONE_NEWNS))
    _check(library.mount(None, b"/", None, ctypes.c_ulong(_MS_REC | _MS_PRIVATE), None))
    options = f"fd={device},rootmode=40000,user_id=0,group_id=0,allow_other".encode()
    kind = b"fuse.stuck"
    _check(library.mount(b"stuck", os.fsencode(folder), kind, ctypes.c_ulong(0), options))
    return device


def serve(device: int) -> None:
    """
    Answer the kernel as long as the file system is mounted.
    """
    while True:
        try:
            request = os.read(device, 1 << 20)
        except OSError:
            return
        _, code, unique, node, *_ = _IN.unpack_from(request)
        answer = _answer(code, node, request[_IN.size :])
        if answer is not None:
            os.write(device, _OUT.pack(_OUT.size + len(answer), 0, unique) + answer)


def _answer(code: int, node: int, body: bytes) -> bytes | None:
    if code == _INIT:
        return _INIT_OUT.pack(_MAJOR, _MINOR, 0, _PARALLEL, 0, 0, 1 << 16, 1, 0, 0, 0)
    if code == _GETATTR and node == _ROOT:
        # Its root is known for a minute.
        attributes = _ATTRIBUTES.pack(1, 0, 0, 0, 0, 0, 0, 0, 0, 0o40755, 2, 0, 0, 0, 4096, 0)
        return struct.pack("=QII", 60, 0, 0) + attributes
    if code == _LOOKUP:
        os.write(1, b"asked " + body.rstrip(b"\0") + b"\n")
    return None


def main(folder: str, *command: str) -> None:
    """
    Serve it, and become a command that sees it.
    """
    device = mount(folder)
    if os.fork() == 0:
        # When the other one ends, so does this; and with it all waiting.
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        serve(device)
        os._exit(0)
    os.close(device)
    os.execvp(command[0], command)


if __name__ == "__main__":
    main(*sys.argv[1:])
