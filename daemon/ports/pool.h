/* pool.h - the workers: started, fed, given tasks, and replaced when they die.
 *
 * Children over ipc, and, where an endpoint is given, workers of other machines over CURVE (role
 * worker). A worker gets a replica of each programme (a scheduler: of those that it is in charge
 * of; a programme has one scheduler at a time), and a task only after whatever the task speaks of
 * was fed to it.
 *
 * Layer     ports: may include wire/, io/, domain/, util/; included by flow/ and app only.
 * Thread    loop thread only.
 * Limit     `credit` tasks outstanding at a worker, POOL_REMOTE_MAX remote workers,
 *           POOL_PROGRAMMES_MAX programmes. How many tasks wait is the caller's matter, who embeds
 *           each.
 * Not here  what a task is for, and what an answer means (flow/job.h, flow/answers.h); counting
 *           deaths (store_death). */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "convene/v1/worker.pb-c.h"
#include "util/err.h"
#include "util/list.h"

#define POOL_REMOTE_MAX 64
#define POOL_PROGRAMMES_MAX 1024
#define POOL_LAST_WORDS_MAX 1000 /* bytes of what a dead worker said last */

struct loop;    /* io/loop.h */
struct replica; /* domain/replica.h */
struct pool;    /* opaque; one per daemon, opened and closed by app.c */
struct worker;  /* private */

/* A planner is a scheduler's program, started for one task and ended with it: it has a programme to itself, and is not
 * replaced when it dies. At most one a programme. */
enum pool_kind { POOL_VALIDATOR, POOL_SCHEDULER, POOL_PLANNER, POOL_KINDS };

/* One task. The caller zeroes it, fills the public block, and keeps it, and what it points to,
 * until done_cb has run or it was finished.
 *
 * A dead worker's tasks go to others at once, by themselves; from then on each goes alone, so that
 * it is known of which one the next worker dies. Only the one that was all that a worker had to do
 * hears of it, by CVN_EGONE: its caller counts the death, and starts it again (`alone` set), or sets
 * it aside. */
struct pool_task {
	/* CVN_OK: a validator's `ret_result`, lent during the call. CVN_EGONE: a worker died of it,
	 * or was ended since it took too long; `ret_last_words` is lent during the call. Exactly
	 * once, and never inside pool_start(). A scheduler's task never hears CVN_OK: see
	 * on_answer. */
	void (*done_cb)(struct pool_task *task, enum cvn_err err);
	enum pool_kind kind;
	bool alone; /* no other task beside it at its worker */
	uint32_t time_max_ms; /* 0: the option's task_max_ms */
	const char *programme;
	Convene__V1__Task message; /* its oneof; the pool sets id and programme */
	const Convene__V1__Result *ret_result;
	const char *ret_last_words;

	struct worker *worker; /* private from here on; NULL: waits */
	struct list_node link;
	bool is_started, is_answered;
};

/* A worker that spoke, by the number of its registration: a later one never has the same. */
typedef uint64_t pool_ref;

struct pool_worker {
	const char *name;
	enum pool_kind kind;
	int64_t pid;
	const char *state;
	bool is_remote;
	uint64_t n_outstanding, n_done, n_deaths;
};

struct pool_options {
	const char *local_endpoint;  /* ipc://…: for children */
	const char *remote_endpoint; /* tcp://…: for remote workers; NULL: none */
	const char *server_secret;   /* Z85; read only where there is a remote endpoint */
	const char *programs[POOL_KINDS];
	uint32_t n_children[POOL_KINDS];
	uint32_t credits[POOL_KINDS]; /* 0: 256 */
	uint32_t
		/* a child that takes longer over one task is ended, as a death; 0: 10,000 */
		task_max_ms;
	uint32_t heartbeat_ms; /* 0: 1000; ten missed: dead */
	int64_t epoch;
	/* A scheduler's answer. `task`: the one that it names, if that is still outstanding there;
	 * NULL: none, or its own accord. An answer with changes must be settled, exactly once, by
	 * pool_settle(). */
	void (*on_answer)(void *arg, pool_ref from, const Convene__V1__Answer *answer,
			  struct pool_task *task);
	/* A planner's task: how far it is, and its plan, part by part. The task is outstanding until it is finished.
	 * NULL: nobody plans. */
	void (*on_progress)(void *arg, struct pool_task *task, const Convene__V1__Progress *progress);
	void (*on_plan)(void *arg, struct pool_task *task, const Convene__V1__Plan *plan);
	/* Is this key a remote worker's? Asked for each of its messages. */
	bool (*is_worker_key)(void *arg, const char *user_id);
	void *arg;
};

/* Binds and spawns. `options` is copied. CVN_EBUSY an address is in use, CVN_EINVALID, CVN_ENOMEM,
 * CVN_ESYS. A child that can't be spawned is tried again, with back-off. */
CVN_MUST_CHECK enum cvn_err pool_open(struct loop *loop, const struct pool_options *options,
				      struct pool **ret_pool);

/* Hands out no more tasks; lets workers finish what they have for `grace_ms`, then ends them.
 * `closed_cb` runs on a later turn, when all children are gone, and `pool` is gone with it.
 * Callbacks of tasks may come until then; tasks that are over by then without one are their
 * callers' again, and pool_finish() and pool_settle() do nothing for a pool NULL. */
void pool_close(struct pool *pool, uint32_t grace_ms, void (*closed_cb)(void *arg), void *arg);

/* From now on workers are fed this programme, out of `replica` (borrowed until the pool is closed),
 * which the caller folds each update into before it hands it to pool_feed(). Known already: nothing
 * changes. CVN_ENOMEM, CVN_ETOOLARGE. */
CVN_MUST_CHECK enum cvn_err pool_programme(struct pool *pool, const char *programme,
					   const struct replica *replica);

/* An update, whole, to all who are fed that programme. It leaves before any task that is started
 * later. */
void pool_feed(struct pool *pool, const char *programme, const uint8_t *bytes, size_t n);

/* The day that it is in the programme ("2022-01-31"). */
void pool_today(struct pool *pool, const char *programme, const char *today);

/* Starts a task. CVN_EPROGRAMME: the pool does not know its programme; done_cb never runs then.
 * O(1). */
CVN_MUST_CHECK enum cvn_err pool_start(struct pool *pool, struct pool_task *task);

/* The task needs no (further) answer; it is the caller's again, and done_cb does not run. One that
 * was not started, or is over, is fine. O(1). */
void pool_finish(struct pool *pool, struct pool_task *task);

/* Asks for the answer to a planner's task now; false: it was not handed out yet. */
bool pool_stop(struct pool *pool, struct pool_task *task);

/* Tells who answered what became of it: "ok", "stale", "gone", "closed". A worker that is no more
 * hears nothing. */
void pool_settle(struct pool *pool, pool_ref to, uint64_t sequence, const char *result,
		 int64_t version);

/* Keys are no longer what they were: remote workers that came with one that is no worker's any more
 * get nothing from now on, and what they had is handed on. NULL is fine. */
void pool_revoked(struct pool *pool);

/* Has each kind a worker that could do a task of any programme now? */
bool pool_is_ready(const struct pool *pool);

/* Tasks that wait or are outstanding. */
uint64_t pool_n_tasks(const struct pool *pool);

/* Calls `fn` for each worker; what it is given is lent during the call. */
void pool_each_worker(const struct pool *pool,
		      void (*fn)(void *arg, const struct pool_worker *worker), void *arg);

/* Numbers by name, only growing. */
void pool_each_count(const struct pool *pool,
		     void (*fn)(void *arg, const char *name, uint64_t value), void *arg);

/* The remote endpoint with its real port; "" where there is none. */
const char *pool_remote_endpoint(const struct pool *pool);
