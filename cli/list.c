/* list, show, trace: requests as the daemon tells them. */
#include "cli/cli.h"
#include "cli/commands.h"
#include "cli/filter.h"
#include "cli/out.h"
#include "cli/record_json.h"
#include "cli/show.h"
#include "cli/snapshot.h"
#include "domain/lifecycle.h"
#include "wire/frame.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct listing {
	struct cli *cli;
	const char *lang;
	struct table table;
	int64_t n, limit; /* 0: no limit */
};

static void add_row(struct listing *l, const Convene__V1__Record *r)
{
	const Convene__V1__Request *c = r->content;
	const Convene__V1__Standing *s = r->standing;
	const Convene__V1__Placement *p = s != NULL ? s->placement : NULL;
	const char *cells[] = {
		show_or_empty(r->id),
		s != NULL ? state_name(s->state) : "",
		c != NULL ? c->federation : NULL,
		c != NULL ? c->discipline : NULL,
		p != NULL ? p->first_day : NULL,
		p != NULL ? p->venue : NULL,
		c != NULL ? show_text(c->title, c->n_title, l->lang) : NULL,
	};

	table_row_of_state(&l->table, cells, s != NULL ? s->state : STATE_NONE);
}

static bool on_page(void *arg, const Convene__V1__Page *page)
{
	struct listing *l = arg;

	for (size_t i = 0; i < page->n_records; i++) {
		if (l->limit > 0 && l->n >= l->limit)
			return false;
		l->n++;
		if (l->cli->is_json)
			json_print_line(record_json(page->records[i]));
		else
			add_row(l, page->records[i]);
	}
	return l->limit == 0 || l->n < l->limit;
}

int cmd_list(struct cli *cli)
{
	static const char *const HEADINGS[] = { "id",   "state", "federation", "discipline",
						"from", "venue", "title" };
	struct listing l = { .cli = cli, .lang = cli->args.value[OPT_LANG] };
	Convene__V1__List list = CONVENE__V1__LIST__INIT;
	int code = filter_read(cli, &list);

	if (code != EXIT_OK)
		return code;
	if (args_number(&cli->args, OPT_LIMIT, 1, INT64_MAX, 0, &l.limit) != CVN_OK)
		return cli_fail(cli, EXIT_USAGE, "%s", cli->args.fault);
	list.has_limit = l.limit > 0;
	list.limit = l.limit;
	table_init(&l.table, &cli->arena, HEADINGS, N_ELEMENTS(HEADINGS));
	code = snapshot_list(cli, &list, on_page, &l);
	if (code == EXIT_OK)
		table_print(&l.table, stdout);
	return code;
}

int cmd_show(struct cli *cli)
{
	int worst = EXIT_OK;

	for (int i = 0; i < cli->args.n_positional; i++) {
		Convene__V1__Get get = CONVENE__V1__GET__INIT;
		Convene__V1__Call call = CONVENE__V1__CALL__INIT;
		Convene__V1__Reply *reply;
		int code;

		get.request = cli->args.positional[i];
		call.of_case = CONVENE__V1__CALL__OF_GET;
		call.get = &get;
		code = cli_programme_call(cli, &call, &reply);
		if (code == EXIT_OK && reply->of_case != CONVENE__V1__REPLY__OF_RECORD)
			code = cli_fail(cli, EXIT_PROTOCOL,
					"the daemon did not answer with a record");
		if (code != EXIT_OK)
			worst = code; /* one that is not there does not hide the others */
		else if (cli->is_json)
			json_print_line(record_json(reply->record));
		else
			show_full(reply->record, cli->args.value[OPT_LANG], &cli->arena);
	}
	return worst;
}

/* A decision stands in each update until the next one: it is told once. */
static void print_decision(const Convene__V1__Decision *d, const Convene__V1__Decision **told)
{
	const Convene__V1__Decision *t = *told;

	/* two committees may speak in the same instant */
	if (t != NULL && d->unix_ms == t->unix_ms &&
	    strcmp(show_or_empty(d->what), show_or_empty(t->what)) == 0 &&
	    strcmp(show_or_empty(d->by), show_or_empty(t->by)) == 0 &&
	    strcmp(show_or_empty(d->noc), show_or_empty(t->noc)) == 0)
		return;
	*told = d;
	fputs("      ", stdout);
	out_text(stdout, show_or_empty(d->what), SIZE_MAX);
	fputs(" by ", stdout);
	out_text(stdout, show_or_empty(d->by), SIZE_MAX);
	fputs(d->reason != NULL ? ": " : "", stdout);
	out_text(stdout, show_or_empty(d->reason), SIZE_MAX);
	putchar('\n');
}

/* What one update did, in one line behind its time, and why. */
static void print_step(const Convene__V1__Update *u, const Convene__V1__Decision **told,
		       struct arena *arena)
{
	const Convene__V1__RequestChange *change =
		u->of_case == CONVENE__V1__UPDATE__OF_REQUEST ? u->request : NULL;
	Convene__V1__Record record = CONVENE__V1__RECORD__INIT;

	printf("%s  #%" PRId64 "  ", show_time(u->unix_ms, arena), u->cursor);
	if (change == NULL) {
		putchar('\n');
		return;
	}
	printf("revision %" PRId64 "  ", change->revision);
	record.id = change->id;
	record.standing = change->standing;
	show_brief(&record);
	for (size_t i = 0; change->standing != NULL && i < change->standing->n_reasons; i++) {
		fputs("      ", stdout);
		out_text(stdout, show_or_empty(change->standing->reasons[i]->text), SIZE_MAX);
		putchar('\n');
	}
	if (change->standing != NULL && change->standing->decision != NULL)
		print_decision(change->standing->decision, told);
}

static void print_steps(struct cli *cli, const Convene__V1__Updates *updates,
			const Convene__V1__Decision **told, struct arena *arena)
{
	for (size_t i = 0; i < updates->n_updates; i++) {
		if (cli->is_json)
			json_print_line(update_json(updates->updates[i]));
		else
			print_step(updates->updates[i], told, arena);
	}
}

/* A copy that outlives its page. Where memory is short there is none: it may be told twice. */
static const Convene__V1__Decision *kept(struct cli *cli, const Convene__V1__Decision *told)
{
	ProtobufCMessage *copy;

	if (told == NULL || frame_copy(&told->base, &cli->arena, &copy) != CVN_OK)
		return NULL;
	return (const Convene__V1__Decision *)(void *)copy;
}

/* Page by page. */
static int trace_all(struct cli *cli, struct arena *arena)
{
	Convene__V1__Trace trace = CONVENE__V1__TRACE__INIT;
	Convene__V1__Call call = CONVENE__V1__CALL__INIT;
	Convene__V1__Reply *reply;
	const Convene__V1__Decision *told = NULL;
	int code;

	trace.request = cli->args.positional[0];
	call.of_case = CONVENE__V1__CALL__OF_TRACE;
	call.trace = &trace;
	do {
		arena_reset(arena);
		code = cli_programme_call_into(cli, &call, arena, &reply);
		if (code != EXIT_OK)
			return code;
		if (reply->of_case != CONVENE__V1__REPLY__OF_UPDATES)
			return cli_fail(cli, EXIT_PROTOCOL,
					"the daemon did not answer with updates");
		print_steps(cli, reply->updates, &told, arena);
		told = kept(cli, told);
		trace.has_after = 1;
		trace.after = reply->updates->next;
	} while (reply->updates->has_next);
	return EXIT_OK;
}

int cmd_trace(struct cli *cli)
{
	struct arena arena;
	int code;

	arena_init(&arena, FRAME_LIMITS_PAGE.bytes * 16);
	code = trace_all(cli, &arena);
	arena_done(&arena);
	return code;
}
