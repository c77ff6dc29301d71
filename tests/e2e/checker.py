"""An independent judge of a plan: the eleven rules and the score, written from the statement of the problem alone.

faults(programme, plan) -> list of sentences; score(…) -> int; insertable(…) -> ids that would fit and raise the score.
Shares no code with the scheduler; slow on purpose where that makes it plain.
"""
from collections import Counter
from datetime import date, timedelta
from itertools import combinations

SERVICES = ("training", "scientific", "methodological", "medical")


class Judge:
    def __init__(self, doc):
        head = doc["programme"]
        self.start, self.end = date.fromisoformat(head["first_day"]), date.fromisoformat(head["last_day"])
        self.parties, self.policy = head["parties"], Counter(head.get("policy", {}))
        self.by = {k: {x["id"]: x for x in doc[k]} for k in ("cities", "venues", "federations", "squads", "requests")}
        self.offers, self.protected = doc["services"], doc.get("protected", [])
        self._offered = {}

    def host(self, venue):
        return self.by["cities"][self.by["venues"][venue]["city"]]["noc"]

    def days(self, r, first):
        return [first + timedelta(n) for n in range(r["duration"])]

    def offered(self, noc, service, day):
        key = noc, service, day
        if key not in self._offered:
            self._offered[key] = sum(o["capacity"] for o in self.offers if o["noc"] == noc and o["service"] == service
                                     and date.fromisoformat(o.get("first_day") or "0001-01-01") <= day <= date.fromisoformat(o.get("last_day") or "9999-12-31"))
        return self._offered[key]

    # -- one event by itself: rules 1 to 4 ---------------------------------------------------------------------------
    def alone(self, r, venue, first):
        last, v = first + timedelta(r["duration"] - 1), self.by["venues"][venue]
        spans = [(date.fromisoformat(a), date.fromisoformat(b)) for a, b in r["windows"]]
        if not any(a <= first and last <= b for a, b in spans):
            return "lies in none of its windows"
        if self.host(venue) not in r["hosts"] or r["discipline"] not in v["disciplines"] or not set(r.get("facilities", ())) <= set(v["facilities"]):
            return "is at a venue that does not suit it"
        if r["level"] > v["level"] or (r.get("venues") and venue not in r["venues"]):
            return "is at a venue that is not eligible"
        if any(date.fromisoformat(a) <= last and first <= date.fromisoformat(b) for a, b in v.get("closed", ())):
            return "is at a closed venue"
        nocs = {self.by["federations"][self.by["squads"][s]["federation"]]["noc"] for s in r["squads"]}
        for p in self.protected:
            if date.fromisoformat(p["first_day"]) <= last and first <= date.fromisoformat(p["last_day"]):
                if p.get("discipline") in (None, "", r["discipline"]) and (not p.get("noc") or p["noc"] in nocs):
                    return f"lies on protected days ({p.get('title')})"
        return None

    # -- what an event takes, and what there is: rules 5 to 7 and 10 ---------------------------------------------------
    def taken(self, r, venue, first):
        use = Counter({("quota", r["federation"]): 1})
        for d in self.days(r, first):
            use["units", venue, d] = r["units"]
            use["beds", self.by["venues"][venue]["city"], d] = r["headcount"]
            use.update({(service, self.host(venue), d): staff for service, staff in r.get("services", {}).items()})
        return use

    def room(self, key):
        if key[0] == "units":
            return self.by["venues"][key[1]]["units"]
        if key[0] == "beds":
            return self.by["cities"][key[1]]["beds"]
        return self.by["federations"][key[1]]["max_events"] if key[0] == "quota" else self.offered(key[1], key[0], key[2])

    # -- all events together ---------------------------------------------------------------------------------------
    def faults(self, at):
        """`at`: request id -> (venue, first day as a date)."""
        found, use = [], Counter()
        for i, (venue, first) in at.items():
            r = self.by["requests"][i]
            a = r.get("announced") or {}
            stands = a.get("fixed") and (a["venue"], date.fromisoformat(a["first_day"])) == (venue, first)
            if first < self.start or first + timedelta(r["duration"] - 1) > self.end:
                found.append(f"{i} lies outside the programme")
            if not stands and self.alone(r, venue, first):
                found.append(f"{i} {self.alone(r, venue, first)}")
            use.update(self.taken(r, venue, first))
            for x in r.get("after", ()):
                if x["request"] not in at:
                    found.append(f"{i} comes after {x['request']}, which has no place")
                else:
                    before = at[x["request"]][1] + timedelta(self.by["requests"][x["request"]]["duration"] - 1)
                    if not x["min_gap"] <= (first - before).days - 1 <= x["max_gap"]:
                        found.append(f"{i} is {(first - before).days - 1} days after {x['request']}")
        found += [f"{' '.join(map(str, key))}: {n} of {self.room(key)}" for key, n in use.items() if n > self.room(key)]
        found += self.squad_faults(at)
        for i, r in self.by["requests"].items():
            a = r.get("announced") or {}
            if a.get("fixed") and at.get(i) != (a["venue"], date.fromisoformat(a["first_day"])):
                found.append(f"{i} is fixed, and not where it was announced")
        return found

    def rest(self, v, w):
        if self.by["venues"][v]["city"] == self.by["venues"][w]["city"]:
            return self.policy["rest_same_city"]
        return self.policy["rest_same_host" if self.host(v) == self.host(w) else "rest_between_hosts"]

    def squad_faults(self, at):
        visits = {}
        for i, (venue, first) in at.items():
            for s in self.by["requests"][i]["squads"]:
                visits.setdefault(s, []).append((first, first + timedelta(self.by["requests"][i]["duration"] - 1), venue, i))
        found = []
        for s, list_ in visits.items():
            for a, b in combinations(sorted(list_), 2):
                if (b[0] - a[1]).days - 1 < self.rest(a[2], b[2]):
                    found.append(f"squad {s} between {a[3]} and {b[3]}")
        return found

    def score(self, at):
        total, hosted = 0, Counter({p: 0 for p in self.parties})
        for i, r in self.by["requests"].items():
            a = r.get("announced")
            if i in at:
                venue, first = at[i]
                total += 1000 * r["value"] - self.policy["date_weight"] * abs((first - date.fromisoformat(r["preferred_first_day"])).days)
                hosted[self.host(venue)] += r["headcount"] * r["duration"]
            if a and at.get(i) != (a["venue"], date.fromisoformat(a["first_day"])):
                total -= self.policy["move_cost"]
        t = sum(hosted.values())
        return total - self.policy["reciprocity_weight"] * sum(abs(len(self.parties) * h - t) for h in hosted.values())

    def insertable(self, at):
        """Ids of unplaced requests that fit as the plan stands and would raise the score: none may be left."""
        use = Counter()
        for i, (venue, first) in at.items():
            use.update(self.taken(self.by["requests"][i], venue, first))

        def fits(i, r, venue, first):
            if any(use[k] + n > self.room(k) for k, n in self.taken(r, venue, first).items()):
                return False
            mine = {j: p for j, p in at.items() if set(self.by["requests"][j]["squads"]) & set(r["squads"])}
            if len(self.squad_faults({**mine, i: (venue, first)})) > len(self.squad_faults(mine)):
                return False
            for x in r.get("after", ()):
                if x["request"] not in at:
                    return False
                gap = (first - at[x["request"]][1]).days - self.by["requests"][x["request"]]["duration"]
                if not x["min_gap"] <= gap <= x["max_gap"]:
                    return False
            return True

        base = self.score(at)
        return [i for i, r in self.by["requests"].items()
                if i not in at and any(fits(i, r, v, f) and self.score({**at, i: (v, f)}) > base for v, f in self.places(r))]

    def places(self, r):
        for venue in r.get("venues") or self.by["venues"]:
            for a, b in r["windows"]:
                first = max(self.start, date.fromisoformat(a))
                while first + timedelta(r["duration"] - 1) <= min(self.end, date.fromisoformat(b)):
                    if venue in self.by["venues"] and not self.alone(r, venue, first):
                        yield venue, first
                    first += timedelta(1)


def placements(plan):
    return {x["request"]: (x["venue"], date.fromisoformat(x["first_day"])) for x in plan["placed"]}
