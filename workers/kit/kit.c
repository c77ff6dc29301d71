/* The life of a worker, in order of time:
 *
 *   kit_main -> open -> [ANNOUNCED] -> on_message -> registered -> [SERVING] -> fed, asked, settled
 *                            ^  silence, Who, a gap in the feed  |
 *                            +-----------------------------------+-> drain -> [DRAINING] -> end -> [OVER]
 *
 * Whoever registers us anew has forgotten what it told us: all replicas go, and are fed again. */
#include "kit/kit.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sysexits.h>
#include <unistd.h>
#include <uv.h>

#include "io/loop.h"
#include "io/proc.h"
#include "io/zsock.h"
#include "kit/feed.h"
#include "kit/options.h"
#include "util/arena.h"
#include "util/fsm.h"
#include "util/log.h"
#include "wire/frame.h"

#define LOG_MODULE "kit"
#define HEARTBEAT_MS 1000u /* until convened names another one */
#define HEARTBEAT_MS_MIN 20u
#define HEARTBEAT_MS_MAX 60000u
#define SILENT_BEATS \
	5u /* convened pings each heartbeat: after so many without a word, it has forgotten us */
#define ECHO_BEATS \
	3u /* a Ready that comes sooner after Registered, convened takes for the first one's echo */
#define ORPHAN_MS 15000u /* a child that was not registered by then has lost its parent's address */
#define DRAIN_MS 5000u   /* what is still owed then is handed on by convened */
#define HWM 10000u       /* above any credit, so that a full queue means a peer that is gone */
#define ARENA_BYTES (64u << 20) /* a page of 4 MiB, unpacked */

enum life { ANNOUNCED, SERVING, DRAINING, OVER, LIVES };

static const struct fsm_def LIFE = {
	.kind = "kit",
	.n_states = LIVES,
	.names = { "announced", "serving", "draining", "over" },
	.next = {
		[ANNOUNCED] = FSM_TO(SERVING) | FSM_TO(DRAINING) | FSM_TO(OVER),
		[SERVING] = FSM_TO(ANNOUNCED) | FSM_TO(DRAINING) | FSM_TO(OVER),
		[DRAINING] = FSM_TO(OVER),
	},
};

struct kit {
	const struct kit_worker *worker; /* borrowed */
	struct options options;
	struct loop *loop;
	struct zsock *sock;
	struct loop_timer *heartbeat;
	struct loop_task idle;
	struct arena in, out; /* the message at hand; the one that is sent */
	struct feeds feeds;
	struct fsm life;
	void *user;
	int exit_code;
	int64_t epoch; /* of the convened that registered us; 0: none yet */
	int64_t n_done;
	unsigned n_silent; /* own beats since convened was heard: our own stall is no silence */
	uint64_t beat_ms, registered_ms, announced_ms, started_ms, drain_ms;
};

static enum cvn_err open_all(struct kit *k);
static void announce(struct kit *k);
static void on_beat(void *arg);
static void on_message(void *arg, struct zsock *sock, const struct zmessage *message);
static void registered(struct kit *k, const Convene__V1__Registered *message);
static void unknown(struct kit *k);
static void forgotten(struct kit *k);
static void fed(struct kit *k, const Convene__V1__Feed *message);
static void asked(struct kit *k, const Convene__V1__Task *task, const struct zframe *frame);
static void on_idle(struct loop_task *task);
static void drain(struct kit *k);
static void on_signal(void *arg, int signal_number);
static void end(struct kit *k, int exit_code);
static void close_all(struct kit *k);

int kit_main(int argc, char **argv, const struct kit_worker *worker)
{
	struct kit k = { .worker = worker, .beat_ms = HEARTBEAT_MS, .exit_code = EX_OK };
	char host[33] = "host", name[128];
	enum cvn_err err;

	(void)gethostname(host, sizeof(host) - 1);
	snprintf(name, sizeof(name), "%s-%s-%d", worker->kind, host, (int)getpid());
	int code = options_read(argc, argv, worker, name, &k.options);
	if (code >= 0)
		return code;
	log_set_level(k.options.log_level);
	if (k.options.is_child) {
		/* nothing here outlives convened, so there is nothing to save */
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != proc_parent())
			return EX_OK; /* it had died before that */
	}

	fsm_init(&k.life, &LIFE, ANNOUNCED);
	arena_init(&k.in, ARENA_BYTES);
	arena_init(&k.out, ARENA_BYTES);
	feeds_init(&k.feeds, &k, worker);
	if ((err = open_all(&k)) != CVN_OK) {
		LOG_ERROR(LOG_MODULE, "could not start", "kind", worker->kind, "err",
			  cvn_err_name(err));
		k.exit_code = EX_SOFTWARE;
	} else {
		announce(&k);
		loop_run(k.loop);
	}
	close_all(&k);
	return k.exit_code;
}

static enum cvn_err open_all(struct kit *k)
{
	const struct options *o = &k->options;
	struct zsock_options options = { .on_message = on_message,
					 .arg = k,
					 .hwm = HWM,
					 .frame_max_bytes = FRAME_LIMITS_PAGE.bytes };
	enum cvn_err err;

	if (o->is_tcp) {
		options.client_public = o->keys.public_key;
		options.client_secret = o->keys.secret_key;
		options.server_public = o->server_key;
	}
	if ((err = loop_new(&k->loop)) != CVN_OK ||
	    (err = loop_on_signal(k->loop, SIGTERM, on_signal, k)) != CVN_OK ||
	    (err = loop_on_signal(k->loop, SIGINT, on_signal, k)) != CVN_OK ||
	    (err = loop_timer_new(k->loop, on_beat, k, &k->heartbeat)) != CVN_OK ||
	    (err = zsock_open(k->loop, ZSOCK_DEALER, &options, &k->sock)) != CVN_OK ||
	    (err = zsock_connect(k->sock, o->endpoint)) != CVN_OK)
		return err;
	k->idle.run_cb = on_idle;
	k->started_ms = loop_now_ms(k->loop);
	loop_timer_start(k->heartbeat, k->beat_ms, k->beat_ms);
	return k->worker->on_start != NULL ? k->worker->on_start(k) : CVN_OK;
}

static void announce(struct kit *k)
{
	Convene__V1__FromWorker message = CONVENE__V1__FROM_WORKER__INIT;
	Convene__V1__Ready ready = CONVENE__V1__READY__INIT;
	char kind[32], name[128], version[] = CONVENE_VERSION;

	snprintf(kind, sizeof(kind), "%s", k->worker->kind);
	snprintf(name, sizeof(name), "%s", k->options.name);
	ready.kind = kind;
	ready.name = name;
	ready.version = version;
	ready.has_pid = true;
	ready.pid = getpid();
	message.of_case = CONVENE__V1__FROM_WORKER__OF_READY;
	message.ready = &ready;
	k->announced_ms = loop_now_ms(k->loop);
	kit_send(k, &message);
}

static void beat(struct kit *k)
{
	Convene__V1__FromWorker message = CONVENE__V1__FROM_WORKER__INIT;
	Convene__V1__Heartbeat heartbeat = CONVENE__V1__HEARTBEAT__INIT;
	size_t rss = 0;

	(void)uv_resident_set_memory(&rss);
	heartbeat.has_rss_bytes = heartbeat.has_done = true;
	heartbeat.rss_bytes = (int64_t)rss;
	heartbeat.done = k->n_done;
	message.of_case = CONVENE__V1__FROM_WORKER__OF_HEARTBEAT;
	message.heartbeat = &heartbeat;
	kit_send(k, &message);
}

static bool is_too_soon(const struct kit *k)
{
	return k->epoch != 0 && loop_now_ms(k->loop) - k->registered_ms < ECHO_BEATS * k->beat_ms;
}

/* Each heartbeat, from the loop: a worker that hangs in a task misses it. */
static void on_beat(void *arg)
{
	struct kit *k = arg;
	uint64_t now = loop_now_ms(k->loop);

	switch (k->life.state) {
	case ANNOUNCED:
		if (k->options.is_child && k->epoch == 0 && now - k->started_ms > ORPHAN_MS)
			end(k, EX_UNAVAILABLE);
		else if (now - k->announced_ms >= k->beat_ms && !is_too_soon(k))
			announce(k);
		break;
	case SERVING:
		if (++k->n_silent > SILENT_BEATS)
			forgotten(k);
		else
			beat(k);
		break;
	case DRAINING:
		beat(k);
		if (now - k->drain_ms > DRAIN_MS)
			end(k, EX_OK);
		break;
	default:
		break;
	}
}

static void on_message(void *arg, struct zsock *sock, const struct zmessage *message)
{
	struct kit *k = arg;
	ProtobufCMessage *decoded;
	struct frame_fault fault;

	(void)sock;
	if (k->life.state == OVER)
		return;
	arena_reset(&k->in);
	if (message->n_frames != 1 || message->too_many ||
	    frame_decode(&convene__v1__to_worker__descriptor, message->frames[0].bytes,
			 message->frames[0].n, &FRAME_LIMITS_PAGE, &k->in, &decoded,
			 &fault) != CVN_OK) {
		LOG_ERROR(LOG_MODULE, "convened sent what can't be read", "frames",
			  message->n_frames, "path", message->n_frames == 1 ? fault.path : "",
			  "text", message->n_frames == 1 ? fault.text : "");
		end(k, EX_PROTOCOL);
		return;
	}
	const Convene__V1__ToWorker *to = (const Convene__V1__ToWorker *)(const void *)decoded;
	k->n_silent = 0;
	if (to->of_case == CONVENE__V1__TO_WORKER__OF_REGISTERED)
		registered(k, to->registered);
	else if (to->of_case == CONVENE__V1__TO_WORKER__OF_DRAIN)
		drain(k);
	else if (to->of_case == CONVENE__V1__TO_WORKER__OF_WHO)
		unknown(k);
	else if (k->life.state == ANNOUNCED)
		return; /* meant for the one that we were; the timer announces us again */
	else if (to->of_case == CONVENE__V1__TO_WORKER__OF_FEED)
		fed(k, to->feed);
	else if (to->of_case == CONVENE__V1__TO_WORKER__OF_TASK && k->life.state == SERVING)
		asked(k, to->task, &message->frames[0]);
	else if (to->of_case == CONVENE__V1__TO_WORKER__OF_SETTLED && k->worker->on_settled != NULL)
		k->worker->on_settled(k, to->settled);
	else if (to->of_case == CONVENE__V1__TO_WORKER__OF_STOP && k->worker->on_stop_task != NULL)
		k->worker->on_stop_task(k, to->stop->task);
	if (k->life.state == DRAINING || (k->life.state == SERVING && k->worker->on_idle != NULL))
		loop_defer(k->loop, &k->idle);
}

/* The same lease that says it once more answers a Ready that we had repeated: nothing changed. */
static void registered(struct kit *k, const Convene__V1__Registered *message)
{
	if (k->options.is_child && message->epoch != k->options.daemon_epoch) {
		LOG_WARN(LOG_MODULE, "another convened answers", "epoch", message->epoch);
		end(k, EX_OK);
		return;
	}
	if (k->life.state != ANNOUNCED)
		return;
	feeds_clear(&k->feeds);
	k->epoch = message->epoch;
	if (message->heartbeat_ms > 0) {
		uint64_t ms = (uint64_t)message->heartbeat_ms;
		k->beat_ms = ms < HEARTBEAT_MS_MIN ? HEARTBEAT_MS_MIN :
			     ms > HEARTBEAT_MS_MAX ? HEARTBEAT_MS_MAX :
						     ms;
		loop_timer_start(k->heartbeat, k->beat_ms, k->beat_ms);
	}
	k->registered_ms = loop_now_ms(k->loop);
	fsm_move(&k->life, k->options.name, SERVING);
	LOG_DEBUG(LOG_MODULE, "registered", "name", k->options.name, "epoch", k->epoch);
}

/* A convened that does not know us can't take a Ready for an echo. Several of these may be on their
 * way: one is enough. */
static void unknown(struct kit *k)
{
	if (k->life.state != SERVING)
		return;
	k->epoch = 0;
	k->started_ms = loop_now_ms(k->loop);
	forgotten(k);
}

/* What comes from now on was meant for the one that we were. */
static void forgotten(struct kit *k)
{
	fsm_move(&k->life, k->options.name, ANNOUNCED);
	k->n_silent = 0;
	if (!is_too_soon(k))
		announce(k);
}

static void hand_over(struct kit *k, struct feed *feed)
{
	struct arena arena;
	uint8_t *frame;
	size_t n;

	arena_init(&arena, ARENA_BYTES);
	while (k->life.state == SERVING && (frame = feeds_next_task(&k->feeds, feed, &n)) != NULL) {
		ProtobufCMessage *decoded;
		struct frame_fault fault;

		arena_reset(&arena);
		if (CVN_EXPECT(frame_decode(&convene__v1__to_worker__descriptor, frame, n,
					    &FRAME_LIMITS_PAGE, &arena, &decoded,
					    &fault) == CVN_OK))
			k->worker->on_task(
				k, ((const Convene__V1__ToWorker *)(const void *)decoded)->task,
				feed->replica);
		free(frame);
	}
	arena_done(&arena);
}

static void fed(struct kit *k, const Convene__V1__Feed *message)
{
	struct feed *completed = NULL;
	enum cvn_err err = feeds_take(&k->feeds, message, &completed);

	if (err == CVN_ESTALE) {
		LOG_WARN(LOG_MODULE, "an update is missing: asking for everything anew",
			 "programme", message->programme);
		if (k->life.state == SERVING)
			forgotten(k);
	} else if (err != CVN_OK) {
		kit_fail(k, err);
	} else if (completed != NULL) {
		hand_over(k, completed);
	}
}

static void asked(struct kit *k, const Convene__V1__Task *task, const struct zframe *frame)
{
	enum cvn_err err;

	if (task->programme == NULL || task->programme[0] == '\0') {
		kit_fail(k, CVN_EPROTOCOL);
		return;
	}
	struct feed *feed = feeds_find(&k->feeds, task->programme);
	if (feed != NULL && feed->is_complete)
		k->worker->on_task(k, task, feed->replica);
	else if ((err = feeds_keep_task(&k->feeds, task->programme, frame->bytes, frame->n)) !=
		 CVN_OK)
		kit_fail(k, err);
}

/* On the next turn after a message or after itself: so messages and slices of own work take
 * turns. */
static void on_idle(struct loop_task *task)
{
	struct kit *k = CONTAINER_OF(task, struct kit, idle);

	if (k->life.state == SERVING && k->worker->on_idle != NULL && k->worker->on_idle(k))
		loop_defer(k->loop, &k->idle);
	if (k->life.state == DRAINING && (k->worker->is_busy == NULL || !k->worker->is_busy(k)))
		end(k, EX_OK);
}

static void drain(struct kit *k)
{
	if (k->life.state == ANNOUNCED)
		end(k, EX_OK);
	if (k->life.state != SERVING)
		return;
	fsm_move(&k->life, k->options.name, DRAINING);
	k->drain_ms = loop_now_ms(k->loop);
	loop_defer(k->loop, &k->idle);
}

static void on_signal(void *arg, int signal_number)
{
	(void)signal_number;
	drain(arg);
}

static void end(struct kit *k, int exit_code)
{
	Convene__V1__FromWorker message = CONVENE__V1__FROM_WORKER__INIT;
	Convene__V1__Drained drained = CONVENE__V1__DRAINED__INIT;

	if (k->life.state == OVER)
		return;
	bool was_draining = k->life.state == DRAINING;
	fsm_move(&k->life, k->options.name, OVER);
	k->exit_code = exit_code;
	if (was_draining) {
		message.of_case = CONVENE__V1__FROM_WORKER__OF_DRAINED;
		message.drained = &drained;
		kit_send(k, &message);
	}
	loop_stop(k->loop);
}

static void close_all(struct kit *k)
{
	feeds_clear(&k->feeds);
	if (k->loop != NULL && k->worker->on_stop != NULL)
		k->worker->on_stop(k);
	if (k->loop != NULL)
		loop_defer_cancel(&k->idle);
	loop_timer_free(k->heartbeat);
	zsock_close(k->sock);
	loop_free(k->loop);
	arena_done(&k->in);
	arena_done(&k->out);
	keys_wipe(&k->options.keys);
}

/* What workers call, from their callbacks. */

void kit_send(struct kit *kit, const Convene__V1__FromWorker *message)
{
	struct zframe frame;
	uint8_t *bytes;
	enum cvn_err err;

	arena_reset(&kit->out);
	err = frame_encode(&message->base, &kit->out, &bytes, &frame.n);
	if (err == CVN_OK) {
		frame.bytes = bytes;
		err = zsock_send(kit->sock, &frame, 1);
	}
	if (err != CVN_OK && kit->life.state != OVER)
		kit_fail(kit, err);
}

void kit_send_result(struct kit *kit, Convene__V1__Result *result)
{
	Convene__V1__FromWorker message = CONVENE__V1__FROM_WORKER__INIT;

	message.of_case = CONVENE__V1__FROM_WORKER__OF_RESULT;
	message.result = result;
	kit->n_done++;
	kit_send(kit, &message);
}

void kit_send_answer(struct kit *kit, Convene__V1__Answer *answer)
{
	Convene__V1__FromWorker message = CONVENE__V1__FROM_WORKER__INIT;

	message.of_case = CONVENE__V1__FROM_WORKER__OF_ANSWER;
	message.answer = answer;
	if (answer->task != 0)
		kit->n_done++;
	kit_send(kit, &message);
}

struct replica *kit_replica(struct kit *kit, const char *programme)
{
	struct feed *feed = feeds_find(&kit->feeds, programme);

	return feed != NULL ? feed->replica : NULL;
}

void kit_fail(struct kit *kit, enum cvn_err err)
{
	LOG_ERROR(LOG_MODULE, "can't go on", "name", kit->options.name, "err", cvn_err_name(err));
	end(kit, err == CVN_EMALFORMED || err == CVN_EPROTOCOL ? EX_PROTOCOL : EX_SOFTWARE);
}

struct loop *kit_loop(struct kit *kit)
{
	return kit->loop;
}

void kit_set_user(struct kit *kit, void *user)
{
	kit->user = user;
}

void *kit_user(const struct kit *kit)
{
	return kit->user;
}
