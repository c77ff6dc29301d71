#include "domain/lifecycle.h"
#include "domain/score.h"
#include "things.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static int set_up(void **state)
{
	struct programme *p = programme_new();
	Convene__V1__Policy policy = CONVENE__V1__POLICY__INIT;

	policy.has_date_weight = policy.has_move_cost = policy.has_reciprocity_weight = true;
	policy.date_weight = 20;
	policy.move_cost = 8000;
	policy.reciprocity_weight = 2;
	put_programme(p, &policy);
	*state = p;
	return 0;
}

static int tear_down(void **state)
{
	programme_free(*state);
	return 0;
}

static Convene__V1__Request request_of(int64_t headcount, int64_t duration)
{
	Convene__V1__Request request = CONVENE__V1__REQUEST__INIT;

	request.headcount = headcount;
	request.duration = duration;
	request.preferred_first_day = (char *)"2026-05-01";
	return request;
}

static Convene__V1__Placement at(const char *venue, const char *first_day)
{
	Convene__V1__Placement placement = CONVENE__V1__PLACEMENT__INIT;

	placement.venue = (char *)venue;
	placement.first_day = (char *)first_day;
	return placement;
}

static void adds_value_days_and_balance(void **state)
{
	Convene__V1__Request camp = request_of(10, 3), cup = request_of(4, 5);
	Convene__V1__Placement early = at("va", "2026-04-29"), late = at("vb", "2026-05-05");
	struct score s;

	score_init(&s, *state);
	score_count(&s, &camp, 40, &early);
	score_count(&s, &cup, 7, &late);
	score_count(&s, &cup, 99, NULL);

	assert_int_equal(s.n_placed, 2);
	assert_int_equal(s.value, 47000);
	assert_int_equal(s.date_cost, 20 * (2 + 4));
	assert_int_equal(score_hosted(&s, "AAA"), 30);
	assert_int_equal(score_hosted(&s, "BBB"), 20);
	assert_int_equal(score_hosted(&s, "GGG"), 0);
	assert_int_equal(score_imbalance(&s), (90 - 50) + (60 - 50) + 50);
	assert_int_equal(score_total(&s), 47000 - 120 - 2 * 100);
}

static void charges_what_is_not_where_it_was_announced(void **state)
{
	Convene__V1__Request games = request_of(0, 1);
	Convene__V1__Announced announced = CONVENE__V1__ANNOUNCED__INIT;
	Convene__V1__Placement as_announced = at("va", "2026-05-01"), moved = at("vb", "2026-05-01");
	struct score s;

	announced.venue = (char *)"va";
	announced.first_day = (char *)"2026-05-01";
	games.announced = &announced;
	score_init(&s, *state);
	score_count(&s, &games, 1, &as_announced);
	assert_int_equal(s.move_cost, 0);
	score_count(&s, &games, 1, &moved);
	assert_int_equal(s.move_cost, 8000);
	score_count(&s, &games, 1, NULL);
	assert_int_equal(s.move_cost, 16000);
}

static void stops_at_the_ends_of_numbers(void **state)
{
	Convene__V1__Request huge = request_of(INT64_MAX, INT64_MAX);
	Convene__V1__Placement place = at("va", "2026-05-01");
	struct score s;

	score_init(&s, *state);
	score_count(&s, &huge, INT64_MAX, &place);
	score_count(&s, &huge, INT64_MAX, &place);

	assert_true(s.value == INT64_MAX);
	assert_true(score_hosted(&s, "AAA") == INT64_MAX);
	assert_true(score_imbalance(&s) > 0);
	score_total(&s);
}

static void put_record(struct replica *r, const char *id, Convene__V1__State standing_state, const char *venue)
{
	Convene__V1__Request content = request_of(10, 1);
	Convene__V1__Placement placement = at(venue, "2026-05-01");
	Convene__V1__Standing standing = CONVENE__V1__STANDING__INIT;
	Convene__V1__Record record = CONVENE__V1__RECORD__INIT;

	content.has_value = true;
	content.value = 5;
	standing.has_state = true;
	standing.state = standing_state;
	standing.placement = venue != NULL ? &placement : NULL;
	standing.has_value = venue != NULL;
	standing.value = 9;
	record.id = (char *)id;
	record.content = &content;
	record.standing = &standing;
	assert_int_equal(replica_put_record(r, &record), CVN_OK);
}

static void counts_the_places_of_a_replica(void **state)
{
	struct replica *r = replica_new(NULL);
	struct score s;

	(void)state;
	put_record(r, "proposed", STATE_PROPOSED, "va");
	put_record(r, "waiting", STATE_WAITLISTED, NULL);
	put_record(r, "withdrawn", STATE_WITHDRAWN, "va");
	put_record(r, "held", STATE_HELD, "va");
	score_init(&s, replica_programme(r));
	score_count_replica(&s, r);

	assert_int_equal(s.n_placed, 2);
	assert_int_equal(s.value, 18000); /* the working body's value, not the request's */
	assert_int_equal(score_value_of(replica_find(r, "waiting")->content, replica_find(r, "waiting")->standing), 5);
	replica_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(adds_value_days_and_balance, set_up, tear_down),
		cmocka_unit_test_setup_teardown(charges_what_is_not_where_it_was_announced, set_up, tear_down),
		cmocka_unit_test_setup_teardown(stops_at_the_ends_of_numbers, set_up, tear_down),
		cmocka_unit_test(counts_the_places_of_a_replica),
	};

	return cmocka_run_group_tests_name("score", tests, NULL, NULL);
}
