/* Helpers first, then the functions of online_words.h. */
#include "scheduler/online_words.h"

#include <stdlib.h>
#include <string.h>

#include "domain/consent.h"
#include "domain/day.h"
#include "domain/lifecycle.h"
#include "scheduler/memory.h"
#include "util/clock.h"

#define TEXT_BYTES 512

static char *day_text(struct draft *d, int32_t day)
{
	char *text = draft_room(d, DAY_TEXT_SIZE, 1);

	day_format(day, text);
	return text;
}

static char *copied(struct draft *d, const char *text)
{
	size_t n = strlen(text) + 1;

	return memcpy(draft_room(d, n, 1), text, n);
}

/* What of a standing outlives an outcome: who decided last, and the working body's priority. */
static Convene__V1__Standing *begin(struct draft *d, struct entry *e, Convene__V1__State state)
{
	const Convene__V1__Standing *is = book_standing(e);
	Convene__V1__Standing *s = draft_room(d, 1, sizeof(*s));

	convene__v1__standing__init(s);
	s->has_state = true;
	s->state = state;
	s->decision = is->decision;
	s->has_value = is->has_value;
	s->value = is->value;
	return s;
}

static Convene__V1__Placement *placement(struct book *b, struct draft *d, int32_t venue,
					 int32_t day)
{
	Convene__V1__Placement *p = draft_room(d, 1, sizeof(*p));

	convene__v1__placement__init(p);
	p->venue = copied(d, b->problem->venues[venue].id);
	p->first_day = day_text(d, b->problem->first_day + day);
	return p;
}

/* `worth`: what the alternatives' gains are taken from to give their costs. */
static void add_alternatives(struct book *b, struct draft *d, Convene__V1__Standing *s,
			     const struct place_option *options, int32_t n, int64_t worth)
{
	if (n <= 0)
		return;
	s->alternatives = draft_room(d, (size_t)n, sizeof(*s->alternatives));
	for (int32_t i = 0; i < n; i++) {
		Convene__V1__Alternative *a = draft_room(d, 1, sizeof(*a));
		Convene__V1__Placement *p = placement(b, d, options[i].venue, options[i].day);

		convene__v1__alternative__init(a);
		a->venue = p->venue;
		a->first_day = p->first_day;
		a->has_cost = true;
		a->cost = worth - options[i].gain;
		a->has_outside_windows = options[i].outside_windows;
		a->outside_windows = options[i].outside_windows;
		s->alternatives[s->n_alternatives++] = a;
	}
}

/* Do the consents that it has hold at the new place too? Of one that was amended we know what they
 * were given for, unless we were started since: then they are asked for again. */
static bool consents_stay(const struct entry *e, const Convene__V1__Standing *is,
			  const Convene__V1__Placement *to)
{
	Convene__V1__Request before = *e->record->content;

	if (is->n_consents == 0)
		return false;
	if (is->state == STATE_RECEIVED) {
		if (!e->has_kept || before.duration != e->kept_duration)
			return false;
		before.has_headcount = true;
		before.headcount = e->kept_headcount;
	}
	return !consent_lapses(&before, is->placement, e->record->content, to);
}

static void add_consents(struct book *b, struct draft *d, struct entry *e, Convene__V1__Standing *s)
{
	const Convene__V1__Standing *is = book_standing(e);
	const char **nocs = draft_room(d, CONSENT_MAX, sizeof(*nocs));
	size_t n = consent_needed(replica_programme(b->replica), e->record->content, s->placement,
				  nocs);

	s->n_consent_needed = n;
	s->consent_needed = draft_room(d, n, sizeof(*s->consent_needed));
	for (size_t i = 0; i < n; i++)
		s->consent_needed[i] = copied(d, nocs[i]);
	if (!consents_stay(e, is, s->placement))
		return;
	s->n_consents = is->n_consents;
	s->consents = is->consents;
	if (is->state == STATE_RECEIVED && consent_is_complete(s))
		s->state = STATE_CONFIRMED;
}

static int32_t today(const struct book *b)
{
	return replica_has_today(b->replica) ? replica_today(b->replica) :
					       day_of_unix_ms(clock_unix_ms(), NULL);
}

static Convene__V1__Reason *explained(struct book *b, struct draft *d, const struct entry *e,
				      const struct explain_reason *why)
{
	Convene__V1__Reason *r = draft_room(d, 1, sizeof(*r));
	char text[TEXT_BYTES];

	convene__v1__reason__init(r);
	r->code = copied(d, code_reason_name((int)why->code));
	r->with = draft_room(d, (size_t)why->n_with, sizeof(*r->with));
	for (int32_t i = 0; i < why->n_with; i++)
		r->with[r->n_with++] = copied(d, b->problem->requests[why->with[i]].id);
	explain_text(b->calendar, e->handle, why, text, sizeof(text));
	r->text = copied(d, text);
	return r;
}

static bool is_told(Convene__V1__Reason **reasons, size_t n, enum code_reason code)
{
	for (size_t i = 0; i < n; i++)
		if (reasons[i]->code != NULL &&
		    strcmp(reasons[i]->code, code_reason_name((int)code)) == 0)
			return true;
	return false;
}

int32_t words_not_before(const struct book *b)
{
	int32_t first = replica_has_today(b->replica) ?
				replica_today(b->replica) + 1 - b->problem->first_day :
				0;

	return first > 0 ? first : 0;
}

void *draft_room(struct draft *d, size_t n, size_t size)
{
	void *room = arena_array(d->arena, n > 0 ? n : 1, size);

	if (room == NULL)
		abort(); /* as memory.h: a worker holds nothing that can't be rebuilt */
	return room;
}

struct draft draft_begin(struct arena *arena, size_t max)
{
	struct draft d = { .arena = arena, .max = max };

	d.entries = draft_room(&d, max, sizeof(*d.entries));
	d.changes = draft_room(&d, max, sizeof(*d.changes));
	return d;
}

Convene__V1__Change *draft_add(struct draft *d, struct entry *e, Convene__V1__Standing *standing)
{
	Convene__V1__Change *c = draft_room(d, 1, sizeof(*c));

	CVN_REQUIRE(d->n < d->max);
	convene__v1__change__init(c);
	c->request = copied(d, e->record->id);
	c->has_revision = c->has_from = true;
	c->revision = e->record->revision;
	c->from = book_standing(e)->state;
	c->standing = standing;
	d->entries[d->n] = e;
	d->changes[d->n++] = c;
	return c;
}

void draft_refuse(struct draft *d, enum cvn_err err, const char *text)
{
	d->refused = err;
	d->text = text;
}

/* The last day to accept a place, the day before it begins at the latest. `day`: its first, in the
 * programme. */
static char *accept_by(const struct book *b, struct draft *d, int64_t days, int32_t day)
{
	int32_t now = today(b), last = now + (int32_t)(days < 36500 ? days : 36500);
	int32_t before = b->problem->first_day + day - 1;

	if (last > before)
		last = before > now ? before : now;
	return day_text(d, last);
}

char *words_accept_by(const struct book *b, struct draft *d, char *until, int32_t day)
{
	int32_t now = today(b), last;

	if (until == NULL || *until == '\0' || !day_parse(until, &last))
		return until;
	return accept_by(b, d, last - now, day);
}

Convene__V1__Standing *words_proposed(struct book *b, struct draft *d, struct entry *e,
				      const struct place_option *options, int32_t n,
				      int64_t accept_by_days)
{
	Convene__V1__Standing *s = begin(d, e, STATE_PROPOSED);

	s->placement = placement(b, d, options[0].venue, options[0].day);
	add_alternatives(b, d, s, options + 1, n - 1, options[0].gain);
	add_consents(b, d, e, s);
	if (accept_by_days >= 0)
		s->accept_by = accept_by(b, d, accept_by_days, options[0].day);
	return s;
}

Convene__V1__Standing *words_moved(struct book *b, struct draft *d, struct entry *e,
				   const struct place_option *options, int32_t n)
{
	const Convene__V1__Standing *is = book_standing(e);
	Convene__V1__Standing *s = words_proposed(b, d, e, options, n, /* accept_by_days= */ -1);

	/* days as text are in the order of days */
	if (strcmp(s->placement->first_day, is->placement->first_day) < 0)
		return s;
	s->state = STATE_CONFIRMED;
	s->n_consents = is->n_consents;
	s->consents = is->consents;
	return s;
}

Convene__V1__Standing *words_waiting(struct book *b, struct draft *d, struct entry *e,
				     Convene__V1__Reason **first, size_t n_first)
{
	const struct problem_request *r = &b->problem->requests[e->handle];
	const Convene__V1__Standing *is = book_standing(e);
	Convene__V1__Standing *s = begin(d, e, STATE_WAITLISTED);
	struct explain_reason why[EXPLAIN_REASONS_MAX];
	struct place_option options[PLACE_OPTIONS_MAX];
	int32_t from = words_not_before(b);
	int32_t n = explain_unplaced(b->calendar, e->handle, from, why);
	int32_t n_options = place_best(b->calendar, e->handle, PLACE_PLAIN, from, options);
	int64_t wish = 1000 * (int64_t)r->value + (r->announced ? b->problem->policy.move_cost : 0);

	if (n_options == 0)
		n_options = place_best(b->calendar, e->handle, PLACE_OUTSIDE, from, options);
	s->reasons = draft_room(d, (size_t)n + n_first + 1, sizeof(*s->reasons));
	for (size_t i = 0; i < n_first; i++)
		s->reasons[s->n_reasons++] = first[i];
	for (int32_t i = 0; i < n; i++)
		if (!is_told(first, n_first, why[i].code))
			s->reasons[s->n_reasons++] = explained(b, d, e, &why[i]);
	if (s->n_reasons == 0) /* nobody waits without one */
		s->reasons[s->n_reasons++] = words_reason(d, REASON_NOT_WORTH_IT, NULL,
							  "The plan would not gain by it now.");
	add_alternatives(b, d, s, options, n_options < 3 ? n_options : 3, wish);
	s->has_waiting_since = true;
	s->waiting_since = is->has_waiting_since ? is->waiting_since : replica_cursor(b->replica);
	return s;
}

Convene__V1__Standing *words_conflict(struct draft *d, struct entry *e, bool in_conflict)
{
	Convene__V1__Standing *s = draft_room(d, 1, sizeof(*s));

	*s = *book_standing(e);
	s->has_in_conflict = true;
	s->in_conflict = in_conflict;
	return s;
}

size_t words_in_the_way(struct book *b, struct draft *d, struct entry *e, int32_t venue,
			int32_t day, unsigned flags, Convene__V1__Reason ***ret_reasons)
{
	struct explain_reason why[EXPLAIN_REASONS_MAX];
	int32_t n = explain_place(b->calendar, e->handle, venue, day, flags, why);
	Convene__V1__Reason **reasons = draft_room(d, (size_t)n, sizeof(*reasons));

	for (int32_t i = 0; i < n; i++)
		reasons[i] = explained(b, d, e, &why[i]);
	*ret_reasons = reasons;
	return (size_t)n;
}

Convene__V1__Reason *words_reason(struct draft *d, enum code_reason code, const struct entry *with,
				  const char *text)
{
	Convene__V1__Reason *r = draft_room(d, 1, sizeof(*r));

	convene__v1__reason__init(r);
	r->code = copied(d, code_reason_name((int)code));
	r->with = draft_room(d, 1, sizeof(*r->with));
	if (with != NULL)
		r->with[r->n_with++] = copied(d, with->record->id);
	r->text = copied(d, text);
	return r;
}
