/* solve_report.h - what the planner tells people: progress, summary with fairness, explanations, what-if.
 *
 * Layer     scheduler; private to solve.
 * Thread    one at a time. */
#pragma once
#include <stdio.h>
#include "scheduler/calendar.h"
#include "scheduler/solve_search.h"

/* One line on standard error. */
void solve_report_progress(const struct solve_progress *progress, bool json);
/* Score, bound, gap; placed shares by federation, host and kind; wishes unmet by committee; reciprocity. On standard
 * error. `bound` 0: not known. */
void solve_report_summary(const struct calendar *calendar, int64_t bound, double elapsed_s, bool json);
/* For every eligible venue and window what stands in the way of the request, and the displacement that would cost
 * least. One that is placed is told where it stands and what it would do elsewhere. */
void solve_report_explain(struct calendar *calendar, int32_t request, FILE *out);
/* Where a further request, sound and with an id of its own, would go in the plan, and whom it would
 * displace; nothing is changed. */
void solve_report_what_if(struct problem *problem, struct calendar *calendar, const Convene__V1__Request *request,
                          FILE *out);
