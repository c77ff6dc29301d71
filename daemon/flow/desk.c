/* desk.c - decisions of people: what stands is read, what follows is decided, and committed if it
 * still stands so. If only something else about it has changed meanwhile (another committee has given
 * its word in the same instant), it is decided again on what stands now.
 *
 * Layer     flow; rows of kinds.c.
 * Not here  what follows from a decision (flow/decide.h, flow/follows.h). */
#include "flow/desk.h"

#include <string.h>

#include "flow/change.h"
#include "flow/follows.h"
#include "flow/kinds.h"
#include "flow/view.h"
#include "ports/keyring.h"
#include "util/clock.h"

#define TRIES_MAX 16

struct desk {
	struct exchange *e;
	const struct replica_record *record;
	/* what the decision is about: if that changes, it is not decided again */
	int64_t revision;
	char *venue, *first_day;
	struct ruling ruling;
	struct store_commit commit;
	struct store_change change;
	unsigned n_tries;
	bool is_behind; /* waits for what came in between */
};

static enum verdict try(struct exchange *e);
static enum cvn_err decide(struct exchange *e, struct desk_case *c, struct ruling *ruling);
static enum verdict commit(struct exchange *e, struct desk *d, const struct desk_case *c);
static void on_committed(struct store_op *op, enum cvn_err err);
static enum verdict catch_up(struct exchange *e, struct desk *d);

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
	case CONVENE__V1__CALL__OF_ALLOW:
		return call->allow->request;
	case CONVENE__V1__CALL__OF_RESPOND:
		return call->respond->request;
	default:
		return NULL;
	}
}

struct desk_case desk_case_of(struct exchange *e, const struct replica_record *record)
{
	return (struct desk_case){ .programme = replica_programme(e->programme->replica),
				   .record = record,
				   .role = e->caller.role,
				   .subject = e->caller.subject,
				   .name = e->caller.name,
				   .key = e->caller.key,
				   .disciplines = e->caller.disciplines,
				   .n_disciplines = e->caller.n_disciplines,
				   .today = replica_today(e->programme->replica),
				   .unix_ms = clock_unix_ms(),
				   .arena = &e->arena };
}

static struct view view_of(const struct exchange *e)
{
	return (struct view){ .replica = e->programme->replica,
			      .role = e->caller.role,
			      .subject = e->caller.subject };
}

enum verdict desk_refuse(struct exchange *e, const struct replica_record *record, enum cvn_err err,
			 const struct ruling *ruling)
{
	struct view view = view_of(e);

	if (ruling->field != NULL)
		exchange_violation(e, ruling->field, ruling->code, ruling->text);
	if (err == CVN_ECONFLICT)
		e->current = view_record(&view, record, &e->arena);
	return exchange_fault(e, err, ruling->text);
}

enum verdict desk_answer(struct exchange *e, const struct replica_record *record)
{
	struct view view = view_of(e);
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
	const Convene__V1__Placement *at;

	if (d == NULL)
		return FAULT;
	d->e = e;
	d->record = replica_find(e->programme->replica, request_of(e->call));
	if (d->record == NULL)
		return exchange_fault(e, CVN_ENOTFOUND, NULL);
	at = d->record->standing->placement;
	d->revision = d->record->revision;
	d->venue = at != NULL ? arena_strdup(&e->arena, at->venue) : NULL;
	d->first_day = at != NULL ? arena_strdup(&e->arena, at->first_day) : NULL;
	return try(e);
}

static enum verdict try(struct exchange *e)
{
	struct desk *d = e->act;
	struct desk_case c = desk_case_of(e, d->record);
	enum cvn_err err = decide(e, &c, &d->ruling);

	if (err != CVN_OK)
		return desk_refuse(e, d->record, err, &d->ruling);
	return d->ruling.is_nothing ? desk_answer(e, d->record) : commit(e, d, &c);
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
	case CONVENE__V1__CALL__OF_ALLOW:
		return decide_allow(c, call->allow, ruling);
	case CONVENE__V1__CALL__OF_RESPOND:
		return decide_respond(c, call->respond, ruling);
	default:
		return decide_release(c, call->release, ruling);
	}
}

static enum verdict commit(struct exchange *e, struct desk *d, const struct desk_case *c)
{
	struct change change = { .id = d->record->id,
				 .revision = d->ruling.revision,
				 .content = d->ruling.content,
				 .standing = d->ruling.standing,
				 .unix_ms = c->unix_ms,
				 .by = c->name,
				 .by_role = role_name(c->role) };
	struct follows_case follows = { .programme = c->programme,
					.content = d->ruling.content != NULL ? d->ruling.content :
									       d->record->content,
					.before = d->record->standing,
					.is_revised = d->ruling.revision != d->record->revision,
					.unix_ms = c->unix_ms,
					.today = c->today,
					.arena = &e->arena };
	Convene__V1__State from = d->record->standing->state, to = d->ruling.standing->state;
	enum cvn_err err = follows_fill(&follows, d->ruling.standing);

	if (err == CVN_OK)
		err = change_pack(&change, &e->arena, &d->change);
	if (err != CVN_OK)
		return exchange_fault(e, err, NULL);
	CVN_REQUIRE(from == to || lifecycle_allows(from, to));
	d->change.expect_revision = d->record->revision;
	d->change.expect_state = (int32_t)from;
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

static bool same_text(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

/* Does it still stand where it stood when the call came? */
static bool is_same_matter(const struct desk *d)
{
	const Convene__V1__Placement *at = d->record->standing->placement;

	return d->record->revision == d->revision &&
	       same_text(at != NULL ? at->venue : NULL, d->venue) &&
	       same_text(at != NULL ? at->first_day : NULL, d->first_day);
}

/* The record has moved on: as soon as that is known here, it is decided on what stands now. */
static enum verdict catch_up(struct exchange *e, struct desk *d)
{
	static const struct ruling CHANGED = { .text = "it has changed since" };

	e->err = CVN_OK;
	if (d->n_tries < TRIES_MAX && exchange_wait_for(e, d->commit.ret_at) == WAIT) {
		d->is_behind = true;
		return WAIT;
	}
	d->is_behind = false;
	if (++d->n_tries > TRIES_MAX || d->record->cursor == d->change.expect_cursor ||
	    !is_same_matter(d))
		return desk_refuse(e, d->record, CVN_ECONFLICT, &CHANGED);
	return try(e);
}

enum verdict desk_done(struct exchange *e)
{
	struct desk *d = e->act;
	struct replica_record now;

	if (e->err == CVN_EGONE || (d->is_behind && e->err == CVN_OK))
		return catch_up(e, d);
	if (e->err != CVN_OK)
		return exchange_fault(e, e->err, d->is_behind ? NULL : d->commit.op.fault);
	mirror_committed(e->programme, d->commit.ret_cursor);
	if (mirror_has(e->programme, d->commit.ret_cursor))
		return desk_answer(e, d->record);
	/* what stood is still there, as far as the mirror goes: the new standing may share its
	 * lists */
	now = *d->record;
	now.revision = d->ruling.revision;
	now.standing = d->ruling.standing;
	if (d->ruling.content != NULL)
		now.content = d->ruling.content;
	now.cursor = d->commit.ret_cursor;
	return desk_answer(e, &now);
}
