"""systemd's side: the notify socket, the watchdog, the stop, and the unit itself."""
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time

import pytest

from client import ROOT, Refused, NoAnswer, pb, record_pb
from daemon import BIN, Daemon, alive
from words import small_programme, wish


def test_ready_status_watchdog_stopping():
    d = Daemon()
    d.extra_env = {"WATCHDOG_USEC": "1000000"}
    try:
        d.start()
        end = time.monotonic() + 4
        while time.monotonic() < end:
            d.notify.pump(0.1)
        beats = [t for t, k, v in d.notify.seen if (k, v) == ("WATCHDOG", "1")]
        assert len(beats) >= 4 and max(b - a for a, b in zip(beats, beats[1:])) < 1.0
        assert d.notify.values("STATUS"), "one line of live numbers"
        children = list(d.children())
        assert len(children) >= 4
        assert d.stop() == 0
        assert d.notify.has("STOPPING", "1")
        assert not [c for c in children if alive(c)], "nothing is left behind"
    finally:
        d.close()


def test_a_loop_that_does_not_turn_does_not_feed_the_watchdog():
    d = Daemon()
    d.extra_env = {"WATCHDOG_USEC": "1000000"}
    try:
        d.start()
        d.process.send_signal(signal.SIGSTOP)
        time.sleep(0.3)
        d.notify.drain()
        n = len(d.notify.values("WATCHDOG"))
        time.sleep(2)
        assert len(d.notify.values("WATCHDOG")) == n
        d.process.send_signal(signal.SIGCONT)
    finally:
        d.close()


def test_sigterm_under_load_loses_nothing():
    d = Daemon()
    try:
        d.start()
        d.programme = d.load(small_programme())
        federation = d.grant("federation", "CHN-TTE")
        calls = {federation.send(d.programme, submit=pb.Submit(requests=[wish(f"r{i}")])): f"r{i}" for i in range(200)}
        federation.pump(5)
        d.process.send_signal(signal.SIGTERM)
        assert d.process.wait(30) == 0
        receipts = []
        for call, ident in calls.items():
            try:
                federation.wait(call, 0.2)
                receipts.append(ident)
            except (Refused, NoAnswer):
                pass
        assert receipts
        d.start()
        for ident in receipts:
            assert federation.settled(d.programme, ident).standing.state == record_pb.STATE_PROPOSED
    finally:
        d.close()


@pytest.mark.parametrize("program, more", [("convened", []), ("convene-scheduler", ["solve"]), ("convene-validator", ["check"])])
def test_man_page_and_help_tell_the_same_options(program, more):
    page = subprocess.run([f"{BIN}/{program}", "--man"], capture_output=True, text=True, check=True).stdout
    known = {".TH", ".SH", ".SS", ".PP", ".TP", ".B", ".nf", ".fi"}
    assert {line.split()[0] for line in page.splitlines() if line.startswith((".", "'"))} <= known
    options = set()
    for mode in [[], *([word] for word in more)]:
        said = subprocess.run([f"{BIN}/{program}", *mode, "--help"], capture_output=True, text=True)
        assert (said.returncode, said.stderr) == (0, "")
        assert max(map(len, said.stdout.splitlines())) <= 79
        options |= set(re.findall(r"^  (?:-\w, )?(--[a-z-]+)", said.stdout, flags=re.M))
    assert options and options <= set(re.findall(r"--[a-z-]+", page.replace("\\-", "-")))


def test_the_unit_is_in_order():
    folder = tempfile.mkdtemp(prefix="cvn-install-")
    try:
        build = os.path.dirname(BIN)
        subprocess.run(["cmake", "--install", build, "--prefix", f"{folder}/usr"], check=True, stdout=subprocess.DEVNULL)
        found = {f: os.path.join(p, f) for p, _, fs in os.walk(folder) for f in fs}
        for name in ("convened", "convene", "convene-validator", "convene-scheduler", "convened.service", "client.proto", "client.pb-c.h", "convened.conf", "convene.1", "convened.8", "convene-scheduler.1", "convene-validator.1"):
            assert name in found, f"{name} is not installed"
        if not shutil.which("systemd-analyze"):
            pytest.fail("systemd-analyze is not here: ./dev test installs systemd")
        # the unit names where programs will be once installed under its prefix: look there
        text = open(found["convened.service"], encoding="utf-8").read()
        assert re.search(r"^RestartPreventExitStatus=64 78$", text, flags=re.M), "what is wrong stays wrong: no loop"
        unit = f"{folder}/convened.service"
        with open(unit, "w", encoding="utf-8") as f:
            f.write(re.sub(r"^(Exec\w+=\S*?)(/\S*/)(convened)", lambda m: m.group(1) + os.path.dirname(found["convened"]) + "/convened", text, flags=re.M))
        r = subprocess.run(["systemd-analyze", "verify", "--man=no", unit], capture_output=True, text=True)
        assert (r.returncode, r.stdout + r.stderr) == (0, "")
        score = subprocess.run(["systemd-analyze", "security", "--offline=true", unit], capture_output=True, text=True)
        exposure = float(re.search(r"Overall exposure level[^:]*: ([\d.]+)", score.stdout).group(1))
        assert exposure <= 2.0, score.stdout[-400:]
    finally:
        shutil.rmtree(folder, True)
