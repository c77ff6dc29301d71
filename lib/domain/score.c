/* score.c - sums, kept from overflowing.
 *
 * Layer     domain.
 * Thread    any; pure. */
#include "domain/score.h"
#include "domain/day.h"
#include "domain/lifecycle.h"
#include <stdlib.h>
#include <string.h>

static int64_t times(int64_t a, int64_t b)
{
	int64_t product;

	if (__builtin_mul_overflow(a, b, &product))
		return (a < 0) == (b < 0) ? INT64_MAX : INT64_MIN;
	return product;
}

static int64_t plus(int64_t a, int64_t b)
{
	int64_t sum;

	if (__builtin_add_overflow(a, b, &sum))
		return a > 0 ? INT64_MAX : INT64_MIN;
	return sum;
}

static int64_t minus(int64_t a, int64_t b)
{
	int64_t difference;

	if (__builtin_sub_overflow(a, b, &difference))
		return a >= 0 ? INT64_MAX : INT64_MIN;
	return difference;
}

static int64_t magnitude(int64_t a)
{
	return a >= 0 ? a : minus(0, a);
}

/* Index of a party; n_parties where it is none. */
static size_t party_of(const struct score *s, const char *noc)
{
	const Convene__V1__Programme *about = programme_about(s->programme);

	for (size_t i = 0; noc != NULL && i < s->n_parties; i++) {
		if (strcmp(about->parties[i], noc) == 0)
			return i;
	}
	return s->n_parties;
}

static bool is_as_announced(const Convene__V1__Announced *announced, const Convene__V1__Placement *placement)
{
	return placement != NULL && announced->venue != NULL && announced->first_day != NULL &&
	       placement->venue != NULL && placement->first_day != NULL &&
	       strcmp(announced->venue, placement->venue) == 0 &&
	       strcmp(announced->first_day, placement->first_day) == 0;
}

void score_init(struct score *s, const struct programme *p)
{
	const Convene__V1__Programme *about = programme_about(p);

	memset(s, 0, sizeof(*s));
	s->programme = p;
	if (about != NULL)
		s->n_parties = about->n_parties < SCORE_PARTIES_MAX ? about->n_parties : SCORE_PARTIES_MAX;
}

void score_count(struct score *s, const Convene__V1__Request *request, int64_t value,
                 const Convene__V1__Placement *placement)
{
	const struct policy *policy = programme_policy(s->programme);
	int32_t first_day, preferred;
	size_t party;

	if (request->announced != NULL && !is_as_announced(request->announced, placement))
		s->move_cost = plus(s->move_cost, policy->move_cost);
	if (placement == NULL)
		return;
	s->n_placed++;
	s->value = plus(s->value, times(1000, value));
	if (day_parse(placement->first_day, &first_day) && day_parse(request->preferred_first_day, &preferred))
		s->date_cost = plus(s->date_cost, times(policy->date_weight, labs((long)first_day - preferred)));
	party = party_of(s, programme_noc_of_venue(s->programme, placement->venue));
	if (party < s->n_parties)
		s->hosted[party] = plus(s->hosted[party], times(request->headcount, request->duration));
}

void score_count_replica(struct score *s, const struct replica *r)
{
	for (const struct replica_record *i = replica_first(r); i != NULL; i = replica_next(i)) {
		bool has_place = lifecycle_has_place(i->standing);

		if (has_place || lifecycle_is_open(i->standing->state))
			score_count(s, i->content, score_value_of(i->content, i->standing),
			            has_place ? i->standing->placement : NULL);
	}
}

int64_t score_value_of(const Convene__V1__Request *request, const Convene__V1__Standing *standing)
{
	return standing != NULL && standing->has_value ? standing->value : request->value;
}

int64_t score_imbalance(const struct score *s)
{
	int64_t total = 0, imbalance = 0;

	for (size_t i = 0; i < s->n_parties; i++)
		total = plus(total, s->hosted[i]);
	for (size_t i = 0; i < s->n_parties; i++)
		imbalance = plus(imbalance, magnitude(minus(times((int64_t)s->n_parties, s->hosted[i]), total)));
	return imbalance;
}

int64_t score_hosted(const struct score *s, const char *noc)
{
	size_t party = party_of(s, noc);

	return party < s->n_parties ? s->hosted[party] : 0;
}

int64_t score_total(const struct score *s)
{
	int64_t lost = plus(plus(s->date_cost, s->move_cost),
	                    times(programme_policy(s->programme)->reciprocity_weight, score_imbalance(s)));

	return minus(s->value, lost);
}
