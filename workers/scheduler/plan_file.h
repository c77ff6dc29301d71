/* plan_file.h - programme files in, plan files out.
 *
 * Layer     scheduler: includes lib/wire; solve above.
 * Thread    any.
 * Not here  how a plan is found (solve.c, anneal.h). */
#pragma once
#include "scheduler/calendar.h"
#include "util/buf.h"
#include "wire/programme_file.h"

/* Compiles the programme and all its requests, in the order of the file, so that a request's handle is its index.
 * What is faulty is taken as problem.h says. NULL: out of memory, or it has no programme. The caller owns it. */
struct problem *plan_file_compile(const struct programme_file *file);

/* All that is wrong with the file beyond its form is added to `file->faults` as errors: unknown
 * references, reversed or impossible days, doubled ids, circles in `after`, negative numbers, and,
 * where all could be read, fixed events that contradict one another (needs `problem`, compiled from
 * it; NULL: none). Returns how many there are now. */
size_t plan_file_check(struct programme_file *file, const struct problem *problem);

/* The same of further requests for a file that was found to be `sound`: each stands alone beside
 * it, and must have an id of its own. */
size_t plan_file_check_more(struct programme_file *more, const struct programme_file *sound);

/* Puts the fixed events of a sound file into an empty `calendar`. */
void plan_file_fix(struct calendar *calendar);

/* The same, and whoever they come after, which is held: what must stand before any search. PROBLEM_NONE: they stand; else one that has no place in time,
 * and the fixed event that needs it. Some microseconds a place that is tried, a few seconds at
 * most. */
int32_t plan_file_stand(struct calendar *calendar, int32_t *ret_fixed);

/* Writes the plan that the calendar holds, with the reasons of all that have no place. */
enum cvn_err CVN_MUST_CHECK plan_file_write(const struct calendar *calendar, const char *programme, struct buf *out);
