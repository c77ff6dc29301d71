/* rounds.h - planning rounds: at most one a programme is under way, or waits to be adopted.
 *
 *  (none) -start-> running -plan-> ready -adopt-> adopting -committed-> adopted
 *                     |              ^               |
 *                     |              +---refused-----+
 *                     +-died, refused-> failed         running, ready -discard-> discarded
 *
 * A round's record is stored whenever its state changes (but for adopting): a draft outlives the daemon, a search does
 * not. What adoption changes, and that the round is adopted, is one commit.
 *
 * Layer     flow.
 * Thread    loop thread.
 * Limit     ROUND_ENTRIES entries, what one commit holds; one round a programme, the last one, in memory.
 * Not here  the plan (the planner), what of it still holds (the online scheduler), the calls (round_calls.c). */
#pragma once
#include "flow/flow_private.h"
#include "flow/mirror.h"

#define ROUND_ENTRIES STORE_CHANGES_MAX
#define ROUND_SECONDS 30
#define ROUND_SECONDS_MAX 3600

struct rounds;
struct round;

enum round_state {
	ROUND_NONE,
	ROUND_RUNNING,
	ROUND_READY,
	ROUND_ADOPTING,
	ROUND_ADOPTED,
	ROUND_DISCARDED,
	ROUND_FAILED,
	ROUND_STATES
};

/* Who asks; copied. */
struct round_caller {
	const char *name;
	const char *role;
};

/* Somebody who waits for what was begun to be done. Embedded; it is kept until done_cb has run or round_leave(). */
struct round_wait {
	/* CVN_OK, or why not: `text` is lent during the call, NULL: none. */
	void (*done_cb)(struct round_wait *wait, enum cvn_err err, const char *text);
	struct round *round; /* private */
};

/* CVN_ENOMEM. */
CVN_MUST_CHECK enum cvn_err rounds_new(struct flow *flow, struct rounds **ret_rounds);
/* The ports are closed. NULL is fine. */
void rounds_free(struct rounds *rounds);

/* Reads the rounds of all mirrored programmes. `loaded_cb` runs once, maybe inside the call. */
void rounds_load(struct rounds *rounds, void (*loaded_cb)(void *arg, enum cvn_err err), void *arg);
/* The pool is open: what ran when the daemon ended has failed. */
void rounds_start(struct rounds *rounds);

/* The programme's round, made where there is none yet. NULL: out of memory. */
struct round *rounds_of(struct rounds *rounds, struct mirror_programme *p);

enum round_state round_state(const struct round *round);
int64_t round_number(const struct round *round);
/* Is a change of its state on its way to Redis, or a planner's last part on its way here? */
bool round_is_busy(const struct round *round);

/* What is known of it; lent until its state changes. Entries are in `entries`, all of them. */
const Convene__V1__Round *round_about(const struct round *round);

/* Each begins something whose end `wait` hears of; not CVN_OK: it never does. The caller has looked at the state.
 * CVN_ENOMEM, CVN_EBUSY and what store and pool say. */
CVN_MUST_CHECK enum cvn_err round_begin(struct round *round, const Convene__V1__RoundStart *order,
					const struct round_caller *by, struct round_wait *wait);
CVN_MUST_CHECK enum cvn_err round_adopt(struct round *round, const struct round_caller *by, struct round_wait *wait);
CVN_MUST_CHECK enum cvn_err round_discard(struct round *round, const struct round_caller *by,
					  struct round_wait *wait);
/* Ends the search early. False: it has not begun yet. */
bool round_stop(struct round *round);
/* It wants to hear no more. */
void round_leave(struct round_wait *wait);

/* Of the pool: a planner's progress and plan. */
void rounds_on_progress(struct pool_task *task, const Convene__V1__Progress *progress);
void rounds_on_plan(struct pool_task *task, const Convene__V1__Plan *plan);
