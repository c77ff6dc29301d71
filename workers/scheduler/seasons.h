/* seasons.h - a programme cut into seasons that have nothing to do with each other: who can be planned beside whom.
 *
 * Layer     scheduler; private to its folder: problem below it; anneal and solve above.
 * Thread    any number read what nobody writes.
 * Not here  who works on which season (solve_search.c).
 *
 * Two requests meet where they could take room, or a squad, on the same days, or where one comes after the other. Whoever
 * can only be within one season's days, rests of squads included, and comes after nobody of another, belongs to that season.
 * As long as all others stay where they are, requests of different seasons meet in nothing but a federation's quota and the
 * balance of hosts. */
#pragma once
#include "scheduler/problem.h"

struct seasons {
	int32_t n;   /* 1: it can't be cut; all are of season 0 */
	int32_t *of; /* by request: its season; PROBLEM_NONE: of those that could be in two, or can't move */
};

/* At most `n_most` seasons (≥ 1) of about as many requests each, cut where the fewest could be on both sides; fewer where these
 * would be too many. With `other` (NULL: none), preferably others than those between its seasons. */
void seasons_find(struct seasons *ret_seasons, const struct problem *problem, int32_t n_most, const struct seasons *other);
void seasons_done(struct seasons *seasons);
