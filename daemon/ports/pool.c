/* In order of time: pool_open -> pool_programme, pool_feed -> pool_start -> on_pump: hand_out ->
 * pool_settle, pool_finish -> pool_close. */
#include "ports/pool.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ports/pool_private.h"
#include "util/id.h"
#include "util/log.h"

#define WORKER_HWM \
	100000 /* a feed of a whole programme goes out before the worker has read any of it */
#define KILL_GRACE_MS 2000
#define STALL_BEATS 2
#define CREDIT 256 /* what a worker has before it while its results are on their way */

static const char *const KIND_NAMES[POOL_KINDS] = {
	[POOL_VALIDATOR] = "validator", [POOL_SCHEDULER] = "scheduler",
						     [POOL_PLANNER] = "planner"
};

static enum cvn_err take_options(struct pool *pool, const struct pool_options *options);
static enum cvn_err bind_sockets(struct pool *pool);
static enum cvn_err make_children(struct pool *pool);
static void on_beat(void *arg);
static void on_pump(struct loop_task *task);
static void hand_out(struct pool *pool, struct pool_programme *p, enum pool_kind kind);
static struct worker *pick(struct pool *pool, const struct pool_programme *p, enum pool_kind kind,
			   bool alone);
static void on_grace_over(void *arg);
static void on_closed(struct loop_task *task);
static void free_all(struct pool *pool);

enum cvn_err pool_open(struct loop *loop, const struct pool_options *options,
		       struct pool **ret_pool)
{
	struct pool *pool = calloc(1, sizeof *pool);
	enum cvn_err err;

	if (pool == NULL)
		return CVN_ENOMEM;
	pool->loop = loop;
	list_init(&pool->workers);
	arena_init(&pool->scratch, (size_t)16 << 20);
	pool->pump.run_cb = on_pump;
	pool->closed.run_cb = on_closed;
	pool->by_index = calloc(POOL_PROGRAMMES_MAX, sizeof *pool->by_index);
	err = pool->by_index == NULL ? CVN_ENOMEM : take_options(pool, options);
	if (err == CVN_OK)
		err = loop_timer_new(loop, on_beat, pool, &pool->beat);
	if (err == CVN_OK)
		err = loop_timer_new(loop, on_grace_over, pool, &pool->grace);
	if (err == CVN_OK)
		err = bind_sockets(pool);
	if (err == CVN_OK)
		err = make_children(pool);
	if (err != CVN_OK) {
		free_all(pool);
		return err;
	}
	pool->beat_ms = loop_now_ms(loop);
	loop_timer_start(pool->beat, pool->options.heartbeat_ms, pool->options.heartbeat_ms);
	*ret_pool = pool;
	return CVN_OK;
}

static bool copy_text(const char **text)
{
	if (*text == NULL)
		return true;
	*text = strdup(*text);
	return *text != NULL;
}

static enum cvn_err take_options(struct pool *pool, const struct pool_options *options)
{
	struct pool_options *o = &pool->options;
	bool is_whole;

	*o = *options;
	is_whole = copy_text(&o->local_endpoint);
	is_whole &= copy_text(&o->remote_endpoint);
	is_whole &= copy_text(&o->server_secret);
	for (int kind = 0; kind < POOL_KINDS; kind++)
		is_whole &= copy_text(&o->programs[kind]);
	for (int kind = 0; kind < POOL_KINDS; kind++)
		if (o->credits[kind] == 0)
			o->credits[kind] = CREDIT;
	o->credits[POOL_PLANNER] = 1;
	o->n_children[POOL_PLANNER] = 0;
	if (o->task_max_ms == 0)
		o->task_max_ms = 10000;
	if (o->heartbeat_ms == 0)
		o->heartbeat_ms = 1000;
	return is_whole ? CVN_OK : CVN_ENOMEM;
}

static enum cvn_err bind_sockets(struct pool *pool)
{
	struct zsock_options options = { .on_message = worker_on_message,
					 .arg = pool,
					 .hwm = WORKER_HWM,
					 .frame_max_bytes = (size_t)4 << 20 };
	enum cvn_err err = zsock_open(pool->loop, ZSOCK_ROUTER, &options, &pool->socks[0]);

	if (err == CVN_OK)
		err = zsock_bind(pool->socks[0], pool->options.local_endpoint);
	if (err != CVN_OK || pool->options.remote_endpoint == NULL)
		return err;
	options.zap_domain = "workers";
	options.server_secret = pool->options.server_secret;
	options.is_monitored = true;
	err = zsock_open(pool->loop, ZSOCK_ROUTER, &options, &pool->socks[1]);
	return err != CVN_OK ? err : zsock_bind(pool->socks[1], pool->options.remote_endpoint);
}

static enum cvn_err make_children(struct pool *pool)
{
	for (int kind = 0; kind < POOL_KINDS; kind++) {
		for (uint32_t i = 1; i <= pool->options.n_children[kind]; i++) {
			char name[65];
			struct worker *w;
			enum cvn_err err;

			snprintf(name, sizeof name, "%s-%u", KIND_NAMES[kind], i);
			err = worker_new(pool, (enum pool_kind)kind, name, false, &w);
			if (err != CVN_OK)
				return err;
		}
	}
	for (struct list_node *node = pool->workers.next; node != &pool->workers; node = node->next)
		worker_spawn(CONTAINER_OF(node, struct worker, link));
	return CVN_OK;
}

static struct pool_programme *find(const struct pool *pool, const char *programme)
{
	struct pool_programme *p;

	HASH_FIND_STR(pool->programmes, programme, p);
	return p;
}

enum cvn_err pool_programme(struct pool *pool, const char *programme, const struct replica *replica)
{
	struct pool_programme *p = find(pool, programme);

	if (p != NULL)
		return CVN_OK;
	if (pool->n_programmes == POOL_PROGRAMMES_MAX)
		return CVN_ETOOLARGE;
	p = calloc(1, sizeof *p);
	if (p == NULL || (p->id = strdup(programme)) == NULL) {
		free(p);
		return CVN_ENOMEM;
	}
	p->index = pool->n_programmes++;
	p->replica = replica;
	for (int kind = 0; kind < POOL_KINDS; kind++)
		list_init(&p->waiting[kind]);
	buf_init(&p->updates, (size_t)4 << 20);
	pool->by_index[p->index] = p;
	HASH_ADD_KEYPTR(hh, pool->programmes, p->id, strlen(p->id), p);
	pool_wake(pool);
	return CVN_OK;
}

void pool_feed(struct pool *pool, const char *programme, const uint8_t *bytes, size_t n)
{
	struct pool_programme *p = find(pool, programme);

	if (p == NULL)
		return;
	feed_add(pool, p, bytes, n);
	pool_wake(pool);
}

void pool_today(struct pool *pool, const char *programme, const char *today)
{
	struct pool_programme *p = find(pool, programme);
	Convene__V1__ToWorker message = CONVENE__V1__TO_WORKER__INIT;
	Convene__V1__Feed feed = CONVENE__V1__FEED__INIT;
	struct list_node *node, *after;

	if (p == NULL)
		return;
	message.of_case = CONVENE__V1__TO_WORKER__OF_FEED;
	message.feed = &feed;
	feed.programme = p->id;
	feed.today = (char *)(uintptr_t)today;
	LIST_EACH (node, after, &pool->workers) {
		struct worker *w = CONTAINER_OF(node, struct worker, link);

		if (feed_is_wanted(w, p) && w->feeds[p->index].state != FEED_NONE)
			worker_send(w, &message);
	}
}

enum cvn_err pool_start(struct pool *pool, struct pool_task *task)
{
	struct pool_programme *p = find(pool, task->programme);

	CVN_REQUIRE(!task->is_started && task->done_cb != NULL && task->kind < POOL_KINDS);
	if (p == NULL)
		return CVN_EPROGRAMME;
	task->is_started = true;
	task->is_answered = false;
	task->worker = NULL;
	task->message.has_id = 1;
	task->message.id = ++pool->last_task;
	task->message.programme = p->id;
	list_push(&p->waiting[task->kind], &task->link);
	pool->n_tasks++;
	pool->counts.tasks++;
	pool_wake(pool);
	return CVN_OK;
}

void pool_wake(struct pool *pool)
{
	loop_defer(pool->loop, &pool->pump);
}

static uint64_t later(uint64_t ms, uint64_t by_ms, uint64_t now)
{
	return ms + by_ms < now ? ms + by_ms : now;
}

/* A beat that comes late tells of our own stall (a stopped process, a machine that was moved): what
 * workers said meanwhile is still to be read, and the time is not theirs to answer for. */
static void on_beat(void *arg)
{
	struct pool *pool = arg;
	uint64_t now = loop_now_ms(pool->loop), gap = now - pool->beat_ms;
	uint64_t stall = gap > STALL_BEATS * pool->options.heartbeat_ms ?
				 gap - pool->options.heartbeat_ms :
				 0;
	struct list_node *node, *after;

	pool->beat_ms = now;
	LIST_EACH (node, after, &pool->workers) {
		struct worker *w = CONTAINER_OF(node, struct worker, link);

		w->heard_ms = later(w->heard_ms, stall, now);
		w->busy_ms = later(w->busy_ms, stall, now);
		worker_beat(w);
	}
}

/* Everything that goes out to workers goes out from here, in this order: so a task never comes
 * before its feed. */
static void on_pump(struct loop_task *task)
{
	struct pool *pool = CONTAINER_OF(task, struct pool, pump);
	struct list_node *node, *after;

	LIST_EACH (node, after, &pool->workers)
		worker_sweep(CONTAINER_OF(node, struct worker, link));
	feed_bind(pool);
	for (size_t i = 0; !pool->is_closing && i < pool->n_programmes; i++)
		planner_begin(pool, pool->by_index[i]);
	if (feed_pump(pool))
		pool_wake(pool);
	if (pool->is_closing)
		return;
	for (size_t i = 0; i < pool->n_programmes; i++)
		for (int kind = 0; kind < POOL_KINDS; kind++)
			hand_out(pool, pool->by_index[(i + pool->last_task) % pool->n_programmes],
				 (enum pool_kind)kind);
}

static void hand_out(struct pool *pool, struct pool_programme *p, enum pool_kind kind)
{
	struct list_node *node;

	while ((node = list_first(&p->waiting[kind])) != NULL) {
		struct pool_task *task = CONTAINER_OF(node, struct pool_task, link);
		struct worker *w = pick(pool, p, kind, task->alone);
		Convene__V1__ToWorker message = CONVENE__V1__TO_WORKER__INIT;

		if (w == NULL)
			return;
		list_drop(node);
		list_push(&w->tasks, node);
		task->worker = w;
		task->is_answered = false;
		w->runs_alone = task->alone;
		if (w->n_unanswered++ == 0)
			w->busy_ms = loop_now_ms(pool->loop);
		w->n_tasks++;
		message.of_case = CONVENE__V1__TO_WORKER__OF_TASK;
		message.task = &task->message;
		worker_send(w, &message); /* one that is lost hands it on again */
	}
}

/* The least busy of those that may have it. */
static struct worker *pick(struct pool *pool, const struct pool_programme *p, enum pool_kind kind,
			   bool alone)
{
	struct worker *best = NULL;
	struct list_node *node, *after;

	LIST_EACH (node, after, &pool->workers) {
		struct worker *w = CONTAINER_OF(node, struct worker, link);

		if (w->kind != kind || !feed_is_complete(w, p) ||
		    w->n_tasks >= pool->options.credits[kind])
			continue;
		if (w->n_unanswered > 0 && (alone || w->runs_alone))
			continue;
		if (best == NULL || w->n_unanswered < best->n_unanswered)
			best = w;
	}
	return best;
}

void pool_hand_on(struct worker *w, bool are_suspects)
{
	while (!list_is_empty(&w->tasks)) {
		struct list_node *last = w->tasks.prev;
		struct pool_task *task = CONTAINER_OF(last, struct pool_task, link);
		struct pool_programme *p = find(w->pool, task->programme);

		list_drop(last);
		task->worker = NULL;
		task->alone |= are_suspects && !task->is_answered;
		task->is_answered = false;
		list_push_front(&p->waiting[task->kind], last);
	}
	w->n_tasks = w->n_unanswered = 0;
	pool_wake(w->pool);
}

void pool_finish(struct pool *pool, struct pool_task *task)
{
	struct worker *w = task->worker;

	if (!task->is_started)
		return;
	list_drop(&task->link);
	task->is_started = false;
	task->worker = NULL;
	pool->n_tasks--;
	if (task->kind == POOL_PLANNER)
		planner_end(find(pool, task->programme));
	if (w != NULL) {
		w->n_tasks--;
		w->n_unanswered -= !task->is_answered;
		w->busy_ms = loop_now_ms(pool->loop);
	}
	pool_wake(pool);
}

static struct worker *worker_by_ref(struct pool *pool, pool_ref ref)
{
	struct list_node *node, *after;

	LIST_EACH (node, after, &pool->workers) {
		struct worker *w = CONTAINER_OF(node, struct worker, link);

		if (w->ref == ref)
			return w;
	}
	return NULL;
}

void pool_settle(struct pool *pool, pool_ref to, uint64_t sequence, const char *result,
		 int64_t version)
{
	struct worker *w = pool != NULL && to != 0 ? worker_by_ref(pool, to) : NULL;
	Convene__V1__ToWorker message = CONVENE__V1__TO_WORKER__INIT;
	Convene__V1__Settled settled = CONVENE__V1__SETTLED__INIT;

	if (w == NULL)
		return;
	if (w->n_unsettled > 0)
		w->n_unsettled--;
	w->busy_ms = loop_now_ms(pool->loop);
	message.of_case = CONVENE__V1__TO_WORKER__OF_SETTLED;
	message.settled = &settled;
	settled.has_sequence = settled.has_version = 1;
	settled.sequence = sequence;
	settled.result = (char *)(uintptr_t)result;
	settled.version = version;
	worker_send(w, &message);
}

void pool_revoked(struct pool *pool)
{
	struct list_node *node, *after;

	if (pool == NULL)
		return;
	LIST_EACH (node, after, &pool->workers) {
		struct worker *w = CONTAINER_OF(node, struct worker, link);

		if (!w->is_remote || pool->options.is_worker_key(pool->options.arg, w->key))
			continue;
		LOG_WARN("pool", "a worker's key was revoked", "worker", w->name);
		w->is_lost = true;
		pool_wake(pool);
	}
}

bool pool_is_ready(const struct pool *pool)
{
	bool is_there[POOL_KINDS] = { false };

	for (struct list_node *node = pool->workers.next; node != &pool->workers;
	     node = node->next) {
		const struct worker *w = CONTAINER_OF(node, struct worker, link);
		bool is_fed = w->life.state == WORKER_SERVING && !w->is_lost;

		for (size_t i = 0; w->kind == POOL_VALIDATOR && i < pool->n_programmes; i++)
			is_fed &= feed_is_complete(w, pool->by_index[i]);
		is_there[w->kind] |= is_fed;
	}
	for (size_t i = 0; i < pool->n_programmes; i++) {
		const struct pool_programme *p = pool->by_index[i];

		is_there[POOL_SCHEDULER] &=
			p->scheduler != NULL && feed_is_complete(p->scheduler, p);
	}
	return is_there[POOL_VALIDATOR] && is_there[POOL_SCHEDULER];
}

uint64_t pool_n_tasks(const struct pool *pool)
{
	return pool->n_tasks;
}

void pool_each_worker(const struct pool *pool,
		      void (*fn)(void *arg, const struct pool_worker *worker), void *arg)
{
	for (struct list_node *node = pool->workers.next; node != &pool->workers;
	     node = node->next) {
		const struct worker *w = CONTAINER_OF(node, struct worker, link);
		struct pool_worker about = { .name = w->name,
					     .kind = w->kind,
					     .pid = w->pid,
					     .state = fsm_name(&w->life),
					     .is_remote = w->is_remote,
					     .n_outstanding = w->n_tasks,
					     .n_done = w->n_done,
					     .n_deaths = w->n_deaths };

		fn(arg, &about);
	}
}

void pool_each_count(const struct pool *pool,
		     void (*fn)(void *arg, const char *name, uint64_t value), void *arg)
{
	fn(arg, "worker_tasks", pool->counts.tasks);
	fn(arg, "worker_results", pool->counts.results);
	fn(arg, "worker_answers", pool->counts.answers);
	fn(arg, "worker_deaths", pool->counts.deaths);
	fn(arg, "worker_bad_messages", pool->counts.bad_messages);
	fn(arg, "worker_unknown_senders", pool->counts.who);
	fn(arg, "worker_refused", pool->counts.refused);
}

const char *pool_remote_endpoint(const struct pool *pool)
{
	return pool->socks[1] != NULL ? zsock_endpoint(pool->socks[1]) : "";
}

void pool_close(struct pool *pool, uint32_t grace_ms, void (*closed_cb)(void *arg), void *arg)
{
	struct list_node *node, *after;

	CVN_REQUIRE(!pool->is_closing);
	feed_pump(pool);
	pool->is_closing = true;
	pool->closed_cb = closed_cb;
	pool->closed_arg = arg;
	LIST_EACH (node, after, &pool->workers)
		worker_drain(CONTAINER_OF(node, struct worker, link));
	loop_timer_start(pool->grace, grace_ms, 0);
	pool_check_closed(pool);
}

static void on_grace_over(void *arg)
{
	struct pool *pool = arg;
	struct list_node *node, *after;

	LIST_EACH (node, after, &pool->workers) {
		struct worker *w = CONTAINER_OF(node, struct worker, link);

		if (w->proc != NULL)
			proc_end(w->proc, KILL_GRACE_MS);
	}
}

void pool_check_closed(struct pool *pool)
{
	if (!pool->is_closing)
		return;
	for (struct list_node *node = pool->workers.next; node != &pool->workers; node = node->next)
		if (CONTAINER_OF(node, struct worker, link)->proc != NULL)
			return;
	loop_defer(pool->loop, &pool->closed);
}

static void on_closed(struct loop_task *task)
{
	struct pool *pool = CONTAINER_OF(task, struct pool, closed);
	void (*closed_cb)(void *) = pool->closed_cb;
	void *arg = pool->closed_arg;

	free_all(pool);
	closed_cb(arg);
}

static void forget(struct list_node *tasks)
{
	struct list_node *node;

	while ((node = list_pop(tasks)) != NULL)
		CONTAINER_OF(node, struct pool_task, link)->is_started = false;
}

/* No child runs. The tasks are their callers' again. */
static void free_all(struct pool *pool)
{
	struct pool_programme *p, *next;

	for (size_t i = 0; i < N_ELEMENTS(pool->socks); i++)
		zsock_close(pool->socks[i]);
	loop_defer_cancel(&pool->pump);
	loop_defer_cancel(&pool->closed);
	loop_timer_free(pool->beat);
	loop_timer_free(pool->grace);
	while (!list_is_empty(&pool->workers)) {
		struct worker *w = CONTAINER_OF(pool->workers.next, struct worker, link);

		forget(&w->tasks);
		worker_free(w);
	}
	HASH_ITER (hh, pool->programmes, p, next) {
		HASH_DEL(pool->programmes, p);
		for (int kind = 0; kind < POOL_KINDS; kind++)
			forget(&p->waiting[kind]);
		buf_done(&p->updates);
		free(p->id);
		free(p);
	}
	free(pool->by_index);
	free((char *)(uintptr_t)pool->options.local_endpoint);
	free((char *)(uintptr_t)pool->options.remote_endpoint);
	free((char *)(uintptr_t)pool->options.server_secret);
	for (int kind = 0; kind < POOL_KINDS; kind++)
		free((char *)(uintptr_t)pool->options.programs[kind]);
	arena_done(&pool->scratch);
	free(pool);
}
