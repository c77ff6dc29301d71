/* decide.c - what all decisions share; they are in decide_owner.c, decide_committee.c, decide_body.c
 * and decide_day.c, by who makes them. */
#include "flow/decide_private.h"

#include <string.h>

#include "domain/day.h"
#include "flow/change.h"
#include "wire/frame.h"

bool decide_same(const char *a, const char *b)
{
	return a != NULL && b != NULL && strcmp(a, b) == 0;
}

enum cvn_err decide_no(struct ruling *r, enum cvn_err err, const char *text)
{
	r->text = text;
	return err;
}

enum cvn_err decide_wrong(struct ruling *r, const char *field, const char *code, const char *text)
{
	r->text = text;
	r->field = field;
	r->code = code;
	return CVN_EINVALID;
}

enum cvn_err decide_illegal(const struct desk_case *c, struct ruling *r)
{
	static const struct {
		enum cause cause;
		const char *call;
	} CALLS[] = {
		{ CAUSE_AMEND, "amend" },	    { CAUSE_WITHDRAW, "withdraw" },
		{ CAUSE_TAKE, "take" },		    { CAUSE_ACCEPT, "accept" },
		{ CAUSE_CONSENT, "approve" },	    { CAUSE_DECLINE, "decline" },
		{ CAUSE_REVISE, "revise" },	    { CAUSE_POSTPONE, "postpone" },
		{ CAUSE_RESCHEDULE, "reschedule" }, { CAUSE_CANCEL, "cancel" },
		{ CAUSE_RELEASE, "release" },	    { CAUSE_REJECT, "reject" },
		{ CAUSE_ALLOW, "allow" },
	};
	Convene__V1__State state = c->record->standing->state;
	const char *list = NULL;

	for (size_t i = 0; i < N_ELEMENTS(CALLS); i++) {
		if (!lifecycle_can(state, CALLS[i].cause))
			continue;
		list = list == NULL ? CALLS[i].call :
				      arena_printf(c->arena, "%s, %s", list, CALLS[i].call);
	}
	return decide_no(r, CVN_ESTATE,
			 arena_printf(c->arena, "the request is %s; what may be done now: %s",
				      state_name(state), list != NULL ? list : "nothing"));
}

const char *decide_conflict_text(const struct desk_case *c)
{
	const Convene__V1__Decision *d = c->record->standing->decision;
	char day[DAY_TEXT_SIZE] = "";

	if (d != NULL && d->has_unix_ms)
		day_format(day_of_unix_ms(d->unix_ms, NULL), day);
	return arena_printf(c->arena, "revision %lld stands%s%s%s%s%s%s",
			    (long long)c->record->revision, d != NULL ? "; last: " : "",
			    d != NULL && d->what != NULL ? d->what : "", d != NULL ? " by " : "",
			    d != NULL && d->by != NULL ? d->by : "", d != NULL ? ", " : "", day);
}

bool decide_is_over(const struct desk_case *c)
{
	const Convene__V1__Placement *at = c->record->standing->placement;
	int32_t day;

	return at != NULL && day_parse(at->first_day, &day) &&
	       day + c->record->content->duration <= c->today;
}

enum cvn_err decide_look(const struct desk_case *c, bool must_own, bool has_revision,
			 int64_t revision, struct ruling *r)
{
	const Convene__V1__Programme *about = programme_about(c->programme);

	*r = (struct ruling){ .revision = c->record->revision };
	if (must_own && c->role == ROLE_FEDERATION &&
	    !decide_same(c->subject, c->record->content->federation))
		return decide_no(r, CVN_EFORBIDDEN, "the request is another federation's");
	if (about != NULL && decide_same(about->phase, "archived"))
		return decide_no(r, CVN_ECLOSED, "the programme is archived");
	if (has_revision && revision != c->record->revision)
		return decide_no(r, CVN_ECONFLICT, decide_conflict_text(c));
	if (c->record->standing->state == STATE_CONFIRMED && decide_is_over(c))
		return decide_no(r, CVN_ESTATE, "the event is over");
	return CVN_OK;
}

enum cvn_err decide_speaks(const struct desk_case *c, const char *said, struct ruling *r,
			   const char **ret_noc)
{
	bool is_delegate = c->role == ROLE_COMMITTEE && c->n_disciplines > 0;

	if (c->role == ROLE_COMMITTEE && said != NULL && !decide_same(said, c->subject))
		return decide_no(r, CVN_EFORBIDDEN, "a committee speaks for itself alone");
	if (c->role != ROLE_COMMITTEE && said == NULL)
		return decide_wrong(r, "noc", "NOC_MISSING",
				    "it must be said for which committee");
	for (size_t i = 0; is_delegate && i < c->n_disciplines; i++)
		is_delegate = !decide_same(c->disciplines[i], c->record->content->discipline);
	if (is_delegate)
		return decide_no(r, CVN_EFORBIDDEN,
				 "the committee has let this key speak for other disciplines");
	*ret_noc = c->role == ROLE_COMMITTEE ? c->subject : said;
	return CVN_OK;
}

Convene__V1__Standing *decide_begin(const struct desk_case *c, const char *what, const char *noc,
				    const char *reason)
{
	Convene__V1__Standing *s = change_standing(c->record->standing, c->arena);
	Convene__V1__Decision *d = arena_alloc(c->arena, sizeof *d);

	if (s == NULL || d == NULL)
		return NULL;
	convene__v1__decision__init(d);
	d->what = (char *)(uintptr_t)what;
	d->by = (char *)(uintptr_t)c->name;
	d->role = (char *)(uintptr_t)role_name(c->role);
	d->noc = (char *)(uintptr_t)noc;
	d->has_unix_ms = 1;
	d->unix_ms = c->unix_ms;
	d->reason = (char *)(uintptr_t)reason;
	s->decision = d;
	return s;
}

void decide_set_state(Convene__V1__Standing *s, Convene__V1__State state)
{
	s->has_state = 1;
	s->state = state;
}

void decide_drop_outcome(Convene__V1__Standing *s)
{
	s->n_alternatives = s->n_reasons = s->n_violations = 0;
	s->last_words = NULL;
}

bool decide_has_reason(const char *reason)
{
	return reason != NULL && reason[strspn(reason, " \t\r\n")] != '\0';
}

bool decide_is_repeated(const struct desk_case *c, Convene__V1__State state, const char *what,
			const char *noc, const char *reason)
{
	const Convene__V1__Standing *s = c->record->standing;
	const Convene__V1__Decision *d = s->decision;

	return s->state == state && d != NULL && decide_same(d->what, what) &&
	       decide_same(d->noc, noc) &&
	       ((d->reason == NULL && reason == NULL) || decide_same(d->reason, reason));
}

bool decide_compare(const ProtobufCMessage *a, const ProtobufCMessage *b, struct arena *arena,
		    bool *ret_same)
{
	uint8_t *x, *y;
	size_t n, m;

	if (frame_encode(a, arena, &x, &n) != CVN_OK || frame_encode(b, arena, &y, &m) != CVN_OK)
		return false;
	*ret_same = n == m && memcmp(x, y, n) == 0;
	return true;
}

bool decide_is_allowed(const struct desk_case *c, const char *code)
{
	const Convene__V1__Standing *s = c->record->standing;

	for (size_t i = 0; i < s->n_allowances; i++)
		if (decide_same(s->allowances[i]->code, code) &&
		    s->allowances[i]->revision == c->record->revision)
			return true;
	return false;
}

enum cvn_err decide_check_details(const struct desk_case *c, int32_t day, struct ruling *r)
{
	int64_t days = programme_policy(c->programme)->freeze_days;

	if (days < 0 || day - c->today >= days || decide_is_allowed(c, "FROZEN"))
		return CVN_OK;
	return decide_wrong(r, "", "FROZEN",
			    arena_printf(c->arena,
					 "the details are frozen %lld days before the first day",
					 (long long)days));
}

enum cvn_err decide_check_notice(const struct desk_case *c, int32_t day, struct ruling *r)
{
	int64_t days = programme_policy(c->programme)->change_notice_days;

	if (days < 0 || day - c->today >= days || decide_is_allowed(c, "NOTICE_TOO_SHORT"))
		return CVN_OK;
	return decide_wrong(r, "", "NOTICE_TOO_SHORT",
			    arena_printf(c->arena, "a change needs %lld days of notice",
					 (long long)days));
}
