/* docs/RULES.md is what the table says. */
#include "fixture.h"
#include "util/slurp.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

static void has_the_rules_documented_as_they_are(void **state)
{
	struct buf written, table;

	(void)state;
	buf_init(&written, 1 << 20);
	buf_init(&table, 1 << 20);
	assert_int_equal(slurp(SOURCE_DIR "/docs/RULES.md", &written), CVN_OK);
	assert_int_equal(rules_document(&table), CVN_OK);

	if (written.n != table.n || memcmp(written.bytes, table.bytes, table.n) != 0)
		fail_msg("write it anew: convene-validator --rules > docs/RULES.md");

	buf_done(&table);
	buf_done(&written);
}

static void has_one_row_a_code(void **state)
{
	const struct rule *all;
	size_t n;

	(void)state;
	all = rules(&n);
	for (size_t i = 0; i < n; i++) {
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(all[i].code, all[k].code);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(has_the_rules_documented_as_they_are),
		cmocka_unit_test(has_one_row_a_code),
	};

	return cmocka_run_group_tests_name("documents", tests, NULL, NULL);
}
