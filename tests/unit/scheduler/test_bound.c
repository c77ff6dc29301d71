/* test_bound.c - no plan passes the bound: not the best of tiny programmes, nor what a search finds; and it is near. What
 * searches are told of its prices is what they are. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include "sample.h"
#include "scheduler/bound_prices.h"
#include "scheduler/costs.h"
#include "scheduler/memory.h"
#include "scheduler/solve_search.h"

struct bounded {
	char *json;
	struct programme_file file;
	struct problem *problem;
	struct calendar *calendar;
};

static void start(struct bounded *b, char *json)
{
	b->json = json;
	b->problem = sample_problem(json, &b->file);
	b->calendar = calendar_new(b->problem);
	for (int32_t r = 0; r < b->problem->n_requests; r++)
		if (b->problem->requests[r].fixed)
			calendar_place(b->calendar, r, b->problem->requests[r].announced_venue, b->problem->requests[r].announced_day);
}

static void end(struct bounded *b)
{
	calendar_free(b->calendar);
	problem_free(b->problem);
	programme_file_done(&b->file);
	free(b->json);
}

/* After so many rounds, the first of them of rough choices; no round may say more than those before. */
static int64_t bound_after(const struct bounded *b, int n_rough, int n_rounds, int64_t score)
{
	struct bound *bound = bound_new(b->calendar, /* n_threads= */ 2);
	int64_t most = INT64_MAX;

	for (int i = 0; i < n_rounds; i++) {
		int64_t now;

		if (n_rough > 0 && (i == 0 || i == n_rough))
			bound_choose_roughly(bound, i == 0);
		now = bound_step(bound, score);
		assert_true(now <= most);
		most = now;
	}
	bound_free(bound);
	return most;
}

/* Also with prices that are far from good: after one round, and after steps towards a score that none can have. */
static void the_best_plan_of_a_tiny_programme_is_below(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 300; seed++) {
		struct sample_shape shape = {.n_requests = 3 + (int)(seed % 4), .n_days = 10, .n_parties = 2 + (int)(seed & 1),
		                             .n_cities = 2, .n_venues = 3, .n_squads = 3, .n_fixed = (int)(seed % 3 == 0),
		                             .weight = seed % 5 == 0 ? 400 : (int)(seed % 2)};
		struct bounded b;
		int64_t best;

		start(&b, sample_json(seed, &shape));
		best = sample_best_score(b.calendar);
		assert_true(bound_after(&b, 0, 1, 0) >= best);
		assert_true(bound_after(&b, 0, 40, -1000000) >= best);
		assert_true(bound_after(&b, 0, 200, best) >= best);
		assert_true(bound_after(&b, 60, 60, best) >= best);
		assert_true(bound_after(&b, 60, 200, best) >= best);
		end(&b);
	}
}

/* Crowded ones: what a search finds is below, and in sum within a twentieth. */
static void what_a_search_finds_is_below_and_near(void **state)
{
	static const atomic_bool NEVER = false;
	static const struct sample_shape SHAPES[] = {
		{.n_requests = 60, .n_days = 90, .n_parties = 2, .n_cities = 3, .n_venues = 5, .n_squads = 8, .n_fixed = 3, .weight = 1},
		{.n_requests = 40, .n_days = 150, .n_parties = 3, .n_cities = 5, .n_venues = 8, .n_squads = 6, .weight = 400},
		{.n_requests = 25, .n_days = 30, .n_parties = 2, .n_cities = 2, .n_venues = 3, .n_squads = 4, .n_fixed = 1},
	};
	int64_t scores = 0, bounds = 0;

	(void)state;
	for (uint64_t seed = 1; seed <= 45; seed++) {
		struct bounded b;
		int64_t most;

		start(&b, sample_json(seed, &SHAPES[seed % 3]));
		most = bound_after(&b, 0, 150, 0);
		solve_search(b.calendar, &(struct solve_limits){.steps = 4000, .seed = seed, .n_threads = 1, .stop = &NEVER});
		assert_true(most >= b.calendar->score);
		scores += b.calendar->score;
		bounds += most;
		end(&b);
	}
	assert_true(bounds * 95 <= scores * 100);
}

/* Two cities at home, one abroad; no rest in a city, one day at home, three between hosts. */
static char *small_json(const char *requests)
{
	char *json = NULL;
	size_t size;
	FILE *out = open_memstream(&json, &size);

	fprintf(out,
	        "{\"programme\":{\"id\":\"small\",\"first_day\":\"2022-01-01\",\"last_day\":\"2022-01-31\",\"parties\":[\"PAA\",\"PAB\"],"
	        "\"guests\":[],\"policy\":{\"date_weight\":0,\"move_cost\":0,\"reciprocity_weight\":0,\"rest_same_city\":0,"
	        "\"rest_same_host\":1,\"rest_between_hosts\":3}},\"cities\":[{\"id\":\"c\",\"noc\":\"PAA\",\"beds\":9000},"
	        "{\"id\":\"d\",\"noc\":\"PAA\",\"beds\":9000},{\"id\":\"e\",\"noc\":\"PAB\",\"beds\":9000}],\"venues\":["
	        "{\"id\":\"vc\",\"city\":\"c\",\"disciplines\":[\"ATH\"],\"facilities\":[],\"units\":9,\"level\":5},"
	        "{\"id\":\"vd\",\"city\":\"d\",\"disciplines\":[\"ATH\"],\"facilities\":[],\"units\":9,\"level\":5},"
	        "{\"id\":\"ve\",\"city\":\"e\",\"disciplines\":[\"ATH\"],\"facilities\":[],\"units\":9,\"level\":5}],\"federations\":["
	        "{\"id\":\"f\",\"noc\":\"PAA\",\"disciplines\":[\"ATH\"],\"max_events\":9}],"
	        "\"squads\":[{\"id\":\"s\",\"federation\":\"f\",\"size\":9}],\"requests\":[%s]}", requests);
	fclose(out);
	return json;
}

/* Of two days, worth 10,000 points. */
#define REQUEST(id, first, last, after) \
	"{\"id\":\"" id "\",\"federation\":\"f\",\"kind\":\"competition\",\"discipline\":\"ATH\",\"level\":1,\"duration\":2," \
	"\"windows\":[[\"2022-01-" first "\",\"2022-01-" last "\"]],\"preferred_first_day\":\"2022-01-" first "\",\"hosts\":[\"PAA\"]," \
	"\"facilities\":[],\"units\":1,\"headcount\":6,\"services\":{},\"squads\":[],\"value\":10" after "}"
#define AFTER(id) ",\"after\":[{\"request\":\"" id "\",\"min_gap\":3,\"max_gap\":5}]"

/* The first ends on the 2nd, 3rd or 4th: what comes after it begins on the 6th to the 10th. */
static void nobody_counts_who_cannot_come_after(void **state)
{
	static const struct {
		const char *requests;
		int64_t bound;
	} CASES[] = {
		{REQUEST("a", "01", "04", "") "," REQUEST("b", "05", "07", AFTER("a")), 20000},
		{REQUEST("a", "01", "04", "") "," REQUEST("b", "01", "06", AFTER("a")), 10000},
		{REQUEST("a", "01", "04", "") "," REQUEST("b", "10", "14", AFTER("a")), 20000},
		{REQUEST("a", "01", "04", "") "," REQUEST("b", "11", "14", AFTER("a")), 10000},
		{REQUEST("c", "15", "18", AFTER("b")) "," REQUEST("b", "08", "11", AFTER("a")) "," REQUEST("a", "01", "04", ""), 30000},
		{REQUEST("c", "18", "21", AFTER("b")) "," REQUEST("b", "08", "11", AFTER("a")) "," REQUEST("a", "01", "04", ""), 20000},
		{REQUEST("c", "18", "21", AFTER("b")) "," REQUEST("b", "20", "21", AFTER("a")) "," REQUEST("a", "01", "04", ""), 10000},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
		struct bounded b;

		start(&b, small_json(CASES[i].requests));
		assert_int_equal(bound_after(&b, 0, 1, 0), CASES[i].bound);
		end(&b);
	}
}

/* Of two days, and attended by the squad. */
#define JOURNEY(id, venue, first, last) \
	"{\"id\":\"" id "\",\"federation\":\"f\",\"kind\":\"competition\",\"discipline\":\"ATH\",\"level\":1,\"duration\":2," \
	"\"windows\":[[\"2022-01-" first "\",\"2022-01-" last "\"]],\"preferred_first_day\":\"2022-01-" first "\"," \
	"\"hosts\":[\"PAA\",\"PAB\"],\"venues\":[\"" venue "\"],\"facilities\":[],\"units\":1,\"headcount\":9,\"services\":{}," \
	"\"squads\":[\"s\"],\"value\":10}"

/* Each is worth 10,000 points; the prices need some rounds to say which can't all be attended. */
static void rests_count_where_nobody_can_follow_sooner(void **state)
{
	static const struct {
		const char *requests;
		int64_t best;
	} CASES[] = {
		{JOURNEY("a", "vc", "01", "02") "," JOURNEY("b", "ve", "05", "06"), 10000},
		{JOURNEY("a", "vc", "01", "02") "," JOURNEY("b", "ve", "06", "07"), 20000},
		{JOURNEY("a", "vc", "01", "02") "," JOURNEY("b", "vd", "03", "04"), 10000},
		{JOURNEY("a", "vc", "01", "02") "," JOURNEY("b", "vd", "04", "05"), 20000},
		{JOURNEY("a", "vc", "01", "02") "," JOURNEY("b", "vc", "03", "04"), 20000},
		{JOURNEY("a", "vc", "01", "02") "," JOURNEY("b", "vd", "04", "05") "," JOURNEY("c", "ve", "09", "10"), 30000},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
		struct bounded b;
		int64_t bound;

		start(&b, small_json(CASES[i].requests));
		bound = bound_after(&b, 0, 160, CASES[i].best);
		assert_true(bound >= CASES[i].best && bound <= CASES[i].best + 100);
		end(&b);
	}
}

#define FIXED(id, venue, first) \
	"{\"id\":\"" id "\",\"federation\":\"f\",\"kind\":\"competition\",\"discipline\":\"ATH\",\"level\":1,\"duration\":2," \
	"\"windows\":[[\"2022-01-01\",\"2022-01-31\"]],\"preferred_first_day\":\"2022-01-" first "\",\"hosts\":[\"PAA\",\"PAB\"]," \
	"\"venues\":[\"" venue "\"],\"facilities\":[],\"units\":1,\"headcount\":9,\"services\":{},\"squads\":[\"s\"],\"value\":10," \
	"\"announced\":{\"venue\":\"" venue "\",\"first_day\":\"2022-01-" first "\",\"fixed\":true}}"

/* The squad is at home until the 2nd of January, and rests for three days before it is abroad. */
static void days_that_cannot_be_had_are_the_dearest(void **state)
{
	int32_t costs[64], nobody[64];
	struct bounded b;
	struct bound *bound;

	(void)state;
	start(&b, small_json(JOURNEY("b", "ve", "01", "20") "," JOURNEY("c", "ve", "01", "06") "," FIXED("a", "vc", "01")));
	bound = bound_new(b.calendar, /* n_threads= */ 1);
	bound_step(bound, 0);
	assert_true(bound_costs(bound, problem_request(b.problem, "b"), costs));
	for (int32_t day = 0; day < 19; day++)
		assert_int_equal(costs[day] == INT32_MAX / 2, day < 5);
	assert_false(bound_costs(bound, problem_request(b.problem, "c"), nobody));
	assert_false(bound_costs(bound, problem_request(b.problem, "a"), nobody));
	bound_free(bound);
	end(&b);
}

/* An entry says no more than the place costs beyond the cheapest, and no sixteenth less: exact where that is little. */
static void check_entries(const struct costs *costs, const int32_t *exact, int32_t r, size_t n)
{
	int32_t cheapest = INT32_MAX;

	for (size_t i = 0; i < n; i++)
		cheapest = exact[i] < cheapest ? exact[i] : cheapest;
	for (size_t i = 0; i < n; i++) {
		uint8_t entry = costs->by_request[r][i];
		int32_t more = exact[i] - cheapest;

		assert_int_equal(entry == COSTS_NEVER, exact[i] == BOUND_DEAREST);
		if (entry == COSTS_NEVER)
			continue;
		assert_true(costs->points[entry] <= more);
		assert_true(more < 16 ? costs->points[entry] == more : more - costs->points[entry] <= more / 16);
	}
}

static void searches_are_told_what_each_place_costs(void **state)
{
	static const atomic_bool NEVER = false;
	static const struct sample_shape SHAPE = {.n_requests = 60, .n_days = 90, .n_parties = 2, .n_cities = 3, .n_venues = 5,
	                                          .n_squads = 8, .n_fixed = 3, .weight = 1};
	struct costs_limits limits = {.n_rounds = 8, .stop = &NEVER};
	struct costs costs;
	struct bounded b;
	struct bound *bound;
	int32_t n_told = 0;

	(void)state;
	start(&b, sample_json(/* seed= */ 5, &SHAPE));
	bound = bound_new(b.calendar, /* n_threads= */ 1);
	costs_find(&costs, b.problem, bound, 0, &limits);
	for (int32_t r = 0; r < b.problem->n_requests; r++) {
		const struct problem_request *request = &b.problem->requests[r];
		size_t n = (size_t)request->n_venues * (size_t)request->n_words * 64;
		int32_t *exact = memory_new(n, sizeof(*exact));

		assert_int_equal(bound_costs(bound, r, exact), costs.by_request[r] != NULL);
		if (costs.by_request[r] != NULL) {
			check_entries(&costs, exact, r, n);
			n_told++;
		}
		free(exact);
	}
	assert_true(n_told > 0);
	costs_done(&costs);
	bound_free(bound);
	end(&b);
}

/* However long the programme, and however dear its days: what those of one event cost is told exactly, and the dearest day
 * is as dear as that allows. */
static void sums_of_many_dear_days_are_exact(void **state)
{
	enum { DAYS = 3000, CEILING = 6400000 };
	static const struct {
		int32_t span;
		uint32_t least;
	} CASES[] = {{1, CEILING}, {40, CEILING}, {600, CEILING}, {1000, 4200000}, {3000, 1400000}};

	(void)state;
	for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
		int32_t span = CASES[i].span;
		struct prices p;
		uint32_t a_day;

		prices_init(&p, /* n_rows= */ 2, DAYS, span);
		prices_reach(&p, 1, 0, DAYS);
		p.usual[1] = 1;
		prices_want(&p, 1, 0, DAYS, 5);
		prices_turn(&p, 1, /* filled= */ 1);
		prices_go(&p, 1, /* pace= */ 1e9f, CEILING);
		a_day = prices_of(prices_sums(&p, 1), 0, 1);
		assert_in_range(a_day, CASES[i].least, CEILING);
		for (int32_t day = 0; day + span <= DAYS; day += 7)
			assert_int_equal(prices_of(prices_sums(&p, 1), day, day + span), (uint64_t)a_day * (uint64_t)span);
		assert_int_equal(prices_value(&p), (int64_t)a_day * DAYS);
		prices_done(&p);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_best_plan_of_a_tiny_programme_is_below),
		cmocka_unit_test(what_a_search_finds_is_below_and_near),
		cmocka_unit_test(nobody_counts_who_cannot_come_after),
		cmocka_unit_test(days_that_cannot_be_had_are_the_dearest),
		cmocka_unit_test(searches_are_told_what_each_place_costs),
		cmocka_unit_test(sums_of_many_dear_days_are_exact),
		cmocka_unit_test(rests_count_where_nobody_can_follow_sooner),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
