/* app_open.c - how a daemon comes up, in the order in which it happens.
 *
 *   app_open: folders, key, ZAP, Redis -> on_store_state: first operator -> principals -> flow_load
 *   -> front, pool, flow_start -> app_prove; then app.c's beat finds it warm. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "app_private.h"
#include "util/log.h"
#include "wire/frame.h"

#define PROOF_MAX_MS 5000

static bool open_here(struct app *app);
static bool open_redis(struct app *app);
static void on_store_state(void *arg, enum store_state state, const char *text);
static void read_store(struct app *app);
static void on_founded(struct store_op *op, enum cvn_err err);
static void read_principals(struct app *app);
static void on_principals(struct store_op *op, enum cvn_err err);
static enum cvn_err open_flow(struct app *app);
static void on_loaded(void *arg, enum cvn_err err);
static bool open_front(struct app *app);
static bool open_pool(struct app *app);
static void on_proved(void *arg, enum cvn_err err);

bool app_open(struct app *app)
{
	return open_here(app) && open_redis(app);
}

static bool make_folder(struct app *app, const char *path)
{
	if (mkdir(path, 0700) == 0 || errno == EEXIST)
		return true;
	app_fail(app, CONFIG_EXIT_CONFIG, "a folder can't be made", path);
	return false;
}

/* The daemon's own key: read, or made where the state folder has none yet. Its public half is left
 * for clients. */
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
		if (err != CVN_OK) {
			app_fail(app, CONFIG_EXIT_CONFIG, "a fresh key can't be written", path);
			return false;
		}
		LOG_INFO("app", "a fresh key was made", "file", path);
	}
	if (err != CVN_OK) {
		snprintf(pub, sizeof pub, "%s: %s", path, keys_fault(err));
		app_fail(app, CONFIG_EXIT_CONFIG, "the key file is of no use", pub);
		return false;
	}
	snprintf(pub, sizeof pub, "%s/convened.pub", app->config->state);
	file = fopen(pub, "we");
	if (file == NULL || fprintf(file, "%s\n", app->key.public_key) < 0 || fclose(file) != 0) {
		app_fail(app, CONFIG_EXIT_CONFIG, "the public key can't be written", pub);
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
	app_fail(app, CONFIG_EXIT_CONFIG, "the password of Redis can't be read", path);
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
		err = loop_timer_new(app->loop, app_on_beat, app, &app->beat);
	if (err == CVN_OK)
		err = loop_timer_new(app->loop, app_on_watchdog, app, &app->watchdog);
	if (err == CVN_OK)
		err = loop_timer_new(app->loop, app_on_drain, app, &app->drain);
	for (size_t i = 0; i < N_ELEMENTS(SIGNALS) && err == CVN_OK; i++)
		err = loop_on_signal(app->loop, SIGNALS[i], app_on_signal, app);
	if (err == CVN_OK)
		err = keyring_new(app->loop, &app->keyring); /* before any socket that it guards */
	if (err != CVN_OK) {
		app_fail(app, APP_EXIT_OS, "the daemon can't be set up", cvn_err_text(err));
		return false;
	}
	if (!make_folder(app, app->config->state) || !make_folder(app, app->config->run) ||
	    !open_key(app) || !open_password(app))
		return false;
	loop_timer_start(app->beat, 0, 0);
	if (sd_watchdog_ms(&app->sd) > 0)
		loop_timer_start(app->watchdog, sd_watchdog_ms(&app->sd) / 2,
				 sd_watchdog_ms(&app->sd) / 2);
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
	struct store_options options = { .unix_path = c->redis_unix,
					 .host = c->redis_host,
					 .port = c->redis_port,
					 .password =
						 app->password[0] != '\0' ? app->password : NULL,
					 .durability = c->durability_kind,
					 .replicas = c->durability_replicas,
					 .on_state = on_store_state,
					 .arg = app };
	struct redis_server_options server = { .program = c->redis_program,
					       .durability = c->durability_kind,
					       .maxmemory_bytes = (uint64_t)c->redis_maxmemory_mib
								  << 20,
					       .on_event = on_redis_event,
					       .arg = app };
	char folder[1100];
	enum cvn_err err = CVN_OK;

	if (c->redis_is_private) {
		snprintf(folder, sizeof folder, "%s/redis", c->state);
		if (!make_folder(app, folder))
			return false;
		server.folder = folder;
		err = redis_server_open(app->loop, &server, &app->redis);
		if (err != CVN_OK) {
			app_fail(app, err == CVN_EBUSY ? APP_EXIT_AGAIN : CONFIG_EXIT_CONFIG,
			     err == CVN_EBUSY ? "another daemon holds the state folder" :
						"a private Redis can't be started",
			     folder);
			return false;
		}
		options.unix_path = redis_server_socket(app->redis);
	}
	err = store_open(app->loop, &options, &app->store);
	if (err == CVN_OK)
		return true;
	app_fail(app, CONFIG_EXIT_CONFIG, "the store can't be opened", cvn_err_text(err));
	return false;
}

/* --- reading --- */

static void on_store_state(void *arg, enum store_state state, const char *text)
{
	struct app *app = arg;

	if (state == STORE_READY && strcmp(text, "ready") == 0)
		LOG_INFO("store", "Redis is ready", "epoch", store_epoch(app->store));
	else if (state == STORE_READY)
		LOG_WARN("store", "Redis promises less than receipts do", "what", text);
	else
		LOG_WARN("store", "Redis is not ready", "why", text);
	if (state == STORE_OVER)
		app_fail(app, APP_EXIT_AGAIN, "this daemon's time is over", text);
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
	founder.role = (char *)(uintptr_t) "operator";
	founder.name = (char *)(uintptr_t) "first operator";
	if (frame_encode(&founder.base, &app->arena, &bytes, &n) != CVN_OK) {
		app_fail(app, APP_EXIT_OS, "out of memory", "");
		return;
	}
	app->founder =
		(struct store_principal){ .public_key = founder.public_key, .bytes = { bytes, n } };
	app->found = (struct store_grant){
		.op = { .done_cb = on_founded, .deadline_ms = STORE_NO_DEADLINE, .patient = true },
		.what = STORE_FOUND,
		.principals = &app->founder,
		.n_principals = 1
	};
	if (store_grant_start(app->store, &app->found) != CVN_OK)
		app_fail(app, APP_EXIT_SOFTWARE, "the first operator can't be granted", "");
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
							     .deadline_ms = STORE_NO_DEADLINE,
							     .patient = true } };
	if (store_principals_start(app->store, &app->principals) != CVN_OK)
		app_fail(app, APP_EXIT_SOFTWARE, "the principals can't be read", "");
}

static enum cvn_err set_principal(struct app *app, struct store_bytes bytes)
{
	struct frame_fault fault;
	ProtobufCMessage *principal;
	enum cvn_err err;

	arena_reset(&app->arena);
	err = frame_decode(&convene__v1__principal__descriptor, bytes.data, bytes.n, &FRAME_LIMITS,
			   &app->arena, &principal, &fault);
	return err != CVN_OK ? err :
			       keyring_set(app->keyring, (const Convene__V1__Principal *)principal);
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
		app_fail(app, APP_EXIT_SOFTWARE, "what the store holds can't be read",
		     cvn_err_text(err));
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
	app_fail(arg, APP_EXIT_SOFTWARE, "the log in Redis is broken", text);
}

static void on_flow_broken(void *arg, const char *text)
{
	app_fail(arg, APP_EXIT_SOFTWARE, "the daemon has lost the thread", text);
}

static enum cvn_err open_flow(struct app *app)
{
	const struct config *c = app->config;
	struct outbox_options outbox = {
		.on_update = on_update, .on_pulse = on_pulse, .on_broken = on_log_broken, .arg = app
	};
	struct flow_options flow = { .ports = &app->ports,
				     .limits = app_limits(c),
				     .today = *c->today != '\0' ? c->today : NULL,
				     .durability = c->durability,
				     .on_broken = on_flow_broken,
				     .arg = app };
	enum cvn_err err = outbox_new(app->loop, app->store, &outbox, &app->outbox);

	if (err != CVN_OK)
		return err;
	app->ports = (struct flow_ports){ .loop = app->loop,
					  .store = app->store,
					  .outbox = app->outbox,
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
		app_fail(app, APP_EXIT_SOFTWARE, "what the store holds can't be read",
		     cvn_err_text(err));
		return;
	}
	/* the front is there before the first update can be published, its calls wait until all is
	 * warm */
	if (!open_front(app) || !open_pool(app))
		return;
	err = flow_start(app->flow);
	if (err != CVN_OK) {
		app_fail(app, APP_EXIT_SOFTWARE, "the work can't be taken up", cvn_err_text(err));
		return;
	}
	fsm_move(&app->life, "app", APP_WARMING);
	app_prove(app);
	loop_timer_start(app->beat, 0, 0); /* from now on it looks often: see app_on_beat() */
}

/* --- warming --- */

static const char *or_null(const char *text)
{
	return *text != '\0' ? text : NULL;
}

static void on_call(void *arg, const struct front_peer *peer, const uint8_t *payload, size_t n,
		    enum cvn_err fault)
{
	struct app *app = arg;

	flow_on_call(app->flow, peer, payload, n, fault);
}

static bool is_programme(void *arg, const char *programme)
{
	const struct app *app = arg;

	return flow_is_programme(app->flow, programme);
}

static const char *or_none(const char *text)
{
	return *text != '\0' ? text : "none";
}

static void fail_to_bind(struct app *app, enum cvn_err err, const char *text, const char *where)
{
	char detail[1024];

	snprintf(detail, sizeof detail, "%s: %s",
		 err == CVN_EBUSY    ? "an address is in use" :
		 err == CVN_EINVALID ? "an address is not one of this machine's (nor is a name)" :
				       cvn_err_text(err),
		 where);
	app_fail(app, err == CVN_EBUSY ? APP_EXIT_AGAIN : CONFIG_EXIT_CONFIG, text, detail);
}

static bool open_front(struct app *app)
{
	const struct config *c = app->config;
	struct front_options options = { .calls_endpoint = or_null(c->bind),
					 .updates_endpoint = or_null(c->updates),
					 .local_endpoint = or_null(c->local),
					 .server_secret = app->key.secret_key,
					 .sessions_max = (uint32_t)c->sessions_max,
					 .on_call = on_call,
					 .is_programme = is_programme,
					 .arg = app };
	enum cvn_err err = front_open(app->loop, app->keyring, &options, &app->front);
	char where[800];

	if (err != CVN_OK) {
		snprintf(where, sizeof where, "bind %s, updates %s, local %s", or_none(c->bind),
			 or_none(c->updates), or_none(c->local));
		fail_to_bind(app, err, "clients can't be served", where);
		return false;
	}
	front_pause(app->front, /* is_paused= */ true);
	app->ports.front = app->front;
	return true;
}

static void on_answer(void *arg, pool_ref from, const Convene__V1__Answer *answer,
		      struct pool_task *task)
{
	struct app *app = arg;

	flow_on_answer(app->flow, from, answer, task);
}

static void on_progress(void *arg, struct pool_task *task, const Convene__V1__Progress *progress)
{
	struct app *app = arg;

	flow_on_progress(app->flow, task, progress);
}

static void on_plan(void *arg, struct pool_task *task, const Convene__V1__Plan *plan)
{
	struct app *app = arg;

	flow_on_plan(app->flow, task, plan);
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
		.programs = { [POOL_VALIDATOR] = c->validator_program,
			      [POOL_SCHEDULER] = c->scheduler_program },
		.n_children = { [POOL_VALIDATOR] = (uint32_t)c->validators,
				[POOL_SCHEDULER] = (uint32_t)c->schedulers },
		.task_max_ms = (uint32_t)c->task_max_ms,
		.epoch = store_epoch(app->store),
		.on_answer = on_answer,
		.on_progress = on_progress,
		.on_plan = on_plan,
		.is_worker_key = is_worker_key,
		.arg = app,
	};
	char where[1400];
	enum cvn_err err;

	snprintf(local, sizeof local, "ipc://%s/workers.sock", c->run);
	err = pool_open(app->loop, &options, &app->pool);
	if (err != CVN_OK) {
		snprintf(where, sizeof where, "%s, workers_bind %s", local,
			 or_none(c->workers_bind));
		fail_to_bind(app, err, "workers can't be served", where);
		return false;
	}
	app->ports.pool = app->pool;
	return true;
}

/* libzmq lets everybody in where nobody answers for keys: shown, not hoped, that it does not. */
void app_prove(struct app *app)
{
	const char *endpoint = front_calls_endpoint(app->front);
	bool hears = false;
	enum cvn_err err;

	/* one handler answers for all doors: whichever there is shows it */
	if (*endpoint == '\0')
		endpoint = pool_remote_endpoint(app->pool);
	if (*endpoint == '\0') {
		endpoint = front_updates_endpoint(app->front);
		hears = true;
	}
	if (*endpoint == '\0') {
		app->is_proved = true;
		return;
	}
	err = keyring_prove(app->keyring, endpoint, hears, app->key.public_key, PROOF_MAX_MS,
			    on_proved, app);
	if (err != CVN_OK && err != CVN_EBUSY)
		app_fail(app, APP_EXIT_SOFTWARE, "the door can't be tried", cvn_err_text(err));
}

static void on_proved(void *arg, enum cvn_err err)
{
	struct app *app = arg;

	if (err == CVN_OK)
		app->is_proved = true;
	else if (err == CVN_EBUG)
		app_fail(app, APP_EXIT_SOFTWARE, "a key that nobody knows was let in",
		     "nobody is served any more");
	else if (err != CVN_ECANCELED)
		LOG_WARN("app", "the door could not be tried", "error", cvn_err_name(err));
}
