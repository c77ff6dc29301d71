/* shortage.h - staff that waiting requests lack, by service, host and month.
 *
 * Counted for requests that wait because offers are exhausted (SERVICE_EXHAUSTED). On the days that
 * a request wishes for, what it asks for is set against what its host is offered and what is booked
 * there already; where those days have enough of everything, it is counted with all that it asks
 * for, since it is another day that lacks it. A request that any of several hosts could hold
 * counts once, for all of them together.
 *
 * Layer     cli; pure.
 * Thread    any.
 * Not here  the table (needs.c). */
#pragma once
#include "cli/entry.h"

struct shortage {
	const char *service;
	const char *host; /* NOC, or several joined by " or " */
	char month[8];    /* "2022-03": of the wished day */
	int64_t staff;    /* that are missing, summed over the requests */
	size_t n;         /* requests */
	const char *ids;  /* joined by spaces */
};

struct shortages {
	struct shortage *all; /* by service, host, month */
	size_t n;
};

/* Finds all; memory is the arena's. `entries` must have the programme's data. CVN_ENOMEM. */
CVN_MUST_CHECK enum cvn_err shortage_find(const struct entries *entries, struct arena *arena,
					  struct shortages *ret);

/* Does it wait for staff? */
bool shortage_waits(const struct entry *e);
