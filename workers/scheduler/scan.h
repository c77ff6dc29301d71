/* scan.h - on which days a request could start at a venue, as bits: the innermost loop of all planning.
 *
 * Layer     scheduler; private to its folder: calendar below it; place, explain and solve above.
 * Thread    one at a time a scan; a calendar that nobody changes may be scanned by several.
 * Limit     SCAN_VISITS_MAX journeys are looked at one by one; with more (in one window) it stays exact but slower.
 *
 * scan_request() collects what does not depend on the venue: windows, protected days, `after`, squads. scan_venue()
 * then ANDs the days on which the venue is open and has units, its city beds and its host staff, and erodes them by
 * the duration. All of it works on the words of the request's windows alone. */
#pragma once
#include "scheduler/calendar.h"

#define SCAN_WORDS_MAX ((PROBLEM_DAYS_MAX + 63) / 64)
#define SCAN_VISITS_MAX 96

struct scan {
	const struct calendar *calendar;
	const struct problem_request *request;
	int32_t first_word, n_words; /* of start days */
	int32_t n_day_words;         /* of the days that events starting on them reach */
	int32_t visits_city;         /* the city that `near` was made for */
	int32_t n_visits;
	bool too_many_visits, knows_far;
	struct calendar_visit visits[SCAN_VISITS_MAX]; /* those that may stand in the way at some venue only */
	uint64_t starts[SCAN_WORDS_MAX];             /* free of all that does not depend on the venue */
	uint64_t near[SCAN_WORDS_MAX];               /* and of journeys, for an event in visits_city */
	uint64_t far[SCAN_WORDS_MAX];                /* and of journeys, for one at a host that none leads to */
	union {
		room_pair pairs[SCAN_WORDS_MAX / 2 + 2];
		uint64_t words[SCAN_WORDS_MAX + 4];
	} room;                                      /* scratch: days with room, from an even word on */
	uint64_t free[SCAN_WORDS_MAX + 1];           /* answer of scan_venue(): feasible start days there */
};

enum scan_flags {
	SCAN_PLAIN = 0,
	SCAN_OUTSIDE = 1,         /* days outside the windows instead */
	SCAN_LEAVE_FOLLOWERS = 2, /* rule 9 backwards alone */
	SCAN_LEAVE_LEADERS = 4,   /* whom it comes after may have no place yet: only those placed count */
};

/* Begins with `request` (not placed; it may be any) on start days not before `not_before`. False: no start day is
 * left at any venue, by rules 1, 4, 8, 9. Rules 2 and 10 are the caller's. */
bool scan_request(struct scan *scan, const struct calendar *calendar, int32_t request, unsigned flags,
                  int32_t not_before);
/* Rules 3, 5, 6, 7 and what is left of 8, at one venue. False: no start day; else they stand in scan->free. */
bool scan_venue(struct scan *scan, int32_t venue);

/* Brings near what scan_venue() will look at there. In a large programme it is far from the processor. */
void scan_fetch(const struct scan *scan, int32_t venue);

/* Is `day` (any) among the feasible start days? */
bool scan_has(const struct scan *scan, int32_t day);
/* The feasible start day nearest to `day` (the earlier one of two), after scan_venue() said true. */
int32_t scan_nearest(const struct scan *scan, int32_t day);
int32_t scan_first(const struct scan *scan);
int32_t scan_last(const struct scan *scan);
/* Those that have a day beside them on which it can't start: n_words words. An event there leaves no gap on one side. */
void scan_edges(const struct scan *scan, uint64_t *ret_days);
