/* anneal_move.c - what one step of the search changes: ejections, relocations, and ruins that are built up again.
 *
 * Ejection: one that waits takes a place; whoever blocks it there goes elsewhere, pushes others on, or waits. Relocation:
 * so does one that stands where it costs others too much. Ruin and recreate: a related handful comes out, and goes back in
 * another order, with waiting ones that wish for the same room. */
#include "scheduler/anneal_state.h"
#include "scheduler/place.h"

#define PLACES_ASKED 4     /* places that an ejection or a relocation looks at */
#define SHORT_PCT 10       /* of the highest value: what beds, or a kind of staff, seem to cost there where they are short */
#define EJECTION_OUT 8     /* events that either may push away */
#define PUSHES 2           /* of these so many may push away others in their turn where they find no room, */
#define PUSH_OUT 4         /* so many each, */
#define PUSH_PCT 80        /* who cost less to take out than so much of what it is worth itself */
#define WAITING_ASKED 4    /* of so many that wait, the one that promises most is the one to go in */
#define PLACED_ASKED 4     /* of so many events, the one that costs others most in vain is the one to come out */
#define RELOCATING_PCT 9   /* how often a step relocates */
#define RUIN_MAX 7         /* events that a ruin takes out, followers apart */
#define GUESTS_FROM 4      /* places left by a ruin for which waiting ones are asked: */
#define GUESTS_EACH 2      /* so many at most for each, */
#define GUESTS_ASKED 32    /* of so many that are looked at, */
#define GUESTS_HOPE 5      /* and that may lose no more than chance allows at so many times what days are told wrong by */
#define CARELESS_IN 5      /* one in so many goes on any feasible days */
#define LEAD_IN 4          /* of those that others come after, or that come after others, one in so many moves with a view to that */

static int32_t below(struct anneal *anneal, int32_t n)
{
	return anneal_below(&anneal->chance, n);
}

/* ---- where others may have to go ---- */

/* What it seems to cost that someone makes room of this kind, if it is short: nobody knows yet who that will be. */
static int64_t price_of_room(const struct anneal *anneal, const struct room *room, int32_t row, int32_t first, int32_t last, int32_t need)
{
	return need == 0 || room_short_day(room, row, first, last, need) > last ? 0 : INT64_C(10) * SHORT_PCT * anneal->highest_value;
}

/* What it seems to cost to take out all that stands in the way of an event of `request` at a place, in points: an estimate;
 * INT64_MAX where something pinned is there. */
static int64_t price(const struct anneal *anneal, const struct problem_request *request, int32_t v, int32_t day)
{
	const struct calendar *calendar = anneal->calendar;
	const struct problem *problem = anneal->problem;
	const struct problem_venue *venue = &problem->venues[v];
	const struct calendar_events *events = &calendar->events[v];
	int32_t last = day + request->duration - 1;
	int64_t lacking = request->units - room_least(&calendar->units, v, day, last);
	int64_t price = problem->policy.date_weight * (day < request->preferred ? request->preferred - day : day - request->preferred);

	for (int32_t i = anneal_first_event(anneal, events, day); lacking > 0 && i < events->n && events->at[i].first <= last; i++)
		if (events->at[i].last >= day) {
			int32_t units = anneal->brief[events->at[i].request].units;

			if (anneal->calendar->pinned[events->at[i].request])
				return INT64_MAX;
			price += anneal_loss(anneal, events->at[i].request) * (lacking < units ? lacking : units) / (units > 0 ? units : 1);
		}
	for (int32_t i = 0; i < request->n_squads; i++) {
		const struct calendar_visits *visits = &calendar->visits[request->squads[i]];

		for (int32_t j = 0; j < visits->n; j++) {
			const struct calendar_visit *visit = &visits->at[j];
			int32_t rest = calendar_rest(problem, visit->city, visit->host, venue->city, venue->host);

			if (visit->first > last + rest)
				break;
			if (visit->last + rest < day)
				continue;
			if (calendar->pinned[visit->request])
				return INT64_MAX;
			price += anneal_loss(anneal, visit->request);
		}
	}
	price += price_of_room(anneal, &calendar->beds, venue->city, day, last, request->headcount);
	for (int32_t s = 0; s < PROBLEM_SERVICES; s++)
		price += price_of_room(anneal, &calendar->staff, venue->host * PROBLEM_SERVICES + s, day, last, request->staff[s]);
	return price;
}

/* A start day that rules 1, 3 and 4 allow at the venue; PROBLEM_NONE where chance found none. */
static int32_t some_start(struct anneal *anneal, const struct problem_request *request, int32_t v)
{
	const uint64_t *open = anneal->problem->venues[v].open;

	for (int tries = 0; tries < 4; tries++) {
		int32_t bit = below(anneal, request->n_words * 64), day = request->first_word * 64 + bit, d;
		uint64_t word;

		if (tries == 0 && below(anneal, 3) == 0) {
			day = request->preferred;
			bit = day - request->first_word * 64;
			if (bit < 0 || bit >= request->n_words * 64)
				continue;
		}
		word = request->starts[bit >> 6] >> (bit & 63);
		if (word == 0)
			continue;
		day += __builtin_ctzll(word);
		for (d = day; d < day + request->duration && (open[d >> 6] >> (d & 63) & 1) != 0; d++)
			;
		if (d == day + request->duration)
			return day;
	}
	return PROBLEM_NONE;
}

/* The start day at its i-th venue that others seem to need least. Only where it has `costs`. */
static int32_t cheapest_start(struct anneal *anneal, int32_t r, int32_t i)
{
	const struct problem_request *request = &anneal->problem->requests[r];
	int32_t bit = anneal_cheapest(anneal, r, i, request->starts);

	if (bit == PROBLEM_NONE || anneal_costs(anneal, r, i)[bit] == COSTS_NEVER)
		return PROBLEM_NONE;
	return request->first_word * 64 + bit;
}

/* A start day at its i-th venue for which others may have to go: half of the time the cheapest. */
static int32_t start_at(struct anneal *anneal, int32_t r, int32_t i)
{
	const struct problem_request *request = &anneal->problem->requests[r];

	if (!anneal_has_costs(anneal, r) || below(anneal, 2) == 0)
		return some_start(anneal, request, request->venues[i]);
	return cheapest_start(anneal, r, i);
}

/* Of places at some of its venues the one that seems cheapest to clear; none where each costs `most` or more. */
static struct calendar_spot cheapest_to_clear(struct anneal *anneal, int32_t r, int64_t most)
{
	const struct problem_request *request = &anneal->problem->requests[r];
	struct calendar_spot best = {PROBLEM_NONE, 0};

	for (int k = 0; k < PLACES_ASKED; k++) {
		int32_t i = below(anneal, request->n_venues), v = request->venues[i];
		int32_t day = start_at(anneal, r, i);
		int64_t cost;

		if (day == PROBLEM_NONE || request->units > anneal->problem->venues[v].units)
			continue;
		cost = price(anneal, request, v, day);
		if (cost < most) {
			best = (struct calendar_spot){v, day};
			most = cost;
		}
	}
	return best;
}

/* It goes just there, and whoever is in the way comes out; false: that can't be, or `out` would be more than so many. */
static bool take_place(struct anneal *anneal, int32_t r, struct calendar_spot spot, int32_t out_max)
{
	/* What it comes after may have gone with the others. */
	if (!anneal_clear(anneal, r, spot) || anneal->n_out > out_max || !place_keeps_order(anneal->calendar, r, spot.day))
		return false;
	anneal_put(anneal, r, spot);
	return true;
}

/* ---- what came out goes in again ---- */

/* In which order. */
enum order { BY_LOSS, BY_LENGTH, BY_PROMISE, ANY, ORDERS };

static void shuffle(struct anneal *anneal, int32_t *list, int32_t n)
{
	for (int32_t i = n - 1; i > 0; i--) {
		int32_t j = below(anneal, i + 1), kept = list[i];

		list[i] = list[j];
		list[j] = kept;
	}
}

/* Whoever has more goes first; promises seem smaller than they are, the more so the hotter it is. */
static int64_t rank_of(struct anneal *anneal, int32_t r, enum order order)
{
	switch (order) {
	case BY_LOSS:
		return anneal_loss(anneal, r);
	case BY_LENGTH:
		return anneal->problem->requests[r].duration;
	case BY_PROMISE:
		return anneal->promise == NULL ? 0 : anneal->promise[r] - anneal_drop(&anneal->chance, anneal->blur);
	default:
		return 0;
	}
}

/* Equals stand in any order. */
static void put_in_order(struct anneal *anneal, int32_t *list, int32_t n, enum order order)
{
	int64_t ranks[ANNEAL_OUT_MAX];

	shuffle(anneal, list, n);
	for (int32_t i = 0; order != ANY && i < n; i++) {
		int32_t r = list[i], j = i;
		int64_t rank = rank_of(anneal, r, order);

		for (; j > 0 && ranks[j - 1] < rank; j--) {
			list[j] = list[j - 1];
			ranks[j] = ranks[j - 1];
		}
		list[j] = r;
		ranks[j] = rank;
	}
}

/* One that comes after others of the list goes in behind them. */
static void put_in_with_leaders(struct anneal *anneal, int32_t r, bool careless)
{
	const struct problem_request *request = &anneal->problem->requests[r];

	if (anneal->calendar->spots[r].venue != PROBLEM_NONE)
		return;
	for (int32_t i = 0; i < request->n_after; i++) {
		int32_t leader = request->after[i].request;

		for (int32_t j = 0; j < anneal->n_out; j++)
			if (anneal->out[j] == leader)
				put_in_with_leaders(anneal, leader, careless);
		if (anneal->calendar->spots[leader].venue == PROBLEM_NONE)
			return;
	}
	anneal_put_in(anneal, r, careless);
}

/* How many may push others away in this step. */
static int pushes(struct anneal *anneal)
{
	return anneal_has_many(anneal->problem) ? PUSHES : below(anneal, PUSHES + 1);
}

/* What the score can gain at most if all of these go in where they do best: what they are worth, and by the balance of
 * hosts. */
struct hope {
	int64_t worth, load;
};

static void add_hope(const struct problem *problem, int32_t r, int64_t sign, struct hope *hope)
{
	const struct problem_request *request = &problem->requests[r];

	hope->worth += sign * (INT64_C(1000) * request->value + (request->announced ? problem->policy.move_cost : 0));
	hope->load += sign * request->load;
}

static bool is_hopeless(const struct anneal *anneal, const struct hope *hope)
{
	const struct problem *problem = anneal->problem;
	int64_t balance = 2 * (problem->n_parties - 1) * hope->load;

	if (balance > anneal->calendar->imbalance)
		balance = anneal->calendar->imbalance;
	return anneal_worth(anneal) + hope->worth + anneal_counts(anneal, problem->policy.reciprocity_weight * balance) + 1 < anneal->least;
}

/* May it push others away? It had a place and found none, and comes after nobody. (What stands already may stand where
 * nothing could begin anew: it has no other place to look at.) */
static bool may_push(const struct anneal *anneal, int32_t r)
{
	const struct problem_request *request = &anneal->problem->requests[r];

	return anneal->calendar->spots[r].venue == PROBLEM_NONE && anneal->before[r].venue != PROBLEM_NONE &&
	       request->n_after == 0 && request->n_venues > 0 && request->n_words > 0;
}

/* It takes the place of some that cost less than it is worth, if there are such; they come out behind the others. False:
 * it has begun to and can't. */
static bool push_on(struct anneal *anneal, int32_t r)
{
	int32_t n_before = anneal->n_out;
	struct calendar_spot spot = cheapest_to_clear(anneal, r, INT64_C(10) * anneal->problem->requests[r].value * PUSH_PCT);

	return spot.venue == PROBLEM_NONE || take_place(anneal, r, spot, n_before + PUSH_OUT) || anneal->n_out == n_before;
}

/* False: wherever the rest goes in, the step will not be kept. So many of those that find no room may push others away. */
static bool put_all_in(struct anneal *anneal, int n_pushes)
{
	struct hope hope = {0, 0};
	int32_t n_hoping = 0;

	put_in_order(anneal, anneal->out, anneal->n_out, (enum order)below(anneal, ORDERS));
	for (int32_t i = 0; i < anneal->n_out; i++) {
		int32_t r = anneal->out[i];

		for (; n_hoping < anneal->n_out; n_hoping++)
			add_hope(anneal->problem, anneal->out[n_hoping], 1, &hope);
		if (is_hopeless(anneal, &hope))
			return false;
		put_in_with_leaders(anneal, r, below(anneal, CARELESS_IN) == 0);
		if (n_pushes > 0 && may_push(anneal, r)) {
			if (!push_on(anneal, r))
				return false;
			n_pushes -= anneal->calendar->spots[r].venue != PROBLEM_NONE;
		}
		add_hope(anneal->problem, r, -1, &hope);
	}
	return true;
}

/* ---- ejection ---- */

/* One that waits and promises much; where it comes after others that wait as well, the first of them. */
static int32_t some_waiting(struct anneal *anneal)
{
	int32_t r = anneal->waiting[below(anneal, anneal->n_waiting)], i = 0;

	for (int k = 1; k < WAITING_ASKED && anneal->promise != NULL; k++) {
		int32_t other = anneal->waiting[below(anneal, anneal->n_waiting)];

		if (anneal->promise[other] > anneal->promise[r])
			r = other;
	}
	while (r != PROBLEM_NONE && i < anneal->problem->requests[r].n_after) {
		int32_t leader = anneal->problem->requests[r].after[i].request;

		if (anneal->calendar->spots[leader].venue != PROBLEM_NONE) {
			i++;
		} else {
			r = anneal->waiting_at[leader] != PROBLEM_NONE ? leader : PROBLEM_NONE;
			i = 0;
		}
	}
	return r;
}

/* Those that may now come after it try as well. */
static void call_followers(struct anneal *anneal, int32_t r)
{
	const struct problem_request *request = &anneal->problem->requests[r];

	for (int32_t i = 0; i < request->n_followers && anneal->n_out < ANNEAL_OUT_MAX; i++)
		if (anneal->waiting_at[request->followers[i]] != PROBLEM_NONE && !anneal->is_touched[request->followers[i]]) {
			anneal->out[anneal->n_out++] = request->followers[i];
			anneal_touch(anneal, request->followers[i]); /* nobody asks it twice */
		}
}

/* Where its leaders stand, it finds no place: they go wherever there is room, it after them. */
static bool lead_elsewhere(struct anneal *anneal, int32_t r)
{
	const struct problem_request *request = &anneal->problem->requests[r];

	for (int32_t i = 0; i < request->n_after; i++)
		if (!anneal_take_out(anneal, request->after[i].request))
			return false;
	for (int32_t i = anneal->n_out - 1; i >= 0; i--) /* leaders of leaders came out after them */
		for (int32_t k = 0; k < request->n_after; k++)
			if (request->after[k].request == anneal->out[i] && !anneal_put_anywhere(anneal, anneal->out[i]))
				return false;
	return anneal_put_in(anneal, r, below(anneal, 2) == 0) && put_all_in(anneal, pushes(anneal));
}

static bool eject(struct anneal *anneal)
{
	int32_t r = some_waiting(anneal);
	struct calendar_spot spot;

	if (r == PROBLEM_NONE)
		return false;
	if (anneal->problem->requests[r].n_after > 0 && below(anneal, LEAD_IN) == 0)
		return lead_elsewhere(anneal, r);
	spot = cheapest_to_clear(anneal, r, INT64_MAX);
	if (spot.venue == PROBLEM_NONE || !take_place(anneal, r, spot, EJECTION_OUT))
		return false;
	call_followers(anneal, r);
	return put_all_in(anneal, pushes(anneal));
}

/* ---- who comes out, and who is asked where there is room then ---- */

static int32_t any_placed(struct anneal *anneal)
{
	for (int tries = 0; tries < 8 && anneal->n_own > 0; tries++) {
		int32_t r = anneal->own[below(anneal, anneal->n_own)];

		if (anneal->calendar->spots[r].venue != PROBLEM_NONE && !anneal->calendar->pinned[r])
			return r;
	}
	return PROBLEM_NONE;
}

/* An event, as a rule one that stands where it should not. */
static int32_t some_placed(struct anneal *anneal)
{
	int32_t ret = any_placed(anneal);
	int64_t most;

	if (ret == PROBLEM_NONE || anneal->costs == NULL || !anneal_has_many(anneal->problem))
		return ret;
	most = anneal->in_vain[ret];
	for (int k = 1; k < PLACED_ASKED; k++) {
		int32_t r = any_placed(anneal);
		int64_t cost = r == PROBLEM_NONE ? INT64_MIN : anneal->in_vain[r];

		if (cost <= most)
			continue;
		ret = r;
		most = cost;
	}
	return ret;
}

/* Might it be worth a place, as chance has it at this temperature? */
static bool has_hope(struct anneal *anneal, int32_t r)
{
	return anneal->promise == NULL || anneal->promise[r] >= -anneal_drop(&anneal->chance, GUESTS_HOPE * anneal->blur);
}

/* Some that wait and wish for a venue where room was made. */
static void invite(struct anneal *anneal, int32_t v, int32_t day)
{
	int32_t first = anneal->wishes.first[v], n = anneal->n_waiting_for[v], from, found = 0;

	if (n == 0)
		return;
	from = below(anneal, n);
	for (int32_t k = 0; k < n && k < GUESTS_ASKED && found < GUESTS_EACH && anneal->n_out < ANNEAL_OUT_MAX; k++) {
		int32_t r = anneal->wisher[anneal->wishes.at[first + (from + k) % n]];
		const struct problem_request *request = &anneal->problem->requests[r];

		if (anneal->is_touched[r] || day < request->first_word * 64 - 21 ||
		    day > (request->first_word + request->n_words) * 64 || !has_hope(anneal, r))
			continue;
		anneal->out[anneal->n_out++] = r;
		anneal_touch(anneal, r);
		found++;
	}
}

/* ---- relocation ---- */

/* Of places at some of its venues the one that seems to cost others least, and where it does not stand already. */
static struct calendar_spot better_place(struct anneal *anneal, int32_t r, struct calendar_spot old)
{
	const struct problem_request *request = &anneal->problem->requests[r];
	struct calendar_spot best = {PROBLEM_NONE, 0};
	int64_t least = BOUND_DEAREST;

	for (int k = 0; k < PLACES_ASKED; k++) {
		int32_t i = below(anneal, request->n_venues), v = request->venues[i];
		int32_t day = cheapest_start(anneal, r, i);
		int64_t seems;

		if (day == PROBLEM_NONE || (v == old.venue && day == old.day))
			continue;
		seems = anneal_more(anneal, r, i, day - request->first_word * 64) + anneal_drop(&anneal->chance, anneal->blur);
		if (seems >= least)
			continue;
		best = (struct calendar_spot){v, day};
		least = seems;
	}
	return best;
}

static bool relocate(struct anneal *anneal)
{
	int32_t r = some_placed(anneal);
	struct calendar_spot old, spot;

	if (r == PROBLEM_NONE || anneal->costs[r] == NULL)
		return false;
	old = anneal->calendar->spots[r];
	spot = better_place(anneal, r, old);
	if (spot.venue == PROBLEM_NONE || !anneal_take_out(anneal, r))
		return false;
	anneal->n_out--; /* it came out behind its followers, and is the one that goes in first */
	if (!take_place(anneal, r, spot, EJECTION_OUT))
		return false;
	call_followers(anneal, r);
	invite(anneal, old.venue, old.day);
	return put_all_in(anneal, pushes(anneal));
}

/* ---- ruin and recreate ---- */

/* Up to `n` events of one venue around a day. */
static void ruin_venue(struct anneal *anneal, int32_t v, int32_t day, int32_t n)
{
	const struct calendar_events *events = &anneal->calendar->events[v];
	int32_t reach = 7 + below(anneal, 28), list[RUIN_MAX], n_list = 0;
	int32_t from = anneal_first_event(anneal, events, day - reach);

	for (int32_t i = from; i < events->n && events->at[i].first <= day + reach && n_list < n; i++)
		list[n_list++] = events->at[i].request;
	for (int32_t i = 0; i < n_list; i++)
		anneal_take_out(anneal, list[i]);
}

/* Up to `n` events of some of the venues around a day: a city's or a host's. */
static void ruin_venues(struct anneal *anneal, const int32_t *venues, int32_t n_venues, int32_t day, int32_t n)
{
	int32_t reach = 3 + below(anneal, 14);

	for (int32_t tries = 0; tries < 3 * n && anneal->n_out < n; tries++) {
		const struct calendar_events *events = &anneal->calendar->events[venues[below(anneal, n_venues)]];
		int32_t i = anneal_first_event(anneal, events, day - reach);

		if (i < events->n && events->at[i].first <= day + reach)
			anneal_take_out(anneal, events->at[i + (below(anneal, 2) && i + 1 < events->n && events->at[i + 1].first <= day + reach)].request);
	}
}

static void ruin_squads(struct anneal *anneal, const struct problem_request *request, int32_t day, int32_t n)
{
	for (int32_t i = 0; i < request->n_squads && anneal->n_out < n; i++) {
		const struct calendar_visits *visits = &anneal->calendar->visits[request->squads[i]];
		int32_t reach = 20 + below(anneal, 40), list[RUIN_MAX], n_list = 0;

		for (int32_t j = 0; j < visits->n && n_list < n; j++)
			if (visits->at[j].last >= day - reach && visits->at[j].first <= day + reach)
				list[n_list++] = visits->at[j].request;
		for (int32_t j = 0; j < n_list && anneal->n_out < n; j++)
			anneal_take_out(anneal, list[j]);
	}
}

static void ruin_federation(struct anneal *anneal, int32_t federation, int32_t n)
{
	const struct anneal_lists *members = &anneal->members;
	int32_t first = members->first[federation], count = members->first[federation + 1] - first;

	for (int32_t k = 0; k < 2 * n && anneal->n_out < n; k++) {
		int32_t r = members->at[first + below(anneal, count)];

		if (anneal->waiting_at[r] == PROBLEM_NONE)
			anneal_take_out(anneal, r);
		else if (!anneal->is_touched[r] && anneal->n_out < ANNEAL_OUT_MAX) {
			anneal->out[anneal->n_out++] = r; /* it may go in instead of another */
			anneal_touch(anneal, r);
		}
	}
}

/* One that others come after goes elsewhere alone, where they may stay. */
static bool shift(struct anneal *anneal, int32_t r)
{
	anneal_touch(anneal, r);
	calendar_remove(anneal->calendar, r);
	return anneal_put_in(anneal, r, below(anneal, CARELESS_IN) == 0);
}

static bool ruin(struct anneal *anneal)
{
	const struct problem *problem = anneal->problem;
	int32_t seed = some_placed(anneal), n = 2 + below(anneal, RUIN_MAX - 1), n_gone;
	const struct problem_request *request;
	const struct problem_venue *venue;
	struct calendar_spot spot;

	if (seed == PROBLEM_NONE)
		return false;
	request = &problem->requests[seed];
	if (request->n_followers > 0 && below(anneal, LEAD_IN) == 0)
		return shift(anneal, seed);
	spot = anneal->calendar->spots[seed];
	venue = &problem->venues[spot.venue];
	anneal_take_out(anneal, seed);
	switch (below(anneal, 8)) {
	case 0:
	case 1:
	case 2:
		ruin_venue(anneal, spot.venue, spot.day, n);
		break;
	case 3:
	case 4:
		ruin_squads(anneal, request, spot.day, n);
		break;
	case 5:
		ruin_venues(anneal, &problem->city_venues[problem->cities[venue->city].first_venue],
		            problem->cities[venue->city].n_venues, spot.day, n);
		break;
	case 6:
		ruin_venues(anneal, &anneal->host_venues.at[anneal->host_venues.first[venue->host]],
		            anneal->host_venues.first[venue->host + 1] - anneal->host_venues.first[venue->host], spot.day, n);
		break;
	default:
		ruin_federation(anneal, request->federation, n);
		break;
	}
	n_gone = anneal->n_out < GUESTS_FROM ? anneal->n_out : GUESTS_FROM;
	for (int32_t i = 0; i < n_gone; i++) {
		struct calendar_spot left = anneal->before[anneal->out[i]];

		if (left.venue != PROBLEM_NONE)
			invite(anneal, left.venue, left.day);
	}
	return put_all_in(anneal, 0);
}

bool anneal_move(struct anneal *anneal)
{
	if (anneal->costs != NULL && below(anneal, 100) < RELOCATING_PCT)
		return relocate(anneal);
	if (anneal->n_waiting > 0 && below(anneal, 100) < anneal->ejecting_pct)
		return eject(anneal);
	return ruin(anneal);
}
