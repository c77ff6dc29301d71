"""Redis absent, full, read-only: a clear UNAVAILABLE, nothing accepted, recovery by itself."""
import os
import subprocess
import time

import pytest
import redis

from client import NoAnswer, Refused, record_pb
from daemon import Daemon
from words import small_programme, wish


class OwnRedis:
    def __init__(self, folder):
        self.folder, self.path, self.process = folder, f"{folder}/r.sock", None
        os.makedirs(folder, exist_ok=True)

    def start(self):
        self.process = subprocess.Popen(["redis-server", "--port", "0", "--unixsocket", self.path, "--appendonly", "yes", "--appendfsync", "always",
                                         "--save", "", "--dir", self.folder, "--loglevel", "warning"], stdout=subprocess.DEVNULL)
        self.client = redis.Redis(unix_socket_path=self.path)
        end = time.monotonic() + 10
        while True:
            try:
                return self.client.ping()
            except redis.exceptions.RedisError:
                assert time.monotonic() < end
                time.sleep(0.02)

    def stop(self):
        if self.process:
            self.process.kill()
            self.process.wait()


@pytest.fixture
def apart():
    """A daemon on a Redis of its own choosing."""
    d = Daemon()
    server = OwnRedis(f"{d.folder}/redis")
    d.options["redis"] = f"unix:{server.path}"
    d.redis = server
    try:
        yield d
    finally:
        try:
            d.close()
        finally:
            server.stop()


def refused_with(connection, code, ident):
    try:
        connection.submit("games", wish(ident))
    except Refused as e:
        assert e.code == code, e
        assert e.problem.text
        return True
    return False


def test_absent_at_start_ready_comes_with_it(apart):
    apart.start(wait=False)
    time.sleep(1.5)
    assert not apart.notify.has("READY", "1"), "it is not ready without Redis"
    assert apart.notify.has("EXTEND_TIMEOUT_USEC"), "it asks for more time"
    assert apart.process.poll() is None, "it waits"
    apart.redis.start()
    apart.wait_ready()
    apart.load(small_programme())


def test_full_then_room_again(apart):
    apart.redis.start()
    apart.start()
    apart.load(small_programme())
    federation = apart.grant("federation", "CHN-TTE")
    federation.submit("games", wish("before"))
    federation.outcome("before")
    apart.redis.client.config_set("maxmemory", "1mb")
    assert refused_with(federation, "UNAVAILABLE", "full")
    with pytest.raises(Refused):
        federation.get("games", "full")
    assert federation.get("games", "before").standing.state == record_pb.STATE_PROPOSED, "reading goes on"
    apart.redis.client.config_set("maxmemory", "0")
    end = time.monotonic() + 15
    while refused_with(federation, "UNAVAILABLE", "room"):
        assert time.monotonic() < end
        time.sleep(0.1)
    assert federation.outcome("room").standing.state == record_pb.STATE_PROPOSED


def test_read_only_then_master_again(apart):
    apart.redis.start()
    apart.start()
    apart.load(small_programme())
    federation = apart.grant("federation", "CHN-TTE")
    apart.redis.client.replicaof("127.0.0.1", "1")
    assert refused_with(federation, "UNAVAILABLE", "read-only")
    apart.redis.client.replicaof("no", "one")
    end = time.monotonic() + 15
    while refused_with(federation, "UNAVAILABLE", "again"):
        assert time.monotonic() < end
        time.sleep(0.1)
    assert federation.outcome("again").standing.state == record_pb.STATE_PROPOSED


def test_away_while_running_and_back(apart):
    apart.redis.start()
    apart.start()
    apart.load(small_programme())
    federation = apart.grant("federation", "CHN-TTE")
    apart.redis.stop()
    try:
        refused = refused_with(federation, "UNAVAILABLE", "away")
    except NoAnswer:
        refused = True
    assert refused
    apart.redis.start()
    end = time.monotonic() + 20
    while True:
        try:
            if not refused_with(federation, "UNAVAILABLE", "back"):
                break
        except NoAnswer:
            pass
        assert time.monotonic() < end
        time.sleep(0.1)
    assert federation.settled("games", "back").standing.state == record_pb.STATE_PROPOSED


def test_another_daemon_takes_over(apart):
    apart.redis.start()
    apart.start()
    apart.load(small_programme())
    federation = apart.grant("federation", "CHN-TTE")
    second = Daemon()
    second.options["redis"] = apart.options["redis"]
    try:
        second.start()
        try:
            federation.submit("games", wish("late"), timeout=3)
            taken = True
        except (Refused, NoAnswer):
            taken = False
        assert not taken, "a daemon whose lease is over commits nothing"
        assert apart.process.wait(15) != 0, "and it ends, saying why"
        assert "epoch" in apart.log().lower()
    finally:
        second.close()
