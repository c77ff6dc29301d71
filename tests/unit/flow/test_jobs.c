/* What an admitted request owes, over a scripted world: judged, placed, committed; and whatever can
 * come between. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fakes.h"
#include "util/trace.h"

/* The log says that these have come. */
static void receive(struct fakes *f, const char *id)
{
	fakes_log(f, id, 1, fakes_request(id), fakes_standing(STATE_RECEIVED));
}

/* The validator finds nothing, or one violation in the verdict with this index (-1: nothing). */
static void judge(struct fakes *f, int bad)
{
	struct pool_task *task = fakes_task(f, POOL_VALIDATOR);
	size_t n = task->message.validate->n_subjects;
	Convene__V1__Result result = CONVENE__V1__RESULT__INIT;
	Convene__V1__Verdict verdicts[8], *list[8];
	Convene__V1__Violation violation = CONVENE__V1__VIOLATION__INIT;
	Convene__V1__Violation *violations[] = { &violation };

	violation.field = (char *)"title";
	violation.code = (char *)"TITLE_EMPTY";
	for (size_t i = 0; i < n; i++) {
		convene__v1__verdict__init(&verdicts[i]);
		verdicts[i].request = task->message.validate->subjects[i]->request;
		list[i] = &verdicts[i];
		if ((int)i == bad) {
			verdicts[i].violations = violations;
			verdicts[i].n_violations = 1;
		}
	}
	result.verdicts = list;
	result.n_verdicts = n;
	pool_finish(NULL, task);
	task->ret_result = &result;
	task->done_cb(task, CVN_OK);
}

/* The scheduler answers the oldest task: its request from received to `to`. */
static void answer(struct fakes *f, uint64_t sequence, Convene__V1__State to)
{
	struct pool_task *task = fakes_task(f, POOL_SCHEDULER);
	Convene__V1__Answer said = CONVENE__V1__ANSWER__INIT;
	Convene__V1__Change change = CONVENE__V1__CHANGE__INIT;
	Convene__V1__Change *changes[] = { &change };

	change.request = task->message.place->subject->request;
	change.has_revision = change.has_from = 1;
	change.revision = task->message.place->subject->revision;
	change.from = STATE_RECEIVED;
	change.standing = fakes_standing(to);
	said.sequence = sequence;
	said.programme = (char *)"p";
	said.has_base_version = 1;
	said.base_version = f->version;
	said.changes = changes;
	said.n_changes = 1;
	flow_on_answer(f->flow, 1, &said, task);
}

/* What a scheduler says of w1, which waits: it can go in. */
struct own {
	Convene__V1__Answer said;
	Convene__V1__Change change, *changes[1];
};

static Convene__V1__Answer *w1_goes_in(struct own *own, uint64_t sequence)
{
	convene__v1__answer__init(&own->said);
	convene__v1__change__init(&own->change);
	own->change.request = (char *)"w1";
	own->change.revision = 1;
	own->change.from = STATE_WAITLISTED;
	own->change.standing = fakes_standing(STATE_PROPOSED);
	own->changes[0] = &own->change;
	own->said.sequence = sequence;
	own->said.programme = (char *)"p";
	own->said.changes = own->changes;
	own->said.n_changes = 1;
	return &own->said;
}

static struct store_commit *commit_of(struct fakes *f)
{
	return CONTAINER_OF(fakes_take(f, "commit"), struct store_commit, op);
}

/* The store commits it, and the log says so. */
static void commits(struct fakes *f, struct store_commit *c)
{
	c->ret_cursor = f->cursor + 1;
	c->ret_version = f->version + c->changes[0].bump;
	const struct store_change change = c->changes[0];

	fakes_log_change(f, &change); /* before the word of the store: as bad as it can be */
	fakes_finish(&c->op, CVN_OK);
}

static void a_sound_request_is_judged_then_placed_then_committed(void **state)
{
	struct fakes *f = *state;
	struct store_commit *c;

	receive(f, "r1");
	judge(f, -1);
	answer(f, 1, STATE_PROPOSED);
	c = commit_of(f);
	assert_true(c->has_base_version);
	assert_true(c->changes[0].bump);
	assert_int_equal(c->changes[0].expect_state, STATE_RECEIVED);
	assert_int_equal(c->changes[0].state, STATE_PROPOSED);
	commits(f, c);

	assert_string_equal(f->settled, "1=ok ");
	assert_string_equal(fakes_trace("job"), "expected>received received>validating "
						"validating>placing placing>over ");
	assert_int_equal(flow_n_in_flight(f->flow), 0);
	assert_int_equal(f->n_tasks, 0);
}

static void a_place_that_is_not_there_raises_no_version(void **state)
{
	struct fakes *f = *state;
	struct store_commit *c;

	receive(f, "r1");
	judge(f, -1);
	answer(f, 1, STATE_WAITLISTED);
	c = commit_of(f);

	assert_false(c->changes[0].bump);
	commits(f, c);
	assert_int_equal(flow_n_in_flight(f->flow), 0);
}

static void a_faulty_request_is_rejected_with_its_faults(void **state)
{
	struct fakes *f = *state;
	struct store_commit *c;

	receive(f, "r1");
	judge(f, 0);
	c = commit_of(f);
	assert_int_equal(c->changes[0].state, STATE_REJECTED);
	assert_int_equal(c->changes[0].expect_revision, 1);
	commits(f, c);

	assert_int_equal(f->n_tasks, 0);
	assert_int_equal(flow_n_in_flight(f->flow), 0);
}

static void answers_do_not_wait_for_one_another_and_name_what_they_build_on(void **state)
{
	struct fakes *f = *state;
	struct store_commit *first, *second;
	struct own own;
	Convene__V1__Answer *said;

	receive(f, "r1");
	fakes_log(f, "w1", 1, fakes_request("w1"), fakes_standing(STATE_WAITLISTED));
	judge(f, -1);
	answer(f, 1, STATE_PROPOSED);
	/* of its own accord: room for w1, on the calendar with r1 in it */
	said = w1_goes_in(&own, 2);
	said->has_base_version = said->has_builds_on = 1;
	said->base_version = f->version + 1;
	said->builds_on = 1;
	flow_on_answer(f->flow, 1, said, NULL);
	first = commit_of(f);
	second = commit_of(f);

	assert_int_equal(second->builds_on, first->serial);
	fakes_finish(&first->op, CVN_ESTALE);
	second->ret_version = 12;
	fakes_finish(&second->op, CVN_ESTALE);
	assert_string_equal(f->settled, "1=stale 2=stale ");
	/* the task is still the scheduler's: it computes again */
	answer(f, 3, STATE_PROPOSED);
	commits(f, commit_of(f));
	assert_string_equal(f->settled, "1=stale 2=stale 3=ok ");
	assert_int_equal(f->n_tasks, 0);
}

static void an_answer_that_builds_on_one_that_is_not_known_is_stale(void **state)
{
	struct fakes *f = *state;
	struct own own;
	Convene__V1__Answer *said;

	fakes_log(f, "w1", 1, fakes_request("w1"), fakes_standing(STATE_WAITLISTED));
	said = w1_goes_in(&own, 9);
	said->has_builds_on = 1;
	said->builds_on = 8;
	flow_on_answer(f->flow, 1, said, NULL);

	assert_string_equal(f->settled, "9=stale ");
	assert_int_equal(f->n_ops, 0);
}

/* It would be a decision of nobody's. */
static void an_answer_to_what_nobody_waits_for_any_more_is_not_committed(void **state)
{
	struct fakes *f = *state;
	struct own own;
	Convene__V1__Answer *said;

	fakes_log(f, "w1", 1, fakes_request("w1"), fakes_standing(STATE_WAITLISTED));
	said = w1_goes_in(&own, 9);
	said->task = 77; /* a federation's take, whose deadline has passed */
	flow_on_answer(f->flow, 1, said, NULL);

	assert_string_equal(f->settled, "9=closed ");
	assert_int_equal(f->n_ops, 0);
}

static void a_move_that_there_is_not_is_never_committed(void **state)
{
	struct fakes *f = *state;
	Convene__V1__Answer said = CONVENE__V1__ANSWER__INIT;
	Convene__V1__Change change = CONVENE__V1__CHANGE__INIT;
	Convene__V1__Change *changes[] = { &change };

	fakes_log(f, "r1", 1, fakes_request("r1"), fakes_standing(STATE_WITHDRAWN));
	change.request = (char *)"r1";
	change.revision = 1;
	change.from = STATE_WITHDRAWN;
	change.standing = fakes_standing(STATE_PROPOSED);
	said.sequence = 1;
	said.programme = (char *)"p";
	said.changes = changes;
	said.n_changes = 1;
	flow_on_answer(f->flow, 1, &said, NULL);

	assert_string_equal(f->settled, "1=gone ");
	assert_int_equal(f->n_ops, 0);
}

static void a_request_that_is_withdrawn_meanwhile_owes_nothing(void **state)
{
	struct fakes *f = *state;

	receive(f, "r1");
	judge(f, -1);
	answer(f, 1, STATE_PROPOSED);
	fakes_log(f, "r1", 1, NULL, fakes_standing(STATE_WITHDRAWN));
	fakes_finish(&commit_of(f)->op, CVN_EGONE);

	assert_string_equal(f->settled, "1=gone ");
	assert_int_equal(f->n_tasks, 0);
	assert_int_equal(flow_n_in_flight(f->flow), 0);
}

static void a_request_that_is_amended_meanwhile_is_judged_anew(void **state)
{
	struct fakes *f = *state;
	struct pool_task *task;

	receive(f, "r1");
	judge(f, -1);
	fakes_log(f, "r1", 2, fakes_request("r1"), fakes_standing(STATE_RECEIVED));

	task = fakes_task(f, POOL_VALIDATOR);
	assert_int_equal(task->message.validate->subjects[0]->revision, 2);
	assert_int_equal(f->n_tasks, 1);
}

static void one_that_is_amended_while_its_rejection_is_on_its_way_is_judged_anew(void **state)
{
	struct fakes *f = *state;
	struct store_commit *c;

	receive(f, "r1");
	judge(f, 0);
	c = commit_of(f);
	fakes_log(f, "r1", 2, fakes_request("r1"), fakes_standing(STATE_RECEIVED));
	assert_int_equal(f->n_tasks, 0);
	fakes_finish(&c->op, CVN_EGONE);

	assert_int_equal(fakes_task(f, POOL_VALIDATOR)->message.validate->subjects[0]->revision, 2);
}

static void what_comes_together_is_judged_together(void **state)
{
	struct fakes *f = *state;
	Convene__V1__Call call = CONVENE__V1__CALL__INIT;
	Convene__V1__Submit submit = CONVENE__V1__SUBMIT__INIT;
	Convene__V1__Request one = *fakes_request("r1"), two = *fakes_request("r2");
	Convene__V1__Request *both[] = { &one, &two };
	struct store_admit *a;

	submit.requests = both;
	submit.n_requests = 2;
	call.of_case = CONVENE__V1__CALL__OF_SUBMIT;
	call.submit = &submit;
	fakes_call(f, FEDERATION_KEY, &call);
	a = CONTAINER_OF(fakes_take(f, "admit"), struct store_admit, op);
	for (size_t i = 0; i < 2; i++) {
		a->items[i].ret_admission = STORE_NEW;
		a->items[i].ret_cursor = 9 + (int64_t)i;
		a->items[i].ret_state = STATE_RECEIVED;
	}
	receive(f, "r1"); /* the log may be first */
	assert_int_equal(f->n_tasks, 0);
	fakes_finish(&a->op, CVN_OK);
	assert_int_equal(f->n_tasks, 0);
	receive(f, "r2");

	assert_int_equal(f->n_tasks, 1);
	assert_int_equal(fakes_task(f, POOL_VALIDATOR)->message.validate->n_subjects, 2);
	judge(f, 1);
	assert_int_equal(fakes_task(f, POOL_SCHEDULER)->kind, POOL_SCHEDULER);
	assert_string_equal(commit_of(f)->changes[0].id, "r2");
}

static void the_submitter_hears_when_it_comes_to_rest(void **state)
{
	struct fakes *f = *state;
	Convene__V1__Call call = CONVENE__V1__CALL__INIT;
	Convene__V1__Submit submit = CONVENE__V1__SUBMIT__INIT;
	Convene__V1__Request one = *fakes_request("r1");
	Convene__V1__Request *list[] = { &one };
	struct store_admit *a;

	submit.requests = list;
	submit.n_requests = 1;
	call.of_case = CONVENE__V1__CALL__OF_SUBMIT;
	call.submit = &submit;
	fakes_call(f, FEDERATION_KEY, &call);
	a = CONTAINER_OF(fakes_take(f, "admit"), struct store_admit, op);
	a->items[0].ret_admission = STORE_NEW;
	a->items[0].ret_cursor = 9;
	a->items[0].ret_state = STATE_RECEIVED;
	fakes_finish(&a->op, CVN_OK);
	fakes_reply(f);
	receive(f, "r1");
	assert_int_equal(f->n_replies, 0);
	judge(f, -1);
	answer(f, 1, STATE_PROPOSED);
	commits(f, commit_of(f));

	assert_int_equal(f->n_replies, 1);
	assert_true(f->replies[0].is_outcome);
	assert_int_equal(f->replies[0].reply->id, 0);
	assert_int_equal(f->replies[0].reply->outcome->record->standing->state, STATE_PROPOSED);
	assert_null(f->replies[0].reply->outcome->record->content);
}

/* A call of these requests, which the store answers in this way. */
static void submit(struct fakes *f, const char *const *ids, size_t n, enum store_admission admission)
{
	Convene__V1__Call call = CONVENE__V1__CALL__INIT;
	Convene__V1__Submit submit = CONVENE__V1__SUBMIT__INIT;
	Convene__V1__Request requests[4], *list[4];
	struct store_admit *a;

	for (size_t i = 0; i < n; i++) {
		requests[i] = *fakes_request(ids[i]);
		list[i] = &requests[i];
	}
	submit.requests = list;
	submit.n_requests = n;
	call.of_case = CONVENE__V1__CALL__OF_SUBMIT;
	call.submit = &submit;
	fakes_call(f, FEDERATION_KEY, &call);
	a = CONTAINER_OF(fakes_take(f, "admit"), struct store_admit, op);
	for (size_t i = 0; i < n; i++) {
		a->items[i].ret_admission = admission;
		a->items[i].ret_revision = 1;
		a->items[i].ret_cursor = f->cursor + 1 + (int64_t)i;
		a->items[i].ret_state = STATE_RECEIVED;
	}
	fakes_finish(&a->op, CVN_OK);
	fakes_reply(f);
}

/* Redis went after it had written them, before it said so: asked again, it found them there. */
static void what_the_store_wrote_unheard_is_judged_together_and_its_submitter_hears(void **state)
{
	static const char *const BOTH[] = { "r1", "r2" };
	struct fakes *f = *state;

	submit(f, BOTH, 2, STORE_AGAIN);
	receive(f, "r1");
	assert_int_equal(f->n_tasks, 0);
	receive(f, "r2");

	assert_int_equal(f->n_tasks, 1);
	assert_int_equal(fakes_task(f, POOL_VALIDATOR)->message.validate->n_subjects, 2);
	judge(f, 0);
	commits(f, commit_of(f));
	assert_int_equal(f->n_replies, 1);
	assert_string_equal(f->replies[0].reply->outcome->record->id, "r1");
}

static void who_sends_again_what_is_still_owed_hears_what_becomes_of_it(void **state)
{
	static const char *const ONE[] = { "r1" };
	struct fakes *f = *state;

	receive(f, "r1"); /* found at the start, say: nobody waits for it */
	submit(f, ONE, 1, STORE_AGAIN);
	judge(f, -1);
	answer(f, 1, STATE_PROPOSED);
	commits(f, commit_of(f));

	assert_int_equal(f->n_replies, 1);
	assert_true(f->replies[0].is_outcome);
	assert_int_equal(flow_n_in_flight(f->flow), 0);
	f->n_replies = 0;
	submit(f, ONE, 1, STORE_AGAIN); /* and once more: nothing is owed */
	assert_int_equal(flow_n_in_flight(f->flow), 0);
}

static void a_receipt_that_was_given_again_can_be_read_at_once(void **state)
{
	static const char *const ONE[] = { "r1" };
	struct fakes *f = *state;
	Convene__V1__Call call = CONVENE__V1__CALL__INIT;
	Convene__V1__Get get = CONVENE__V1__GET__INIT;

	submit(f, ONE, 1, STORE_AGAIN);
	get.request = (char *)"r1";
	call.of_case = CONVENE__V1__CALL__OF_GET;
	call.get = &get;
	fakes_call(f, FEDERATION_KEY, &call);
	assert_int_equal(f->n_replies, 0); /* waits for the log */
	receive(f, "r1");

	assert_int_equal(fakes_reply(f)->of_case, CONVENE__V1__REPLY__OF_RECORD);
}

/* A worker dies of the oldest task; the store counts. */
static void die(struct fakes *f, int64_t deaths)
{
	struct pool_task *task = f->tasks[0];
	struct store_death *death;

	pool_finish(NULL, task);
	task->ret_last_words = "Segmentation fault";
	task->done_cb(task, CVN_EGONE);
	death = CONTAINER_OF(fakes_take(f, "death"), struct store_death, op);
	death->ret_deaths = deaths;
	fakes_finish(&death->op, CVN_OK);
}

static void who_has_killed_three_workers_is_quarantined(void **state)
{
	struct fakes *f = *state;
	struct store_commit *c;

	receive(f, "r1");
	die(f, 1);
	assert_true(fakes_task(f, POOL_VALIDATOR)->alone);
	judge(f, -1);
	assert_true(fakes_task(f, POOL_SCHEDULER)->alone);
	die(f, 2);
	judge(f, -1);
	die(f, 3);
	c = commit_of(f);

	assert_int_equal(c->changes[0].state, STATE_QUARANTINED);
	commits(f, c);
	assert_int_equal(f->n_tasks, 0);
	assert_int_equal(flow_n_in_flight(f->flow), 0);
}

/* It is on the way to its next outcome still: an operator may let it go on. */
static void who_is_quarantined_after_an_amendment_keeps_its_place(void **state)
{
	struct fakes *f = *state;
	Convene__V1__Standing *s = fakes_standing(STATE_CONFIRMED);
	struct store_commit *c;

	s->state = STATE_RECEIVED;
	fakes_log(f, "r1", 1, fakes_request("r1"), s);
	for (int i = 1; i <= 3; i++)
		die(f, i);
	c = commit_of(f);

	assert_int_equal(c->changes[0].state, STATE_QUARANTINED);
	assert_false(c->changes[0].bump);
	commits(f, c);
}

static void of_several_that_were_judged_together_each_goes_alone_after_a_death(void **state)
{
	struct fakes *f = *state;
	Convene__V1__Call call = CONVENE__V1__CALL__INIT;
	Convene__V1__Submit submit = CONVENE__V1__SUBMIT__INIT;
	Convene__V1__Request one = *fakes_request("r1"), two = *fakes_request("r2");
	Convene__V1__Request *both[] = { &one, &two };
	struct store_admit *a;
	struct pool_task *task;

	submit.requests = both;
	submit.n_requests = 2;
	call.of_case = CONVENE__V1__CALL__OF_SUBMIT;
	call.submit = &submit;
	fakes_call(f, FEDERATION_KEY, &call);
	a = CONTAINER_OF(fakes_take(f, "admit"), struct store_admit, op);
	a->items[0].ret_admission = a->items[1].ret_admission = STORE_NEW;
	fakes_finish(&a->op, CVN_OK);
	receive(f, "r1");
	receive(f, "r2");
	task = fakes_task(f, POOL_VALIDATOR);
	pool_finish(NULL, task);
	task->ret_last_words = "";
	task->done_cb(task, CVN_EGONE);

	assert_int_equal(f->n_tasks, 2);
	assert_int_equal(f->n_ops, 0); /* nobody is blamed yet */
	for (size_t i = 0; i < 2; i++) {
		assert_true(f->tasks[i]->alone);
		assert_int_equal(f->tasks[i]->message.validate->n_subjects, 1);
	}
}

static void a_circle_that_closes_at_the_commit_is_judged_anew(void **state)
{
	struct fakes *f = *state;

	receive(f, "r1");
	judge(f, -1);
	answer(f, 1, STATE_PROPOSED);
	fakes_finish(&commit_of(f)->op, CVN_ECONFLICT);
	assert_string_equal(f->settled, "1=gone ");
	for (int i = 0; i < 200 && f->n_tasks == 0; i++)
		loop_turn(f->loop, 20);

	assert_int_equal(fakes_task(f, POOL_VALIDATOR)->message.validate->n_subjects, 1);
}

static void what_redis_does_not_take_is_tried_again(void **state)
{
	struct fakes *f = *state;

	receive(f, "r1");
	judge(f, -1);
	answer(f, 1, STATE_PROPOSED);
	fakes_finish(&commit_of(f)->op, CVN_EUNAVAILABLE);
	assert_string_equal(f->settled, "");
	for (int i = 0; i < 100 && f->n_ops == 0; i++)
		loop_turn(f->loop, 20);
	commits(f, commit_of(f));

	assert_string_equal(f->settled, "1=ok ");
	assert_int_equal(flow_n_in_flight(f->flow), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fakes_setup, fakes_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_sound_request_is_judged_then_placed_then_committed),
		TEST(a_place_that_is_not_there_raises_no_version),
		TEST(a_faulty_request_is_rejected_with_its_faults),
		TEST(answers_do_not_wait_for_one_another_and_name_what_they_build_on),
		TEST(an_answer_that_builds_on_one_that_is_not_known_is_stale),
		TEST(an_answer_to_what_nobody_waits_for_any_more_is_not_committed),
		TEST(a_move_that_there_is_not_is_never_committed),
		TEST(a_request_that_is_withdrawn_meanwhile_owes_nothing),
		TEST(a_request_that_is_amended_meanwhile_is_judged_anew),
		TEST(one_that_is_amended_while_its_rejection_is_on_its_way_is_judged_anew),
		TEST(what_comes_together_is_judged_together),
		TEST(the_submitter_hears_when_it_comes_to_rest),
		TEST(what_the_store_wrote_unheard_is_judged_together_and_its_submitter_hears),
		TEST(who_sends_again_what_is_still_owed_hears_what_becomes_of_it),
		TEST(a_receipt_that_was_given_again_can_be_read_at_once),
		TEST(who_has_killed_three_workers_is_quarantined),
		TEST(who_is_quarantined_after_an_amendment_keeps_its_place),
		TEST(of_several_that_were_judged_together_each_goes_alone_after_a_death),
		TEST(a_circle_that_closes_at_the_commit_is_judged_anew),
		TEST(what_redis_does_not_take_is_tried_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
