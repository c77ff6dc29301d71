#!/usr/bin/env python3
"""./dev bench planner: what `convene-scheduler solve` reaches, and how fast it steps, as the programme grows.

    ./dev bench planner [--seconds S,S…] [--threads T] [--seed N] PROGRAMME.json…

For each programme file and each time: score, bound, gap, placed, root mean square of unmet wishes, steps per second and
processor seconds, beside the plan before the first step (first fit), as JSON lines; then the growth of steps per second
with the number of requests, drawn. Then the same files go to bench_calendar: the time of one online placement. The load
of the machine is printed with each run: scores after so many seconds mean little on a busy one.
"""
import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time

BUILD = f"{os.path.dirname(os.path.abspath(__file__))}/../../build"
WIDTH = 50


def solve(path, seconds, threads, seed):
    with tempfile.TemporaryDirectory() as folder:
        before, began = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime, time.monotonic()
        r = subprocess.run(
            [f"{BUILD}/bin/convene-scheduler", "solve", path, "-o", f"{folder}/plan.json", "--json", "--seconds",
             str(seconds), "--threads", str(threads), "--seed", str(seed)],
            capture_output=True, text=True, timeout=seconds * 4 + 300)
        if r.returncode:
            raise SystemExit(f"{path}: {r.stderr[-500:]}")
    lines = [json.loads(line) for line in r.stderr.splitlines() if line.startswith("{")]
    progress = [line["progress"] for line in lines if "progress" in line]
    summary = [line["summary"] for line in lines if "summary" in line][0]
    return {
        "name": "solve", "programme": os.path.basename(path), "seconds": seconds, "threads": threads, "seed": seed,
        "first_fit": progress[0]["score"], "score": summary["score"], "bound": summary["bound"],
        "gap_pct": summary.get("gap_pct"), "placed": summary["placed"], "requests": summary["requests"],
        "fairness": {k: v for k, v in summary.items() if k.startswith("unmet")},
        "steps_per_s": progress[-1]["steps_per_s"], "processor_s": round(
            resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before, 1),
        "wall_s": round(time.monotonic() - began, 1), "load": round(os.getloadavg()[0], 1),
    }


def draw(runs):
    top = max(run["steps_per_s"] for run in runs) or 1
    print("\nsteps per second, by requests")
    for run in sorted(runs, key=lambda run: run["requests"]):
        bar = "#" * max(1, round(WIDTH * run["steps_per_s"] / top))
        print(f"{run['requests']:>9,} {bar} {run['steps_per_s']:,}  ({run['programme']}, {run['seconds']} s)")


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("programmes", nargs="+", metavar="PROGRAMME.json")
    options.add_argument("--seconds", default="1,10")
    options.add_argument("--threads", type=int, default=1)
    options.add_argument("--seed", type=int, default=1)
    options = options.parse_args()
    runs = []
    for path in options.programmes:
        for seconds in options.seconds.split(","):
            runs.append(solve(path, int(seconds), options.threads, options.seed))
            print(json.dumps(runs[-1]), flush=True)
    draw(runs)
    sys.stdout.flush()
    subprocess.run([f"{BUILD}/bench/bench_calendar", *options.programmes], check=True)


if __name__ == "__main__":
    main()
