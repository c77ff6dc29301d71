"""The convene program run as a person would, against a daemon with the real-world programme."""
import os
import subprocess

from client import ROOT
from daemon import BIN, Daemon
from words import DEMO


class Desk:
    """A daemon and `convene` beside it: run("agenda", who="committee-RUS")."""

    def __init__(self, folder, **options):
        self.folder = str(folder)
        self.daemon = Daemon(**{"today": "2021-12-01", "local": f"ipc://{self.folder}/local", **options}).start()
        self.keys = f"{self.folder}/keys"
        self.programme = "cn-ru-2022-23"

    def close(self):
        self.daemon.close()

    def run(self, *arguments, who=None, code=0, stdin=None, cwd=None):
        """`who`: the name of a key of --everyone; None: the operator."""
        at = ["--endpoint", f"ipc://{self.folder}/local"]
        if who:
            at = ["--endpoint", self.daemon.endpoint, "--updates", self.daemon.updates, "--server-key", self.daemon.public_key,
                  "--key", f"{self.keys}/{who}.key"]
        r = subprocess.run([f"{BIN}/convene", *map(str, arguments), "-p", self.programme, *at], capture_output=True, text=True, input=stdin,
                           cwd=cwd or ROOT, env={**os.environ, "XDG_CONFIG_HOME": self.folder, "NO_COLOR": "1"}, timeout=60)
        assert code is None or r.returncode == code, f"{arguments}: {r.returncode}\n{r.stdout}\n{r.stderr}"
        return r

    def load(self, requests=True):
        self.run("load", DEMO)
        self.run("grant", "--everyone", "--keys", self.keys)
        if requests:
            self.run("submit", "--wait", DEMO, code=None)
            self.daemon.at_rest(self.programme)
        return self
