"""`convene-scheduler solve` as a program: what it refuses, and when; what goes where; interrupts; the same plan twice."""
import json
import signal
import subprocess
import time

import pytest

from checker import Judge
from daemon import BIN
from words import small_programme

SCHEDULER = f"{BIN}/convene-scheduler"


def asked(ident, **more):
    """A camp of three days in January, in any hall."""
    return {"id": ident, "federation": "CHN-TTE", "kind": "training_camp", "discipline": "TTE", "level": 1, "duration": 3,
            "windows": [["2026-01-05", "2026-01-07"]], "preferred_first_day": "2026-01-05", "hosts": ["CHN", "RUS"], "facilities": [],
            "units": 2, "headcount": 10, "services": {}, "squads": [], "value": 10, **more}


@pytest.fixture
def programme(tmp_path):
    """More camps than there are halls in their only days, and a path to it."""
    path = tmp_path / "programme.json"
    path.write_text(json.dumps({**small_programme(), "requests": [asked(f"camp-{i}", value=10 + i) for i in range(30)]}))
    return path


def solve(programme, *options, **more):
    return subprocess.run([SCHEDULER, "solve", str(programme), *map(str, options)], capture_output=True, text=True, timeout=60, **more)


def test_a_plan_is_accepted_by_the_judge_and_is_the_same_each_time(programme, tmp_path):
    for name in ("a", "b"):
        assert solve(programme, "-o", tmp_path / name, "--iterations", 3000).returncode == 0
    plan = json.loads((tmp_path / "a").read_text())
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    from datetime import date
    judge, at = Judge(json.loads(programme.read_text())), {p["request"]: (p["venue"], date.fromisoformat(p["first_day"])) for p in plan["placed"]}
    assert (judge.faults(at), judge.insertable(at)) == ([], [])
    assert judge.score(at) == plan["score"]
    assert {p["request"] for p in plan["placed"] + plan["unplaced"]} == {f"camp-{i}" for i in range(30)}
    assert plan["unplaced"] and all(u["reasons"] for u in plan["unplaced"])


def test_what_can_be_refused_is_refused_before_the_search(programme, tmp_path):
    faulty = tmp_path / "more.json"
    faulty.write_text(json.dumps([asked("new", squads=["nobody"], windows=[["2026-02-03", "2026-02-01"]]), asked("camp-3")]))
    began = time.monotonic()
    for options, status, told in (
            (["-o", tmp_path / "no" / "plan.json"], 73, ["plan.json"]), (["-o", tmp_path], 73, ["directory"]),
            (["--explain", "nobody"], 64, ["nobody"]), (["--what-if", tmp_path / "none.json"], 66, ["none.json"]),
            (["--seed", "-1"], 64, ['"-1"']), (["--iterations", 9], 64, ["not both"]),
            (["--what-if", faulty], 65, ["requests[0].squads[0]", "requests[0].windows[0][1]", "requests[1].id"])):
        got = solve(programme, "--seconds", 50, *options)
        assert (got.returncode, got.stdout) == (status, ""), got
        assert all(word in got.stderr for word in told), got.stderr
    assert time.monotonic() - began < 20, "it searched first"


def changed(tmp_path, requests, **parts):
    path = tmp_path / "changed.json"
    base = small_programme()
    for key, more in parts.items():
        base[key] = more(base[key])
    path.write_text(json.dumps({**base, "requests": requests}))
    return path


def two_halls(path, requests, closed=()):
    """v1 in one country, closed on some days, and v2 in another."""
    asks = lambda ident, duration, windows, wish, value, **more: {
        "id": ident, "federation": "F", "kind": "training_camp", "discipline": "JUD", "level": 1, "duration": duration, "windows": [windows],
        "preferred_first_day": wish, "hosts": ["CHN", "RUS"], "facilities": [], "units": 1, "headcount": 20, "services": {}, "squads": [],
        "value": value, **more}
    path.write_text(json.dumps({
        "programme": {"id": "p", "first_day": "2026-01-01", "last_day": "2026-12-31", "parties": ["CHN", "RUS"], "guests": [],
                      "policy": {"date_weight": 20, "move_cost": 8000, "reciprocity_weight": 0, "rest_same_city": 0, "rest_same_host": 1, "rest_between_hosts": 3}},
        "cities": [{"id": "c1", "noc": "CHN", "beds": 200}, {"id": "c2", "noc": "RUS", "beds": 200}],
        "venues": [{"id": "v1", "city": "c1", "disciplines": ["JUD"], "facilities": [], "units": 1, "level": 5, "closed": list(closed)},
                   {"id": "v2", "city": "c2", "disciplines": ["JUD"], "facilities": [], "units": 1, "level": 5, "closed": []}],
        "federations": [{"id": "F", "noc": "CHN", "disciplines": ["JUD"], "max_events": 99}], "services": [],
        "squads": [{"id": "s", "federation": "F", "size": 10}], "protected": [], "requests": [asks(*r[:5], **r[5]) for r in requests]}))
    return path


@pytest.mark.parametrize("requests, closed, score", [
    # the camp does best in v1, from the day on which that opens; the match after it would then be too late
    ([("camp", 5, ["2026-03-01", "2026-03-31"], "2026-03-24", 40, {}),
      ("match", 3, ["2026-03-08", "2026-03-22"], "2026-03-20", 90, {"after": [{"request": "camp", "min_gap": 1, "max_gap": 10}]})],
     [["2026-01-01", "2026-03-23"]], 129800),
    # the camp stands for a fixed final's sake; it does not matter when
    ([("camp", 5, ["2026-03-01", "2026-04-30"], "2026-03-10", 5, {"hosts": ["CHN"]}),
      ("final", 5, ["2026-06-01", "2026-06-30"], "2026-06-10", 50, {"after": [{"request": "camp", "min_gap": 0, "max_gap": 90}],
                                                                  "announced": {"venue": "v1", "first_day": "2026-06-10", "fixed": True}}),
      ("big", 8, ["2026-03-08", "2026-03-16"], "2026-03-09", 95, {"hosts": ["CHN"]})],
     [], 5000 - 20 * 6 + 50000 + 95000 - 20)])
def test_those_who_go_first_make_room(tmp_path, requests, closed, score):
    plan = tmp_path / "plan.json"
    got = solve(two_halls(tmp_path / "p.json", requests, closed), "-o", plan, "--iterations", 20000, "--json")
    summary = json.loads(got.stderr.splitlines()[-1])["summary"]
    assert (summary["score"], summary["placed"]) == (score, len(requests))
    assert summary["bound"] >= score


def test_who_would_not_fit_with_more_room_hears_so(tmp_path):
    window = ["2026-03-01", "2026-03-03"]
    requests = [("a", 3, window, window[0], 90, {"hosts": ["CHN"], "squads": ["s"]}), ("b", 3, window, window[0], 80, {"hosts": ["RUS"]}),
                ("c", 3, window, window[0], 10, {"hosts": ["RUS"], "squads": ["s"]})]
    assert solve(two_halls(tmp_path / "p.json", requests), "-o", tmp_path / "plan.json", "--iterations", 1000).returncode == 0
    [waiting] = json.loads((tmp_path / "plan.json").read_text())["unplaced"]
    assert waiting["request"] == "c"
    assert {(r["code"], *r["with"]) for r in waiting["reasons"]} == {("VENUE_FULL", "b"), ("SQUAD_BUSY", "a")}


def test_fixed_events_find_room_for_those_before_them(tmp_path):
    """campA, which is placed first, would take the only days of campD; three others lie between them."""
    camps = [("campA", "CHN", "2026-03-10"), ("campB", "RUS", "2026-05-10"), ("campC", "RUS", "2026-06-10"), ("campE", "RUS", "2026-07-10")]
    requests = [(name, 5, ["2026-01-01", "2026-10-30"], wish, 50, {"hosts": [host]}) for name, host, wish in camps]
    requests.append(("campD", 5, ["2026-03-09", "2026-03-15"], "2026-03-10", 50, {"hosts": ["CHN"]}))
    for i, (camp, day) in enumerate(zip(["campA", "campB", "campC", "campE", "campD"], ["11-02", "11-10", "11-20", "12-01", "12-10"])):
        requests.append((f"final{i}", 3, ["2026-11-01", "2026-12-31"], f"2026-{day}", 50, {
            "after": [{"request": camp, "min_gap": 0, "max_gap": 360}], "announced": {"venue": "v2", "first_day": f"2026-{day}", "fixed": True}}))
    got = solve(two_halls(tmp_path / "p.json", requests), "-o", tmp_path / "plan.json", "--iterations", 5000)
    assert (got.returncode, json.loads((tmp_path / "plan.json").read_text())["score"]) == (0, 10 * 50000 - 5 * 20), got.stderr


def test_days_far_away_count(tmp_path):
    plan = tmp_path / "plan.json"
    free = asked("free", windows=[["1800-01-01", "9999-12-31"]])
    shut = lambda venues: [{**v, "closed": [["0001-01-01", "9999-12-31"]]} for v in venues]
    assert solve(changed(tmp_path, [free]), "-o", plan, "--iterations", 100).returncode == 0
    assert [p["first_day"] for p in json.loads(plan.read_text())["placed"]] == ["2026-01-05"]
    score = json.loads(plan.read_text())["score"]
    assert solve(changed(tmp_path, [free], venues=shut), "-o", plan, "--iterations", 100).returncode == 0
    assert [u["reasons"][0]["code"] for u in json.loads(plan.read_text())["unplaced"]] == ["VENUE_CLOSED"]
    shields = lambda _: [{"first_day": "0001-01-01", "last_day": "9999-12-31", "title": "for ever"}]
    assert solve(changed(tmp_path, [free], protected=shields), "-o", plan, "--iterations", 100).returncode == 0
    assert json.loads(plan.read_text())["placed"] == []
    announced = lambda **more: {"announced": {"venue": small_programme()["venues"][0]["id"], "first_day": "1800-01-01", **more}}
    assert solve(changed(tmp_path, [{**free, **announced()}]), "-o", plan, "--iterations", 100).returncode == 0
    assert json.loads(plan.read_text())["score"] == score - small_programme()["programme"]["policy"]["move_cost"]
    for wrong, path in (({**free, **announced(fixed=True)}, "requests[0].announced"), ({**free, "preferred_first_day": "1800-01-01"}, "requests[0].preferred_first_day")):
        got = solve(changed(tmp_path, [wrong]), "-o", plan)
        assert (got.returncode, path in got.stderr) == (65, True), got.stderr


def test_what_is_said_in_json_is_json(tmp_path):
    more = lambda _: [{"id": "x", "noc": "CHN", "provider": "CHN", "service": "medical", "capacity": 1}] * 2
    got = solve(changed(tmp_path, [asked("a", anounced={}, hosts=["KEN"])], services=more), "--json", "-o", tmp_path / "plan.json")
    lines = [json.loads(line) for line in got.stderr.splitlines()]
    assert got.returncode == 65
    assert [line["warning"]["path"] for line in lines if "warning" in line] == ["requests[0].anounced"]
    assert {line["fault"]["path"] for line in lines if "fault" in line} == {"services[1].id", "requests[0].hosts[0]"}
    assert lines[-1]["faults"]["n_faults"] == 2


def test_numbers_that_are_missing_are_told(tmp_path):
    base, missing = small_programme(), []
    base["requests"] = [asked("a")]
    for part, keys in (("cities", ["beds"]), ("venues", ["units", "level"]), ("services", ["capacity"]), ("federations", ["max_events"]),
                       ("requests", ["level", "units", "headcount", "value"])):
        assert base[part], part
        for key in keys:
            del base[part][0][key]
            missing.append(f"{part}[0].{key}")
    path = tmp_path / "p.json"
    path.write_text(json.dumps(base))
    got = solve(path, "-o", tmp_path / "plan.json", "--iterations", 10, "--json")
    warnings = [line["warning"] for line in map(json.loads, got.stderr.splitlines()) if "warning" in line]
    assert got.returncode == 0, got.stderr
    assert [w["path"] for w in warnings] == missing
    assert {w["text"] for w in warnings} == {"is missing and counts as 0"}
    del base["requests"][0]["duration"]
    path.write_text(json.dumps(base))
    got = solve(path, "-o", tmp_path / "plan.json")
    assert (got.returncode, "requests[0].duration: is missing" in got.stderr) == (65, True), got.stderr


def test_what_is_asked_beside_the_plan_changes_nothing_and_stays_out_of_it(programme, tmp_path):
    more = tmp_path / "more.json"
    more.write_text(json.dumps(asked("new", value=90)))
    plain = json.loads(solve(programme, "--iterations", 500).stdout)
    waiting = plain["unplaced"][0]["request"]

    got = solve(programme, "--iterations", 500, "--explain", waiting, "--what-if", more)
    assert json.loads(got.stdout) == plain, "standard output holds the plan alone"
    assert f"{waiting}, value" in got.stderr and "new, value 90: it would have no place" in got.stderr
    rooms = [line for line in got.stderr.splitlines() if "least costly room" in line]
    cheapest = min(int(p["request"].split("-")[1]) + 10 for p in plain["placed"])
    assert len(rooms) == 2 and all(f": value {cheapest} for" in room for room in rooms)

    more.write_text(json.dumps([asked("new", value=90), asked("late", windows=[["2026-05-02", "2026-05-09"]], preferred_first_day="2026-05-03"),
                                asked("fixed", value=90, announced={"venue": "CHN-c-v0", "first_day": "2026-01-05", "fixed": True})]))
    got = solve(programme, "--iterations", 500, "-o", tmp_path / "plan.json", "--what-if", more)
    assert "late, value 10: it would go to " in got.stdout and "2026-05-03 to 2026-05-05, and displace nobody" in got.stdout
    assert "least costly room: CHN-c-v0, 2026-01-05 to" in got.stdout.split("fixed, value 90")[1]
    assert json.loads((tmp_path / "plan.json").read_text()) == plain and "new, value 90" in got.stdout


@pytest.mark.parametrize("after", (0.1, 1.0))
def test_an_interrupt_leaves_the_best_plan_so_far(programme, tmp_path, after):
    old = tmp_path / "plan.json"
    old.write_text("what was there before, and is longer than any plan\n" * 1000)
    running = subprocess.Popen([SCHEDULER, "solve", str(programme), "-o", str(old), "--seconds", "50", "--json"], stderr=subprocess.PIPE, text=True)
    first = json.loads(running.stderr.readline())["progress"]
    time.sleep(after)
    assert old.read_text().startswith("what was there before"), "until there is a plan"
    running.send_signal(signal.SIGINT)
    last = [json.loads(line) for line in running.communicate(timeout=20)[1].splitlines()][-1]["summary"]
    assert running.returncode == 0
    assert json.loads(old.read_text())["score"] == last["score"] >= first["score"]
    assert sum(host["hosted"] for host in last["host"].values()) == last["placed"]
    assert {host["of"] for host in last["host"].values()} == {last["placed"]}
