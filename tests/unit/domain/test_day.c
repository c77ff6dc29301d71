#include "domain/day.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void reads_days_of_the_calendar_only(void **state)
{
	static const char *const NONE[] = { "",           "2022-02-29", "2022-02-30", "2022-13-01", "2022-00-10",
		                            "2022-01-00", "2022-01-32", "2022-1-01",  "22-01-01",   "2022/01/01",
		                            "2022-01-01 ", " 2022-01-01", "2022-01-0x", "0000-01-01", "-001-01-01",
		                            "1900-02-29", "2022-04-31" };
	int32_t day = 77;

	(void)state;
	for (size_t i = 0; i < sizeof(NONE) / sizeof(NONE[0]); i++)
		assert_false(day_parse(NONE[i], &day));
	assert_false(day_parse(NULL, &day));
	assert_int_equal(day, 77);
}

static void counts_from_1970(void **state)
{
	int32_t day;

	(void)state;
	assert_true(day_parse("1970-01-01", &day));
	assert_int_equal(day, 0);
	assert_true(day_parse("1969-12-31", &day));
	assert_int_equal(day, -1);
	assert_true(day_parse("2000-02-29", &day));
	assert_int_equal(day, 11016);
	assert_true(day_parse("2023-12-31", &day));
	assert_int_equal(day, 19722);
	assert_true(day_parse("0001-01-01", &day));
	assert_int_equal(day, -719162);
	assert_true(day_parse("9999-12-31", &day));
	assert_int_equal(day, 2932896);
}

static void writes_what_it_reads(void **state)
{
	char text[DAY_TEXT_SIZE];

	(void)state;
	for (int32_t day = -719162; day <= 2932896; day++) {
		int32_t read;

		day_format(day, text);
		if (!day_parse(text, &read) || read != day)
			fail_msg("%d is written %s", day, text);
	}
	day_format(INT32_MIN, text);
	assert_string_equal(text, "0001-01-01");
	day_format(INT32_MAX, text);
	assert_string_equal(text, "9999-12-31");
}

static void asks_the_zone_what_day_it_is(void **state)
{
	const int64_t new_year_ms = 1672531200000; /* 2023-01-01 00:00 UTC */
	int32_t day;

	(void)state;
	assert_true(day_parse("2023-01-01", &day));
	setenv("TZ", "America/New_York", 1);

	assert_int_equal(day_of_unix_ms(new_year_ms, NULL), day);
	assert_int_equal(day_of_unix_ms(new_year_ms - 1, ""), day - 1);
	assert_int_equal(day_of_unix_ms(new_year_ms, "UTC"), day);
	assert_int_equal(day_of_unix_ms(new_year_ms - 1, "Nowhere/Atall"), day - 1);
	assert_int_equal(day_of_unix_ms(new_year_ms, "../../etc/passwd"), day);
	assert_int_equal(day_of_unix_ms(-1, NULL), -1);
	assert_int_equal(day_of_unix_ms(INT64_MIN, NULL), -719162);
	assert_string_equal(getenv("TZ"), "America/New_York");
	unsetenv("TZ");
}

/* Where the machine has no data of zones, these are UTC; the C library knows zones of its own by rule. */
static void knows_zones_by_name(void **state)
{
	(void)state;
	assert_true(day_zone_is_valid("Asia/Shanghai"));
	assert_true(day_zone_is_valid("America/Argentina/Buenos_Aires"));
	assert_true(day_zone_is_valid("Etc/GMT+5"));
	assert_false(day_zone_is_valid(""));
	assert_false(day_zone_is_valid(NULL));
	assert_false(day_zone_is_valid("/etc/localtime"));
	assert_false(day_zone_is_valid("Europe//Moscow"));
	assert_false(day_zone_is_valid("Europe/"));
	assert_false(day_zone_is_valid("../zone"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_days_of_the_calendar_only),
		cmocka_unit_test(counts_from_1970),
		cmocka_unit_test(writes_what_it_reads),
		cmocka_unit_test(asks_the_zone_what_day_it_is),
		cmocka_unit_test(knows_zones_by_name),
	};

	return cmocka_run_group_tests_name("day", tests, NULL, NULL);
}
