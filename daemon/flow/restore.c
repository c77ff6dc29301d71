/* restore.c - an operator brings requests back as they stood elsewhere: content, standing, revision.
 *
 * Layer     flow; a row of kinds.c.
 * Limit     flow_limits.batch_max records.
 * Not here  whether what stood there was right: it is the operator's word, and the log says whose. */
#include "ports/store_restore.h"

#include "domain/lifecycle.h"
#include "flow/change.h"
#include "flow/kinds.h"
#include "ports/keyring.h"
#include "util/clock.h"
#include "util/id.h"

#include <string.h>

struct restore {
	struct exchange *e;
	struct store_restore restore;
	struct store_restored *requests;
};

static enum verdict wrong(struct exchange *e, size_t i, const char *field, const char *code,
			  const char *text)
{
	const char *path = arena_printf(&e->arena, "records[%zu].%s", i, field);

	exchange_violation(e, path != NULL ? path : field, code, text);
	return exchange_fault(e, CVN_EINVALID, NULL);
}

static enum verdict look(struct exchange *e, size_t i)
{
	const Convene__V1__Restore *call = e->call->restore;
	const Convene__V1__Record *r = call->records[i];

	if (!id_is_valid(r->id))
		return wrong(e, i, "id", "ID_INVALID", "it must be there, and be an identifier");
	for (size_t k = 0; k < i; k++)
		if (strcmp(call->records[k]->id, r->id) == 0)
			return wrong(e, i, "id", "REQUEST_TWICE", "each request is named once");
	if (r->content == NULL || r->content->id == NULL || strcmp(r->content->id, r->id) != 0)
		return wrong(e, i, "content", "FIELD_MISSING",
			     "the content must be there, with the same id");
	if (r->standing == NULL || r->standing->state <= STATE_NONE ||
	    (int)r->standing->state >= STATE_N || r->standing->state == STATE_VALIDATED)
		return wrong(e, i, "standing", "FIELD_MISSING", "it must say where it stood");
	if (r->revision < 1)
		return wrong(e, i, "revision", "FIELD_MISSING", "it must be there, from 1 on");
	return NEXT;
}

static enum cvn_err build(struct exchange *e, const Convene__V1__Record *r, int64_t now,
			  struct store_restored *ret)
{
	struct change change = { .id = r->id,
				 .revision = r->revision,
				 .content = r->content,
				 .standing = r->standing,
				 .unix_ms = now,
				 .by = e->caller.name,
				 .by_role = role_name(e->caller.role),
				 .received_unix_ms =
					 r->received_unix_ms > 0 ? r->received_unix_ms : now };
	struct store_change packed;
	enum cvn_err err = change_pack(&change, &e->arena, &packed);

	if (err != CVN_OK)
		return err;
	*ret = (struct store_restored){
		.item = { .id = r->id,
			  .federation =
				  r->content->federation != NULL ? r->content->federation : "",
			  .by = e->caller.name,
			  .after = packed.after,
			  .content = packed.content,
			  .digest = packed.digest,
			  .standing = packed.standing,
			  .update = packed.update },
		.state = (int32_t)r->standing->state,
		.revision = r->revision,
		.received_unix_ms = change.received_unix_ms,
		.bump = lifecycle_has_place(r->standing),
	};
	return CVN_OK;
}

static void on_restored(struct store_op *op, enum cvn_err err)
{
	exchange_resume(CONTAINER_OF(op, struct restore, restore.op)->e, err);
}

enum verdict restore_start(struct exchange *e)
{
	const Convene__V1__Restore *call = e->call->restore;
	struct restore *r = exchange_act(e, sizeof *r);
	const int64_t now = clock_unix_ms();
	enum cvn_err err = CVN_OK;

	if (r == NULL)
		return FAULT;
	if (call->n_records == 0)
		return exchange_fault(e, CVN_EINVALID, "there is no record in it");
	if (call->n_records > e->flow->options.limits.batch_max)
		return exchange_too_many(e, "records", e->flow->options.limits.batch_max);
	for (size_t i = 0; i < call->n_records; i++)
		if (look(e, i) == FAULT)
			return FAULT;
	if (!exchange_claim_requests(e, call->n_records))
		return exchange_fault(e, CVN_ETOOLARGE, "the programme is full of requests");
	r->e = e;
	r->requests = arena_array(&e->arena, call->n_records, sizeof *r->requests);
	if (r->requests == NULL)
		return exchange_fault(e, CVN_ENOMEM, NULL);
	for (size_t i = 0; i < call->n_records && err == CVN_OK; i++)
		err = build(e, call->records[i], now, &r->requests[i]);
	if (err != CVN_OK)
		return exchange_fault(e, err, NULL);
	r->restore = (struct store_restore){ .op = { .done_cb = on_restored,
						     .deadline_ms = e->deadline_ms },
					     .programme = e->programme->id,
					     .requests = r->requests,
					     .n_requests = call->n_records };
	err = store_restore_start(e->flow->ports->store, &r->restore);
	return err == CVN_OK ? WAIT : exchange_fault(e, err, NULL);
}

static enum verdict taken(struct exchange *e, size_t i)
{
	wrong(e, i, "id", "ID_TAKEN", "it stands here already, and otherwise");
	return exchange_fault(e, CVN_EIDTAKEN, NULL);
}

/* Once when it is committed, and once more when the mirror has it. */
enum verdict restore_done(struct exchange *e)
{
	const struct restore *r = e->act;

	if (e->err == CVN_EIDTAKEN)
		return taken(e, r->restore.ret_index);
	if (e->err != CVN_OK)
		return exchange_fault(e, e->err, r->restore.op.fault);
	return exchange_committed(e, r->restore.ret_cursor, r->restore.ret_changed);
}
