import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import pytest

from daemon import Daemon
from words import small_programme


# What takes long begins first, so that it does not go on alone at the end.
LONG = ("test_demo.py", "test_desk_cli.py", "test_crash.py", "test_model.py", "test_tour.py", "test_audit.py", "test_round.py", "test_clock.py")


def pytest_collection_modifyitems(items):
    """Tests run side by side (`-n`), each where there is room; those of a module with a daemon for all of them stay together, in
    their order, as the mark xdist_group says."""
    items.sort(key=lambda item: LONG.index(item.path.name) if item.path.name in LONG else len(LONG))


@pytest.fixture
def daemon():
    """A running daemon on an empty store."""
    d = Daemon()
    try:
        yield d.start()
    finally:
        d.close()


@pytest.fixture
def games(daemon):
    """A running daemon with the small programme; `games.programme` is its id."""
    daemon.programme = daemon.load(small_programme())
    return daemon
