/* take.c - a federation takes one of the places that would do, or the host's committee moves a
 * confirmed event: the scheduler says whether the place is free.
 *
 * Layer     flow; rows of kinds.c.
 * Not here  placing (the scheduler), committing its answer (flow/answers.c). */
#include <string.h>

#include "flow/answers.h"
#include "flow/desk.h"
#include "flow/kinds.h"
#include "ports/keyring.h"

struct take {
	struct exchange *e;
	struct place_task place;
	Convene__V1__TakePlace message;
	Convene__V1__Subject subject;
	struct ruling ruling;
	int64_t cursor; /* at which it was committed; 0: it was not yet */
};

static void on_death(struct pool_task *task, enum cvn_err err);
static void on_answered(struct place_task *task, enum cvn_err err, int64_t cursor,
			const Convene__V1__Problem *refused);
static void cancel(struct exchange *e);

static const char *request_of(const Convene__V1__Call *call)
{
	return call->of_case == CONVENE__V1__CALL__OF_TAKE ? call->take->request :
							     call->reschedule->request;
}

/* May it go where the call says? The task then says so to the scheduler. */
static enum cvn_err decide(const Convene__V1__Call *call, const struct desk_case *c, struct take *t)
{
	bool is_take = call->of_case == CONVENE__V1__CALL__OF_TAKE;

	convene__v1__take_place__init(&t->message);
	t->message.venue = is_take ? call->take->venue : call->reschedule->venue;
	t->message.first_day = is_take ? call->take->first_day : call->reschedule->first_day;
	t->message.has_reschedule = t->message.reschedule = !is_take;
	return is_take ? decide_take(c, call->take, &t->ruling) :
			 decide_reschedule(c, call->reschedule, &t->ruling);
}

enum verdict take_start(struct exchange *e)
{
	struct take *t = exchange_act(e, sizeof *t);
	struct desk_case c = desk_case_of(
		e, replica_find(e->programme->replica, request_of(e->call)));
	enum cvn_err err;

	if (t == NULL)
		return FAULT;
	if (c.record == NULL)
		return exchange_fault(e, CVN_ENOTFOUND, NULL);
	err = decide(e->call, &c, t);
	if (err != CVN_OK)
		return desk_refuse(e, c.record, err, &t->ruling);
	if (t->ruling.is_nothing)
		return desk_answer(e, c.record);

	t->e = e;
	convene__v1__subject__init(&t->subject);
	t->subject.request = (char *)(uintptr_t)request_of(e->call);
	t->subject.has_revision = 1;
	t->subject.revision = c.record->revision;
	t->message.subject = &t->subject;
	convene__v1__task__init(&t->place.task.message);
	t->place.task.message.of_case = CONVENE__V1__TASK__OF_TAKE;
	t->place.task.message.take = &t->message;
	t->place.task.done_cb = on_death;
	t->place.task.kind = POOL_SCHEDULER;
	t->place.task.programme = e->programme->id;
	t->place.decision = t->ruling.standing->decision;
	t->place.answered_cb = on_answered;
	err = answers_ask(e->flow->answers, &t->place);
	if (err != CVN_OK)
		return exchange_fault(e, err, NULL);
	e->cancel = cancel;
	return WAIT;
}

static void cancel(struct exchange *e)
{
	struct take *t = e->act;

	answers_finish(e->flow->answers, &t->place);
}

static void on_death(struct pool_task *task, enum cvn_err err)
{
	struct take *t =
		CONTAINER_OF(CONTAINER_OF(task, struct place_task, task), struct take, place);

	(void)err;
	cancel(t->e);
	exchange_fault(t->e, CVN_EUNAVAILABLE, "the scheduler ended over it");
	exchange_resume(t->e, CVN_EUNAVAILABLE);
}

/* The worker's word for why, as one of our errors. */
static enum cvn_err err_of(const Convene__V1__Problem *refused)
{
	static const enum cvn_err KNOWN[] = { CVN_ENOPLACE, CVN_ECONFLICT, CVN_ESTATE,
					      CVN_EINVALID };

	for (size_t i = 0; refused != NULL && refused->code != NULL && i < N_ELEMENTS(KNOWN); i++)
		if (strcmp(refused->code, cvn_err_code(KNOWN[i])) == 0)
			return KNOWN[i];
	return CVN_ENOPLACE;
}

static void on_answered(struct place_task *task, enum cvn_err err, int64_t cursor,
			const Convene__V1__Problem *refused)
{
	struct take *t = CONTAINER_OF(task, struct take, place);
	struct exchange *e = t->e;

	cancel(e);
	t->cursor = cursor;
	if (err == CVN_ENOPLACE) {
		err = err_of(refused);
		e->text = refused != NULL && refused->text != NULL ?
				  arena_strdup(&e->arena, refused->text) :
				  NULL;
		for (size_t i = 0; refused != NULL && i < refused->n_violations; i++)
			exchange_violation(e,
					   refused->violations[i]->field != NULL ?
						   refused->violations[i]->field :
						   "",
					   refused->violations[i]->code != NULL ?
						   refused->violations[i]->code :
						   "",
					   refused->violations[i]->text != NULL ?
						   refused->violations[i]->text :
						   "");
	}
	exchange_resume(e, err == CVN_EGONE ? CVN_ECONFLICT : err);
}

/* Once when it is committed, and once more when the mirror has it. */
enum verdict take_done(struct exchange *e)
{
	const struct take *t = e->act;
	const struct replica_record *record =
		replica_find(e->programme->replica, request_of(e->call));
	struct ruling ruling = { .text = e->text };

	if (e->err != CVN_OK)
		return desk_refuse(e, record, e->err, &ruling);
	if (exchange_wait_for(e, t->cursor) == WAIT)
		return WAIT;
	return desk_answer(e, record);
}
