/* exits.h - exit codes of the program, from exits.def.
 *
 * Layer     cli.
 * Thread    any. */
#pragma once
#include "util/err.h"

enum exit_code {
#define EXIT(name, number, meaning) EXIT_##name = number,
#include "cli/exits.def"
#undef EXIT
};

/* One row of exits.def, for the help. */
struct exit_row {
	int code;
	const char *meaning;
};

extern const struct exit_row EXITS[];
extern const size_t N_EXITS;

/* The exit code for an error of our own, or of a Problem whose code is that of `err`. */
enum exit_code exit_of_err(enum cvn_err err);

/* The exit code for a Problem's code; EXIT_SOFTWARE for one that is not known. NULL likewise. */
enum exit_code exit_of_problem(const char *code);
