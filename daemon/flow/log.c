/* log.c - what happened: the updates after a cursor, and one request's whole life. Out of Redis.
 *
 * Layer     flow; rows of kinds.c.
 * Limit     STORE_BATCH_MAX entries, EXCHANGE_REPLY_BYTES a reply; what is left comes when it is
 *           asked for.
 * Not here  what is to come (the outbox publishes it). */
#include <stdlib.h>
#include <string.h>

#include "flow/kinds.h"
#include "flow/view.h"
#include "wire/frame.h"

struct replay {
	struct exchange *e;
	struct store_log log;
};

struct trace {
	struct exchange *e;
	const char *id;
	struct store_read read;
	struct store_entries entries;
	bool has_trail;
	bool is_cut; /* more entries follow those that are asked for */
};

static void on_log(struct store_op *op, enum cvn_err err);
static void on_trail(struct store_op *op, enum cvn_err err);
static void on_entries(struct store_op *op, enum cvn_err err);

/* Stored entries as whole updates, as many as fit. */
static enum verdict send_updates(struct exchange *e, const struct store_entry *entries, size_t n)
{
	Convene__V1__Updates *updates = arena_alloc(&e->arena, sizeof *updates);
	size_t bytes = 0;

	if (updates == NULL)
		return exchange_fault(e, CVN_ENOMEM, NULL);
	convene__v1__updates__init(updates);
	updates->updates = arena_array(&e->arena, n + 1, sizeof(Convene__V1__Update *));
	if (updates->updates == NULL)
		return exchange_fault(e, CVN_ENOMEM, NULL);
	for (size_t i = 0; i < n; i++) {
		struct frame_fault fault;
		ProtobufCMessage *message;
		Convene__V1__Update *update;

		bytes += entries[i].update.n;
		if (i > 0 && bytes > EXCHANGE_REPLY_BYTES)
			break;
		if (frame_decode(&convene__v1__update__descriptor, entries[i].update.data,
				 entries[i].update.n, &FRAME_LIMITS_PAGE, &e->arena, &message,
				 &fault) != CVN_OK)
			return exchange_fault(e, CVN_EBUG, "an entry of the log can't be read");
		update = (Convene__V1__Update *)message;
		update->programme = e->programme->id;
		update->has_cursor = update->has_version = 1;
		update->cursor = entries[i].cursor;
		update->version = entries[i].version;
		updates->updates[updates->n_updates++] = update;
	}
	updates->has_last = 1;
	updates->last = replica_cursor(e->programme->replica);
	e->reply.of_case = CONVENE__V1__REPLY__OF_UPDATES;
	e->reply.updates = updates;
	return NEXT;
}

/* An empty page for it would have the client ask for ever. */
static enum verdict refuse_cursor(struct exchange *e)
{
	exchange_violation(e, "after", "CURSOR_INVALID", "a cursor is 0 or more");
	return exchange_fault(e, CVN_EINVALID, NULL);
}

enum verdict replay_start(struct exchange *e)
{
	const Convene__V1__Replay *call = e->call->replay;
	struct replay *r = exchange_act(e, sizeof *r);
	enum cvn_err err;

	if (r == NULL)
		return FAULT;
	if (call->after < 0)
		return refuse_cursor(e);
	if (call->after >= e->programme->committed)
		return send_updates(e, NULL, 0);
	r->e = e;
	r->log = (struct store_log){ .op = { .done_cb = on_log, .deadline_ms = e->deadline_ms },
				     .programme = e->programme->id,
				     .after = call->after,
				     .limit = STORE_BATCH_MAX };
	if (call->has_limit && call->limit > 0 && call->limit < STORE_BATCH_MAX)
		r->log.limit = call->limit;
	err = store_log_start(e->flow->ports->store, &r->log);
	return err == CVN_OK ? WAIT : exchange_fault(e, err, NULL);
}

/* The answer is lent until the callback returns: resuming inside it is what uses it. */
static void on_log(struct store_op *op, enum cvn_err err)
{
	exchange_resume(CONTAINER_OF(op, struct replay, log.op)->e, err);
}

enum verdict replay_done(struct exchange *e)
{
	struct replay *r = e->act;

	if (e->err != CVN_OK)
		return exchange_fault(e, e->err, r->log.op.fault);
	return send_updates(e, r->log.ret_entries, r->log.ret_n);
}

enum verdict trace_start(struct exchange *e)
{
	const struct replica_record *record =
		replica_find(e->programme->replica, e->call->trace->request);
	struct view view = { .replica = e->programme->replica,
			     .role = e->caller.role,
			     .subject = e->caller.subject };
	struct trace *t = exchange_act(e, sizeof *t);
	enum cvn_err err;

	if (t == NULL)
		return FAULT;
	if (record == NULL)
		return exchange_fault(e, CVN_ENOTFOUND, NULL);
	if (e->call->trace->after < 0)
		return refuse_cursor(e);
	if (!view_is_whole(&view, record))
		return exchange_fault(e, CVN_EFORBIDDEN, "the request is another federation's");
	t->e = e;
	t->id = record->id;
	t->read = (struct store_read){ .op = { .done_cb = on_trail, .deadline_ms = e->deadline_ms },
				       .programme = e->programme->id,
				       .ids = &t->id,
				       .n_ids = 1 };
	err = store_read_start(e->flow->ports->store, &t->read);
	return err == CVN_OK ? WAIT : exchange_fault(e, err, NULL);
}

static void on_trail(struct store_op *op, enum cvn_err err)
{
	exchange_resume(CONTAINER_OF(op, struct trace, read.op)->e, err);
}

static void on_entries(struct store_op *op, enum cvn_err err)
{
	exchange_resume(CONTAINER_OF(op, struct trace, entries.op)->e, err);
}

/* "3,17,42" → those after the cursor that was named, as many as one reply may have. */
static enum verdict ask_for_entries(struct exchange *e, struct trace *t, const char *trail)
{
	int64_t *cursors = arena_array(&e->arena, STORE_BATCH_MAX, sizeof *cursors);
	size_t n = 0;
	enum cvn_err err;

	if (cursors == NULL)
		return exchange_fault(e, CVN_ENOMEM, NULL);
	for (const char *at = trail; at != NULL && *at != '\0' && !t->is_cut;) {
		char *end;
		long long cursor = strtoll(at, &end, 10);

		t->is_cut = cursor > e->call->trace->after && n == STORE_BATCH_MAX;
		if (cursor > e->call->trace->after && n < STORE_BATCH_MAX)
			cursors[n++] = cursor;
		at = *end == ',' ? end + 1 : NULL;
	}
	if (n == 0)
		return send_updates(e, NULL, 0);
	t->entries = (struct store_entries){ .op = { .done_cb = on_entries,
						     .deadline_ms = e->deadline_ms },
					     .programme = e->programme->id,
					     .cursors = cursors,
					     .n_cursors = n };
	err = store_entries_start(e->flow->ports->store, &t->entries);
	return err == CVN_OK ? WAIT : exchange_fault(e, err, NULL);
}

static void say_next(Convene__V1__Updates *updates, const struct trace *t)
{
	size_t n = updates->n_updates;

	updates->has_next = n > 0 && (t->is_cut || n < t->entries.ret_n);
	if (updates->has_next)
		updates->next = updates->updates[n - 1]->cursor;
}

/* Once with the trail, once with its entries. */
enum verdict trace_done(struct exchange *e)
{
	struct trace *t = e->act;
	struct view view = { .replica = e->programme->replica,
			     .role = e->caller.role,
			     .subject = e->caller.subject };
	enum verdict v;

	if (e->err != CVN_OK)
		return exchange_fault(e, e->err,
				      t->has_trail ? t->entries.op.fault : t->read.op.fault);
	if (!t->has_trail) {
		t->has_trail = true;
		if (t->read.ret_records[0].id == NULL || t->read.ret_records[0].trail == NULL)
			return exchange_fault(e, CVN_ENOTFOUND, NULL);
		return ask_for_entries(e, t, t->read.ret_records[0].trail);
	}
	v = send_updates(e, t->entries.ret_entries, t->entries.ret_n);
	if (v == NEXT)
		say_next(e->reply.updates, t);
	for (size_t i = 0; v == NEXT && i < e->reply.updates->n_updates; i++) {
		Convene__V1__Update *update = e->reply.updates->updates[i];

		if (update->of_case != CONVENE__V1__UPDATE__OF_REQUEST ||
		    update->request->standing == NULL)
			continue;
		update->request->standing =
			view_own_standing(&view, update->request->standing, &e->arena);
		if (update->request->standing == NULL)
			return exchange_fault(e, CVN_ENOMEM, NULL);
	}
	return v;
}
