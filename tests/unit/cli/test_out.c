#include "cli/out.h"
#include "domain/lifecycle.h"

#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* What was printed to a file in memory. */
struct paper {
	FILE *file;
	char *text;
	size_t n;
};

static void take_paper(struct paper *p)
{
	p->file = open_memstream(&p->text, &p->n);
	assert_non_null(p->file);
}

static void expect(struct paper *p, const char *text)
{
	fclose(p->file);
	assert_string_equal(p->text, text);
	free(p->text);
}

static void chinese_takes_two_columns(void **state)
{
	(void)state;
	assert_int_equal(out_width("abc"), 3);
	assert_int_equal(out_width("Ольга"), 5);
	assert_int_equal(out_width("冬季"), 4);
	assert_int_equal(out_width("e\xcc\x81"), 1); /* with an accent of its own */
}

static void nobody_speaks_to_the_terminal(void **state)
{
	struct paper p;

	(void)state;
	take_paper(&p);
	out_text(p.file, "a\033[2Jb\nc\x07\x7f\xff", SIZE_MAX);
	expect(&p, "a?[2Jb?c???");
}

static void long_texts_are_cut_at_a_character(void **state)
{
	struct paper p;

	(void)state;
	take_paper(&p);
	assert_int_equal(out_text(p.file, "冬季运动会", 6), 5);
	assert_int_equal(out_text(p.file, "|short", 6), 6);
	expect(&p, "冬季…|short");
}

static void columns_are_as_wide_as_they_have_to_be(void **state)
{
	static const char *const HEADINGS[] = { "id", ">n", "title" };
	const char *const first[] = { "r1", "7", "冬季" };
	const char *const second[] = { "r10000", "1234", NULL };
	struct arena arena;
	struct table table;
	struct paper p;

	(void)state;
	arena_init(&arena, 1 << 16);
	table_init(&table, &arena, HEADINGS, 3);
	take_paper(&p);
	table_print(&table, p.file); /* nothing */
	table_row(&table, first);
	table_row_of_state(&table, second, STATE_WAITLISTED);
	table_print(&table, p.file);
	expect(&p, "id         n  title\n"
		   "r1         7  冬季\n"
		   "r10000  1234  \n");
	arena_done(&arena);
}

static void a_file_has_no_colours(void **state)
{
	FILE *file = tmpfile();

	(void)state;
	assert_non_null(file);
	assert_false(out_has_colour(file));
	assert_string_equal(out_state_colour(file, STATE_REJECTED), "");
	assert_string_equal(out_bold(file), "");
	fclose(file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(chinese_takes_two_columns),
		cmocka_unit_test(nobody_speaks_to_the_terminal),
		cmocka_unit_test(long_texts_are_cut_at_a_character),
		cmocka_unit_test(columns_are_as_wide_as_they_have_to_be),
		cmocka_unit_test(a_file_has_no_colours),
	};

	if (setlocale(LC_CTYPE, "C.UTF-8") == NULL)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
