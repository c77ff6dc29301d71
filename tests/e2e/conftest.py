import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import pytest

from daemon import Daemon
from words import small_programme


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
