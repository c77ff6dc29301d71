/* decide: many decisions out of a file. All are checked first; then they are sent, many under way
 * at once, but never two on one request. In order of time: cmd_decide -> read_file -> check ->
 * confirm -> send_all -> fill, hear -> print */
#include "cli/ask.h"
#include "cli/commands.h"
#include "cli/out.h"
#include "cli/record_json.h"
#include "cli/verdicts.h"
#include "util/clock.h"
#include "wire/frame.h"
#include "wire/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

#define WINDOW_MAX 1024
#define WINDOW 64
#define ANSWER_MS 10000 /* past it a call is sent again */
#define RETRY_MS 100    /* where a Problem names no time */
#define IDS_SHOWN 20

/* What became of one decision. */
struct made {
	const struct verdict *verdict;
	const char *code, *text; /* refused: why; NULL: it was done */
	bool is_done;
};

struct flight {
	struct made *made; /* NULL: free */
	uint64_t id;       /* 0: waits to be sent again */
	uint64_t due_ms;
	unsigned lives;
};

struct bulk {
	struct cli *cli;
	struct client *client;
	struct made *made;
	size_t n, next, n_done, n_refused;
	struct flight *flights;
	size_t window;
	struct arena scratch; /* one reply */
};

static int read_file(struct cli *cli, struct verdicts *ret)
{
	const char *path = cli->args.value[OPT_FILE], *text = "";
	struct buf bytes;
	enum cvn_err err;
	int code;

	if (path == NULL)
		return cli_fail(cli, EXIT_USAGE, "decide: -f FILE names the decisions");
	if (strcmp(path, "-") == 0 && !args_has(&cli->args, OPT_YES))
		return cli_fail(cli, EXIT_USAGE, "decide: -f - cannot ask: --yes says yes");
	buf_init(&bytes, JSON_DOCUMENT_BYTES);
	code = cli_read_file(cli, path, &bytes);
	if (code == EXIT_OK && buf_append(&bytes, "", 1) != CVN_OK)
		code = cli_fail_err(cli, path, CVN_ETOOLARGE);
	if (code == EXIT_OK) {
		err = verdicts_read((const char *)bytes.bytes, bytes.n - 1, &cli->arena, ret,
				    &text);
		if (err == CVN_EINVALID)
			code = cli_fail(cli, EXIT_DATA, "%s: %s", path, text);
		else if (err != CVN_OK)
			code = cli_fail_err(cli, path, err);
		else if (ret->n == 0)
			code = cli_fail(cli, EXIT_DATA, "%s: there is no decision in it", path);
	}
	buf_done(&bytes);
	return code;
}

static int who_are_we(struct cli *cli, struct verdicts_who *ret)
{
	const Convene__V1__Welcome *welcome;
	const struct key_pair *keys;
	int code = cli_welcome(cli, &welcome);

	if (code != EXIT_OK)
		return code;
	*ret = (struct verdicts_who){ .role = welcome->role,
				      .subject = welcome->subject,
				      .disciplines = welcome->disciplines,
				      .n_disciplines = welcome->n_disciplines };
	if (strncmp(cli->profile.endpoint, "ipc://", 6) == 0)
		return EXIT_OK; /* there one speaks without a key */
	code = cli_keys(cli, &keys);
	if (code == EXIT_OK)
		ret->key = keys->public_key;
	return code;
}

static int check(struct cli *cli, struct verdicts *v)
{
	struct entries entries = { .n = 0 };
	struct verdicts_who who;
	enum cvn_err err;
	int code = who_are_we(cli, &who);

	if (code == EXIT_OK)
		code = entries_gather(cli, /* with_history= */ false, &entries);
	if (code == EXIT_OK) {
		err = verdicts_check(v, &entries, &who, &cli->arena);
		if (err != CVN_OK)
			code = cli_fail_err(cli, "decide", err);
	}
	entries_done(&entries);
	if (code != EXIT_OK)
		return code;
	for (size_t i = 0; i < v->n; i++)
		if (v->all[i].fault != NULL)
			cli_fail(cli, EXIT_DATA, "%s:%zu: %s: %s", cli->args.value[OPT_FILE],
				 v->all[i].line,
				 v->all[i].request != NULL ? v->all[i].request : "?",
				 v->all[i].fault);
	if (v->n_faults > 0 && !args_has(&cli->args, OPT_PARTIAL))
		return cli_fail(cli, EXIT_DATA,
				"%zu of %zu decisions cannot be made; nothing was changed "
				"(--partial makes the others)",
				v->n_faults, v->n);
	return EXIT_OK;
}

/* The count and the ids, all of them where nobody is asked. */
static void print_ids(struct cli *cli, const struct verdicts *v)
{
	const size_t most = args_has(&cli->args, OPT_YES) ? SIZE_MAX : IDS_SHOWN;
	static const char *const VERDICTS[] = { "approve", "decline", "revise", "postpone",
						"cancel" };

	for (size_t k = 0; k < N_ELEMENTS(VERDICTS) && !cli->is_json; k++) {
		size_t n = 0;

		for (size_t i = 0; i < v->n; i++)
			n += v->all[i].fault == NULL && strcmp(v->all[i].verdict, VERDICTS[k]) == 0;
		if (n > 0)
			printf("%s %zu:", VERDICTS[k], n);
		for (size_t i = 0, shown = 0; n > 0 && i < v->n; i++) {
			if (v->all[i].fault != NULL || strcmp(v->all[i].verdict, VERDICTS[k]) != 0)
				continue;
			if (shown++ == most) {
				printf(" and %zu more", n - most);
				break;
			}
			putchar(' ');
			out_text(stdout, v->all[i].request, SIZE_MAX);
		}
		if (n > 0)
			putchar('\n');
	}
	fflush(stdout);
}

static int confirm(struct cli *cli, const struct verdicts *v)
{
	char question[80];

	print_ids(cli, v);
	snprintf(question, sizeof(question), "make these %zu decisions", v->n - v->n_faults);
	return ask_before(cli, question);
}

/* Is one on the same request under way? */
static bool is_busy(const struct bulk *b, const struct verdict *v)
{
	for (size_t i = 0; i < b->window; i++)
		if (b->flights[i].made != NULL &&
		    strcmp(b->flights[i].made->verdict->request, v->request) == 0)
			return true;
	return false;
}

static enum cvn_err send_one(struct bulk *b, struct flight *f)
{
	const struct verdict *v = f->made->verdict;
	Convene__V1__Decide decide = CONVENE__V1__DECIDE__INIT;
	Convene__V1__Call call = CONVENE__V1__CALL__INIT;
	enum cvn_err err;

	decide.request = v->request;
	decide.has_revision = v->revision != 0;
	decide.revision = v->revision;
	decide.verdict = v->verdict;
	decide.reason = v->reason;
	decide.noc = v->noc;
	call.programme = b->cli->profile.programme;
	call.of_case = CONVENE__V1__CALL__OF_DECIDE;
	call.decide = &decide;
	err = client_send(b->client, &call, ANSWER_MS, &f->id);
	f->due_ms = clock_ms() + (err == CVN_OK ? ANSWER_MS : RETRY_MS);
	f->lives = client_lives(b->client);
	if (err != CVN_OK)
		f->id = 0;
	return err == CVN_EBUSY ? CVN_OK : err;
}

static void settle(struct bulk *b, struct flight *f)
{
	f->made->is_done = true;
	b->n_done++;
	b->n_refused += f->made->code != NULL;
	*f = (struct flight){ .made = NULL };
}

static enum cvn_err fill(struct bulk *b)
{
	const uint64_t now_ms = clock_ms();
	enum cvn_err err = CVN_OK;

	for (size_t i = 0; i < b->window && err == CVN_OK; i++) {
		struct flight *f = &b->flights[i];

		if (f->made == NULL && b->next < b->n && !is_busy(b, b->made[b->next].verdict)) {
			*f = (struct flight){ .made = &b->made[b->next++] };
			err = send_one(b, f);
		} else if (f->made != NULL &&
			   (f->due_ms <= now_ms ||
			    (f->id != 0 && client_was_lost(b->client, f->lives)))) {
			err = send_one(b, f);
		}
	}
	return err;
}

static enum cvn_err on_reply(struct bulk *b, const Convene__V1__Reply *reply)
{
	const Convene__V1__Problem *problem =
		reply->of_case == CONVENE__V1__REPLY__OF_PROBLEM ? reply->problem : NULL;
	struct flight *f = NULL;

	for (size_t i = 0; i < b->window && reply->id != 0; i++)
		if (b->flights[i].made != NULL && b->flights[i].id == reply->id)
			f = &b->flights[i];
	if (f == NULL)
		return CVN_OK; /* an outcome, or one that was given up */
	if (problem != NULL && exit_of_problem(problem->code) == EXIT_TRY_AGAIN &&
	    problem->current == NULL) {
		f->id = 0;
		f->due_ms = clock_ms() + (problem->retry_after_ms > 0 ?
						  (uint64_t)problem->retry_after_ms :
						  RETRY_MS);
		return CVN_OK;
	}
	if (problem != NULL) {
		f->made->code = arena_strdup(&b->cli->arena,
					     problem->code != NULL ? problem->code : "INTERNAL");
		f->made->text =
			arena_strdup(&b->cli->arena, problem->text != NULL ? problem->text : "");
		if (f->made->code == NULL || f->made->text == NULL)
			return CVN_ENOMEM;
	}
	settle(b, f);
	return CVN_OK;
}

static enum cvn_err hear(struct bulk *b)
{
	zmq_pollitem_t item = { .socket = client_socket(b->client), .events = ZMQ_POLLIN };
	Convene__V1__Reply *reply;
	enum cvn_err err;

	zmq_poll(&item, 1, 50);
	do {
		arena_reset(&b->scratch);
		err = client_receive(b->client, &b->scratch, &reply);
		if (err != CVN_OK || reply == NULL)
			return err;
		err = on_reply(b, reply);
	} while (err == CVN_OK);
	return err;
}

static enum cvn_err send_all(struct bulk *b)
{
	uint64_t moved_ms = clock_ms();
	struct progress progress;
	enum cvn_err err = CVN_OK;
	size_t before = 0;

	progress_start(&progress, "deciding", (int64_t)b->n);
	while (b->n_done < b->n && err == CVN_OK) {
		err = client_state(b->client);
		if (err == CVN_EBUSY)
			err = CVN_OK;
		if (err == CVN_OK)
			err = fill(b);
		if (err == CVN_OK)
			err = hear(b);
		if (b->n_done != before)
			moved_ms = clock_ms();
		else if (err == CVN_OK && clock_ms() - moved_ms > (uint64_t)b->cli->timeout_ms)
			err = CVN_EDEADLINE;
		before = b->n_done;
		progress_show(&progress, (int64_t)b->n_done, NULL);
	}
	progress_end(&progress);
	return err;
}

static int print(struct cli *cli, const struct bulk *b, uint64_t ms)
{
	for (size_t i = 0; i < b->n; i++) {
		const struct made *m = &b->made[i];

		if (cli->is_json)
			json_print_line(json_pack(
				"{s:s,s:s,s:s?,s:s?}", "request", m->verdict->request, "verdict",
				m->verdict->verdict, "problem", m->code, "text", m->text));
		else if (m->code != NULL)
			cli_fail(cli, EXIT_FAILED, "%s: %s: %s", m->verdict->request, m->code,
				 m->text);
	}
	if (!cli->is_json)
		printf("%zu decisions made, %zu refused; %.2f s, %.0f a second\n",
		       b->n_done - b->n_refused, b->n_refused, (double)ms / 1000,
		       (double)b->n_done * 1000 / (double)(ms > 0 ? ms : 1));
	return b->n_refused > 0 ? EXIT_FAILED : EXIT_OK;
}

/* The connection is one of its own: replies to other calls cannot come between. */
static int open_client(struct cli *cli, struct bulk *b)
{
	struct client_address address = { .endpoint = cli->profile.endpoint,
					  .server_key = cli->profile.server_key };
	enum cvn_err err;
	int code = EXIT_OK;

	if (strncmp(address.endpoint, "ipc://", 6) == 0)
		address.server_key = NULL;
	else
		code = cli_keys(cli, &address.keys);
	if (code != EXIT_OK)
		return code;
	err = client_open(cli->zmq, &address, &b->client);
	return err == CVN_OK ? EXIT_OK : cli_fail_err(cli, address.endpoint, err);
}

static int run(struct cli *cli, const struct verdicts *v, int64_t window)
{
	struct bulk b = { .cli = cli, .window = (size_t)window };
	const uint64_t started_ms = clock_ms();
	enum cvn_err err;
	int code;

	b.made = arena_array(&cli->arena, v->n + 1, sizeof(*b.made));
	b.flights = arena_array(&cli->arena, b.window, sizeof(*b.flights));
	if (b.made == NULL || b.flights == NULL)
		return cli_fail_err(cli, "decide", CVN_ENOMEM);
	for (size_t i = 0; i < v->n; i++)
		if (v->all[i].fault == NULL)
			b.made[b.n++].verdict = &v->all[i];
	code = open_client(cli, &b);
	if (code != EXIT_OK)
		return code;
	arena_init(&b.scratch, FRAME_LIMITS_PAGE.bytes * 16);
	err = send_all(&b);
	code = print(cli, &b, clock_ms() - started_ms);
	if (err != CVN_OK)
		code = cli_fail(cli, exit_of_err(err), "%zu of %zu are without an answer: %s",
				b.n - b.n_done, b.n, cvn_err_text(err));
	arena_done(&b.scratch);
	client_close(b.client);
	return code;
}

int cmd_decide(struct cli *cli)
{
	struct verdicts verdicts;
	const char *programme;
	int64_t window;
	int code;

	if (args_number(&cli->args, OPT_WINDOW, 1, WINDOW_MAX, WINDOW, &window) != CVN_OK)
		return cli_fail(cli, EXIT_USAGE, "%s", cli->args.fault);
	code = read_file(cli, &verdicts);
	if (code == EXIT_OK)
		code = cli_programme(cli, &programme);
	if (code == EXIT_OK)
		code = check(cli, &verdicts);
	if (code == EXIT_OK && verdicts.n_faults < verdicts.n)
		code = confirm(cli, &verdicts);
	if (code == EXIT_OK && verdicts.n_faults < verdicts.n)
		code = run(cli, &verdicts, window);
	return code == EXIT_OK && verdicts.n_faults > 0 ? EXIT_DATA : code;
}
