/* show.h - a request for people: one line, or in full.
 *
 * Layer     cli.
 * Thread    one.
 * Not here  JSON (record_json.h). */
#pragma once
#include "convene/v1/record.pb-c.h"
#include "util/arena.h"

/* One line on standard output: id, state, place. */
void show_brief(const Convene__V1__Record *record);

/* All that is known of it, on standard output; texts in `lang` where there are any. */
void show_full(const Convene__V1__Record *record, const char *lang, struct arena *arena);

/* The text in `lang`, else in English, else the first one; "" where there is none. Lent by the
 * list. */
const char *show_text(Convene__V1__Text *const *texts, size_t n, const char *lang);

/* The last day of an event of `duration` days from `first_day` on, written into `ret_text`; empty
 * where the day is none or the duration is not positive. */
void show_last_day(const char *first_day, int64_t duration, char ret_text[11]);

/* A moment as "2022-01-31 12:00:05 UTC", in the arena; "" out of memory. */
const char *show_time(int64_t unix_ms, struct arena *arena);

/* A text or, for NULL, "". */
const char *show_or_empty(const char *text);
