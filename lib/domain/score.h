/* score.h - what a set of placements is worth: the planning model's score, in integers.
 *
 * Layer     domain: may include util/ and the generated messages.
 * Thread    any; pure.
 * Limit     SCORE_PARTIES_MAX parties; products stop at the ends of int64_t.
 * Not here  whether the placements are feasible (workers/scheduler). */
#pragma once
#include "domain/programme.h"
#include "domain/replica.h"

enum { SCORE_PARTIES_MAX = 256 };

/* Embeddable. Counted with each request once: placed, or left out. */
struct score {
	int64_t n_placed;
	int64_t value;     /* 1000 points a unit of value placed */
	int64_t date_cost; /* date_weight a day away from the wished one */
	int64_t move_cost; /* move_cost for each announced event that is not where it was announced */
	/* private from here on */
	const struct programme *programme;
	size_t n_parties;
	int64_t hosted[SCORE_PARTIES_MAX]; /* athlete-days by party, in the order of Programme.parties */
};

/* Nothing counted yet. Borrows `p`, unchanged, as long as the score is used. */
void score_init(struct score *s, const struct programme *p);

/* Counts a request with its placement; NULL: it has none. `value` is the one that counts: the working body's where it
 * set one, else the request's. */
void score_count(struct score *s, const Convene__V1__Request *request, int64_t value,
                 const Convene__V1__Placement *placement);

/* Counts all open requests of a replica: those with a place there, the others without. */
void score_count_replica(struct score *s, const struct replica *r);

/* The value that counts for a record. */
int64_t score_value_of(const Convene__V1__Request *request, const Convene__V1__Standing *standing);

/* Σ over parties | P · H − T | in athlete-days; and what `noc` hosts of them (0 for none of the parties). */
int64_t score_imbalance(const struct score *s);
int64_t score_hosted(const struct score *s, const char *noc);

/* The score. */
int64_t score_total(const struct score *s);
