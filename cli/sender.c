/* In order of time: sender_run -> connect_all -> fill -> start_call -> hear -> on_reply ->
 * on_receipts, on_refusal, on_record -> look */
#include "cli/sender.h"
#include "domain/lifecycle.h"
#include "util/clock.h"
#include "wire/frame.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>
#include <zmq.h>

#define ANSWER_MS 5000  /* past it a call is sent again */
#define OUTCOME_MS 2000 /* past it an outcome is asked for */
#define RETRY_MS 100    /* where a Problem names no time */
#define RETRY_MAX_MS 5000
#define REPLIES_PER_TURN 64 /* of one connection */
#define LOOK_MS 250         /* between two looks at what is late */

/* A call under way, or waiting to be sent again. */
struct call {
	struct lane *lane;     /* while it is under way */
	struct parcel *parcel; /* submit; NULL: a get ... */
	struct sent *asked;    /* ... of this one */
	uint64_t id;           /* 0: not under way */
	uint64_t due_ms;       /* when to send it (again) */
	unsigned lives;        /* of its connection, when it was sent */
};

/* The last request with this id. */
struct known {
	struct sent *last;
	UT_hash_handle hh;
};

static enum cvn_err prepare(struct sender *s, Convene__V1__Request *const *requests,
			    const char *const *batches);
static enum cvn_err connect_all(struct sender *s);
static enum cvn_err fill(struct sender *s);
static enum cvn_err start_call(struct sender *s, struct call *call);
static enum cvn_err hear(struct sender *s);
static enum cvn_err on_reply(struct sender *s, struct lane *lane, const Convene__V1__Reply *reply);
static void on_receipts(struct sender *s, const struct parcel *parcel,
			const Convene__V1__Receipts *receipts);
static enum cvn_err on_refusal(struct sender *s, const struct parcel *parcel,
			       const Convene__V1__Problem *problem);
static enum cvn_err on_record(struct sender *s, struct sent *sent,
			      const Convene__V1__Record *record);
static enum cvn_err look(struct sender *s);

enum cvn_err sender_run(struct sender *s, Convene__V1__Request *const *requests,
			const char *const *batches, size_t n)
{
	enum cvn_err err;

	CVN_REQUIRE(s->window >= 1 && s->window <= SENDER_WINDOW_MAX);
	s->n = n;
	arena_init(&s->scratch, FRAME_LIMITS_PAGE.bytes * 16);
	s->calls = calloc(s->window, sizeof(*s->calls));
	err = s->calls != NULL ? prepare(s, requests, batches) : CVN_ENOMEM;
	if (err == CVN_OK)
		err = connect_all(s);
	s->moved_ms = clock_ms();
	while (err == CVN_OK && s->n_done < s->n) {
		err = fill(s);
		if (err == CVN_OK)
			err = hear(s);
		if (err == CVN_OK && clock_ms() - s->looked_ms >= LOOK_MS)
			err = look(s);
		if (s->on_progress != NULL)
			s->on_progress(s, s->arg);
	}
	return err;
}

/* Requests by id; those with one id hang together, since an outcome names no more than that. */
static enum cvn_err index_ids(struct sender *s)
{
	for (size_t i = 0; i < s->n; i++) {
		const char *id = s->sent[i].request->id;
		struct known *known = NULL;

		if (id == NULL)
			continue;
		HASH_FIND_STR(s->known, id, known);
		if (known == NULL) {
			known = calloc(1, sizeof(*known));
			if (known == NULL)
				return CVN_ENOMEM;
			HASH_ADD_KEYPTR(hh, s->known, id, strlen(id), known);
		}
		s->sent[i].same_id = known->last;
		known->last = &s->sent[i];
	}
	return CVN_OK;
}

static enum cvn_err prepare(struct sender *s, Convene__V1__Request *const *requests,
			    const char *const *batches)
{
	enum cvn_err err;

	s->sent = arena_array(s->arena, s->n + 1, sizeof(*s->sent));
	s->asks = arena_array(s->arena, s->n + 1, sizeof(struct sent *));
	if (s->sent == NULL || s->asks == NULL)
		return CVN_ENOMEM;
	for (size_t i = 0; i < s->n; i++)
		s->sent[i].request = requests[i];
	err = order_init(&s->order, s->arena, requests, batches, s->n);
	return err == CVN_OK ? index_ids(s) : err;
}

/* Opens the connections and waits for their handshakes, so that the order of the file is not that
 * of who happens to connect first. What does not come to stand shows later. */
static enum cvn_err connect_all(struct sender *s)
{
	const uint64_t end_ms = clock_ms() + CLIENT_CONNECT_MS;
	enum cvn_err err = CVN_OK;
	size_t n_busy;

	for (size_t p = 0; p < s->order.n_parcels && s->lanes->n < LANES_MAX && err == CVN_OK;
	     p++) {
		const struct parcel *parcel = &s->order.parcels[p];
		struct lane *lane;

		err = lanes_take(s->lanes, s->sent[parcel->requests[0]].request, parcel->is_batch,
				 &lane);
	}
	do {
		n_busy = 0;
		for (size_t i = 0; i < s->lanes->n; i++)
			n_busy += client_state(s->lanes->lane[i].client) == CVN_EBUSY;
		if (n_busy > 0)
			zmq_poll(NULL, 0, 1);
	} while (n_busy > 0 && clock_ms() < end_ms);
	return err;
}

static void done(struct sender *s, struct sent *sent)
{
	if (sent->is_done)
		return;
	sent->is_done = true;
	sent->ask_ms = 0;
	s->n_done++;
	s->moved_ms = clock_ms();
}

/* Asks for its outcome as soon as the window allows. */
static void ask(struct sender *s, struct sent *sent)
{
	if (sent->is_asking)
		return;
	sent->is_asking = true;
	s->asks[(s->asks_at + s->n_asks++) % (s->n + 1)] = sent;
}

/* The next thing to send: an outcome to ask for goes before a new request. False: nothing now. */
static bool next_call(struct sender *s, struct call *ret)
{
	*ret = (struct call){ .due_ms = 0 };
	if (s->n_asks > 0) {
		ret->asked = s->asks[s->asks_at];
		s->asks_at = (s->asks_at + 1) % (s->n + 1);
		s->n_asks--;
		return true;
	}
	ret->parcel = order_next(&s->order);
	return ret->parcel != NULL;
}

static enum cvn_err fill(struct sender *s)
{
	const uint64_t now_ms = clock_ms();
	enum cvn_err err = CVN_OK;

	for (size_t i = 0; i < s->n_calls && err == CVN_OK; i++) {
		if (s->calls[i].id == 0 && s->calls[i].due_ms <= now_ms)
			err = start_call(s, &s->calls[i]);
	}
	while (err == CVN_OK && s->n_calls < s->window && next_call(s, &s->calls[s->n_calls]))
		err = start_call(s, &s->calls[s->n_calls++]);
	return err;
}

static enum cvn_err send_submit(struct sender *s, struct call *call, uint64_t *ret_id)
{
	Convene__V1__Call message = CONVENE__V1__CALL__INIT;
	Convene__V1__Submit submit = CONVENE__V1__SUBMIT__INIT;
	Convene__V1__Request **requests =
		arena_array(&s->scratch, call->parcel->n, sizeof(*requests));

	if (requests == NULL)
		return CVN_ENOMEM;
	for (size_t i = 0; i < call->parcel->n; i++)
		requests[i] = (Convene__V1__Request *)s->sent[call->parcel->requests[i]].request;
	submit.n_requests = call->parcel->n;
	submit.requests = requests;
	message.programme = (char *)s->programme;
	message.of_case = CONVENE__V1__CALL__OF_SUBMIT;
	message.submit = &submit;
	return client_send(call->lane->client, &message, ANSWER_MS, ret_id);
}

static enum cvn_err send_get(struct sender *s, struct call *call, uint64_t *ret_id)
{
	Convene__V1__Call message = CONVENE__V1__CALL__INIT;
	Convene__V1__Get get = CONVENE__V1__GET__INIT;

	get.request = call->asked->request->id;
	message.programme = (char *)s->programme;
	message.of_case = CONVENE__V1__CALL__OF_GET;
	message.get = &get;
	return client_send(call->lane->client, &message, ANSWER_MS, ret_id);
}

/* Sends it; where that is not possible now, it stays to be sent a little later. */
static enum cvn_err start_call(struct sender *s, struct call *call)
{
	const struct sent *first =
		call->parcel != NULL ? &s->sent[call->parcel->requests[0]] : call->asked;
	const bool is_batch = call->parcel != NULL && call->parcel->is_batch;
	enum cvn_err err = lanes_take(s->lanes, first->request, is_batch, &call->lane);
	uint64_t id;

	if (err == CVN_OK)
		err = call->parcel != NULL ? send_submit(s, call, &id) : send_get(s, call, &id);
	arena_reset(&s->scratch);
	if (err == CVN_EBUSY) {
		call->due_ms = clock_ms() + RETRY_MS;
		return CVN_OK;
	}
	if (err != CVN_OK)
		return err;
	call->id = id;
	call->lives = client_lives(call->lane->client);
	call->due_ms = clock_ms() + ANSWER_MS;
	call->lane->n_calls++;
	return CVN_OK;
}

/* It is not under way any more, and may be sent again at `due_ms`. */
static void rest_call(struct call *call, uint64_t due_ms)
{
	call->lane->n_calls--;
	call->id = 0;
	call->due_ms = due_ms;
}

static void end_call(struct sender *s, struct call *call)
{
	if (call->id != 0)
		rest_call(call, 0);
	if (call->parcel != NULL)
		order_done(&s->order, call->parcel);
	else
		call->asked->is_asking = false;
	*call = s->calls[--s->n_calls];
}

static enum cvn_err hear_lane(struct sender *s, struct lane *lane)
{
	for (int i = 0; i < REPLIES_PER_TURN; i++) {
		Convene__V1__Reply *reply = NULL;
		enum cvn_err err = client_receive(lane->client, &s->scratch, &reply);

		if (err == CVN_OK && reply == NULL)
			return CVN_OK;
		if (err == CVN_OK)
			err = on_reply(s, lane, reply);
		arena_reset(&s->scratch);
		if (err != CVN_OK)
			return err;
	}
	return CVN_OK;
}

static enum cvn_err hear(struct sender *s)
{
	zmq_pollitem_t items[LANES_MAX];
	const size_t n = s->lanes->n;
	enum cvn_err err = CVN_OK;

	for (size_t i = 0; i < n; i++)
		items[i] = (zmq_pollitem_t){ .socket = client_socket(s->lanes->lane[i].client),
					     .events = ZMQ_POLLIN };
	zmq_poll(items, (int)n, RETRY_MS / 2);
	for (size_t i = 0; i < n && err == CVN_OK; i++) {
		if ((items[i].revents & ZMQ_POLLIN) != 0)
			err = hear_lane(s, &s->lanes->lane[i]);
	}
	return err;
}

/* When a Problem asks to try again; 0: it is final. */
static uint64_t again_at(const Convene__V1__Problem *problem)
{
	static const char *const RETRYABLE[] = { "BUSY", "UNAVAILABLE", "DEADLINE" };
	uint64_t wait_ms = RETRY_MS;

	if (problem->has_retry_after_ms && problem->retry_after_ms > 0)
		wait_ms = problem->retry_after_ms < RETRY_MAX_MS ?
				  (uint64_t)problem->retry_after_ms :
				  RETRY_MAX_MS;
	for (size_t i = 0; i < N_ELEMENTS(RETRYABLE); i++) {
		if (problem->code != NULL && strcmp(problem->code, RETRYABLE[i]) == 0)
			return clock_ms() + wait_ms;
	}
	return 0;
}

static enum cvn_err on_outcome(struct sender *s, const Convene__V1__Record *record)
{
	struct known *known = NULL;
	enum cvn_err err = CVN_OK;

	if (!s->is_waiting || record == NULL || record->id == NULL)
		return CVN_OK;
	HASH_FIND_STR(s->known, record->id, known);
	for (struct sent *x = known != NULL ? known->last : NULL; x != NULL && err == CVN_OK;
	     x = x->same_id) {
		if (x->has_receipt)
			err = on_record(s, x, record);
	}
	return err;
}

static enum cvn_err on_answer(struct sender *s, struct call *call, const Convene__V1__Reply *reply)
{
	uint64_t due_ms = 0;
	enum cvn_err err = CVN_OK;

	if (reply->of_case == CONVENE__V1__REPLY__OF_PROBLEM)
		due_ms = again_at(reply->problem);
	if (due_ms != 0) {
		rest_call(call, due_ms);
		return CVN_OK;
	}
	if (call->parcel != NULL && reply->of_case == CONVENE__V1__REPLY__OF_RECEIPTS)
		on_receipts(s, call->parcel, reply->receipts);
	else if (call->parcel != NULL && reply->of_case == CONVENE__V1__REPLY__OF_PROBLEM)
		err = on_refusal(s, call->parcel, reply->problem);
	else if (call->parcel == NULL && reply->of_case == CONVENE__V1__REPLY__OF_RECORD)
		err = on_record(s, call->asked, reply->record);
	else if (call->parcel == NULL && reply->of_case == CONVENE__V1__REPLY__OF_PROBLEM)
		done(s, call->asked); /* taken in, but not for these eyes */
	else
		err = CVN_EPROTOCOL;
	end_call(s, call);
	return err;
}

static enum cvn_err on_reply(struct sender *s, struct lane *lane, const Convene__V1__Reply *reply)
{
	if (reply->of_case == CONVENE__V1__REPLY__OF_OUTCOME)
		return on_outcome(s, reply->outcome->record);
	for (size_t i = 0; i < s->n_calls; i++) {
		if (s->calls[i].lane == lane && s->calls[i].id != 0 && s->calls[i].id == reply->id)
			return on_answer(s, &s->calls[i], reply);
	}
	return CVN_OK; /* of a call that was given up, and sent again */
}

static void on_receipts(struct sender *s, const struct parcel *parcel,
			const Convene__V1__Receipts *receipts)
{
	for (size_t i = 0; i < parcel->n; i++) {
		struct sent *sent = &s->sent[parcel->requests[i]];

		sent->has_receipt = true;
		sent->is_again = i < receipts->n_receipts && receipts->receipts[i]->again;
		s->n_receipts++;
		s->moved_ms = clock_ms();
		if (!s->is_waiting)
			done(s, sent);
		else if (sent->is_again)
			ask(s, sent); /* decided before, perhaps: nothing will come by itself */
		else
			sent->ask_ms = s->moved_ms + OUTCOME_MS;
	}
}

/* The violation's path below `requests[index]`, or as it is where the call was about this request
 * alone; NULL: it is about another one. */
static const char *path_within(const char *path, size_t index, size_t n)
{
	char prefix[32];
	const int length = snprintf(prefix, sizeof(prefix), "requests[%zu]", index);

	if (path == NULL || strncmp(path, "requests[", 9) != 0)
		return n == 1 ? (path != NULL ? path : "") : NULL;
	if (strncmp(path, prefix, (size_t)length) != 0)
		return NULL;
	path += length;
	return path[0] == '.' ? path + 1 : path;
}

static enum cvn_err add_violation(struct sender *s, struct sent *sent, const char *field,
				  const char *code, const char *text)
{
	Convene__V1__Violation *v = arena_alloc(s->arena, sizeof(*v));

	if (v == NULL)
		return CVN_ENOMEM;
	convene__v1__violation__init(v);
	v->field = arena_strdup(s->arena, field);
	v->code = arena_strdup(s->arena, code != NULL ? code : "");
	v->text = arena_strdup(s->arena, text != NULL ? text : "");
	sent->violations[sent->n_violations++] = v;
	return v->field != NULL && v->code != NULL && v->text != NULL ? CVN_OK : CVN_ENOMEM;
}

static enum cvn_err refuse_one(struct sender *s, struct sent *sent, size_t index, size_t n,
			       const Convene__V1__Problem *problem)
{
	enum cvn_err err = CVN_OK;

	sent->violations =
		arena_array(s->arena, problem->n_violations + 1, sizeof(Convene__V1__Violation *));
	if (sent->violations == NULL)
		return CVN_ENOMEM;
	for (size_t i = 0; i < problem->n_violations && err == CVN_OK; i++) {
		const Convene__V1__Violation *v = problem->violations[i];
		const char *field = path_within(v->field, index, n);

		if (field != NULL)
			err = add_violation(s, sent, field, v->code, v->text);
	}
	if (err == CVN_OK && sent->n_violations == 0)
		err = add_violation(s, sent, "", problem->code, problem->text);
	s->n_refused++;
	done(s, sent);
	return err;
}

static enum cvn_err on_refusal(struct sender *s, const struct parcel *parcel,
			       const Convene__V1__Problem *problem)
{
	ProtobufCMessage *copy;
	enum cvn_err err = frame_copy(&problem->base, s->arena, &copy);

	for (size_t i = 0; i < parcel->n && err == CVN_OK; i++) {
		s->sent[parcel->requests[i]].problem = (const Convene__V1__Problem *)copy;
		err = refuse_one(s, &s->sent[parcel->requests[i]], i, parcel->n, problem);
	}
	return err;
}

static enum cvn_err on_record(struct sender *s, struct sent *sent,
			      const Convene__V1__Record *record)
{
	ProtobufCMessage *copy;
	enum cvn_err err;

	if (record->standing == NULL || !lifecycle_is_resting(record->standing->state)) {
		sent->ask_ms = clock_ms() + OUTCOME_MS;
		return CVN_OK;
	}
	if (sent->record != NULL && sent->record->cursor >= record->cursor)
		return CVN_OK;
	err = frame_copy(&record->base, s->arena, &copy);
	if (err != CVN_OK)
		return err;
	sent->record = (const Convene__V1__Record *)copy;
	if (!sent->is_done)
		done(s, sent);
	return CVN_OK;
}

/* The daemon does not take this connection's key: what was to be sent over it is refused. */
static enum cvn_err refuse_lane(struct sender *s, const struct lane *lane)
{
	Convene__V1__Problem problem = CONVENE__V1__PROBLEM__INIT;
	enum cvn_err err = CVN_OK;

	problem.code = (char *)cvn_err_code(CVN_EFORBIDDEN);
	problem.text = (char *)"the daemon does not know this key";
	for (size_t i = 0; i < s->n_calls && err == CVN_OK;) {
		struct call *call = &s->calls[i];

		if (call->id == 0 || call->lane != lane) {
			i++;
			continue;
		}
		if (call->parcel != NULL)
			err = on_refusal(s, call->parcel, &problem);
		else
			done(s, call->asked);
		end_call(s, call);
	}
	return err;
}

/* Looks for what is late: answers, outcomes, and everything. */
static enum cvn_err look(struct sender *s)
{
	const uint64_t now_ms = s->looked_ms = clock_ms();
	enum cvn_err err = CVN_OK;

	for (size_t i = 0; i < s->lanes->n && err == CVN_OK; i++) {
		const enum cvn_err state = client_state(s->lanes->lane[i].client);

		if (state == CVN_EFORBIDDEN)
			err = refuse_lane(s, &s->lanes->lane[i]);
		else if (state == CVN_EUNAVAILABLE && s->n_receipts + s->n_refused == 0)
			err = state;
	}
	for (size_t i = 0; i < s->n_calls; i++) {
		struct call *call = &s->calls[i];

		if (call->id != 0 &&
		    (call->due_ms <= now_ms || client_was_lost(call->lane->client, call->lives)))
			rest_call(call, now_ms);
	}
	for (size_t i = 0; i < s->n; i++) {
		if (s->sent[i].ask_ms != 0 && s->sent[i].ask_ms <= now_ms)
			ask(s, &s->sent[i]);
	}
	if (err == CVN_OK && now_ms - s->moved_ms > (uint64_t)s->patience_ms)
		err = CVN_EDEADLINE;
	return err;
}

void sender_hear_record(struct sender *s, const Convene__V1__Record *record)
{
	struct known *known = NULL;

	if (record->id != NULL)
		HASH_FIND_STR(s->known, record->id, known);
	for (struct sent *x = known != NULL ? known->last : NULL; x != NULL; x = x->same_id) {
		if (x->has_receipt && (x->record == NULL || x->record->cursor < record->cursor))
			x->record = record;
	}
}

void sender_done(struct sender *s)
{
	struct known *known, *after;

	HASH_ITER (hh, s->known, known, after) {
		HASH_DEL(s->known, known);
		free(known);
	}
	free(s->calls);
	arena_done(&s->scratch);
}
