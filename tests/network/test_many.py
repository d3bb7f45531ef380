"""
Many clients of one host at once, on the ports that FTP has.
"""

from __future__ import annotations

from contextlib import ExitStack

from tests.end_to_end.place import ROOM
from tests.end_to_end.rawclient import readAll
from tests.network.places import SERVER, Site

CLIENTS = 200


def test_manyClients(site: Site) -> None:
    """
    200 downloads are open at the same moment, each a file of its own, all from
    port 20.
    """
    contents = [b"%06d" % number * 50_000 for number in range(CLIENTS)]
    for number, each in enumerate(contents):
        (site.server.root / f"many{number}").write_bytes(each)
    with ExitStack() as stack:
        callers = [stack.enter_context(site.lan.call()) for _ in range(CLIENTS)]
        connections = [
            each.fetching(f"many{number}", each.listen(room=ROOM))
            for number, each in enumerate(callers)
        ]
        assert {each.getpeername() for each in connections} == {(SERVER, 20)}
        # None can be done before it is read: there is room for a part only.
        assert not any("RETR /many" in line for line in site.server.lines)
        for caller, connection, expected in zip(callers, connections, contents, strict=True):
            assert readAll(connection) == expected
            assert caller.reply().startswith("226 ")
