/* sheet.h - what became of one squad's, or one federation's, wishes: its events with the days of rest
 * between them, the support that it received, and what it did not get.
 *
 * Layer     cli; pure.
 * Thread    any.
 * Not here  printing (squad.c).  */
#pragma once
#include "cli/entry.h"
#include "domain/code.h"

/* An event that has a place. */
struct sheet_event {
	const struct entry *entry;
	int32_t first, last;
	int32_t rest; /* free days since the one before; -1: it is the first, or they overlap */
};

struct sheet {
	struct sheet_event *events; /* by first day */
	size_t n_events;
	const struct entry **missed; /* asked for, and not got, in the order of receipt */
	size_t n_missed;
	int64_t n_days;             /* of all events */
	int64_t support[SERVICE_N]; /* staff-days, of all events */
};

/* Sorts out `entries`, all of which concern it. Memory is the arena's. CVN_ENOMEM. */
CVN_MUST_CHECK enum cvn_err sheet_make(const struct entries *entries, struct arena *arena,
				       struct sheet *ret);

/* Why it was not got, in one sentence; "" where nothing is said. Lives in the arena, or in the
 * entry. */
const char *sheet_why(const struct entry *e, struct arena *arena);
