/* awaits.h - what waits for somebody's word, whose, and how urgent it is.
 *
 * Layer     cli; pure.
 * Thread    any.
 * Not here  the table (agenda.c); what may be decided at all (domain/lifecycle.h). */
#pragma once
#include "cli/entry.h"

enum awaits_what {
	AWAITS_CONFLICT, /* confirmed, and impossible by now: its committees decide */
	AWAITS_HOST,     /* too few people can come: the host keeps it, or not */
	AWAITS_CONSENT,  /* proposed: committees approve or decline */
	AWAITS_ACCEPTANCE, /* found from the waiting list: its federation accepts, or lets it pass on */
	AWAITS_REVISION, /* its federation amends */
	AWAITS_DAYS,     /* postponed: its federation or host names new windows */
	AWAITS_ANSWER,   /* invited squads: their federations answer */
	AWAITS_RELEASE,  /* quarantined: an operator */
	AWAITS_N
};

struct awaits {
	const struct entry *entry;
	enum awaits_what what;
	const char *whose; /* word: NOCs or federations, joined by commas */
	int32_t by;        /* last day; only where has_by */
	bool has_by;
	bool is_overdue;
	size_t n_behind;    /* waiting requests that this one stands in the way of */
	const char *behind; /* their ids, joined by spaces */
};

struct awaits_list {
	struct awaits
		*all; /* most urgent first: overdue, at once, by their last day, oldest first */
	size_t n;
};

/* Who asks: as in Welcome. A federation and a committee see what waits for their own word, all
 * others everything. */
struct awaits_reader {
	const char *role, *subject;
	char *const *disciplines; /* a committee's delegate: about these alone; none: all */
	size_t n_disciplines;
};

/* Finds all of it; memory is the arena's, entries are borrowed. CVN_ENOMEM. */
CVN_MUST_CHECK enum cvn_err awaits_find(const struct entries *entries,
					const struct awaits_reader *reader, struct arena *arena,
					struct awaits_list *ret);

/* "consent", "conflict", …; static. */
const char *awaits_name(enum awaits_what what);
