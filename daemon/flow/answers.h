/* answers.h - what schedulers want committed: each answer is one commit, in the order in which they
 * came.
 *
 * Answers are not waited for one another: the next is sent to Redis while the one before is on its
 * way there, and a version that does not fit makes it stale. Whoever asked for it hears of it
 * through the task.
 *
 * Layer     flow.
 * Thread    loop thread.
 * Limit     ANSWERS_MAX under way; what comes beyond is settled as stale at once.
 * Not here  computing (the scheduler). */
#pragma once
#include "flow/flow_private.h"
#include "flow/mirror.h"
#include "util/arena.h"

#define ANSWERS_MAX 4096

/* A task for the scheduler, with what shall become of its answers. Embed it, as a pool_task. */
struct place_task {
	struct pool_task task; /* its done_cb hears of deaths alone */
	const Convene__V1__Decision
		*decision; /* stands in the task's own request from now on; NULL: as before */
	/* The answer was committed (CVN_OK: at `cursor`); or it can't be: CVN_ENOPLACE and others,
	 * with the worker's words in `refused`; CVN_EGONE the request has changed; CVN_ECONFLICT it
	 * would close a circle of `after`; CVN_ECLOSED the programme is archived. Not called for
	 * what was stale, since the scheduler computes it again. The task is still outstanding:
	 * finish it. */
	void (*answered_cb)(struct place_task *task, enum cvn_err err, int64_t cursor,
			    const Convene__V1__Problem *refused);
	/* Many requests are asked about: what is gone is computed again, the task's own as well. */
	bool is_many;
	/* An answer with changes came, and is about to be committed: gives what the programme's round shall be from that
	 * step on, in `arena`. Called again for what is computed again. NULL: no round. */
	enum cvn_err (*heard_cb)(struct place_task *task, const Convene__V1__Answer *answer,
				 struct arena *arena, struct store_bytes *ret_round);
	/* Whose decision each change is, in `arena`; NULL from it: out of memory. NULL: see `decision`. */
	Convene__V1__Decision *(*decision_cb)(struct place_task *task, const struct replica_record *record,
					      const Convene__V1__Standing *to, struct arena *arena);
	/* The answer to a preview comes with CVN_OK and cursor 0: lent during the call; else NULL.
	 */
	const Convene__V1__Preview *ret_preview;
	struct list_node answers; /* private: answers under way that name it */
};

/* CVN_ENOMEM. */
CVN_MUST_CHECK enum cvn_err answers_new(struct flow *flow, struct answers **ret_answers);
void answers_free(struct answers *answers);

/* Starts a task; the rules are pool_start()'s. */
CVN_MUST_CHECK enum cvn_err answers_ask(struct answers *answers, struct place_task *task);

/* The task wants to hear no more; its callbacks will not run. What is on its way to Redis stays so.
 * Fine at any time after the struct was zeroed and answers_ask() succeeded, or never was called. */
void answers_finish(struct answers *answers, struct place_task *task);

/* A scheduler's answer came. */
void answers_take(struct answers *answers, pool_ref from, const Convene__V1__Answer *answer,
		  struct pool_task *task);

/* Tries again what Redis did not take. */
void answers_tick(struct answers *answers);

size_t answers_n(const struct answers *answers);
