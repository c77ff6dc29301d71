/* submit.c - requests come in: looked at, admitted in one step, and given a receipt.
 *
 * Layer     flow; rows of kinds.c.
 * Not here  whether they are sound (the validators). */
#include <string.h>

#include "flow/change.h"
#include "flow/decide.h"
#include "flow/jobs.h"
#include "flow/kinds.h"
#include "ports/keyring.h"
#include "ports/store.h"
#include "util/clock.h"
#include "util/id.h"

struct submit {
	struct exchange *e;
	struct store_admit admit;
	const char **ids;
	struct job_batch *batch;
};

static void on_admitted(struct store_op *op, enum cvn_err err);

/* The path of a request's field: relative to the request where it is the only one. */
static const char *path_of(struct exchange *e, size_t i, const char *field)
{
	const char *path = e->call->submit->n_requests == 1 ?
				   field :
				   arena_printf(&e->arena, "requests[%zu].%s", i, field);

	return path != NULL ? path : field;
}

/* Names that will be part of keys, and nobody's but the caller's. */
static enum verdict look(struct exchange *e)
{
	const Convene__V1__Submit *call = e->call->submit;
	enum cvn_err err = CVN_OK;

	for (size_t i = 0; i < call->n_requests; i++) {
		const Convene__V1__Request *request = call->requests[i];
		struct ruling ruling;
		enum cvn_err may =
			decide_submit(e->caller.role, e->caller.subject, request, &ruling);

		if (may != CVN_OK) {
			if (ruling.field != NULL)
				exchange_violation(e, path_of(e, i, ruling.field), ruling.code,
						   ruling.text);
			return exchange_fault(e, may, ruling.text);
		}
		if (!id_is_valid(request->id)) {
			exchange_violation(e, path_of(e, i, "id"), "ID_INVALID",
					   "1 to 64 letters, digits, dots, underscores and dashes, "
					   "a letter or digit first");
			err = CVN_EINVALID;
			continue;
		}
		for (size_t k = 0; k < i; k++)
			if (call->requests[k]->id != NULL &&
			    strcmp(call->requests[k]->id, request->id) == 0) {
				exchange_violation(e, path_of(e, i, "id"), "ID_TAKEN",
						   "another of this call has it");
				err = err == CVN_OK ? CVN_EIDTAKEN : err;
			}
	}
	return err == CVN_OK ? NEXT : exchange_fault(e, err, NULL);
}

static uint64_t count_unknown(const struct exchange *e)
{
	const Convene__V1__Submit *call = e->call->submit;
	uint64_t n = 0;

	for (size_t i = 0; i < call->n_requests; i++)
		n += replica_find(e->programme->replica, call->requests[i]->id) == NULL;
	return n;
}

/* One request as it goes to the store. */
static enum cvn_err build(struct exchange *e, const Convene__V1__Request *request, int64_t now,
			  struct store_item *ret_item)
{
	Convene__V1__Standing standing = CONVENE__V1__STANDING__INIT;
	struct change change = { .id = request->id,
				 .revision = 1,
				 .content = request,
				 .standing = &standing,
				 .unix_ms = now,
				 .by = e->caller.name,
				 .by_role = role_name(e->caller.role) };
	struct store_change packed;
	enum cvn_err err;

	standing.has_state = 1;
	standing.state = STATE_RECEIVED;
	if (e->caller.role == ROLE_WORKING_BODY && request->has_value) {
		standing.has_value = 1;
		standing.value = request->value;
	}
	err = change_pack(&change, &e->arena, &packed);
	if (err != CVN_OK)
		return err;
	*ret_item =
		(struct store_item){ .id = request->id,
				     .federation =
					     request->federation != NULL ? request->federation : "",
				     .by = e->caller.name,
				     .after = packed.after,
				     .content = packed.content,
				     .digest = packed.digest,
				     .standing = packed.standing,
				     .update = packed.update };
	return CVN_OK;
}

enum verdict submit_start(struct exchange *e)
{
	const Convene__V1__Submit *call = e->call->submit;
	struct submit *s = exchange_act(e, sizeof *s);
	enum cvn_err err = CVN_OK;

	if (s == NULL)
		return FAULT;
	if (call->n_requests == 0)
		return exchange_fault(e, CVN_EINVALID, "there is no request in it");
	if (call->n_requests > e->flow->options.limits.batch_max)
		return exchange_too_many(e, "requests", e->flow->options.limits.batch_max);
	if (look(e) == FAULT)
		return FAULT;
	if (!exchange_claim_requests(e, count_unknown(e)))
		return exchange_fault(e, CVN_ETOOLARGE, "the programme is full of requests");
	/* the call itself holds one already */
	if (!quota_take(&e->flow->quota, e->caller.key, call->n_requests - 1))
		return exchange_fault(e, CVN_EBUSY, "too many requests are undecided");
	e->charge = call->n_requests;

	s->e = e;
	s->ids = arena_array(&e->arena, call->n_requests, sizeof *s->ids);
	s->admit.op = (struct store_op){ .done_cb = on_admitted, .deadline_ms = e->deadline_ms };
	s->admit.programme = e->programme->id;
	s->admit.unix_ms = clock_unix_ms();
	s->admit.items = arena_array(&e->arena, call->n_requests, sizeof *s->admit.items);
	s->admit.n_items = call->n_requests;
	if (s->ids == NULL || s->admit.items == NULL)
		return exchange_fault(e, CVN_ENOMEM, NULL);
	for (size_t i = 0; i < call->n_requests && err == CVN_OK; i++) {
		s->ids[i] = call->requests[i]->id;
		err = build(e, call->requests[i], s->admit.unix_ms, &s->admit.items[i]);
	}
	if (err == CVN_OK)
		err = jobs_expect(e->flow->jobs, e->programme, s->ids, call->n_requests,
				  &s->batch);
	if (err != CVN_OK)
		return exchange_fault(e, err, NULL);
	err = store_admit_start(e->flow->ports->store, &s->admit);
	if (err == CVN_OK)
		return WAIT;
	jobs_forget(s->batch);
	return exchange_fault(e, err, NULL);
}

static void on_admitted(struct store_op *op, enum cvn_err err)
{
	exchange_resume(CONTAINER_OF(op, struct submit, admit.op)->e, err);
}

static enum verdict not_admitted(struct exchange *e, const struct submit *s)
{
	jobs_forget(s->batch);
	for (size_t i = 0; e->err == CVN_EIDTAKEN && i < s->admit.n_items; i++)
		if (s->admit.items[i].ret_admission == STORE_TAKEN)
			exchange_violation(e, path_of(e, i, "id"), "ID_TAKEN",
					   "it stands for a request with other content; to change "
					   "that, amend it");
	return exchange_fault(e, e->err, s->admit.op.fault);
}

/* The receipts go out only now, when Redis holds it. */
enum verdict submit_done(struct exchange *e)
{
	struct submit *s = e->act;
	size_t n = s->admit.n_items;
	Convene__V1__Receipts *receipts = arena_alloc(&e->arena, sizeof *receipts);
	bool *is_new = arena_array(&e->arena, n, sizeof *is_new);
	Convene__V1__Receipt *each = arena_array(&e->arena, n, sizeof *each);

	if (e->err != CVN_OK)
		return not_admitted(e, s);
	if (receipts != NULL) {
		convene__v1__receipts__init(receipts);
		receipts->receipts = arena_array(&e->arena, n, sizeof(Convene__V1__Receipt *));
	}
	if (receipts == NULL || receipts->receipts == NULL || is_new == NULL || each == NULL) {
		jobs_forget(s->batch); /* the log brings them all the same */
		return exchange_fault(e, CVN_ENOMEM, NULL);
	}
	for (size_t i = 0; i < n; i++) {
		const struct store_item *item = &s->admit.items[i];

		is_new[i] = item->ret_admission == STORE_NEW;
		/* one that stood already too: its answer may have been lost the first time, and the
		 * call after this one finds it */
		mirror_committed(e->programme, item->ret_cursor);
		convene__v1__receipt__init(&each[i]);
		each[i].request = (char *)(uintptr_t)item->id;
		each[i].has_revision = each[i].has_cursor = each[i].has_again = each[i].has_state =
			1;
		each[i].revision = item->ret_revision;
		each[i].cursor = item->ret_cursor;
		each[i].again = !is_new[i];
		each[i].state = (Convene__V1__State)item->ret_state;
		receipts->receipts[receipts->n_receipts++] = &each[i];
	}
	e->charge -= jobs_admitted(s->batch, s->ids, is_new, e->caller.key,
				   e->peer.is_req ? NULL : &e->peer);
	e->reply.of_case = CONVENE__V1__REPLY__OF_RECEIPTS;
	e->reply.receipts = receipts;
	return NEXT;
}
