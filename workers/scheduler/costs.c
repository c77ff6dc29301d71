/* costs.c - see costs.h. */
#include "scheduler/costs.h"
#include <stdlib.h>
#include "scheduler/memory.h"
#include "util/clock.h"

#define BALANCE_LEAST 10   /* of COSTS_BALANCE */
#define BALANCE_FOLD 2     /* so many times the tax that balances hosts: enough not to drift */
#define ROUGH_ROUNDS 120   /* of rough choices: the last one's prices guide searches; what follows seeks the bound alone; */
#define ROUGH_PART_PCT 90  /* where time is short, what so much of it is enough for, */
#define LEAST_ROUNDS 8     /* but so many */
#define EXACT_UP_TO 16     /* entries tell so many units exactly, and there are as many for each further doubling: */
#define FOLDS 16           /* so many times as many in all */
#define TOLD_FOLD 2        /* so many times the highest value is told apart from more */

static size_t places_of(const struct problem_request *request)
{
	return (size_t)request->n_venues * (size_t)request->n_words * 64;
}

/* What entry 1 stands for. */
static int64_t unit_of(const struct problem *problem)
{
	int64_t most = ((int64_t)2 * EXACT_UP_TO - 1) << (FOLDS - 2); /* the last entry, in units */

	return 1 + TOLD_FOLD * INT64_C(1000) * problem_highest_value(problem) / most;
}

/* What each entry stands for. */
static void scale(int32_t *points, int64_t unit)
{
	for (int32_t entry = 0; entry < COSTS_NEVER; entry++) {
		int32_t fold = entry / EXACT_UP_TO;
		int64_t n = fold == 0 ? entry : (int64_t)(EXACT_UP_TO + entry % EXACT_UP_TO) << (fold - 1);

		points[entry] = (int32_t)(n * unit < BOUND_DEAREST ? n * unit : BOUND_DEAREST);
	}
	points[COSTS_NEVER] = BOUND_DEAREST;
}

/* The last entry that stands for no more than so much. */
static uint8_t entry_of(int64_t more, int64_t unit)
{
	uint64_t n = (uint64_t)(more / unit);
	int32_t fold = n < EXACT_UP_TO ? 0 : 60 - __builtin_clzll(n);
	uint64_t entry = fold == 0 ? n : (uint64_t)(fold - 1) * EXACT_UP_TO + (n >> (fold - 1));

	return (uint8_t)(entry < COSTS_NEVER ? entry : COSTS_NEVER - 1);
}

/* What the cheapest of all places costs; INT32_MAX: there is none. */
static int32_t cheapest_of(const int32_t *costs, size_t n)
{
	int32_t least = INT32_MAX;

	for (size_t i = 0; i < n; i++)
		least = costs[i] < least ? costs[i] : least;
	return least;
}

/* How much more each costs than the cheapest. */
static void tell(uint8_t *entries, const int32_t *costs, size_t n, int32_t cheapest, int64_t unit)
{
	for (size_t i = 0; i < n; i++)
		entries[i] = costs[i] < BOUND_DEAREST ? entry_of(costs[i] - cheapest, unit) : COSTS_NEVER;
}

/* At the prices as they are now. */
static void make(struct costs *ret_costs, const struct problem *problem, struct bound *bound)
{
	size_t total = 0, at = 0, most = 0;
	int64_t unit = unit_of(problem);
	int32_t *costs;

	for (int32_t r = 0; r < problem->n_requests; r++) {
		size_t n = places_of(&problem->requests[r]);

		total += n;
		most = n > most ? n : most;
	}
	if (total > COSTS_MAX || bound_is_plain(bound))
		return;
	ret_costs->block = memory_new(total, sizeof(*ret_costs->block));
	ret_costs->by_request = memory_new((size_t)problem->n_requests, sizeof(*ret_costs->by_request));
	ret_costs->promise = memory_new((size_t)problem->n_requests, sizeof(*ret_costs->promise));
	scale(ret_costs->points, unit);
	costs = memory_new(most, sizeof(*costs));
	for (int32_t r = 0; r < problem->n_requests; r++) {
		size_t n = places_of(&problem->requests[r]);

		ret_costs->promise[r] = INT64_MIN / 2; /* it can't go anywhere; sums with it stay in range */
		if (bound_costs(bound, r, costs)) {
			int32_t cheapest = cheapest_of(costs, n);

			tell(&ret_costs->block[at], costs, n, cheapest, unit);
			ret_costs->by_request[r] = &ret_costs->block[at];
			ret_costs->promise[r] = INT64_C(1000) * problem->requests[r].value - cheapest;
		}
		at += n;
	}
	free(costs);
}

/* Prices of rough choices and of exact ones tell it; either swings far while it is on its way, so the lesser counts. */
static void take_balance(struct costs *ret_costs, const struct bound *bound)
{
	int32_t balance = (int32_t)(BALANCE_FOLD * COSTS_BALANCE * bound_tax_share(bound));

	if (bound_is_plain(bound)) /* nobody was taxed */
		return;
	balance = balance > BALANCE_LEAST ? balance : BALANCE_LEAST;
	ret_costs->balance = balance < ret_costs->balance ? balance : ret_costs->balance;
}

static bool is_over(const struct costs_limits *limits, int32_t n_rounds)
{
	uint64_t until_ms = n_rounds < LEAST_ROUNDS ? limits->late_ms : limits->until_ms;

	return n_rounds >= limits->n_rounds || (limits->until_ms > 0 && clock_ms() >= until_ms) ||
	       atomic_load_explicit(limits->stop, memory_order_relaxed);
}

static bool is_enough_to_guide(const struct costs_limits *limits, uint64_t began_ms, int32_t n_rounds)
{
	uint64_t part_ms = (limits->until_ms - began_ms) * ROUGH_PART_PCT / 100;

	return n_rounds >= ROUGH_ROUNDS ||
	       (n_rounds >= LEAST_ROUNDS && limits->until_ms > 0 && clock_ms() >= began_ms + part_ms);
}

int64_t costs_find(struct costs *ret_costs, const struct problem *problem, struct bound *bound, int64_t score,
                   const struct costs_limits *limits)
{
	uint64_t began_ms = clock_ms();
	int32_t n_rounds = 0;
	int64_t best;
	bool last, rough = true;

	*ret_costs = (struct costs){.balance = COSTS_BALANCE};
	bound_choose_roughly(bound, true);
	do {
		best = bound_step(bound, score);
		last = bound_is_plain(bound) || is_over(limits, ++n_rounds);
		if (rough && (last || is_enough_to_guide(limits, began_ms, n_rounds))) {
			make(ret_costs, problem, bound);
			take_balance(ret_costs, bound);
			rough = false;
			bound_choose_roughly(bound, false);
		}
	} while (!last);
	take_balance(ret_costs, bound);
	return best;
}

void costs_done(struct costs *costs)
{
	free(costs->block);
	free(costs->by_request);
	free(costs->promise);
	*costs = (struct costs){.balance = 0};
}
