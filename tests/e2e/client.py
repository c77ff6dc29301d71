"""A client of convened in Python, written from docs/PROTOCOL.md alone: pyzmq, google protobuf, no C read.

Messages are generated from proto/convene/v1 with protoc on first use, into a folder that is thrown away.
"""
import atexit
import itertools
import os
import shutil
import subprocess
import sys
import tempfile
import time

import zmq

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def _messages():
    out = tempfile.mkdtemp(prefix="convene-proto-")
    atexit.register(shutil.rmtree, out, True)
    protos = ["programme", "record", "client", "worker"]
    subprocess.run(
        ["protoc", "-I", f"{ROOT}/proto", f"--python_out={out}"]
        + [f"{ROOT}/proto/convene/v1/{p}.proto" for p in protos],
        check=True,
    )
    sys.path.insert(0, out)
    from convene.v1 import client_pb2, programme_pb2, record_pb2, worker_pb2

    return client_pb2, programme_pb2, record_pb2, worker_pb2


pb, programme_pb, record_pb, worker_pb = _messages()

RESTING_FIRST = {record_pb.STATE_RECEIVED, record_pb.STATE_VALIDATED}  # not an outcome yet


class Refused(Exception):
    """The daemon answered with a Problem."""

    def __init__(self, problem):
        super().__init__(f"{problem.code}: {problem.text} {[(v.field, v.code) for v in problem.violations]}")
        self.problem = problem
        self.code = problem.code


class NoAnswer(Exception):
    """Nothing came within the time that the client would wait."""


class Keys:
    def __init__(self):
        public, secret = zmq.curve_keypair()
        self.public, self.secret = public.decode(), secret.decode()


class Connection:
    """One DEALER (or REQ) connection: call() sends and waits; outcomes that come between are kept."""

    def __init__(self, endpoint, server_key=None, keys=None, kind=zmq.DEALER, timeout=10.0):
        self.context = zmq.Context.instance()
        self.socket = self.context.socket(kind)
        self.socket.linger = 0
        self.socket.setsockopt(zmq.RECONNECT_IVL, 50)
        self.socket.sndhwm = self.socket.rcvhwm = 100_000
        if server_key:
            self.socket.curve_serverkey = server_key.encode()
            self.socket.curve_publickey = keys.public.encode()
            self.socket.curve_secretkey = keys.secret.encode()
        self.socket.connect(endpoint)
        self.ids = itertools.count(1)
        self.timeout = timeout
        self.outcomes = {}  # request id -> last record heard
        self.replies = {}  # call id -> Reply, overtaken ones

    def close(self):
        self.socket.close()

    def send(self, programme=None, deadline_ms=None, **body):
        call = pb.Call(protocol=1, id=next(self.ids), **body)
        if programme:
            call.programme = programme
        call.deadline_ms = deadline_ms or int(self.timeout * 1000)
        self.socket.send(call.SerializeToString())
        return call.id

    def pump(self, timeout):
        """Takes in one frame, or none; returns the Reply."""
        if not self.socket.poll(max(0, timeout * 1000)):
            return None
        frames = self.socket.recv_multipart()
        assert len(frames) == 1, f"{len(frames)} frames"
        reply = pb.Reply.FromString(frames[0])
        if reply.id == 0 and reply.WhichOneof("of") == "outcome":
            self.outcomes[reply.outcome.record.id] = reply.outcome.record
        else:
            self.replies[reply.id] = reply
        return reply

    def wait(self, call_id, timeout=None):
        end = time.monotonic() + (timeout or self.timeout)
        while call_id not in self.replies:
            if self.pump(end - time.monotonic()) is None and time.monotonic() >= end:
                raise NoAnswer(f"call {call_id}")
        reply = self.replies.pop(call_id)
        if reply.WhichOneof("of") == "problem":
            raise Refused(reply.problem)
        return getattr(reply, reply.WhichOneof("of"))

    def call(self, programme=None, timeout=None, **body):
        return self.wait(self.send(programme, int((timeout or self.timeout) * 1000), **body), timeout)

    def outcome(self, request, timeout=None):
        """The outcome of a request that this connection submitted."""
        end = time.monotonic() + (timeout or self.timeout)
        while request not in self.outcomes:
            if self.pump(end - time.monotonic()) is None and time.monotonic() >= end:
                raise NoAnswer(f"outcome of {request}")
        return self.outcomes[request]

    # -- calls by name ------------------------------------------------------------------------------------------
    def hello(self, follow=False):
        return self.call(hello=pb.Hello(agent="tests", follow=follow))

    def submit(self, programme, *requests, timeout=None):
        return self.call(programme, timeout, submit=pb.Submit(requests=requests)).receipts

    def put(self, programme, *entities, retire=False):
        return self.call(programme, put=pb.Put(entities=entities, retire=retire))

    def get(self, programme, request):
        return self.call(programme, get=pb.Get(request=request))

    def settled(self, programme, request, timeout=20):
        """Polls get, as a REQ client does, until the request has its outcome."""
        end = time.monotonic() + timeout
        while True:
            record = self.get(programme, request)
            if record.standing.state not in RESTING_FIRST:
                return record
            if time.monotonic() > end:
                raise NoAnswer(f"{request} is still {record_pb.State.Name(record.standing.state)}")
            time.sleep(0.01)

    def list(self, programme, **filters):
        records, start = [], None
        while True:
            page = self.call(programme, list=pb.List(**filters, **({"from": start} if start is not None else {})))
            records += page.records
            if not page.HasField("next"):
                return records
            start = page.next

    def replay(self, programme, after):
        updates = []
        while True:
            part = self.call(programme, replay=pb.Replay(after=after))
            updates += part.updates
            if not part.updates or part.updates[-1].cursor >= part.last:
                return updates
            after = part.updates[-1].cursor

    def grant(self, *principals):
        return self.call(grant=pb.Grant(principals=principals))


class Mirror:
    """A programme's state as a dashboard keeps it: snapshot and updates, folded by cursor."""

    def __init__(self, programme):
        self.programme = programme
        self.records = {}  # id -> [cursor, revision, content bytes, standing bytes]
        self.entities = {}  # (kind, id) -> (cursor, bytes or None)
        self.cursor = None

    def _entity(self, entity, cursor, retired=False):
        kind = entity.WhichOneof("of")
        key = (kind, getattr(entity, kind).id)
        if cursor > self.entities.get(key, (-1, None))[0]:
            self.entities[key] = (cursor, None if retired else entity.SerializeToString())

    def snapshot(self, connection):
        start, least = None, None
        while True:
            call = pb.SnapshotCall(**({"from": start} if start is not None else {}))
            page = connection.call(self.programme, snapshot=call)
            least = page.cursor if least is None else min(least, page.cursor)
            for e in page.entities:
                self._entity(e.entity, e.cursor)
            for r in page.records:
                if r.cursor > self.records.get(r.id, [-1])[0]:
                    self.records[r.id] = [r.cursor, r.revision, r.content.SerializeToString(), r.standing.SerializeToString()]
            if not page.HasField("next"):
                break
            start = page.next
        self.cursor = least if self.cursor is None else self.cursor
        return self

    def update(self, u):
        """Folds one update; returns False at a gap (nothing is folded then)."""
        if u.WhichOneof("of") == "pulse":
            return self.cursor is not None and u.cursor <= self.cursor
        if u.cursor <= self.cursor:
            return True
        if u.cursor != self.cursor + 1:
            return False
        self.cursor = u.cursor
        if u.WhichOneof("of") == "entity":
            self._entity(u.entity.entity, u.cursor, u.entity.retired)
        else:
            c, old = u.request, self.records.get(u.request.id)
            if old is None or u.cursor > old[0]:
                content = c.content.SerializeToString() if c.HasField("content") else old[2]
                self.records[c.id] = [u.cursor, c.revision, content, c.standing.SerializeToString()]
        return True

    def catch_up(self, connection):
        for u in connection.replay(self.programme, self.cursor):
            assert self.update(u), f"a gap in the log itself: {self.cursor} -> {u.cursor}"

    def state(self):
        """What is compared: everything but retired entities, which a snapshot no longer shows."""
        return (
            {k: tuple(v) for k, v in self.records.items()},
            {k: v[1] for k, v in self.entities.items() if v[1] is not None},
        )


class Subscription:
    def __init__(self, endpoint, server_key, keys, programme):
        self.socket = zmq.Context.instance().socket(zmq.SUB)
        self.socket.linger = 0
        self.socket.setsockopt(zmq.RECONNECT_IVL, 50)
        self.socket.curve_serverkey = server_key.encode()
        self.socket.curve_publickey = keys.public.encode()
        self.socket.curve_secretkey = keys.secret.encode()
        self.socket.subscribe(programme.encode())
        self.socket.connect(endpoint)

    def next(self, timeout):
        if not self.socket.poll(timeout * 1000):
            return None
        topic, payload = self.socket.recv_multipart()
        update = record_pb.Update.FromString(payload)
        assert update.programme == topic.decode()
        return update

    def close(self):
        self.socket.close()
