/* calendar.c - counts what each event takes, day by day. See calendar.h. */
#include "scheduler/calendar.h"
#include <stdlib.h>
#include <string.h>
#include "scheduler/memory.h"
#include "util/err.h"

/* All that is counted by day. `sign` 1: takes; -1: gives back. */
static void take_days(struct calendar *calendar, const struct problem_request *request, int32_t v, int32_t day,
                      int32_t sign)
{
	const struct problem_venue *venue = &calendar->problem->venues[v];
	int32_t first = day < 0 ? 0 : day, last = day + request->duration - 1;

	if (last >= calendar->problem->n_days)
		last = calendar->problem->n_days - 1;
	if (first > last)
		return;
	room_take(&calendar->units, v, first, last, (int64_t)sign * request->units);
	if (venue->city == PROBLEM_NONE)
		return;
	room_take(&calendar->beds, venue->city, first, last, (int64_t)sign * request->headcount);
	for (int32_t s = 0; venue->host != PROBLEM_NONE && s < PROBLEM_SERVICES; s++)
		if (request->staff[s] != 0)
			room_take(&calendar->staff, venue->host * PROBLEM_SERVICES + s, first, last, (int64_t)sign * request->staff[s]);
}

static void add_event(struct calendar_events *events, struct calendar_event event)
{
	int32_t i = events->n++;

	if (i == events->max) {
		int32_t max = events->max == 0 ? 8 : events->max * 2;

		events->at = memory_grow(events->at, (size_t)events->max, (size_t)max, sizeof(*events->at));
		events->max = max;
	}
	for (; i > 0 && events->at[i - 1].first > event.first; i--)
		events->at[i] = events->at[i - 1];
	events->at[i] = event;
}

static void drop_event(struct calendar_events *events, int32_t request)
{
	int32_t i = 0;

	while (events->at[i].request != request)
		i++;
	memmove(&events->at[i], &events->at[i + 1], (size_t)(--events->n - i) * sizeof(*events->at));
}

static void add_visit(struct calendar_visits *visits, struct calendar_visit visit)
{
	int32_t i = visits->n++;

	if (i == visits->max) {
		int32_t max = visits->max == 0 ? 8 : visits->max * 2;

		visits->at = memory_grow(visits->at, (size_t)visits->max, (size_t)max, sizeof(*visits->at));
		visits->max = max;
	}
	for (; i > 0 && visits->at[i - 1].first > visit.first; i--)
		visits->at[i] = visits->at[i - 1];
	visits->at[i] = visit;
}

static void drop_visit(struct calendar_visits *visits, int32_t request)
{
	int32_t i = 0;

	while (visits->at[i].request != request)
		i++;
	memmove(&visits->at[i], &visits->at[i + 1], (size_t)(--visits->n - i) * sizeof(*visits->at));
}

int64_t calendar_imbalance_with(const struct calendar *calendar, int32_t host, int64_t load)
{
	int64_t n = calendar->problem->n_parties, sum = 0, mine;

	if (host < 0 || host >= n)
		return calendar->imbalance;
	for (int64_t p = 0; p < n; p++)
		sum += llabs(n * calendar->hosted[p] - calendar->total_hosted - load);
	mine = n * calendar->hosted[host] - calendar->total_hosted - load;
	return sum - llabs(mine) + llabs(mine + n * load);
}

static void host(struct calendar *calendar, int32_t noc, int64_t load)
{
	int64_t imbalance = calendar_imbalance_with(calendar, noc, load);

	if (noc < 0 || noc >= calendar->problem->n_parties)
		return;
	calendar->score -= calendar->problem->policy.reciprocity_weight * (imbalance - calendar->imbalance);
	calendar->imbalance = imbalance;
	calendar->hosted[noc] += load;
	calendar->total_hosted += load;
}

static int64_t worth(const struct problem *problem, const struct problem_request *request, int32_t venue, int32_t day)
{
	int64_t worth = INT64_C(1000) * request->value -
	                problem->policy.date_weight * llabs((int64_t)day - request->preferred);

	if (request->announced && request->announced_venue == venue && request->announced_day == day)
		worth += problem->policy.move_cost;
	return worth;
}

static void know(struct calendar *calendar, int32_t n)
{
	int32_t old = calendar->n_spots, max = old < 64 ? 64 : old;

	if (n <= old)
		return;
	while (max < n)
		max *= 2;
	calendar->spots = memory_grow(calendar->spots, (size_t)old, (size_t)max, sizeof(*calendar->spots));
	calendar->pinned = memory_grow(calendar->pinned, (size_t)old, (size_t)max, sizeof(*calendar->pinned));
	calendar->held = memory_grow(calendar->held, (size_t)old, (size_t)max, sizeof(*calendar->held));
	for (int32_t r = old; r < max; r++)
		calendar->spots[r].venue = PROBLEM_NONE;
	calendar->n_spots = max;
}

/* All that there is. */
static void make_room(struct calendar *calendar)
{
	const struct problem *problem = calendar->problem;
	int32_t last = problem->n_words * 64 - 1;

	room_init(&calendar->units, problem->n_venues, problem->n_words);
	room_init(&calendar->beds, problem->n_cities, problem->n_words);
	room_init(&calendar->staff, problem->n_nocs * PROBLEM_SERVICES, problem->n_words);
	for (int32_t v = 0; v < problem->n_venues; v++)
		room_take(&calendar->units, v, 0, last, -(int64_t)problem->venues[v].units);
	for (int32_t c = 0; c < problem->n_cities; c++)
		room_take(&calendar->beds, c, 0, last, -(int64_t)problem->cities[c].beds);
	for (int32_t row = 0; row < problem->n_nocs * PROBLEM_SERVICES; row++) {
		const int32_t *offered = &problem->offered[(size_t)row * (size_t)problem->n_days];

		for (int32_t d = 0, next; d < problem->n_days; d = next) { /* offers hold for months */
			for (next = d + 1; next < problem->n_days && offered[next] == offered[d]; next++)
				;
			room_take(&calendar->staff, row, d, next - 1, -(int64_t)offered[d]);
		}
	}
}

struct calendar *calendar_new(const struct problem *problem)
{
	struct calendar *calendar = memory_new(1, sizeof(*calendar));

	calendar->problem = problem;
	calendar->hosted = memory_new((size_t)problem->n_nocs, sizeof(*calendar->hosted));
	calendar->events = memory_new((size_t)problem->n_venues, sizeof(*calendar->events));
	calendar->visits = memory_new((size_t)problem->n_squads, sizeof(*calendar->visits));
	calendar->n_of_federation = memory_new((size_t)problem->n_federations, sizeof(int32_t));
	make_room(calendar);
	calendar_recount(calendar);
	return calendar;
}

struct calendar *calendar_clone(const struct calendar *calendar)
{
	struct calendar *clone = calendar_new(calendar->problem);

	for (int32_t r = 0; r < calendar->n_spots; r++)
		if (calendar->spots[r].venue != PROBLEM_NONE)
			calendar_place(clone, r, calendar->spots[r].venue, calendar->spots[r].day);
	know(clone, calendar->n_spots);
	memcpy(clone->pinned, calendar->pinned, (size_t)calendar->n_spots * sizeof(*clone->pinned));
	memcpy(clone->held, calendar->held, (size_t)calendar->n_spots * sizeof(*clone->held));
	return clone;
}

void calendar_free(struct calendar *calendar)
{
	if (calendar == NULL)
		return;
	for (int32_t v = 0; v < calendar->problem->n_venues; v++)
		free(calendar->events[v].at);
	for (int32_t s = 0; s < calendar->problem->n_squads; s++)
		free(calendar->visits[s].at);
	free(calendar->spots);
	free(calendar->pinned);
	free(calendar->held);
	free(calendar->hosted);
	room_done(&calendar->units);
	room_done(&calendar->beds);
	room_done(&calendar->staff);
	free(calendar->events);
	free(calendar->visits);
	free(calendar->n_of_federation);
	free(calendar);
}

/* What a placement is counted for beside its days. `sign` as above. */
static void count(struct calendar *calendar, const struct problem_request *request, struct calendar_spot spot,
                  int32_t sign)
{
	calendar->n_placed += sign;
	calendar->score += sign * worth(calendar->problem, request, spot.venue, spot.day);
	host(calendar, calendar->problem->venues[spot.venue].host, sign * request->load);
	if (request->federation != PROBLEM_NONE)
		calendar->n_of_federation[request->federation] += sign;
}

/* In a large programme nearly every list is out of the cache: they are fetched while the days are counted. */
static void fetch_lists(const struct calendar *calendar, const struct problem_request *request, int32_t v)
{
	__builtin_prefetch(calendar->events[v].at);
	for (int32_t i = 0; i < request->n_squads; i++)
		__builtin_prefetch(&calendar->visits[request->squads[i]]);
}

static void fetch_visits(const struct calendar *calendar, const struct problem_request *request)
{
	for (int32_t i = 0; i < request->n_squads; i++) {
		const struct calendar_visits *visits = &calendar->visits[request->squads[i]];

		memory_fetch(visits->at, (size_t)visits->n * sizeof(*visits->at));
	}
}

void calendar_place(struct calendar *calendar, int32_t r, int32_t v, int32_t day)
{
	const struct problem_request *request = &calendar->problem->requests[r];
	const struct problem_venue *venue = &calendar->problem->venues[v];
	int32_t last = day + request->duration - 1;

	know(calendar, r + 1);
	CVN_REQUIRE(request->present && calendar->spots[r].venue == PROBLEM_NONE);
	calendar->spots[r] = (struct calendar_spot){v, day};
	fetch_lists(calendar, request, v);
	take_days(calendar, request, v, day, 1);
	fetch_visits(calendar, request);
	add_event(&calendar->events[v], (struct calendar_event){day, last, r});
	for (int32_t i = 0; i < request->n_squads; i++)
		add_visit(&calendar->visits[request->squads[i]],
		          (struct calendar_visit){day, last, venue->city, venue->host, r});
	count(calendar, request, calendar->spots[r], 1);
}

void calendar_remove(struct calendar *calendar, int32_t r)
{
	const struct problem_request *request = &calendar->problem->requests[r];
	struct calendar_spot spot = calendar_where(calendar, r);

	CVN_REQUIRE(spot.venue != PROBLEM_NONE);
	calendar->spots[r].venue = PROBLEM_NONE;
	fetch_lists(calendar, request, spot.venue);
	take_days(calendar, request, spot.venue, spot.day, -1);
	fetch_visits(calendar, request);
	drop_event(&calendar->events[spot.venue], r);
	for (int32_t i = 0; i < request->n_squads; i++)
		drop_visit(&calendar->visits[request->squads[i]], r);
	count(calendar, request, spot, -1);
}

bool calendar_is_placed(const struct calendar *calendar, int32_t request)
{
	return calendar_where(calendar, request).venue != PROBLEM_NONE;
}

struct calendar_spot calendar_where(const struct calendar *calendar, int32_t request)
{
	if (request >= calendar->n_spots)
		return (struct calendar_spot){PROBLEM_NONE, 0};
	return calendar->spots[request];
}

bool calendar_is_same(struct calendar_spot a, struct calendar_spot b)
{
	return a.venue == b.venue && (a.venue == PROBLEM_NONE || a.day == b.day);
}

void calendar_pin(struct calendar *calendar, int32_t request, bool pinned)
{
	know(calendar, request + 1);
	calendar->pinned[request] = pinned;
}

void calendar_hold(struct calendar *calendar, int32_t request)
{
	know(calendar, request + 1);
	calendar->held[request] = true;
}

void calendar_reserve(struct calendar *calendar, int32_t federation, int32_t n)
{
	calendar->n_of_federation[federation] += n;
}

bool calendar_is_pinned(const struct calendar *calendar, int32_t request)
{
	return calendar->problem->requests[request].fixed ||
	       (request < calendar->n_spots && calendar->pinned[request]);
}

void calendar_recount(struct calendar *calendar)
{
	const struct problem *problem = calendar->problem;
	int64_t n = problem->n_parties;

	know(calendar, problem->n_requests + 1);
	calendar->imbalance = 0;
	for (int64_t p = 0; p < n; p++)
		calendar->imbalance += llabs(n * calendar->hosted[p] - calendar->total_hosted);
	calendar->score = -problem->policy.reciprocity_weight * calendar->imbalance;
	for (int32_t r = 0; r < problem->n_requests; r++) {
		const struct problem_request *request = &problem->requests[r];

		if (request->announced)
			calendar->score -= problem->policy.move_cost;
		if (calendar->spots[r].venue != PROBLEM_NONE)
			calendar->score += worth(problem, request, calendar->spots[r].venue, calendar->spots[r].day);
	}
}

int64_t calendar_worth(const struct calendar *calendar, int32_t request, int32_t venue, int32_t day)
{
	return worth(calendar->problem, &calendar->problem->requests[request], venue, day);
}
