#!/usr/bin/env python3
"""./dev bench desk: decisions in bulk, beside the spine's submits in the same run; then the audit record is verified.

Each round is a fresh programme: bench_load submits at saturation (16 clients, CURVE), then committees approve 1,000 of
what was proposed, pipelined over their connections (CURVE too). Prints every round's figures as JSON lines on stderr,
then medians, the ratio round by round, and what verifying cost, on stdout.
"""
import argparse
import json
import statistics
import subprocess
import sys
import time

import spine
import zmq
from client import Connection, Keys, pb, record_pb
from daemon import BIN


class Committee:
    """One connection of a committee's member: `window` decisions under way, sent again when told to wait."""

    def __init__(self, d, noc, name):
        self.noc, self.keys = noc, Keys()
        d.operator().grant(pb.Principal(public_key=self.keys.public, role="committee", subject=noc, name=name))
        self.connection = Connection(d.endpoint, d.public_key, self.keys, timeout=30)
        self.connection.hello()
        self.todo, self.under_way, self.confirmed, self.late = [], {}, 0, []

    def send(self, programme, window):
        while self.todo and len(self.under_way) < window:
            ident = self.todo.pop()
            call = self.connection.send(programme, decide=pb.Decide(request=ident, verdict="approve"))
            self.under_way[call] = (ident, time.monotonic())

    def receive(self):
        """Takes in all that has come; returns how many decisions were answered."""
        n = 0
        while self.connection.pump(0) is not None:
            for call, reply in list(self.connection.replies.items()):
                ident, sent = self.under_way.pop(call)
                del self.connection.replies[call]
                if reply.WhichOneof("of") == "problem":
                    if reply.problem.code not in ("BUSY", "UNAVAILABLE"):
                        raise SystemExit(f"{ident}: {reply.problem}")
                    self.todo.append(ident)
                    continue
                n += 1
                self.confirmed += reply.record.standing.state == record_pb.STATE_CONFIRMED
                self.late.append((time.monotonic() - sent) * 1000)
        return n


def proposed(operator, programme, wanted):
    """(request, committee) of that many approvals that are owed."""
    owed = []
    for record in operator.list(programme, states=[record_pb.STATE_PROPOSED]):
        owed += [(record.id, noc) for noc in record.standing.consent_needed]
        if len(owed) >= wanted:
            return owed[:wanted]
    raise SystemExit(f"only {len(owed)} approvals are owed: let the spine run longer (--seconds)")


def decide(desk, programme, owed, window):
    for c in desk:
        c.todo, c.late, c.confirmed = [], [], 0
    for noc in {noc for _, noc in owed}:
        members = [c for c in desk if c.noc == noc]
        for i, (ident, _) in enumerate(x for x in owed if x[1] == noc):
            members[i % len(members)].todo.append(ident)
    poller = zmq.Poller()
    for c in desk:
        poller.register(c.connection.socket, zmq.POLLIN)
    began, left, last = time.monotonic(), len(owed), time.monotonic()
    while left:
        for c in desk:
            c.send(programme, window)
        poller.poll(100)
        n = sum(c.receive() for c in desk)
        left -= n
        last = time.monotonic() if n else last
        if time.monotonic() - last > 30:
            raise SystemExit(f"{left} decisions have no answer")
    seconds = time.monotonic() - began
    late = sorted(x for c in desk for x in c.late)
    return {"decisions": len(owed), "per_second": len(owed) / seconds, "p50_ms": late[len(late) // 2],
            "p99_ms": late[len(late) * 99 // 100], "confirmed": sum(c.confirmed for c in desk)}


def verify(b, key, programme):
    began = time.monotonic()
    r = subprocess.run([f"{BIN}/convene", "audit", "verify", "--json", "--endpoint", b.d.endpoint, "--server-key", b.d.public_key,
                        "--key", key, "--programme", programme], capture_output=True, text=True, timeout=120)
    if r.returncode:
        raise SystemExit(f"the audit record of {programme} does not verify: {r.stdout}{r.stderr}")
    seconds = time.monotonic() - began
    entries = json.loads(r.stdout)["cursor"]
    return {"entries": entries, "entries_per_second": entries / seconds}


def observer(b):
    path = f"{b.d.folder}/observer.key"
    public = subprocess.run([f"{BIN}/convene", "keygen", path], capture_output=True, text=True, check=True).stdout.strip()
    b.d.operator().grant(pb.Principal(public_key=public, role="observer", name="observer"))
    return path


def main():
    ap = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ap.add_argument("--rounds", type=int, default=5)
    ap.add_argument("--decisions", type=int, default=1000, help="in each round")
    ap.add_argument("--seconds", type=float, default=2.0, help="of submits in each round")
    ap.add_argument("--members", type=int, default=4, help="connections of each committee")
    ap.add_argument("--window", type=int, default=64, help="decisions under way on each")
    ap.add_argument("--durability", default="always")
    a = ap.parse_args()
    b = spine.Bench(a.durability, a.seconds)
    rows = []
    try:
        key = observer(b)
        desk = [Committee(b.d, noc, f"{noc} {i}") for noc in ("CHN", "RUS") for i in range(a.members)]
        for _ in range(a.rounds):
            submits = b.submit(True, 16, 0)
            programme = f"bench-{b.n}"
            desk_figures = decide(desk, programme, proposed(b.d.operator(), programme, a.decisions), a.window)
            rows.append((submits, desk_figures, verify(b, key, programme)))
            print(json.dumps({"spine": submits, "desk": desk_figures, "audit": rows[-1][2]}), file=sys.stderr, flush=True)
    finally:
        b.d.close()
    m = lambda part, name: statistics.median(r[part][name] for r in rows)
    ratios = [r[1]["per_second"] / r[0]["per_second"] for r in rows]
    print(f"{a.rounds * a.decisions:,} decisions, durability {a.durability}; medians of {a.rounds} rounds")
    print(f"spine    {m(0, 'per_second'):>8,.0f} decided/s   outcome p50 {m(0, 'outcome_p50_ms'):.1f} ms")
    print(f"desk     {m(1, 'per_second'):>8,.0f} decisions/s p50 {m(1, 'p50_ms'):.1f} ms, p99 {m(1, 'p99_ms'):.1f} ms; "
          f"{sum(r[1]['confirmed'] for r in rows):,} confirmed by it")
    print(f"ratio    {statistics.median(ratios):>8.2f} (from {min(ratios):.2f} to {max(ratios):.2f})")
    print(f"audit    {m(2, 'entries_per_second'):>8,.0f} entries/s; {sum(r[2]['entries'] for r in rows):,} entries verified, none altered")


if __name__ == "__main__":
    main()
