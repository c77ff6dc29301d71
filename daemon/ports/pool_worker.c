/* In order of time: worker_new -> worker_spawn -> on Ready: registered -> results, answers,
 * heartbeats -> worker_drain, or lost, overdue -> on_exit: died -> rest -> worker_spawn … ->
 * worker_free. */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ports/pool_private.h"
#include "util/id.h"
#include "util/log.h"
#include "wire/frame.h"

#define BACKOFF_MAX_MS 5000
#define STABLE_MS 10000 /* who lived that long starts again at once */
#define BEATS_MISSED 10
#define DRAIN_GRACE_MS 7000

static const struct fsm_def LIFE = {
	.kind = "worker",
	.n_states = WORKER_STATES,
	.names = { [WORKER_RESTING] = "resting",
		   [WORKER_STARTING] = "starting",
		   [WORKER_SERVING] = "serving",
		   [WORKER_ENDING] = "ending",
		   [WORKER_GONE] = "gone" },
	.next = { [WORKER_RESTING] = FSM_TO(WORKER_STARTING) | FSM_TO(WORKER_GONE),
		  [WORKER_STARTING] =
			  FSM_TO(WORKER_SERVING) | FSM_TO(WORKER_ENDING) | FSM_TO(WORKER_RESTING) |
			  FSM_TO(WORKER_GONE),
		  [WORKER_SERVING] =
			  FSM_TO(WORKER_ENDING) | FSM_TO(WORKER_RESTING) | FSM_TO(WORKER_GONE),
		  [WORKER_ENDING] = FSM_TO(WORKER_RESTING) | FSM_TO(WORKER_GONE) },
};

static void on_ready(struct pool *pool, struct zsock *sock, const struct zmessage *m,
		     const Convene__V1__Ready *ready);
static void registered(struct worker *w, struct zsock *sock, const struct zmessage *m);
static void on_result(struct worker *w, const Convene__V1__Result *result);
static void on_answer(struct worker *w, const Convene__V1__Answer *answer);
static void on_progress(struct worker *w, const Convene__V1__Progress *progress);
static void on_plan(struct worker *w, const Convene__V1__Plan *plan);
static void on_drained(struct worker *w);
static void on_exit_of_child(void *arg, struct proc *proc, const struct proc_exit *how);
static void died(struct worker *w, const char *last_words, bool is_blamed);
static void rest(struct worker *w);
static void on_rested(void *arg);

enum cvn_err worker_new(struct pool *pool, enum pool_kind kind, const char *name, bool is_remote,
			struct worker **ret_worker)
{
	struct worker *w = calloc(1, sizeof *w);
	enum cvn_err err = CVN_ENOMEM;

	if (w == NULL)
		return CVN_ENOMEM;
	w->pool = pool;
	w->kind = kind;
	w->is_remote = is_remote;
	snprintf(w->name, sizeof w->name, "%s", name);
	fsm_init(&w->life, &LIFE, is_remote ? WORKER_STARTING : WORKER_RESTING);
	list_init(&w->tasks);
	w->feeds = calloc(POOL_PROGRAMMES_MAX, sizeof *w->feeds);
	if (w->feeds != NULL)
		err = loop_timer_new(pool->loop, on_rested, w, &w->timer);
	if (err != CVN_OK) {
		free(w->feeds);
		free(w);
		return err;
	}
	list_push(&pool->workers, &w->link);
	*ret_worker = w;
	return CVN_OK;
}

void worker_free(struct worker *w)
{
	list_drop(&w->link);
	loop_timer_free(w->timer);
	free(w->feeds);
	free(w);
}

void worker_spawn(struct worker *w)
{
	struct pool *pool = w->pool;
	char epoch[24];
	const char *argv[] = { pool->options.programs[w->kind == POOL_PLANNER ? POOL_SCHEDULER : w->kind],
			       "--endpoint",
			       pool->options.local_endpoint,
			       "--name",
			       w->name,
			       "--daemon-epoch",
			       epoch,
			       NULL,
			       NULL };
	const char *planner_argv[] = { argv[0], "--planner", argv[1], argv[2], argv[3],
				       argv[4], argv[5],     argv[6], NULL };
	struct proc_options options = { .name = w->name,
					.argv = w->kind == POOL_PLANNER ? planner_argv : argv,
					.oom_score_adj = 200,
					.on_exit = on_exit_of_child,
					.arg = w };
	enum cvn_err err;

	snprintf(epoch, sizeof epoch, "%" PRId64, pool->options.epoch);
	err = proc_spawn(pool->loop, &options, &w->proc);
	if (err != CVN_OK) {
		LOG_ERROR("pool", "a worker could not be started", "worker", w->name, "program",
			  argv[0], "error", cvn_err_name(err));
		w->proc = NULL;
		if (w->kind == POOL_PLANNER)
			return;
		w->backoff_ms = w->backoff_ms == 0 ? 100 : w->backoff_ms;
		rest(w);
		return;
	}
	fsm_move(&w->life, w->name, WORKER_STARTING);
	w->pid = proc_pid(w->proc);
	w->started_ms = w->heard_ms = loop_now_ms(pool->loop);
	w->is_lost = w->is_overdue = false;
}

void worker_send_packed(struct worker *w, const uint8_t *bytes, size_t n)
{
	struct zframe frames[] = { { w->routing, w->n_routing }, { bytes, n } };
	enum cvn_err err;

	if (w->is_lost || w->sock == NULL)
		return;
	err = zsock_send(w->sock, frames, N_ELEMENTS(frames));
	if (err == CVN_OK)
		return;
	LOG_WARN("pool", "a worker can't be reached", "worker", w->name, "error",
		 cvn_err_name(err));
	w->is_lost = true;
	pool_wake(w->pool);
}

void worker_send(struct worker *w, Convene__V1__ToWorker *message)
{
	struct buf packed;

	buf_init(&packed, SIZE_MAX);
	if (frame_encode_to(&message->base, &packed) == CVN_OK) {
		worker_send_packed(w, packed.bytes, packed.n);
	} else {
		LOG_ERROR("pool", "out of memory: a worker is given up", "worker", w->name);
		w->is_lost = true;
		pool_wake(w->pool);
	}
	buf_done(&packed);
}

static struct worker *worker_by_routing(struct pool *pool, struct zsock *sock,
					const struct zframe *routing)
{
	struct list_node *node, *after;

	LIST_EACH (node, after, &pool->workers) {
		struct worker *w = CONTAINER_OF(node, struct worker, link);

		if (w->ref != 0 && w->sock == sock && w->n_routing == routing->n &&
		    memcmp(w->routing, routing->bytes, routing->n) == 0)
			return w;
	}
	return NULL;
}

static void send_who(struct pool *pool, struct zsock *sock, const struct zframe *routing)
{
	Convene__V1__ToWorker message = CONVENE__V1__TO_WORKER__INIT;
	Convene__V1__Who who = CONVENE__V1__WHO__INIT;
	struct buf packed;

	message.of_case = CONVENE__V1__TO_WORKER__OF_WHO;
	message.who = &who;
	buf_init(&packed, 64);
	if (frame_encode_to(&message.base, &packed) == CVN_OK) {
		struct zframe frames[] = { *routing, { packed.bytes, packed.n } };

		if (zsock_send(sock, frames, N_ELEMENTS(frames)) == CVN_OK)
			pool->counts.who++;
	}
	buf_done(&packed);
}

void worker_on_message(void *arg, struct zsock *sock, const struct zmessage *m)
{
	struct pool *pool = arg;
	struct worker *w;
	ProtobufCMessage *decoded;
	const Convene__V1__FromWorker *from;
	struct frame_fault fault;

	if (sock != pool->socks[0] && !pool->options.is_worker_key(pool->options.arg, m->user_id)) {
		pool->counts.refused++;
		return;
	}
	w = worker_by_routing(pool, sock, &m->frames[0]);
	arena_reset(&pool->scratch);
	if (m->n_frames != 2 || m->too_many || m->frames[0].n > sizeof w->routing ||
	    frame_decode(&convene__v1__from_worker__descriptor, m->frames[1].bytes, m->frames[1].n,
			 &FRAME_LIMITS_PAGE, &pool->scratch, &decoded, &fault) != CVN_OK) {
		pool->counts.bad_messages++;
		if (w != NULL) {
			LOG_ERROR("pool", "a worker sent what can't be read", "worker", w->name,
				  "field", m->n_frames == 2 ? fault.path : "");
			w->is_lost = true;
			pool_wake(pool);
		}
		return;
	}
	from = (const Convene__V1__FromWorker *)decoded;
	if (w != NULL)
		w->heard_ms = loop_now_ms(pool->loop);
	if (from->of_case == CONVENE__V1__FROM_WORKER__OF_READY)
		on_ready(pool, sock, m, from->ready);
	else if (w == NULL)
		send_who(pool, sock, &m->frames[0]);
	else if (from->of_case == CONVENE__V1__FROM_WORKER__OF_RESULT)
		on_result(w, from->result);
	else if (from->of_case == CONVENE__V1__FROM_WORKER__OF_ANSWER)
		on_answer(w, from->answer);
	else if (from->of_case == CONVENE__V1__FROM_WORKER__OF_DRAINED)
		on_drained(w);
	else if (from->of_case == CONVENE__V1__FROM_WORKER__OF_PROGRESS)
		on_progress(w, from->progress);
	else if (from->of_case == CONVENE__V1__FROM_WORKER__OF_PLAN)
		on_plan(w, from->plan);
	/* heartbeat: that it was heard is all there is to know */
}

static bool kind_parse(const char *text, enum pool_kind *ret_kind)
{
	if (text != NULL && strcmp(text, "validator") == 0)
		*ret_kind = POOL_VALIDATOR;
	else if (text != NULL && strcmp(text, "scheduler") == 0)
		*ret_kind = POOL_SCHEDULER;
	else if (text != NULL && strcmp(text, "planner") == 0)
		*ret_kind = POOL_PLANNER;
	else
		return false;
	return true;
}

/* Whose Ready is it? NULL: nobody's, and *ret_why says why. */
static struct worker *worker_of_ready(struct pool *pool, struct zsock *sock,
				      const Convene__V1__Ready *ready, const char **ret_why)
{
	struct list_node *node, *after;
	struct worker *w = NULL;
	enum pool_kind kind;

	*ret_why = "it is no kind of worker";
	if (!kind_parse(ready->kind, &kind) || !id_is_valid(ready->name))
		return NULL;
	*ret_why = "it has another version";
	if (ready->version == NULL || strcmp(ready->version, CONVENE_VERSION) != 0)
		return NULL;
	LIST_EACH (node, after, &pool->workers) {
		struct worker *other = CONTAINER_OF(node, struct worker, link);

		if (strcmp(other->name, ready->name) == 0)
			w = other;
	}
	if (w != NULL) {
		/* it may have lost its connection and come over another */
		*ret_why = "its name is taken";
		if (w->kind != kind || w->is_remote != (sock != pool->socks[0]) ||
		    (w->is_remote && w->pid != ready->pid))
			return NULL;
		*ret_why = "it is not the child of that name";
		if (!w->is_remote && (w->proc == NULL || w->pid != ready->pid))
			return NULL;
		return w;
	}
	*ret_why = "it is no child of ours";
	if (sock == pool->socks[0] || kind == POOL_PLANNER)
		return NULL;
	*ret_why = "there are too many";
	if (pool->n_remote >= POOL_REMOTE_MAX ||
	    worker_new(pool, kind, ready->name, true, &w) != CVN_OK)
		return NULL;
	pool->n_remote++;
	w->pid = ready->pid;
	w->started_ms = loop_now_ms(pool->loop);
	return w;
}

static void on_ready(struct pool *pool, struct zsock *sock, const struct zmessage *m,
		     const Convene__V1__Ready *ready)
{
	const char *why;
	struct worker *w;

	if (pool->is_closing)
		return;
	w = worker_of_ready(pool, sock, ready, &why);
	if (w == NULL || (w->life.state != WORKER_STARTING && w->life.state != WORKER_SERVING)) {
		pool->counts.refused++;
		if (w == NULL)
			LOG_WARN("pool", "a worker is refused", "name",
				 ready->name != NULL ? ready->name : "", "version",
				 ready->version != NULL ? ready->version : "", "why", why);
		return;
	}
	registered(w, sock, m);
}

static void registered(struct worker *w, struct zsock *sock, const struct zmessage *m)
{
	struct pool *pool = w->pool;
	uint64_t now = loop_now_ms(pool->loop);
	Convene__V1__ToWorker message = CONVENE__V1__TO_WORKER__INIT;
	Convene__V1__Registered reg = CONVENE__V1__REGISTERED__INIT;
	/* it asked twice, before it had our answer: nothing was lost */
	bool is_echo = w->life.state == WORKER_SERVING &&
		       now - w->registered_ms < 2 * pool->options.heartbeat_ms && w->sock == sock &&
		       w->n_routing == m->frames[0].n &&
		       memcmp(w->routing, m->frames[0].bytes, w->n_routing) == 0;

	if (!is_echo && w->life.state == WORKER_SERVING) {
		LOG_WARN("pool", "a worker has lost what it held", "worker", w->name);
		feed_unbind(w);
		pool_hand_on(w, /* are_suspects= */ false);
	}
	if (!is_echo) {
		w->sock = sock;
		snprintf(w->key, sizeof w->key, "%s", m->user_id != NULL ? m->user_id : "");
		memcpy(w->routing, m->frames[0].bytes, m->frames[0].n);
		w->n_routing = m->frames[0].n;
		w->ref = ++pool->last_ref;
		w->registered_ms = w->heard_ms = now;
		w->n_unsettled = 0;
		feed_reset(w);
		if (w->life.state != WORKER_SERVING)
			fsm_move(&w->life, w->name, WORKER_SERVING);
		LOG_INFO("pool", "a worker is registered", "worker", w->name, "pid", w->pid);
	}
	message.of_case = CONVENE__V1__TO_WORKER__OF_REGISTERED;
	message.registered = &reg;
	reg.has_epoch = reg.has_heartbeat_ms = reg.has_credit = 1;
	reg.epoch = pool->options.epoch;
	reg.heartbeat_ms = pool->options.heartbeat_ms;
	reg.credit = pool->options.credits[w->kind];
	worker_send(w, &message);
	pool_wake(pool);
}

static struct pool_task *task_by_id(struct worker *w, uint64_t id)
{
	struct list_node *node, *after;

	if (id == 0)
		return NULL;
	LIST_EACH (node, after, &w->tasks) {
		struct pool_task *task = CONTAINER_OF(node, struct pool_task, link);

		if (task->message.id == id)
			return task;
	}
	return NULL;
}

static void on_result(struct worker *w, const Convene__V1__Result *result)
{
	struct pool_task *task = task_by_id(w, result->task);

	w->pool->counts.results++;
	w->n_done++;
	w->busy_ms = loop_now_ms(w->pool->loop);
	if (task == NULL || task->kind != POOL_VALIDATOR)
		return;
	pool_finish(w->pool, task);
	task->ret_result = result;
	task->done_cb(task, CVN_OK);
}

static void on_answer(struct worker *w, const Convene__V1__Answer *answer)
{
	struct pool_task *task = task_by_id(w, answer->task);

	if (w->kind != POOL_SCHEDULER)
		return;
	w->pool->counts.answers++;
	w->busy_ms = loop_now_ms(w->pool->loop);
	w->n_done += task != NULL;
	if (answer->n_changes > 0)
		w->n_unsettled++;
	if (task != NULL && !task->is_answered) {
		task->is_answered = true;
		w->n_unanswered--;
	}
	w->pool->options.on_answer(w->pool->options.arg, w->ref, answer, task);
	pool_wake(w->pool);
}

static void on_progress(struct worker *w, const Convene__V1__Progress *progress)
{
	struct pool_task *task = task_by_id(w, progress->task);

	if (task != NULL && w->kind == POOL_PLANNER && w->pool->options.on_progress != NULL)
		w->pool->options.on_progress(w->pool->options.arg, task, progress);
}

static void on_plan(struct worker *w, const Convene__V1__Plan *plan)
{
	struct pool_task *task = task_by_id(w, plan->task);

	w->n_done += task != NULL && (plan->summary != NULL || plan->refused != NULL);
	if (task != NULL && w->kind == POOL_PLANNER && w->pool->options.on_plan != NULL)
		w->pool->options.on_plan(w->pool->options.arg, task, plan);
}

/* How long may it take over what it has? */
static uint64_t time_of_task(const struct worker *w)
{
	const struct list_node *node = list_first(&w->tasks);
	uint32_t own = node != NULL ? CONTAINER_OF(node, struct pool_task, link)->time_max_ms : 0;

	return own != 0 ? own : w->pool->options.task_max_ms;
}

/* It takes no more, and ends; what it did not answer goes to others. */
static void on_drained(struct worker *w)
{
	if (w->life.state == WORKER_SERVING) {
		feed_unbind(w);
		pool_hand_on(w, /* are_suspects= */ false);
		fsm_move(&w->life, w->name, w->is_remote ? WORKER_GONE : WORKER_ENDING);
	}
	if (w->is_remote) {
		LOG_INFO("pool", "a worker has left", "worker", w->name);
		w->pool->n_remote--;
		worker_free(w);
	}
}

void worker_beat(struct worker *w)
{
	struct pool *pool = w->pool;
	uint64_t now = loop_now_ms(pool->loop);
	uint64_t patience_ms = (uint64_t)BEATS_MISSED * pool->options.heartbeat_ms;
	Convene__V1__ToWorker message = CONVENE__V1__TO_WORKER__INIT;
	Convene__V1__Ping ping = CONVENE__V1__PING__INIT;

	if (w->life.state != WORKER_STARTING && w->life.state != WORKER_SERVING)
		return;
	if (w->n_unanswered > 0 && w->n_unsettled == 0 &&
	    now - w->busy_ms > time_of_task(w)) {
		LOG_ERROR("pool", "a worker takes too long over a task", "worker", w->name, "ms",
			  now - w->busy_ms);
		w->is_lost = w->is_overdue = true;
	} else if (now - w->heard_ms > patience_ms) {
		LOG_ERROR("pool", "a worker is silent", "worker", w->name, "ms", now - w->heard_ms);
		w->is_lost = true;
	}
	if (w->life.state == WORKER_SERVING && !w->is_lost) {
		message.of_case = CONVENE__V1__TO_WORKER__OF_PING;
		message.ping = &ping;
		worker_send(w, &message);
	}
	if (w->is_lost)
		pool_wake(pool);
}

void worker_sweep(struct worker *w)
{
	if (!w->is_lost || w->life.state == WORKER_ENDING || w->life.state == WORKER_RESTING)
		return;
	if (w->proc != NULL)
		proc_signal(w->proc, SIGKILL); /* the rest in on_exit_of_child() */
	else if (w->is_remote)
		died(w, "it was not heard any more", w->is_overdue);
}

void worker_drain(struct worker *w)
{
	Convene__V1__ToWorker message = CONVENE__V1__TO_WORKER__INIT;
	Convene__V1__Drain drain = CONVENE__V1__DRAIN__INIT;

	if (w->life.state == WORKER_SERVING) {
		message.of_case = CONVENE__V1__TO_WORKER__OF_DRAIN;
		message.drain = &drain;
		worker_send(w, &message);
	} else if (w->proc != NULL) {
		proc_end(w->proc, DRAIN_GRACE_MS);
	}
}

static void on_exit_of_child(void *arg, struct proc *proc, const struct proc_exit *how)
{
	struct worker *w = arg;
	bool is_asked = w->pool->is_closing || w->life.state == WORKER_ENDING;
	bool is_clean = how->signal == 0 && how->code == 0;
	const char *words = how->last_words;

	CVN_REQUIRE(w->proc == proc);
	w->proc = NULL;
	w->pid = 0;
	if (is_asked && is_clean)
		LOG_INFO("pool", "a worker has ended", "worker", w->name);
	else
		LOG_WARN("pool", "a worker has died", "worker", w->name, "code", how->code,
			 "signal", how->signal, "tasks", w->n_tasks);
	if (how->n_last_words > POOL_LAST_WORDS_MAX)
		words += how->n_last_words - POOL_LAST_WORDS_MAX;
	if (w->is_overdue)
		words = "it took too long over the task, and was ended";
	if (w->kind == POOL_PLANNER)
		planner_gone(w, words);
	else
		died(w, words, !is_asked && !is_clean);
}

/* The task that it was busy with hears of it, where there is no doubt which one that was: of several
 * unanswered ones the first may have been done, and its result died on the way. Those are handed on,
 * each to be alone, and the next death tells. */
static void died(struct worker *w, const char *last_words, bool is_blamed)
{
	struct pool *pool = w->pool;
	struct pool_task *blamed = NULL;
	struct list_node *node, *after;

	if (is_blamed && w->life.state == WORKER_SERVING && w->n_unanswered == 1) {
		LIST_EACH (node, after, &w->tasks) {
			struct pool_task *task = CONTAINER_OF(node, struct pool_task, link);

			if (!task->is_answered) {
				blamed = task;
				break;
			}
		}
	}
	w->n_deaths++;
	pool->counts.deaths++;
	feed_unbind(w);
	if (blamed != NULL)
		pool_finish(pool, blamed);
	pool_hand_on(w, /* are_suspects= */ is_blamed);
	w->ref = 0;
	w->sock = NULL;
	if (w->is_remote) {
		LOG_WARN("pool", "a remote worker is given up", "worker", w->name);
		fsm_move(&w->life, w->name, WORKER_GONE);
		pool->n_remote--;
		worker_free(w);
	} else {
		if (loop_now_ms(pool->loop) - w->started_ms > STABLE_MS)
			w->backoff_ms = 0;
		rest(w);
	}
	if (blamed != NULL) {
		blamed->ret_last_words = last_words;
		blamed->done_cb(blamed, CVN_EGONE);
	}
	pool_wake(pool);
	pool_check_closed(pool);
}

/* The first death in a while costs no time; then 50, 100, … ms, and a little chance, so that not
 * all start at once. */
static void rest(struct worker *w)
{
	uint32_t wait_ms = w->backoff_ms;

	if (w->life.state != WORKER_RESTING)
		fsm_move(&w->life, w->name, WORKER_RESTING);
	if (w->pool->is_closing)
		return;
	w->backoff_ms = w->backoff_ms == 0 ? 50 : w->backoff_ms * 2;
	if (w->backoff_ms > BACKOFF_MAX_MS)
		w->backoff_ms = BACKOFF_MAX_MS;
	loop_timer_start(
		w->timer,
		wait_ms + (wait_ms > 0 ? (uint32_t)(w->pool->last_task % (wait_ms / 4 + 1)) : 0),
		0);
}

static void on_rested(void *arg)
{
	struct worker *w = arg;

	if (!w->pool->is_closing && w->life.state == WORKER_RESTING)
		worker_spawn(w);
}
