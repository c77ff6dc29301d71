/* checker.c - see checker.h. */
#include "checker.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static int days_since_1970(const char *iso)
{
	struct tm tm = {0};

	if (iso == NULL || sscanf(iso, "%d-%d-%d", &tm.tm_year, &tm.tm_mon, &tm.tm_mday) != 3)
		return 0;
	tm.tm_year -= 1900;
	tm.tm_mon -= 1;
	return (int)(timegm(&tm) / 86400);
}

int checker_day(const struct checker *checker, const char *iso)
{
	return days_since_1970(iso) - checker->first_day;
}

static bool same(const char *a, const char *b)
{
	return a != NULL && b != NULL && strcmp(a, b) == 0;
}

static bool among(const char *text, char **texts, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (same(text, texts[i]))
			return true;
	return false;
}

int checker_request(const struct checker *checker, const char *id)
{
	for (size_t i = 0; i < checker->file->n_requests; i++)
		if (same(checker->file->requests[i]->id, id))
			return (int)i;
	return -1;
}

int checker_venue(const struct checker *checker, const char *id)
{
	for (size_t i = 0; i < checker->file->n_venues; i++)
		if (same(checker->file->venues[i]->id, id))
			return (int)i;
	return -1;
}

static const Convene__V1__City *city_of(const struct checker *checker, int venue)
{
	for (size_t i = 0; i < checker->file->n_cities; i++)
		if (same(checker->file->cities[i]->id, checker->file->venues[venue]->city))
			return checker->file->cities[i];
	abort();
}

static const Convene__V1__Federation *federation_of(const struct checker *checker, const char *id)
{
	for (size_t i = 0; i < checker->file->n_federations; i++)
		if (same(checker->file->federations[i]->id, id))
			return checker->file->federations[i];
	abort();
}

static const char *noc_of_squad(const struct checker *checker, const char *id)
{
	for (size_t i = 0; i < checker->file->n_squads; i++)
		if (same(checker->file->squads[i]->id, id))
			return federation_of(checker, checker->file->squads[i]->federation)->noc;
	abort();
}

void checker_init(struct checker *checker, const struct programme_file *file)
{
	checker->file = file;
	checker->first_day = days_since_1970(file->programme->first_day);
	checker->n_days = days_since_1970(file->programme->last_day) - checker->first_day + 1;
	checker->spots = calloc(file->n_requests + 1, sizeof(*checker->spots));
	for (size_t i = 0; i < file->n_requests; i++)
		checker->spots[i].venue = -1;
}

void checker_done(struct checker *checker)
{
	free(checker->spots);
}

static int last_day(const struct checker *checker, int r)
{
	return checker->spots[r].day + (int)checker->file->requests[r]->duration - 1;
}

static bool is_on(const struct checker *checker, int r, int day)
{
	return checker->spots[r].venue >= 0 && checker->spots[r].day <= day && day <= last_day(checker, r);
}

static int64_t staff_of(const Convene__V1__Request *request, const char *service)
{
	int64_t staff = 0;

	for (size_t i = 0; i < request->n_services; i++)
		if (same(request->services[i]->service, service))
			staff += request->services[i]->staff;
	return staff;
}

static bool stands_fixed(const struct checker *checker, int r, int venue, int day)
{
	const Convene__V1__Announced *a = checker->file->requests[r]->announced;

	return a != NULL && a->fixed && same(a->venue, checker->file->venues[venue]->id) &&
	       checker_day(checker, a->first_day) == day;
}

static enum checker_rule ground(const struct checker *checker, int r, int venue, int day)
{
	const struct programme_file *file = checker->file;
	const Convene__V1__Request *q = file->requests[r];
	const Convene__V1__Venue *v = file->venues[venue];
	int last = day + (int)q->duration - 1;
	bool inside = false;

	for (size_t i = 0; i < q->n_windows; i++)
		inside = inside || (checker_day(checker, q->windows[i]->first) <= day &&
		                    last <= checker_day(checker, q->windows[i]->last));
	if (!inside)
		return CHECKER_WINDOW;
	if (!among(city_of(checker, venue)->noc, q->hosts, q->n_hosts) ||
	    !among(q->discipline, v->disciplines, v->n_disciplines) || q->level > v->level ||
	    (q->n_venues > 0 && !among(v->id, q->venues, q->n_venues)))
		return CHECKER_VENUE;
	for (size_t i = 0; i < q->n_facilities; i++)
		if (!among(q->facilities[i], v->facilities, v->n_facilities))
			return CHECKER_VENUE;
	for (size_t i = 0; i < v->n_closed; i++)
		if (checker_day(checker, v->closed[i]->first) <= last && day <= checker_day(checker, v->closed[i]->last))
			return CHECKER_CLOSED;
	for (size_t i = 0; i < file->n_protected; i++) {
		const Convene__V1__Protected *p = file->protected[i];
		bool applies = p->noc == NULL;

		for (size_t j = 0; j < q->n_squads; j++)
			applies = applies || same(p->noc, noc_of_squad(checker, q->squads[j]));
		if (applies && (p->discipline == NULL || same(p->discipline, q->discipline)) &&
		    checker_day(checker, p->first_day) <= last && day <= checker_day(checker, p->last_day))
			return CHECKER_PROTECTED;
	}
	return CHECKER_FREE;
}

static bool offer_covers(const struct checker *checker, const Convene__V1__Offer *offer, int day)
{
	return (offer->first_day == NULL || checker_day(checker, offer->first_day) <= day) &&
	       (offer->last_day == NULL || day <= checker_day(checker, offer->last_day));
}

static enum checker_rule room_on(const struct checker *checker, int r, int venue, int day)
{
	static const char *const SERVICES[] = {"training", "scientific", "methodological", "medical"};
	const struct programme_file *file = checker->file;
	const Convene__V1__City *city = city_of(checker, venue);
	int64_t units = file->requests[r]->units, beds = file->requests[r]->headcount;

	for (int i = 0; i < (int)file->n_requests; i++) {
		if (i == r || !is_on(checker, i, day))
			continue;
		units += checker->spots[i].venue == venue ? file->requests[i]->units : 0;
		beds += city_of(checker, checker->spots[i].venue) == city ? file->requests[i]->headcount : 0;
	}
	if (units > file->venues[venue]->units)
		return CHECKER_UNITS;
	if (beds > city->beds)
		return CHECKER_BEDS;
	for (int s = 0; s < 4; s++) {
		int64_t staff = staff_of(file->requests[r], SERVICES[s]), offered = 0;

		if (staff == 0)
			continue;
		for (int i = 0; i < (int)file->n_requests; i++)
			if (i != r && is_on(checker, i, day) &&
			    same(city_of(checker, checker->spots[i].venue)->noc, city->noc))
				staff += staff_of(file->requests[i], SERVICES[s]);
		for (size_t i = 0; i < file->n_services; i++)
			if (same(file->services[i]->noc, city->noc) && same(file->services[i]->service, SERVICES[s]) &&
			    offer_covers(checker, file->services[i], day))
				offered += file->services[i]->capacity;
		if (staff > offered)
			return CHECKER_SERVICES;
	}
	return CHECKER_FREE;
}

static bool share_a_squad(const Convene__V1__Request *a, const Convene__V1__Request *b)
{
	for (size_t i = 0; i < a->n_squads; i++)
		if (among(a->squads[i], b->squads, b->n_squads))
			return true;
	return false;
}

static bool squads_clash(const struct checker *checker, int r, int venue, int day)
{
	const struct programme_file *file = checker->file;
	const Convene__V1__Policy *policy = file->programme->policy;
	const Convene__V1__City *here = city_of(checker, venue);
	int last = day + (int)file->requests[r]->duration - 1;

	for (int i = 0; i < (int)file->n_requests; i++) {
		const Convene__V1__City *there;
		int64_t rest, between;

		if (i == r || checker->spots[i].venue < 0 || !share_a_squad(file->requests[r], file->requests[i]))
			continue;
		there = city_of(checker, checker->spots[i].venue);
		rest = there == here ? policy->rest_same_city
		       : same(there->noc, here->noc) ? policy->rest_same_host : policy->rest_between_hosts;
		if (checker->spots[i].day >= day)
			between = checker->spots[i].day - last - 1;
		else
			between = day - last_day(checker, i) - 1;
		if (between < rest)
			return true;
	}
	return false;
}

/* Does `r` on `day` keep its distance to `leader`, where that stands? */
static bool keeps_gap(const struct checker *checker, int r, int day, const Convene__V1__After *link, int leader_day)
{
	int leader = checker_request(checker, link->request);
	int64_t gap = day - (leader_day + checker->file->requests[leader]->duration - 1) - 1;

	(void)r;
	return link->min_gap <= gap && gap <= link->max_gap;
}

static bool order_broken(const struct checker *checker, int r, int day)
{
	const struct programme_file *file = checker->file;
	const Convene__V1__Request *q = file->requests[r];

	for (size_t i = 0; i < q->n_after; i++) {
		int leader = checker_request(checker, q->after[i]->request);

		if (leader < 0 || checker->spots[leader].venue < 0 ||
		    !keeps_gap(checker, r, day, q->after[i], checker->spots[leader].day))
			return true;
	}
	for (int i = 0; i < (int)file->n_requests; i++)
		for (size_t j = 0; checker->spots[i].venue >= 0 && j < file->requests[i]->n_after; j++)
			if (same(file->requests[i]->after[j]->request, q->id) &&
			    !keeps_gap(checker, i, checker->spots[i].day, file->requests[i]->after[j], day))
				return true;
	return false;
}

static bool quota_reached(const struct checker *checker, int r)
{
	const struct programme_file *file = checker->file;
	int64_t n = 1;

	for (int i = 0; i < (int)file->n_requests; i++)
		n += i != r && checker->spots[i].venue >= 0 && same(file->requests[i]->federation, file->requests[r]->federation);
	return n > federation_of(checker, file->requests[r]->federation)->max_events;
}

enum checker_rule checker_fault(const struct checker *checker, int r, int venue, int day)
{
	const Convene__V1__Request *q = checker->file->requests[r];
	enum checker_rule rule = CHECKER_FREE;

	if (day < 0 || day + q->duration > checker->n_days)
		return CHECKER_WINDOW;
	if (q->announced != NULL && q->announced->fixed && !stands_fixed(checker, r, venue, day))
		return CHECKER_FIXED;
	if (!stands_fixed(checker, r, venue, day))
		rule = ground(checker, r, venue, day);
	for (int d = day; rule == CHECKER_FREE && d < day + q->duration; d++)
		rule = room_on(checker, r, venue, d);
	if (rule != CHECKER_FREE)
		return rule;
	if (squads_clash(checker, r, venue, day))
		return CHECKER_SQUADS;
	if (order_broken(checker, r, day))
		return CHECKER_AFTER;
	return quota_reached(checker, r) ? CHECKER_QUOTA : CHECKER_FREE;
}

enum checker_rule checker_verdict(const struct checker *checker, int *ret_request)
{
	for (int i = 0; i < (int)checker->file->n_requests; i++) {
		const Convene__V1__Announced *a = checker->file->requests[i]->announced;
		enum checker_rule rule = CHECKER_FREE;

		*ret_request = i;
		if (checker->spots[i].venue >= 0)
			rule = checker_fault(checker, i, checker->spots[i].venue, checker->spots[i].day);
		else if (a != NULL && a->fixed)
			rule = CHECKER_FIXED;
		if (rule != CHECKER_FREE)
			return rule;
	}
	return CHECKER_FREE;
}

int64_t checker_score(const struct checker *checker)
{
	const struct programme_file *file = checker->file;
	const Convene__V1__Policy *policy = file->programme->policy;
	int64_t score = 0, total = 0, imbalance = 0, n_parties = (int64_t)file->programme->n_parties;

	for (int i = 0; i < (int)file->n_requests; i++) {
		const Convene__V1__Request *q = file->requests[i];
		const struct checker_spot *spot = &checker->spots[i];

		if (spot->venue >= 0) {
			score += 1000 * q->value - policy->date_weight * abs(spot->day - checker_day(checker, q->preferred_first_day));
			total += q->headcount * q->duration;
		}
		if (q->announced != NULL && (spot->venue < 0 || !same(file->venues[spot->venue]->id, q->announced->venue) ||
		                             spot->day != checker_day(checker, q->announced->first_day)))
			score -= policy->move_cost;
	}
	for (int64_t p = 0; p < n_parties; p++) {
		int64_t hosted = 0;

		for (int i = 0; i < (int)file->n_requests; i++)
			if (checker->spots[i].venue >= 0 &&
			    same(city_of(checker, checker->spots[i].venue)->noc, file->programme->parties[p]))
				hosted += file->requests[i]->headcount * file->requests[i]->duration;
		imbalance += llabs(n_parties * hosted - total);
	}
	return score - policy->reciprocity_weight * imbalance;
}

int checker_insertable(const struct checker *checker)
{
	struct checker tried = *checker;
	int64_t score = checker_score(checker);

	for (int r = 0; r < (int)checker->file->n_requests; r++)
		for (int v = 0; checker->spots[r].venue < 0 && v < (int)checker->file->n_venues; v++)
			for (int d = 0; d < checker->n_days; d++) {
				int64_t raised;

				if (checker_fault(checker, r, v, d) != CHECKER_FREE)
					continue;
				tried.spots[r] = (struct checker_spot){v, d};
				raised = checker_score(&tried);
				tried.spots[r].venue = -1;
				if (raised > score)
					return r;
			}
	return -1;
}
