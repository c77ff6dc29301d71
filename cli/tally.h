/* tally.h - who was served how well: counts of what was asked for and what found its place.
 *
 * Rejected and withdrawn requests count as not asked for.
 *
 * Layer     cli; pure.
 * Thread    any.
 * Limit     TALLY_MAX names in one table.
 * Not here  the report (fairness.c). */
#pragma once
#include "cli/entry.h"

#define TALLY_MAX 4096

enum tally_by { TALLY_FEDERATION, TALLY_COMMITTEE, TALLY_HOST, TALLY_KIND, TALLY_N };

struct tally_row {
	const char *name;
	int64_t asked, placed; /* requests */
	int64_t value_asked, value_placed;
	int64_t athlete_days; /* of those placed: headcount times days */
};

struct tally {
	struct tally_row *rows; /* by name */
	size_t n;
};

/* Counts by the filing federation, its committee, the host (asked: each host that was named), or
 * the kind. Memory is the arena's. CVN_ENOMEM; CVN_ETOOLARGE. */
CVN_MUST_CHECK enum cvn_err tally_count(const struct entries *entries, enum tally_by by,
					struct arena *arena, struct tally *ret);

/* Share of the value asked for that has no place: 0 to 1; 0 where nothing was asked for. */
double tally_unmet(const struct tally_row *row);

/* Root of the mean square, and the greatest, of the rows' unmet shares; rows that asked for nothing
 * are left out. */
double tally_unmet_rms(const struct tally *t);
double tally_unmet_max(const struct tally *t);
