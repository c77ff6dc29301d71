#include "domain/code.h"
#include "domain/day.h"
#include "domain/programme.h"
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

	put_programme(p, NULL);
	*state = p;
	return 0;
}

static int tear_down(void **state)
{
	programme_free(*state);
	return 0;
}

static void put_offer(struct programme *p, const char *id, int64_t capacity, const char *first, const char *last)
{
	Convene__V1__Offer offer = CONVENE__V1__OFFER__INIT;

	offer.id = (char *)id;
	offer.noc = (char *)"AAA";
	offer.service = (char *)"medical";
	offer.has_capacity = true;
	offer.capacity = capacity;
	offer.first_day = (char *)first;
	offer.last_day = (char *)last;
	put_thing(p, CONVENE__V1__ENTITY__OF_OFFER, &offer);
}

static int32_t day(const char *text)
{
	int32_t number = 0;

	assert_true(day_parse(text, &number));
	return number;
}

static void knows_what_belongs_to_whom(void **state)
{
	struct programme *p = *state;

	assert_string_equal(programme_noc_of_venue(p, "vb"), "BBB");
	assert_string_equal(programme_noc_of_squad(p, "sg"), "GGG");
	assert_null(programme_noc_of_squad(p, "fa"));
	assert_null(programme_noc_of_venue(p, NULL));
	assert_true(programme_is_party(p, "CCC"));
	assert_false(programme_is_party(p, "GGG"));
	assert_true(programme_is_guest(p, "GGG"));
	assert_false(programme_is_guest(p, NULL));
	assert_int_equal(programme_n_days(p), 365);
	assert_int_equal(programme_last_day(p), day("2026-12-31"));
}

static void replaces_in_place_and_retires(void **state)
{
	struct programme *p = *state;

	put_city(p, "a", "BBB");
	assert_string_equal(programme_noc_of_venue(p, "va"), "BBB");
	assert_string_equal(programme_first(p, ENTITY_CITY)->id, "a");
	assert_int_equal(programme_count(p, ENTITY_CITY), 3);
	programme_retire(p, ENTITY_CITY, "a");
	programme_retire(p, ENTITY_CITY, "a");
	assert_null(programme_city(p, "a"));
	assert_null(programme_noc_of_venue(p, "va"));
	assert_int_equal(programme_count(p, ENTITY_CITY), 2);
}

static void refuses_what_has_no_id_or_kind(void **state)
{
	Convene__V1__Entity entity = CONVENE__V1__ENTITY__INIT;
	Convene__V1__City city = CONVENE__V1__CITY__INIT;

	assert_int_equal(programme_put(*state, &entity, 0), CVN_EINVALID);
	entity.of_case = CONVENE__V1__ENTITY__OF_CITY;
	entity.city = &city;
	assert_int_equal(programme_put(*state, &entity, 0), CVN_EINVALID);
	assert_int_equal(programme_count(*state, ENTITY_CITY), 3);
}

static void sums_offers_by_day(void **state)
{
	struct programme *p = *state;

	assert_null(programme_offers(p, "AAA", SERVICE_MEDICAL));
	assert_int_equal(programme_offered(p, "AAA", SERVICE_MEDICAL, day("2026-06-01")), 0);
	put_offer(p, "o1", 3, NULL, NULL);
	put_offer(p, "o2", 2, "2026-06-01", "2027-06-01");
	put_offer(p, "o3", -9, NULL, NULL);
	put_offer(p, "o4", 9, "2026-09-09", "2026-08-08");
	put_offer(p, "o5", 9, "soon", NULL);

	assert_int_equal(programme_offered(p, "AAA", SERVICE_MEDICAL, day("2026-05-31")), 3);
	assert_int_equal(programme_offered(p, "AAA", SERVICE_MEDICAL, day("2026-06-01")), 5);
	assert_int_equal(programme_offered(p, "AAA", SERVICE_MEDICAL, day("2026-12-31")), 5);
	assert_int_equal(programme_offered(p, "AAA", SERVICE_MEDICAL, day("2027-01-01")), 0);
	assert_int_equal(programme_offered(p, "AAA", SERVICE_TRAINING, day("2026-06-01")), 0);
	assert_int_equal(programme_offered(p, "BBB", SERVICE_MEDICAL, day("2026-06-01")), 0);
	assert_int_equal(programme_offered_most(p, "AAA", SERVICE_MEDICAL), 5);
	programme_retire(p, ENTITY_OFFER, "o1");
	assert_int_equal(programme_offered_most(p, "AAA", SERVICE_MEDICAL), 2);
	put_offer(p, "o6", INT64_MAX, NULL, NULL);
	assert_int_equal(programme_offered_most(p, "AAA", SERVICE_MEDICAL), INT32_MAX);
}

static void takes_its_vocabulary_from_venues_where_it_lists_none(void **state)
{
	struct programme *p = *state;
	Convene__V1__Programme about = *programme_about(p);
	Convene__V1__Term term = CONVENE__V1__TERM__INIT;
	Convene__V1__Term *terms[] = { &term };

	assert_true(programme_has_discipline(p, "ATH")); /* a venue's */
	assert_true(programme_has_discipline(p, "JUD")); /* a federation's */
	assert_false(programme_has_discipline(p, "SWM"));
	assert_true(programme_has_facility(p, "gym"));
	assert_false(programme_has_facility(p, NULL));
	term.code = (char *)"SWM";
	about.local_disciplines = about.facilities = terms;
	about.n_local_disciplines = about.n_facilities = 1;
	put_thing(p, CONVENE__V1__ENTITY__OF_PROGRAMME, &about);
	assert_true(programme_has_discipline(p, "SWM"));
	assert_false(programme_has_discipline(p, "ATH"));
	assert_false(programme_has_facility(p, "gym"));
}

static void fills_in_the_policy(void **state)
{
	Convene__V1__Policy policy = CONVENE__V1__POLICY__INIT;
	struct programme *p = *state;

	assert_int_equal(programme_policy(p)->date_weight, 0);
	assert_int_equal(programme_policy(p)->file_days, -1);
	assert_int_equal(programme_policy(p)->accept_days, 7);
	assert_int_equal(programme_policy(p)->revision_days, 14);
	policy.has_date_weight = policy.has_file_days = policy.has_move_cost = true;
	policy.date_weight = 20;
	policy.file_days = 180;
	policy.move_cost = -5;
	put_programme(p, &policy);
	assert_int_equal(programme_policy(p)->date_weight, 20);
	assert_int_equal(programme_policy(p)->file_days, 180);
	assert_int_equal(programme_policy(p)->move_cost, 0);
}

static void has_no_days_without_days(void **state)
{
	struct programme *p = programme_new();
	Convene__V1__Programme about = CONVENE__V1__PROGRAMME__INIT;

	(void)state;
	assert_null(programme_about(p));
	assert_int_equal(programme_n_days(p), 0);
	assert_int_equal(programme_last_day(p), -1);
	about.id = (char *)"x";
	about.first_day = (char *)"2026-01-02";
	about.last_day = (char *)"2026-01-01";
	put_thing(p, CONVENE__V1__ENTITY__OF_PROGRAMME, &about);
	put_offer(p, "o1", 3, NULL, NULL);
	assert_int_equal(programme_n_days(p), 0);
	assert_int_equal(programme_offered_most(p, "AAA", SERVICE_MEDICAL), 0);
	about.id = (char *)"y";
	about.first_day = (char *)"0001-01-01";
	about.last_day = (char *)"9999-12-31";
	put_thing(p, CONVENE__V1__ENTITY__OF_PROGRAMME, &about);
	assert_int_equal(programme_count(p, ENTITY_PROGRAMME), 1);
	assert_int_equal(programme_n_days(p), PROGRAMME_DAYS_MAX);
	programme_free(p);
	programme_free(NULL);
}

static void names_its_kinds(void **state)
{
	(void)state;
	for (int kind = ENTITY_NONE + 1; kind < ENTITY_KIND_N; kind++)
		assert_int_equal(entity_kind_of_name(entity_kind_name((enum entity_kind)kind)), kind);
	assert_int_equal(entity_kind_of_name("planet"), ENTITY_NONE);
	assert_int_equal(entity_kind_of_name(NULL), ENTITY_NONE);
	assert_null(entity_kind_name((enum entity_kind)99));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(knows_what_belongs_to_whom, set_up, tear_down),
		cmocka_unit_test_setup_teardown(replaces_in_place_and_retires, set_up, tear_down),
		cmocka_unit_test_setup_teardown(refuses_what_has_no_id_or_kind, set_up, tear_down),
		cmocka_unit_test_setup_teardown(sums_offers_by_day, set_up, tear_down),
		cmocka_unit_test_setup_teardown(takes_its_vocabulary_from_venues_where_it_lists_none, set_up, tear_down),
		cmocka_unit_test_setup_teardown(fills_in_the_policy, set_up, tear_down),
		cmocka_unit_test(has_no_days_without_days),
		cmocka_unit_test(names_its_kinds),
	};

	return cmocka_run_group_tests_name("programme", tests, NULL, NULL);
}
