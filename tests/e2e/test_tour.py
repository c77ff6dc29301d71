"""docs/TOUR.md does what it says."""
import re

import icalendar

from tour import PATH, Tour, pattern, steps


def test_the_tour_is_true(tmp_path):
    with open(PATH, encoding="utf-8") as f:
        todo = steps(f.read())
    assert len(todo) > 20
    tour = Tour(tmp_path)
    try:
        for command, expected in todo:
            said = tour.run(command)
            assert re.fullmatch(pattern(expected), said), f"$ {command}\n{said}\n--- but the tour says\n" + "\n".join(expected)
        with open(f"{tmp_path}/kazakhstan.ics", "rb") as f:
            events = icalendar.Calendar.from_ical(f.read()).walk("VEVENT")
        assert events and all(e.decoded("dtend") > e.decoded("dtstart") for e in events)
    finally:
        tour.close()
