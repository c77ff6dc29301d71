/* invitations: who is invited to what, and what they answered. */
#include "cli/commands.h"
#include "cli/out.h"
#include "cli/record_json.h"
#include "cli/select.h"
#include "cli/show.h"
#include "domain/lifecycle.h"
#include "wire/json.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* A federation sees what its own squads are invited to. */
static bool is_asked(const struct cli *cli, const Convene__V1__Welcome *welcome,
		     const Convene__V1__Invitation *i)
{
	const char *squad = cli->args.value[OPT_SQUAD];
	const char *federation = cli->args.value[OPT_FEDERATION];

	if (federation == NULL && strcmp(show_or_empty(welcome->role), "federation") == 0)
		federation = welcome->subject;
	return (squad == NULL || strcmp(squad, show_or_empty(i->squad)) == 0) &&
	       (federation == NULL || strcmp(federation, show_or_empty(i->federation)) == 0);
}

static json_t *item_json(const struct entry *e, const Convene__V1__Invitation *i)
{
	json_t *object = json_of_message(&i->base);

	if (object == NULL)
		return NULL;
	json_object_set_new(object, "request", json_string(e->id));
	json_object_set_new(object, "event", json_string(state_name(e->standing->state)));
	return object;
}

/* What was answered; what it is, where nothing can be: it is off, or not agreed to (again) yet. */
static const char *answer_of(const struct entry *e, const Convene__V1__Invitation *i)
{
	bool is_on = e->standing->state == STATE_CONFIRMED || e->standing->state == STATE_HELD;

	return is_on ? i->state : state_name(e->standing->state);
}

static void add_row(struct cli *cli, struct table *table, const struct entry *e,
		    const Convene__V1__Invitation *i)
{
	const Convene__V1__Request *c = e->content;
	const char *cells[] = {
		e->id,
		i->squad,
		i->federation,
		answer_of(e, i),
		arena_printf(&cli->arena, "%" PRId64, i->invited),
		i->has_people ? arena_printf(&cli->arena, "%" PRId64, i->people) : NULL,
		select_first_day(e),
		select_venue(e),
		c != NULL ? show_text(c->title, c->n_title, cli->args.value[OPT_LANG]) : NULL,
	};

	table_row_of_state(table, cells, e->standing->state);
}

static void print(struct cli *cli, const Convene__V1__Welcome *welcome,
		  const struct entries *entries)
{
	static const char *const HEADINGS[] = { "id",     "squad",    "federation",
						"answer", ">invited", ">coming",
						"from",   "venue",    "title" };
	struct table table;

	table_init(&table, &cli->arena, HEADINGS, N_ELEMENTS(HEADINGS));
	for (size_t i = 0; i < entries->n; i++) {
		const struct entry *e = &entries->all[i];

		for (size_t k = 0; k < e->standing->n_invitations; k++) {
			const Convene__V1__Invitation *item = e->standing->invitations[k];

			if (!is_asked(cli, welcome, item))
				continue;
			if (cli->is_json)
				json_print_line(item_json(e, item));
			else
				add_row(cli, &table, e, item);
		}
	}
	if (!cli->is_json && table.n_rows == 0)
		puts("nobody is invited to anything yet");
	table_print(&table, stdout);
}

int cmd_invitations(struct cli *cli)
{
	const Convene__V1__Welcome *welcome;
	struct entries entries = { .n = 0 };
	int code = cli_welcome(cli, &welcome);

	if (code == EXIT_OK)
		code = entries_gather(cli, /* with_history= */ false, &entries);
	if (code == EXIT_OK)
		print(cli, welcome, &entries);
	entries_done(&entries);
	return code;
}
