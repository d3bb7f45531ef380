"""
What a storage can do beyond L{IStorage}: asked, never assumed.
"""

from __future__ import annotations

from typing import Any

from zope.interface import Interface

from ftpactive.core.errors import NotImplementedHere
from ftpactive.verbs.conversation import Conversation


def can(c: Conversation, interface: type[Interface]) -> bool:
    """
    Is somebody logged in whose storage can do this?
    """
    return c.login is not None and interface.providedBy(c.login.storage)


def ability(c: Conversation, interface: type[Interface]) -> Any:
    """
    Give the user's storage as something that can do more.

    @raise NotImplementedHere: (502) it cannot.
    """
    if not can(c, interface):
        raise NotImplementedHere("The storage of this user cannot do that")
    return c.storage
