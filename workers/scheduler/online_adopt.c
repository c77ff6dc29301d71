/* In order of time: look (is it as it was?) -> lift all -> try_all, again without those that failed -> spare, stay, yield
 * (what has lost its purpose is left out) -> say. */
#include "scheduler/online_adopt.h"

#include <stdio.h>
#include <string.h>

#include "domain/lifecycle.h"
#include "scheduler/round.h"

#define TRIES_MAX 100        /* each leaves at least one more out */
#define WHOLE_WORDS_MAX 1000 /* with more changes, standings are kept short: they travel in one message */
#define WHY_BYTES 400
#define REFUSED_BYTES 2000
#define REFUSED_TOLD 3 /* of those that do not hold, so many are named in a refusal */

struct move {
	const Convene__V1__AdoptMove *said;
	struct entry *e;          /* NULL: it does not hold */
	struct calendar_spot was, to;
	bool is_placed;           /* at `to`, in the try at hand */
	const char *why;          /* it does not hold: a sentence */
};

struct adoption {
	struct book *b;
	struct draft *d;
	struct move *moves;
	size_t n;
};

static struct calendar_spot spot_of(const struct book *b, const Convene__V1__Placement *placement)
{
	struct calendar_spot spot = { PROBLEM_NONE, 0 };

	if (placement != NULL && problem_day(b->problem, placement->first_day, &spot.day))
		spot.venue = problem_venue(b->problem, placement->venue);
	return spot;
}

static void drop(struct adoption *a, struct move *m, const char *why)
{
	char *text = draft_room(a->d, WHY_BYTES, 1);

	snprintf(text, WHY_BYTES, "%s", why);
	m->why = text;
	m->e = NULL;
}

/* What people have said of it since the plan was made; NULL: nothing that matters. */
static const char *newer_word(const struct adoption *a, const struct move *m, const Convene__V1__Standing *s)
{
	const Convene__V1__AdoptMove *said = m->said;

	if (said->has_consents && (int64_t)s->n_consents > said->consents)
		return "A committee has approved it since the plan was made.";
	if (said->has_awaits_accept && said->awaits_accept && (s->accept_by == NULL || *s->accept_by == '\0'))
		return "Its federation has accepted its place since the plan was made.";
	if (said->has_weighed && a->b->problem->requests[m->e->handle].value != said->weighed)
		return "Its value was changed since the plan was made.";
	return NULL;
}

/* Days that have come since; NULL: none. */
static const char *late_day(const struct adoption *a, const struct move *m, Convene__V1__State state)
{
	const struct replica *replica = a->b->replica;
	int32_t soonest;

	if (!replica_has_today(replica))
		return NULL;
	soonest = programme_soonest(replica_programme(replica), state == STATE_CONFIRMED, replica_today(replica)) -
		  a->b->problem->first_day;
	if (m->was.venue != PROBLEM_NONE && m->was.day < soonest)
		return state == STATE_CONFIRMED ? "It has begun, or begins too soon to be moved." :
						  "It has begun.";
	if (m->to.venue != PROBLEM_NONE && m->to.day < soonest)
		return "It is too late for its new days.";
	return NULL;
}

/* Is its request as it was when the plan was made? */
static void look(struct adoption *a, struct move *m)
{
	const Convene__V1__AdoptMove *said = m->said;
	struct entry *e = book_find(a->b, said->request);
	const char *newer;
	char why[WHY_BYTES];

	if (e == NULL) {
		drop(a, m, "There is no such request any more.");
		return;
	}
	const Convene__V1__Standing *s = book_standing(e);
	if (e->handle == PROBLEM_NONE) { /* what has ended has none, once data have changed */
		snprintf(why, sizeof(why), "It is %s now.", state_name(s->state));
		drop(a, m, why);
		return;
	}
	m->e = e;
	m->was = calendar_where(a->b->calendar, e->handle);
	m->to = spot_of(a->b, said->to);
	if (s->state != said->state) {
		snprintf(why, sizeof(why), "It was %s when the plan was made, and is %s now.",
			 state_name(said->state), state_name(s->state));
		drop(a, m, why);
	} else if (e->record->revision != said->revision) {
		drop(a, m, "It was amended since the plan was made.");
	} else if (!calendar_is_same(m->was, spot_of(a->b, said->from))) {
		drop(a, m, "It has been moved since the plan was made.");
	} else if (a->b->problem->requests[e->handle].fixed) {
		drop(a, m, "It is fixed where it was announced.");
	} else if (said->to != NULL && m->to.venue == PROBLEM_NONE) {
		drop(a, m, "The venue of its new place is no longer there.");
	} else if (calendar_is_same(m->was, m->to)) {
		drop(a, m, "It stands there already.");
	} else if ((newer = newer_word(a, m, s)) != NULL || (newer = late_day(a, m, s->state)) != NULL) {
		drop(a, m, newer);
	}
}

static void lift_all(struct adoption *a)
{
	for (size_t i = 0; i < a->n; i++) {
		struct move *m = &a->moves[i];

		m->is_placed = false;
		if (m->e != NULL && m->was.venue != PROBLEM_NONE)
			calendar_remove(a->b->calendar, m->e->handle);
	}
}

/* As all was before lift_all(). */
static void put_all_back(struct adoption *a)
{
	struct calendar *calendar = a->b->calendar;

	for (size_t i = 0; i < a->n; i++)
		if (a->moves[i].is_placed)
			calendar_remove(calendar, a->moves[i].e->handle);
	for (size_t i = 0; i < a->n; i++) {
		struct move *m = &a->moves[i];

		m->is_placed = false;
		if (m->e != NULL && m->was.venue != PROBLEM_NONE)
			calendar_place(calendar, m->e->handle, m->was.venue, m->was.day);
	}
}

/* Puts whoever fits to its new place, until no more do: some come after others. */
static void place_all(struct adoption *a)
{
	bool placed = true;

	while (placed) {
		placed = false;
		for (size_t i = 0; i < a->n; i++) {
			struct move *m = &a->moves[i];

			if (m->e == NULL || m->is_placed || m->to.venue == PROBLEM_NONE ||
			    place_fits(a->b->calendar, m->e->handle, m->to.venue, m->to.day,
				       PLACE_PLAIN) != PLACE_FREE)
				continue;
			calendar_place(a->b->calendar, m->e->handle, m->to.venue, m->to.day);
			m->is_placed = placed = true;
		}
	}
}

static bool has_placed_follower(const struct book *b, int32_t handle)
{
	const struct problem_request *r = &b->problem->requests[handle];

	for (int32_t i = 0; i < r->n_followers; i++)
		if (calendar_is_placed(b->calendar, r->followers[i]))
			return true;
	return false;
}

/* Why those that have no place now can't go; NULL: they can. */
static const char *why_not(struct adoption *a, struct move *m)
{
	Convene__V1__Reason **reasons;
	char *why;

	if (m->to.venue == PROBLEM_NONE)
		return has_placed_follower(a->b, m->e->handle) ?
			       "Events that come after it have not moved, so it stays." :
			       NULL;
	if (m->is_placed)
		return NULL;
	why = draft_room(a->d, WHY_BYTES, 1);
	size_t n = words_in_the_way(a->b, a->d, m->e, m->to.venue, m->to.day, PLACE_PLAIN, &reasons);
	if (n == 0)
		snprintf(why, WHY_BYTES, "Its new place is not free any more.");
	else if (reasons[0]->n_with == 0)
		snprintf(why, WHY_BYTES, "Its new place is not free any more: %s", reasons[0]->text);
	else
		snprintf(why, WHY_BYTES, "Its new place is not free any more, for %.64s: %s", reasons[0]->with[0],
			 reasons[0]->text);
	return why;
}

/* True: all that are left hold together; they stand at their new places. False: some were left out, all stand where
 * they were. */
static bool try_all(struct adoption *a)
{
	const char **why = draft_room(a->d, a->n, sizeof(*why));
	bool all = true;

	lift_all(a);
	place_all(a);
	for (size_t i = 0; i < a->n; i++) {
		why[i] = a->moves[i].e != NULL ? why_not(a, &a->moves[i]) : NULL;
		all = all && why[i] == NULL;
	}
	if (all)
		return true;
	put_all_back(a);
	for (size_t i = 0; i < a->n; i++)
		if (why[i] != NULL)
			drop(a, &a->moves[i], why[i]);
	return false;
}

/* One that was to give up its place keeps it, where nobody has come to need it. */
static bool spare(struct adoption *a)
{
	bool spared = false;

	for (size_t i = 0; i < a->n; i++) {
		struct move *m = &a->moves[i];

		if (m->e == NULL || m->to.venue != PROBLEM_NONE ||
		    place_fits(a->b->calendar, m->e->handle, m->was.venue, m->was.day, PLACE_PLAIN) !=
			    PLACE_FREE ||
		    place_gain(a->b->calendar, m->e->handle, m->was.venue, m->was.day) <= 0)
			continue;
		calendar_place(a->b->calendar, m->e->handle, m->was.venue, m->was.day);
		drop(a, m, "Its place is free all the same: it keeps it.");
		spared = true;
	}
	return spared;
}

/* What the score gains by the move of one that stands at its new place, as all others stand now; false: it can't go
 * back. It is left out of the calendar. */
static bool gains(struct adoption *a, const struct move *m, int64_t *ret_gain)
{
	struct calendar *calendar = a->b->calendar;

	calendar_remove(calendar, m->e->handle);
	*ret_gain = place_gain(calendar, m->e->handle, m->to.venue, m->to.day);
	if (m->was.venue == PROBLEM_NONE)
		return true;
	*ret_gain -= place_gain(calendar, m->e->handle, m->was.venue, m->was.day);
	return place_fits(calendar, m->e->handle, m->was.venue, m->was.day, PLACE_PLAIN) == PLACE_FREE;
}

/* One whose move makes no room any more, and gains nothing by itself (confirmed: less than moving it costs), stays. */
static bool stay(struct adoption *a)
{
	int64_t move_cost = a->b->problem->policy.move_cost;
	bool stayed = false;

	for (size_t i = 0; i < a->n; i++) {
		struct move *m = &a->moves[i];
		int64_t gain;

		if (m->e == NULL || m->to.venue == PROBLEM_NONE ||
		    has_placed_follower(a->b, m->e->handle))
			continue;
		if (!gains(a, m, &gain) ||
		    gain > (book_standing(m->e)->state == STATE_CONFIRMED ? move_cost : 0)) {
			calendar_place(a->b->calendar, m->e->handle, m->to.venue, m->to.day);
			continue;
		}
		if (m->was.venue != PROBLEM_NONE)
			calendar_place(a->b->calendar, m->e->handle, m->was.venue, m->was.day);
		m->is_placed = false;
		drop(a, m, "What else has changed leaves nothing to gain by it.");
		stayed = true;
	}
	return stayed;
}

/* May the one at its new place be in the way of the other at its old one? Not beyond the longest rest. */
static bool overlap(const struct adoption *a, const struct move *m, const struct move *other)
{
	const struct problem_request *requests = a->b->problem->requests;
	int32_t rest = problem_longest_rest(&a->b->problem->policy);

	return m->to.day - rest < other->was.day + requests[other->e->handle].duration &&
	       other->was.day - rest < m->to.day + requests[m->e->handle].duration;
}

/* Puts back whoever made room for `m`, which has left the calendar, where that is worth more than `m`. */
static bool give_way(struct adoption *a, struct move *m, int64_t score)
{
	struct calendar *calendar = a->b->calendar;
	size_t *back = draft_room(a->d, a->n, sizeof(*back)), n = 0;

	for (size_t i = 0; i < a->n; i++) {
		struct move *other = &a->moves[i];

		if (other == m || other->e == NULL || other->was.venue == PROBLEM_NONE || other->to.venue != PROBLEM_NONE ||
		    !overlap(a, m, other) ||
		    place_fits(calendar, other->e->handle, other->was.venue, other->was.day, PLACE_PLAIN) != PLACE_FREE)
			continue;
		calendar_place(calendar, other->e->handle, other->was.venue, other->was.day);
		back[n++] = i;
	}
	if (calendar->score > score) {
		for (size_t i = 0; i < n; i++)
			drop(a, &a->moves[back[i]], "What was to take its place is worth less now: it keeps it.");
		return true;
	}
	while (n > 0)
		calendar_remove(calendar, a->moves[back[--n]].e->handle);
	return false;
}

/* One that takes the place of those that are worth more, as things are now, goes on waiting. */
static bool yield(struct adoption *a)
{
	struct calendar *calendar = a->b->calendar;
	bool yielded = false;

	for (size_t i = 0; i < a->n; i++) {
		struct move *m = &a->moves[i];
		int64_t score = calendar->score;

		if (m->e == NULL || m->was.venue != PROBLEM_NONE || !m->is_placed ||
		    has_placed_follower(a->b, m->e->handle))
			continue;
		calendar_remove(calendar, m->e->handle);
		if (give_way(a, m, score)) {
			m->is_placed = false;
			drop(a, m, "Those whose place it was to take are worth more now.");
			yielded = true;
		} else {
			calendar_place(calendar, m->e->handle, m->to.venue, m->to.day);
		}
	}
	return yielded;
}

static void drop_all(struct adoption *a)
{
	for (size_t i = 0; i < a->n; i++)
		if (a->moves[i].e != NULL)
			drop(a, &a->moves[i], "Too much has changed since the plan was made.");
}

/* ---- what is said of each ---- */

/* A confirmed one that moves to a later day at the same host is told of it; else every consent is asked for again. */
static void reschedule(const struct adoption *a, const struct move *m, Convene__V1__Standing *s)
{
	const Convene__V1__Standing *is = book_standing(m->e);
	const struct problem *p = a->b->problem;

	s->was = is->placement;
	if (m->to.day < m->was.day || p->venues[m->to.venue].host != p->venues[m->was.venue].host)
		return;
	s->state = STATE_CONFIRMED;
	s->n_consents = is->n_consents;
	s->consents = is->consents;
	s->n_invitations = is->n_invitations;
	s->invitations = is->invitations;
	s->decide_by = NULL;
}

static Convene__V1__Standing *say_place(struct adoption *a, const struct move *m, bool is_whole)
{
	const Convene__V1__Standing *is = book_standing(m->e);
	struct calendar *calendar = a->b->calendar;
	struct place_option options[PLACE_OPTIONS_MAX + 1];
	int64_t accept_days = programme_policy(replica_programme(a->b->replica))->accept_days;
	Convene__V1__Standing *s;
	int32_t n = 1;

	calendar_remove(calendar, m->e->handle);
	options[0] = (struct place_option){ .venue = m->to.venue, .day = m->to.day,
					    .gain = place_gain(calendar, m->e->handle, m->to.venue, m->to.day) };
	if (is_whole)
		n += place_best(calendar, m->e->handle, PLACE_PLAIN, words_not_before(a->b), options + 1);
	calendar_place(calendar, m->e->handle, m->to.venue, m->to.day);
	for (int32_t i = 1; i < n; i++)
		if (options[i].venue == m->to.venue && options[i].day == m->to.day)
			options[i--] = options[--n];
	n = n > PLACE_OPTIONS_MAX ? PLACE_OPTIONS_MAX : n;
	s = words_proposed(a->b, a->d, m->e, options, n,
			   is->state == STATE_WAITLISTED ? accept_days < 0 ? 0 : accept_days : -1);
	if (is->state == STATE_PROPOSED)
		s->accept_by = words_accept_by(a->b, a->d, is->accept_by, m->to.day);
	else if (is->state == STATE_CONFIRMED)
		reschedule(a, m, s);
	return s;
}

static Convene__V1__Standing *say_waiting(struct adoption *a, const struct move *m, bool is_whole)
{
	Convene__V1__Reason *reason = words_reason(
		a->d, REASON_DISPLACED, NULL, "A planning round was adopted that gives its place to others.");

	Convene__V1__Standing *s = words_waiting(a->b, a->d, m->e, &reason, 1);
	if (!is_whole) {
		s->n_reasons = 1;
		s->n_alternatives = 0;
	}
	return s;
}

static void say(struct adoption *a, size_t n_held)
{
	bool is_whole = n_held <= WHOLE_WORDS_MAX;

	for (size_t i = 0; i < a->n; i++) {
		const struct move *m = &a->moves[i];

		if (m->e != NULL)
			draft_add(a->d, m->e,
				  m->to.venue != PROBLEM_NONE ? say_place(a, m, is_whole) :
								say_waiting(a, m, is_whole));
	}
}

static void say_skipped(const struct adoption *a)
{
	struct draft *d = a->d;

	d->skipped = draft_room(d, a->n, sizeof(*d->skipped));
	for (size_t i = 0; i < a->n; i++) {
		if (a->moves[i].e != NULL)
			continue;
		Convene__V1__Skip *skip = draft_room(d, 1, sizeof(*skip));

		convene__v1__skip__init(skip);
		skip->request = a->moves[i].said->request;
		skip->why = (char *)(uintptr_t)a->moves[i].why;
		d->skipped[d->n_skipped++] = skip;
	}
}

/* Does some of the plan not hold any more? Else it is taken as it was shown. */
static bool is_partial(const struct adoption *a)
{
	for (size_t i = 0; i < a->n; i++)
		if (a->moves[i].e == NULL)
			return true;
	return false;
}

/* With the reasons of the first few, since nobody is shown the others. */
static void refuse(struct adoption *a, const char *text)
{
	char *all = draft_room(a->d, REFUSED_BYTES, 1);
	size_t n = (size_t)snprintf(all, REFUSED_BYTES, "%s", text), n_told = 0;

	for (size_t i = 0; i < a->n && n_told < REFUSED_TOLD && n + 2 * WHY_BYTES < REFUSED_BYTES; i++)
		if (a->moves[i].e == NULL) {
			n += (size_t)snprintf(all + n, REFUSED_BYTES - n, " %.64s: %.*s", a->moves[i].said->request, WHY_BYTES,
					      a->moves[i].why);
			n_told++;
		}
	draft_refuse(a->d, CVN_ECONFLICT, all);
}

void find_adopted(struct book *b, const Convene__V1__Adopt *adopt, struct draft *d)
{
	struct adoption a = { .b = b, .d = d };
	int64_t score = b->calendar->score;
	size_t n_held = 0;
	int tries = 0;
	bool fell;

	a.n = adopt->n_moves < ROUND_ENTRIES_MAX ? adopt->n_moves : ROUND_ENTRIES_MAX;
	a.moves = draft_room(d, a.n, sizeof(*a.moves));
	for (size_t i = 0; i < a.n; i++) {
		a.moves[i].said = adopt->moves[i];
		look(&a, &a.moves[i]);
	}
	while (!try_all(&a))
		if (++tries == TRIES_MAX)
			drop_all(&a);
	(void)spare(&a);
	for (tries = 0; tries < TRIES_MAX && is_partial(&a) && (stay(&a) || yield(&a) || spare(&a)); tries++)
		;
	for (size_t i = 0; i < a.n; i++)
		n_held += a.moves[i].e != NULL;
	fell = b->calendar->score < score;
	if (n_held > 0 && !fell)
		say(&a, n_held);
	put_all_back(&a);
	say_skipped(&a);
	if (n_held == 0)
		refuse(&a, "Nothing of the plan holds any more.");
	else if (fell)
		refuse(&a, "What still holds of the plan would lower the score: plan again.");
}
