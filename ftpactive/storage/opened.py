"""
A file that is open, and the name that it had then.
"""

from __future__ import annotations

import os

from ftpactive.storage.walk import Place


class Opened:
    """
    A file that is open, and its place; a context that closes both.

    @ivar descriptor: the file.
    @ivar folder: the folder of the file, a descriptor of our own.
    @ivar name: the name that it had in it when it was opened.
    """

    __slots__ = ("_isOpen", "descriptor", "folder", "name")

    def __init__(self, descriptor: int, place: Place) -> None:
        """
        @param descriptor: the file; it is closed at once when this fails.
        """
        try:
            self.folder = place.keep()
        except OSError:
            os.close(descriptor)
            raise
        self.descriptor = descriptor
        self.name = place.name
        self._isOpen = True

    def __enter__(self) -> Opened:
        """
        Give the file.
        """
        return self

    def __exit__(self, *exception: object) -> None:
        """
        Close what is still open.
        """
        self.close()

    def close(self) -> None:
        """
        Close the file, if that is still open, and its folder.
        """
        try:
            if self._isOpen:
                self.closeFile()
        finally:
            os.close(self.folder)

    def closeFile(self) -> None:
        """
        Close the file, and not yet its folder.

        @raise OSError: what was written could not be stored.
        """
        if self._isOpen:
            self._isOpen = False
            os.close(self.descriptor)

    @property
    def isNamed(self) -> bool:
        """
        Does the name stand for this very file still?
        """
        try:
            named = os.stat(self.name, dir_fd=self.folder, follow_symlinks=False)
        except FileNotFoundError:
            return False
        return os.path.samestat(named, os.fstat(self.descriptor))

    def rename(self, name: bytes) -> None:
        """
        Give another name to what has the name, in the same folder; what had
        that is replaced.
        """
        os.rename(self.name, name, src_dir_fd=self.folder, dst_dir_fd=self.folder)

    def link(self, name: bytes) -> None:
        """
        Give a second name to what has the name.

        @raise FileExistsError: something has that.
        """
        folder = self.folder
        os.link(self.name, name, src_dir_fd=folder, dst_dir_fd=folder, follow_symlinks=False)

    def unlink(self) -> None:
        """
        Take the name away.
        """
        os.unlink(self.name, dir_fd=self.folder)
