/* restore.h - brings requests back as they stood, out of a file of export --all.
 *
 * Layer     cli.
 * Thread    one.
 * Not here  the programme's data in that file (data.c). */
#pragma once
#include "cli/cli.h"

/* The part of the file that holds them, one Record each. */
#define RESTORE_PART "records"

/* Sends all records of a document, in as many calls as are needed, in their order; a document
 * without them is fine. Those that stand already, the same in content and standing, are passed over.
 * Adds to *ret_n how many there are. EXIT_OK, or an exit code after saying why. */
CVN_MUST_CHECK int restore_run(struct cli *cli, const char *path, const json_t *document,
			       size_t *ret_n);
