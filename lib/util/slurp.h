/* slurp.h - a whole file at once.
 *
 * Layer     util.
 * Thread    any but a loop's: it blocks.
 * Limit     that of the buffer. */
#pragma once
#include "util/buf.h"
#include "util/err.h"

/* Reads `path` ("-": standard input) to the end of `out`. CVN_EIO: errno says why. CVN_ETOOLARGE,
 * CVN_ENOMEM. */
CVN_MUST_CHECK enum cvn_err slurp(const char *path, struct buf *out);
