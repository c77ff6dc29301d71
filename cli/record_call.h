/* record_call.h - a call about one request whose answer is the record as it stands then.
 *
 * Layer     cli.
 * Thread    one.
 * Not here  which call it is (decide.c and the commands beside it). */
#pragma once
#include "cli/cli.h"

/* The revision that the caller believes to stand (--revision); 0: whichever stands. EXIT_OK, or an
 * exit code after saying why. */
CVN_MUST_CHECK int record_call_revision(struct cli *cli, int64_t *ret);

/* Sends the call and shows the record that comes back. EXIT_OK, or an exit code after saying why;
 * where the call names a revision that is past, also what has changed since. */
CVN_MUST_CHECK int record_call_show(struct cli *cli, Convene__V1__Call *call);

/* Fetches one request. EXIT_OK, or an exit code after saying why. */
CVN_MUST_CHECK int record_call_get(struct cli *cli, char *id, Convene__V1__Record **ret);

/* An option's value as the messages take it; NULL: not given. */
char *record_call_value(struct cli *cli, enum option_id id);
