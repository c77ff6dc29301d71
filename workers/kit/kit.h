/* kit.h - what every worker is built on: it connects to convened, keeps the replicas, and hands
 * over tasks.
 *
 * Layer     workers/kit: uses lib/ alone; included by workers.
 * Thread    one: every callback runs on the kit's loop, none inside a call of this header.
 * Limit     frames from convened are bounded like a client's; so are tasks that wait for their
 *           programme's feed (by the credit that convened grants, at most KIT_TASKS_MAX). Past it
 *           the worker ends: that peer is no convened.
 * Not here  what a task means (workers/validator, workers/scheduler); the fold of pages and updates
 *           (domain/replica). */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "convene/v1/worker.pb-c.h"
#include "domain/replica.h"
#include "util/err.h"

#define KIT_TASKS_MAX 65536 /* tasks that wait for a feed to be complete, over all programmes */

#define KIT_PARTS_MAX 2

struct help_part; /* util/help.h */
struct loop; /* io/loop.h */
struct kit; /* opaque; made by kit_main(), one per process */

/* One kind of worker. Only `kind`, `program`, `about` and `on_task` must be there. Messages and
 * replicas are borrowed for the time of the call; a replica lives until its `on_replica_gone`. */
struct kit_worker {
	const char *kind;    /* as in Ready: "validator", "scheduler" */
	const char *program; /* "convene-validator": for --help, --version and the log */
	const char *about;   /* some sentences for --help */
	const char *summary; /* half a line for the man page */
	const struct help_part *parts[KIT_PARTS_MAX]; /* other ways to call the program, for it */

	/* Once, before anything else; kit_set_user() is for what it makes. Not CVN_OK: the worker
	 * ends with that. */
	enum cvn_err (*on_start)(struct kit *kit);
	/* Once, at the end; after it nothing is called. */
	void (*on_stop)(struct kit *kit);

	/* A programme that is new to this worker; its replica is made next, and will tell
	 * `ret_observer` (zeroed before) of each change. */
	void (*on_programme)(struct kit *kit, const char *programme,
			     struct replica_observer *ret_observer);
	/* The replica goes (convened registered us anew, or the worker ends); its tasks and answers
	 * are forgotten. */
	void (*on_replica_gone)(struct kit *kit, const char *programme, struct replica *replica);
	/* Its snapshot is complete: from here on there are tasks. */
	void (*on_feed_complete)(struct kit *kit, const char *programme, struct replica *replica);
	/* Something was folded into a replica (a page, updates, a new day), after the replica's own
	 * observer heard of it. */
	void (*on_fed)(struct kit *kit, const char *programme, struct replica *replica);

	/* A task, in the order in which convened sent those of its programme; the replica is
	 * complete. The worker answers it with kit_send(), now or later. */
	void (*on_task)(struct kit *kit, const Convene__V1__Task *task, struct replica *replica);
	/* convened says what became of an answer. */
	void (*on_settled)(struct kit *kit, const Convene__V1__Settled *settled);
	/* convened wants the answer to this task now, with what was found so far. */
	void (*on_stop_task)(struct kit *kit, uint64_t task);
	/* Between messages, when there is none to read: one slice of own work, a few milliseconds
	 * at most. Returns whether there is more to do; if not, it is called again only after a
	 * message came. */
	bool (*on_idle)(struct kit *kit);
	/* While draining: is anything still owed to convened? Absent: no. */
	bool (*is_busy)(struct kit *kit);
};

/* Runs a worker until it is drained, told to end, or its parent is gone; reads the options that all
 * workers share. `worker` is borrowed. Returns the exit code: 0, 64 wrong usage (EX_USAGE), 70 a
 * fault of ours or of memory, 76 a peer that does not speak this protocol (EX_PROTOCOL). */
int kit_main(int argc, char **argv, const struct kit_worker *worker);

/* Sends one message to convened; `message` is borrowed. What can't be sent ends the worker, since
 * convened hands its tasks on then: no caller needs to look back. */
void kit_send(struct kit *kit, const Convene__V1__FromWorker *message);

/* The same, for the answer to a Validate; counts it as done. */
void kit_send_result(struct kit *kit, Convene__V1__Result *result);

/* The same, for what the scheduler wants committed; counts it as done where it answers a task. */
void kit_send_answer(struct kit *kit, Convene__V1__Answer *answer);

/* The replica of a programme, or NULL; lends it until its `on_replica_gone`. O(1). */
struct replica *kit_replica(struct kit *kit, const char *programme);

/* Ends the worker with `err` after the callback that is running, for what it can't go on from (out
 * of memory). */
void kit_fail(struct kit *kit, enum cvn_err err);

/* The kit's loop, for timers; it lives until after `on_stop`. */
struct loop *kit_loop(struct kit *kit);

/* What the worker keeps for itself; NULL until set. The kit never looks at it. */
void kit_set_user(struct kit *kit, void *user);
void *kit_user(const struct kit *kit);
