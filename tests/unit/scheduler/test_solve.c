/* test_solve.c - plans against the independent checker, exhaustive answers, planted full calendars; faulty files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "checker.h"
#include "sample.h"
#include "scheduler/anneal.h"
#include "scheduler/plan_file.h"
#include "scheduler/seasons.h"
#include "scheduler/solve_search.h"

static const struct sample_shape SHAPES[] = {
	{.n_requests = 60, .n_days = 90, .n_parties = 2, .n_cities = 3, .n_venues = 5, .n_squads = 8, .n_fixed = 3, .weight = 1},
	{.n_requests = 40, .n_days = 150, .n_parties = 3, .n_cities = 5, .n_venues = 8, .n_squads = 6, .n_fixed = 0, .weight = 400},
	{.n_requests = 25, .n_days = 30, .n_parties = 2, .n_cities = 2, .n_venues = 3, .n_squads = 4, .n_fixed = 1, .weight = 0},
};

struct solved {
	char *json;
	struct programme_file file;
	struct problem *problem;
	struct calendar *calendar;
	struct checker checker;
};

static void start(struct solved *s, char *json)
{
	s->json = json;
	s->problem = sample_problem(s->json, &s->file);
	s->calendar = calendar_new(s->problem);
	for (int32_t r = 0; r < s->problem->n_requests; r++)
		if (s->problem->requests[r].fixed)
			calendar_place(s->calendar, r, s->problem->requests[r].announced_venue, s->problem->requests[r].announced_day);
	checker_init(&s->checker, &s->file);
}

static void solve(struct solved *s, const struct solve_limits *limits)
{
	static const atomic_bool NEVER = false;
	struct solve_limits all = *limits;

	all.stop = &NEVER;
	solve_search(s->calendar, &all);
	for (int32_t r = 0; r < s->problem->n_requests; r++) {
		struct calendar_spot spot = calendar_where(s->calendar, r);

		s->checker.spots[r] = (struct checker_spot){spot.venue, spot.day};
	}
}

static void end(struct solved *s)
{
	checker_done(&s->checker);
	calendar_free(s->calendar);
	problem_free(s->problem);
	programme_file_done(&s->file);
	free(s->json);
}

static void any_plan_is_accepted_by_the_checker(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 45; seed++) {
		struct solved s;
		int r;

		start(&s, sample_json(seed, &SHAPES[seed % 3]));
		solve(&s, &(struct solve_limits){.steps = (int64_t)(seed * seed * 3), .seed = seed, .n_threads = 1});

		assert_int_equal(checker_verdict(&s.checker, &r), CHECKER_FREE);
		assert_int_equal(checker_score(&s.checker), s.calendar->score);
		assert_int_equal(checker_insertable(&s.checker), -1);
		end(&s);
	}
}

/* With seasons, threads search one each, or several one; else all of them the whole. */
static void threads_that_share_a_plan_make_a_sound_one(void **state)
{
	static const int32_t DAYS[] = {700, 700, 700, 40}, THREADS[] = {2, 3, 12, 3};
	const struct costs balance = {.balance = COSTS_BALANCE / 20}; /* else they have to stay together */
	int r;

	(void)state;
	for (int k = 0; k < 4; k++) {
		struct sample_shape shape = {.n_requests = 1100, .n_days = DAYS[k], .n_parties = 3, .n_cities = 9, .n_venues = 24,
		                             .n_squads = 60, .n_fixed = 2, .weight = 1, .quota = 61};
		struct solved s;
		struct seasons seasons;

		start(&s, sample_json((uint64_t)k + 1, &shape));
		seasons_find(&seasons, s.problem, THREADS[k], NULL);
		assert_true(DAYS[k] == 700 ? seasons.n > 1 : seasons.n == 1);
		seasons_done(&seasons);
		solve(&s, &(struct solve_limits){.milliseconds = 400, .seed = (uint64_t)k, .n_threads = THREADS[k], .costs = &balance});

		assert_int_equal(checker_verdict(&s.checker, &r), CHECKER_FREE);
		assert_int_equal(checker_score(&s.checker), s.calendar->score);
		end(&s);
	}
}

static void seasons_searched_apart_are_one_sound_plan(void **state)
{
	struct sample_shape shape = {.n_requests = 400, .n_days = 700, .n_parties = 3, .n_cities = 9, .n_venues = 24, .n_squads = 60,
	                             .quota = 21};
	struct anneal *anneals[2];
	struct calendar_spot *spots;
	struct seasons seasons;
	struct solved s;
	int r;

	(void)state;
	start(&s, sample_json(3, &shape));
	spots = calloc((size_t)shape.n_requests, sizeof(*spots));
	seasons_find(&seasons, s.problem, 2, NULL);
	assert_int_equal(seasons.n, 2);
	for (int32_t k = 0; k < 2; k++) {
		anneals[k] = anneal_new(s.calendar, 5, NULL);
		anneal_tell_own(anneals[k], spots);
		anneal_divide(anneals[k], &seasons, k, NULL, 0);
		anneal_steps(anneals[k], 100, COSTS_BALANCE, 5000);
	}
	for (int32_t k = 0; k < 2; k++)
		anneal_tell_own(anneals[k], spots);
	for (int32_t q = 0; q < shape.n_requests; q++)
		s.checker.spots[q] = (struct checker_spot){spots[q].venue, spots[q].day};

	assert_int_equal(checker_verdict(&s.checker, &r), CHECKER_FREE);
	for (int32_t k = 0; k < 2; k++) {
		anneal_unite(anneals[k], spots);
		for (int32_t q = 0; q < shape.n_requests; q++)
			assert_true(calendar_is_same(anneal_best(anneals[k])[q], spots[q]));
		assert_int_equal(anneal_best_score(anneals[k]), checker_score(&s.checker));
		anneal_free(anneals[k]);
	}
	seasons_done(&seasons);
	free(spots);
	end(&s);
}

static void the_same_seed_and_steps_give_the_same_plan(void **state)
{
	struct solved a, b;

	(void)state;
	start(&a, sample_json(4, &SHAPES[0]));
	start(&b, sample_json(4, &SHAPES[0]));
	solve(&a, &(struct solve_limits){.steps = 5000, .seed = 9, .n_threads = 1});
	solve(&b, &(struct solve_limits){.steps = 5000, .seed = 9, .n_threads = 1});
	for (int32_t r = 0; r < a.problem->n_requests; r++) {
		assert_int_equal(a.checker.spots[r].venue, b.checker.spots[r].venue);
		assert_true(a.checker.spots[r].venue < 0 || a.checker.spots[r].day == b.checker.spots[r].day);
	}
	end(&a);
	end(&b);
}

static void solved_exactly(uint64_t first, uint64_t last, bool is_linked)
{
	for (uint64_t seed = first; seed <= last; seed++) {
		struct sample_shape shape = {.n_requests = 3 + (int)(seed % 3) + 2 * is_linked, .n_days = 12, .n_parties = 2,
		                             .n_cities = 2, .n_venues = 2, .n_squads = 3, .n_fixed = 0,
		                             .weight = (int)(seed % 2), .is_linked = is_linked};
		struct solved s;
		int64_t best;

		start(&s, sample_json(seed, &shape));
		best = sample_best_score(s.calendar);
		solve(&s, &(struct solve_limits){.steps = is_linked ? 20000 : 3000, .seed = seed, .n_threads = 1});
		assert_int_equal(s.calendar->score, best);
		end(&s);
	}
}

static void tiny_programmes_are_solved_exactly(void **state)
{
	(void)state;
	solved_exactly(1, 200, /* is_linked= */ false);
}

/* Those who go first have to make room for those who come after them. */
static void tiny_programmes_of_chains_are_solved_exactly(void **state)
{
	(void)state;
	solved_exactly(201, 400, /* is_linked= */ true);
}

/* A timetable that is full: every hall is taken on each day in a hidden plan, and squads play many times. */
static char *planted_json(uint64_t seed, int n_halls, int n_days, int n_squads)
{
	static const char HEAD[] =
		"{\"programme\":{\"id\":\"full\",\"first_day\":\"2022-01-01\",\"last_day\":\"2022-%02d-%02d\",\"parties\":[\"PAA\",\"PAB\"],"
		"\"guests\":[],\"policy\":{\"date_weight\":0,\"move_cost\":0,\"reciprocity_weight\":0,\"rest_same_city\":0,"
		"\"rest_same_host\":0,\"rest_between_hosts\":0}},\"cities\":[{\"id\":\"c\",\"noc\":\"PAA\",\"beds\":9000}],\"venues\":[";
	char *json = NULL;
	size_t size;
	FILE *out = open_memstream(&json, &size);
	int n = 0;

	fprintf(out, HEAD, 1 + (n_days - 1) / 31, 1 + (n_days - 1) % 31);
	for (int h = 0; h < n_halls; h++)
		fprintf(out, "%s{\"id\":\"h%d\",\"city\":\"c\",\"disciplines\":[\"ATH\"],\"facilities\":[],\"units\":1,\"level\":5}", h ? "," : "", h);
	fprintf(out, "],\"federations\":[{\"id\":\"f\",\"noc\":\"PAA\",\"disciplines\":[\"ATH\"],\"max_events\":9999}],\"squads\":[");
	for (int q = 0; q < n_squads; q++)
		fprintf(out, "%s{\"id\":\"s%d\",\"federation\":\"f\",\"size\":3}", q ? "," : "", q);
	fprintf(out, "],\"requests\":[");
	for (int d = 0; d < n_days; d++) {
		int q = sample_below(&seed, n_squads);

		for (int h = 0; h < n_halls; h++, q += 2)
			fprintf(out,
			        "%s{\"id\":\"r%d\",\"federation\":\"f\",\"kind\":\"competition\",\"discipline\":\"ATH\",\"level\":1,\"duration\":1,"
			        "\"windows\":[[\"2022-01-01\",\"2022-%02d-%02d\"]],\"preferred_first_day\":\"2022-01-01\",\"hosts\":[\"PAA\"],"
			        "\"facilities\":[],\"units\":1,\"headcount\":6,\"services\":{},\"squads\":[\"s%d\",\"s%d\"],\"value\":10}",
			        n ? "," : "", n, 1 + (n_days - 1) / 31, 1 + (n_days - 1) % 31, q % n_squads, (q + 1) % n_squads),
				n++;
	}
	fprintf(out, "]}");
	fclose(out);
	return json;
}

static void full_calendars_are_filled(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 4; seed++) {
		struct solved s;

		start(&s, planted_json(seed, 6, 20, 24));
		solve(&s, &(struct solve_limits){.steps = 150000, .seed = seed, .n_threads = 1});
		assert_int_equal(s.calendar->n_placed, 120);
		end(&s);
	}
}

/* As large as a season of a league: 300 events, every squad in ten of them. */
static void a_full_season_is_filled(void **state)
{
	struct solved s;

	(void)state;
	start(&s, planted_json(7, 10, 30, 60));
	solve(&s, &(struct solve_limits){.steps = 150000, .seed = 1, .n_threads = 1});
	assert_int_equal(s.calendar->n_placed, 300);
	end(&s);
}

static void no_request_gives_an_empty_plan(void **state)
{
	struct sample_shape shape = {.n_requests = 0, .n_days = 10, .n_parties = 2, .n_cities = 1, .n_venues = 1, .n_squads = 1};
	struct solved s;
	struct buf out;

	(void)state;
	start(&s, sample_json(1, &shape));
	solve(&s, &(struct solve_limits){.steps = 100, .seed = 1, .n_threads = 1});
	buf_init(&out, 1000);
	assert_int_equal(plan_file_write(s.calendar, "sample", &out), CVN_OK);
	assert_int_equal(buf_append(&out, "", 1), CVN_OK);
	assert_non_null(strstr((const char *)out.bytes, "\"score\": 0,"));
	buf_done(&out);
	end(&s);
}

/* A sample with one text replaced by another has a fault at `path`, and nothing else is said about a sound one. */
static void expect_fault(const char *old, const char *new, const char *path)
{
	char *json = sample_json(6, &SHAPES[0]), *at = strstr(json, old), *changed = NULL;
	struct programme_file file;
	struct problem *problem;
	size_t size;
	FILE *out;
	bool found = false;

	assert_non_null(at);
	out = open_memstream(&changed, &size);
	fprintf(out, "%.*s%s%s", (int)(at - json), json, new, at + strlen(old));
	fclose(out);
	problem = sample_problem(changed, &file);
	plan_file_check(&file, problem);
	for (const struct json_fault *fault = file.faults.first; fault != NULL; fault = fault->next)
		found = found || strcmp(fault->path, path) == 0;
	if (!found)
		fail_msg("no fault at %s but at %s", path, file.faults.first != NULL ? file.faults.first->path : "none");
	problem_free(problem);
	programme_file_done(&file);
	free(json);
	free(changed);
}

static void faults_of_a_file_are_named_with_their_path(void **state)
{
	(void)state;
	expect_fault("\"last_day\":\"2022-03-31\"", "\"last_day\":\"2021-03-31\"", "programme.last_day");
	expect_fault("\"last_day\":\"2022-03-31\"", "\"last_day\":\"2222-03-31\"",
	             "programme.last_day");
	expect_fault("\"move_cost\":8000", "\"move_cost\":-1", "programme.policy.move_cost");
	expect_fault("\"city\":\"c", "\"city\":\"x", "venues[0].city");
	expect_fault("{\"id\":\"v1\"", "{\"id\":\"v0\"", "venues[1].id");
	expect_fault("{\"id\":\"r1\"", "{\"id\":\"r0\"", "requests[1].id");
	expect_fault("{\"id\":\"r1\"", "{\"id\":\"r\\\"1\"", "requests[1].id");
	expect_fault("\"squads\":[\"s", "\"squads\":[\"x", "requests[4].squads[0]");
	expect_fault("\"federation\":\"f", "\"federation\":\"x", "squads[0].federation");
	expect_fault("\"kind\":\"", "\"kind\":\"x", "requests[0].kind");
	expect_fault("\"duration\":", "\"duration\":-", "requests[0].duration");
	expect_fault("\"preferred_first_day\":\"2022", "\"preferred_first_day\":\"202x", "requests[0].preferred_first_day");
}

/* Its paths, one a line. */
static char *paths_of(const char *json)
{
	struct programme_file file;
	struct problem *problem;
	char *paths = NULL;
	size_t size;
	FILE *out = open_memstream(&paths, &size);

	programme_file_init(&file);
	(void)!programme_file_read(&file, json, strlen(json));
	problem = plan_file_compile(&file);
	plan_file_check(&file, problem);
	for (const struct json_fault *f = file.faults.first; f != NULL; f = f->next)
		if (!f->is_warning)
			fprintf(out, "%s\n", f->path);
	fclose(out);
	problem_free(problem);
	programme_file_done(&file);
	return paths;
}

/* What can't be read moves no index, and who refers to it is not blamed. */
static void faults_of_form_hide_no_others_and_make_none(void **state)
{
	static const char FILE_TEXT[] =
		"{\"programme\":{\"id\":\"p\",\"first_day\":\"2022-01-01\",\"last_day\":\"2022-03-01\","
		"\"parties\":[\"PAA\",\"PAB\"],\"guests\":[],\"policy\":{\"move_cost\":%s}},"
		"\"cities\":[{\"id\":\"c\",\"noc\":\"PAA\",\"beds\":\"many\"},"
		"{\"id\":\"d\",\"noc\":\"PAX\",\"beds\":5}],"
		"\"venues\":[{\"id\":\"v\",\"city\":\"c\",\"units\":[]},{\"id\":\"w\",\"city\":\"x\"},"
		"{\"id\":\"u\",\"city\":\"x\",\"units\":\"1\",\"closed\":[[\"2022-01-05\",7],[\"2022-01-05\",\"2022-01-01\"]]}],"
		"\"federations\":[{\"id\":1,\"noc\":\"PAA\"},{\"id\":\"f\",\"noc\":\"PAB\","
		"\"max_events\":-2}]}";
	char text[1024], *paths;

	(void)state;
	for (int i = 0; i < 2; i++) {
		snprintf(text, sizeof(text), FILE_TEXT, i == 0 ? "5" : "\"high\"");
		paths = paths_of(text);
		assert_string_equal(i == 0 ? paths : strchr(paths, '\n') + 1,
		                    "cities[0].beds\nvenues[0].units\nvenues[2].units\nvenues[2].closed[0][1]\n"
		                    "federations[0].id\ncities[1].noc\nvenues[1].city\nvenues[2].city\n"
		                    "venues[2].closed[1][1]\nfederations[1].max_events\n");
		assert_true(i == 0 || strncmp(paths, "programme.policy.move_cost\n", 27) == 0);
		free(paths);
	}
}

static void circles_and_contradictions_are_found(void **state)
{
	static const char REQUEST[] =
		"{\"id\":\"%s\",\"federation\":\"f\",\"kind\":\"competition\",\"discipline\":\"ATH\",\"level\":1,\"duration\":2,"
		"\"windows\":[[\"2022-01-01\",\"2022-01-20\"]],\"preferred_first_day\":\"2022-01-01\",\"hosts\":[\"PAA\"],\"facilities\":[],"
		"\"units\":1,\"headcount\":6,\"services\":{},\"squads\":[],\"value\":10%s}";
	char *json = planted_json(1, 1, 20, 2), *changed = NULL, *at = strstr(json, "\"requests\":[");
	struct programme_file file;
	struct problem *problem;
	int n_circle = 0, n_fixed = 0;
	size_t size;
	FILE *out = open_memstream(&changed, &size);

	(void)state;
	fprintf(out, "%.*s\"requests\":[", (int)(at - json), json);
	fprintf(out, REQUEST, "a", ",\"after\":[{\"request\":\"b\",\"min_gap\":0,\"max_gap\":9}]");
	fprintf(out, ",");
	fprintf(out, REQUEST, "b", ",\"after\":[{\"request\":\"a\",\"min_gap\":0,\"max_gap\":9}]");
	fprintf(out, ",");
	fprintf(out, REQUEST, "behind", ",\"after\":[{\"request\":\"a\",\"min_gap\":0,\"max_gap\":9}]");
	fprintf(out, ",");
	fprintf(out, REQUEST, "x", ",\"announced\":{\"venue\":\"h0\",\"first_day\":\"2022-01-05\",\"fixed\":true}");
	fprintf(out, ",");
	fprintf(out, REQUEST, "y", ",\"announced\":{\"venue\":\"h0\",\"first_day\":\"2022-01-06\",\"fixed\":true}");
	fprintf(out, "]}");
	fclose(out);
	problem = sample_problem(changed, &file);
	plan_file_check(&file, problem);
	for (const struct json_fault *fault = file.faults.first; fault != NULL; fault = fault->next) {
		n_circle += !fault->is_warning && strstr(fault->text, "circle") != NULL;
		n_fixed += strcmp(fault->path, "requests[4].announced") == 0 && strstr(fault->text, "\"x\"") != NULL;
	}
	assert_int_equal(n_circle, 2);
	assert_int_equal(n_fixed, 1);
	problem_free(problem);
	programme_file_done(&file);
	free(json);
	free(changed);
}

/* One hall of one unit, twenty days: who asks for how many of which days, after whom, where fixed
 * when. */
struct asked {
	const char *id;
	int duration, first, last;
	const char *after; /* "": nobody */
	int fixed_on;      /* 0: not fixed */
};

static char *hall_json(const struct asked *asked, int n)
{
	char *json = planted_json(1, 1, 20, 2), *made = NULL;
	size_t size;
	FILE *out = open_memstream(&made, &size);

	fprintf(out, "%.*s\"requests\":[", (int)(strstr(json, "\"requests\":[") - json), json);
	for (int i = 0; i < n; i++) {
		fprintf(out,
		        "%s{\"id\":\"%s\",\"federation\":\"f\",\"kind\":\"competition\","
		        "\"discipline\":\"ATH\",\"level\":1,\"duration\":%d,"
		        "\"windows\":[[\"2022-01-%02d\",\"2022-01-%02d\"]],"
		        "\"preferred_first_day\":\"2022-01-%02d\",\"hosts\":[\"PAA\"],"
		        "\"facilities\":[],\"units\":1,\"headcount\":6,\"services\":{},"
		        "\"squads\":[],\"value\":10",
		        i > 0 ? "," : "", asked[i].id, asked[i].duration, asked[i].first,
		        asked[i].last, asked[i].first);
		if (*asked[i].after != '\0')
			fprintf(out,
			        ",\"after\":[{\"request\":\"%s\",\"min_gap\":0,\"max_gap\":9}]",
			        asked[i].after);
		if (asked[i].fixed_on > 0)
			fprintf(out,
			        ",\"announced\":{\"venue\":\"h0\","
			        "\"first_day\":\"2022-01-%02d\",\"fixed\":true}",
			        asked[i].fixed_on);
		fprintf(out, "}");
	}
	fprintf(out, "]}");
	fclose(out);
	free(json);
	return made;
}

/* The one that has no place; "": all stand, and `fixed` is the event that needed it. */
static const char *missing_of(struct solved *s, const struct asked *asked, int n,
                              const char **ret_fixed)
{
	int32_t missing, fixed = PROBLEM_NONE;

	s->json = hall_json(asked, n);
	s->problem = sample_problem(s->json, &s->file);
	s->calendar = calendar_new(s->problem);
	checker_init(&s->checker, &s->file);
	assert_int_equal(plan_file_check(&s->file, s->problem), 0);
	missing = plan_file_stand(s->calendar, &fixed);
	*ret_fixed = fixed != PROBLEM_NONE ? s->problem->requests[fixed].id : "";
	return missing != PROBLEM_NONE ? s->problem->requests[missing].id : "";
}

static void whoever_fixed_events_come_after_stands_with_them(void **state)
{
	static const struct asked CHAIN[] = {
		{"a", 3, 1, 20, "", 0}, {"b", 3, 1, 20, "a", 0}, {"c", 3, 1, 20, "b", 15},
	};
	static const struct asked NARROW[] = { /* "wide" wishes the only days of "narrow" */
		{"wide", 3, 1, 6, "", 0}, {"narrow", 3, 1, 3, "", 0}, {"x", 3, 1, 20, "wide", 8},
		{"y", 3, 1, 20, "narrow", 11},
	};
	static const struct asked LATE[] = {
		{"a", 3, 1, 20, "", 0}, {"b", 3, 12, 20, "a", 0}, {"c", 3, 1, 20, "b", 10},
	};
	const char *fixed;
	struct solved s;

	(void)state;
	assert_string_equal(missing_of(&s, CHAIN, 3, &fixed), "");
	assert_int_equal(s.calendar->n_placed, 3);
	solve(&s, &(struct solve_limits){.steps = 1000, .seed = 1, .n_threads = 1});
	assert_int_equal(checker_verdict(&s.checker, &(int){0}), CHECKER_FREE);
	end(&s);
	assert_string_equal(missing_of(&s, NARROW, 4, &fixed), "");
	end(&s);
	assert_string_equal(missing_of(&s, LATE, 3, &fixed), "b");
	assert_string_equal(fixed, "c");
	end(&s);
}

/* "a" has to stand before "z", though more would find room if it stood behind. */
static void whoever_is_pushed_away_keeps_its_distance_to_fixed_events(void **state)
{
	static const struct asked CROWD[] = {
		{"a", 3, 1, 20, "", 0}, {"z", 3, 1, 20, "a", 14}, {"p", 3, 1, 13, "", 0}, {"q", 3, 1, 13, "", 0},
		{"r", 3, 1, 13, "", 0}, {"s", 3, 1, 13, "", 0}, {"t", 3, 1, 13, "", 0},
	};
	const char *fixed;
	struct solved s;

	(void)state;
	for (uint64_t seed = 1; seed <= 20; seed++) {
		assert_string_equal(missing_of(&s, CROWD, 7, &fixed), "");
		solve(&s, &(struct solve_limits){.steps = 2000, .seed = seed, .n_threads = 1});
		assert_int_equal(checker_verdict(&s.checker, &(int){0}), CHECKER_FREE);
		assert_int_equal(s.calendar->n_placed, 5);
		end(&s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_plan_is_accepted_by_the_checker),
		cmocka_unit_test(threads_that_share_a_plan_make_a_sound_one),
		cmocka_unit_test(seasons_searched_apart_are_one_sound_plan),
		cmocka_unit_test(the_same_seed_and_steps_give_the_same_plan),
		cmocka_unit_test(tiny_programmes_are_solved_exactly),
		cmocka_unit_test(tiny_programmes_of_chains_are_solved_exactly),
		cmocka_unit_test(full_calendars_are_filled),
		cmocka_unit_test(a_full_season_is_filled),
		cmocka_unit_test(no_request_gives_an_empty_plan),
		cmocka_unit_test(faults_of_a_file_are_named_with_their_path),
		cmocka_unit_test(faults_of_form_hide_no_others_and_make_none),
		cmocka_unit_test(circles_and_contradictions_are_found),
		cmocka_unit_test(whoever_fixed_events_come_after_stands_with_them),
		cmocka_unit_test(whoever_is_pushed_away_keeps_its_distance_to_fixed_events),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
