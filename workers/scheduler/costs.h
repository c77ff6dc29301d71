/* costs.h - a table of what each place costs each request at the bound's prices, for searches to read.
 *
 * Layer     scheduler: bound below it; solve and round above.
 * Thread    made by one; any number of readers afterwards.
 * Limit     COSTS_MAX entries of 4 bytes; a programme that needs more is searched without. */
#pragma once
#include "scheduler/bound.h"

#define COSTS_MAX ((size_t)400 << 20)

struct costs {
	int32_t *block;             /* request after request */
	const int32_t **by_request; /* into the block, as anneal_new() takes it; NULL: there are none */
};

/* At the prices as they are now. `ret_costs` (uninitialized before) is always to be ended with costs_done(). */
void costs_make(struct costs *ret_costs, const struct problem *problem, struct bound *bound);
void costs_done(struct costs *costs);
