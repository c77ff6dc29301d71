/* args.h - what stands on the command line, by the two tables commands.def and options.def.
 *
 * Layer     cli.
 * Thread    one.
 * Not here  what a value means: each command reads its own. */
#pragma once
#include "util/arena.h"
#include "util/err.h"

#include <stdint.h>

struct cli;

enum option_id {
#define OPTION(name, word, letter, value, help) OPT_##name,
#include "cli/options.def"
#undef OPTION
	OPT_END
};

/* Set of the options that every command has: the first rows of the table. */
#define OPT_COMMON ((UINT64_C(2) << OPT_TIMEOUT) - 1)

/* One row of options.def. */
struct option_row {
	const char *word;
	int letter;        /* 0: none */
	const char *value; /* what stands for its value in the help; NULL: it has none */
	const char *help;
};

/* One row of commands.def. */
struct command {
	const char *word;
	int (*run)(struct cli *cli); /* returns an exit code */
	const char *arguments;
	int args_min;
	int args_max;
	uint64_t options; /* bit OPT_…; the common ones included */
	const char *summary;
	const char *details;
};

extern const struct option_row OPTIONS[OPT_END];
extern const struct command COMMANDS[]; /* ends with an empty word */

/* A parsed command line; lends argv's texts. */
struct args {
	const struct command *command; /* NULL: none was named */
	const char *value[OPT_END];    /* "" for an option without a value; NULL: not given */
	char **positional;
	int n_positional;
	char fault[160]; /* what is wrong, where args_parse() refuses */
};

/* Reads a command line, reordering argv. CVN_EINVALID with a sentence in `ret->fault`; --help is no
 * fault, and with it nothing else is looked at. Without a word, or with only --help: `command` is
 * NULL. */
CVN_MUST_CHECK enum cvn_err args_parse(int argc, char **argv, struct args *ret);

/* Was the option given? */
bool args_has(const struct args *args, enum option_id id);

/* The option's value as a whole number from `min` to `max`; `otherwise` where it was not given.
 * CVN_EINVALID, with a sentence in `args->fault`. */
CVN_MUST_CHECK enum cvn_err args_number(struct args *args, enum option_id id, int64_t min,
					int64_t max, int64_t otherwise, int64_t *ret);

/* The option's value split at its commas, each part not empty and named once; none where it was not
 * given. Memory is the arena's. CVN_EINVALID, with a sentence in `args->fault`; CVN_ENOMEM. */
CVN_MUST_CHECK enum cvn_err args_list(struct args *args, enum option_id id, struct arena *arena,
				      char ***ret, size_t *ret_n);

/* Prints the help of one command, or, for NULL, that of the program. */
void args_help(const struct command *command);

/* Prints the man page: roff, section 1. */
void args_man(void);
