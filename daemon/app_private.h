/* app_private.h - what app.c and app_open.c share; for no one else.
 *
 * Layer     daemon.
 * Thread    the main thread. */
#pragma once
#include "app.h"
#include "flow/flow.h"
#include "io/keys.h"
#include "io/loop.h"
#include "io/sd.h"
#include "ports/keyring.h"
#include "ports/redis_server.h"
#include "ports/store_read.h"
#include "util/arena.h"
#include "util/fsm.h"

#define APP_PASSWORD_MAX 1024

/* The diagram is in app.c. */
enum {
	APP_OPENING,
	APP_READING,
	APP_WARMING,
	APP_SERVING,
	APP_DRAINING,
	APP_PARTING,
	APP_LEAVING,
	APP_GONE,
	APP_STATES
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
	char password[APP_PASSWORD_MAX];
	struct loop_timer *beat; /* each second: status, readiness */
	struct loop_timer *watchdog;
	struct loop_timer *drain; /* looks whether all is done */
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

/* --- app_open.c --- */
/* Folders, key, ZAP, Redis; everything else follows when Redis is ready, up to APP_WARMING. False:
 * app_fail() has said why. */
bool app_open(struct app *app);
/* Shows that a key which nobody knows is refused: is_proved, or the end. */
void app_prove(struct app *app);

/* --- app.c --- */
/* Can't go on: the first reason counts. */
void app_fail(struct app *app, int exit_code, const char *text, const char *detail);
/* Timers and signals of `arg`, a struct app. */
void app_on_beat(void *arg);
void app_on_watchdog(void *arg);
void app_on_drain(void *arg);
void app_on_signal(void *arg, int signal_number);
struct flow_limits app_limits(const struct config *config);
