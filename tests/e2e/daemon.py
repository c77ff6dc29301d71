"""convened as a process: started, watched and ended by the tests, with its own folders and ports."""
import contextlib
import functools
import glob
import itertools
import os
import select
import shutil
import signal
import socket
import subprocess
import tempfile
import time

import zmq

from client import Connection, Keys, NoAnswer, ROOT, pb
from words import entities, small_programme

BIN = os.environ.get("CONVENE_BIN", f"{ROOT}/build/bin")


class Ports:
    """A port is chosen here and bound by a program that starts later: nobody else may choose it, or be given it by the kernel,
    meanwhile. So each process that tests has a block of its own, below those that the kernel gives away. A name in the
    abstract namespace says whose it is: it is as wide as the ports are, and goes with the process."""
    FIRST, LAST, BLOCK = 20_000, 32_000, 200

    def __init__(self):
        self.name = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        for first in range(self.FIRST, self.LAST, self.BLOCK):
            try:
                self.name.bind(f"\0convene-tests-ports-{first}")
            except OSError:
                continue
            self.pairs = itertools.cycle(range(first, first + self.BLOCK, 2))
            return
        raise OSError("no block of ports is left")

    @staticmethod
    def free(port):
        with socket.socket() as s:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as libzmq does: what was here and has ended is no matter
            try:
                s.bind(("127.0.0.1", port))
            except OSError:
                return False
        return True

    def next(self):
        return next(p for p in itertools.islice(self.pairs, self.BLOCK // 2) if self.free(p) and self.free(p + 1))


@functools.cache
def ports():
    return Ports()


def free_port():
    """A port that nobody else takes before who asked for it; so is the one that follows."""
    return ports().next()


def alive(pid):
    try:
        with open(f"/proc/{pid}/stat") as f:
            return f.read().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


class NotifySocket:
    """systemd's side of the notify protocol."""

    def __init__(self, folder):
        self.path = f"{folder}/notify"
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(self.path)
        self.seen = []  # (time, key, value)

    def pump(self, timeout=0.0):
        ready, _, _ = select.select([self.socket], [], [], max(0, timeout))
        if not ready:
            return False
        for line in self.socket.recv(65536).decode().splitlines():
            key, _, value = line.partition("=")
            self.seen.append((time.monotonic(), key, value))
        return True

    def drain(self):
        while self.pump():
            pass

    def has(self, key, value=None):
        self.drain()
        return any(k == key and value in (None, v) for _, k, v in self.seen)

    def values(self, key):
        self.drain()
        return [v for _, k, v in self.seen if k == key]

    def close(self):
        self.socket.close()
        if os.path.exists(self.path):
            os.unlink(self.path)


class Daemon:
    def __init__(self, folder=None, **options):
        self.own = folder is None
        self.folder = folder or tempfile.mkdtemp(prefix="cvn-", dir="/tmp")
        self.state = f"{self.folder}/state"
        self.operator_keys = Keys()
        port = free_port()
        self.endpoint, self.updates = f"tcp://127.0.0.1:{port}", f"tcp://127.0.0.1:{port + 1}"
        self.options = {"durability": "always", "validators": 2, "today": "2026-01-01", "log-level": "info", **options}
        self.process = None
        self.notify = None
        self.extra_env = {}
        self.connections = []
        self.log_path = f"{self.folder}/log"

    # -- the process ----------------------------------------------------------------------------------------------
    def start(self, wait=True, timeout=30):
        if self.notify:
            self.notify.close()
        self.notify = NotifySocket(self.folder)
        arguments = [f"{BIN}/convened", "--state", self.state, "--run", f"{self.folder}/run", "--bind", self.endpoint,
                     "--updates", self.updates, "--init-operator", self.operator_keys.public]
        for key, value in self.options.items():
            if value is not None:
                arguments += [f"--{key}", str(value)]
        env = {**os.environ, "NOTIFY_SOCKET": self.notify.path, **self.extra_env}
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(arguments, stdout=log, stderr=log, env=env, start_new_session=True)
        if wait:
            self.wait_ready(timeout)
        return self

    def wait_ready(self, timeout=30):
        end = time.monotonic() + timeout
        while not self.notify.has("READY", "1"):
            if self.process.poll() is not None:
                raise AssertionError(f"convened ended with {self.process.returncode}:\n{self.log()[-3000:]}")
            if time.monotonic() > end:
                raise AssertionError(f"convened is not ready after {timeout} s:\n{self.log()[-3000:]}")
            self.notify.pump(0.05)

    def log(self):
        with open(self.log_path, encoding="utf-8", errors="replace") as f:
            return f.read()

    def children(self):
        """pid -> name of the living children."""
        found = {}
        for entry in os.listdir("/proc"):
            if entry.isdigit():
                try:
                    with open(f"/proc/{entry}/stat") as f:
                        text = f.read()
                    name, rest = text[text.index("(") + 1 : text.rindex(")")], text[text.rindex(")") + 2 :].split()
                    if int(rest[1]) == self.process.pid and rest[0] != "Z":
                        found[int(entry)] = name
                except OSError:
                    continue
        return found

    def child(self, name):
        """The pid of one living child by the beginning of its name."""
        end = time.monotonic() + 10
        while time.monotonic() < end:
            pids = sorted(pid for pid, n in self.children().items() if n.startswith(name[:15]))
            if pids:
                return pids[0]
            time.sleep(0.02)
        raise AssertionError(f"no child {name}: {self.children()}")

    def is_busy(self):
        """Does one of its processes run, or would if it had a processor, or wait for the disk?"""
        for pid in [self.process.pid, *self.children()]:
            for path in glob.glob(f"/proc/{pid}/task/*/stat"):
                try:
                    with open(path) as f:
                        if f.read().rsplit(")", 1)[1].split()[0] in "RD":
                            return True
                except OSError:
                    continue
        return False

    def at_rest(self, programme=None, quiet=0.5, timeout=60):
        """Waits until nothing changes by itself any more: whoever waits was looked through. Returns the last cursor.

        How long a change takes is the machine's matter, but until it is there, one of the daemon's processes is busy with it at
        any time. So all is done when nothing has changed for so many seconds, and they slept for the most part of them."""
        programme, operator, end = programme or self.programme, self.operator(), time.monotonic() + timeout
        looks, asleep, last = max(3, round(quiet / 0.02)), 0, 0
        while True:
            updates = operator.replay(programme, last)
            if updates:
                last = updates[-1].cursor
            elif asleep > looks / 2:
                return last
            if time.monotonic() > end:
                raise NoAnswer(f"{programme} is not at rest after {timeout} s: {last} changes, in the last {quiet} s it slept {asleep} of {looks} times")
            asleep = 0
            for _ in range(looks):
                time.sleep(quiet / looks)
                asleep += not self.is_busy()

    def kill(self):
        """kill -9, and waits until its children are gone as well: they end by themselves."""
        children = list(self.children())
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        end = time.monotonic() + 15
        while any(alive(pid) for pid in children):
            assert time.monotonic() < end, f"children outlive their daemon: {[p for p in children if alive(p)]}"
            time.sleep(0.01)

    def stop(self, timeout=30):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(timeout)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
                raise AssertionError(f"convened did not end within {timeout} s of SIGTERM:\n{self.log()[-3000:]}")
        return self.process.returncode if self.process else None

    def close(self):
        for c in self.connections:
            c.close()
        try:
            self.stop()
        finally:
            if self.notify:
                self.notify.close()
            if self.own:
                shutil.rmtree(self.folder, True)

    # -- its clients ----------------------------------------------------------------------------------------------
    @property
    def public_key(self):
        with open(f"{self.state}/convened.pub", encoding="ascii") as f:
            return f.read().strip()

    def connect(self, keys=None, kind=zmq.DEALER, timeout=10.0):
        c = Connection(self.endpoint, self.public_key, keys or self.operator_keys, kind, timeout)
        self.connections.append(c)
        return c

    def operator(self):
        return self.connect()

    def counters(self):
        return {c.name: c.value for c in self.operator().call(status=pb.StatusCall(counters=True)).counters}

    def grant(self, role, subject=None, programmes=()):
        """A new key with a role, and a connection that speaks with it."""
        keys = Keys()
        self.operator().grant(pb.Principal(public_key=keys.public, role=role, subject=subject or "", name=f"{role} {subject or ''}".strip(),
                                           programmes=programmes))
        c = self.connect(keys)
        c.keys = keys
        return c

    def load(self, doc):
        """Puts a programme file's data (no requests) as the operator."""
        operator, batch = self.operator(), []
        ident = doc["programme"]["id"]
        limit = operator.hello().batch_max
        for e in entities(doc):
            batch.append(e)
            if len(batch) >= limit or e.WhichOneof("of") == "programme":
                operator.put(ident, *batch)
                batch = []
        if batch:
            operator.put(ident, *batch)
        return ident


@contextlib.contextmanager
def serving_games(daemon):
    """Starts the daemon with the small programme; `programme` is its id. Ends it."""
    try:
        daemon.start()
        daemon.programme = daemon.load(small_programme())
        yield daemon
    finally:
        daemon.close()
