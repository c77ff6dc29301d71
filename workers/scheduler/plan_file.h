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

/* All that is wrong with the file beyond its form is added to `file->faults` as errors: unknown references, reversed
 * or impossible days, doubled ids, circles in `after`, negative numbers, fixed events that contradict one another
 * (needs `problem`, compiled from it). Returns how many there are now. */
size_t plan_file_check(struct programme_file *file, const struct problem *problem);

/* Writes the plan that the calendar holds, with the reasons of all that have no place. */
enum cvn_err CVN_MUST_CHECK plan_file_write(const struct calendar *calendar, const char *programme, struct buf *out);
