/* filter.h - the options that narrow a list down: --state, --federation, --discipline, --host,
 * --venue, --days, --since.
 *
 * Layer     cli.
 * Thread    one.
 * Not here  who may see what: the daemon's matter. */
#pragma once
#include "cli/cli.h"

/* Reads "2022-03-01/2022-03-31", or one day alone, into a period that lives in the arena.
 * CVN_EINVALID: not that, or reversed; CVN_ENOMEM. */
CVN_MUST_CHECK enum cvn_err filter_days(const char *text, struct arena *arena,
					Convene__V1__Period **ret);

/* Reads "proposed,waitlisted" into an array that lives in the arena. CVN_EINVALID: one of them is
 * no state; CVN_ENOMEM. */
CVN_MUST_CHECK enum cvn_err filter_states(const char *text, struct arena *arena,
					  Convene__V1__State **ret, size_t *ret_n);

/* Fills a List call from the options. EXIT_OK, or an exit code after saying why. */
CVN_MUST_CHECK int filter_read(struct cli *cli, Convene__V1__List *ret);
