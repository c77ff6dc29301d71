#include "util/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void grows_and_keeps_what_was_there(void **state)
{
	struct buf b;
	int i;

	(void)state;
	buf_init(&b, 100000);
	for (i = 0; i < 10000; i++)
		assert_int_equal(buf_append(&b, "0123456789", 10), CVN_OK);
	assert_int_equal(b.n, 100000);
	assert_memory_equal(b.bytes + 99990, "0123456789", 10);
	buf_done(&b);
}

static void an_append_past_the_limit_changes_nothing(void **state)
{
	struct buf b;
	uint8_t *at = NULL;

	(void)state;
	buf_init(&b, 8);
	assert_int_equal(buf_append(&b, "12345", 5), CVN_OK);
	assert_int_equal(buf_append(&b, "6789", 4), CVN_ETOOLARGE);
	assert_int_equal(buf_reserve(&b, SIZE_MAX, &at), CVN_ETOOLARGE);
	assert_null(at);
	assert_int_equal(b.n, 5);
	assert_int_equal(buf_append(&b, "678", 3), CVN_OK);
	assert_memory_equal(b.bytes, "12345678", 8);
	buf_done(&b);
}

static void formats_and_drops(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 100);
	assert_int_equal(buf_printf(&b, "%s=%d", "key", 5), CVN_OK);
	assert_int_equal(b.n, 5);
	buf_drop(&b, 4);
	assert_int_equal(b.n, 1);
	assert_memory_equal(b.bytes, "5", 1);
	buf_reset(&b);
	assert_int_equal(b.n, 0);
	assert_int_equal(buf_printf(&b, "%200d", 5), CVN_ETOOLARGE);
	buf_done(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(grows_and_keeps_what_was_there),
		cmocka_unit_test(an_append_past_the_limit_changes_nothing),
		cmocka_unit_test(formats_and_drops),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
