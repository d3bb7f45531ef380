"""
What the rooms of sockets want of a reactor and of its transports.
"""

from twisted.internet.interfaces import (
    IConsumer,
    IPushProducer,
    IReactorTCP,
    IReactorTime,
    ITCPTransport,
)


class Reactor(IReactorTCP, IReactorTime):
    """
    Connections and time: every reactor has both.
    """


class Transport(ITCPTransport, IConsumer, IPushProducer):
    """
    A TCP connection: what is written goes out (consumer), what is read can be
    paused (producer).
    """


def nothing() -> None:
    """
    Be done in the place of what a transport would do, where that is not wanted.
    """
