"""The front door: ./dev up --demo decides the real-world programme, and a second run changes nothing."""
import os
import subprocess

import pytest

from checker import Judge, placements
from client import ROOT
from daemon import free_port
from words import DEMO, FAULTY, differences, read

pytestmark = pytest.mark.xdist_group("demo")


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    out = tmp_path_factory.mktemp("demo")
    runs = []
    for n in (1, 2):
        r = subprocess.run(["./dev", "up", "--demo", "--once", "--export", f"{out}/{n}", "--state", f"{out}/state", "--port", str(free_port())], cwd=ROOT,
                           capture_output=True, text=True, env={**os.environ, "XDG_CONFIG_HOME": f"{out}/config"})
        assert r.returncode == 0, r.stdout[-2000:] + r.stderr[-2000:]
        runs.append(r.stdout)
    return out, runs


def records(folder):
    return read(f"{folder}/requests.json")


def test_every_sound_request_is_decided_and_every_fault_is_named(demo):
    out, _ = demo
    first = {}
    for x in records(out / "1"):
        first.setdefault(x["id"], []).append(x)
    for r in read(DEMO)["requests"]:
        answer = first[r["id"]][0]
        assert answer["state"] in ("proposed", "waitlisted"), answer
        assert answer["state"] != "waitlisted" or answer["reasons"], answer
    sound = {r["id"] for r in read(DEMO)["requests"]}
    for r in read(FAULTY)["requests"]:
        answers = [a for a in first[r["id"]] if a["state"] in ("rejected", "refused")]
        assert answers, r["id"]
        assert r["id"] in sound or len(answers) == len(first[r["id"]])
        found = {(v["field"], v["code"]) for a in answers for v in a["violations"]}
        assert {(e["field"], e["code"]) for e in r["expect"]} <= found, (r["id"], found)


def test_the_plan_is_feasible_rightly_scored_and_nothing_is_insertable(demo):
    out, _ = demo
    programme, plan = read(out / "1/programme.json"), read(out / "1/plan.json")
    judge, at = Judge(programme), placements(plan)
    assert judge.faults(at) == []
    assert judge.score(at) == plan["score"]
    assert judge.insertable(at) == []
    assert {x["request"] for x in plan["placed"]} | {x["request"] for x in plan["unplaced"]} == set(judge.by["requests"])
    assert all(x["reasons"] for x in plan["unplaced"])


def test_a_second_run_changes_nothing(demo):
    out, _ = demo
    for name in ("programme.json", "plan.json"):
        first, second = read(out / "1" / name), read(out / "2" / name)
        assert first == second, differences(first, second, name)
    slim = lambda n: [(x["id"], x["state"]) for x in records(out / str(n))]
    assert slim(1) == slim(2)
