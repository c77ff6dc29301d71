#include "util/trace.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void keeps_the_last_moves(void **state)
{
	char id[16];
	int i;

	(void)state;
	trace_clear();
	assert_null(trace_at(0));
	for (i = 0; i < TRACE_MOVES + 10; i++) {
		snprintf(id, sizeof(id), "r%d", i);
		trace_add("job", id, "a", "b", CVN_OK);
	}
	assert_int_equal(trace_count(), TRACE_MOVES + 10);
	assert_string_equal(trace_at(0)->id, "r4105");
	assert_string_equal(trace_at(TRACE_MOVES - 1)->id, "r10");
	assert_null(trace_at(TRACE_MOVES));
}

static void dumps_the_oldest_first(void **state)
{
	char *text = NULL, long_id[200];
	size_t n = 0;
	FILE *out = open_memstream(&text, &n);

	(void)state;
	memset(long_id, 'x', sizeof(long_id));
	long_id[sizeof(long_id) - 1] = '\0';
	trace_clear();
	trace_add("job", "r1", "received", "proposed", CVN_OK);
	trace_add("worker", long_id, "ready", "gone", CVN_EIO);
	trace_dump(out);
	fclose(out);

	assert_non_null(strstr(text, " job r1 received > proposed\n"));
	assert_non_null(strstr(text, "x ready > gone CVN_EIO\n"));
	assert_true(strstr(text, "job") < strstr(text, "worker"));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_the_last_moves),
		cmocka_unit_test(dumps_the_oldest_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
