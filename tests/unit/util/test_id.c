#include "util/id.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void takes_what_ids_look_like(void **state)
{
	(void)state;
	assert_true(id_is_valid("r0001"));
	assert_true(id_is_valid("CHN-bei-nest"));
	assert_true(id_is_valid("0.a_b-C"));
	assert_true(id_is_valid("x"));
}

static void refuses_other_texts(void **state)
{
	(void)state;
	assert_false(id_is_valid(NULL));
	assert_false(id_is_valid(""));
	assert_false(id_is_valid("-r1"));
	assert_false(id_is_valid(".r1"));
	assert_false(id_is_valid("_r1"));
	assert_false(id_is_valid("r 1"));
	assert_false(id_is_valid("r1\n"));
	assert_false(id_is_valid("r{1}"));
	assert_false(id_is_valid("r/1"));
	assert_false(id_is_valid("\xD1\x80"));
}

static void takes_64_bytes_and_no_more(void **state)
{
	char id[ID_MAX_BYTES + 2];

	(void)state;
	memset(id, 'a', sizeof(id));
	id[ID_MAX_BYTES] = '\0';
	assert_true(id_is_valid(id));
	id[ID_MAX_BYTES] = 'a';
	id[ID_MAX_BYTES + 1] = '\0';
	assert_false(id_is_valid(id));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_what_ids_look_like),
		cmocka_unit_test(refuses_other_texts),
		cmocka_unit_test(takes_64_bytes_and_no_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
