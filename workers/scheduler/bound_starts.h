/* bound_starts.h - on which days each request could begin at all, beside what stands.
 *
 * Layer     scheduler; private to bound: scan and calendar below it.
 * Thread    made by one; any number of readers afterwards.
 *
 * Of those who come after others, only days remain that some start day of each leader allows. */
#pragma once
#include "scheduler/calendar.h"

struct bound_starts {
	const struct calendar *calendar; /* borrowed */
	uint64_t **of;        /* by request: n_words words for each of its venues, one venue after the other; NULL: none */
	int32_t *first, *last; /* by request: the first and the last of these days, at any venue */
};

void bound_starts_init(struct bound_starts *starts, const struct calendar *calendar);
/* Also after zeroing alone. */
void bound_starts_done(struct bound_starts *starts);
