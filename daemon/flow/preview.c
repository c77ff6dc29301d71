/* preview.c - who loses by it if a request is approved: the scheduler says who would have a place, or
 * a better one, if it went.
 *
 * Layer     flow; a row of kinds.c.
 * Not here  the answer (the scheduler). */
#include "flow/answers.h"
#include "flow/desk.h"
#include "flow/kinds.h"
#include "wire/frame.h"

struct preview {
	struct exchange *e;
	struct place_task place;
	Convene__V1__PreviewPlace message;
	Convene__V1__Subject subject;
};

static void on_death(struct pool_task *task, enum cvn_err err);
static void on_answered(struct place_task *task, enum cvn_err err, int64_t cursor,
			const Convene__V1__Problem *refused);
static void cancel(struct exchange *e);

enum verdict preview_start(struct exchange *e)
{
	const Convene__V1__PreviewCall *call = e->call->preview;
	const struct replica_record *record =
		replica_find(e->programme->replica, call->request);
	struct preview *v = exchange_act(e, sizeof *v);
	struct ruling ruling;
	enum cvn_err err;

	if (v == NULL)
		return FAULT;
	if (record == NULL)
		return exchange_fault(e, CVN_ENOTFOUND, NULL);
	struct desk_case c = desk_case_of(e, record);
	err = decide_preview(&c, call, &ruling);
	if (err != CVN_OK)
		return desk_refuse(e, record, err, &ruling);

	v->e = e;
	convene__v1__subject__init(&v->subject);
	v->subject.request = call->request;
	v->subject.has_revision = 1;
	v->subject.revision = record->revision;
	convene__v1__preview_place__init(&v->message);
	v->message.subject = &v->subject;
	convene__v1__task__init(&v->place.task.message);
	v->place.task.message.of_case = CONVENE__V1__TASK__OF_PREVIEW;
	v->place.task.message.preview = &v->message;
	v->place.task.done_cb = on_death;
	v->place.task.kind = POOL_SCHEDULER;
	v->place.task.programme = e->programme->id;
	v->place.answered_cb = on_answered;
	err = answers_ask(e->flow->answers, &v->place);
	if (err != CVN_OK)
		return exchange_fault(e, err, NULL);
	e->cancel = cancel;
	return WAIT;
}

static void cancel(struct exchange *e)
{
	struct preview *v = e->act;

	answers_finish(e->flow->answers, &v->place);
}

static void on_death(struct pool_task *task, enum cvn_err err)
{
	struct preview *v =
		CONTAINER_OF(CONTAINER_OF(task, struct place_task, task), struct preview, place);

	(void)err;
	cancel(v->e);
	exchange_fault(v->e, CVN_EUNAVAILABLE, "the scheduler ended over it");
	exchange_resume(v->e, CVN_EUNAVAILABLE);
}

/* What is lent becomes the exchange's. */
static enum cvn_err keep(struct exchange *e, const Convene__V1__Preview *said)
{
	ProtobufCMessage *copy;
	enum cvn_err err = frame_copy(&said->base, &e->arena, &copy);

	if (err != CVN_OK)
		return err;
	e->reply.of_case = CONVENE__V1__REPLY__OF_PREVIEW;
	e->reply.preview = (Convene__V1__Preview *)(void *)copy;
	return CVN_OK;
}

static void on_answered(struct place_task *task, enum cvn_err err, int64_t cursor,
			const Convene__V1__Problem *refused)
{
	struct preview *v = CONTAINER_OF(task, struct preview, place);
	struct exchange *e = v->e;

	(void)cursor;
	(void)refused;
	if (err == CVN_OK)
		err = keep(e, task->ret_preview);
	else if (err == CVN_ENOPLACE || err == CVN_EGONE)
		err = CVN_ECONFLICT; /* it has no place any more */
	cancel(e);
	exchange_resume(e, err);
}

enum verdict preview_done(struct exchange *e)
{
	const struct replica_record *record =
		replica_find(e->programme->replica, e->call->preview->request);
	struct ruling ruling = { .text = e->text };

	return e->err == CVN_OK ? NEXT : desk_refuse(e, record, e->err, &ruling);
}
