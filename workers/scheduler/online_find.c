/* Helpers first, then the functions of online_find.h. */
#include "scheduler/online_find.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "domain/lifecycle.h"

#define REFUSAL_BYTES 1500

/* All questions are about requests that are not placed: takes it away for the time of the
 * question. */
static struct calendar_spot lift(struct book *b, struct entry *e)
{
	struct calendar_spot spot = calendar_where(b->calendar, e->handle);

	if (spot.venue != PROBLEM_NONE)
		calendar_remove(b->calendar, e->handle);
	return spot;
}

static void put_back(struct book *b, struct entry *e, struct calendar_spot spot)
{
	if (spot.venue != PROBLEM_NONE)
		calendar_place(b->calendar, e->handle, spot.venue, spot.day);
}

static bool has_placed_followers(const struct book *b, const struct entry *e)
{
	const struct problem_request *r = &b->problem->requests[e->handle];

	for (int32_t i = 0; i < r->n_followers; i++)
		if (calendar_is_placed(b->calendar, r->followers[i]))
			return true;
	return false;
}

/* Its best places from day `not_before` on; where there is none that leaves its followers in peace,
 * those that do not. Returns how many there are if the best is worth it, else 0; then
 * `e->fits_unworthy` says whether it would fit. */
static int32_t best(struct book *b, struct entry *e, int32_t not_before,
		    struct place_option options[PLACE_OPTIONS_MAX])
{
	int32_t n = place_best(b->calendar, e->handle, PLACE_PLAIN, not_before, options);

	if ((n == 0 || options[0].gain <= 0) && has_placed_followers(b, e))
		n = place_best(b->calendar, e->handle, PLACE_LEAVE_FOLLOWERS, not_before, options);
	e->fits_unworthy = n > 0 && options[0].gain <= 0;
	return e->fits_unworthy ? 0 : n;
}

/* This place first, then the best ones beside it. */
static int32_t with_others(struct book *b, struct entry *e, int32_t venue, int32_t day,
			   struct place_option ret_options[PLACE_OPTIONS_MAX])
{
	struct place_option others[PLACE_OPTIONS_MAX];
	int32_t n_others = place_best(b->calendar, e->handle, PLACE_PLAIN, 0, others), n = 1;

	ret_options[0] = (struct place_option){
		.venue = venue, .day = day, .gain = place_gain(b->calendar, e->handle, venue, day)
	};
	for (int32_t i = 0; i < n_others && n < PLACE_OPTIONS_MAX; i++)
		if (others[i].venue != venue || others[i].day != day)
			ret_options[n++] = others[i];
	return n;
}

static int64_t accept_days(const struct book *b)
{
	int64_t days = programme_policy(replica_programme(b->replica))->accept_days;

	return days < 0 ? 0 : days;
}

static Convene__V1__Standing *displaced_by(struct book *b, struct draft *d, struct entry *e,
					   const struct entry *by)
{
	Convene__V1__Reason *reason =
		words_reason(d, REASON_DISPLACED, by,
			     "A fixed event was announced where it stood, and goes first.");

	return words_waiting(b, d, e, &reason, 1);
}

/* Puts a fixed event where it was announced. Others give way to it where they can; else false. */
static bool put_fixed(struct book *b, struct entry *e, int64_t accept_by_days, struct draft *d)
{
	const struct problem_request *r = &b->problem->requests[e->handle];
	int32_t venue = r->announced_venue, day = r->announced_day;
	int32_t in_the_way[DRAFT_CHANGES_MAX];
	struct calendar_spot were[DRAFT_CHANGES_MAX];
	int32_t n = venue == PROBLEM_NONE ? -1 :
					    place_displaced(b->calendar, e->handle, venue, day,
							    DRAFT_CHANGES_MAX - 1, in_the_way);

	if (n < 0 || n >= DRAFT_CHANGES_MAX)
		return false;
	for (int32_t i = 0; i < n; i++)
		were[i] = lift(b, book_of_handle(b, in_the_way[i]));
	bool fits =
		place_fits(b->calendar, e->handle, venue, day, PLACE_LEAVE_FOLLOWERS) == PLACE_FREE;
	if (fits) {
		struct place_option there = { .venue = venue,
					      .day = day,
					      .gain = place_gain(b->calendar, e->handle, venue,
								 day) };

		draft_add(d, e, words_proposed(b, d, e, &there, 1, accept_by_days));
		calendar_place(b->calendar, e->handle, venue, day);
		for (int32_t i = n; i-- > 0;) {
			struct entry *gone = book_of_handle(b, in_the_way[i]);

			draft_add(d, gone, displaced_by(b, d, gone, e));
		}
		calendar_remove(b->calendar, e->handle);
	}
	for (int32_t i = 0; i < n; i++)
		put_back(b, book_of_handle(b, in_the_way[i]), were[i]);
	return fits;
}

/* Amended, but it has consents that are not given up lightly: it stays where it is if that is still
 * a good place. */
static bool may_stay(struct book *b, struct entry *e, struct calendar_spot was)
{
	const Convene__V1__Standing *s = book_standing(e);
	const char *preferred = e->record->content->preferred_first_day;

	return was.venue != PROBLEM_NONE && s->n_consents > 0 && e->has_kept &&
	       strcmp(preferred != NULL ? preferred : "", e->kept_preferred) == 0 &&
	       place_fits(b->calendar, e->handle, was.venue, was.day, PLACE_PLAIN) == PLACE_FREE &&
	       place_gain(b->calendar, e->handle, was.venue, was.day) > 0;
}

void find_place(struct book *b, struct entry *e, struct draft *d)
{
	struct place_option options[PLACE_OPTIONS_MAX];
	struct calendar_spot was = lift(b, e);
	int32_t n;

	if (b->problem->requests[e->handle].fixed) {
		if (!put_fixed(b, e, /* accept_by_days= */ -1, d))
			draft_add(d, e, words_waiting(b, d, e, NULL, 0));
	} else if (may_stay(b, e, was)) {
		n = with_others(b, e, was.venue, was.day, options);
		draft_add(d, e, words_proposed(b, d, e, options, n, /* accept_by_days= */ -1));
	} else if ((n = best(b, e, /* not_before= */ 0, options)) > 0) {
		/* how early it may be filed is the policy's, which the validators go by */
		draft_add(d, e, words_proposed(b, d, e, options, n, /* accept_by_days= */ -1));
	} else {
		draft_add(d, e, words_waiting(b, d, e, NULL, 0));
	}
	put_back(b, e, was);
}

/* A reason that tells of its life, not of the calendar: why it lost a place or a deadline. */
static bool is_of_life(const Convene__V1__Reason *r)
{
	for (int code = REASON_NOT_WORTH_IT + 1; code < REASON_N; code++)
		if (r->code != NULL && strcmp(r->code, code_reason_name(code)) == 0)
			return true;
	return false;
}

/* Do its reasons tell why it has no place, and do those whom they name still stand? */
static bool has_true_reasons(const struct book *b, const Convene__V1__Standing *s)
{
	bool told = false;

	for (size_t i = 0; i < s->n_reasons; i++) {
		const Convene__V1__Reason *r = s->reasons[i];
		bool is_after = r->code != NULL &&
				strcmp(r->code, code_reason_name(REASON_AFTER_UNPLACED)) == 0;

		if (is_of_life(r))
			continue;
		told = true;
		for (size_t j = 0; j < r->n_with; j++) {
			const struct entry *with = book_find(b, r->with[j]);
			bool stands = with != NULL && with->handle != PROBLEM_NONE &&
				      calendar_is_placed(b->calendar, with->handle);

			if (stands == is_after)
				return false;
		}
	}
	return told;
}

static void tell_anew(struct book *b, struct entry *e, struct draft *d)
{
	const Convene__V1__Standing *s = book_standing(e);
	Convene__V1__Reason **of_life = draft_room(d, s->n_reasons, sizeof(*of_life));
	size_t n = 0;

	for (size_t i = 0; i < s->n_reasons; i++)
		if (is_of_life(s->reasons[i]))
			of_life[n++] = s->reasons[i];
	draft_add(d, e, words_waiting(b, d, e, of_life, n));
}

bool find_again(struct book *b, struct entry *e, struct draft *d)
{
	const Convene__V1__Standing *s = book_standing(e);
	struct place_option options[PLACE_OPTIONS_MAX];
	int32_t n;

	if (s->state != STATE_WAITLISTED || e->handle == PROBLEM_NONE ||
	    !b->problem->requests[e->handle].present)
		return false;
	if (b->problem->requests[e->handle].fixed) {
		if (put_fixed(b, e, accept_days(b), d))
			return true;
	} else if ((n = best(b, e, words_not_before(b), options)) > 0) {
		draft_add(d, e, words_proposed(b, d, e, options, n, accept_days(b)));
		return true;
	}
	if (book_is_under_way(e)) {
		e->look_when_shown = true; /* the reasons that are about to be told may be old by then */
		return false;
	}
	if (has_true_reasons(b, s))
		return false;
	tell_anew(b, e, d);
	return true;
}

/* Why it can't stay at `was`; nothing where it can. The entry is lifted. */
static size_t misfit(struct book *b, struct entry *e, struct calendar_spot was, struct draft *d,
		     Convene__V1__Reason ***ret_reasons)
{
	if (was.venue == PROBLEM_NONE) {
		*ret_reasons = draft_room(d, 1, sizeof(**ret_reasons));
		**ret_reasons = words_reason(d, REASON_NO_ELIGIBLE_VENUE, NULL,
					     "The venue where it stood is no longer there.");
		return 1;
	}
	if (place_fits(b->calendar, e->handle, was.venue, was.day, PLACE_LEAVE_FOLLOWERS) ==
	    PLACE_FREE)
		return 0;
	return words_in_the_way(b, d, e, was.venue, was.day, PLACE_LEAVE_FOLLOWERS, ret_reasons);
}

bool find_misfit(struct book *b, struct entry *e, struct draft *d)
{
	const Convene__V1__Standing *s = book_standing(e);
	Convene__V1__Reason **reasons = NULL;

	if (!book_holds_place(s) || (s->state != STATE_PROPOSED && s->state != STATE_CONFIRMED))
		return false;
	if (book_is_under_way(e)) {
		e->look_when_shown = true; /* its windows may be about to be widened */
		return false;
	}
	struct calendar_spot was = lift(b, e);
	size_t n = misfit(b, e, was, d, &reasons);
	bool is_conflict = s->has_in_conflict && s->in_conflict;
	if (s->state == STATE_PROPOSED && n > 0) {
		draft_add(d, e, words_waiting(b, d, e, reasons, n));
	} else if (s->state == STATE_CONFIRMED && (n > 0) != is_conflict) {
		Convene__V1__Standing *flagged = words_conflict(d, e, n > 0);

		flagged->reasons = reasons;
		flagged->n_reasons = n;
		draft_add(d, e, flagged);
	}
	put_back(b, e, was);
	return d->n > 0;
}

static int by_first_day(const void *x, const void *y)
{
	const struct problem_window *w = x, *v = y;

	return (w->first > v->first) - (w->first < v->first);
}

/* The windows that it has from now on: sorted, and those that overlap made one. */
static void widen(struct book *b, struct draft *d, struct entry *e, int32_t day,
		  Convene__V1__Change *change)
{
	const struct problem_request *r = &b->problem->requests[e->handle];
	size_t n = (size_t)r->n_windows, n_merged = 0;
	struct problem_window *w = draft_room(d, n + 1, sizeof(*w));

	for (size_t i = 0; i < n; i++)
		w[i] = r->windows[i];
	w[n++] = (struct problem_window){ day, day + r->duration - 1 };
	qsort(w, n, sizeof(*w), by_first_day);
	for (size_t i = 0; i < n; i++) {
		if (n_merged > 0 && w[i].first <= w[n_merged - 1].last) {
			if (w[i].last > w[n_merged - 1].last)
				w[n_merged - 1].last = w[i].last;
		} else {
			w[n_merged++] = w[i];
		}
	}
	change->widened = draft_room(d, n_merged, sizeof(*change->widened));
	for (size_t i = 0; i < n_merged; i++) {
		Convene__V1__Period *period = draft_room(d, 1, sizeof(*period));

		convene__v1__period__init(period);
		period->first = draft_room(d, PROBLEM_DAY_SIZE, 1);
		period->last = draft_room(d, PROBLEM_DAY_SIZE, 1);
		problem_format_day(b->problem, w[i].first, period->first);
		problem_format_day(b->problem, w[i].last, period->last);
		change->widened[change->n_widened++] = period;
	}
}

static void refuse_place(struct book *b, struct draft *d, struct entry *e, int32_t venue,
			 int32_t day, unsigned flags)
{
	Convene__V1__Reason **reasons;
	size_t n = words_in_the_way(b, d, e, venue, day, flags, &reasons), used;
	char *text = draft_room(d, REFUSAL_BYTES, 1);

	used = (size_t)snprintf(text, REFUSAL_BYTES, "The place is not free.");
	for (size_t i = 0; i < n && used < REFUSAL_BYTES; i++)
		used += (size_t)snprintf(text + used, REFUSAL_BYTES - used, " %s: %s",
					 reasons[i]->code, reasons[i]->text);
	draft_refuse(d, CVN_ENOPLACE, text);
}

void find_taken(struct book *b, struct entry *e, const char *venue_id, const char *first_day,
		struct draft *d)
{
	struct place_option options[PLACE_OPTIONS_MAX];
	int32_t venue = problem_venue(b->problem, venue_id), day;
	bool is_moved = book_standing(e)->state == STATE_CONFIRMED;
	unsigned plain = is_moved ? PLACE_LEAVE_FOLLOWERS : PLACE_PLAIN, flags = plain;

	if (venue == PROBLEM_NONE || !problem_day(b->problem, first_day, &day)) {
		draft_refuse(d, CVN_ENOPLACE,
			     venue == PROBLEM_NONE ? "There is no such venue in the programme." :
						     "The first day is no day near the programme.");
		return;
	}
	struct calendar_spot was = lift(b, e);
	enum place_rule rule = place_fits(b->calendar, e->handle, venue, day, flags);
	if (rule == PLACE_OUTSIDE_WINDOWS) {
		flags |= PLACE_OUTSIDE;
		rule = place_fits(b->calendar, e->handle, venue, day, flags);
	}
	if (rule == PLACE_FREE) {
		int32_t n = with_others(b, e, venue, day, options);
		Convene__V1__Change *change = draft_add(
			d, e,
			is_moved ? words_moved(b, d, e, options, n) :
				   words_proposed(b, d, e, options, n, /* accept_by_days= */ -1));

		if (flags != plain)
			widen(b, d, e, day, change);
	} else {
		refuse_place(b, d, e, venue, day, flags);
	}
	put_back(b, e, was);
}
