#include "util/log.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* What `say` writes to stderr; the text is static. */
static const char *said(void (*say)(void))
{
	static char text[65536];
	int pipe_fds[2], kept = dup(STDERR_FILENO);
	ssize_t n;

	assert_int_equal(pipe(pipe_fds), 0);
	dup2(pipe_fds[1], STDERR_FILENO);
	say();
	dup2(kept, STDERR_FILENO);
	close(kept);
	close(pipe_fds[1]);
	n = read(pipe_fds[0], text, sizeof(text) - 1);
	close(pipe_fds[0]);
	text[n > 0 ? n : 0] = '\0';
	return text;
}

static void say_all_types(void)
{
	const char *text = "a \"b\"\n=";
	char array[4] = "xyz";
	unsigned u = 7;
	size_t z = 8;
	bool yes = true;

	LOG_WARN("front", "all types", "text", text, "array", array, "u", u, "z", z, "neg", -9,
		 "real", 1.5, "yes", yes, "none", (const char *)NULL);
}

static void say_nothing_else(void)
{
	LOG_INFO("front", "no fields");
}

static void say_at_each_level(void)
{
	LOG_DEBUG("m", "one");
	LOG_INFO("m", "two");
	LOG_WARN("m", "three");
	LOG_ERROR("m", "four");
}

static void flood(void)
{
	int i;

	for (i = 0; i < 1000; i++)
		LOG_INFO("m", "flood", "i", i);
}

static void say_something_long(void)
{
	char text[3 * LOG_LINE_BYTES];

	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	LOG_INFO("m", "long", "text", (const char *)text);
}

static void writes_a_line_with_fields(void **state)
{
	(void)state;
	assert_string_equal(
		said(say_all_types),
		"<4>warn front: all types text=\"a \\\"b\\\"\\x0a=\" array=xyz u=7 z=8 neg=-9 "
		"real=1.5 yes=true none=-\n");
	assert_string_equal(said(say_nothing_else), "<6>info front: no fields\n");
}

static void drops_what_is_less_urgent(void **state)
{
	enum log_level level = LOG_LEVEL_ERROR;

	(void)state;
	assert_true(log_level_parse("warn", &level));
	log_set_level(level);
	assert_string_equal(said(say_at_each_level), "<4>warn m: three\n<3>error m: four\n");
	log_set_level(LOG_LEVEL_DEBUG);
	assert_non_null(strstr(said(say_at_each_level), "<7>debug m: one\n"));
	log_set_level(LOG_LEVEL_INFO);
	assert_false(log_level_parse("loud", &level));
}

static void holds_a_flood_back(void **state)
{
	const char *p = said(flood);
	int lines = 0;

	(void)state;
	for (; (p = strchr(p, '\n')) != NULL; p++)
		lines++;
	assert_in_range(lines, LOG_BURST, 2 * LOG_BURST); /* a second may end on the way */
}

static void cuts_a_line_that_is_too_long(void **state)
{
	const char *text = said(say_something_long);

	(void)state;
	assert_int_equal(strlen(text), LOG_LINE_BYTES);
	assert_int_equal(text[LOG_LINE_BYTES - 1], '\n');
}

static void stamps_the_time_where_journald_does_not_listen(void **state)
{
	const char *line;

	(void)state;
	unsetenv("JOURNAL_STREAM");
	line = said(say_nothing_else);
	assert_non_null(strstr(line, "Z info front: no fields\n"));
	assert_int_equal(line[0], '2');
	setenv("JOURNAL_STREAM", "8:1", 1);
}

int main(void)
{
	setenv("JOURNAL_STREAM", "8:1", 1); /* lines are as journald reads them, but where a test says otherwise */
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(writes_a_line_with_fields),
		cmocka_unit_test(stamps_the_time_where_journald_does_not_listen),
		cmocka_unit_test(drops_what_is_less_urgent),
		cmocka_unit_test(holds_a_flood_back),
		cmocka_unit_test(cuts_a_line_that_is_too_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
