/* value: the working body's priorities, by id or by rule. */
#include "cli/ask.h"
#include "cli/commands.h"
#include "cli/out.h"
#include "cli/record_json.h"
#include "cli/select.h"
#include "cli/show.h"
#include "domain/lifecycle.h"
#include "domain/score.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define VALUE_MAX 100
#define PER_CALL 256

/* One request and what it shall be worth. */
struct raise {
	const struct entry *entry;
	int64_t before, after;
};

struct raises {
	struct raise *all;
	size_t n;
};

/* Keeps the requests that are named; all must be there. */
static int keep_named(struct cli *cli, struct entries *entries)
{
	struct entry *all =
		arena_array(&cli->arena, (size_t)cli->args.n_positional + 1, sizeof(*all));
	size_t n = 0;

	if (all == NULL)
		return cli_fail_err(cli, "value", CVN_ENOMEM);
	for (int i = 0; i < cli->args.n_positional; i++) {
		const struct entry *e = entries_find(entries, cli->args.positional[i]);

		if (e == NULL)
			return cli_fail(cli, EXIT_NOT_THERE, "%s: there is no such request",
					cli->args.positional[i]);
		all[n++] = *e;
	}
	if (n > 0)
		memcpy(entries->all, all, n * sizeof(*all));
	entries->n = n;
	return EXIT_OK;
}

static int64_t within(int64_t value)
{
	return value < 1 ? 1 : value > VALUE_MAX ? VALUE_MAX : value;
}

/* Those open ones whose value changes. */
static int find_raises(struct cli *cli, const struct entries *entries, struct raises *ret)
{
	int64_t set, add;

	if (args_number(&cli->args, OPT_SET, 1, VALUE_MAX, 0, &set) != CVN_OK ||
	    args_number(&cli->args, OPT_ADD, -VALUE_MAX, VALUE_MAX, 0, &add) != CVN_OK)
		return cli_fail(cli, EXIT_USAGE, "%s", cli->args.fault);
	*ret = (struct raises){ .all = arena_array(&cli->arena, entries->n + 1,
						   sizeof(*ret->all)) };
	if (ret->all == NULL)
		return cli_fail_err(cli, "value", CVN_ENOMEM);
	for (size_t i = 0; i < entries->n; i++) {
		const struct entry *e = &entries->all[i];
		const int64_t before =
			e->content != NULL ? score_value_of(e->content, e->standing) : 0;
		const int64_t after = set > 0 ? set : within(before + add);

		if (lifecycle_is_open(e->standing->state) && e->content != NULL && before != after)
			ret->all[ret->n++] =
				(struct raise){ .entry = e, .before = before, .after = after };
	}
	return EXIT_OK;
}

static void print(struct cli *cli, const struct raises *r)
{
	static const char *const HEADINGS[] = { "id", "state", ">value", ">now", "title" };
	struct table table;

	table_init(&table, &cli->arena, HEADINGS, N_ELEMENTS(HEADINGS));
	for (size_t i = 0; i < r->n; i++) {
		const struct raise *x = &r->all[i];
		const Convene__V1__Request *c = x->entry->content;
		const char *cells[] = { x->entry->id, state_name(x->entry->standing->state),
					arena_printf(&cli->arena, "%" PRId64, x->before),
					arena_printf(&cli->arena, "%" PRId64, x->after),
					show_text(c->title, c->n_title,
						  cli->args.value[OPT_LANG]) };

		if (cli->is_json)
			json_print_line(json_pack("{s:s,s:I,s:I}", "request", x->entry->id,
						  "before", (json_int_t)x->before, "value",
						  (json_int_t)x->after));
		else
			table_row_of_state(&table, cells, x->entry->standing->state);
	}
	table_print(&table, stdout);
	fflush(stdout);
}

static int send(struct cli *cli, char **ids, size_t n, int64_t value)
{
	Convene__V1__Value message = CONVENE__V1__VALUE__INIT;
	Convene__V1__Call call = CONVENE__V1__CALL__INIT;
	Convene__V1__Reply *reply;
	int code;

	message.requests = ids;
	message.n_requests = n;
	message.has_value = 1;
	message.value = value;
	message.reason = (char *)cli->args.value[OPT_REASON];
	call.of_case = CONVENE__V1__CALL__OF_VALUE;
	call.value = &message;
	code = cli_programme_call(cli, &call, &reply);
	if (code == EXIT_OK && reply->of_case != CONVENE__V1__REPLY__OF_DONE)
		code = cli_fail(cli, EXIT_PROTOCOL, "the daemon did not answer with done");
	return code;
}

/* Those that shall be worth the same go out together. */
static int send_all(struct cli *cli, const struct raises *r)
{
	const Convene__V1__Welcome *welcome;
	char *ids[PER_CALL];
	size_t most = PER_CALL;
	int code = cli_welcome(cli, &welcome);

	if (code == EXIT_OK && welcome->batch_max > 0 && welcome->batch_max < PER_CALL)
		most = (size_t)welcome->batch_max;
	for (int64_t value = 1; value <= VALUE_MAX && code == EXIT_OK; value++) {
		size_t n = 0;

		for (size_t i = 0; i < r->n && code == EXIT_OK; i++) {
			if (r->all[i].after != value)
				continue;
			ids[n++] = (char *)r->all[i].entry->id;
			if (n < most)
				continue;
			code = send(cli, ids, n, value);
			n = 0;
		}
		if (n > 0 && code == EXIT_OK)
			code = send(cli, ids, n, value);
	}
	return code;
}

static int change(struct cli *cli, const struct entries *entries)
{
	struct raises raises;
	char question[80];
	int code = find_raises(cli, entries, &raises);

	if (code != EXIT_OK)
		return code;
	if (raises.n == 0) {
		if (!cli->is_json)
			puts("no open request changes its value");
		return EXIT_OK;
	}
	print(cli, &raises);
	snprintf(question, sizeof(question), "change the value of these %zu requests", raises.n);
	code = ask_before(cli, question);
	if (code == EXIT_OK)
		code = send_all(cli, &raises);
	if (code == EXIT_OK && !cli->is_json)
		printf("%zu values changed\n", raises.n);
	return code;
}

int cmd_value(struct cli *cli)
{
	static const enum option_id RULES[] = { OPT_KIND,       OPT_DISCIPLINE, OPT_LEVEL,
						OPT_FEDERATION, OPT_STATE,      OPT_NOC };
	struct entries entries = { .n = 0 };
	bool has_rule = false;
	int code;

	for (size_t i = 0; i < N_ELEMENTS(RULES); i++)
		has_rule |= args_has(&cli->args, RULES[i]);
	if (args_has(&cli->args, OPT_SET) == args_has(&cli->args, OPT_ADD))
		return cli_fail(cli, EXIT_USAGE, "value: one of --set and --add");
	if (cli->args.n_positional == 0 && !has_rule)
		return cli_fail(cli, EXIT_USAGE, "value: which requests? ids, or a rule");
	code = entries_gather(cli, /* with_history= */ false, &entries);
	if (code == EXIT_OK && cli->args.n_positional > 0)
		code = keep_named(cli, &entries);
	if (code == EXIT_OK)
		code = select_entries(cli, &entries);
	if (code == EXIT_OK)
		code = change(cli, &entries);
	entries_done(&entries);
	return code;
}
