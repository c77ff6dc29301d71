/* anneal.h - the search: simulated annealing over always feasible, partial plans.
 *
 * Layer     scheduler: scan and calendar below it; solve above.
 * Thread    one at a time a search; searches of one problem may run side by side.
 * Not here  how long, how hot, how many threads (solve.c); what a plan file is (plan_file.h).
 *
 * A step takes a few events out and puts them, and some that wait, back in; it is kept where the score rises, or falls
 * by no more than chance allows at the temperature; else it is undone. What is pinned never moves. */
#pragma once
#include "scheduler/calendar.h"

struct anneal;

/* Begins with the placements of `start` (its calendar is copied). `costs` (borrowed; by request, as bound_costs() gives
 * them; NULL, also for single requests: there are none) say where places are scarce: steps then choose the days and
 * venues that others need least, rather than those nearest to the wish. Never NULL. */
struct anneal *anneal_new(const struct calendar *start, uint64_t seed, const int32_t *const *costs);
void anneal_free(struct anneal *anneal);

/* What a search may change while others search the same programme elsewhere. */
struct anneal_part {
	int32_t first_day, last_day; /* only events that lie wholly on these days */
	int32_t share, n_shares;     /* its part of what is left of each federation's quota */
	int32_t n_own_days;          /* days from first_day on that are nobody else's */
	uint64_t turn;               /* the same for all of a round: decides who may place those that wait */
};

/* From now on it keeps to its part. Searches whose days lie apart by more than the longest rest of squads, begun on
 * one plan, never contradict one another: what they changed can be laid together. The best plan so far is then not
 * looked for at each step, only by anneal_adopt(). */
void anneal_confine(struct anneal *anneal, const struct anneal_part *part);
/* What the other searches of the round have hosted since it began, by party; replaces what was said before. */
void anneal_host_beside(struct anneal *anneal, const int64_t *beside);
/* What this one has hosted in all, by party. */
void anneal_hosted(const struct anneal *anneal, int64_t *ret_hosted);
/* The whole programme again. */
void anneal_release(struct anneal *anneal);

/* Puts in whatever fits and is worth it, dearest first: the plain first fit that all is compared with. */
void anneal_first_fit(struct anneal *anneal);
/* `n` steps at a temperature (points of score). */
void anneal_steps(struct anneal *anneal, int64_t temperature, int64_t n);
/* Puts in what still fits, till nothing that waits would raise the score; on the best plan so far. */
void anneal_finish(struct anneal *anneal);

/* The calendar as it stands, lent; and the best score so far. */
const struct calendar *anneal_calendar(const struct anneal *anneal);
int64_t anneal_best_score(const struct anneal *anneal);
/* Where each request stands in the best plan so far: lent, by request. */
const struct calendar_spot *anneal_best(const struct anneal *anneal);
/* Makes the plan as it stands that of `spots`; what differs is moved. */
void anneal_adopt(struct anneal *anneal, const struct calendar_spot *spots);
