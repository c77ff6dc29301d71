/* In order of time: loop_new -> loop_run -> before_wait -> (libuv waits and calls back) ->
 * after_wait -> loop_free */
#include "io/loop.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include <uv.h>
#include <zmq.h>

#define TERM_WAIT_S 2

struct signal_hook {
	uv_signal_t uv;
	loop_signal_cb cb;
	void *arg;
};

struct loop {
	uv_loop_t uv;
	uv_prepare_t before;
	uv_check_t after;
	uv_idle_t hurry; /* active: the loop must not wait, something is ready already */
	uv_timer_t turn_end;
	struct signal_hook signals[LOOP_SIGNALS];
	uint32_t n_signals;
	void *zmq;
	struct list_node tasks;        /* loop_task::link, oldest first */
	struct list_node sources;      /* loop_source::link */
	struct list_node *next_source; /* where the round goes on; moves when that one is dropped */
	uint64_t turns;
	uint64_t busy_since_ns, busy_idle_ns; /* clock and idle time at the last loop_busy_pct() */
};

struct loop_timer {
	uv_timer_t uv;
	loop_timer_cb cb;
	void *arg;
};

static enum cvn_err start_handles(struct loop *loop);
static void before_wait(uv_prepare_t *handle);
static void after_wait(uv_check_t *handle);
static void run_tasks(struct loop *loop);
static void end_context(void *zmq);

enum cvn_err loop_new(struct loop **ret_loop)
{
	struct loop *loop = calloc(1, sizeof(*loop));
	enum cvn_err err;

	if (loop == NULL)
		return CVN_ENOMEM;
	list_init(&loop->tasks);
	list_init(&loop->sources);
	loop->next_source = &loop->sources;
	loop->zmq = zmq_ctx_new();
	if (loop->zmq == NULL) {
		free(loop);
		return CVN_ENOMEM;
	}
	/* libzmq's I/O thread must not push us off our processor at each message that we send: it
	 * takes what has gathered when we wait, or at once where a processor is free. */
	if (sched_getscheduler(0) == SCHED_OTHER)
		zmq_ctx_set(loop->zmq, ZMQ_THREAD_SCHED_POLICY, SCHED_BATCH);
	if (uv_loop_init(&loop->uv) != 0) {
		end_context(loop->zmq);
		free(loop);
		return CVN_ESYS;
	}
	signal(SIGPIPE, SIG_IGN);
	err = start_handles(loop);
	if (err != CVN_OK) {
		loop_free(loop);
		return err;
	}
	*ret_loop = loop;
	return CVN_OK;
}

static enum cvn_err start_handles(struct loop *loop)
{
	uv_loop_configure(&loop->uv, UV_METRICS_IDLE_TIME);
	uv_prepare_init(&loop->uv, &loop->before);
	uv_check_init(&loop->uv, &loop->after);
	uv_idle_init(&loop->uv, &loop->hurry);
	if (uv_timer_init(&loop->uv, &loop->turn_end) != 0)
		return CVN_ESYS;
	loop->before.data = loop;
	loop->after.data = loop;
	uv_prepare_start(&loop->before, before_wait);
	uv_check_start(&loop->after, after_wait);
	loop->busy_since_ns = uv_hrtime();
	return CVN_OK;
}

void loop_run(struct loop *loop)
{
	uv_run(&loop->uv, UV_RUN_DEFAULT);
}

static void stay_awake(uv_idle_t *handle)
{
	(void)handle; /* an active idle handle makes libuv poll without waiting */
}

/* Timers run before the wait too: one that is due by then must still keep the loop from waiting for
 * anything else. */
static void on_turn_end(uv_timer_t *timer)
{
	struct loop *loop = CONTAINER_OF(timer, struct loop, turn_end);

	uv_idle_start(&loop->hurry, stay_awake);
}

void loop_turn(struct loop *loop, uint32_t wait_ms)
{
	uv_update_time(&loop->uv);
	uv_timer_start(&loop->turn_end, on_turn_end, wait_ms, 0);
	uv_run(&loop->uv, UV_RUN_ONCE);
	uv_timer_stop(&loop->turn_end);
}

void loop_stop(struct loop *loop)
{
	uv_stop(&loop->uv);
}

/* The next source of the round; a callback may drop any of them, itself too. */
static struct loop_source *take_source(struct loop *loop)
{
	struct list_node *node = loop->next_source;

	if (node == &loop->sources)
		return NULL;
	loop->next_source = node->next;
	return CONTAINER_OF(node, struct loop_source, link);
}

/* ZMQ_FD tells of edges only: whether something waits has to be asked before the loop may sleep. */
static void before_wait(uv_prepare_t *handle)
{
	struct loop *loop = handle->data;
	struct loop_source *source;
	bool is_ready = false;

	loop->turns++;
	loop->next_source = loop->sources.next;
	while ((source = take_source(loop)) != NULL) {
		if (source->is_ready_cb(source))
			is_ready = true;
	}
	if (is_ready || !list_is_empty(&loop->tasks))
		uv_idle_start(&loop->hurry, stay_awake);
}

static void after_wait(uv_check_t *handle)
{
	struct loop *loop = handle->data;
	struct loop_source *source;

	uv_idle_stop(&loop->hurry);
	run_tasks(loop);
	loop->next_source = loop->sources.next;
	while ((source = take_source(loop)) != NULL) {
		if (source->is_ready_cb(source))
			source->serve_cb(source);
	}
}

/* Only those that wait now: what they defer in turn comes on the next turn. */
static void run_tasks(struct loop *loop)
{
	struct list_node now;
	struct list_node *node;

	list_init(&now);
	while ((node = list_pop(&loop->tasks)) != NULL)
		list_push(&now, node);
	while ((node = list_pop(&now)) != NULL) {
		struct loop_task *task = CONTAINER_OF(node, struct loop_task, link);

		task->is_waiting = false;
		task->run_cb(task); /* may free the task */
	}
}

void loop_defer(struct loop *loop, struct loop_task *task)
{
	CVN_REQUIRE(task->run_cb != NULL);
	if (task->is_waiting)
		return;
	task->is_waiting = true;
	list_push(&loop->tasks, &task->link);
}

void loop_defer_cancel(struct loop_task *task)
{
	if (!task->is_waiting)
		return;
	task->is_waiting = false;
	list_drop(&task->link);
}

uint64_t loop_now_ms(const struct loop *loop)
{
	return uv_now(&loop->uv);
}

uint64_t loop_turns(const struct loop *loop)
{
	return loop->turns;
}

uint32_t loop_busy_pct(struct loop *loop)
{
	uint64_t now = uv_hrtime();
	uint64_t idle = uv_metrics_idle_time(&loop->uv);
	uint64_t passed = now - loop->busy_since_ns;
	uint64_t rested = idle - loop->busy_idle_ns;

	loop->busy_since_ns = now;
	loop->busy_idle_ns = idle;
	if (passed == 0 || rested >= passed)
		return 0;
	return (uint32_t)((passed - rested) * 100 / passed);
}

static void on_timer(uv_timer_t *handle)
{
	struct loop_timer *timer = CONTAINER_OF(handle, struct loop_timer, uv);

	timer->cb(timer->arg);
}

enum cvn_err loop_timer_new(struct loop *loop, loop_timer_cb cb, void *arg,
			    struct loop_timer **ret_timer)
{
	struct loop_timer *timer = calloc(1, sizeof(*timer));

	CVN_REQUIRE(cb != NULL);
	if (timer == NULL)
		return CVN_ENOMEM;
	timer->cb = cb;
	timer->arg = arg;
	uv_timer_init(&loop->uv, &timer->uv);
	*ret_timer = timer;
	return CVN_OK;
}

void loop_timer_start(struct loop_timer *timer, uint64_t after_ms, uint64_t repeat_ms)
{
	uv_timer_start(&timer->uv, on_timer, after_ms, repeat_ms);
}

void loop_timer_stop(struct loop_timer *timer)
{
	uv_timer_stop(&timer->uv);
}

bool loop_timer_is_active(const struct loop_timer *timer)
{
	return uv_is_active((const uv_handle_t *)&timer->uv) != 0;
}

static void on_timer_closed(uv_handle_t *handle)
{
	free(CONTAINER_OF(handle, struct loop_timer, uv));
}

void loop_timer_free(struct loop_timer *timer)
{
	if (timer != NULL)
		uv_close((uv_handle_t *)&timer->uv, on_timer_closed);
}

static void on_signal(uv_signal_t *handle, int signal_number)
{
	struct signal_hook *hook = CONTAINER_OF(handle, struct signal_hook, uv);

	hook->cb(hook->arg, signal_number);
}

enum cvn_err loop_on_signal(struct loop *loop, int signal_number, loop_signal_cb cb, void *arg)
{
	struct signal_hook *hook;

	CVN_REQUIRE(loop->n_signals < LOOP_SIGNALS);
	hook = &loop->signals[loop->n_signals];
	hook->cb = cb;
	hook->arg = arg;
	if (uv_signal_init(&loop->uv, &hook->uv) != 0)
		return CVN_ESYS;
	loop->n_signals++;
	return uv_signal_start(&hook->uv, on_signal, signal_number) == 0 ? CVN_OK : CVN_ESYS;
}

struct uv_loop_s *loop_uv(struct loop *loop)
{
	return &loop->uv;
}

void *loop_zmq(struct loop *loop)
{
	return loop->zmq;
}

void loop_source_add(struct loop *loop, struct loop_source *source)
{
	list_push(&loop->sources, &source->link);
}

void loop_source_drop(struct loop *loop, struct loop_source *source)
{
	if (loop->next_source == &source->link)
		loop->next_source = source->link.next;
	list_drop(&source->link);
}

static void close_own(uv_handle_t *handle, void *arg)
{
	struct loop *loop = arg;
	const char *at = (const char *)handle;

	if (uv_is_closing(handle))
		return;
	/* Anything that is not ours should have been closed by whom it belongs to. */
	if (CVN_EXPECT(at >= (const char *)loop && at < (const char *)(loop + 1)))
		uv_close(handle, NULL);
}

void loop_free(struct loop *loop)
{
	if (loop == NULL)
		return;
	uv_walk(&loop->uv, close_own, loop);
	for (int turn = 0; turn < 100 && uv_loop_alive(&loop->uv); turn++)
		uv_run(&loop->uv, UV_RUN_NOWAIT);
	end_context(loop->zmq);
	if (CVN_EXPECT(uv_loop_close(&loop->uv) == 0))
		free(loop); /* else handles of others still point into it */
}

static void *terminate(void *zmq)
{
	zmq_ctx_term(zmq);
	return NULL;
}

/* zmq_ctx_term() waits for what lingers, and for ever if a socket was left open: so it gets a
 * thread, and a limit. */
static void end_context(void *zmq)
{
	struct timespec until;
	pthread_t thread;

	zmq_ctx_shutdown(zmq);
	if (pthread_create(&thread, NULL, terminate, zmq) != 0)
		return;
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += TERM_WAIT_S;
	if (!CVN_EXPECT(pthread_clockjoin_np(thread, NULL, CLOCK_MONOTONIC, &until) == 0))
		pthread_detach(thread);
}
