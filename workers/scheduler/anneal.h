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

/* Begins with the placements of `start` (its calendar is copied). Never NULL. */
struct anneal *anneal_new(const struct calendar *start, uint64_t seed);
void anneal_free(struct anneal *anneal);

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
