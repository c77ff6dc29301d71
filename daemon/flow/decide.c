#include "flow/decide.h"

#include <string.h>

#include "domain/code.h"
#include "domain/consent.h"
#include "domain/day.h"
#include "domain/lifecycle.h"
#include "flow/change.h"
#include "wire/frame.h"

static bool same(const char *a, const char *b)
{
	return a != NULL && b != NULL && strcmp(a, b) == 0;
}

static enum cvn_err no(struct ruling *r, enum cvn_err err, const char *text)
{
	r->text = text;
	return err;
}

static enum cvn_err wrong(struct ruling *r, const char *field, const char *code, const char *text)
{
	r->text = text;
	r->field = field;
	r->code = code;
	return CVN_EINVALID;
}

/* What every decision begins with: the programme takes any, the request's owner asks, and for what
 * stands. */
static enum cvn_err look(const struct desk_case *c, bool must_own, bool has_revision,
			 int64_t revision, struct ruling *r)
{
	const Convene__V1__Programme *about = programme_about(c->programme);

	*r = (struct ruling){ .revision = c->record->revision };
	if (must_own && c->role == ROLE_FEDERATION &&
	    !same(c->subject, c->record->content->federation))
		return no(r, CVN_EFORBIDDEN, "the request is another federation's");
	if (about != NULL && same(about->phase, "archived"))
		return no(r, CVN_ECLOSED, "the programme is archived");
	if (has_revision && revision != c->record->revision)
		return no(r, CVN_ECONFLICT, "another revision stands");
	return CVN_OK;
}

/* The standing as it was, decided upon by the caller. NULL: no memory. */
static Convene__V1__Standing *decided(const struct desk_case *c, const char *what, const char *noc,
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

static void set_state(Convene__V1__Standing *s, Convene__V1__State state)
{
	s->has_state = 1;
	s->state = state;
}

/* What belonged to the outcome before. */
static void drop_outcome(Convene__V1__Standing *s)
{
	s->n_alternatives = s->n_reasons = s->n_violations = 0;
	s->last_words = NULL;
}

static const char *day_after(const struct desk_case *c, int64_t days)
{
	char text[DAY_TEXT_SIZE];

	day_format(c->today + (int32_t)(days > 3660 ? 3660 : days), text);
	return arena_strdup(c->arena, text);
}

static bool same_message(const ProtobufCMessage *a, const ProtobufCMessage *b, struct arena *arena,
			 bool *ret)
{
	uint8_t *x, *y;
	size_t n, m;

	if (frame_encode(a, arena, &x, &n) != CVN_OK || frame_encode(b, arena, &y, &m) != CVN_OK)
		return false;
	*ret = n == m && memcmp(x, y, n) == 0;
	return true;
}

static bool speaks_for_all(enum role role)
{
	return role == ROLE_WORKING_BODY || role == ROLE_OPERATOR;
}

/* A federation's own content carries over what only the working body may say. */
static enum cvn_err check_announced(const struct desk_case *c, Convene__V1__Request *content,
				    struct ruling *r)
{
	const Convene__V1__Announced *stands = c->record->content->announced;
	bool is_same = stands != NULL && content->announced != NULL;

	if (speaks_for_all(c->role))
		return CVN_OK;
	if (is_same && !same_message(&stands->base, &content->announced->base, c->arena, &is_same))
		return CVN_ENOMEM;
	if (content->announced != NULL && !is_same) {
		wrong(r, "announced", "FORBIDDEN", "only the working body may announce");
		return CVN_EFORBIDDEN;
	}
	content->announced = (Convene__V1__Announced *)(uintptr_t)stands;
	return CVN_OK;
}

enum cvn_err decide_amend(const struct desk_case *c, const Convene__V1__Amend *call,
			  struct ruling *r)
{
	const struct replica_record *record = c->record;
	enum cvn_err err = look(c, true, false, 0, r);
	Convene__V1__Request *content;
	Convene__V1__Standing *s;
	bool is_same, had_place = lifecycle_has_place(record->standing);

	if (err != CVN_OK)
		return err;
	if (!same(call->request->federation, record->content->federation))
		return wrong(r, "request.federation", "FEDERATION_UNKNOWN",
			     "a request stays with its federation");
	content = arena_memdup(c->arena, call->request, sizeof *content);
	if (content == NULL)
		return CVN_ENOMEM;
	err = check_announced(c, content, r);
	if (err != CVN_OK)
		return err;
	if (!same_message(&content->base, &record->content->base, c->arena, &is_same))
		return CVN_ENOMEM;
	if (call->has_revision && call->revision != record->revision) {
		/* sent again, since the answer was lost */
		r->is_nothing = is_same && call->revision == record->revision - 1;
		return r->is_nothing ? CVN_OK : no(r, CVN_ECONFLICT, "another revision stands");
	}
	if (!lifecycle_can(record->standing->state, CAUSE_AMEND))
		return no(r, CVN_ESTATE, "a request in this state can't be amended");

	s = decided(c, "amend", NULL, NULL);
	if (s == NULL)
		return CVN_ENOMEM;
	drop_outcome(s);
	set_state(s, STATE_RECEIVED);
	s->amend_by = NULL;
	if (!had_place) {
		change_drop_place(s);
	} else if (consent_lapses(record->content, s->placement, content, s->placement)) {
		s->n_consents = 0;
	}
	if (speaks_for_all(c->role) && content->has_value) {
		s->has_value = 1;
		s->value = content->value;
	}
	r->standing = s;
	r->content = content;
	r->revision = record->revision + 1;
	r->bump = had_place;
	return CVN_OK;
}

enum cvn_err decide_withdraw(const struct desk_case *c, const Convene__V1__Withdraw *call,
			     struct ruling *r)
{
	enum cvn_err err = look(c, true, call->has_revision, call->revision, r);
	const Convene__V1__Standing *before = c->record->standing;

	if (err != CVN_OK)
		return err;
	if (before->state == STATE_WITHDRAWN) {
		r->is_nothing = true;
		return CVN_OK;
	}
	if (!lifecycle_can(before->state, CAUSE_WITHDRAW))
		return no(r, CVN_ESTATE, "a request in this state can't be withdrawn");
	r->standing = decided(c, "withdraw", NULL, call->reason);
	if (r->standing == NULL)
		return CVN_ENOMEM;
	drop_outcome(r->standing);
	change_drop_place(r->standing);
	set_state(r->standing, STATE_WITHDRAWN);
	r->bump = lifecycle_has_place(before);
	return CVN_OK;
}

/* For which committee does the caller speak? */
static enum cvn_err noc_of(const struct desk_case *c, const Convene__V1__Decide *call,
			   struct ruling *r, const char **ret_noc)
{
	const Convene__V1__Standing *s = c->record->standing;

	if (c->role == ROLE_COMMITTEE && call->noc != NULL && !same(call->noc, c->subject))
		return no(r, CVN_EFORBIDDEN, "a committee speaks for itself alone");
	if (c->role != ROLE_COMMITTEE && call->noc == NULL)
		return wrong(r, "noc", "NOC_MISSING", "it must be said for which committee");
	*ret_noc = c->role == ROLE_COMMITTEE ? c->subject : call->noc;
	for (size_t i = 0; i < s->n_consent_needed; i++)
		if (same(s->consent_needed[i], *ret_noc))
			return CVN_OK;
	if (s->n_consent_needed == 0)
		return no(r, CVN_ESTATE, "there is nothing to decide: the request has no place");
	return no(r, CVN_EFORBIDDEN, "the word of this committee is not needed");
}

static bool has_reason(const char *reason)
{
	return reason != NULL && reason[strspn(reason, " \t\r\n")] != '\0';
}

/* Consents without that of `noc`, and with room for one more. */
static bool copy_consents(const struct desk_case *c, Convene__V1__Standing *s, const char *noc)
{
	Convene__V1__Consent **list = arena_array(c->arena, s->n_consents + 1, sizeof *list);
	size_t n = 0;

	if (list == NULL)
		return false;
	for (size_t i = 0; i < s->n_consents; i++)
		if (!same(s->consents[i]->noc, noc))
			list[n++] = s->consents[i];
	s->consents = list;
	s->n_consents = n;
	return true;
}

static enum cvn_err approve(const struct desk_case *c, const char *noc, struct ruling *r)
{
	const Convene__V1__Standing *before = c->record->standing;
	Convene__V1__Standing *s;
	Convene__V1__Consent *consent;

	if (consent_is_given(before, noc) &&
	    (before->state == STATE_CONFIRMED || before->state == STATE_PROPOSED)) {
		r->is_nothing = true;
		return CVN_OK;
	}
	if (!lifecycle_can(before->state, CAUSE_CONSENT))
		return no(r, CVN_ESTATE, "only a proposed request can be approved");
	s = decided(c, "approve", noc, NULL);
	consent = arena_alloc(c->arena, sizeof *consent);
	if (s == NULL || consent == NULL || !copy_consents(c, s, noc))
		return CVN_ENOMEM;
	convene__v1__consent__init(consent);
	consent->noc = (char *)(uintptr_t)noc;
	consent->by = (char *)(uintptr_t)c->name;
	consent->has_unix_ms = 1;
	consent->unix_ms = c->unix_ms;
	s->consents[s->n_consents++] = consent;
	/* a place from the waitlist is its federation's only when it has accepted it */
	if (consent_is_complete(s) && s->accept_by == NULL)
		set_state(s, STATE_CONFIRMED);
	r->standing = s;
	return CVN_OK;
}

static enum cvn_err decline(const struct desk_case *c, const char *noc, const char *reason,
			    struct ruling *r)
{
	const Convene__V1__Standing *before = c->record->standing;

	if (!lifecycle_can(before->state, CAUSE_DECLINE))
		return no(r, CVN_ESTATE, "only a proposed request can be declined");
	r->standing = decided(c, "decline", noc, reason);
	if (r->standing == NULL)
		return CVN_ENOMEM;
	drop_outcome(r->standing);
	change_drop_place(r->standing);
	set_state(r->standing, STATE_DECLINED);
	r->bump = lifecycle_has_place(before);
	return CVN_OK;
}

static enum cvn_err revise(const struct desk_case *c, const char *noc, const char *reason,
			   struct ruling *r)
{
	const Convene__V1__Standing *before = c->record->standing;

	if (!lifecycle_can(before->state, CAUSE_REVISE))
		return no(r, CVN_ESTATE, "only a proposed or confirmed request can be sent back");
	r->standing = decided(c, "revise", noc, reason);
	if (r->standing == NULL || !copy_consents(c, r->standing, noc))
		return CVN_ENOMEM;
	set_state(r->standing, STATE_REVISION_REQUIRED);
	r->standing->amend_by =
		(char *)(uintptr_t)day_after(c, programme_policy(c->programme)->revision_days);
	return r->standing->amend_by != NULL ? CVN_OK : CVN_ENOMEM;
}

enum cvn_err decide_verdict(const struct desk_case *c, const Convene__V1__Decide *call,
			    struct ruling *r)
{
	enum cvn_err err = look(c, false, call->has_revision, call->revision, r);
	int verdict = code_verdict(call->verdict);
	const char *noc = NULL;

	if (err != CVN_OK)
		return err;
	if (verdict < 0)
		return wrong(r, "verdict", "VERDICT_UNKNOWN", "approve, decline or revise");
	if (verdict != VERDICT_APPROVE && !has_reason(call->reason))
		return wrong(r, "reason", "REASON_EMPTY",
			     "whoever declines or sends back says why");
	err = noc_of(c, call, r, &noc);
	if (err != CVN_OK)
		return err;
	if (verdict == VERDICT_APPROVE)
		return approve(c, noc, r);
	return verdict == VERDICT_DECLINE ? decline(c, noc, call->reason, r) :
					    revise(c, noc, call->reason, r);
}

enum cvn_err decide_accept(const struct desk_case *c, const Convene__V1__Accept *call,
			   struct ruling *r)
{
	enum cvn_err err = look(c, true, call->has_revision, call->revision, r);
	const Convene__V1__Standing *before = c->record->standing;
	int32_t last;

	if (err != CVN_OK)
		return err;
	if (!lifecycle_can(before->state, CAUSE_ACCEPT))
		return no(r, CVN_ESTATE, "there is no place to accept");
	if (before->accept_by == NULL) {
		r->is_nothing = true; /* it was accepted before, or never had to be */
		return CVN_OK;
	}
	if (day_parse(before->accept_by, &last) && last < c->today)
		return no(r, CVN_ESTATE, "the days to accept it are over");
	r->standing = decided(c, "accept", NULL, NULL);
	if (r->standing == NULL)
		return CVN_ENOMEM;
	r->standing->accept_by = NULL;
	if (consent_is_complete(r->standing))
		set_state(r->standing, STATE_CONFIRMED);
	return CVN_OK;
}

static enum cvn_err reject(const struct desk_case *c, const Convene__V1__Release *call,
			   struct ruling *r)
{
	Convene__V1__Violation *v = arena_alloc(c->arena, sizeof *v);
	Convene__V1__Violation **list = arena_array(c->arena, 1, sizeof *list);

	if (!has_reason(call->reason))
		return wrong(r, "reason", "REASON_EMPTY", "whoever rejects says why");
	if (v == NULL || list == NULL)
		return CVN_ENOMEM;
	convene__v1__violation__init(v);
	v->field = (char *)(uintptr_t) "";
	v->code = (char *)(uintptr_t) "REJECTED_BY_OPERATOR";
	v->text = call->reason;
	list[0] = v;
	r->standing->violations = list;
	r->standing->n_violations = 1;
	set_state(r->standing, STATE_REJECTED);
	return CVN_OK;
}

enum cvn_err decide_release(const struct desk_case *c, const Convene__V1__Release *call,
			    struct ruling *r)
{
	enum cvn_err err = look(c, false, false, 0, r);

	if (err != CVN_OK)
		return err;
	if (!lifecycle_can(c->record->standing->state, CAUSE_RELEASE))
		return no(r, CVN_ESTATE, "the request is not in quarantine");
	r->standing = decided(c, call->reject ? "reject" : "release", NULL, call->reason);
	if (r->standing == NULL)
		return CVN_ENOMEM;
	drop_outcome(r->standing);
	if (call->reject)
		return reject(c, call, r);
	set_state(r->standing, STATE_RECEIVED);
	return CVN_OK;
}

enum cvn_err decide_take(const struct desk_case *c, const Convene__V1__Take *call, struct ruling *r)
{
	enum cvn_err err = look(c, true, call->has_revision, call->revision, r);
	int32_t day;

	if (err != CVN_OK)
		return err;
	if (!lifecycle_can(c->record->standing->state, CAUSE_TAKE))
		return no(r, CVN_ESTATE, "a request in this state can't take a place");
	if (programme_venue(c->programme, call->venue) == NULL)
		return wrong(r, "venue", "VENUE_UNKNOWN", "there is no such venue");
	if (!day_parse(call->first_day, &day))
		return wrong(r, "first_day", "DATE_INVALID", "a day is written as 2022-01-31");
	r->standing = decided(c, "take", NULL, NULL);
	return r->standing != NULL ? CVN_OK : CVN_ENOMEM;
}

/* Back to the waitlist, behind those who wait. */
static bool lapse(const struct desk_case *c, enum code_reason code, const char *text,
		  struct ruling *r)
{
	Convene__V1__Standing *s = change_standing(c->record->standing, c->arena);
	Convene__V1__Reason *reason = arena_alloc(c->arena, sizeof *reason);
	Convene__V1__Reason **list = arena_array(c->arena, 1, sizeof *list);

	if (s == NULL || reason == NULL || list == NULL)
		return false;
	convene__v1__reason__init(reason);
	reason->code = (char *)(uintptr_t)code_reason_name((int)code);
	reason->text = (char *)(uintptr_t)text;
	list[0] = reason;
	drop_outcome(s);
	change_drop_place(s);
	s->reasons = list;
	s->n_reasons = 1;
	s->has_waiting_since = 0; /* its former time does not count any more */
	s->waiting_since = 0;
	set_state(s, STATE_WAITLISTED);
	r->standing = s;
	r->bump = true;
	return true;
}

bool decide_day(const struct desk_case *c, struct ruling *r)
{
	const Convene__V1__Standing *s = c->record->standing;
	int32_t day;

	*r = (struct ruling){ .revision = c->record->revision };
	if (s->state == STATE_PROPOSED && day_parse(s->accept_by, &day) && day < c->today)
		return lapse(c, REASON_ACCEPT_LAPSED, "its place was not accepted in time", r);
	if (s->state == STATE_REVISION_REQUIRED && day_parse(s->amend_by, &day) && day < c->today)
		return lapse(c, REASON_REVISION_LAPSED, "it was not amended in time", r);
	if (s->state == STATE_CONFIRMED && s->placement != NULL &&
	    day_parse(s->placement->first_day, &day) &&
	    day + c->record->content->duration <= c->today) {
		r->standing = change_standing(s, c->arena);
		if (r->standing == NULL)
			return false;
		set_state(r->standing,
			  STATE_HELD); /* it keeps its place: what it took stays taken */
		return true;
	}
	return false;
}

enum cvn_err decide_submit(enum role role, const char *subject, const Convene__V1__Request *request,
			   struct ruling *r)
{
	*r = (struct ruling){ .revision = 1 };
	if (role != ROLE_FEDERATION)
		return CVN_OK;
	if (!same(request->federation, subject))
		return no(r, CVN_EFORBIDDEN, "a federation files for itself alone");
	if (request->announced != NULL) {
		wrong(r, "announced", "FORBIDDEN", "only the working body may announce");
		return CVN_EFORBIDDEN;
	}
	return CVN_OK;
}
