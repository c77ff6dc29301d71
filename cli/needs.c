/* needs: staff that waiting requests lack. */
#include "cli/commands.h"
#include "cli/out.h"
#include "cli/record_json.h"
#include "cli/shortage.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static bool is_wanted(const struct cli *cli, const struct shortage *s)
{
	const char *host = cli->args.value[OPT_HOST];

	return host == NULL || strstr(s->host, host) != NULL;
}

static void print(struct cli *cli, const struct shortages *list)
{
	static const char *const HEADINGS[] = { "service",  "host",      "month",
						">missing", ">requests", "which" };
	struct table table;

	table_init(&table, &cli->arena, HEADINGS, N_ELEMENTS(HEADINGS));
	for (size_t i = 0; i < list->n; i++) {
		const struct shortage *s = &list->all[i];
		const char *cells[] = { s->service,
					s->host,
					s->month,
					arena_printf(&cli->arena, "%" PRId64, s->staff),
					arena_printf(&cli->arena, "%zu", s->n),
					s->ids };

		if (!is_wanted(cli, s))
			continue;
		if (cli->is_json)
			json_print_line(json_pack("{s:s,s:s,s:s,s:I,s:I,s:s}", "service",
						  s->service, "host", s->host, "month", s->month,
						  "missing", (json_int_t)s->staff, "requests",
						  (json_int_t)s->n, "which", s->ids));
		else
			table_row(&table, cells);
	}
	if (!cli->is_json && table.n_rows == 0)
		puts("no request waits for staff");
	table_print(&table, stdout);
}

int cmd_needs(struct cli *cli)
{
	struct entries entries = { .n = 0 };
	struct shortages list;
	enum cvn_err err;
	int code = entries_gather(cli, /* with_history= */ false, &entries);

	if (code == EXIT_OK && entries.programme == NULL)
		code = cli_fail(cli, EXIT_NO_PERMISSION,
				"a federation does not read what others are offered");
	if (code == EXIT_OK) {
		err = shortage_find(&entries, &cli->arena, &list);
		if (err == CVN_OK)
			print(cli, &list);
		else
			code = cli_fail_err(cli, "needs", err);
	}
	entries_done(&entries);
	return code;
}
