/* minutes.h - who decided what, when and why, as Markdown.
 *
 * Layer     cli; pure.
 * Thread    one.
 * Not here  the log itself (snapshot.h). */
#pragma once
#include "cli/entry.h"
#include "util/buf.h"

struct minutes;

/* Empty minutes for the days (UTC) from `first` to `last`; titles in `lang`, NULL: English. NULL:
 * out of memory. minutes_free(NULL) is fine. */
struct minutes *minutes_new(int32_t first, int32_t last, const char *lang);
void minutes_free(struct minutes *m);

/* Folds the next update of the log in. CVN_ENOMEM. */
CVN_MUST_CHECK enum cvn_err minutes_add(struct minutes *m, const Convene__V1__Update *update);

/* Writes them to the end of `out`; requests are called by their titles in `entries`. CVN_ETOOLARGE,
 * CVN_ENOMEM. */
CVN_MUST_CHECK enum cvn_err minutes_write(struct minutes *m, const struct entries *entries,
					  const char *programme_id, struct buf *out);

/* How many decisions they hold. */
size_t minutes_count(const struct minutes *m);
