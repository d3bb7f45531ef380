"""
Where the other servers come from: Debian's packages, unpacked, and the registry.

Nothing is installed into the system: Debian's FTP servers exclude one another
and start by themselves, and those of the registry are no dependencies of ours.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from benchmarks.values import Fault

#: Where everything is kept from one run to the next.
PLACE = Path(__file__).resolve().parent.parent / ".bench"

#: What the registry has, and the interpreter that has it then.
REGISTRY = ("pyftpdlib", "pyopenssl", "twisted")
PYTHON = PLACE / "venv/bin/python"


def run(*command: str, cwd: Path | None = None) -> str:
    """
    Run a command.

    @return: what it printed.
    @raise Fault: it cannot be run, or it failed.
    """
    try:
        done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=300)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Fault(f"{command[0]}: {error}") from None
    if done.returncode:
        words = (done.stderr or done.stdout).strip().splitlines()
        raise Fault(f"{command[0]}: {words[-1] if words else 'failed'}")
    return done.stdout


def unpack(package: str) -> Path:
    """
    Have a package of Debian's and what it needs beyond this system, unpacked.

    @return: the folder that stands for C{/}.
    @raise Fault: it cannot be had.
    """
    folder = PLACE / package
    if (folder / "version").exists():
        return folder
    if not _isKnown(package) and os.geteuid() == 0:
        run("apt-get", "update", "-qq")
    folder.mkdir(parents=True, exist_ok=True)
    # What it would install; it is only told.
    plan = run("apt-get", "install", "--simulate", "--no-install-recommends", package)
    names = {line.split()[1] for line in plan.splitlines() if line.startswith("Inst ")}
    run("apt-get", "download", *sorted(names | {package}), cwd=folder)
    for archive in folder.glob("*.deb"):
        run("dpkg-deb", "--extract", str(archive), str(folder))
    (archive,) = folder.glob(f"{package}_*.deb")
    (folder / "version").write_text(run("dpkg-deb", "--field", str(archive), "Version"))
    return folder


def _isKnown(package: str) -> bool:
    try:
        return "Candidate" in run("apt-cache", "policy", package)
    except Fault:
        return False


def registry() -> None:
    """
    Have a virtual environment with the servers of the registry.

    @raise Fault: it cannot be had.
    """
    if (PLACE / "venv/ready").exists():
        return
    run(sys.executable, "-m", "venv", "--clear", str(PLACE / "venv"))
    run(str(PYTHON), "-m", "pip", "install", "--quiet", *REGISTRY)
    (PLACE / "venv/ready").touch()


def versionOf(distribution: str) -> str:
    """
    Give the version of something from the registry.
    """
    words = f"from importlib.metadata import version; print(version({distribution!r}))"
    return run(str(PYTHON), "-c", words).strip()
