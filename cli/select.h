/* select.h - which requests go into a file: --state, --federation, --discipline, --host, --venue,
 * --noc, --squad, --kind, --level, --days.
 *
 * Layer     cli.
 * Thread    one.
 * Not here  filters that the daemon applies (filter.h): here closed requests count by the place that
 *           they had last. */
#pragma once
#include "cli/entry.h"

/* Keeps those entries that all given options let pass. EXIT_OK, or an exit code after saying why.
 */
CVN_MUST_CHECK int select_entries(struct cli *cli, struct entries *entries);

/* The venue where it is held, or was to be held last; NULL: nowhere. Likewise the first day. */
const char *select_venue(const struct entry *e);
const char *select_first_day(const struct entry *e);

/* Is the committee, or the federation, concerned: as its host (committees), by filing, by a squad
 * that attends? Without the programme's data, only the filing federation is known. */
bool select_concerns_noc(const struct entries *entries, const struct entry *e, const char *noc);
bool select_concerns_federation(const struct entries *entries, const struct entry *e,
				const char *federation);
bool select_has_squad(const struct entry *e, const char *squad);
