"""The audit record: what happened verifies; whatever is done to it behind the daemon's back is found and named."""
import hashlib
import json
import os
import subprocess
import threading
import time

import pytest
import redis

from client import Connection, NoAnswer, Refused, pb, record_pb
from daemon import BIN, Daemon
from words import small_programme, wish

PIECE = 65536
of_one_world = pytest.mark.xdist_group("audit")


class Cli:
    """The command-line client with an observer's key: whoever may read may verify."""

    def __init__(self, daemon, role="observer", subject=""):
        self.daemon, self.key = daemon, f"{daemon.folder}/{role}.key"
        public = subprocess.run([f"{BIN}/convene", "keygen", self.key], capture_output=True, text=True, check=True).stdout.strip()
        daemon.operator().grant(pb.Principal(public_key=public, role=role, subject=subject, name=role))

    def __call__(self, *words):
        d = self.daemon
        return subprocess.run([f"{BIN}/convene", *words, "--endpoint", d.endpoint, "--server-key", d.public_key, "--key", self.key,
                               "--programme", d.programme], capture_output=True, text=True, timeout=60)

    def verify(self, *words):
        """(exit code, what was found)"""
        r = self("audit", "verify", "--json", *words)
        assert r.stdout, r.stderr
        return r.returncode, json.loads(r.stdout)

    def faults(self, *words):
        code, found = self.verify(*words)
        assert code == (1 if found["faults"] else 0) and found["verified"] == (not found["faults"])
        return [(f["cursor"], f["fault"], f.get("request")) for f in found["faults"]]


class Log:
    """A programme's log and chain in Redis, for reading and for tampering with."""

    def __init__(self, daemon):
        folder = f"{daemon.state}/redis"
        path = next(f"{p}/{f}" for base in (folder, f"{daemon.folder}/run") for p, _, fs in os.walk(base) for f in fs if f.endswith(".sock") and "redis" in f"{p}/{f}")
        self.redis, self.p = redis.Redis(unix_socket_path=path), daemon.programme
        self.key, self.head = f"{{{self.p}}}:log", f"{{{self.p}}}:head"

    def entries(self):
        return {int(i.split(b"-")[0]): (f[b"u"], int(f[b"v"])) for i, f in self.redis.xrange(self.key)}

    def write(self, entries):
        """Puts another log in its place, as who is allowed to write to Redis could."""
        pipe = self.redis.pipeline(transaction=True)
        for cursor, (u, v) in sorted(entries.items()):
            pipe.xadd(f"{self.key}:other", {"u": u, "v": v}, id=f"{cursor}-0")
        pipe.rename(f"{self.key}:other", self.key)
        pipe.execute()

    def hash(self, cursor):
        at = (cursor - 1) % PIECE * 32
        return self.redis.getrange(self.chain(cursor), at, at + 31)

    def chain(self, cursor):
        return f"{{{self.p}}}:chain:{(cursor - 1) // PIECE}"

    def computed(self):
        """The chain as docs/PROTOCOL.md defines it, computed from the entries."""
        h = hashlib.blake2b(b"convene" + self.p.encode(), digest_size=32).digest()
        hashes = {}
        for cursor, (u, v) in sorted(self.entries().items()):
            h = hashlib.blake2b(h + cursor.to_bytes(8, "big") + v.to_bytes(8, "big") + u, digest_size=32).digest()
            hashes[cursor] = h
        return hashes


def flip(data, at):
    return data[:at] + bytes([data[at] ^ 0x10]) + data[at + 1:]


@pytest.fixture(scope="module")
def world():
    """A programme with a few hundred entries: requests, outcomes, decisions, data."""
    d = Daemon().start()
    try:
        d.programme = d.load(small_programme(venues=24, units=8, beds=100_000, squads=1))
        federation = d.grant("federation", "CHN-TTE")
        committees = {noc: d.grant("committee", noc) for noc in ("CHN", "RUS")}
        for first in range(0, 120, 40):
            federation.submit(d.programme, *[wish(f"q{i}") for i in range(first, first + 40)], timeout=20)
        for i in range(120):
            federation.outcome(f"q{i}", 30)
        decided = 0
        for i in range(0, 120, 3):
            standing = federation.outcomes[f"q{i}"].standing
            for noc in standing.consent_needed if standing.state == record_pb.STATE_PROPOSED else ():
                committees[noc].call(d.programme, decide=pb.Decide(request=f"q{i}", verdict="approve"))
                decided += 1
        assert decided > 30
        federation.call(d.programme, withdraw=pb.Withdraw(request="q119", reason="no money"))
        d.cli, d.rlog, d.federation = Cli(d), Log(d), federation
        assert d.cli.faults() == []
        yield d
    finally:
        d.close()


@pytest.fixture
def intact(world):
    """The world, put back afterwards as it was."""
    before = world.rlog.entries()
    chain = world.rlog.redis.get(world.rlog.chain(1))
    seal = world.rlog.redis.hget(world.rlog.head, "seal")
    yield world
    world.rlog.write(before)
    world.rlog.redis.set(world.rlog.chain(1), chain)
    world.rlog.redis.hset(world.rlog.head, "seal", seal)
    assert world.cli.faults() == []


@of_one_world
def test_everything_verifies_and_the_chain_is_that_of_the_protocol(world):
    code, found = world.cli.verify()
    log = world.rlog
    computed = log.computed()
    assert code == 0 and found["verified"] and found["cursor"] == len(computed) and found["unsealed"] == 0
    assert found["hash"] == computed[found["cursor"]].hex()
    assert all(log.hash(cursor) == h for cursor, h in computed.items())
    assert log.redis.hget(log.head, "sealed") == str(len(computed)).encode() and log.redis.hget(log.head, "seal") == computed[len(computed)]
    r = world.cli("audit", "head")
    assert r.returncode == 0 and r.stdout.strip() == f"{found['cursor']}:{found['hash']}"
    assert world.cli.faults("--expect", r.stdout.strip()) == [] and world.cli.faults("--expect", found["hash"]) == []
    text = world.cli("audit", "verify")
    assert text.returncode == 0 and r.stdout.strip() in text.stdout


@of_one_world
def test_the_log_alone_says_who_did_what_when(world):
    lines = [json.loads(line) for line in world.cli("audit", "list", "--json").stdout.splitlines()]
    assert [line["cursor"] for line in lines] == list(range(1, len(lines) + 1))
    assert all(line["unix_ms"] > 1_600_000_000_000 and len(line["hash"]) == 64 for line in lines)
    of = lambda what: [line for line in lines if line["what"] == what]
    assert {(x["by"], x["role"]) for x in of("submit")} == {("federation CHN-TTE", "federation")} and len(of("submit")) == 120
    assert {(x["by"], x["role"]) for x in of("approve")} == {("committee CHN", "committee"), ("committee RUS", "committee")}
    assert [(x["by"], x["request"]["id"]) for x in of("withdraw")] == [("federation CHN-TTE", "q119")]
    assert {x["role"] for x in of("put")} == {"operator"}
    assert {x["by"] for x in of("proposed")} == {None}  # a worker's doing, no person's
    text = world.cli("audit", "list", "--from", "0", "--limit", "3").stdout.splitlines()
    assert len(text) == 3 and "(operator): put" in text[0]


@of_one_world
def test_who_may_not_read_the_programme_may_not_audit_it(world):
    with pytest.raises(Refused) as refused:
        world.federation.call(world.programme, audit=pb.Audit())
    assert refused.value.code == "FORBIDDEN"


@of_one_world
def test_one_flipped_byte_of_an_entry_is_found_and_named(intact):
    entries = intact.rlog.entries()
    for cursor in (1, 60, 150, 333, len(entries)):
        u, v = entries[cursor]
        for at in (1, len(u) // 2, len(u) - 1):
            intact.rlog.write({**entries, cursor: (flip(u, at), v)})
            assert [f[:2] for f in intact.cli.faults()] == [(cursor, "entry_altered")]
    intact.rlog.write({**entries, 200: (entries[200][0], entries[200][1] + 1)})
    assert [f[:2] for f in intact.cli.faults()] == [(200, "entry_altered")]


@of_one_world
def test_another_name_under_a_decision_is_found_with_its_request(intact):
    entries = intact.rlog.entries()
    cursor = next(c for c, (u, _) in entries.items() if b"approve" in u and b"committee CHN" in u and b"committee RUS" not in u)
    u, v = entries[cursor]
    intact.rlog.write({**entries, cursor: (u.replace(b"committee CHN", b"committee RUS"), v)})
    ((found, fault, request),) = intact.cli.faults()
    assert (found, fault) == (cursor, "entry_altered") and request.startswith("q")
    text = intact.cli("audit", "verify")
    assert text.returncode == 1 and f"cursor {cursor}: request {request}: the entry was altered" in text.stdout


@of_one_world
def test_a_touched_chain_is_told_from_a_touched_entry(intact):
    log, n = intact.rlog, len(intact.rlog.entries())
    for cursor in (1, 77, n - 1):
        right = log.hash(cursor)
        log.redis.setrange(log.chain(cursor), (cursor - 1) * 32 + 5, bytes([right[5] ^ 1]))
        assert [f[:2] for f in intact.cli.faults()] == [(cursor, "hash_altered")]
        log.redis.setrange(log.chain(cursor), (cursor - 1) * 32, right)
    log.redis.hset(log.head, "seal", bytes(32))
    assert [f[:2] for f in intact.cli.faults()] == [(n, "end_altered")]


@of_one_world
def test_what_was_taken_out_or_added_is_named(intact):
    entries, log = intact.rlog.entries(), intact.rlog
    log.write({c: e for c, e in entries.items() if c != 140})
    assert [f[:2] for f in intact.cli.faults()] == [(140, "entry_missing")]
    log.write(entries)
    log.redis.xadd(log.key, {"u": entries[9][0], "v": 9}, id=f"{len(entries)}-7")
    assert [f[:2] for f in intact.cli.faults()] == [(len(entries), "entry_added")]


@of_one_world
def test_a_log_that_was_cut_or_written_anew_is_found_by_the_hash_written_down(intact):
    """Log, chain and head are made to agree: only a hash kept elsewhere tells."""
    log, entries = intact.rlog, intact.rlog.entries()
    n, head = len(entries), intact.cli("audit", "head").stdout.strip()
    chain, computed = log.redis.get(log.chain(1)), log.computed()

    log.write({c: e for c, e in entries.items() if c <= n - 5})
    log.redis.set(log.chain(1), chain[: 32 * (n - 5)])
    log.redis.hset(log.head, mapping={"cursor": n - 5, "sealed": n - 5, "seal": computed[n - 5]})
    assert intact.cli.faults() == []
    assert [f[:2] for f in intact.cli.faults("--expect", head)] == [(n - 5, "cut_off")]
    assert [f[:2] for f in intact.cli.faults("--expect", head.split(":")[1])] == [(n - 5, "not_expected")]

    u, v = entries[100]
    log.write({**entries, 100: (flip(u, 3), v)})
    forged = log.computed()
    log.redis.set(log.chain(1), b"".join(forged[c] for c in sorted(forged)))
    log.redis.hset(log.head, mapping={"cursor": n, "sealed": n, "seal": forged[n]})
    assert intact.cli.faults() == []
    assert [f[:2] for f in intact.cli.faults("--expect", head)] == [(n, "not_expected")]


def test_it_verifies_after_kill_9_in_the_middle_of_the_load():
    d, stop, receipts = Daemon().start(), threading.Event(), []
    try:
        d.programme = d.load(small_programme(venues=24, units=8, beds=100_000, squads=1))
        keys = d.grant("federation", "CHN-TTE").keys

        def load(name):
            c, n = Connection(d.endpoint, d.public_key, keys, timeout=1.0), 0
            while not stop.is_set():
                n += 1
                try:
                    receipts.extend(c.submit(d.programme, *[wish(f"{name}-{n}-{k}") for k in range(16)], timeout=2.0))
                except (NoAnswer, Refused):
                    time.sleep(0.02)
            c.close()

        threads = [threading.Thread(target=load, args=(f"t{i}",), daemon=True) for i in range(3)]
        for t in threads:
            t.start()
        for _ in range(4):
            time.sleep(0.6)
            before = len(receipts)
            d.kill()
            d.start()
            end = time.monotonic() + 10
            while len(receipts) <= before and time.monotonic() < end:
                time.sleep(0.02)
        stop.set()
        for t in threads:
            t.join()
        cli, log = Cli(d), Log(d)
        code, found = cli.verify()
        assert code == 0 and found["verified"], (found, [l for l in d.log().splitlines() if "seal" in l or "error" in l])
        assert found["cursor"] >= max(r.cursor for r in receipts) and len(receipts) > 200
        computed = log.computed()
        assert all(log.hash(c) == h for c, h in computed.items() if c <= found["cursor"])
    finally:
        stop.set()
        d.close()
