#include "cli/preview.h"
#include "cli/cli.h"
#include "cli/out.h"
#include "cli/record_call.h"
#include "cli/record_json.h"
#include "cli/show.h"
#include "domain/lifecycle.h"
#include "wire/json.h"

#include <inttypes.h>
#include <stdio.h>

static void print_losses(struct cli *cli, const Convene__V1__Preview *preview)
{
	static const char *const HEADINGS[] = { "id",   "state",  "would be at",
						"from", ">costs", "why" };
	struct table table;

	if (preview->n_losses == 0) {
		puts("nobody is worse off as long as it stands there");
		return;
	}
	table_init(&table, &cli->arena, HEADINGS, N_ELEMENTS(HEADINGS));
	for (size_t i = 0; i < preview->n_losses; i++) {
		const Convene__V1__Loss *loss = preview->losses[i];
		const char *cells[] = { loss->request,
					state_name(loss->state),
					loss->venue,
					loss->first_day,
					arena_printf(&cli->arena, "%" PRId64, loss->cost),
					loss->text };

		table_row_of_state(&table, cells, loss->state);
	}
	printf("worse off as long as it stands there: %zu%s\n", preview->n_losses,
	       preview->cut ? " and more" : "");
	table_print(&table, stdout);
}

int preview_run(struct cli *cli)
{
	Convene__V1__PreviewCall preview = CONVENE__V1__PREVIEW_CALL__INIT;
	Convene__V1__Call call = CONVENE__V1__CALL__INIT;
	Convene__V1__Reply *reply;
	int code = record_call_revision(cli, &preview.revision);

	if (code != EXIT_OK)
		return code;
	preview.request = cli->args.positional[0];
	preview.has_revision = preview.revision != 0;
	call.of_case = CONVENE__V1__CALL__OF_PREVIEW;
	call.preview = &preview;
	code = cli_programme_call(cli, &call, &reply);
	if (code != EXIT_OK)
		return code;
	if (reply->of_case != CONVENE__V1__REPLY__OF_PREVIEW)
		return cli_fail(cli, EXIT_PROTOCOL, "the daemon did not answer with a preview");
	if (cli->is_json)
		json_print_line(json_of_message(&reply->preview->base));
	else
		print_losses(cli, reply->preview);
	return EXIT_OK;
}
