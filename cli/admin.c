/* The operator's: keygen, grant, revoke, principals, status, workers. */
#include "cli/cli.h"
#include "cli/commands.h"
#include "cli/everyone.h"
#include "cli/out.h"
#include "cli/record_json.h"
#include "wire/json.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int cmd_keygen(struct cli *cli)
{
	const char *path = cli->args.positional[0];
	struct key_pair pair;
	enum cvn_err err;

	if (args_has(&cli->args, OPT_FORCE) && unlink(path) != 0 && access(path, F_OK) == 0)
		return cli_fail(cli, EXIT_CANNOT_CREATE, "%s: cannot be replaced", path);
	err = everyone_key(path, &pair);
	if (err == CVN_EFORBIDDEN || err == CVN_EMALFORMED || err == CVN_EINVALID)
		return cli_fail(cli, EXIT_CONFIG,
				"%s: there is a file already, but no usable key in it: %s", path,
				keys_fault(err));
	if (err != CVN_OK)
		return cli_fail(cli, EXIT_CANNOT_CREATE, "%s: %s", path, cvn_err_text(err));
	if (cli->is_json)
		json_print_line(
			json_pack("{s:s,s:s}", "file", path, "public_key", pair.public_key));
	else
		printf("%s\n", pair.public_key);
	keys_wipe(&pair);
	return EXIT_OK;
}

static int grant_one(struct cli *cli)
{
	Convene__V1__Principal principal = CONVENE__V1__PRINCIPAL__INIT;
	Convene__V1__Principal *list[] = { &principal };
	enum cvn_err err;

	if (cli->args.n_positional != 1 || !args_has(&cli->args, OPT_ROLE))
		return cli_fail(cli, EXIT_USAGE,
				"grant: a public key and --role are wanted, or --everyone");
	principal.public_key = cli->args.positional[0];
	if (!keys_is_key(principal.public_key))
		return cli_fail(cli, EXIT_USAGE, "%s is no public key: 40 characters of Z85",
				principal.public_key);
	principal.role = (char *)cli->args.value[OPT_ROLE];
	principal.subject = (char *)cli->args.value[OPT_SUBJECT];
	principal.name = (char *)cli->args.value[OPT_NAME];
	err = args_list(&cli->args, OPT_DISCIPLINES, &cli->arena, &principal.disciplines,
			&principal.n_disciplines);
	if (err == CVN_EINVALID)
		return cli_fail(cli, EXIT_USAGE, "%s", cli->args.fault);
	if (err != CVN_OK)
		return cli_fail_err(cli, "grant", err);
	return everyone_grant(cli, list, 1);
}

int cmd_grant(struct cli *cli)
{
	if (!args_has(&cli->args, OPT_EVERYONE))
		return grant_one(cli);
	if (cli->args.n_positional != 0 || !args_has(&cli->args, OPT_KEYS))
		return cli_fail(cli, EXIT_USAGE,
				"grant --everyone: --keys DIR is wanted, and no public key");
	if (args_has(&cli->args, OPT_DISCIPLINES))
		return cli_fail(cli, EXIT_USAGE,
				"grant --everyone: --disciplines is for one committee's key");
	return everyone_run(cli, cli->args.value[OPT_KEYS]);
}

int cmd_revoke(struct cli *cli)
{
	Convene__V1__Revoke revoke = CONVENE__V1__REVOKE__INIT;
	Convene__V1__Call call = CONVENE__V1__CALL__INIT;
	Convene__V1__Reply *reply;
	int code;

	for (int i = 0; i < cli->args.n_positional; i++) {
		if (!keys_is_key(cli->args.positional[i]))
			return cli_fail(cli, EXIT_USAGE, "%s is no public key",
					cli->args.positional[i]);
	}
	revoke.n_public_keys = (size_t)cli->args.n_positional;
	revoke.public_keys = cli->args.positional;
	call.of_case = CONVENE__V1__CALL__OF_REVOKE;
	call.revoke = &revoke;
	code = cli_call(cli, &call, &reply);
	if (code != EXIT_OK)
		return code;
	if (reply->of_case != CONVENE__V1__REPLY__OF_DONE)
		return cli_fail(cli, EXIT_PROTOCOL, "the daemon did not answer revoke with done");
	if (cli->is_json)
		json_print_line(json_pack("{s:I}", "revoked", (json_int_t)reply->done->changed));
	else
		printf("%" PRId64 " revoked\n", reply->done->changed);
	return EXIT_OK;
}

static const char *join(char *const *texts, size_t n, struct arena *arena)
{
	const char *all = "";

	for (size_t i = 0; i < n && all != NULL; i++)
		all = arena_printf(arena, "%s%s%s", all, i > 0 ? " " : "", texts[i]);
	return all != NULL ? all : "";
}

static const char *all_or(char *const *texts, size_t n, struct arena *arena)
{
	return n > 0 ? join(texts, n, arena) : "all";
}

int cmd_principals(struct cli *cli)
{
	static const char *const HEADINGS[] = { "public key", "role",       "subject",
						"name",       "programmes", "disciplines" };
	Convene__V1__Principals principals = CONVENE__V1__PRINCIPALS__INIT;
	Convene__V1__Call call = CONVENE__V1__CALL__INIT;
	Convene__V1__Reply *reply;
	struct table table;
	int code;

	call.of_case = CONVENE__V1__CALL__OF_PRINCIPALS;
	call.principals = &principals;
	code = cli_call(cli, &call, &reply);
	if (code != EXIT_OK)
		return code;
	if (reply->of_case != CONVENE__V1__REPLY__OF_PRINCIPALS)
		return cli_fail(cli, EXIT_PROTOCOL, "the daemon did not answer with principals");
	table_init(&table, &cli->arena, HEADINGS, N_ELEMENTS(HEADINGS));
	for (size_t i = 0; i < reply->principals->n_principals; i++) {
		const Convene__V1__Principal *p = reply->principals->principals[i];
		const char *cells[] = { p->public_key,
					p->role,
					p->subject,
					p->name,
					all_or(p->programmes, p->n_programmes, &cli->arena),
					all_or(p->disciplines, p->n_disciplines, &cli->arena) };

		if (cli->is_json)
			json_print_line(json_of_message(&p->base));
		else
			table_row(&table, cells);
	}
	table_print(&table, stdout);
	return EXIT_OK;
}

static int fetch_status(struct cli *cli, bool workers, const Convene__V1__Status **ret)
{
	Convene__V1__StatusCall status = CONVENE__V1__STATUS_CALL__INIT;
	Convene__V1__Call call = CONVENE__V1__CALL__INIT;
	Convene__V1__Reply *reply;
	int code;

	status.has_workers = status.has_counters = 1;
	status.workers = workers;
	status.counters = true;
	call.of_case = CONVENE__V1__CALL__OF_STATUS;
	call.status = &status;
	code = cli_call(cli, &call, &reply);
	if (code != EXIT_OK)
		return code;
	if (reply->of_case != CONVENE__V1__REPLY__OF_STATUS)
		return cli_fail(cli, EXIT_PROTOCOL, "the daemon did not answer with its status");
	*ret = reply->status;
	return EXIT_OK;
}

static void print_programme(const Convene__V1__ProgrammeStatus *p)
{
	printf("\nprogramme ");
	out_text(stdout, p->id != NULL ? p->id : "", SIZE_MAX);
	printf(" (%s), today %s, cursor %" PRId64 ", calendar version %" PRId64 "\n",
	       p->phase != NULL ? p->phase : "open", p->today != NULL ? p->today : "?", p->cursor,
	       p->version);
	for (size_t i = 0; i < p->n_states; i++)
		printf("  %-18s %" PRId64 "\n", p->states[i]->name, p->states[i]->value);
}

int cmd_status(struct cli *cli)
{
	const Convene__V1__Status *s;
	int code = fetch_status(cli, true, &s);

	if (code != EXIT_OK)
		return code;
	if (cli->is_json) {
		json_print_line(json_of_message(&s->base));
		return EXIT_OK;
	}
	printf("convened %s, up %" PRId64 " s; redis %s, durability %s\n",
	       s->version != NULL ? s->version : "?", s->uptime_ms / 1000,
	       s->redis != NULL ? s->redis : "?", s->durability != NULL ? s->durability : "?");
	printf("%" PRId64 " calls and requests under way, %" PRId64 " sessions, %zu workers\n",
	       s->in_flight, s->sessions, s->n_workers);
	for (size_t i = 0; i < s->n_programmes; i++)
		print_programme(s->programmes[i]);
	if (s->n_counters > 0)
		printf("\ncounters\n");
	for (size_t i = 0; i < s->n_counters; i++)
		printf("  %-32s %" PRId64 "\n", s->counters[i]->name, s->counters[i]->value);
	return EXIT_OK;
}

int cmd_workers(struct cli *cli)
{
	static const char *const HEADINGS[] = { "name",       "kind",  ">pid",    "state",
						">under way", ">done", ">deaths", "where" };
	const Convene__V1__Status *s;
	struct table table;
	int code = fetch_status(cli, true, &s);

	if (code != EXIT_OK)
		return code;
	table_init(&table, &cli->arena, HEADINGS, N_ELEMENTS(HEADINGS));
	for (size_t i = 0; i < s->n_workers; i++) {
		const Convene__V1__WorkerStatus *w = s->workers[i];
		const char *cells[] = { w->name,
					w->kind,
					arena_printf(&cli->arena, "%" PRId64, w->pid),
					w->state,
					arena_printf(&cli->arena, "%" PRId64, w->outstanding),
					arena_printf(&cli->arena, "%" PRId64, w->done),
					arena_printf(&cli->arena, "%" PRId64, w->deaths),
					w->remote ? "remote" : "here" };

		if (cli->is_json)
			json_print_line(json_of_message(&w->base));
		else
			table_row(&table, cells);
	}
	table_print(&table, stdout);
	return EXIT_OK;
}
