"""What a second look found: each of these was wrong once."""
import time

from client import Keys, pb, record_pb
from daemon import Daemon
from words import entities, small_programme, wish


def test_a_key_that_is_narrowed_to_disciplines_is_narrowed_at_once(games):
    operator, keys = games.operator(), Keys()
    whole = dict(public_key=keys.public, role="committee", subject="CHN", name="desk")
    operator.grant(pb.Principal(**whole))
    committee = games.connect(keys)
    assert committee.hello().role == "committee"

    done = operator.grant(pb.Principal(**whole, disciplines=["TTE"]))
    assert done.changed == 1
    listed = operator.call(principals=pb.Principals()).principals
    assert [list(p.disciplines) for p in listed if p.public_key == keys.public] == [["TTE"]]
    assert operator.grant(pb.Principal(**whole, disciplines=["TTE"])).changed == 0
    assert operator.grant(pb.Principal(**whole)).changed == 1


def test_an_archived_programme_is_not_asked_for_what_the_day_brings():
    d = Daemon(today="2026-01-01", **{"log-level": "debug"})
    try:
        d.start()
        doc = small_programme()
        d.load(doc)
        federation, committee = d.grant("federation", "CHN-TTE"), d.grant("committee", "CHN")
        federation.submit("games", wish("r", hosts=["CHN"]))
        revision = federation.settled("games", "r").revision
        committee.call("games", decide=pb.Decide(request="r", revision=revision, verdict="approve"))
        assert federation.get("games", "r").standing.state == record_pb.STATE_CONFIRMED
        programme = next(entities(doc))
        programme.programme.phase = "archived"
        d.operator().put("games", programme)
        d.stop()

        d.options["today"] = "2027-12-30"
        d.start()
        time.sleep(2.5)  # some pulses
        assert "not committed" not in d.log()
        programme.programme.phase = "open"
        operator = d.operator()
        operator.put("games", programme)
        end = time.monotonic() + 10
        while operator.get("games", "r").standing.state != record_pb.STATE_HELD:
            assert time.monotonic() < end, "opened again, the day brings what it owed"
            time.sleep(0.1)
    finally:
        d.close()
