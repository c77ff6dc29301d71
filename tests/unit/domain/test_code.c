#include "domain/code.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void finds_each_name_it_gives(void **state)
{
	(void)state;
	for (int i = 0; i < KIND_N; i++)
		assert_int_equal(code_kind(code_kind_name(i)), i);
	for (int i = 0; i < SERVICE_N; i++)
		assert_int_equal(code_service(code_service_name(i)), i);
	for (int i = 0; i < VERDICT_N; i++)
		assert_int_equal(code_verdict(code_verdict_name(i)), i);
	assert_string_equal(code_reason_name(REASON_SQUAD_BUSY), "SQUAD_BUSY");
}

static void knows_no_other_names(void **state)
{
	(void)state;
	assert_int_equal(code_kind("seminar"), -1);
	assert_int_equal(code_kind(NULL), -1);
	assert_int_equal(code_service("Medical"), -1);
	assert_int_equal(code_verdict(""), -1);
}

static void tells_committees_by_their_form(void **state)
{
	(void)state;
	assert_true(code_is_noc("CHN"));
	assert_false(code_is_noc("CH"));
	assert_false(code_is_noc("CHNA"));
	assert_false(code_is_noc("chn"));
	assert_false(code_is_noc(NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_each_name_it_gives),
		cmocka_unit_test(knows_no_other_names),
		cmocka_unit_test(tells_committees_by_their_form),
	};

	return cmocka_run_group_tests_name("code", tests, NULL, NULL);
}
