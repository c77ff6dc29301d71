/* bound_prices.h - what the things of one kind cost by day, who wants how much of them, and which way their prices go.
 *
 * Layer     scheduler; private to bound.
 * Thread    a row belongs to one thread at a time.
 *
 * A kind has rows of days: a unit's venue, a squad, … With thousands of squads they are most of what a round reads and
 * writes, so only those days of a row are looked at on which somebody could want of it; on all others it costs nothing. */
#pragma once
#include <stddef.h>
#include <stdint.h>

#define PRICES_SMOOTH 0.35f /* how much of a new direction counts */

struct prices {
	int32_t n_rows, n_days;
	float dearest;          /* a piece costs no more a day: sums over the days of an event and its rest fit */
	int32_t *first, *end;   /* by row: somebody could want of it on the days of [first, end) */
	float *scaled;          /* what an event of usual size pays a day */
	float *direction;       /* smoothed excess of demand */
	double *usual;          /* by row: what an event of usual size takes */
	uint32_t *sum;          /* [row · (n_days + 1) + day]: price of one piece from `first` up to that day, modulo 2³² */
	int32_t *demand;        /* likewise: differences from day to day; 0 between rounds */
	const int32_t **supply; /* by row: what there is, by day; one of */
	int32_t *one, *other;   /* one piece a day, for all rows that have just that; those of the others */
	int64_t *value;         /* by row: what all supply costs */
	double *length;         /* by row: square of its directions' length */
};

/* One piece a day, which costs nothing, and nobody wants it. Nobody will ask what it costs for more than `span` days (≥ 1). */
void prices_init(struct prices *p, int32_t n_rows, int32_t n_days, int32_t span);
/* Also after zeroing alone. */
void prices_done(struct prices *p);
/* Somebody could want of it on the days of [first, end), which lie within the row. */
void prices_reach(struct prices *p, int32_t row, int32_t first, int32_t end);
/* What there is, by day, for the caller to change. */
int32_t *prices_supply(struct prices *p, int32_t row);

/* Prices go so far in their directions, up to `ceiling` for an event of usual size, and are added up in whole numbers for
 * a piece. */
void prices_go(struct prices *p, int32_t row, float pace, float ceiling);
/* Directions turn towards the excess of what is wanted, where so much of the supply is led to be filled. Nothing is
 * wanted any more. */
void prices_turn(struct prices *p, int32_t row, float filled);
/* Of all rows. */
int64_t prices_value(const struct prices *p);
double prices_length(const struct prices *p);

static inline const uint32_t *prices_sums(const struct prices *p, int32_t row)
{
	return &p->sum[(size_t)row * ((size_t)p->n_days + 1)];
}

/* What one piece costs on the days of [first, end), by a row's sums. */
static inline uint32_t prices_of(const uint32_t *sums, int32_t first, int32_t end)
{
	return sums[end] - sums[first];
}

/* `amount` pieces are wanted on the days of [first, end). */
static inline void prices_want(const struct prices *p, int32_t row, int32_t first, int32_t end, int32_t amount)
{
	int32_t *demand = &p->demand[(size_t)row * ((size_t)p->n_days + 1)];

	demand[first] += amount;
	demand[end] -= amount;
}
