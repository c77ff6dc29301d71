/* calendar.h - what stands where: units, beds, staff, squads' journeys, quotas and hosted athlete-days, by day.
 *
 * Layer     scheduler: problem below it; place, explain, online and solve above.
 * Thread    one at a time.
 * Not here  where a request would do best (place.h); why it has no place (explain.h).
 *
 * It counts whatever it is given, also what breaks rules: places may be taken beyond what there is (free amounts go
 * below zero), since data change under events that stand. `calendar_place` and `calendar_remove` are exact inverses.
 * The score is MODEL's, kept up to date with each step. */
#pragma once
#include "scheduler/problem.h"
#include "scheduler/room.h"

/* One event in the list of its venue, in order of first day. */
struct calendar_event {
	int32_t first, last, request;
};

/* One journey of a squad, in order of first day. */
struct calendar_visit {
	int32_t first, last, city, host, request;
};

struct calendar_spot {
	int32_t venue, day; /* venue PROBLEM_NONE: not placed */
};

struct calendar_events {
	struct calendar_event *at;
	int32_t n, max;
};

struct calendar_visits {
	struct calendar_visit *at;
	int32_t n, max;
};

/* Read by place, explain and solve; written by calendar.c alone. */
struct calendar {
	const struct problem *problem; /* borrowed; outlives us */
	int64_t score;                 /* MODEL's, of what is placed */
	int64_t imbalance;             /* Σ over parties |P · H − T| */
	int64_t total_hosted;          /* T */
	int64_t *hosted;               /* H, by NOC */
	int32_t n_placed, n_spots;     /* n_spots: requests that it knows of */
	struct calendar_spot *spots;   /* by request */
	bool *pinned;                  /* by request */
	bool *held;                    /* by request */
	struct room units;             /* what is left of them: by venue, */
	struct room beds;              /* by city, */
	struct room staff;             /* by host and service: host · PROBLEM_SERVICES + service */
	struct calendar_events *events; /* by venue */
	struct calendar_visits *visits; /* by squad */
	int32_t *n_of_federation;       /* and what is reserved of its quota */
};

/* An empty calendar of `problem`, which it borrows. Never NULL. */
struct calendar *calendar_new(const struct problem *problem);
/* The same placements once more. Both belong to the same problem. */
struct calendar *calendar_clone(const struct calendar *calendar);
void calendar_free(struct calendar *calendar);

/* Puts `request`, which must be present and not placed, at `venue` from `day` on, whatever rule that breaks. Days
 * outside the programme take nothing. Some hundred nanoseconds. */
void calendar_place(struct calendar *calendar, int32_t request, int32_t venue, int32_t day);
/* Takes away `request`, which must be placed. */
void calendar_remove(struct calendar *calendar, int32_t request);
bool calendar_is_placed(const struct calendar *calendar, int32_t request);
/* Where it is: venue PROBLEM_NONE where it has no place. */
struct calendar_spot calendar_where(const struct calendar *calendar, int32_t request);

/* The same place, or none both. */
bool calendar_is_same(struct calendar_spot a, struct calendar_spot b);

/* A pinned request is never named among those to be displaced. Fixed ones are always pinned. */
void calendar_pin(struct calendar *calendar, int32_t request, bool pinned);
bool calendar_is_pinned(const struct calendar *calendar, int32_t request);
/* A held request may be moved by a search, but no plan that it keeps is without it. */
void calendar_hold(struct calendar *calendar, int32_t request);

/* So much (negative: less) of a federation's quota is others'. */
void calendar_reserve(struct calendar *calendar, int32_t federation, int32_t n);

/* To be called when the problem was given or lost a request, or one's content was replaced: the score counts
 * announced requests that have no place. O(requests). */
void calendar_recount(struct calendar *calendar);

/* What the imbalance becomes when `load` athlete-days (negative: fewer) come to `host`. O(parties). */
int64_t calendar_imbalance_with(const struct calendar *calendar, int32_t host, int64_t load);
/* What a place is worth beside the balance: value, distance from the wish, and move_cost where it is announced. */
int64_t calendar_worth(const struct calendar *calendar, int32_t request, int32_t venue, int32_t day);
/* Free days that a squad needs between events at two places. */
static inline int32_t calendar_rest(const struct problem *problem, int32_t city_a, int32_t host_a, int32_t city_b, int32_t host_b)
{
	if (city_a == city_b)
		return problem->policy.rest_same_city;
	return host_a == host_b ? problem->policy.rest_same_host : problem->policy.rest_between_hosts;
}
