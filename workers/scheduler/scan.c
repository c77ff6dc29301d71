/* scan.c - feasible start days as bits. See scan.h. */
#include "scheduler/scan.h"
#include <string.h>

/* Clears the days [first, last] of a mask whose bit 0 is day 64 · first_word. */
static void clear(uint64_t *mask, int32_t first_word, int32_t n_words, int32_t first, int32_t last)
{
	int32_t lo = first - first_word * 64, hi = last - first_word * 64;

	lo = lo < 0 ? 0 : lo;
	hi = hi >= n_words * 64 ? n_words * 64 - 1 : hi;
	if (lo > hi)
		return;
	for (int32_t w = lo >> 6; w <= hi >> 6; w++)
		mask[w] &= ~room_days_within(w, lo, hi);
}

static bool any(const uint64_t *mask, int32_t n_words)
{
	uint64_t all = 0;

	for (int32_t w = 0; w < n_words; w++)
		all |= mask[w];
	return all != 0;
}

/* mask[d] &= mask[d + 1] & … & mask[d + duration − 1]: the days on which a free run of that length starts. */
static void erode(uint64_t *mask, int32_t n_words, int32_t duration)
{
	int32_t have = 1;

	while (have < duration) {
		int32_t step = have <= duration - have ? have : duration - have, words = step >> 6, bits = step & 63;

		for (int32_t w = 0; w < n_words; w++) {
			uint64_t low = w + words < n_words ? mask[w + words] : 0;
			uint64_t high = w + words + 1 < n_words ? mask[w + words + 1] : 0;

			mask[w] &= bits == 0 ? low : low >> bits | high << (64 - bits);
		}
		have += step;
	}
}

/* Start days outside the windows, inside the programme and clear of protected days. */
static void starts_outside(struct scan *scan)
{
	const struct problem *problem = scan->calendar->problem;
	const struct problem_request *request = scan->request;
	int32_t last = problem->n_days - request->duration;

	scan->first_word = 0;
	scan->n_words = last < 0 || request->duration <= 0 ? 0 : (last >> 6) + 1;
	problem_protected_days(problem, (int32_t)(request - problem->requests), scan->near);
	for (int32_t w = 0; w < problem->n_words; w++)
		scan->near[w] = ~scan->near[w];
	erode(scan->near, problem->n_words, request->duration);
	memcpy(scan->starts, scan->near, (size_t)scan->n_words * sizeof(uint64_t));
	clear(scan->starts, 0, scan->n_words, last + 1, INT32_MAX / 2);
	for (int32_t w = 0; w < request->n_words && request->first_word + w < scan->n_words; w++)
		scan->starts[request->first_word + w] &= ~request->starts[w];
}

static void starts_inside(struct scan *scan)
{
	scan->first_word = scan->request->first_word;
	scan->n_words = scan->request->n_words;
	if (scan->n_words > 0) /* else there is no day that it could start on, and no array */
		memcpy(scan->starts, scan->request->starts,
		       (size_t)scan->n_words * sizeof(uint64_t));
}

/* Rule 9. False where one that it comes after has no place. */
static bool keep_order(struct scan *scan, unsigned flags)
{
	const struct calendar *calendar = scan->calendar;
	const struct problem_request *request = scan->request;
	int32_t r = (int32_t)(request - calendar->problem->requests);

	for (int32_t i = 0; i < request->n_after; i++) {
		const struct problem_after *link = &request->after[i];
		struct calendar_spot spot = calendar_where(calendar, link->request);
		int32_t behind = spot.day + calendar->problem->requests[link->request].duration;

		if (spot.venue == PROBLEM_NONE) {
			if (flags & SCAN_LEAVE_LEADERS)
				continue;
			return false;
		}
		clear(scan->starts, scan->first_word, scan->n_words, 0, behind + link->min_gap - 1);
		if (link->max_gap != PROBLEM_FOREVER)
			clear(scan->starts, scan->first_word, scan->n_words, behind + link->max_gap + 1, INT32_MAX / 2);
	}
	for (int32_t i = 0; i < request->n_followers && (flags & SCAN_LEAVE_FOLLOWERS) == 0; i++) {
		const struct problem_request *follower = &calendar->problem->requests[request->followers[i]];
		struct calendar_spot spot = calendar_where(calendar, request->followers[i]);

		for (int32_t j = 0; spot.venue != PROBLEM_NONE && j < follower->n_after; j++) {
			const struct problem_after *link = &follower->after[j];
			int32_t start = spot.day - request->duration; /* with a gap of 0 */

			if (link->request != r)
				continue;
			clear(scan->starts, scan->first_word, scan->n_words, start - link->min_gap + 1, INT32_MAX / 2);
			if (link->max_gap != PROBLEM_FOREVER)
				clear(scan->starts, scan->first_word, scan->n_words, 0, start - link->max_gap - 1);
		}
	}
	return true;
}

static int32_t smallest_rest(const struct problem_policy *policy)
{
	int32_t rest = policy->rest_same_city < policy->rest_same_host ? policy->rest_same_city : policy->rest_same_host;

	return rest < policy->rest_between_hosts ? rest : policy->rest_between_hosts;
}

static void clear_visit(struct scan *scan, uint64_t *mask, const struct calendar_visit *visit, int32_t rest)
{
	clear(mask, scan->first_word, scan->n_words, visit->first - rest - scan->request->duration + 1, visit->last + rest);
}

/* What blocks anywhere is cleared from `starts`; journeys that rest longer at some venues are kept for scan_venue(). */
static void collect_visits(struct scan *scan)
{
	const struct calendar *calendar = scan->calendar;
	const struct problem_policy *policy = &calendar->problem->policy;
	int32_t least = smallest_rest(policy), most = problem_longest_rest(policy);
	int32_t from = scan->first_word * 64 - most, to = (scan->first_word + scan->n_words) * 64 + scan->request->duration + most;

	for (int32_t i = 0; i < scan->request->n_squads; i++) {
		const struct calendar_visits *visits = &calendar->visits[scan->request->squads[i]];

		for (int32_t j = 0; j < visits->n && visits->at[j].first < to; j++) {
			const struct calendar_visit *visit = &visits->at[j];

			if (visit->last < from)
				continue;
			clear_visit(scan, scan->starts, visit, least);
			if (least == most)
				continue;
			if (scan->n_visits < SCAN_VISITS_MAX)
				scan->visits[scan->n_visits++] = *visit;
			else
				scan->too_many_visits = true;
		}
	}
}

bool scan_request(struct scan *scan, const struct calendar *calendar, int32_t r, unsigned flags, int32_t not_before)
{
	const struct problem_request *request = &calendar->problem->requests[r];
	int32_t reach;

	scan->calendar = calendar;
	scan->request = request;
	scan->visits_city = PROBLEM_NONE - 1;
	scan->n_visits = 0;
	scan->too_many_visits = false;
	scan->knows_far = false;
	if (flags & SCAN_OUTSIDE)
		starts_outside(scan);
	else
		starts_inside(scan);
	if (scan->n_words == 0)
		return false;
	if (not_before > 0)
		clear(scan->starts, scan->first_word, scan->n_words, 0, not_before - 1);
	reach = scan->n_words + (request->duration + 62) / 64;
	scan->n_day_words = reach < calendar->problem->n_words - scan->first_word ? reach
	                                                                    : calendar->problem->n_words - scan->first_word;
	if ((request->n_after > 0 || request->n_followers > 0) && !keep_order(scan, flags))
		return false;
	collect_visits(scan);
	return any(scan->starts, scan->n_words);
}

/* Clears what the squads' journeys that rest longer at some venues stand in the way of, for an event in that city. */
static void clear_visits(struct scan *scan, uint64_t *mask, int32_t city, int32_t host)
{
	const struct calendar *calendar = scan->calendar;
	const struct problem *problem = calendar->problem;

	memcpy(mask, scan->starts, (size_t)scan->n_words * sizeof(uint64_t));
	for (int32_t i = 0; i < scan->n_visits; i++)
		clear_visit(scan, mask, &scan->visits[i],
		            calendar_rest(problem, scan->visits[i].city, scan->visits[i].host, city, host));
	for (int32_t i = 0; scan->too_many_visits && i < scan->request->n_squads; i++) {
		const struct calendar_visits *visits = &calendar->visits[scan->request->squads[i]];

		for (int32_t j = 0; j < visits->n; j++)
			clear_visit(scan, mask, &visits->at[j],
			            calendar_rest(problem, visits->at[j].city, visits->at[j].host, city, host));
	}
}

/* Does one of these journeys lead to the host? */
static bool is_visited(const struct scan *scan, int32_t host)
{
	bool ret = scan->too_many_visits;

	for (int32_t i = 0; i < scan->n_visits; i++)
		ret |= scan->visits[i].host == host;
	return ret;
}

/* The start days that the squads' journeys leave for an event in this city. Where none leads to its host, they are those
 * of any such city. */
static const uint64_t *rested(struct scan *scan, const struct problem_venue *venue)
{
	if (scan->n_visits == 0)
		return scan->starts;
	if (!is_visited(scan, venue->host)) {
		if (!scan->knows_far)
			clear_visits(scan, scan->far, PROBLEM_NONE - 1, PROBLEM_NONE - 1);
		scan->knows_far = true;
		return scan->far;
	}
	if (scan->visits_city != venue->city)
		clear_visits(scan, scan->near, venue->city, venue->host);
	scan->visits_city = venue->city;
	return scan->near;
}

/* Pairs of words that the days lie in. */
static int32_t n_pairs_of(const struct scan *scan)
{
	return ((scan->first_word + scan->n_day_words - 1) >> 1) - (scan->first_word >> 1) + 1;
}

void scan_fetch(const struct scan *scan, int32_t v)
{
	const struct calendar *calendar = scan->calendar;
	const struct problem_request *request = scan->request;
	const struct problem_venue *venue = &calendar->problem->venues[v];
	int32_t first = scan->first_word >> 1, n = n_pairs_of(scan);

	__builtin_prefetch(&venue->open[scan->first_word]);
	room_fetch(&calendar->units, v, first, n);
	if (request->headcount > 0)
		room_fetch(&calendar->beds, venue->city, first, n);
	for (int32_t s = 0; s < PROBLEM_SERVICES; s++)
		if (request->staff[s] > 0)
			room_fetch(&calendar->staff, venue->host * PROBLEM_SERVICES + s, first, n);
}

static void keep(struct scan *scan, const struct room *room, int32_t row, int32_t need)
{
	for (int32_t p = 0; p < n_pairs_of(scan); p++)
		scan->room.pairs[p] &= room_enough(room, row, (scan->first_word >> 1) + p, need);
}

/* Open days that have enough of all it takes, into scan->free. */
static void keep_days_with_room(struct scan *scan, int32_t v)
{
	const struct calendar *calendar = scan->calendar;
	const struct problem_request *request = scan->request;
	const struct problem_venue *venue = &calendar->problem->venues[v];
	const uint64_t *left;

	for (int32_t p = 0; p < n_pairs_of(scan); p++)
		scan->room.pairs[p] = ~(room_pair){0, 0};
	keep(scan, &calendar->units, v, request->units);
	if (request->headcount > 0)
		keep(scan, &calendar->beds, venue->city, request->headcount);
	for (int32_t s = 0; s < PROBLEM_SERVICES; s++)
		if (request->staff[s] > 0)
			keep(scan, &calendar->staff, venue->host * PROBLEM_SERVICES + s, request->staff[s]);
	left = &scan->room.words[scan->first_word & 1];
	for (int32_t w = 0; w < scan->n_day_words; w++)
		scan->free[w] = venue->open[scan->first_word + w] & left[w];
}

static bool erode_to(struct scan *scan, const uint64_t *starts)
{
	uint64_t all = 0;

	erode(scan->free, scan->n_day_words, scan->request->duration);
	for (int32_t w = 0; w < scan->n_words; w++)
		all |= scan->free[w] &= starts[w];
	return all != 0;
}

bool scan_venue(struct scan *scan, int32_t v)
{
	const struct calendar *calendar = scan->calendar;
	const struct problem_request *request = scan->request;
	const struct problem_venue *venue = &calendar->problem->venues[v];
	const uint64_t *starts = rested(scan, venue);

	if (!any(starts, scan->n_words) || request->headcount > calendar->problem->cities[venue->city].beds ||
	    request->units > venue->units)
		return false;
	keep_days_with_room(scan, v);
	return erode_to(scan, starts);
}

bool scan_has(const struct scan *scan, int32_t day)
{
	int32_t bit = day - scan->first_word * 64;

	return bit >= 0 && bit < scan->n_words * 64 && (scan->free[bit >> 6] >> (bit & 63) & 1) != 0;
}

int32_t scan_nearest(const struct scan *scan, int32_t day)
{
	int32_t at = day - scan->first_word * 64, later = -1, earlier = -1, n = scan->n_words * 64;
	int32_t from = at < 0 ? 0 : at, to = at > n ? n : at; /* later: from …; earlier: below to */

	for (int32_t w = from >> 6; later < 0 && from < n && w < scan->n_words; w++) {
		uint64_t word = scan->free[w] & (w == from >> 6 ? UINT64_MAX << (from & 63) : UINT64_MAX);

		if (word != 0)
			later = w * 64 + __builtin_ctzll(word);
	}
	for (int32_t w = (to - 1) >> 6; earlier < 0 && to > 0 && w >= 0; w--) {
		uint64_t word = scan->free[w] & (w == (to - 1) >> 6 ? UINT64_MAX >> (63 - ((to - 1) & 63)) : UINT64_MAX);

		if (word != 0)
			earlier = w * 64 + 63 - __builtin_clzll(word);
	}
	if (later < 0 || (earlier >= 0 && at - earlier <= later - at))
		return earlier + scan->first_word * 64;
	return later + scan->first_word * 64;
}

void scan_edges(const struct scan *scan, uint64_t *ret_days)
{
	for (int32_t w = 0; w < scan->n_words; w++) {
		uint64_t here = scan->free[w], last = w > 0 ? scan->free[w - 1] : 0, next = w + 1 < scan->n_words ? scan->free[w + 1] : 0;

		ret_days[w] = here & ~((here << 1 | last >> 63) & (here >> 1 | next << 63));
	}
}

int32_t scan_first(const struct scan *scan)
{
	int32_t w = 0;

	while (scan->free[w] == 0)
		w++;
	return (scan->first_word + w) * 64 + __builtin_ctzll(scan->free[w]);
}

int32_t scan_last(const struct scan *scan)
{
	int32_t w = scan->n_words - 1;

	while (scan->free[w] == 0)
		w--;
	return (scan->first_word + w) * 64 + 63 - __builtin_clzll(scan->free[w]);
}
