/* entry.h - one request on its way to a file: what it is, where it stands, and what its history
 * says.
 *
 * Layer     cli; pure.
 * Thread    any.
 * Limit     entries_gather(): that of replica.h; a federation's own list, that of the command's
 *           arena.
 * Not here  the forms of files (ics.h, csv.h, export.c). */
#pragma once
#include "cli/cli.h"
#include "domain/replica.h"

struct history;

struct entry {
	const char *id;
	int64_t revision;
	const Convene__V1__Request *content; /* NULL: not told */
	const Convene__V1__Standing *standing;
	int64_t cursor;
	int64_t received_unix_ms;
	const struct history *history; /* NULL: the log may not be read */
};

struct entries {
	struct entry *all; /* in the order of receipt */
	size_t n;
	const struct programme *programme; /* NULL: may not be read */
	bool has_today;
	int32_t today; /* the day it is in the programme */
	/* private from here on */
	struct replica *replica;
	struct histories *histories;
};

/* Fetches everything that the key may read; `with_history`: also the log, where it may be read. The
 * caller ends it with entries_done(), also after an error. EXIT_OK, or an exit code after saying
 * why. */
CVN_MUST_CHECK int entries_gather(struct cli *cli, bool with_history, struct entries *ret);

/* The request with this id; NULL: there is none. O(n). */
const struct entry *entries_find(const struct entries *e, const char *id);

/* As the message that it came in; borrows from the entry. */
Convene__V1__Record entry_record(const struct entry *e);

/* All that is known of it as one object, as record_json(). The caller owns it; NULL: out of memory.
 */
json_t *entry_json(const struct entry *e);

/* Gives back what was gathered. */
void entries_done(struct entries *e);
