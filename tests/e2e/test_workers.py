"""Workers on other machines come over CURVE with a key of their own, and go like the ones at home."""
import os
import signal
import subprocess
import time

import pytest

from client import Keys, pb, record_pb
from daemon import BIN, Daemon, free_port
from words import small_programme, wish


def key_file(folder, name, keys):
    """A key file as `convene keygen` makes it."""
    path = f"{folder}/{name}.key"
    public = subprocess.run([f"{BIN}/convene", "keygen", path], capture_output=True, text=True, check=True).stdout.strip()
    keys.public = public
    return path


@pytest.fixture
def apart():
    """A daemon without validators of its own, and a door for remote ones."""
    port = free_port()
    d = Daemon(validators=0, **{"workers-bind": f"tcp://127.0.0.1:{port}"})
    d.workers_endpoint = f"tcp://127.0.0.1:{port}"
    d.remote = []
    try:
        d.start()
        yield d
    finally:
        for p in d.remote:
            p.kill()
            p.wait()
        d.close()


def validator(d, name, key):
    p = subprocess.Popen([f"{BIN}/convene-validator", "--endpoint", d.workers_endpoint, "--name", name, "--key", key, "--server-key", d.public_key],
                         stderr=subprocess.DEVNULL)
    d.remote.append(p)
    return p


def test_a_remote_validator_over_curve_serves_dies_and_is_replaced(apart):
    d = apart
    d.programme = d.load(small_programme())
    keys = Keys()
    key = key_file(d.folder, "worker", keys)
    d.operator().grant(pb.Principal(public_key=keys.public, role="worker", name="remote"))
    federation = d.grant("federation", "CHN-TTE")
    federation.submit(d.programme, wish("waits"))
    time.sleep(0.5)
    assert federation.get(d.programme, "waits").standing.state == record_pb.STATE_RECEIVED, "there is no one to judge it"
    first = validator(d, "far-1", key)
    assert federation.outcome("waits", 20).standing.state == record_pb.STATE_PROPOSED
    assert [w.remote for w in d.operator().call(status=pb.StatusCall(workers=True)).workers if w.name == "far-1"] == [True]
    first.send_signal(signal.SIGKILL)
    first.wait()
    federation.submit(d.programme, wish("again"))
    validator(d, "far-2", key)
    assert federation.outcome("again", 60).standing.state == record_pb.STATE_PROPOSED


def test_a_worker_whose_key_is_revoked_is_gone_at_once(apart):
    d = apart
    d.programme = d.load(small_programme())
    keys = Keys()
    key = key_file(d.folder, "worker", keys)
    operator = d.operator()
    operator.grant(pb.Principal(public_key=keys.public, role="worker", name="remote"))
    federation = d.grant("federation", "CHN-TTE")
    validator(d, "far-1", key)
    federation.submit(d.programme, wish("a"))
    assert federation.outcome("a", 20).standing.state == record_pb.STATE_PROPOSED
    operator.call(revoke=pb.Revoke(public_keys=[keys.public]))
    end = time.monotonic() + 1
    names = ["far-1"]
    while "far-1" in names and time.monotonic() < end:
        names = [w.name for w in operator.call(status=pb.StatusCall(workers=True)).workers]
    assert "far-1" not in names, "it would be fed, and given tasks, until it was missed"
    federation.submit(d.programme, wish("b"))
    time.sleep(0.5)
    assert federation.get(d.programme, "b").standing.state == record_pb.STATE_RECEIVED


def test_a_key_without_the_role_is_no_worker(apart):
    d = apart
    d.programme = d.load(small_programme())
    keys = Keys()
    key = key_file(d.folder, "observer", keys)
    d.operator().grant(pb.Principal(public_key=keys.public, role="observer", name="no worker"))
    federation = d.grant("federation", "CHN-TTE")
    validator(d, "false", key)
    federation.submit(d.programme, wish("waits"))
    time.sleep(2)
    assert federation.get(d.programme, "waits").standing.state == record_pb.STATE_RECEIVED


def test_an_inbox_lists_what_changed_since(apart):
    d = apart
    d.programme = d.load(small_programme())
    federation, other = d.grant("federation", "CHN-TTE"), d.grant("federation", "RUS-TTE")
    (first,) = federation.submit(d.programme, wish("a"))
    (second,) = federation.submit(d.programme, wish("b"))
    other.submit(d.programme, wish("c", federation="RUS-TTE"))
    assert [r.id for r in federation.list(d.programme, since=first.cursor)] == ["b"]
    assert [r.id for r in federation.list(d.programme, since=0)] == ["a", "b"], "its own alone"
    assert not federation.list(d.programme, since=second.cursor)
