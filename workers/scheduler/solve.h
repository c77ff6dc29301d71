/* solve.h - `convene-scheduler solve`: plans a programme file alone, without daemon or Redis.
 *
 * Layer     scheduler: everything but online below it; main above. */
#pragma once

struct help_part; /* util/help.h */

extern const struct help_part SOLVE_HELP;

/* Runs the subcommand (argv[0] is "solve") and returns the exit status: 0, 64 (usage), 65 (a file
 * is refused), 66 (it can't be read), 70 (out of memory), 73 (the plan can't be written). */
int solve_main(int argc, char **argv);
