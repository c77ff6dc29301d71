"""docs/TOUR.md: its commands, run one after the other, and their output beside what stands there."""
import os
import re
import subprocess

from client import ROOT
from daemon import BIN, Daemon

PATH = f"{ROOT}/docs/TOUR.md"
PROGRAMME = "cn-ru-2022-23"


def steps(text):
    """(command, expected output) of all console blocks, in order."""
    found = []
    for block in re.findall(r"^```console\n(.*?)^```$", text, re.S | re.M):
        for line in block.splitlines():
            if line.startswith("$ "):
                found.append((line[2:], []))
            else:
                found[-1][1].append(line)
    return found


def pattern(lines):
    """`…` alone on a line: any lines; within one: anything."""
    parts = []
    for line in lines:
        parts.append(r"(?:.*\n)*?" if line.strip() == "…" else ".*".join(map(re.escape, line.rstrip().split("…"))) + r"[ \t]*\n")
    return "".join(parts)


class Tour:
    def __init__(self, folder):
        self.folder = str(folder)
        os.symlink(f"{ROOT}/demo", f"{self.folder}/demo")
        self.env = {**os.environ, "PATH": f"{BIN}:{os.environ['PATH']}", "CONVENE_PROFILE": f"{self.folder}/client.conf", "NO_COLOR": "1", "LC_ALL": "C.UTF-8"}
        subprocess.run([f"{BIN}/convene", "keygen", "operator.key"], cwd=self.folder, check=True, capture_output=True, env={**self.env, "CONVENE_PROFILE": "/dev/null"})
        with open(f"{self.folder}/operator.key", encoding="ascii") as f:
            key = dict(line.split() for line in f if "-key " in line)
        self.daemon = Daemon(**{"today": "2021-12-01", "validators": 1})
        self.daemon.operator_keys.public, self.daemon.operator_keys.secret = key["public-key"], key["secret-key"]
        self.daemon.start()
        with open(f"{self.folder}/client.conf", "w", encoding="ascii") as f:
            f.write(f"[client]\nendpoint = {self.daemon.endpoint}\nupdates = {self.daemon.updates}\nserver-key = {self.daemon.public_key}\nkey = operator.key\n")

    def run(self, command):
        """What a person would see."""
        r = subprocess.run(["bash", "-c", command], cwd=self.folder, env=self.env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60)
        if re.match(r"convene (submit|withdraw|put|postpone|round)", command):
            self.daemon.at_rest(PROGRAMME, quiet=0.2)  # who waits is served after the answer
        return r.stdout

    def close(self):
        self.daemon.close()
