#include "io_test.h"

#include <signal.h>
#include <uv.h>

struct counter {
	struct loop *loop;
	struct loop_task task;
	struct loop_timer *timer;
	int n;
	bool again;
};

static void on_task(struct loop_task *task)
{
	struct counter *c = CONTAINER_OF(task, struct counter, task);

	c->n++;
	if (c->again)
		loop_defer(c->loop, task);
}

static void a_deferred_task_runs_once_and_on_a_later_turn(void **state)
{
	struct fixture *f = *state;
	struct counter c = { .loop = f->loop, .task = { .run_cb = on_task } };

	loop_defer(f->loop, &c.task);
	loop_defer(f->loop, &c.task);
	assert_int_equal(c.n, 0);

	loop_turn(f->loop, 1000);
	assert_int_equal(c.n, 1);
	loop_turn(f->loop, 0);
	assert_int_equal(c.n, 1);
}

static void a_task_that_defers_itself_does_not_starve_the_loop(void **state)
{
	struct fixture *f = *state;
	struct counter c = { .loop = f->loop, .task = { .run_cb = on_task }, .again = true };

	loop_defer(f->loop, &c.task);
	loop_turn(f->loop, 1000);
	assert_int_equal(c.n, 1);
	loop_turn(f->loop, 1000);
	assert_int_equal(c.n, 2);
	loop_defer_cancel(&c.task);
	loop_turn(f->loop, 0);
	assert_int_equal(c.n, 2);
}

static void a_cancelled_task_does_not_run(void **state)
{
	struct fixture *f = *state;
	struct counter c = { .task = { .run_cb = on_task } };

	loop_defer(f->loop, &c.task);
	loop_defer_cancel(&c.task);
	loop_turn(f->loop, 0);

	assert_int_equal(c.n, 0);
}

static void on_timer(void *arg)
{
	struct counter *c = arg;

	if (++c->n == 3) {
		loop_timer_free(c->timer);
		c->timer = NULL;
	}
}

static void a_timer_repeats_until_it_frees_itself(void **state)
{
	struct fixture *f = *state;
	struct counter c = { 0 };

	assert_int_equal(loop_timer_new(f->loop, on_timer, &c, &c.timer), CVN_OK);
	assert_false(loop_timer_is_active(c.timer));
	loop_timer_start(c.timer, 1, 1);
	assert_true(loop_timer_is_active(c.timer));

	TURN_UNTIL(f->loop, c.timer == NULL);
	turn_for(f->loop, 20);
	assert_int_equal(c.n, 3);
}

static void on_stop(void *arg)
{
	loop_stop(arg);
}

static void it_runs_until_stopped_and_counts_its_turns(void **state)
{
	struct fixture *f = *state;
	struct loop_timer *timer;
	uint64_t before = loop_turns(f->loop);

	assert_int_equal(loop_timer_new(f->loop, on_stop, f->loop, &timer), CVN_OK);
	loop_timer_start(timer, 5, 0);
	loop_run(f->loop);

	assert_true(loop_turns(f->loop) > before);
	assert_true(loop_busy_pct(f->loop) <= 100);
	loop_timer_free(timer);
}

static void on_signal(void *arg, int signal_number)
{
	*(int *)arg = signal_number;
}

static void a_signal_is_heard_on_the_loop(void **state)
{
	struct fixture *f = *state;
	int heard = 0;

	assert_int_equal(loop_on_signal(f->loop, SIGUSR1, on_signal, &heard), CVN_OK);
	raise(SIGUSR1);
	assert_int_equal(heard, 0);
	TURN_UNTIL(f->loop, heard == SIGUSR1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IO_TEST(a_deferred_task_runs_once_and_on_a_later_turn),
		IO_TEST(a_task_that_defers_itself_does_not_starve_the_loop),
		IO_TEST(a_cancelled_task_does_not_run),
		IO_TEST(a_timer_repeats_until_it_frees_itself),
		IO_TEST(it_runs_until_stopped_and_counts_its_turns),
		IO_TEST(a_signal_is_heard_on_the_loop),
	};

	return cmocka_run_group_tests_name("loop", tests, NULL, NULL);
}
