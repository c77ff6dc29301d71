#!/usr/bin/env python3
"""./dev bench spine: what the whole way costs, beside what its two dearest parts cost alone, in one run.

For each durability (everysec, always) and way in (CURVE over TCP; the local ipc endpoint, no CURVE): rounds in which the
daemon at saturation with 1, 16, 64 and 128 clients, the daemon at 1,000 requests a second (open loop), a bare ROUTER
echo and the bare Function calls, pipelined, take turns. Prints every round's figures as JSON lines on stderr, then a
table of medians and the ratios, round by round, on stdout.
"""
import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, f"{HERE}/../e2e")

from client import Keys, pb  # noqa: E402
from daemon import BIN, Daemon, free_port  # noqa: E402
from words import small_programme  # noqa: E402

LOAD = f"{os.path.dirname(BIN)}/bench/bench_load"


def load(*arguments):
    r = subprocess.run([LOAD, *map(str, arguments)], capture_output=True, text=True, timeout=300)
    if r.returncode:
        raise SystemExit(f"bench_load {arguments}: {r.stderr}")
    return json.loads(r.stdout)


class Bench:
    def __init__(self, durability, seconds):
        self.seconds, self.n = seconds, 0
        self.d = Daemon(durability=durability, **{"log-level": "warn"})
        self.d.options["local"] = f"ipc://{self.d.folder}/local"
        self.d.start()
        self.keys = f"{self.d.folder}/keys"
        granted = []
        with open(self.keys, "w", encoding="ascii") as f:
            for i in range(128):
                k = Keys()
                granted.append(pb.Principal(public_key=k.public, role="federation", subject=f"{('CHN', 'RUS')[i % 2]}-TTE", name=f"f{i}"))
                f.write(f"{('CHN', 'RUS')[i % 2]}-TTE {k.public} {k.secret}\n")
        for i in range(0, 128, 32):
            self.d.operator().grant(*granted[i:i + 32])

    def programme(self):
        """A fresh one for each measurement: calendars do not fill."""
        self.n += 1
        return self.d.load(small_programme(f"bench-{self.n}", venues=24, units=60, beds=100_000, squads=1, staff=100_000))

    def submit(self, curve, clients, rate):
        under_way = 512 if curve and clients > 2 else 240  # 256 are one principal's limit; all who come over ipc are one
        window = max(1, under_way // clients)
        endpoint, server, keys = (self.d.endpoint, self.d.public_key, self.keys) if curve else (self.d.options["local"], "-", "-")
        return load("submit", endpoint, server, keys, self.programme(), clients, rate, self.seconds, window)

    def redis(self):
        path = next(os.path.join(p, f) for p, _, fs in os.walk(self.d.state) for f in fs if f.endswith(".sock"))
        return load("redis", path, "-", "-", f"bare-{self.n}", 1, 0, self.seconds, 64)

    def echo(self, curve, clients):
        endpoint = f"tcp://127.0.0.1:{free_port()}" if curve else f"ipc://{self.d.folder}/echo"
        return load("echo", endpoint, "curve" if curve else "-", self.keys if curve else "-", "-", clients, 0, self.seconds, max(1, 512 // clients))


def main():
    ap = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ap.add_argument("--rounds", type=int, default=5)
    ap.add_argument("--seconds", type=float, default=2.0)
    ap.add_argument("--clients", type=int, nargs="*", default=[1, 16, 64, 128])
    a = ap.parse_args()
    rows = {}

    def note(key, figures):
        rows.setdefault(key, []).append(figures)
        print(json.dumps({"case": key, **figures}), file=sys.stderr, flush=True)

    for durability in ("everysec", "always"):
        for curve in (True, False):
            b, way = Bench(durability, a.seconds), "CURVE" if curve else "ipc"
            try:
                for _ in range(a.rounds):
                    note((durability, way, "bare Functions"), b.redis())
                    note((durability, way, "bare echo, 16"), b.echo(curve, 16))
                    for n in a.clients:
                        note((durability, way, f"saturated, {n}"), b.submit(curve, n, 0))
                    note((durability, way, "open loop 1,000/s, 16"), b.submit(curve, 16, 1000))
            finally:
                b.d.close()

    print(f"{'':44} {'decided/s':>10} {'/ Functions':>12} {'receipt p50':>12} {'p99':>8} {'outcome p50':>12} {'p99':>8}  (ms; medians of {a.rounds} rounds)")
    for key, figures in rows.items():
        bare = rows[key[0], key[1], "bare Functions"]
        ratio = statistics.median(x["per_second"] / y["per_second"] for x, y in zip(figures, bare))
        m = lambda name: statistics.median(x[name] for x in figures)
        timed = " ".join(f"{m(k):>{w}.2f}" for k, w in (("receipt_p50_ms", 12), ("receipt_p99_ms", 8), ("outcome_p50_ms", 12), ("outcome_p99_ms", 8)))
        print(f"{' · '.join(key):44} {m('per_second'):>10,.0f} {ratio:>12.2f} {timed if 'bare' not in key[2] else ''}")


if __name__ == "__main__":
    main()
