"""
Files on disk, for tests.
"""

import os


def makeTree(folder, files):
    """
    Put files given as nested dicts on disk.
    """
    for name, node in files.items():
        path = os.path.join(os.fsencode(folder), name.encode("utf-8", "surrogateescape"))
        if isinstance(node, dict):
            os.mkdir(path)
            makeTree(path, node)
        else:
            with open(path, "wb") as file:
                file.write(node)
