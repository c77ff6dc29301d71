"""A subscriber that is stopped for a while under load, or comes late, ends equal to a fresh snapshot."""
import json
import os
import signal
import subprocess
import sys
import time

from client import Mirror, Refused, pb
from words import wish

HERE = os.path.dirname(os.path.abspath(__file__))


def follower(games, keys):
    p = subprocess.Popen([sys.executable, f"{HERE}/follower.py"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    p.stdin.write(json.dumps({"endpoint": games.endpoint, "updates": games.updates, "server": games.public_key,
                              "public": keys.public, "secret": keys.secret, "programme": games.programme}) + "\n")
    p.stdin.flush()
    assert p.stdout.readline() == "following\n"
    return p


def digest_of(p, cursor):
    p.stdin.write(f"{cursor}\n")
    p.stdin.flush()
    answer = json.loads(p.stdout.readline())
    p.stdin.close()
    p.wait(10)
    return answer


def load(games, federation, prefix, n):
    """Sends n requests, fifty at a time; those that hear BUSY are sent again when it says."""
    for i in range(0, n, 50):
        due = [wish(f"{prefix}-{i + j}", duration=1 + j % 3) for j in range(min(50, n - i))]
        while due:
            calls, again = [(federation.send(games.programme, submit=pb.Submit(requests=[r])), r) for r in due], []
            for call, r in calls:
                try:
                    federation.wait(call, 30)
                except Refused as e:
                    assert e.code == "BUSY", e
                    again.append(r)
                    time.sleep(e.problem.retry_after_ms / 1000)
            due = again


def test_stopped_under_load_then_resumed(games):
    observer, federation = games.grant("observer"), games.grant("federation", "CHN-TTE")
    p = follower(games, observer.keys)
    try:
        load(games, federation, "before", 200)
        os.kill(p.pid, signal.SIGSTOP)
        load(games, federation, "during", 1500)
        os.kill(p.pid, signal.SIGCONT)
        load(games, federation, "after", 200)
        for k in ("before-199", "during-1499", "after-199"):
            federation.settled(games.programme, k, 60)
        while any(r.standing.state == 1 for r in observer.list(games.programme)):
            time.sleep(0.1)
        fresh = Mirror(games.programme).snapshot(observer)
        answer = digest_of(p, fresh.cursor)
        records, entities = fresh.state()
        assert answer["records"] == len(records) == 1900
        assert answer["digest"] == __import__("follower").digest(fresh)
    finally:
        p.kill()
        p.wait()


def test_a_late_subscriber_and_one_over_a_restart(games):
    observer, federation = games.grant("observer"), games.grant("federation", "CHN-TTE")
    load(games, federation, "early", 100)
    p = follower(games, observer.keys)
    try:
        games.kill()
        games.start()
        load(games, federation, "late", 100)
        federation.settled(games.programme, "late-99", 60)
        while any(r.standing.state == 1 for r in observer.list(games.programme)):
            time.sleep(0.1)
        fresh = Mirror(games.programme).snapshot(observer)
        assert digest_of(p, fresh.cursor)["digest"] == __import__("follower").digest(fresh)
    finally:
        p.kill()
        p.wait()
