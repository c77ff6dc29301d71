/* bound.c - see bound.h. */
#include "scheduler/bound.h"
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include "scheduler/anneal_math.h"
#include "scheduler/bound_prices.h"
#include "scheduler/bound_rest.h"
#include "scheduler/bound_starts.h"
#include "scheduler/memory.h"

#define POINT 64           /* prices are in 1/64 point */
#define FIRST_STEP 1.0     /* of the way that the score says there may be; */
#define FIRST_STEP_ROUGH 0.3 /* rough choices come to rest sooner, */
#define FIRST_STEP_MANY 0.1 /* and leave many requests near the lowest bound, with time for few rounds more: */
#define MANY 1000          /* up to here there is time for all */
#define SHORTER 0.95       /* steps get so much shorter with each round that brings nothing lower; */
#define SHORTER_ROUGH 0.9  /* those of rough choices */
#define ROUGHNESS 0.003    /* of rough choices: so much of what the dearest request is worth */
#define NOISES 1024
#define SHARED_FROM 16384  /* days of rows and places: a round of fewer is over before other threads have begun */
#define TAX_EVENTS 32      /* a tax is on all that a host holds: with so many events a host it moves half as fast as prices */
#define TAX_FINE 256       /* a tax is an athlete-day's, so it is counted more finely than prices; */
#define TAX_FINE_UP_TO 1000 /* weights above: as prices are, lest the sums overflow */

enum { UNITS, BEDS, STAFF, SQUADS, QUOTA, ORDER, KINDS };

/* How much of each kind plans come to fill, in per cent: events leave gaps between them that are too short for others. */
static const int32_t FILLED_PCT[KINDS] = {[UNITS] = 85, [BEDS] = 100, [STAFF] = 85, [SQUADS] = 85, [QUOTA] = 100, [ORDER] = 100};

struct bound {
	const struct calendar *calendar;
	const struct problem *problem;
	struct prices prices[KINDS];
	double *tax, *tax_direction; /* by party, −weight … weight */
	int64_t *taxed, *hosted;     /* tax in 1/(POINT · fine); athlete-days, by party */
	int64_t fine;
	struct bound_rests rests;
	struct bound_starts starts;
	int32_t *first_after;        /* by request: its first link among all */
	struct choice *choices;      /* by request: of this round */
	struct chooser *choosers;
	int32_t n_choosers;
	int32_t n_rounds;
	int64_t noises[NOISES];      /* of rough choices, in 1/POINT: each as likely as the other */
	bool is_rough;
	int64_t best;                /* bound, in points */
	int64_t lowest;              /* what rough choices, or exact ones, have come down to, in 1/POINT */
	double step, ceiling;
	double pace;                 /* how far prices are still to go in their directions */
	bool is_plain; /* too large: no prices */
};

struct choice {
	int64_t most;   /* what the best place of all gains, in 1/POINT; 0: it had better stay away */
	int64_t seems;  /* where it goes, as well as it can tell: what that seems to gain; 0: it stays away */
	int32_t i, day; /* at its i-th venue */
};

/* One thread's part of a round: every so many-th request, row of prices, and kind. */
struct chooser {
	struct bound *bound;
	int32_t first;
	void (*part)(struct chooser *chooser); /* what it is to do */
	uint32_t salt; /* of the noise that the request hears */
	int64_t *squad_cost, *city_cost; /* scratch: by start day */
	pthread_t thread;
};

static bool is_free_to_go(const struct bound *bound, int32_t r)
{
	const struct problem_request *request = &bound->problem->requests[r];

	return request->present && !request->fixed && bound->starts.of[r] != NULL;
}

/* The day on which a squad is free again: the price of days up to it is what it costs. */
static int32_t rested(const struct problem *problem, const struct problem_request *request, int32_t day, int32_t rest)
{
	int32_t end = day + request->duration + rest;

	return end < problem->n_days ? end : problem->n_days;
}

static int32_t at_least_none(int64_t left)
{
	return left > 0 ? (int32_t)left : 0;
}

/* What is left beside what stands: each kind's supply. Where what stands breaks a rule, nothing. */
static void supply_all(struct bound *bound)
{
	const struct calendar *calendar = bound->calendar;
	const struct problem *problem = bound->problem;
	const struct room *rooms[] = {&calendar->units, &calendar->beds, &calendar->staff};
	int32_t n_days = problem->n_days;

	for (int kind = UNITS; kind <= STAFF; kind++)
		for (int32_t row = 0; row < bound->prices[kind].n_rows; row++) {
			int32_t *supply = prices_supply(&bound->prices[kind], row);

			for (int32_t d = 0; d < n_days; d++)
				supply[d] = at_least_none(room_left(rooms[kind], row, d));
		}
	for (int32_t q = 0; q < problem->n_squads; q++)
		for (int32_t i = 0; i < calendar->visits[q].n; i++) {
			const struct calendar_visit *visit = &calendar->visits[q].at[i];
			int32_t *supply = prices_supply(&bound->prices[SQUADS], q);

			for (int32_t d = visit->first < 0 ? 0 : visit->first; d <= visit->last + bound->rests.least && d < n_days; d++)
				supply[d] = 0;
		}
	for (int32_t f = 0; f < problem->n_federations; f++)
		*prices_supply(&bound->prices[QUOTA], f) =
		        at_least_none(problem->federations[f].max_events - calendar->n_of_federation[f]);
	for (int32_t r = 0; r < problem->n_requests; r++)
		for (int32_t i = 0; i < problem->requests[r].n_after; i++)
			*prices_supply(&bound->prices[ORDER], bound->first_after[r] + i) =
			        at_least_none(calendar_is_placed(calendar, problem->requests[r].after[i].request) -
			                      calendar_is_placed(calendar, r));
}

/* On which days somebody could want of each row. */
static void reach_all(struct bound *bound)
{
	const struct problem *problem = bound->problem;

	for (int kind = QUOTA; kind <= ORDER; kind++)
		for (int32_t row = 0; row < bound->prices[kind].n_rows; row++)
			prices_reach(&bound->prices[kind], row, 0, 1);
	for (int32_t r = 0; r < problem->n_requests; r++) {
		const struct problem_request *request = &problem->requests[r];
		int32_t first = bound->starts.first[r], end = bound->starts.last[r] + request->duration;

		for (int32_t i = 0; is_free_to_go(bound, r) && i < request->n_venues; i++) {
			const struct problem_venue *venue = &problem->venues[request->venues[i]];

			prices_reach(&bound->prices[UNITS], request->venues[i], first, end);
			prices_reach(&bound->prices[BEDS], venue->city, first, end);
			for (int32_t s = 0; s < PROBLEM_SERVICES; s++)
				if (request->staff[s] > 0)
					prices_reach(&bound->prices[STAFF], venue->host * PROBLEM_SERVICES + s, first, end);
		}
		for (int32_t i = 0; is_free_to_go(bound, r) && i < request->n_squads; i++)
			prices_reach(&bound->prices[SQUADS], request->squads[i], first,
			             rested(problem, request, bound->starts.last[r], bound->rests.most));
	}
}

/* The usual size of what an event takes of each row: the mean of those that could go there. */
static void usual_sizes(struct bound *bound)
{
	const struct problem *problem = bound->problem;
	double total[KINDS] = {0}, n[KINDS] = {0};

	for (int32_t r = 0; r < problem->n_requests; r++) {
		const struct problem_request *request = &problem->requests[r];

		if (!is_free_to_go(bound, r))
			continue;
		total[UNITS] += request->units;
		total[BEDS] += request->headcount;
		n[UNITS]++;
		n[BEDS]++;
		for (int32_t s = 0; s < PROBLEM_SERVICES; s++) {
			total[STAFF] += request->staff[s];
			n[STAFF] += request->staff[s] > 0;
		}
	}
	for (int kind = 0; kind < KINDS; kind++)
		for (int32_t row = 0; row < bound->prices[kind].n_rows; row++)
			bound->prices[kind].usual[row] = total[kind] > 0 ? total[kind] / n[kind] : 1;
}

static void prices_init_all(struct bound *bound, int32_t n_links)
{
	const struct problem *problem = bound->problem;
	int32_t span = 1; /* of an event and its rest */

	for (int32_t r = 0; r < problem->n_requests; r++)
		if (is_free_to_go(bound, r) && problem->requests[r].duration + bound->rests.most > span)
			span = problem->requests[r].duration + bound->rests.most;
	span = span < problem->n_days || problem->n_days == 0 ? span : problem->n_days;
	prices_init(&bound->prices[UNITS], problem->n_venues, problem->n_days, span);
	prices_init(&bound->prices[BEDS], problem->n_cities, problem->n_days, span);
	prices_init(&bound->prices[STAFF], problem->n_nocs * PROBLEM_SERVICES, problem->n_days, span);
	prices_init(&bound->prices[SQUADS], problem->n_squads, problem->n_days, span);
	prices_init(&bound->prices[QUOTA], problem->n_federations, 1, 1);
	prices_init(&bound->prices[ORDER], n_links, 1, 1);
}

struct bound *bound_new(const struct calendar *calendar, int32_t n_threads)
{
	struct bound *bound = memory_new(1, sizeof(*bound));
	const struct problem *problem = calendar->problem;
	int64_t cells = (int64_t)problem->n_days * (problem->n_venues + problem->n_cities + problem->n_nocs * PROBLEM_SERVICES +
	                                            problem->n_squads), words = 0;
	int32_t n_links = 0;

	bound->calendar = calendar;
	bound->problem = problem;
	bound->best = INT64_MAX;
	bound_choose_roughly(bound, false);
	for (int32_t r = 0; r < problem->n_requests; r++)
		words += (int64_t)problem->requests[r].n_venues * problem->requests[r].n_words;
	bound->is_plain = cells > BOUND_CELLS_MAX || words > BOUND_WORDS_MAX;
	bound->first_after = memory_new((size_t)problem->n_requests, sizeof(int32_t));
	for (int32_t r = 0; r < problem->n_requests; r++) {
		bound->first_after[r] = n_links;
		n_links += problem->requests[r].n_after;
	}
	bound->fine = problem->policy.reciprocity_weight <= TAX_FINE_UP_TO ? TAX_FINE : 1;
	bound->tax = memory_new((size_t)problem->n_nocs, sizeof(double));
	bound->tax_direction = memory_new((size_t)problem->n_nocs, sizeof(double));
	bound->taxed = memory_new((size_t)problem->n_nocs, sizeof(int64_t));
	bound->hosted = memory_new((size_t)problem->n_nocs, sizeof(int64_t));
	bound->choices = memory_new((size_t)problem->n_requests, sizeof(*bound->choices));
	bound->n_choosers = cells + 64 * words < SHARED_FROM ? 1 : n_threads;
	bound->choosers = memory_new((size_t)bound->n_choosers, sizeof(*bound->choosers));
	for (int32_t t = 0; t < bound->n_choosers; t++)
		bound->choosers[t] = (struct chooser){
			.bound = bound,
			.first = t,
			.squad_cost = memory_new((size_t)problem->n_days + 64, sizeof(int64_t)),
			.city_cost = memory_new((size_t)problem->n_days + 64, sizeof(int64_t)),
		};
	if (bound->is_plain)
		return bound;
	bound_starts_init(&bound->starts, calendar);
	bound_rests_init(&bound->rests, calendar, bound->starts.of);
	prices_init_all(bound, n_links);
	bound->ceiling = POINT * 1000.0 * problem_highest_value(problem);
	for (int32_t k = 0; k < NOISES; k++)
		bound->noises[k] = anneal_gumbel(k, NOISES, (int64_t)(ROUGHNESS * bound->ceiling));
	supply_all(bound);
	reach_all(bound);
	usual_sizes(bound);
	return bound;
}

void bound_free(struct bound *bound)
{
	if (bound == NULL)
		return;
	for (int kind = 0; kind < KINDS; kind++)
		prices_done(&bound->prices[kind]);
	bound_starts_done(&bound->starts);
	bound_rests_done(&bound->rests);
	free(bound->first_after);
	free(bound->tax);
	free(bound->tax_direction);
	free(bound->taxed);
	free(bound->hosted);
	for (int32_t t = 0; t < bound->n_choosers; t++) {
		free(bound->choosers[t].squad_cost);
		free(bound->choosers[t].city_cost);
	}
	free(bound->choosers);
	free(bound->choices);
	free(bound);
}

/* ---- prices move, and are added up ---- */

static void *do_part(void *arg)
{
	struct chooser *chooser = arg;

	chooser->part(chooser);
	return NULL;
}

/* Every thread does its part: with any number of them the outcome is the same. */
static void share_out(struct bound *bound, void (*part)(struct chooser *chooser))
{
	for (int32_t t = 0; t < bound->n_choosers; t++)
		bound->choosers[t].part = part;
	for (int32_t t = 1; t < bound->n_choosers; t++)
		if (pthread_create(&bound->choosers[t].thread, NULL, do_part, &bound->choosers[t]) != 0)
			abort(); /* as memory.h */
	do_part(&bound->choosers[0]);
	for (int32_t t = 1; t < bound->n_choosers; t++)
		pthread_join(bound->choosers[t].thread, NULL);
}

static void price_rows(struct chooser *chooser)
{
	struct bound *bound = chooser->bound;

	for (int kind = 0; kind < KINDS; kind++)
		for (int32_t row = chooser->first; row < bound->prices[kind].n_rows; row += bound->n_choosers)
			prices_go(&bound->prices[kind], row, (float)bound->pace, (float)bound->ceiling);
}

/* ---- everybody chooses ---- */

/* cost[s] += amount · price of [s, s + length), for start days [from, to]. */
static void charge(int64_t *cost, const uint32_t *sum, int32_t amount, int32_t from, int32_t to, int32_t length)
{
	for (int32_t s = from; s <= to; s++)
		cost[s] += (int64_t)((uint64_t)prices_of(sum, s, s + length) * (uint32_t)amount);
}

static int64_t rounded_up(int64_t a, int64_t b)
{
	return a >= 0 ? (a + b - 1) / b : -(-a / b);
}

static int64_t distance(int32_t a, int32_t b)
{
	return a < b ? b - a : a - b;
}

/* What holds wherever it goes: squads with their longest rest, quota, links, the wished day; into squad_cost. */
static void charge_anywhere(struct chooser *chooser, const struct problem_request *request, int32_t from, int32_t to)
{
	const struct bound *bound = chooser->bound;
	const struct problem *problem = bound->problem;
	int32_t r = (int32_t)(request - problem->requests);
	int64_t once = bound->prices[QUOTA].sum[2 * request->federation + 1];

	for (int32_t i = 0; i < request->n_after; i++)
		once += bound->prices[ORDER].sum[2 * (bound->first_after[r] + i) + 1];
	for (int32_t i = 0; i < request->n_followers; i++) {
		const struct problem_request *follower = &problem->requests[request->followers[i]];

		for (int32_t j = 0; j < follower->n_after; j++)
			if (follower->after[j].request == r)
				once -= bound->prices[ORDER].sum[2 * (bound->first_after[request->followers[i]] + j) + 1];
	}
	for (int32_t s = from; s <= to; s++)
		chooser->squad_cost[s] = once + POINT * problem->policy.date_weight * distance(s, request->preferred);
	for (int32_t i = 0; i < request->n_squads; i++) {
		const uint32_t *sum = prices_sums(&bound->prices[SQUADS], request->squads[i]);
		int32_t whole = problem->n_days - request->duration - bound->rests.most, s = from;

		for (; s <= to && s <= whole; s++)
			chooser->squad_cost[s] += prices_of(sum, s, s + request->duration + bound->rests.most);
		for (; s <= to; s++)
			chooser->squad_cost[s] += prices_of(sum, s, problem->n_days);
	}
}

/* Gives back the days of rest that a squad may not need at a request's i-th venue. */
static void shorten_rests(struct chooser *chooser, const struct problem_request *request, int32_t i, int32_t from, int32_t to)
{
	const struct bound *bound = chooser->bound;
	int32_t r = (int32_t)(request - bound->problem->requests), base = request->first_word * 64;

	for (int32_t k = 0; k < request->n_squads; k++) {
		const uint32_t *sum = prices_sums(&bound->prices[SQUADS], request->squads[k]);
		const uint64_t *sooner = bound_rests_sooner(&bound->rests, r, k, i);

		for (int32_t w = 0; sooner != NULL && w < request->n_words; w++)
			for (uint64_t word = sooner[w]; word != 0; word &= word - 1) {
				int32_t bit = w * 64 + __builtin_ctzll(word), s = base + bit;
				int32_t rest = bound_rest_by(&bound->rests, sooner, request->n_words, bit);

				if (s >= from && s <= to)
					chooser->city_cost[s] -= prices_of(sum, rested(bound->problem, request, s, rest),
					                                   rested(bound->problem, request, s, bound->rests.most));
			}
	}
}

/* What holds at any venue of the city of its i-th: its beds, its host's staff and rests, beside squad_cost; into
 * city_cost. */
static void charge_city(struct chooser *chooser, const struct problem_request *request, int32_t i, int32_t from, int32_t to)
{
	const struct bound *bound = chooser->bound;
	const struct problem_venue *venue = &bound->problem->venues[request->venues[i]];

	memcpy(&chooser->city_cost[from], &chooser->squad_cost[from], (size_t)(to - from + 1) * sizeof(int64_t));
	charge(chooser->city_cost, prices_sums(&bound->prices[BEDS], venue->city), request->headcount, from, to, request->duration);
	for (int32_t s = 0; s < PROBLEM_SERVICES; s++)
		if (request->staff[s] > 0)
			charge(chooser->city_cost, prices_sums(&bound->prices[STAFF], venue->host * PROBLEM_SERVICES + s),
			       request->staff[s], from, to, request->duration);
	shorten_rests(chooser, request, i, from, to);
}

/* What a start day at the i-th venue seems to be worth more than it is, in this round, to whom the salt belongs. */
static int64_t noise(const struct chooser *chooser, int32_t i, int32_t day)
{
	uint32_t x = (chooser->salt ^ (uint32_t)i << 16 ^ (uint32_t)day) * UINT32_C(2654435761);

	x = (x ^ x >> 15) * UINT32_C(2246822519);
	return chooser->bound->noises[x / (UINT32_MAX / NOISES + 1)];
}

/* The best start day of one venue; city_cost says what all but its units costs. */
static void choose_day(const struct chooser *chooser, int32_t r, int32_t i, struct choice *best)
{
	const struct bound *bound = chooser->bound;
	const struct problem *problem = bound->problem;
	const struct problem_request *request = &problem->requests[r];
	const struct problem_venue *venue = &problem->venues[request->venues[i]];
	const uint64_t *starts = &bound->starts.of[r][(size_t)i * (size_t)request->n_words];
	const uint32_t *sum = prices_sums(&bound->prices[UNITS], request->venues[i]);
	int64_t base = POINT * INT64_C(1000) * request->value + rounded_up(request->load * bound->taxed[venue->host], bound->fine);
	bool announced = request->announced && request->announced_venue == request->venues[i];

	for (int32_t w = 0; w < request->n_words; w++)
		for (uint64_t word = starts[w]; word != 0; word &= word - 1) {
			int32_t day = (request->first_word + w) * 64 + __builtin_ctzll(word);
			int64_t gain = base - chooser->city_cost[day] - (int64_t)request->units * prices_of(sum, day, day + request->duration);

			if (announced && day == request->announced_day)
				gain += POINT * problem->policy.move_cost;
			if (gain > best->most)
				best->most = gain;
			if (bound->is_rough && gain + bound->noises[NOISES - 1] > best->seems)
				gain += noise(chooser, i, day);
			if (gain > best->seems) {
				best->seems = gain;
				best->i = i;
				best->day = day;
			}
		}
}

static struct choice choose(struct chooser *chooser, int32_t r)
{
	const struct bound *bound = chooser->bound;
	const struct problem *problem = bound->problem;
	const struct problem_request *request = &problem->requests[r];
	int32_t from = bound->starts.first[r], to = bound->starts.last[r], city = PROBLEM_NONE;
	uint64_t chance = (uint64_t)bound->n_rounds << 32 | (uint32_t)r;
	struct choice best = {0, 0, 0, 0};

	chooser->salt = (uint32_t)anneal_random(&chance);
	charge_anywhere(chooser, request, from, to);
	for (int32_t i = 0; i < request->n_venues; i++) {
		const struct problem_venue *venue = &problem->venues[request->venues[i]];

		if (venue->city != city) {
			city = venue->city;
			charge_city(chooser, request, i, from, to);
		}
		choose_day(chooser, r, i, &best);
	}
	return best;
}

/* At the prices as they are. */
static void choose_all(struct chooser *chooser)
{
	const struct bound *bound = chooser->bound;

	for (int32_t r = chooser->first; r < bound->problem->n_requests; r += bound->n_choosers)
		if (is_free_to_go(bound, r))
			bound->choices[r] = choose(chooser, r);
}

/* What a request wants of one kind where it goes. */
static void take(const struct bound *bound, int kind, int32_t r, struct choice choice)
{
	const struct problem *problem = bound->problem;
	const struct problem_request *request = &problem->requests[r];
	const struct problem_venue *venue = &problem->venues[request->venues[choice.i]];
	const struct prices *p = &bound->prices[kind];
	int32_t end = choice.day + request->duration, bit = choice.day - request->first_word * 64;

	switch (kind) {
	case UNITS:
		prices_want(p, request->venues[choice.i], choice.day, end, request->units);
		break;
	case BEDS:
		prices_want(p, venue->city, choice.day, end, request->headcount);
		break;
	case STAFF:
		for (int32_t s = 0; s < PROBLEM_SERVICES; s++)
			prices_want(p, venue->host * PROBLEM_SERVICES + s, choice.day, end, request->staff[s]);
		break;
	case SQUADS:
		for (int32_t i = 0; i < request->n_squads; i++)
			prices_want(p, request->squads[i], choice.day,
			            rested(problem, request, choice.day, bound_rest(&bound->rests, r, i, choice.i, bit)), 1);
		break;
	case QUOTA:
		prices_want(p, request->federation, 0, 1, 1);
		break;
	default:
		for (int32_t i = 0; i < request->n_after; i++)
			prices_want(p, bound->first_after[r] + i, 0, 1, 1);
		for (int32_t i = 0; i < request->n_followers; i++) {
			const struct problem_request *follower = &problem->requests[request->followers[i]];

			for (int32_t j = 0; j < follower->n_after; j++)
				if (follower->after[j].request == r)
					prices_want(p, bound->first_after[request->followers[i]] + j, 0, 1, -1);
		}
	}
}

static void take_kinds(struct chooser *chooser)
{
	const struct bound *bound = chooser->bound;

	for (int kind = chooser->first; kind < KINDS; kind += bound->n_choosers)
		for (int32_t r = 0; r < bound->problem->n_requests; r++)
			if (is_free_to_go(bound, r) && bound->choices[r].seems > 0)
				take(bound, kind, r, bound->choices[r]);
}

static void take_in(struct bound *bound, int32_t r)
{
	const struct problem_request *request = &bound->problem->requests[r];

	bound->hosted[bound->problem->venues[request->venues[bound->choices[r].i]].host] += request->load;
}

/* The tax on an athlete-day at each host: P · y − Σ y, from −weight · |x| ≤ y · x. */
static void levy(struct bound *bound)
{
	int64_t n = bound->problem->n_parties, all = 0;

	for (int32_t p = 0; p < n; p++)
		all += (int64_t)(bound->tax[p] * (double)(POINT * bound->fine));
	for (int32_t p = 0; p < n; p++) {
		bound->taxed[p] = n * (int64_t)(bound->tax[p] * (double)(POINT * bound->fine)) - all;
		bound->hosted[p] = bound->calendar->hosted[p];
	}
}

/* What stands already, as a constant. */
static int64_t standing(const struct bound *bound)
{
	const struct problem *problem = bound->problem;
	int64_t score = bound->calendar->score + problem->policy.reciprocity_weight * bound->calendar->imbalance, taxes = 0;

	for (int32_t p = 0; p < problem->n_parties; p++)
		taxes += bound->calendar->hosted[p] * bound->taxed[p];
	return POINT * score + rounded_up(taxes, bound->fine);
}

/* ---- which way prices go from here ---- */

static int32_t filled_pct(const struct bound *bound, int kind)
{
	return bound->is_rough ? FILLED_PCT[kind] : 100;
}

static void turn_rows(struct chooser *chooser)
{
	struct bound *bound = chooser->bound;

	for (int kind = 0; kind < KINDS; kind++)
		for (int32_t row = chooser->first; row < bound->prices[kind].n_rows; row += bound->n_choosers)
			prices_turn(&bound->prices[kind], row, (float)filled_pct(bound, kind) / 100);
}

static double tax_scale(const struct bound *bound)
{
	/* An athlete-day is small change beside an event. */
	return 1.0 / (1.0 + (double)bound->calendar->problem->n_parties * 300.0);
}

static double turn_taxes(struct bound *bound)
{
	int64_t n = bound->problem->n_parties, total = 0;
	double length = 0, scale = tax_scale(bound);

	for (int32_t p = 0; p < n; p++)
		total += bound->hosted[p];
	for (int32_t p = 0; p < n; p++) {
		double excess = (double)(total - n * bound->hosted[p]) * scale;

		bound->tax_direction[p] += PRICES_SMOOTH * (excess - bound->tax_direction[p]);
		length += bound->tax_direction[p] * bound->tax_direction[p];
	}
	return length;
}

static void go_taxes(struct bound *bound, double step)
{
	const struct problem *problem = bound->problem;
	double weight = (double)problem->policy.reciprocity_weight, scale = tax_scale(bound);
	double pace = 1.0 / (1.0 + (double)problem->n_requests / (double)problem->n_parties / TAX_EVENTS);

	for (int32_t p = 0; p < problem->n_parties; p++) {
		double tax = bound->tax[p] + pace * step * bound->tax_direction[p] * scale / POINT;

		bound->tax[p] = tax > weight ? weight : tax < -weight ? -weight : tax;
	}
}

double bound_tax_share(const struct bound *bound)
{
	double highest = 0, weight = (double)bound->problem->policy.reciprocity_weight;

	for (int32_t p = 0; p < bound->problem->n_parties; p++) {
		double tax = bound->tax[p] < 0 ? -bound->tax[p] : bound->tax[p];

		highest = tax > highest ? tax : highest;
	}
	return weight > 0 ? highest / weight : 0;
}

static double first_step(const struct bound *bound)
{
	if (bound->is_rough)
		return FIRST_STEP_ROUGH;
	return bound->n_rounds > 0 && bound->problem->n_requests > MANY ? FIRST_STEP_MANY : FIRST_STEP;
}

void bound_choose_roughly(struct bound *bound, bool roughly)
{
	bound->is_rough = roughly;
	bound->lowest = roughly || bound->best == INT64_MAX ? INT64_MAX : bound->best * POINT;
	bound->step = first_step(bound);
}

bool bound_is_plain(const struct bound *bound)
{
	return bound->is_plain;
}

static int32_t in_points(int64_t cost)
{
	return cost > BOUND_DEAREST * (int64_t)POINT ? BOUND_DEAREST : (int32_t)(cost / POINT);
}

/* Can it begin on the day (a bit from its first word on) at its i-th venue, beside what stands? */
static bool begins(const struct bound *bound, int32_t r, int32_t i, int32_t bit)
{
	return (bound->starts.of[r][i * bound->problem->requests[r].n_words + (bit >> 6)] >> (bit & 63) & 1) != 0;
}

bool bound_costs(struct bound *bound, int32_t r, int32_t *ret_costs)
{
	struct chooser *chooser = &bound->choosers[0];
	const struct problem_request *request = &bound->problem->requests[r];
	int32_t from, to;

	if (bound->is_plain || !is_free_to_go(bound, r))
		return false;
	from = bound->starts.first[r];
	to = bound->starts.last[r];
	charge_anywhere(chooser, request, from, to);
	for (int32_t i = 0; i < request->n_venues; i++) {
		charge_city(chooser, request, i, from, to);
		charge(chooser->city_cost, prices_sums(&bound->prices[UNITS], request->venues[i]), request->units, from, to, request->duration);
		for (int32_t bit = 0; bit < request->n_words * 64; bit++)
			*ret_costs++ = begins(bound, r, i, bit) ? in_points(chooser->city_cost[request->first_word * 64 + bit])
			                                        : BOUND_DEAREST;
	}
	return true;
}

/* All that anyone wishes for. */
static int64_t plain(const struct bound *bound)
{
	const struct problem *problem = bound->problem;
	int64_t total = 0;

	for (int32_t r = 0; r < problem->n_requests; r++) {
		const struct problem_request *request = &problem->requests[r];

		if (request->present && (request->n_venues > 0 || request->fixed))
			total += INT64_C(1000) * request->value;
	}
	return total;
}

/* Rough choices are led to where what they seem to gain, with the room that they come to fill, is least; exact ones to
 * the lowest bound. */
int64_t bound_step(struct bound *bound, int64_t score)
{
	int64_t value, seems, here;
	double length = 0;

	if (bound->is_plain)
		return bound->best = plain(bound);
	levy(bound);
	value = seems = standing(bound);
	share_out(bound, price_rows);
	bound->pace = 0;
	for (int kind = 0; kind < KINDS; kind++) {
		int64_t all = prices_value(&bound->prices[kind]);

		value += all;
		seems += all / 100 * filled_pct(bound, kind);
	}
	share_out(bound, choose_all);
	for (int32_t r = 0; r < bound->problem->n_requests; r++)
		if (is_free_to_go(bound, r)) {
			value += bound->choices[r].most;
			seems += bound->choices[r].seems;
			if (bound->choices[r].seems > 0)
				take_in(bound, r);
		}
	share_out(bound, take_kinds);
	bound->n_rounds++;
	here = rounded_up(value, POINT);
	if (here < bound->best)
		bound->best = here;
	if (seems < bound->lowest)
		bound->lowest = seems;
	else
		bound->step *= bound->is_rough ? SHORTER_ROUGH : SHORTER;
	share_out(bound, turn_rows);
	for (int kind = 0; kind < KINDS; kind++)
		length += prices_length(&bound->prices[kind]);
	length += turn_taxes(bound);
	if (length <= 0 || here <= score)
		return bound->best;
	bound->pace = bound->step * POINT * (double)(here - score) / length; /* gone before the next round's prices are added up */
	go_taxes(bound, bound->pace);
	return bound->best;
}
