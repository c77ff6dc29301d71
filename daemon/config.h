/* config.h - the settings of convened: defaults, then a file, then options.
 *
 * Layer     daemon.
 * Thread    before the loop runs, and on SIGHUP: reads a small file.
 * Limit     lengths and ranges stand in config.def.
 * Not here  what the settings do (app.c); the keys and the password themselves. */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "ports/store.h"

#define CONFIG_FILE "/etc/convene/convened.conf"

/* Exit codes of sysexits.h. */
enum { CONFIG_EXIT_USAGE = 64, CONFIG_EXIT_CONFIG = 78 };

struct config {
#define TEXT(name, standard, longest, reload, value, about) char *name;
#define NUMBER(name, standard, least, most, reload, value, about) int64_t name;
#include "config.def"
	/* from options alone */
	char *init_operator; /* public key; NULL: not given */
	/* read out of the texts above */
	enum store_durability durability_kind;
	uint32_t durability_replicas;
	bool redis_is_private;
	char *redis_unix; /* NULL: over tcp, or private */
	char *redis_host;
	uint16_t redis_port;
	int32_t today_day; /* where `today` is not empty */
};

/* Reads defaults, file and options, and fills in what follows from the environment. What is wrong
 * is said on `err`; what --help, --version, --print-config and --check-config answer goes to `out`.
 * Returns -1: `ret_config` is filled and the daemon may start. Else the exit code: 0 (answered),
 * CONFIG_EXIT_USAGE, CONFIG_EXIT_CONFIG; `ret_config` is then untouched. */
int config_load(int argc, char **argv, FILE *out, FILE *err, struct config *ret_config);

/* Gives the texts back. */
void config_done(struct config *config);

/* Takes from `fresh` what SIGHUP may change; returns how many other settings differ (they need a
 * restart). */
unsigned config_reload(struct config *config, const struct config *fresh);
