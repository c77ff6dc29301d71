/* explain.h - why a request has no place, in MODEL's codes, naming those that stand in the way.
 *
 * Layer     scheduler: place below it; online and solve above.
 * Thread    one at a time a calendar.
 * Not here  sentences in other languages, whose unconfirmed requests may be named to whom (the daemon's matter). */
#pragma once
#include "domain/code.h"
#include "scheduler/place.h"
#include <stddef.h>

#define EXPLAIN_WITH_MAX 32
#define EXPLAIN_REASONS_MAX (REASON_NOT_WORTH_IT + 1) /* the codes of a plan file */

struct explain_reason {
	enum code_reason code;
	int32_t n_with;
	int32_t with[EXPLAIN_WITH_MAX]; /* requests; those that block most days first, then by value */
	int32_t lacks[PROBLEM_SERVICES]; /* SERVICE_EXHAUSTED: staff missing where fewest are; or 0 */
};

/* The true reasons why `request` (present, not placed) has no place as the calendar stands: a rule is named only
 * where it, at some eligible venue, takes away a start day that the rules before it had left (squads that alone
 * leave none there are always named); the one that takes the most first. NOT_WORTH_IT alone where it fits but the
 * score would not gain. 0 where it fits and would gain. `not_before` as with place_best(). Returns how many reasons there are. */
int32_t explain_unplaced(const struct calendar *calendar, int32_t request, int32_t not_before,
                         struct explain_reason ret_reasons[static EXPLAIN_REASONS_MAX]);

/* Every rule that `request` (present, not placed) would break at this very place, with those that stand in its way
 * there. `flags` as with place_fits(). 0 where it fits. */
int32_t explain_place(const struct calendar *calendar, int32_t request, int32_t venue, int32_t day, unsigned flags,
                      struct explain_reason ret_reasons[static EXPLAIN_REASONS_MAX]);

/* One English sentence for a person, at most `size` bytes with its NUL: names venues and days in general terms,
 * which staff is missing, and how many requests stand in the way, never whose they are. */
void explain_text(const struct calendar *calendar, int32_t request, const struct explain_reason *reason, char *ret_text,
                  size_t size);
