/* anneal_state.h - what a search holds, and the small steps that its moves are made of.
 *
 * Layer     scheduler; private to the files that begin with anneal. */
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

/* What those who look for someone to push away ask of each event: all of it stays in the cache. */
struct anneal_brief {
	int32_t value, units;
	int32_t lost_pct;  /* of its value, what taking it out seems to cost: little where it finds room at other venues */
	uint32_t services; /* bits: those whose staff it takes */
};

struct anneal {
	const struct problem *problem;
	struct calendar *calendar;
	bool has_held; /* some must not be without a place */
	struct anneal_brief *brief;  /* by request */
	const uint8_t *const *costs; /* by request, or NULL */
	const int32_t *points;       /* what an entry of them stands for */
	const int64_t *promise;      /* by request, or NULL */
	int32_t *in_vain;            /* by request that stands: what it costs others more than its cheapest place, in points */
	int32_t guided_pct;          /* how often they decide rather than the wish; */
	int64_t blur;                /* by how much they are then told wrong at most, in points */
	int32_t balance;             /* how much the balance of hosts counts, of COSTS_BALANCE */
	int64_t least;               /* a step that ends below this worth is not kept */
	int32_t ejecting_pct;        /* how often a step that does not relocate ejects rather than ruins */
	uint64_t chance;
	int64_t highest_value;
	int32_t longest; /* duration of the longest request */
	/* the plan that it shares with others */
	struct anneal_log *log; /* NULL: none */
	int32_t reader;
	struct anneal_change *changes; /* scratch, by touched request */
	/* which part of it is searched here; the rest stays where it is */
	int32_t *own, n_own;           /* requests: all, where it is not divided */
	struct anneal_log *whole_log;  /* while it is divided: the log of the whole, */
	int32_t whole_reader;
	int32_t *pinned, n_pinned;     /* who is pinned for so long, */
	int32_t *away, n_away;         /* who left the line, */
	int32_t *reserved;             /* and by federation, how much of its quota is others' */
	/* requests that have no place (and could have one), in no order */
	int32_t *waiting, *waiting_at; /* waiting_at: index by request, PROBLEM_NONE where it is not among them */
	int32_t n_waiting;
	/* the step under way: who was touched, and where it was before */
	int32_t *touched, n_touched;
	struct calendar_spot *before; /* by request */
	bool *is_touched;
	/* the best so far, and who may differ from it */
	struct calendar_spot *best;
	int64_t best_score;
	int32_t best_placed;
	int32_t *stale, n_stale;
	bool *is_stale;
	/* wishes: each of a request's eligible venues is one, numbered request after request */
	int32_t *first_wish, *wisher;   /* by request; by wish: whose it is */
	struct anneal_lists wishes;     /* by venue: first those of requests that wait, */
	int32_t *n_waiting_for;         /* so many of them */
	int32_t *wish_at;               /* by wish: where in the list it stands */
	struct anneal_lists members;    /* by federation: its requests */
	struct anneal_lists host_venues; /* by host: its venues */
	int32_t out[ANNEAL_OUT_MAX], n_out; /* of the step under way: to be put in again */
	struct scan scan;
};

/* Is it known what its places cost? */
static inline bool anneal_has_costs(const struct anneal *anneal, int32_t request)
{
	return anneal->costs != NULL && anneal->costs[request] != NULL;
}

/* Entries of the start days at its i-th venue, from its first word on. Only where it has `costs`. */
static inline const uint8_t *anneal_costs(const struct anneal *anneal, int32_t request, int32_t i)
{
	return anneal->costs[request] + (size_t)i * (size_t)anneal->problem->requests[request].n_words * 64;
}

/* What it seems to cost that one is taken out, in points. */
static inline int64_t anneal_loss(const struct anneal *anneal, int32_t request)
{
	return INT64_C(10) * anneal->brief[request].value * anneal->brief[request].lost_pct;
}

/* How much more a start day (a bit from its first word on) at its i-th venue costs others than its cheapest place. */
static inline int64_t anneal_more(const struct anneal *anneal, int32_t request, int32_t i, int32_t bit)
{
	return anneal->points[anneal_costs(anneal, request, i)[bit]];
}

/* Index of the first event of a venue that may still be on at `day`; events stand in order of first day. Nobody can
 * foresee which half it is in, so there is nothing to branch on. */
static inline int32_t anneal_first_event(const struct anneal *anneal, const struct calendar_events *events, int32_t day)
{
	const struct calendar_event *at = events->at;
	int32_t n = events->n;

	while (n > 1) {
		int32_t half = n / 2;

		at += at[half - 1].first + anneal->longest <= day ? half : 0;
		n -= half;
	}
	at += n == 1 && at->first + anneal->longest <= day;
	return (int32_t)(at - events->at);
}

/* What so many points of balance count now. */
int64_t anneal_counts(const struct anneal *anneal, int64_t points);
/* The score, with the balance of hosts as it counts now. */
int64_t anneal_worth(const struct anneal *anneal);
/* It joins those that have no place, or leaves them. */
void anneal_wait(struct anneal *anneal, int32_t request);
void anneal_leave_line(struct anneal *anneal, int32_t request);
/* Remembers where it is, to put it back there if need be. */
void anneal_touch(struct anneal *anneal, int32_t request);
/* Takes a placed request out, and whoever comes after it; all go to `out`. False: one is pinned, or it is too many. What
 * is pinned stays behind one that is held. */
bool anneal_take_out(struct anneal *anneal, int32_t request);
/* Puts it at a good place, if there is one; `careless`: on any feasible days rather than those nearest to the wish. */
bool anneal_put_in(struct anneal *anneal, int32_t request, bool careless);
/* Puts it at some feasible place, if there is one, whatever that is worth. */
bool anneal_put_anywhere(struct anneal *anneal, int32_t request);
/* Of start days (bits from its first word on) at the i-th of its venues the one that seems to cost least: the hotter it
 * is, the less do small differences count. Returns the bit; PROBLEM_NONE: no day is set. Only where it has `costs`. */
int32_t anneal_cheapest(struct anneal *anneal, int32_t request, int32_t i, const uint64_t *days);
/* Takes out whoever is in the way of `request` at the spot. False: that can't be, or it is too many. */
bool anneal_clear(struct anneal *anneal, int32_t request, struct calendar_spot spot);
/* Puts it just there. */
void anneal_put(struct anneal *anneal, int32_t request, struct calendar_spot spot);
bool anneal_stands_as_before(const struct anneal *anneal, int32_t request);
/* One that came, went or moved, as seen from the step before: the best plan so far may differ in it. */
void anneal_settle(struct anneal *anneal, int32_t request);
/* Either ends the step. */
void anneal_keep(struct anneal *anneal);
void anneal_undo(struct anneal *anneal);
/* Tells those that it shares the plan with of a step, once it stands beside all that they have kept; false: it can't be
 * kept. What they won or lost meanwhile is neither its merit nor its fault. */
bool anneal_tell_others(struct anneal *anneal);
/* One step's changes; false: there was nothing to do, or it leads to nothing. */
bool anneal_move(struct anneal *anneal);
