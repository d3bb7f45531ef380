"""
Where ftpactive answers with a code that the lists of the RFCs do not have for
that verb, and why: for the page of the protocol, and for the test that holds
the table to the lists.
"""

from __future__ import annotations

from typing import NamedTuple


class Deviation(NamedTuple):
    """
    What is sent beyond the lists, for one reason.

    @ivar codes: the replies.
    @ivar verbs: which verbs may be answered so; none stands for all of them.
    @ivar reason: why it is better than what the lists offer.
    """

    codes: tuple[int, ...]
    verbs: tuple[str, ...]
    reason: str


DEVIATIONS = (
    Deviation(
        (451,),
        (),
        "A fault of the server's own can strike in any verb. Section 4.2.2 has this code for it,"
        " section 5.4 lists it for transfers alone.",
    ),
    Deviation(
        (501,),
        ("NOOP", "QUIT", "REIN"),
        "They take no argument, and one is there. 500 would say that the verb is not known.",
    ),
    Deviation(
        (425,),
        ("EPSV", "LPSV", "PASV"),
        "No port is free, or the reply cannot tell an IPv6 address. The lists have nothing between"
        " 421, which ends the session, and 502, which says that it can never work.",
    ),
    Deviation(
        (504,),
        ("EPRT", "LPRT", "PORT"),
        "RFC 2577 section 3 asks for it when the address is not the client's own, or the port is"
        " below 1024.",
    ),
    Deviation(
        (503,),
        ("AUTH",),
        "The connection is protected already. The list has 534 instead, as if the operator did not"
        " want TLS.",
    ),
    Deviation(
        (504,),
        ("REST",),
        "The offset is well formed, yet the type in use does not count the bytes of the file."
        " 501 would blame the argument.",
    ),
    Deviation(
        (530,),
        ("PWD", "XPWD"),
        "Nobody is logged in. The list has 550 instead, which says that the folder is gone.",
    ),
    Deviation(
        (550,),
        ("LIST", "NLST", "STAT"),
        "What does not exist will not exist in a minute either. The list has 450 alone, after which"
        " clients try again; RFC 3659 section 7 has 550 for MLSD.",
    ),
    Deviation(
        (550,),
        ("RNTO", "STOR", "STOU"),
        "The folder does not exist, or access is denied: section 4.2.2 has 550 for both. The list"
        " has 553 alone, which says that another name would do.",
    ),
    Deviation(
        (552,),
        ("ALLO",),
        "The size that it names is more than the user's quota. 504 would say that it is the form"
        " of the number that is not understood; section 4.2.2 has 552 for a storage allocation.",
    ),
    Deviation(
        (214, 250, 350, 450, 452, 502, 503, 550, 552, 553),
        ("SITE",),
        "RFC 959 leaves the subcommands to each server. Each is answered as the verb that is most"
        " like it: SITE HELP as HELP, SITE CPFR and CPTO as RNFR and RNTO.",
    ),
)
