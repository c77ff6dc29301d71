/* anneal_state.h - what a search holds, and the small steps that its moves are made of.
 *
 * Layer     scheduler; private to anneal.c and anneal_move.c. */
#pragma once
#include "scheduler/anneal.h"
#include "scheduler/anneal_math.h"
#include "scheduler/scan.h"

#define ANNEAL_OUT_MAX 64 /* events that one step takes out at most */

/* Lists of requests, one behind the other. */
struct anneal_lists {
	int32_t *first; /* by list, and one behind the last */
	int32_t *at;
};

struct anneal {
	const struct problem *problem;
	struct calendar *calendar;
	bool has_held; /* some must not be without a place */
	const int32_t *const *costs; /* by request, or NULL */
	int32_t guided_pct;          /* how often they decide rather than the wish */
	int64_t least;               /* a step that ends below this score is not kept */
	int32_t ejecting_pct;        /* how often a step ejects rather than ruins */
	uint64_t chance;
	int64_t highest_value;
	int32_t longest; /* duration of the longest request */
	/* what it may change: events wholly on these days, and so many of a federation */
	int32_t first_day, last_day;
	bool is_confined;
	bool *is_others; /* by request: it waits, and another search may place it */
	int32_t *quota;
	int64_t *beside, *scratch; /* by party: hosted by others meanwhile */
	/* requests that have no place (and could have one), in no order */
	int32_t *waiting, *waiting_at; /* waiting_at: index by request, PROBLEM_NONE where it is placed */
	int32_t n_waiting;
	/* the step under way: who was touched, and where it was before */
	int32_t *touched, n_touched;
	struct calendar_spot *before; /* by request */
	bool *is_touched;
	/* the best so far, and who may differ from it */
	struct calendar_spot *best;
	int64_t best_score;
	int32_t *stale, n_stale;
	bool *is_stale;
	struct anneal_lists wishers;    /* by venue: who may go there */
	struct anneal_lists members;    /* by federation: its requests */
	struct anneal_lists host_venues; /* by host: its venues */
	int32_t out[ANNEAL_OUT_MAX], n_out; /* of the step under way: to be put in again */
	struct scan scan;
};

/* May the step take this placed request out, or place this waiting one? Where the search is confined, neither it nor
 * what it comes after, nor what comes after it, may stand outside. */
bool anneal_may_touch(const struct anneal *anneal, int32_t request);
bool anneal_may_place(const struct anneal *anneal, int32_t request);
/* Takes a placed request out, and whoever comes after it; all go to `out`. False: one is pinned, or it is too many. */
bool anneal_take_out(struct anneal *anneal, int32_t request);
/* Puts it at a good place, if there is one; `careless`: on any feasible days rather than those nearest to the wish. */
bool anneal_put_in(struct anneal *anneal, int32_t request, bool careless);
/* Puts it just there. */
void anneal_put(struct anneal *anneal, int32_t request, struct calendar_spot spot);
/* One step's changes; false: there was nothing to do, or it leads to nothing. */
bool anneal_move(struct anneal *anneal);
