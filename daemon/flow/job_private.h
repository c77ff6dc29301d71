/* job_private.h - what jobs.c and job.c share; for no one else.
 *
 * Layer     flow.
 * Thread    loop thread. */
#pragma once
#include <uthash.h>

#include "flow/answers.h"
#include "flow/jobs.h"
#include "util/arena.h"
#include "util/fsm.h"
#include "util/id.h"

/* The diagram is in job.c. */
enum {
	JOB_EXPECTED,
	JOB_RECEIVED,
	JOB_VALIDATING,
	JOB_REJECTING,
	JOB_PLACING,
	JOB_DECIDING,
	JOB_COUNTING,
	JOB_QUARANTINING,
	JOB_STALLED,
	JOB_OVER,
	JOB_STATES,
};
extern const struct fsm_def JOB_LIFE;

struct job {
	struct jobs *jobs;
	struct mirror_programme *p;
	char id[ID_MAX_BYTES + 1];
	char *name; /* "programme/id" */
	struct fsm life;
	int64_t revision;
	struct job_batch *batch; /* while it is judged; else NULL */
	bool goes_alone;         /* a worker may have died of it */
	bool is_busy;            /* a word from Redis is to come */
	bool starts_over; /* … and then it begins again, with the content that stands now */
	bool has_submitter;
	struct front_peer submitter;
	char charge[KEYRING_KEY_TEXT]; /* whose quota it holds; "": nobody's */
	struct place_task place;
	Convene__V1__Place place_message;
	Convene__V1__Subject subject;
	struct store_commit commit;
	struct store_change change;
	struct store_death death;
	const char *last_words; /* in the arena */
	uint64_t stalled_ms;
	struct arena arena;
	UT_hash_handle hh;
};

struct job_batch {
	struct jobs *jobs;
	struct mirror_programme *p;
	struct pool_task task;
	Convene__V1__Validate validate;
	size_t n;
	bool is_admitted;
	struct list_node link; /* jobs::batches */
	struct job *members[]; /* in the order of the call; NULL: it has left */
};

struct jobs {
	struct flow *flow;
	struct job *by_name;
	struct list_node batches;
};

/* --- jobs.c --- */
/* From judging on, with the content that stands now; once the word from Redis has come. */
void job_start_over(struct job *job);
/* It is over, and freed as soon as no word from Redis is to come. */
void job_end(struct job *job);

/* --- job.c --- */
/* All of its members are in `received`: they are judged. The batch is gone when they were. */
void job_validate(struct job_batch *batch);
/* To be started over by jobs_tick(), a second from now. */
void job_stall(struct job *job);
