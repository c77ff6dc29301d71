/* fairness: who hosts how much for the others, and who was served how well. */
#include "cli/commands.h"
#include "cli/out.h"
#include "cli/record_json.h"
#include "cli/tally.h"
#include "domain/score.h"

#include <inttypes.h>
#include <stdio.h>

static const char *const NAMES[TALLY_N] = { "federation", "committee", "host", "kind" };

static const char *pct(struct arena *arena, double share)
{
	return arena_printf(arena, "%.1f%%", 100 * share);
}

static double share_placed(const struct tally_row *row)
{
	return row->asked > 0 ? (double)row->placed / (double)row->asked : 0;
}

static void print_rows(struct cli *cli, enum tally_by by, const struct tally *t)
{
	const char *headings[] = { NAMES[by], ">asked",    ">placed", ">share",
				   ">value",  ">of value", ">unmet",  ">athlete-days" };
	struct table table;

	table_init(&table, &cli->arena, headings, N_ELEMENTS(headings));
	for (size_t i = 0; i < t->n; i++) {
		const struct tally_row *r = &t->rows[i];
		const char *cells[] = {
			r->name,
			arena_printf(&cli->arena, "%" PRId64, r->asked),
			arena_printf(&cli->arena, "%" PRId64, r->placed),
			pct(&cli->arena, share_placed(r)),
			arena_printf(&cli->arena, "%" PRId64, r->value_placed),
			arena_printf(&cli->arena, "%" PRId64, r->value_asked),
			pct(&cli->arena, tally_unmet(r)),
			arena_printf(&cli->arena, "%" PRId64, r->athlete_days),
		};

		if (cli->is_json)
			json_print_line(json_pack(
				"{s:s,s:s,s:I,s:I,s:I,s:I,s:f,s:I}", "by", NAMES[by], "name",
				r->name, "asked", (json_int_t)r->asked, "placed",
				(json_int_t)r->placed, "value_asked", (json_int_t)r->value_asked,
				"value_placed", (json_int_t)r->value_placed, "unmet",
				tally_unmet(r), "athlete_days", (json_int_t)r->athlete_days));
		else
			table_row(&table, cells);
	}
	table_print(&table, stdout);
}

/* What each host gives, and what an even share would be. */
static void print_balance(struct cli *cli, const struct entries *entries)
{
	static const char *const HEADINGS[] = { "host", ">athlete-days", ">share", ">balance" };
	const Convene__V1__Programme *about = programme_about(entries->programme);
	struct table table;
	struct score score;
	int64_t sum = 0;

	score_init(&score, entries->programme);
	score_count_replica(&score, entries->replica);
	table_init(&table, &cli->arena, HEADINGS, N_ELEMENTS(HEADINGS));
	for (size_t i = 0; i < about->n_parties; i++)
		sum += score_hosted(&score, about->parties[i]);
	for (size_t i = 0; i < about->n_parties; i++) {
		const int64_t hosted = score_hosted(&score, about->parties[i]);
		const int64_t balance = hosted - sum / (int64_t)about->n_parties;
		const char *cells[] = {
			about->parties[i],
			arena_printf(&cli->arena, "%" PRId64, hosted),
			pct(&cli->arena, sum > 0 ? (double)hosted / (double)sum : 0),
			arena_printf(&cli->arena, "%+" PRId64, balance),
		};

		if (cli->is_json)
			json_print_line(json_pack("{s:s,s:s,s:I,s:I}", "by", "balance", "name",
						  about->parties[i], "athlete_days",
						  (json_int_t)hosted, "balance",
						  (json_int_t)balance));
		else
			table_row(&table, cells);
	}
	table_print(&table, stdout);
}

static void print_summary(struct cli *cli, const struct tally *committees)
{
	const double rms = tally_unmet_rms(committees), most = tally_unmet_max(committees);

	if (cli->is_json)
		json_print_line(json_pack("{s:s,s:f,s:f}", "by", "unmet", "rms", rms, "max", most));
	else
		printf("unmet share of value by committee: root mean square %.1f%%, greatest "
		       "%.1f%%\n\n",
		       100 * rms, 100 * most);
}

static int report(struct cli *cli, const struct entries *entries)
{
	static const enum tally_by ORDER[] = { TALLY_COMMITTEE, TALLY_HOST, TALLY_KIND,
					       TALLY_FEDERATION };

	print_balance(cli, entries);
	for (size_t i = 0; i < N_ELEMENTS(ORDER); i++) {
		struct tally tally;
		enum cvn_err err = tally_count(entries, ORDER[i], &cli->arena, &tally);

		if (err != CVN_OK)
			return cli_fail_err(cli, "fairness", err);
		if (!cli->is_json && i != 1)
			putchar('\n');
		print_rows(cli, ORDER[i], &tally);
		if (ORDER[i] == TALLY_COMMITTEE)
			print_summary(cli, &tally);
	}
	return EXIT_OK;
}

int cmd_fairness(struct cli *cli)
{
	struct entries entries = { .n = 0 };
	int code = entries_gather(cli, /* with_history= */ false, &entries);

	if (code == EXIT_OK && entries.programme == NULL)
		code = cli_fail(cli, EXIT_NO_PERMISSION,
				"a federation reads its own requests only");
	if (code == EXIT_OK && programme_about(entries.programme) == NULL)
		code = cli_fail(cli, EXIT_NOT_THERE, "the programme has no data yet");
	if (code == EXIT_OK)
		code = report(cli, &entries);
	entries_done(&entries);
	return code;
}
