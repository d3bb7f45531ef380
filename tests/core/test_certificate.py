"""
Who a client is by its certificate.
"""

from __future__ import annotations

import pytest

from ftpactive.core.certificate import Certificate

DIGITS = "0123456789abcdef" * 4
ALICE = Certificate("alice", DIGITS)


@pytest.mark.parametrize(
    "text",
    [
        "alice",
        f"sha256:{DIGITS}",
        f"SHA256:{DIGITS.upper()}",
        "sha256:" + ":".join(DIGITS[n : n + 2] for n in range(0, 64, 2)),
    ],
)
def test_isMeant(text: str) -> None:
    """
    By its name, or by its fingerprint as one program or another writes it.
    """
    assert ALICE.isMeantBy(text)


@pytest.mark.parametrize("text", ["", "Alice", "bob", f"sha256:{DIGITS[::-1]}", f"md5:{DIGITS}"])
def test_isNotMeant(text: str) -> None:
    """
    By anything else.
    """
    assert not ALICE.isMeantBy(text)


def test_withoutNameByFingerprintOnly() -> None:
    """
    A certificate without a common name is not that of a user without one.
    """
    assert not Certificate("", DIGITS).isMeantBy("")
