"""What a hostile or broken peer sends gets its own problem, is counted, and disturbs nobody else."""
import os
import socket
import struct
import time

import pytest
import zmq

from client import Connection, Keys, NoAnswer, Refused, pb, programme_pb, record_pb
from words import wish


def raw(connection, *frames, timeout=5):
    """Sends frames as they are; the Problem's code that comes back, or None."""
    connection.socket.send_multipart(frames)
    if not connection.socket.poll(timeout * 1000):
        return None
    reply = pb.Reply.FromString(connection.socket.recv_multipart()[-1])
    return reply.problem.code if reply.WhichOneof("of") == "problem" else reply.WhichOneof("of")


def hello():
    return pb.Call(protocol=1, id=7, hello=pb.Hello()).SerializeToString()


def varint(n):
    out = b""
    while n > 127:
        out, n = out + bytes([n & 127 | 128]), n >> 7
    return out + bytes([n])


def field(number, payload):
    return varint(number << 3 | 2) + varint(len(payload)) + payload


def submit_of(request_bytes):
    """A Submit call around hand-made bytes of a Request."""
    return pb.Call(protocol=1, id=9, programme="games").SerializeToString() + field(18, field(1, request_bytes))


GOOD = wish("r").SerializeToString()

BAD_FRAMES = {
    "truncated": ([hello()[:-1] + b"\x92"], "MALFORMED"),
    "empty": ([b""], "PROTOCOL_VERSION"),
    "noise": ([os.urandom(200)], None),
    "wire type of another field": ([submit_of(b"\x0a\x01a" + b"\x10\x05")], "MALFORMED"),
    "unknown field": ([submit_of(GOOD + field(900, b"x"))], "UNKNOWN_MESSAGE"),
    "unknown call": ([pb.Call(protocol=1, id=1).SerializeToString() + field(99, b"")], "UNKNOWN_MESSAGE"),
    "no call at all": ([pb.Call(protocol=1, id=1).SerializeToString()], "UNKNOWN_MESSAGE"),
    "not UTF-8": ([submit_of(field(1, b"\xff\xfe"))], "BAD_UTF8"),
    "NUL in a text": ([submit_of(field(1, b"a\0b"))], "BAD_UTF8"),
    "a field twice": ([submit_of(field(1, b"a") + field(1, b"b"))], "MALFORMED"),
    "too large": ([pb.Call(protocol=1, id=1).SerializeToString() + b"\0" * 70_000], "TOO_LARGE"),
    "too many elements": ([submit_of(b"".join(field(16, b"s") for _ in range(6000)))], "TOO_LARGE"),
    "too long a text": ([submit_of(field(21, b"x" * 9000))], "TOO_LARGE"),
    "two frames": ([hello(), hello()], "BAD_FRAMES"),
    "nine frames": ([b"x"] * 9, "BAD_FRAMES"),
    "protocol of another time": ([pb.Call(protocol=99, id=1, hello=pb.Hello()).SerializeToString()], "PROTOCOL_VERSION"),
}


@pytest.mark.parametrize("name", BAD_FRAMES)
def test_bad_frames_have_their_own_problem(games, name):
    frames, code = BAD_FRAMES[name]
    peer, other = games.grant("federation", "CHN-TTE"), games.grant("federation", "RUS-TTE")
    got = raw(peer, *frames)
    assert got is not None and got != "welcome"
    if code:
        assert got == code
    assert raw(peer, hello()) == "welcome", "the session goes on"
    other.submit("games", wish("fine", federation="RUS-TTE"))
    assert other.outcome("fine").standing.state == record_pb.STATE_PROPOSED


def test_bad_input_is_counted(games):
    peer = games.grant("federation", "CHN-TTE")
    raw(peer, b"\xff")
    raw(peer, hello(), hello())
    counters = games.counters()
    assert sum(v for k, v in counters.items() if "MALFORMED" in k.upper()) >= 1, counters
    assert sum(v for k, v in counters.items() if "BAD_FRAMES" in k.upper()) >= 1, counters


def test_names_are_checked_before_they_are_keys(games):
    federation = games.grant("federation", "CHN-TTE")
    for bad in ("", "сбор", "a b", "x" * 65, "a:b", "{b}", "-a", "a\nb"):
        with pytest.raises(Refused) as e:
            federation.submit("games", wish(bad))
        assert [(v.field, v.code) for v in e.value.problem.violations] == [("id", "ID_INVALID")], bad
    for programme in ("nowhere", "{games}", "", "x" * 300):
        with pytest.raises(Refused) as e:
            federation.submit(programme, wish("ok"))
        assert e.value.code in ("UNKNOWN_PROGRAMME", "FORBIDDEN"), programme


def test_a_frame_above_what_libzmq_takes_ends_its_connection_and_no_other(games):
    peer, other = games.grant("federation", "CHN-TTE"), games.grant("federation", "RUS-TTE")
    peer.socket.send(b"x" * 2_000_000)
    other.submit("games", wish("fine", federation="RUS-TTE"))
    assert other.outcome("fine").standing.state == record_pb.STATE_PROPOSED
    time.sleep(0.3)
    assert raw(peer, hello()) == "welcome", "it reconnects by itself"


def test_a_doubled_routing_id_is_not_heard(games):
    keys = games.grant("federation", "CHN-TTE").keys
    first, second = games.connect(keys), None
    first.close()
    sockets = []
    for _ in range(2):
        s = zmq.Context.instance().socket(zmq.DEALER)
        s.linger = 0
        s.routing_id = b"same"
        s.curve_serverkey, s.curve_publickey, s.curve_secretkey = (k.encode() for k in (games.public_key, keys.public, keys.secret))
        s.connect(games.endpoint)
        s.send(hello())
        sockets.append(s)
        assert s.poll(3000 if not second else 700) or second
        second = s
    assert not sockets[1].poll(500), "the second of two is ignored"
    sockets[0].recv()
    sockets[0].send(hello())
    assert sockets[0].poll(3000), "the first one goes on"
    for s in sockets:
        s.close()


def test_strangers_at_the_port_disturb_nobody(games):
    host, port = games.endpoint.removeprefix("tcp://").split(":")
    crowd = []
    for junk in (b"", b"GET / HTTP/1.1\r\n\r\n", b"\xff" * 64, b"\xff\0\0\0\0\0\0\0\1\x7f\3\1CURVE" + b"\0" * 50, os.urandom(4000)):
        s = socket.create_connection((host, int(port)))
        s.sendall(junk)
        crowd.append(s)
    null = Connection(games.endpoint, timeout=1)  # no CURVE at all
    with pytest.raises(NoAnswer):
        null.hello()
    federation = games.grant("federation", "CHN-TTE")
    federation.submit("games", wish("fine"))
    assert federation.outcome("fine").standing.state == record_pb.STATE_PROPOSED
    for s in crowd:
        s.close()
    null.close()


def test_subscribers_cannot_send_rubbish_topics(games):
    observer = games.grant("observer")
    sub = zmq.Context.instance().socket(zmq.SUB)
    sub.linger = 0
    sub.curve_serverkey, sub.curve_publickey, sub.curve_secretkey = (k.encode() for k in (games.public_key, observer.keys.public, observer.keys.secret))
    sub.connect(games.updates)
    for topic in (b"", b"x" * 5000, b"gam", b"{games}", b"\xff\xff"):
        sub.subscribe(topic)
    assert not sub.poll(2500), "only a programme's whole id is a topic"
    sub.subscribe(b"games")
    assert sub.poll(5000)
    sub.close()


def test_past_a_limit_the_client_hears_busy_and_nothing_is_lost(games):
    """More than may be under way: each call is answered, some with BUSY and a time to wait, and later all get in. What is more
    than a busy machine lets the client take in is dropped and counted; sent again, it is answered."""
    federation = games.grant("federation", "CHN-TTE")
    n = 1500
    calls = {federation.send("games", 30_000, submit=pb.Submit(requests=[wish(f"r{i}", units=1)])): f"r{i}" for i in range(n)}
    busy, taken, unheard = [], [], []
    for call, ident in calls.items():
        try:
            federation.wait(call, 1 if unheard else 60)
            taken.append(ident)
        except NoAnswer:
            unheard.append(ident)
        except Refused as e:
            assert e.code == "BUSY" and e.problem.retry_after_ms > 0
            busy.append(ident)
    assert busy, "with this many at once, some have to wait"
    assert len(unheard) <= games.counters()["slow_peers"]
    busy += unheard
    end = time.monotonic() + 60
    while busy:
        assert time.monotonic() < end
        ident = busy.pop()
        try:
            federation.submit("games", wish(ident, units=1))
        except Refused as e:
            assert e.code == "BUSY"
            time.sleep(e.problem.retry_after_ms / 1000)
            busy.insert(0, ident)
    assert len(federation.list("games")) == n


def test_a_deadline_that_has_passed_is_said(games):
    federation = games.grant("federation", "CHN-TTE")
    with pytest.raises(Refused) as e:
        federation.wait(federation.send("games", -5, submit=pb.Submit(requests=[wish("late")])))
    assert e.value.code in ("DEADLINE", "MALFORMED")
