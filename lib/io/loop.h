/* loop.h - the one event loop of a process: libuv, with ZeroMQ's context on it.
 *
 * Order of one turn: timers, then what came from Redis, children and signals, then deferred tasks,
 * then at most LOOP_BATCH messages of each ZeroMQ socket. What was begun is so finished before
 * anything new is taken in.
 *
 * Layer     io: libuv and libzmq; no words of the domain.
 * Thread    everything on the thread that calls loop_run(); spawn children from the main thread
 *           only.
 * Limit     LOOP_BATCH messages a socket and turn, and only those tasks that were deferred before
 *           the turn.
 * Not here  sockets (io/zsock.h), Redis (io/redis.h), children (io/proc.h). */
#pragma once
#include "util/err.h"
#include "util/list.h"
#include <stdbool.h>
#include <stdint.h>

#define LOOP_BATCH 64u

struct loop;       /* opaque; one per process, made and freed by its main */
struct loop_timer; /* opaque */
struct uv_loop_s;  /* libuv's; for lib/io alone */
struct loop_source;

/* Something to be done on the next turn. The caller embeds it and keeps it until run_cb runs or it
 * is cancelled. */
struct loop_task {
	void (*run_cb)(struct loop_task *task);
	struct list_node link; /* private */
	bool is_waiting;       /* private */
};

typedef void (*loop_timer_cb)(void *arg);
typedef void (*loop_signal_cb)(void *arg, int signal_number);

/* Makes a loop and a ZeroMQ context. CVN_ENOMEM, CVN_ESYS. SIGPIPE is ignored from here on. */
CVN_MUST_CHECK enum cvn_err loop_new(struct loop **ret_loop);

/* Frees it. Sockets, links, children and timers must have been closed before; their last handles
 * are let go here. Waits at most 2 s for messages that linger. NULL is fine. */
void loop_free(struct loop *loop);

/* Runs until loop_stop(); once more afterwards is fine. */
void loop_run(struct loop *loop);

/* One turn, waiting at most `wait_ms` for something to happen. For tests and for programs that end
 * step by step. */
void loop_turn(struct loop *loop, uint32_t wait_ms);

/* Ends loop_run() after this turn. */
void loop_stop(struct loop *loop);

/* Milliseconds of the monotonic clock, as of the start of this turn. All deadlines are on this
 * clock. */
uint64_t loop_now_ms(const struct loop *loop);

/* Turns since the loop was made: a watchdog that sees it grow knows that the loop really turned. */
uint64_t loop_turns(const struct loop *loop);

/* Share of time, in percent, that the loop was busy since the last call; 0 to 100. */
uint32_t loop_busy_pct(struct loop *loop);

/* Has `task->run_cb` run once on the next turn. Deferring one that waits already changes nothing.
 * O(1). */
void loop_defer(struct loop *loop, struct loop_task *task);

/* Takes a task back: its run_cb will not run. One that does not wait is fine. */
void loop_defer_cancel(struct loop_task *task);

/* Makes a timer, stopped. `cb(arg)` runs on the loop. CVN_ENOMEM. One allocation. */
CVN_MUST_CHECK enum cvn_err loop_timer_new(struct loop *loop, loop_timer_cb cb, void *arg,
					   struct loop_timer **ret_timer);

/* (Re)starts it: first in `after_ms`, then each `repeat_ms` (0: once). */
void loop_timer_start(struct loop_timer *timer, uint64_t after_ms, uint64_t repeat_ms);

/* Stops it; it can be started again. */
void loop_timer_stop(struct loop_timer *timer);

/* Is it going to run? */
bool loop_timer_is_active(const struct loop_timer *timer);

/* Stops and frees it; its callback never runs again. NULL is fine. May be called from its own
 * callback. */
void loop_timer_free(struct loop_timer *timer);

/* Calls `cb` on the loop for each of the signals from now on, at most LOOP_SIGNALS of them in all;
 * they no longer do what they do by default. CVN_ESYS. */
#define LOOP_SIGNALS 8u
CVN_MUST_CHECK enum cvn_err loop_on_signal(struct loop *loop, int signal_number, loop_signal_cb cb,
					   void *arg);

/* For lib/io alone, and for programs that need what this header lacks: the libraries' own
 * handles. */
struct uv_loop_s *loop_uv(struct loop *loop);
void *loop_zmq(struct loop *loop);

/* For lib/io alone: something that may be ready without its file descriptor saying so. */
struct loop_source {
	/* Asked before the loop waits, and once more after it. */
	bool (*is_ready_cb)(struct loop_source *source);
	/* It was ready: handles at most LOOP_BATCH messages. */
	void (*serve_cb)(struct loop_source *source);
	struct list_node link; /* private */
};
void loop_source_add(struct loop *loop, struct loop_source *source);
void loop_source_drop(struct loop *loop, struct loop_source *source);
