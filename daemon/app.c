/* app.c - one daemon's life.
 *
 *   opening (folders, key, ZAP, Redis) -> reading (principals, programmes) -> warming (workers, self-test) -> serving
 *   -> draining (calls that were begun) -> parting (workers) -> leaving (Redis) -> gone
 *
 * Whatever goes wrong on the way leads to `parting`, with an exit code; nothing is served before READY. */
#include "app.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "flow/flow.h"
#include "io/keys.h"
#include "io/loop.h"
#include "io/sd.h"
#include "ports/keyring.h"
#include "ports/redis_server.h"
#include "ports/store_read.h"
#include "util/arena.h"
#include "util/clock.h"
#include "util/fsm.h"
#include "util/log.h"
#include "wire/frame.h"

#define BEAT_MS 1000
#define MORE_TIME_MS 15000
#define PROOF_EACH_BEATS 60
#define PROOF_MAX_MS 5000
#define PASSWORD_MAX 1024

enum { APP_OPENING, APP_READING, APP_WARMING, APP_SERVING, APP_DRAINING, APP_PARTING, APP_LEAVING, APP_GONE, APP_STATES };

static const struct fsm_def LIFE = {
	.kind = "app",
	.n_states = APP_STATES,
	.names = { "opening", "reading", "warming", "serving", "draining", "parting", "leaving", "gone" },
	.next = { [APP_OPENING] = FSM_TO(APP_READING) | FSM_TO(APP_PARTING),
		  [APP_READING] = FSM_TO(APP_WARMING) | FSM_TO(APP_PARTING),
		  [APP_WARMING] = FSM_TO(APP_SERVING) | FSM_TO(APP_PARTING),
		  [APP_SERVING] = FSM_TO(APP_DRAINING) | FSM_TO(APP_PARTING),
		  [APP_DRAINING] = FSM_TO(APP_PARTING),
		  [APP_PARTING] = FSM_TO(APP_LEAVING),
		  [APP_LEAVING] = FSM_TO(APP_GONE) },
};

struct app {
	int argc;
	char **argv;
	struct config *config;
	struct fsm life;
	int exit_code;
	struct loop *loop;
	struct sd sd;
	struct key_pair key;
	struct keyring *keyring;
	struct redis_server *redis;
	struct store *store;
	struct outbox *outbox;
	struct flow *flow;
	struct front *front;
	struct pool *pool;
	struct flow_ports ports;
	char password[PASSWORD_MAX];
	struct loop_timer *beat;        /* each second: status, readiness */
	struct loop_timer *watchdog;
	struct loop_timer *drain;       /* looks whether all is done */
	struct loop_task parting;
	uint64_t drain_until_ms;
	uint64_t n_beats;
	uint64_t last_turns;
	bool is_proved;
	struct store_grant found;
	struct store_principal founder;
	struct store_principals principals;
	struct arena arena;
};

static bool open_here(struct app *app);
static bool open_redis(struct app *app);
static void on_store_state(void *arg, enum store_state state, const char *text);
static void read_store(struct app *app);
static void on_founded(struct store_op *op, enum cvn_err err);
static void read_principals(struct app *app);
static void on_principals(struct store_op *op, enum cvn_err err);
static enum cvn_err open_flow(struct app *app);
static void on_loaded(void *arg, enum cvn_err err);
static bool open_pool(struct app *app);
static bool open_front(struct app *app);
static void prove(struct app *app);
static void on_proved(void *arg, enum cvn_err err);
static void on_beat(void *arg);
static void on_watchdog(void *arg);
static void on_signal(void *arg, int signal_number);
static void reload(struct app *app);
static void fail(struct app *app, int exit_code, const char *text, const char *detail);
static void stop(struct app *app);
static void on_drain(void *arg);
static void part(struct app *app);
static void on_parting(struct loop_task *task);
static void on_pool_closed(void *arg);
static void on_redis_closed(void *arg);
static void free_all(struct app *app);

int app_run(int argc, char **argv, struct config *config)
{
	struct app app = { .argc = argc, .argv = argv, .config = config, .sd.fd = -1 };
	int exit_code;

	fsm_init(&app.life, &LIFE, APP_OPENING);
	arena_init(&app.arena, (size_t)64 << 20);
	app.parting.run_cb = on_parting;
	if ((!open_here(&app) || !open_redis(&app)) && app.loop != NULL)
		part(&app);
	if (app.loop != NULL)
		loop_run(app.loop);
	exit_code = app.exit_code;
	free_all(&app);
	return exit_code;
}

/* --- opening --- */

static bool make_folder(struct app *app, const char *path)
{
	if (mkdir(path, 0700) == 0 || errno == EEXIST)
		return true;
	fail(app, CONFIG_EXIT_CONFIG, "a folder can't be made", path);
	return false;
}

/* The daemon's own key: read, or made where the state folder has none yet. Its public half is left for clients. */
static bool open_key(struct app *app)
{
	const char *path = app->config->key_file;
	enum cvn_err err = keys_load(path, &app->key);
	char pub[1100];
	FILE *file;

	if (err == CVN_ENOTFOUND) {
		err = keys_generate(&app->key);
		if (err == CVN_OK)
			err = keys_save(path, &app->key);
		if (err == CVN_OK)
			LOG_INFO("app", "a fresh key was made", "file", path);
	}
	if (err != CVN_OK) {
		fail(app, CONFIG_EXIT_CONFIG, "the key file is of no use", cvn_err_text(err));
		return false;
	}
	snprintf(pub, sizeof pub, "%s/convened.pub", app->config->state);
	file = fopen(pub, "we");
	if (file == NULL || fprintf(file, "%s\n", app->key.public_key) < 0 || fclose(file) != 0) {
		fail(app, CONFIG_EXIT_CONFIG, "the public key can't be written", pub);
		return false;
	}
	return true;
}

static bool open_password(struct app *app)
{
	const char *path = app->config->redis_password_file;
	FILE *file;
	size_t n;

	if (*path == '\0')
		return true;
	file = fopen(path, "re");
	n = file != NULL ? fread(app->password, 1, sizeof app->password - 1, file) : 0;
	if (file != NULL)
		fclose(file);
	app->password[n] = '\0';
	app->password[strcspn(app->password, "\r\n")] = '\0';
	if (app->password[0] != '\0')
		return true;
	fail(app, CONFIG_EXIT_CONFIG, "the password of Redis can't be read", path);
	return false;
}

static bool open_here(struct app *app)
{
	static const int SIGNALS[] = { SIGTERM, SIGINT, SIGHUP };
	enum log_level level;
	enum cvn_err err;

	if (log_level_parse(app->config->log_level, &level))
		log_set_level(level);
	err = loop_new(&app->loop);
	if (err == CVN_OK)
		err = sd_init(&app->sd);
	if (err == CVN_OK)
		err = loop_timer_new(app->loop, on_beat, app, &app->beat);
	if (err == CVN_OK)
		err = loop_timer_new(app->loop, on_watchdog, app, &app->watchdog);
	if (err == CVN_OK)
		err = loop_timer_new(app->loop, on_drain, app, &app->drain);
	for (size_t i = 0; i < N_ELEMENTS(SIGNALS) && err == CVN_OK; i++)
		err = loop_on_signal(app->loop, SIGNALS[i], on_signal, app);
	if (err == CVN_OK)
		err = keyring_new(app->loop, &app->keyring); /* before any socket that it guards */
	if (err != CVN_OK) {
		fail(app, APP_EXIT_OS, "the daemon can't be set up", cvn_err_text(err));
		return false;
	}
	if (!make_folder(app, app->config->state) || !make_folder(app, app->config->run) || !open_key(app) ||
	    !open_password(app))
		return false;
	loop_timer_start(app->beat, 0, BEAT_MS);
	if (sd_watchdog_ms(&app->sd) > 0)
		loop_timer_start(app->watchdog, sd_watchdog_ms(&app->sd) / 2, sd_watchdog_ms(&app->sd) / 2);
	return true;
}

static void on_redis_event(void *arg, const char *text)
{
	(void)arg;
	LOG_INFO("redis", "the private Redis", "event", text);
}

static bool open_redis(struct app *app)
{
	struct config *c = app->config;
	struct store_options options = { .unix_path = c->redis_unix, .host = c->redis_host, .port = c->redis_port,
					 .password = app->password[0] != '\0' ? app->password : NULL,
					 .durability = c->durability_kind, .replicas = c->durability_replicas,
					 .on_state = on_store_state, .arg = app };
	struct redis_server_options server = { .program = c->redis_program, .durability = c->durability_kind,
					       .maxmemory_bytes = (uint64_t)c->redis_maxmemory_mib << 20,
					       .on_event = on_redis_event, .arg = app };
	char folder[1100];
	enum cvn_err err = CVN_OK;

	if (c->redis_is_private) {
		snprintf(folder, sizeof folder, "%s/redis", c->state);
		if (!make_folder(app, folder))
			return false;
		server.folder = folder;
		err = redis_server_open(app->loop, &server, &app->redis);
		if (err != CVN_OK) {
			fail(app, err == CVN_EBUSY ? APP_EXIT_AGAIN : CONFIG_EXIT_CONFIG,
			     err == CVN_EBUSY ? "another daemon holds the state folder"
					      : "a private Redis can't be started", folder);
			return false;
		}
		options.unix_path = redis_server_socket(app->redis);
	}
	err = store_open(app->loop, &options, &app->store);
	if (err == CVN_OK)
		return true;
	fail(app, CONFIG_EXIT_CONFIG, "the store can't be opened", cvn_err_text(err));
	return false;
}

/* --- reading --- */

static void on_store_state(void *arg, enum store_state state, const char *text)
{
	struct app *app = arg;

	if (state == STORE_READY)
		LOG_INFO("store", "Redis is ready", "epoch", store_epoch(app->store));
	else
		LOG_WARN("store", "Redis is not ready", "why", text);
	if (state == STORE_OVER)
		fail(app, APP_EXIT_AGAIN, "this daemon's time is over", text);
	else if (state == STORE_READY && app->life.state == APP_OPENING)
		read_store(app);
}

static void read_store(struct app *app)
{
	Convene__V1__Principal founder = CONVENE__V1__PRINCIPAL__INIT;
	uint8_t *bytes;
	size_t n;

	fsm_move(&app->life, "app", APP_READING);
	if (app->config->init_operator == NULL) {
		read_principals(app);
		return;
	}
	founder.public_key = app->config->init_operator;
	founder.role = (char *)(uintptr_t)"operator";
	founder.name = (char *)(uintptr_t)"first operator";
	if (frame_encode(&founder.base, &app->arena, &bytes, &n) != CVN_OK) {
		fail(app, APP_EXIT_OS, "out of memory", "");
		return;
	}
	app->founder = (struct store_principal){ .public_key = founder.public_key, .bytes = { bytes, n } };
	app->found = (struct store_grant){ .op = { .done_cb = on_founded, .deadline_ms = STORE_NO_DEADLINE,
						   .patient = true },
					   .what = STORE_FOUND, .principals = &app->founder, .n_principals = 1 };
	if (store_grant_start(app->store, &app->found) != CVN_OK)
		fail(app, APP_EXIT_SOFTWARE, "the first operator can't be granted", "");
}

static void on_founded(struct store_op *op, enum cvn_err err)
{
	struct app *app = CONTAINER_OF(op, struct app, found.op);

	if (err == CVN_ECANCELED)
		return;
	if (err == CVN_OK)
		LOG_INFO("app", "the first operator is granted", "key", app->config->init_operator);
	else if (err == CVN_EFORBIDDEN)
		LOG_DEBUG("app", "there are principals already: no first operator");
	else
		LOG_WARN("app", "the first operator was not granted", "error", cvn_err_name(err));
	read_principals(app);
}

static void read_principals(struct app *app)
{
	app->principals = (struct store_principals){ .op = { .done_cb = on_principals,
							     .deadline_ms = STORE_NO_DEADLINE, .patient = true } };
	if (store_principals_start(app->store, &app->principals) != CVN_OK)
		fail(app, APP_EXIT_SOFTWARE, "the principals can't be read", "");
}

static enum cvn_err set_principal(struct app *app, struct store_bytes bytes)
{
	struct frame_fault fault;
	ProtobufCMessage *principal;
	enum cvn_err err;

	arena_reset(&app->arena);
	err = frame_decode(&convene__v1__principal__descriptor, bytes.data, bytes.n, &FRAME_LIMITS, &app->arena,
			   &principal, &fault);
	return err != CVN_OK ? err : keyring_set(app->keyring, (const Convene__V1__Principal *)principal);
}

static void on_principals(struct store_op *op, enum cvn_err err)
{
	struct app *app = CONTAINER_OF(op, struct app, principals.op);

	if (err == CVN_ECANCELED)
		return;
	for (size_t i = 0; err == CVN_OK && i < app->principals.ret_n; i++)
		if (set_principal(app, app->principals.ret_principals[i].bytes) != CVN_OK)
			LOG_ERROR("app", "a principal can't be read: its key stays out", "key",
				  app->principals.ret_principals[i].public_key);
	if (err == CVN_OK) {
		keyring_complete(app->keyring);
		err = open_flow(app);
	}
	if (err != CVN_OK)
		fail(app, APP_EXIT_SOFTWARE, "what the store holds can't be read", cvn_err_text(err));
}

static void on_update(void *arg, const struct outbox_update *update)
{
	struct app *app = arg;

	flow_on_update(app->flow, update);
}

static void on_pulse(void *arg, const char *programme, int64_t cursor, int64_t version)
{
	struct app *app = arg;

	flow_on_pulse(app->flow, programme, cursor, version);
}

static void on_log_broken(void *arg, const char *programme, const char *text)
{
	LOG_ERROR("outbox", "the log is broken", "programme", programme, "why", text);
	fail(arg, APP_EXIT_SOFTWARE, "the log in Redis is broken", text);
}

static void on_flow_broken(void *arg, const char *text)
{
	fail(arg, APP_EXIT_SOFTWARE, "the daemon has lost the thread", text);
}

static struct flow_limits limits_of(const struct config *c)
{
	return (struct flow_limits){ .in_flight_per_principal = (uint64_t)c->in_flight_per_principal,
				     .in_flight_max = (uint64_t)c->in_flight_max,
				     .batch_max = (uint64_t)c->batch_max,
				     .frame_max_bytes = (uint64_t)c->frame_max_bytes };
}

static enum cvn_err open_flow(struct app *app)
{
	const struct config *c = app->config;
	struct outbox_options outbox = { .on_update = on_update, .on_pulse = on_pulse, .on_broken = on_log_broken,
					 .arg = app };
	struct flow_options flow = { .ports = &app->ports, .limits = limits_of(c),
				     .today = *c->today != '\0' ? c->today : NULL, .durability = c->durability,
				     .on_broken = on_flow_broken, .arg = app };
	enum cvn_err err = outbox_new(app->loop, app->store, &outbox, &app->outbox);

	if (err != CVN_OK)
		return err;
	app->ports = (struct flow_ports){ .loop = app->loop, .store = app->store, .outbox = app->outbox,
					  .keyring = app->keyring };
	err = flow_new(&flow, &app->flow);
	return err != CVN_OK ? err : flow_load(app->flow, on_loaded, app);
}

static void on_loaded(void *arg, enum cvn_err err)
{
	struct app *app = arg;

	if (app->life.state != APP_READING || err == CVN_ECANCELED)
		return;
	if (err != CVN_OK) {
		fail(app, APP_EXIT_SOFTWARE, "what the store holds can't be read", cvn_err_text(err));
		return;
	}
	/* the front is there before the first update can be published, its calls wait until all is warm */
	if (!open_front(app) || !open_pool(app))
		return;
	err = flow_start(app->flow);
	if (err != CVN_OK) {
		fail(app, APP_EXIT_SOFTWARE, "the work can't be taken up", cvn_err_text(err));
		return;
	}
	fsm_move(&app->life, "app", APP_WARMING);
	prove(app);
}

/* --- warming --- */

static const char *or_null(const char *text)
{
	return *text != '\0' ? text : NULL;
}

static void on_call(void *arg, const struct front_peer *peer, const uint8_t *payload, size_t n, enum cvn_err fault)
{
	struct app *app = arg;

	flow_on_call(app->flow, peer, payload, n, fault);
}

static bool is_programme(void *arg, const char *programme)
{
	const struct app *app = arg;

	return flow_is_programme(app->flow, programme);
}

static bool open_front(struct app *app)
{
	const struct config *c = app->config;
	struct front_options options = { .calls_endpoint = or_null(c->bind), .updates_endpoint = or_null(c->updates),
					 .local_endpoint = or_null(c->local), .server_secret = app->key.secret_key,
					 .sessions_max = (uint32_t)c->sessions_max, .on_call = on_call,
					 .is_programme = is_programme, .arg = app };
	enum cvn_err err = front_open(app->loop, app->keyring, &options, &app->front);

	if (err != CVN_OK) {
		fail(app, err == CVN_EBUSY ? APP_EXIT_AGAIN : CONFIG_EXIT_CONFIG, "clients can't be served",
		     err == CVN_EBUSY ? "an address is in use" : cvn_err_text(err));
		return false;
	}
	front_pause(app->front, /* is_paused= */ true);
	app->ports.front = app->front;
	return true;
}

static void on_answer(void *arg, pool_ref from, const Convene__V1__Answer *answer, struct pool_task *task)
{
	struct app *app = arg;

	flow_on_answer(app->flow, from, answer, task);
}

static bool is_worker_key(void *arg, const char *user_id)
{
	const struct app *app = arg;
	const struct principal *p = keyring_find(app->keyring, user_id);

	return p != NULL && p->role == ROLE_WORKER;
}

static bool open_pool(struct app *app)
{
	const struct config *c = app->config;
	char local[1100];
	struct pool_options options = {
		.local_endpoint = local,
		.remote_endpoint = or_null(c->workers_bind),
		.server_secret = app->key.secret_key,
		.programs = { [POOL_VALIDATOR] = c->validator_program, [POOL_SCHEDULER] = c->scheduler_program },
		.n_children = { [POOL_VALIDATOR] = (uint32_t)c->validators, [POOL_SCHEDULER] = (uint32_t)c->schedulers },
		.task_max_ms = (uint32_t)c->task_max_ms,
		.epoch = store_epoch(app->store),
		.on_answer = on_answer,
		.is_worker_key = is_worker_key,
		.arg = app,
	};
	enum cvn_err err;

	snprintf(local, sizeof local, "ipc://%s/workers.sock", c->run);
	err = pool_open(app->loop, &options, &app->pool);
	if (err != CVN_OK) {
		fail(app, CONFIG_EXIT_CONFIG, "workers can't be served", cvn_err_text(err));
		return false;
	}
	app->ports.pool = app->pool;
	return true;
}

/* libzmq lets everybody in where nobody answers for keys: shown, not hoped, that it does not. */
static void prove(struct app *app)
{
	const char *endpoint = front_calls_endpoint(app->front);
	enum cvn_err err;

	if (*endpoint == '\0') {
		app->is_proved = true;
		return;
	}
	err = keyring_prove(app->keyring, endpoint, app->key.public_key, PROOF_MAX_MS, on_proved, app);
	if (err != CVN_OK && err != CVN_EBUSY)
		fail(app, APP_EXIT_SOFTWARE, "the door can't be tried", cvn_err_text(err));
}

static void on_proved(void *arg, enum cvn_err err)
{
	struct app *app = arg;

	if (err == CVN_OK)
		app->is_proved = true;
	else if (err == CVN_EBUG)
		fail(app, APP_EXIT_SOFTWARE, "a key that nobody knows was let in", "nobody is served any more");
	else if (err != CVN_ECANCELED)
		LOG_WARN("app", "the door could not be tried", "error", cvn_err_name(err));
}

/* --- serving --- */

static void say_status(struct app *app, char *text, size_t room)
{
	snprintf(text, room, "%s: Redis %s, %zu programmes, %zu sessions, %zu in flight, %llu decided",
		 fsm_name(&app->life), store_state(app->store) == STORE_READY ? "ready" : store_state_text(app->store),
		 app->flow != NULL ? flow_n_programmes(app->flow) : 0, app->front != NULL ? front_sessions(app->front) : 0,
		 app->flow != NULL ? flow_n_in_flight(app->flow) : 0,
		 (unsigned long long)(app->flow != NULL ? flow_n_decided(app->flow) : 0));
}

static void serve(struct app *app)
{
	char status[300];

	fsm_move(&app->life, "app", APP_SERVING);
	front_pause(app->front, /* is_paused= */ false);
	say_status(app, status, sizeof status);
	sd_ready(&app->sd, status);
	LOG_INFO("app", "ready", "version", CONVENE_VERSION, "calls", front_calls_endpoint(app->front), "updates",
		 front_updates_endpoint(app->front), "workers", pool_remote_endpoint(app->pool), "public_key",
		 app->key.public_key);
}

static void on_beat(void *arg)
{
	struct app *app = arg;
	const struct config *c = app->config;
	bool has_own_workers = c->validators > 0 && c->schedulers > 0;
	char status[300];

	app->n_beats++;
	if (app->store == NULL || app->life.state >= APP_PARTING)
		return;
	if (app->life.state < APP_SERVING)
		sd_more_time(&app->sd, MORE_TIME_MS);
	if (app->life.state == APP_WARMING) {
		if (!app->is_proved && app->n_beats % 5 == 0)
			prove(app);
		if (app->is_proved && (pool_is_ready(app->pool) || !has_own_workers))
			serve(app);
	}
	loop_timer_start(app->beat, app->life.state == APP_WARMING ? BEAT_MS / 50 : BEAT_MS, 0);
	if (app->life.state == APP_SERVING && app->n_beats % PROOF_EACH_BEATS == 0)
		prove(app);
	say_status(app, status, sizeof status);
	sd_status(&app->sd, status);
}

/* A timer of a loop that does not turn does not run; and one that turned since shows it here. */
static void on_watchdog(void *arg)
{
	struct app *app = arg;
	uint64_t turns = loop_turns(app->loop);

	if (turns != app->last_turns)
		sd_alive(&app->sd);
	app->last_turns = turns;
}

static void on_signal(void *arg, int signal_number)
{
	struct app *app = arg;

	if (signal_number == SIGHUP)
		reload(app);
	else
		stop(app);
}

static void reload(struct app *app)
{
	struct config fresh = { 0 };
	enum log_level level;
	struct flow_limits limits;
	char status[300];
	unsigned n_others;

	if (app->life.state != APP_SERVING)
		return;
	sd_reloading(&app->sd);
	if (config_load(app->argc, app->argv, stderr, stderr, &fresh) != -1) {
		LOG_ERROR("app", "the settings are wrong: nothing is changed");
	} else {
		n_others = config_reload(app->config, &fresh);
		config_done(&fresh);
		if (log_level_parse(app->config->log_level, &level))
			log_set_level(level);
		limits = limits_of(app->config);
		flow_set_limits(app->flow, &limits);
		LOG_INFO("app", "the settings were read again", "need_a_restart", n_others);
	}
	say_status(app, status, sizeof status);
	sd_ready(&app->sd, status);
}

/* --- the end --- */

/* The first reason counts. */
static void fail(struct app *app, int exit_code, const char *text, const char *detail)
{
	LOG_ERROR("app", text, "detail", detail);
	if (app->exit_code == 0)
		app->exit_code = exit_code;
	if (app->loop != NULL)
		part(app);
}

static void stop(struct app *app)
{
	if (app->life.state >= APP_DRAINING)
		return;
	LOG_INFO("app", "told to stop", "under_way", app->flow != NULL ? flow_n_under_way(app->flow) : 0);
	sd_stopping(&app->sd, "draining");
	if (app->life.state != APP_SERVING) {
		part(app);
		return;
	}
	fsm_move(&app->life, "app", APP_DRAINING);
	flow_drain(app->flow);
	app->drain_until_ms = loop_now_ms(app->loop) + (uint64_t)app->config->drain_max_ms;
	loop_timer_start(app->drain, 0, 20);
}

/* Calls that were begun are answered; whatever is still owed to requests is in Redis, for the next start. */
static void on_drain(void *arg)
{
	struct app *app = arg;

	if (flow_n_under_way(app->flow) > 0 && loop_now_ms(app->loop) < app->drain_until_ms)
		return;
	loop_timer_stop(app->drain);
	part(app);
}

/* On a turn of its own: whoever calls may be a callback of what is about to be closed. */
static void part(struct app *app)
{
	if (app->life.state >= APP_PARTING)
		return;
	fsm_move(&app->life, "app", APP_PARTING);
	loop_defer(app->loop, &app->parting);
}

static void on_parting(struct loop_task *task)
{
	struct app *app = CONTAINER_OF(task, struct app, parting);

	if (app->pool != NULL)
		pool_close(app->pool, (uint32_t)app->config->drain_max_ms, on_pool_closed, app);
	else
		on_pool_closed(app);
}

/* No worker is left: what they answered is committed, and published as far as the log was read. */
static void on_pool_closed(void *arg)
{
	struct app *app = arg;

	app->pool = app->ports.pool = NULL;
	fsm_move(&app->life, "app", APP_LEAVING);
	outbox_free(app->outbox);
	store_close(app->store);
	front_close(app->front);
	app->outbox = NULL;
	app->store = app->ports.store = NULL;
	app->front = app->ports.front = NULL;
	if (app->redis != NULL)
		redis_server_close(app->redis, on_redis_closed, app);
	else
		on_redis_closed(app);
}

static void on_redis_closed(void *arg)
{
	struct app *app = arg;

	app->redis = NULL;
	fsm_move(&app->life, "app", APP_GONE);
	loop_stop(app->loop);
	LOG_INFO("app", "stopped", "exit", app->exit_code);
}

static void free_all(struct app *app)
{
	flow_free(app->flow);
	keyring_free(app->keyring);
	loop_timer_free(app->beat);
	loop_timer_free(app->watchdog);
	loop_timer_free(app->drain);
	sd_done(&app->sd);
	loop_free(app->loop);
	arena_done(&app->arena);
	keys_wipe(&app->key);
	explicit_bzero(app->password, sizeof app->password);
	config_done(app->config);
}
