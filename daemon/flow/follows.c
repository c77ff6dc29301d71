#include "flow/follows.h"

#include <string.h>

#include "domain/code.h"
#include "domain/day.h"
#include "domain/lifecycle.h"
#include "flow/change.h"
#include "flow/view.h"

#define WARNINGS_MAX 16

static bool same(const char *a, const char *b)
{
	return a != NULL && b != NULL && strcmp(a, b) == 0;
}

static bool same_place(const Convene__V1__Placement *a, const Convene__V1__Placement *b)
{
	return a != NULL && b != NULL && same(a->venue, b->venue) && same(a->first_day, b->first_day);
}

void follows_carry(const Convene__V1__Standing *before, Convene__V1__Standing *s)
{
	s->decision = before->decision;
	s->has_value = before->has_value;
	s->value = before->value;
	s->decide_by = before->decide_by;
	s->n_allowances = before->n_allowances;
	s->allowances = before->allowances;
	s->n_invitations = before->n_invitations;
	s->invitations = before->invitations;
	s->has_host_asked = before->has_host_asked;
	s->host_asked = before->host_asked;
	s->was = before->was;
	s->has_late = before->has_late;
	s->late = before->late;
	s->has_people_kept = before->has_people_kept;
	s->people_kept = before->people_kept;
}

/* The committees have so many days from when it was proposed there. */
static bool fill_decide_by(const struct follows_case *c, Convene__V1__Standing *s)
{
	int64_t days = programme_policy(c->programme)->decide_days;
	char text[DAY_TEXT_SIZE];

	if (s->state != STATE_PROPOSED || days < 0) {
		s->decide_by = NULL;
		return true;
	}
	if (c->before->state == STATE_PROPOSED && c->before->decide_by != NULL &&
	    !change_moves(c->before, s)) {
		s->decide_by = c->before->decide_by;
		return true;
	}
	day_format(c->today + (int32_t)(days > 3660 ? 3660 : days), text);
	s->decide_by = arena_strdup(c->arena, text);
	return s->decide_by != NULL;
}

/* Where it was confirmed last, once it is no longer, or elsewhere. */
static void fill_was(const struct follows_case *c, Convene__V1__Standing *s)
{
	bool was_confirmed = c->before->state == STATE_CONFIRMED && c->before->placement != NULL;

	if (was_confirmed && s->state != STATE_HELD &&
	    (s->state != STATE_CONFIRMED || !same_place(c->before->placement, s->placement)))
		s->was = c->before->placement;
	if (s->state == STATE_CONFIRMED && same_place(s->was, s->placement))
		s->was = NULL;
}

static bool is_squad_in(const struct follows_case *c, const char *squad, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (same(c->content->squads[i], squad))
			return true;
	return false;
}

/* An answer counts for the days and the number that it was given for. */
static Convene__V1__Invitation *invite(const struct follows_case *c, const char *name,
				       const Convene__V1__Standing *s, bool is_moved)
{
	const Convene__V1__Squad *squad = programme_squad(c->programme, name);
	Convene__V1__Invitation *new;
	int64_t people = squad != NULL && squad->size > 0 ? squad->size : 0;

	for (size_t i = 0; i < s->n_invitations && !is_moved; i++)
		if (same(s->invitations[i]->squad, name) && s->invitations[i]->invited == people)
			return s->invitations[i];
	new = arena_alloc(c->arena, sizeof *new);
	if (new == NULL)
		return NULL;
	convene__v1__invitation__init(new);
	new->squad = (char *)(uintptr_t)name;
	new->federation = squad != NULL ? squad->federation : NULL;
	new->has_invited = 1;
	new->invited = people;
	new->state = (char *)(uintptr_t)"invited";
	return new;
}

static bool fill_invitations(const struct follows_case *c, Convene__V1__Standing *s)
{
	bool is_moved = c->before->state == STATE_CONFIRMED ?
				!same_place(c->before->placement, s->placement) :
				s->was != NULL;
	Convene__V1__Invitation **list;
	size_t n = 0;

	/* what is confirmed already was invited then; squads and days change through `received` */
	if (s->state != STATE_CONFIRMED || (c->before->state == STATE_CONFIRMED && !is_moved))
		return true;
	list = arena_array(c->arena, c->content->n_squads + 1, sizeof *list);
	for (size_t i = 0; list != NULL && i < c->content->n_squads; i++) {
		if (is_squad_in(c, c->content->squads[i], i))
			continue;
		list[n] = invite(c, c->content->squads[i], s, is_moved);
		if (list[n++] == NULL)
			return false;
	}
	s->invitations = list;
	s->n_invitations = n;
	if (is_moved)
		s->has_people_kept = 0;
	return list != NULL;
}

int64_t follows_people(const Convene__V1__Standing *s)
{
	int64_t n = 0;

	for (size_t i = 0; i < s->n_invitations; i++)
		n += s->invitations[i]->has_people ? s->invitations[i]->people :
						     s->invitations[i]->invited;
	return n;
}

static void fill_host_asked(const struct follows_case *c, Convene__V1__Standing *s)
{
	int64_t pct = programme_policy(c->programme)->min_people_pct;
	int64_t come = follows_people(s), invited = 0;

	for (size_t i = 0; i < s->n_invitations; i++)
		invited += s->invitations[i]->invited;
	s->host_asked = s->state == STATE_CONFIRMED && come * 100 < invited * pct &&
			!(s->has_people_kept && come >= s->people_kept);
	s->has_host_asked = s->host_asked;
}

/* Is this entry a soft one, for this request, on any of these days? */
static bool warns(const struct follows_case *c, const Convene__V1__Protected *p, int32_t first,
		  int32_t last)
{
	int32_t from, to;

	if (!p->soft || !day_parse(p->first_day, &from) || !day_parse(p->last_day, &to) ||
	    from > last || to < first)
		return false;
	if (p->discipline != NULL && !same(p->discipline, c->content->discipline))
		return false;
	for (size_t i = 0; p->noc != NULL && i < c->content->n_squads; i++)
		if (same(programme_noc_of_squad(c->programme, c->content->squads[i]), p->noc))
			return true;
	return p->noc == NULL;
}

static Convene__V1__Reason *warning(const struct follows_case *c, const Convene__V1__Protected *p)
{
	Convene__V1__Reason *r = arena_alloc(c->arena, sizeof *r);
	const char *title = p->title != NULL ? p->title : p->id;

	if (r == NULL)
		return NULL;
	convene__v1__reason__init(r);
	r->code = (char *)(uintptr_t)code_reason_name(REASON_PROTECTED_DAYS);
	r->text = arena_printf(c->arena, "%s, %s to %s, should be kept free", title, p->first_day,
			       p->last_day);
	return r->text != NULL ? r : NULL;
}

static bool fill_warnings(const struct follows_case *c, Convene__V1__Standing *s)
{
	const struct programme_item *item = programme_first(c->programme, ENTITY_PROTECTED);
	Convene__V1__Reason **list = NULL;
	size_t n = 0;
	int32_t first;

	s->warnings = NULL;
	s->n_warnings = 0;
	if (!lifecycle_has_place(s) || !day_parse(s->placement->first_day, &first))
		return true;
	for (; item != NULL && n < WARNINGS_MAX; item = programme_next(item)) {
		const Convene__V1__Protected *p = item->entity->protected_;

		if (!warns(c, p, first, first + view_days_after_first(c->content)))
			continue;
		list = list != NULL ? list : arena_array(c->arena, WARNINGS_MAX, sizeof *list);
		if (list == NULL || (list[n++] = warning(c, p)) == NULL)
			return false;
	}
	s->warnings = list;
	s->n_warnings = n;
	return true;
}

void follows_count(const Convene__V1__Standing *before, bool is_revised, int64_t unix_ms,
		   Convene__V1__Standing *s)
{
	bool is_changed = is_revised || before->state != s->state ||
			  (before->placement != NULL) != (s->placement != NULL) ||
			  (s->placement != NULL && !same_place(before->placement, s->placement));

	s->has_sequence = before->has_sequence || s->placement != NULL;
	s->sequence = before->sequence + (before->has_sequence && is_changed);
	if (before->has_sequence && !is_changed) {
		s->has_changed_unix_ms = before->has_changed_unix_ms;
		s->changed_unix_ms = before->changed_unix_ms;
	} else if (s->has_sequence) {
		s->has_changed_unix_ms = 1;
		s->changed_unix_ms = unix_ms;
	}
}

enum cvn_err follows_fill(const struct follows_case *c, Convene__V1__Standing *s)
{
	follows_count(c->before, c->is_revised, c->unix_ms, s);
	if (!fill_decide_by(c, s))
		return CVN_ENOMEM;
	fill_was(c, s);
	if (!fill_invitations(c, s))
		return CVN_ENOMEM;
	fill_host_asked(c, s);
	return fill_warnings(c, s) ? CVN_OK : CVN_ENOMEM;
}
