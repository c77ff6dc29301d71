/* anneal.c - a search's state, its steps, and what is kept of them. See anneal.h; the moves are in anneal_move.c. */
#include "scheduler/anneal.h"
#include <stdlib.h>
#include <string.h>
#include "scheduler/anneal_state.h"
#include "scheduler/memory.h"
#include "scheduler/place.h"

#define GUIDED_ABOVE 3 /* points of temperature, by the highest value of a request */
#define GUIDED_HOT_PCT 100
#define GUIDED_COLD_PCT 35
#define EJECTING_ABOVE 6 /* likewise: below it, few ejections gain much */
#define EJECTING_HOT_PCT 70
#define EJECTING_COLD_PCT 10
#define LOST_PCT_LEAST 10 /* of an event's value, what taking it out costs at least, */
#define LOST_PCT_MOST 70  /* and at most, where it found room */
#define LEARNING 3        /* of what is seen of a request, one part in so many is believed at once */
#define LOSS_PCT 140      /* of the temperature, what a step may lose at most where there are many requests, */
#define BLUR_PCT 70       /* and by how much of it what places cost is then told wrong at most */
#define DAYS_TOLD 65536    /* more than a programme has: a day and what it seems to cost, in one number */
#define FETCHED_MOST (16 * MEMORY_LINE) /* at once; more would wait for each other */

static struct anneal_lists lists_new(int32_t n_lists, int32_t n)
{
	return (struct anneal_lists){memory_new((size_t)n_lists + 2, sizeof(int32_t)), memory_new((size_t)n, sizeof(int32_t))};
}

static void lists_free(struct anneal_lists *lists)
{
	free(lists->first);
	free(lists->at);
}

static void list_wishes(struct anneal *anneal)
{
	const struct problem *problem = anneal->problem;
	int32_t n = 0, *first;

	anneal->first_wish = memory_new((size_t)problem->n_requests, sizeof(int32_t));
	for (int32_t r = 0; r < problem->n_requests; r++) {
		anneal->first_wish[r] = n;
		n += problem->requests[r].n_venues;
	}
	anneal->wisher = memory_new((size_t)n, sizeof(int32_t));
	anneal->wish_at = memory_new((size_t)n, sizeof(int32_t));
	anneal->n_waiting_for = memory_new((size_t)problem->n_venues, sizeof(int32_t));
	anneal->wishes = lists_new(problem->n_venues, n);
	first = anneal->wishes.first;
	for (int32_t r = 0; r < problem->n_requests; r++)
		for (int32_t i = 0; i < problem->requests[r].n_venues; i++)
			first[problem->requests[r].venues[i] + 2]++;
	for (int32_t v = 0; v < problem->n_venues; v++)
		first[v + 1] += first[v];
	for (int32_t r = 0; r < problem->n_requests; r++)
		for (int32_t i = 0; i < problem->requests[r].n_venues; i++) {
			int32_t wish = anneal->first_wish[r] + i;

			anneal->wisher[wish] = r;
			anneal->wish_at[wish] = first[problem->requests[r].venues[i] + 1]++;
			anneal->wishes.at[anneal->wish_at[wish]] = wish;
		}
}

static void list_members(struct anneal *anneal)
{
	const struct problem *problem = anneal->problem;
	int32_t *first;

	anneal->members = lists_new(problem->n_federations, problem->n_requests);
	first = anneal->members.first;
	for (int32_t r = 0; r < problem->n_requests; r++)
		if (problem->requests[r].federation != PROBLEM_NONE)
			first[problem->requests[r].federation + 2]++;
	for (int32_t f = 0; f < problem->n_federations; f++)
		first[f + 1] += first[f];
	for (int32_t r = 0; r < problem->n_requests; r++)
		if (problem->requests[r].federation != PROBLEM_NONE)
			anneal->members.at[first[problem->requests[r].federation + 1]++] = r;
}

static void list_host_venues(struct anneal *anneal)
{
	const struct problem *problem = anneal->problem;
	int32_t *first;

	anneal->host_venues = lists_new(problem->n_nocs, problem->n_venues);
	first = anneal->host_venues.first;
	for (int32_t v = 0; v < problem->n_venues; v++)
		if (problem->venues[v].host != PROBLEM_NONE)
			first[problem->venues[v].host + 2]++;
	for (int32_t h = 0; h < problem->n_nocs; h++)
		first[h + 1] += first[h];
	for (int32_t v = 0; v < problem->n_venues; v++)
		if (problem->venues[v].host != PROBLEM_NONE)
			anneal->host_venues.at[first[problem->venues[v].host + 1]++] = v;
}

static void put_wish(struct anneal *anneal, int32_t wish, int32_t at)
{
	int32_t other = anneal->wishes.at[at], was = anneal->wish_at[wish];

	anneal->wishes.at[was] = other;
	anneal->wish_at[other] = was;
	anneal->wishes.at[at] = wish;
	anneal->wish_at[wish] = at;
}

/* `r` waits for each of its venues, or does so no more. */
static void count_wishes(struct anneal *anneal, int32_t r, bool waits)
{
	const struct problem_request *request = &anneal->problem->requests[r];

	for (int32_t i = 0; i < request->n_venues; i++) {
		int32_t v = request->venues[i], first = anneal->wishes.first[v];
		int32_t at = first + (waits ? anneal->n_waiting_for[v]++ : --anneal->n_waiting_for[v]);

		put_wish(anneal, anneal->first_wish[r] + i, at);
	}
}

void anneal_wait(struct anneal *anneal, int32_t r)
{
	count_wishes(anneal, r, true);
	anneal->waiting_at[r] = anneal->n_waiting;
	anneal->waiting[anneal->n_waiting++] = r;
}

void anneal_leave_line(struct anneal *anneal, int32_t r)
{
	int32_t at = anneal->waiting_at[r], last = anneal->waiting[--anneal->n_waiting];

	anneal->waiting[at] = last;
	anneal->waiting_at[last] = at;
	anneal->waiting_at[r] = PROBLEM_NONE;
	count_wishes(anneal, r, false);
}

/* What it costs others, where it stands, more than its cheapest place would, in points. (What stands already may stand
 * outside its windows.) */
static int32_t cost_in_vain(const struct anneal *anneal, int32_t r)
{
	const struct problem_request *request = &anneal->problem->requests[r];
	struct calendar_spot spot = anneal->calendar->spots[r];
	int32_t bit = spot.day - request->first_word * 64;

	if (bit < 0 || bit >= request->n_words * 64)
		return BOUND_DEAREST;
	if (!anneal_has_costs(anneal, r))
		return 0;
	for (int32_t i = 0; i < request->n_venues; i++)
		if (request->venues[i] == spot.venue)
			return (int32_t)anneal_more(anneal, r, i, bit);
	return 0;
}

/* Is there any place for it beside what stays? */
static bool could_begin(const struct anneal *anneal, int32_t r)
{
	const struct problem_request *request = &anneal->problem->requests[r];

	if (!request->present || request->fixed || request->n_venues == 0 || request->n_words == 0)
		return false;
	if (anneal->costs == NULL || anneal->costs[r] != NULL)
		return true;
	/* It has no day after any that its leaders could begin on; but they may stand where they could not begin anew. */
	for (int32_t i = 0; i < request->n_after; i++)
		if (calendar_is_placed(anneal->calendar, request->after[i].request) &&
		    !calendar_is_pinned(anneal->calendar, request->after[i].request))
			return true;
	return false;
}

static struct anneal_brief brief_of(const struct problem_request *request)
{
	struct anneal_brief brief = {.value = request->value, .units = request->units, .lost_pct = 100};

	for (int32_t s = 0; s < PROBLEM_SERVICES; s++)
		brief.services |= (uint32_t)(request->staff[s] > 0) << s;
	return brief;
}

struct anneal *anneal_new(const struct calendar *start, uint64_t seed, const struct costs *costs)
{
	struct anneal *anneal = memory_new(1, sizeof(*anneal));
	size_t n = (size_t)start->problem->n_requests;

	anneal->problem = start->problem;
	anneal->calendar = calendar_clone(start);
	anneal->chance = seed;
	if (costs != NULL) {
		anneal->costs = costs->by_request;
		anneal->promise = costs->promise;
		anneal->points = costs->points;
	}
	anneal->waiting = memory_new(n, sizeof(int32_t));
	anneal->waiting_at = memory_new(n, sizeof(int32_t));
	anneal->touched = memory_new(n, sizeof(int32_t));
	anneal->before = memory_new(n, sizeof(*anneal->before));
	anneal->is_touched = memory_new(n, sizeof(bool));
	anneal->best = memory_new(n, sizeof(*anneal->best));
	anneal->stale = memory_new(n, sizeof(int32_t));
	anneal->is_stale = memory_new(n, sizeof(bool));
	anneal->changes = memory_new(n, sizeof(*anneal->changes));
	anneal->in_vain = memory_new(n, sizeof(int32_t));
	anneal->own = memory_new(n, sizeof(int32_t));
	anneal->pinned = memory_new(n, sizeof(int32_t));
	anneal->away = memory_new(n, sizeof(int32_t));
	anneal->reserved = memory_new((size_t)start->problem->n_federations, sizeof(int32_t));
	anneal->balance = COSTS_BALANCE;
	anneal->highest_value = problem_highest_value(anneal->problem);
	list_wishes(anneal);
	list_members(anneal);
	list_host_venues(anneal);
	anneal->brief = memory_new(n, sizeof(*anneal->brief));
	for (int32_t r = 0; r < anneal->problem->n_requests; r++) {
		const struct problem_request *request = &anneal->problem->requests[r];

		anneal->brief[r] = brief_of(request);
		anneal->own[anneal->n_own++] = r;
		if (request->fixed)
			calendar_pin(anneal->calendar, r, true);
		if (request->present && request->duration > anneal->longest)
			anneal->longest = request->duration;
		anneal->waiting_at[r] = PROBLEM_NONE;
		anneal->best[r] = calendar_where(start, r);
		if (anneal->best[r].venue != PROBLEM_NONE)
			anneal->in_vain[r] = cost_in_vain(anneal, r);
		else if (could_begin(anneal, r))
			anneal_wait(anneal, r);
	}
	for (int32_t r = 0; r < start->n_spots; r++)
		anneal->has_held |= start->held[r];
	anneal->best_score = anneal->calendar->score;
	anneal->best_placed = anneal->calendar->n_placed;
	return anneal;
}

void anneal_free(struct anneal *anneal)
{
	if (anneal == NULL)
		return;
	free(anneal->brief);
	free(anneal->first_wish);
	free(anneal->wisher);
	free(anneal->wish_at);
	free(anneal->n_waiting_for);
	lists_free(&anneal->wishes);
	lists_free(&anneal->members);
	lists_free(&anneal->host_venues);
	calendar_free(anneal->calendar);
	free(anneal->waiting);
	free(anneal->waiting_at);
	free(anneal->touched);
	free(anneal->before);
	free(anneal->is_touched);
	free(anneal->best);
	free(anneal->stale);
	free(anneal->is_stale);
	free(anneal->changes);
	free(anneal->in_vain);
	free(anneal->own);
	free(anneal->pinned);
	free(anneal->away);
	free(anneal->reserved);
	free(anneal);
}

void anneal_touch(struct anneal *anneal, int32_t r)
{
	if (anneal->is_touched[r])
		return;
	anneal->is_touched[r] = true;
	anneal->before[r] = anneal->calendar->spots[r];
	anneal->touched[anneal->n_touched++] = r;
}

int64_t anneal_counts(const struct anneal *anneal, int64_t points)
{
	return points / COSTS_BALANCE * anneal->balance + points % COSTS_BALANCE * anneal->balance / COSTS_BALANCE;
}

int64_t anneal_worth(const struct anneal *anneal)
{
	int64_t points = anneal->problem->policy.reciprocity_weight * anneal->calendar->imbalance;

	return anneal->calendar->score + points - anneal_counts(anneal, points);
}

/* It will go in soon: what its places cost is brought near; in a large programme it is far from the processor. */
static void fetch_costs(const struct anneal *anneal, int32_t r)
{
	size_t n = (size_t)anneal->problem->requests[r].n_venues * (size_t)anneal->problem->requests[r].n_words * 64;

	if (anneal_has_costs(anneal, r))
		memory_fetch(anneal->costs[r], n < FETCHED_MOST ? n : FETCHED_MOST);
}

bool anneal_take_out(struct anneal *anneal, int32_t r)
{
	const struct problem_request *request = &anneal->problem->requests[r];

	if (anneal->calendar->spots[r].venue == PROBLEM_NONE)
		return true;
	if (anneal->n_out == ANNEAL_OUT_MAX || anneal->calendar->pinned[r])
		return false;
	for (int32_t i = 0; i < request->n_followers; i++) {
		if (anneal->calendar->held[r] && anneal->calendar->pinned[request->followers[i]])
			continue; /* it stays, and this one goes in again in time for it */
		if (!anneal_take_out(anneal, request->followers[i]))
			return false;
	}
	if (anneal->n_out == ANNEAL_OUT_MAX)
		return false;
	anneal_touch(anneal, r);
	fetch_costs(anneal, r);
	calendar_remove(anneal->calendar, r);
	anneal->out[anneal->n_out++] = r;
	return true;
}

void anneal_put(struct anneal *anneal, int32_t r, struct calendar_spot spot)
{
	anneal_touch(anneal, r);
	calendar_place(anneal->calendar, r, spot.venue, spot.day);
}

/* Some feasible day of the scan's answer. */
static int32_t careless_day(struct anneal *anneal)
{
	const struct scan *scan = &anneal->scan;
	int32_t from;

	switch (anneal_below(&anneal->chance, 3)) {
	case 0:
		return scan_first(scan);
	case 1:
		return scan_last(scan);
	default:
		from = scan->first_word * 64 + anneal_below(&anneal->chance, scan->n_words * 64);
		return scan_nearest(scan, from);
	}
}

/* A place at one venue and what it is worth to the search. */
struct offer {
	int32_t day;
	int64_t worth;
};

/* What a day seems to cost more than it does: up to `blur`, the same for all of one `salt`. */
static int64_t blurred(uint32_t salt, int32_t bit, int64_t blur)
{
	return (int64_t)((uint64_t)((salt ^ (uint32_t)bit) * UINT32_C(2654435761)) * (uint64_t)blur >> 32);
}

int32_t anneal_cheapest(struct anneal *anneal, int32_t r, int32_t i, const uint64_t *days)
{
	const uint8_t *costs = anneal_costs(anneal, r, i);
	const int32_t *points = anneal->points;
	uint32_t salt = (uint32_t)anneal_random(&anneal->chance);
	int64_t blur = anneal->blur, best = INT64_MAX; /* what it seems to cost, and its bit: so there is nothing to branch on */
	int32_t n_words = anneal->problem->requests[r].n_words;

	for (int32_t w = 0; w < n_words; w++)
		for (uint64_t word = days[w]; word != 0; word &= word - 1) {
			int32_t bit = w * 64 + __builtin_ctzll(word);
			int64_t seems = (points[costs[bit]] + blurred(salt, bit, blur)) * DAYS_TOLD + bit;

			best = seems < best ? seems : best;
		}
	return best == INT64_MAX ? PROBLEM_NONE : (int32_t)(best % DAYS_TOLD);
}

/* The one that seems cheapest of those days that something else is next to: gaps stay long, and there are few to look
 * at. */
static struct offer cheapest_day(struct anneal *anneal, const struct problem_request *request, int32_t i)
{
	const struct scan *scan = &anneal->scan;
	int32_t r = (int32_t)(request - anneal->problem->requests), from = request->first_word * 64;
	uint64_t days[SCAN_WORDS_MAX];
	int32_t day;
	int64_t more;

	scan_edges(scan, days);
	day = from + anneal_cheapest(anneal, r, i, days);
	more = anneal_more(anneal, r, i, day - from);
	if (request->announced && request->announced_venue == request->venues[i] && scan_has(scan, request->announced_day)) {
		int64_t unmoved = anneal_more(anneal, r, i, request->announced_day - from) - anneal->problem->policy.move_cost;

		if (unmoved < more) {
			day = request->announced_day;
			more = unmoved;
		}
	}
	return (struct offer){day, anneal->promise[r] - more};
}

static struct offer nearest_day(struct anneal *anneal, const struct problem_request *request, int32_t i, bool careless)
{
	int32_t day = careless ? careless_day(anneal) : scan_nearest(&anneal->scan, request->preferred);
	int32_t r = (int32_t)(request - anneal->problem->requests);

	return (struct offer){day, calendar_worth(anneal->calendar, r, request->venues[i], day)};
}

/* Has its federation a place left, and could it begin at all? */
static bool may_begin(struct anneal *anneal, int32_t r)
{
	int32_t federation = anneal->problem->requests[r].federation;

	return anneal->calendar->n_of_federation[federation] < anneal->problem->federations[federation].max_events &&
	       scan_request(&anneal->scan, anneal->calendar, r, SCAN_PLAIN, 0);
}

bool anneal_put_anywhere(struct anneal *anneal, int32_t r)
{
	const struct problem_request *request = &anneal->problem->requests[r];
	int32_t from = anneal_below(&anneal->chance, request->n_venues);

	if (!may_begin(anneal, r))
		return false;
	for (int32_t k = 0; k < request->n_venues; k++) {
		int32_t venue = request->venues[(from + k) % request->n_venues];

		if (!scan_venue(&anneal->scan, venue))
			continue;
		anneal_put(anneal, r, (struct calendar_spot){venue, careless_day(anneal)});
		return true;
	}
	return false;
}

/* The best place that one just found at its venues, what it is worth to the search, and what the best at any other
 * venue is. */
struct found {
	int32_t n_venues;
	struct calendar_spot spot;
	int64_t best, second;
};

static void find(struct found *found, struct calendar_spot spot, int64_t worth)
{
	if (found->n_venues == 0 || worth > found->best) {
		found->spot = spot;
		found->second = found->best;
		found->best = worth;
	} else if (found->n_venues == 1 || worth > found->second) {
		found->second = worth;
	}
	found->n_venues++;
}

/* Without the place that it takes, it would be left with the second. Where there is none, its own days may do again. */
static int64_t lost_pct(const struct anneal_brief *brief, const struct found *found)
{
	int64_t pct;

	if (found->n_venues < 2)
		return found->n_venues == 0 ? 100 : LOST_PCT_MOST;
	pct = LOST_PCT_LEAST + (found->best - found->second) / (INT64_C(10) * (brief->value > 0 ? brief->value : 1));
	return pct < LOST_PCT_MOST ? pct : LOST_PCT_MOST;
}

static void learn_loss(struct anneal_brief *brief, const struct found *found)
{
	brief->lost_pct += ((int32_t)lost_pct(brief, found) - brief->lost_pct) / LEARNING;
}

bool anneal_put_in(struct anneal *anneal, int32_t r, bool careless)
{
	const struct problem *problem = anneal->problem;
	const struct problem_request *request = &problem->requests[r];
	const struct calendar *calendar = anneal->calendar;
	struct found found = {.n_venues = 0};
	int64_t base = 0;
	int32_t host = PROBLEM_NONE;
	bool guided = !careless && anneal_has_costs(anneal, r) && anneal_below(&anneal->chance, 100) < anneal->guided_pct;

	if (!may_begin(anneal, r))
		return false;
	for (int32_t i = 0; i < request->n_venues; i++) {
		int32_t venue = request->venues[i];
		struct offer offer;

		if (i + 1 < request->n_venues)
			scan_fetch(&anneal->scan, request->venues[i + 1]);
		if (!scan_venue(&anneal->scan, venue))
			continue;
		if (problem->venues[venue].host != host) {
			host = problem->venues[venue].host;
			base = anneal_counts(anneal, problem->policy.reciprocity_weight *
			                     (calendar->imbalance - calendar_imbalance_with(calendar, host, request->load)));
		}
		offer = guided ? cheapest_day(anneal, request, i) : nearest_day(anneal, request, i, careless);
		find(&found, (struct calendar_spot){venue, offer.day}, base + offer.worth);
	}
	if (!careless)
		learn_loss(&anneal->brief[r], &found);
	if (found.n_venues == 0)
		return false;
	anneal_put(anneal, r, found.spot);
	return true;
}

/* One that came, went or moved becomes stale and finds its line. */
void anneal_settle(struct anneal *anneal, int32_t r)
{
	bool placed = anneal->calendar->spots[r].venue != PROBLEM_NONE;

	if (placed != (anneal->waiting_at[r] == PROBLEM_NONE)) {
		if (placed)
			anneal_leave_line(anneal, r);
		else
			anneal_wait(anneal, r);
	}
	if (placed)
		anneal->in_vain[r] = cost_in_vain(anneal, r);
	if (!anneal->is_stale[r]) {
		anneal->is_stale[r] = true;
		anneal->stale[anneal->n_stale++] = r;
	}
}

bool anneal_stands_as_before(const struct anneal *anneal, int32_t r)
{
	return calendar_is_same(anneal->calendar->spots[r], anneal->before[r]);
}

/* Ends the step. */
void anneal_keep(struct anneal *anneal)
{
	for (int32_t i = 0; i < anneal->n_touched; i++) {
		anneal->is_touched[anneal->touched[i]] = false;
		if (!anneal_stands_as_before(anneal, anneal->touched[i]))
			anneal_settle(anneal, anneal->touched[i]);
	}
	anneal->n_touched = 0;
}

void anneal_undo(struct anneal *anneal)
{
	for (int32_t i = 0; i < anneal->n_touched; i++) {
		int32_t r = anneal->touched[i];

		anneal->is_touched[r] = anneal_stands_as_before(anneal, r);
		if (!anneal->is_touched[r] && anneal->calendar->spots[r].venue != PROBLEM_NONE)
			calendar_remove(anneal->calendar, r);
	}
	for (int32_t i = 0; i < anneal->n_touched; i++) {
		int32_t r = anneal->touched[i];

		if (!anneal->is_touched[r] && anneal->before[r].venue != PROBLEM_NONE)
			calendar_place(anneal->calendar, r, anneal->before[r].venue, anneal->before[r].day);
		anneal->is_touched[r] = false;
	}
	anneal->n_touched = 0;
}

static void remember(struct anneal *anneal)
{
	if (anneal->calendar->score <= anneal->best_score)
		return;
	anneal->best_score = anneal->calendar->score;
	anneal->best_placed = anneal->calendar->n_placed;
	for (int32_t i = 0; i < anneal->n_stale; i++) {
		int32_t r = anneal->stale[i];

		anneal->best[r] = anneal->calendar->spots[r];
		anneal->is_stale[r] = false;
	}
	anneal->n_stale = 0;
}

static bool leaves_held_out(const struct anneal *anneal)
{
	for (int32_t i = 0; anneal->has_held && i < anneal->n_touched; i++) {
		int32_t r = anneal->touched[i];

		if (anneal->calendar->held[r] && anneal->calendar->spots[r].venue == PROBLEM_NONE)
			return true;
	}
	return false;
}

/* ---- steps ---- */

/* How much worse a step may be. Among many requests what chance allows now and then, several times the temperature, costs
 * more than it leads to; few are caught in one of few plans, and need it to find out. */
static int64_t loss_allowed(struct anneal *anneal, int64_t temperature)
{
	if (anneal_has_many(anneal->problem))
		return temperature * LOSS_PCT / 100;
	return anneal_drop(&anneal->chance, temperature);
}

static bool step(struct anneal *anneal, int64_t temperature)
{
	anneal->least = anneal_worth(anneal) - loss_allowed(anneal, temperature);
	anneal->n_out = 0;
	if (!anneal_move(anneal) || anneal_worth(anneal) < anneal->least || leaves_held_out(anneal))
		return false;
	return anneal->log == NULL || anneal_tell_others(anneal);
}

void anneal_steps(struct anneal *anneal, int64_t temperature, int32_t balance, int64_t n)
{
	/* While it is hot, room counts; in the end, each day nearer to a wish does. */
	anneal->guided_pct = temperature > GUIDED_ABOVE * anneal->highest_value ? GUIDED_HOT_PCT : GUIDED_COLD_PCT;
	anneal->ejecting_pct = temperature > EJECTING_ABOVE * anneal->highest_value ? EJECTING_HOT_PCT : EJECTING_COLD_PCT;
	anneal->balance = balance;
	anneal->blur = anneal_has_many(anneal->problem) ? temperature * BLUR_PCT / 100 : temperature;
	for (int64_t i = 0; i < n; i++) {
		if (anneal->log != NULL) {
			anneal_catch_up(anneal);
			remember(anneal);
		}
		if (step(anneal, temperature)) {
			anneal_keep(anneal);
			remember(anneal);
		} else {
			anneal_undo(anneal);
		}
	}
	anneal->balance = COSTS_BALANCE;
}

/* Whoever is worth a place and finds one, in the order of `order`; returns how many. */
static int32_t fill(struct anneal *anneal, const int32_t *order, int32_t n)
{
	int32_t n_placed = 0;

	for (int32_t i = 0; i < n; i++) {
		struct place_option option[PLACE_OPTIONS_MAX];

		if (anneal->waiting_at[order[i]] == PROBLEM_NONE ||
		    place_best(anneal->calendar, order[i], PLACE_WORTH_IT | PLACE_NO_ALTERNATIVES, 0, option) == 0)
			continue;
		anneal_put(anneal, order[i], (struct calendar_spot){option[0].venue, option[0].day});
		anneal_keep(anneal);
		n_placed++;
	}
	return n_placed;
}

struct ranked {
	int64_t rank;
	int32_t request;
};

static int compare_ranked(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;

	if (x->rank != y->rank)
		return x->rank > y->rank ? -1 : 1;
	return (x->request > y->request) - (x->request < y->request);
}

/* Waiting ones by value, dearest first; fills until nothing more fits. */
static void fill_by_value(struct anneal *anneal)
{
	int32_t n = anneal->n_waiting, *order = memory_new((size_t)n, sizeof(int32_t));
	struct ranked *ranked = memory_new((size_t)n, sizeof(*ranked));

	for (int32_t i = 0; i < n; i++)
		ranked[i] = (struct ranked){anneal->problem->requests[anneal->waiting[i]].value, anneal->waiting[i]};
	qsort(ranked, (size_t)n, sizeof(*ranked), compare_ranked);
	for (int32_t i = 0; i < n; i++)
		order[i] = ranked[i].request;
	while (fill(anneal, order, n) > 0)
		;
	free(ranked);
	free(order);
}

void anneal_first_fit(struct anneal *anneal)
{
	fill_by_value(anneal);
	remember(anneal);
}

void anneal_adopt(struct anneal *anneal, const struct calendar_spot *spots)
{
	for (int32_t r = 0; r < anneal->problem->n_requests; r++) {
		const struct calendar_spot *now = &anneal->calendar->spots[r];

		if (calendar_is_same(*now, spots[r]))
			continue;
		anneal_touch(anneal, r);
		if (now->venue != PROBLEM_NONE)
			calendar_remove(anneal->calendar, r);
	}
	for (int32_t i = 0; i < anneal->n_touched; i++) {
		int32_t r = anneal->touched[i];

		if (spots[r].venue != PROBLEM_NONE)
			calendar_place(anneal->calendar, r, spots[r].venue, spots[r].day);
	}
	anneal_keep(anneal);
	remember(anneal);
}

void anneal_finish(struct anneal *anneal)
{
	anneal_adopt(anneal, anneal->best);
	fill_by_value(anneal);
	remember(anneal);
}

int32_t anneal_best_placed(const struct anneal *anneal)
{
	return anneal->best_placed;
}

int64_t anneal_best_score(const struct anneal *anneal)
{
	return anneal->best_score;
}

const struct calendar_spot *anneal_best(const struct anneal *anneal)
{
	return anneal->best;
}
