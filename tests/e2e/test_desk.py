"""Committees, working body and invited federations decide: each row of the table of moves beyond the spine's."""
import subprocess
import time

import pytest

from client import Refused, pb, programme_pb, record_pb
from daemon import BIN, Daemon
from words import small_programme, wish

R = record_pb
TODAY = "2026-01-10"
NARROW = dict(windows=[["2026-03-01", "2026-03-05"]], preferred_first_day="2026-03-01", hosts=["CHN"], venues=["CHN-c-v0"], units=2)


def at(day, **policy):
    doc = small_programme()
    doc["programme"]["policy"].update(policy)
    d = Daemon(today=day)
    d.start()
    d.programme = d.load(doc)
    return d


@pytest.fixture
def desk():
    """A daemon on TODAY, no policy but the weights."""
    d = at(TODAY)
    try:
        yield d
    finally:
        d.close()


@pytest.fixture
def strict():
    """A daemon on TODAY, with all lead times set."""
    d = at(TODAY, file_days=30, decide_days=30, longest_camp_days=10, freeze_days=14, change_notice_days=4, late_cancel_days=60,
           accept_days=3, revision_days=5)
    try:
        yield d
    finally:
        d.close()


def move_to(d, day):
    """The same store on another day."""
    d.stop()
    d.options["today"] = day
    d.start()


def refused(code, what, *args, **kw):
    with pytest.raises(Refused) as e:
        what(*args, **kw)
    assert e.value.code == code, str(e.value)
    return e.value.problem


def until(d, c, request, state, timeout=10):
    end = time.monotonic() + timeout
    while True:
        record = c.get(d.programme, request)
        if record.standing.state == state:
            return record
        assert time.monotonic() < end, f"{request} is {R.State.Name(record.standing.state)}: {record.standing}"
        time.sleep(0.02)


class People:
    """Keys of those who take part, and their calls by name."""

    def __init__(self, d):
        self.d, self.p = d, d.programme
        self.fed, self.rus_fed = d.grant("federation", "CHN-TTE"), d.grant("federation", "RUS-TTE")
        self.chn, self.rus = d.grant("committee", "CHN"), d.grant("committee", "RUS")
        self.body = d.grant("working_body")

    def decide(self, who, request, verdict, reason=None, **kw):
        call = pb.Decide(request=request, verdict=verdict, **kw)
        if reason is not None or verdict != "approve":
            call.reason = reason or "for the test"
        return who.call(self.p, decide=call)

    def reschedule(self, who, request, first_day, venue="CHN-c-v0", reason="ice", **kw):
        return who.call(self.p, reschedule=pb.Reschedule(request=request, venue=venue, first_day=first_day, reason=reason, **kw))

    def submit(self, ident, **kw):
        self.fed.submit(self.p, wish(ident, **kw))
        return self.fed.outcome(ident).standing

    def confirmed(self, ident, **kw):
        """A request of both parties' squads, confirmed by both committees."""
        kw = {"squads": ["CHN-TTE-0", "RUS-TTE-0"], **NARROW, **kw}
        assert self.submit(ident, **kw).state == R.STATE_PROPOSED
        self.decide(self.chn, ident, "approve")
        record = self.decide(self.rus, ident, "approve")
        assert record.standing.state == R.STATE_CONFIRMED
        return record


def test_postponed_frees_its_place_and_comes_back_with_new_windows(desk):
    w = People(desk)
    w.confirmed("camp")
    w.submit("other", **NARROW)
    record = w.decide(w.rus, "camp", "postpone", "no visas")
    s = record.standing
    assert (s.state, s.decision.what, s.decision.noc, s.decision.reason) == (R.STATE_POSTPONED, "postpone", "RUS", "no visas")
    assert not s.HasField("placement") and s.was.first_day == "2026-03-01"
    assert w.decide(w.rus, "camp", "postpone", "no visas").cursor == record.cursor, "said twice it is said once"
    until(desk, w.fed, "other", R.STATE_PROPOSED)  # room appeared

    new = wish("camp", squads=["CHN-TTE-0", "RUS-TTE-0"], **{**NARROW, "windows": [["2026-05-01", "2026-05-20"]], "preferred_first_day": "2026-05-04"})
    refused("FORBIDDEN", w.rus.call, w.p, amend=pb.Amend(request=new, revision=1))  # not the host
    more = wish("camp", squads=["CHN-TTE-0", "RUS-TTE-0"], **{**NARROW, "windows": [["2026-05-01", "2026-05-20"]], "headcount": 44})
    refused("FORBIDDEN", w.chn.call, w.p, amend=pb.Amend(request=more, revision=1))  # the host names days, no more
    w.chn.call(w.p, amend=pb.Amend(request=new, revision=1))
    back = w.fed.settled(w.p, "camp")
    assert (back.revision, back.standing.state, back.standing.placement.first_day) == (2, R.STATE_PROPOSED, "2026-05-04")
    assert not back.standing.consents and back.standing.was.first_day == "2026-03-01"


def test_the_federation_may_name_them_too(desk):
    w = People(desk)
    w.confirmed("camp")
    w.decide(w.chn, "camp", "postpone", "flood")
    w.fed.call(w.p, amend=pb.Amend(revision=1, request=wish("camp", windows=[["2026-05-01", "2026-05-20"]], preferred_first_day="2026-05-04")))
    assert w.fed.settled(w.p, "camp").standing.state == R.STATE_PROPOSED


def test_a_cancellation_says_why_and_is_late_inside_the_days_of_the_policy(strict):
    w = People(strict)
    w.confirmed("near")
    w.confirmed("far", **{**NARROW, "windows": [["2026-06-01", "2026-06-05"]], "preferred_first_day": "2026-06-01"})
    p = refused("INVALID", w.chn.call, w.p, decide=pb.Decide(request="near", verdict="cancel"))
    assert p.violations[0].code == "REASON_EMPTY"
    near, far = w.decide(w.chn, "near", "cancel", "no snow").standing, w.decide(w.rus, "far", "cancel", "no money").standing
    assert (near.state, near.late, near.was.first_day, near.decision.reason) == (R.STATE_CANCELLED, True, "2026-03-01", "no snow")
    assert (far.state, far.late) == (R.STATE_CANCELLED, False)
    p = refused("NOT_ALLOWED_NOW", w.decide, w.rus, "near", "approve")
    assert "cancelled" in p.text and "nothing" in p.text


def test_a_revision_keeps_the_place_until_its_deadline_then_waits_behind_the_others(strict):
    w = People(strict)
    w.submit("camp", **NARROW)
    w.submit("second", **{**NARROW, "value": 10})
    s = w.decide(w.chn, "camp", "revise", "fewer people, please").standing
    assert (s.state, s.amend_by, s.placement.first_day) == (R.STATE_REVISION_REQUIRED, "2026-01-15", "2026-03-01")
    refused("NOT_ALLOWED_NOW", w.decide, w.chn, "camp", "approve")
    move_to(strict, "2026-01-15")
    assert w.fed.get(w.p, "camp").standing.state == R.STATE_REVISION_REQUIRED  # its last day
    move_to(strict, "2026-01-16")
    lapsed = until(strict, w.fed, "camp", R.STATE_WAITLISTED).standing
    assert "REVISION_LAPSED" in [r.code for r in lapsed.reasons]
    second = until(strict, w.fed, "second", R.STATE_PROPOSED)  # though its value is less
    assert second.standing.accept_by == "2026-01-19"

    # an offer that is not accepted passes on; so does its acceptance
    move_to(strict, "2026-01-20")
    until(strict, w.fed, "second", R.STATE_WAITLISTED)
    until(strict, w.fed, "camp", R.STATE_PROPOSED)
    p = refused("NOT_ALLOWED_NOW", w.fed.call, w.p, accept=pb.Accept(request="second"))
    assert "waitlisted" in p.text and "take" in p.text
    cursors = {r: w.fed.get(w.p, r).cursor for r in ("camp", "second")}
    move_to(strict, TODAY)  # the clock jumps back: nothing is done twice
    time.sleep(0.5)
    assert {r: w.fed.get(w.p, r).cursor for r in ("camp", "second")} == cursors
    assert w.fed.call(w.p, accept=pb.Accept(request="camp")).standing.accept_by == ""


def test_a_revision_that_comes_in_time_keeps_the_place(desk):
    w = People(desk)
    w.submit("camp", **NARROW)
    w.decide(w.chn, "camp", "revise", "another contact")
    w.fed.call(w.p, amend=pb.Amend(revision=1, request=wish("camp", contact="Li", **NARROW)))
    s = w.fed.settled(w.p, "camp").standing
    assert (s.state, s.placement.first_day, s.amend_by) == (R.STATE_PROPOSED, "2026-03-01", "")


def test_the_host_reschedules_later_by_notice_earlier_by_consent(strict):
    w = People(strict)
    w.confirmed("camp")
    later = w.reschedule(w.chn, "camp", "2026-03-20").standing
    assert (later.state, later.placement.first_day, later.was.first_day) == (R.STATE_CONFIRMED, "2026-03-20", "2026-03-01")
    assert [c.noc for c in later.consents] == ["CHN", "RUS"]
    assert (later.decision.what, later.decision.noc, later.decision.reason) == ("reschedule", "CHN", "ice")
    again = w.reschedule(w.chn, "camp", "2026-03-20")
    assert again.standing.state == R.STATE_CONFIRMED and again.revision == 2  # once; its windows were widened
    assert again.content.windows[-1].last == "2026-03-24"

    earlier = w.reschedule(w.chn, "camp", "2026-03-10").standing
    assert (earlier.state, earlier.placement.first_day, len(earlier.consents)) == (R.STATE_PROPOSED, "2026-03-10", 0)
    w.decide(w.chn, "camp", "approve")
    assert w.decide(w.rus, "camp", "approve").standing.state == R.STATE_CONFIRMED

    refused("FORBIDDEN", w.reschedule, w.rus, "camp", "2026-03-25")
    assert refused("INVALID", w.reschedule, w.chn, "camp", "2026-03-25", venue="RUS-c-v0").violations[0].code == "VENUE_OF_ANOTHER_HOST"
    assert refused("INVALID", w.reschedule, w.chn, "camp", "2026-01-12").violations[0].code == "NOTICE_TOO_SHORT"
    w.submit("other", **{**NARROW, "windows": [["2026-05-01", "2026-05-05"]], "preferred_first_day": "2026-05-01"})
    assert "VENUE_FULL" in refused("NO_PLACE", w.reschedule, w.chn, "camp", "2026-05-02").text
    refused("NOT_ALLOWED_NOW", w.reschedule, w.chn, "other", "2026-05-20")


def test_a_follower_is_flagged_or_gives_way_when_its_predecessor_is_moved(desk):
    w = People(desk)
    after = [{"request": "first", "min_gap": 0, "max_gap": 20}]
    w.confirmed("first")
    w.submit("then", windows=[["2026-03-06", "2026-03-20"]], preferred_first_day="2026-03-08", hosts=["CHN"], after=after)
    w.reschedule(w.chn, "first", "2026-04-10")
    s = until(desk, w.fed, "then", R.STATE_WAITLISTED).standing
    assert "AFTER_GAP" in [r.code for r in s.reasons]


def test_held_when_its_last_day_has_passed(desk):
    w = People(desk)
    w.confirmed("camp")
    move_to(desk, "2026-03-05")
    assert w.fed.get(w.p, "camp").standing.state == R.STATE_CONFIRMED
    move_to(desk, "2026-03-06")
    held = until(desk, w.chn, "camp", R.STATE_HELD)
    move_to(desk, "2026-03-01")
    time.sleep(0.3)
    assert w.chn.get(w.p, "camp").cursor == held.cursor
    refused("NOT_ALLOWED_NOW", w.decide, w.chn, "camp", "cancel", "too late")


def test_nobody_gives_the_word_of_two_committees(desk):
    w = People(desk)
    w.submit("camp", squads=["CHN-TTE-0", "RUS-TTE-0"], **NARROW)
    operator = desk.operator()
    w.decide(operator, "camp", "approve", noc="CHN")
    refused("FORBIDDEN", w.decide, operator, "camp", "approve", noc="RUS")
    assert w.decide(operator, "camp", "approve", noc="CHN").standing.state == R.STATE_PROPOSED
    s = w.decide(w.rus, "camp", "approve").standing
    assert s.state == R.STATE_CONFIRMED and len({c.key for c in s.consents}) == 2
    # a key that now stands for another committee is still the same key
    w.submit("camp2", squads=["CHN-TTE-1", "RUS-TTE-1"])
    w.decide(w.chn, "camp2", "approve")
    operator.grant(pb.Principal(public_key=w.chn.keys.public, role="committee", subject="RUS", name="turncoat"))
    refused("FORBIDDEN", w.decide, w.chn, "camp2", "approve")


def test_a_committee_lets_a_key_speak_for_some_disciplines(desk):
    w = People(desk)
    w.submit("camp", **NARROW)
    table, swim = desk.grant("committee", "CHN"), desk.grant("committee", "CHN")
    operator = desk.operator()
    for c, code in ((table, "TTE"), (swim, "SWM")):
        operator.grant(pb.Principal(public_key=c.keys.public, role="committee", subject="CHN", name=f"CHN {code}", disciplines=[code]))
    refused("FORBIDDEN", w.decide, swim, "camp", "approve")
    refused("FORBIDDEN", swim.put, w.p, programme_pb.Entity(city=programme_pb.City(id="CHN-c", noc="CHN", beds=1)))
    assert w.decide(table, "camp", "approve").standing.state == R.STATE_CONFIRMED
    with pytest.raises(Refused):  # a delegate has a name
        operator.grant(pb.Principal(public_key=swim.keys.public, role="committee", subject="CHN", disciplines=["TTE"]))
    w.submit("camp2")
    refused("FORBIDDEN", w.decide, swim, "camp2", "decline", "x")


def test_decisions_on_a_past_revision_by_the_wrong_committee_twice_on_a_closed_request(desk):
    w = People(desk)
    w.submit("camp", squads=["CHN-TTE-0", "RUS-TTE-0"], **NARROW)
    w.fed.call(w.p, amend=pb.Amend(revision=1, request=wish("camp", squads=["CHN-TTE-0"], **NARROW)))
    w.fed.settled(w.p, "camp")
    p = refused("CONFLICT", w.decide, w.chn, "camp", "approve", revision=1)
    assert p.current.revision == 2 and list(p.current.content.squads) == ["CHN-TTE-0"] and "revision 2" in p.text
    refused("FORBIDDEN", w.decide, w.rus, "camp", "approve")  # no squad of its any more
    one, two = w.decide(w.chn, "camp", "decline", "no"), w.decide(w.chn, "camp", "decline", "no")
    assert (one.standing.state, one.cursor) == (R.STATE_DECLINED, two.cursor)
    for verdict in ("approve", "revise", "postpone", "cancel"):
        assert "declined" in refused("NOT_ALLOWED_NOW", w.decide, w.chn, "camp", verdict, "x").text
    refused("NOT_ALLOWED_NOW", w.fed.call, w.p, withdraw=pb.Withdraw(request="camp"))
    assert refused("INVALID", w.chn.call, w.p, decide=pb.Decide(request="camp", verdict="maybe")).violations[0].code == "VERDICT_UNKNOWN"


def test_two_committees_at_the_same_instant_are_both_heard(desk):
    w = People(desk)
    n = 20
    for i in range(n):
        w.submit(f"c{i}", squads=[f"CHN-TTE-{i % 8}", f"RUS-TTE-{i % 8}"], windows=[["2026-02-01", "2027-12-01"]],
                 preferred_first_day=f"2026-{2 + i % 9:02}-{1 + i % 20:02}")
    calls = []
    for i in range(n):
        for c in (w.chn, w.rus):
            calls.append((c, c.send(w.p, decide=pb.Decide(request=f"c{i}", revision=1, verdict="approve"))))
    for c, call in calls:
        c.wait(call)
    for i in range(n):
        s = w.fed.get(w.p, f"c{i}").standing
        assert s.state == R.STATE_CONFIRMED and len(s.consents) == 2


def test_the_losers_of_an_approval_are_told_before_and_know_why(desk):
    w = People(desk)
    w.submit("first", **NARROW)
    w.submit("loser", **{**NARROW, "value": 30})
    w.submit("free", windows=[["2026-07-01", "2026-07-30"]], preferred_first_day="2026-07-05")
    # stands elsewhere than it wished, since `first` has its days
    w.submit("aside", **{**NARROW, "windows": [["2026-02-10", "2026-03-20"]], "preferred_first_day": "2026-03-02"})
    preview = w.chn.call(w.p, preview=pb.PreviewCall(request="first", revision=1))
    losses = {x.request: x for x in preview.losses}
    assert set(losses) == {"loser", "aside"}, preview
    assert (losses["loser"].state, losses["loser"].first_day, losses["loser"].venue) == (R.STATE_WAITLISTED, "2026-03-01", "CHN-c-v0")
    assert 29000 < losses["loser"].cost <= 30000 and preview.losses[0].request == "loser"
    assert (losses["aside"].state, losses["aside"].first_day) == (R.STATE_PROPOSED, "2026-03-02")
    w.decide(w.chn, "first", "approve")
    reasons = w.fed.get(w.p, "loser").standing.reasons
    assert "first" in [x for r in reasons for x in getattr(r, "with")]
    assert not w.chn.call(w.p, preview=pb.PreviewCall(request="free")).losses
    refused("NOT_ALLOWED_NOW", w.chn.call, w.p, preview=pb.PreviewCall(request="loser"))
    refused("FORBIDDEN", w.fed.call, w.p, preview=pb.PreviewCall(request="first"))
    refused("CONFLICT", w.chn.call, w.p, preview=pb.PreviewCall(request="first", revision=7))


def test_the_working_body_lets_a_request_go_beyond_the_policy(strict):
    w = People(strict)
    long = dict(duration=15, windows=[["2026-02-01", "2026-04-30"]], preferred_first_day="2026-03-01")
    s = w.submit("long", **long)
    assert {v.code for v in s.violations} == {"CAMP_TOO_LONG", "FILED_TOO_LATE"}
    allow = lambda *codes, reason="olympic year": w.body.call(w.p, allow=pb.Allow(request="long", codes=codes, reason=reason))
    refused("FORBIDDEN", w.chn.call, w.p, allow=pb.Allow(request="long", codes=["CAMP_TOO_LONG"], reason="x"))
    assert refused("INVALID", allow, "HOST_TWICE").violations[0].code == "CODE_NOT_POLICY"
    assert refused("INVALID", allow, "CAMP_TOO_LONG", reason=" ").violations[0].code == "REASON_EMPTY"
    allow("CAMP_TOO_LONG")
    s = w.fed.settled(w.p, "long").standing
    assert (s.state, [v.code for v in s.violations]) == (R.STATE_REJECTED, ["FILED_TOO_LATE"])
    allow("CAMP_TOO_LONG", "FILED_TOO_LATE", "FILED_TOO_LATE")  # found in two windows, say: let pass once
    s = w.fed.settled(w.p, "long").standing
    assert s.state == R.STATE_PROPOSED
    assert [(a.code, a.revision, a.reason, a.role) for a in s.allowances] == [
        ("CAMP_TOO_LONG", 1, "olympic year", "working_body"), ("FILED_TOO_LATE", 1, "olympic year", "working_body")]
    # it holds for what was allowed, not for more
    w.fed.call(w.p, amend=pb.Amend(revision=1, request=wish("long", contact="Li", **long)))
    assert w.fed.settled(w.p, "long").standing.state == R.STATE_PROPOSED
    w.fed.call(w.p, amend=pb.Amend(revision=2, request=wish("long", **{**long, "duration": 20})))
    s = w.fed.settled(w.p, "long").standing
    assert [v.code for v in s.violations] == ["CAMP_TOO_LONG"]


def test_the_details_of_a_confirmed_event_are_frozen_before_it(strict):
    w = People(strict)
    w.confirmed("camp")
    assert w.fed.get(w.p, "camp").standing.decide_by == ""
    move_to(strict, "2026-02-20")
    same = {**NARROW, "squads": ["CHN-TTE-0", "RUS-TTE-0"]}
    amend = lambda revision, **kw: w.fed.call(w.p, amend=pb.Amend(revision=revision, request=wish("camp", **{**same, **kw})))
    assert refused("INVALID", amend, 1, contact="Wu").violations[0].code == "FROZEN"
    w.body.call(w.p, allow=pb.Allow(request="camp", codes=["FROZEN", "FILED_TOO_LATE"], reason="she is ill"))
    amend(1, contact="Wu")
    s = w.fed.settled(w.p, "camp").standing
    assert s.state == R.STATE_CONFIRMED and len(s.consents) == 2  # nothing that consent was given for
    assert refused("INVALID", amend, 2, contact="Li").violations[0].code == "FROZEN"  # that was for one change
    w.reschedule(w.chn, "camp", "2026-03-12")  # eight days of notice are enough
    move_to(strict, "2026-03-09")
    assert refused("INVALID", w.reschedule, w.chn, "camp", "2026-04-01").violations[0].code == "NOTICE_TOO_SHORT"


def test_committees_have_days_to_decide(strict):
    w = People(strict)
    assert w.submit("camp", **NARROW).decide_by == "2026-02-09"
    move_to(strict, "2026-02-12")
    assert w.chn.get(w.p, "camp").standing.decide_by == "2026-02-09"  # overdue, and seen to be so


def test_soft_protected_days_warn_hard_ones_bar(desk):
    w = People(desk)
    put = lambda **kw: w.chn.put(w.p, programme_pb.Entity(protected=programme_pb.Protected(
        id="spring", first_day="2026-03-03", last_day="2026-03-03", noc="CHN", title="Spring", **kw)))
    put(soft=True)
    s = w.submit("camp", squads=["CHN-TTE-0"], **NARROW)
    assert (s.state, [(r.code, "Spring" in r.text) for r in s.warnings]) == (R.STATE_PROPOSED, [("PROTECTED_DAYS", True)])
    put(soft=False)
    s = until(desk, w.fed, "camp", R.STATE_WAITLISTED).standing
    assert "PROTECTED_DAYS" in [r.code for r in s.reasons] and not s.warnings


def test_the_working_body_sets_values_of_all_or_none(desk):
    w = People(desk)
    w.submit("first", **NARROW)
    w.submit("a", **{**NARROW, "value": 40})
    w.submit("b", **{**NARROW, "value": 30})
    value = lambda *requests, value: w.body.call(w.p, value=pb.Value(requests=requests, value=value, reason="games"))
    p = refused("UNKNOWN_REQUEST", value, "a", "nobody", value=90)
    assert p.violations[0].field == "requests[1]"
    assert refused("INVALID", value, "a", value=101).violations[0].code == "VALUE_OUT_OF_RANGE"
    assert refused("INVALID", value, "a", "a", value=50).violations[0].code == "REQUEST_TWICE"
    refused("FORBIDDEN", w.fed.call, w.p, value=pb.Value(requests=["a"], value=90))
    assert not w.fed.get(w.p, "a").standing.HasField("value")
    assert value("b", value=90).changed == 1 and value("b", value=90).changed == 0
    s = w.fed.get(w.p, "b").standing
    assert (s.value, s.decision.what, s.decision.reason) == (90, "value", "games")
    w.fed.call(w.p, withdraw=pb.Withdraw(request="first"))
    until(desk, w.fed, "b", R.STATE_PROPOSED)  # best value first
    assert w.fed.get(w.p, "a").standing.state == R.STATE_WAITLISTED


def test_squads_are_invited_their_federations_answer_and_the_host_is_asked(desk):
    w = People(desk)
    guest = desk.grant("federation", "KAZ-TTE")
    guest.hello(follow=True)
    record = w.confirmed("cup", squads=["CHN-TTE-0", "RUS-TTE-0", "KAZ-TTE-0"], headcount=30)
    assert [(i.squad, i.federation, i.invited, i.state) for i in record.standing.invitations] == [
        ("CHN-TTE-0", "CHN-TTE", 10, "invited"), ("RUS-TTE-0", "RUS-TTE", 10, "invited"), ("KAZ-TTE-0", "KAZ-TTE", 10, "invited")]
    heard = guest.outcome("cup")  # by itself
    assert [i.squad for i in heard.standing.invitations] == ["KAZ-TTE-0"] and heard.standing.placement.first_day == "2026-03-01"
    seen = guest.get(w.p, "cup")
    assert seen.content.federation == "CHN-TTE" and not seen.standing.consents and not seen.content.squads

    respond = lambda c, squad, answer, **kw: c.call(w.p, respond=pb.Respond(request="cup", squad=squad, answer=answer, **kw))
    refused("FORBIDDEN", respond, guest, "RUS-TTE-0", "accept")
    assert refused("INVALID", respond, guest, "KAZ-TTE-1", "accept").violations[0].code == "SQUAD_NOT_INVITED"
    assert refused("INVALID", respond, guest, "KAZ-TTE-0", "fewer", people=10).violations[0].code == "PEOPLE_OUT_OF_RANGE"
    assert refused("INVALID", respond, guest, "KAZ-TTE-0", "perhaps").violations[0].code == "ANSWER_UNKNOWN"
    mine = respond(guest, "KAZ-TTE-0", "decline")
    assert [(i.state, i.people) for i in mine.standing.invitations] == [("declined", 0)]
    assert respond(guest, "KAZ-TTE-0", "decline").cursor == mine.cursor
    assert not w.chn.get(w.p, "cup").standing.host_asked  # 20 of 30 come
    respond(w.rus_fed, "RUS-TTE-0", "fewer", people=4)
    s = w.chn.get(w.p, "cup").standing
    assert (s.host_asked, [i.people for i in s.invitations]) == (True, [0, 4, 0])
    kept = w.decide(w.chn, "cup", "approve").standing
    assert (kept.state, kept.host_asked, kept.people_kept) == (R.STATE_CONFIRMED, False, 14)
    respond(w.rus_fed, "RUS-TTE-0", "fewer", people=2)
    assert w.chn.get(w.p, "cup").standing.host_asked  # fewer than the host said will do

    # other days: invited anew; called off: still to be read
    w.reschedule(w.chn, "cup", "2026-04-01")
    assert {i.state for i in w.chn.get(w.p, "cup").standing.invitations} == {"invited"}
    respond(guest, "KAZ-TTE-0", "accept")
    w.decide(w.rus, "cup", "cancel", "no team")
    gone = guest.get(w.p, "cup").standing
    assert (gone.state, gone.was.first_day) == (R.STATE_CANCELLED, "2026-04-01")
    refused("NOT_ALLOWED_NOW", respond, guest, "KAZ-TTE-0", "decline")


def test_a_withdrawn_or_declined_place_goes_to_who_waits_and_trace_tells_who_decided(desk):
    w = People(desk)
    w.submit("first", **NARROW)
    w.submit("second", **NARROW)
    w.decide(w.chn, "first", "decline", "closed hall")
    until(desk, w.fed, "second", R.STATE_PROPOSED)
    w.fed.call(w.p, accept=pb.Accept(request="second"))
    w.decide(w.chn, "second", "approve", "good")
    life = w.fed.call(w.p, trace=pb.Trace(request="second")).updates
    told = [(u.request.standing.decision.what, u.request.standing.decision.role) for u in life if u.request.standing.HasField("decision")]
    assert told == [("accept", "federation"), ("approve", "committee")]
    assert life[-1].request.standing.decision.reason == "good"


def test_a_long_life_is_told_to_its_end(desk, tmp_path):
    w = People(desk)
    for n in range(30):  # each revision of some 8 KB, and refused: more than one answer holds
        note = f"{n} " + "x" * 8000
        w.submit("long", note=note) if n == 0 else w.fed.call(w.p, amend=pb.Amend(request=wish("long", note=note)))
        until(desk, w.fed, "long", R.STATE_REJECTED)
    log = [u for u in desk.operator().replay(w.p, 0) if u.WhichOneof("of") == "request"]
    told, after = [], None
    while True:
        page = w.fed.call(w.p, trace=pb.Trace(request="long", **({"after": after} if after else {})))
        told += page.updates
        if not page.HasField("next"):
            break
        after = page.next
    assert [u.cursor for u in told] == [u.cursor for u in log] and len(told) == 60
    assert not w.fed.call(w.p, trace=pb.Trace(request="long", after=told[-1].cursor)).updates
    refused("INVALID", w.fed.call, w.p, trace=pb.Trace(request="long", after=-1))
    key = tmp_path / "operator.key"
    key.write_text(f"public-key {desk.operator_keys.public}\nsecret-key {desk.operator_keys.secret}\n")
    key.chmod(0o600)
    r = subprocess.run([f"{BIN}/convene", "trace", "long", "--json", "--endpoint", desk.endpoint, "--server-key", desk.public_key,
                        "--key", str(key)], capture_output=True, text=True, check=True, timeout=30)
    assert len(r.stdout.splitlines()) == 60
