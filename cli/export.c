/* export: the programme as a programme file, a plan file, a calendar or a table; or whole, to be
 * loaded again. */
#include "cli/cli.h"
#include "cli/commands.h"
#include "cli/csv.h"
#include "cli/entry.h"
#include "cli/ics.h"
#include "cli/restore.h"
#include "cli/select.h"
#include "domain/lifecycle.h"
#include "domain/score.h"
#include "wire/programme_file.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* An open request in the words of the programme file, its state and place beside it. NULL: out of
 * memory. */
static json_t *request_json(const struct entry *e)
{
	json_t *object = json_of_message(&e->content->base);

	if (object == NULL)
		return NULL;
	json_object_set_new(object, "value", json_integer(score_value_of(e->content, e->standing)));
	json_object_set_new(object, "state", json_string(state_name(e->standing->state)));
	if (e->standing->placement != NULL)
		json_object_set_new(object, "placement",
				    json_of_message(&e->standing->placement->base));
	return object;
}

static void write_part(struct programme_writer *w, const struct programme *p, enum entity_kind kind)
{
	const struct programme_item *item = programme_first(p, kind);

	for (; item != NULL; item = programme_next(item)) {
		/* whichever member it is: all of them are pointers to messages */
		programme_writer_record(w, json_of_message(&item->entity->city->base));
	}
}

static void write_entities(struct programme_writer *w, const struct programme *p)
{
	static const struct {
		enum entity_kind kind;
		const char *part;
	} PARTS[] = {
		{ ENTITY_CITY, "cities" },    { ENTITY_VENUE, "venues" },
		{ ENTITY_OFFER, "services" }, { ENTITY_FEDERATION, "federations" },
		{ ENTITY_SQUAD, "squads" },   { ENTITY_PROTECTED, "protected" },
	};

	for (size_t i = 0; i < N_ELEMENTS(PARTS); i++) {
		programme_writer_part(w, PARTS[i].part);
		write_part(w, p, PARTS[i].kind);
	}
}

static int append(const char *bytes, size_t n, void *arg)
{
	return buf_append(arg, bytes, n) == CVN_OK ? 0 : -1;
}

/* With every request as it stands, closed ones too: `load` brings all of it back. */
static enum cvn_err write_all(struct buf *out, const struct entries *entries)
{
	struct programme_writer w;

	programme_writer_start(&w, out, programme_about(entries->programme));
	write_entities(&w, entries->programme);
	programme_writer_part(&w, RESTORE_PART);
	for (size_t i = 0; i < entries->n; i++) {
		Convene__V1__Record record = entry_record(&entries->all[i]);

		record.has_cursor = 0; /* it gets another */
		programme_writer_record(&w, json_of_message(&record.base));
	}
	return programme_writer_end(&w);
}

/* One object a line, with all that is known of each. */
static enum cvn_err write_lines(struct buf *out, const struct entries *entries)
{
	enum cvn_err err = CVN_OK;

	for (size_t i = 0; i < entries->n && err == CVN_OK; i++) {
		json_t *object = entry_json(&entries->all[i]);

		err = object != NULL && json_dump_callback(object, append, out,
							   JSON_COMPACT | JSON_FLAGS) == 0 ?
			      buf_append(out, "\n", 1) :
			      CVN_ENOMEM;
		json_decref(object);
	}
	return err;
}

/* What counts: open ones, and what was held, since the score and others' days go by it. */
static bool counts(const struct entry *e)
{
	return lifecycle_is_open(e->standing->state) || lifecycle_has_place(e->standing);
}

static enum cvn_err write_programme(struct buf *out, const struct entries *entries)
{
	struct programme_writer w;

	programme_writer_start(&w, out, programme_about(entries->programme));
	write_entities(&w, entries->programme);
	programme_writer_part(&w, "requests");
	for (size_t i = 0; i < entries->n; i++) {
		const struct entry *e = &entries->all[i];

		if (counts(e) && e->content != NULL)
			programme_writer_record(&w, request_json(e));
	}
	return programme_writer_end(&w);
}

/* One record of the plan on a line of its own; takes `object`. */
static enum cvn_err put_record(struct buf *out, bool *is_first, json_t *object)
{
	enum cvn_err err = buf_printf(out, "%s\n  ", *is_first ? "" : ",");

	if (err == CVN_OK &&
	    (object == NULL || json_dump_callback(object, append, out, JSON_FLAGS) != 0))
		err = CVN_ENOMEM;
	json_decref(object);
	*is_first = false;
	return err;
}

static json_t *placed_json(const struct entry *e)
{
	const Convene__V1__Placement *p = e->standing->placement;

	return json_pack("{s:s,s:s,s:s}", "request", e->id, "venue", p->venue, "first_day",
			 p->first_day);
}

static json_t *unplaced_json(const struct entry *e)
{
	json_t *reasons = json_array();

	for (size_t i = 0; i < e->standing->n_reasons; i++)
		json_array_append_new(reasons, json_of_message(&e->standing->reasons[i]->base));
	return json_pack("{s:s,s:o}", "request", e->id, "reasons", reasons);
}

static enum cvn_err write_records(struct buf *out, const struct entries *entries, bool placed)
{
	bool is_first = true;
	enum cvn_err err = CVN_OK;

	for (size_t i = 0; i < entries->n && err == CVN_OK; i++) {
		const struct entry *e = &entries->all[i];

		if (counts(e) && lifecycle_has_place(e->standing) == placed)
			err = put_record(out, &is_first,
					 placed ? placed_json(e) : unplaced_json(e));
	}
	return err;
}

static enum cvn_err write_plan(struct buf *out, const struct entries *entries)
{
	const Convene__V1__Programme *about = programme_about(entries->programme);
	struct score score;
	enum cvn_err err;

	score_init(&score, entries->programme);
	score_count_replica(&score, entries->replica);
	err = buf_printf(out, "{\"programme\": \"%s\", \"score\": %" PRId64 ",\n \"placed\": [",
			 about->id, score_total(&score)); /* an id needs no escaping */
	if (err == CVN_OK)
		err = write_records(out, entries, /* placed= */ true);
	if (err == CVN_OK)
		err = buf_printf(out, "],\n \"unplaced\": [");
	if (err == CVN_OK)
		err = write_records(out, entries, /* placed= */ false);
	return err == CVN_OK ? buf_printf(out, "]}\n") : err;
}

/* What a calendar of a part is called after; NULL: it is the whole programme's. */
static const char *part_name(const struct args *args)
{
	static const enum option_id PARTS[] = { OPT_SQUAD, OPT_VENUE,      OPT_FEDERATION,
						OPT_NOC,   OPT_DISCIPLINE, OPT_HOST };

	for (size_t i = 0; i < N_ELEMENTS(PARTS); i++)
		if (args_has(args, PARTS[i]))
			return args->value[PARTS[i]];
	return NULL;
}

static bool has_filter(const struct args *args)
{
	return part_name(args) != NULL || args_has(args, OPT_STATE) || args_has(args, OPT_DAYS) ||
	       args_has(args, OPT_KIND);
}

static int write(struct cli *cli, const struct entries *entries, struct buf *out)
{
	const struct args *args = &cli->args;
	enum cvn_err err;

	if (args_has(args, OPT_ICS))
		err = ics_write(out, cli->profile.programme, entries, part_name(args),
				args->value[OPT_LANG]);
	else if (args_has(args, OPT_CSV))
		err = csv_write(out, entries, args->value[OPT_LANG]);
	else if (cli->is_json)
		err = write_lines(out, entries);
	else if (entries->programme == NULL)
		return cli_fail(cli, EXIT_NO_PERMISSION,
				"a federation reads its own requests only: --csv, --ics or --json");
	else if (programme_about(entries->programme) == NULL)
		return cli_fail(cli, EXIT_NOT_THERE, "%s has no data yet", cli->profile.programme);
	else if (args_has(args, OPT_ALL))
		err = write_all(out, entries);
	else
		err = args_has(args, OPT_PLAN) ? write_plan(out, entries) :
						 write_programme(out, entries);
	return err != CVN_OK ? cli_fail_err(cli, "export", err) : EXIT_OK;
}

int cmd_export(struct cli *cli)
{
	const struct args *args = &cli->args;
	struct entries entries = { .n = 0 };
	const char *programme;
	struct buf out;
	int code;

	if (args_has(args, OPT_PLAN) + args_has(args, OPT_ICS) + args_has(args, OPT_CSV) +
		    args_has(args, OPT_ALL) + cli->is_json >
	    1)
		return cli_fail(cli, EXIT_USAGE,
				"export: one of --plan, --ics, --csv, --json, --all");
	if (has_filter(args) && !args_has(args, OPT_ICS) && !args_has(args, OPT_CSV) &&
	    !cli->is_json)
		return cli_fail(cli, EXIT_USAGE,
				"export: only calendars and tables can be of a part");
	buf_init(&out, CLI_ARENA_BYTES);
	code = cli_programme(cli, &programme);
	if (code == EXIT_OK)
		code = entries_gather(cli, args_has(args, OPT_ICS), &entries);
	if (code == EXIT_OK && has_filter(args))
		code = select_entries(cli, &entries);
	if (code == EXIT_OK)
		code = write(cli, &entries, &out);
	if (code == EXIT_OK)
		code = cli_write_file(cli, args->value[OPT_OUTPUT], out.bytes, out.n);
	entries_done(&entries);
	buf_done(&out);
	return code;
}
