/* anneal.h - the search: annealing over always feasible, partial plans.
 *
 * Layer     scheduler: scan and calendar below it; solve above.
 * Thread    one at a time a search; searches of one problem may run side by side.
 * Not here  how long, how hot, how many threads (solve.c); what a plan file is (plan_file.h).
 *
 * A step takes a few events out and puts them, and some that wait, back in; it is kept where the score rises, or falls
 * by no more than the temperature allows; else it is undone. What is pinned never moves. */
#pragma once
#include "scheduler/anneal_log.h"
#include "scheduler/calendar.h"
#include "scheduler/costs.h"
#include "scheduler/seasons.h"

#define ANNEAL_FEW 1000 /* requests */

struct anneal;

/* Where requests are few each has its turn often, and chance leads further; where they are many, what seems best does. */
static inline bool anneal_has_many(const struct problem *problem)
{
	return problem->n_requests > ANNEAL_FEW;
}

/* Begins with the placements of `start` (its calendar is copied). `costs` (borrowed; NULL, also for single requests: there
 * are none) say where places are scarce: steps then choose the days and venues that others need least, rather than those
 * nearest to the wish. Never NULL. */
struct anneal *anneal_new(const struct calendar *start, uint64_t seed, const struct costs *costs);
void anneal_free(struct anneal *anneal);

/* From now on it searches one plan with others, of which it is number `reader`: each step that one of them keeps, all
 * follow. All begin with the same placements. `log` is borrowed. */
void anneal_share(struct anneal *anneal, struct anneal_log *log, int32_t reader);
/* Back to a plan of its own. */
void anneal_part(struct anneal *anneal);
/* What the others have kept meanwhile is followed; a step under way that touches the same requests is undone. */
void anneal_catch_up(struct anneal *anneal);

/* Until anneal_unite(), it moves only requests of `season`, and shares them by `log` as number `reader` (NULL: with nobody).
 * All who share the plan have caught up, and divide it now. */
void anneal_divide(struct anneal *anneal, const struct seasons *parts, int32_t part, struct anneal_log *log, int32_t reader);
/* Where those stand that are its own to move. `spots`: by request. */
void anneal_tell_own(const struct anneal *anneal, struct calendar_spot *spots);
/* The parts are one plan again: `spots` says where everybody stands. It is shared as before. */
void anneal_unite(struct anneal *anneal, const struct calendar_spot *spots);

/* Puts in whatever fits and is worth it, dearest first: the plain first fit that all is compared with. */
void anneal_first_fit(struct anneal *anneal);
/* `n` steps at a temperature (points of score). Meanwhile the balance of hosts counts `balance` of COSTS_BALANCE: as
 * little as keeps it leaves events free to move. The best plan so far is the best by the full score. */
void anneal_steps(struct anneal *anneal, int64_t temperature, int32_t balance, int64_t n);
/* Puts in what still fits, till nothing that waits would raise the score; on the best plan so far. */
void anneal_finish(struct anneal *anneal);

/* Of the best plan so far. */
int64_t anneal_best_score(const struct anneal *anneal);
int32_t anneal_best_placed(const struct anneal *anneal);
/* Where each request stands in the best plan so far: lent, by request. */
const struct calendar_spot *anneal_best(const struct anneal *anneal);
/* Makes the plan as it stands that of `spots`; what differs is moved. */
void anneal_adopt(struct anneal *anneal, const struct calendar_spot *spots);
