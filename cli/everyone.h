/* everyone.h - keys for all who take part in a programme, made where they are missing, and granted.
 *
 * Layer     cli.
 * Thread    one.
 * Not here  which key speaks for which request (lanes.h): the names of the files are the same. */
#pragma once
#include "cli/cli.h"

/* Reads the key file, or makes it where there is none. Errors as of keys_load() and keys_save(). */
CVN_MUST_CHECK enum cvn_err everyone_key(const char *path, struct key_pair *ret);

/* Grants principals, in the programme of --programme or else in all, in as many calls as are
 * needed; says how many changed. EXIT_OK, or an exit code after saying why. */
CVN_MUST_CHECK int everyone_grant(struct cli *cli, Convene__V1__Principal **principals, size_t n);

/* For each federation of a party, each party's committee, the working body and an observer: a key
 * in `folder`, granted. EXIT_OK, or an exit code after saying why. */
CVN_MUST_CHECK int everyone_run(struct cli *cli, const char *folder);
