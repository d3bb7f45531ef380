"""
TLS that is played: it notes what it is asked to do.
"""

from __future__ import annotations

from collections.abc import Callable

from zope.interface import implementer

from ftpactive.core.certificate import Certificate
from ftpactive.core.errors import FTPError
from ftpactive.interfaces import IDataChannel
from ftpactive.shield import IShield


@implementer(IShield)
class PlayedTLS:
    """
    The TLS of a service with one client, and of that client.

    @ivar certificate: what the client proves.
    @ivar refusal: what a certificate or a data connection fails with.
    @ivar done: what was asked for, in order.
    """

    description = "TLSv1.3, PLAYED"

    def __init__(self, *, isImplicit: bool = False, allowsClear: bool = False) -> None:
        self.certificate: Certificate | None = None
        self.isImplicit = isImplicit
        self.allowsClear = allowsClear
        self.refusal: FTPError | None = None
        self.done: list[str] = []

    def shield(
        self,
        protocol: object,
        *,
        forget: Callable[[], object],
        secured: Callable[[str, str, str], object],
        isImplicit: bool,
    ) -> PlayedTLS:
        """
        Give itself.
        """
        self._forget = forget
        return self

    def prepare(self, host: str) -> None:
        """
        See L{IShield.prepare}.
        """
        if self.refusal is not None:
            raise self.refusal
        self.done.append(f"prepare {host}".rstrip())

    def begin(self) -> None:
        """
        See L{IShield.begin}.
        """
        self._forget()
        self.done.append("begin")

    def end(self) -> None:
        """
        See L{IShield.end}.
        """
        self._forget()
        self.done.append("end")

    async def protect(self, channel: IDataChannel, *, isUpload: bool) -> None:
        """
        See L{IShield.protect}.
        """
        if self.refusal is not None:
            raise self.refusal
        self.done.append("protect upload" if isUpload else "protect")
