"""Keys that were granted, and then never read, or never end what they say: memory stays flat, the others are served."""
import contextlib
import os
import socket
import threading
import time

import pytest
import zmq

from client import pb
from daemon import Daemon, serving_games
from words import wish

MIB = 1 << 20


@pytest.fixture
def games():
    """A daemon whose size is what it holds: under AddressSanitizer it keeps little of what was freed, and gives it back soon."""
    d = Daemon()
    d.extra_env = {"ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":quarantine_size_mb=4:thread_local_quarantine_size_kb=64"
                                                                        ":allocator_release_to_os_interval_ms=100"}
    with serving_games(d):
        yield d


def rss(daemon):
    with open(f"/proc/{daemon.process.pid}/status", encoding="ascii") as f:
        return next(int(line.split()[1]) * 1024 for line in f if line.startswith("VmRSS"))


def connect(daemon, keys, endpoint=None):
    """A socket that takes next to nothing in until it is read."""
    s = zmq.Context.instance().socket(zmq.DEALER)
    s.linger, s.rcvhwm, s.rcvbuf, s.sndhwm = 0, 1, 4096, 100_000
    s.curve_serverkey, s.curve_publickey, s.curve_secretkey = (k.encode() for k in (daemon.public_key, keys.public, keys.secret))
    s.connect(endpoint or daemon.endpoint)
    return s


def lists(socket, programme, n):
    """Sends n calls for the fullest page and reads nothing."""
    for i in range(n):
        socket.send(pb.Call(protocol=1, id=i + 1, programme=programme, deadline_ms=60_000, list=pb.List(limit=1000)).SerializeToString())


def fill(daemon, n, note):
    """So many requests with so long a note."""
    federation = daemon.grant("federation", "CHN-TTE")
    for i in range(0, n, 20):
        for call in [federation.send(daemon.programme, 30_000, submit=pb.Submit(requests=[wish(f"r{j}", note="x" * note)])) for j in range(i, min(n, i + 20))]:
            federation.wait(call, 60)
    federation.settled(daemon.programme, f"r{n - 1}")
    return federation


class Heard:
    """What a socket was answered: how many pages, and the problems."""

    def __init__(self, socket):
        self.socket, self.pages, self.problems = socket, 0, []

    def read(self, wait):
        """All that is there, and comes within so many seconds of one another."""
        while self.socket.poll(wait * 1000):
            self.take()
        return self

    def take(self):
        reply = pb.Reply.FromString(self.socket.recv())
        if reply.WhichOneof("of") == "problem":
            self.problems.append((reply.problem.code, reply.problem.retry_after_ms, reply.id))
        else:
            self.pages += 1

    def __len__(self):
        return self.pages + len(self.problems)


def answers(socket, n):
    """The pages and the problems that n calls are answered with."""
    heard, end = Heard(socket), time.monotonic() + 60
    while len(heard) < n and socket.poll(max(0, end - time.monotonic()) * 1000):
        heard.take()
    return heard.pages, heard.problems


def all_answers(daemon, sockets, n):
    """What each socket hears until nothing is left of what n calls were answered. A pause says nothing: the kernel takes its time
    to go on with a connection that stood still."""
    heard, end = [Heard(s) for s in sockets], time.monotonic() + 60
    while sum(map(len, heard)) + (now := daemon.counters())["unread_ignored"] + now["slow_peers"] < n:
        assert time.monotonic() < end, [(h.pages, len(h.problems)) for h in heard]
        for h in heard:
            h.read(0.05)
    return heard


def test_who_calls_and_never_reads_takes_no_memory_and_is_served_again_once_it_has_read(games):
    federation = fill(games, 60, 7000)
    observer = games.grant("observer")
    sockets = [connect(games, observer.keys) for _ in range(6)]
    lists(sockets[0], games.programme, 3)
    assert answers(sockets[0], 3) == (3, []), "who reads is served"
    before = rss(games)
    for s in sockets:
        lists(s, games.programme, 1500)
    end, slowest = time.monotonic() + 60, 0
    while (now := games.counters())["unread_refused"] + now["unread_ignored"] < 6 * 1500 - 200:
        assert time.monotonic() < end, now
        start = time.monotonic()
        assert federation.get(games.programme, "r0").id == "r0", "the others are served"
        slowest = max(slowest, time.monotonic() - start)
    grown = rss(games) - before
    print(f"grown by {grown / MIB:.0f} MiB, unread {now['unread_bytes'] / MIB:.0f} MiB, slowest answer {slowest * 1000:.0f} ms")
    assert 10 * MIB < now["unread_bytes"] < 18 * MIB
    assert grown < 64 * MIB, "9,000 pages of 192 KiB are 1,700 MiB"

    heard = all_answers(games, sockets, 6 * 1500)
    pages, codes = sum(h.pages for h in heard), [p for h in heard for p in h.problems]
    print(f"{pages} pages, {len(codes)} BUSY")
    assert pages < 400 and codes, (pages, codes)
    assert all(code == "BUSY" and wait > 0 and ident > 0 for code, wait, ident in codes)
    assert games.counters()["unread_bytes"] < MIB
    for s in sockets:
        lists(s, games.programme, 5)
        assert answers(s, 5) == (5, []), "it reads, it is served"
        s.close()


def test_64_pages_under_way_are_all_answered(games):
    fill(games, 40, 7000)
    honest = games.grant("observer")
    lists(honest.socket, games.programme, 64)
    assert answers(honest.socket, 64) == (64, [])
    honest.close()


class Narrows:
    """Passes a connection's bytes on to the daemon, all but the last of them; `shut` once the daemon has ended it."""

    def __init__(self, daemon, most, rate):
        self.address = daemon.endpoint.removeprefix("tcp://").split(":")
        self.most, self.rate = most, rate
        self.passed, self.shut = 0, threading.Event()
        self.door = socket.create_server(("127.0.0.1", 0))
        self.endpoint = f"tcp://127.0.0.1:{self.door.getsockname()[1]}"
        self.ends = []
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        near, _ = self.door.accept()
        far = socket.create_connection(self.address)
        self.ends = [near, far]
        threading.Thread(target=self.back, args=(far, near), daemon=True).start()
        try:
            while self.passed < self.most and (data := near.recv(min(65536, self.most - self.passed))):
                far.sendall(data)
                self.passed += len(data)
                time.sleep(len(data) / self.rate)
        except OSError:
            self.shut.set()

    def back(self, far, near):
        try:
            while data := far.recv(65536):
                near.sendall(data)
        except OSError:
            pass
        self.shut.set()

    def close(self):
        for s in [self.door, *self.ends]:
            with contextlib.suppress(OSError):
                s.shutdown(socket.SHUT_RDWR)
            s.close()


def test_who_never_comes_to_the_end_of_a_message_is_shut(games):
    """Its frames would lie in libzmq for ever, and nobody would know."""
    hostile, other = games.grant("observer"), games.grant("federation", "CHN-TTE")
    ways = [Narrows(games, 60_000_000, 30_000_000) for _ in range(2)]
    sockets = [connect(games, hostile.keys, w.endpoint) for w in ways]
    before, start = rss(games), time.monotonic()
    for s in sockets:
        s.send_multipart([b"x" * 60_000] * 1000)
    while not all(w.shut.is_set() for w in ways):
        other.submit("games", wish(f"fine-{time.monotonic_ns()}", federation="CHN-TTE"))
        assert time.monotonic() < start + 20, [w.passed for w in ways]
    print(f"passed {[w.passed // MIB for w in ways]} MiB, grown by {(rss(games) - before) / MIB:.0f} MiB")
    assert games.counters()["shut_connections"] >= 2
    assert "never comes to the end" in games.log()
    assert rss(games) - before < 64 * MIB
    for w in ways:
        w.close()
    time.sleep(0.5)  # libzmq 4.3.4 aborts if a connection ends in the same moment as its socket, in the midst of a message
    for s in sockets:
        s.close()
