"""The working body's desk in the command line, on the real-world programme."""
import csv
import io
import json

import icalendar
import pytest

from client import pb
from desk import Desk
from words import DEMO, differences, read

pytestmark = pytest.mark.xdist_group("desk_cli")


# what a request asks for, in the words of the programme file
ASKED = ("id title federation kind discipline level duration windows preferred_first_day hosts venues facilities units headcount "
         "services squads after value announced contact note").split()


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    d = Desk(tmp_path_factory.mktemp("desk"))
    try:
        yield d.load()
    finally:
        d.close()


def lines(r):
    return [json.loads(x) for x in r.stdout.splitlines()]


def listed(desk, *arguments):
    return {x["id"]: x for x in lines(desk.run("list", "--json", *arguments))}


def lives(desk, requests):
    """What happened to each of them, and when: for a failure."""
    return "\n".join(desk.run("trace", i).stdout for i in sorted(requests))


def test_the_agenda_is_of_who_asks(desk):
    proposed = listed(desk, "--state", "proposed")
    everything = lines(desk.run("agenda", "--json", who="working_body"))
    of_all = {x["request"] for x in everything}
    assert of_all == set(proposed), lives(desk, of_all ^ set(proposed))
    russian = lines(desk.run("agenda", "--json", who="committee-RUS"))
    # a place that came from the waiting list is its federation's to accept first
    asked = {i for i, r in proposed.items() if "RUS" in r["consent_needed"] and "accept_by" not in r}
    of_theirs = {x["request"] for x in russian}
    assert of_theirs == asked, lives(desk, of_theirs ^ asked)
    assert 0 < len(asked) < len(proposed)
    assert lines(desk.run("agenda", "--json", "--noc", "RUS", who="working_body")) == russian
    waiting = listed(desk, "--state", "waitlisted")
    for x in everything:
        behind = {i for i, w in waiting.items() if any(x["request"] in r.get("with", []) for r in w["reasons"])}
        assert set(x["in_the_way_of"].split()) == behind and x["in_the_way_of_n"] == len(behind)
    assert any(x["in_the_way_of_n"] for x in everything)


def file_of(desk, name, rows):
    path = f"{desk.folder}/{name}"
    with open(path, "w", encoding="utf-8", newline="") as f:
        if name.endswith(".csv"):
            w = csv.DictWriter(f, ["request", "verdict", "reason", "noc", "revision"])
            w.writeheader()
            w.writerows(rows)
        else:
            f.writelines(json.dumps(r) + "\n" for r in rows)
    return path


def test_a_file_with_one_illegal_decision_does_nothing_unless_partial(desk):
    mine = [i for i, r in listed(desk, "--state", "proposed").items() if r["consent_needed"] == ["CHN"]][:3]
    waiting = next(iter(listed(desk, "--state", "waitlisted")))
    rows = [{"request": i, "verdict": "approve"} for i in mine] + [
        {"request": waiting, "verdict": "approve"}, {"request": mine[0], "verdict": "approve"}, {"request": "nobody", "verdict": "approve"},
        {"request": mine[1], "verdict": "decline"}, {"request": mine[2], "verdict": "approve", "noc": "RUS"},
        {"request": mine[2], "verdict": "approve", "revision": 7}]
    path = file_of(desk, "half.jsonl", rows)
    r = desk.run("decide", "-f", path, "--yes", who="committee-CHN", code=65)
    for n, text in ((4, "it is waitlisted"), (5, "twice in this file"), (6, "no such request"), (7, "a reason must be there"), (8, "for itself alone"),
                    (9, "revision 1 stands")):
        assert any(f":{n}: " in x and text in x for x in r.stderr.splitlines()), (n, r.stderr)
    assert "nothing was changed" in r.stderr
    assert not listed(desk, "--state", "confirmed")
    assert desk.run("decide", "-f", path, who="committee-CHN", code=65, stdin="").stdout == ""
    r = desk.run("decide", "-f", path, "--yes", "--partial", who="committee-CHN", code=65)
    assert f"approve 3: {' '.join(mine)}" in r.stdout and "3 decisions made, 0 refused" in r.stdout
    assert set(listed(desk, "--state", "confirmed")) == set(mine)


def test_nobody_is_asked_and_nothing_is_done(desk):
    some = [i for i, r in listed(desk, "--state", "proposed").items() if "RUS" in r["consent_needed"]][:1]
    path = file_of(desk, "one.jsonl", [{"request": some[0], "verdict": "approve"}])
    r = desk.run("decide", "-f", path, who="committee-RUS", code=64, stdin="")
    assert "--yes" in r.stderr and not listed(desk)[some[0]].get("consents")


def test_both_committees_decide_in_bulk_out_of_tables(desk):
    both = [i for i, r in listed(desk, "--state", "proposed").items() if r["consent_needed"] == ["CHN", "RUS"]][:40]
    for noc in ("CHN", "RUS"):
        path = file_of(desk, f"{noc}.csv", [{"request": i, "verdict": "approve", "reason": 'agreed, "as asked"'} for i in both])
        r = desk.run("decide", "-f", path, "--yes", who=f"committee-{noc}")
        assert f"{len(both)} decisions made, 0 refused" in r.stdout
    now = listed(desk)
    assert all(now[i]["state"] == "confirmed" for i in both)
    assert all([c["noc"] for c in now[i]["consents"]] == ["CHN", "RUS"] for i in both)


def test_a_committee_delegates_some_disciplines(desk):
    desk.daemon.at_rest(desk.programme)  # what was decided before may still free places for others
    proposed = listed(desk, "--state", "proposed")
    by = {}
    for i, r in proposed.items():
        # a place that came from the waiting list is its federation's to accept first
        if "CHN" in r["consent_needed"] and "accept_by" not in r and not any(c["noc"] == "CHN" for c in r.get("consents", [])):
            by.setdefault(r["discipline"], []).append(i)
    theirs = by["SWM"] + by["WPO"]
    other = by["ATH"][0]
    key = desk.run("keygen", f"{desk.keys}/water.key").stdout.strip()
    grant = ["grant", key, "--role", "committee", "--subject", "CHN"]
    assert "name" in desk.run(*grant, "--disciplines", "SWM,WPO", code=65).stderr  # whoever speaks in part is known by name
    desk.run(*grant, "--name", "Li, water sports", "--disciplines", "SWM,,WPO", code=64)
    desk.run("grant", key, "--role", "observer", "--name", "Li", "--disciplines", "SWM", code=65)
    desk.run("grant", "--everyone", "--keys", desk.keys, "--disciplines", "SWM", code=64)
    desk.run(*grant, "--name", "Li, water sports", "--disciplines", "SWM,WPO")
    row = next(x for x in desk.run("principals").stdout.splitlines() if x.startswith(key))
    assert row.rstrip().endswith("SWM WPO")
    assert {x["request"] for x in lines(desk.run("agenda", "--json", who="water"))} == set(theirs)
    assert "other disciplines" in desk.run("approve", other, who="water", code=77).stderr
    desk.run("put", "city", "-", who="water", code=77, stdin=json.dumps({"id": "CHN-new", "name": {"en": "New"}, "noc": "CHN", "beds": 1}))
    path = file_of(desk, "water.jsonl", [{"request": theirs[0], "verdict": "approve"}, {"request": other, "verdict": "approve"}])
    assert "other disciplines" in desk.run("decide", "-f", path, "--yes", who="water", code=65).stderr
    assert listed(desk)[theirs[0]].get("consents", []) == proposed[theirs[0]].get("consents", []), "nothing is done"
    desk.run("approve", theirs[0], who="water")
    consent = next(c for c in listed(desk)[theirs[0]]["consents"] if c["noc"] == "CHN")
    assert consent["by"] == "Li, water sports"
    assert "Li, water sports for CHN approved" in desk.run("minutes", who="working_body").stdout
    desk.run(*grant, "--name", "Li, athletics", "--disciplines", "ATH")  # anew: what was said last counts
    desk.run("approve", theirs[1], who="water", code=77)
    desk.run("approve", other, who="water")


def test_a_preview_decides_nothing(desk):
    some = next(iter(listed(desk, "--state", "proposed")))
    before = desk.run("trace", some).stdout
    r = lines(desk.run("approve", some, "--preview", "--json", who="working_body"))
    assert r[0]["request"] == some and desk.run("trace", some).stdout == before


def test_values_by_rule_are_listed_first(desk):
    before = listed(desk)
    kind = {i for i, r in before.items() if r["kind"] == "mass_event" and r["discipline"] == "ATH"}
    r = desk.run("value", "--kind", "mass_event", "--discipline", "ATH", "--add", "5", who="working_body", code=64, stdin="")
    assert all(i in r.stdout for i in kind) and "--yes" in r.stderr
    assert listed(desk) == before
    desk.run("value", "--kind", "mass_event", "--discipline", "ATH", "--add", "5", "--yes", "-r", "sport for all", who="working_body")
    after = listed(desk)
    assert kind and all(after[i]["value"] == before[i]["value"] + 5 for i in kind)
    desk.run("value", min(kind), "--set", "100", "--yes", who="working_body")
    assert listed(desk)[min(kind)]["value"] == 100


def test_needs_are_those_of_requests_that_wait_for_staff(desk):
    waiting = {i for i, r in listed(desk, "--state", "waitlisted").items() if any(x["code"] == "SERVICE_EXHAUSTED" for x in r["reasons"])}
    needs = lines(desk.run("needs", "--json", who="working_body"))
    assert {i for n in needs for i in n["which"].split()} == waiting
    asked = {r["id"]: r for r in read(DEMO)["requests"]}
    for n in needs:
        which = n["which"].split()
        assert n["requests"] == len(which)
        assert 0 < n["missing"] <= sum(asked[i]["services"][n["service"]] for i in which)
        assert all(asked[i]["preferred_first_day"].startswith(n["month"]) and asked[i]["hosts"] == n["host"].split(" or ") for i in which)


def test_a_squad_sees_its_days_of_rest_and_what_it_did_not_get(desk):
    squad = "RUS-BTH-M-SEN"
    (sheet,) = lines(desk.run("squad", squad, "--json", who="working_body"))
    mine = {i: r for i, r in listed(desk).items() if squad in r["squads"]}
    placed = {i for i, r in mine.items() if "placement" in r}
    assert {e["request"] for e in sheet["events"]} == placed
    assert {m["request"] for m in sheet["missed"]} == set(mine) - placed and all(m["why"] for m in sheet["missed"])
    days = sorted((e["first_day"], e["last_day"], e["rest"]) for e in sheet["events"])
    for (_, last, _), (first, _, rest) in zip(days, days[1:]):
        assert rest == (icalendar.vDate.from_ical(first.replace("-", "")) - icalendar.vDate.from_ical(last.replace("-", ""))).days - 1
    assert sum(sheet["support"].values()) == sum(sum(mine[i].get("services", {}).values()) * mine[i]["duration"] for i in placed)
    assert "asked for and not got" in desk.run("squad", squad, who="committee-RUS").stdout
    assert desk.run("federation", "RUS-BTH", who="federation-RUS-BTH").stdout.startswith("RUS-BTH: ")
    desk.run("squad", "nobody", who="working_body", code=68)


def test_the_fairness_report_adds_up(desk):
    rows = lines(desk.run("fairness", "--json", who="working_body"))
    everything = listed(desk)
    by = {k: [r for r in rows if r["by"] == k] for k in ("committee", "kind", "federation", "balance")}
    placed = [r for r in everything.values() if "placement" in r]
    for k in ("committee", "kind", "federation"):
        assert sum(r["asked"] for r in by[k]) == len(everything) - sum(r["state"] in ("rejected", "withdrawn") for r in everything.values())
        assert sum(r["placed"] for r in by[k]) == len(placed)
    assert sum(r["athlete_days"] for r in by["balance"]) == sum(r["headcount"] * r["duration"] for r in placed)
    (unmet,) = [r for r in rows if r["by"] == "unmet"]
    shares = [1 - r["value_placed"] / r["value_asked"] for r in by["committee"]]
    assert unmet["max"] == pytest.approx(max(shares))
    assert unmet["rms"] == pytest.approx((sum(s * s for s in shares) / len(shares)) ** 0.5)


def events(text):
    return {str(e["uid"]): e for e in icalendar.Calendar.from_ical(text).walk("VEVENT")}


@pytest.mark.parametrize("part", [[], ["--noc", "KAZ"], ["--venue", "CHN-zjk-biathlon"], ["--discipline", "ATH"], ["--federation", "RUS-BTH"],
                                  ["--squad", "RUS-BTH-M-SEN"]])
def test_calendars_are_equal_in_content(desk, part):
    text = desk.run("export", "--ics", *part, who="working_body").stdout
    found = events(text)
    rows = {x["id"]: x for x in lines(desk.run("export", "--json", *part, who="working_body"))}
    placed = {i: r for i, r in rows.items() if "placement" in r}
    assert set(found) == {f"{i}@{desk.programme}" for i in placed} and found
    assert all(len(x.encode()) <= 75 for x in text.splitlines())
    for i, r in placed.items():
        e = found[f"{i}@{desk.programme}"]
        first = icalendar.vDate.from_ical(r["placement"]["first_day"].replace("-", ""))
        assert e.decoded("dtstart") == first and (e.decoded("dtend") - first).days == r["duration"]
        assert str(e["summary"]) == r["title"]["en"]
        assert str(e["status"]) == {"proposed": "TENTATIVE", "confirmed": "CONFIRMED"}[r["state"]]
    table = list(csv.DictReader(io.StringIO(desk.run("export", "--csv", *part, who="working_body").stdout)))
    assert [x["id"] for x in table] == list(rows)
    renamed = {"duration", "headcount", "placement"}  # days; people; venue and first_day
    assert {k for r in rows.values() for k in r} - renamed <= set(table[0])
    for x in table:
        r = rows[x["id"]]
        assert (x["state"], int(x["duration"] if "duration" in x else x["days"]), x["title"]) == (r["state"], r["duration"], r["title"]["en"])
        assert json.loads(x["windows"]) == r["windows"] and x["squads"].split() == r["squads"]
        assert bool(x["reasons"]) == bool(r.get("reasons"))


def test_what_is_cancelled_stays_in_the_calendar_with_a_higher_sequence(desk):
    some, record = next((i, r) for i, r in listed(desk, "--state", "confirmed").items() if r["consent_needed"] == ["CHN", "RUS"])
    uid = f"{some}@{desk.programme}"
    before = events(desk.run("export", "--ics", who="working_body").stdout)[uid]
    desk.run("cancel", some, "-r", "the ice *melted*", who="committee-RUS")
    after = events(desk.run("export", "--ics", who="working_body").stdout)[uid]
    assert (str(before["status"]), str(after["status"])) == ("CONFIRMED", "CANCELLED")
    assert after["sequence"] == before["sequence"] + 1 and after.decoded("dtstart") == before.decoded("dtstart")
    assert uid in events(desk.run("export", "--ics", "--venue", record["placement"]["venue"], who="working_body").stdout)
    shown = [" ".join(x.split()) for x in desk.run("show", some, who="observer").stdout.splitlines()]
    assert any(x.startswith(f"was at {record['placement']['venue']}, {record['placement']['first_day']} to ") for x in shown)
    invited = [f"{i['squad']}, {i['invited']} people" for i in record["invitations"]]
    assert [x.removeprefix("invited ") for x in shown if "people" in x and "," in x] == invited


def test_a_decision_on_a_past_revision_is_told_what_changed(desk):
    some, record = next((i, r) for i, r in listed(desk, "--state", "proposed").items() if "CHN" in r["consent_needed"] and r["revision"] == 1)
    amend(desk, record, note="a band plays", headcount=record["headcount"] + 1)
    desk.daemon.at_rest(desk.programme)
    for call in (["approve", some], ["decline", some, "-r", "too many"]):
        err = desk.run(*call, "--revision", "1", who="committee-CHN", code=75).stderr
        assert "revision 2 stands" in err and f"headcount: {record['headcount']}, now {record['headcount'] + 1}" in err
        assert f"note: {record['note'][:10]}" in err and "now a band plays" in err
    assert "now" not in desk.run("approve", some, "--revision", "3", who="committee-CHN", code=75).stderr


def test_show_tells_what_the_policy_has_made_of_it(tmp_path):
    d = Desk(tmp_path)
    try:
        d.load(requests=False)
        programme = read(DEMO)["programme"]
        programme["policy"] |= {"decide_days": 30, "late_cancel_days": 60, "file_days": 60}
        d.run("put", "programme", "-", stdin=json.dumps(programme))
        wish = next(r for r in read(DEMO)["requests"] if r["id"] == "r0004")
        d.run("submit", "--wait", "-", stdin=json.dumps(wish), code=None)
        assert "FILED_TOO_LATE" in d.run("show", "r0004").stdout
        d.run("allow", "r0004", "FILED_TOO_LATE", "-r", "the youth cannot wait")
        d.daemon.at_rest(d.programme)
        text = " ".join(d.run("show", "r0004").stdout.split())
        assert "decide by 2021-12-31" in text and "allowed FILED_TOO_LATE for revision 1, by " in text and "the youth cannot wait" in text
        for noc in ("CHN", "RUS"):
            d.run("approve", "r0004", who=f"committee-{noc}")
        d.run("cancel", "r0004", "-r", "no snow", who="committee-CHN")
        assert "late yes" in " ".join(d.run("show", "r0004").stdout.split())
    finally:
        d.close()


def test_invitations_to_what_is_off_say_so(desk):
    off = next(i for i, r in listed(desk, "--state", "cancelled").items() if r.get("invitations"))
    rows = [x.split() for x in desk.run("invitations", who="observer").stdout.splitlines()]
    assert {x[3] for x in rows if x[0] == off} == {"cancelled"}
    assert {x["event"] for x in lines(desk.run("invitations", "--json", who="observer")) if x["request"] == off} == {"cancelled"}


def test_a_federation_reads_the_same_calendar_as_its_committee(desk):
    everything = listed(desk)
    theirs = events(desk.run("export", "--ics", who="committee-CHN").stdout)
    federation = next(r["federation"] for r in everything.values() if r["state"] == "confirmed" and r["federation"].startswith("CHN-"))
    mine = events(desk.run("export", "--ics", who=f"federation-{federation}").stdout)
    assert set(mine) <= set(theirs)
    for uid, e in mine.items():
        for name in ("sequence", "dtstamp", "created", "dtstart", "dtend", "status", "x-convene-status", "summary"):
            assert e.get(name) == theirs[uid].get(name) or e.decoded(name) == theirs[uid].decoded(name), (uid, name)
        assert "level 0" not in str(e.get("description", ""))
    off = {f"{i}@{desk.programme}" for i, r in everything.items() if r["state"] == "cancelled"}
    assert off and off <= set(mine) and {str(mine[u]["status"]) for u in off} == {"CANCELLED"}


def test_a_squad_sees_what_others_have_invited_it_to(desk):
    confirmed = [r for r in listed(desk, "--state", "confirmed").values() if len(r.get("invitations", [])) > 1]
    r, i = next((r, i) for r in confirmed for i in r["invitations"] if i["federation"] != r["federation"] and not i["federation"].startswith(("KAZ", "BLR", "ARM")))
    for what in (["squad", i["squad"]], ["federation", i["federation"]]):
        (sheet,) = lines(desk.run(*what, "--json", who=f"federation-{i['federation']}"))
        (event,) = [e for e in sheet["events"] if e["request"] == r["id"]]
        assert event["first_day"] == r["placement"]["first_day"]
        assert f"{r['id']}@{desk.programme}" in events(desk.run(*what, "--ics", who=f"federation-{i['federation']}").stdout)


def test_minutes_name_who_decided_what_and_why(desk):
    text = desk.run("minutes", who="working_body").stdout
    assert text.startswith("# China–Russia Years of Sports Exchanges 2022–2023\n")
    cancelled = next(iter(listed(desk, "--state", "cancelled").values()))
    line = next(x for x in text.splitlines() if "cancelled **" in x)
    assert "committee RUS for RUS" in line and cancelled["id"] in line and line.endswith(r"the ice \*melted\*")
    operator, n = desk.daemon.operator(), 0
    for i in listed(desk):
        standings = [u.request.standing for u in operator.call(desk.programme, trace=pb.Trace(request=i)).updates]
        n += len({(s.decision.what, s.decision.by, s.decision.noc, s.decision.unix_ms, s.decision.reason) for s in standings if s.HasField("decision")})
    assert sum(x.startswith("- ") for x in text.splitlines()) == n
    assert "Decisions from 1999-01-01 to 1999-12-31 (UTC): 0." in desk.run("minutes", "--from", "1999-01-01", "--to", "1999-12-31", who="working_body").stdout
    desk.run("minutes", "--from", "yesterday", who="working_body", code=64)


def amend(desk, record, **changes):
    """The request as it stands, changed, as its next revision; the operator's word."""
    known = {k: v for k, v in record.items() if k in ASKED}
    path = f"{desk.folder}/amended.json"
    with open(path, "w", encoding="utf-8") as f:
        json.dump({**known, **changes}, f)
    desk.run("amend", path)


def test_a_whole_export_loaded_elsewhere_gives_the_same_state(desk, tmp_path):
    confirmed = next(iter(listed(desk, "--state", "confirmed").values()))
    amend(desk, confirmed, note="the bus comes at noon")
    desk.daemon.at_rest(desk.programme)
    assert listed(desk)[confirmed["id"]]["revision"] > 1
    desk.run("export", "--all", "-o", f"{tmp_path}/all.json")
    other = Desk(tmp_path)
    try:
        other.run("load", f"{tmp_path}/all.json")

        def state(d):
            rows = lines(d.run("export", "--json"))
            return [{k: v for k, v in r.items() if k not in ("cursor", "waiting_since")} for r in rows]

        def same(when):
            other.daemon.at_rest(other.programme)
            here, there = state(desk), state(other)
            assert there == here, f"{when}:\n{differences(here, there, 'export')}"

        same("loaded")
        there, here = (events(d.run("export", "--ics").stdout) for d in (other, desk))
        assert set(there) <= set(here)  # the log begins anew: what was withdrawn before it was confirmed is forgotten
        assert {u for u in here if str(here[u]["status"]) != "CANCELLED"} <= set(there)
        for uid, e in there.items():
            assert e["sequence"] == here[uid]["sequence"] and e.decoded("dtstamp") == here[uid].decoded("dtstamp"), uid
        other.daemon.stop()
        other.daemon.start()
        same("after a restart")
        r = other.run("load", f"{tmp_path}/all.json")
        same(f"loaded again: {r.stdout}")
        other.run("withdraw", next(i for i, r in listed(other).items() if r["state"] == "waitlisted"))
    finally:
        other.close()
    desk.run("load", f"{tmp_path}/all.json", who="working_body", code=77)
    assert f"programme {desk.programme} (open)" in desk.run("status", who="working_body").stdout
