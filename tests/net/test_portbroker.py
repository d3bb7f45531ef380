"""
Tests for L{ftpactive.net.portbroker} and L{ftpactive.net.portguard}: what the
real processes may, do and refuse.
"""

from __future__ import annotations

import array
import errno
import os
import random
import signal
import socket
from collections.abc import Iterator
from contextlib import closing

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ftpactive.net.portbroker import (
    ATTACH,
    BIND,
    DONE,
    HELLO,
    LINES,
    NOTE,
    NOTES,
    REQUEST,
    Allowance,
)
from tests.net.brokers import (
    OWN,
    Service,
    descriptorsOf,
    eventually,
    kill,
    needsRoot,
    processes,
    request,
    status,
)

pytestmark = needsRoot

#: What the broker of most tests may bind.  The second is no address of ours.
ALLOWED = (f"1021/{OWN}", "1021/192.0.2.1", "1021/::1", "1022/0.0.0.0", "1022/::")


@pytest.fixture
def service() -> Iterator[Service]:
    """
    A broker for one test.
    """
    with closing(Service(*ALLOWED)) as one:
        yield one


@pytest.fixture(scope="module")
def shared() -> Iterator[Service]:
    """
    A broker that must survive what many tests ask.
    """
    with closing(Service(f"1018/{OWN}", "1018/::1", "1019/127.0.0.3")) as one:
        broker = one.broker
        yield one
        assert one.broker == broker


PERMITTED = [
    (OWN, 1021, True),
    ("::1", 1021, True),
    ("127.0.0.2", 1021, False),
    (OWN, 1020, False),
    (OWN, 0, False),
    ("127.0.0.2", 1022, True),
    ("::2", 1022, True),
    ("0.0.0.0", 1022, False),
    ("::", 1022, False),
    ("224.0.0.1", 1022, False),
    ("255.255.255.255", 1022, False),
    ("ff02::1", 1022, False),
]


class TestAllowance:
    """
    L{Allowance} knows what may be bound.
    """

    @pytest.mark.parametrize(("host", "port", "isPermitted"), PERMITTED)
    def test_permits(self, host: str, port: int, isPermitted: bool) -> None:
        """
        What was said, and for a wildcard the addresses of single machines.
        """
        _, _, version, port, zone, packed = REQUEST.unpack(request(1, host, port))
        assert Allowance(ALLOWED).permits(version, packed, zone, port) is isPermitted

    def test_zones(self) -> None:
        """
        A link-local address is another one in each zone.
        """
        packed = socket.inet_pton(socket.AF_INET6, "fe80::1")
        allowance = Allowance(("20/fe80::1%3",))
        assert [zone for zone in range(5) if allowance.permits(6, packed, zone, 20)] == [3]


class TestPrivileges:
    """
    What the two processes are.
    """

    @pytest.mark.parametrize("name", ["guard", "broker"])
    def test_oneCapability(self, service: Service, name: str) -> None:
        """
        CAP_NET_BIND_SERVICE, which is number 10, and no way to any other.
        """
        said = status(getattr(service, name))
        sets = {each: int(said[f"Cap{each}"], 16) for each in ("Prm", "Eff", "Inh", "Bnd", "Amb")}
        assert sets == {"Prm": 1 << 10, "Eff": 1 << 10, "Inh": 0, "Bnd": 0, "Amb": 0}
        assert said["NoNewPrivs"] == "1"

    @pytest.mark.parametrize("name", ["guard", "broker"])
    def test_nobody(self, service: Service, name: str) -> None:
        """
        A user without rights, in no group but its own, and in no folder that
        somebody may want to unmount.
        """
        process = getattr(service, name)
        said = status(process)
        assert said["Uid"].split() == said["Gid"].split() == ["65534"] * 4
        assert said["Groups"].strip() == ""
        assert os.readlink(f"/proc/{process}/cwd") == "/"

    @pytest.mark.parametrize("name", ["guard", "broker"])
    def test_oneDescriptor(self, service: Service, name: str) -> None:
        """
        The socket to the service, and nothing else.
        """
        (only,) = descriptorsOf(getattr(service, name)).values()
        assert only.startswith("socket:")

    def test_notDumpable(self, service: Service) -> None:
        """
        Its memory and descriptors are for root alone to see.
        """
        assert os.stat(f"/proc/{service.broker}/mem").st_uid == 0


class TestBind:
    """
    A bound socket.
    """

    @pytest.mark.parametrize("host", [OWN, "::1"])
    def test_bound(self, service: Service, host: str) -> None:
        """
        To the address and the privileged port, ready for others to share it.
        """
        with service.get(host, 1021) as bound:
            assert bound.getsockname()[:2] == (host, 1021)
            assert bound.type == socket.SOCK_STREAM
            assert bound.getsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR)
            assert bound.getsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT)
            assert not bound.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
            assert not os.get_blocking(bound.fileno())
            assert not bound.get_inheritable()

    def test_onlyIPv6(self, service: Service) -> None:
        """
        An IPv6 socket is nothing for IPv4.
        """
        with service.get("::1", 1021) as bound:
            assert bound.getsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY)

    def test_shared(self, service: Service) -> None:
        """
        Many have the same address and port at once.
        """
        bound = [service.get(OWN, 1021) for _ in range(50)]
        assert {each.getsockname() for each in bound} == {(OWN, 1021)}
        for each in bound:
            each.close()

    def test_wildcard(self, service: Service) -> None:
        """
        Where the service listens on all addresses, each of them is good.
        """
        service.get("127.0.0.77", 1022).close()
        service.get("::1", 1022).close()

    @pytest.mark.parametrize(
        ("host", "number"), [(OWN, errno.EADDRINUSE), ("192.0.2.1", errno.EADDRNOTAVAIL)]
    )
    def test_error(self, service: Service, host: str, number: int) -> None:
        """
        What bind() says is the answer; it is nothing for the log.
        """
        with socket.create_server((OWN, 1021)):
            service.end.send(request(7, host, 1021))
            assert service.told() == (7, DONE, number, [])

    def test_nothingIsKept(self, service: Service) -> None:
        """
        After 5,000 sockets neither process has a descriptor more, nor have we.
        """
        ours = len(descriptorsOf())
        for _ in range(5000):
            service.get(OWN, 1021).close()
        assert len(descriptorsOf()) == ours
        eventually(lambda: len(descriptorsOf(service.broker)) == 1)
        assert len(descriptorsOf(service.guard)) == 1


GOOD = request(9, OWN, 1021)

#: Why it is refused -> (packet, how many descriptors come with it, errno).
BAD = {
    "foreign address": (request(9, "127.0.0.2", 1021), 0, errno.EPERM),
    "any address": (request(9, "0.0.0.0", 1021), 0, errno.EPERM),
    "foreign port": (request(9, OWN, 22), 0, errno.EPERM),
    "port 0": (request(9, OWN, 0), 0, errno.EPERM),
    "foreign zone": (request(9, "::1", 1021, zone=1), 0, errno.EPERM),
    "IPv4 in IPv6": (request(9, "::ffff:127.0.0.1", 1021), 0, errno.EPERM),
    "zone in IPv4": (request(9, OWN, 1021, zone=1), 0, errno.EINVAL),
    "rest of IPv4": (GOOD[:-1] + b"\1", 0, errno.EINVAL),
    "wrong family": (GOOD[:5] + b"\1" + GOOD[6:], 0, errno.EINVAL),
    "wrong kind": (GOOD[:4] + b"\3" + GOOD[5:], 0, errno.EINVAL),
    "too short": (GOOD[:-1], 0, errno.EINVAL),
    "number only": (GOOD[:4], 0, errno.EINVAL),
    "too long": (GOOD + b"\0", 0, errno.EINVAL),
    "much too long": (GOOD + bytes(50000), 0, errno.EINVAL),
    "a descriptor": (GOOD, 1, errno.EINVAL),
    "too many descriptors": (GOOD, 200, errno.EINVAL),
    "attach nothing": (GOOD[:4] + bytes([ATTACH]) + GOOD[5:], 0, errno.EINVAL),
    "attach two": (GOOD[:4] + bytes([ATTACH]) + GOOD[5:], 2, errno.EINVAL),
    "attach a file": (GOOD[:4] + bytes([ATTACH]) + GOOD[5:], 1, errno.EINVAL),
}


def sendWith(end: socket.socket, packet: bytes, *descriptors: int) -> None:
    """
    Send a packet, and descriptors with it.
    """
    rights = (socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", descriptors))
    end.sendmsg([packet], [rights] if descriptors else [])


class TestRefusal:
    """
    What nobody should ask for is refused, with a line for the log, and the
    next request is answered as ever.
    """

    @pytest.mark.parametrize(("packet", "count", "number"), BAD.values(), ids=BAD)
    def test_refused(self, service: Service, packet: bytes, count: int, number: int) -> None:
        """
        Nothing is bound, and what came is closed.
        """
        with open(os.devnull) as file:
            sendWith(service.end, packet, *[file.fileno()] * count)
        _, kind, _, words = service.told()
        assert kind == NOTE
        assert isinstance(words, str) and words.startswith("the port broker refused ")
        assert service.told() == (9, DONE, number, [])
        service.get(OWN, 1021).close()
        assert len(descriptorsOf(service.broker)) == 1

    @pytest.mark.parametrize("packet", [b"", b"abc"], ids=["empty", "no number"])
    def test_noNumber(self, service: Service, packet: bytes) -> None:
        """
        Where nobody can be answered, the log is told all the same.
        """
        service.end.send(packet)
        assert service.told()[1] == NOTE
        service.get(OWN, 1021).close()

    @pytest.mark.parametrize("kind", [socket.SOCK_STREAM, socket.SOCK_DGRAM])
    def test_wrongSocket(self, service: Service, kind: socket.SocketKind) -> None:
        """
        One can only talk on a socket that keeps packets apart and in order.
        """
        ours, theirs = socket.socketpair(socket.AF_UNIX, kind)
        with ours, theirs:
            sendWith(service.end, REQUEST.pack(9, ATTACH, 0, 0, 0, b""), theirs.fileno())
        assert service.told()[1] == NOTE
        assert service.told() == (9, DONE, errno.EINVAL, [])
        assert len(descriptorsOf(service.broker)) == 1

    def test_logIsNotFlooded(self, service: Service) -> None:
        """
        Who asks for nonsense all the time gets only so much of it logged.
        """
        kinds = []
        for number in range(NOTES * 10):
            service.end.send(request(number, "127.0.0.2", 1021))
            while (told := service.told())[1] == NOTE:
                kinds.append(NOTE)
            assert told == (number, DONE, errno.EPERM, [])
        # A second may have begun meanwhile.
        assert NOTES <= len(kinds) <= NOTES * 3

    @settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(
        st.one_of(
            st.binary(max_size=60),
            st.builds(
                lambda number, kind, version, port, zone, packed: REQUEST.pack(
                    number, kind, version, port, zone, packed
                ),
                st.just(5),
                st.sampled_from([BIND, BIND, BIND, ATTACH, 0, 255]),
                st.sampled_from([4, 6, 0, 2, 10]),
                st.sampled_from([0, 20, 22, 80, 1017, 1018, 1019, 1020, 8080, 65535]),
                st.sampled_from([0, 0, 0, 1, 1 << 31]),
                st.one_of(
                    st.binary(min_size=16, max_size=16),
                    st.sampled_from(
                        [
                            socket.inet_aton(host).ljust(16, b"\0")
                            for host in (OWN, "127.0.0.2", "127.0.0.3", "0.0.0.0")
                        ]
                        + [
                            socket.inet_pton(socket.AF_INET6, host)
                            for host in ("::1", "::", "::ffff:127.0.0.1", "fe80::1")
                        ]
                    ),
                ),
            ),
        )
    )
    def test_bindsNothingElse(self, shared: Service, packet: bytes) -> None:
        """
        Whatever comes, only what was allowed is ever bound, and it goes on.
        """
        shared.end.send(packet)
        shared.end.send(request(1, "127.0.0.3", 1019))
        given: list[socket.socket] = []
        while True:
            number, kind, value, what = shared.told()
            given += [each for each in what if isinstance(each, socket.socket)]
            if (number, kind, value) == (1, DONE, 0) and given[-1].getsockname()[1] == 1019:
                break
        ends = {each.getsockname()[:2] for each in given}
        for each in given:
            each.close()
        assert ends <= {(OWN, 1018), ("::1", 1018), ("127.0.0.3", 1019)}


def attach(service: Service) -> socket.socket:
    """
    Make another way to a broker.
    """
    worker, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs:
        sendWith(service.end, REQUEST.pack(3, ATTACH, 0, 0, 0, b""), theirs.fileno())
    assert service.told() == (3, DONE, 0, [])
    assert service.told(worker)[1] == HELLO
    return worker


class TestWorker:
    """
    Others may ask, too, on sockets of their own.
    """

    def test_answersGoWhereTheyBelong(self, service: Service) -> None:
        """
        To whom has asked.
        """
        with attach(service) as worker:
            worker.send(request(4, OWN, 1021))
            service.end.send(request(5, "::1", 1021))
            for end, number in ((worker, 4), (service.end, 5)):
                got, _, value, bound = service.told(end)
                assert (got, value, len(bound)) == (number, 0, 1)
                for each in bound:
                    assert isinstance(each, socket.socket)
                    each.close()

    def test_refusalsAreLoggedByTheService(self, service: Service) -> None:
        """
        A worker may be in wrong hands; its answer says no more than the errno.
        """
        with attach(service) as worker:
            worker.send(request(4, "127.0.0.9", 1021))
            assert service.told()[1] == NOTE
            assert service.told(worker) == (4, DONE, errno.EPERM, [])

    def test_mayNotAttachOthers(self, service: Service) -> None:
        """
        Only the service says who may ask.
        """
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with attach(service) as worker, ours, theirs:
            sendWith(worker, REQUEST.pack(3, ATTACH, 0, 0, 0, b""), theirs.fileno())
            assert service.told(worker) == (3, DONE, errno.EPERM, [])
            assert service.told()[1] == NOTE

    def test_whoDoesNotReadHoldsNobodyUp(self, service: Service) -> None:
        """
        Two dozen answers wait, then that worker is not listened to, and all
        others are; when it reads, it has them all.
        """
        with attach(service) as worker:
            for number in range(200):
                worker.send(request(number, OWN, 1021))
            service.get(OWN, 1021).close()
            for number in range(200):
                got, _, value, bound = service.told(worker)
                assert (got, value, len(bound)) == (number, 0, 1)
                for each in bound:
                    assert isinstance(each, socket.socket)
                    each.close()

    def test_hangsUp(self, service: Service) -> None:
        """
        When it is gone nothing is kept of it, not even what it did not read.
        """
        with attach(service) as worker:
            for number in range(100):
                worker.send(request(number, OWN, 1021))
        eventually(lambda: len(descriptorsOf(service.broker)) == 1)
        service.get(OWN, 1021).close()

    def test_tooMany(self, service: Service) -> None:
        """
        There is a limit, after which it goes on as before.
        """
        workers = [attach(service) for _ in range(LINES)]
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with ours, theirs:
            sendWith(service.end, REQUEST.pack(3, ATTACH, 0, 0, 0, b""), theirs.fileno())
            assert service.told() == (3, DONE, errno.EMFILE, [])
        for each in workers:
            each.close()


class TestDeath:
    """
    Either process may be killed; with the service both end.
    """

    def test_broker(self, service: Service) -> None:
        """
        There is another at once, which says how the one before it ended.
        """
        before = service.broker
        assert service.hello[:3] == (before, HELLO, 0)
        kill(before)
        number, kind, value, _ = service.told()
        assert (number, kind, value) == (service.broker, HELLO, -signal.SIGKILL)
        assert number != before
        service.get(OWN, 1021).close()

    def test_guard(self, service: Service) -> None:
        """
        Who asks notices nothing; the log does.
        """
        before = service.broker
        kill(service.guard)
        assert service.told()[1] == NOTE
        service.get(OWN, 1021).close()
        assert service.guard == before

    def test_inTurns(self, service: Service) -> None:
        """
        Again and again, whichever it is, with what they are and may unchanged.
        """
        victims = [service.guard, *(random.choice(["guard", "broker"]) for _ in range(20))]
        kill(service.guard)
        assert service.told()[1] == NOTE
        for name in victims[1:]:
            kill(getattr(service, str(name)))
            assert service.told()[1] == (NOTE if name == "guard" else HELLO)
            service.get(OWN, 1021).close()
            for process in (service.guard, service.broker):
                assert int(status(process)["CapEff"], 16) == 1 << 10
                assert len(descriptorsOf(process)) == 1

    def test_whatWasNotReadIsDone(self, service: Service) -> None:
        """
        Requests wait in the socket for the next broker.
        """
        broker = service.broker
        os.kill(broker, signal.SIGSTOP)
        for number in range(100):
            service.end.send(request(number, OWN, 1021))
        kill(broker)
        assert service.told()[1] == HELLO
        for number in range(100):
            got, kind, value, bound = service.told()
            assert (got, kind, value, len(bound)) == (number, DONE, 0, 1)
            for each in bound:
                assert isinstance(each, socket.socket)
                each.close()

    @pytest.mark.parametrize(
        "number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1]
    )
    def test_signalsForTheService(self, service: Service, number: int) -> None:
        """
        What a terminal or a service manager sends to all does not end the
        broker before the service; nor does a sign that the guard were dead.
        """
        before = (service.guard, service.broker)
        os.kill(service.broker, number)
        if number != signal.SIGUSR1:
            os.kill(service.guard, number)
        service.get(OWN, 1021).close()
        assert (service.guard, service.broker) == before

    def test_serviceHangsUp(self, service: Service) -> None:
        """
        Both end, in the middle of work, and also a broker that was not the
        first.
        """
        kill(service.broker)
        service.told()
        with attach(service):
            for number in range(100):
                service.end.send(request(number, OWN, 1021))
            service.end.close()
            eventually(lambda: not processes(ALLOWED[0]))
