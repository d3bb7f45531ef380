"""
L{ShellSource} and L{ShellSink}: between who pushes and who pulls.
"""

import pytest
from twisted.internet.defer import Deferred, succeed

from ftpactive.core.errors import BadRestart, LocalError
from ftpactive.storage.shellfiles import LIMIT, ShellSink, ShellSource
from ftpactive.testing.storage import readFrom, run


class Producer:
    """
    Notes what it is told.
    """

    def __init__(self):
        self.told = []

    def pauseProducing(self):
        """Pause."""
        self.told.append("pause")

    def resumeProducing(self):
        """Go on."""
        self.told.append("resume")

    def stopProducing(self):
        """Stop."""
        self.told.append("stop")


class SentFile:
    """
    An C{IReadFile} that the test writes to.
    """

    def __init__(self):
        self.done = Deferred()
        self.consumer = None

    def send(self, consumer):
        """Begin."""
        self.consumer = consumer
        return self.done


class TestShellSource:
    """
    What a file pushes waits until it is read.
    """

    def setup_method(self):
        """
        A source whose file has not written yet.
        """
        self.file, self.producer = SentFile(), Producer()
        self.source = ShellSource(self.file, 10)

    def test_pushIsPausedAndResumed(self):
        """
        Too much is answered with a pause, which ends when all is read.
        """
        self.source.registerProducer(self.producer, True)
        self.source.write(b"x" * LIMIT)
        assert self.producer.told == []
        self.source.write(b"y")
        self.source.write(b"z")
        assert self.producer.told == ["pause"]
        assert len(run(self.source.read(LIMIT + 2))) == LIMIT + 2
        pending = Deferred.fromCoroutine(self.source.read(9))
        assert self.producer.told == ["pause", "resume"]
        self.source.write(b"more")
        assert run(pending) == b"more"

    def test_pullIsAskedForEachRead(self):
        """
        A pull producer writes only when somebody reads, be it later.
        """
        self.source.registerProducer(self.producer, False)
        assert self.producer.told == []
        pending = Deferred.fromCoroutine(self.source.read(9))
        assert self.producer.told == ["resume"]
        self.source.write(b"data")
        assert run(pending) == b"data"

    def test_pullThatComesLateIsAskedAtOnce(self):
        """
        Somebody may wait already when the producer is registered.
        """
        pending = Deferred.fromCoroutine(self.source.read(9))
        self.source.registerProducer(self.producer, False)
        assert self.producer.told == ["resume"]
        self.source.write(b"data")
        assert run(pending) == b"data"

    def test_endComesAfterWhatWaits(self):
        """
        A file may be done before anybody reads.
        """
        self.source.write(b"data")
        self.file.done.callback(None)
        assert readFrom(self.source) == b"data"

    def test_failureComesAfterWhatWaits(self):
        """
        A file that fails is not taken for one that ends.
        """
        self.source.write(b"data")
        self.file.done.errback(OSError(5, "broken"))
        assert run(self.source.read(9)) == b"data"
        with pytest.raises(LocalError):
            run(self.source.read(9))

    def test_closingStopsTheFile(self):
        """
        It is told so, may fail because of that, and what it still writes is
        dropped.
        """
        self.source.registerProducer(self.producer, True)
        self.source.close()
        assert self.producer.told == ["stop"]
        self.source.write(b"late")
        self.file.done.errback(Exception("stopped"))

    def test_closingBeforeItBegins(self):
        """
        A producer that comes after the end is stopped.
        """
        self.source.close()
        self.source.registerProducer(self.producer, True)
        assert self.producer.told == ["stop"]

    def test_closingAfterTheEnd(self):
        """
        There is nothing left to stop.
        """
        self.source.registerProducer(self.producer, True)
        self.source.unregisterProducer()
        self.file.done.callback(None)
        self.source.close()
        assert self.producer.told == []

    def test_skippingTooMuch(self):
        """
        The file ends before the offset, whatever its size was said to be.
        """
        self.source.write(b"12")
        self.file.done.callback(None)
        with pytest.raises(BadRestart):
            run(self.source.skip(3))


class ReceivedFile:
    """
    An C{IWriteFile} and its consumer.
    """

    def __init__(self):
        self.told = []
        self.producer = None

    def registerProducer(self, producer, streaming):
        """Meet who writes."""
        assert streaming
        self.producer = producer

    def unregisterProducer(self):
        """Hear that it was all."""
        self.told.append("end")

    def write(self, data):
        """Take bytes."""
        self.told.append(data)

    def close(self):
        """Finish."""
        self.told.append("close")
        return succeed(None)


class TestShellSink:
    """
    What is written waits until the consumer wants it.
    """

    def setup_method(self):
        """
        A sink whose consumer is ready.
        """
        self.file = ReceivedFile()
        self.sink = ShellSink(self.file, self.file)

    def test_pausedConsumerGetsNothing(self):
        """
        Writing is done when the consumer was ready for it.
        """
        self.file.producer.pauseProducing()
        pending = Deferred.fromCoroutine(self.sink.write(b"data"))
        assert self.file.told == []
        self.file.producer.resumeProducing()
        run(pending)
        assert self.file.told == [b"data"]

    def test_stoppedConsumerIsAnError(self):
        """
        A consumer that wants no more fails the upload, also one that waits.
        """
        self.file.producer.pauseProducing()
        pending = Deferred.fromCoroutine(self.sink.write(b"data"))
        self.file.producer.stopProducing()
        with pytest.raises(LocalError):
            run(pending)

    @pytest.mark.parametrize("isCut", [True, False])
    def test_endIsTold(self, isCut):
        """
        First the consumer hears it, then the file, as in Twisted's server.
        """
        run(self.sink.discard(ConnectionError()) if isCut else self.sink.commit())
        assert self.file.told == ["end", "close"]
