/* test_seasons.c - requests of different seasons can never meet, whatever they were cut from. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdlib.h>
#include "sample.h"
#include "scheduler/seasons.h"

#define SEEDS 20

static const struct sample_shape SHAPE = {.n_requests = 250, .n_days = 400, .n_parties = 3, .n_cities = 5, .n_venues = 9,
                                          .n_squads = 30, .n_fixed = 3};

struct rig {
	char *json;
	struct programme_file file;
	struct problem *problem;
	struct seasons seasons;
};

static void start(struct rig *rig, uint64_t seed, const struct sample_shape *shape, int32_t n_most)
{
	rig->json = sample_json(seed, shape);
	rig->problem = sample_problem(rig->json, &rig->file);
	seasons_find(&rig->seasons, rig->problem, n_most, NULL);
}

static void end(struct rig *rig)
{
	seasons_done(&rig->seasons);
	problem_free(rig->problem);
	programme_file_done(&rig->file);
	free(rig->json);
}

static bool may_start(const struct problem_request *request, int32_t day)
{
	int32_t bit = day - request->first_word * 64;

	return bit >= 0 && bit < request->n_words * 64 && (request->starts[bit >> 6] >> (bit & 63) & 1) != 0;
}

static bool may_move(const struct problem_request *request)
{
	bool ret = false;

	for (int32_t w = 0; w < request->n_words; w++)
		ret |= request->starts[w] != 0;
	return ret && !request->fixed;
}

/* Which season's requests could be on each day, rest of their squads included; PROBLEM_NONE: nobody's. */
static void mark_days(const struct rig *rig, int32_t *season_of_day)
{
	const struct problem_policy *policy = &rig->problem->policy;
	int32_t n_days = rig->problem->n_days, rest = policy->rest_same_city;

	rest = policy->rest_same_host > rest ? policy->rest_same_host : rest;
	rest = policy->rest_between_hosts > rest ? policy->rest_between_hosts : rest;
	for (int32_t d = 0; d < n_days; d++)
		season_of_day[d] = PROBLEM_NONE;
	for (int32_t r = 0; r < rig->problem->n_requests; r++) {
		const struct problem_request *request = &rig->problem->requests[r];

		for (int32_t d = 0; rig->seasons.of[r] != PROBLEM_NONE && d < n_days; d++)
			for (int32_t on = d; may_start(request, d) && on < d + request->duration + rest && on < n_days; on++) {
				assert_true(season_of_day[on] == PROBLEM_NONE || season_of_day[on] == rig->seasons.of[r]);
				season_of_day[on] = rig->seasons.of[r];
			}
	}
}

static void requests_of_different_seasons_never_meet(void **state)
{
	int32_t n_cut = 0;

	(void)state;
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		struct rig rig;
		int32_t days[400];

		start(&rig, seed, &SHAPE, 1 + (int32_t)(seed % 4));
		mark_days(&rig, days);
		for (int32_t r = 0; r < rig.problem->n_requests; r++)
			for (int32_t i = 0; i < rig.problem->requests[r].n_after; i++) {
				int32_t leader = rig.seasons.of[rig.problem->requests[r].after[i].request];

				assert_true(rig.seasons.of[r] == PROBLEM_NONE || leader == PROBLEM_NONE || leader == rig.seasons.of[r]);
			}
		for (int32_t r = 0; r < SHAPE.n_fixed && rig.seasons.n > 1; r++)
			assert_int_equal(rig.seasons.of[r], PROBLEM_NONE);
		n_cut += rig.seasons.n > 1;
		end(&rig);
	}
	assert_true(n_cut >= SEEDS / 2);
}

static void few_are_between_at_both_of_two_cuts(void **state)
{
	int32_t n_first = 0, n_both = 0;

	(void)state;
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		struct rig rig;
		struct seasons second;

		start(&rig, seed, &SHAPE, 2);
		seasons_find(&second, rig.problem, rig.seasons.n, &rig.seasons);
		for (int32_t r = 0; r < rig.problem->n_requests && second.n == 2; r++) {
			if (rig.seasons.of[r] != PROBLEM_NONE || rig.problem->requests[r].n_after > 0 || !may_move(&rig.problem->requests[r]))
				continue;
			n_first++;
			n_both += second.of[r] == PROBLEM_NONE;
		}
		seasons_done(&second);
		end(&rig);
	}
	assert_true(n_first > 0);
	assert_true(n_both < n_first / 2);
}

/* Windows of 22 days at most can't be cut within so few. */
static void what_has_no_seasons_stays_whole(void **state)
{
	struct sample_shape shape = SHAPE;
	struct rig rig;

	(void)state;
	shape.n_days = 40;
	start(&rig, 1, &shape, 4);
	assert_int_equal(rig.seasons.n, 1);
	end(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(requests_of_different_seasons_never_meet),
		cmocka_unit_test(few_are_between_at_both_of_two_cuts),
		cmocka_unit_test(what_has_no_seasons_stays_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
