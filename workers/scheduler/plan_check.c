/* plan_check.c - what makes a programme file unfit for planning: plan_file_check() of plan_file.h.
 *
 * All faults are collected, each with the path to its field. What only validation asks of a new request (a title, a
 * headcount of at least its squads …) is none of them. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>
#include "domain/code.h"
#include "domain/day.h"
#include "scheduler/explain.h"
#include "scheduler/memory.h"
#include "scheduler/plan_file.h"
#include "util/err.h"
#include "util/id.h"
#include "util/utf8.h"

#define PATH_SIZE 160
#define ID_SHOWN 64  /* bytes of what somebody wrote for an identifier, */
#define KEY_SHOWN 80 /* and of a key in a path, as in reading */
#define NO_DAY INT32_MIN

struct known {
	const char *id;
	UT_hash_handle hh;
};

/* Identifiers that may be referred to. */
struct set {
	struct known *of;
	bool is_unsure; /* some could not be read: who is not among them may be one of those */
};

struct checking {
	struct programme_file *file;
	const struct problem *problem;
	int32_t first_day; /* of the programme; NO_DAY: not known */
	struct known *blamed, *blamed_alone; /* paths that reading has found at fault: with all below them, or as such */
	bool is_full; /* it has found more than can be told */
	struct set nocs, parties, offers, shields, cities, venues, federations, squads, requests;
};

static bool is_known(struct known *set, const char *id)
{
	struct known *found = NULL;

	if (id != NULL)
		HASH_FIND_STR(set, id, found);
	return found != NULL;
}

static void learn(struct known **set, const char *id)
{
	struct known *added = memory_new(1, sizeof(*added));

	added->id = id;
	HASH_ADD_KEYPTR(hh, *set, id, strlen(id), added);
}

static void forget_all(struct known **set)
{
	struct known *known, *next;

	HASH_ITER(hh, *set, known, next) {
		HASH_DEL(*set, known);
		free(known);
	}
}

/* Has reading found fault with it, or with what it is part of? Then what it is instead says nothing. */
static bool is_blamed(const struct checking *c, const char *path)
{
	char part[PATH_SIZE + 16];
	size_t n = (size_t)snprintf(part, sizeof(part), "%s", path);

	if (c->blamed == NULL && c->blamed_alone == NULL)
		return false;
	if (is_known(c->blamed_alone, part))
		return true;
	for (n = n < sizeof(part) ? n : sizeof(part) - 1; n > 0; n--) {
		if (n == strlen(part) || part[n] == '.' || part[n] == '[') {
			part[n] = '\0';
			if (is_known(c->blamed, part))
				return true;
		}
	}
	return false;
}

/* "cities", "cities[7]" and "cities[7].id": who was not read may be the one that is meant. */
static bool names_record(const char *path, const char *part)
{
	size_t n = strlen(part);
	const char *end;

	if (strncmp(path, part, n) != 0)
		return false;
	if (path[n] != '[')
		return path[n] == '\0';
	end = strchr(path + n, ']');
	return end != NULL && (end[1] == '\0' || strcmp(end + 1, ".id") == 0);
}

/* What reading has found at fault. */
static void take_blame(struct checking *c)
{
	const struct {
		const char *part;
		struct set *set;
	} PARTS[] = {
		{"cities", &c->cities}, {"venues", &c->venues}, {"federations", &c->federations}, {"squads", &c->squads},
		{"requests", &c->requests}, {"programme.parties", &c->nocs}, {"programme.parties", &c->parties},
		{"programme.guests", &c->nocs}, {"programme", &c->nocs}, {"programme", &c->parties},
	};
	size_t n = 0;

	c->is_full = c->file->faults.n_errors >= JSON_FAULTS_MAX;
	for (const struct json_fault *f = c->file->faults.first; f != NULL && !c->is_full; f = f->next) {
		struct known **set = n < c->file->n_text_errors ? &c->blamed_alone : &c->blamed;

		if (f->is_warning)
			continue;
		n++;
		if (!is_known(*set, f->path))
			learn(set, f->path);
		for (size_t i = 0; i < N_ELEMENTS(PARTS); i++)
			PARTS[i].set->is_unsure |= names_record(f->path, PARTS[i].part);
	}
}

__attribute__((format(printf, 3, 4))) static void fault(struct checking *c, const char *path, const char *format, ...)
{
	char text[256];
	va_list args;

	if (c->is_full || is_blamed(c, path))
		return;
	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	json_faults_add(&c->file->faults, /* is_warning= */ false, path, text);
}

/* An id of its own. One that is none may be referred to all the same: one fault is enough. */
static void check_id(struct checking *c, struct set *set, const char *part, size_t i, const char *id)
{
	char path[PATH_SIZE];

	(void)snprintf(path, sizeof(path), "%s[%zu].id", part, i);
	if (id == NULL || !id_is_valid(id))
		fault(c, path, "an identifier is 1 to 64 letters, digits, '.', '_' or '-', and begins with a letter or digit");
	else if (is_known(set->of, id))
		fault(c, path, "\"%s\" is there twice", id);
	if (id != NULL && !is_known(set->of, id))
		learn(&set->of, id);
}

static void check_reference(struct checking *c, const struct set *set, const char *path, const char *what, const char *id)
{
	if (id == NULL)
		fault(c, path, "is missing: the %s's identifier", what);
	else if (!is_known(set->of, id) && !set->is_unsure)
		fault(c, path, "there is no %s \"%.*s\"", what, utf8_cut(id, ID_SHOWN), id);
}

/* One of the programme's committees. */
static void check_noc(struct checking *c, const char *path, const char *what, const char *noc)
{
	check_reference(c, &c->nocs, path, what, noc);
}

static void check_amount(struct checking *c, const char *path, int64_t amount, int64_t least)
{
	if (amount < least)
		fault(c, path, "%lld is below %lld", (long long)amount, (long long)least);
	else if (amount > PROBLEM_AMOUNT_MAX)
		fault(c, path, "%lld is above %d", (long long)amount, PROBLEM_AMOUNT_MAX);
}

/* A number that the planner needs and that may be 0: absent, it counts as that, which is seldom meant. */
static void check_number(struct checking *c, const char *path, bool is_there, int64_t amount)
{
	if (!is_there && !is_blamed(c, path))
		json_faults_add(&c->file->faults, /* is_warning= */ true, path, "is missing and counts as 0");
	check_amount(c, path, amount, 0);
}

static bool check_day(struct checking *c, const char *path, const char *iso, int32_t *ret_day)
{
	if (day_parse(iso, ret_day))
		return true;
	fault(c, path, "is no day: YYYY-MM-DD is asked for");
	return false;
}

/* Two days in order. The paths are `path` and the two ends. */
static void check_period(struct checking *c, const char *path, const char *first_key, const char *first,
                         const char *last_key, const char *last)
{
	char at_first[PATH_SIZE + 16], at_last[PATH_SIZE + 16];
	int32_t from, to;
	bool sound;

	(void)snprintf(at_first, sizeof(at_first), "%s%s", path, first_key);
	(void)snprintf(at_last, sizeof(at_last), "%s%s", path, last_key);
	sound = check_day(c, at_first, first, &from);
	if (check_day(c, at_last, last, &to) && sound && to < from)
		fault(c, at_last, "lies before the first day, %s", first);
}

static void check_programme(struct checking *c)
{
	const Convene__V1__Programme *p = c->file->programme;
	int32_t first, last;

	if (p->id == NULL || !id_is_valid(p->id))
		fault(c, "programme.id", "an identifier is 1 to 64 letters, digits, '.', '_' or '-'");
	check_period(c, "programme", ".first_day", p->first_day, ".last_day", p->last_day);
	if (day_parse(p->first_day, &first))
		c->first_day = first;
	if (c->first_day != NO_DAY && day_parse(p->last_day, &last) &&
	    last - first >= PROBLEM_DAYS_MAX)
		fault(c, "programme.last_day", "the programme is longer than %d days",
		      PROBLEM_DAYS_MAX);
	for (size_t i = 0; i < p->n_parties + p->n_guests; i++) {
		bool party = i < p->n_parties;
		const char *noc = party ? p->parties[i] : p->guests[i - p->n_parties];
		char path[PATH_SIZE];

		(void)snprintf(path, sizeof(path), "programme.%s[%zu]", party ? "parties" : "guests", party ? i : i - p->n_parties);
		if (is_blamed(c, path))
			continue;
		if (is_known(c->nocs.of, noc))
			fault(c, path, "\"%.*s\" is there twice", utf8_cut(noc, ID_SHOWN), noc);
		else
			learn(&c->nocs.of, noc);
		if (!id_is_valid(noc))
			fault(c, path, "a committee's code is 1 to 64 letters, digits, '.', '_' or '-'");
		if (party && !is_known(c->parties.of, noc))
			learn(&c->parties.of, noc);
	}
	if (p->n_parties == 0)
		fault(c, "programme.parties", "nobody hosts: at least one party is needed");
	if (p->policy == NULL)
		return;
	check_amount(c, "programme.policy.date_weight", p->policy->date_weight, 0);
	check_amount(c, "programme.policy.move_cost", p->policy->move_cost, 0);
	check_amount(c, "programme.policy.reciprocity_weight", p->policy->reciprocity_weight, 0);
	check_amount(c, "programme.policy.rest_same_city", p->policy->rest_same_city, 0);
	check_amount(c, "programme.policy.rest_same_host", p->policy->rest_same_host, 0);
	check_amount(c, "programme.policy.rest_between_hosts", p->policy->rest_between_hosts, 0);
}

#define AT(path, ...) ((void)snprintf(path, sizeof(path), __VA_ARGS__), path)

static void check_places(struct checking *c)
{
	char path[PATH_SIZE];

	for (size_t n = 0; n < c->file->n_cities; n++) {
		const Convene__V1__City *city = c->file->cities[n];
		size_t i = c->file->at[FILE_CITIES][n];

		check_id(c, &c->cities, "cities", i, city->id);
		check_noc(c, AT(path, "cities[%zu].noc", i), "party or guest", city->noc);
		check_number(c, AT(path, "cities[%zu].beds", i), city->has_beds, city->beds);
	}
	for (size_t n = 0; n < c->file->n_venues; n++) {
		const Convene__V1__Venue *venue = c->file->venues[n];
		size_t i = c->file->at[FILE_VENUES][n];

		check_id(c, &c->venues, "venues", i, venue->id);
		check_reference(c, &c->cities, AT(path, "venues[%zu].city", i), "city", venue->city);
		check_number(c, AT(path, "venues[%zu].units", i), venue->has_units, venue->units);
		check_number(c, AT(path, "venues[%zu].level", i), venue->has_level, venue->level);
		for (size_t j = 0; j < venue->n_closed; j++)
			check_period(c, AT(path, "venues[%zu].closed[%zu]", i, j), "[0]", venue->closed[j]->first, "[1]",
			             venue->closed[j]->last);
	}
}

static void check_services(struct checking *c)
{
	char path[PATH_SIZE];
	int32_t day;

	for (size_t n = 0; n < c->file->n_services; n++) {
		const Convene__V1__Offer *offer = c->file->services[n];
		size_t i = c->file->at[FILE_SERVICES][n];

		check_id(c, &c->offers, "services", i, offer->id);
		check_noc(c, AT(path, "services[%zu].noc", i), "party or guest", offer->noc);
		if (offer->provider != NULL)
			check_noc(c, AT(path, "services[%zu].provider", i), "party or guest",
			          offer->provider);
		if (code_service(offer->service) < 0)
			fault(c, AT(path, "services[%zu].service", i), "is training, scientific, methodological or medical");
		check_number(c, AT(path, "services[%zu].capacity", i), offer->has_capacity, offer->capacity);
		if (offer->first_day != NULL && offer->last_day != NULL)
			check_period(c, AT(path, "services[%zu]", i), ".first_day", offer->first_day,
			             ".last_day", offer->last_day);
		else if (offer->first_day != NULL)
			(void)check_day(c, AT(path, "services[%zu].first_day", i), offer->first_day,
			                &day);
		else if (offer->last_day != NULL)
			(void)check_day(c, AT(path, "services[%zu].last_day", i), offer->last_day,
			                &day);
	}
}

static void check_people(struct checking *c)
{
	char path[PATH_SIZE];

	for (size_t n = 0; n < c->file->n_federations; n++) {
		const Convene__V1__Federation *federation = c->file->federations[n];
		size_t i = c->file->at[FILE_FEDERATIONS][n];

		check_id(c, &c->federations, "federations", i, federation->id);
		check_noc(c, AT(path, "federations[%zu].noc", i), "party or guest", federation->noc);
		check_number(c, AT(path, "federations[%zu].max_events", i), federation->has_max_events, federation->max_events);
	}
	for (size_t n = 0; n < c->file->n_squads; n++) {
		const Convene__V1__Squad *squad = c->file->squads[n];
		size_t i = c->file->at[FILE_SQUADS][n];

		check_id(c, &c->squads, "squads", i, squad->id);
		check_reference(c, &c->federations, AT(path, "squads[%zu].federation", i), "federation", squad->federation);
		check_amount(c, AT(path, "squads[%zu].size", i), squad->size, 0);
	}
	for (size_t n = 0; n < c->file->n_protected; n++) {
		const Convene__V1__Protected *days = c->file->protected[n];
		size_t i = c->file->at[FILE_PROTECTED][n];

		check_id(c, &c->shields, "protected", i, days->id);
		check_period(c, AT(path, "protected[%zu]", i), ".first_day", days->first_day, ".last_day", days->last_day);
		if (days->noc != NULL)
			check_noc(c, AT(path, "protected[%zu].noc", i), "party or guest", days->noc);
	}
}

static void check_announced(struct checking *c, size_t i, const Convene__V1__Announced *announced)
{
	char path[PATH_SIZE];
	int32_t day;

	check_reference(c, &c->venues, AT(path, "requests[%zu].announced.venue", i), "venue", announced->venue);
	(void)check_day(c, AT(path, "requests[%zu].announced.first_day", i), announced->first_day, &day);
}

static void check_links(struct checking *c, size_t i, const Convene__V1__Request *request)
{
	char path[PATH_SIZE];

	for (size_t j = 0; j < request->n_hosts; j++)
		check_reference(c, &c->parties, AT(path, "requests[%zu].hosts[%zu]", i, j), "party", request->hosts[j]);
	for (size_t j = 0; j < request->n_venues; j++)
		check_reference(c, &c->venues, AT(path, "requests[%zu].venues[%zu]", i, j), "venue", request->venues[j]);
	for (size_t j = 0; j < request->n_squads; j++)
		check_reference(c, &c->squads, AT(path, "requests[%zu].squads[%zu]", i, j), "squad", request->squads[j]);
	for (size_t j = 0; j < request->n_after; j++) {
		const Convene__V1__After *after = request->after[j];

		check_reference(c, &c->requests, AT(path, "requests[%zu].after[%zu].request", i, j), "request", after->request);
		check_amount(c, AT(path, "requests[%zu].after[%zu].min_gap", i, j), after->min_gap, 0);
		if (after->has_max_gap && after->max_gap < after->min_gap)
			fault(c, AT(path, "requests[%zu].after[%zu].max_gap", i, j), "is below min_gap");
	}
}

/* The distance from it counts. */
static void check_wish(struct checking *c, const char *path, const char *iso)
{
	int32_t day;

	if (check_day(c, path, iso, &day) && c->first_day != NO_DAY &&
	    (day < c->first_day - PROBLEM_DAYS_MAX || day > c->first_day + PROBLEM_DAYS_MAX))
		fault(c, path, "lies more than %d days from the programme", PROBLEM_DAYS_MAX);
}

static void check_request(struct checking *c, size_t n)
{
	const Convene__V1__Request *request = c->file->requests[n];
	size_t i = c->file->at[FILE_REQUESTS][n];
	char path[PATH_SIZE];

	check_reference(c, &c->federations, AT(path, "requests[%zu].federation", i), "federation", request->federation);
	if (code_kind(request->kind) < 0)
		fault(c, AT(path, "requests[%zu].kind", i), "is training_camp, competition, tournament or mass_event");
	check_number(c, AT(path, "requests[%zu].level", i), request->has_level, request->level);
	if (!request->has_duration)
		fault(c, AT(path, "requests[%zu].duration", i), "is missing: a number of days, 1 or more");
	else
		check_amount(c, AT(path, "requests[%zu].duration", i), request->duration, 1);
	check_number(c, AT(path, "requests[%zu].units", i), request->has_units, request->units);
	check_number(c, AT(path, "requests[%zu].headcount", i), request->has_headcount, request->headcount);
	check_number(c, AT(path, "requests[%zu].value", i), request->has_value, request->value);
	for (size_t j = 0; j < request->n_windows; j++)
		check_period(c, AT(path, "requests[%zu].windows[%zu]", i, j), "[0]", request->windows[j]->first, "[1]",
		             request->windows[j]->last);
	check_wish(c, AT(path, "requests[%zu].preferred_first_day", i), request->preferred_first_day);
	for (size_t j = 0; j < request->n_services; j++) {
		const Convene__V1__Need *need = request->services[j];

		(void)AT(path, "requests[%zu].services.%.*s", i, utf8_cut(need->service, KEY_SHOWN), need->service);
		if (code_service(need->service) < 0)
			fault(c, path, "is no service");
		check_amount(c, path, need->staff, 0);
	}
	check_links(c, i, request);
	if (request->announced != NULL)
		check_announced(c, i, request->announced);
}

/* Takes away whoever has nobody before it that is left (or behind it: `forwards` false), and so on. */
static void strip(const struct problem *problem, bool forwards, bool *gone)
{
	int32_t n = problem->n_requests, *left = memory_new((size_t)n, sizeof(*left)), *stack = memory_new((size_t)n, sizeof(*stack));
	int32_t n_stack = 0;

	for (int32_t r = 0; r < n; r++) {
		const struct problem_request *request = &problem->requests[r];

		for (int32_t i = 0; i < (forwards ? request->n_after : request->n_followers); i++)
			left[r] += !gone[forwards ? request->after[i].request : request->followers[i]];
		if (!gone[r] && left[r] == 0)
			stack[n_stack++] = r;
	}
	while (n_stack > 0) {
		const struct problem_request *request = &problem->requests[stack[--n_stack]];

		gone[request - problem->requests] = true;
		for (int32_t i = 0; i < (forwards ? request->n_followers : request->n_after); i++) {
			int32_t next = forwards ? request->followers[i] : request->after[i].request;

			if (!gone[next] && --left[next] == 0)
				stack[n_stack++] = next;
		}
	}
	free(left);
	free(stack);
}

static void check_circles(struct checking *c)
{
	bool *gone = memory_new((size_t)c->problem->n_requests, sizeof(*gone));

	strip(c->problem, /* forwards= */ true, gone);
	strip(c->problem, /* forwards= */ false, gone);
	for (size_t i = 0; i < c->file->n_requests; i++) {
		int32_t r = problem_request(c->problem, c->file->requests[i]->id);
		char path[PATH_SIZE];

		if (r != PROBLEM_NONE && !gone[r])
			fault(c, AT(path, "requests[%zu].after", c->file->at[FILE_REQUESTS][i]),
			      "goes round in a circle");
	}
	free(gone);
}

/* Puts the fixed events one by one; who does not fit with those before it contradicts them. */
static void check_fixed(struct checking *c)
{
	struct calendar *calendar = calendar_new(c->problem);

	for (size_t i = 0; i < c->file->n_requests; i++) {
		int32_t r = problem_request(c->problem, c->file->requests[i]->id);
		const struct problem_request *request = r == PROBLEM_NONE ? NULL : &c->problem->requests[r];
		struct explain_reason reasons[EXPLAIN_REASONS_MAX];
		char path[PATH_SIZE];
		int32_t n;

		if (request == NULL || !request->fixed || request->announced_venue == PROBLEM_NONE || calendar_is_placed(calendar, r))
			continue;
		(void)AT(path, "requests[%zu].announced", i);
		if (request->announced_day < 0 || request->announced_day + request->duration > c->problem->n_days) {
			fault(c, path, "a fixed event lies outside the programme");
			continue;
		}
		/* Whom it comes after may be fixed further down in the file: rule 9 is looked at once all stand. */
		n = explain_place(calendar, r, request->announced_venue, request->announced_day, PLACE_LEAVE_FOLLOWERS, reasons);
		for (int32_t k = 0; k < n; k++)
			if (reasons[k].code != REASON_AFTER_UNPLACED)
				fault(c, path, "the fixed event \"%s\" contradicts %s%s%s: %s", request->id,
				      reasons[k].n_with > 0 ? "\"" : "what there is",
				      reasons[k].n_with > 0 ? c->problem->requests[reasons[k].with[0]].id : "",
				      reasons[k].n_with > 0 ? "\"" : "", code_reason_name((int)reasons[k].code));
		calendar_place(calendar, r, request->announced_venue, request->announced_day);
	}
	for (size_t i = 0; i < c->file->n_requests; i++) {
		int32_t r = problem_request(c->problem, c->file->requests[i]->id);
		char path[PATH_SIZE];

		if (r == PROBLEM_NONE || !c->problem->requests[r].fixed || !calendar_is_placed(calendar, r))
			continue;
		for (int32_t k = 0; k < c->problem->requests[r].n_after; k++) {
			const struct problem_after *after = &c->problem->requests[r].after[k];

			if (!calendar_is_placed(calendar, after->request) && !c->problem->requests[after->request].fixed)
				continue; /* it may still be placed in time */
			if (place_breaks_follower(calendar, after->request, calendar_where(calendar, after->request).day, r))
				fault(c, AT(path, "requests[%zu].after[%d]", i, k), "the fixed event \"%s\" contradicts \"%s\": AFTER_GAP",
				      c->problem->requests[r].id, c->problem->requests[after->request].id);
		}
	}
	calendar_free(calendar);
}

static void forget(struct checking *c)
{
	forget_all(&c->blamed);
	forget_all(&c->blamed_alone);
	forget_all(&c->nocs.of);
	forget_all(&c->parties.of);
	forget_all(&c->offers.of);
	forget_all(&c->shields.of);
	forget_all(&c->cities.of);
	forget_all(&c->venues.of);
	forget_all(&c->federations.of);
	forget_all(&c->squads.of);
	forget_all(&c->requests.of);
}

size_t plan_file_check(struct programme_file *file, const struct problem *problem)
{
	struct checking c = {.file = file, .problem = problem, .first_day = NO_DAY};
	bool is_read = file->faults.n_errors == 0;

	take_blame(&c);
	if (file->programme != NULL)
		check_programme(&c);
	check_places(&c);
	check_services(&c);
	check_people(&c);
	for (size_t i = 0; i < file->n_requests; i++)
		check_id(&c, &c.requests, "requests", file->at[FILE_REQUESTS][i],
		         file->requests[i]->id);
	for (size_t i = 0; i < file->n_requests; i++)
		check_request(&c, i);
	if (problem != NULL)
		check_circles(&c);
	if (problem != NULL && is_read) /* else what they need may be what was left out */
		check_fixed(&c);
	forget(&c);
	return file->faults.n_errors;
}

/* What the requests of another file may refer to. */
static void learn_sound(struct checking *c, const struct programme_file *sound)
{
	const Convene__V1__Programme *p = sound->programme;

	for (size_t i = 0; i < p->n_parties + p->n_guests; i++)
		learn(&c->nocs.of, i < p->n_parties ? p->parties[i] : p->guests[i - p->n_parties]);
	for (size_t i = 0; i < p->n_parties; i++)
		learn(&c->parties.of, p->parties[i]);
	(void)day_parse(p->first_day, &c->first_day);
	for (size_t i = 0; i < sound->n_venues; i++)
		learn(&c->venues.of, sound->venues[i]->id);
	for (size_t i = 0; i < sound->n_federations; i++)
		learn(&c->federations.of, sound->federations[i]->id);
	for (size_t i = 0; i < sound->n_squads; i++)
		learn(&c->squads.of, sound->squads[i]->id);
	for (size_t i = 0; i < sound->n_requests; i++)
		learn(&c->requests.of, sound->requests[i]->id);
}

size_t plan_file_check_more(struct programme_file *more, const struct programme_file *sound)
{
	struct checking c = {.file = more, .first_day = NO_DAY};
	struct set fresh = {0};
	char path[PATH_SIZE];

	take_blame(&c);
	learn_sound(&c, sound);
	for (size_t n = 0; n < more->n_requests; n++) {
		const char *id = more->requests[n]->id;
		size_t i = more->at[FILE_REQUESTS][n];

		check_id(&c, &fresh, "requests", i, id);
		if (is_known(c.requests.of, id))
			fault(&c, AT(path, "requests[%zu].id", i), "\"%s\" is in the programme", id);
		check_request(&c, n);
	}
	forget_all(&fresh.of);
	forget(&c);
	return more->faults.n_errors;
}
