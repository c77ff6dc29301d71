"""kill -9 of each part in the middle of the load: nothing acknowledged is lost, nothing happens twice."""
import os
import random
import signal
import threading
import time

import pytest
import redis

from client import NoAnswer, Refused, Subscription, record_pb
from daemon import Daemon
from words import small_programme, wish

ROUNDS = int(os.environ.get("CONVENE_CRASH_ROUNDS", "8"))


class Load(threading.Thread):
    """Submits requests one after another, each until it has its receipt; remembers what was promised."""

    def __init__(self, daemon, keys, prefix):
        super().__init__(daemon=True)
        self.d, self.keys, self.prefix = daemon, keys, prefix
        self.receipts, self.stop, self.error = {}, threading.Event(), None

    def run(self):
        from client import Connection
        try:
            connection = Connection(self.d.endpoint, self.d.public_key, self.keys, timeout=1.0)
            n = 0
            while not self.stop.is_set():
                n += 1
                ident = f"{self.prefix}-{n}"
                request = wish(ident, duration=1 + n % 5, value=1 + n % 100, after=[{"request": f"{self.prefix}-{n - 3}", "min_gap": 0, "max_gap": 600}] if n % 10 == 4 else [])
                while not self.stop.is_set():
                    try:
                        (receipt,) = connection.submit(self.d.programme, request, timeout=1.0)
                        self.receipts[ident] = (receipt.revision, receipt.cursor)
                        break
                    except NoAnswer:
                        continue
                    except Refused as e:
                        assert e.code in ("BUSY", "UNAVAILABLE", "DEADLINE"), e
                        time.sleep(min(0.2, max(0.01, e.problem.retry_after_ms / 1000)))
            connection.close()
        except Exception as e:  # noqa: BLE001 - told to the test
            self.error = e


class Listener(threading.Thread):
    """Collects every update that is published."""

    def __init__(self, daemon, keys):
        super().__init__(daemon=True)
        self.subscription = Subscription(daemon.updates, daemon.public_key, keys, daemon.programme)
        self.published, self.stop = {}, threading.Event()
        self.doubled = []

    def run(self):
        while not self.stop.is_set():
            u = self.subscription.next(0.1)
            if u is None or u.WhichOneof("of") == "pulse":
                continue
            seen = self.published.setdefault(u.cursor, u.SerializeToString())
            if seen != u.SerializeToString():
                self.doubled.append(u.cursor)
        self.subscription.close()


@pytest.mark.parametrize("victim", ["convened", "convene-validator", "convene-scheduler", "redis-server"])
def test_kill_9_in_the_middle_of_the_load(victim):
    d = Daemon()
    try:
        d.start()
        d.programme = d.load(small_programme(venues=6, units=4, beds=2000))
        observer = d.grant("observer")
        federations = [d.grant("federation", f) for f in ("CHN-TTE", "RUS-TTE")]
        loads = [Load(d, federations[0].keys, f"a{i}") for i in range(2)]
        listener = Listener(d, observer.keys)
        for t in loads + [listener]:
            t.start()
        rng = random.Random(victim)
        acknowledged = lambda: sum(len(t.receipts) for t in loads)

        def wait_for(n):
            end = time.monotonic() + 30
            while acknowledged() < n:
                assert time.monotonic() < end, f"{acknowledged()} of {n}: {[t.error for t in loads]}\n{d.log()[-3000:]}"
                time.sleep(0.01)

        for _ in range(max(1, ROUNDS // 4) if victim.startswith("convene-") and ROUNDS > 20 else ROUNDS):
            wait_for(acknowledged() + 1)  # it goes on after each of them
            time.sleep(rng.uniform(0.05, 0.3))
            if victim == "convened":
                d.kill()
                d.start()
            else:
                os.kill(d.child(victim), signal.SIGKILL)
                time.sleep(rng.uniform(0.05, 0.3))
        time.sleep(0.5)
        wait_for(21)
        for t in loads:
            t.stop.set()
        for t in loads:
            t.join(30)
            assert t.error is None, t.error
        receipts = {k: v for t in loads for k, v in t.receipts.items()}
        assert len(receipts) > 20, "there was a load"
        check(d, observer.keys, receipts, listener)
    finally:
        d.close()


def replayed(observer, programme, end):
    while True:
        try:
            return observer.replay(programme, 0)
        except Refused as e:  # Redis is on its way up: reads of the log wait for it
            assert e.code == "UNAVAILABLE" and time.monotonic() < end, e
            time.sleep(0.1)


def check(d, observer_keys, receipts, listener):
    observer = d.connect(observer_keys, timeout=20)
    end = time.monotonic() + 60
    while True:  # every job comes to rest by itself
        records = {r.id: r for r in observer.list(d.programme)}
        open_ = [r.id for r in records.values() if r.standing.state in (record_pb.STATE_RECEIVED, record_pb.STATE_VALIDATED)]
        if not open_:
            break
        assert time.monotonic() < end, f"{len(open_)} never decided: {open_[:5]}\n{d.log()[-3000:]}"
        time.sleep(0.1)

    replayed(observer, d.programme, end)
    d.at_rest()
    assert not set(receipts) - set(records), "a receipt was given for what is not there"
    log = replayed(observer, d.programme, end)
    assert [u.cursor for u in log] == list(range(1, len(log) + 1)), "cursors have a gap"

    outcomes = {}
    for u in log:
        if u.WhichOneof("of") == "request":
            c = u.request
            if c.standing.state == record_pb.STATE_RECEIVED:
                outcomes.setdefault(c.id, [])
            else:
                outcomes[c.id].append((c.standing.state, [(x.code, tuple(getattr(x, "with"))) for x in c.standing.reasons]))
                assert c.standing.state in (record_pb.STATE_PROPOSED, record_pb.STATE_WAITLISTED), (c.id, c.standing)
    for ident, (revision, cursor) in receipts.items():
        assert records[ident].revision == revision == 1
        first = log[cursor - 1]
        assert first.request.id == ident and first.request.standing.state == record_pb.STATE_RECEIVED
        firsts = outcomes[ident]
        # Exactly one outcome of its job. What comes later is news: a place from the waitlist, or other reasons to wait.
        assert firsts, ident
        for (before, old), (after, new) in zip(firsts, firsts[1:]):
            assert before == record_pb.STATE_WAITLISTED and (after == record_pb.STATE_PROPOSED or old != new), (ident, firsts)

    time.sleep(1.2)
    listener.stop.set()
    listener.join(10)
    assert not listener.doubled, "one cursor was published with two contents"
    by_cursor = {u.cursor: u.SerializeToString() for u in log}
    wrong = [c for c, u in listener.published.items() if by_cursor.get(c) != u]
    assert not wrong, f"published, but not what Redis holds: {wrong[:5]}"
    assert listener.published

    store = redis.Redis(unix_socket_path=next(os.path.join(p, f) for p, _, fs in os.walk(d.state) for f in fs if f.endswith(".sock")))
    head = store.hgetall("{%s}:head" % d.programme)
    assert int(head[b"cursor"]) == len(log) == store.xlen("{%s}:log" % d.programme)
    assert store.scard("{%s}:todo" % d.programme) == 0


def test_no_second_redis_on_the_same_folder():
    """Two writers on one AOF would destroy it: the second daemon refuses to start on a state folder in use."""
    d = Daemon()
    try:
        d.start()
        second = Daemon()
        second.state = d.state
        try:
            second.start(wait=False)
            assert second.process.wait(20) != 0
            assert "holds the state folder" in second.log(), second.log()[-500:]
        finally:
            second.close()
        assert d.operator().hello().role == "operator", "the first one goes on"
    finally:
        d.close()


def test_a_task_that_kills_three_workers_is_set_aside_and_the_others_go_on():
    poison = os.path.join(os.path.dirname(os.environ.get("CONVENE_BIN", os.path.join(os.path.dirname(__file__), "../../build/bin"))), "tests/poison-validator")
    d = Daemon(**{"validator-program": os.path.abspath(poison)})
    try:
        d.start()
        d.programme = d.load(small_programme())
        federation = d.grant("federation", "CHN-TTE")
        for i in range(10):
            federation.send(d.programme, submit=__import__("client").pb.Submit(requests=[wish(f"fine-{i}")]))
        federation.submit(d.programme, wish("poison"))
        for i in range(10):
            assert federation.outcome(f"fine-{i}", 30).standing.state == record_pb.STATE_PROPOSED
        standing = federation.outcome("poison", 60).standing
        assert standing.state == record_pb.STATE_QUARANTINED
        operator = d.operator()
        assert "poison" in operator.get(d.programme, "poison").standing.last_words
        federation.submit(d.programme, wish("after"))
        assert federation.outcome("after", 30).standing.state == record_pb.STATE_PROPOSED
        record = operator.call(d.programme, release=__import__("client").pb.Release(request="poison", reject=True, reason="it kills workers"))
        assert record.standing.state == record_pb.STATE_REJECTED
    finally:
        d.close()
