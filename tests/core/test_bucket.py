"""
Tests for L{ftpactive.core.bucket}.
"""

from __future__ import annotations

from ftpactive.core.bucket import BURST, Bucket, FairQueue, Flow


def passed(bucket: Bucket, seconds: float, piece: int, begin: float = 0.0) -> int:
    """
    Give how many bytes pass in a while, to somebody who is always ready.
    """
    now, total = begin, 0
    while now < begin + seconds:
        bucket.refill(now)
        wait = bucket.wait()
        if wait:
            now += max(wait, 1e-6)
        else:
            bucket.draw(piece)
            total += piece
    return total


class TestBucket:
    """
    L{Bucket} lets a rate pass.
    """

    def test_rate(self) -> None:
        """
        Over ten seconds it is the rate within a few percent, for any piece.
        """
        for piece in (1, 100, 1000):
            assert abs(passed(Bucket(10_000, 0.0), 10, piece) - 100_000) < 4_000

    def test_idleSavesLittle(self) -> None:
        """
        An hour without a byte is worth a moment.
        """
        bucket = Bucket(1000, 0.0)
        passed(bucket, 1, 10)
        assert passed(bucket, 1, 10, begin=3600.0) <= 1000 * (1 + BURST) + 20

    def test_debt(self) -> None:
        """
        A piece that is larger than what there is passes, and then nothing does
        until it is paid for.
        """
        bucket = Bucket(1000, 0.0)
        bucket.draw(1000)
        assert bucket.wait() == 1.0

    def test_lateIsNotLost(self) -> None:
        """
        Who wakes up too late, by less than the burst, finds what has come.
        """
        bucket = Bucket(1000, 0.0)
        bucket.draw(50)
        bucket.refill(0.125)
        bucket.draw(75)
        assert bucket.wait() == 0.0


def served(queue: FairQueue[str], pieces: dict[str, int], turns: int) -> dict[str, int]:
    """
    Let flows stand in line again as soon as each was served.

    @return: how many bytes each got.
    """
    flows = {name: Flow() for name in pieces}
    got = dict.fromkeys(pieces, 0)
    for name, size in pieces.items():
        queue.push(flows[name], size, name)
    for _ in range(turns):
        found = queue.pop()
        assert found is not None
        count, name = found
        got[name] += count
        queue.push(flows[name], count, name)
    return got


class TestFairQueue:
    """
    L{FairQueue} orders what several want to send.
    """

    def test_equalPieces(self) -> None:
        """
        One after the other.
        """
        assert served(FairQueue(), {"a": 10, "b": 10, "c": 10}, 30) == {
            "a": 100,
            "b": 100,
            "c": 100,
        }

    def test_unequalPieces(self) -> None:
        """
        Who comes with large pieces gets fewer turns.
        """
        got = served(FairQueue(), {"small": 10, "large": 100}, 1100)
        assert abs(got["small"] - got["large"]) <= 200

    def test_lateComer(self) -> None:
        """
        Who was idle before is no better off than those who were not.
        """
        queue: FairQueue[str] = FairQueue()
        served(queue, {"a": 10}, 50)
        late = Flow()
        for _ in range(5):
            queue.push(late, 10, "late")
        got = [queue.pop(), queue.pop()]
        assert (10, "a") in got

    def test_leave(self) -> None:
        """
        Who has left is passed over; an empty line has nobody.
        """
        queue: FairQueue[str] = FairQueue()
        turn = queue.push(Flow(), 1, "a")
        queue.push(Flow(), 1, "b")
        queue.leave(turn)
        assert queue.pop() == (1, "b")
        assert queue.pop() is None
        assert not queue
