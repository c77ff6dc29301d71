/* cli.h - what every command has at hand: its arguments, the connection, the terminal.
 *
 * Layer     cli.
 * Thread    one.
 * Limit     CLI_ARENA_BYTES for all replies of one command.
 * Not here  formatting (out.h), one command's own work. */
#pragma once
#include "cli/args.h"
#include "cli/client.h"
#include "cli/exits.h"
#include "cli/profile.h"
#include "convene/v1/client.pb-c.h"
#include "util/arena.h"
#include "util/buf.h"

#include <jansson.h>

#define CLI_ARENA_BYTES ((size_t)1 << 30)
#define CLI_FILE_BYTES ((size_t)64 << 20)

struct cli {
	struct args args;
	struct profile profile;
	struct arena arena; /* for all that lives as long as the command */
	void *zmq;          /* context */
	struct key_pair keys;
	int64_t timeout_ms;
	bool is_json; /* --json */
	/* private from here on */
	struct client *client;
	Convene__V1__Welcome *welcome;
};

/* Says what went wrong, on standard error, and returns `code`. */
int cli_fail(struct cli *cli, enum exit_code code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Says an error of our own; `about` is a file, an address, an id. Returns its exit code. */
int cli_fail_err(struct cli *cli, const char *about, enum cvn_err err);

/* Says a Problem with its violations. Returns its exit code. */
int cli_fail_problem(struct cli *cli, const Convene__V1__Problem *problem);

/* Opens the connection at the first call. EXIT_OK, or an exit code after saying why. */
CVN_MUST_CHECK int cli_connect(struct cli *cli);

/* Closes the connection, where there is one. */
void cli_disconnect(struct cli *cli);

/* The key pair of the profile, read at the first call. EXIT_OK, or an exit code after saying why.
 * */
CVN_MUST_CHECK int cli_keys(struct cli *cli, const struct key_pair **ret);

/* Sends a call as it is and waits for a reply that is no Problem; it lives as long as the command.
 * EXIT_OK, or an exit code after saying why. */
CVN_MUST_CHECK int cli_call(struct cli *cli, Convene__V1__Call *call, Convene__V1__Reply **ret);

/* As cli_call(), for a call about the programme: names it. */
CVN_MUST_CHECK int cli_programme_call(struct cli *cli, Convene__V1__Call *call,
				      Convene__V1__Reply **ret);

/* As cli_programme_call(), the reply living in `arena`: for what may be called without end. */
CVN_MUST_CHECK int cli_programme_call_into(struct cli *cli, Convene__V1__Call *call,
					   struct arena *arena, Convene__V1__Reply **ret);

/* The daemon's greeting: limits, role, programmes. Asked for once. EXIT_OK, or an exit code after
 * saying why. */
CVN_MUST_CHECK int cli_welcome(struct cli *cli, const Convene__V1__Welcome **ret);

/* The programme that the command is about: the option's, the profile's, or the only one there is.
 * EXIT_OK, or an exit code after saying why. */
CVN_MUST_CHECK int cli_programme(struct cli *cli, const char **ret);

/* Reads a whole file, or standard input for "-", into `out`, which the caller has initialised.
 * EXIT_OK, or an exit code after saying why. */
CVN_MUST_CHECK int cli_read_file(struct cli *cli, const char *path, struct buf *out);

/* Writes bytes to a file, whole or not at all; to standard output for NULL or "-". EXIT_OK, or an
 * exit code after saying why. */
CVN_MUST_CHECK int cli_write_file(struct cli *cli, const char *path, const void *bytes, size_t n);
