/* bound.h - how good any plan could be at best: a valid upper bound on the score.
 *
 * Layer     scheduler: scan and calendar below it; solve above.
 * Thread    the caller's, one at a time, and those that a round starts and ends itself.
 * Limit     BOUND_CELLS_MAX days of rows, BOUND_WORDS_MAX words of start days: beyond them a round takes seconds, few
 *           would be made, and only the sum of all wishes is known.
 *
 * Lagrangian relaxation: each unit, bed, member of staff and squad gets a price a day, each place of a quota and each
 * link of `after` one too; what is hosted is taxed towards balance. Each request then takes the place that suits it
 * best at these prices, for itself; what all would gain, and the price of all there is, bounds every plan. Prices go
 * up where too many meet and down where room is left. They are whole numbers, so the bound is exact whatever they
 * are. Of rule 8 the rest is kept that a squad needs whatever follows (bound_rest.h); of rule 9 "not without", and that
 * no start day counts which no start day of its leader would allow. */
#pragma once
#include "scheduler/calendar.h"

#define BOUND_CELLS_MAX (INT64_C(64) << 20)
#define BOUND_WORDS_MAX (INT64_C(4) << 20)
#define BOUND_DEAREST (INT32_MAX / 2) /* what a place costs that can't be had */

struct bound;

/* For plans that keep what stands in `calendar` (the fixed ones) where it is; it is borrowed, with its problem.
 * Up to `n_threads` (≥ 1) share the work of each round; the answers are the same with any number. Never NULL. */
struct bound *bound_new(const struct calendar *calendar, int32_t n_threads);
void bound_free(struct bound *bound);
/* Is it too large for prices? Then bound_step() has one answer, whatever the score, and there are no costs. */
bool bound_is_plain(const struct bound *bound);
/* What each place would cost the request at the prices as they are now, in points: those of all that it takes there,
 * and the distance from its wish. For each eligible venue 64 · n_words start days from first_word on; those on which it
 * can't begin beside what stands cost BOUND_DEAREST. False (and nothing) where it has no day at all, and for a bound that
 * is too large for prices. */
bool bound_costs(struct bound *bound, int32_t request, int32_t *ret_costs);
/* The highest tax on an athlete-day as it is now, as a part of reciprocity_weight: how much of it keeps the balance of
 * hosts. 0 … 1. */
double bound_tax_share(const struct bound *bound);
/* From now on each request takes what seems best to it, with noise, as a search does while it is hot; or again what is
 * best. Prices come to rest where such choices find room; the bound reckons with the best ones and is valid either way. */
void bound_choose_roughly(struct bound *bound, bool roughly);
/* One round of prices; `score` is that of some plan. Returns the best bound so far. */
int64_t bound_step(struct bound *bound, int64_t score);
