/* watch: the subscription, with what it missed replayed in its place. */
#include "cli/cli.h"
#include "cli/commands.h"
#include "cli/out.h"
#include "cli/record_json.h"
#include "cli/show.h"
#include "cli/snapshot.h"
#include "domain/programme.h"
#include "wire/frame.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <zmq.h>

#define REPLY_ARENA_BYTES ((size_t)64 << 20)

struct watching {
	struct cli *cli;
	void *socket;
	int64_t cursor;     /* of the last update shown */
	struct arena arena; /* one message, one line */
};

static void print_update(struct watching *w, const Convene__V1__Update *u)
{
	Convene__V1__Record record = CONVENE__V1__RECORD__INIT;
	const char *kind;

	printf("#%-6" PRId64 " %s  ", u->cursor, show_time(u->unix_ms, &w->arena));
	if (u->of_case == CONVENE__V1__UPDATE__OF_REQUEST) {
		record.id = u->request->id;
		record.standing = u->request->standing;
		show_brief(&record);
		return;
	}
	if (u->of_case == CONVENE__V1__UPDATE__OF_ENTITY && u->entity->entity != NULL) {
		kind = entity_kind_name(entity_kind(u->entity->entity));
		printf("%s %s ", kind != NULL ? kind : "?",
		       u->entity->retired ? "retired:" : "put:");
		out_text(stdout, show_or_empty(entity_id(u->entity->entity)), SIZE_MAX);
	}
	putchar('\n');
}

/* Shows an update unless it was shown already. */
static void show(struct watching *w, const Convene__V1__Update *u)
{
	if (u->cursor <= w->cursor)
		return;
	w->cursor = u->cursor;
	if (w->cli->is_json)
		json_print_line(update_json(u));
	else
		print_update(w, u);
	fflush(stdout);
}

static bool on_replayed(void *arg, const Convene__V1__Updates *updates)
{
	struct watching *w = arg;

	for (size_t i = 0; i < updates->n_updates; i++)
		show(w, updates->updates[i]);
	return ferror(stdout) == 0;
}

static int catch_up(struct watching *w)
{
	int64_t cursor = w->cursor;

	return snapshot_replay(w->cli, &cursor, on_replayed, w);
}

/* What is published next has to follow what was shown; a pulse names the last there is. */
static int on_update(struct watching *w, const Convene__V1__Update *u)
{
	const bool is_pulse = u->of_case == CONVENE__V1__UPDATE__OF_PULSE;

	if (u->cursor > w->cursor + (is_pulse ? 0 : 1))
		return catch_up(w);
	if (!is_pulse)
		show(w, u);
	return EXIT_OK;
}

static int receive(struct watching *w)
{
	struct frame_fault fault;
	ProtobufCMessage *message;
	zmq_msg_t topic, payload;
	int code = EXIT_OK;

	zmq_msg_init(&topic);
	zmq_msg_init(&payload);
	if (zmq_msg_recv(&topic, w->socket, 0) < 0 || !zmq_msg_more(&topic) ||
	    zmq_msg_recv(&payload, w->socket, 0) < 0) {
		code = errno == EINTR ?
			       EXIT_OK :
			       cli_fail(w->cli, EXIT_PROTOCOL, "an update was not two frames");
	} else if (frame_decode(&convene__v1__update__descriptor, zmq_msg_data(&payload),
				zmq_msg_size(&payload), &FRAME_LIMITS_PAGE, &w->arena, &message,
				&fault) != CVN_OK) {
		code = cli_fail(w->cli, EXIT_PROTOCOL, "an update cannot be read: %s: %s",
				fault.path, fault.text);
	} else if (strncmp(w->cli->profile.programme, zmq_msg_data(&topic), zmq_msg_size(&topic)) ==
			   0 &&
		   strlen(w->cli->profile.programme) == zmq_msg_size(&topic)) {
		code = on_update(
			w, (const Convene__V1__Update *)
				   message); /* subscriptions match by prefix: check the whole */
	}
	zmq_msg_close(&topic);
	zmq_msg_close(&payload);
	return code;
}

static bool set_curve(struct cli *cli, void *socket)
{
	const struct key_pair *keys;

	return cli_keys(cli, &keys) == EXIT_OK &&
	       zmq_setsockopt(socket, ZMQ_CURVE_SERVERKEY, cli->profile.server_key, KEYS_TEXT) ==
		       0 &&
	       zmq_setsockopt(socket, ZMQ_CURVE_PUBLICKEY, keys->public_key, KEYS_TEXT) == 0 &&
	       zmq_setsockopt(socket, ZMQ_CURVE_SECRETKEY, keys->secret_key, KEYS_TEXT) == 0;
}

static int subscribe(struct watching *w)
{
	const Convene__V1__Welcome *welcome;
	const char *updates = w->cli->profile.updates;
	const int linger_ms = 0, reconnect_max_ms = 1000, heartbeat_ms = 5000;
	const int64_t max_bytes = CLIENT_REPLY_MAX;
	int code = EXIT_OK;

	if (updates[0] == '\0') {
		code = cli_welcome(w->cli, &welcome);
		if (code != EXIT_OK)
			return code;
		updates = welcome->updates_endpoint != NULL ? welcome->updates_endpoint : "";
	}
	if (w->cli->profile.server_key[0] == '\0')
		return cli_fail(
			w->cli, EXIT_CONFIG,
			"updates are published under the daemon's key: --server-key and --key");
	w->socket = zmq_socket(w->cli->zmq, ZMQ_SUB);
	if (w->socket == NULL || !set_curve(w->cli, w->socket) ||
	    zmq_setsockopt(w->socket, ZMQ_LINGER, &linger_ms, sizeof(linger_ms)) != 0 ||
	    zmq_setsockopt(w->socket, ZMQ_RECONNECT_IVL_MAX, &reconnect_max_ms,
			   sizeof(reconnect_max_ms)) != 0 ||
	    zmq_setsockopt(w->socket, ZMQ_HEARTBEAT_IVL, &heartbeat_ms, sizeof(heartbeat_ms)) !=
		    0 ||
	    zmq_setsockopt(w->socket, ZMQ_MAXMSGSIZE, &max_bytes, sizeof(max_bytes)) != 0 ||
	    zmq_setsockopt(w->socket, ZMQ_SUBSCRIBE, w->cli->profile.programme,
			   strlen(w->cli->profile.programme)) != 0 ||
	    zmq_connect(w->socket, updates) != 0)
		return cli_fail(w->cli, EXIT_CONFIG, "%s: cannot subscribe there: %s",
				updates[0] != '\0' ? updates : "updates", zmq_strerror(errno));
	return EXIT_OK;
}

/* Without --from, what happened before is passed over: the replay ends at the last cursor there is.
 * */
static int find_start(struct watching *w)
{
	Convene__V1__Replay replay = CONVENE__V1__REPLAY__INIT;
	Convene__V1__Call call = CONVENE__V1__CALL__INIT;
	Convene__V1__Reply *reply;
	int code;

	if (args_number(&w->cli->args, OPT_FROM, 0, INT64_MAX, 0, &w->cursor) != CVN_OK)
		return cli_fail(w->cli, EXIT_USAGE, "%s", w->cli->args.fault);
	if (args_has(&w->cli->args, OPT_FROM))
		return EXIT_OK;
	replay.has_after = replay.has_limit = 1;
	replay.limit = 1;
	call.of_case = CONVENE__V1__CALL__OF_REPLAY;
	call.replay = &replay;
	code = cli_programme_call(w->cli, &call, &reply);
	if (code != EXIT_OK)
		return code;
	if (reply->of_case != CONVENE__V1__REPLY__OF_UPDATES)
		return cli_fail(w->cli, EXIT_PROTOCOL, "the daemon did not answer with updates");
	w->cursor = reply->updates->last;
	return EXIT_OK;
}

/* Waits for an update; false once nobody reads what is printed (`convene watch | head -1`). */
static bool wait_for_update(struct watching *w)
{
	zmq_pollitem_t items[] = { { .socket = w->socket, .events = ZMQ_POLLIN },
				   { .fd = STDOUT_FILENO, .events = ZMQ_POLLERR } };

	while (zmq_poll(items, 2, -1) < 0 && errno == EINTR)
		;
	return items[1].revents == 0 && ferror(stdout) == 0;
}

int cmd_watch(struct cli *cli)
{
	struct watching w = { .cli = cli };
	const char *programme;
	int code = cli_programme(cli, &programme);

	arena_init(&w.arena, REPLY_ARENA_BYTES);
	if (code == EXIT_OK)
		code = find_start(&w);
	if (code == EXIT_OK && !args_has(&cli->args, OPT_ONCE))
		code = subscribe(&w); /* before the replay: nothing falls between the two */
	if (code == EXIT_OK)
		code = catch_up(&w);
	while (code == EXIT_OK && w.socket != NULL && wait_for_update(&w)) {
		code = receive(&w);
		arena_reset(&w.arena);
	}
	if (w.socket != NULL)
		zmq_close(w.socket);
	arena_done(&w.arena);
	return code;
}
