/* desk.c - decisions of people: what stands is read, what follows is decided, and committed if it
 * still stands so.
 *
 * Layer     flow; rows of kinds.c.
 * Not here  what follows from a decision (flow/decide.c). */
#include "flow/change.h"
#include "flow/decide.h"
#include "flow/kinds.h"
#include "flow/view.h"
#include "ports/keyring.h"
#include "ports/page.h"
#include "util/clock.h"

struct desk {
	struct exchange *e;
	const struct replica_record *record;
	struct ruling ruling;
	struct store_commit commit;
	struct store_change change;
};

static enum cvn_err decide(struct exchange *e, struct desk_case *c, struct ruling *ruling);
static enum verdict commit(struct exchange *e, struct desk *d, const struct desk_case *c);
static void on_committed(struct store_op *op, enum cvn_err err);

static const char *request_of(const Convene__V1__Call *call)
{
	switch (call->of_case) {
	case CONVENE__V1__CALL__OF_AMEND:
		return call->amend->request != NULL ? call->amend->request->id : NULL;
	case CONVENE__V1__CALL__OF_WITHDRAW:
		return call->withdraw->request;
	case CONVENE__V1__CALL__OF_DECIDE:
		return call->decide->request;
	case CONVENE__V1__CALL__OF_ACCEPT:
		return call->accept->request;
	case CONVENE__V1__CALL__OF_RELEASE:
		return call->release->request;
	default:
		return NULL;
	}
}

/* The reply: the record, as the caller may see it. */
static enum verdict answer(struct exchange *e, const struct replica_record *record)
{
	struct view view = { .replica = e->programme->replica,
			     .role = e->caller.role,
			     .subject = e->caller.subject };
	Convene__V1__Record *seen = view_record(&view, record, &e->arena);

	if (seen == NULL)
		return exchange_fault(e, CVN_ENOMEM, NULL);
	e->reply.of_case = CONVENE__V1__REPLY__OF_RECORD;
	e->reply.record = seen;
	return NEXT;
}

enum verdict desk_start(struct exchange *e)
{
	struct desk *d = exchange_act(e, sizeof *d);
	struct desk_case c = { .programme = replica_programme(e->programme->replica),
			       .role = e->caller.role,
			       .subject = e->caller.subject,
			       .name = e->caller.name,
			       .today = replica_today(e->programme->replica),
			       .unix_ms = clock_unix_ms(),
			       .arena = &e->arena };
	enum cvn_err err;

	if (d == NULL)
		return FAULT;
	d->e = e;
	d->record = c.record = replica_find(e->programme->replica, request_of(e->call));
	if (c.record == NULL)
		return exchange_fault(e, CVN_ENOTFOUND, NULL);
	err = decide(e, &c, &d->ruling);
	if (err != CVN_OK) {
		if (d->ruling.field != NULL)
			exchange_violation(e, d->ruling.field, d->ruling.code, d->ruling.text);
		if (err == CVN_ECONFLICT)
			e->current = page_record(d->record, &e->arena);
		return exchange_fault(e, err, d->ruling.text);
	}
	return d->ruling.is_nothing ? answer(e, d->record) : commit(e, d, &c);
}

static enum cvn_err decide(struct exchange *e, struct desk_case *c, struct ruling *ruling)
{
	const Convene__V1__Call *call = e->call;

	switch (call->of_case) {
	case CONVENE__V1__CALL__OF_AMEND:
		return decide_amend(c, call->amend, ruling);
	case CONVENE__V1__CALL__OF_WITHDRAW:
		return decide_withdraw(c, call->withdraw, ruling);
	case CONVENE__V1__CALL__OF_DECIDE:
		return decide_verdict(c, call->decide, ruling);
	case CONVENE__V1__CALL__OF_ACCEPT:
		return decide_accept(c, call->accept, ruling);
	default:
		return decide_release(c, call->release, ruling);
	}
}

/* If the record has moved on meanwhile, nothing is committed: the decision was about what stood. */
static enum verdict commit(struct exchange *e, struct desk *d, const struct desk_case *c)
{
	struct change change = { .id = d->record->id,
				 .revision = d->ruling.revision,
				 .content = d->ruling.content,
				 .standing = d->ruling.standing,
				 .unix_ms = c->unix_ms,
				 .by = c->name,
				 .by_role = role_name(c->role) };
	enum cvn_err err = change_pack(&change, &e->arena, &d->change);

	if (err != CVN_OK)
		return exchange_fault(e, err, NULL);
	CVN_REQUIRE(lifecycle_allows(d->record->standing->state, d->ruling.standing->state));
	d->change.expect_revision = d->record->revision;
	d->change.expect_state = (int32_t)d->record->standing->state;
	d->change.expect_cursor = d->record->cursor;
	d->change.bump = d->ruling.bump;
	d->commit = (struct store_commit){ .op = { .done_cb = on_committed,
						   .deadline_ms = e->deadline_ms },
					   .programme = e->programme->id,
					   .changes = &d->change,
					   .n_changes = 1 };
	err = store_commit_start(e->flow->ports->store, &d->commit);
	return err == CVN_OK ? WAIT : exchange_fault(e, err, NULL);
}

static void on_committed(struct store_op *op, enum cvn_err err)
{
	exchange_resume(CONTAINER_OF(op, struct desk, commit.op)->e, err);
}

enum verdict desk_done(struct exchange *e)
{
	struct desk *d = e->act;
	struct replica_record now;

	if (e->err == CVN_EGONE) {
		/* what the mirror has of it may be older than what Redis holds: the client reads it
		 * again */
		e->current = page_record(d->record, &e->arena);
		return exchange_fault(e, CVN_ECONFLICT, "it has changed since");
	}
	if (e->err != CVN_OK)
		return exchange_fault(e, e->err, d->commit.op.fault);
	mirror_committed(e->programme, d->commit.ret_cursor);
	if (mirror_has(e->programme, d->commit.ret_cursor))
		return answer(e, d->record);
	/* what stood is still there, as far as the mirror goes: the new standing may share its
	 * lists */
	now = *d->record;
	now.revision = d->ruling.revision;
	now.standing = d->ruling.standing;
	if (d->ruling.content != NULL)
		now.content = d->ruling.content;
	now.cursor = d->commit.ret_cursor;
	return answer(e, &now);
}
