"""
The seam of TLS: what a verb may ask of the protection of its connections.
"""

from __future__ import annotations

from collections.abc import Awaitable

from zope.interface import Attribute, Interface

from ftpactive.interfaces import IDataChannel


class IShield(Interface):
    """
    TLS for one control connection and its data connections.
    """

    certificate = Attribute(
        "What the client has proved on the control connection now: a"
        " L{ftpactive.core.certificate.Certificate}, or None."
    )
    description = Attribute("The version and the cipher of the control connection, for people.")
    isImplicit = Attribute("Is everything protected from the first byte on, without AUTH?")
    allowsClear = Attribute("May CCC end TLS on the control connection?")

    def prepare(host: str) -> None:
        """
        Choose the certificate to show.

        @param host: what HOST named, in small letters; empty without HOST.
        @raise ProtectionUnavailable: (431) there is none that could be shown.
        """

    def begin() -> None:
        """
        Protect the control connection, now that the reply has been sent;
        C{prepare} came before.  What arrived and was not done is forgotten.
        """

    def end() -> None:
        """
        Take the control connection out of TLS, now that the reply has been
        sent.
        """

    def protect(channel: IDataChannel, *, isUpload: bool) -> Awaitable[None]:
        """
        Protect a data connection that is open and has not been used.

        @param isUpload: will it only receive?  Otherwise it will only send.
        @raise CannotOpenData: (425) the client does not do its part.
        @raise SessionNotReused: (522) it must, and has not.
        @raise TransferAborted: (426) it was cut.
        """
