/* problem.c - compiles a programme and its requests to small integers. See problem.h. */
#include "scheduler/problem.h"
#include <stdlib.h>
#include <string.h>
#include "domain/code.h"
#include "domain/day.h"
#include "domain/programme.h"
#include "scheduler/memory.h"
#include "util/err.h"

/* One name and the number that stands for it. */
struct name {
	int32_t number;
	UT_hash_handle hh;
	char text[];
};

struct names {
	struct name *table;
	int32_t n;
};

/* Rule 4's entries. */
struct shield {
	int32_t first, last;       /* clipped to the programme */
	int32_t discipline, noc;   /* PROBLEM_NONE: any */
};

struct problem_index {
	struct names nocs, cities, venues, federations, squads, disciplines, facilities, requests;
	struct shield *shields;
	int32_t n_shields;
	int32_t *venues_of;       /* venue handles, discipline after discipline, ascending */
	int32_t *venues_of_first; /* by discipline code, and one behind the last */
	int32_t requests_max;
	uint64_t *days; /* scratch: n_words */
	int32_t *eligible; /* scratch: n_venues */
	bool *hosts; /* scratch: n_nocs */
};

static int32_t name_find(const struct names *names, const char *text)
{
	struct name *found = NULL;

	if (text != NULL)
		HASH_FIND_STR(names->table, text, found);
	return found != NULL ? found->number : PROBLEM_NONE;
}

/* The number of `text`, a new one where it has none yet. */
static int32_t name_add(struct names *names, const char *text)
{
	int32_t number = name_find(names, text);
	struct name *added;
	size_t n;

	if (number != PROBLEM_NONE || text == NULL)
		return number;
	n = strlen(text) + 1;
	added = memory_new(1, sizeof(*added) + n);
	memcpy(added->text, text, n);
	added->number = names->n++;
	HASH_ADD_STR(names->table, text, added);
	return added->number;
}

static const char *name_text(const struct names *names, const char *text)
{
	struct name *found = NULL;

	HASH_FIND_STR(names->table, text, found);
	return found->text;
}

static void names_done(struct names *names)
{
	struct name *name, *next;

	HASH_ITER(hh, names->table, name, next) {
		HASH_DEL(names->table, name);
		free(name);
	}
}

static int32_t amount(int64_t value)
{
	return value < 0 ? 0 : value > PROBLEM_AMOUNT_MAX ? PROBLEM_AMOUNT_MAX : (int32_t)value;
}

/* A day or a gap: within reach of the programme. */
static int32_t near(int64_t days)
{
	return days < -PROBLEM_DAYS_MAX ? -PROBLEM_DAYS_MAX : days > PROBLEM_DAYS_MAX ? PROBLEM_DAYS_MAX : (int32_t)days;
}

static int32_t *copy_of(const int32_t *numbers, int32_t n)
{
	int32_t *copy = memory_new((size_t)n, sizeof(*copy));

	if (n > 0)
		memcpy(copy, numbers, (size_t)n * sizeof(*copy));
	return copy;
}

static int compare_numbers(const void *a, const void *b)
{
	int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;

	return (x > y) - (x < y);
}

/* Sorts and leaves out doubles; returns how many are left. */
static int32_t sort_numbers(int32_t *numbers, int32_t n)
{
	int32_t kept = 0;

	if (n > 0)
		qsort(numbers, (size_t)n, sizeof(*numbers), compare_numbers);
	for (int32_t i = 0; i < n; i++)
		if (kept == 0 || numbers[i] != numbers[kept - 1])
			numbers[kept++] = numbers[i];
	return kept;
}

static void set_days(uint64_t *days, int32_t first, int32_t last, bool on)
{
	for (int32_t d = first; d <= last; d++) {
		uint64_t bit = UINT64_C(1) << (d & 63);

		days[d >> 6] = on ? days[d >> 6] | bit : days[d >> 6] & ~bit;
	}
}

/* Clips [*first, *last] to the programme; false where nothing is left. */
static bool clip(const struct problem *problem, int32_t *first, int32_t *last)
{
	*first = *first < 0 ? 0 : *first;
	*last = *last >= problem->n_days ? problem->n_days - 1 : *last;
	return *first <= *last;
}

/* ---- the programme's data ---- */

static void take_policy(struct problem *problem, const struct policy *policy)
{
	problem->policy = (struct problem_policy){
		.date_weight = amount(policy->date_weight),
		.move_cost = policy->move_cost < 0 ? 0 : policy->move_cost > INT32_MAX * INT64_C(1000)
		                                             ? INT32_MAX * INT64_C(1000) : policy->move_cost,
		.reciprocity_weight = amount(policy->reciprocity_weight),
		.rest_same_city = near(policy->rest_same_city),
		.rest_same_host = near(policy->rest_same_host),
		.rest_between_hosts = near(policy->rest_between_hosts),
	};
}

/* Numbers all committees: parties first, so that a host is one whose number is below n_parties. */
static void take_nocs(struct problem *problem, const struct programme *programme)
{
	struct names *nocs = &problem->index->nocs;
	const Convene__V1__Programme *about = programme_about(programme);
	const struct programme_item *item;
	struct name *name;

	for (size_t i = 0; about != NULL && i < about->n_parties; i++)
		name_add(nocs, about->parties[i]);
	problem->n_parties = nocs->n;
	for (size_t i = 0; about != NULL && i < about->n_guests; i++)
		name_add(nocs, about->guests[i]);
	for (item = programme_first(programme, ENTITY_CITY); item != NULL; item = programme_next(item))
		name_add(nocs, item->entity->city->noc);
	for (item = programme_first(programme, ENTITY_FEDERATION); item != NULL; item = programme_next(item))
		name_add(nocs, item->entity->federation->noc);
	problem->n_nocs = nocs->n;
	problem->nocs = memory_new((size_t)nocs->n, sizeof(*problem->nocs));
	for (name = nocs->table; name != NULL; name = name->hh.next)
		problem->nocs[name->number] = name->text;
}

static void take_cities(struct problem *problem, const struct programme *programme)
{
	struct problem_index *index = problem->index;
	const struct programme_item *item = programme_first(programme, ENTITY_CITY);

	problem->cities = memory_new(programme_count(programme, ENTITY_CITY), sizeof(*problem->cities));
	for (; item != NULL; item = programme_next(item)) {
		const Convene__V1__City *city = item->entity->city;
		int32_t number = name_add(&index->cities, item->id);

		problem->cities[number] = (struct problem_city){
			.id = name_text(&index->cities, item->id),
			.host = name_find(&index->nocs, city->noc),
			.beds = amount(city->beds),
		};
	}
	problem->n_cities = index->cities.n;
}

static int32_t *take_codes(struct names *names, char **texts, size_t n, int32_t *ret_n)
{
	int32_t *codes = memory_new(n, sizeof(*codes)), n_codes = 0;

	for (size_t i = 0; i < n; i++)
		if (texts[i] != NULL)
			codes[n_codes++] = name_add(names, texts[i]);
	*ret_n = sort_numbers(codes, n_codes);
	return codes;
}

/* What lies too far away is as far as there is: still outside, on the same side. */
static bool near_day(const struct problem *problem, const char *iso, int32_t *ret_day)
{
	int32_t day;

	if (!day_parse(iso, &day))
		return false;
	*ret_day = near((int64_t)day - problem->first_day);
	return true;
}

static uint64_t *open_days(const struct problem *problem, const Convene__V1__Venue *venue)
{
	uint64_t *open = memory_new((size_t)problem->n_words, sizeof(*open));
	int32_t first, last;

	set_days(open, 0, problem->n_days - 1, true);
	for (size_t i = 0; i < venue->n_closed; i++)
		if (near_day(problem, venue->closed[i]->first, &first) &&
		    near_day(problem, venue->closed[i]->last, &last) && clip(problem, &first, &last))
			set_days(open, first, last, false);
	return open;
}

static void take_venues(struct problem *problem, const struct programme *programme)
{
	struct problem_index *index = problem->index;
	const struct programme_item *item = programme_first(programme, ENTITY_VENUE);

	problem->venues = memory_new(programme_count(programme, ENTITY_VENUE), sizeof(*problem->venues));
	for (; item != NULL; item = programme_next(item)) {
		const Convene__V1__Venue *venue = item->entity->venue;
		int32_t city = name_find(&index->cities, venue->city);
		struct problem_venue *added = &problem->venues[name_add(&index->venues, item->id)];

		added->id = name_text(&index->venues, item->id);
		added->city = city;
		added->host = city == PROBLEM_NONE ? PROBLEM_NONE : problem->cities[city].host;
		added->units = amount(venue->units);
		added->level = amount(venue->level);
		added->disciplines = take_codes(&index->disciplines, venue->disciplines, venue->n_disciplines,
		                                &added->n_disciplines);
		added->facilities = take_codes(&index->facilities, venue->facilities, venue->n_facilities,
		                               &added->n_facilities);
		added->open = open_days(problem, venue);
	}
	problem->n_venues = index->venues.n;
	index->eligible = memory_new((size_t)problem->n_venues, sizeof(*index->eligible));
}

/* Lists the venues of each city and of each discipline, by counting. */
static void list_venues(struct problem *problem)
{
	struct problem_index *index = problem->index;
	int32_t n_listed = 0, n_codes = index->disciplines.n, next = 0;

	problem->city_venues = memory_new((size_t)problem->n_venues, sizeof(int32_t));
	for (int32_t v = 0; v < problem->n_venues; v++) {
		if (problem->venues[v].city != PROBLEM_NONE)
			problem->cities[problem->venues[v].city].n_venues++;
		n_listed += problem->venues[v].n_disciplines;
	}
	for (int32_t c = 0; c < problem->n_cities; c++) {
		problem->cities[c].first_venue = next;
		next += problem->cities[c].n_venues;
		problem->cities[c].n_venues = 0;
	}
	index->venues_of = memory_new((size_t)n_listed, sizeof(int32_t));
	index->venues_of_first = memory_new((size_t)n_codes + 2, sizeof(int32_t));
	for (int32_t v = 0; v < problem->n_venues; v++)
		for (int32_t i = 0; i < problem->venues[v].n_disciplines; i++)
			index->venues_of_first[problem->venues[v].disciplines[i] + 2]++;
	for (int32_t d = 0; d < n_codes; d++)
		index->venues_of_first[d + 1] += index->venues_of_first[d];
	for (int32_t v = 0; v < problem->n_venues; v++) {
		const struct problem_venue *venue = &problem->venues[v];

		if (venue->city != PROBLEM_NONE) {
			struct problem_city *city = &problem->cities[venue->city];
			problem->city_venues[city->first_venue + city->n_venues++] = v;
		}
		for (int32_t i = 0; i < venue->n_disciplines; i++)
			index->venues_of[index->venues_of_first[venue->disciplines[i] + 1]++] = v;
	}
}

static void take_offers(struct problem *problem, const struct programme *programme)
{
	problem->offered = memory_new((size_t)problem->n_nocs * PROBLEM_SERVICES * (size_t)problem->n_days, sizeof(int32_t));
	for (int32_t noc = 0; noc < problem->n_nocs; noc++)
		for (int service = 0; service < PROBLEM_SERVICES; service++) {
			const int32_t *staff = programme_offers(programme, problem->nocs[noc], service);
			int32_t *row = &problem->offered[(noc * PROBLEM_SERVICES + service) * problem->n_days];

			for (int32_t day = 0; staff != NULL && day < problem->n_days; day++)
				row[day] = amount(staff[day]);
		}
}

static void take_federations(struct problem *problem, const struct programme *programme)
{
	struct problem_index *index = problem->index;
	const struct programme_item *item = programme_first(programme, ENTITY_FEDERATION);

	problem->federations = memory_new(programme_count(programme, ENTITY_FEDERATION), sizeof(*problem->federations));
	for (; item != NULL; item = programme_next(item)) {
		int32_t number = name_add(&index->federations, item->id);

		problem->federations[number] = (struct problem_federation){
			.id = name_text(&index->federations, item->id),
			.noc = name_find(&index->nocs, item->entity->federation->noc),
			.max_events = amount(item->entity->federation->max_events),
		};
	}
	problem->n_federations = index->federations.n;
}

static void take_squads(struct problem *problem, const struct programme *programme)
{
	struct problem_index *index = problem->index;
	const struct programme_item *item = programme_first(programme, ENTITY_SQUAD);

	problem->squads = memory_new(programme_count(programme, ENTITY_SQUAD), sizeof(*problem->squads));
	for (; item != NULL; item = programme_next(item)) {
		int32_t number = name_add(&index->squads, item->id);
		int32_t federation = name_find(&index->federations, item->entity->squad->federation);

		problem->squads[number] = (struct problem_squad){
			.id = name_text(&index->squads, item->id),
			.federation = federation,
			.noc = federation == PROBLEM_NONE ? PROBLEM_NONE : problem->federations[federation].noc,
		};
	}
	problem->n_squads = index->squads.n;
}

/* One that names an unknown discipline or committee applies to nobody. */
static void take_shields(struct problem *problem, const struct programme *programme)
{
	struct problem_index *index = problem->index;
	const struct programme_item *item = programme_first(programme, ENTITY_PROTECTED);

	index->shields = memory_new(programme_count(programme, ENTITY_PROTECTED), sizeof(*index->shields));
	for (; item != NULL; item = programme_next(item)) {
		const Convene__V1__Protected *entry = item->entity->protected_;
		struct shield shield = {.discipline = PROBLEM_NONE, .noc = PROBLEM_NONE};

		if (entry->soft) /* a warning to people: nothing is kept free for it */
			continue;
		if (!near_day(problem, entry->first_day, &shield.first) ||
		    !near_day(problem, entry->last_day, &shield.last) || !clip(problem, &shield.first, &shield.last))
			continue;
		if (entry->discipline != NULL)
			shield.discipline = name_add(&index->disciplines, entry->discipline);
		if (entry->noc != NULL && (shield.noc = name_find(&index->nocs, entry->noc)) == PROBLEM_NONE)
			continue;
		index->shields[index->n_shields++] = shield;
	}
}

struct problem *problem_new(const struct programme *programme)
{
	struct problem *problem = memory_new(1, sizeof(*problem));
	struct problem_index *index = memory_new(1, sizeof(*index));

	problem->index = index;
	problem->n_days = programme_n_days(programme);
	problem->first_day = programme_first_day(programme);
	problem->n_words = (problem->n_days + 63) / 64;
	index->days = memory_new((size_t)problem->n_words, sizeof(*index->days));
	take_policy(problem, programme_policy(programme));
	take_nocs(problem, programme);
	index->hosts = memory_new((size_t)problem->n_nocs, sizeof(*index->hosts));
	take_cities(problem, programme);
	take_venues(problem, programme);
	take_offers(problem, programme);
	take_federations(problem, programme);
	take_squads(problem, programme);
	take_shields(problem, programme);
	list_venues(problem);
	return problem;
}

/* ---- requests ---- */

static void request_done(struct problem_request *request)
{
	free(request->windows);
	free(request->venues);
	free(request->squads);
	free(request->after);
	free(request->starts);
}

void problem_free(struct problem *problem)
{
	struct problem_index *index;

	if (problem == NULL)
		return;
	index = problem->index;
	for (int32_t r = 0; r < problem->n_requests; r++) {
		request_done(&problem->requests[r]);
		free(problem->requests[r].followers);
	}
	for (int32_t v = 0; v < problem->n_venues; v++) {
		free((void *)(uintptr_t)problem->venues[v].disciplines);
		free((void *)(uintptr_t)problem->venues[v].facilities);
		free((void *)(uintptr_t)problem->venues[v].open);
	}
	names_done(&index->nocs);
	names_done(&index->cities);
	names_done(&index->venues);
	names_done(&index->federations);
	names_done(&index->squads);
	names_done(&index->disciplines);
	names_done(&index->facilities);
	names_done(&index->requests);
	free(index->shields);
	free(index->venues_of);
	free(index->venues_of_first);
	free(index->days);
	free(index->eligible);
	free(index->hosts);
	free(index);
	free(problem->nocs);
	free(problem->cities);
	free(problem->venues);
	free(problem->city_venues);
	free(problem->federations);
	free(problem->squads);
	free(problem->offered);
	free(problem->requests);
	free(problem);
}

/* The handle of an id, whether its request was put or is only named by others. */
static int32_t handle_of(struct problem *problem, const char *id)
{
	struct problem_index *index = problem->index;
	int32_t handle = name_add(&index->requests, id);

	if (handle < problem->n_requests)
		return handle;
	if (problem->n_requests == index->requests_max) {
		int32_t max = index->requests_max < 64 ? 64 : index->requests_max * 2;

		problem->requests = memory_grow(problem->requests, (size_t)index->requests_max, (size_t)max,
		                                sizeof(*problem->requests));
		index->requests_max = max;
	}
	problem->requests[problem->n_requests++] =
	        (struct problem_request){.id = name_text(&index->requests, id), .federation = PROBLEM_NONE,
	                                 .announced_venue = PROBLEM_NONE};
	return handle;
}

static void take_windows(struct problem *problem, struct problem_request *request, const Convene__V1__Request *content)
{
	request->windows = memory_new(content->n_windows, sizeof(*request->windows));
	for (size_t i = 0; i < content->n_windows; i++) {
		struct problem_window window;

		if (near_day(problem, content->windows[i]->first, &window.first) &&
		    near_day(problem, content->windows[i]->last, &window.last))
			request->windows[request->n_windows++] = window;
	}
	if (!near_day(problem, content->preferred_first_day, &request->preferred))
		request->preferred = request->n_windows > 0 ? request->windows[0].first : 0;
}

static bool shield_applies(const struct problem *problem, const struct problem_request *request,
                           const struct shield *shield)
{
	if (shield->discipline != PROBLEM_NONE && shield->discipline != request->discipline)
		return false;
	for (int32_t i = 0; shield->noc != PROBLEM_NONE && i < request->n_squads; i++)
		if (problem->squads[request->squads[i]].noc == shield->noc)
			return true;
	return shield->noc == PROBLEM_NONE;
}

static void take_starts(struct problem *problem, struct problem_request *request)
{
	struct problem_index *index = problem->index;
	int32_t hull_first = INT32_MAX, hull_last = -1;

	request->first_word = 0;
	request->n_words = 0;
	if (request->duration <= 0 || request->duration > problem->n_days)
		return;
	memset(index->days, 0, (size_t)problem->n_words * sizeof(*index->days));
	for (int32_t i = 0; i < request->n_windows; i++) {
		int32_t first = request->windows[i].first, last = request->windows[i].last;

		if (!clip(problem, &first, &last) || (last -= request->duration - 1) < first)
			continue;
		set_days(index->days, first, last, true);
		hull_first = first < hull_first ? first : hull_first;
		hull_last = last > hull_last ? last : hull_last;
	}
	if (hull_last < 0)
		return;
	for (int32_t i = 0; i < index->n_shields; i++) {
		int32_t first = index->shields[i].first - request->duration + 1, last = index->shields[i].last;

		if (shield_applies(problem, request, &index->shields[i]) && clip(problem, &first, &last))
			set_days(index->days, first, last, false);
	}
	request->first_word = hull_first >> 6;
	request->n_words = (hull_last >> 6) - request->first_word + 1;
	request->starts = memory_new((size_t)request->n_words, sizeof(*request->starts));
	memcpy(request->starts, &index->days[request->first_word], (size_t)request->n_words * sizeof(*request->starts));
}

/* Rule 2, but for the lists of the request. */
static bool has_all(const int32_t *have, int32_t n_have, const int32_t *wanted, int32_t n_wanted)
{
	int32_t i = 0, j = 0;

	while (i < n_have && j < n_wanted) {
		if (have[i] == wanted[j])
			j++;
		i++;
	}
	return j == n_wanted;
}

/* The codes of facilities asked for, ascending; false where one is no venue's. */
static bool wanted_facilities(const struct problem *problem, const Convene__V1__Request *content, int32_t **ret_codes,
                              int32_t *ret_n)
{
	int32_t *codes = memory_new(content->n_facilities, sizeof(*codes)), n = 0;
	bool known = true;

	for (size_t i = 0; i < content->n_facilities; i++) {
		codes[n] = name_find(&problem->index->facilities, content->facilities[i]);
		known = known && codes[n++] != PROBLEM_NONE;
	}
	*ret_n = sort_numbers(codes, n);
	*ret_codes = codes;
	return known;
}

static bool names_venue(const Convene__V1__Request *content, const char *id)
{
	for (size_t i = 0; i < content->n_venues; i++)
		if (strcmp(content->venues[i], id) == 0)
			return true;
	return content->n_venues == 0;
}

static void take_venues_of(struct problem *problem, struct problem_request *request,
                           const Convene__V1__Request *content)
{
	struct problem_index *index = problem->index;
	int32_t *wanted, n_wanted, n = 0, first, behind;

	if (request->discipline == PROBLEM_NONE)
		return;
	if (!wanted_facilities(problem, content, &wanted, &n_wanted))
		goto out;
	memset(index->hosts, 0, (size_t)problem->n_nocs * sizeof(*index->hosts));
	for (size_t i = 0; i < content->n_hosts; i++) {
		int32_t host = name_find(&index->nocs, content->hosts[i]);

		if (host != PROBLEM_NONE && host < problem->n_parties)
			index->hosts[host] = true;
	}
	first = index->venues_of_first[request->discipline];
	behind = index->venues_of_first[request->discipline + 1];
	for (int32_t i = first; i < behind; i++) {
		const struct problem_venue *venue = &problem->venues[index->venues_of[i]];

		if (venue->host != PROBLEM_NONE && index->hosts[venue->host] && request->level <= venue->level &&
		    has_all(venue->facilities, venue->n_facilities, wanted, n_wanted) && names_venue(content, venue->id))
			index->eligible[n++] = index->venues_of[i];
	}
	request->venues = copy_of(index->eligible, n);
	request->n_venues = n;
out:
	free(wanted);
}

static void add_follower(struct problem *problem, int32_t leader, int32_t follower)
{
	struct problem_request *request = &problem->requests[leader];

	if (request->n_followers == request->followers_max) {
		int32_t max = request->followers_max == 0 ? 2 : request->followers_max * 2;

		request->followers = memory_grow(request->followers, (size_t)request->followers_max, (size_t)max,
		                                 sizeof(*request->followers));
		request->followers_max = max;
	}
	request->followers[request->n_followers++] = follower;
}

static void follow_nobody(struct problem *problem, int32_t handle)
{
	const struct problem_request *request = &problem->requests[handle];

	for (int32_t i = 0; i < request->n_after; i++) {
		struct problem_request *leader = &problem->requests[request->after[i].request];
		int32_t kept = 0;

		for (int32_t j = 0; j < leader->n_followers; j++)
			if (leader->followers[j] != handle)
				leader->followers[kept++] = leader->followers[j];
		leader->n_followers = kept;
	}
}

static void take_after(struct problem *problem, int32_t handle, const Convene__V1__Request *content)
{
	struct problem_after *after = memory_new(content->n_after, sizeof(*after));
	int32_t n = 0;

	for (size_t i = 0; i < content->n_after; i++) {
		const Convene__V1__After *link = content->after[i];

		if (link->request == NULL)
			continue;
		after[n].request = handle_of(problem, link->request);
		after[n].min_gap = near(link->min_gap);
		after[n].max_gap = link->has_max_gap ? near(link->max_gap) : PROBLEM_FOREVER;
		add_follower(problem, after[n++].request, handle);
	}
	problem->requests[handle].after = after;
	problem->requests[handle].n_after = n;
}

/* False where one of them is unknown. */
static bool take_squads_of(struct problem *problem, struct problem_request *request,
                           const Convene__V1__Request *content)
{
	bool known = true;

	request->squads = memory_new(content->n_squads, sizeof(*request->squads));
	for (size_t i = 0; i < content->n_squads; i++) {
		int32_t squad = name_find(&problem->index->squads, content->squads[i]);

		if (squad == PROBLEM_NONE)
			known = false;
		else
			request->squads[request->n_squads++] = squad;
	}
	request->n_squads = sort_numbers(request->squads, request->n_squads);
	return known;
}

static void take_announced(struct problem *problem, struct problem_request *request,
                           const Convene__V1__Announced *announced)
{
	if (announced == NULL || !near_day(problem, announced->first_day, &request->announced_day))
		return;
	request->announced = true;
	request->announced_venue = name_find(&problem->index->venues, announced->venue);
	request->fixed = announced->fixed;
}

int32_t problem_put_request(struct problem *problem, const Convene__V1__Request *content, int64_t value,
                            enum problem_put flags)
{
	int32_t handle = handle_of(problem, content->id);
	struct problem_request *request = &problem->requests[handle];
	bool known;

	problem_drop_request(problem, handle);
	request->present = true;
	request->kind = code_kind(content->kind);
	request->federation = name_find(&problem->index->federations, content->federation);
	request->discipline = name_find(&problem->index->disciplines, content->discipline);
	request->level = amount(content->level);
	request->duration = amount(content->duration);
	request->value = amount(value > 0 ? value : content->value);
	request->units = amount(content->units);
	request->headcount = amount(content->headcount);
	request->load = (int64_t)request->headcount * request->duration;
	for (size_t i = 0; i < content->n_services; i++) {
		int service = code_service(content->services[i]->service);

		if (service >= 0)
			request->staff[service] = amount(request->staff[service] + (int64_t)amount(content->services[i]->staff));
	}
	take_windows(problem, request, content);
	known = take_squads_of(problem, request, content) && request->federation != PROBLEM_NONE;
	take_starts(problem, request);
	if (known)
		take_venues_of(problem, request, content);
	if (flags != PROBLEM_PUT_WITHOUT_ANNOUNCED)
		take_announced(problem, request, content->announced);
	take_after(problem, handle, content);
	return handle;
}

void problem_drop_request(struct problem *problem, int32_t handle)
{
	struct problem_request *request = &problem->requests[handle];

	follow_nobody(problem, handle);
	request_done(request);
	*request = (struct problem_request){
		.id = request->id,
		.federation = PROBLEM_NONE,
		.discipline = PROBLEM_NONE,
		.kind = PROBLEM_NONE,
		.announced_venue = PROBLEM_NONE,
		.followers = request->followers,
		.n_followers = request->n_followers,
		.followers_max = request->followers_max,
	};
}

int32_t problem_highest_value(const struct problem *problem)
{
	int32_t highest = 0;

	for (int32_t r = 0; r < problem->n_requests; r++)
		if (problem->requests[r].present && problem->requests[r].value > highest)
			highest = problem->requests[r].value;
	return highest;
}

int32_t problem_name_request(struct problem *problem, const char *id)
{
	return handle_of(problem, id);
}

int32_t problem_request(const struct problem *problem, const char *id)
{
	return name_find(&problem->index->requests, id);
}

int32_t problem_venue(const struct problem *problem, const char *id)
{
	return name_find(&problem->index->venues, id);
}

bool problem_day(const struct problem *problem, const char *iso, int32_t *ret_day)
{
	int32_t day;

	if (!day_parse(iso, &day) || day - problem->first_day != near((int64_t)day - problem->first_day))
		return false;
	*ret_day = day - problem->first_day;
	return true;
}

void problem_format_day(const struct problem *problem, int32_t day, char ret_iso[static PROBLEM_DAY_SIZE])
{
	day_format(problem->first_day + day, ret_iso);
}

void problem_protected_days(const struct problem *problem, int32_t request, uint64_t *ret_days)
{
	const struct problem_index *index = problem->index;

	memset(ret_days, 0, (size_t)problem->n_words * sizeof(*ret_days));
	for (int32_t i = 0; i < index->n_shields; i++)
		if (shield_applies(problem, &problem->requests[request], &index->shields[i]))
			set_days(ret_days, index->shields[i].first, index->shields[i].last, true);
}
