/* In order of time: round_new (take_in: scope, clip) -> round_search (bound, search, settle, fill) ->
 * round_difference. */
#include "scheduler/round.h"

#include <stdlib.h>
#include <string.h>

#include "domain/code.h"
#include "domain/day.h"
#include "domain/lifecycle.h"
#include "domain/score.h"
#include "scheduler/costs.h"
#include "scheduler/explain.h"
#include "scheduler/memory.h"
#include "scheduler/place.h"
#include "util/clock.h"
#include "wire/frame.h"

#define ROUND_BYTES ((size_t)256 << 20)
#define SETTLE_PASSES 4
#define SETTLE_BLOCKERS 4
#define BOUND_SHARE 10      /* of the time, one part in so many */
#define BOUND_MS_MAX 5000
#define TEXT_BYTES 512

/* What the round knows of a request beside the problem. */
struct subject {
	bool may_move; /* or, where it waits, be placed */
	bool is_confirmed;
	bool awaits_accept;
	int64_t revision, consents;
	Convene__V1__State state;
	struct calendar_spot from;
	struct calendar_spot announced; /* a confirmed one's own announcement: the order's cost stands in its place */
	bool is_announced;
};

struct round {
	struct arena arena; /* the order; contents while they are compiled */
	const Convene__V1__RoundStart *order;
	const struct programme *programme; /* during round_new() alone */
	int32_t today;
	bool has_today;
	struct problem *problem;
	struct calendar *calendar;
	struct subject *subjects; /* by handle */
	int32_t n_subjects;
	int64_t cursor, score_before, plan_before, bound;
	int32_t placed_before;
	int64_t *hosted_before, *events_before; /* by NOC */
};

static void *room(struct round *round, size_t n, size_t size)
{
	void *made = arena_array(&round->arena, n > 0 ? n : 1, size);

	if (made == NULL)
		abort(); /* as memory.h */
	return made;
}

/* ---- who may move ---- */

static bool is_listed(char *const *list, size_t n, const char *text)
{
	for (size_t i = 0; i < n; i++)
		if (text != NULL && strcmp(list[i], text) == 0)
			return true;
	return n == 0;
}

static bool has_listed_host(const Convene__V1__RoundScope *scope, const Convene__V1__Request *content)
{
	for (size_t i = 0; i < content->n_hosts; i++)
		if (is_listed(scope->hosts, scope->n_hosts, content->hosts[i]))
			return true;
	return scope->n_hosts == 0;
}

static bool period_of(const Convene__V1__RoundScope *scope, int32_t *ret_first, int32_t *ret_last)
{
	return scope->period != NULL && day_parse(scope->period->first, ret_first) &&
	       day_parse(scope->period->last, ret_last);
}

static bool is_in_scope(const struct round *round, const struct replica_record *record)
{
	const Convene__V1__RoundScope *scope = round->order->scope;
	const Convene__V1__Request *content = record->content;
	int32_t first, last, day;

	if (scope == NULL)
		return true;
	if (!is_listed(scope->federations, scope->n_federations, content->federation) ||
	    !is_listed(scope->disciplines, scope->n_disciplines, content->discipline))
		return false;
	if (!lifecycle_has_place(record->standing))
		return has_listed_host(scope, content);
	if (!is_listed(scope->hosts, scope->n_hosts,
	               programme_noc_of_venue(round->programme, record->standing->placement->venue)))
		return false;
	return !period_of(scope, &first, &last) ||
	       (day_parse(record->standing->placement->first_day, &day) && day >= first &&
	        day + content->duration - 1 <= last);
}

static bool is_fixed(const Convene__V1__Request *content)
{
	return content->announced != NULL && content->announced->has_fixed && content->announced->fixed;
}

static int32_t soonest(const struct round *round, Convene__V1__State state)
{
	return round->has_today ? programme_soonest(round->programme, state == STATE_CONFIRMED, round->today) : INT32_MIN;
}

static bool may_move(const struct round *round, const struct replica_record *record)
{
	const Convene__V1__Standing *s = record->standing;
	int32_t day;

	if (is_fixed(record->content) || !is_in_scope(round, record))
		return false;
	if (s->state == STATE_WAITLISTED)
		return true;
	if (s->state == STATE_CONFIRMED ? !round->order->move_confirmed : s->state != STATE_PROPOSED)
		return false;
	return lifecycle_has_place(s) && day_parse(s->placement->first_day, &day) && day >= soonest(round, s->state);
}

/* ---- what they may do: the content, narrowed to the scope and to days to come ---- */

static char *day_text(struct round *round, int32_t day)
{
	char *text = room(round, DAY_TEXT_SIZE, 1);

	day_format(day, text);
	return text;
}

static void clip_windows(struct round *round, Convene__V1__Request *content, Convene__V1__State state)
{
	int32_t first = soonest(round, state), last = INT32_MAX, from, to;
	Convene__V1__Period **windows = room(round, content->n_windows, sizeof(*windows));
	size_t n = 0;

	if (round->order->scope != NULL && period_of(round->order->scope, &from, &to)) {
		first = from > first ? from : first;
		last = to;
	}
	for (size_t i = 0; i < content->n_windows; i++) {
		const Convene__V1__Period *w = content->windows[i];
		Convene__V1__Period *clipped;

		if (!day_parse(w->first, &from) || !day_parse(w->last, &to))
			continue;
		from = from < first ? first : from;
		to = to > last ? last : to;
		if (from > to)
			continue;
		clipped = room(round, 1, sizeof(*clipped));
		convene__v1__period__init(clipped);
		clipped->first = day_text(round, from);
		clipped->last = day_text(round, to);
		windows[n++] = clipped;
	}
	content->windows = windows;
	content->n_windows = n;
}

static void keep_hosts(struct round *round, Convene__V1__Request *content)
{
	const Convene__V1__RoundScope *scope = round->order->scope;
	char **hosts = room(round, content->n_hosts, sizeof(*hosts));
	size_t n = 0;

	if (scope == NULL || scope->n_hosts == 0)
		return;
	for (size_t i = 0; i < content->n_hosts; i++)
		if (is_listed(scope->hosts, scope->n_hosts, content->hosts[i]))
			hosts[n++] = content->hosts[i];
	content->hosts = hosts;
	content->n_hosts = n;
}

/* As if it were announced where it stands. */
static void announce(struct round *round, Convene__V1__Request *content, const Convene__V1__Placement *there)
{
	Convene__V1__Announced *announced = room(round, 1, sizeof(*announced));

	convene__v1__announced__init(announced);
	announced->venue = there->venue;
	announced->first_day = there->first_day;
	content->announced = announced;
}

static struct calendar_spot spot_of(const struct problem *problem, const char *venue, const char *first_day)
{
	struct calendar_spot spot = {PROBLEM_NONE, 0};

	if (venue != NULL && problem_day(problem, first_day, &spot.day))
		spot.venue = problem_venue(problem, venue);
	return spot;
}

static struct subject *subject_of(struct round *round, int32_t handle)
{
	if (handle >= round->n_subjects) {
		int32_t max = handle < 64 ? 128 : handle * 2;

		round->subjects = memory_grow(round->subjects, (size_t)round->n_subjects, (size_t)max,
		                              sizeof(*round->subjects));
		round->n_subjects = max;
	}
	return &round->subjects[handle];
}

static void take_in(struct round *round, const struct replica_record *record)
{
	const Convene__V1__Standing *s = record->standing;
	bool has_place = lifecycle_has_place(s), moves = may_move(round, record);
	struct subject subject = {.may_move = moves, .is_confirmed = s->state == STATE_CONFIRMED,
	                          .revision = record->revision, .state = s->state, .from = {PROBLEM_NONE, 0},
	                          .consents = (int64_t)s->n_consents, .awaits_accept = s->accept_by != NULL && *s->accept_by != '\0'};
	Convene__V1__Request content = *record->content;
	int32_t handle;

	if (has_place)
		subject.from = spot_of(round->problem, s->placement->venue, s->placement->first_day);
	if (has_place ? subject.from.venue == PROBLEM_NONE : !moves)
		return; /* its venue is gone: the online scheduler sees to it. Or it waits for something else than a round */
	if (moves) {
		clip_windows(round, &content, s->state);
		keep_hosts(round, &content);
	}
	if (moves && subject.is_confirmed) {
		subject.is_announced = content.announced != NULL;
		if (subject.is_announced)
			subject.announced = spot_of(round->problem, content.announced->venue, content.announced->first_day);
		announce(round, &content, s->placement);
	}
	handle = problem_put_request(round->problem, &content, s->has_value ? s->value : 0, PROBLEM_PUT_PLAIN);
	*subject_of(round, handle) = subject;
	if (!has_place)
		return;
	calendar_place(round->calendar, handle, subject.from.venue, subject.from.day);
	if (!moves)
		calendar_pin(round->calendar, handle, true);
	else if (subject.is_confirmed)
		calendar_hold(round->calendar, handle);
}

static void count_events(const struct round *round, int64_t *events)
{
	const struct problem *p = round->problem;

	for (int32_t r = 0; r < p->n_requests; r++) {
		struct calendar_spot spot = calendar_where(round->calendar, r);

		if (spot.venue != PROBLEM_NONE && p->venues[spot.venue].host != PROBLEM_NONE)
			events[p->venues[spot.venue].host]++;
	}
}

struct round *round_new(const struct replica *replica, const Convene__V1__RoundStart *order)
{
	struct round *round = memory_new(1, sizeof(*round));
	struct score score;
	ProtobufCMessage *copied;
	size_t n_nocs;

	arena_init(&round->arena, ROUND_BYTES);
	if (frame_copy(&order->base, &round->arena, &copied) != CVN_OK)
		abort(); /* as memory.h */
	round->order = (const Convene__V1__RoundStart *)(void *)copied;
	round->programme = replica_programme(replica);
	round->has_today = replica_has_today(replica);
	round->today = round->has_today ? replica_today(replica) : 0;
	round->cursor = replica_cursor(replica);
	round->problem = problem_new(round->programme);
	round->calendar = calendar_new(round->problem);
	for (const struct replica_record *r = replica_first(replica); r != NULL; r = replica_next(r))
		take_in(round, r);
	calendar_recount(round->calendar);
	(void)subject_of(round, round->problem->n_requests);
	round->programme = NULL;
	score_init(&score, replica_programme(replica));
	score_count_replica(&score, replica);
	round->score_before = score_total(&score);
	round->plan_before = round->calendar->score;
	round->placed_before = round->calendar->n_placed;
	n_nocs = (size_t)round->problem->n_nocs;
	round->hosted_before = memory_new(n_nocs, sizeof(int64_t));
	round->events_before = memory_new(n_nocs, sizeof(int64_t));
	memcpy(round->hosted_before, round->calendar->hosted, n_nocs * sizeof(int64_t));
	count_events(round, round->events_before);
	return round;
}

void round_free(struct round *round)
{
	if (round == NULL)
		return;
	calendar_free(round->calendar);
	problem_free(round->problem);
	free(round->subjects);
	free(round->hosted_before);
	free(round->events_before);
	arena_done(&round->arena);
	free(round);
}

/* ---- the search ---- */

/* What no plan within the scope can pass, and what places cost others at its prices. With confirmed ones moving, the
 * plan's score is not the programme's, and the bound is not told. */
static void find_bound(struct round *round, const struct solve_limits *limits, struct costs *ret_costs)
{
	struct calendar *firm = calendar_new(round->problem);
	int64_t ms = limits->milliseconds / BOUND_SHARE;
	uint64_t now_ms = clock_ms(), part_ms = (uint64_t)(ms < BOUND_MS_MAX ? ms : BOUND_MS_MAX);
	struct costs_limits bounds = {
		.n_rounds = INT32_MAX,
		.until_ms = now_ms + part_ms,
		.late_ms = now_ms + 2 * part_ms,
		.stop = limits->stop,
	};
	struct bound *bound;

	for (int32_t r = 0; r < round->problem->n_requests; r++)
		if (calendar_is_placed(round->calendar, r) && calendar_is_pinned(round->calendar, r))
			calendar_place(firm, r, calendar_where(round->calendar, r).venue,
			               calendar_where(round->calendar, r).day);
	bound = bound_new(firm, limits->n_threads);
	round->bound = costs_find(ret_costs, round->problem, bound, round->plan_before, &bounds);
	bound_free(bound);
	calendar_free(firm);
	if (round->order->move_confirmed || round->bound < round->plan_before)
		round->bound = 0; /* what stands breaks a rule: such a plan may have more than any that does not */
}

static bool is_moved(const struct round *round, int32_t r)
{
	return !calendar_is_same(calendar_where(round->calendar, r), round->subjects[r].from);
}

static void put(struct round *round, int32_t r, struct calendar_spot spot)
{
	if (spot.venue != PROBLEM_NONE)
		calendar_place(round->calendar, r, spot.venue, spot.day);
}

static bool fits(const struct round *round, int32_t r, struct calendar_spot spot)
{
	return spot.venue != PROBLEM_NONE &&
	       place_fits(round->calendar, r, spot.venue, spot.day, PLACE_PLAIN) == PLACE_FREE;
}

/* Somewhere for one that gave way: where it was before the round, where the other came from, or its best place. */
static bool rehouse(struct round *round, int32_t r, struct calendar_spot left)
{
	struct place_option option[PLACE_OPTIONS_MAX];

	if (fits(round, r, round->subjects[r].from))
		put(round, r, round->subjects[r].from);
	else if (fits(round, r, left))
		put(round, r, left);
	else if (place_best(round->calendar, r, PLACE_NO_ALTERNATIVES, 0, option) > 0)
		put(round, r, (struct calendar_spot){option[0].venue, option[0].day});
	else
		return false;
	return true;
}

/* Puts a moved one back where it was, and who stands there now elsewhere, if the plan loses nothing by it and fewer
 * have moved then. */
static bool put_back(struct round *round, int32_t r)
{
	struct calendar *calendar = round->calendar;
	struct calendar_spot now = calendar_where(calendar, r), were[SETTLE_BLOCKERS];
	int32_t others[SETTLE_BLOCKERS], n, n_put = 0, gone = is_moved(round, r);
	int64_t score = calendar->score;
	bool ok;

	calendar_remove(calendar, r);
	n = place_displaced(calendar, r, round->subjects[r].from.venue, round->subjects[r].from.day, SETTLE_BLOCKERS, others);
	if (n < 0 || n > SETTLE_BLOCKERS) {
		put(round, r, now);
		return false;
	}
	for (int32_t i = 0; i < n; i++) {
		gone += is_moved(round, others[i]);
		were[i] = calendar_where(calendar, others[i]);
		calendar_remove(calendar, others[i]);
	}
	ok = fits(round, r, round->subjects[r].from);
	put(round, r, ok ? round->subjects[r].from : now);
	for (; ok && n_put < n; n_put += ok)
		ok = rehouse(round, others[n_put], now);
	for (int32_t i = 0; ok && i < n; i++)
		gone -= is_moved(round, others[i]);
	if (ok && calendar->score >= score && gone > 0)
		return true;
	calendar_remove(calendar, r);
	for (int32_t i = 0; i < n_put; i++)
		calendar_remove(calendar, others[i]);
	put(round, r, now);
	for (int32_t i = 0; i < n; i++)
		put(round, others[i], were[i]);
	return false;
}

/* A hot search leaves nothing where it was, gain or no gain: what gained nothing goes back. */
static void settle(struct round *round)
{
	bool changed = true;

	for (int pass = 0; changed && pass < SETTLE_PASSES; pass++) {
		changed = false;
		for (int32_t r = 0; r < round->problem->n_requests; r++)
			if (round->subjects[r].may_move && round->subjects[r].from.venue != PROBLEM_NONE &&
			    calendar_is_placed(round->calendar, r) && is_moved(round, r))
				changed = put_back(round, r) || changed;
	}
}

/* What waits and fits now goes in, the most valuable first. */
static void fill(struct round *round)
{
	const struct problem *p = round->problem;
	struct place_option option[PLACE_OPTIONS_MAX];
	int32_t best;

	do {
		best = PROBLEM_NONE;
		for (int32_t r = 0; r < p->n_requests; r++)
			if (round->subjects[r].may_move && !calendar_is_placed(round->calendar, r) &&
			    (best == PROBLEM_NONE || p->requests[r].value > p->requests[best].value) &&
			    place_best(round->calendar, r, PLACE_WORTH_IT | PLACE_NO_ALTERNATIVES, 0, option) > 0)
				best = r;
		if (best != PROBLEM_NONE &&
		    place_best(round->calendar, best, PLACE_WORTH_IT | PLACE_NO_ALTERNATIVES, 0, option) > 0)
			calendar_place(round->calendar, best, option[0].venue, option[0].day);
	} while (best != PROBLEM_NONE);
}

void round_search(struct round *round, const struct solve_limits *limits)
{
	struct solve_limits own = *limits;
	uint64_t began_ms = clock_ms();
	struct costs costs;
	int64_t spent_ms;

	find_bound(round, limits, &costs);
	spent_ms = (int64_t)(clock_ms() - began_ms);
	if (limits->milliseconds > 0)
		own.milliseconds = limits->milliseconds > spent_ms + 1 ? limits->milliseconds - spent_ms : 1;
	own.bound = round->bound;
	own.costs = &costs;
	(void)solve_search(round->calendar, &own);
	costs_done(&costs);
	settle(round);
	fill(round);
}

int64_t round_score(const struct round *round, int64_t plan_score)
{
	return plan_score + round->score_before - round->plan_before;
}

/* ---- the difference ---- */

struct difference {
	struct round *round;
	struct arena *arena;
	Convene__V1__Round *summary;
	int32_t *handles;
};

static void *piece(struct arena *arena, size_t n, size_t size)
{
	void *made = arena_array(arena, n > 0 ? n : 1, size);

	if (made == NULL)
		abort(); /* as memory.h */
	return made;
}

static char *copied(struct arena *arena, const char *text)
{
	size_t n = strlen(text) + 1;

	return memcpy(piece(arena, n, 1), text, n);
}

static Convene__V1__Placement *placement(const struct difference *d, struct calendar_spot spot)
{
	const struct problem *p = d->round->problem;
	Convene__V1__Placement *made;

	if (spot.venue == PROBLEM_NONE)
		return NULL;
	made = piece(d->arena, 1, sizeof(*made));
	convene__v1__placement__init(made);
	made->venue = copied(d->arena, p->venues[spot.venue].id);
	made->first_day = piece(d->arena, PROBLEM_DAY_SIZE, 1);
	problem_format_day(p, spot.day, made->first_day);
	return made;
}

static void add_reasons(const struct difference *d, int32_t r, Convene__V1__RoundEntry *entry)
{
	const struct problem *p = d->round->problem;
	struct explain_reason why[EXPLAIN_REASONS_MAX];
	int32_t n = explain_unplaced(d->round->calendar, r, 0, why);
	char text[TEXT_BYTES];

	entry->reasons = piece(d->arena, (size_t)n, sizeof(*entry->reasons));
	for (int32_t i = 0; i < n; i++) {
		Convene__V1__Reason *reason = piece(d->arena, 1, sizeof(*reason));

		convene__v1__reason__init(reason);
		reason->code = copied(d->arena, code_reason_name((int)why[i].code));
		reason->with = piece(d->arena, (size_t)why[i].n_with, sizeof(*reason->with));
		for (int32_t k = 0; k < why[i].n_with; k++)
			reason->with[reason->n_with++] = copied(d->arena, p->requests[why[i].with[k]].id);
		explain_text(d->round->calendar, r, &why[i], text, sizeof(text));
		reason->text = copied(d->arena, text);
		entry->reasons[entry->n_reasons++] = reason;
	}
}

static Convene__V1__RoundEntry *entry_of(const struct difference *d, int32_t r)
{
	struct round *round = d->round;
	const struct subject *subject = &round->subjects[r];
	struct calendar_spot now = calendar_where(round->calendar, r);
	Convene__V1__RoundEntry *entry = piece(d->arena, 1, sizeof(*entry));

	convene__v1__round_entry__init(entry);
	entry->request = copied(d->arena, round->problem->requests[r].id);
	entry->what = copied(d->arena, now.venue == PROBLEM_NONE            ? "dropped" :
	                               subject->from.venue == PROBLEM_NONE ? "placed" :
	                                                                      "moved");
	entry->has_revision = entry->has_state = true;
	entry->revision = subject->revision;
	entry->state = subject->state;
	entry->has_consents = entry->has_awaits_accept = entry->has_weighed = true;
	entry->consents = subject->consents;
	entry->awaits_accept = subject->awaits_accept;
	entry->weighed = round->problem->requests[r].value;
	entry->from = placement(d, subject->from);
	entry->to = placement(d, now);
	if (now.venue == PROBLEM_NONE)
		add_reasons(d, r, entry);
	return entry;
}

/* Moved, placed, dropped; then the most valuable first; then by id. */
struct ranked {
	int32_t kind, value, handle;
	const char *id;
};

static int compare(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;

	if (x->kind != y->kind)
		return x->kind - y->kind;
	if (x->value != y->value)
		return x->value > y->value ? -1 : 1;
	return strcmp(x->id, y->id);
}

static int32_t rank_all(const struct round *round, struct ranked *ranked, Convene__V1__Round *summary)
{
	const struct problem *p = round->problem;
	int32_t n = 0;

	for (int32_t r = 0; r < p->n_requests; r++) {
		bool was = round->subjects[r].from.venue != PROBLEM_NONE, is = calendar_is_placed(round->calendar, r);

		if (!round->subjects[r].may_move)
			continue;
		if (!is_moved(round, r)) {
			summary->kept += was;
			continue;
		}
		summary->moved += was && is;
		summary->placed += !was;
		summary->dropped += !is;
		ranked[n++] = (struct ranked){was && is ? 0 : is ? 1 : 2, p->requests[r].value, r, p->requests[r].id};
	}
	qsort(ranked, (size_t)n, sizeof(*ranked), compare);
	return n;
}

/* The programme's score: what moved confirmed ones cost in the search is no part of it, their own announcements are. */
static int64_t score_after(const struct round *round)
{
	int64_t cost = round->problem->policy.move_cost;
	int64_t score = round_score(round, round->calendar->score);

	for (int32_t r = 0; r < round->problem->n_requests; r++) {
		const struct subject *s = &round->subjects[r];

		if (!s->may_move || !s->is_confirmed || !is_moved(round, r))
			continue;
		score += cost;
		if (s->is_announced)
			score += cost * calendar_is_same(calendar_where(round->calendar, r), s->announced) -
			         cost * calendar_is_same(s->from, s->announced);
	}
	return score;
}

static void add_hosts(const struct difference *d)
{
	const struct problem *p = d->round->problem;
	int64_t *events = memory_new((size_t)p->n_nocs, sizeof(*events));

	count_events(d->round, events);
	d->summary->hosts = piece(d->arena, (size_t)p->n_parties, sizeof(*d->summary->hosts));
	for (int32_t i = 0; i < p->n_parties; i++) {
		Convene__V1__RoundHost *host = piece(d->arena, 1, sizeof(*host));

		convene__v1__round_host__init(host);
		host->noc = copied(d->arena, p->nocs[i]);
		host->has_events_before = host->has_events_after = true;
		host->has_athlete_days_before = host->has_athlete_days_after = true;
		host->events_before = d->round->events_before[i];
		host->events_after = events[i];
		host->athlete_days_before = d->round->hosted_before[i];
		host->athlete_days_after = d->round->calendar->hosted[i];
		d->summary->hosts[d->summary->n_hosts++] = host;
	}
	free(events);
}

const char *round_difference(struct round *round, struct arena *arena, Convene__V1__Round *ret_summary)
{
	struct difference d = {.round = round, .arena = arena, .summary = ret_summary};
	struct ranked *ranked = memory_new((size_t)round->problem->n_requests, sizeof(*ranked));
	int32_t n = rank_all(round, ranked, ret_summary);

	if (n > ROUND_ENTRIES_MAX) {
		free(ranked);
		return "The plan would change more than 10,000 requests, which is more than can be adopted in one step. "
		       "Plan a part of the programme.";
	}
	ret_summary->entries = piece(arena, (size_t)n, sizeof(*ret_summary->entries));
	for (int32_t i = 0; i < n; i++)
		ret_summary->entries[ret_summary->n_entries++] = entry_of(&d, ranked[i].handle);
	free(ranked);
	ret_summary->has_cursor = ret_summary->has_score_before = ret_summary->has_score_after = true;
	ret_summary->cursor = round->cursor;
	ret_summary->score_before = round->score_before;
	ret_summary->score_after = score_after(round);
	ret_summary->has_bound = round->bound != 0;
	ret_summary->bound = round_score(round, round->bound);
	ret_summary->has_placed_before = ret_summary->has_placed_after = true;
	ret_summary->placed_before = round->placed_before;
	ret_summary->placed_after = round->calendar->n_placed;
	ret_summary->has_kept = ret_summary->has_moved = ret_summary->has_placed = ret_summary->has_dropped = true;
	add_hosts(&d);
	return NULL;
}
