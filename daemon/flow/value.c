/* value.c - the working body's priority of requests: all of those named, or none.
 *
 * Layer     flow; a row of kinds.c.
 * Limit     flow_limits.batch_max requests.
 * Not here  what a value means to the calendar (the scheduler). */
#include <string.h>

#include "flow/change.h"
#include "flow/desk.h"
#include "flow/follows.h"
#include "flow/kinds.h"
#include "ports/keyring.h"
#include "ports/store.h"
#include "util/clock.h"

struct value {
	struct exchange *e;
	struct store_commit commit;
	struct store_change *changes;
	size_t n;
};

static void on_committed(struct store_op *op, enum cvn_err err);

static bool is_named_before(const Convene__V1__Value *call, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (strcmp(call->requests[k], call->requests[i]) == 0)
			return true;
	return false;
}

/* Says which of several it is. */
static enum verdict refuse(struct exchange *e, size_t i, const struct replica_record *record,
			   enum cvn_err err, struct ruling *ruling)
{
	const char *path = arena_printf(&e->arena, "requests[%zu]", i);

	if (ruling->field == NULL) {
		ruling->field = path != NULL ? path : "requests";
		ruling->code = cvn_err_code(err);
		ruling->text = ruling->text != NULL ? ruling->text : cvn_err_text(err);
	}
	return desk_refuse(e, record, err, ruling);
}

static enum cvn_err add(struct value *v, const struct desk_case *c, const struct ruling *ruling)
{
	struct store_change *out = &v->changes[v->n];
	struct change change = { .id = c->record->id,
				 .revision = ruling->revision,
				 .standing = ruling->standing,
				 .unix_ms = c->unix_ms,
				 .by = c->name,
				 .by_role = role_name(c->role) };
	enum cvn_err err = change_pack(&change, c->arena, out);

	if (err != CVN_OK)
		return err;
	out->expect_cursor = c->record->cursor;
	out->bump = ruling->bump && v->n == 0; /* the calendar changes once */
	v->n++;
	return CVN_OK;
}

static enum verdict look_at(struct exchange *e, struct value *v, size_t i)
{
	const Convene__V1__Value *call = e->call->value;
	struct desk_case c =
		desk_case_of(e, replica_find(e->programme->replica, call->requests[i]));
	struct ruling ruling = { 0 };
	enum cvn_err err;

	if (c.record == NULL)
		return refuse(e, i, NULL, CVN_ENOTFOUND, &ruling);
	if (is_named_before(call, i)) {
		ruling.code = "REQUEST_TWICE";
		ruling.text = "each request is named once";
		ruling.field = "requests";
		return refuse(e, i, c.record, CVN_EINVALID, &ruling);
	}
	err = decide_value(&c, call, &ruling);
	if (err != CVN_OK)
		return refuse(e, i, c.record, err, &ruling);
	if (ruling.is_nothing)
		return NEXT;
	err = add(v, &c, &ruling);
	return err == CVN_OK ? NEXT : exchange_fault(e, err, NULL);
}

enum verdict value_start(struct exchange *e)
{
	const Convene__V1__Value *call = e->call->value;
	struct value *v = exchange_act(e, sizeof *v);
	enum cvn_err err;

	if (v == NULL)
		return FAULT;
	if (call->n_requests == 0)
		return exchange_fault(e, CVN_EINVALID, "there is no request in it");
	if (call->n_requests > e->flow->options.limits.batch_max)
		return exchange_too_many(e, "requests", e->flow->options.limits.batch_max);
	v->e = e;
	v->changes = arena_array(&e->arena, call->n_requests, sizeof *v->changes);
	if (v->changes == NULL)
		return exchange_fault(e, CVN_ENOMEM, NULL);
	for (size_t i = 0; i < call->n_requests; i++)
		if (look_at(e, v, i) == FAULT)
			return FAULT;
	if (v->n == 0)
		return exchange_done(e, replica_cursor(e->programme->replica), 0);
	v->commit = (struct store_commit){ .op = { .done_cb = on_committed,
						   .deadline_ms = e->deadline_ms },
					   .programme = e->programme->id,
					   .changes = v->changes,
					   .n_changes = v->n };
	err = store_commit_start(e->flow->ports->store, &v->commit);
	return err == CVN_OK ? WAIT : exchange_fault(e, err, NULL);
}

static void on_committed(struct store_op *op, enum cvn_err err)
{
	exchange_resume(CONTAINER_OF(op, struct value, commit.op)->e, err);
}

/* Once when it is committed, and once more when the mirror has it. */
enum verdict value_done(struct exchange *e)
{
	const struct value *v = e->act;

	if (e->err == CVN_EGONE)
		return exchange_fault(e, CVN_ECONFLICT, "one of them has changed since");
	if (e->err != CVN_OK)
		return exchange_fault(e, e->err, v->commit.op.fault);
	return exchange_committed(e, v->commit.ret_cursor, (int64_t)v->n);
}
