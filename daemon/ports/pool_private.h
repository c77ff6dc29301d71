/* pool_private.h - what pool.c, pool_worker.c and pool_feed.c share; for no one else.
 *
 * Layer     ports.
 * Thread    loop thread. */
#pragma once
#include <uthash.h>

#include "io/loop.h"
#include "io/proc.h"
#include "io/zsock.h"
#include "ports/page.h"
#include "ports/pool.h"
#include "util/arena.h"
#include "util/buf.h"
#include "util/fsm.h"

/*  child     resting -> starting -> serving -> ending -> resting …       (a death: starting,
 * serving -> resting)
 *  remote                           serving -> gone
 *  planner   resting -> starting -> serving -> ending -> gone            (a death: any -> gone)
 *  closing   any -> gone */
enum { WORKER_RESTING, WORKER_STARTING, WORKER_SERVING, WORKER_ENDING, WORKER_GONE, WORKER_STATES };

enum feed_state { FEED_NONE, FEED_PAGES, FEED_COMPLETE };

/* What one worker has of one programme. */
struct feed {
	enum feed_state state;
	struct page_place place;
};

struct pool_programme {
	char *id;
	size_t index; /* of its feed at each worker */
	const struct replica *replica;
	struct worker *scheduler;             /* in charge of it; NULL: none lives */
	struct worker *planner;               /* started for its waiting or outstanding task; NULL: none */
	struct list_node waiting[POOL_KINDS]; /* pool_task::link, next one first */
	struct buf updates; /* that wait to be fed: Feed's field `updates`, packed */
	UT_hash_handle hh;
};

struct worker {
	struct pool *pool;
	struct fsm life;
	char name[65];
	enum pool_kind kind;
	struct pool_programme *only;          /* a planner's; NULL: it serves all */
	bool is_remote;
	char key[64];             /* remote: with which it came */
	bool is_lost;             /* a message to it could not be sent: to be ended */
	bool is_overdue;          /* was ended since it took too long */
	pool_ref ref;             /* of its registration; 0: not registered */
	struct proc *proc;        /* NULL: remote, or not running */
	struct loop_timer *timer; /* child: when to start again */
	struct zsock *sock;       /* where it registered */
	uint8_t routing[255];
	size_t n_routing;
	int64_t pid;
	uint64_t started_ms, registered_ms, heard_ms, busy_ms; /* loop clock */
	uint32_t backoff_ms;
	struct list_node tasks; /* pool_task::link, in the order in which they were handed out */
	uint32_t n_tasks, n_unanswered, n_unsettled;
	bool runs_alone; /* its one task wants nobody beside it */
	uint64_t n_done, n_deaths;
	struct feed *feeds;    /* POOL_PROGRAMMES_MAX, by pool_programme::index */
	struct list_node link; /* pool::workers */
};

struct pool {
	struct loop *loop;
	struct pool_options options; /* texts are copies */
	struct zsock *socks[2];      /* local, remote (NULL: none) */
	struct list_node workers;    /* worker::link: children, then remote ones */
	uint32_t n_remote;
	uint64_t n_planners; /* ever started: their names */
	struct pool_programme *programmes; /* by id */
	struct pool_programme **by_index;
	size_t n_programmes;
	pool_ref last_ref;
	uint64_t last_task;
	uint64_t n_tasks;
	struct loop_task pump;
	struct loop_timer *beat;
	uint64_t beat_ms; /* of the last beat */
	struct arena scratch; /* for one message */
	bool is_closing;
	struct loop_timer *grace;
	struct loop_task closed;
	void (*closed_cb)(void *arg);
	void *closed_arg;
	struct {
		uint64_t tasks, results, answers, deaths, bad_messages, who, refused;
	} counts;
};

/* --- pool.c --- */
void pool_wake(struct pool *pool);
/* Puts a worker's tasks back to be handed out: first come, first. `alone`: those that it may have
 * died of. */
void pool_hand_on(struct worker *w, bool are_suspects);
/* Closes the pool once no child is left. */
void pool_check_closed(struct pool *pool);

/* --- pool_worker.c --- */
enum cvn_err worker_new(struct pool *pool, enum pool_kind kind, const char *name, bool is_remote,
			struct worker **ret_worker);
void worker_free(struct worker *w);
void worker_spawn(struct worker *w);
/* Sends; a worker that can't be reached is lost, and looked after on the next turn. */
void worker_send(struct worker *w, Convene__V1__ToWorker *message);
void worker_send_packed(struct worker *w, const uint8_t *bytes, size_t n);
void worker_on_message(void *arg, struct zsock *sock, const struct zmessage *message);
/* Each heartbeat: pings, and ends those who are silent or late. */
void worker_beat(struct worker *w);
/* Ends those that could not be reached. */
void worker_sweep(struct worker *w);
void worker_drain(struct worker *w);

/* --- pool_planner.c --- */
/* Starts a planner where a task waits for one. */
void planner_begin(struct pool *pool, struct pool_programme *p);
/* Ends it; nobody needs it any more. */
void planner_end(struct pool_programme *p);
/* It is no more (`w` neither, after the call); its task, if that is still outstanding, hears of it. */
void planner_gone(struct worker *w, const char *last_words);

/* --- pool_feed.c --- */
/* Gives each programme that has no scheduler one, if there is any. */
void feed_bind(struct pool *pool);
void feed_unbind(struct worker *w);
/* Sends what waits: updates to who is fed, then some pages. True: more pages are to come. */
bool feed_pump(struct pool *pool);
void feed_flush(struct pool *pool, struct pool_programme *p);
void feed_add(struct pool *pool, struct pool_programme *p, const uint8_t *bytes, size_t n);
bool feed_is_complete(const struct worker *w, const struct pool_programme *p);
/* Does it want this programme at all? */
bool feed_is_wanted(const struct worker *w, const struct pool_programme *p);
void feed_reset(struct worker *w);
