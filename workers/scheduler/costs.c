/* costs.c - see costs.h. */
#include "scheduler/costs.h"
#include <stdlib.h>
#include "scheduler/memory.h"

static size_t places_of(const struct problem_request *request)
{
	return (size_t)request->n_venues * (size_t)request->n_words * 64;
}

void costs_make(struct costs *ret_costs, const struct problem *problem, struct bound *bound)
{
	size_t total = 0, at = 0;

	*ret_costs = (struct costs){NULL, NULL};
	for (int32_t r = 0; r < problem->n_requests; r++)
		total += places_of(&problem->requests[r]);
	if (total > COSTS_MAX || bound_is_plain(bound))
		return;
	ret_costs->block = memory_new(total, sizeof(*ret_costs->block));
	ret_costs->by_request = memory_new((size_t)problem->n_requests, sizeof(*ret_costs->by_request));
	for (int32_t r = 0; r < problem->n_requests; r++) {
		if (bound_costs(bound, r, &ret_costs->block[at]))
			ret_costs->by_request[r] = &ret_costs->block[at];
		at += places_of(&problem->requests[r]);
	}
}

void costs_done(struct costs *costs)
{
	free(costs->block);
	free(costs->by_request);
	*costs = (struct costs){NULL, NULL};
}
