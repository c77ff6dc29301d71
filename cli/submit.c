/* submit: reads the files, has them sent, shows what became of each. */
#include "cli/cli.h"
#include "cli/commands.h"
#include "cli/input.h"
#include "cli/lanes.h"
#include "cli/out.h"
#include "cli/results.h"
#include "cli/sender.h"
#include "cli/snapshot.h"
#include "domain/lifecycle.h"
#include "util/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

#define SETTLE_MS 400 /* the programme rests when its cursor did not move for so long */
#define SETTLE_TRIES 25
#define REQUESTS_MAX 1000000

/* The requests of all files, one behind the other. */
struct wishes {
	struct programme_file *files;
	size_t n_files;
	Convene__V1__Request **requests;
	const char **batches;
	size_t n;
};

static void wishes_done(struct wishes *w)
{
	for (size_t i = 0; i < w->n_files; i++)
		programme_file_done(&w->files[i]);
}

static int collect(struct cli *cli, struct wishes *w)
{
	size_t at = 0;

	for (size_t i = 0; i < w->n_files; i++)
		w->n += w->files[i].n_requests;
	if (w->n > REQUESTS_MAX)
		return cli_fail(cli, EXIT_DATA, "more than %d requests at once", REQUESTS_MAX);
	w->requests = arena_array(&cli->arena, w->n + 1, sizeof(*w->requests));
	w->batches = arena_array(&cli->arena, w->n + 1, sizeof(*w->batches));
	if (w->requests == NULL || w->batches == NULL)
		return cli_fail_err(cli, "submit", CVN_ENOMEM);
	for (size_t i = 0; i < w->n_files; i++) {
		const struct programme_file *f = &w->files[i];

		for (size_t r = 0; r < f->n_requests; r++, at++) {
			const char *batch =
				json_string_value(json_object_get(f->request_json[r], "batch"));

			w->requests[at] = f->requests[r];
			if (batch != NULL) /* a label is its file's own */
				w->batches[at] = arena_printf(&cli->arena, "%zu/%s", i, batch);
		}
		if (f->programme_id != NULL && cli->profile.programme[0] == '\0')
			snprintf(cli->profile.programme, sizeof(cli->profile.programme), "%s",
				 f->programme_id);
	}
	return EXIT_OK;
}

static int read_files(struct cli *cli, struct wishes *w)
{
	const size_t n = (size_t)cli->args.n_positional;
	int code = EXIT_OK;

	w->files = arena_array(&cli->arena, n, sizeof(*w->files));
	if (w->files == NULL)
		return cli_fail_err(cli, "submit", CVN_ENOMEM);
	for (size_t i = 0; i < n; i++) {
		int read;

		programme_file_init(&w->files[w->n_files++]);
		read = input_read(cli, cli->args.positional[i], programme_file_read_requests, &w->files[i]);
		code = code == EXIT_OK ? read :
					 code; /* all faults are said, not only the first file's */
	}
	return code == EXIT_OK ? collect(cli, w) : code;
}

static void show_progress(struct sender *s, void *arg)
{
	char note[64];

	snprintf(note, sizeof(note), "%zu received, %zu refused", s->n_receipts, s->n_refused);
	progress_show(arg, (int64_t)s->n_done, note);
}

/* Waits until the programme rests, and takes over where each request stands then: some were moved
 * by later ones. */
static int settle(struct cli *cli, struct sender *s, struct replica **ret)
{
	struct replica *replica = NULL;
	int64_t cursor = -1;
	int code = EXIT_OK;

	for (int i = 0; i < SETTLE_TRIES; i++) {
		replica_free(replica);
		replica = NULL;
		code = snapshot_fetch(cli, &replica);
		if (code != EXIT_OK)
			return code;
		if (replica_cursor(replica) == cursor)
			break;
		cursor = replica_cursor(replica);
		zmq_poll(NULL, 0, SETTLE_MS);
	}
	for (const struct replica_record *r = replica_first(replica); r != NULL;
	     r = replica_next(r)) {
		Convene__V1__Record *record = arena_alloc(&cli->arena, sizeof(*record));

		if (record == NULL)
			break;
		convene__v1__record__init(record);
		record->id = (char *)r->id;
		record->standing = (Convene__V1__Standing *)r->standing;
		record->has_revision = record->has_cursor = 1;
		record->revision = r->revision;
		record->cursor = r->cursor;
		sender_hear_record(s, record);
	}
	*ret = replica;
	return EXIT_OK;
}

/* Roles that read the programme; a federation reads its own alone. */
static bool may_read_all(struct cli *cli)
{
	const Convene__V1__Welcome *welcome;

	return cli_welcome(cli, &welcome) == EXIT_OK && welcome->role != NULL &&
	       strcmp(welcome->role, "federation") != 0;
}

static int show(struct cli *cli, struct sender *s, uint64_t ms)
{
	const char *export = cli->args.value[OPT_EXPORT];
	struct results results = {
		.sent = s->sent, .n = s->n, .ms = ms, .is_decided = s->is_waiting
	};
	struct replica *replica = NULL;
	int code = EXIT_OK;

	if (s->is_waiting && s->n > RESULTS_SINGLE_MAX && may_read_all(cli))
		code = settle(cli, s, &replica);
	if (replica != NULL)
		results.programme = replica_programme(replica);
	if (code == EXIT_OK && export != NULL)
		code = results_export(cli, &results, export);
	if (code == EXIT_OK)
		code = results_print(cli, &results);
	replica_free(replica);
	return code;
}

static int give_up(struct cli *cli, const struct sender *s, enum cvn_err err)
{
	if (err == CVN_EDEADLINE)
		return cli_fail(cli, EXIT_TRY_AGAIN,
				"nothing moved for %lld s: %zu of %zu are without an answer",
				(long long)(s->patience_ms / 1000), s->n - s->n_done, s->n);
	if (err == CVN_EUNAVAILABLE)
		return cli_fail(cli, EXIT_UNAVAILABLE,
				"%s: no daemon with the known key answers there, or it is not "
				"ready yet",
				cli->profile.endpoint);
	if (err == CVN_EINVALID)
		return cli_fail(cli, EXIT_CONFIG, "%s", s->lanes->fault);
	return cli_fail_err(cli, cli->profile.endpoint, err);
}

static int send(struct cli *cli, const struct wishes *w, struct lanes *lanes, int64_t window)
{
	struct progress progress;
	struct sender s = {
		.programme = cli->profile.programme,
		.is_waiting = args_has(&cli->args, OPT_WAIT) || args_has(&cli->args, OPT_EXPORT),
		.window = (size_t)window,
		.patience_ms = cli->timeout_ms,
		.lanes = lanes,
		.arena = &cli->arena,
		.on_progress = show_progress,
		.arg = &progress,
	};
	const uint64_t started_ms = clock_ms();
	enum cvn_err err;
	int code;

	progress_start(&progress, "sending", (int64_t)w->n);
	err = sender_run(&s, w->requests, w->batches, w->n);
	progress_end(&progress);
	code = err == CVN_OK ? show(cli, &s, clock_ms() - started_ms) : give_up(cli, &s, err);
	sender_done(&s);
	return code;
}

/* The address that the connections have in common; with --keys each brings its own key. */
static int prepare_lanes(struct cli *cli, struct lanes *lanes)
{
	const char *folder = cli->args.value[OPT_KEYS];
	struct client_address address = {
		.endpoint = cli->profile.endpoint,
		.server_key = cli->profile.server_key,
	};
	int code;

	if (folder != NULL && address.server_key[0] == '\0')
		return cli_fail(cli, EXIT_CONFIG,
				"--keys needs the daemon's public key: --server-key, or a profile");
	if (strncmp(address.endpoint, "ipc://", 6) == 0) {
		if (folder != NULL)
			return cli_fail(cli, EXIT_USAGE, "--keys: no keys are spoken with over %s",
					address.endpoint);
		address.server_key = NULL;
	} else if (folder == NULL) {
		code = cli_keys(cli, &address.keys);
		if (code != EXIT_OK)
			return code;
	}
	lanes_init(lanes, cli->zmq, &address, folder);
	return EXIT_OK;
}

int cmd_submit(struct cli *cli)
{
	struct wishes wishes = { .n = 0 };
	struct lanes *lanes = arena_zalloc(&cli->arena, sizeof(*lanes));
	const char *programme;
	int64_t window;
	int code;

	if (lanes == NULL)
		return cli_fail_err(cli, "submit", CVN_ENOMEM);
	if (args_number(&cli->args, OPT_WINDOW, 1, SENDER_WINDOW_MAX, 64, &window) != CVN_OK)
		return cli_fail(cli, EXIT_USAGE, "%s", cli->args.fault);
	code = prepare_lanes(cli, lanes);
	if (code == EXIT_OK)
		code = read_files(cli, &wishes);
	if (code == EXIT_OK)
		code = cli_programme(cli, &programme);
	if (code == EXIT_OK)
		code = send(cli, &wishes, lanes, window);
	lanes_done(lanes);
	wishes_done(&wishes);
	return code;
}
