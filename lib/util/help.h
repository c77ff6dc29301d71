/* help.h - a program's --help and its man page, both from one description.
 *
 * Layer     util.
 * Thread    any, one a stream.
 * Not here  the commands of convene (cli/help.c), which have tables of their own. */
#pragma once
#include <stddef.h>
#include <stdio.h>

/* An option with its value ("-o, --output FILE"), or an exit code, and what it means. */
struct help_row {
	const char *term, *about;
};

/* One way to call a program; NULL and 0 where there is nothing to say. */
struct help_part {
	const char *usage; /* NULL: the options go on from the part before */
	const char *about; /* sentences */
	const struct help_row *options;
	size_t n_options;
	const char *more; /* sentences after the options */
	const struct help_row *exits;
	size_t n_exits;
};

struct help_page {
	const char *program;
	int section; /* of the manual: 1 commands, 8 the administrator's */
	const char *summary; /* what it is, in half a line */
	const struct help_part *parts;
	size_t n_parts;
	const char *see_also; /* "convene(1), convened(8)" */
};

/* Plain text of at most 79 columns, as --help gives it. */
void help_print(FILE *out, const struct help_part *parts, size_t n_parts);
/* The whole page as man reads it (roff). */
void help_man(FILE *out, const struct help_page *page);

/* `text` from column `column` on; further lines begin at column `indent`. Broken at spaces. */
void help_wrap(FILE *out, const char *text, size_t indent, size_t column);
/* `text` with all escaped that roff would take for its own. */
void help_roff(FILE *out, const char *text);
