/* jobs.c - which jobs there are, and what comes together: from the call that brings requests, through
 * the log that says so, to the log that says what they have become. What one of them goes through
 * in between is in job.c. */
#include "flow/jobs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "domain/lifecycle.h"
#include "flow/job_private.h"
#include "util/log.h"

#define JOB_BYTES ((size_t)1 << 20)
#define STALL_MS 1000

static struct job *job_new(struct jobs *jobs, struct mirror_programme *p, const char *id);
static struct job_batch *batch_new(struct jobs *jobs, struct mirror_programme *p, size_t n);
static void batch_look(struct job_batch *batch);
static void stop_work(struct job *job);

enum cvn_err jobs_new(struct flow *flow, struct jobs **ret_jobs)
{
	struct jobs *jobs = calloc(1, sizeof *jobs);

	if (jobs == NULL)
		return CVN_ENOMEM;
	jobs->flow = flow;
	list_init(&jobs->batches);
	*ret_jobs = jobs;
	return CVN_OK;
}

/* Nothing calls back any more. */
void jobs_free(struct jobs *jobs)
{
	struct job *job, *next;

	if (jobs == NULL)
		return;
	HASH_ITER (hh, jobs->by_name, job, next) {
		HASH_DEL(jobs->by_name, job);
		arena_done(&job->arena);
		free(job->name);
		free(job);
	}
	while (!list_is_empty(&jobs->batches)) {
		struct job_batch *batch =
			CONTAINER_OF(list_pop(&jobs->batches), struct job_batch, link);

		free(batch->validate.subjects);
		free(batch);
	}
	free(jobs);
}

static struct job *find(struct jobs *jobs, const struct mirror_programme *p, const char *id)
{
	char name[2 * ID_MAX_BYTES + 2];
	struct job *job;

	snprintf(name, sizeof name, "%s/%s", p->id, id);
	HASH_FIND_STR(jobs->by_name, name, job);
	return job;
}

static struct job *job_new(struct jobs *jobs, struct mirror_programme *p, const char *id)
{
	struct job *job = calloc(1, sizeof *job);

	if (job == NULL)
		return NULL;
	if (asprintf(&job->name, "%s/%s", p->id, id) < 0) {
		free(job);
		return NULL;
	}
	job->jobs = jobs;
	job->p = p;
	snprintf(job->id, sizeof job->id, "%s", id);
	fsm_init(&job->life, &JOB_LIFE, JOB_EXPECTED);
	arena_init(&job->arena, JOB_BYTES);
	HASH_ADD_KEYPTR(hh, jobs->by_name, job->name, strlen(job->name), job);
	return job;
}

static struct job_batch *batch_new(struct jobs *jobs, struct mirror_programme *p, size_t n)
{
	struct job_batch *batch = calloc(1, sizeof *batch + n * sizeof(struct job *));

	if (batch == NULL)
		return NULL;
	batch->validate.subjects = calloc(n, sizeof(Convene__V1__Subject *));
	if (batch->validate.subjects == NULL) {
		free(batch);
		return NULL;
	}
	batch->jobs = jobs;
	batch->p = p;
	batch->n = n;
	list_push(&jobs->batches, &batch->link);
	return batch;
}

static void batch_free(struct job_batch *batch)
{
	pool_finish(batch->jobs->flow->ports->pool, &batch->task);
	list_drop(&batch->link);
	free(batch->validate.subjects);
	free(batch);
}

/* The job goes its own way; a batch that nobody is in any more is gone. */
static void leave_batch(struct job *job)
{
	struct job_batch *batch = job->batch;
	bool is_empty = true;

	job->batch = NULL;
	for (size_t i = 0; batch != NULL && i < batch->n; i++) {
		if (batch->members[i] == job)
			batch->members[i] = NULL;
		is_empty &= batch->members[i] == NULL;
	}
	if (batch != NULL && is_empty && batch->is_admitted)
		batch_free(batch);
	else if (batch != NULL)
		batch_look(batch); /* perhaps it was the only one that was waited for */
}

enum cvn_err jobs_expect(struct jobs *jobs, struct mirror_programme *p, const char *const *ids,
			 size_t n, struct job_batch **ret_batch)
{
	struct job_batch *batch = batch_new(jobs, p, n);

	if (batch == NULL)
		return CVN_ENOMEM;
	for (size_t i = 0; i < n; i++) {
		struct job *job;

		/* sent again while it is still owed: stays in its own batch */
		if (find(jobs, p, ids[i]) != NULL)
			continue;
		job = job_new(jobs, p, ids[i]);
		if (job == NULL) {
			jobs_forget(batch);
			return CVN_ENOMEM;
		}
		job->batch = batch;
		batch->members[i] = job;
	}
	*ret_batch = batch;
	return CVN_OK;
}

/* It stood already, and the log has said so long ago. Where the log has yet to say it, the store had
 * written it before its answer was lost, and only found it there when it was sent again. */
static bool is_old(const struct job *job, bool is_new)
{
	return !is_new && job->life.state == JOB_EXPECTED &&
	       replica_find(job->p->replica, job->id) != NULL;
}

/* Who sent it hears of it; sent again by the same key, over its last connection. */
static void hear(struct job *job, const struct front_peer *submitter)
{
	if (job->has_submitter && strcmp(job->submitter.key, submitter->key) != 0)
		return;
	job->submitter = *submitter;
	job->has_submitter = true;
}

uint64_t jobs_admitted(struct job_batch *batch, const char *const *ids, const bool *is_new,
		       const char *key, const struct front_peer *submitter)
{
	uint64_t n_charged = 0;
	size_t n = batch->n;

	batch->is_admitted = true;
	for (size_t i = 0; i < n; i++) {
		struct job *member = batch->members[i];
		struct job *job = member != NULL ? member : find(batch->jobs, batch->p, ids[i]);

		if (member != NULL && is_old(member, is_new[i])) {
			batch->members[i] = NULL; /* nothing will come */
			member->batch = NULL;
			job_end(member);
			continue;
		}
		if (job != NULL && submitter != NULL)
			hear(job, submitter);
		if (member != NULL && (is_new[i] || member->life.state == JOB_EXPECTED)) {
			snprintf(member->charge, sizeof member->charge, "%s", key);
			n_charged++;
		}
	}
	batch_look(batch);
	return n_charged;
}

void jobs_forget(struct job_batch *batch)
{
	for (size_t i = 0; i < batch->n; i++) {
		struct job *job = batch->members[i];

		/* one whose update has passed was admitted after all: it is judged */
		if (job == NULL || job->life.state != JOB_EXPECTED)
			continue;
		batch->members[i] = NULL;
		job->batch = NULL;
		job_end(job);
	}
	batch->is_admitted = true;
	batch_look(batch);
}

bool jobs_on_record(struct jobs *jobs, struct mirror_programme *p,
		    const struct replica_record *before, const struct replica_record *now,
		    struct front_peer *ret_submitter)
{
	struct job *job = find(jobs, p, now->id);
	bool is_told = false;

	if (now->standing->state != STATE_RECEIVED) {
		if (job == NULL)
			return false;
		is_told = job->has_submitter;
		*ret_submitter = job->submitter;
		jobs->flow->counts.decided +=
			before != NULL && before->standing->state == STATE_RECEIVED;
		job_end(job);
		return is_told;
	}
	if (job == NULL) {
		job = job_new(jobs, p, now->id);
	} else if (job->life.state == JOB_EXPECTED && job->batch != NULL) {
		fsm_move(&job->life, job->name, JOB_RECEIVED);
		job->revision = now->revision;
		batch_look(job->batch);
		return false;
	}
	if (job == NULL) {
		LOG_ERROR("jobs", "out of memory: a request waits for the next start", "request",
			  now->id);
		return false;
	}
	job_start_over(job);
	return false;
}

/* Are all here? */
static void batch_look(struct job_batch *batch)
{
	size_t n_left = 0, n_here = 0;

	if (!batch->is_admitted)
		return;
	for (size_t i = 0; i < batch->n; i++) {
		n_left += batch->members[i] != NULL;
		n_here +=
			batch->members[i] != NULL && batch->members[i]->life.state == JOB_RECEIVED;
	}
	if (n_left == 0)
		batch_free(batch);
	else if (n_left == n_here)
		job_validate(batch);
}

void jobs_tick(struct jobs *jobs)
{
	uint64_t now = loop_now_ms(jobs->flow->ports->loop);
	struct job *job, *next;

	HASH_ITER (hh, jobs->by_name, job, next)
		if (job->life.state == JOB_STALLED && now - job->stalled_ms >= STALL_MS)
			job_start_over(job);
}

static bool is_archived(const struct mirror_programme *p)
{
	const Convene__V1__Programme *about = programme_about(replica_programme(p->replica));

	return about != NULL && about->phase != NULL && strcmp(about->phase, "archived") == 0;
}

/* From judging on, with the content that stands now. */
void job_start_over(struct job *job)
{
	const struct replica_record *record = replica_find(job->p->replica, job->id);
	struct job_batch *batch;

	if (job->is_busy) {
		job->starts_over = true;
		return;
	}
	stop_work(job);
	job->starts_over = false;
	if (is_archived(job->p)) {
		job_stall(job); /* nothing could be committed */
		return;
	}
	arena_reset(&job->arena);
	job->revision = record->revision;
	batch = batch_new(job->jobs, job->p, 1);
	if (batch == NULL) {
		job_stall(job);
		return;
	}
	fsm_move(&job->life, job->name, JOB_RECEIVED);
	job->batch = batch;
	batch->members[0] = job;
	batch->is_admitted = true;
	batch_look(batch);
}

static void stop_work(struct job *job)
{
	leave_batch(job);
	answers_finish(job->jobs->flow->answers, &job->place);
}

void job_end(struct job *job)
{
	struct jobs *jobs = job->jobs;

	if (job->life.state != JOB_OVER) {
		stop_work(job);
		fsm_move(&job->life, job->name, JOB_OVER);
		HASH_DEL(jobs->by_name, job);
		if (job->charge[0] != '\0')
			quota_give_back(&jobs->flow->quota, job->charge, 1);
	}
	if (job->is_busy)
		return; /* the word from Redis ends it */
	arena_done(&job->arena);
	free(job->name);
	free(job);
}

size_t jobs_n(const struct jobs *jobs)
{
	return HASH_COUNT(jobs->by_name);
}
