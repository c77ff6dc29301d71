/* One call after the other over a scripted world: whatever happens at whichever step, there is one
 * reply, and the moves are those of the table. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fakes.h"
#include "util/trace.h"

static Convene__V1__Call *submit(const char *const *ids, size_t n)
{
	static Convene__V1__Call call;
	static Convene__V1__Submit body;
	static Convene__V1__Request requests[8];
	static Convene__V1__Request *list[8];

	convene__v1__call__init(&call);
	convene__v1__submit__init(&body);
	for (size_t i = 0; i < n; i++) {
		requests[i] = *fakes_request(ids[i]);
		list[i] = &requests[i];
	}
	body.requests = list;
	body.n_requests = n;
	call.of_case = CONVENE__V1__CALL__OF_SUBMIT;
	call.submit = &body;
	return &call;
}

static Convene__V1__Call *submit_one(const char *id)
{
	return submit(&id, 1);
}

static Convene__V1__Call *get(const char *id)
{
	static Convene__V1__Call call;
	static Convene__V1__Get body;

	convene__v1__call__init(&call);
	convene__v1__get__init(&body);
	body.request = (char *)(uintptr_t)id;
	call.of_case = CONVENE__V1__CALL__OF_GET;
	call.get = &body;
	return &call;
}

static Convene__V1__Call *hello(void)
{
	static Convene__V1__Call call;
	static Convene__V1__Hello body;

	convene__v1__call__init(&call);
	convene__v1__hello__init(&body);
	call.of_case = CONVENE__V1__CALL__OF_HELLO;
	call.hello = &body;
	return &call;
}

/* The store takes what waits for it: new, at the next cursors. */
static void admit(struct fakes *f)
{
	struct store_admit *a = CONTAINER_OF(fakes_take(f, "admit"), struct store_admit, op);

	for (size_t i = 0; i < a->n_items; i++) {
		a->items[i].ret_admission = STORE_NEW;
		a->items[i].ret_revision = 1;
		a->items[i].ret_cursor = f->cursor + 1 + (int64_t)i;
		a->items[i].ret_state = STATE_RECEIVED;
	}
	fakes_finish(&a->op, CVN_OK);
}

static void a_key_that_nobody_holds_is_refused_before_anything_is_read(void **state)
{
	struct fakes *f = *state;

	fakes_call(f, "nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn", submit_one("r1"));

	fakes_problem(f, "FORBIDDEN");
	assert_string_equal(fakes_trace("exchange"), "authenticate! reply ");
	assert_int_equal(f->n_ops, 0);
}

static void frames_that_are_no_message_are_answered(void **state)
{
	struct fakes *f = *state;

	fakes_call_bytes(f, FEDERATION_KEY, (const uint8_t *)"", 0, CVN_EFRAMES);
	fakes_problem(f, "BAD_FRAMES");
	fakes_call_bytes(f, FEDERATION_KEY, (const uint8_t *)"\xff\xff\xff", 3, CVN_OK);

	fakes_problem(f, "MALFORMED");
	assert_string_equal(fakes_trace("exchange"), "authenticate! reply authenticate decode! reply ");
}

static void what_cannot_be_decoded_is_answered_with_its_id(void **state)
{
	/* protocol 1, id 300, then a field 99 that nobody knows */
	static const uint8_t BYTES[] = { 0x08, 1, 0x10, 0xac, 0x02, 0x98, 0x06, 1 };
	struct fakes *f = *state;
	const Convene__V1__Reply *reply;

	fakes_call_bytes(f, FEDERATION_KEY, BYTES, sizeof BYTES, CVN_OK);

	reply = fakes_reply(f);
	assert_int_equal(reply->of_case, CONVENE__V1__REPLY__OF_PROBLEM);
	assert_string_equal(reply->problem->code, "UNKNOWN_MESSAGE");
	assert_int_equal(reply->id, 300);
}

static void who_does_not_read_hears_busy_before_anything_is_read(void **state)
{
	static const uint8_t BYTES[] = { 0x08, 1, 0x10, 0xac, 0x02 }; /* id 300 */
	struct fakes *f = *state;
	const Convene__V1__Reply *reply;

	fakes_call_bytes(f, FEDERATION_KEY, BYTES, sizeof BYTES, CVN_EBUSY);

	reply = fakes_reply(f);
	assert_string_equal(reply->problem->code, "BUSY");
	assert_true(reply->problem->retry_after_ms > 0);
	assert_int_equal(reply->id, 300);
	assert_string_equal(fakes_trace("exchange"), "authenticate! reply ");
}

static void another_protocol_is_refused(void **state)
{
	struct fakes *f = *state;
	Convene__V1__Call *call = hello();

	call->protocol = 2;
	fakes_call(f, FEDERATION_KEY, call);

	fakes_problem(f, "PROTOCOL_VERSION");
}

static void a_role_that_may_not_and_a_programme_that_is_not_are_refused(void **state)
{
	struct fakes *f = *state;
	Convene__V1__Call *call = submit_one("r1");

	fakes_call(f, OBSERVER_KEY, call);
	fakes_problem(f, "FORBIDDEN");
	call->programme = (char *)"elsewhere";
	fakes_call(f, FEDERATION_KEY, call);
	fakes_problem(f, "UNKNOWN_PROGRAMME");

	assert_string_equal(fakes_trace("exchange"), "authenticate decode authorise! reply "
						     "authenticate decode authorise! reply ");
	assert_int_equal(f->n_ops, 0);
}

static void a_federation_that_speaks_for_another_is_refused(void **state)
{
	struct fakes *f = *state;

	fakes_call(f, OTHER_KEY, submit_one("r1")); /* which is AAA-SWM's */

	assert_string_equal(fakes_problem(f, "FORBIDDEN")->violations[0]->field, "federation");
	assert_int_equal(f->n_ops, 0);
}

static void a_receipt_is_given_only_when_the_store_has_it(void **state)
{
	struct fakes *f = *state;
	const Convene__V1__Reply *reply;

	fakes_call(f, FEDERATION_KEY, submit_one("r1"));
	assert_int_equal(f->n_replies, 0);
	admit(f);

	reply = fakes_reply(f);
	assert_int_equal(reply->of_case, CONVENE__V1__REPLY__OF_RECEIPTS);
	assert_int_equal(reply->id, 7);
	assert_string_equal(reply->receipts->receipts[0]->request, "r1");
	assert_int_equal(reply->receipts->receipts[0]->cursor, 9);
	assert_false(reply->receipts->receipts[0]->again);
	assert_string_equal(fakes_trace("exchange"),
			    "authenticate decode authorise catch_up act reply ");
}

static void what_the_store_refuses_at_once_becomes_one_problem(void **state)
{
	struct fakes *f = *state;
	const Convene__V1__Problem *problem;

	f->store_refuses = CVN_EUNAVAILABLE;
	fakes_call(f, FEDERATION_KEY, submit_one("r1"));

	problem = fakes_problem(f, "UNAVAILABLE");
	assert_true(problem->retry_after_ms > 0);
	assert_string_equal(fakes_trace("exchange"),
			    "authenticate decode authorise catch_up act! reply ");
	assert_int_equal(flow_n_in_flight(f->flow), 0);
}

static void what_the_store_reports_later_becomes_one_problem(void **state)
{
	static const struct {
		enum cvn_err err;
		const char *code;
	} CASES[] = { { CVN_EDEADLINE, "DEADLINE" },
		      { CVN_EUNAVAILABLE, "UNAVAILABLE" },
		      { CVN_ECLOSED, "PROGRAMME_CLOSED" },
		      { CVN_EBUG, "INTERNAL" } };
	struct fakes *f = *state;

	for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
		fakes_call(f, FEDERATION_KEY, submit_one("r1"));
		fakes_finish(fakes_take(f, "admit"), CASES[i].err);

		fakes_problem(f, CASES[i].code);
		assert_int_equal(flow_n_in_flight(f->flow), 0);
	}
}

static void an_id_that_is_taken_is_named(void **state)
{
	static const char *const IDS[] = { "r1", "r2" };
	struct fakes *f = *state;
	struct store_admit *a;
	const Convene__V1__Problem *problem;

	fakes_call(f, FEDERATION_KEY, submit(IDS, 2));
	a = CONTAINER_OF(fakes_take(f, "admit"), struct store_admit, op);
	a->items[0].ret_admission = STORE_NEW;
	a->items[1].ret_admission = STORE_TAKEN;
	fakes_finish(&a->op, CVN_EIDTAKEN);

	problem = fakes_problem(f, "ID_TAKEN");
	assert_int_equal(problem->n_violations, 1);
	assert_string_equal(problem->violations[0]->field, "requests[1].id");
	assert_string_equal(problem->violations[0]->code, "ID_TAKEN");
	assert_int_equal(flow_n_in_flight(f->flow), 0);
}

static void ids_that_must_not_reach_a_key_never_do(void **state)
{
	struct fakes *f = *state;
	const Convene__V1__Problem *problem;

	fakes_call(f, FEDERATION_KEY, submit_one("r1}:evil"));

	problem = fakes_problem(f, "INVALID");
	assert_string_equal(problem->violations[0]->field, "id");
	assert_string_equal(problem->violations[0]->code, "ID_INVALID");
	assert_int_equal(f->n_ops, 0);
}

static void one_id_twice_in_a_call_is_refused(void **state)
{
	static const char *const IDS[] = { "r1", "r1" };
	struct fakes *f = *state;

	fakes_call(f, FEDERATION_KEY, submit(IDS, 2));

	fakes_problem(f, "ID_TAKEN");
	assert_int_equal(f->n_ops, 0);
}

static void more_requests_than_a_call_may_hold_are_refused(void **state)
{
	static const char *const IDS[] = { "r1", "r2", "r3", "r4" };
	struct fakes *f = *state;
	const Convene__V1__Problem *problem;

	fakes_call(f, FEDERATION_KEY, submit(IDS, 4));

	problem = fakes_problem(f, "TOO_LARGE");
	assert_string_equal(problem->violations[0]->field, "requests");
	assert_string_equal(problem->violations[0]->text, "at most 3 in one call");
}

static void what_is_over_a_limit_is_told_the_limit(void **state)
{
	struct fakes *f = *state;
	Convene__V1__Call *call = submit_one("r1");
	char title[8194];
	const Convene__V1__Problem *problem;

	memset(title, 'x', sizeof title - 1);
	title[sizeof title - 1] = '\0';
	call->submit->requests[0]->note = title;
	fakes_call(f, FEDERATION_KEY, call);

	problem = fakes_problem(f, "TOO_LARGE");
	assert_string_equal(problem->violations[0]->field, "submit.requests[0].note");
	assert_non_null(strstr(problem->violations[0]->text, "(at most 8192)"));
}

/* Replicas could not hold more: committed, it would end every daemon that reads it. */
static void a_full_programme_takes_no_more(void **state)
{
	struct fakes *f = *state;
	Convene__V1__Call call = CONVENE__V1__CALL__INIT;
	Convene__V1__Put put = CONVENE__V1__PUT__INIT;
	Convene__V1__City cities[3];
	Convene__V1__Entity entities[3], *list[3];
	char ids[14][16];

	for (int i = 0; i < 14; i++) {
		snprintf(ids[i], sizeof ids[i], "old%d", i);
		fakes_log(f, ids[i], 1, fakes_request(ids[i]), fakes_standing(STATE_WAITLISTED));
	}
	fakes_call(f, FEDERATION_KEY, submit_one("r1")); /* 14 of 16 stand */
	admit(f);
	assert_int_equal(fakes_reply(f)->of_case, CONVENE__V1__REPLY__OF_RECEIPTS);
	fakes_call(f, FEDERATION_KEY, submit_one("r2")); /* the mirror has not read of r1 yet */
	fakes_call(f, FEDERATION_KEY, submit_one("r3")); /* the store has not taken r2 yet */
	fakes_problem(f, "TOO_LARGE");
	admit(f);
	assert_int_equal(fakes_reply(f)->of_case, CONVENE__V1__REPLY__OF_RECEIPTS);
	fakes_log(f, "r1", 1, fakes_request("r1"), fakes_standing(STATE_WAITLISTED));
	fakes_log(f, "r2", 1, fakes_request("r2"), fakes_standing(STATE_WAITLISTED));
	f->n_replies = 0; /* their outcomes */
	fakes_call(f, FEDERATION_KEY, submit_one("old1")); /* which stands already */
	admit(f);
	assert_int_equal(fakes_reply(f)->of_case, CONVENE__V1__REPLY__OF_RECEIPTS);
	fakes_log(f, "old1", 1, fakes_request("old1"), fakes_standing(STATE_WAITLISTED));
	f->n_replies = 0;
	fakes_call(f, FEDERATION_KEY, submit_one("r3"));
	fakes_problem(f, "TOO_LARGE");

	for (int i = 0; i < 3; i++) {
		snprintf(ids[i], sizeof ids[i], "c%d", i);
		convene__v1__city__init(&cities[i]);
		convene__v1__entity__init(&entities[i]);
		cities[i].id = ids[i];
		cities[i].noc = (char *)"AAA";
		entities[i].of_case = CONVENE__V1__ENTITY__OF_CITY;
		entities[i].city = &cities[i];
		list[i] = &entities[i];
	}
	put.entities = list;
	put.n_entities = 3;
	call.of_case = CONVENE__V1__CALL__OF_PUT;
	call.put = &put;
	fakes_call(f, COMMITTEE_KEY, &call); /* 7 stand */
	assert_int_equal(f->n_replies, 0);
	fakes_finish(fakes_take(f, "put"), CVN_EUNAVAILABLE);
	fakes_problem(f, "UNAVAILABLE");
	flow_set_limits(f->flow, &(struct flow_limits){ .in_flight_per_principal = 4,
							.in_flight_max = 6,
							.batch_max = 3,
							.frame_max_bytes = 65536,
							.entities_max = 9 });
	fakes_call(f, COMMITTEE_KEY, &call);

	fakes_problem(f, "TOO_LARGE");
}

/* An empty page would have the client ask for ever. */
static void a_cursor_below_0_is_refused_with_its_field(void **state)
{
	struct fakes *f = *state;
	Convene__V1__Call call = CONVENE__V1__CALL__INIT;
	Convene__V1__Replay replay = CONVENE__V1__REPLAY__INIT;
	Convene__V1__Audit audit = CONVENE__V1__AUDIT__INIT;

	call.of_case = CONVENE__V1__CALL__OF_REPLAY;
	call.replay = &replay;
	replay.has_after = 1;
	replay.after = -1;
	fakes_call(f, OBSERVER_KEY, &call);
	assert_string_equal(fakes_problem(f, "INVALID")->violations[0]->field, "after");
	call.of_case = CONVENE__V1__CALL__OF_AUDIT;
	call.audit = &audit;
	audit.has_limit = 1;
	audit.limit = -1;
	fakes_call(f, OBSERVER_KEY, &call);

	assert_string_equal(fakes_problem(f, "INVALID")->violations[0]->field, "limit");
}

static void past_the_quota_the_client_hears_busy_and_a_time_to_wait(void **state)
{
	static const char *const IDS[] = { "r1", "r2", "r3" };
	struct fakes *f = *state;
	const Convene__V1__Problem *problem;

	fakes_call(f, FEDERATION_KEY, submit(IDS, 3)); /* three of four */
	fakes_call(f, FEDERATION_KEY, submit_one("r4"));
	assert_int_equal(f->n_replies, 0);
	fakes_call(f, FEDERATION_KEY, submit_one("r5"));

	problem = fakes_problem(f, "BUSY");
	assert_true(problem->retry_after_ms > 0);
}

static void undecided_requests_hold_their_quota_until_they_come_to_rest(void **state)
{
	static const char *const IDS[] = { "r1", "r2", "r3" };
	struct fakes *f = *state;

	fakes_call(f, FEDERATION_KEY, submit(IDS, 3));
	admit(f);
	fakes_reply(f);
	fakes_call(f, FEDERATION_KEY, submit(IDS + 1, 2));
	fakes_problem(f, "BUSY");

	for (size_t i = 0; i < 3; i++)
		fakes_log(f, IDS[i], 1, fakes_request(IDS[i]), fakes_standing(STATE_RECEIVED));
	for (size_t i = 0; i < 3; i++)
		fakes_log(f, IDS[i], 1, NULL, fakes_standing(STATE_WAITLISTED));
	f->n_replies = 0; /* outcomes */
	fakes_call(f, FEDERATION_KEY, submit(IDS, 3));
	admit(f);

	assert_int_equal(fakes_reply(f)->of_case, CONVENE__V1__REPLY__OF_RECEIPTS);
}

static void a_read_waits_for_what_was_committed_before_it(void **state)
{
	struct fakes *f = *state;
	const Convene__V1__Reply *reply;

	fakes_call(f, FEDERATION_KEY, submit_one("r1"));
	admit(f);
	fakes_reply(f);
	fakes_call(f, FEDERATION_KEY, get("r1"));
	assert_int_equal(f->n_replies, 0);
	fakes_log(f, "r1", 1, fakes_request("r1"), fakes_standing(STATE_RECEIVED));

	reply = fakes_reply(f);
	assert_int_equal(reply->of_case, CONVENE__V1__REPLY__OF_RECORD);
	assert_string_equal(reply->record->id, "r1");
	assert_int_equal(reply->record->standing->state, STATE_RECEIVED);
}

static void a_wait_ends_with_the_deadline(void **state)
{
	struct fakes *f = *state;
	Convene__V1__Call *call = get("r1");

	fakes_call(f, FEDERATION_KEY, submit_one("r1"));
	admit(f);
	fakes_reply(f);
	call->has_deadline_ms = 1;
	call->deadline_ms = 20;
	fakes_call(f, FEDERATION_KEY, call);
	for (int i = 0; i < 100 && f->n_replies == 0; i++)
		loop_turn(f->loop, 20);

	fakes_problem(f, "DEADLINE");
	assert_int_equal(flow_n_under_way(f->flow), 0);
}

static void a_client_that_is_gone_ends_the_call_all_the_same(void **state)
{
	struct fakes *f = *state;

	f->front_answers = CVN_EGONE;
	fakes_call(f, FEDERATION_KEY, submit_one("r1"));
	admit(f);

	fakes_reply(f);
	assert_int_equal(flow_n_under_way(f->flow), 0);
}

static void a_key_that_is_revoked_while_its_call_waits_is_still_answered(void **state)
{
	struct fakes *f = *state;

	fakes_call(f, FEDERATION_KEY, submit_one("r1"));
	keyring_drop(f->keyring, FEDERATION_KEY);
	admit(f);
	assert_int_equal(fakes_reply(f)->of_case, CONVENE__V1__REPLY__OF_RECEIPTS);
	fakes_call(f, FEDERATION_KEY, submit_one("r2"));

	fakes_problem(f, "FORBIDDEN");
}

/* Redis may have done it, or not: whoever was to be shut out is, whatever the next start finds. */
static void a_key_whose_revocation_is_not_known_to_be_stored_is_shut_out(void **state)
{
	struct fakes *f = *state;
	Convene__V1__Call call = CONVENE__V1__CALL__INIT;
	Convene__V1__Revoke revoke = CONVENE__V1__REVOKE__INIT;
	char *keys[] = { (char *)OBSERVER_KEY };

	revoke.public_keys = keys;
	revoke.n_public_keys = 1;
	call.of_case = CONVENE__V1__CALL__OF_REVOKE;
	call.revoke = &revoke;
	fakes_call(f, KEYRING_LOCAL, &call);
	assert_non_null(keyring_find(f->keyring, OBSERVER_KEY));
	fakes_finish(fakes_take(f, "grant"), CVN_EDEADLINE);

	fakes_problem(f, "DEADLINE");
	assert_null(keyring_find(f->keyring, OBSERVER_KEY));
	assert_int_equal(f->n_revoked, 1);
}

static void who_drains_takes_nothing_new(void **state)
{
	struct fakes *f = *state;

	fakes_call(f, FEDERATION_KEY, submit_one("r1"));
	flow_drain(f->flow);
	fakes_call(f, FEDERATION_KEY, submit_one("r2"));
	fakes_problem(f, "UNAVAILABLE");
	admit(f);

	assert_int_equal(fakes_reply(f)->of_case, CONVENE__V1__REPLY__OF_RECEIPTS);
}

static void others_see_a_request_only_when_it_is_confirmed(void **state)
{
	struct fakes *f = *state;
	const Convene__V1__Reply *reply;

	fakes_log(f, "r1", 1, fakes_request("r1"), fakes_standing(STATE_PROPOSED));
	fakes_call(f, OTHER_KEY, get("r1"));
	fakes_problem(f, "FORBIDDEN");
	fakes_log(f, "r1", 1, NULL, fakes_standing(STATE_CONFIRMED));
	fakes_call(f, OTHER_KEY, get("r1"));

	reply = fakes_reply(f);
	assert_string_equal(reply->record->standing->placement->venue, "AAA-V");
	assert_int_equal(reply->record->content->headcount, 0);
	assert_null(reply->record->content->federation);
}

static void a_decision_is_committed_only_on_what_was_read(void **state)
{
	struct fakes *f = *state;
	Convene__V1__Call call = CONVENE__V1__CALL__INIT;
	Convene__V1__Decide decide = CONVENE__V1__DECIDE__INIT;
	struct store_commit *commit;
	const Convene__V1__Problem *problem;

	fakes_log(f, "r1", 1, fakes_request("r1"), fakes_standing(STATE_PROPOSED));
	decide.request = (char *)"r1";
	decide.verdict = (char *)"approve";
	call.of_case = CONVENE__V1__CALL__OF_DECIDE;
	call.decide = &decide;
	fakes_call(f, COMMITTEE_KEY, &call);
	commit = CONTAINER_OF(fakes_take(f, "commit"), struct store_commit, op);

	assert_int_equal(commit->changes[0].expect_cursor, 9);
	assert_int_equal(commit->changes[0].expect_state, STATE_PROPOSED);
	assert_int_equal(commit->changes[0].state, STATE_PROPOSED); /* BBB's word is missing */
	assert_false(commit->changes[0].bump);
	fakes_finish(&commit->op, CVN_EGONE);
	problem = fakes_problem(f, "CONFLICT");
	assert_string_equal(problem->current->id, "r1");
}

static void a_decision_is_answered_with_what_stands_from_now_on(void **state)
{
	struct fakes *f = *state;
	Convene__V1__Call call = CONVENE__V1__CALL__INIT;
	Convene__V1__Withdraw withdraw = CONVENE__V1__WITHDRAW__INIT;
	struct store_commit *commit;
	const Convene__V1__Reply *reply;

	fakes_log(f, "r1", 1, fakes_request("r1"), fakes_standing(STATE_PROPOSED));
	withdraw.request = (char *)"r1";
	call.of_case = CONVENE__V1__CALL__OF_WITHDRAW;
	call.withdraw = &withdraw;
	fakes_call(f, FEDERATION_KEY, &call);
	commit = CONTAINER_OF(fakes_take(f, "commit"), struct store_commit, op);
	assert_true(commit->changes[0].bump);
	commit->ret_cursor = 10;
	fakes_log_change(f, &commit->changes[0]); /* the outbox may be first */
	fakes_finish(&commit->op, CVN_OK);

	reply = fakes_reply(f);
	assert_int_equal(reply->record->standing->state, STATE_WITHDRAWN);
	assert_null(reply->record->standing->placement);
	assert_int_equal(reply->record->cursor, 10);
}

static void a_hole_in_the_log_breaks_the_daemon(void **state)
{
	struct fakes *f = *state;

	f->cursor++;
	fakes_log(f, "r1", 1, fakes_request("r1"), fakes_standing(STATE_RECEIVED));

	assert_string_not_equal(f->broken, "");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fakes_setup, fakes_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_key_that_nobody_holds_is_refused_before_anything_is_read),
		TEST(frames_that_are_no_message_are_answered),
		TEST(what_cannot_be_decoded_is_answered_with_its_id),
		TEST(who_does_not_read_hears_busy_before_anything_is_read),
		TEST(another_protocol_is_refused),
		TEST(a_role_that_may_not_and_a_programme_that_is_not_are_refused),
		TEST(a_federation_that_speaks_for_another_is_refused),
		TEST(a_receipt_is_given_only_when_the_store_has_it),
		TEST(what_the_store_refuses_at_once_becomes_one_problem),
		TEST(what_the_store_reports_later_becomes_one_problem),
		TEST(an_id_that_is_taken_is_named),
		TEST(ids_that_must_not_reach_a_key_never_do),
		TEST(one_id_twice_in_a_call_is_refused),
		TEST(more_requests_than_a_call_may_hold_are_refused),
		TEST(what_is_over_a_limit_is_told_the_limit),
		TEST(a_full_programme_takes_no_more),
		TEST(a_cursor_below_0_is_refused_with_its_field),
		TEST(past_the_quota_the_client_hears_busy_and_a_time_to_wait),
		TEST(undecided_requests_hold_their_quota_until_they_come_to_rest),
		TEST(a_read_waits_for_what_was_committed_before_it),
		TEST(a_wait_ends_with_the_deadline),
		TEST(a_client_that_is_gone_ends_the_call_all_the_same),
		TEST(a_key_that_is_revoked_while_its_call_waits_is_still_answered),
		TEST(a_key_whose_revocation_is_not_known_to_be_stored_is_shut_out),
		TEST(who_drains_takes_nothing_new),
		TEST(others_see_a_request_only_when_it_is_confirmed),
		TEST(a_decision_is_committed_only_on_what_was_read),
		TEST(a_decision_is_answered_with_what_stands_from_now_on),
		TEST(a_hole_in_the_log_breaks_the_daemon),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
