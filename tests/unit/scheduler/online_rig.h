/* online_rig.h - plays convened and its store for the online scheduler: versions, guards, a log
 * that is published late.
 *
 * Three queues stand between the two sides, each moved by its own function, so that a test decides
 * how they interleave: answers on their way to the store, updates that are committed but not yet
 * published, and the messages on their way to the scheduler (published updates, tasks, Settled),
 * which keep their order. */
#pragma once
#include "domain/lifecycle.h"
#include "scheduler/online.h"
#include "wire/programme_file.h"

#define RIG_ROWS 512

/* One request in the store. */
struct rig_row {
	Convene__V1__Request *content; /* NULL: not submitted */
	Convene__V1__Standing *standing;
	int64_t revision, cursor;
	uint64_t task; /* open: an answer is owed; 0: none */
};

struct rig_bytes;

struct rig {
	struct online *online;
	struct replica *replica;
	const struct programme_file *file; /* borrowed: row i is its request i */
	struct arena arena;                /* everything lives till the end */
	struct rig_row rows[RIG_ROWS];
	size_t n_rows;
	int64_t cursor, version;
	uint64_t last_bump; /* the answer that raised the version last; 0: another change did */
	uint64_t last_task, last_sequence;
	struct rig_bytes *answers, *log, *channel;
	size_t n_ok, n_stale, n_gone, n_refused;
	char refusal[2000]; /* text of the last refused answer */
	char refusal_code[32];
};

/* A store that holds the file's data and none of its requests; the scheduler has a complete replica
 * of it. */
void rig_open(struct rig *r, const struct programme_file *file);
void rig_close(struct rig *r);

/* The scheduler is started anew: what was on its way in either direction is lost, its tasks are
 * handed out again. */
void rig_restart(struct rig *r);

/* Row i is received (again: next revision, where `content` differs or it was submitted before), and
 * its task will follow the update. */
void rig_submit(struct rig *r, size_t i, Convene__V1__Request *content);
/* A task to take a place. */
void rig_take(struct rig *r, size_t i, const char *venue, const char *first_day);
/* Others change row i's state: its place goes where the new state can't hold one. `reason`: NULL or
 * a code. */
void rig_set_state(struct rig *r, size_t i, Convene__V1__State state, const char *reason);
/* The programme's data change. */
void rig_put(struct rig *r, Convene__V1__Entity *entity);

/* Each moves one thing and says whether there was one. */
bool rig_publish(struct rig *r); /* log -> channel */
bool rig_deliver(struct rig *r); /* channel -> scheduler */
bool rig_commit(struct rig *r);  /* answers -> store */

/* Until nothing moves any more. */
void rig_settle(struct rig *r);

/* Expects the plan of all open requests to be feasible, with nothing insertable; and no task
 * unanswered. */
void rig_expect_sound(struct rig *r);

/* How row i stands. */
Convene__V1__State rig_state(const struct rig *r, size_t i);
const char *rig_venue(const struct rig *r, size_t i); /* "" without a placement */
const char *rig_first_day(const struct rig *r, size_t i);
bool rig_has_reason(const struct rig *r, size_t i, const char *code,
		    const char *with); /* `with` NULL: any */
