/* plan_stand.c - what stands before a search begins: plan_file_stand() of plan_file.h.
 *
 * Whom a fixed event comes after must be placed, too, and so whom that one comes after. They are put
 * leaders first, each as near to its wish as the gaps to what is fixed leave; where one finds no
 * place, the one before it tries its next. Who still finds none goes before all others, and they
 * begin anew. */
#include <stdlib.h>
#include <string.h>
#include "scheduler/memory.h"
#include "scheduler/place.h"
#include "scheduler/plan_file.h"

#define ROUNDS_MAX 60    /* each puts first whom the one before it could not place, */
#define TRIES_MAX 50000  /* and looks at so many places; some microseconds each */

struct standing {
	struct calendar *calendar;
	const struct problem *problem;
	int32_t *order;          /* whoever must be placed, leaders first */
	int32_t n;
	int32_t *needed_by;      /* by request: for whose sake it must be placed */
	int32_t *earliest, *latest; /* first days, by request: what gaps to fixed ones leave */
	int64_t *tried;          /* places, by position in `order` */
	int64_t n_tries;
};

/* Fixed ones stand. Whoever they come after, directly or not, in an order in which leaders go
 * first. */
static void order_leaders(struct standing *s)
{
	const struct problem *problem = s->problem;
	int32_t *left = memory_new((size_t)problem->n_requests, sizeof(*left)), n_wanted = 0;
	int32_t *wanted = memory_new((size_t)problem->n_requests, sizeof(*wanted));

	for (int32_t r = 0; r < problem->n_requests; r++)
		if (problem->requests[r].fixed)
			wanted[n_wanted++] = r;
	for (int32_t i = 0; i < n_wanted; i++) {
		const struct problem_request *request = &problem->requests[wanted[i]];

		for (int32_t k = 0; k < request->n_after; k++) {
			int32_t leader = request->after[k].request;

			if (calendar_is_placed(s->calendar, leader))
				continue;
			left[wanted[i]]++;
			if (s->needed_by[leader] == PROBLEM_NONE) {
				s->needed_by[leader] = wanted[i];
				wanted[n_wanted++] = leader;
			}
		}
	}
	for (int32_t i = 0; i < n_wanted; i++)
		if (left[wanted[i]] == 0 && !problem->requests[wanted[i]].fixed)
			s->order[s->n++] = wanted[i];
	for (int32_t i = 0; i < s->n; i++) {
		const struct problem_request *request = &problem->requests[s->order[i]];

		for (int32_t k = 0; k < request->n_followers; k++) {
			int32_t follower = request->followers[k];

			if (s->needed_by[follower] != PROBLEM_NONE && --left[follower] == 0)
				s->order[s->n++] = follower;
		}
	}
	free(left);
	free(wanted);
}

static void raise(int32_t *day, int64_t to)
{
	*day = to > *day ? (int32_t)(to < INT32_MAX / 2 ? to : INT32_MAX / 2) : *day;
}

static void lower(int32_t *day, int64_t to)
{
	*day = to < *day ? (int32_t)(to > -1 ? to : -1) : *day;
}

/* From followers to leaders, then back: how early and how late each can begin. */
static void bound_days(struct standing *s)
{
	const struct problem *problem = s->problem;

	for (int32_t i = 0; i < s->n; i++)
		s->latest[s->order[i]] = problem->n_days - problem->requests[s->order[i]].duration;
	for (int32_t r = 0; r < problem->n_requests; r++)
		if (calendar_is_placed(s->calendar, r))
			s->earliest[r] = s->latest[r] = calendar_where(s->calendar, r).day;
	for (int32_t i = 0; i < problem->n_requests + s->n; i++) { /* fixed ones, then from the last */
		bool is_fixed = i < problem->n_requests;
		int32_t r = is_fixed ? i : s->order[s->n - 1 - (i - problem->n_requests)];

		for (int32_t k = 0; k < problem->requests[r].n_after; k++) {
			const struct problem_after *link = &problem->requests[r].after[k];
			int64_t behind = problem->requests[link->request].duration;

			if (is_fixed && !problem->requests[r].fixed)
				break;
			if (calendar_is_placed(s->calendar, link->request))
				continue;
			raise(&s->earliest[link->request], s->earliest[r] - behind - link->max_gap);
			lower(&s->latest[link->request], s->latest[r] - behind - link->min_gap);
		}
	}
	for (int32_t i = 0; i < s->n; i++) {
		int32_t r = s->order[i];

		for (int32_t k = 0; k < problem->requests[r].n_after; k++) {
			const struct problem_after *link = &problem->requests[r].after[k];
			int64_t behind = problem->requests[link->request].duration;

			raise(&s->earliest[r], s->earliest[link->request] + behind + link->min_gap);
			lower(&s->latest[r], s->latest[link->request] + behind + link->max_gap);
		}
	}
}

/* Of the days from `first` to `last`, the one that is `rank`th nearest to `wish`. */
static int32_t nearest(int32_t first, int32_t last, int32_t wish, int32_t rank)
{
	int32_t base = wish < first ? first : wish > last ? last : wish;
	int32_t before = base - first, behind = last - base, both = before < behind ? before : behind;

	if (rank <= 2 * both)
		return rank % 2 == 1 ? base - (rank + 1) / 2 : base + rank / 2;
	return before > behind ? base - (rank - both) : base + (rank - both);
}

/* Puts the one at `i` to its next place that is free. */
static bool put_next(struct standing *s, int32_t i)
{
	int32_t r = s->order[i];
	const struct problem_request *request = &s->problem->requests[r];
	int64_t n_days = (int64_t)s->latest[r] - s->earliest[r] + 1;

	for (; s->tried[i] < n_days * request->n_venues && s->n_tries < TRIES_MAX; s->tried[i]++) {
		int32_t venue = request->venues[s->tried[i] % request->n_venues];
		int32_t day = nearest(s->earliest[r], s->latest[r], request->preferred,
		                      (int32_t)(s->tried[i] / request->n_venues));

		s->n_tries++;
		if (place_fits(s->calendar, r, venue, day, PLACE_PLAIN) != PLACE_FREE)
			continue;
		calendar_place(s->calendar, r, venue, day);
		s->tried[i]++;
		return true;
	}
	return false;
}

/* PROBLEM_NONE: all are placed; else the place in the order of the one that got none when most of the others had one. */
static int32_t put_all(struct standing *s)
{
	int32_t i = 0, most = 0;

	s->n_tries = 0;
	while (i < s->n) {
		if (put_next(s, i)) {
			i++;
			most = i > most ? i : most;
			continue;
		}
		s->tried[i] = 0;
		if (i == 0)
			return most;
		calendar_remove(s->calendar, s->order[--i]);
	}
	return PROBLEM_NONE;
}

/* The one at `at`, with whomever it comes after, before all others. */
static void put_first(struct standing *s, int32_t at)
{
	bool *goes = memory_new((size_t)s->problem->n_requests, sizeof(*goes));
	int32_t *order = memory_new((size_t)s->n, sizeof(*order)), n = 0;

	goes[s->order[at]] = true;
	for (int32_t i = at; i >= 0; i--) {
		const struct problem_request *request = &s->problem->requests[s->order[i]];

		for (int32_t k = 0; k < request->n_after && goes[s->order[i]]; k++)
			goes[request->after[k].request] = true;
	}
	for (int32_t wanted = 1; wanted >= 0; wanted--)
		for (int32_t i = 0; i < s->n; i++)
			if (goes[s->order[i]] == (wanted == 1))
				order[n++] = s->order[i];
	memcpy(s->order, order, (size_t)s->n * sizeof(*order));
	free(order);
	free(goes);
}

/* PROBLEM_NONE: all stand; else one that found no place. */
static int32_t stand_all(struct standing *s)
{
	for (int round = 0;; round++) {
		int32_t at = put_all(s), missing;

		if (at == PROBLEM_NONE)
			return PROBLEM_NONE;
		missing = s->order[at];
		if (s->n_tries < TRIES_MAX || round == ROUNDS_MAX) /* all was tried, or enough */
			return missing;
		put_first(s, at);
	}
}

void plan_file_fix(struct calendar *calendar)
{
	const struct problem *problem = calendar->problem;

	for (int32_t r = 0; r < problem->n_requests; r++)
		if (problem->requests[r].fixed)
			calendar_place(calendar, r, problem->requests[r].announced_venue, problem->requests[r].announced_day);
}

int32_t plan_file_stand(struct calendar *calendar, int32_t *ret_fixed)
{
	const struct problem *problem = calendar->problem;
	size_t n = (size_t)problem->n_requests;
	struct standing s = {.calendar = calendar, .problem = problem};
	int32_t missing;

	plan_file_fix(calendar);
	s.order = memory_new(n, sizeof(*s.order));
	s.needed_by = memory_new(n, sizeof(*s.needed_by));
	s.earliest = memory_new(n, sizeof(*s.earliest));
	s.latest = memory_new(n, sizeof(*s.latest));
	s.tried = memory_new(n, sizeof(*s.tried));
	for (int32_t r = 0; r < problem->n_requests; r++)
		s.needed_by[r] = PROBLEM_NONE;
	order_leaders(&s);
	bound_days(&s);
	missing = stand_all(&s);
	for (int32_t i = 0; missing == PROBLEM_NONE && i < s.n; i++)
		calendar_hold(calendar, s.order[i]); /* a search may move them, but not drop them */
	for (int32_t r = missing; r != PROBLEM_NONE; r = s.needed_by[r])
		*ret_fixed = r;
	free(s.order);
	free(s.needed_by);
	free(s.earliest);
	free(s.latest);
	free(s.tried);
	return missing;
}
