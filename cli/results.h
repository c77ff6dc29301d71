/* results.h - what became of the requests that were sent: as JSON, and as tables.
 *
 * Layer     cli.
 * Thread    one.
 * Not here  how they came to be (sender.h). */
#pragma once
#include "cli/cli.h"
#include "cli/sender.h"
#include "domain/programme.h"

/* Up to so many requests are shown one by one, more in a table by state and host. */
#define RESULTS_SINGLE_MAX 20

/* All texts and records are borrowed. */
struct results {
	const struct sent *sent;
	size_t n;
	uint64_t ms;     /* that sending took, outcomes included where they were waited for */
	bool is_decided; /* outcomes were waited for */
	const struct programme *programme; /* for hosts of venues; NULL: not known */
};

/* One result as JSON: `id`, `state` (`refused` where it was not taken in, with its violations all
 * the same), and the rest of its standing. The caller owns it; NULL: out of memory. */
json_t *results_json(const struct sent *sent);

/* Writes all results as a JSON array, in the order sent. EXIT_OK, or an exit code after saying why.
 * */
CVN_MUST_CHECK int results_export(struct cli *cli, const struct results *r, const char *path);

/* Prints them. EXIT_OK; EXIT_DATA where one was refused or rejected. */
int results_print(struct cli *cli, const struct results *r);
