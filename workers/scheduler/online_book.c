/* Helpers first: who is touched by what, then the one function that brings all into line (sync),
 * then the functions of online_book.h in its order. */
#include "scheduler/online_book.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "domain/lifecycle.h"
#include "scheduler/memory.h"
#include "scheduler/online_heap.h"

static bool is_in(const int32_t *sorted, int32_t n, int32_t wanted)
{
	int32_t low = 0, high = n;

	while (low < high) {
		int32_t middle = low + (high - low) / 2;

		if (sorted[middle] == wanted)
			return true;
		if (sorted[middle] < wanted)
			low = middle + 1;
		else
			high = middle;
	}
	return false;
}

static bool share_squads(const struct problem_request *x, const struct problem_request *y)
{
	for (int32_t i = 0; i < x->n_squads; i++)
		if (is_in(y->squads, y->n_squads, x->squads[i]))
			return true;
	return false;
}

static bool share_staff(const struct problem_request *x, const struct problem_request *y)
{
	for (int i = 0; i < PROBLEM_SERVICES; i++)
		if (x->staff[i] > 0 && y->staff[i] > 0)
			return true;
	return false;
}

static bool comes_after(const struct problem_request *x, int32_t handle)
{
	for (int32_t i = 0; i < x->n_after; i++)
		if (x->after[i].request == handle)
			return true;
	return false;
}

/* Might a waiting request find room since `gone` no longer stands at `spot`? Never no where the
 * truth is yes. */
static bool is_touched(const struct book *b, const struct entry *waits, const struct entry *gone,
		       struct calendar_spot spot)
{
	const struct problem *p = b->problem;
	const struct problem_request *w = &p->requests[waits->handle],
				     *g = &p->requests[gone->handle];
	const struct problem_venue *v = &p->venues[spot.venue];
	bool same_days = false, same_staff = share_staff(w, g);

	if (w->fixed || w->federation == g->federation || share_squads(w, g) ||
	    comes_after(g, waits->handle))
		return true;
	for (int32_t i = 0; i < w->n_windows && !same_days; i++)
		same_days = w->windows[i].first < spot.day + g->duration &&
			    spot.day <= w->windows[i].last;
	for (int32_t i = 0; i < w->n_venues && same_days; i++) {
		const struct problem_venue *u = &p->venues[w->venues[i]];

		if (u->city == v->city || (u->host == v->host && same_staff))
			return true;
	}
	return false;
}

static void note_followers(struct book *b, const struct entry *e)
{
	const struct problem_request *r = &b->problem->requests[e->handle];

	for (int32_t i = 0; i < r->n_followers; i++) {
		struct entry *follower = book_of_handle(b, r->followers[i]);

		if (follower == NULL)
			continue;
		if (!list_is_empty(&follower->waiting))
			book_note(b, QUEUE_LOOK, follower);
		else if (calendar_is_placed(b->calendar, follower->handle))
			book_note(b, QUEUE_RECHECK, follower);
	}
}

/* The reciprocity balance moved. */
static void note_unworthy(struct book *b)
{
	struct list_node *node, *after;

	if (b->problem->policy.reciprocity_weight == 0)
		return;
	LIST_EACH (node, after, &b->waiting) {
		struct entry *e = CONTAINER_OF(node, struct entry, waiting);

		if (e->fits_unworthy)
			book_note(b, QUEUE_LOOK, e);
	}
}

static void note_conflicted(struct book *b)
{
	struct list_node *node, *after;

	LIST_EACH (node, after, &b->conflicted)
		book_note(b, QUEUE_RECHECK, CONTAINER_OF(node, struct entry, conflicted));
}

static void freed(struct book *b, struct entry *e, struct calendar_spot spot)
{
	struct list_node *node, *after;

	if (b->is_quiet)
		return;
	LIST_EACH (node, after, &b->waiting) {
		struct entry *waits = CONTAINER_OF(node, struct entry, waiting);

		if (waits != e && waits->at[QUEUE_LOOK] == 0 && is_touched(b, waits, e, spot))
			book_note(b, QUEUE_LOOK, waits);
	}
	note_followers(b, e);
	note_unworthy(b);
	note_conflicted(b);
}

static void taken(struct book *b, struct entry *e)
{
	if (b->is_quiet)
		return;
	note_followers(b, e);
	note_unworthy(b);
}

/* A proposed one can be displaced by a fixed one, which was not so before. */
static void note_fixed(struct book *b)
{
	struct list_node *node, *after;

	LIST_EACH (node, after, &b->fixed)
		book_note(b, QUEUE_LOOK, CONTAINER_OF(node, struct entry, fixed));
}

static struct calendar_spot spot_of(const struct book *b, const Convene__V1__Standing *s)
{
	struct calendar_spot spot = { PROBLEM_NONE, 0 };

	if (!book_holds_place(s) || !problem_day(b->problem, s->placement->first_day, &spot.day))
		return spot;
	spot.venue = problem_venue(b->problem, s->placement->venue);
	return spot;
}

static void belongs(struct list_node *head, struct list_node *node, bool does)
{
	if (does && list_is_empty(node))
		list_push(head, node);
	else if (!does)
		list_drop(node);
}

/* Brings calendar, pin, lists and queues into line with the entry's effective standing. */
static void sync(struct book *b, struct entry *e)
{
	const Convene__V1__Standing *s = book_standing(e);
	bool waited = !list_is_empty(&e->waiting), waits = s->state == STATE_WAITLISTED;

	if (e->handle == PROBLEM_NONE)
		return;
	bool present = b->problem->requests[e->handle].present;
	struct calendar_spot is = calendar_where(b->calendar, e->handle), should = spot_of(b, s);
	bool was_firm = b->calendar->pinned != NULL && e->handle < b->calendar->n_spots &&
			b->calendar->pinned[e->handle];

	belongs(&b->waiting, &e->waiting, present && waits);
	belongs(&b->fixed, &e->fixed, present && waits && b->problem->requests[e->handle].fixed);
	belongs(&b->conflicted, &e->conflicted, present && s->has_in_conflict && s->in_conflict);
	if (!present)
		should.venue = PROBLEM_NONE;
	if (is.venue != PROBLEM_NONE && (is.venue != should.venue || is.day != should.day)) {
		calendar_remove(b->calendar, e->handle);
		freed(b, e, is);
	}
	if (should.venue != PROBLEM_NONE && (is.venue != should.venue || is.day != should.day)) {
		calendar_place(b->calendar, e->handle, should.venue, should.day);
		e->fits_unworthy = false;
		taken(b, e);
	}
	calendar_pin(b->calendar, e->handle, book_is_firm(b, e));
	if (b->is_quiet)
		return;
	if (present && waits && !waited)
		book_note(b, QUEUE_LOOK, e);
	if (was_firm && !book_is_firm(b, e) && should.venue != PROBLEM_NONE)
		note_fixed(b);
	for (enum book_queue q = 0; q < QUEUES; q++)
		if (e->at[q] != 0)
			heap_put(b, q, e);
}

/* Content, value or presence of a record changed: what the problem knows of it is made anew. */
static void compile(struct book *b, struct entry *e)
{
	const struct replica_record *r = e->record;
	bool present = lifecycle_is_open(r->standing->state) || book_holds_place(r->standing);

	if (e->handle != PROBLEM_NONE && calendar_is_placed(b->calendar, e->handle)) {
		struct calendar_spot spot = calendar_where(b->calendar, e->handle);

		calendar_remove(b->calendar, e->handle);
		freed(b, e, spot);
	}
	if (present) {
		e->handle = problem_put_request(b->problem, r->content,
						r->standing->has_value ? r->standing->value : 0,
						PROBLEM_PUT_PLAIN);
		if ((size_t)e->handle >= b->n_handles) {
			size_t max = (size_t)b->problem->n_requests * 2;

			b->by_handle = memory_grow(b->by_handle, b->n_handles, max,
						   sizeof(struct entry *));
			b->n_handles = max;
		}
		b->by_handle[e->handle] = e;
	} else if (e->handle != PROBLEM_NONE) {
		problem_drop_request(b->problem, e->handle);
	}
	sync(b, e);
}

static struct entry *find_or_make(struct book *b, const struct replica_record *record)
{
	struct entry *e = book_find(b, record->id);

	if (e != NULL)
		return e;
	e = memory_new(1, sizeof(*e));
	e->record = record;
	e->handle = PROBLEM_NONE;
	list_init(&e->changes);
	list_init(&e->waiting);
	list_init(&e->fixed);
	list_init(&e->conflicted);
	HASH_ADD_KEYPTR(hh, b->entries, record->id, strlen(record->id), e);
	return e;
}

static void forget_problem(struct book *b)
{
	struct entry *e, *next;

	for (enum book_queue q = 0; q < QUEUES; q++)
		while (heap_pop(b, q) != NULL)
			;
	HASH_ITER (hh, b->entries, e, next) {
		e->handle = PROBLEM_NONE;
		list_drop(&e->waiting);
		list_drop(&e->fixed);
		list_drop(&e->conflicted);
	}
	calendar_free(b->calendar);
	problem_free(b->problem);
	free(b->by_handle);
	b->by_handle = NULL;
	b->n_handles = 0;
	b->calendar = NULL;
	b->problem = NULL;
}

static bool same_text(const char *x, const char *y)
{
	return strcmp(x != NULL ? x : "", y != NULL ? y : "") == 0;
}

/* Has the feed brought this very outcome? */
static bool shows(const struct replica_record *r, const struct change *c)
{
	const Convene__V1__Placement *is = r->standing->placement, *mine = c->standing->placement;

	return r->cursor > c->cursor && r->standing->state == c->standing->state &&
	       r->revision >= c->revision && (is != NULL) == (mine != NULL) &&
	       (is == NULL ||
		(same_text(is->venue, mine->venue) && same_text(is->first_day, mine->first_day)));
}

/* The feed has brought something else than the first of its own outcomes: can that still be
 * committed? If not, the later ones neither, which were computed on it. */
static void drop_vain(struct entry *e)
{
	struct list_node *node = list_first(&e->changes);

	if (node == NULL)
		return;
	const struct change *c = CONTAINER_OF(node, struct change, of_entry);
	if (e->record->revision == c->revision && e->record->standing->state == c->from)
		return;
	while (list_pop(&e->changes) != NULL)
		;
}

/* What could not be looked at while outcomes of its own were under way is looked at now. */
static void note_if_shown(struct book *b, struct entry *e)
{
	if (!e->look_when_shown || !list_is_empty(&e->changes))
		return;
	e->look_when_shown = false;
	if (!list_is_empty(&e->waiting))
		book_note(b, QUEUE_LOOK, e);
	else if (e->handle != PROBLEM_NONE && calendar_is_placed(b->calendar, e->handle))
		book_note(b, QUEUE_RECHECK, e);
}

/* Remembers what the consents of an amended request were given for, till its new outcome. */
static void keep_terms(struct entry *e, const struct replica_record *before,
		       const struct replica_record *now)
{
	if (now->standing->state != STATE_RECEIVED) {
		e->has_kept = false;
	} else if (before != NULL && before->standing->state != STATE_RECEIVED &&
		   before->standing->n_consents > 0) {
		e->has_kept = true;
		e->kept_headcount = before->content->headcount;
		e->kept_duration = before->content->duration;
		snprintf(e->kept_preferred, sizeof(e->kept_preferred), "%s",
			 before->content->preferred_first_day != NULL ?
				 before->content->preferred_first_day :
				 "");
	}
}

void book_init(struct book *b, void (*on_shown)(void *arg, struct change *change), void *arg)
{
	*b = (struct book){ .on_shown = on_shown, .arg = arg };
	list_init(&b->waiting);
	list_init(&b->fixed);
	list_init(&b->conflicted);
}

void book_done(struct book *b)
{
	struct entry *e, *next;

	if (b->problem != NULL)
		forget_problem(b);
	HASH_ITER (hh, b->entries, e, next) {
		HASH_DEL(b->entries, e);
		free(e);
	}
	for (enum book_queue q = 0; q < QUEUES; q++)
		free(b->queues[q].at);
}

void book_open(struct book *b, struct replica *replica)
{
	b->replica = replica;
	b->is_old = true;
	book_refresh(b);
}

void book_record(struct book *b, const struct replica_record *before,
		 const struct replica_record *now)
{
	if (b->replica == NULL)
		return;
	struct entry *e = find_or_make(b, now);
	struct list_node *first = list_first(&e->changes);
	struct change *own = first != NULL ? CONTAINER_OF(first, struct change, of_entry) : NULL;
	bool is_own = own != NULL && shows(now, own);

	keep_terms(e, before, now);
	if (is_own)
		list_drop(&own->of_entry);
	else
		drop_vain(e);
	if (!b->is_old) {
		struct calendar_spot was = e->handle != PROBLEM_NONE ?
						   calendar_where(b->calendar, e->handle) :
						   (struct calendar_spot){ PROBLEM_NONE, 0 };
		if (before == NULL || before->content != now->content ||
		    before->standing->has_value != now->standing->has_value ||
		    before->standing->value != now->standing->value ||
		    lifecycle_is_open(before->standing->state) !=
			    lifecycle_is_open(now->standing->state))
			compile(b, e);
		else
			sync(b, e);
		if (before != NULL && !list_is_empty(&e->waiting) &&
		    (before->standing->has_value != now->standing->has_value ||
		     before->standing->value != now->standing->value))
			book_note(b, QUEUE_LOOK, e); /* it may be worth a place now */
		struct calendar_spot is =
			e->handle != PROBLEM_NONE ? calendar_where(b->calendar, e->handle) : was;
		if (is.venue != PROBLEM_NONE && (is.venue != was.venue || is.day != was.day))
			book_note(b, QUEUE_RECHECK,
				  e); /* others put it there: that it fits is yet to be seen */
		note_if_shown(b, e);
	}
	if (is_own)
		b->on_shown(b->arg, own);
}

void book_data(struct book *b)
{
	b->is_old = true;
}

void book_refresh(struct book *b)
{
	if (b->replica == NULL || !b->is_old)
		return;
	if (b->problem != NULL)
		forget_problem(b);
	b->is_old = false;
	b->problem = problem_new(replica_programme(b->replica));
	b->calendar = calendar_new(b->problem);
	b->is_quiet = true;
	for (const struct replica_record *r = replica_first(b->replica); r != NULL;
	     r = replica_next(r))
		compile(b, find_or_make(b, r));
	b->is_quiet = false;
	for (const struct replica_record *r = replica_first(b->replica); r != NULL;
	     r = replica_next(r)) {
		struct entry *e = book_find(b, r->id);

		if (!list_is_empty(&e->waiting))
			book_note(b, QUEUE_LOOK, e);
		else if (e->handle != PROBLEM_NONE && book_holds_place(book_standing(e)))
			book_note(b, QUEUE_RECHECK, e);
	}
}

struct entry *book_find(const struct book *b, const char *id)
{
	struct entry *e = NULL;

	if (id != NULL)
		HASH_FIND_STR(b->entries, id, e);
	return e;
}

struct entry *book_of_handle(const struct book *b, int32_t handle)
{
	return handle >= 0 && (size_t)handle < b->n_handles ? b->by_handle[handle] : NULL;
}

const Convene__V1__Standing *book_standing(const struct entry *e)
{
	return list_is_empty(&e->changes) ?
		       e->record->standing :
		       CONTAINER_OF(e->changes.prev, struct change, of_entry)->standing;
}

bool book_is_under_way(const struct entry *e)
{
	return !list_is_empty(&e->changes);
}

bool book_is_laid(const struct change *change)
{
	return !list_is_empty(&change->of_entry);
}

bool book_is_firm(const struct book *b, const struct entry *e)
{
	return book_standing(e)->state != STATE_PROPOSED ||
	       (e->handle != PROBLEM_NONE && b->problem->requests[e->handle].fixed);
}

bool book_holds_place(const Convene__V1__Standing *standing)
{
	return lifecycle_has_place(standing) ||
	       (standing->state == STATE_HELD && standing->placement != NULL &&
		standing->placement->venue != NULL && standing->placement->first_day != NULL);
}

void book_lay(struct book *b, struct change *change)
{
	list_push(&change->entry->changes, &change->of_entry);
	sync(b, change->entry);
}

void book_take_off(struct book *b, struct change *change)
{
	struct entry *e = change->entry;

	list_drop(&change->of_entry);
	if (b->is_old)
		return;
	sync(b, e);
	note_if_shown(b, e);
}

void book_note(struct book *b, enum book_queue queue, struct entry *e)
{
	heap_put(b, queue, e);
}

struct entry *book_next(struct book *b, enum book_queue queue)
{
	return heap_pop(b, queue);
}

bool book_has_next(const struct book *b)
{
	return b->queues[QUEUE_RECHECK].n > 0 || b->queues[QUEUE_LOOK].n > 0;
}
