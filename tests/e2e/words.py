"""The programme file's JSON in protobuf messages, and small programmes for tests."""
import itertools
import json

from client import ROOT, programme_pb as p

DEMO = f"{ROOT}/demo/cn-ru-2022-23.json"
FAULTY = f"{ROOT}/demo/cn-ru-2022-23-faulty-requests.json"


def _texts(x):
    return [p.Text(lang=k, text=v) for k, v in (x or {}).items()]


def _periods(x):
    return [p.Period(first=a, last=b) for a, b in x or []]


def _plain(message, x, *names):
    for name in names:
        if name in x:
            field = getattr(message, name)
            field.extend(x[name]) if isinstance(x[name], list) else setattr(message, name, x[name])
    return message


def request(x):
    r = _plain(p.Request(), x, "id", "federation", "kind", "discipline", "level", "duration", "preferred_first_day", "hosts",
               "venues", "facilities", "units", "headcount", "squads", "value", "contact", "note")
    r.title.extend(_texts(x.get("title")))
    r.windows.extend(_periods(x.get("windows")))
    r.services.extend(p.Need(service=k, staff=v) for k, v in x.get("services", {}).items())
    r.after.extend(p.After(**a) for a in x.get("after", []))
    if "announced" in x:
        r.announced.CopyFrom(p.Announced(**x["announced"]))
    return r


def entities(doc):
    """Everything of a programme file but its requests, the programme first."""
    x = doc["programme"]
    m = _plain(p.Programme(), x, "id", "first_day", "last_day", "parties", "guests", "time_zone")
    m.name.extend(_texts(x.get("name")))
    m.policy.CopyFrom(p.Policy(**x.get("policy", {})))
    for key in ("facilities", "disciplines", "local_disciplines"):
        getattr(m, key).extend(p.Term(code=t["code"], name=_texts(t.get("name")), meaning=_texts(t.get("meaning"))) for t in x.get(key, []))
    yield p.Entity(programme=m)
    for x in doc["cities"]:
        m = _plain(p.City(), x, "id", "noc", "beds", "lat", "lon", "time_zone")
        m.name.extend(_texts(x.get("name")))
        yield p.Entity(city=m)
    for x in doc["venues"]:
        m = _plain(p.Venue(), x, "id", "city", "disciplines", "facilities", "units", "level", "lat", "lon")
        m.closed.extend(_periods(x.get("closed")))
        m.name.extend(_texts(x.get("name")))
        yield p.Entity(venue=m)
    for i, x in enumerate(doc["services"]):
        m = _plain(p.Offer(id=x.get("id", f"o-{i}")), x, "provider", "noc", "service", "capacity", "first_day", "last_day")
        yield p.Entity(offer=m)
    for x in doc["federations"]:
        m = _plain(p.Federation(), x, "id", "noc", "disciplines", "max_events")
        m.name.extend(_texts(x.get("name")))
        yield p.Entity(federation=m)
    for x in doc["squads"]:
        m = _plain(p.Squad(), x, "id", "federation", "size", "discipline", "gender", "age_group")
        m.name.extend(_texts(x.get("name")))
        yield p.Entity(squad=m)
    for i, x in enumerate(doc.get("protected", [])):
        m = _plain(p.Protected(id=x.get("id", f"p-{i}")), x, "first_day", "last_day", "discipline", "noc", "title")
        m.name.extend(_texts(x.get("name")))
        yield p.Entity(protected=m)


def small_programme(ident="games", venues=4, squads=8, beds=400, units=2, staff=50):
    """Two parties, a guest, one discipline; enough room for a few hundred one-week events."""
    doc = {
        "programme": {"id": ident, "name": {"en": "Games"}, "first_day": "2026-01-01", "last_day": "2027-12-31",
                      "parties": ["CHN", "RUS"], "guests": ["KAZ"],
                      "policy": {"date_weight": 20, "move_cost": 8000, "reciprocity_weight": 1, "rest_same_city": 0,
                                 "rest_same_host": 1, "rest_between_hosts": 3}},
        "cities": [], "venues": [], "services": [], "federations": [], "squads": [], "protected": [], "requests": []}
    for noc in ("CHN", "RUS"):
        doc["cities"].append({"id": f"{noc}-c", "noc": noc, "beds": beds})
        for v in range(venues):
            doc["venues"].append({"id": f"{noc}-c-v{v}", "city": f"{noc}-c", "disciplines": ["TTE"], "facilities": ["indoor"],
                                  "units": units, "level": 5, "closed": []})
        doc["services"].append({"provider": noc, "noc": noc, "service": "medical", "capacity": staff})
    for noc in ("CHN", "RUS", "KAZ"):
        doc["federations"].append({"id": f"{noc}-TTE", "noc": noc, "disciplines": ["TTE"],
                                   "max_events": 0 if noc == "KAZ" else 100_000})
        for s in range(squads):
            doc["squads"].append({"id": f"{noc}-TTE-{s}", "federation": f"{noc}-TTE", "size": 10})
    return doc


def wish(ident, federation="CHN-TTE", **other):
    """A sound request for small_programme()."""
    r = {"id": ident, "title": {"en": f"Camp {ident}"}, "federation": federation, "kind": "training_camp", "discipline": "TTE",
         "level": 2, "duration": 5, "windows": [["2026-03-01", "2026-06-30"]], "preferred_first_day": "2026-04-01",
         "hosts": ["CHN", "RUS"], "facilities": ["indoor"], "units": 1, "headcount": 20, "services": {"medical": 1},
         "squads": [], "value": 50}
    r.update(other)
    return request(r)


def read(path):
    with open(path, encoding="utf-8") as f:
        return json.load(f)


def _differences(a, b, at):
    if isinstance(a, list) and isinstance(b, list):
        name = lambda n, x: x.get("id") or x.get("request") or n if isinstance(x, dict) else n
        a, b = ({name(n, x): x for n, x in enumerate(xs)} for xs in (a, b))
        if set(a) == set(b) and list(a) != list(b):
            yield f"{at}: the same in another order"
    if isinstance(a, dict) and isinstance(b, dict):
        for key in {**a, **b}:
            yield from _differences(a.get(key), b.get(key), f"{at} {key}")
    elif a != b:
        yield f"{at}: {a!r}, then {b!r}"


def differences(a, b, at):
    """One line for each place in two documents where they differ, the first twenty; what has an id is found by it, wherever it
    stands."""
    return "\n".join(itertools.islice(_differences(a, b, at), 20))
