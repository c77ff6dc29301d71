/* round.h - a planning round: which events may move, the search over them, and what its plan would change.
 *
 * A round is a copy of the programme at one moment: once made, nothing outside can change it. Proposed events within the
 * scope move freely; confirmed ones only where the order says so, each as if it were announced where it stands; fixed
 * ones, and all others that hold a place, stay. Those that wait within the scope may be placed. What has gained nothing
 * by moving stays where it was.
 *
 * Layer     scheduler: domain, problem, calendar, place, explain, bound, solve_search below it; planner above.
 * Thread    one at a time; another one than the replica's after round_new().
 * Limit     ROUND_ENTRIES_MAX changes: what is more than one adoption can commit has no difference.
 * Not here  the worker's life around it (planner.h); adoption (online_adopt.h). */
#pragma once
#include "convene/v1/worker.pb-c.h"
#include "domain/replica.h"
#include "scheduler/solve_search.h"
#include "util/arena.h"

#define ROUND_ENTRIES_MAX 10000
#define ROUND_SECONDS_STANDARD 30
#define ROUND_SECONDS_MAX 3600

struct round;

/* Copies what the round needs out of `replica`. Never NULL (memory.h). */
struct round *round_new(const struct replica *replica, const Convene__V1__RoundStart *order);
/* NULL is fine. */
void round_free(struct round *round);

/* Searches; of `limits` the round sets the bound. Its plan is never worse than what stood. */
void round_search(struct round *round, const struct solve_limits *limits);

/* A score of the search as one of the programme. Any thread. */
int64_t round_score(const struct round *round, int64_t plan_score);

/* What its plan would change, in the arena: the entries, and counts and scores. NULL: all is well; else one sentence on
 * why there is no draft. */
const char *round_difference(struct round *round, struct arena *arena, Convene__V1__Round *ret_summary);
