#include "cli/csv.h"
#include "cli/history.h"
#include "cli/ics.h"
#include "domain/lifecycle.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* One request with a place, in a calendar of its own. */
struct sheet {
	struct buf out;
	Convene__V1__Request request;
	Convene__V1__Text title;
	Convene__V1__Text *titles[1];
	Convene__V1__Standing standing;
	Convene__V1__Placement placement;
	struct history history;
	struct entry entry;
	struct entries entries;
};

static int set_up(void **state)
{
	struct sheet *s = calloc(1, sizeof(*s));

	assert_non_null(s);
	buf_init(&s->out, 1 << 20);
	convene__v1__request__init(&s->request);
	convene__v1__text__init(&s->title);
	convene__v1__standing__init(&s->standing);
	convene__v1__placement__init(&s->placement);
	s->title.lang = (char *)"en";
	s->title.text = (char *)"Camp";
	s->titles[0] = &s->title;
	s->request.n_title = 1;
	s->request.title = s->titles;
	s->request.duration = 3;
	s->placement.venue = (char *)"v1";
	s->placement.first_day = (char *)"2022-02-27";
	s->standing.state = STATE_PROPOSED;
	s->standing.placement = &s->placement;
	s->history =
		(struct history){ .sequence = 4, .changed_unix_ms = 1000, .received_unix_ms = 0 };
	s->entry = (struct entry){ .id = "r1",
				   .revision = 1,
				   .content = &s->request,
				   .standing = &s->standing,
				   .cursor = 77,
				   .history = &s->history };
	s->entries = (struct entries){ .all = &s->entry, .n = 1 };
	*state = s;
	return 0;
}

static int tear_down(void **state)
{
	struct sheet *s = *state;

	buf_done(&s->out);
	free(s);
	return 0;
}

/* What stands in the buffer, as a text. */
static const char *text_of(struct sheet *s)
{
	assert_int_equal(buf_append(&s->out, "", 1), CVN_OK);
	return (const char *)s->out.bytes;
}

static const char *calendar(struct sheet *s)
{
	buf_reset(&s->out);
	assert_int_equal(ics_write(&s->out, "p1", &s->entries, NULL, NULL), CVN_OK);
	return text_of(s);
}

#define HAS(text, line) assert_non_null(strstr(text, line "\r\n"))
#define HAS_NOT(text, line) assert_null(strstr(text, line))

static void an_event_has_whole_days_and_an_exclusive_end(void **state)
{
	const char *text = calendar(*state);

	assert_int_equal(strncmp(text, "BEGIN:VCALENDAR\r\nVERSION:2.0\r\n", 30), 0);
	HAS(text, "UID:r1@p1");
	HAS(text, "DTSTART;VALUE=DATE:20220227");
	HAS(text, "DTEND;VALUE=DATE:20220302");
	HAS(text, "SEQUENCE:4");
	HAS(text, "DTSTAMP:19700101T000001Z");
	HAS(text, "SUMMARY:Camp");
	HAS(text, "LOCATION:v1");
	HAS(text, "STATUS:TENTATIVE");
	HAS_NOT(text, "X-CONVENE-STATUS"); /* what is proposed is not published */
	HAS(text, "END:VEVENT\r\nEND:VCALENDAR");
}

static void the_status_follows_the_state(void **state)
{
	struct sheet *s = *state;

	s->standing.state = STATE_CONFIRMED;
	HAS(calendar(s), "STATUS:CONFIRMED");
	HAS(calendar(s), "X-CONVENE-STATUS:SCHEDULED");
	s->standing.state = STATE_HELD;
	HAS(calendar(s), "STATUS:CONFIRMED");
	HAS(calendar(s), "X-CONVENE-STATUS:FINISHED");
	s->standing.state = STATE_CANCELLED;
	HAS(calendar(s), "STATUS:CANCELLED");
	HAS(calendar(s), "X-CONVENE-STATUS:CANCELLED");
}

static void what_was_published_stays_when_it_is_gone(void **state)
{
	struct sheet *s = *state;

	s->standing.placement = NULL;
	s->standing.state = STATE_WAITLISTED;
	HAS_NOT(calendar(s), "VEVENT"); /* it was only ever proposed */
	snprintf(s->history.last.venue, sizeof(s->history.last.venue), "v9");
	snprintf(s->history.last.first_day, sizeof(s->history.last.first_day), "2022-05-01");
	s->history.published = s->history.last;
	s->standing.state = STATE_POSTPONED;
	HAS(calendar(s), "DTSTART;VALUE=DATE:20220501");
	HAS(calendar(s), "STATUS:CANCELLED");
	HAS(calendar(s), "X-CONVENE-STATUS:POSTPONED");
}

/* What a federation gets, which may not read the log; and who loads a whole export. */
static void without_the_log_the_standing_tells_the_same(void **state)
{
	struct sheet *s = *state;

	s->entry.history = NULL;
	s->entry.received_unix_ms = 500000;
	s->standing.has_sequence = s->standing.has_changed_unix_ms = 1;
	s->standing.sequence = 6;
	s->standing.changed_unix_ms = 600000;
	HAS(calendar(s), "SEQUENCE:6");
	HAS(calendar(s), "DTSTAMP:19700101T001000Z");
	HAS(calendar(s), "CREATED:19700101T000820Z");
	s->standing.was = &s->placement;
	s->standing.placement = NULL;
	s->standing.state = STATE_CANCELLED;
	HAS(calendar(s), "DTSTART;VALUE=DATE:20220227");
	HAS(calendar(s), "STATUS:CANCELLED");
}

static void an_event_that_was_moved_says_so_without_the_log(void **state)
{
	struct sheet *s = *state;
	Convene__V1__Placement was = s->placement;

	was.first_day = (char *)"2022-02-20";
	s->entry.history = NULL;
	s->standing.was = &was;
	s->standing.state = STATE_CONFIRMED;
	HAS(calendar(s), "X-CONVENE-STATUS:RESCHEDULED");
	HAS(calendar(s), "DTSTART;VALUE=DATE:20220227");
}

static void of_an_event_only_what_is_known_is_told(void **state)
{
	struct sheet *s = *state;

	s->request.kind = (char *)"tournament";
	s->request.discipline = (char *)"ATH";
	HAS(calendar(s), "DESCRIPTION:tournament\\, ATH");
	s->request.has_level = s->request.has_headcount = 1;
	s->request.level = 3;
	s->request.headcount = 40;
	s->request.federation = (char *)"F";
	HAS(calendar(s), "DESCRIPTION:tournament\\, ATH\\, level 3\\, 40 people\\; F");
}

static void texts_are_escaped(void **state)
{
	struct sheet *s = *state;

	assert_int_equal(ics_line(&s->out, "SUMMARY:", "a,b;c\\d\ne\x07"), CVN_OK);
	assert_string_equal(text_of(s), "SUMMARY:a\\,b\\;c\\\\d\\ne\r\n");
}

static void long_lines_are_folded_between_characters(void **state)
{
	struct sheet *s = *state;
	char title[301];
	const char *line;

	for (size_t i = 0; i < 100; i++)
		memcpy(title + 3 * i, "冬", 4);
	assert_int_equal(ics_line(&s->out, "SUMMARY:", title), CVN_OK);
	line = text_of(s);
	while (*line != '\0') {
		const char *end = strstr(line, "\r\n");

		assert_non_null(end);
		assert_true(end - line <= 75);
		assert_true(((unsigned char)line[1] & 0xc0) != 0x80 || line[0] != ' ');
		line = end + 2;
	}
	assert_int_equal(s->out.n - 1, 8 + 300 + 2 + 4 * 3); /* four folds of three bytes each */
}

static void cells_are_quoted_and_no_formulas(void **state)
{
	struct sheet *s = *state;
	static const char *const CELLS[][2] = {
		{ "plain", "plain" },
		{ "a,b", "\"a,b\"" },
		{ "say \"hi\"", "\"say \"\"hi\"\"\"" },
		{ "=1+1", "'=1+1" },
		{ "@x,y", "\"'@x,y\"" },
		{ "two\nlines", "\"two\nlines\"" },
		{ "", "" },
		{ "-3,000", "\"'-3,000\"" },
	};

	for (size_t i = 0; i < N_ELEMENTS(CELLS); i++) {
		buf_reset(&s->out);
		assert_int_equal(csv_cell(&s->out, CELLS[i][0]), CVN_OK);
		assert_string_equal(text_of(s), CELLS[i][1]);
	}
}

static void a_row_has_as_many_cells_as_the_heading(void **state)
{
	struct sheet *s = *state;
	const char *text, *end;
	size_t n[2] = { 0 };

	assert_int_equal(csv_write(&s->out, &s->entries, NULL), CVN_OK);
	text = text_of(s);
	for (size_t row = 0; row < 2; row++, text = end + 2) {
		end = strstr(text, "\r\n");
		assert_non_null(end);
		for (const char *c = text; c < end; c++)
			n[row] += *c == ',';
	}
	assert_string_equal(text, "");
	assert_int_equal(n[0], n[1]);
	assert_non_null(strstr((const char *)s->out.bytes, "r1,proposed,Camp,"));
	assert_non_null(strstr((const char *)s->out.bytes, "2022-02-27,2022-03-01"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(an_event_has_whole_days_and_an_exclusive_end,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_status_follows_the_state, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_was_published_stays_when_it_is_gone, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(without_the_log_the_standing_tells_the_same, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(an_event_that_was_moved_says_so_without_the_log, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(of_an_event_only_what_is_known_is_told, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(texts_are_escaped, set_up, tear_down),
		cmocka_unit_test_setup_teardown(long_lines_are_folded_between_characters, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(cells_are_quoted_and_no_formulas, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_row_has_as_many_cells_as_the_heading, set_up,
						tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
