/* options.h - the command line that all workers share.
 *
 * Layer     workers/kit.
 * Thread    before the loop runs.
 * Limit     –
 * Not here  what a worker does with them (kit.c). */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "io/keys.h"
#include "util/log.h"

struct kit_worker;

struct options {
	const char *endpoint; /* borrowed from argv, as all text here */
	const char *name;     /* unique among living workers */
	bool is_tcp;          /* then keys and server_key are set */
	struct key_pair keys;
	const char *server_key; /* Z85 */
	bool is_child;          /* convened started us: we end with it */
	int64_t daemon_epoch;   /* is_child: of the lease of the convened that started us */
	enum log_level log_level;
};

/* Reads argv. Returns -1 where the worker shall run, else the exit code with which it ends now: 0
 * after --help and --version, 64 (EX_USAGE) after a sentence on stderr, 77 (EX_NOPERM) for a key
 * file that can't be used. Blocks on the key file. `default_name` is used where no --name is given. */
int options_read(int argc, char **argv, const struct kit_worker *worker, const char *default_name,
		 struct options *ret_options);
