/* calendar: the events that have a place, month by month. */
#include "cli/cli.h"
#include "cli/commands.h"
#include "cli/filter.h"
#include "cli/month.h"
#include "cli/out.h"
#include "cli/record_json.h"
#include "cli/show.h"
#include "cli/snapshot.h"
#include "domain/day.h"
#include "domain/lifecycle.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MONTHS_MAX 1200

struct event {
	int32_t first, last;
	const Convene__V1__Record *record;
};

struct events {
	struct cli *cli;
	struct event *all;
	size_t n, cap;
	bool is_out_of_memory;
};

/* Keeps what has days; those without a whole placement are in no calendar. */
static bool on_page(void *arg, const Convene__V1__Page *page)
{
	struct events *e = arg;

	for (size_t i = 0; i < page->n_records; i++) {
		const Convene__V1__Record *r = page->records[i];
		const Convene__V1__Placement *p =
			r->standing != NULL ? r->standing->placement : NULL;
		int32_t first;

		if (p == NULL || !day_parse(p->first_day, &first))
			continue;
		if (e->n == e->cap) {
			const size_t cap = e->cap > 0 ? e->cap * 2 : 256;
			struct event *all = realloc(e->all, cap * sizeof(*all));

			e->is_out_of_memory = all == NULL;
			if (all == NULL)
				return false;
			e->all = all;
			e->cap = cap;
		}
		e->all[e->n].first = first;
		e->all[e->n].last = first;
		if (r->content != NULL && r->content->duration > 1 && r->content->duration < 10000)
			e->all[e->n].last = first + (int32_t)r->content->duration - 1;
		e->all[e->n++].record = r;
	}
	return true;
}

static int by_days(const void *a, const void *b)
{
	const struct event *x = a, *y = b;

	if (x->first != y->first)
		return x->first < y->first ? -1 : 1;
	return strcmp(show_or_empty(x->record->id), show_or_empty(y->record->id));
}

static void add_row(struct table *table, const struct event *event, const char *lang,
		    struct arena *arena)
{
	const Convene__V1__Request *c = event->record->content;
	char first[DAY_TEXT_SIZE], last[DAY_TEXT_SIZE];
	const char *cells[7] = { NULL };

	day_format(event->first, first);
	day_format(event->last, last);
	cells[0] = arena_printf(arena, "%s – %s", first, last + 5); /* month and day are enough */
	cells[1] = event->record->id;
	cells[2] = state_name(event->record->standing->state);
	cells[3] = event->record->standing->placement->venue;
	cells[4] = c != NULL ? c->discipline : NULL;
	cells[5] = c != NULL ? c->kind : NULL;
	cells[6] = c != NULL ? show_text(c->title, c->n_title, lang) : NULL;
	table_row_of_state(table, cells, event->record->standing->state);
}

/* False: no event is held in it. */
static bool print_month(struct cli *cli, const struct events *e, const struct month *m)
{
	static const char *const HEADINGS[] = { "days",       "id",   "state", "venue",
						"discipline", "kind", "title" };
	const int32_t end = m->first_day + m->n_days - 1;
	int counts[31] = { 0 };
	struct table table;

	table_init(&table, &cli->arena, HEADINGS, N_ELEMENTS(HEADINGS));
	for (size_t i = 0; i < e->n; i++) {
		const struct event *event = &e->all[i];

		if (event->last < m->first_day || event->first > end)
			continue;
		for (int32_t d = event->first; d <= event->last; d++) {
			if (d >= m->first_day && d <= end)
				counts[d - m->first_day]++;
		}
		add_row(&table, event, cli->args.value[OPT_LANG], &cli->arena);
	}
	if (table.n_rows == 0)
		return false;
	if (!args_has(&cli->args, OPT_TABLE)) {
		month_print(stdout, m, counts);
		putchar('\n');
	}
	table_print(&table, stdout);
	return true;
}

static void print(struct cli *cli, const struct events *e, const struct month *only)
{
	int32_t last = e->n > 0 ? e->all[0].last : 0;
	struct month m;

	for (size_t i = 0; cli->is_json && i < e->n; i++)
		json_print_line(record_json(e->all[i].record));
	if (cli->is_json || e->n == 0)
		return;
	if (only != NULL) {
		print_month(cli, e, only);
		return;
	}
	for (size_t i = 0; i < e->n; i++)
		last = e->all[i].last > last ? e->all[i].last : last;
	m = month_of_day(e->all[0].first);
	for (int i = 0; i < MONTHS_MAX && m.first_day <= last; i++, m = month_after(&m)) {
		if (print_month(cli, e, &m))
			putchar('\n');
	}
}

/* The month's days as the daemon's filter; what is placed, unless --state says otherwise. */
static int read_options(struct cli *cli, Convene__V1__List *list, struct month *ret_month,
			bool *ret_is_one)
{
	static const char PLACED[] = "proposed,confirmed,revision_required,held";
	const char *text = cli->args.value[OPT_MONTH];
	char first[DAY_TEXT_SIZE], last[DAY_TEXT_SIZE];
	int code = filter_read(cli, list);

	*ret_is_one = text != NULL;
	if (code != EXIT_OK)
		return code;
	if (list->n_states == 0 &&
	    filter_states(PLACED, &cli->arena, &list->states, &list->n_states) != CVN_OK)
		return cli_fail_err(cli, "calendar", CVN_ENOMEM);
	if (text == NULL)
		return EXIT_OK;
	if (!month_parse(text, ret_month))
		return cli_fail(cli, EXIT_USAGE, "--month %s: YYYY-MM is wanted", text);
	day_format(ret_month->first_day, first);
	day_format(ret_month->first_day + ret_month->n_days - 1, last);
	if (filter_days(arena_printf(&cli->arena, "%s/%s", first, last), &cli->arena,
			&list->days) != CVN_OK)
		return cli_fail_err(cli, "calendar", CVN_ENOMEM);
	return EXIT_OK;
}

int cmd_calendar(struct cli *cli)
{
	Convene__V1__List list = CONVENE__V1__LIST__INIT;
	struct events events = { .cli = cli };
	struct month month;
	bool is_one;
	int code = read_options(cli, &list, &month, &is_one);

	if (code == EXIT_OK)
		code = snapshot_list(cli, &list, on_page, &events);
	if (code == EXIT_OK && events.is_out_of_memory)
		code = cli_fail_err(cli, "calendar", CVN_ENOMEM);
	if (code == EXIT_OK) {
		if (events.n > 0)
			qsort(events.all, events.n, sizeof(*events.all), by_days);
		print(cli, &events, is_one ? &month : NULL);
	}
	free(events.all);
	return code;
}
