/* squad, federation: whom it is for: their calendar, the support they received, and what they asked
 * for and did not get. */
#include "cli/commands.h"
#include "cli/ics.h"
#include "cli/out.h"
#include "cli/record_json.h"
#include "cli/select.h"
#include "cli/sheet.h"
#include "cli/show.h"
#include "domain/day.h"
#include "domain/lifecycle.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Of whom it is. */
struct subject {
	const char *id;
	bool is_squad;
};

static const char *services_of(const Convene__V1__Request *c, struct arena *arena)
{
	const char *text = NULL;

	for (size_t i = 0; i < c->n_services; i++)
		text = arena_printf(arena, "%s%s%s %" PRId64, text != NULL ? text : "",
				    text != NULL ? ", " : "",
				    show_or_empty(c->services[i]->service), c->services[i]->staff);
	return text;
}

static void print_events(struct cli *cli, const struct sheet *s)
{
	static const char *const HEADINGS[] = { "days",  ">rest",   "id",   "state",
						"venue", "support", "title" };
	struct table table;

	table_init(&table, &cli->arena, HEADINGS, N_ELEMENTS(HEADINGS));
	for (size_t i = 0; i < s->n_events; i++) {
		const struct sheet_event *x = &s->events[i];
		const Convene__V1__Request *c = x->entry->content;
		char first[DAY_TEXT_SIZE], last[DAY_TEXT_SIZE];
		const char *cells[7];

		day_format(x->first, first);
		day_format(x->last, last);
		cells[0] = arena_printf(&cli->arena, "%s – %s", first, last);
		cells[1] = x->rest >= 0 ? arena_printf(&cli->arena, "%d", (int)x->rest) : NULL;
		cells[2] = x->entry->id;
		cells[3] = state_name(x->entry->standing->state);
		cells[4] = x->entry->standing->placement->venue;
		cells[5] = services_of(c, &cli->arena);
		cells[6] = show_text(c->title, c->n_title, cli->args.value[OPT_LANG]);
		table_row_of_state(&table, cells, x->entry->standing->state);
	}
	table_print(&table, stdout);
}

static void print_missed(struct cli *cli, const struct sheet *s)
{
	if (s->n_missed > 0)
		puts("\nasked for and not got:");
	for (size_t i = 0; i < s->n_missed; i++) {
		const struct entry *e = s->missed[i];

		printf("%s  %s%s%s  ", e->id, out_state_colour(stdout, e->standing->state),
		       state_name(e->standing->state), out_plain(stdout));
		out_text(stdout,
			 show_text(e->content->title, e->content->n_title,
				   cli->args.value[OPT_LANG]),
			 SIZE_MAX);
		fputs("\n    ", stdout);
		out_text(stdout, sheet_why(e, &cli->arena),
			 SIZE_MAX); /* in full: it is the answer */
		putchar('\n');
	}
}

static void print(struct cli *cli, const struct subject *subject, const struct sheet *s)
{
	bool has_any = false;

	fputs(out_bold(stdout), stdout);
	out_text(stdout, subject->id, SIZE_MAX);
	printf("%s: %zu events, %" PRId64 " days\n", out_plain(stdout), s->n_events, s->n_days);
	print_events(cli, s);
	for (int i = 0; i < SERVICE_N; i++) {
		if (s->support[i] == 0)
			continue;
		printf("%s%s %" PRId64,
		       has_any ? ", " : "support in staff-days: ", code_service_name(i),
		       s->support[i]);
		has_any = true;
	}
	if (has_any)
		putchar('\n');
	print_missed(cli, s);
}

static void print_json(struct cli *cli, const struct sheet *s)
{
	json_t *support = json_object(), *events = json_array(), *missed = json_array();

	for (int i = 0; i < SERVICE_N; i++)
		json_object_set_new(support, code_service_name(i), json_integer(s->support[i]));
	for (size_t i = 0; i < s->n_events; i++) {
		const struct sheet_event *x = &s->events[i];
		char first[DAY_TEXT_SIZE], last[DAY_TEXT_SIZE];

		day_format(x->first, first);
		day_format(x->last, last);
		json_array_append_new(
			events, json_pack("{s:s,s:s,s:s,s:s,s:s,s:i}", "request", x->entry->id,
					  "state", state_name(x->entry->standing->state), "venue",
					  x->entry->standing->placement->venue, "first_day", first,
					  "last_day", last, "rest", (int)x->rest));
	}
	for (size_t i = 0; i < s->n_missed; i++)
		json_array_append_new(missed,
				      json_pack("{s:s,s:s,s:s}", "request", s->missed[i]->id,
						"state", state_name(s->missed[i]->standing->state),
						"why", sheet_why(s->missed[i], &cli->arena)));
	json_print_line(json_pack("{s:I,s:o,s:o,s:o}", "days", (json_int_t)s->n_days, "support",
				  support, "events", events, "missed", missed));
}

static int show(struct cli *cli, const struct subject *subject, const struct entries *entries)
{
	struct sheet sheet;
	enum cvn_err err = sheet_make(entries, &cli->arena, &sheet);

	if (err != CVN_OK)
		return cli_fail_err(cli, subject->id, err);
	if (cli->is_json)
		print_json(cli, &sheet);
	else
		print(cli, subject, &sheet);
	return EXIT_OK;
}

static int write_ics(struct cli *cli, const struct subject *subject, const struct entries *entries)
{
	struct buf out;
	enum cvn_err err;
	int code;

	buf_init(&out, CLI_ARENA_BYTES);
	err = ics_write(&out, cli->profile.programme, entries, subject->id,
			cli->args.value[OPT_LANG]);
	code = err == CVN_OK ? cli_write_file(cli, cli->args.value[OPT_OUTPUT], out.bytes, out.n) :
			       cli_fail_err(cli, subject->id, err);
	buf_done(&out);
	return code;
}

static int find_subject(struct cli *cli, const struct entries *entries,
			const struct subject *subject)
{
	if (entries->programme == NULL ||
	    (subject->is_squad ? programme_squad(entries->programme, subject->id) != NULL :
				 programme_federation(entries->programme, subject->id) != NULL))
		return EXIT_OK;
	return cli_fail(cli, EXIT_NOT_THERE, "%s: there is no such %s", subject->id,
			subject->is_squad ? "squad" : "federation");
}

static void keep_concerned(struct entries *entries, const struct subject *subject)
{
	size_t n = 0;

	for (size_t i = 0; i < entries->n; i++) {
		const struct entry *e = &entries->all[i];

		if (subject->is_squad ? select_has_squad(e, subject->id) :
					select_concerns_federation(entries, e, subject->id))
			entries->all[n++] = *e;
	}
	entries->n = n;
}

static int run(struct cli *cli, bool is_squad)
{
	const struct subject subject = { .id = cli->args.positional[0], .is_squad = is_squad };
	struct entries entries = { .n = 0 };
	const char *programme;
	int code = cli_programme(cli, &programme);

	if (code == EXIT_OK)
		code = entries_gather(cli, args_has(&cli->args, OPT_ICS), &entries);
	if (code == EXIT_OK)
		code = find_subject(cli, &entries, &subject);
	if (code == EXIT_OK) {
		keep_concerned(&entries, &subject);
		code = args_has(&cli->args, OPT_ICS) ? write_ics(cli, &subject, &entries) :
						       show(cli, &subject, &entries);
	}
	entries_done(&entries);
	return code;
}

int cmd_squad(struct cli *cli)
{
	return run(cli, /* is_squad= */ true);
}

int cmd_federation(struct cli *cli)
{
	return run(cli, /* is_squad= */ false);
}
