/* check.h - judges files, without daemon or Redis.
 *
 * Layer     workers/validator: may include lib/.
 * Thread    the only one; reads files.
 * Limit     those of wire/programme_file.h.
 * Not here  the rules (rules.h). */
#pragma once

struct help_part; /* util/help.h */

extern const struct help_part CHECK_HELP;

/* `check [--today DATE] PROGRAMME.json [REQUESTS.json]`: judges the requests of the second file for the programme of the
 * first, or without a second file those of the programme. One JSON line on standard output for each that has faults: its
 * id, its violations. `argv` begins behind the word `check`. Returns the exit code: 0 all are sound, 64 wrong usage,
 * 65 there are faults, 66 a file can't be read, 70 out of memory. */
int check_main(int argc, char **argv);
