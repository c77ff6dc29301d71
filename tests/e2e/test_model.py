"""Thousands of random steps by all who take part, against the reference model of model.py, over a real daemon.

CONVENE_MODEL_STEPS calls are made in bursts, some of them at the same instant, by federations, both committees and keys
that speak for them about one discipline, the working body, the operator, an observer and a guest. In between the daemon
is ended, by SIGTERM and by kill -9, and comes back on the same or a later day. When a burst is at rest: the log, each
answer and each record are as the model has it; the calendar is sound, nothing more fits into it; a dashboard that
listened has the same as a fresh snapshot. CONVENE_MODEL_SEED makes the same steps again.
"""
import os
import random
import time
from collections import Counter, deque
from datetime import date, timedelta

from checker import Judge
from client import Mirror, NoAnswer, Refused, Subscription, pb, programme_pb as p, record_pb as R
from daemon import Daemon
from model import Model, NAME, OPEN, Rules, S, Wrong, day
from words import small_programme, wish

STEPS = int(os.environ.get("CONVENE_MODEL_STEPS", "600"))
SEED = int(os.environ.get("CONVENE_MODEL_SEED", "7")) or random.SystemRandom().randrange(1, 10**9)  # 0: another each time
BURST, OPEN_MAX, SHOWN = 45, 45, 30
DISCIPLINES = ("TTE", "SWM")


def crowded():
    """Two parties and a guest, two disciplines, and less room than is asked for."""
    doc = small_programme(venues=2, squads=4, beds=70, units=2, staff=5)
    doc["programme"]["policy"].update(file_days=5, decide_days=20, longest_camp_days=9, freeze_days=6, change_notice_days=3, late_cancel_days=25,
                                      accept_days=3, revision_days=4)
    for v in doc["venues"]:
        v["disciplines"] = list(DISCIPLINES)
    for f in list(doc["federations"]):
        f["max_events"] = 9 if f["noc"] != "KAZ" else 0
        doc["federations"].append({**f, "id": f"{f['noc']}-SWM", "disciplines": ["SWM"]})
    for i, o in enumerate(doc["services"]):
        o["id"] = f"{o['provider']}-0"
    return doc


class Who:
    """One who takes part: a key, and what it may do."""

    def __init__(self, d, role, subject="", disciplines=()):
        self.d, self.role, self.subject, self.disciplines = d, role, subject, disciplines
        if role == "operator":
            self.keys, self.name = d.operator_keys, d.operator().hello().principal
        else:
            self.keys = d.grant(role, subject).keys
            self.name = " ".join([role, subject, *disciplines]).strip()
            d.operator().grant(pb.Principal(public_key=self.keys.public, role=role, subject=subject, name=self.name, disciplines=disciplines))
        self.key, self.connection = self.keys.public, None
        self.connect()

    def connect(self):
        if self.connection:
            self.d.connections.remove(self.connection)
            self.connection.close()
        self.connection = self.d.connect(self.keys)

    def speaks_of(self, content):
        return not self.disciplines or content.discipline in self.disciplines


class Call:
    def __init__(self, number, who, kind, message):
        self.number, self.who, self.kind, self.message = number, who, kind, message
        if kind == "submit":
            self.requests = [r.id for r in message.requests]
        elif kind == "value":
            self.requests = list(dict.fromkeys(message.requests))
        else:
            self.requests = [] if kind == "put" else [message.request.id if kind == "amend" else message.request]
        self.answer = self.reply = self.code = self.text = self.cursor = self.group = self.low = None

    def heard(self, reply):
        self.answer, self.reply = "ok", reply
        self.cursor = max(r.cursor for r in reply.receipts) if self.kind == "submit" else reply.cursor

    def __repr__(self):
        said = {None: "no answer", "ok": f"ok at {self.cursor}"}.get(self.answer, self.code)
        text = " ".join(str(self.message).split())
        return f"#{self.number} {self.who.name}: {self.kind} {{{text if len(text) < 260 else text[:260] + ' …'}}} -> {said}"


class Walk:
    """The random steps, and what is checked after each burst of them."""

    def __init__(self, d, seed):
        self.d, self.random, self.model = d, random.Random(seed), Model()
        self.today = date(2026, 1, 5)
        self.model.days = [(0, 0, self.today)]
        self.programme = d.load(crowded())
        feds = [Who(d, "federation", f"{noc}-{x}") for noc in ("CHN", "RUS") for x in DISCIPLINES]
        self.feds = {f.subject: f for f in feds}
        self.committees = {noc: Who(d, "committee", noc) for noc in ("CHN", "RUS")}
        self.delegates = [Who(d, "committee", "CHN", ("TTE",)), Who(d, "committee", "RUS", ("SWM",))]
        self.guest, self.body, self.operator = Who(d, "federation", "KAZ-TTE"), Who(d, "working_body"), Who(d, "operator")
        self.observer = Who(d, "observer")
        self.all = feds + list(self.committees.values()) + self.delegates + [self.guest, self.body, self.operator, self.observer]
        self.n = self.group = self.requests = 0
        self.low = self.operator.connection.replay(self.programme, 0)[-1].cursor
        self.calls, self.last, self.tally = [], deque(maxlen=SHOWN), Counter()
        self.mirror = Mirror(self.programme)
        self.listen = Subscription(d.updates, d.public_key, self.observer.keys, self.programme)
        self.mirror.snapshot(self.observer.connection)
        self.first = {}

    # -- one step ---------------------------------------------------------------------------------------------------------
    def chance(self, part):
        return self.random.random() < part

    def pick(self, *states, placed=None):
        """A request, preferably in one of these states as far as is known."""
        known = [(i, h[-1]) for i, h in self.model.history.items()]
        fit = [x for x in known if not states or x[1].standing.state in [S[s] for s in states]]
        if not fit or self.chance(0.08):
            fit = known
        return self.random.choice(fit)[1] if fit else None

    def content(self, ident, federation=None, start=None):
        r = self.random
        federation = federation or r.choice(list(self.feds))
        duration = r.choice([2, 3, 4, 5, 6, 8]) if r.random() > 0.05 else 11
        first = (start or self.today + timedelta(5)) + timedelta(r.randint(0, 30) if r.random() > 0.06 else -3)
        span = r.choice([0, 2, 6, 15])
        squads = r.sample([f"{noc}-TTE-{n}" for noc in ("CHN", "RUS", "KAZ") for n in range(4)], r.choice([0, 0, 1, 1, 2, 3]))
        hosts = r.choice([["CHN"], ["RUS"], ["CHN", "RUS"]])
        c = dict(federation=federation, discipline=federation[-3:], duration=duration, squads=squads, hosts=hosts,
                 windows=[[str(first), str(first + timedelta(duration - 1 + span))]], preferred_first_day=str(first + timedelta(r.randint(0, span))),
                 kind=r.choice(["training_camp", "training_camp", "tournament"]), units=r.choice([1, 1, 2]), value=r.randint(1, 100) if r.random() > 0.03 else 101,
                 headcount=max(10, 10 * len(squads) + r.choice([0, 5, 15])) - (5 if r.random() < 0.03 and squads else 0),
                 services={"medical": r.choice([1, 2])} if r.random() < 0.7 else {})
        if r.random() < 0.2:
            c["venues"] = [f"{h}-c-v{r.randint(0, 1)}" for h in hosts]
        known = [i for i in self.model.history if self.model.now(i).standing.state in OPEN]
        if r.random() < 0.12 and known:
            c["after"] = [{"request": r.choice(known), "min_gap": r.choice([0, 3]), "max_gap": r.choice([20, 40])}]
        return wish(ident, **c)

    def new_id(self):
        self.requests += 1
        return f"r{self.requests}"

    def owner(self, v):
        return self.feds[v.content.federation] if self.chance(0.9) else self.random.choice([self.body, self.operator])

    def submit(self):
        if sum(h[-1].standing.state in OPEN for h in self.model.history.values()) > OPEN_MAX:
            return self.random.choice([self.withdraw, self.decide, self.decide])()
        federation = self.random.choice(list(self.feds))
        who = self.owner_of(federation)
        requests = [self.content(self.new_id(), federation) for _ in range(self.random.choice([1, 1, 1, 2, 4]))]
        if who.role != "federation" and self.chance(0.5):
            r = requests[0]
            del r.after[:]
            r.announced.CopyFrom(p.Announced(venue=f"{r.hosts[0]}-c-v{self.random.randint(0, 1)}", first_day=r.preferred_first_day, fixed=self.chance(0.7)))
        v = self.pick()
        if v and self.chance(0.15):
            requests = [self.model.first[v.content.id] if self.chance(0.7) else self.content(v.content.id)]
            who = self.owner_of(requests[0].federation)
        return who, pb.Submit(requests=requests)

    def owner_of(self, federation):
        return self.feds[federation] if self.chance(0.85) else self.random.choice([self.body, self.operator])

    def amend(self):
        v = self.pick("PROPOSED", "WAITLISTED", "CONFIRMED", "REVISION_REQUIRED", "POSTPONED", "POSTPONED", "REJECTED")
        if not v:
            return self.submit()
        new, who = p.Request(), self.owner(v)
        new.CopyFrom(v.content)
        if v.standing.state == S["POSTPONED"] and v.standing.HasField("was") and self.chance(0.6):
            who = self.committees[v.standing.was.venue[:3]]
        other = self.content(v.content.id, v.content.federation)
        if v.standing.state == S["CONFIRMED"] and self.chance(0.7):
            new.contact = f"desk {self.random.randint(1, 9)}"
        elif who.role == "committee" or self.chance(0.4):
            new.duration = v.content.duration
            del new.windows[:]
            first = self.today + timedelta(self.random.randint(6, 30))
            new.windows.add(first=str(first), last=str(first + timedelta(new.duration + 5)))
            new.preferred_first_day = str(first)
        elif self.chance(0.5):
            new.headcount = max(new.headcount, 10) + self.random.choice([0, 5])
        elif not v.content.HasField("announced"):
            new = other
            if v.content.after:
                del new.after[:]
        call = pb.Amend(request=new)
        call.revision = v.revision
        return who, call

    def _about(self, v, call, revision=0.5):
        if self.chance(revision):
            call.revision = v.revision if self.chance(0.9) else max(1, v.revision + self.random.choice([-1, 1]))
        return call

    def withdraw(self):
        v = self.pick("PROPOSED", "WAITLISTED", "CONFIRMED", "REVISION_REQUIRED", "POSTPONED")
        return (self.owner(v), self._about(v, pb.Withdraw(request=v.content.id, reason="no means"))) if v else self.submit()

    def accept(self):
        late = [h[-1] for h in self.model.history.values() if h[-1].standing.accept_by]
        v = self.random.choice(late) if late and self.chance(0.9) else self.pick("PROPOSED", "WAITLISTED")
        return (self.owner(v), self._about(v, pb.Accept(request=v.content.id))) if v else self.submit()

    def take(self):
        v = self.pick("PROPOSED", "WAITLISTED", "WAITLISTED")
        if not v:
            return self.submit()
        options = [(a.venue, a.first_day) for a in v.standing.alternatives]
        venue, first = self.random.choice(options) if options and self.chance(0.8) else (
            f"{self.random.choice(v.content.hosts)}-c-v{self.random.randint(0, 2)}", str(self.today + timedelta(self.random.randint(-2, 40))))
        return self.owner(v), self._about(v, pb.Take(request=v.content.id, venue=venue, first_day=first))

    def decide(self, verdict=None):
        verdict = verdict or self.random.choice(["approve"] * 9 + ["decline", "revise", "postpone", "cancel", "perhaps"])
        states = {"approve": ["PROPOSED"], "decline": ["PROPOSED"], "cancel": ["CONFIRMED"]}.get(verdict, ["PROPOSED", "CONFIRMED", "CONFIRMED"])
        asked = [h[-1] for h in self.model.history.values() if h[-1].standing.host_asked]
        v = self.random.choice(asked) if asked and verdict == "approve" and self.chance(0.3) else self.pick(*states)
        if not v:
            return self.submit()
        s = v.standing
        left = [n for n in s.consent_needed if n not in [c.noc for c in s.consents]] if verdict == "approve" else list(s.consent_needed)
        noc = self.random.choice(left) if left and self.chance(0.9) else self.random.choice(["CHN", "RUS"])
        who = self.random.choice([self.committees[noc]] * 5 + [self.operator] + self.delegates)
        call = pb.Decide(request=v.content.id, verdict=verdict)
        if verdict != "approve" and self.chance(0.95):
            call.reason = self.random.choice(["no room", "no means", "better later"])
        if who is self.operator and self.chance(0.95):
            call.noc = noc
        return who, self._about(v, call)

    def reschedule(self):
        v = self.pick("CONFIRMED")
        if not v or not v.standing.HasField("placement"):
            return self.decide("approve")
        noc = v.standing.placement.venue[:3]
        who = self.committees[noc] if self.chance(0.8) else self.random.choice(self.all)
        first = day(v.standing.placement.first_day) + timedelta(self.random.randint(-6, 20))
        call = pb.Reschedule(request=v.content.id, venue=f"{noc}-c-v{self.random.randint(0, 1)}", first_day=str(first), reason="ice" if self.chance(0.95) else " ")
        if who.role == "operator":
            call.noc = noc
        return who, self._about(v, call)

    def allow(self):
        v = self.pick("REJECTED", "CONFIRMED")
        codes = [x.code for x in v.standing.violations] if v else []
        codes = codes if codes and self.chance(0.7) else [self.random.choice(["FROZEN", "NOTICE_TOO_SHORT", "CAMP_TOO_LONG", "FILED_TOO_LATE", "HOST_TWICE"])]
        return (self.random.choice([self.body, self.operator]), self._about(v, pb.Allow(request=v.content.id, codes=codes, reason="games"), 0.3)) if v else self.submit()

    def value(self):
        some = [self.pick("PROPOSED", "WAITLISTED", "WAITLISTED") for _ in range(self.random.choice([1, 2, 4]))]
        ids = [v.content.id for v in some if v] or ["nobody"]
        if self.chance(0.95):
            ids = list(dict.fromkeys(ids))
        return self.random.choice([self.body, self.operator]), pb.Value(requests=ids, value=self.random.choice([0, 10, 40, 90, 100]), reason="games")

    def respond(self):
        invited = [h[-1] for h in self.model.history.values() if h[-1].standing.invitations]
        v = self.random.choice(invited) if invited else self.pick("CONFIRMED")
        if not v or not v.standing.invitations:
            return self.decide("approve")
        i = self.random.choice(v.standing.invitations)
        who = {**self.feds, "KAZ-TTE": self.guest}[i.federation] if self.chance(0.85) else self.random.choice([self.body, self.guest])
        call = pb.Respond(request=v.content.id, squad=i.squad, answer=self.random.choice(["accept", "decline", "decline", "fewer", "perhaps"]))
        if call.answer == "fewer":
            call.people = self.random.choice([1, 3, 9, 10])
        return who, call

    def release(self):
        v = self.pick()
        return (self.operator, pb.Release(request=v.content.id, reject=self.chance(0.5), reason="x")) if v else self.submit()

    def put(self):
        noc, r = self.random.choice(["CHN", "RUS"]), self.random
        n, who = r.randint(0, 1), self.committees[noc]
        spans, retire = [], self.chance(0.15)
        if self.chance(0.4):
            first = self.today + timedelta(r.randint(3, 40))
            spans = [p.Period(first=str(first), last=str(first + timedelta(r.randint(0, 4))))]
        days = [str(self.today + timedelta(x)) for x in sorted((r.randint(3, 40), r.randint(3, 40)))]
        entity = r.choice([
            p.Entity(venue=p.Venue(id=f"{noc}-c-v{n}", city=f"{noc}-c", disciplines=DISCIPLINES, facilities=["indoor"], units=r.choice([1, 2, 2, 3]), level=5, closed=spans)),
            p.Entity(offer=p.Offer(id=f"{noc}-{n}", provider=noc, noc=noc, service="medical", capacity=r.choice([2, 4, 6]))),
            p.Entity(city=p.City(id=f"{noc}-c", noc=noc, beds=r.choice([40, 60, 80]))),
            p.Entity(protected=p.Protected(id=f"day-{noc}-{n}", first_day=days[0], last_day=min(days[1], str(day(days[0]) + timedelta(3))), noc=noc, title="Feast",
                                           soft=self.chance(0.4))),
        ])
        if entity.HasField("city"):
            retire = False
        if retire and entity.HasField("venue") and self.chance(0.5):
            entity = p.Entity(protected=p.Protected(id=f"day-{noc}-{n}"))
        if self.chance(0.1):
            who = r.choice(self.all)
        return who, pb.Put(entities=[entity], retire=retire)

    STEPS = [("submit", 22), ("decide", 32), ("amend", 10), ("withdraw", 5), ("accept", 8), ("take", 6), ("reschedule", 5), ("allow", 3), ("value", 3),
             ("respond", 7), ("release", 1), ("put", 4)]

    def step(self):
        if self.calls and self.chance(0.08):  # the same again
            old = self.random.choice(self.calls[-5:])
            who, message, kind = old.who, old.message, old.kind
        else:
            name = self.random.choices([n for n, _ in self.STEPS], [w for _, w in self.STEPS])[0]
            who, message = getattr(self, name)()
            kind = {"Submit": "submit", "Amend": "amend", "Withdraw": "withdraw", "Accept": "accept", "Take": "take", "Decide": "decide", "Put": "put",
                    "Reschedule": "reschedule", "Allow": "allow", "Value": "value", "Respond": "respond", "Release": "release"}[type(message).__name__]
            if self.chance(0.05):
                who = self.random.choice(self.all)
        self.n += 1
        return Call(self.n, who, kind, message)

    # -- groups of calls, some at the same instant -------------------------------------------------------------------------
    def send(self, calls, wait=True):
        self.group += 1
        under_way = []
        for c in calls:
            c.group, c.low = self.group, self.low
            self.calls.append(c)
            self.last.append(c)
            under_way.append((c, c.who.connection.send(self.programme, **{c.kind: c.message})))
        if not wait:
            return
        for c, ident in under_way:
            try:
                c.heard(c.who.connection.wait(ident))
                self.low = max(self.low, c.cursor)
            except Refused as e:
                c.answer, c.code, c.text = "refused", e.code, str(e)
            self.tally[c.kind, c.code or "ok"] += 1

    def burst(self, n):
        # what was known before the burst and what answers told: enough to choose steps by
        while n > 0:
            size = 1 if self.chance(0.6) else self.random.randint(2, 4)
            calls = [self.step() for _ in range(size)]
            if any(c.kind == "put" for c in calls):  # data hold for all calls of an instant
                calls = [c for c in calls if c.kind == "put"][:1]
            self.send(calls)
            n -= len(calls)
            if self.chance(0.2):
                self.look()

    # -- what is checked ----------------------------------------------------------------------------------------------------
    def look(self):
        """The log so far against the calls so far; the model knows then what stands."""
        updates = self.operator.connection.replay(self.programme, self.model.cursor)
        self.model.judge(updates, self.calls)
        self.calls = []
        self.low = max(self.low, self.model.cursor)

    def rest(self):
        end, last, since = time.monotonic() + 20, None, time.monotonic()
        while True:
            self.look()
            if last != self.model.cursor or any(h[-1].standing.state == S["RECEIVED"] for h in self.model.history.values()):
                last, since = self.model.cursor, time.monotonic()
            elif time.monotonic() - since > 0.15:
                return
            if time.monotonic() > end:
                raise Wrong(f"no rest: received are {[i for i, h in self.model.history.items() if h[-1].standing.state == S['RECEIVED']]}")
            time.sleep(0.03)

    def check(self):
        for _ in range(24):  # the scheduler may still be looking through those that wait
            self.rest()
            fault = self.calendar_fault()
            if not fault:
                break
            time.sleep(0.25)
        if fault:
            raise Wrong(fault)
        self.check_dashboard()

    def judged(self):
        """The programme file as it stands, for the judge."""
        data = self.model.data_at(self.model.cursor)
        doc = {"programme": crowded()["programme"], "cities": [], "venues": [], "services": [], "federations": [], "squads": [], "protected": [], "requests": []}
        lists = {"city": "cities", "venue": "venues", "offer": "services", "federation": "federations", "squad": "squads", "protected": "protected"}
        for (kind, _), e in data.items.items():
            if kind in lists and not (kind == "protected" and e.soft):
                x = {f.name: (list(v) if f.label == f.LABEL_REPEATED else v) for f, v in e.ListFields()}
                if "closed" in x:
                    x["closed"] = [[c.first, c.last] for c in e.closed]
                doc[lists[kind]].append(x)
        for i, h in self.model.history.items():
            c, s = h[-1].content, h[-1].standing
            if s.state not in OPEN and s.state != S["HELD"]:
                continue
            x = {"id": i, "federation": c.federation, "discipline": c.discipline, "level": c.level, "duration": c.duration, "units": c.units,
                 "windows": [[w.first, w.last] for w in c.windows], "preferred_first_day": c.preferred_first_day, "hosts": list(c.hosts),
                 "venues": list(c.venues), "facilities": list(c.facilities), "headcount": c.headcount, "squads": list(c.squads),
                 "services": {n.service: n.staff for n in c.services}, "value": s.value if s.HasField("value") else c.value,
                 "after": [{"request": a.request, "min_gap": a.min_gap, "max_gap": a.max_gap} for a in c.after]}
            if c.HasField("announced"):
                x["announced"] = {"venue": c.announced.venue, "first_day": c.announced.first_day, "fixed": c.announced.fixed}
            doc["requests"].append(x)
        return doc

    def calendar_fault(self):
        doc = self.judged()
        j, now = Judge(doc), self.model.now
        at = {}
        for x in doc["requests"]:
            s = now(x["id"]).standing
            if s.state != S["WAITLISTED"] and s.HasField("placement") and s.placement.venue in j.by["venues"]:
                at[x["id"]] = (s.placement.venue, day(s.placement.first_day))
        use = Counter()
        for i, (venue, first) in at.items():
            use.update(j.taken(j.by["requests"][i], venue, first))
        for x in doc["requests"]:
            i, s = x["id"], now(x["id"]).standing
            if s.state not in (S["PROPOSED"], S["CONFIRMED"]):
                continue
            why = "its venue is gone" if i not in at else self.misfit(j, at, use, i)
            if why and not (s.state == S["CONFIRMED"] and s.in_conflict):
                return f"{i} is {NAME[s.state]} at {at.get(i)}, and {why}"
            if s.in_conflict and not why:
                return f"{i} is flagged to be in conflict, and is not: {s}"
        waits = {x["id"] for x in doc["requests"] if now(x["id"]).standing.state == S["WAITLISTED"] and not x.get("announced", {}).get("fixed")}
        doc["requests"] = [x for x in doc["requests"] if x["id"] in at or x["id"] in waits]
        for x in doc["requests"]:
            if x["id"] in waits:  # only days to come are offered
                x["windows"] = [[max(a, str(self.today + timedelta(1))), b] for a, b in x["windows"]]
        # a waiting one has room only if all that stand there may stay; those behind may not be left in peace
        left = Judge(doc).insertable(at)
        return f"{left} could be placed, and wait: {[now(i).standing for i in left]}" if left else None

    def misfit(self, j, at, use, i):
        r, (venue, first) = j.by["requests"][i], at[i]
        a = r.get("announced") or {}
        stands = a.get("fixed") and (a["venue"], day(a["first_day"])) == (venue, first)
        if not stands and j.alone(r, venue, first):
            return j.alone(r, venue, first)
        for key in j.taken(r, venue, first):
            if use[key] > j.room(key):
                return f"{key}: {use[key]} of {j.room(key)}"
        mine = {k: at[k] for k in at if set(j.by["requests"][k]["squads"]) & set(r["squads"])}
        for s in j.squad_faults(mine):
            if i in s.split():
                return s
        for x in r.get("after", ()):
            if x["request"] not in at:
                return f"{x['request']} has no place"
            gap = (first - at[x["request"]][1]).days - j.by["requests"][x["request"]]["duration"]
            if not x["min_gap"] <= gap <= x["max_gap"]:
                return f"it is {gap} days after {x['request']}"
        return None

    def check_dashboard(self):
        end = time.monotonic() + 10
        while self.mirror.cursor < self.model.cursor and time.monotonic() < end:
            u = self.listen.next(0.1)
            if (u is None or not self.mirror.update(u)) and self.mirror.cursor < self.model.cursor:
                self.mirror.catch_up(self.observer.connection)
        fresh = Mirror(self.programme).snapshot(self.observer.connection)
        if fresh.cursor > self.model.cursor:  # something stirred after all
            self.check()
            return
        if fresh.state() != self.mirror.state():
            raise Wrong("a dashboard that listened has another state than a fresh snapshot")
        for i, h in self.model.history.items():
            cursor, revision, content, standing = fresh.records[i]
            if (cursor, revision) != (h[-1].cursor, h[-1].revision) or R.Standing.FromString(standing) != h[-1].standing or p.Request.FromString(content) != h[-1].content:
                raise Wrong(f"{i}: the snapshot differs from the log")

    # -- the daemon ends, and comes back -----------------------------------------------------------------------------------
    def restart(self):
        if self.chance(0.5):
            self.d.stop()
        else:
            self.send([self.step() for _ in range(3)], wait=False)
            time.sleep(self.random.random() * 0.02)
            self.d.kill()
        known = self.model.cursor
        if self.chance(0.6):
            self.today += timedelta(self.random.choice([1, 2, 4, 7, 12]))
        self.d.options["today"] = str(self.today)
        self.d.start()
        for who in self.all:
            who.connect()
        last = self.operator.connection.replay(self.programme, 0)[-1].cursor
        self.model.days.append((known, last, self.today))
        self.look()

    def run(self, steps):
        self.look()
        while self.n < steps:
            self.burst(min(BURST, steps - self.n))
            self.check()
            if self.chance(0.45):
                self.restart()
                self.check()


def test_random_steps_of_all_who_take_part_agree_with_the_model():
    d = Daemon(today="2026-01-05")
    walk = None
    try:
        d.start()
        walk = Walk(d, SEED)
        walk.run(STEPS)
    except (AssertionError, NoAnswer, KeyError) as e:
        steps = "\n".join(map(str, walk.last if walk else []))
        raise AssertionError(f"CONVENE_MODEL_SEED={SEED}, after {walk.n if walk else 0} steps: {e}\nthe last {SHOWN} steps:\n{steps}") from e
    finally:
        d.close()
    ok = sum(n for (_, code), n in walk.tally.items() if code == "ok")
    if os.environ.get("CONVENE_MODEL_VERBOSE"):  # shown by pytest -s, or -rP
        print(f"\nseed {SEED}: {walk.n} steps, {ok} done, {walk.model.moves} moves, until {walk.today}\n{sorted(walk.tally.items())}")
        print(Counter(NAME[h[-1].standing.state] for h in walk.model.history.values()))
    assert ok > 0.35 * walk.n and len({kind for kind, code in walk.tally if code == "ok"}) >= 9, walk.tally
