/* jobs.c - the life of a job, in the order in which it happens.
 *
 *   expected -> received -> validating -> placing ---------------> deciding -> (the log says so: end)
 *                  ^            |  |         |                        ^
 *                  |            |  |         +-> counting a death     |
 *                  |            |  +-----------> counting a death -> quarantining
 *                  |            +-> rejecting ------------------------^
 *                  +-- stalled (Redis did not take it, or the answer did not fit) <- any
 *
 * A job whose request left `received` ends at once; while a word from Redis is still to come it is only `over`. */
#include "flow/jobs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "domain/lifecycle.h"
#include "flow/answers.h"
#include "flow/change.h"
#include "util/clock.h"
#include "util/fsm.h"
#include "util/id.h"
#include "util/log.h"

#define JOB_BYTES ((size_t)1 << 20)
#define DEATHS_MAX 3
#define STALL_MS 1000

enum {
	JOB_EXPECTED, JOB_RECEIVED, JOB_VALIDATING, JOB_REJECTING, JOB_PLACING, JOB_DECIDING, JOB_COUNTING,
	JOB_QUARANTINING, JOB_STALLED, JOB_OVER, JOB_STATES,
};

static const struct fsm_def LIFE = {
	.kind = "job",
	.n_states = JOB_STATES,
	.names = { "expected", "received", "validating", "rejecting", "placing", "deciding", "counting", "quarantining",
		   "stalled", "over" },
	.next = {
		[JOB_EXPECTED] = FSM_TO(JOB_RECEIVED) | FSM_TO(JOB_OVER),
		[JOB_RECEIVED] = FSM_TO(JOB_RECEIVED) | FSM_TO(JOB_VALIDATING) | FSM_TO(JOB_STALLED) | FSM_TO(JOB_OVER),
		[JOB_VALIDATING] = FSM_TO(JOB_RECEIVED) | FSM_TO(JOB_REJECTING) | FSM_TO(JOB_PLACING) |
				   FSM_TO(JOB_COUNTING) | FSM_TO(JOB_STALLED) | FSM_TO(JOB_OVER),
		[JOB_REJECTING] = FSM_TO(JOB_RECEIVED) | FSM_TO(JOB_DECIDING) | FSM_TO(JOB_STALLED) | FSM_TO(JOB_OVER),
		[JOB_PLACING] = FSM_TO(JOB_RECEIVED) | FSM_TO(JOB_DECIDING) | FSM_TO(JOB_COUNTING) |
				FSM_TO(JOB_STALLED) | FSM_TO(JOB_OVER),
		[JOB_DECIDING] = FSM_TO(JOB_RECEIVED) | FSM_TO(JOB_STALLED) | FSM_TO(JOB_OVER),
		[JOB_COUNTING] = FSM_TO(JOB_RECEIVED) | FSM_TO(JOB_QUARANTINING) | FSM_TO(JOB_STALLED) |
				 FSM_TO(JOB_OVER),
		[JOB_QUARANTINING] = FSM_TO(JOB_RECEIVED) | FSM_TO(JOB_DECIDING) | FSM_TO(JOB_STALLED) |
				     FSM_TO(JOB_OVER),
		[JOB_STALLED] = FSM_TO(JOB_RECEIVED) | FSM_TO(JOB_OVER),
	},
};

struct job {
	struct jobs *jobs;
	struct mirror_programme *p;
	char id[ID_MAX_BYTES + 1];
	char *name;                     /* "programme/id" */
	struct fsm life;
	int64_t revision;
	struct job_batch *batch;        /* while it is judged; else NULL */
	bool goes_alone;                /* a worker may have died of it */
	bool is_busy;                   /* a word from Redis is to come */
	bool starts_over;               /* … and then it begins again, with the content that stands now */
	bool has_submitter;
	struct front_peer submitter;
	char charge[KEYRING_KEY_TEXT];  /* whose quota it holds; "": nobody's */
	struct place_task place;
	Convene__V1__Place place_message;
	Convene__V1__Subject subject;
	struct store_commit commit;
	struct store_change change;
	struct store_death death;
	const char *last_words;         /* in the arena */
	uint64_t stalled_ms;
	struct arena arena;
	UT_hash_handle hh;
};

struct job_batch {
	struct jobs *jobs;
	struct pool_task task;
	Convene__V1__Validate validate;
	size_t n, n_here;               /* jobs; those whose update has passed */
	bool is_admitted;
	struct list_node link;          /* jobs::batches */
	struct job *members[];          /* in the order of the call; NULL: it has left */
};

struct jobs {
	struct flow *flow;
	struct job *by_name;
	struct list_node batches;
};

static struct job *job_new(struct jobs *jobs, struct mirror_programme *p, const char *id);
static struct job_batch *batch_new(struct jobs *jobs, size_t n);
static void batch_look(struct job_batch *batch);
static void validate(struct job_batch *batch);
static void on_validated(struct pool_task *task, enum cvn_err err);
static void reject(struct job *job, const Convene__V1__Verdict *verdict);
static void place(struct job *job);
static void on_placed(struct place_task *task, enum cvn_err err, int64_t cursor, const Convene__V1__Problem *refused);
static void on_place_death(struct pool_task *task, enum cvn_err err);
static void count_death(struct job *job, const char *last_words);
static void on_counted(struct store_op *op, enum cvn_err err);
static void quarantine(struct job *job);
static void decide(struct job *job, const Convene__V1__Standing *standing, const struct replica_record *record);
static void on_decided(struct store_op *op, enum cvn_err err);
static void stall(struct job *job);
static void start_over(struct job *job);
static void stop_work(struct job *job);
static void job_end(struct job *job);

/* --- from the call that brings them, to the log that says so --- */

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
	HASH_ITER(hh, jobs->by_name, job, next) {
		HASH_DEL(jobs->by_name, job);
		arena_done(&job->arena);
		free(job->name);
		free(job);
	}
	while (!list_is_empty(&jobs->batches)) {
		struct job_batch *batch = CONTAINER_OF(list_pop(&jobs->batches), struct job_batch, link);

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
	fsm_init(&job->life, &LIFE, JOB_EXPECTED);
	arena_init(&job->arena, JOB_BYTES);
	HASH_ADD_KEYPTR(hh, jobs->by_name, job->name, strlen(job->name), job);
	return job;
}

static struct job_batch *batch_new(struct jobs *jobs, size_t n)
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

enum cvn_err jobs_expect(struct jobs *jobs, struct mirror_programme *p, const char *const *ids, size_t n,
			 struct job_batch **ret_batch)
{
	struct job_batch *batch = batch_new(jobs, n);

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

uint64_t jobs_admitted(struct job_batch *batch, const bool *is_new, const char *key,
		       const struct front_peer *submitter)
{
	uint64_t n_charged = 0;
	size_t n = batch->n;

	batch->is_admitted = true;
	for (size_t i = 0; i < n; i++) {
		struct job *job = batch->members[i];

		if (job == NULL)
			continue;
		if (submitter != NULL) {
			job->submitter = *submitter;
			job->has_submitter = true;
		}
		if (is_new[i]) {
			snprintf(job->charge, sizeof job->charge, "%s", key);
			n_charged++;
		}
	}
	for (size_t i = 0; i < n; i++)
		if (batch->members[i] != NULL && !is_new[i] && batch->members[i]->life.state == JOB_EXPECTED) {
			struct job *job = batch->members[i];

			batch->members[i] = NULL; /* it stood already: nothing will come */
			job->batch = NULL;
			job_end(job);
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

bool jobs_on_record(struct jobs *jobs, struct mirror_programme *p, const struct replica_record *before,
		    const struct replica_record *now, struct front_peer *ret_submitter)
{
	struct job *job = find(jobs, p, now->id);
	bool is_told = false;

	if (now->standing->state != STATE_RECEIVED) {
		if (job == NULL)
			return false;
		is_told = job->has_submitter;
		*ret_submitter = job->submitter;
		jobs->flow->counts.decided += before != NULL && before->standing->state == STATE_RECEIVED;
		job_end(job);
		return is_told;
	}
	if (job == NULL) {
		job = job_new(jobs, p, now->id);
		if (job != NULL)
			fsm_move(&job->life, job->name, JOB_RECEIVED);
	} else if (job->life.state == JOB_EXPECTED && job->batch != NULL) {
		fsm_move(&job->life, job->name, JOB_RECEIVED);
		job->revision = now->revision;
		job->batch->n_here++;
		batch_look(job->batch);
		return false;
	}
	if (job == NULL) {
		LOG_ERROR("jobs", "out of memory: a request waits for the next start", "request", now->id);
		return false;
	}
	start_over(job);
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
		n_here += batch->members[i] != NULL && batch->members[i]->life.state == JOB_RECEIVED;
	}
	if (n_left == 0)
		batch_free(batch);
	else if (n_left == n_here)
		validate(batch);
}

/* --- judged --- */

static void subject_of(struct job *job)
{
	convene__v1__subject__init(&job->subject);
	job->subject.request = job->id;
	job->subject.has_revision = 1;
	job->subject.revision = job->revision;
}

static void validate(struct job_batch *batch)
{
	Convene__V1__Subject **subjects = batch->validate.subjects;
	struct job *first = NULL;

	convene__v1__task__init(&batch->task.message);
	convene__v1__validate__init(&batch->validate);
	batch->validate.subjects = subjects;
	for (size_t i = 0; i < batch->n; i++) {
		struct job *job = batch->members[i];

		if (job == NULL)
			continue;
		first = first == NULL ? job : first;
		fsm_move(&job->life, job->name, JOB_VALIDATING);
		subject_of(job);
		/* the members move up, so that verdict i is of member i */
		batch->members[i] = NULL;
		batch->members[batch->validate.n_subjects] = job;
		subjects[batch->validate.n_subjects++] = &job->subject;
	}
	batch->n = batch->validate.n_subjects;
	batch->task.done_cb = on_validated;
	batch->task.kind = POOL_VALIDATOR;
	batch->task.alone = batch->n == 1 && first->goes_alone;
	batch->task.programme = first->p->id;
	batch->task.message.of_case = CONVENE__V1__TASK__OF_VALIDATE;
	batch->task.message.validate = &batch->validate;
	CVN_REQUIRE(pool_start(batch->jobs->flow->ports->pool, &batch->task) == CVN_OK);
}

static void on_validated(struct pool_task *task, enum cvn_err err)
{
	struct job_batch *batch = CONTAINER_OF(task, struct job_batch, task);
	const Convene__V1__Result *result = task->ret_result;
	bool is_whole = err == CVN_OK && result->n_verdicts == batch->n;
	size_t n = batch->n;
	struct job **members = batch->members;

	if (err == CVN_OK && !is_whole)
		LOG_ERROR("jobs", "a validator judged another number of requests", "asked", n, "judged",
			  result->n_verdicts);
	list_drop(&batch->link);
	for (size_t i = 0; i < n; i++) {
		struct job *job = members[i];

		if (job == NULL)
			continue;
		job->batch = NULL;
		if (err != CVN_OK && n == 1) {
			count_death(job, task->ret_last_words);
		} else if (err != CVN_OK) {
			job->goes_alone = true; /* one of them did it */
			start_over(job);
		} else if (!is_whole) {
			stall(job);
		} else if (result->verdicts[i]->n_violations > 0) {
			reject(job, result->verdicts[i]);
		} else {
			place(job);
		}
	}
	free(batch->validate.subjects);
	free(batch);
}

static void reject(struct job *job, const Convene__V1__Verdict *verdict)
{
	const struct replica_record *record = replica_find(job->p->replica, job->id);
	Convene__V1__Standing *standing = change_standing(record->standing, &job->arena);

	fsm_move(&job->life, job->name, JOB_REJECTING);
	if (standing == NULL) {
		stall(job);
		return;
	}
	change_drop_place(standing);
	standing->has_state = 1;
	standing->state = STATE_REJECTED;
	standing->violations = verdict->violations;
	standing->n_violations = verdict->n_violations;
	standing->n_alternatives = standing->n_reasons = 0;
	decide(job, standing, record);
}

/* --- placed --- */

static void place(struct job *job)
{
	struct place_task *task = &job->place;

	fsm_move(&job->life, job->name, JOB_PLACING);
	*task = (struct place_task){ .answered_cb = on_placed };
	convene__v1__task__init(&task->task.message);
	convene__v1__place__init(&job->place_message);
	subject_of(job);
	job->place_message.subject = &job->subject;
	task->task.done_cb = on_place_death;
	task->task.kind = POOL_SCHEDULER;
	task->task.alone = job->goes_alone;
	task->task.programme = job->p->id;
	task->task.message.of_case = CONVENE__V1__TASK__OF_PLACE;
	task->task.message.place = &job->place_message;
	CVN_REQUIRE(answers_ask(job->jobs->flow->answers, task) == CVN_OK);
}

static void on_placed(struct place_task *task, enum cvn_err err, int64_t cursor, const Convene__V1__Problem *refused)
{
	struct job *job = CONTAINER_OF(task, struct job, place);

	(void)cursor;
	(void)refused;
	if (err == CVN_EGONE)
		return; /* the log will tell what it became; if it did not change, it is computed again */
	answers_finish(job->jobs->flow->answers, task);
	if (err == CVN_OK)
		fsm_move(&job->life, job->name, JOB_DECIDING);
	else
		stall(job); /* refused, or a circle: judged anew, with all that has come meanwhile */
}

static void on_place_death(struct pool_task *task, enum cvn_err err)
{
	struct place_task *place_task = CONTAINER_OF(task, struct place_task, task);
	struct job *job = CONTAINER_OF(place_task, struct job, place);

	CVN_REQUIRE(err == CVN_EGONE);
	answers_finish(job->jobs->flow->answers, place_task);
	count_death(job, task->ret_last_words);
}

/* --- what kills workers --- */

static void count_death(struct job *job, const char *last_words)
{
	fsm_move(&job->life, job->name, JOB_COUNTING);
	job->goes_alone = true;
	job->last_words = arena_strdup(&job->arena, last_words);
	job->death = (struct store_death){ .op = { .done_cb = on_counted, .deadline_ms = STORE_NO_DEADLINE,
						   .patient = true },
					   .programme = job->p->id, .request = job->id };
	if (store_death_start(job->jobs->flow->ports->store, &job->death) == CVN_OK)
		job->is_busy = true;
	else
		stall(job);
}

static void on_counted(struct store_op *op, enum cvn_err err)
{
	struct job *job = CONTAINER_OF(op, struct job, death.op);

	job->is_busy = false;
	if (job->life.state == JOB_OVER) {
		job_end(job);
		return;
	}
	LOG_WARN("jobs", "a worker died over a request", "request", job->name, "deaths", job->death.ret_deaths);
	if (job->starts_over || (err == CVN_OK && job->death.ret_deaths < DEATHS_MAX))
		start_over(job);
	else if (err == CVN_OK)
		quarantine(job);
	else
		stall(job);
}

static void quarantine(struct job *job)
{
	const struct replica_record *record = replica_find(job->p->replica, job->id);
	Convene__V1__Standing *standing = change_standing(record->standing, &job->arena);

	fsm_move(&job->life, job->name, JOB_QUARANTINING);
	if (standing == NULL) {
		stall(job);
		return;
	}
	LOG_ERROR("jobs", "a request is quarantined: it has killed three workers", "request", job->name);
	change_drop_place(standing);
	standing->has_state = 1;
	standing->state = STATE_QUARANTINED;
	standing->last_words = (char *)(uintptr_t)job->last_words;
	standing->n_alternatives = standing->n_reasons = standing->n_violations = 0;
	decide(job, standing, record);
}

/* --- committed by us, not by a scheduler --- */

static void decide(struct job *job, const Convene__V1__Standing *standing, const struct replica_record *record)
{
	struct change change = { .id = job->id, .revision = job->revision, .standing = standing,
				 .unix_ms = clock_unix_ms() };

	if (change_pack(&change, &job->arena, &job->change) != CVN_OK) {
		stall(job);
		return;
	}
	job->change.expect_revision = job->revision;
	job->change.expect_state = STATE_RECEIVED;
	job->change.bump = change_moves(record->standing, standing);
	job->commit = (struct store_commit){ .op = { .done_cb = on_decided, .deadline_ms = STORE_NO_DEADLINE,
						     .patient = true },
					     .programme = job->p->id, .changes = &job->change, .n_changes = 1 };
	if (store_commit_start(job->jobs->flow->ports->store, &job->commit) == CVN_OK)
		job->is_busy = true;
	else
		stall(job);
}

static void on_decided(struct store_op *op, enum cvn_err err)
{
	struct job *job = CONTAINER_OF(op, struct job, commit.op);

	job->is_busy = false;
	if (err == CVN_OK)
		mirror_committed(job->p, job->commit.ret_cursor);
	if (job->life.state == JOB_OVER)
		job_end(job);
	else if (job->starts_over)
		start_over(job);
	else if (err == CVN_OK || err == CVN_EGONE || err == CVN_ECANCELED || err == CVN_EEPOCH)
		fsm_move(&job->life, job->name, JOB_DECIDING); /* the log says what it has become */
	else
		stall(job);
}

/* --- again, and the end --- */

static void stall(struct job *job)
{
	if (job->life.state != JOB_STALLED)
		fsm_move(&job->life, job->name, JOB_STALLED);
	job->stalled_ms = loop_now_ms(job->jobs->flow->ports->loop);
}

void jobs_tick(struct jobs *jobs)
{
	uint64_t now = loop_now_ms(jobs->flow->ports->loop);
	struct job *job, *next;

	HASH_ITER(hh, jobs->by_name, job, next)
		if (job->life.state == JOB_STALLED && now - job->stalled_ms >= STALL_MS)
			start_over(job);
}

static bool is_archived(const struct mirror_programme *p)
{
	const Convene__V1__Programme *about = programme_about(replica_programme(p->replica));

	return about != NULL && about->phase != NULL && strcmp(about->phase, "archived") == 0;
}

/* From judging on, with the content that stands now. */
static void start_over(struct job *job)
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
		stall(job); /* nothing could be committed */
		return;
	}
	arena_reset(&job->arena);
	job->revision = record->revision;
	batch = batch_new(job->jobs, 1);
	if (batch == NULL) {
		stall(job);
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

static void job_end(struct job *job)
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
