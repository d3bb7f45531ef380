"""
Serve a folder for a first look: what C{make serve} runs.
"""

from __future__ import annotations

import os
import shlex
import socket
import subprocess
import sys
from ipaddress import IPv4Address
from pathlib import Path
from typing import NoReturn

GREETING = "Hello!  This file came to you over FTP.\n"


def chooseFolder(wanted: str) -> Path:
    """
    Give the folder to serve.

    @param wanted: its name; when empty, C{public} is made, with a greeting.
    """
    if wanted:
        folder = Path(wanted).resolve()
        if not folder.is_dir():
            sys.exit(f"ROOT={wanted} is not a folder.")
        return folder
    folder = Path("public").resolve()
    try:
        folder.mkdir(exist_ok=True)
        if not any(folder.iterdir()):
            (folder / "hello.txt").write_text(GREETING)
    except OSError as error:
        sys.exit(f"Cannot make {folder}: {error.strerror}.")
    return folder


def chooseHost(wanted: str) -> str:
    """
    Give the address to listen on, an IPv4 address.
    """
    try:
        return str(IPv4Address(wanted))
    except ValueError:
        sys.exit(f"HOST={wanted} is not an IPv4 address.")


def choosePort(wanted: str, host: str) -> int:
    """
    Give the port to listen on, if we can.
    """
    # Port 1 has no port below it that data could come from.
    if not (wanted.isascii() and wanted.isdigit() and 1 < int(wanted) < 65536):
        sys.exit(f"PORT={wanted} is not a number from 2 to 65535.")
    port = int(wanted)
    with socket.socket() as probe:
        # As a server does: else connections that just ended would be in the way.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
            probe.listen()
        except OSError as error:
            sys.exit(f"PORT={port} on {host} cannot be used ({error.strerror}): choose another.")
    return port


def makeCertificate(folder: Path, host: str) -> Path:
    """
    Make a certificate that nobody but us has signed, where nobody can fetch
    its key.

    @param folder: what is served.
    @return: its file, with the key in it.
    """
    state = Path(".serve").resolve()
    if folder in state.parents:
        sys.exit(f"ROOT={folder} holds {state}, so that the key of TLS would be served.")
    state.mkdir(mode=0o700, exist_ok=True)
    file = state / "certificate.pem"
    names = ["localhost", "127.0.0.1"] + [host] * (host not in ("0.0.0.0", "127.0.0.1"))
    program = Path(__file__).with_name("selfsigned.py")
    subprocess.run([sys.executable, str(program), str(file), *names], check=True)
    return file


def tell(folder: Path, host: str, port: int, certificate: Path | None) -> None:
    """
    Print where the server is to be found, and how to ask it for something.
    """
    here = "127.0.0.1" if host == "0.0.0.0" else host
    url = f"ftp://{here}:{port}"
    name = "hello.txt" if (folder / "hello.txt").is_file() else ""
    show = f"cat {name}; " if name else ""
    if certificate is not None:
        trust = f"--cacert {shlex.quote(str(certificate))}"
        print(f"Serving {folder} at {url}/ with TLS until you press Ctrl-C:")
        print(f"    curl --ssl-reqd {trust} {url}/{name}", flush=True)
        return
    print(f"Serving {folder} at {url}/ until you press Ctrl-C.  In active mode:")
    print(f"    curl --ftp-port - {url}/{name}")
    print(f"    lftp -e 'set ftp:passive-mode off; ls; {show}bye' {url}", flush=True)


def main(port: str, root: str, host: str = "127.0.0.1", tls: str = "") -> NoReturn:
    """
    Check what was asked for, say where to look, and become the server.

    @param tls: anything: with TLS.
    """
    folder, address = chooseFolder(root), chooseHost(host)
    number = choosePort(port, address)
    certificate = makeCertificate(folder, address) if tls else None
    tell(folder, address, number, certificate)
    twistd = Path(sys.executable).with_name("twistd")
    listener = f"tcp:{number}:interface={address}"
    options = ["--root", str(folder), "--listen", listener, "--data-port", "auto"]
    if certificate is not None:
        options += ["--tls-certificate", str(certificate)]
    os.execv(twistd, [str(twistd), "--nodaemon", "--pidfile=", "activeftp", *options])


if __name__ == "__main__":
    main(*sys.argv[1:])
