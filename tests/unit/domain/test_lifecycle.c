#include "domain/lifecycle.h"
#include "life_document.h"
#include "util/slurp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void passes_through_validated(void **state)
{
	(void)state;
	assert_true(lifecycle_allows(STATE_NONE, STATE_RECEIVED));
	assert_true(lifecycle_allows(STATE_RECEIVED, STATE_PROPOSED));
	assert_true(lifecycle_allows(STATE_RECEIVED, STATE_WAITLISTED));
	assert_true(lifecycle_allows(STATE_RECEIVED, STATE_REJECTED));
	assert_true(lifecycle_allows(STATE_WAITLISTED, STATE_PROPOSED));
	assert_true(lifecycle_allows(STATE_PROPOSED, STATE_CONFIRMED));
}

static void lets_nothing_skip_its_consents(void **state)
{
	(void)state;
	assert_false(lifecycle_allows(STATE_NONE, STATE_PROPOSED));
	assert_false(lifecycle_allows(STATE_POSTPONED, STATE_CONFIRMED));
	assert_false(lifecycle_allows(STATE_PROPOSED, STATE_CANCELLED));
	assert_false(lifecycle_allows(STATE_CONFIRMED, STATE_WAITLISTED));
	assert_false(lifecycle_allows(STATE_CONFIRMED, STATE_DECLINED));
	assert_false(lifecycle_can(STATE_WAITLISTED, CAUSE_CONSENT));
	assert_true(lifecycle_can(STATE_PROPOSED, CAUSE_CONSENT));
}

/* The ends stay the ends: of them only a rejected one can be amended. */
static void wakes_nothing_that_has_ended(void **state)
{
	static const Convene__V1__State ENDS[] = { STATE_DECLINED, STATE_WITHDRAWN, STATE_CANCELLED, STATE_HELD };

	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(ENDS); i++) {
		assert_false(lifecycle_is_open(ENDS[i]));
		for (int to = 0; to < STATE_N; to++)
			assert_false(lifecycle_allows(ENDS[i], (Convene__V1__State)to));
	}
	assert_true(lifecycle_allows(STATE_REJECTED, STATE_RECEIVED));
}

static void lets_every_open_request_be_amended_and_withdrawn(void **state)
{
	(void)state;
	for (int i = 1; i < STATE_N; i++) {
		Convene__V1__State from = (Convene__V1__State)i;

		assert_int_equal(lifecycle_can(from, CAUSE_WITHDRAW), lifecycle_is_open(from));
		assert_int_equal(lifecycle_can(from, CAUSE_AMEND), lifecycle_is_open(from) || from == STATE_REJECTED);
	}
}

static void reaches_every_state(void **state)
{
	(void)state;
	for (int to = 1; to < STATE_N; to++) {
		bool is_reached = false;

		for (int from = 0; from < STATE_N; from++)
			is_reached |= from != to && lifecycle_allows((Convene__V1__State)from, (Convene__V1__State)to);
		assert_true(is_reached);
	}
}

static void tells_who_holds_a_place(void **state)
{
	Convene__V1__Placement placement = CONVENE__V1__PLACEMENT__INIT;
	Convene__V1__Standing standing = CONVENE__V1__STANDING__INIT;

	(void)state;
	assert_false(lifecycle_has_place(NULL));
	standing.has_state = true;
	standing.state = STATE_PROPOSED;
	assert_false(lifecycle_has_place(&standing));
	standing.placement = &placement;
	assert_false(lifecycle_has_place(&standing));
	placement.venue = (char *)"v";
	placement.first_day = (char *)"2026-01-01";
	assert_true(lifecycle_has_place(&standing));
	standing.state = STATE_RECEIVED;
	assert_true(lifecycle_has_place(&standing));
	standing.state = STATE_WITHDRAWN;
	assert_false(lifecycle_has_place(&standing));
	standing.state = STATE_POSTPONED;
	assert_false(lifecycle_has_place(&standing));
}

static void reads_the_names_it_writes(void **state)
{
	Convene__V1__State read;

	(void)state;
	for (int i = 1; i < STATE_N; i++) {
		assert_true(state_parse(state_name((Convene__V1__State)i), &read));
		assert_int_equal(read, i);
	}
	assert_false(state_parse("none", &read));
	assert_false(state_parse("PROPOSED", &read));
	assert_false(state_parse(NULL, &read));
	assert_string_equal(state_name((Convene__V1__State)99), "none");
	assert_string_equal(state_name((Convene__V1__State)-1), "none");
	assert_false(lifecycle_is_open((Convene__V1__State)99));
}

static void is_documented_as_it_is(void **state)
{
	struct buf written, table;

	(void)state;
	buf_init(&written, 1 << 20);
	buf_init(&table, 1 << 20);
	assert_int_equal(slurp(SOURCE_DIR "/docs/LIFE.md", &written), CVN_OK);
	assert_int_equal(life_document(&table), CVN_OK);

	if (written.n != table.n || memcmp(written.bytes, table.bytes, table.n) != 0)
		fail_msg("write it anew: build/tests/life_document > docs/LIFE.md");

	buf_done(&table);
	buf_done(&written);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(passes_through_validated),
		cmocka_unit_test(lets_nothing_skip_its_consents),
		cmocka_unit_test(wakes_nothing_that_has_ended),
		cmocka_unit_test(lets_every_open_request_be_amended_and_withdrawn),
		cmocka_unit_test(reaches_every_state),
		cmocka_unit_test(tells_who_holds_a_place),
		cmocka_unit_test(reads_the_names_it_writes),
		cmocka_unit_test(is_documented_as_it_is),
	};

	return cmocka_run_group_tests_name("lifecycle", tests, NULL, NULL);
}
