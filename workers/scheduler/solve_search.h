/* solve_search.h - how long, how hot, on how many threads: runs the search and gives its best plan.
 *
 * Layer     scheduler; private to solve: anneal below it.
 * Thread    the caller's, and those that it starts and ends itself.
 *
 * Several threads search one plan together (anneal_log.h); small programmes are searched by each on its own instead. */
#pragma once
#include <stdatomic.h>
#include "scheduler/calendar.h"
#include "scheduler/costs.h"

struct solve_progress {
	double elapsed_s;
	int64_t score, bound, steps; /* bound 0: not known */
	int32_t n_placed;
};

struct solve_limits {
	int64_t milliseconds; /* of wall time; 0: `steps` counts instead */
	int64_t steps;        /* with one thread: the same plan each time */
	int32_t n_threads;
	uint64_t seed;
	int64_t bound;                 /* only given on */
	const struct costs *costs;     /* of places, and what keeps the balance; NULL: none */
	const atomic_bool *stop;       /* set by a signal: ends soon */
	void (*progress_cb)(const struct solve_progress *progress, void *arg);
	void *arg;
};

/* Places what can be placed, beginning with what `calendar` holds (the fixed ones), and leaves the best plan found in
 * it. Nothing that waits then would raise the score. Returns the number of steps. */
int64_t solve_search(struct calendar *calendar, const struct solve_limits *limits);
