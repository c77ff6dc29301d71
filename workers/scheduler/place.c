/* place.c - where a request may go, and where it does best. See place.h. */
#include "scheduler/place.h"
#include "scheduler/scan.h"

static bool is_better(const struct problem_request *request, const struct place_option *a, const struct place_option *b)
{
	int32_t from_a = a->day < request->preferred ? request->preferred - a->day : a->day - request->preferred;
	int32_t from_b = b->day < request->preferred ? request->preferred - b->day : b->day - request->preferred;

	if (a->gain != b->gain)
		return a->gain > b->gain;
	if (from_a != from_b)
		return from_a < from_b;
	return a->day != b->day ? a->day < b->day : a->venue < b->venue;
}

/* The best ones so far, best first. */
struct ranking {
	const struct problem_request *request;
	struct place_option *options;
	int32_t n, max;
	unsigned flags;
};

static void rank(struct ranking *ranking, struct place_option option)
{
	int32_t i;

	if ((ranking->flags & PLACE_WORTH_IT) && option.gain <= 0)
		return;
	if (ranking->n == ranking->max && !is_better(ranking->request, &option, &ranking->options[ranking->n - 1]))
		return;
	i = ranking->n < ranking->max ? ranking->n++ : ranking->n - 1;
	for (; i > 0 && is_better(ranking->request, &option, &ranking->options[i - 1]); i--)
		ranking->options[i] = ranking->options[i - 1];
	ranking->options[i] = option;
}

/* Takes the days less than PLACE_DAYS_APART from `day` out of the scan's answer; false where nothing is left. */
static bool stay_apart(struct scan *scan, int32_t day)
{
	uint64_t left = 0;

	for (int32_t d = day - PLACE_DAYS_APART + 1; d < day + PLACE_DAYS_APART; d++)
		if (scan_has(scan, d))
			scan->free[(d >> 6) - scan->first_word] &= ~(UINT64_C(1) << (d & 63));
	for (int32_t w = 0; w < scan->n_words; w++)
		left |= scan->free[w];
	return left != 0;
}

/* The days of one venue: nearest to the wish (or as announced), then others well apart. */
static void rank_venue(struct ranking *ranking, struct scan *scan, int32_t venue, int64_t base)
{
	const struct problem_request *request = ranking->request;
	int32_t r = (int32_t)(request - scan->calendar->problem->requests);
	bool announced = request->announced && request->announced_venue == venue && scan_has(scan, request->announced_day);

	for (int32_t i = 0; i < ranking->max; i++) {
		struct place_option option = {.venue = venue, .outside_windows = (ranking->flags & PLACE_OUTSIDE) != 0};
		int32_t near = scan_nearest(scan, request->preferred);

		option.day = near;
		if (announced && i == 0 && calendar_worth(scan->calendar, r, venue, near) <
		                                   calendar_worth(scan->calendar, r, venue, request->announced_day))
			option.day = request->announced_day;
		option.gain = base + calendar_worth(scan->calendar, r, venue, option.day);
		rank(ranking, option);
		if (i + 1 < ranking->max && !stay_apart(scan, option.day))
			break;
	}
}

static bool has_quota(const struct calendar *calendar, const struct problem_request *request)
{
	const struct problem *problem = calendar->problem;

	return request->federation == PROBLEM_NONE ||
	       calendar->n_of_federation[request->federation] < problem->federations[request->federation].max_events;
}

static int64_t balance(const struct calendar *calendar, const struct problem_request *request, int32_t host)
{
	return calendar->problem->policy.reciprocity_weight *
	       (calendar->imbalance - calendar_imbalance_with(calendar, host, request->load));
}

static int32_t own_place(const struct calendar *calendar, int32_t r, unsigned flags, struct place_option *ret_option)
{
	const struct problem_request *request = &calendar->problem->requests[r];

	if (request->announced_venue == PROBLEM_NONE ||
	    place_fits(calendar, r, request->announced_venue, request->announced_day, flags) != PLACE_FREE)
		return 0;
	*ret_option = (struct place_option){
		.venue = request->announced_venue,
		.day = request->announced_day,
		.gain = place_gain(calendar, r, request->announced_venue, request->announced_day),
	};
	return 1;
}

int32_t place_best(const struct calendar *calendar, int32_t r, unsigned flags, int32_t not_before,
                   struct place_option ret_options[static PLACE_OPTIONS_MAX])
{
	const struct problem *problem = calendar->problem;
	const struct problem_request *request = &problem->requests[r];
	unsigned scan_flags = (flags & PLACE_OUTSIDE ? SCAN_OUTSIDE : 0u) |
	                      (flags & PLACE_LEAVE_FOLLOWERS ? SCAN_LEAVE_FOLLOWERS : 0u);
	struct ranking ranking = {.request = request, .options = ret_options, .flags = flags,
	                          .max = flags & PLACE_NO_ALTERNATIVES ? 1 : PLACE_OPTIONS_MAX};
	struct scan scan;
	int32_t host = PROBLEM_NONE;
	int64_t base = 0;

	if (request->fixed)
		return own_place(calendar, r, flags, ret_options);
	if (request->n_venues == 0 || !has_quota(calendar, request) ||
	    !scan_request(&scan, calendar, r, scan_flags, not_before))
		return 0;
	for (int32_t i = 0; i < request->n_venues; i++) {
		int32_t venue = request->venues[i];

		if (!scan_venue(&scan, venue))
			continue;
		if (problem->venues[venue].host != host) {
			host = problem->venues[venue].host;
			base = balance(calendar, request, host);
		}
		rank_venue(&ranking, &scan, venue, base);
	}
	return ranking.n;
}

/* ---- one place ---- */

static bool is_eligible(const struct problem_request *request, int32_t venue)
{
	for (int32_t i = 0; i < request->n_venues; i++)
		if (request->venues[i] == venue)
			return true;
	return false;
}

static bool in_a_window(const struct problem_request *request, int32_t day)
{
	for (int32_t i = 0; i < request->n_windows; i++)
		if (request->windows[i].first <= day && day + request->duration - 1 <= request->windows[i].last)
			return true;
	return false;
}

static bool is_open(const struct problem *problem, const struct problem_request *request, int32_t venue, int32_t day)
{
	const uint64_t *open = problem->venues[venue].open;

	for (int32_t d = day; d < day + request->duration; d++)
		if ((open[d >> 6] >> (d & 63) & 1) == 0)
			return false;
	return true;
}

static bool is_protected(const struct problem *problem, const struct problem_request *request, int32_t day)
{
	uint64_t days[SCAN_WORDS_MAX];

	problem_protected_days(problem, (int32_t)(request - problem->requests), days);
	for (int32_t d = day; d < day + request->duration; d++)
		if ((days[d >> 6] >> (d & 63) & 1) != 0)
			return true;
	return false;
}

static bool has_left(const struct room *room, int32_t row, const struct problem_request *request, int32_t day, int32_t need)
{
	int32_t last = day + request->duration - 1;

	return room_short_day(room, row, day, last, need) > last;
}

/* Rules 5 to 7. `stands`: what it takes is counted already. */
static enum place_rule has_room(const struct calendar *calendar, const struct problem_request *request, int32_t v,
                            int32_t day, bool stands)
{
	const struct problem_venue *venue = &calendar->problem->venues[v];

	if (!has_left(&calendar->units, v, request, day, stands ? 0 : request->units))
		return PLACE_UNITS;
	if (venue->city == PROBLEM_NONE)
		return PLACE_BAD_VENUE;
	if (!has_left(&calendar->beds, venue->city, request, day, stands ? 0 : request->headcount))
		return PLACE_BEDS;
	for (int32_t s = 0; s < PROBLEM_SERVICES; s++)
		if (request->staff[s] > 0 &&
		    (venue->host == PROBLEM_NONE ||
		     !has_left(&calendar->staff, venue->host * PROBLEM_SERVICES + s, request, day, stands ? 0 : request->staff[s])))
			return PLACE_STAFF;
	return PLACE_FREE;
}

/* Its own journeys, if it stands, aside. */
static bool squads_rested(const struct calendar *calendar, const struct problem_request *request, int32_t v, int32_t day)
{
	const struct problem_venue *venue = &calendar->problem->venues[v];
	int32_t r = (int32_t)(request - calendar->problem->requests);

	for (int32_t i = 0; i < request->n_squads; i++) {
		const struct calendar_visits *visits = &calendar->visits[request->squads[i]];

		for (int32_t j = 0; j < visits->n; j++) {
			const struct calendar_visit *visit = &visits->at[j];
			int32_t rest = calendar_rest(calendar->problem, visit->city, visit->host, venue->city, venue->host);

			if (visit->request != r && day <= visit->last + rest && visit->first <= day + request->duration - 1 + rest)
				return false;
		}
	}
	return true;
}

static enum place_rule order(const struct calendar *calendar, int32_t r, int32_t day, unsigned flags)
{
	const struct problem *problem = calendar->problem;
	const struct problem_request *request = &problem->requests[r];

	for (int32_t i = 0; i < request->n_after; i++) {
		const struct problem_after *link = &request->after[i];
		struct calendar_spot spot = calendar_where(calendar, link->request);
		int32_t gap = day - spot.day - problem->requests[link->request].duration;

		if (spot.venue == PROBLEM_NONE)
			return PLACE_AFTER_UNPLACED;
		if (gap < link->min_gap || gap > link->max_gap)
			return PLACE_AFTER_GAP;
	}
	for (int32_t i = 0; i < request->n_followers && (flags & PLACE_LEAVE_FOLLOWERS) == 0; i++)
		if (place_breaks_follower(calendar, r, day, request->followers[i]))
			return PLACE_AFTER_GAP;
	return PLACE_FREE;
}

bool place_keeps_order(const struct calendar *calendar, int32_t r, int32_t day)
{
	return order(calendar, r, day, PLACE_PLAIN) == PLACE_FREE;
}

bool place_breaks_follower(const struct calendar *calendar, int32_t r, int32_t day, int32_t follower)
{
	const struct problem_request *request = &calendar->problem->requests[follower];
	struct calendar_spot spot = calendar_where(calendar, follower);

	for (int32_t i = 0; spot.venue != PROBLEM_NONE && i < request->n_after; i++) {
		int32_t gap = spot.day - day - calendar->problem->requests[r].duration;

		if (request->after[i].request == r && (gap < request->after[i].min_gap || gap > request->after[i].max_gap))
			return true;
	}
	return false;
}

/* Rules 1 to 4. */
static enum place_rule ground(const struct calendar *calendar, int32_t r, int32_t venue, int32_t day, unsigned flags)
{
	const struct problem *problem = calendar->problem;
	const struct problem_request *request = &problem->requests[r];

	if (day < 0 || request->duration <= 0 || day > problem->n_days - request->duration)
		return PLACE_OUTSIDE_WINDOWS;
	if (request->fixed)
		return venue == request->announced_venue && day == request->announced_day ? PLACE_FREE : PLACE_NOT_THERE;
	if (!is_eligible(request, venue))
		return PLACE_BAD_VENUE;
	if ((flags & PLACE_OUTSIDE) == 0 && !in_a_window(request, day))
		return PLACE_OUTSIDE_WINDOWS;
	if (!is_open(problem, request, venue, day))
		return PLACE_CLOSED;
	return is_protected(problem, request, day) ? PLACE_PROTECTED : PLACE_FREE;
}

enum place_rule place_fits(const struct calendar *calendar, int32_t r, int32_t venue, int32_t day, unsigned flags)
{
	const struct problem_request *request = &calendar->problem->requests[r];
	enum place_rule rule = ground(calendar, r, venue, day, flags);

	if (rule == PLACE_FREE)
		rule = has_room(calendar, request, venue, day, false);
	if (rule == PLACE_FREE && !squads_rested(calendar, request, venue, day))
		rule = PLACE_SQUAD;
	if (rule == PLACE_FREE)
		rule = order(calendar, r, day, flags);
	if (rule == PLACE_FREE && !has_quota(calendar, request))
		rule = PLACE_QUOTA;
	return rule;
}

bool place_stands(const struct calendar *calendar, int32_t r)
{
	const struct problem_request *request = &calendar->problem->requests[r];
	struct calendar_spot spot = calendar_where(calendar, r);

	return has_room(calendar, request, spot.venue, spot.day, true) == PLACE_FREE &&
	       squads_rested(calendar, request, spot.venue, spot.day) &&
	       place_keeps_order(calendar, r, spot.day) &&
	       calendar->n_of_federation[request->federation] <= calendar->problem->federations[request->federation].max_events;
}

enum place_rule place_ground(const struct calendar *calendar, int32_t r, int32_t venue, int32_t day, unsigned flags)
{
	return ground(calendar, r, venue, day, flags);
}

int64_t place_gain(const struct calendar *calendar, int32_t r, int32_t venue, int32_t day)
{
	return calendar_worth(calendar, r, venue, day) +
	       balance(calendar, &calendar->problem->requests[r], calendar->problem->venues[venue].host);
}
