/* verdicts.h - a file of decisions: read, and checked before any of them is made.
 *
 * JSON lines, an array, or a table (RFC 4180) whose heading names its columns: request, verdict,
 * reason, noc, revision. Checked against the programme as it was read a moment ago, by the
 * table of moves and by who may; the daemon has the last word.
 *
 * Layer     cli; pure.
 * Thread    any.
 * Limit     VERDICTS_MAX a file.
 * Not here  sending them (bulk.c). */
#pragma once
#include "cli/entry.h"

#define VERDICTS_MAX 100000

struct verdict {
	char *request, *verdict, *reason, *noc; /* NULL: not given */
	int64_t revision;                       /* 0: whichever stands */
	size_t line;                            /* of the file, or number in the array; from 1 */
	const char *fault; /* why it cannot be done, one sentence; NULL: it can */
};

struct verdicts {
	struct verdict *all; /* in the order of the file */
	size_t n;
	size_t n_faults;
};

/* Reads a file; what is wrong with a row is its `fault`. Memory is the arena's. CVN_EINVALID: it is
 * none of these forms (`ret_text` says what is wrong); CVN_ETOOLARGE, CVN_ENOMEM. */
CVN_MUST_CHECK enum cvn_err verdicts_read(const char *bytes, size_t n, struct arena *arena,
					  struct verdicts *ret, const char **ret_text);

/* Whose file it is: as in Welcome. */
struct verdicts_who {
	const char *role, *subject;
	const char *key;          /* public; NULL: not known */
	char *const *disciplines; /* a committee's delegate: about these alone; none: all */
	size_t n_disciplines;
};

/* Finds what `who` cannot do, row by row as the file has them, and counts the faults.
 * CVN_ENOMEM. */
CVN_MUST_CHECK enum cvn_err verdicts_check(struct verdicts *v, const struct entries *entries,
					   const struct verdicts_who *who, struct arena *arena);
