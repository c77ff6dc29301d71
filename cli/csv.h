/* csv.h - requests as a table for spreadsheets (RFC 4180, UTF-8, a heading, CRLF).
 *
 * Layer     cli; pure.
 * Thread    any.
 * Not here  where the entries come from (entry.h). */
#pragma once
#include "cli/entry.h"
#include "util/buf.h"

/* Adds one cell's text, quoted where it must be, without what stands between cells. What a
 * spreadsheet would take for a formula gets an apostrophe in front. CVN_ETOOLARGE, CVN_ENOMEM. */
CVN_MUST_CHECK enum cvn_err csv_cell(struct buf *out, const char *text);

/* Writes all entries to the end of `out`, with all that is known of them: what has parts stands in its
 * cell as JSON; titles in `lang`, NULL: English. CVN_ETOOLARGE,
 * CVN_ENOMEM. */
CVN_MUST_CHECK enum cvn_err csv_write(struct buf *out, const struct entries *entries,
				      const char *lang);
