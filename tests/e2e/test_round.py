"""Planning rounds: computed beside the running programme, kept as a draft, adopted in one step or thrown away."""
import json
import os
import signal
import time

import pytest

from checker import Judge
from client import Keys, Refused, pb, programme_pb, record_pb
from desk import Desk
from words import entities, small_programme, wish

R = record_pb


SPRING = dict(windows=[["2026-03-01", "2026-03-30"]], preferred_first_day="2026-03-01", hosts=["CHN"], venues=["CHN-c-v0"], units=2, duration=10)


def begin(connection, programme, seconds=1, **order):
    return connection.call(programme, round_start=pb.RoundStart(seconds=seconds, **order))


def begin_again(connection, programme):
    """A round after one that has failed, which may still be being stored."""
    end = time.monotonic() + 30
    while True:
        try:
            return begin(connection, programme)
        except Refused as e:
            assert e.code == "BUSY" and time.monotonic() < end, e
            time.sleep(e.problem.retry_after_ms / 1000)


def about(connection, programme, **page):
    return connection.call(programme, round_get=pb.RoundGet(**page))


def ended(connection, programme, timeout=30):
    """The round once it no longer runs."""
    end = time.monotonic() + timeout
    while (r := about(connection, programme)).state == "running":
        assert time.monotonic() < end, r
        time.sleep(0.05)
    return r


def entries(connection, programme):
    """All of them, page by page."""
    found, start = [], 0
    while True:
        page = about(connection, programme, **{"from": start, "limit": 3})
        assert len(page.entries) <= 3
        found += page.entries
        if not page.HasField("next"):
            return found
        start = page.next


def adopt(connection, programme):
    return connection.call(programme, round_adopt=pb.RoundAdopt())


def again_as(games, connection):
    """The same key on a new connection."""
    c = games.connect(connection.keys)
    c.keys = connection.keys
    return c


def planner_of(connection):
    """The planner's row of the status, once it serves."""
    end = time.monotonic() + 10
    while True:
        found = [w for w in connection.call(status=pb.StatusCall(workers=True)).workers if w.kind == "planner" and w.state == "serving"]
        if found:
            return found[0]
        assert time.monotonic() < end, "no planner was started"
        time.sleep(0.05)


def waste(games, federation):
    """A calendar that takes more when planned anew: the narrow ones come last and find their days taken."""
    for i in range(3):  # three of ten days each fill March; each could go to any venue, in two months
        federation.submit(games.programme, wish(f"wide-{i}", **{**SPRING, "windows": [["2026-03-01", "2026-04-30"]], "venues": [], "value": 40}))
        assert federation.outcome(f"wide-{i}").standing.state == R.STATE_PROPOSED
    for venue in range(4):
        for part, first in enumerate(("2026-03-01", "2026-03-11", "2026-03-21")):
            day = int(first[-2:])
            federation.submit(games.programme, wish(
                f"narrow-{venue}-{part}", **{**SPRING, "windows": [[first, f"2026-03-{day + 9}"]], "preferred_first_day": first,
                                             "venues": [f"CHN-c-v{venue}"], "value": 90, "headcount": 10}))
            federation.outcome(f"narrow-{venue}-{part}")


def states(connection, programme):
    return {r.id: r.standing for r in connection.list(programme)}


def judge(connection, programme):
    """The programme as it stands, before the independent judge: faults, score, insertable ones."""
    doc, at = small_programme(), {}
    from datetime import date

    for r in connection.list(programme):
        c = r.content
        doc["requests"].append({
            "id": r.id, "federation": c.federation, "kind": c.kind, "discipline": c.discipline, "level": c.level, "duration": c.duration,
            "windows": [[w.first, w.last] for w in c.windows], "preferred_first_day": c.preferred_first_day, "hosts": list(c.hosts),
            "venues": list(c.venues), "facilities": list(c.facilities), "units": c.units, "headcount": c.headcount,
            "services": {n.service: n.staff for n in c.services}, "squads": list(c.squads), "value": c.value})
        if r.standing.HasField("placement") and r.standing.state in (R.STATE_PROPOSED, R.STATE_CONFIRMED):
            at[r.id] = (r.standing.placement.venue, date.fromisoformat(r.standing.placement.first_day))
        elif r.standing.state not in (R.STATE_WAITLISTED, R.STATE_PROPOSED):
            doc["requests"].pop()
    j = Judge(doc)
    return j.faults(at), j.score(at), j.insertable(at)


def test_a_round_raises_the_score_and_is_adopted_in_one_step(games):
    federation, body = games.grant("federation", "CHN-TTE"), games.grant("working_body")
    waste(games, federation)
    before = states(body, games.programme)
    _, score, _ = judge(body, games.programme)

    started = begin(body, games.programme)
    draft = ended(body, games.programme)

    assert (started.number, started.state, started.by) == (1, "running", "working_body")
    assert draft.state == "ready", draft.text
    assert draft.score_before == score
    assert draft.score_after > draft.score_before
    assert draft.placed_after > draft.placed_before
    assert not draft.HasField("bound") or draft.bound >= draft.score_after
    assert draft.moved + draft.placed + draft.dropped == len(draft.entries)
    assert [e.request for e in entries(body, games.programme)] == [e.request for e in draft.entries]
    for e in draft.entries:
        assert e.what in ("moved", "placed", "dropped") and e.title and e.federation == "CHN-TTE"
        assert e.HasField("to") != (e.what == "dropped")
        assert bool(e.reasons) == (e.what == "dropped")
    assert {h.noc for h in draft.hosts} == {"CHN", "RUS"}
    assert states(body, games.programme) == before, "a draft changes nothing"

    adopted = adopt(body, games.programme)

    assert (adopted.state, adopted.adopted, adopted.skipped) == ("adopted", len(draft.entries), 0)
    assert (draft.ended_by, adopted.ended_by, about(body, games.programme).ended_by) == ("", "working_body", "working_body")
    now = states(body, games.programme)
    cursors = sorted(r.cursor for r in body.list(games.programme) if r.id in {e.request for e in draft.entries})
    assert cursors == list(range(cursors[0], cursors[0] + len(cursors))), "one step: its cursors follow one another"
    for e in draft.entries:
        if e.what == "dropped":
            assert now[e.request].state == R.STATE_WAITLISTED and "DISPLACED" in [r.code for r in now[e.request].reasons]
            assert f"gave its place, {getattr(e, 'from').venue}, " in now[e.request].decision.reason
        else:
            assert (now[e.request].placement.venue, now[e.request].placement.first_day) == (e.to.venue, e.to.first_day)
        assert now[e.request].decision.what == "adopt" and "lanning round 1" in now[e.request].decision.reason
        if e.what == "placed":
            assert now[e.request].accept_by
    games.at_rest()
    faults, score, insertable = judge(body, games.programme)
    assert (faults, insertable) == ([], [])
    assert score >= draft.score_after


def test_who_had_consented_hears_that_it_has_lapsed(games):
    """One can go elsewhere, one can't; what is worth more needs both their places. Both had their host's consent."""
    federation, body, rus = games.grant("federation", "CHN-TTE"), games.grant("working_body"), games.grant("committee", "RUS")
    days = ["2026-03-01", "2026-03-10"]
    at = lambda venue, **more: {**SPRING, "hosts": ["RUS"], "venues": [venue], "windows": [days], **more}
    for ident, content in (("stays", at("RUS-c-v0", value=5)), ("moves", at("RUS-c-v1", value=5, windows=[[days[0], "2026-04-30"]]))):
        federation.submit(games.programme, wish(ident, **content))
        assert federation.outcome(ident).standing.state == R.STATE_PROPOSED
        rus.call(games.programme, decide=pb.Decide(request=ident, verdict="approve"))
    for venue in ("RUS-c-v0", "RUS-c-v1"):
        federation.submit(games.programme, wish(f"over-{venue}", **at(venue, value=95)))
        federation.outcome(f"over-{venue}")
    assert [len(states(body, games.programme)[i].consents) for i in ("stays", "moves")] == [1, 1]

    begin(body, games.programme)
    draft = ended(body, games.programme)
    assert {(e.request, e.what) for e in draft.entries} == {
        ("stays", "dropped"), ("moves", "moved"), ("over-RUS-c-v0", "placed"), ("over-RUS-c-v1", "placed")}
    assert adopt(body, games.programme).skipped == 0

    now = states(body, games.programme)
    for ident, said in (("stays", f"gave its place, RUS-c-v0, {days[0]}, to others."), ("moves", f"moved it from RUS-c-v1, {days[0]}, to RUS-c-v1, ")):
        assert not now[ident].consents
        assert said in now[ident].decision.reason and now[ident].decision.reason.endswith("Consents given for the old place have lapsed.")
    assert "lapsed" not in now["over-RUS-c-v0"].decision.reason


def test_a_draft_outlives_the_daemon_a_search_does_not(games):
    federation, body = games.grant("federation", "CHN-TTE"), games.grant("working_body")
    waste(games, federation)
    begin(body, games.programme)
    draft = ended(body, games.programme)

    games.kill()
    games.start()
    body = again_as(games, body)

    again = about(body, games.programme)
    assert again.SerializeToString() == draft.SerializeToString()
    with pytest.raises(Refused) as e:
        begin(body, games.programme)
    assert e.value.code == "CONFLICT" and "draft" in e.value.problem.text
    discarded = body.call(games.programme, round_discard=pb.RoundDiscard(number=1))
    assert (discarded.state, discarded.ended_by) == ("discarded", "working_body")
    assert begin(body, games.programme, seconds=60).number == 2
    planner_of(body)
    games.kill()
    games.start()
    body = again_as(games, body)
    failed = about(body, games.programme)
    assert (failed.number, failed.state) == (2, "failed") and "restarted" in failed.text


def test_requests_are_answered_while_a_round_runs_and_a_second_one_is_refused(games):
    federation, body = games.grant("federation", "CHN-TTE"), games.grant("working_body")
    waste(games, federation)
    begin(body, games.programme, seconds=60)
    with pytest.raises(Refused) as e:
        begin(body, games.programme)
    assert e.value.code == "CONFLICT" and "under way" in e.value.problem.text

    slowest, end = 0, time.monotonic() + 4
    while not about(body, games.programme).progress.done:
        assert time.monotonic() < end, "the time that has passed is told before the search has anything"
        time.sleep(0.05)
    for i in range(30):
        start = time.monotonic()
        federation.submit(games.programme, wish(f"new-{i}", windows=[["2026-06-01", "2026-12-30"]], preferred_first_day="2026-06-01"))
        assert federation.outcome(f"new-{i}").standing.state == R.STATE_PROPOSED
        slowest = max(slowest, time.monotonic() - start)
    assert slowest < 1.0, "a request waited for the round"
    end = time.monotonic() + 10
    while not about(body, games.programme).progress.HasField("score"):
        assert time.monotonic() < end, "no progress is told"
        time.sleep(0.05)
    assert about(body, games.programme).state == "running"

    body.call(games.programme, round_stop=pb.RoundStop())
    draft = ended(body, games.programme, 10)
    assert draft.state == "ready" and draft.score_after > draft.score_before
    adopted = adopt(body, games.programme)
    assert adopted.state == "adopted" and adopted.skipped == 0
    now = states(body, games.programme)
    assert all(now[f"new-{i}"].state == R.STATE_PROPOSED for i in range(30)), "what came meanwhile stands"
    games.at_rest()
    assert judge(body, games.programme)[0] == []


def test_what_changed_meanwhile_is_reported_and_stays(games):
    federation, body = games.grant("federation", "CHN-TTE"), games.grant("working_body")
    waste(games, federation)
    begin(body, games.programme)
    draft = ended(body, games.programme)
    moved = [e.request for e in draft.entries if e.what == "moved"]
    gone = [e.request for e in draft.entries if e.what == "placed"][0]
    federation.call(games.programme, withdraw=pb.Withdraw(request=gone, reason="no team"))
    if len(moved) > 1:
        federation.call(games.programme, amend=pb.Amend(request=wish(moved[0], **{**SPRING, "windows": [["2026-03-01", "2026-04-30"]], "venues": [], "value": 41}), revision=1))
        federation.settled(games.programme, moved[0])

    adopted = adopt(body, games.programme)

    outcome = {e.request: (e.outcome, e.why) for e in adopted.entries}
    assert outcome[gone][0] == "skipped" and "withdrawn" in outcome[gone][1]
    if len(moved) > 1:
        assert outcome[moved[0]][0] == "skipped" and outcome[moved[0]][1]
    assert adopted.adopted + adopted.skipped == len(draft.entries) and adopted.adopted > 0
    assert body.get(games.programme, gone).standing.state == R.STATE_WITHDRAWN
    games.at_rest()
    faults, _, insertable = judge(body, games.programme)
    assert (faults, insertable) == ([], [])


def test_a_planner_that_dies_is_reported(games):
    body = games.grant("working_body")
    begin(body, games.programme, seconds=60)
    os.kill(planner_of(body).pid, signal.SIGKILL)
    failed = ended(body, games.programme, 10)
    assert failed.state == "failed" and "planner ended" in failed.text
    assert not [w for w in body.call(status=pb.StatusCall(workers=True)).workers if w.kind == "planner"]
    assert begin_again(body, games.programme).number == 2
    assert ended(body, games.programme).state == "ready"


def test_confirmed_ones_move_only_if_asked_for(games):
    federation, body, chn = games.grant("federation", "CHN-TTE"), games.grant("working_body"), games.grant("committee", "CHN")
    waste(games, federation)
    for i in range(3):
        chn.call(games.programme, decide=pb.Decide(request=f"wide-{i}", verdict="approve"))
    confirmed = {r.id: r.standing.placement.first_day for r in body.list(games.programme) if r.standing.state == R.STATE_CONFIRMED}
    assert len(confirmed) == 3

    begin(body, games.programme)
    assert not {e.request for e in ended(body, games.programme).entries} & set(confirmed)
    body.call(games.programme, round_discard=pb.RoundDiscard())
    begin(body, games.programme, move_confirmed=True)
    draft = ended(body, games.programme)
    moves = {e.request: e for e in draft.entries if e.request in confirmed}
    assert moves and all(e.what == "moved" for e in moves.values()), "a confirmed one is never dropped"
    adopt(body, games.programme)
    now = states(body, games.programme)
    for i, e in moves.items():
        later = e.to.first_day >= confirmed[i]
        assert now[i].state == (R.STATE_CONFIRMED if later else R.STATE_PROPOSED)
        assert now[i].decision.what == "reschedule"
        assert bool(now[i].consents) == later


def test_a_scope_keeps_the_round_to_its_part(games):
    federation, body = games.grant("federation", "CHN-TTE"), games.grant("working_body")
    waste(games, federation)
    begin(body, games.programme, scope=pb.RoundScope(hosts=["RUS"]))
    assert not ended(body, games.programme).entries
    body.call(games.programme, round_discard=pb.RoundDiscard())
    period = programme_pb.Period(first="2026-03-01", last="2026-03-31")
    begin(body, games.programme, scope=pb.RoundScope(period=period, federations=["CHN-TTE"]))
    for e in ended(body, games.programme).entries:
        for spot in (e.to, getattr(e, "from")):
            assert not spot.first_day or "2026-03-01" <= spot.first_day <= "2026-03-22"
    body.call(games.programme, round_discard=pb.RoundDiscard())
    for bad, code in ((dict(seconds=0), "SECONDS_OUT_OF_RANGE"), (dict(seconds=3601), "SECONDS_OUT_OF_RANGE"),
                      (dict(scope=pb.RoundScope(federations=["nobody"])), "FEDERATION_UNKNOWN"),
                      (dict(scope=pb.RoundScope(hosts=["KAZ"])), "HOST_NOT_PARTY")):
        with pytest.raises(Refused) as e:
            begin(body, games.programme, **bad)
        assert e.value.code == "INVALID" and [v.code for v in e.value.problem.violations] == [code]


def test_only_the_working_body_and_operators_plan(games):
    observer, chn = games.grant("observer"), games.grant("committee", "CHN")
    federation = games.grant("federation", "CHN-TTE")
    for c in (observer, chn, federation):
        for body in (dict(round_start=pb.RoundStart()), dict(round_adopt=pb.RoundAdopt()), dict(round_discard=pb.RoundDiscard())):
            with pytest.raises(Refused) as e:
                c.call(games.programme, **body)
            assert e.value.code == "FORBIDDEN"
    assert about(observer, games.programme).state == "none"
    with pytest.raises(Refused) as e:
        about(federation, games.programme)
    assert e.value.code == "FORBIDDEN"
    with pytest.raises(Refused) as e:
        adopt(games.operator(), games.programme)
    assert e.value.code == "NOT_ALLOWED_NOW"


def test_no_request_of_fifty_clients_waits_for_a_round_and_the_adopted_plan_holds_all(games):
    doc = small_programme("calm")
    doc["programme"]["policy"]["reciprocity_weight"] = 0  # else those who come meanwhile move the balance, and what a move is worth
    games.programme = games.load(doc)
    body, federation = games.grant("working_body"), games.grant("federation", "CHN-TTE")
    keys = [Keys() for _ in range(50)]
    games.operator().grant(*[pb.Principal(public_key=k.public, role="federation", subject="RUS-TTE", name=f"client {i}") for i, k in enumerate(keys)])
    clients = [games.connect(k, timeout=20) for k in keys]

    def crowd(ident, n, federation="RUS-TTE", hall=1):  # those who come meanwhile crowd into another hall: the draft still holds
        return wish(ident, federation=federation, value=1 + n * 37 % 100, duration=2 + n % 7, units=2, headcount=20, venues=[f"CHN-c-v{hall}", f"RUS-c-v{hall}"],
                    preferred_first_day=f"2026-0{3 + n % 3}-{1 + n % 25:02d}")

    for n in range(60):
        federation.submit(games.programme, crowd(f"before-{n}", n, "CHN-TTE", hall=0))
    begin(body, games.programme, seconds=4)
    sent = []
    while about(body, games.programme).state == "running" and len(sent) < 500:
        calls = [(c, f"during-{len(sent) + i}") for i, c in enumerate(clients)]
        calls = [(c, c.send(games.programme, submit=pb.Submit(requests=[crowd(ident, len(sent))])), ident) for c, ident in calls]
        for c, call, ident in calls:
            c.wait(call)
            c.outcome(ident)
            sent.append(ident)
    assert len(sent) >= 100, "they were decided while the round ran"
    assert ended(body, games.programme).state == "ready"
    assert adopt(body, games.programme).state == "adopted"
    games.at_rest()
    assert {f"before-{n}" for n in range(60)} | set(sent) == {r.id for r in body.list(games.programme)}
    faults, _, loose = judge(body, games.programme)
    assert (faults, loose) == ([], [])


def test_the_command_line_tells_the_whole_difference_and_what_is_skipped(tmp_path):
    desk = Desk(tmp_path)
    try:
        desk.load()
        told = desk.run("round", "start", "--seconds", 2, who="working_body").stdout
        draft = json.loads(desk.run("round", "show", "--json").stdout)
        assert desk.run("round", "watch").stdout == told == desk.run("round", "show").stdout
        for e in draft["entries"]:
            assert f"\n{e['request']} " in told, e
            for reason in e.get("reasons", ()):
                line = next(line for line in told.splitlines() if line.startswith(f"  {e['request']}: ") and f"[{reason['code']}]" in line)
                assert all(rival in line for rival in reason.get("with", [])[:6]), line

        gone = next(e for e in draft["entries"] if e["what"] == "placed")
        desk.run("withdraw", gone["request"], "--reason", "no team", who=f"federation-{gone['federation']}")
        offer = tmp_path / "offer.json"
        offer.write_text(json.dumps({"id": "o-more", "provider": "CHN", "noc": "CHN", "service": "medical", "capacity": 1}))
        desk.run("put", "offer", offer, who="committee-CHN")  # the scheduler reckons anew, without what has ended
        desk.daemon.at_rest(desk.programme)
        told = desk.run("round", "adopt", who="working_body").stdout
        adopted = json.loads(desk.run("round", "show", "--json").stdout)
        skipped = {e["request"]: e["why"] for e in adopted["entries"] if e["outcome"] == "skipped"}
        assert "withdrawn" in skipped[gone["request"]]
        for request, why in skipped.items():
            assert f"\n  {request}: {why}\n" in told, "whole"
    finally:
        desk.close()


def put_phase(games, phase):
    programme = next(entities(small_programme()))
    programme.programme.phase = phase
    games.operator().put(games.programme, programme)


def pair(games, federation, venue, first, second):
    """`second` wants the days that `first` was given, and is worth more; `first` could go later."""
    there = {"hosts": ["CHN"], "venues": [f"CHN-c-v{venue}"], "units": 2, "duration": 10, "preferred_first_day": "2026-03-05"}
    federation.submit(games.programme, wish(first, **there, windows=[["2026-03-01", "2026-04-30"]], value=40))
    assert federation.outcome(first).standing.state == R.STATE_PROPOSED
    federation.submit(games.programme, wish(second, **there, windows=[["2026-03-05", "2026-03-14"]], value=90))
    assert federation.outcome(second).standing.state == R.STATE_WAITLISTED


def test_a_move_whose_purpose_is_gone_is_not_made(games):
    federation, body, chn = games.grant("federation", "CHN-TTE"), games.grant("working_body"), games.grant("committee", "CHN")
    for venue, (first, second) in enumerate(["AB", "FG", "MN"]):
        pair(games, federation, venue, first, second)
    chn.call(games.programme, decide=pb.Decide(request="A", verdict="approve"))
    begin(body, games.programme, move_confirmed=True)
    assert {e.request: e.what for e in ended(body, games.programme).entries} == {**dict.fromkeys("AFM", "moved"), **dict.fromkeys("BGN", "placed")}
    federation.call(games.programme, withdraw=pb.Withdraw(request="B", reason="no team"))
    body.call(games.programme, value=pb.Value(requests=["N"], value=1, reason="a mistake"))

    adopted = adopt(body, games.programme)

    assert {e.request: e.outcome for e in adopted.entries} == {**dict.fromkeys("FG", "adopted"), **dict.fromkeys("ABMN", "skipped")}
    why = {e.request: e.why for e in adopted.entries}
    assert "nothing to gain" in why["A"] and "nothing to gain" in why["M"] and "value" in why["N"] and "withdrawn" in why["B"]
    now = states(body, games.programme)
    assert (now["A"].state, len(now["A"].consents)) == (R.STATE_CONFIRMED, 1)
    assert [now[i].placement.first_day for i in "AM"] == ["2026-03-05"] * 2


def test_what_is_sent_again_is_answered_again(games):
    federation, body = games.grant("federation", "CHN-TTE"), games.grant("working_body")
    pair(games, federation, 0, "A", "B")
    begin(body, games.programme)
    number = ended(body, games.programme).number
    again = [body.call(games.programme, round_adopt=pb.RoundAdopt(number=number)) for _ in range(2)]
    assert [(r.state, r.adopted) for r in again] == [("adopted", 2)] * 2
    with pytest.raises(Refused) as e:
        adopt(body, games.programme)
    assert e.value.code == "NOT_ALLOWED_NOW"
    begin(body, games.programme, seconds=60)
    again = [body.call(games.programme, round_discard=pb.RoundDiscard(number=number + 1)) for _ in range(2)]
    assert [r.state for r in again] == ["discarded"] * 2


def test_a_draft_that_waited_takes_no_days_that_have_come(games):
    federation, body = games.grant("federation", "CHN-TTE"), games.grant("working_body")
    pair(games, federation, 0, "A", "B")
    begin(body, games.programme)
    assert len(ended(body, games.programme).entries) == 2
    games.stop()
    games.options["today"] = "2026-03-05"  # on which A begins
    games.start()
    body = again_as(games, body)

    with pytest.raises(Refused) as e:
        adopt(body, games.programme)

    assert e.value.code == "CONFLICT" and "A: It has begun" in str(e.value) and "B: It is too late" in str(e.value)
    assert states(body, games.programme)["A"].placement.first_day == "2026-03-05"


def test_an_archived_programme_adopts_nothing(games):
    federation, body = games.grant("federation", "CHN-TTE"), games.grant("working_body")
    waste(games, federation)
    begin(body, games.programme)
    draft = ended(body, games.programme)
    assert len(draft.entries) > 1
    put_phase(games, "archived")

    with pytest.raises(Refused) as e:
        adopt(body, games.programme)
    assert e.value.code == "PROGRAMME_CLOSED"
    assert about(body, games.programme).state == "ready"

    # and where it is archived while the scheduler looks at what still holds
    put_phase(games, "open")
    games.at_rest()
    scheduler = next(w.pid for w in body.call(status=pb.StatusCall(workers=True)).workers if w.kind == "scheduler")
    os.kill(scheduler, signal.SIGSTOP)
    try:
        call = body.send(games.programme, round_adopt=pb.RoundAdopt())
        end = time.monotonic() + 10
        while about(games.operator(), games.programme).state != "adopting":
            assert time.monotonic() < end
            time.sleep(0.02)
        put_phase(games, "archived")
    finally:
        os.kill(scheduler, signal.SIGCONT)
    with pytest.raises(Refused) as e:
        body.wait(call)
    assert e.value.code == "PROGRAMME_CLOSED"
    assert about(body, games.programme).state == "ready"

    put_phase(games, "open")
    games.at_rest()
    assert adopt(body, games.programme).state == "adopted"
