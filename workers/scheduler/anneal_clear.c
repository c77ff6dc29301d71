/* anneal_clear.c - who goes elsewhere when an event takes a place: by quota, squads, units, beds and staff.
 *
 * Whoever is in the way of squads has no choice; else the cheapest go, by and large. */
#include "scheduler/anneal_state.h"

#define CANDIDATES_MAX 3 /* among whom the one is chosen that makes room of beds or staff */
#define VALUE_BLUR 16    /* by so much of value anyone may seem dearer */

static int64_t seems_to_cost(struct anneal *anneal, int32_t r)
{
	return anneal_loss(anneal, r) + INT64_C(1000) * anneal_below(&anneal->chance, VALUE_BLUR);
}

/* Pushes away whoever is in the way of units at the venue. */
static bool clear_units(struct anneal *anneal, const struct problem_request *request, int32_t v, int32_t day)
{
	const struct calendar *calendar = anneal->calendar;
	const struct calendar_events *events = &calendar->events[v];
	int32_t last = day + request->duration - 1, d = day;

	while ((d = room_short_day(&calendar->units, v, d, last, request->units)) <= last) {
		int32_t cheapest = PROBLEM_NONE;
		int64_t least = INT64_MAX;

		for (int32_t i = anneal_first_event(anneal, events, d); i < events->n && events->at[i].first <= d; i++) {
			int64_t cost = seems_to_cost(anneal, events->at[i].request);

			if (events->at[i].last >= d && cost < least && !anneal->calendar->pinned[events->at[i].request]) {
				cheapest = events->at[i].request;
				least = cost;
			}
		}
		if (cheapest == PROBLEM_NONE || !anneal_take_out(anneal, cheapest))
			return false;
	}
	return true;
}

static bool clear_squads(struct anneal *anneal, const struct problem_request *request, int32_t v, int32_t day)
{
	const struct calendar *calendar = anneal->calendar;
	const struct problem_venue *venue = &anneal->problem->venues[v];
	int32_t last = day + request->duration - 1;

	for (int32_t i = 0; i < request->n_squads; i++) {
		const struct calendar_visits *visits = &calendar->visits[request->squads[i]];

		for (int32_t j = 0; j < visits->n;) {
			const struct calendar_visit *visit = &visits->at[j];
			int32_t rest = calendar_rest(anneal->problem, visit->city, visit->host, venue->city, venue->host);

			if (visit->first > last + rest)
				break;
			if (visit->last + rest < day)
				j++;
			else if (!anneal_take_out(anneal, visit->request))
				return false;
			else
				j = 0; /* followers may have gone with it */
		}
	}
	return true;
}

/* They are searched from the middle. */
static void fetch_events(const struct anneal *anneal, int32_t v)
{
	const struct calendar_events *events = &anneal->calendar->events[v];

	__builtin_prefetch(events->at + events->n / 2);
}

/* Someone at one of `n` venues who is there on `d` and takes something that counts: the cheapest, by and large. */
static int32_t someone_on(struct anneal *anneal, const int32_t *venues, int32_t n, int32_t d, int32_t service)
{
	int32_t cheapest = PROBLEM_NONE, seen = 0, from = anneal_below(&anneal->chance, n);
	int64_t least = INT64_MAX;

	for (int32_t k = 0; k < n && seen < CANDIDATES_MAX; k++) {
		const struct calendar_events *events = &anneal->calendar->events[venues[(from + k) % n]];

		fetch_events(anneal, venues[(from + k + 2) % n]);
		for (int32_t i = anneal_first_event(anneal, events, d); i < events->n && events->at[i].first <= d; i++) {
			int32_t r = events->at[i].request;
			int64_t cost = seems_to_cost(anneal, r);

			if (events->at[i].last < d || anneal->calendar->pinned[r] ||
			    (service >= 0 && (anneal->brief[r].services >> service & 1) == 0))
				continue;
			seen++;
			if (cost >= least)
				continue;
			cheapest = r;
			least = cost;
		}
	}
	return cheapest;
}

static bool clear_room(struct anneal *anneal, const struct problem_request *request, int32_t v, int32_t day)
{
	const struct calendar *calendar = anneal->calendar;
	const struct problem_venue *venue = &anneal->problem->venues[v];
	const struct problem_city *city = &anneal->problem->cities[venue->city];
	const struct anneal_lists *hosts = &anneal->host_venues;
	int32_t last = day + request->duration - 1, d = day;

	while ((d = room_short_day(&calendar->beds, venue->city, d, last, request->headcount)) <= last) {
		int32_t other = someone_on(anneal, &anneal->problem->city_venues[city->first_venue], city->n_venues, d, -1);

		if (other == PROBLEM_NONE || !anneal_take_out(anneal, other))
			return false;
	}
	for (int32_t s = 0; s < PROBLEM_SERVICES; s++) {
		int32_t row = venue->host * PROBLEM_SERVICES + s;

		d = day;
		while (request->staff[s] > 0 && (d = room_short_day(&calendar->staff, row, d, last, request->staff[s])) <= last) {
			int32_t first = hosts->first[venue->host], n = hosts->first[venue->host + 1] - first;
			int32_t other = someone_on(anneal, &hosts->at[first], n, d, s);

			if (other == PROBLEM_NONE || !anneal_take_out(anneal, other))
				return false;
		}
	}
	return true;
}

static bool clear_quota(struct anneal *anneal, const struct problem_request *request)
{
	const struct anneal_lists *members = &anneal->members;
	int32_t f = request->federation, first = members->first[f], n = members->first[f + 1] - first;

	for (int tries = 0; anneal->calendar->n_of_federation[f] >= anneal->problem->federations[f].max_events; tries++) {
		int32_t cheapest = PROBLEM_NONE;

		if (tries == 4)
			return false;
		for (int k = 0; k < 4; k++) {
			int32_t r = members->at[first + anneal_below(&anneal->chance, n)];

			if (anneal->calendar->spots[r].venue != PROBLEM_NONE && !anneal->calendar->pinned[r] &&
			    (cheapest == PROBLEM_NONE || anneal->brief[r].value < anneal->brief[cheapest].value))
				cheapest = r;
		}
		if (cheapest != PROBLEM_NONE && !anneal_take_out(anneal, cheapest))
			return false;
	}
	return true;
}

bool anneal_clear(struct anneal *anneal, int32_t r, struct calendar_spot spot)
{
	const struct problem_request *request = &anneal->problem->requests[r];

	return clear_quota(anneal, request) && clear_squads(anneal, request, spot.venue, spot.day) &&
	       clear_units(anneal, request, spot.venue, spot.day) && clear_room(anneal, request, spot.venue, spot.day);
}
