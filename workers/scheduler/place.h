/* place.h - where a request may go, and where it does best by MODEL's score.
 *
 * Layer     scheduler: calendar below it; explain, online and solve above.
 * Thread    one at a time a calendar.
 * Not here  why there is no place (explain.h).
 *
 * All functions ask about a request that is present and not placed: to ask about one that is, take it away first. */
#pragma once
#include "scheduler/calendar.h"

/* The rules of MODEL in the order in which they are looked at. */
enum place_rule {
	PLACE_FREE, /* no rule is broken */
	PLACE_BAD_VENUE,
	PLACE_OUTSIDE_WINDOWS,
	PLACE_CLOSED,
	PLACE_PROTECTED,
	PLACE_UNITS,
	PLACE_BEDS,
	PLACE_STAFF,
	PLACE_SQUAD,
	PLACE_AFTER_UNPLACED, /* one that it comes after has no place */
	PLACE_AFTER_GAP,      /* too near to, or too far from, one that it comes after or that comes after it */
	PLACE_QUOTA,
	PLACE_NOT_THERE,      /* it is fixed elsewhere */
};

struct place_option {
	int32_t venue, day;
	int64_t gain;         /* what it does to the score */
	bool outside_windows; /* free, but on days that were not asked for */
};

enum place_flags {
	PLACE_PLAIN = 0,
	PLACE_OUTSIDE = 1,         /* the windows are left out; place_best() looks only at days outside them */
	PLACE_WORTH_IT = 2,        /* only where the score gains by it */
	PLACE_NO_ALTERNATIVES = 4, /* the best one alone: faster */
	PLACE_LEAVE_FOLLOWERS = 8, /* rule 9 backwards alone: what comes after it is the caller's matter */
};

#define PLACE_OPTIONS_MAX 4 /* the best one and up to three others */
#define PLACE_DAYS_APART 7  /* alternatives at one venue lie at least so many days apart */

/* The best place first, then up to three that differ: other venues, or the same on days well apart. The same
 * calendar gives the same answer, to the last tie. `not_before`: the first day that is still to come (0: any).
 * A fixed request is offered its own place, where rules 5 to 10 hold there. Returns how many there are. About a
 * microsecond an eligible venue at most, O(log events). */
int32_t place_best(const struct calendar *calendar, int32_t request, unsigned flags, int32_t not_before,
                   struct place_option ret_options[static PLACE_OPTIONS_MAX]);

/* The first rule that placing it there would break. With PLACE_OUTSIDE, rule 1 asks for the programme's own days
 * alone. Any venue and day may be asked about. */
enum place_rule place_fits(const struct calendar *calendar, int32_t request, int32_t venue, int32_t day,
                           unsigned flags);
/* Do rules 5 to 10 hold for what stands, counted as it is? Rules 1 to 4 are not looked at. */
bool place_stands(const struct calendar *calendar, int32_t request);
/* Rules 1 to 4 alone: those of the place itself, which no displacement changes. */
enum place_rule place_ground(const struct calendar *calendar, int32_t request, int32_t venue, int32_t day,
                             unsigned flags);
/* Would `request` from `day` on break the gap that `follower` (which comes after it) keeps to it? False where that
 * one has no place. */
bool place_breaks_follower(const struct calendar *calendar, int32_t request, int32_t day, int32_t follower);
/* Rule 9, both ways: would `request` from `day` on keep its distance to all that it comes after, who must stand, and to
 * those standing that come after it? */
bool place_keeps_order(const struct calendar *calendar, int32_t request, int32_t day);
/* What placing it there does to the score, whether it fits or not. */
int64_t place_gain(const struct calendar *calendar, int32_t request, int32_t venue, int32_t day);

/* The requests that stand in the way there, by rules 5 to 10: those which, taken together, would have to go for
 * `request` to fit, cheapest first by value. At most `max` are written. Returns how many there are, 0 where it fits,
 * and -1 where no displacement helps: a rule of the place itself (1 to 4, not for a fixed request at its place), one
 * that it comes after has no place, or pinned requests stand there. What is named is enough, though not always the
 * least: see place_cheapest(). */
int32_t place_displaced(const struct calendar *calendar, int32_t request, int32_t venue, int32_t day,
                        int32_t max, int32_t *ret_requests);

/* Those of least value that would have to go for `request` to fit there, with whoever comes after
 * them: all sets are looked at whose value is less than `below`, as long as `*tries` lasts, which
 * counts down. All of them are written, in any order. Returns how many, 0 where it fits, -1 where
 * none is less. */
int32_t place_cheapest(const struct calendar *calendar, int32_t request, int32_t venue, int32_t day,
                       int64_t below, int64_t *tries, int32_t *ret_requests, int64_t *ret_value);
