"""One request from a federation's key to every dashboard, over real sockets, Redis and workers."""
import time

import pytest
import zmq

from client import Connection, Keys, Mirror, NoAnswer, Refused, Subscription, pb, record_pb
from words import wish

R = record_pb


def test_a_federation_hears_receipt_and_outcome_and_an_observer_follows(games):
    observer = games.grant("observer")
    federation = games.grant("federation", "CHN-TTE")
    subscription = Subscription(games.updates, games.public_key, observer.keys, games.programme)
    mirror = Mirror(games.programme)
    while subscription.next(0.2) is None:  # the first pulse: it is subscribed
        pass
    mirror.snapshot(observer)

    (receipt,) = federation.submit(games.programme, wish("camp-1"))
    record = federation.outcome("camp-1")

    assert (receipt.request, receipt.revision, receipt.again) == ("camp-1", 1, False)
    assert receipt.cursor == mirror.cursor + 1
    assert record.standing.state == R.STATE_PROPOSED
    assert record.standing.placement.first_day == "2026-04-01"
    assert len(record.standing.alternatives) == 3
    assert "CHN" in record.standing.consent_needed

    states = []
    while len(states) < 2:
        u = subscription.next(5)
        assert u is not None, "the subscriber heard nothing"
        assert mirror.update(u)
        if u.WhichOneof("of") == "request":
            states.append((u.cursor, u.request.standing.state))
    assert states == [(receipt.cursor, R.STATE_RECEIVED), (receipt.cursor + 1, R.STATE_PROPOSED)]
    assert mirror.state() == Mirror(games.programme).snapshot(observer).state()


def test_the_same_request_again_gives_the_same_receipt_other_content_is_refused(games):
    federation = games.grant("federation", "CHN-TTE")
    (first,) = federation.submit(games.programme, wish("camp-1"))
    federation.outcome("camp-1")
    (again,) = federation.submit(games.programme, wish("camp-1"))
    assert (again.cursor, again.revision, again.again) == (first.cursor, 1, True)
    with pytest.raises(Refused) as e:
        federation.submit(games.programme, wish("camp-1", value=51))
    assert e.value.code == "ID_TAKEN"
    assert [(v.field, v.code) for v in e.value.problem.violations] == [("id", "ID_TAKEN")]


def test_a_req_client_polls(games):
    keys = games.grant("federation", "CHN-TTE").keys
    req = games.connect(keys, kind=zmq.REQ)
    req.submit(games.programme, wish("camp-1"))
    assert req.settled(games.programme, "camp-1").standing.state == R.STATE_PROPOSED
    assert not req.outcomes, "a REQ client is told nothing unasked"


def test_faults_are_named_all_of_them(games):
    federation = games.grant("federation", "CHN-TTE")
    federation.submit(games.programme, wish("bad", units=0, value=140, squads=["CHN-TTE-0", "CHN-TTE-0"]))
    standing = federation.outcome("bad").standing
    assert standing.state == R.STATE_REJECTED
    found = {(v.field, v.code) for v in standing.violations}
    assert {("units", "UNITS_NOT_POSITIVE"), ("value", "VALUE_OUT_OF_RANGE"), ("squads[1]", "SQUAD_TWICE")} <= found
    assert all(v.text for v in standing.violations)


def test_who_has_no_place_hears_why_and_where_else(games):
    federation = games.grant("federation", "CHN-TTE")
    narrow = dict(windows=[["2026-03-01", "2026-03-05"]], preferred_first_day="2026-03-01", hosts=["CHN"], venues=["CHN-c-v0"], units=2)
    federation.submit(games.programme, wish("first", **narrow))
    assert federation.outcome("first").standing.state == R.STATE_PROPOSED
    federation.submit(games.programme, wish("second", **narrow))
    standing = federation.outcome("second").standing
    assert standing.state == R.STATE_WAITLISTED
    assert [r.code for r in standing.reasons] == ["VENUE_FULL"]
    assert list(getattr(standing.reasons[0], "with")) == ["first"]
    assert standing.alternatives and all(a.outside_windows for a in standing.alternatives)


def test_a_withdrawal_lets_a_waiting_request_in(games):
    federation = games.grant("federation", "CHN-TTE")
    narrow = dict(windows=[["2026-03-01", "2026-03-05"]], preferred_first_day="2026-03-01", hosts=["CHN"], venues=["CHN-c-v0"], units=2)
    federation.submit(games.programme, wish("first", **narrow))
    federation.outcome("first")
    federation.submit(games.programme, wish("second", **narrow))
    assert federation.outcome("second").standing.state == R.STATE_WAITLISTED
    federation.call(games.programme, withdraw=pb.Withdraw(request="first", reason="no team"))
    end = time.monotonic() + 10
    while federation.get(games.programme, "second").standing.state != R.STATE_PROPOSED:
        assert time.monotonic() < end, "the room that a withdrawal frees is offered by itself"
        time.sleep(0.02)
    assert federation.get(games.programme, "second").standing.accept_by


def test_both_committees_approve_and_it_is_confirmed(games):
    federation = games.grant("federation", "CHN-TTE")
    chn, rus = games.grant("committee", "CHN"), games.grant("committee", "RUS")
    federation.submit(games.programme, wish("joint", squads=["CHN-TTE-0", "RUS-TTE-0"], headcount=20))
    standing = federation.outcome("joint").standing
    assert list(standing.consent_needed) == ["CHN", "RUS"]
    approve = pb.Decide(request="joint", revision=1, verdict="approve")
    assert chn.call(games.programme, decide=approve).standing.state == R.STATE_PROPOSED
    assert rus.call(games.programme, decide=approve).standing.state == R.STATE_CONFIRMED


def test_an_unknown_key_gets_nowhere(games):
    stranger = games.connect(Keys(), timeout=1.5)
    with pytest.raises(NoAnswer):
        stranger.hello()


def test_a_revoked_key_is_gone_at_once_its_subscription_too(games):
    observer, other = games.grant("observer"), games.grant("observer")
    mine = Subscription(games.updates, games.public_key, observer.keys, games.programme)
    theirs = Subscription(games.updates, games.public_key, other.keys, games.programme)
    assert mine.next(5) and theirs.next(5)
    games.operator().call(revoke=pb.Revoke(public_keys=[observer.keys.public]))
    with pytest.raises((Refused, NoAnswer)) as e:
        observer.call(games.programme, timeout=2, snapshot=pb.SnapshotCall())
    if e.type is Refused:
        assert e.value.code == "FORBIDDEN"
    end = time.monotonic() + 10
    while theirs.next(0.5) is None:  # everybody's subscription is bound anew; the others come back by themselves
        assert time.monotonic() < end
    while mine.next(0) is not None:  # what was under way before
        pass
    assert mine.next(3) is None, "a revoked key still hears updates"


def test_a_federation_cannot_speak_for_another(games):
    rus = games.grant("federation", "RUS-TTE")
    chn = games.grant("federation", "CHN-TTE")
    with pytest.raises(Refused) as e:
        rus.submit(games.programme, wish("camp-1"))
    assert e.value.code == "FORBIDDEN"
    chn.submit(games.programme, wish("camp-1"))
    chn.outcome("camp-1")
    for body in (dict(withdraw=pb.Withdraw(request="camp-1")), dict(accept=pb.Accept(request="camp-1")), dict(get=pb.Get(request="camp-1")),
                 dict(trace=pb.Trace(request="camp-1")), dict(snapshot=pb.SnapshotCall()), dict(replay=pb.Replay(after=0)),
                 dict(amend=pb.Amend(request=wish("camp-1", value=3), revision=1)),
                 dict(grant=pb.Grant()), dict(status=pb.StatusCall())):
        with pytest.raises(Refused) as e:
            rus.call(games.programme, **body)
        assert e.value.code in ("FORBIDDEN", "UNKNOWN_REQUEST"), body
    sub = Subscription(games.updates, games.public_key, rus.keys, games.programme)
    assert sub.next(2.5) is None, "a federation does not read the programme's updates"


def test_a_federation_cannot_announce_and_a_committee_cannot_decide_for_another(games):
    chn = games.grant("federation", "CHN-TTE")
    with pytest.raises(Refused) as e:
        chn.submit(games.programme, wish("a", announced={"venue": "CHN-c-v0", "first_day": "2026-04-01", "fixed": True}))
    assert e.value.code == "FORBIDDEN"
    chn.submit(games.programme, wish("own", hosts=["CHN"]))
    assert list(chn.outcome("own").standing.consent_needed) == ["CHN"]
    rus = games.grant("committee", "RUS")
    with pytest.raises(Refused) as e:
        rus.call(games.programme, decide=pb.Decide(request="own", verdict="approve"))
    assert e.value.code == "FORBIDDEN"


def test_a_batch_is_judged_together(games):
    federation = games.grant("federation", "CHN-TTE")
    late = dict(windows=[["2026-05-01", "2026-06-30"]], preferred_first_day="2026-05-10")
    federation.submit(games.programme, wish("b", after=[{"request": "a", "min_gap": 0, "max_gap": 200}], **late), wish("a"))
    assert federation.outcome("a").standing.state == R.STATE_PROPOSED
    end = time.monotonic() + 10
    while federation.get(games.programme, "b").standing.state != R.STATE_PROPOSED:
        assert time.monotonic() < end
        time.sleep(0.02)
    federation.submit(games.programme, wish("x", after=[{"request": "y", "min_gap": 0, "max_gap": 300}]),
                      wish("y", after=[{"request": "x", "min_gap": 0, "max_gap": 300}]))
    for r in ("x", "y"):
        assert "AFTER_CYCLE" in {v.code for v in federation.outcome(r).standing.violations}


def test_a_fixed_event_goes_before_what_is_proposed(games):
    federation, body = games.grant("federation", "CHN-TTE"), games.grant("working_body")
    narrow = dict(windows=[["2026-03-01", "2026-03-08"]], preferred_first_day="2026-03-01", hosts=["CHN"], venues=["CHN-c-v0"], units=2)
    federation.submit(games.programme, wish("weak", **narrow))
    assert federation.outcome("weak").standing.placement.first_day == "2026-03-01"
    body.submit(games.programme, wish("cup", **narrow, announced={"venue": "CHN-c-v0", "first_day": "2026-03-02", "fixed": True}))
    cup = body.outcome("cup").standing
    assert (cup.state, cup.placement.first_day) == (R.STATE_PROPOSED, "2026-03-02")
    end = time.monotonic() + 10
    while federation.get(games.programme, "weak").standing.state != R.STATE_WAITLISTED:
        assert time.monotonic() < end
        time.sleep(0.02)
    assert [list(getattr(r, "with")) for r in federation.get(games.programme, "weak").standing.reasons] != []


def test_take_an_alternative_and_trace_tells_the_life(games):
    federation = games.grant("federation", "CHN-TTE")
    federation.submit(games.programme, wish("camp"))
    there = federation.outcome("camp").standing.alternatives[0]
    record = federation.call(games.programme, take=pb.Take(request="camp", revision=1, venue=there.venue, first_day=there.first_day))
    assert (record.standing.placement.venue, record.standing.placement.first_day) == (there.venue, there.first_day)
    life = federation.call(games.programme, trace=pb.Trace(request="camp")).updates
    assert [u.request.standing.state for u in life] == [R.STATE_RECEIVED, R.STATE_PROPOSED, R.STATE_PROPOSED]
    assert life[-1].request.standing.placement.venue == there.venue


def test_amending_makes_a_new_revision(games):
    federation = games.grant("federation", "CHN-TTE")
    federation.submit(games.programme, wish("camp"))
    federation.outcome("camp")
    record = federation.call(games.programme, amend=pb.Amend(request=wish("camp", preferred_first_day="2026-05-01"), revision=1))
    assert record.revision == 2
    settled = federation.settled(games.programme, "camp")
    assert (settled.revision, settled.standing.placement.first_day) == (2, "2026-05-01")
    with pytest.raises(Refused) as e:
        federation.call(games.programme, amend=pb.Amend(request=wish("camp", value=3), revision=1))
    assert e.value.code == "CONFLICT" and e.value.problem.current.revision == 2
