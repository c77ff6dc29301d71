"""A small reference model of a programme's requests: who may do what when, and what stands afterwards.

It is fed with the calls that were made and with the log. Each change in the log must be explained: one that somebody
made by exactly one call, and it must be what the model makes of that call on what stood before; any other must be a move
that the system may make by itself. Each answer must be right for a version of the record that stood while the call was
under way. Where the scheduler puts an event is its own choice; the model does not foretell it (see test_model.py).
"""
import os
import re
from collections import namedtuple
from datetime import date, timedelta

from client import ROOT, record_pb as R

S = {name[6:]: value for name, value in R.State.items()}
NAME = {value: name for name, value in S.items()}
OPEN = {S[x] for x in ("RECEIVED", "VALIDATED", "PROPOSED", "WAITLISTED", "CONFIRMED", "REVISION_REQUIRED", "POSTPONED", "QUARANTINED")}
PLACED = {S[x] for x in ("RECEIVED", "VALIDATED", "PROPOSED", "CONFIRMED", "REVISION_REQUIRED", "HELD", "QUARANTINED")}
AS_AMENDED = {S[x] for x in ("RECEIVED", "PROPOSED", "WAITLISTED", "CONFIRMED")}
VERDICTS = {"approve": "CONSENT", "decline": "DECLINE", "revise": "REVISE", "postpone": "POSTPONE", "cancel": "CANCEL"}
TO = {"decline": S["DECLINED"], "revise": S["REVISION_REQUIRED"], "postpone": S["POSTPONED"], "cancel": S["CANCELLED"]}
POLICY_CODES = {"FILED_TOO_LATE", "CAMP_TOO_LONG", "FROZEN", "NOTICE_TOO_SHORT"}
# what a request can be rejected for although its federation made no mistake: the data have changed
BY_DATA = {"NO_ELIGIBLE_VENUE", "NO_VENUE_WITH_FACILITIES", "LEVEL_ABOVE_VENUES", "UNITS_ABOVE_VENUES", "HEADCOUNT_ABOVE_BEDS",
           "SERVICE_ABOVE_OFFERS", "AFTER_OUT_OF_REACH", "VENUE_UNKNOWN", "AFTER_UNKNOWN"}
SYSTEM = {"FAULTS", "SOUND", "PLACE", "NO_PLACE", "KEEP", "ROOM", "LAPSE", "DISPLACE", "CONFLICT", "PASS"}

Version = namedtuple("Version", "cursor revision content standing by")
Ruling = namedtuple("Ruling", "faults same want content revision maybe", defaults=(frozenset(), False, None, None, None, frozenset()))


class Wrong(AssertionError):
    """The product did what the model does not allow."""


def _moves():
    with open(os.path.join(ROOT, "lib/domain/lifecycle.def"), encoding="utf-8") as f:
        rows = re.findall(r'^MOVE\((\w+), (\w+), (\w+),', f.read(), re.M)
    assert len(rows) > 40
    return rows


MOVES = _moves()
CAN = {(S[a], cause) for a, cause, _ in MOVES}


def _edges(causes):
    """from -> to by these causes; `validated` is passed through within one step."""
    e = {(S[a], S[b]) for a, cause, b in MOVES if causes is None or cause in causes}
    v = S["VALIDATED"]
    return e | {(a, d) for a, b in e if b == v for c, d in e if c == v}


EDGES, SYSTEM_EDGES = _edges(None), _edges(SYSTEM)


def day(text):
    return date.fromisoformat(text)


def place(p):
    return (p.venue, p.first_day) if p.venue else None


def summary(s):
    """All of a standing that the model answers for."""
    return {
        "state": s.state, "place": place(s.placement) if s.HasField("placement") else None,
        "consents": [(c.noc, c.key) for c in s.consents], "needed": list(s.consent_needed), "accept_by": s.accept_by, "amend_by": s.amend_by,
        "value": s.value if s.HasField("value") else None, "allowances": [(a.code, a.revision) for a in s.allowances],
        "invitations": [(i.squad, i.federation, i.invited, i.state, i.people if i.HasField("people") else None) for i in s.invitations],
        "asked": s.host_asked, "kept": s.people_kept if s.HasField("people_kept") else None, "late": s.late,
        "was": place(s.was) if s.HasField("was") else None, "decide_by": s.decide_by, "conflict": s.in_conflict}


def without_place(w):
    w.update(place=None, accept_by="", amend_by="", conflict=False, consents=[], needed=[])


class Data:
    """The programme's data at one cursor."""

    def __init__(self, items=()):
        self.items = dict(items)

    def get(self, kind, ident):
        return self.items.get((kind, ident))

    def after(self, change):
        kind = change.entity.WhichOneof("of")
        new = Data(self.items)
        e = getattr(change.entity, kind)
        if change.retired:
            new.items.pop((kind, e.id), None)
        else:
            new.items[kind, e.id] = e
        return new

    @property
    def programme(self):
        return next(e for (k, _), e in self.items.items() if k == "programme")

    @property
    def policy(self):
        return self.programme.policy

    def host(self, venue):
        v = self.get("venue", venue)
        c = v and self.get("city", v.city)
        return c.noc if c else None

    def noc_of_federation(self, ident):
        f = self.get("federation", ident)
        return f.noc if f else None

    def noc_of_squad(self, ident):
        s = self.get("squad", ident)
        return self.noc_of_federation(s.federation) if s else None

    def needed(self, content, venue):
        nocs = {self.host(venue), self.noc_of_federation(content.federation)}
        nocs |= {self.noc_of_squad(s) for s in content.squads} & set(self.programme.parties)
        if self.policy.consent_of_all:
            nocs |= set(self.programme.parties)
        return sorted(n for n in nocs if n)

    def owner(self, entity):
        kind = entity.WhichOneof("of")
        e = getattr(entity, kind)
        if kind == "venue":
            c = self.get("city", e.city)
            return c.noc if c else None
        return e.provider if kind == "offer" else self.noc_of_federation(e.federation) if kind == "squad" else getattr(e, "noc", None)


def follows(data, today, content, before, w):
    """What a new standing `w` brings by itself, where `before` stood."""
    policy, moved = data.policy, before["place"] != w["place"]
    if w["state"] != S["PROPOSED"] or not policy.HasField("decide_days"):
        w["decide_by"] = ""
    elif not (before["state"] == S["PROPOSED"] and before["decide_by"] and not moved):
        w["decide_by"] = str(today + timedelta(policy.decide_days))
    if before["state"] == S["CONFIRMED"] and before["place"] and w["state"] != S["HELD"] and (w["state"] != S["CONFIRMED"] or moved):
        w["was"] = before["place"]
    if w["state"] == S["CONFIRMED"] and w["was"] == w["place"]:
        w["was"] = None
    again = moved if before["state"] == S["CONFIRMED"] else w["was"] is not None
    if w["state"] == S["CONFIRMED"] and (before["state"] != S["CONFIRMED"] or again):
        had = {} if again else {i[0]: i for i in w["invitations"]}
        new = []
        for squad in dict.fromkeys(content.squads):
            q = data.get("squad", squad)
            i = had.get(squad)
            new.append(i if i and i[2] == q.size else (squad, q.federation, q.size, "invited", None))
        w["invitations"] = new
        if again:
            w["kept"] = None
    come, invited = people(w), sum(i[2] for i in w["invitations"])
    pct = policy.min_people_pct if policy.HasField("min_people_pct") else 50
    w["asked"] = w["state"] == S["CONFIRMED"] and come * 100 < invited * pct and not (w["kept"] is not None and come >= w["kept"])
    return w


def people(w):
    return sum(i[2] if i[4] is None else i[4] for i in w["invitations"])


def before_it_begins(today, days, place):
    """The last day of so many, the day before the event at the latest."""
    last = today + timedelta(days)
    return str(max(today, min(last, day(place[1]) - timedelta(1))) if place else last)


class Rules:
    """One call on one version of a record, on one day, with the data as they were."""

    def __init__(self, who, version, data, today):
        self.who, self.v, self.data, self.today = who, version, data, today
        if version:
            self.w = summary(version.standing)

    def rule(self, kind, call):
        return getattr(self, kind)(call)

    def _begin(self, call, roles, own=False):
        faults = set()
        if self.who.role not in roles:
            faults.add("FORBIDDEN")
        if self.v is None:
            return faults | {"UNKNOWN_REQUEST"}
        if own and self.who.role == "federation" and self.v.content.federation != self.who.subject:
            faults.add("FORBIDDEN")
        if call is not None and call.HasField("revision") and call.revision != self.v.revision:
            faults.add("CONFLICT")
        if self.w["state"] == S["CONFIRMED"] and self._over():
            faults.add("NOT_ALLOWED_NOW")  # as good as held
        return faults

    def _over(self):
        return bool(self.w["place"]) and day(self.w["place"][1]) + timedelta(self.v.content.duration) <= self.today

    def _can(self, cause, faults):
        if (self.v.standing.state, cause) not in CAN:
            faults.add("NOT_ALLOWED_NOW")

    def _done(self, faults, w=None, same=False, content=None, revision=None, maybe=frozenset()):
        if faults:
            return Ruling(faults)
        if same:
            return Ruling(same=True)
        content = content or self.v.content
        return Ruling(want=follows(self.data, self.today, content, summary(self.v.standing), w), content=content,
                      revision=revision or self.v.revision, maybe=maybe)

    def _allowed(self, code):
        return (code, self.v.revision) in self.w["allowances"]

    def _notice(self, first, faults):
        if self.data.policy.HasField("change_notice_days") and (first - self.today).days < self.data.policy.change_notice_days \
                and not self._allowed("NOTICE_TOO_SHORT"):
            faults.add("INVALID")

    # -- the owner ---------------------------------------------------------------------------------------------------
    OWNERS = ("federation", "working_body", "operator")

    def amend(self, call):
        faults = self._begin(None, self.OWNERS + ("committee",), own=True)
        if self.v is None:
            return Ruling(faults)
        old, new = self.v.content, type(self.v.content)()
        new.CopyFrom(call.request)
        if self.who.role in ("federation", "committee") and new.HasField("value") and new.value == self.w["value"]:
            new.ClearField("value")  # what was read was the working body's: no new wish
            if old.HasField("value"):
                new.value = old.value
        if new.federation != old.federation:
            faults.add("INVALID")
        if self.who.role == "committee":
            only = type(new)()
            only.CopyFrom(old)
            del only.windows[:]
            only.windows.extend(new.windows)
            only.preferred_first_day = new.preferred_first_day
            if only != new or not self.w["was"] or self.data.host(self.w["was"][0]) != self.who.subject or not self.who.speaks_of(old):
                faults.add("FORBIDDEN")
            if self.w["state"] != S["POSTPONED"]:
                faults.add("NOT_ALLOWED_NOW")
        elif self.who.role == "federation":
            if new.HasField("announced") and new.announced != old.announced:
                faults.add("FORBIDDEN")
            if old.HasField("announced"):
                new.announced.CopyFrom(old.announced)
        if call.HasField("revision") and call.revision != self.v.revision:
            if new == old and call.revision == self.v.revision - 1 and not faults & {"FORBIDDEN", "INVALID"}:
                return Ruling(same=True)
            faults.add("CONFLICT")
        elif new == old and self.w["state"] in AS_AMENDED and not faults & {"FORBIDDEN", "INVALID"} and self.who.role != "committee":
            return Ruling(same=True)  # this very content is judged already
        self._can("AMEND", faults)
        p = self.data.policy
        if self.w["state"] == S["CONFIRMED"] and self.w["place"]:
            first = day(self.w["place"][1])
            self._notice(first, faults)
            if p.HasField("freeze_days") and (first - self.today).days < p.freeze_days and not self._allowed("FROZEN"):
                faults.add("INVALID")
        w = dict(self.w, state=S["RECEIVED"], amend_by="")
        same_windows = list(old.windows) == list(new.windows)
        w["allowances"] = [(c, n + 1) if n == self.v.revision and (c == "CAMP_TOO_LONG" and new.duration <= old.duration
                                                                   or c == "FILED_TOO_LATE" and same_windows) else (c, n)
                           for c, n in w["allowances"]]
        if not (self.w["place"] and self.w["state"] in PLACED):
            without_place(w)
        elif old.duration != new.duration or old.headcount != new.headcount:
            w["consents"] = []
        if self.who.role in ("working_body", "operator") and new.HasField("value"):
            w["value"] = new.value
        return self._done(faults, w, content=new, revision=self.v.revision + 1)

    def withdraw(self, call):
        faults = self._begin(call, self.OWNERS, own=True)
        if self.v is None or (self.w["state"] == S["WITHDRAWN"] and not faults):
            return Ruling(faults, same=not faults)
        self._can("WITHDRAW", faults)
        w = dict(self.w, state=S["WITHDRAWN"])
        without_place(w)
        return self._done(faults, w)

    def accept(self, call):
        faults = self._begin(call, self.OWNERS, own=True)
        if self.v is None:
            return Ruling(faults)
        self._can("ACCEPT", faults)
        if self.w["accept_by"] and day(self.w["accept_by"]) < self.today:
            faults.add("NOT_ALLOWED_NOW")
        w = dict(self.w, accept_by="")
        if self._complete(w):
            w["state"] = S["CONFIRMED"]
        return self._done(faults, w, same=not self.w["accept_by"])

    @staticmethod
    def _complete(w):
        return bool(w["needed"]) and set(w["needed"]) <= {c[0] for c in w["consents"]}

    def take(self, call):
        faults = self._begin(call, self.OWNERS, own=True)
        if self.v is None:
            return Ruling(faults)
        self._can("TAKE", faults)
        if self.data.get("venue", call.venue) is None:
            faults.add("INVALID")
        if not faults and day(call.first_day) <= self.today:
            return Ruling({"INVALID"})
        to = (call.venue, call.first_day)
        w = dict(self.w, state=S["PROPOSED"], place=to, accept_by="", amend_by="", conflict=False, needed=self.data.needed(self.v.content, call.venue))
        if to != self.w["place"]:
            w["consents"] = []
        return self._put(faults, w)

    def _put(self, faults, w):
        """Where the scheduler has a word: it may be refused, and days outside the windows widen them."""
        r = self._done(faults, w, maybe=frozenset({"NO_PLACE", "CONFLICT"}))
        if r.faults:
            return r
        content, first = self.v.content, day(w["place"][1])
        last = first + timedelta(content.duration - 1)
        if any(day(p.first) <= first and last <= day(p.last) for p in content.windows):
            return r
        wider = type(content)()
        wider.CopyFrom(content)
        spans = sorted([(day(p.first), day(p.last)) for p in content.windows] + [(first, last)])
        merged = [list(spans[0])]
        for a, b in spans[1:]:
            if a <= merged[-1][1]:
                merged[-1][1] = max(merged[-1][1], b)
            else:
                merged.append([a, b])
        del wider.windows[:]
        for a, b in merged:
            wider.windows.add(first=str(a), last=str(b))
        return r._replace(content=wider, revision=self.v.revision + 1)

    # -- committees ----------------------------------------------------------------------------------------------------
    def _speaks(self, call, faults):
        if self.who.role == "committee":
            if call.HasField("noc") and call.noc != self.who.subject:
                faults.add("FORBIDDEN")
            if not self.who.speaks_of(self.v.content):
                faults.add("FORBIDDEN")
            return self.who.subject
        if not call.HasField("noc"):
            faults.add("INVALID")
        return call.noc

    def _said(self, what, noc, reason, state):
        d = self.v.standing.decision
        return self.v.standing.state == state and (d.what, d.noc, d.reason) == (what, noc, reason)

    def decide(self, call):
        faults = self._begin(call, ("committee", "operator"))
        if self.v is None:
            return Ruling(faults)
        verdict = call.verdict
        if verdict not in VERDICTS or (verdict != "approve" and not call.reason.strip()):
            return Ruling(faults | {"INVALID"} | ({"FORBIDDEN"} if self.who.role == "committee" and not self.who.speaks_of(self.v.content) else set()))
        noc = self._speaks(call, faults)
        if verdict != "approve" and not faults and self._said(verdict, noc, call.reason, TO[verdict]):
            return Ruling(same=True)
        state, w = self.w["state"], dict(self.w)
        host = self.data.host(self.w["place"][0]) if self.w["place"] else None
        if noc not in self.w["needed"]:
            faults.add("FORBIDDEN" if self.w["needed"] else "NOT_ALLOWED_NOW")
        if verdict == "approve":
            if state == S["CONFIRMED"] and self.w["asked"] and noc == host:
                w["kept"] = people(w)
                return self._done(faults, w)
            if not faults and state in (S["CONFIRMED"], S["PROPOSED"]) and noc in [c[0] for c in w["consents"]]:
                return Ruling(same=True)
            self._can("CONSENT", faults)
            if self._over():
                faults.add("NOT_ALLOWED_NOW")
            if any(key == self.who.key and n != noc for n, key in w["consents"]):
                faults.add("FORBIDDEN")
            w["consents"] = w["consents"] + [(noc, self.who.key)]
            if self._complete(w) and not w["accept_by"]:
                w["state"] = S["CONFIRMED"]
            return self._done(faults, w)
        self._can(VERDICTS[verdict], faults)
        w["state"] = TO[verdict]
        policy = self.data.policy
        if verdict == "revise":
            w["consents"] = [c for c in w["consents"] if c[0] != noc]
            w["amend_by"] = before_it_begins(self.today, policy.revision_days if policy.HasField("revision_days") else 14, w["place"])
        else:
            if verdict == "cancel" and w["place"] and policy.HasField("late_cancel_days"):
                w["late"] = w["late"] or (day(w["place"][1]) - self.today).days < policy.late_cancel_days
            without_place(w)
        return self._done(faults, w)

    def reschedule(self, call):
        faults = self._begin(call, ("committee", "operator"))
        if self.v is None:
            return Ruling(faults)
        if not call.reason.strip():
            faults.add("INVALID")
        noc = self._speaks(call, faults)
        to, at = (call.venue, call.first_day), self.w["place"]
        if not faults and self.w["was"] and to == at and self._said("reschedule", noc, call.reason, self.w["state"]):
            return Ruling(same=True)
        self._can("RESCHEDULE", faults)
        if at is None:
            return Ruling(faults | {"NOT_ALLOWED_NOW"})
        host = self.data.host(at[0])
        if noc != host:
            faults.add("FORBIDDEN")
        if self.data.host(call.venue) != host or day(call.first_day) <= self.today:
            faults.add("INVALID")
        if day(at[1]) <= self.today:
            faults.add("NOT_ALLOWED_NOW")
        self._notice(min(day(at[1]), day(call.first_day)), faults)
        earlier = day(call.first_day) < day(at[1])
        w = dict(self.w, place=to, conflict=False, accept_by="", amend_by="", needed=self.data.needed(self.v.content, call.venue))
        if earlier:
            w.update(state=S["PROPOSED"], consents=[])
        return self._put(faults, w)

    # -- the working body, the operator, those who are invited ----------------------------------------------------------
    def release(self, call):
        faults = self._begin(None, ("operator",))
        return Ruling(faults or {"NOT_ALLOWED_NOW"})  # nothing is ever quarantined here

    def allow(self, call):
        faults = self._begin(call, ("working_body", "operator"))
        if self.v is None:
            return Ruling(faults)
        if not call.codes or not set(call.codes) <= POLICY_CODES or not call.reason.strip():
            faults.add("INVALID")
        if self.w["state"] not in OPEN | {S["REJECTED"]}:
            faults.add("NOT_ALLOWED_NOW")
        new = [c for c in dict.fromkeys(call.codes) if not self._allowed(c)]
        w = dict(self.w, allowances=self.w["allowances"] + [(c, self.v.revision) for c in new])
        if self.w["state"] == S["REJECTED"]:
            w["state"] = S["RECEIVED"]
        return self._done(faults, w, same=not new)

    def value(self, call):
        faults = self._begin(None, ("working_body", "operator"))
        if not 1 <= call.value <= 100 or len(set(call.requests)) < len(call.requests):
            faults.add("INVALID")
        if self.v is None:
            return Ruling(faults)
        if self.w["state"] not in OPEN:
            faults.add("NOT_ALLOWED_NOW")
        return self._done(faults, dict(self.w, value=call.value), same=self.w["value"] == call.value)

    def respond(self, call):
        faults = self._begin(None, self.OWNERS)
        if self.v is None:
            return Ruling(faults)
        i = next((i for i in self.w["invitations"] if i[0] == call.squad), None)
        if i is None:
            return Ruling(faults | {"INVALID"} | ({"NOT_ALLOWED_NOW"} if self.w["state"] != S["CONFIRMED"] else set()))
        if self.who.role == "federation" and i[1] != self.who.subject:
            faults.add("FORBIDDEN")
        if self.w["state"] != S["CONFIRMED"]:
            faults.add("NOT_ALLOWED_NOW")
        if call.answer == "fewer":
            answer = ("fewer", call.people)
            if not 1 <= call.people < i[2]:
                faults.add("INVALID")
        else:
            answer = {"accept": ("accepted", i[2]), "decline": ("declined", 0)}.get(call.answer)
            if answer is None:
                return Ruling(faults | {"INVALID"})
        new = i[:3] + answer
        return self._done(faults, dict(self.w, invitations=[new if x == i else x for x in self.w["invitations"]]), same=new == i)

    def submit(self, call, request):
        """One request of a submit: new, again, or taken."""
        faults = set() if self.who.role in self.OWNERS else {"FORBIDDEN"}
        if self.who.role == "federation" and (request.federation != self.who.subject or request.HasField("announced")):
            faults.add("FORBIDDEN")
        if self.v is not None:
            return Ruling(faults or {"ID_TAKEN"})
        s = R.Standing(state=S["RECEIVED"])
        if self.who.role == "working_body" and request.HasField("value"):
            s.value = request.value
        return Ruling(faults) if faults else Ruling(want=summary(s), content=request, revision=1)

    def put(self, call):
        role, faults = self.who.role, set()
        if role not in ("committee", "working_body", "operator") or (role == "committee" and self.who.disciplines):
            return Ruling({"FORBIDDEN"})
        for e in call.entities:
            kind = e.WhichOneof("of")
            stands = self.data.get(kind, getattr(e, kind).id)
            if role == "working_body" and kind not in ("programme", "protected"):
                faults.add("FORBIDDEN")
            if role == "committee":
                owners = set() if call.retire else {self.data.owner(e)}
                if stands is not None:
                    owners.add(self.data.owner(type(e)(**{kind: stands})))
                if owners - {self.who.subject} or kind == "programme":
                    faults.add("FORBIDDEN")
        return Ruling(faults)


class System:
    """A change that nobody called for: is it a move that the system makes, and does all else stay?"""

    def __init__(self, data, today, before, after):
        self.data, self.today, self.a, self.b = data, today, before, after
        self.x, self.y = summary(before.standing), summary(after.standing)

    def fault(self):
        """None, or what is wrong."""
        x, y = self.x, self.y
        edge = (x["state"], y["state"])
        if edge not in SYSTEM_EDGES:
            return "the system makes no such move"
        if self.b.revision != self.a.revision:
            return "the system changes no content"
        if self.a.standing.decision != self.b.standing.decision:
            return "a decision was lost"
        want = dict(x, state=y["state"])
        problem = getattr(self, "to_" + NAME[y["state"]].lower())(want)
        if problem:
            return problem
        if y["state"] != S["REJECTED"]:
            follows(self.data, self.today, self.b.content, x, want)
        else:
            want["decide_by"], want["asked"] = y["decide_by"], False
        return difference(want, y)

    def to_rejected(self, want):
        codes = {v.code for v in self.b.standing.violations}
        without_place(want)
        must, may = faults_of(self.b, self.data, self.today)
        if not codes or not must <= codes or codes - must - may - BY_DATA:
            return f"rejected for {codes}, and the model finds {must} (perhaps {may})"
        return None

    def _sound(self):
        must, _ = faults_of(self.b, self.data, self.today)
        return f"it is not rejected for {must}" if self.x["state"] == S["RECEIVED"] and must else None

    def _at(self, want):
        want.update(place=self.y["place"], conflict=False, amend_by="", accept_by="", needed=self.data.needed(self.b.content, self.y["place"][0]))

    def to_proposed(self, want):
        if not self.y["place"] or self._sound():
            return self._sound() or "proposed without a place"
        # how early a request may be filed is the policy's; who waits is offered days to come alone
        if self.x["state"] == S["WAITLISTED"] and day(self.y["place"][1]) <= self.today and not self.b.content.announced.fixed:
            return "it is put to days that have begun"
        if self.x["state"] == S["WAITLISTED"]:
            days = self.data.policy.accept_days if self.data.policy.HasField("accept_days") else 7
            self._at(want)
            want.update(accept_by=before_it_begins(self.today, days, self.y["place"]), consents=[])
            return None
        self._at(want)
        if self.y["place"] != self.x["place"] or not self.y["consents"]:
            want["consents"] = []  # also where the scheduler was started anew: they are asked for again
        return "all consents are given" if Rules._complete(want) else None

    def to_confirmed(self, want):
        if self.x["state"] == S["CONFIRMED"]:
            want["conflict"] = not self.x["conflict"]
            return None
        if self.x["place"] != self.y["place"]:
            return "it is elsewhere, and confirmed"
        self._at(want)
        return None if Rules._complete(want) else "not all consents are given"

    def to_waitlisted(self, want):
        if not self.b.standing.reasons:
            return "it waits, and is not told why"
        codes = {r.code for r in self.b.standing.reasons}
        if self.x["state"] == S["REVISION_REQUIRED"] and not day(self.x["amend_by"]) < self.today:
            return "its days to amend are not over"
        if self.x["state"] == S["PROPOSED"] and codes == {"ACCEPT_LAPSED"} and not (self.x["accept_by"] and day(self.x["accept_by"]) < self.today):
            return "its days to accept are not over"
        without_place(want)
        return self._sound()

    def to_held(self, want):
        last = day(self.x["place"][1]) + timedelta(self.b.content.duration - 1)
        return None if last < self.today else "it is not over"


def faults_of(version, data, today):
    """(what the request must be rejected for, what else it may be): of the mistakes that the test makes on purpose."""
    c, p = version.content, data.policy
    allowed = {a.code for a in version.standing.allowances if a.revision == version.revision}
    must, may = set(), set()
    if c.kind == "training_camp" and p.HasField("longest_camp_days") and c.duration > p.longest_camp_days:
        must.add("CAMP_TOO_LONG")
    if p.HasField("file_days") and not c.HasField("announced") and any((day(w.first) - today).days < p.file_days for w in c.windows):
        # of a later revision the day counts on which it was received first, by the machine's clock
        (must if version.revision == 1 else may).add("FILED_TOO_LATE")
    if c.headcount < sum(data.get("squad", s).size for s in c.squads):
        must.add("HEADCOUNT_BELOW_SQUADS")
    if not 1 <= c.value <= 100:
        must.add("VALUE_OUT_OF_RANGE")
    if c.after:  # how the links of several requests close a circle, or leave no day, is the validator's own tests' matter
        may |= {"AFTER_CYCLE", "AFTER_OUT_OF_REACH"}
    return must - allowed, may - allowed


def difference(want, is_):
    wrong = [f"{k}: {is_[k]!r}, not {want[k]!r}" for k in want if want[k] != is_[k]]
    return "; ".join(wrong) or None


class Model:
    def __init__(self):
        self.cursor = 0
        self.history = {}  # request -> [Version]
        self.first = {}  # request -> the content that was submitted
        self.data = [(0, Data())]
        self.days = [(0, 0, None)]  # (after cursor, until when the day before counts as well, today)
        self.claimed = set()
        self.people = {}  # cursor of a change of data -> by
        self.moves = 0

    def now(self, ident):
        h = self.history.get(ident)
        return h[-1] if h else None

    def data_at(self, cursor):
        return next(d for c, d in reversed(self.data) if c <= cursor)

    def todays(self, cursor):
        """The days that it may have been when this was committed."""
        found = []
        for after, sure, today in reversed(self.days):
            if cursor > after:
                found.append(today)
                if cursor > sure:
                    break
        return [t for t in found if t] or [self.days[-1][2]]

    # -- the log ------------------------------------------------------------------------------------------------------
    def read(self, updates):
        """Takes the log in; returns the changes of requests that are new: (id, before, Version)."""
        new = []
        for u in updates:
            if u.cursor != self.cursor + 1:
                raise Wrong(f"cursor {u.cursor} follows {self.cursor}")
            self.cursor = u.cursor
            if u.WhichOneof("of") == "entity":
                self.data.append((u.cursor, self.data[-1][1].after(u.entity)))
                self.people[u.cursor] = u.entity.by
                continue
            c, before = u.request, self.now(u.request.id)
            content = c.content if c.HasField("content") else before.content
            v = Version(u.cursor, c.revision, content, c.standing, c.by or None)
            self.history.setdefault(c.id, []).append(v)
            self.first.setdefault(c.id, content)
            edge = (before.standing.state if before else S["NONE"], c.standing.state)
            if edge not in EDGES and edge[0] != edge[1]:
                raise Wrong(f"{c.id} at {u.cursor}: {NAME[edge[0]]} -> {NAME[edge[1]]} is no move of the table")
            new.append((c.id, before, v))
        return new

    # -- calls --------------------------------------------------------------------------------------------------------
    def judge(self, updates, calls):
        """All calls of a burst, and all that the log says since the last one."""
        new = self.read(updates)
        self.moves += len(new)
        by_cursor = {v.cursor: (ident, before, v) for ident, before, v in new}
        explained = {}
        for call in [c for c in calls if c.answer] + [c for c in calls if not c.answer]:
            for cursor in self._claims(call, by_cursor, explained):
                explained[cursor] = call
                self._check_made(call, *by_cursor[cursor])
        self.explained = explained
        for ident, before, v in new:
            if v.by is not None and v.cursor not in explained:
                raise Wrong(f"{ident} at {v.cursor}: {v.by} made it {NAME[v.standing.state]} ({v.standing.decision.what}), and no call says so")
            if v.by is None:
                self._check_system(ident, before, v)
        for call in calls:
            if call.answer and call not in explained.values():
                self._check_answer(call)

    def _claims(self, call, by_cursor, explained):
        """The cursors of the changes that this call made."""
        if call.kind == "put" or call.answer == "refused":
            return []
        if call.kind == "submit":
            mine = [c for c, (i, b, v) in by_cursor.items() if b is None and i in call.requests and v.by == call.who.name and c > call.low]
        else:
            what = call.message.verdict if call.kind == "decide" else call.kind
            until = call.cursor if call.answer else float("inf")
            mine = [c for c, (i, b, v) in by_cursor.items() if i in call.requests and v.by == call.who.name and call.low < c <= until
                    and v.standing.decision.what == what]
        mine = [c for c in mine if c not in explained]
        if call.kind in ("submit", "value"):
            if call.kind == "value" and call.answer:
                mine = mine[-call.reply.changed:] if call.reply.changed else []
            return mine
        return mine[-1:] if call.answer else mine[:1]

    def _rulings(self, call, version, ident, cursor):
        for today in self.todays(cursor):
            rules = Rules(call.who, version, self.data_at(call.low), today)
            if call.kind == "submit":
                yield rules.submit(call.message, next(r for r in call.message.requests if r.id == ident))
            else:
                yield rules.rule(call.kind, call.message)

    def _check_made(self, call, ident, before, v):
        problem = None
        for r in self._rulings(call, before, ident, v.cursor):
            if r.want is None:
                problem = f"should have been refused ({r.faults})" if r.faults else "should have changed nothing"
                continue
            problem = difference(r.want, summary(v.standing))
            if not problem and v.revision != r.revision:
                problem = f"revision {v.revision}, not {r.revision}"
            if not problem and v.content != r.content:
                problem = f"another content: {v.content} instead of {r.content}"
            if not problem:
                return
        raise Wrong(f"{ident} at {v.cursor} by {call}: {problem}\nbefore: {before and before.standing}\nafter: {v.standing}")

    def _check_system(self, ident, before, v):
        problem = "nobody submitted it"
        for today in self.todays(v.cursor):
            for data in ([d for c, d in self.data if c < v.cursor][-3:][::-1] if before else []):
                problem = System(data, today, before, v).fault()
                if problem is None:
                    return
        raise Wrong(f"{ident} at {v.cursor}, {before and NAME[before.standing.state]} -> {NAME[v.standing.state]} by itself: {problem}\n"
                    f"before: {before and before.standing}\nafter: {v.standing}")

    def _candidates(self, ident, call):
        """The versions that may have stood while the call was under way."""
        h = self.history.get(ident, [])
        start = max((n for n, v in enumerate(h) if v.cursor <= call.low), default=-1)
        out = [h[start] if start >= 0 else None]
        for v in h[start + 1:]:
            later = self.explained.get(v.cursor)
            if later is not None and later.group > call.group:
                break
            out.append(v)
        return out

    def _check_answer(self, call):
        """It changed nothing: a refusal, or said again."""
        said, seen = call.answer if call.answer == "ok" else call.code, set()
        if call.kind == "put":
            if call.answer == "ok" and any(self.people[c] == call.who.name for c in self.people if call.low < c <= call.cursor) != bool(call.reply.changed):
                raise Wrong(f"{call}: changed {call.reply.changed}, and the log says otherwise")
            r = Rules(call.who, None, self.data_at(call.low), self.days[-1][2]).put(call.message)
            if (said == "ok") == bool(r.faults) or (said != "ok" and said not in r.faults):
                raise Wrong(f"{call} was answered {said}; the model has {r.faults or 'nothing against it'}")
            return
        if call.kind == "submit":
            return self._check_submit(call, said)
        rulings = []
        for ident in call.requests:
            versions = self._candidates(ident, call)
            mine = set()
            for v in versions:
                for r in self._rulings(call, v, ident, float("inf")):
                    mine |= {"ok"} if r.same else set(r.faults) | r.maybe
                    if r.want is not None and not r.faults:
                        mine.add("moves")
            if len(versions) > 1:
                mine.add("CONFLICT")  # somebody else was there first
            rulings.append(mine)
        seen = set().union(*rulings)
        if said == "ok" and not all("ok" in x for x in rulings):
            raise Wrong(f"{call} changed nothing, and the model says {rulings}: {[NAME[v.standing.state] for v in versions if v]}")
        if said != "ok" and said not in seen:
            raise Wrong(f"{call} was answered {said} ({call.text}); the model says {seen}: {[(NAME[v.standing.state], v.cursor) for v in versions if v]}")

    def _check_submit(self, call, said):
        want = set()
        for r in call.message.requests:
            v = self._candidates(r.id, call)[-1]
            faults = Rules(call.who, None, self.data_at(call.low), None).submit(call.message, r).faults
            if faults:
                want |= faults
            elif v is None:
                want.add("new")
            else:
                want.add("ok" if any(r in (x.content, self.first[r.id]) for x in self._candidates(r.id, call) if x) else "ID_TAKEN")
        if said == "ok" and want != {"ok"} or said != "ok" and said not in want:
            raise Wrong(f"{call} was answered {said}; the model says {want}")
