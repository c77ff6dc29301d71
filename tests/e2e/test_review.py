"""What a second look found: each of these was wrong once."""
from client import Keys, pb


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
