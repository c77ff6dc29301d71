/* exchange.c - the life of one call, in the order in which it happens.
 *
 *  authenticate > decode > authorise > catch_up.. > act.. > reply > end
 *                   any fault ------------------------------->^
 *
 *  ".."  the step may leave the loop; exchange_resume() brings it back to the same row.
 *  Nothing is ever undone: `act` is the only step that changes anything, and it is one atomic
 *  Function of the store. */
#include "flow/exchange.h"

#include <stdlib.h>
#include <string.h>

#include "flow/kinds.h"
#include "io/loop.h"
#include "ports/keyring.h"
#include "util/clock.h"
#include "util/log.h"
#include "util/trace.h"
#include "wire/frame.h"

#define DEADLINE_STANDARD_MS 10000
#define DEADLINE_MAX_MS 600000
#define DOES_NOT_READ "this key was sent more than it reads: read it first, then call again"

static enum verdict authenticate(struct exchange *e);
static enum verdict decode(struct exchange *e);
static enum verdict authorise(struct exchange *e);
static enum verdict catch_up(struct exchange *e);
static enum verdict act(struct exchange *e);
static enum verdict acted(struct exchange *e);
static enum verdict reply(struct exchange *e);
static void proceed(struct exchange *e, enum verdict v);
static void end(struct exchange *e);

#define CVN_ERR(name, value, code, class, retry, text) \
	_Static_assert(-(value) < FLOW_ERRORS, "it is counted");
#include "util/err.def"
#undef CVN_ERR

static const struct {
	const char *name;
	enum verdict (*start)(struct exchange *e);
	enum verdict (*done)(struct exchange *e); /* after WAIT; NULL: nothing to look at */
} STEPS[STEP_END] = {
	[STEP_AUTHENTICATE] = { "authenticate", authenticate, NULL },
	[STEP_DECODE] = { "decode", decode, NULL },
	[STEP_AUTHORISE] = { "authorise", authorise, NULL },
	[STEP_CATCH_UP] = { "catch_up", catch_up, NULL },
	[STEP_ACT] = { "act", act, acted },
	[STEP_REPLY] = { "reply", reply, NULL },
};

void exchange_start(struct flow *flow, const struct front_peer *peer, const uint8_t *payload,
		    size_t n, enum cvn_err frame_fault)
{
	struct exchange *e = calloc(1, sizeof *e);

	flow->counts.calls++;
	if (e == NULL)
		return; /* the client's deadline tells it */
	e->flow = flow;
	e->peer = *peer;
	e->payload = payload;
	e->n_payload = n;
	e->frame_fault = frame_fault;
	e->started_us = clock_us();
	e->deadline_ms = loop_now_ms(flow->ports->loop) + DEADLINE_STANDARD_MS;
	arena_init(&e->arena, EXCHANGE_BYTES);
	convene__v1__reply__init(&e->reply);
	list_init(&e->wait.link);
	list_push(&flow->exchanges, &e->link);
	flow->n_exchanges++;
	proceed(e, STEPS[e->step].start(e));
}

void exchange_resume(struct exchange *e, enum cvn_err err)
{
	enum verdict (*done)(struct exchange * e) = STEPS[e->step].done;

	CVN_REQUIRE(e->is_waiting);
	e->is_waiting = false;
	e->cancel = NULL;
	e->err = err;
	proceed(e, done != NULL ? done(e) : err != CVN_OK ? FAULT : NEXT);
}

static void proceed(struct exchange *e, enum verdict v)
{
	for (;;) {
		if (v == WAIT) {
			e->is_waiting = true;
			e->payload = NULL;
			return;
		}
		trace_add("exchange", e->kind != NULL ? e->kind->name : "?", STEPS[e->step].name,
			  v == NEXT ? "next" : "fault", e->err);
		if (v == FAULT && e->step < STEP_REPLY) {
			CVN_REQUIRE(e->err != CVN_OK);
			e->step = STEP_REPLY;
		} else if (++e->step == STEP_END) {
			end(e); /* e is gone */
			return;
		}
		v = STEPS[e->step].start(e);
	}
}

static bool read_varint(const uint8_t **at, const uint8_t *end, uint64_t *ret)
{
	uint64_t value = 0;

	for (unsigned shift = 0; *at < end && shift < 64; shift += 7) {
		uint8_t byte = *(*at)++;

		value |= (uint64_t)(byte & 0x7f) << shift;
		if (byte < 0x80) {
			*ret = value;
			return true;
		}
	}
	return false;
}

/* The id of a call that is refused before it was unpacked, so that its sender knows which one it
 * was; 0: not found. The id stands before the call's own fields wherever fields are written in
 * their order. */
static uint64_t peek_id(const uint8_t *at, size_t n)
{
	const uint8_t *end = at + n;
	uint64_t tag, value;

	while (read_varint(&at, end, &tag) && (tag & 7) == 0 && read_varint(&at, end, &value))
		if (tag >> 3 == 2)
			return value;
	return 0;
}

static enum verdict authenticate(struct exchange *e)
{
	const struct principal *p = keyring_find(e->flow->ports->keyring, e->peer.key);
	struct caller *c = &e->caller;

	if (e->frame_fault != CVN_OK) {
		e->refused_id = peek_id(e->payload, e->n_payload);
		return exchange_fault(e, e->frame_fault,
				      e->frame_fault == CVN_EBUSY ? DOES_NOT_READ : NULL);
	}
	if (p == NULL || (p->role & ROLES_CLIENTS) == 0)
		return exchange_fault(e, CVN_EFORBIDDEN, "the key is not known, or was revoked");
	memcpy(c->key, p->key, sizeof c->key);
	c->role = p->role;
	c->subject = arena_strdup(&e->arena, p->subject);
	c->name = arena_strdup(&e->arena, *p->name != '\0' ? p->name : role_name(p->role));
	c->disciplines = arena_array(&e->arena, p->n_disciplines + 1, sizeof *c->disciplines);
	if (c->subject == NULL || c->name == NULL || c->disciplines == NULL)
		return exchange_fault(e, CVN_ENOMEM, NULL);
	for (; c->n_disciplines < p->n_disciplines; c->n_disciplines++) {
		char *code = arena_strdup(&e->arena, p->disciplines[c->n_disciplines]);

		if (code == NULL)
			return exchange_fault(e, CVN_ENOMEM, NULL);
		c->disciplines[c->n_disciplines] = code;
	}
	return NEXT;
}

static enum verdict decode(struct exchange *e)
{
	struct frame_limits limits = FRAME_LIMITS;
	struct frame_fault fault = { 0 };
	ProtobufCMessage *message;
	const char *text = NULL;
	enum cvn_err err;

	limits.bytes = e->flow->options.limits.frame_max_bytes;
	err = frame_decode(&convene__v1__call__descriptor, e->payload, e->n_payload, &limits,
			   &e->arena, &message, &fault);
	if (err != CVN_OK) {
		e->refused_id = peek_id(e->payload, e->n_payload);
		if (fault.limit > 0)
			text = arena_printf(&e->arena, "%s (at most %zu)", fault.text, fault.limit);
		text = text != NULL ? text : fault.text;
		if (fault.path[0] != '\0')
			exchange_violation(e, fault.path, cvn_err_code(err), text);
		return exchange_fault(e, err, text);
	}
	e->call = (const Convene__V1__Call *)message;
	if (e->call->protocol != 1)
		return exchange_fault(e, CVN_EPROTOCOL, "protocol 1 is spoken here, and no other");
	if (e->call->id == 0)
		return exchange_fault(e, CVN_EMALFORMED, "a call has an id, which is not 0");
	if (e->call->has_deadline_ms) {
		int64_t ms = e->call->deadline_ms;

		if (ms <= 0)
			return exchange_fault(e, CVN_EDEADLINE,
					      "deadline_ms is the time from now on: 1 or more");
		e->deadline_ms = loop_now_ms(e->flow->ports->loop) +
				 (uint64_t)(ms > DEADLINE_MAX_MS ? DEADLINE_MAX_MS : ms);
	}
	return NEXT;
}

static enum verdict authorise(struct exchange *e)
{
	const struct kind *kind = kind_of(e->call->of_case);
	const char *id = e->call->programme;
	const struct principal *p = keyring_find(e->flow->ports->keyring, e->peer.key);

	if (kind == NULL)
		return exchange_fault(e, CVN_EUNKNOWN, "the call is empty");
	e->kind = kind;
	if ((kind->roles & e->caller.role) == 0)
		return exchange_fault(e, CVN_EFORBIDDEN, "the role of this key may not do this");
	if (e->flow->is_draining) {
		return exchange_fault(e, CVN_EUNAVAILABLE, "the daemon is stopping");
	}
	if ((kind->flags & (KIND_PROGRAMME | KIND_NEW)) != 0) {
		if (id == NULL)
			return exchange_fault(e, CVN_EPROGRAMME, "the call must name a programme");
		if (!principal_has_programme(p, id))
			return exchange_fault(e, CVN_EFORBIDDEN,
					      "the key may not speak of this programme");
		e->programme = mirror_find(e->flow->mirror, id);
		if (e->programme == NULL && (kind->flags & KIND_NEW) == 0)
			return exchange_fault(e, CVN_EPROGRAMME, NULL);
	}
	e->charge = 1;
	if (!quota_take(&e->flow->quota, e->caller.key, e->charge)) {
		e->charge = 0;
		return exchange_fault(e, CVN_EBUSY, NULL);
	}
	return NEXT;
}

static void on_waited(struct mirror_wait *wait)
{
	exchange_resume(CONTAINER_OF(wait, struct exchange, wait), CVN_OK);
}

static void cancel_wait(struct exchange *e)
{
	mirror_wait_cancel(&e->wait);
}

enum verdict exchange_wait_for(struct exchange *e, int64_t cursor)
{
	if (mirror_has(e->programme, cursor))
		return NEXT;
	e->wait.done_cb = on_waited;
	e->cancel = cancel_wait;
	mirror_wait(e->programme, cursor, &e->wait);
	return WAIT;
}

enum verdict exchange_done(struct exchange *e, int64_t cursor, int64_t changed)
{
	Convene__V1__Done *done = arena_alloc(&e->arena, sizeof *done);

	if (done == NULL)
		return exchange_fault(e, CVN_ENOMEM, NULL);
	convene__v1__done__init(done);
	done->has_cursor = cursor > 0;
	done->cursor = cursor;
	done->has_changed = 1;
	done->changed = changed;
	e->reply.of_case = CONVENE__V1__REPLY__OF_DONE;
	e->reply.done = done;
	return NEXT;
}

enum verdict exchange_committed(struct exchange *e, int64_t cursor, int64_t changed)
{
	mirror_committed(e->programme, cursor);
	if (exchange_wait_for(e, cursor) == WAIT)
		return WAIT;
	return exchange_done(e, cursor, changed);
}

static enum verdict catch_up(struct exchange *e)
{
	if ((e->kind->flags & KIND_CATCH_UP) == 0 || e->programme == NULL)
		return NEXT;
	return exchange_wait_for(e, e->programme->committed);
}

static enum verdict act(struct exchange *e)
{
	return e->kind->start(e);
}

static enum verdict acted(struct exchange *e)
{
	return e->kind->done(e);
}

static void build_problem(struct exchange *e, Convene__V1__Problem *problem)
{
	convene__v1__problem__init(problem);
	problem->code = (char *)(uintptr_t)cvn_err_code(e->err);
	problem->text = (char *)(uintptr_t)(e->text != NULL ? e->text : cvn_err_text(e->err));
	problem->violations = e->violations;
	problem->n_violations = e->n_violations;
	problem->current = e->current;
	if (cvn_err_is_retryable(e->err) && cvn_err_class(e->err) != CVN_CLASS_CLIENT) {
		problem->has_retry_after_ms = 1;
		problem->retry_after_ms = cvn_err_class(e->err) == CVN_CLASS_DEPENDENCY ?
						  RETRY_UNAVAILABLE_MS :
						  RETRY_BUSY_MS;
	}
	e->reply.of_case = CONVENE__V1__REPLY__OF_PROBLEM;
	e->reply.problem = problem;
}

static enum verdict reply(struct exchange *e)
{
	Convene__V1__Problem problem;
	struct buf packed;

	if (e->err != CVN_OK) {
		build_problem(e, &problem);
		e->flow->counts.problems[-e->err]++;
	}
	e->reply.has_protocol = e->reply.has_id = 1;
	e->reply.protocol = 1;
	e->reply.id = e->call != NULL ? e->call->id : e->refused_id;
	buf_init(&packed, EXCHANGE_BYTES);
	/* who is gone, or slow, is counted by the front: nothing is to be done about it here */
	if (frame_encode_to(&e->reply.base, &packed) == CVN_OK)
		front_reply(e->flow->ports->front, &e->peer, packed.bytes, packed.n);
	else
		LOG_ERROR("flow", "out of memory: a call is not answered", "kind",
			  e->kind != NULL ? e->kind->name : "");
	LOG_DEBUG("flow", "answered", "kind", e->kind != NULL ? e->kind->name : "", "programme",
		  e->call != NULL && e->call->programme != NULL ? e->call->programme : "", "by",
		  e->caller.name, "result", e->err == CVN_OK ? "ok" : cvn_err_code(e->err), "bytes",
		  packed.n, "us", clock_us() - e->started_us);
	buf_done(&packed);
	return NEXT;
}

static void end(struct exchange *e)
{
	quota_give_back(&e->flow->quota, e->caller.key, e->charge);
	e->flow->n_requests_claimed -= e->n_requests_claimed;
	e->flow->n_entities_claimed -= e->n_entities_claimed;
	list_drop(&e->link);
	e->flow->n_exchanges--;
	arena_done(&e->arena);
	free(e);
}

enum verdict exchange_fault(struct exchange *e, enum cvn_err err, const char *text)
{
	e->err = err;
	e->text = text;
	return FAULT;
}

void exchange_violation(struct exchange *e, const char *field, const char *code, const char *text)
{
	Convene__V1__Violation *v = arena_alloc(&e->arena, sizeof *v);

	if (e->violations == NULL)
		e->violations = arena_array(&e->arena, EXCHANGE_VIOLATIONS_MAX,
					    sizeof(Convene__V1__Violation *));
	if (e->violations == NULL || v == NULL || e->n_violations == EXCHANGE_VIOLATIONS_MAX)
		return;
	convene__v1__violation__init(v);
	v->field = arena_strdup(&e->arena, field);
	v->code = arena_strdup(&e->arena, code);
	v->text = arena_strdup(&e->arena, text);
	e->violations[e->n_violations++] = v;
}

enum verdict exchange_too_many(struct exchange *e, const char *field, uint64_t max)
{
	const char *text = arena_printf(&e->arena, "at most %llu in one call",
					(unsigned long long)max);

	if (text != NULL)
		exchange_violation(e, field, cvn_err_code(CVN_ETOOLARGE), text);
	return exchange_fault(e, CVN_ETOOLARGE, NULL);
}

/* What was committed, and the mirror has not read yet: each may be one more. */
static uint64_t n_unread(const struct mirror_programme *p)
{
	return (uint64_t)(p->committed - replica_cursor(p->replica));
}

/* Beside what stands, and what other calls have claimed. */
static bool claim(uint64_t n_stand, uint64_t n, uint64_t max, uint64_t *claimed, uint64_t *own)
{
	if (n > 0 && n_stand + *claimed + n > max)
		return false;
	*claimed += n;
	*own += n;
	return true;
}

bool exchange_claim_requests(struct exchange *e, uint64_t n)
{
	struct flow *flow = e->flow;
	const struct mirror_programme *p = e->programme;
	uint64_t max = flow->options.limits.requests_max;

	return claim(replica_count(p->replica) + n_unread(p), n,
		     max != 0 ? max : REPLICA_RECORDS_MAX, &flow->n_requests_claimed,
		     &e->n_requests_claimed);
}

bool exchange_claim_entities(struct exchange *e, uint64_t n)
{
	struct flow *flow = e->flow;
	const struct mirror_programme *p = e->programme;
	uint64_t max = flow->options.limits.entities_max, n_stand = 0;

	if (p != NULL)
		n_stand = programme_count_all(replica_programme(p->replica)) + n_unread(p);
	return claim(n_stand, n, max != 0 ? max : PROGRAMME_ENTITIES_MAX,
		     &flow->n_entities_claimed, &e->n_entities_claimed);
}

void exchange_look_at_deadlines(struct flow *flow)
{
	uint64_t now = loop_now_ms(flow->ports->loop);
	struct list_node *node, *after;

	LIST_EACH (node, after, &flow->exchanges) {
		struct exchange *e = CONTAINER_OF(node, struct exchange, link);

		if (!e->is_waiting || e->cancel == NULL || now < e->deadline_ms)
			continue;
		e->cancel(e);
		exchange_resume(e, CVN_EDEADLINE);
	}
}

void exchange_free_all(struct flow *flow)
{
	while (!list_is_empty(&flow->exchanges))
		end(CONTAINER_OF(flow->exchanges.next, struct exchange, link));
}

void *exchange_act(struct exchange *e, size_t n)
{
	e->act = arena_zalloc(&e->arena, n);
	if (e->act == NULL)
		exchange_fault(e, CVN_ENOMEM, NULL);
	return e->act;
}
