/* costs.h - what each place costs others at the bound's prices, and what keeps the balance of hosts: for searches to read.
 *
 * Layer     scheduler: bound below it; anneal, solve and round above.
 * Thread    made by one; any number of readers afterwards.
 * Limit     COSTS_MAX entries of a byte; a programme that needs more is searched without.
 *
 * A place's entry tells how much more it costs than the request's cheapest one, exactly where that is little and within
 * one in sixteen where it is much: a large programme's table is read at random, and small ones stay in the cache. */
#pragma once
#include <stdatomic.h>
#include "scheduler/bound.h"

#define COSTS_BALANCE 256 /* the whole weight of the balance of hosts */
#define COSTS_MAX ((size_t)1600 << 20)
#define COSTS_NEVER UINT8_MAX /* of a day on which it can't begin */

struct costs {
	uint8_t *block;             /* request after request */
	const uint8_t **by_request; /* into the block, in the order of bound_costs(); NULL: there are none */
	int64_t *promise;           /* by request: what it is worth beyond what its cheapest place costs others; NULL likewise */
	int32_t points[UINT8_MAX + 1]; /* by entry: so much more than the cheapest place; ascending */
	int32_t balance;            /* how much of its weight keeps the balance of hosts, of COSTS_BALANCE */
};

/* How long prices are sought: whichever comes first, but one round at least. */
struct costs_limits {
	int32_t n_rounds;
	uint64_t until_ms; /* of clock_ms(); 0: any time */
	uint64_t late_ms;  /* later than that: goes while the rounds are too few for useful prices */
	const atomic_bool *stop;
};

/* Seeks prices by rounds of `bound` and returns the best bound; `score` as in bound_step(). The costs are those of rounds
 * with rough choices: prices of exact ones gather where the bound is tight, and searches end lower by them.
 * `ret_costs` (uninitialized before) is always to be ended with costs_done(). */
int64_t costs_find(struct costs *ret_costs, const struct problem *problem, struct bound *bound, int64_t score,
                   const struct costs_limits *limits);
void costs_done(struct costs *costs);
