/* app.c - one daemon's life.
 *
 *   opening (folders, key, ZAP, Redis) -> reading (principals, programmes) -> warming (workers,
 *   self-test) -> serving -> draining (calls that were begun) -> parting (workers) -> leaving
 *   (Redis) -> gone
 *
 * Whatever goes wrong on the way leads to `parting`, with an exit code; nothing is served before
 * READY. */
#include "app.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "app_private.h"
#include "util/log.h"

#define BEAT_MS 1000
#define WARMING_BEAT_MS 20
#define WARMING_BEATS 50 /* as long as a beat else */
#define MORE_TIME_MS 15000
#define PROOF_EACH_BEATS 60

static const struct fsm_def LIFE = {
	.kind = "app",
	.n_states = APP_STATES,
	.names = { "opening", "reading", "warming", "serving", "draining", "parting", "leaving",
		   "gone" },
	.next = { [APP_OPENING] = FSM_TO(APP_READING) | FSM_TO(APP_PARTING),
		  [APP_READING] = FSM_TO(APP_WARMING) | FSM_TO(APP_PARTING),
		  [APP_WARMING] = FSM_TO(APP_SERVING) | FSM_TO(APP_PARTING),
		  [APP_SERVING] = FSM_TO(APP_DRAINING) | FSM_TO(APP_PARTING),
		  [APP_DRAINING] = FSM_TO(APP_PARTING),
		  [APP_PARTING] = FSM_TO(APP_LEAVING),
		  [APP_LEAVING] = FSM_TO(APP_GONE) },
};

static void serve(struct app *app);
static void reload(struct app *app);
static void stop(struct app *app);
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
	if (!app_open(&app) && app.loop != NULL)
		part(&app);
	if (app.loop != NULL)
		loop_run(app.loop);
	exit_code = app.exit_code;
	free_all(&app);
	return exit_code;
}

struct flow_limits app_limits(const struct config *c)
{
	return (struct flow_limits){ .in_flight_per_principal =
					     (uint64_t)c->in_flight_per_principal,
				     .in_flight_max = (uint64_t)c->in_flight_max,
				     .batch_max = (uint64_t)c->batch_max,
				     .frame_max_bytes = (uint64_t)c->frame_max_bytes };
}

static void say_status(struct app *app, char *text, size_t room)
{
	snprintf(text, room,
		 "%s: Redis %s, %zu programmes, %zu sessions, %zu in flight, %llu decided",
		 fsm_name(&app->life),
		 store_state(app->store) == STORE_READY ? "ready" : store_state_text(app->store),
		 app->flow != NULL ? flow_n_programmes(app->flow) : 0,
		 app->front != NULL ? front_sessions(app->front) : 0,
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
	LOG_INFO("app", "ready", "version", CONVENE_VERSION, "calls",
		 front_calls_endpoint(app->front), "updates", front_updates_endpoint(app->front),
		 "workers", pool_remote_endpoint(app->pool), "public_key", app->key.public_key);
}

/* Each second; while the daemon warms up, more often. */
void app_on_beat(void *arg)
{
	struct app *app = arg;
	const struct config *c = app->config;
	bool has_own_workers = c->validators > 0 && c->schedulers > 0;
	char status[300];

	if (app->store == NULL || app->life.state >= APP_PARTING)
		return;
	app->n_beats++;
	if (app->life.state == APP_WARMING) {
		if (app->is_proved && (pool_is_ready(app->pool) || !has_own_workers))
			serve(app);
		else if (!app->is_proved)
			app_prove(app); /* where none is under way */
	}
	loop_timer_start(app->beat, app->life.state == APP_WARMING ? WARMING_BEAT_MS : BEAT_MS, 0);
	if (app->life.state == APP_WARMING && app->n_beats % WARMING_BEATS != 0)
		return;
	if (app->life.state < APP_SERVING)
		sd_more_time(&app->sd, MORE_TIME_MS);
	if (app->life.state == APP_SERVING && app->n_beats % PROOF_EACH_BEATS == 0)
		app_prove(app);
	say_status(app, status, sizeof status);
	sd_status(&app->sd, status);
}

/* A timer of a loop that does not turn does not run; and one that turned since shows it here. */
void app_on_watchdog(void *arg)
{
	struct app *app = arg;
	uint64_t turns = loop_turns(app->loop);

	if (turns != app->last_turns)
		sd_alive(&app->sd);
	app->last_turns = turns;
}

void app_on_signal(void *arg, int signal_number)
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
		limits = app_limits(app->config);
		flow_set_limits(app->flow, &limits);
		LOG_INFO("app", "the settings were read again", "need_a_restart", n_others);
	}
	say_status(app, status, sizeof status);
	sd_ready(&app->sd, status);
}

/* --- the end --- */

/* The first reason counts. */
void app_fail(struct app *app, int exit_code, const char *text, const char *detail)
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
	LOG_INFO("app", "told to stop", "under_way",
		 app->flow != NULL ? flow_n_under_way(app->flow) : 0);
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

/* Calls that were begun are answered; whatever is still owed to requests is in Redis, for the next
 * start. */
void app_on_drain(void *arg)
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
