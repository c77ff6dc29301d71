/* explain.c - why a request has no place. See explain.h.
 *
 * Start days are taken away rule by rule, venue by venue; each day that a rule takes is charged to the events that
 * reach into it. */
#include "scheduler/explain.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "scheduler/memory.h"
#include "scheduler/scan.h"

/* One event in the way, and on how many start days. */
struct charge {
	enum code_reason code;
	int32_t request;
	int64_t days;
};

struct inquiry {
	const struct calendar *calendar;
	const struct problem_request *request;
	int64_t taken[EXPLAIN_REASONS_MAX]; /* start days, by code */
	bool named[EXPLAIN_REASONS_MAX];
	int32_t lacks[PROBLEM_SERVICES]; /* fewest missing on a start day that the service took; 0: none */
	struct charge *charges;
	int32_t n_charges, max_charges;
	int32_t n_words;
	bool every; /* each rule is looked at as if it were the only one */
	uint64_t left[SCAN_WORDS_MAX], lost[SCAN_WORDS_MAX];
	uint64_t bad[SCAN_WORDS_MAX];  /* days that the last rule found wanting */
	int32_t first_lost, last_lost; /* `lost` lies in between */
};

static void charge(struct inquiry *inquiry, enum code_reason code, int32_t request, int64_t days)
{
	if (inquiry->n_charges == inquiry->max_charges) {
		int32_t max = inquiry->max_charges == 0 ? 64 : inquiry->max_charges * 2;

		inquiry->charges = memory_grow(inquiry->charges, (size_t)inquiry->max_charges, (size_t)max,
		                               sizeof(*inquiry->charges));
		inquiry->max_charges = max;
	}
	inquiry->charges[inquiry->n_charges++] = (struct charge){code, request, days};
}

static bool bit(const uint64_t *mask, int32_t day)
{
	return (mask[day >> 6] >> (day & 63) & 1) != 0;
}

/* Start days among `lost` in [first, last]. */
static int64_t lost_between(const struct inquiry *inquiry, int32_t first, int32_t last)
{
	int64_t n = 0;

	for (int32_t d = first < 0 ? 0 : first; d <= last && d < inquiry->n_words * 64; d++)
		n += bit(inquiry->lost, d);
	return n;
}

/* The last day of an event that begins on `day`, or of the days that are looked at. */
static int32_t last_day_of(const struct inquiry *inquiry, int32_t day)
{
	int64_t last = (int64_t)day + inquiry->request->duration - 1;

	return last < inquiry->n_words * 64 ? (int32_t)last : inquiry->n_words * 64 - 1;
}

/* First and last start day that is left; false: none is. */
static bool hull_of_left(const struct inquiry *inquiry, int32_t *ret_first, int32_t *ret_last)
{
	int32_t first = 0, last = inquiry->n_words - 1;

	while (first <= last && inquiry->left[first] == 0)
		first++;
	while (last >= first && inquiry->left[last] == 0)
		last--;
	if (first > last)
		return false;
	*ret_first = first * 64 + __builtin_ctzll(inquiry->left[first]);
	*ret_last = last * 64 + 63 - __builtin_clzll(inquiry->left[last]);
	return true;
}

/* Moves the start days whose event would meet a day outside `good` from `left` to `lost`; such days
 * are kept as `bad`. */
static bool lose(struct inquiry *inquiry, enum code_reason code, const uint64_t *good)
{
	int64_t n = 0;
	int32_t run = 0, first, last; /* run: good days from d on */

	if (!hull_of_left(inquiry, &first, &last))
		return false;
	memset(inquiry->lost, 0, sizeof(*inquiry->lost) * (size_t)inquiry->n_words);
	for (int32_t w = 0; w < inquiry->n_words; w++)
		inquiry->bad[w] = ~good[w];
	for (int32_t d = last_day_of(inquiry, last); d >= first; d--) {
		run = bit(good, d) ? run + 1 : 0;
		if (run >= inquiry->request->duration || d > last || !bit(inquiry->left, d))
			continue;
		inquiry->lost[d >> 6] |= UINT64_C(1) << (d & 63);
		inquiry->first_lost = d;
		inquiry->last_lost = n++ == 0 ? d : inquiry->last_lost;
	}
	for (int32_t w = 0; w < inquiry->n_words && !inquiry->every; w++)
		inquiry->left[w] &= ~inquiry->lost[w];
	inquiry->taken[code] += n;
	inquiry->named[code] = inquiry->named[code] || n > 0;
	return n > 0;
}

static void row_days(const struct inquiry *inquiry, const struct room *room, int32_t row, int32_t need, uint64_t *ret_days)
{
	for (int32_t w = 0; w < inquiry->n_words; w++)
		ret_days[w] = room_at_least(room, row, w, need);
}

/* Where there is never enough, nobody stands in the way: start days that meet a day with less than
 * `need` of what there is at all are charged to nobody. `all` NULL: `least` on every day. */
static void blame_nobody_for(struct inquiry *inquiry, const int32_t *all, int32_t least,
                             int32_t need)
{
	int32_t run = 0; /* days from d on with enough */
	int32_t d = last_day_of(inquiry, inquiry->last_lost);

	if (all == NULL && least >= need)
		return;
	d = d < inquiry->calendar->problem->n_days ? d : inquiry->calendar->problem->n_days - 1;
	for (; d >= inquiry->first_lost; d--) {
		run = all != NULL && all[d] >= need ? run + 1 : 0;
		if (run < inquiry->request->duration)
			inquiry->lost[d >> 6] &= ~(UINT64_C(1) << (d & 63));
	}
}

/* Lost start days whose event would share a bad day with this one. */
static int64_t days_blocked_by(const struct inquiry *inquiry, const struct calendar_event *event)
{
	int64_t n = 0;
	int32_t next = 0; /* start days before it are counted */
	int32_t n_days = inquiry->calendar->problem->n_days;

	for (int32_t d = event->first < 0 ? 0 : event->first; d <= event->last && d < n_days; d++) {
		int32_t from = d - inquiry->request->duration + 1;

		if (!bit(inquiry->bad, d))
			continue;
		n += lost_between(inquiry, from > next ? from : next, d);
		next = d + 1;
	}
	return n;
}

/* What an event takes of what is short. */
static int32_t takes(const struct problem_request *request, enum code_reason code, int32_t service)
{
	return code == REASON_VENUE_FULL  ? request->units :
	       code == REASON_CITY_FULL ? request->headcount :
					  request->staff[service];
}

/* The events of one venue that take of what is short on bad days. `service` as in staff[], where it
 * is staff. */
static void charge_venue(struct inquiry *inquiry, enum code_reason code, int32_t venue, int32_t service)
{
	const struct problem_request *requests = inquiry->calendar->problem->requests;
	const struct calendar_events *events = &inquiry->calendar->events[venue];
	int32_t last_lost = last_day_of(inquiry, inquiry->last_lost); /* of the last lost event */

	for (int32_t i = 0; i < events->n && events->at[i].first <= last_lost; i++) {
		const struct calendar_event *event = &events->at[i];
		bool has_part = event->last >= inquiry->first_lost &&
		                takes(&requests[event->request], code, service) > 0;
		int64_t days = has_part ? days_blocked_by(inquiry, event) : 0;

		if (days > 0)
			charge(inquiry, code, event->request, days);
	}
}

/* The staff of a service that is missing, of the start days just lost, where the fewest are. */
static void count_lack(struct inquiry *inquiry, int32_t service, int32_t row)
{
	const int64_t need = inquiry->request->staff[service];
	const int32_t n_days = inquiry->n_words * 64;

	for (int32_t d = 0; d < n_days; d++) {
		int64_t lack = 0;

		if (!bit(inquiry->lost, d))
			continue;
		for (int32_t i = d; i < d + inquiry->request->duration && i < n_days; i++) {
			int64_t here = need - room_left(&inquiry->calendar->staff, row, i);

			lack = here > lack ? here : lack;
		}
		lack = lack < need ? lack : need; /* below nothing there is nothing */
		if (lack > 0 && (inquiry->lacks[service] == 0 || lack < inquiry->lacks[service]))
			inquiry->lacks[service] = (int32_t)lack;
	}
}

static void look_at_staff(struct inquiry *inquiry, int32_t host, int32_t service)
{
	const struct calendar *calendar = inquiry->calendar;
	const struct problem *problem = calendar->problem;
	int32_t row = host * PROBLEM_SERVICES + service;
	int32_t need = inquiry->request->staff[service];
	uint64_t good[SCAN_WORDS_MAX];

	row_days(inquiry, &calendar->staff, row, need, good);
	if (!lose(inquiry, REASON_SERVICE_EXHAUSTED, good))
		return;
	count_lack(inquiry, service, row);
	blame_nobody_for(inquiry, &problem->offered[(size_t)row * (size_t)problem->n_days], 0, need);
	for (int32_t v = 0; v < problem->n_venues; v++)
		if (problem->venues[v].host == host)
			charge_venue(inquiry, REASON_SERVICE_EXHAUSTED, v, service);
}

static void look_at_room(struct inquiry *inquiry, int32_t v)
{
	const struct calendar *calendar = inquiry->calendar;
	const struct problem *problem = calendar->problem;
	const struct problem_venue *venue = &problem->venues[v];
	const struct problem_city *city = &problem->cities[venue->city];
	const struct problem_request *request = inquiry->request;
	uint64_t good[SCAN_WORDS_MAX];

	row_days(inquiry, &calendar->units, v, request->units, good);
	if (lose(inquiry, REASON_VENUE_FULL, good)) {
		blame_nobody_for(inquiry, NULL, venue->units, request->units);
		charge_venue(inquiry, REASON_VENUE_FULL, v, 0);
	}
	row_days(inquiry, &calendar->beds, venue->city, request->headcount, good);
	if (lose(inquiry, REASON_CITY_FULL, good)) {
		blame_nobody_for(inquiry, NULL, city->beds, request->headcount);
		for (int32_t i = 0; i < city->n_venues; i++)
			charge_venue(inquiry, REASON_CITY_FULL,
			             problem->city_venues[city->first_venue + i], 0);
	}
	for (int32_t s = 0; s < PROBLEM_SERVICES; s++)
		if (request->staff[s] > 0)
			look_at_staff(inquiry, venue->host, s);
}

/* Takes [first, last] from the start days left, charging `request` for them. */
static void lose_starts(struct inquiry *inquiry, enum code_reason code, int32_t first, int32_t last, int32_t request,
                        const uint64_t *before)
{
	int64_t n = 0;

	for (int32_t d = first < 0 ? 0 : first; d <= last && d < inquiry->n_words * 64; d++) {
		if (!bit(before, d))
			continue;
		n++;
		inquiry->taken[code] += bit(inquiry->left, d);
		if (!inquiry->every)
			inquiry->left[d >> 6] &= ~(UINT64_C(1) << (d & 63));
	}
	if (n > 0) {
		inquiry->named[code] = true;
		charge(inquiry, code, request, n);
	}
}

/* The start days at the venue that a squad's journey leaves no time for: first and last. */
struct days {
	int32_t first, last;
};

static struct days starts_lost_by(const struct inquiry *inquiry, const struct calendar_visit *visit,
                                  const struct problem_venue *venue)
{
	int32_t rest = calendar_rest(inquiry->calendar->problem, visit->city, visit->host, venue->city, venue->host);

	return (struct days){visit->first - rest - inquiry->request->duration + 1, visit->last + rest};
}

static void look_at_squads(struct inquiry *inquiry, int32_t v)
{
	const struct calendar *calendar = inquiry->calendar;
	const struct problem_venue *venue = &calendar->problem->venues[v];
	uint64_t before[SCAN_WORDS_MAX];

	memcpy(before, inquiry->left, sizeof(*before) * (size_t)inquiry->n_words);
	for (int32_t i = 0; i < inquiry->request->n_squads; i++) {
		const struct calendar_visits *visits = &calendar->visits[inquiry->request->squads[i]];

		for (int32_t j = 0; j < visits->n; j++) {
			struct days lost = starts_lost_by(inquiry, &visits->at[j], venue);

			lose_starts(inquiry, REASON_SQUAD_BUSY, lost.first, lost.last, visits->at[j].request, before);
		}
	}
}

/* Would the squads leave no day of those that are left, whatever room there was? */
static bool squads_leave_none(const struct inquiry *inquiry, int32_t v)
{
	const struct problem_venue *venue = &inquiry->calendar->problem->venues[v];
	uint64_t left[SCAN_WORDS_MAX], any = 0, all = 0;

	memcpy(left, inquiry->left, sizeof(*left) * (size_t)inquiry->n_words);
	for (int32_t i = 0; i < inquiry->request->n_squads; i++) {
		const struct calendar_visits *visits = &inquiry->calendar->visits[inquiry->request->squads[i]];

		for (int32_t j = 0; j < visits->n; j++) {
			struct days lost = starts_lost_by(inquiry, &visits->at[j], venue);

			for (int32_t d = lost.first < 0 ? 0 : lost.first; d <= lost.last && d < inquiry->n_words * 64; d++)
				left[d >> 6] &= ~(UINT64_C(1) << (d & 63));
		}
	}
	for (int32_t w = 0; w < inquiry->n_words; w++) {
		any |= left[w];
		all |= inquiry->left[w];
	}
	return any == 0 && all != 0;
}

static void look_at_order(struct inquiry *inquiry, unsigned flags)
{
	const struct problem *problem = inquiry->calendar->problem;
	uint64_t before[SCAN_WORDS_MAX];

	memcpy(before, inquiry->left, sizeof(*before) * (size_t)inquiry->n_words);
	for (int32_t i = 0; i < inquiry->request->n_after; i++) {
		const struct problem_after *link = &inquiry->request->after[i];
		struct calendar_spot spot = calendar_where(inquiry->calendar, link->request);
		int32_t behind = spot.day + problem->requests[link->request].duration;

		if (spot.venue == PROBLEM_NONE)
			continue;
		lose_starts(inquiry, REASON_AFTER_GAP, 0, behind + link->min_gap - 1, link->request, before);
		if (link->max_gap != PROBLEM_FOREVER)
			lose_starts(inquiry, REASON_AFTER_GAP, behind + link->max_gap + 1, problem->n_days, link->request, before);
	}
	for (int32_t i = 0; i < inquiry->request->n_followers && (flags & PLACE_LEAVE_FOLLOWERS) == 0; i++)
		for (int32_t d = 0; d < problem->n_days; d++)
			if (bit(before, d) && place_breaks_follower(inquiry->calendar, (int32_t)(inquiry->request - problem->requests),
			                                            d, inquiry->request->followers[i]))
				lose_starts(inquiry, REASON_AFTER_GAP, d, d, inquiry->request->followers[i], before);
}

/* Start days inside the windows, not before `not_before`. */
static bool window_starts(const struct inquiry *inquiry, int32_t not_before, uint64_t *ret_starts)
{
	const struct problem_request *request = inquiry->request;
	bool some = false;

	memset(ret_starts, 0, sizeof(*ret_starts) * (size_t)inquiry->n_words);
	for (int32_t i = 0; i < request->n_windows && request->duration > 0; i++) {
		int32_t first = request->windows[i].first, last = request->windows[i].last - request->duration + 1;

		first = first < not_before ? not_before : first;
		first = first < 0 ? 0 : first;
		if (last > inquiry->calendar->problem->n_days - request->duration)
			last = inquiry->calendar->problem->n_days - request->duration;
		for (int32_t d = first; d <= last; d++) {
			ret_starts[d >> 6] |= UINT64_C(1) << (d & 63);
			some = true;
		}
	}
	return some;
}

/* What holds for the request wherever it goes: predecessors and quota. */
static void look_at_leaders(struct inquiry *inquiry)
{
	for (int32_t i = 0; i < inquiry->request->n_after; i++)
		if (!calendar_is_placed(inquiry->calendar, inquiry->request->after[i].request)) {
			inquiry->named[REASON_AFTER_UNPLACED] = true;
			charge(inquiry, REASON_AFTER_UNPLACED, inquiry->request->after[i].request, 1);
		}
}

static void look_at_quota(struct inquiry *inquiry)
{
	const struct calendar *calendar = inquiry->calendar;
	int32_t federation = inquiry->request->federation;

	if (federation == PROBLEM_NONE ||
	    calendar->n_of_federation[federation] < calendar->problem->federations[federation].max_events)
		return;
	inquiry->named[REASON_QUOTA_REACHED] = true;
	for (int32_t r = 0; r < calendar->problem->n_requests; r++)
		if (calendar->problem->requests[r].federation == federation && calendar_is_placed(calendar, r))
			charge(inquiry, REASON_QUOTA_REACHED, r, 1);
}

static bool look_at_venue(struct inquiry *inquiry, int32_t v, const uint64_t *starts, const uint64_t *allowed)
{
	size_t size = sizeof(*starts) * (size_t)inquiry->n_words;
	uint64_t left = 0, open[SCAN_WORDS_MAX];
	bool in_vain;

	memcpy(inquiry->left, starts, size);
	lose(inquiry, REASON_PROTECTED_DAYS, allowed);
	lose(inquiry, REASON_VENUE_CLOSED, inquiry->calendar->problem->venues[v].open);
	in_vain = squads_leave_none(inquiry, v); /* more room would be of no use: that is to be said, too */
	memcpy(open, inquiry->left, size);
	look_at_room(inquiry, v);
	if (in_vain)
		memcpy(inquiry->left, open, size);
	look_at_squads(inquiry, v);
	look_at_order(inquiry, PLACE_PLAIN);
	for (int32_t w = 0; w < inquiry->n_words; w++)
		left |= inquiry->left[w];
	return left != 0;
}

static int compare_charges(const void *a, const void *b)
{
	const struct charge *x = a, *y = b;

	if (x->code != y->code)
		return x->code < y->code ? -1 : 1;
	return (x->request > y->request) - (x->request < y->request);
}

/* Adds up charges to the same request for the same reason. */
static void merge_charges(struct inquiry *inquiry)
{
	int32_t n = 0;

	if (inquiry->n_charges > 0)
		qsort(inquiry->charges, (size_t)inquiry->n_charges, sizeof(*inquiry->charges), compare_charges);
	for (int32_t i = 0; i < inquiry->n_charges; i++)
		if (n > 0 && compare_charges(&inquiry->charges[n - 1], &inquiry->charges[i]) == 0)
			inquiry->charges[n - 1].days += inquiry->charges[i].days;
		else
			inquiry->charges[n++] = inquiry->charges[i];
	inquiry->n_charges = n;
}

/* The ones that block most days first; of two, the one of less value. */
static void name_rivals(const struct inquiry *inquiry, struct explain_reason *reason)
{
	const struct problem_request *requests = inquiry->calendar->problem->requests;
	int64_t days[EXPLAIN_WITH_MAX];

	for (int32_t i = 0; i < inquiry->n_charges; i++) {
		const struct charge *c = &inquiry->charges[i];
		int32_t at = reason->n_with;

		if (c->code != reason->code)
			continue;
		while (at > 0 && (days[at - 1] < c->days || (days[at - 1] == c->days && requests[reason->with[at - 1]].value >
		                                                                           requests[c->request].value)))
			at--;
		if (at == EXPLAIN_WITH_MAX)
			continue;
		if (reason->n_with < EXPLAIN_WITH_MAX)
			reason->n_with++;
		memmove(&reason->with[at + 1], &reason->with[at], (size_t)(reason->n_with - 1 - at) * sizeof(*reason->with));
		memmove(&days[at + 1], &days[at], (size_t)(reason->n_with - 1 - at) * sizeof(*days));
		reason->with[at] = c->request;
		days[at] = c->days;
	}
}

static int32_t conclude(struct inquiry *inquiry, struct explain_reason *ret_reasons)
{
	int32_t n = 0;

	merge_charges(inquiry);
	for (enum code_reason code = 0; code < EXPLAIN_REASONS_MAX; code++) {
		int32_t at = n;

		if (!inquiry->named[code])
			continue;
		for (; at > 0 && inquiry->taken[ret_reasons[at - 1].code] < inquiry->taken[code]; at--)
			ret_reasons[at] = ret_reasons[at - 1];
		ret_reasons[at] = (struct explain_reason){.code = code};
		n++;
	}
	for (int32_t i = 0; i < n; i++)
		name_rivals(inquiry, &ret_reasons[i]);
	for (int32_t i = 0; i < n; i++)
		if (ret_reasons[i].code == REASON_SERVICE_EXHAUSTED)
			memcpy(ret_reasons[i].lacks, inquiry->lacks, sizeof(inquiry->lacks));
	free(inquiry->charges);
	return n;
}

/* Those that hold everywhere come first: they alone are enough. */
static void weigh_absolute(struct inquiry *inquiry)
{
	static const enum code_reason ABSOLUTE[] = {REASON_NO_ELIGIBLE_VENUE, REASON_NO_WINDOW, REASON_AFTER_UNPLACED,
	                                            REASON_QUOTA_REACHED};

	for (size_t i = 0; i < sizeof(ABSOLUTE) / sizeof(*ABSOLUTE); i++)
		if (inquiry->named[ABSOLUTE[i]])
			inquiry->taken[ABSOLUTE[i]] = INT64_MAX;
}

int32_t explain_unplaced(const struct calendar *calendar, int32_t r, int32_t not_before,
                         struct explain_reason ret_reasons[static EXPLAIN_REASONS_MAX])
{
	const struct problem *problem = calendar->problem;
	const struct problem_request *request = &problem->requests[r];
	struct inquiry inquiry = {.calendar = calendar, .request = request, .n_words = problem->n_words};
	uint64_t starts[SCAN_WORDS_MAX], allowed[SCAN_WORDS_MAX];
	struct place_option option[PLACE_OPTIONS_MAX];
	bool has_room = false;

	if (request->fixed)
		return explain_place(calendar, r, request->announced_venue, request->announced_day, PLACE_PLAIN, ret_reasons);
	inquiry.named[REASON_NO_ELIGIBLE_VENUE] = request->n_venues == 0;
	inquiry.named[REASON_NO_WINDOW] = !window_starts(&inquiry, not_before, starts);
	look_at_leaders(&inquiry);
	look_at_quota(&inquiry);
	problem_protected_days(problem, r, allowed);
	for (int32_t w = 0; w < problem->n_words; w++)
		allowed[w] = ~allowed[w];
	for (int32_t i = 0; i < request->n_venues && !inquiry.named[REASON_NO_WINDOW]; i++)
		has_room = look_at_venue(&inquiry, request->venues[i], starts, allowed) || has_room;
	weigh_absolute(&inquiry);
	if (!has_room || inquiry.named[REASON_AFTER_UNPLACED] || inquiry.named[REASON_QUOTA_REACHED]) {
		/* With room left somewhere, only what holds everywhere is a reason. */
		for (enum code_reason code = 0; has_room && code < EXPLAIN_REASONS_MAX; code++)
			inquiry.named[code] = inquiry.named[code] && inquiry.taken[code] == INT64_MAX;
		return conclude(&inquiry, ret_reasons);
	}
	memset(inquiry.named, 0, sizeof(inquiry.named));
	inquiry.named[REASON_NOT_WORTH_IT] =
	        place_best(calendar, r, PLACE_WORTH_IT | PLACE_NO_ALTERNATIVES, not_before, option) == 0;
	return conclude(&inquiry, ret_reasons);
}

/* ---- one place ---- */

static enum code_reason reason_of(enum place_rule rule)
{
	switch (rule) {
	case PLACE_OUTSIDE_WINDOWS:
		return REASON_NO_WINDOW;
	case PLACE_CLOSED:
		return REASON_VENUE_CLOSED;
	case PLACE_PROTECTED:
		return REASON_PROTECTED_DAYS;
	default:
		return REASON_NO_ELIGIBLE_VENUE;
	}
}

int32_t explain_place(const struct calendar *calendar, int32_t r, int32_t venue, int32_t day, unsigned flags,
                      struct explain_reason ret_reasons[static EXPLAIN_REASONS_MAX])
{
	const struct problem *problem = calendar->problem;
	struct inquiry inquiry = {.calendar = calendar, .request = &problem->requests[r], .n_words = problem->n_words,
	                          .every = true};
	enum place_rule rule = venue == PROBLEM_NONE ? PLACE_BAD_VENUE : place_ground(calendar, r, venue, day, flags);

	if (rule != PLACE_FREE)
		inquiry.named[reason_of(rule)] = true;
	look_at_leaders(&inquiry);
	look_at_quota(&inquiry);
	if (rule == PLACE_OUTSIDE_WINDOWS || venue == PROBLEM_NONE || problem->venues[venue].city == PROBLEM_NONE ||
	    problem->venues[venue].host == PROBLEM_NONE || day < 0 || day >= problem->n_days)
		return conclude(&inquiry, ret_reasons);
	memset(inquiry.left, 0, sizeof(*inquiry.left) * (size_t)inquiry.n_words);
	inquiry.left[day >> 6] = UINT64_C(1) << (day & 63);
	look_at_room(&inquiry, venue);
	look_at_squads(&inquiry, venue);
	look_at_order(&inquiry, flags);
	return conclude(&inquiry, ret_reasons);
}

/* ": 2 medical, 1 training missing", so that it is known what to offer; or nothing. */
static void name_lacks(const struct explain_reason *reason, char *ret_text, size_t size)
{
	size_t n = 0;

	ret_text[0] = '\0';
	for (int s = 0; s < PROBLEM_SERVICES && n < size; s++)
		if (reason->lacks[s] > 0)
			n += (size_t)snprintf(ret_text + n, size - n, "%s %d %s", n > 0 ? "," : ":",
			                      reason->lacks[s], code_service_name(s));
	if (n > 0 && n < size)
		(void)snprintf(ret_text + n, size - n, " missing");
}

void explain_text(const struct calendar *calendar, int32_t r, const struct explain_reason *reason, char *ret_text,
                  size_t size)
{
	static const char *const SENTENCES[EXPLAIN_REASONS_MAX] = {
		[REASON_NO_ELIGIBLE_VENUE] = "no venue of the hosts asked for has the discipline, facilities and level",
		[REASON_NO_WINDOW] = "no window inside the programme, and still to come, holds the whole event",
		[REASON_PROTECTED_DAYS] = "protected days lie in the windows",
		[REASON_VENUE_CLOSED] = "venues that would do are closed on days of the windows",
		[REASON_VENUE_FULL] = "venues that would do have too few free units",
		[REASON_CITY_FULL] = "cities of venues that would do have too few free beds",
		[REASON_SERVICE_EXHAUSTED] = "hosts of venues that would do have too little free staff",
		[REASON_SQUAD_BUSY] = "squads are elsewhere, or must rest between two events",
		[REASON_AFTER_UNPLACED] = "a request that it must come after has no place",
		[REASON_AFTER_GAP] = "no day keeps the gap to the event that it is tied to",
		[REASON_QUOTA_REACHED] = "the federation's quota of events in the programme is full",
		[REASON_NOT_WORTH_IT] = "it would fit, but its place would cost the programme more than it is worth",
	};
	const char *sentence = reason->code < EXPLAIN_REASONS_MAX ? SENTENCES[reason->code] : "";

	char lacks[96];

	(void)calendar;
	(void)r;
	name_lacks(reason, lacks, sizeof(lacks));
	if (reason->n_with == 0)
		(void)snprintf(ret_text, size, "%s%s", sentence, lacks);
	else
		(void)snprintf(ret_text, size, "%s%s; %d%s request%s in the way", sentence, lacks, reason->n_with,
		               reason->n_with == EXPLAIN_WITH_MAX ? " or more" : "", reason->n_with == 1 ? " stands" : "s stand");
}
