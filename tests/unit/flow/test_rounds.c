/* A round whose changes of state the store does not take: what it holds stays whole. */
#include "fakes.h"

#include "flow/flow_private.h"
#include "flow/rounds.h"

struct scene {
	struct fakes *f;
	struct round *round;
	struct round_wait wait;
	enum cvn_err heard; /* CVN_EBUG: nothing yet */
};

static void on_done(struct round_wait *wait, enum cvn_err err, const char *text)
{
	struct scene *s = CONTAINER_OF(wait, struct scene, wait);

	(void)text;
	s->heard = err;
}

static const struct round_caller SOMEBODY = { .name = "body", .role = "working_body" };

/* A round that runs. */
static void begin(struct scene *s, struct fakes *f)
{
	Convene__V1__RoundStart order = CONVENE__V1__ROUND_START__INIT;

	*s = (struct scene){ .f = f, .wait = { .done_cb = on_done }, .heard = CVN_EBUG };
	s->round = rounds_of(f->flow->rounds, mirror_find(f->flow->mirror, "p"));
	assert_int_equal(round_begin(s->round, &order, &SOMEBODY, &s->wait), CVN_OK);
	fakes_finish(fakes_take(f, "round"), CVN_OK);
	assert_int_equal(s->heard, CVN_OK);
	assert_int_equal(round_state(s->round), ROUND_RUNNING);
}

/* A draft of two entries. */
static void make_ready(struct scene *s)
{
	Convene__V1__Plan plan = CONVENE__V1__PLAN__INIT;
	Convene__V1__Round summary = CONVENE__V1__ROUND__INIT;
	Convene__V1__RoundEntry one = CONVENE__V1__ROUND_ENTRY__INIT, *entries[] = { &one, &one };

	one.request = (char *)"r1";
	one.what = (char *)"dropped";
	plan.entries = entries;
	plan.n_entries = 2;
	plan.summary = &summary;
	rounds_on_plan(fakes_task(s->f, POOL_PLANNER), &plan);
	fakes_finish(fakes_take(s->f, "round"), CVN_OK);
	assert_int_equal(round_state(s->round), ROUND_READY);
}

static void expect_whole(const struct scene *s)
{
	assert_int_equal(round_state(s->round), ROUND_READY);
	assert_string_equal(round_about(s->round)->state, "ready");
	assert_int_equal(round_about(s->round)->n_entries, 2);
	assert_false(round_about(s->round)->has_ended_unix_ms);
	assert_null(round_about(s->round)->ended_by);
}

static void a_draft_stays_whole_where_it_can_not_be_discarded(void **state)
{
	struct fakes *f = *state;
	struct scene s;

	begin(&s, f);
	make_ready(&s);

	f->store_refuses = CVN_EBUSY;
	assert_int_equal(round_discard(s.round, &SOMEBODY, &s.wait), CVN_EBUSY);
	expect_whole(&s);

	s.heard = CVN_EBUG;
	assert_int_equal(round_discard(s.round, &SOMEBODY, &s.wait), CVN_OK);
	fakes_finish(fakes_take(f, "round"), CVN_EUNAVAILABLE);
	assert_int_equal(s.heard, CVN_EUNAVAILABLE);
	expect_whole(&s);

	assert_int_equal(round_discard(s.round, &SOMEBODY, &s.wait), CVN_OK);
	fakes_finish(fakes_take(f, "round"), CVN_OK);
	assert_int_equal(round_state(s.round), ROUND_DISCARDED);
	assert_int_equal(round_about(s.round)->n_entries, 0);
}

/* Its planner is gone with the discarding, whatever becomes of that. */
static void a_search_that_can_not_be_discarded_has_failed(void **state)
{
	struct fakes *f = *state;
	struct scene s;

	begin(&s, f);
	assert_int_equal(round_discard(s.round, &SOMEBODY, &s.wait), CVN_OK);
	assert_int_equal(f->n_tasks, 0);
	fakes_finish(fakes_take(f, "round"), CVN_EUNAVAILABLE);
	assert_int_equal(s.heard, CVN_EUNAVAILABLE);
	assert_int_equal(round_state(s.round), ROUND_FAILED);
	fakes_finish(fakes_take(f, "round"), CVN_OK); /* that it has failed */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_draft_stays_whole_where_it_can_not_be_discarded,
						fakes_setup, fakes_teardown),
		cmocka_unit_test_setup_teardown(a_search_that_can_not_be_discarded_has_failed,
						fakes_setup, fakes_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
