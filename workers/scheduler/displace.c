/* displace.c - who would have to go for a request to fit at a place: place_displaced() and place_cheapest() of
 * place.h. */
#include "scheduler/place.h"
#include <stdlib.h>
#include "scheduler/memory.h"

/* What one event takes of what the request needs. Rows of days: units, beds, then the four services. */
#define ROWS (2 + PROBLEM_SERVICES)

struct clearing {
	const struct calendar *calendar;
	const struct problem_request *request;
	int32_t r, venue, first, last;
	int64_t *lack;     /* [row · duration + day − first]: how much is missing, > 0 where something is */
	int32_t *rivals;   /* placed requests, each once */
	bool *forced;      /* by rival: must go whatever else goes */
	bool *gone;        /* by rival */
	int32_t n, max;
	bool hopeless;
};

static int32_t rival(struct clearing *clearing, int32_t r)
{
	for (int32_t i = 0; i < clearing->n; i++)
		if (clearing->rivals[i] == r)
			return i;
	if (clearing->n == clearing->max) {
		int32_t max = clearing->max == 0 ? 16 : clearing->max * 2;
		size_t n = (size_t)clearing->max;

		clearing->rivals = memory_grow(clearing->rivals, n, (size_t)max, sizeof(*clearing->rivals));
		clearing->forced = memory_grow(clearing->forced, n, (size_t)max, sizeof(*clearing->forced));
		clearing->gone = memory_grow(clearing->gone, n, (size_t)max, sizeof(*clearing->gone));
		clearing->max = max;
	}
	clearing->rivals[clearing->n] = r;
	return clearing->n++;
}

/* How much rival `r` takes on a row; 0 where it does not touch it. */
static int32_t takes(const struct clearing *clearing, int32_t r, int32_t row)
{
	const struct problem *problem = clearing->calendar->problem;
	const struct problem_venue *here = &problem->venues[clearing->venue];
	int32_t v = clearing->calendar->spots[r].venue;

	if (row == 0)
		return v == clearing->venue ? problem->requests[r].units : 0;
	if (row == 1)
		return problem->venues[v].city == here->city ? problem->requests[r].headcount : 0;
	return problem->venues[v].host == here->host ? problem->requests[r].staff[row - 2] : 0;
}

/* Lets rival `i` go (`sign` 1) or come back (-1). */
static void let_go(struct clearing *clearing, int32_t i, int32_t sign)
{
	const struct problem *problem = clearing->calendar->problem;
	int32_t r = clearing->rivals[i], day = clearing->calendar->spots[r].day;
	int32_t from = day > clearing->first ? day : clearing->first;
	int32_t to = day + problem->requests[r].duration - 1;

	to = to < clearing->last ? to : clearing->last;
	clearing->gone[i] = sign > 0;
	for (int32_t row = 0; row < ROWS; row++) {
		int32_t amount = takes(clearing, r, row);

		for (int32_t d = from; amount > 0 && d <= to; d++)
			clearing->lack[row * clearing->request->duration + d - clearing->first] -= (int64_t)sign * amount;
	}
}

static void force(struct clearing *clearing, int32_t r)
{
	int32_t i = rival(clearing, r);

	if (calendar_is_pinned(clearing->calendar, r))
		clearing->hopeless = true;
	if (clearing->forced[i])
		return;
	clearing->forced[i] = true;
	let_go(clearing, i, 1);
}

static void measure(struct clearing *clearing)
{
	const struct calendar *calendar = clearing->calendar;
	const struct problem_venue *venue = &calendar->problem->venues[clearing->venue];
	const struct problem_request *request = clearing->request;

	for (int32_t row = 0; row < ROWS; row++) {
		const struct room *room = row == 0 ? &calendar->units : row == 1 ? &calendar->beds : &calendar->staff;
		int32_t of = row == 0 ? clearing->venue : row == 1 ? venue->city : venue->host * PROBLEM_SERVICES + row - 2;
		int32_t need = row == 0 ? request->units : row == 1 ? request->headcount : request->staff[row - 2];

		for (int32_t d = clearing->first; d <= clearing->last; d++)
			clearing->lack[row * request->duration + d - clearing->first] = need == 0 ? INT32_MIN : need - room_left(room, of, d);
	}
}

static bool is_lacking(const struct clearing *clearing)
{
	for (int32_t i = 0; i < ROWS * clearing->request->duration; i++)
		if (clearing->lack[i] > 0)
			return true;
	return false;
}

/* Would it help where something is missing? */
static bool helps(const struct clearing *clearing, int32_t r)
{
	const struct problem *problem = clearing->calendar->problem;
	int32_t day = clearing->calendar->spots[r].day, last = day + problem->requests[r].duration - 1;

	for (int32_t row = 0; row < ROWS; row++)
		for (int32_t d = clearing->first; takes(clearing, r, row) > 0 && d <= clearing->last; d++)
			if (d >= day && d <= last && clearing->lack[row * clearing->request->duration + d - clearing->first] > 0)
				return true;
	return false;
}

/* Rule 8, and rule 9 forwards: they have no choice. */
static void force_squads_and_followers(struct clearing *clearing)
{
	const struct calendar *calendar = clearing->calendar;
	const struct problem_venue *venue = &calendar->problem->venues[clearing->venue];

	for (int32_t i = 0; i < clearing->request->n_squads; i++) {
		const struct calendar_visits *visits = &calendar->visits[clearing->request->squads[i]];

		for (int32_t j = 0; j < visits->n; j++) {
			const struct calendar_visit *visit = &visits->at[j];
			int32_t rest = calendar_rest(calendar->problem, visit->city, visit->host, venue->city, venue->host);

			if (clearing->first <= visit->last + rest && visit->first <= clearing->last + rest)
				force(clearing, visit->request);
		}
	}
	for (int32_t i = 0; i < clearing->request->n_followers; i++)
		if (place_breaks_follower(calendar, clearing->r, clearing->first, clearing->request->followers[i]))
			force(clearing, clearing->request->followers[i]);
}

/* All whose absence would help with units, beds or staff. */
static void gather_room(struct clearing *clearing)
{
	const struct calendar *calendar = clearing->calendar;
	const struct problem *problem = calendar->problem;
	int32_t host = problem->venues[clearing->venue].host;

	for (int32_t v = 0; v < problem->n_venues; v++) {
		const struct calendar_events *events = &calendar->events[v];

		if (v != clearing->venue && problem->venues[v].host != host)
			continue;
		for (int32_t i = 0; i < events->n && events->at[i].first <= clearing->last; i++)
			if (events->at[i].last >= clearing->first && !calendar_is_pinned(calendar, events->at[i].request) &&
			    helps(clearing, events->at[i].request))
				rival(clearing, events->at[i].request);
	}
}

/* The cheapest one of its federation goes where the quota is full and nobody of it goes anyway. */
static void respect_quota(struct clearing *clearing)
{
	const struct calendar *calendar = clearing->calendar;
	int32_t federation = clearing->request->federation, over, cheapest;

	if (federation == PROBLEM_NONE)
		return;
	over = calendar->n_of_federation[federation] + 1 - calendar->problem->federations[federation].max_events;
	for (int32_t i = 0; i < clearing->n; i++)
		over -= clearing->gone[i] && calendar->problem->requests[clearing->rivals[i]].federation == federation;
	for (; over > 0 && !clearing->hopeless; over--) {
		cheapest = PROBLEM_NONE;
		for (int32_t r = 0; r < calendar->problem->n_requests; r++) {
			const struct problem_request *request = &calendar->problem->requests[r];
			int32_t i;

			if (request->federation != federation || !calendar_is_placed(calendar, r) ||
			    calendar_is_pinned(calendar, r))
				continue;
			i = rival(clearing, r);
			if (!clearing->gone[i] &&
			    (cheapest == PROBLEM_NONE || request->value < calendar->problem->requests[cheapest].value))
				cheapest = r;
		}
		if (cheapest == PROBLEM_NONE)
			clearing->hopeless = true;
		else
			force(clearing, cheapest);
	}
}

/* Cheapest first till nothing lacks; then those that were not needed come back, dearest first. */
static void make_room(struct clearing *clearing)
{
	const struct problem_request *requests = clearing->calendar->problem->requests;

	while (is_lacking(clearing) && !clearing->hopeless) {
		int32_t best = PROBLEM_NONE;

		for (int32_t i = 0; i < clearing->n; i++)
			if (!clearing->gone[i] && !calendar_is_pinned(clearing->calendar, clearing->rivals[i]) &&
			    helps(clearing, clearing->rivals[i]) &&
			    (best == PROBLEM_NONE || requests[clearing->rivals[i]].value < requests[clearing->rivals[best]].value))
				best = i;
		if (best == PROBLEM_NONE)
			clearing->hopeless = true;
		else
			let_go(clearing, best, 1);
	}
	for (int32_t value = 0; !clearing->hopeless && value < clearing->n; value++) {
		int32_t dearest = PROBLEM_NONE;

		for (int32_t i = 0; i < clearing->n; i++) {
			if (!clearing->gone[i] || clearing->forced[i])
				continue;
			let_go(clearing, i, -1);
			if (!is_lacking(clearing) && (dearest == PROBLEM_NONE || requests[clearing->rivals[i]].value >
			                                                                 requests[clearing->rivals[dearest]].value))
				dearest = i;
			let_go(clearing, i, 1);
		}
		if (dearest == PROBLEM_NONE)
			return;
		let_go(clearing, dearest, -1);
	}
}

/* Who comes after one that goes, goes as well. */
static void force_followers_of_gone(struct clearing *clearing)
{
	const struct problem_request *requests = clearing->calendar->problem->requests;

	for (int32_t i = 0; i < clearing->n; i++) {
		const struct problem_request *request = &requests[clearing->rivals[i]];

		for (int32_t j = 0; clearing->gone[i] && j < request->n_followers; j++)
			if (calendar_is_placed(clearing->calendar, request->followers[j]))
				force(clearing, request->followers[j]);
	}
}

static int32_t answer(const struct clearing *clearing, int32_t max, int32_t *ret_requests)
{
	const struct problem_request *requests = clearing->calendar->problem->requests;
	int32_t n = 0;

	for (int32_t i = 0; i < clearing->n; i++) {
		int32_t at = n < max ? n : max - 1, r = clearing->rivals[i];

		if (!clearing->gone[i])
			continue;
		if (n++ >= max && (max == 0 || requests[ret_requests[max - 1]].value <= requests[r].value))
			continue;
		for (; at > 0 && requests[ret_requests[at - 1]].value > requests[r].value; at--)
			ret_requests[at] = ret_requests[at - 1];
		ret_requests[at] = r;
	}
	return n;
}

/* Is it a place where only events stand in the way that may go? */
static bool can_be_cleared(const struct calendar *calendar, int32_t r, int32_t venue, int32_t day)
{
	const struct problem_request *request = &calendar->problem->requests[r];

	if (place_ground(calendar, r, venue, day, PLACE_PLAIN) != PLACE_FREE ||
	    calendar->problem->venues[venue].city == PROBLEM_NONE || calendar->problem->venues[venue].host == PROBLEM_NONE)
		return false;
	for (int32_t i = 0; i < request->n_after; i++) {
		struct calendar_spot spot = calendar_where(calendar, request->after[i].request);
		int32_t gap = day - spot.day - calendar->problem->requests[request->after[i].request].duration;

		if (spot.venue == PROBLEM_NONE || gap < request->after[i].min_gap || gap > request->after[i].max_gap)
			return false;
	}
	return true;
}

int32_t place_displaced(const struct calendar *calendar, int32_t r, int32_t venue, int32_t day, int32_t max,
                        int32_t *ret_requests)
{
	const struct problem_request *request = &calendar->problem->requests[r];
	struct clearing clearing = {.calendar = calendar, .request = request, .r = r, .venue = venue, .first = day,
	                            .last = day + request->duration - 1};
	int32_t n = -1;

	if (!can_be_cleared(calendar, r, venue, day))
		return -1;
	clearing.lack = memory_new((size_t)ROWS * (size_t)request->duration, sizeof(*clearing.lack));
	measure(&clearing);
	force_squads_and_followers(&clearing);
	if (is_lacking(&clearing))
		gather_room(&clearing);
	make_room(&clearing);
	respect_quota(&clearing);
	force_followers_of_gone(&clearing);
	for (int32_t i = 0; i < request->n_after; i++)
		for (int32_t j = 0; j < clearing.n; j++)
			if (clearing.gone[j] && clearing.rivals[j] == request->after[i].request)
				clearing.hopeless = true; /* it would push away what it comes after */
	if (!clearing.hopeless)
		n = answer(&clearing, max, ret_requests);
	free(clearing.lack);
	free(clearing.rivals);
	free(clearing.forced);
	free(clearing.gone);
	return n;
}

/* ---- the least ---- */

/* A search for the cheapest set, by branch and bound: of what is still in the way, each that could
 * go is tried, cheapest first, and stays in all the tries that follow. */
struct pricing {
	struct clearing clearing;
	bool *kept;        /* by request: sets with it are looked at elsewhere */
	int32_t *gone;     /* requests, in the order in which they went */
	int32_t n_gone, n_best;
	int32_t *best;
	int64_t value, best_value;
	int64_t *tries;
	int32_t over;      /* events of its federation above the quota, with it */
	int32_t *members, n_members; /* its federation's placed ones, where they fill the quota */
};

static bool may_go(const struct pricing *p, int32_t r)
{
	const struct problem_request *request = p->clearing.request;

	for (int32_t i = 0; i < request->n_after; i++)
		if (request->after[i].request == r)
			return false; /* it would push away what it comes after */
	return !p->kept[r] && !calendar_is_pinned(p->clearing.calendar, r);
}

static bool is_gone(const struct pricing *p, int32_t r)
{
	for (int32_t i = 0; i < p->n_gone; i++)
		if (p->gone[i] == r)
			return true;
	return false;
}

static void go(struct pricing *p, int32_t r, int32_t sign)
{
	const struct problem_request *request = &p->clearing.calendar->problem->requests[r];

	let_go(&p->clearing, rival(&p->clearing, r), sign);
	p->value += sign * request->value;
	p->over -= sign * (request->federation == p->clearing.request->federation);
}

static void come_back(struct pricing *p, int32_t n_left)
{
	while (p->n_gone > n_left)
		go(p, p->gone[--p->n_gone], -1);
}

/* Lets `r` go, with all that comes after it. False: one of them can't; all are as before. */
static bool go_with_followers(struct pricing *p, int32_t r)
{
	const struct calendar *calendar = p->clearing.calendar;
	int32_t n = p->n_gone;

	if (!may_go(p, r))
		return false;
	p->gone[p->n_gone++] = r;
	go(p, r, 1);
	for (int32_t i = n; i < p->n_gone; i++) {
		const struct problem_request *request = &calendar->problem->requests[p->gone[i]];

		for (int32_t k = 0; k < request->n_followers; k++) {
			int32_t follower = request->followers[k];

			if (!calendar_is_placed(calendar, follower) || is_gone(p, follower))
				continue;
			if (!may_go(p, follower)) {
				come_back(p, n);
				return false;
			}
			p->gone[p->n_gone++] = follower;
			go(p, follower, 1);
		}
	}
	return true;
}

/* Those who take of what lacks first, or, where nothing does, fill the quota. */
static int32_t candidates(const struct pricing *p, int32_t *ret_requests)
{
	const struct clearing *c = &p->clearing;
	const struct problem *problem = c->calendar->problem;
	int32_t n_cells = ROWS * c->request->duration, cell = 0, n = 0;

	while (cell < n_cells && c->lack[cell] <= 0)
		cell++;
	for (int32_t i = 0; cell < n_cells && i < c->n; i++) {
		int32_t r = c->rivals[i], day = c->first + cell % c->request->duration;
		int32_t from = c->calendar->spots[r].day;

		if (!c->gone[i] && from <= day && day < from + problem->requests[r].duration &&
		    takes(c, r, cell / c->request->duration) > 0)
			ret_requests[n++] = r;
	}
	for (int32_t i = 0; cell == n_cells && i < p->n_members; i++)
		if (!is_gone(p, p->members[i]))
			ret_requests[n++] = p->members[i];
	return n;
}

static bool is_clear(const struct pricing *p)
{
	return p->over <= 0 && !is_lacking(&p->clearing);
}

static void sort_by_value(const struct problem *problem, int32_t *requests, int32_t n)
{
	for (int32_t i = 1; i < n; i++) {
		int32_t r = requests[i], value = problem->requests[r].value, at = i;

		for (; at > 0 && problem->requests[requests[at - 1]].value > value; at--)
			requests[at] = requests[at - 1];
		requests[at] = r;
	}
}

static void look(struct pricing *p)
{
	const struct problem *problem = p->clearing.calendar->problem;
	int32_t *choices, n, i;

	if (p->value >= p->best_value || --*p->tries < 0)
		return;
	if (is_clear(p)) {
		p->best_value = p->value;
		p->n_best = p->n_gone;
		for (i = 0; i < p->n_gone; i++)
			p->best[i] = p->gone[i];
		return;
	}
	choices = memory_new((size_t)(p->clearing.n + p->n_members), sizeof(*choices));
	n = candidates(p, choices);
	sort_by_value(problem, choices, n);
	for (i = 0; i < n && p->value + problem->requests[choices[i]].value < p->best_value; i++) {
		int32_t n_gone = p->n_gone, r = choices[i];

		choices[i] = PROBLEM_NONE;
		if (!go_with_followers(p, r))
			continue;
		look(p);
		come_back(p, n_gone);
		p->kept[r] = true;
		choices[i] = r;
	}
	while (i-- > 0)
		if (choices[i] != PROBLEM_NONE)
			p->kept[choices[i]] = false;
	free(choices);
}

/* Whom rules 8 and 9 leave no choice about. */
static bool send_away_forced(struct pricing *p)
{
	struct clearing *c = &p->clearing;

	force_squads_and_followers(c); /* as rivals; they go below, with their followers */
	for (int32_t i = 0; i < c->n; i++)
		if (c->gone[i])
			let_go(c, i, -1);
	for (int32_t i = 0; i < c->n; i++)
		if (c->forced[i] && !is_gone(p, c->rivals[i]) && !go_with_followers(p, c->rivals[i]))
			return false;
	return true;
}

static void list_members(struct pricing *p)
{
	const struct calendar *calendar = p->clearing.calendar;
	const struct problem *problem = calendar->problem;
	int32_t federation = p->clearing.request->federation;
	int32_t n = federation == PROBLEM_NONE ? 0 : calendar->n_of_federation[federation];

	if (federation == PROBLEM_NONE || n < problem->federations[federation].max_events)
		return;
	p->over += n + 1 - problem->federations[federation].max_events;
	p->members = memory_new((size_t)n, sizeof(*p->members));
	for (int32_t r = 0; r < problem->n_requests && p->n_members < n; r++)
		if (problem->requests[r].federation == federation && calendar_is_placed(calendar, r))
			p->members[p->n_members++] = r;
}

static void find_cheapest(struct pricing *p)
{
	list_members(p);
	measure(&p->clearing);
	if (!send_away_forced(p))
		return;
	if (is_lacking(&p->clearing))
		gather_room(&p->clearing);
	look(p);
}

int32_t place_cheapest(const struct calendar *calendar, int32_t r, int32_t venue, int32_t day,
                       int64_t below, int64_t *tries, int32_t *ret_requests, int64_t *ret_value)
{
	const struct problem_request *request = &calendar->problem->requests[r];
	size_t n = (size_t)calendar->problem->n_requests;
	struct pricing p = {
		.clearing = {.calendar = calendar, .request = request, .r = r, .venue = venue,
		             .first = day, .last = day + request->duration - 1},
		.n_best = -1,
		.best = ret_requests,
		.best_value = below,
		.tries = tries,
	};
	size_t n_cells = (size_t)ROWS * (size_t)request->duration;

	if (!can_be_cleared(calendar, r, venue, day))
		return -1;
	p.clearing.lack = memory_new(n_cells, sizeof(*p.clearing.lack));
	p.kept = memory_new(n, sizeof(*p.kept));
	p.gone = memory_new(n, sizeof(*p.gone));
	find_cheapest(&p);
	if (p.n_best >= 0)
		*ret_value = p.best_value;
	free(p.clearing.lack);
	free(p.clearing.rivals);
	free(p.clearing.forced);
	free(p.clearing.gone);
	free(p.kept);
	free(p.gone);
	free(p.members);
	return p.n_best;
}
