/* The online scheduler under random weather: requests, withdrawals, decisions, lapses, amendments,
 * taken places, changed data and restarts, with all three queues moving at random. At rest the plan
 * is feasible and nothing is insertable.
 *
 * ONLINE_SEED in the environment runs that seed alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "online_rig.h"
#include "sample.h"
#include "util/log.h"

#define SEEDS 80
#define TURNS 700

enum weather { WITH_DECISIONS, WITH_DATA, WEATHERS };

struct scene {
	struct programme_file file;
	struct rig rig;
	uint64_t state;
	enum weather weather;
	size_t n_submitted;
	char *json;
};

static int below(struct scene *s, int n)
{
	return sample_below(&s->state, n);
}

/* Some of the announced ones are fixed: those that lie inside the programme, and take part in the
 * crowd. */
static void fix_some(struct scene *s)
{
	for (size_t i = 0; i < s->file.n_requests; i++) {
		Convene__V1__Announced *a = s->file.requests[i]->announced;

		if (a != NULL && s->file.requests[i]->n_after == 0 && below(s, 2) == 0) {
			a->has_fixed = true;
			a->fixed = true;
		}
	}
}

static Convene__V1__Request *amended(struct scene *s, size_t i)
{
	Convene__V1__Request *r = arena_memdup(&s->rig.arena, s->rig.rows[i].content, sizeof(*r));
	size_t other = (size_t)below(s, (int)s->file.n_requests);

	switch (below(s, 4)) {
	case 0:
		r->headcount = 5 + below(s, 30);
		break;
	case 1:
		r->value = 1 + below(s, 100);
		break;
	case 2:
		if (r->announced == NULL && s->file.requests[other]->duration == r->duration) {
			r->windows = s->file.requests[other]->windows;
			r->n_windows = s->file.requests[other]->n_windows;
			r->preferred_first_day = s->file.requests[other]->preferred_first_day;
		}
		break;
	default:
		break;
	}
	return r;
}

static void decide(struct scene *s, size_t i, Convene__V1__State is)
{
	static const Convene__V1__State AFTER_PROPOSED[] = {
		STATE_DECLINED,  STATE_WITHDRAWN, STATE_WAITLISTED,       STATE_CONFIRMED,
		STATE_CONFIRMED, STATE_POSTPONED, STATE_REVISION_REQUIRED
	};
	Convene__V1__State to = AFTER_PROPOSED[below(s, 7)];

	if (is == STATE_PROPOSED) {
		if (s->weather == WITH_DATA &&
		    (to == STATE_CONFIRMED || to == STATE_REVISION_REQUIRED))
			to = STATE_WITHDRAWN; /* the firm would be in conflict */
		rig_set_state(&s->rig, i, to, to == STATE_WAITLISTED ? "ACCEPT_LAPSED" : NULL);
	} else if (is == STATE_CONFIRMED) {
		rig_set_state(&s->rig, i, STATE_CANCELLED, NULL);
	} else if (is == STATE_WAITLISTED) {
		rig_set_state(&s->rig, i, STATE_WITHDRAWN, NULL);
	} else if (is == STATE_REVISION_REQUIRED) {
		rig_set_state(&s->rig, i, STATE_WAITLISTED, "REVISION_LAPSED");
	}
}

static void take(struct scene *s, size_t i, Convene__V1__State is)
{
	const Convene__V1__Standing *standing = s->rig.rows[i].standing;

	if ((is != STATE_PROPOSED && is != STATE_WAITLISTED) || standing->n_alternatives == 0 ||
	    s->rig.rows[i].task != 0)
		return;
	const Convene__V1__Alternative *a =
		standing->alternatives[below(s, (int)standing->n_alternatives)];
	rig_take(&s->rig, i, a->venue, a->first_day);
}

/* The checker judges by the same records: they are changed in place, and given to the scheduler. */
static void change_data(struct scene *s)
{
	Convene__V1__Entity e = CONVENE__V1__ENTITY__INIT;

	switch (below(s, 4)) {
	case 0:
		e.of_case = CONVENE__V1__ENTITY__OF_VENUE;
		e.venue = s->file.venues[below(s, (int)s->file.n_venues)];
		e.venue->units = 1 + below(s, 7);
		break;
	case 1:
		e.of_case = CONVENE__V1__ENTITY__OF_CITY;
		e.city = s->file.cities[below(s, (int)s->file.n_cities)];
		e.city->beds = 20 + below(s, 60);
		break;
	case 2:
		e.of_case = CONVENE__V1__ENTITY__OF_OFFER;
		e.offer = s->file.services[below(s, (int)s->file.n_services)];
		e.offer->capacity = below(s, 6);
		break;
	default:
		e.of_case = CONVENE__V1__ENTITY__OF_FEDERATION;
		e.federation = s->file.federations[below(s, (int)s->file.n_federations)];
		e.federation->max_events = 1 + below(s, 12);
		break;
	}
	rig_put(&s->rig, &e);
}

static void act(struct scene *s)
{
	size_t i = (size_t)below(s, (int)s->file.n_requests);
	Convene__V1__State is = s->rig.rows[i].content != NULL ? rig_state(&s->rig, i) : STATE_NONE;

	switch (below(s, 12)) {
	case 0:
	case 1:
	case 2:
		if (s->n_submitted < s->file.n_requests) {
			rig_submit(&s->rig, s->n_submitted, s->file.requests[s->n_submitted]);
			s->n_submitted++;
		}
		break;
	case 3:
	case 4:
		decide(s, i, is);
		break;
	case 5:
		if (is == STATE_PROPOSED || is == STATE_WAITLISTED || is == STATE_CONFIRMED ||
		    is == STATE_POSTPONED || is == STATE_REVISION_REQUIRED ||
		    (is == STATE_RECEIVED && below(s, 2)))
			rig_submit(&s->rig, i, amended(s, i));
		break;
	case 6:
		take(s, i, is);
		break;
	case 7:
		if (s->weather == WITH_DATA)
			change_data(s);
		break;
	case 8:
		if (below(s, 40) == 0)
			rig_restart(&s->rig);
		break;
	default:
		break;
	}
}

static void move(struct scene *s)
{
	switch (below(s, 4)) {
	case 0:
		rig_commit(&s->rig);
		break;
	case 1:
		rig_publish(&s->rig);
		break;
	case 2:
		rig_deliver(&s->rig);
		break;
	default:
		online_idle(s->rig.online);
		break;
	}
}

/* Those that were postponed or sent back, or whose firm place was amended into a conflict, would
 * leave the plan unsound by design: confirmed followers of what is gone are in conflict, and stay.
 * They are taken out before the judgement. */
static void end_conflicts(struct scene *s)
{
	for (int rounds = 0; rounds < 100; rounds++) {
		bool any = false;

		for (size_t i = 0; i < s->file.n_requests; i++) {
			if (s->rig.rows[i].content == NULL)
				continue;
			const Convene__V1__Standing *standing = s->rig.rows[i].standing;
			bool kept = standing->state == STATE_REVISION_REQUIRED;

			if (kept || (standing->has_in_conflict && standing->in_conflict &&
				     standing->state == STATE_CONFIRMED)) {
				rig_set_state(&s->rig, i, kept ? STATE_WAITLISTED : STATE_CANCELLED,
					      kept ? "REVISION_LAPSED" : NULL);
				any = true;
				break;
			}
		}
		if (!any)
			return;
		rig_settle(&s->rig);
	}
	fail_msg("conflicts never end");
}

static void run(uint64_t seed, enum weather weather)
{
	struct sample_shape shape = { .n_requests = 40,
				      .n_days = 60,
				      .n_parties = 3,
				      .n_cities = 4,
				      .n_venues = 7,
				      .n_squads = 8,
				      .weight = seed % 3 == 0 ? 0 : (int)(seed % 3) * 40 };
	struct scene s = { .state = seed * 77 + 5, .weather = weather };

	s.json = sample_json(seed, &shape);
	problem_free(sample_problem(s.json, &s.file));
	fix_some(&s);
	rig_open(&s.rig, &s.file);
	int busy = 1 + below(&s, 6);
	for (int turn = 0; turn < TURNS; turn++) {
		act(&s);
		for (int i = 0; i < busy; i++)
			move(&s);
		if (below(&s, 20) == 0) {
			rig_settle(&s.rig);
			end_conflicts(&s);
			rig_expect_sound(&s.rig);
		}
	}
	rig_settle(&s.rig);
	end_conflicts(&s);
	rig_expect_sound(&s.rig);
	rig_close(&s.rig);
	programme_file_done(&s.file);
	free(s.json);
}

static void at_rest_the_plan_is_feasible_and_nothing_is_insertable(void **state)
{
	const char *only = getenv("ONLINE_SEED");
	uint64_t first = only != NULL ? strtoull(only, NULL, 10) : 1,
		 last = only != NULL ? first : SEEDS;

	(void)state;
	for (uint64_t seed = first; seed <= last; seed++)
		for (enum weather weather = 0; weather < WEATHERS; weather++) {
			print_message("seed %llu weather %d\n", (unsigned long long)seed, weather);
			run(seed, weather);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(at_rest_the_plan_is_feasible_and_nothing_is_insertable),
	};

	log_set_level(LOG_LEVEL_WARN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
