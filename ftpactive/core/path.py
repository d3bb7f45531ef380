"""
Where a name leads, and how a reply writes it.

Nothing here looks at a disk: a path is what the user sees, counted from the
user's own root.
"""

from __future__ import annotations

from ftpactive.core.errors import BadName

#: The names from the user's root down; C{()} is the root itself.  None is
#: empty, C{"."} or C{".."}, none holds C{"/"} or NUL.
Path = tuple[str, ...]

#: What stands for the folder itself, and what is no name at all.
_HERE = ("", ".")
_NO_NAMES = (*_HERE, "..")


def resolve(cwd: Path, argument: str) -> Path:
    """
    Find the path that a client means.

    @param cwd: where the client stands.
    @param argument: absolute when it begins with a slash; nothing at all
        means C{cwd}.  Slashes may be repeated or trail; C{".."} in the root
        stays in the root.  Names are taken as they are, blanks and a leading
        C{"~"} included: they can be names of files.

    @raise BadName: (553) a name holds NUL, which no file name can.
    """
    if "\0" in argument:
        raise BadName("A file name cannot hold a NUL")
    if "/" not in argument and argument not in _NO_NAMES:
        # Nearly always.
        return (*cwd, argument)
    names = [] if argument.startswith("/") else list(cwd)
    for name in argument.split("/"):
        if name == "..":
            del names[-1:]
        elif name not in _HERE:
            names.append(name)
    return tuple(names)


def toText(path: Path) -> str:
    """
    Write a path as the client knows it: C{"/pub/a.txt"}, C{"/"} for the root.
    """
    return "/" + "/".join(path)


def quote(text: str) -> str:
    """
    Put a path in quotes for reply 257, those within it doubled: clients read
    up to the first quote that stands alone.

    @see: RFC 959 appendix II.
    """
    return '"' + text.replace('"', '""') + '"'
