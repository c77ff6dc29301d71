#include "cli/args.h"
#include "cli/exits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define WORDS_MAX 16

/* getopt reorders what it is given: a copy of the words for each reading. */
static enum cvn_err parse(struct args *args, char **argv, const char *const *words)
{
	int argc = 0;

	argv[argc++] = (char *)"convene";
	for (; *words != NULL; words++)
		argv[argc++] = (char *)*words;
	argv[argc] = NULL;
	return args_parse(argc, argv, args);
}

#define PARSE(args, ...) \
	parse(args, (char *[WORDS_MAX]){ NULL }, (const char *const[]){ __VA_ARGS__, NULL })

static void options_may_stand_anywhere(void **state)
{
	char *argv[WORDS_MAX];
	const char *const words[] = { "--json", "submit",     "a.json", "--wait",
				      "b.json", "--window=8", NULL };
	struct args args;
	int64_t window;

	(void)state;
	assert_int_equal(parse(&args, argv, words), CVN_OK);
	assert_string_equal(args.command->word, "submit");
	assert_int_equal(args.n_positional, 2);
	assert_string_equal(args.positional[0], "a.json");
	assert_string_equal(args.positional[1], "b.json");
	assert_true(args_has(&args, OPT_JSON));
	assert_true(args_has(&args, OPT_WAIT));
	assert_false(args_has(&args, OPT_EXPORT));
	assert_int_equal(args_number(&args, OPT_WINDOW, 1, 100, 64, &window), CVN_OK);
	assert_int_equal(window, 8);
}

static void a_value_is_no_command(void **state)
{
	struct args args;

	(void)state;
	assert_int_equal(PARSE(&args, "--profile", "list", "status"), CVN_OK);
	assert_string_equal(args.command->word, "status");
	assert_string_equal(args.value[OPT_PROFILE], "list");
}

static void standard_input_is_an_argument(void **state)
{
	struct args args;

	(void)state;
	assert_int_equal(PARSE(&args, "submit", "-"), CVN_OK);
	assert_int_equal(args.n_positional, 1);
}

static void what_is_not_in_the_tables_is_refused(void **state)
{
	struct args args;

	(void)state;
	assert_int_equal(PARSE(&args, "juggle"), CVN_EINVALID);
	assert_non_null(strstr(args.fault, "juggle"));
	assert_int_equal(PARSE(&args, "list", "--nonsense"), CVN_EINVALID);
	assert_non_null(strstr(args.fault, "--nonsense"));
	assert_int_equal(PARSE(&args, "status", "--wait"),
			 CVN_EINVALID); /* an option of another command */
	assert_int_equal(PARSE(&args, "list", "--state"), CVN_EINVALID); /* its value is missing */
}

static void arguments_are_counted(void **state)
{
	struct args args;

	(void)state;
	assert_int_equal(PARSE(&args, "take", "r1", "v1"), CVN_EINVALID);
	assert_non_null(strstr(args.fault, "ID VENUE DAY"));
	assert_int_equal(PARSE(&args, "take", "r1", "v1", "2022-01-01"), CVN_OK);
	assert_int_equal(PARSE(&args, "take", "r1", "v1", "2022-01-01", "more"), CVN_EINVALID);
	assert_int_equal(PARSE(&args, "take", "--help"), CVN_OK); /* help asks for nothing else */
}

static void numbers_have_limits(void **state)
{
	static const char *const WRONG[] = { "0", "101", "-1", "7x", "", "99999999999999999999" };
	struct args args;
	int64_t n = 5;

	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(WRONG); i++) {
		assert_int_equal(PARSE(&args, "submit", "x", "--window", WRONG[i]), CVN_OK);
		assert_int_equal(args_number(&args, OPT_WINDOW, 1, 100, 64, &n), CVN_EINVALID);
		assert_non_null(strstr(args.fault, "--window"));
	}
	assert_int_equal(n, 5);
	assert_int_equal(PARSE(&args, "submit", "x"), CVN_OK);
	assert_int_equal(args_number(&args, OPT_WINDOW, 1, 100, 64, &n), CVN_OK);
	assert_int_equal(n, 64);
}

static void lists_are_split_at_their_commas(void **state)
{
	struct args args;
	struct arena arena;
	char **list = NULL;
	size_t n = 9;

	(void)state;
	arena_init(&arena, 4096);
	assert_int_equal(PARSE(&args, "grant", "x", "--disciplines", "SWM,DIV"), CVN_OK);
	assert_int_equal(args_list(&args, OPT_DISCIPLINES, &arena, &list, &n), CVN_OK);
	assert_int_equal(n, 2);
	assert_string_equal(list[0], "SWM");
	assert_string_equal(list[1], "DIV");
	assert_int_equal(args_list(&args, OPT_FEDERATION, &arena, &list, &n), CVN_OK);
	assert_int_equal(n, 0);
	assert_int_equal(PARSE(&args, "grant", "x", "--disciplines", "SWM,"), CVN_OK);
	assert_int_equal(args_list(&args, OPT_DISCIPLINES, &arena, &list, &n), CVN_EINVALID);
	assert_int_equal(PARSE(&args, "grant", "x", "--disciplines", "SWM,DIV,SWM"), CVN_OK);
	assert_int_equal(args_list(&args, OPT_DISCIPLINES, &arena, &list, &n), CVN_EINVALID);
	assert_non_null(strstr(args.fault, "--disciplines: SWM,DIV,SWM"));
	arena_done(&arena);
}

static void every_command_can_be_told_apart(void **state)
{
	(void)state;
	for (const struct command *a = COMMANDS; a->word != NULL; a++) {
		assert_non_null(a->run);
		assert_true(a->args_min <= a->args_max);
		assert_true(strlen(a->summary) > 0);
		assert_int_equal(a->options & OPT_COMMON, OPT_COMMON);
		for (const struct command *b = a + 1; b->word != NULL; b++)
			assert_string_not_equal(a->word, b->word);
	}
}

static void problems_have_exit_codes(void **state)
{
	(void)state;
	assert_int_equal(exit_of_problem("FORBIDDEN"), 77);
	assert_int_equal(exit_of_problem("BUSY"), 75);
	assert_int_equal(exit_of_problem("CONFLICT"), 75);
	assert_int_equal(exit_of_problem("UNAVAILABLE"), 69);
	assert_int_equal(exit_of_problem("INVALID"), 65);
	assert_int_equal(exit_of_problem("UNKNOWN_REQUEST"), 68);
	assert_int_equal(exit_of_problem("NO_PLACE"), 1);
	assert_int_equal(exit_of_problem("of another time"), 70);
	assert_int_equal(exit_of_problem(NULL), 70);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(options_may_stand_anywhere),
		cmocka_unit_test(a_value_is_no_command),
		cmocka_unit_test(standard_input_is_an_argument),
		cmocka_unit_test(what_is_not_in_the_tables_is_refused),
		cmocka_unit_test(arguments_are_counted),
		cmocka_unit_test(numbers_have_limits),
		cmocka_unit_test(lists_are_split_at_their_commas),
		cmocka_unit_test(every_command_can_be_told_apart),
		cmocka_unit_test(problems_have_exit_codes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
