#include "util/utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static ssize_t fault_of(const char *text)
{
	return utf8_fault(text, strlen(text));
}

static void takes_every_character_there_is(void **state)
{
	uint32_t c;

	(void)state;
	for (c = 1; c <= 0x10FFFF; c++) {
		uint8_t b[4];
		size_t n;

		if (c >= 0xD800 && c <= 0xDFFF)
			continue;
		n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
		if (n == 1) {
			b[0] = (uint8_t)c;
		} else {
			static const uint8_t HEADS[] = { 0, 0, 0xC0, 0xE0, 0xF0 };
			size_t i;

			for (i = n; i-- > 1;)
				b[i] = (uint8_t)(0x80 | (c >> (6 * (n - 1 - i)) & 0x3F));
			b[0] = (uint8_t)(HEADS[n] | c >> (6 * (n - 1)));
		}
		if (utf8_fault(b, n) != -1)
			fail_msg("U+%04X was refused", c);
		if (n > 1 && utf8_fault(b, n - 1) != 0)
			fail_msg("U+%04X cut off was taken", c);
	}
	assert_int_equal(utf8_fault("", 0), -1);
}

static void refuses_what_is_none(void **state)
{
	(void)state;
	assert_int_equal(fault_of("\x80"), 0);
	assert_int_equal(fault_of("\xC0\xAF"), 0); /* overlong */
	assert_int_equal(fault_of("\xC1\xBF"), 0);
	assert_int_equal(fault_of("\xE0\x9F\xBF"), 0);
	assert_int_equal(fault_of("\xF0\x8F\xBF\xBF"), 0);
	assert_int_equal(fault_of("\xED\xA0\x80"), 0); /* a surrogate */
	assert_int_equal(fault_of("\xED\xBF\xBF"), 0);
	assert_int_equal(fault_of("\xF4\x90\x80\x80"), 0); /* above U+10FFFF */
	assert_int_equal(fault_of("\xF5\x80\x80\x80"), 0);
	assert_int_equal(fault_of("\xFF"), 0);
	assert_int_equal(fault_of("\xE4\xB8"
				  "a"),
			 0);
}

static void tells_where_at_any_offset(void **state)
{
	char text[64];
	size_t at;

	(void)state;
	for (at = 0; at < sizeof(text); at++) {
		memset(text, 'x', sizeof(text));
		text[at] = '\0';
		assert_int_equal(utf8_fault(text, sizeof(text)), at);
		text[at] = '\xFE';
		assert_int_equal(utf8_fault(text, sizeof(text)), at);
		text[at] = '\x01';
		assert_int_equal(utf8_fault(text, sizeof(text)), -1);
	}
}

static void cuts_between_characters(void **state)
{
	(void)state;
	assert_int_equal(utf8_cut("", 4), 0);
	assert_int_equal(utf8_cut("abcd", 4), 4);
	assert_int_equal(utf8_cut("abcde", 4), 4);
	assert_int_equal(utf8_cut("абв", 4), 4);
	assert_int_equal(utf8_cut("абв", 5), 4);
	assert_int_equal(utf8_cut("аб", 5), 4);
	assert_int_equal(utf8_cut("中文", 5), 3);
	assert_int_equal(utf8_cut("中文", 2), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_every_character_there_is),
		cmocka_unit_test(refuses_what_is_none),
		cmocka_unit_test(tells_where_at_any_offset),
		cmocka_unit_test(cuts_between_characters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
