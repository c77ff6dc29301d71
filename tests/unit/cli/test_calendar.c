#include "cli/filter.h"
#include "cli/history.h"
#include "cli/month.h"
#include "cli/show.h"
#include "domain/lifecycle.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void months_have_their_days(void **state)
{
	struct month m;

	(void)state;
	assert_true(month_parse("2022-02", &m));
	assert_int_equal(m.n_days, 28);
	assert_true(month_parse("2024-02", &m));
	assert_int_equal(m.n_days, 29);
	assert_true(month_parse("2023-12", &m));
	assert_int_equal(m.n_days, 31);
	m = month_after(&m);
	assert_string_equal(m.text, "2024-01");
	assert_false(month_parse("2022-13", &m));
	assert_false(month_parse("2022-1", &m));
	assert_false(month_parse("2022-01-01", &m));
	assert_false(month_parse("", &m));
}

static void the_grid_begins_on_monday(void **state)
{
	int counts[31] = { [0] = 3, [30] = 12 };
	struct month m;
	char *text;
	size_t n;
	FILE *file = open_memstream(&text, &n);

	(void)state;
	assert_true(month_parse("2022-05", &m)); /* the first was a Sunday, the last a Tuesday */
	month_print(file, &m, counts);
	fclose(file);
	assert_string_equal(text, "2022-05\n"
				  "Mon     Tue     Wed     Thu     Fri     Sat     Sun     \n"
				  "                                                  1   3 \n"
				  "  2   ·   3   ·   4   ·   5   ·   6   ·   7   ·   8   · \n"
				  "  9   ·  10   ·  11   ·  12   ·  13   ·  14   ·  15   · \n"
				  " 16   ·  17   ·  18   ·  19   ·  20   ·  21   ·  22   · \n"
				  " 23   ·  24   ·  25   ·  26   ·  27   ·  28   ·  29   · \n"
				  " 30   ·  31  12                                         \n");
	free(text);
}

static void filters_are_read(void **state)
{
	Convene__V1__Period *days;
	Convene__V1__State *states;
	struct arena arena;
	size_t n;

	(void)state;
	arena_init(&arena, 1 << 16);
	assert_int_equal(filter_days("2022-03-01/2022-03-31", &arena, &days), CVN_OK);
	assert_string_equal(days->first, "2022-03-01");
	assert_string_equal(days->last, "2022-03-31");
	assert_int_equal(filter_days("2022-03-01", &arena, &days), CVN_OK);
	assert_string_equal(days->last, "2022-03-01");
	assert_int_equal(filter_days("2022-03-02/2022-03-01", &arena, &days), CVN_EINVALID);
	assert_int_equal(filter_days("March", &arena, &days), CVN_EINVALID);
	assert_int_equal(filter_states("proposed,revision_required", &arena, &states, &n), CVN_OK);
	assert_int_equal(n, 2);
	assert_int_equal(states[1], STATE_REVISION_REQUIRED);
	assert_int_equal(filter_states("proposed,", &arena, &states, &n), CVN_EINVALID);
	assert_int_equal(filter_states("PROPOSED", &arena, &states, &n), CVN_EINVALID);
	arena_done(&arena);
}

static void the_last_day_is_the_events_own(void **state)
{
	char last[11];

	(void)state;
	show_last_day("2022-02-27", 3, last);
	assert_string_equal(last, "2022-03-01");
	show_last_day("2022-02-27", 1, last);
	assert_string_equal(last, "2022-02-27");
	show_last_day("2022-02-30", 1, last);
	assert_string_equal(last, "");
	show_last_day("2022-02-27", 0, last);
	assert_string_equal(last, "");
}

static void titles_come_in_the_language_or_in_english(void **state)
{
	Convene__V1__Text ru = CONVENE__V1__TEXT__INIT, en = CONVENE__V1__TEXT__INIT;
	Convene__V1__Text *texts[] = { &ru, &en };

	(void)state;
	ru.lang = (char *)"ru";
	ru.text = (char *)"Кубок";
	en.lang = (char *)"en";
	en.text = (char *)"Cup";
	assert_string_equal(show_text(texts, 2, "ru"), "Кубок");
	assert_string_equal(show_text(texts, 2, "zh"), "Cup");
	assert_string_equal(show_text(texts, 2, NULL), "Cup");
	assert_string_equal(show_text(texts, 1, "zh"), "Кубок");
	assert_string_equal(show_text(NULL, 0, "zh"), "");
}

static void hear(struct histories *h, int64_t ms, int64_t revision, Convene__V1__State state,
		 const char *venue, const char *day)
{
	Convene__V1__Update update = CONVENE__V1__UPDATE__INIT;
	Convene__V1__RequestChange change = CONVENE__V1__REQUEST_CHANGE__INIT;
	Convene__V1__Standing standing = CONVENE__V1__STANDING__INIT;
	Convene__V1__Placement placement = CONVENE__V1__PLACEMENT__INIT;

	placement.venue = (char *)venue;
	placement.first_day = (char *)day;
	standing.state = state;
	standing.placement = venue != NULL ? &placement : NULL;
	change.id = (char *)"r1";
	change.revision = revision;
	change.standing = &standing;
	update.unix_ms = ms;
	update.of_case = CONVENE__V1__UPDATE__OF_REQUEST;
	update.request = &change;
	assert_int_equal(histories_add(h, &update), CVN_OK);
}

static void the_sequence_counts_what_the_public_sees(void **state)
{
	struct histories *h = histories_new();
	const struct history *r;

	(void)state;
	hear(h, 1, 1, STATE_RECEIVED, NULL, NULL);
	r = histories_find(h, "r1");
	assert_non_null(r);
	assert_int_equal(r->sequence, 0);
	hear(h, 2, 1, STATE_PROPOSED, "v1", "2022-03-01");
	assert_int_equal(r->sequence, 0); /* its first appearance */
	assert_int_equal(r->received_unix_ms, 1);
	assert_int_equal(r->changed_unix_ms, 2);
	hear(h, 3, 1, STATE_PROPOSED, "v1", "2022-03-01"); /* a consent: nothing to see */
	assert_int_equal(r->sequence, 0);
	assert_int_equal(r->changed_unix_ms, 2);
	hear(h, 4, 1, STATE_CONFIRMED, "v1", "2022-03-01");
	hear(h, 5, 1, STATE_CONFIRMED, "v2", "2022-03-01");
	assert_int_equal(r->sequence, 2);
	assert_true(history_was_published(r));
	assert_true(history_was_moved(r));
	hear(h, 6, 1, STATE_CANCELLED, NULL, NULL);
	assert_int_equal(r->sequence, 3);
	assert_string_equal(r->last.venue, "v2"); /* stays known */
	assert_null(histories_find(h, "r2"));
	histories_free(h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(months_have_their_days),
		cmocka_unit_test(the_grid_begins_on_monday),
		cmocka_unit_test(filters_are_read),
		cmocka_unit_test(the_last_day_is_the_events_own),
		cmocka_unit_test(titles_come_in_the_language_or_in_english),
		cmocka_unit_test(the_sequence_counts_what_the_public_sees),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
