/* open, close, archive: the programme's phase, as a put of the programme with nothing else changed.
 * */
#include "cli/cli.h"
#include "cli/commands.h"
#include "cli/record_json.h"
#include "cli/snapshot.h"

#include <stdio.h>
#include <string.h>

/* The programme as it stands; the first pages of a snapshot bring the data. */
static int fetch_about(struct cli *cli, Convene__V1__Programme **ret)
{
	Convene__V1__SnapshotCall snapshot = CONVENE__V1__SNAPSHOT_CALL__INIT;
	Convene__V1__Call call = CONVENE__V1__CALL__INIT;

	call.of_case = CONVENE__V1__CALL__OF_SNAPSHOT;
	call.snapshot = &snapshot;
	do {
		const Convene__V1__Page *page = NULL;
		int code = snapshot_page(cli, &call, &page);

		if (code != EXIT_OK)
			return code;
		for (size_t i = 0; i < page->n_entities; i++) {
			const Convene__V1__Entity *entity = page->entities[i]->entity;

			if (entity != NULL &&
			    entity->of_case == CONVENE__V1__ENTITY__OF_PROGRAMME) {
				*ret = entity->programme;
				return EXIT_OK;
			}
		}
		snapshot.has_from = page->has_next;
		snapshot.from = page->next;
	} while (snapshot.has_from);
	return cli_fail(cli, EXIT_NOT_THERE, "%s has no data yet", cli->profile.programme);
}

static int set_phase(struct cli *cli, char *phase)
{
	Convene__V1__Entity entity = CONVENE__V1__ENTITY__INIT;
	Convene__V1__Entity *entities[] = { &entity };
	Convene__V1__Put put = CONVENE__V1__PUT__INIT;
	Convene__V1__Call call = CONVENE__V1__CALL__INIT;
	Convene__V1__Programme *about = NULL;
	Convene__V1__Reply *reply;
	int code = fetch_about(cli, &about);

	if (code != EXIT_OK)
		return code;
	about->phase = phase;
	entity.of_case = CONVENE__V1__ENTITY__OF_PROGRAMME;
	entity.programme = about;
	put.n_entities = 1;
	put.entities = entities;
	call.of_case = CONVENE__V1__CALL__OF_PUT;
	call.put = &put;
	code = cli_programme_call(cli, &call, &reply);
	if (code == EXIT_OK && cli->is_json)
		json_print_line(json_pack("{s:s,s:s}", "programme", cli->profile.programme, "phase",
					  phase));
	else if (code == EXIT_OK)
		printf("%s: %s\n", cli->profile.programme, phase);
	return code;
}

int cmd_open(struct cli *cli)
{
	char phase[] = "open";

	return set_phase(cli, phase);
}

int cmd_close(struct cli *cli)
{
	char phase[] = "closed";

	return set_phase(cli, phase);
}

int cmd_archive(struct cli *cli)
{
	char phase[] = "archived";

	return set_phase(cli, phase);
}
