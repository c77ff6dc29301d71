/* day.h - calendar days as numbers, and the text that they travel as.
 *
 * Layer     domain: may include util/ and the generated messages.
 * Thread    any; day_of_unix_ms() with a zone: one thread of the process only (it switches TZ).
 * Limit     years 0001 to 9999.
 * Not here  which days a programme has (programme.h). */
#pragma once
#include <stdbool.h>
#include <stdint.h>

enum {
	DAY_TEXT_SIZE = 11, /* "2022-01-31" and its NUL */
};

/* Is `text` a real day, written YYYY-MM-DD and nothing else? Then *ret_day is its number: days since 1970-01-01,
 * negative before it. NULL is no day; *ret_day is untouched unless the answer is yes. */
bool day_parse(const char *text, int32_t *ret_day);

/* Writes `day` as YYYY-MM-DD. Days outside the years 0001 to 9999 are written as the nearest that can be. */
void day_format(int32_t day, char ret_text[DAY_TEXT_SIZE]);

/* The day that it is at `unix_ms` (wall time) in `zone`, an IANA name; NULL, empty or unknown: UTC. */
int32_t day_of_unix_ms(int64_t unix_ms, const char *zone);

/* Could `zone` be the name of a time zone? Letters, digits and _ + - in parts divided by single slashes; whether this
 * machine knows it is another matter. */
bool day_zone_is_valid(const char *zone);
