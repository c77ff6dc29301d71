/* In order of time: on_task -> search (its own thread) -> on_look: progress … -> answer -> on_stop. */
#include "scheduler/planner.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "io/loop.h"
#include "kit/kit.h"
#include "scheduler/memory.h"
#include "scheduler/round.h"
#include "util/clock.h"
#include "util/log.h"

#define LOG_MODULE "planner"
#define LOOK_MS 50
#define TELL_LOOKS 10           /* progress goes out every so many looks */
#define PART_ENTRIES 250
#define DRAFT_BYTES ((size_t)256 << 20)
#define THREADS_MAX 8
#define NICE 10                 /* requests that come meanwhile go first */

struct planner {
	struct kit *kit;
	struct loop_timer *look;
	uint64_t task;              /* 0: none yet */
	uint64_t began_ms;
	unsigned n_looks;
	struct round *round;
	struct solve_limits limits;
	pthread_t thread;
	bool is_running;            /* the thread is to be joined */
	atomic_bool stop, is_done;
	pthread_mutex_t lock;       /* guards `progress` */
	struct solve_progress progress;
};

static void on_look(void *arg);
static void *search(void *arg);
static void on_progress(const struct solve_progress *progress, void *arg);
static void tell(struct planner *p);
static void answer(struct planner *p);

static enum cvn_err on_start(struct kit *kit)
{
	struct planner *p = memory_new(1, sizeof(*p));

	p->kit = kit;
	pthread_mutex_init(&p->lock, NULL);
	kit_set_user(kit, p);
	(void)setpriority(PRIO_PROCESS, 0, NICE);
	return loop_timer_new(kit_loop(kit), on_look, p, &p->look);
}

static int64_t or_else(bool has, int64_t value, int64_t otherwise)
{
	return has ? value : otherwise;
}

static void refuse(struct kit *kit, uint64_t task, const char *why)
{
	Convene__V1__FromWorker message = CONVENE__V1__FROM_WORKER__INIT;
	Convene__V1__Plan plan = CONVENE__V1__PLAN__INIT;

	message.of_case = CONVENE__V1__FROM_WORKER__OF_PLAN;
	message.plan = &plan;
	plan.has_task = true;
	plan.task = task;
	plan.refused = (char *)(uintptr_t)why;
	kit_send(kit, &message);
}

/* The processors but one, which is left to the others. */
static int32_t n_threads(void)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN) - 1;

	return n < 1 ? 1 : n > THREADS_MAX ? THREADS_MAX : (int32_t)n;
}

static void on_task(struct kit *kit, const Convene__V1__Task *task, struct replica *replica)
{
	struct planner *p = kit_user(kit);
	const Convene__V1__RoundStart *order =
		task->of_case == CONVENE__V1__TASK__OF_ROUND ? task->round->order : NULL;
	int64_t seconds;

	if (order == NULL || p->task != 0) {
		refuse(kit, task->id, "A planner plans one round.");
		return;
	}
	seconds = or_else(order->has_seconds, order->seconds, ROUND_SECONDS_STANDARD);
	seconds = seconds < 1 ? 1 : seconds > ROUND_SECONDS_MAX ? ROUND_SECONDS_MAX : seconds;
	p->task = task->id;
	p->began_ms = clock_ms();
	p->round = round_new(replica, order);
	p->limits = (struct solve_limits){
		.milliseconds = seconds * 1000,
		.n_threads = n_threads(),
		.seed = (uint64_t)or_else(order->has_seed, order->seed, 1),
		.stop = &p->stop,
		.progress_cb = on_progress,
		.arg = p,
	};
	if (pthread_create(&p->thread, NULL, search, p) != 0) {
		kit_fail(kit, CVN_ESYS);
		return;
	}
	p->is_running = true;
	LOG_INFO(LOG_MODULE, "plans a round", "programme", task->programme, "seconds", seconds, "threads",
		 p->limits.n_threads);
	loop_timer_start(p->look, LOOK_MS, LOOK_MS);
}

static void *search(void *arg)
{
	struct planner *p = arg;

	round_search(p->round, &p->limits);
	atomic_store(&p->is_done, true);
	return NULL;
}

static void on_progress(const struct solve_progress *progress, void *arg)
{
	struct planner *p = arg;

	pthread_mutex_lock(&p->lock);
	p->progress = *progress;
	pthread_mutex_unlock(&p->lock);
}

static void on_look(void *arg)
{
	struct planner *p = arg;

	if (atomic_load(&p->is_done)) {
		loop_timer_stop(p->look);
		pthread_join(p->thread, NULL);
		p->is_running = false;
		answer(p);
	} else if (++p->n_looks % TELL_LOOKS == 0) {
		tell(p);
	}
}

static void tell(struct planner *p)
{
	Convene__V1__FromWorker message = CONVENE__V1__FROM_WORKER__INIT;
	Convene__V1__Progress progress = CONVENE__V1__PROGRESS__INIT;
	Convene__V1__RoundProgress so_far = CONVENE__V1__ROUND_PROGRESS__INIT;
	struct solve_progress is;

	pthread_mutex_lock(&p->lock);
	is = p->progress;
	pthread_mutex_unlock(&p->lock);
	message.of_case = CONVENE__V1__FROM_WORKER__OF_PROGRESS;
	message.progress = &progress;
	progress.has_task = progress.has_done = true;
	progress.task = p->task;
	/* of the time, since the search does not begin with it: prices come first */
	progress.done = (double)(clock_ms() - p->began_ms) / (double)p->limits.milliseconds;
	progress.done = progress.done > 1 ? 1 : progress.done;
	progress.round = &so_far;
	so_far.has_done = true;
	so_far.done = progress.done;
	so_far.has_score = so_far.has_placed = so_far.has_steps = is.score != 0 || is.n_placed != 0;
	so_far.score = round_score(p->round, is.score);
	so_far.placed = is.n_placed;
	so_far.steps = is.steps;
	kit_send(p->kit, &message);
}

static void answer(struct planner *p)
{
	Convene__V1__FromWorker message = CONVENE__V1__FROM_WORKER__INIT;
	Convene__V1__Plan plan = CONVENE__V1__PLAN__INIT;
	Convene__V1__Round summary = CONVENE__V1__ROUND__INIT;
	Convene__V1__RoundEntry **entries;
	struct arena arena;
	const char *why;
	size_t n, at = 0;

	arena_init(&arena, DRAFT_BYTES);
	why = round_difference(p->round, &arena, &summary);
	if (why != NULL) {
		refuse(p->kit, p->task, why);
		arena_done(&arena);
		return;
	}
	entries = summary.entries;
	n = summary.n_entries;
	summary.entries = NULL;
	summary.n_entries = 0;
	message.of_case = CONVENE__V1__FROM_WORKER__OF_PLAN;
	message.plan = &plan;
	plan.has_task = true;
	plan.task = p->task;
	do {
		plan.entries = entries + at;
		plan.n_entries = n - at < PART_ENTRIES ? n - at : PART_ENTRIES;
		at += plan.n_entries;
		plan.summary = at == n ? &summary : NULL;
		kit_send(p->kit, &message);
	} while (at < n);
	arena_done(&arena);
}

static void on_stop_task(struct kit *kit, uint64_t task)
{
	struct planner *p = kit_user(kit);

	if (task == p->task)
		atomic_store(&p->stop, true);
}

static void on_stop(struct kit *kit)
{
	struct planner *p = kit_user(kit);

	atomic_store(&p->stop, true);
	if (p->is_running)
		pthread_join(p->thread, NULL);
	loop_timer_free(p->look);
	round_free(p->round);
	pthread_mutex_destroy(&p->lock);
	free(p);
}

int planner_main(int argc, char **argv)
{
	static const struct kit_worker WORKER = {
		.kind = "planner",
		.program = "convene-scheduler --planner",
		.about = "Plans one round over a programme.",
		.on_start = on_start,
		.on_stop = on_stop,
		.on_task = on_task,
		.on_stop_task = on_stop_task,
	};

	return kit_main(argc, argv, &WORKER);
}
