#include "cli/results.h"
#include "cli/sender.h"
#include "domain/lifecycle.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zmq.h>

#include <cmocka.h>

#define ENDPOINT "ipc://@convene-test-%d" /* an abstract socket: leaves no file */
#define REQUESTS_MAX 64
#define CALLS_MAX 512

/* A daemon that does what the beginning of a request's id says:
 *   busy…    is too busy the first time;  taken…  stands for another one;  again…  stood before
 *   mute…    is received, but nobody is told what becomes of it;  bad…  is rejected
 *   others   are received and proposed. */
struct daemon {
	char endpoint[64];
	void *zmq;
	void *router;
	pthread_t thread;
	char heard[CALLS_MAX]
		  [32]; /* ids of submits, in the order of their coming; a batch joined by + */
	size_t n_heard;
	size_t n_gets;
	bool was_busy;
};

static void reply(struct daemon *d, zmq_msg_t *to, Convene__V1__Reply *message)
{
	uint8_t bytes[4096];
	const size_t n = protobuf_c_message_pack(&message->base, bytes);
	zmq_msg_t copy;

	zmq_msg_init(&copy);
	zmq_msg_copy(&copy, to);
	zmq_msg_send(&copy, d->router, ZMQ_SNDMORE);
	zmq_send(d->router, bytes, n, 0);
}

static void say_problem(struct daemon *d, zmq_msg_t *to, uint64_t id, const char *code,
			int64_t wait_ms, const char *field)
{
	Convene__V1__Reply message = CONVENE__V1__REPLY__INIT;
	Convene__V1__Problem problem = CONVENE__V1__PROBLEM__INIT;
	Convene__V1__Violation violation = CONVENE__V1__VIOLATION__INIT,
			       *violations[] = { &violation };

	message.has_id = problem.has_retry_after_ms = 1;
	message.id = id;
	message.of_case = CONVENE__V1__REPLY__OF_PROBLEM;
	message.problem = &problem;
	problem.code = (char *)code;
	problem.retry_after_ms = wait_ms;
	if (field != NULL) {
		violation.field = (char *)field;
		violation.code = (char *)code;
		problem.n_violations = 1;
		problem.violations = violations;
	}
	reply(d, to, &message);
}

static void say_record(struct daemon *d, zmq_msg_t *to, uint64_t id, char *request)
{
	Convene__V1__Reply message = CONVENE__V1__REPLY__INIT;
	Convene__V1__Outcome outcome = CONVENE__V1__OUTCOME__INIT;
	Convene__V1__Record record = CONVENE__V1__RECORD__INIT;
	Convene__V1__Standing standing = CONVENE__V1__STANDING__INIT;
	Convene__V1__Placement placement = CONVENE__V1__PLACEMENT__INIT;
	Convene__V1__Violation violation = CONVENE__V1__VIOLATION__INIT,
			       *violations[] = { &violation };

	message.has_id = record.has_cursor = standing.has_state = 1;
	message.id = id;
	message.of_case = id == 0 ? CONVENE__V1__REPLY__OF_OUTCOME : CONVENE__V1__REPLY__OF_RECORD;
	outcome.record = &record;
	if (id == 0)
		message.outcome = &outcome;
	else
		message.record = &record;
	record.id = request;
	record.cursor = 2;
	record.standing = &standing;
	if (strncmp(request, "bad", 3) == 0) {
		standing.state = STATE_REJECTED;
		violation.field = violation.code = (char *)"KIND_UNKNOWN";
		standing.n_violations = 1;
		standing.violations = violations;
	} else {
		standing.state = STATE_PROPOSED;
		placement.venue = (char *)"v1";
		placement.first_day = (char *)"2022-01-01";
		standing.placement = &placement;
	}
	reply(d, to, &message);
}

static void say_receipts(struct daemon *d, zmq_msg_t *to, const Convene__V1__Call *call)
{
	Convene__V1__Reply message = CONVENE__V1__REPLY__INIT;
	Convene__V1__Receipts receipts = CONVENE__V1__RECEIPTS__INIT;
	Convene__V1__Receipt all[REQUESTS_MAX], *list[REQUESTS_MAX];

	for (size_t i = 0; i < call->submit->n_requests; i++) {
		convene__v1__receipt__init(&all[i]);
		all[i].request = call->submit->requests[i]->id;
		all[i].has_again = 1;
		all[i].again = strncmp(all[i].request, "again", 5) == 0;
		list[i] = &all[i];
	}
	receipts.n_receipts = call->submit->n_requests;
	receipts.receipts = list;
	message.has_id = 1;
	message.id = call->id;
	message.of_case = CONVENE__V1__REPLY__OF_RECEIPTS;
	message.receipts = &receipts;
	reply(d, to, &message);
}

static void on_submit(struct daemon *d, zmq_msg_t *from, const Convene__V1__Call *call)
{
	char *first = call->submit->requests[0]->id;
	char *heard = d->heard[d->n_heard++ % CALLS_MAX];

	for (size_t i = 0; i < call->submit->n_requests; i++)
		snprintf(heard + strlen(heard), 32 - strlen(heard), "%s%s", i > 0 ? "+" : "",
			 call->submit->requests[i]->id);
	if (strncmp(first, "busy", 4) == 0 && !d->was_busy) {
		d->was_busy = true;
		say_problem(d, from, call->id, "BUSY", 20, NULL);
	} else if (strncmp(first, "taken", 5) == 0) {
		say_problem(d, from, call->id, "ID_TAKEN", 0, "requests[0].id");
	} else {
		say_receipts(d, from, call);
		for (size_t i = 0; i < call->submit->n_requests; i++) {
			char *id = call->submit->requests[i]->id;

			if (strncmp(id, "again", 5) != 0 && strncmp(id, "mute", 4) != 0)
				say_record(d, from, 0, id);
		}
	}
}

static void *serve(void *arg)
{
	struct daemon *d = arg;

	for (;;) {
		zmq_msg_t from, payload;
		Convene__V1__Call *call;
		bool is_end;

		zmq_msg_init(&from);
		zmq_msg_init(&payload);
		zmq_msg_recv(&from, d->router, 0);
		zmq_msg_recv(&payload, d->router, 0);
		call = convene__v1__call__unpack(NULL, zmq_msg_size(&payload),
						 zmq_msg_data(&payload));
		is_end = call == NULL;
		if (call != NULL && call->of_case == CONVENE__V1__CALL__OF_SUBMIT) {
			on_submit(d, &from, call);
		} else if (call != NULL) {
			d->n_gets++;
			say_record(d, &from, call->id, call->get->request);
		}
		if (call != NULL)
			convene__v1__call__free_unpacked(call, NULL);
		zmq_msg_close(&from);
		zmq_msg_close(&payload);
		if (is_end)
			return NULL;
	}
}

/* The daemon, and what is to be sent to it. */
struct scene {
	struct daemon daemon;
	struct lanes lanes;
	struct arena arena;
	struct sender sender;
	Convene__V1__Request requests[REQUESTS_MAX];
	Convene__V1__Request *list[REQUESTS_MAX];
	const char *batches[REQUESTS_MAX];
	size_t n;
};

static int set_up(void **state)
{
	struct client_address address = { .endpoint = NULL };
	struct scene *s = calloc(1, sizeof(*s));

	assert_non_null(s);
	snprintf(s->daemon.endpoint, sizeof(s->daemon.endpoint), ENDPOINT, (int)getpid());
	address.endpoint = s->daemon.endpoint;
	s->daemon.zmq = zmq_ctx_new();
	s->daemon.router = zmq_socket(s->daemon.zmq, ZMQ_ROUTER);
	assert_int_equal(zmq_bind(s->daemon.router, s->daemon.endpoint), 0);
	assert_int_equal(pthread_create(&s->daemon.thread, NULL, serve, &s->daemon), 0);
	arena_init(&s->arena, 16 << 20);
	lanes_init(&s->lanes, s->daemon.zmq, &address, NULL);
	s->sender = (struct sender){ .programme = "p1",
				     .is_waiting = true,
				     .window = 4,
				     .patience_ms = 20000,
				     .lanes = &s->lanes,
				     .arena = &s->arena };
	*state = s;
	return 0;
}

static int tear_down(void **state)
{
	struct scene *s = *state;
	void *last = zmq_socket(s->daemon.zmq, ZMQ_DEALER);

	zmq_connect(last, s->daemon.endpoint);
	zmq_send(last, "\xff", 1, 0); /* no call: it ends */
	pthread_join(s->daemon.thread, NULL);
	zmq_close(last);
	sender_done(&s->sender);
	lanes_done(&s->lanes);
	zmq_close(s->daemon.router);
	zmq_ctx_term(s->daemon.zmq);
	arena_done(&s->arena);
	free(s);
	return 0;
}

static void wish(struct scene *s, const char *id, const char *batch)
{
	convene__v1__request__init(&s->requests[s->n]);
	s->requests[s->n].id = (char *)id;
	s->batches[s->n] = batch;
	s->list[s->n] = &s->requests[s->n];
	s->n++;
}

static enum cvn_err run(struct scene *s)
{
	return sender_run(&s->sender, s->list, s->batches, s->n);
}

static Convene__V1__State state_of(const struct scene *s, size_t i)
{
	return s->sender.sent[i].record != NULL ? s->sender.sent[i].record->standing->state :
						  STATE_NONE;
}

static void each_request_ends_with_its_outcome(void **state)
{
	struct scene *s = *state;
	char ids[40][8];

	for (size_t i = 0; i < 40; i++) {
		snprintf(ids[i], sizeof(ids[i]), "%s%zu", i % 10 == 3 ? "bad" : "r", i);
		wish(s, ids[i], NULL);
	}

	assert_int_equal(run(s), CVN_OK);

	assert_int_equal(s->sender.n_receipts, 40);
	assert_int_equal(s->sender.n_refused, 0);
	assert_int_equal(s->daemon.n_heard, 40); /* each was sent once */
	for (size_t i = 0; i < 40; i++) {
		assert_string_equal(s->daemon.heard[i], ids[i]);
		assert_int_equal(state_of(s, i), i % 10 == 3 ? STATE_REJECTED : STATE_PROPOSED);
	}
}

static void busy_is_waited_out(void **state)
{
	struct scene *s = *state;

	wish(s, "busy", NULL);
	assert_int_equal(run(s), CVN_OK);
	assert_int_equal(s->daemon.n_heard, 2);
	assert_int_equal(state_of(s, 0), STATE_PROPOSED);
}

static void a_refusal_says_what_is_wrong_with_this_request(void **state)
{
	struct scene *s = *state;
	json_t *json;

	wish(s, "taken", NULL);
	wish(s, "r1", NULL);
	assert_int_equal(run(s), CVN_OK);
	assert_int_equal(s->sender.n_refused, 1);
	assert_int_equal(s->sender.sent[0].n_violations, 1);
	assert_string_equal(s->sender.sent[0].violations[0]->field,
			    "id"); /* relative to the request */
	json = results_json(&s->sender.sent[0]);
	assert_string_equal(json_string_value(json_object_get(json, "state")), "refused");
	assert_int_equal(json_array_size(json_object_get(json, "violations")), 1);
	json_decref(json);
	json = results_json(&s->sender.sent[1]);
	assert_string_equal(json_string_value(json_object_get(json, "id")), "r1");
	assert_string_equal(json_string_value(json_object_get(json, "state")), "proposed");
	assert_non_null(json_object_get(json, "placement"));
	json_decref(json);
}

static void what_stood_before_is_asked_for(void **state)
{
	struct scene *s = *state;

	wish(s, "again1", NULL);
	wish(s, "again2", NULL);
	assert_int_equal(run(s), CVN_OK);
	assert_int_equal(s->daemon.n_gets, 2);
	assert_true(s->sender.sent[0].is_again);
	assert_int_equal(state_of(s, 1), STATE_PROPOSED);
}

static void an_outcome_that_is_not_heard_is_asked_for(void **state)
{
	struct scene *s = *state;

	wish(s, "mute", NULL);
	assert_int_equal(run(s), CVN_OK);
	assert_int_equal(s->daemon.n_gets, 1);
	assert_int_equal(state_of(s, 0), STATE_PROPOSED);
}

static void a_batch_is_one_call(void **state)
{
	struct scene *s = *state;

	wish(s, "a", "circle");
	wish(s, "x", NULL);
	wish(s, "b", "circle");
	assert_int_equal(run(s), CVN_OK);
	assert_int_equal(s->daemon.n_heard, 2);
	assert_string_equal(s->daemon.heard[0], "a+b");
	assert_int_equal(state_of(s, 0), STATE_PROPOSED);
	assert_int_equal(state_of(s, 2), STATE_PROPOSED);
}

static void a_newer_record_replaces_the_one_heard(void **state)
{
	struct scene *s = *state;
	Convene__V1__Record record = CONVENE__V1__RECORD__INIT;

	wish(s, "r1", NULL);
	assert_int_equal(run(s), CVN_OK);
	record.id = (char *)"r1";
	record.cursor = 1;
	sender_hear_record(&s->sender, &record);
	assert_ptr_not_equal(s->sender.sent[0].record, &record);
	record.cursor = 3;
	sender_hear_record(&s->sender, &record);
	assert_ptr_equal(s->sender.sent[0].record, &record);
}

static void receipts_are_enough_where_nobody_waits(void **state)
{
	struct scene *s = *state;

	s->sender.is_waiting = false;
	wish(s, "mute", NULL);
	assert_int_equal(run(s), CVN_OK);
	assert_true(s->sender.sent[0].has_receipt);
	assert_null(s->sender.sent[0].record);
	assert_int_equal(s->daemon.n_gets, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(each_request_ends_with_its_outcome, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(busy_is_waited_out, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_refusal_says_what_is_wrong_with_this_request,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_stood_before_is_asked_for, set_up, tear_down),
		cmocka_unit_test_setup_teardown(an_outcome_that_is_not_heard_is_asked_for, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_batch_is_one_call, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_newer_record_replaces_the_one_heard, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(receipts_are_enough_where_nobody_waits, set_up,
						tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
