/* ics.h - the calendar as iCalendar (RFC 5545, 7986): all-day events with a stable UID.
 *
 * Proposed ones are TENTATIVE, confirmed and held ones CONFIRMED; what was published and has no
 * place any more stays in the feed as CANCELLED. SEQUENCE counts what the public could see change;
 * where the log may not be read, it is the cursor of the last change, which rises likewise.
 *
 * Layer     cli; pure.
 * Thread    any.
 * Not here  where the entries come from (entry.h). */
#pragma once
#include "cli/entry.h"
#include "util/buf.h"

/* Adds `text` as the value of one content line, escaped and folded at 75 bytes, without breaking a
 * character; controls are left out. `name` stands before it, with its colon. CVN_ETOOLARGE,
 * CVN_ENOMEM. */
CVN_MUST_CHECK enum cvn_err ics_line(struct buf *out, const char *name, const char *text);

/* Writes the calendar of `programme_id` to the end of `out`. It is named after the programme and,
 * where `part` is not NULL, the part of it that the entries are. Titles in `lang`, NULL: English.
 * CVN_ETOOLARGE, CVN_ENOMEM. */
CVN_MUST_CHECK enum cvn_err ics_write(struct buf *out, const char *programme_id,
				      const struct entries *entries, const char *part,
				      const char *lang);
