/* decide_owner.c - what a request's federation decides, and who may do it for it. */
#include "domain/consent.h"
#include "domain/day.h"
#include "flow/change.h"
#include "flow/decide_private.h"

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
	if (is_same &&
	    !decide_compare(&stands->base, &content->announced->base, c->arena, &is_same))
		return CVN_ENOMEM;
	if (content->announced != NULL && !is_same) {
		decide_wrong(r, "announced", "FORBIDDEN", "only the working body may announce");
		return CVN_EFORBIDDEN;
	}
	content->announced = (Convene__V1__Announced *)(uintptr_t)stands;
	return CVN_OK;
}

/* The committee of the former host may name new windows of a postponed request, and nothing else.
 */
static enum cvn_err check_host(const struct desk_case *c, const Convene__V1__Request *content,
			       struct ruling *r)
{
	const Convene__V1__Standing *s = c->record->standing;
	Convene__V1__Request *only;
	const char *noc = NULL;
	bool is_same;
	enum cvn_err err = decide_speaks(c, c->subject, r, &noc);

	if (err != CVN_OK)
		return err;
	if (s->was == NULL || !decide_same(programme_noc_of_venue(c->programme, s->was->venue), noc))
		return decide_no(r, CVN_EFORBIDDEN,
				 "a committee amends only what was postponed at its own venue");
	only = arena_memdup(c->arena, c->record->content, sizeof *only);
	if (only == NULL)
		return CVN_ENOMEM;
	only->windows = content->windows;
	only->n_windows = content->n_windows;
	only->preferred_first_day = content->preferred_first_day;
	if (!decide_compare(&only->base, &content->base, c->arena, &is_same))
		return CVN_ENOMEM;
	if (is_same)
		return CVN_OK;
	decide_wrong(r, "request", "FORBIDDEN", "the host names new windows and the day wished for");
	return CVN_EFORBIDDEN;
}

/* Who reads a request reads the value that counts: the working body's, where it set one. Sent back,
 * that is no new wish. */
static void keep_wish(const struct desk_case *c, Convene__V1__Request *content)
{
	const Convene__V1__Standing *s = c->record->standing;

	if (speaks_for_all(c->role) || !s->has_value || !content->has_value ||
	    content->value != s->value)
		return;
	content->has_value = c->record->content->has_value;
	content->value = c->record->content->value;
}

/* May this content be put in the place of the one that stands, by the caller? */
static enum cvn_err check_content(const struct desk_case *c, Convene__V1__Request *content,
				  struct ruling *r)
{
	if (!decide_same(content->federation, c->record->content->federation))
		return decide_wrong(r, "request.federation", "FEDERATION_UNKNOWN",
				    "a request stays with its federation");
	if (c->role == ROLE_COMMITTEE)
		return check_host(c, content, r);
	return check_announced(c, content, r);
}

/* A confirmed event can't be changed at the last moment. */
static enum cvn_err check_policy(const struct desk_case *c, struct ruling *r)
{
	const Convene__V1__Standing *s = c->record->standing;
	enum cvn_err err = CVN_OK;
	int32_t day;

	if (s->state != STATE_CONFIRMED || s->placement == NULL ||
	    !day_parse(s->placement->first_day, &day))
		return CVN_OK;
	err = decide_check_details(c, day, r);
	return err != CVN_OK ? err : decide_check_notice(c, day, r);
}

static bool same_windows(const struct desk_case *c, const Convene__V1__Request *content)
{
	const Convene__V1__Request *stood = c->record->content;
	bool is_same = stood->n_windows == content->n_windows;

	for (size_t i = 0; is_same && i < stood->n_windows; i++)
		is_same = decide_same(stood->windows[i]->first, content->windows[i]->first) &&
			  decide_same(stood->windows[i]->last, content->windows[i]->last);
	return is_same;
}

/* What was let pass stays so for the next revision, if that asks for no more. */
static bool carry_allowances(const struct desk_case *c, const Convene__V1__Request *content,
			     Convene__V1__Standing *s)
{
	Convene__V1__Allowance **list = arena_array(c->arena, s->n_allowances + 1, sizeof *list);

	if (list == NULL)
		return false;
	for (size_t i = 0; i < s->n_allowances; i++) {
		const Convene__V1__Allowance *a = s->allowances[i];
		bool lasts = (decide_same(a->code, "CAMP_TOO_LONG") &&
			      content->duration <= c->record->content->duration) ||
			     (decide_same(a->code, "FILED_TOO_LATE") && same_windows(c, content));

		list[i] = s->allowances[i];
		if (!lasts || a->revision != c->record->revision)
			continue;
		list[i] = arena_memdup(c->arena, a, sizeof *a);
		if (list[i] == NULL)
			return false;
		list[i]->revision++;
	}
	s->allowances = list;
	return true;
}

/* What stands once the content is another. */
static enum cvn_err amend(const struct desk_case *c, const Convene__V1__Request *content,
			  struct ruling *r)
{
	const struct replica_record *record = c->record;
	bool had_place = lifecycle_has_place(record->standing);
	Convene__V1__Standing *s =
		decide_begin(c, "amend", c->role == ROLE_COMMITTEE ? c->subject : NULL, NULL);

	if (s == NULL || !carry_allowances(c, content, s))
		return CVN_ENOMEM;
	decide_drop_outcome(s);
	decide_set_state(s, STATE_RECEIVED);
	s->amend_by = NULL;
	if (!had_place)
		change_drop_place(s);
	else if (consent_lapses(record->content, s->placement, content, s->placement))
		s->n_consents = 0;
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

/* Does a request in this state stand as its content asks? A rejected, postponed or revisable one waits for news: there the
 * same content again means: judge it anew. */
static bool stands_as_amended(Convene__V1__State state)
{
	return state == STATE_RECEIVED || state == STATE_PROPOSED || state == STATE_WAITLISTED ||
	       state == STATE_CONFIRMED;
}

enum cvn_err decide_amend(const struct desk_case *c, const Convene__V1__Amend *call,
			  struct ruling *r)
{
	const struct replica_record *record = c->record;
	enum cvn_err err = decide_look(c, true, false, 0, r);
	Convene__V1__Request *content;
	bool is_same;

	if (err != CVN_OK)
		return err;
	content = arena_memdup(c->arena, call->request, sizeof *content);
	if (content == NULL)
		return CVN_ENOMEM;
	keep_wish(c, content);
	err = check_content(c, content, r);
	if (err != CVN_OK)
		return err;
	if (!decide_compare(&content->base, &record->content->base, c->arena, &is_same))
		return CVN_ENOMEM;
	if (call->has_revision && call->revision != record->revision) {
		/* sent again, since the answer was lost */
		r->is_nothing = is_same && call->revision == record->revision - 1;
		return r->is_nothing ? CVN_OK : decide_no(r, CVN_ECONFLICT, decide_conflict_text(c));
	}
	if (is_same && stands_as_amended(record->standing->state)) {
		r->is_nothing = true; /* this very content is judged already, or on its way */
		return CVN_OK;
	}
	if (!lifecycle_can(record->standing->state, CAUSE_AMEND))
		return decide_illegal(c, r);
	if (c->role == ROLE_COMMITTEE && record->standing->state != STATE_POSTPONED)
		return decide_no(r, CVN_ESTATE, "a committee amends postponed requests alone");
	err = check_policy(c, r);
	return err != CVN_OK ? err : amend(c, content, r);
}

enum cvn_err decide_withdraw(const struct desk_case *c, const Convene__V1__Withdraw *call,
			     struct ruling *r)
{
	enum cvn_err err = decide_look(c, true, call->has_revision, call->revision, r);
	const Convene__V1__Standing *before = c->record->standing;

	if (err != CVN_OK)
		return err;
	if (before->state == STATE_WITHDRAWN) {
		r->is_nothing = true;
		return CVN_OK;
	}
	if (!lifecycle_can(before->state, CAUSE_WITHDRAW))
		return decide_illegal(c, r);
	r->standing = decide_begin(c, "withdraw", NULL, call->reason);
	if (r->standing == NULL)
		return CVN_ENOMEM;
	decide_drop_outcome(r->standing);
	change_drop_place(r->standing);
	decide_set_state(r->standing, STATE_WITHDRAWN);
	r->bump = lifecycle_has_place(before);
	return CVN_OK;
}

enum cvn_err decide_accept(const struct desk_case *c, const Convene__V1__Accept *call,
			   struct ruling *r)
{
	enum cvn_err err = decide_look(c, true, call->has_revision, call->revision, r);
	const Convene__V1__Standing *before = c->record->standing;
	int32_t last;

	if (err != CVN_OK)
		return err;
	if (!lifecycle_can(before->state, CAUSE_ACCEPT))
		return decide_illegal(c, r);
	if (before->accept_by == NULL) {
		r->is_nothing = true; /* it was accepted before, or never had to be */
		return CVN_OK;
	}
	if (day_parse(before->accept_by, &last) && last < c->today)
		return decide_no(r, CVN_ESTATE, "the days to accept it are over");
	r->standing = decide_begin(c, "accept", NULL, NULL);
	if (r->standing == NULL)
		return CVN_ENOMEM;
	r->standing->accept_by = NULL;
	if (consent_is_complete(r->standing))
		decide_set_state(r->standing, STATE_CONFIRMED);
	return CVN_OK;
}

enum cvn_err decide_take(const struct desk_case *c, const Convene__V1__Take *call, struct ruling *r)
{
	enum cvn_err err = decide_look(c, true, call->has_revision, call->revision, r);
	int32_t day;

	if (err != CVN_OK)
		return err;
	if (!lifecycle_can(c->record->standing->state, CAUSE_TAKE))
		return decide_illegal(c, r);
	if (programme_venue(c->programme, call->venue) == NULL)
		return decide_wrong(r, "venue", "VENUE_UNKNOWN", "there is no such venue");
	if (!day_parse(call->first_day, &day))
		return decide_wrong(r, "first_day", "DATE_INVALID",
				    "a day is written as 2022-01-31");
	if (day <= c->today)
		return decide_wrong(r, "first_day", "DATE_PAST", "the first day is still to come");
	r->standing = decide_begin(c, "take", NULL, NULL);
	return r->standing != NULL ? CVN_OK : CVN_ENOMEM;
}

enum cvn_err decide_submit(enum role role, const char *subject, const Convene__V1__Request *request,
			   struct ruling *r)
{
	*r = (struct ruling){ .revision = 1 };
	if (role != ROLE_FEDERATION)
		return CVN_OK;
	if (!decide_same(request->federation, subject)) {
		decide_wrong(r, "federation", "FORBIDDEN", "a federation files for itself alone");
		return CVN_EFORBIDDEN;
	}
	if (request->announced != NULL) {
		decide_wrong(r, "announced", "FORBIDDEN", "only the working body may announce");
		return CVN_EFORBIDDEN;
	}
	return CVN_OK;
}
