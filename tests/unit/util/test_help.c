/* What --help and man read of one description. */
#include "util/help.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "util/err.h"

static const struct help_row OPTIONS[] = {
	{ "-o, --output FILE", "write it there; this text is long enough to be broken once, and goes on below itself" },
	{ "--an-option-that-is-far-too-long FILE", "stands alone" },
};
static const struct help_row EXITS[] = { { "0", "done" }, { "64", "the command line is wrong" } };
static const struct help_part PARTS[] = {
	{ .usage = "prog FILE [option...]", .about = ".dots and \\ are text\n'so are quotes", .options = OPTIONS,
	  .n_options = N_ELEMENTS(OPTIONS), .more = "That is all.", .exits = EXITS, .n_exits = N_ELEMENTS(EXITS) },
	{ .usage = "prog --rules", .about = "Another way." },
};

/* What `print` wrote, to be freed. */
static char *written(void (*print)(FILE *out))
{
	char *text = NULL;
	size_t n;
	FILE *out = open_memstream(&text, &n);

	assert_non_null(out);
	print(out);
	fclose(out);
	return text;
}

static void print_first(FILE *out)
{
	help_print(out, PARTS, 1);
}

static void print_page(FILE *out)
{
	help_man(out, &(struct help_page){ .program = "prog-x", .section = 8, .summary = "does it", .parts = PARTS,
	                                   .n_parts = N_ELEMENTS(PARTS), .see_also = "convene(1)" });
}

static void help_is_aligned_and_wrapped(void **state)
{
	char *text = written(print_first);

	(void)state;
	assert_string_equal(text, "usage: prog FILE [option...]\n"
	                          "\n"
	                          ".dots and \\ are text\n"
	                          "'so are quotes\n"
	                          "\n"
	                          "  -o, --output FILE  write it there; this text is long enough to be broken\n"
	                          "                     once, and goes on below itself\n"
	                          "  --an-option-that-is-far-too-long FILE\n"
	                          "                     stands alone\n"
	                          "\n"
	                          "That is all.\n"
	                          "\n"
	                          "Exit status:\n"
	                          "  0   done\n"
	                          "  64  the command line is wrong\n");
	free(text);
}

static void a_page_has_all_parts_and_escapes_what_roff_would_take(void **state)
{
	char *text = written(print_page);

	(void)state;
	assert_string_equal(text, ".TH prog\\-x 8 \"\" \"Convene " CONVENE_VERSION "\"\n"
	                          ".SH NAME\nprog\\-x \\- does it\n"
	                          ".SH SYNOPSIS\n"
	                          ".PP\n.nf\n.B prog FILE [option...]\n.fi\n"
	                          ".PP\n.nf\n.B prog \\-\\-rules\n.fi\n"
	                          ".SH DESCRIPTION\n"
	                          ".PP\n\\&.dots and \\e are text\n\\&'so are quotes\n"
	                          ".TP\n.B \\-o, \\-\\-output FILE\n"
	                          "write it there; this text is long enough to be broken once, and goes on below itself\n"
	                          ".TP\n.B \\-\\-an\\-option\\-that\\-is\\-far\\-too\\-long FILE\nstands alone\n"
	                          ".PP\nThat is all.\n"
	                          ".PP\nExit status:\n"
	                          ".TP\n.B 0\ndone\n"
	                          ".TP\n.B 64\nthe command line is wrong\n"
	                          ".SS prog \\-\\-rules\n"
	                          ".PP\nAnother way.\n"
	                          ".SH SEE ALSO\nconvene(1)\n");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(help_is_aligned_and_wrapped),
		cmocka_unit_test(a_page_has_all_parts_and_escapes_what_roff_would_take),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
