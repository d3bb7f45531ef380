"""
Who a client is by its certificate.
"""

from __future__ import annotations

from typing import NamedTuple


class Certificate(NamedTuple):
    """
    A certificate of a client that TLS has verified.

    @ivar name: the common name of its subject; empty when it has none.
    @ivar fingerprint: SHA-256 of all of it, 64 hexadecimal digits in small
        letters.
    """

    name: str
    fingerprint: str

    def isMeantBy(self, text: str) -> bool:
        """
        Is it the one that an operator wrote down: a common name, or
        C{sha256:} and a fingerprint, with or without colons?
        """
        kind, colon, digits = text.partition(":")
        if colon and kind.lower() == "sha256":
            return digits.replace(":", "").lower() == self.fingerprint
        return text != "" and text == self.name
