/* bound_rest.h - how long squads rest after an event at the very least, by where and when it is held.
 *
 * Layer     scheduler; private to bound: calendar below it.
 * Thread    made by one; any number of readers afterwards.
 * Limit     BOUND_REST_WORDS_MAX words and BOUND_REST_WORK_MAX steps in all: beyond them, the smallest rest.
 *
 * Two events of a squad lie apart by the rest between their places (rule 8). Which one follows is not known when each
 * request chooses for itself; but where no other request of the squad could begin at the same host within the longest
 * rest, none can follow sooner, and the days of that rest are as good as taken. */
#pragma once
#include "scheduler/calendar.h"

#define BOUND_REST_WORDS_MAX (INT64_C(64) << 20)
#define BOUND_REST_WORK_MAX (INT64_C(1) << 30) /* some seconds */
#define BOUND_REST_DAYS_MAX 64 /* the longest rest that is looked at; where policy asks for more: the smallest */

struct bound_rests {
	const struct problem *problem;
	int32_t least, middle, most; /* days; `middle` at one host */
	int64_t work_left;
	int64_t *first;              /* by request: its first word in `sooner` */
	uint64_t *sooner;            /* start days after which another may follow; NULL: `most` is the least of all rests */
};

/* `starts`: by request, words of the start days it may have, venue after venue; NULL where it has none. */
void bound_rests_init(struct bound_rests *rests, const struct calendar *calendar, uint64_t *const *starts);
void bound_rests_done(struct bound_rests *rests);
/* Of a request that has start days: those (bits from its first_word on) at its i-th venue after which its k-th squad may
 * be elsewhere before `most` days of rest; behind these n_words those after which it may be before `middle` days. NULL:
 * none. */
const uint64_t *bound_rests_sooner(const struct bound_rests *rests, int32_t request, int32_t k, int32_t i);
/* The rest after an event that begins on a start day (a bit from the request's first word on), by these. */
static inline int32_t bound_rest_by(const struct bound_rests *rests, const uint64_t *sooner, int32_t n_words, int32_t bit)
{
	int32_t w = bit >> 6;

	if ((sooner[w] >> (bit & 63) & 1) == 0)
		return rests->most;
	return (sooner[n_words + w] >> (bit & 63) & 1) == 0 ? rests->middle : rests->least;
}
/* The rest after an event that begins on the start day `bit`, counted from first_word · 64. */
int32_t bound_rest(const struct bound_rests *rests, int32_t request, int32_t k, int32_t i, int32_t bit);
