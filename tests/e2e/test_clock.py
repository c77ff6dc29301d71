"""The machine's clock jumps, under the daemon and its workers: nothing that is under way fails or waits for it."""
import datetime
import glob
import os
import time

import pytest
from test_desk import People, R, until

from client import Mirror, Subscription, pb
from daemon import Daemon, serving_games
from words import wish

DAY = 86_400


class Clock:
    """What libfaketime tells a daemon and its workers. Their monotonic clocks are left alone, as the machine's would be, and so is
    Redis, whose allocator libfaketime can not live with."""

    def __init__(self, folder):
        self.path, self.redis = f"{folder}/clock", f"{folder}/redis"
        with open(self.redis, "w", encoding="ascii") as f:
            f.write('#!/bin/sh\nunset LD_PRELOAD\nexec redis-server "$@"\n')
        os.chmod(self.redis, 0o700)
        self.env = {"LD_PRELOAD": glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1")[0], "FAKETIME_TIMESTAMP_FILE": self.path,
                    "FAKETIME_NO_CACHE": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1", "ASAN_OPTIONS": "verify_asan_link_order=0"}

    def set(self, day, hour=12):
        at = datetime.datetime.fromisoformat(day).replace(hour=hour, tzinfo=datetime.timezone.utc)
        with open(f"{self.path}.new", "w", encoding="ascii") as f:
            f.write(f"{int(at.timestamp() - time.time()):+d}")
        os.rename(f"{self.path}.new", self.path)


@pytest.fixture
def clock(tmp_path):
    return Clock(tmp_path)


@pytest.fixture
def games(clock):
    d = Daemon(**{"today": None, "redis-program": clock.redis})
    d.extra_env = clock.env
    clock.set("2026-01-01")
    with serving_games(d):
        yield d


def today(games, observer, day, timeout=10):
    """Waits until the updates say that it is that day."""
    s = Subscription(games.updates, games.public_key, observer.keys, games.programme)
    end = time.monotonic() + timeout
    while (u := s.next(timeout)) is None or u.WhichOneof("of") != "pulse" or u.pulse.today != day:
        assert time.monotonic() < end, u
    s.close()


def under_way(games, federation, prefix, jump, n=40):
    """Requests are sent, the clock jumps, and each gets its receipt and its outcome."""
    start = time.monotonic()
    calls = [federation.send(games.programme, 20_000, submit=pb.Submit(requests=[wish(f"{prefix}{i}")])) for i in range(n)]
    jump()
    for call in calls:
        assert len(federation.wait(call).receipts) == 1
    for i in range(n):
        assert federation.outcome(f"{prefix}{i}").standing.state in (R.STATE_PROPOSED, R.STATE_WAITLISTED)
    assert time.monotonic() - start < 10


def test_jumps_by_hours_and_days_disturb_nothing(games, clock):
    federation, observer = games.grant("federation", "CHN-TTE"), games.grant("observer")
    uptime = games.operator().call(status=pb.StatusCall()).uptime_ms
    for name, day, hour in (("a", "2026-01-01", 23), ("b", "2026-01-01", 2), ("c", "2026-01-09", 12), ("d", "2025-12-20", 12), ("e", "2026-01-02", 0)):
        under_way(games, federation, name, lambda: clock.set(day, hour))
        today(games, observer, day)
    time.sleep(2)  # what would take a jump for silence, or for a time that is up, has had its chance
    c = games.counters()
    assert c["worker_deaths"] == 0 and c["failed_handshakes"] == 0 and not any(v for k, v in c.items() if k in ("problem_DEADLINE", "problem_UNAVAILABLE")), c
    grown = games.operator().call(status=pb.StatusCall()).uptime_ms - uptime
    assert 0 < grown < 120_000, "time since the start is no matter of what day it is"
    updates = observer.replay(games.programme, 0)
    assert [u.cursor for u in updates] == list(range(1, len(updates) + 1))
    assert Mirror(games.programme).snapshot(observer).cursor == len(updates)


def test_what_a_day_brought_stays_when_the_clock_goes_back(games, clock):
    w = People(games)
    w.confirmed("camp")
    clock.set("2026-06-01")
    held = until(games, w.chn, "camp", R.STATE_HELD)
    clock.set("2026-01-01")
    today(games, w.body, "2026-01-01")
    time.sleep(1.5)  # a pulse and more
    assert w.chn.get(w.p, "camp").cursor == held.cursor
    assert w.submit("other").state == R.STATE_PROPOSED, "it goes on as on any day"
    start = time.monotonic()
    clock.set("2025-06-01")
    assert games.stop() == 0 and time.monotonic() - start < 10
    games.start()
    assert w.chn.get(w.p, "camp").standing.state == R.STATE_HELD
