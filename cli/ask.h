/* ask.h - asks a person before much is changed at once.
 *
 * Layer     cli.
 * Thread    one. */
#pragma once
#include "cli/cli.h"

/* With --yes, or after a "y" on the terminal: EXIT_OK. Else nothing shall be done: EXIT_FAILED, or
 * EXIT_USAGE where nobody can be asked, after saying so. `question` ends without a mark. */
CVN_MUST_CHECK int ask_before(struct cli *cli, const char *question);
