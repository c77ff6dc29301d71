/* task.h - the answer to one Validate.
 *
 * Layer     workers/validator: may include lib/.
 * Thread    any; pure.
 * Limit     that of the arena.
 * Not here  the rules (rules.h); where tasks come from (main.c). */
#pragma once
#include "convene/v1/worker.pb-c.h"
#include "validator/rules.h"

/* Judges all subjects of the task, together where they are several. `ret_result` gets its verdicts, which live in
 * `arena` and point into `replica`. CVN_ESTALE: the replica lacks one of them, or its revision; CVN_ENOMEM. */
enum cvn_err CVN_MUST_CHECK task_judge(const Convene__V1__Validate *task, const struct replica *replica,
                                       struct arena *arena, Convene__V1__Result *ret_result);
