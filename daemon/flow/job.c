/* job.c - the life of a job, in the order in which it happens.
 *
 *   expected -> received -> validating -> placing ---------------> deciding -> (the log: end)
 *                  ^            |  |         |                        ^
 *                  |            |  |         +-> counting a death     |
 *                  |            |  +-----------> counting a death -> quarantining
 *                  |            +-> rejecting ------------------------^
 *                  +-- stalled (Redis did not take it, or the answer did not fit) <- any
 *
 * A job whose request left `received` ends at once; while a word from Redis is still to come it is
 * only `over`. */
#include <string.h>

#include "domain/lifecycle.h"
#include "flow/change.h"
#include "flow/follows.h"
#include "flow/job_private.h"
#include "util/clock.h"
#include "util/log.h"

#define DEATHS_MAX 3
#define ANY (FSM_TO(JOB_RECEIVED) | FSM_TO(JOB_STALLED) | FSM_TO(JOB_OVER))

const struct fsm_def JOB_LIFE = {
	.kind = "job",
	.n_states = JOB_STATES,
	.names = { [JOB_EXPECTED] = "expected",
		   [JOB_RECEIVED] = "received",
		   [JOB_VALIDATING] = "validating",
		   [JOB_REJECTING] = "rejecting",
		   [JOB_PLACING] = "placing",
		   [JOB_DECIDING] = "deciding",
		   [JOB_COUNTING] = "counting",
		   [JOB_QUARANTINING] = "quarantining",
		   [JOB_STALLED] = "stalled",
		   [JOB_OVER] = "over" },
	.next = { [JOB_EXPECTED] = ANY,
		  [JOB_RECEIVED] = ANY | FSM_TO(JOB_VALIDATING),
		  [JOB_VALIDATING] = ANY | FSM_TO(JOB_REJECTING) | FSM_TO(JOB_PLACING) |
				     FSM_TO(JOB_COUNTING),
		  [JOB_REJECTING] = ANY | FSM_TO(JOB_DECIDING),
		  [JOB_PLACING] = ANY | FSM_TO(JOB_DECIDING) | FSM_TO(JOB_COUNTING),
		  [JOB_DECIDING] = ANY,
		  [JOB_COUNTING] = ANY | FSM_TO(JOB_QUARANTINING),
		  [JOB_QUARANTINING] = ANY | FSM_TO(JOB_DECIDING),
		  [JOB_STALLED] = ANY },
};

static void on_validated(struct pool_task *task, enum cvn_err err);
static void reject(struct job *job, const Convene__V1__Verdict *verdict);
static void place(struct job *job);
static void on_placed(struct place_task *task, enum cvn_err err, int64_t cursor,
		      const Convene__V1__Problem *refused);
static void on_place_death(struct pool_task *task, enum cvn_err err);
static void count_death(struct job *job, const char *last_words);
static void on_counted(struct store_op *op, enum cvn_err err);
static void quarantine(struct job *job);
static void decide(struct job *job, Convene__V1__Standing *standing,
		   const struct replica_record *record);
static void on_decided(struct store_op *op, enum cvn_err err);

static void subject_of(struct job *job)
{
	convene__v1__subject__init(&job->subject);
	job->subject.request = job->id;
	job->subject.has_revision = 1;
	job->subject.revision = job->revision;
}

void job_validate(struct job_batch *batch)
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
		LOG_ERROR("jobs", "a validator judged another number of requests", "asked", n,
			  "judged", result->n_verdicts);
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
			job_start_over(job);
		} else if (!is_whole) {
			job_stall(job);
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
		job_stall(job);
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

static void on_placed(struct place_task *task, enum cvn_err err, int64_t cursor,
		      const Convene__V1__Problem *refused)
{
	struct job *job = CONTAINER_OF(task, struct job, place);

	(void)cursor;
	(void)refused;
	if (err == CVN_EGONE)
		/* the log will tell what it became; if it did not change, it is computed again */
		return;
	answers_finish(job->jobs->flow->answers, task);
	if (err == CVN_OK)
		fsm_move(&job->life, job->name, JOB_DECIDING);
	else
		/* refused, or a circle: judged anew, with all that has come meanwhile */
		job_stall(job);
}

static void on_place_death(struct pool_task *task, enum cvn_err err)
{
	struct place_task *place_task = CONTAINER_OF(task, struct place_task, task);
	struct job *job = CONTAINER_OF(place_task, struct job, place);

	CVN_REQUIRE(err == CVN_EGONE);
	answers_finish(job->jobs->flow->answers, place_task);
	count_death(job, task->ret_last_words);
}

static void count_death(struct job *job, const char *last_words)
{
	fsm_move(&job->life, job->name, JOB_COUNTING);
	job->goes_alone = true;
	job->last_words = arena_strdup(&job->arena, last_words);
	job->death = (struct store_death){
		.op = { .done_cb = on_counted, .deadline_ms = STORE_NO_DEADLINE, .patient = true },
		.programme = job->p->id,
		.request = job->id
	};
	if (store_death_start(job->jobs->flow->ports->store, &job->death) == CVN_OK)
		job->is_busy = true;
	else
		job_stall(job);
}

static void on_counted(struct store_op *op, enum cvn_err err)
{
	struct job *job = CONTAINER_OF(op, struct job, death.op);

	job->is_busy = false;
	if (job->life.state == JOB_OVER) {
		job_end(job);
		return;
	}
	LOG_WARN("jobs", "a worker died over a request", "request", job->name, "deaths",
		 job->death.ret_deaths);
	if (err == CVN_ECANCELED)
		job_stall(job); /* we are ending: there are no workers any more */
	else if (job->starts_over || (err == CVN_OK && job->death.ret_deaths < DEATHS_MAX))
		job_start_over(job);
	else if (err == CVN_OK)
		quarantine(job);
	else
		job_stall(job);
}

static void quarantine(struct job *job)
{
	const struct replica_record *record = replica_find(job->p->replica, job->id);
	Convene__V1__Standing *standing = change_standing(record->standing, &job->arena);

	fsm_move(&job->life, job->name, JOB_QUARANTINING);
	if (standing == NULL) {
		job_stall(job);
		return;
	}
	LOG_ERROR("jobs", "a request is quarantined: it has killed three workers", "request",
		  job->name);
	standing->has_state = 1;
	standing->state = STATE_QUARANTINED; /* one that was amended keeps its place */
	standing->last_words = (char *)(uintptr_t)job->last_words;
	standing->n_alternatives = standing->n_reasons = standing->n_violations = 0;
	decide(job, standing, record);
}

static void decide(struct job *job, Convene__V1__Standing *standing,
		   const struct replica_record *record)
{
	struct change change = { .id = job->id,
				 .revision = job->revision,
				 .standing = standing,
				 .unix_ms = clock_unix_ms() };

	follows_count(record->standing, /* is_revised= */ false, change.unix_ms, standing);
	if (change_pack(&change, &job->arena, &job->change) != CVN_OK) {
		job_stall(job);
		return;
	}
	job->change.expect_revision = job->revision;
	job->change.expect_state = STATE_RECEIVED;
	job->change.expect_cursor = record->cursor; /* if somebody has said something, it begins anew */
	job->change.bump = change_moves(record->standing, standing);
	job->commit = (struct store_commit){
		.op = { .done_cb = on_decided, .deadline_ms = STORE_NO_DEADLINE, .patient = true },
		.programme = job->p->id,
		.changes = &job->change,
		.n_changes = 1
	};
	if (store_commit_start(job->jobs->flow->ports->store, &job->commit) == CVN_OK)
		job->is_busy = true;
	else
		job_stall(job);
}

static void on_decided(struct store_op *op, enum cvn_err err)
{
	struct job *job = CONTAINER_OF(op, struct job, commit.op);

	job->is_busy = false;
	if (err == CVN_OK)
		mirror_committed(job->p, job->commit.ret_cursor);
	if (job->life.state == JOB_OVER)
		job_end(job);
	else if (err == CVN_ECANCELED)
		fsm_move(&job->life, job->name, JOB_DECIDING); /* we are ending, without workers */
	else if (job->starts_over)
		job_start_over(job);
	else if (err == CVN_OK || err == CVN_EGONE || err == CVN_EEPOCH)
		fsm_move(&job->life, job->name, JOB_DECIDING); /* the log says what it has become */
	else
		job_stall(job);
}

void job_stall(struct job *job)
{
	if (job->life.state != JOB_STALLED)
		fsm_move(&job->life, job->name, JOB_STALLED);
	job->stalled_ms = loop_now_ms(job->jobs->flow->ports->loop);
}
