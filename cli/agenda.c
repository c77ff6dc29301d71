/* agenda: what waits for a word, most urgent first. */
#include "cli/awaits.h"
#include "cli/commands.h"
#include "cli/out.h"
#include "cli/record_json.h"
#include "cli/select.h"
#include "cli/show.h"
#include "domain/day.h"
#include "domain/lifecycle.h"
#include "domain/score.h"

#include <inttypes.h>
#include <stdio.h>

#define BEHIND_SHOWN 4 /* ids in a cell */

static const char *last_day(const struct awaits *a, struct arena *arena)
{
	char day[DAY_TEXT_SIZE];

	if (!a->has_by)
		return a->what == AWAITS_CONFLICT || a->what == AWAITS_HOST ? "at once" : NULL;
	day_format(a->by, day);
	return arena_printf(arena, "%s%s", day, a->is_overdue ? ", overdue" : "");
}

/* The first few ids, and how many more there are. */
static const char *some_of(const struct awaits *a, struct arena *arena)
{
	const char *end = a->behind;
	size_t n = 0;

	if (a->n_behind == 0)
		return NULL;
	for (; *end != '\0'; end++)
		if (*end == ' ' && ++n == BEHIND_SHOWN)
			break;
	return a->n_behind <= BEHIND_SHOWN ?
		       a->behind :
		       arena_printf(arena, "%.*s and %zu more", (int)(end - a->behind), a->behind,
				    a->n_behind - BEHIND_SHOWN);
}

static void add_row(struct cli *cli, struct table *table, const struct awaits *a)
{
	const Convene__V1__Request *c = a->entry->content;
	const char *first_day = select_first_day(a->entry), *venue = select_venue(a->entry);
	const char *cells[] = {
		last_day(a, &cli->arena),
		a->entry->id,
		awaits_name(a->what),
		a->whose,
		first_day,
		venue,
		/* of another's request a federation is not told */
		c != NULL && (c->has_value || a->entry->standing->has_value) ?
			arena_printf(&cli->arena, "%" PRId64,
				     score_value_of(c, a->entry->standing)) :
			NULL,
		some_of(a, &cli->arena),
		c != NULL ? show_text(c->title, c->n_title, cli->args.value[OPT_LANG]) : NULL,
	};

	table_row_of_state(table, cells, a->entry->standing->state);
}

static json_t *item_json(const struct awaits *a)
{
	char day[DAY_TEXT_SIZE];
	json_t *object = json_pack("{s:s,s:s,s:s,s:s,s:b,s:I,s:s}", "request", a->entry->id,
				   "state", state_name(a->entry->standing->state), "awaits",
				   awaits_name(a->what), "whose", a->whose, "overdue",
				   a->is_overdue, "in_the_way_of_n", (json_int_t)a->n_behind,
				   "in_the_way_of", a->behind != NULL ? a->behind : "");

	if (object == NULL || !a->has_by)
		return object;
	day_format(a->by, day);
	json_object_set_new(object, "by", json_string(day));
	return object;
}

static void print(struct cli *cli, const struct awaits_list *list, int64_t limit)
{
	static const char *const HEADINGS[] = { "by",    "id",     "awaits",        "of",   "from",
						"venue", ">value", "in the way of", "title" };
	const size_t n = limit > 0 && (size_t)limit < list->n ? (size_t)limit : list->n;
	struct table table;

	table_init(&table, &cli->arena, HEADINGS, N_ELEMENTS(HEADINGS));
	for (size_t i = 0; i < n; i++) {
		if (cli->is_json)
			json_print_line(item_json(&list->all[i]));
		else
			add_row(cli, &table, &list->all[i]);
	}
	if (cli->is_json)
		return;
	table_print(&table, stdout);
	if (n < list->n)
		printf("%zu of %zu\n", n, list->n);
	else if (list->n == 0)
		puts("nothing waits for a word");
}

int cmd_agenda(struct cli *cli)
{
	struct awaits_reader reader = { .role = NULL };
	struct entries entries = { .n = 0 };
	struct awaits_list list;
	const Convene__V1__Welcome *welcome;
	int64_t limit = 0;
	enum cvn_err err;
	int code = cli_welcome(cli, &welcome);

	if (code != EXIT_OK)
		return code;
	if (args_number(&cli->args, OPT_LIMIT, 1, INT64_MAX, 0, &limit) != CVN_OK)
		return cli_fail(cli, EXIT_USAGE, "%s", cli->args.fault);
	reader.role = args_has(&cli->args, OPT_NOC) ? "committee" : welcome->role;
	reader.subject =
		args_has(&cli->args, OPT_NOC) ? cli->args.value[OPT_NOC] : welcome->subject;
	if (!args_has(&cli->args, OPT_NOC)) {
		reader.disciplines = welcome->disciplines;
		reader.n_disciplines = welcome->n_disciplines;
	}
	code = entries_gather(cli, /* with_history= */ false, &entries);
	if (code == EXIT_OK) {
		err = awaits_find(&entries, &reader, &cli->arena, &list);
		if (err == CVN_OK)
			print(cli, &list, limit);
		else
			code = cli_fail_err(cli, "agenda", err);
	}
	entries_done(&entries);
	return code;
}
