/* decide_day.c - what the passing of days does to a request. It looks at what stands and at what day
 * it is, so that a clock that jumps back, or the same day looked at again, does nothing twice. */
#include "domain/code.h"
#include "domain/day.h"
#include "flow/change.h"
#include "flow/decide_private.h"

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
	decide_drop_outcome(s);
	change_drop_place(s);
	s->reasons = list;
	s->n_reasons = 1;
	s->has_waiting_since = 0; /* its former time does not count any more */
	s->waiting_since = 0;
	decide_set_state(s, STATE_WAITLISTED);
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
	if (s->state == STATE_CONFIRMED && decide_is_over(c)) {
		r->standing = change_standing(s, c->arena);
		if (r->standing == NULL)
			return false;
		/* it keeps its place: what it took stays taken */
		decide_set_state(r->standing, STATE_HELD);
		return true;
	}
	return false;
}
