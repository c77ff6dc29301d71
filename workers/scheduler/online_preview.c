#include "scheduler/online_preview.h"

#include <stdio.h>
#include <stdlib.h>

#include "domain/lifecycle.h"

#define TEXT_BYTES 256

struct found {
	struct entry *entry;
	struct place_option where;
	int64_t cost; /* points */
};

struct search {
	struct book *b;
	struct entry *subject;
	struct calendar_spot spot;
	struct found *found;
	size_t n, n_looks;
	bool is_cut;
};

/* Its best place now, and what that gives; false: none that is worth it. */
static bool best_of(const struct book *b, const struct entry *e, struct place_option *ret)
{
	struct place_option options[PLACE_OPTIONS_MAX];

	if (place_best(b->calendar, e->handle, PLACE_WORTH_IT | PLACE_NO_ALTERNATIVES, 0,
		       options) <= 0)
		return false;
	*ret = options[0];
	return true;
}

static int dearest_first(const void *x, const void *y)
{
	const struct found *f = x, *g = y;

	if (f->cost != g->cost)
		return f->cost < g->cost ? 1 : -1;
	return (f->entry->handle > g->entry->handle) - (f->entry->handle < g->entry->handle);
}

static void note(struct search *s, struct entry *e, const struct place_option *where, int64_t cost)
{
	if (s->n == 2 * PREVIEW_LOSSES_MAX) {
		qsort(s->found, s->n, sizeof(*s->found), dearest_first);
		s->n = PREVIEW_LOSSES_MAX;
		s->is_cut = true;
	}
	s->found[s->n++] = (struct found){ e, *where, cost };
}

/* One who waits, while the subject is lifted. With it there was no place; so that place is due to
 * its going, if going back it is in the way again. */
static void ask_waiting(struct search *s, struct entry *e)
{
	struct book *b = s->b;
	struct place_option where, beside;

	if (!best_of(b, e, &where))
		return;
	calendar_place(b->calendar, s->subject->handle, s->spot.venue, s->spot.day);
	bool fits_anyway = best_of(b, e, &beside);
	calendar_remove(b->calendar, s->subject->handle);
	if (!fits_anyway)
		note(s, e, &where, where.gain);
}

/* One who is proposed: would it stand better, and not as well beside the subject? */
static void ask_proposed(struct search *s, struct entry *e)
{
	struct book *b = s->b;
	struct calendar_spot is = calendar_where(b->calendar, e->handle);
	struct place_option where, beside;
	int64_t gain, with = 0;

	calendar_remove(b->calendar, e->handle);
	gain = place_gain(b->calendar, e->handle, is.venue, is.day);
	if (best_of(b, e, &where) && where.gain > gain) {
		calendar_place(b->calendar, s->subject->handle, s->spot.venue, s->spot.day);
		with = place_gain(b->calendar, e->handle, is.venue, is.day);
		with = best_of(b, e, &beside) && beside.gain > with ? beside.gain - with : 0;
		calendar_remove(b->calendar, s->subject->handle);
		if (where.gain - gain > with)
			note(s, e, &where, where.gain - gain - with);
	}
	calendar_place(b->calendar, e->handle, is.venue, is.day);
}

static char *text_of(const struct search *s, struct draft *d, const struct found *f)
{
	bool waits = book_standing(f->entry)->state == STATE_WAITLISTED;
	char *text = draft_room(d, TEXT_BYTES, 1);
	char day[PROBLEM_DAY_SIZE];

	problem_format_day(s->b->problem, f->where.day, day);
	snprintf(text, TEXT_BYTES,
		 waits ? "It waits, and would have a place at %s from %s on." :
			 "It is proposed elsewhere, and would do better at %s from %s on.",
		 s->b->problem->venues[f->where.venue].id, day);
	return text;
}

static Convene__V1__Loss *loss_of(const struct search *s, struct draft *d, const struct found *f)
{
	Convene__V1__Loss *loss = draft_room(d, 1, sizeof(*loss));

	convene__v1__loss__init(loss);
	loss->request = (char *)(uintptr_t)f->entry->record->id;
	loss->has_state = loss->has_cost = true;
	loss->state = book_standing(f->entry)->state;
	loss->cost = f->cost;
	loss->venue = (char *)(uintptr_t)s->b->problem->venues[f->where.venue].id;
	loss->first_day = draft_room(d, PROBLEM_DAY_SIZE, 1);
	problem_format_day(s->b->problem, f->where.day, loss->first_day);
	loss->text = text_of(s, d, f);
	return loss;
}

static void tell(struct search *s, struct draft *d)
{
	Convene__V1__Preview *p = draft_room(d, 1, sizeof(*p));
	size_t n = s->n < PREVIEW_LOSSES_MAX ? s->n : PREVIEW_LOSSES_MAX;

	qsort(s->found, s->n, sizeof(*s->found), dearest_first);
	convene__v1__preview__init(p);
	p->request = (char *)(uintptr_t)s->subject->record->id;
	p->has_revision = p->has_cut = true;
	p->revision = s->subject->record->revision;
	p->cut = s->is_cut || s->n > n;
	p->losses = draft_room(d, n, sizeof(*p->losses));
	for (size_t i = 0; i < n; i++)
		p->losses[p->n_losses++] = loss_of(s, d, &s->found[i]);
	d->preview = p;
}

void preview_losses(struct book *b, struct entry *e, struct draft *d)
{
	struct search s = { .b = b, .subject = e, .spot = calendar_where(b->calendar, e->handle) };

	s.found = draft_room(d, 2 * PREVIEW_LOSSES_MAX, sizeof(*s.found));
	calendar_remove(b->calendar, e->handle);
	for (int32_t i = 0; i < b->problem->n_requests; i++) {
		struct entry *other = book_of_handle(b, i);

		if (other == NULL || other == e || other->handle != i ||
		    !b->problem->requests[i].present || b->problem->requests[i].fixed)
			continue;
		if (s.n_looks++ == PREVIEW_LOOKS_MAX) {
			s.is_cut = true;
			break;
		}
		if (book_standing(other)->state == STATE_WAITLISTED)
			ask_waiting(&s, other);
		else if (book_standing(other)->state == STATE_PROPOSED &&
			 calendar_is_placed(b->calendar, i))
			ask_proposed(&s, other);
	}
	calendar_place(b->calendar, e->handle, s.spot.venue, s.spot.day);
	tell(&s, d);
}
