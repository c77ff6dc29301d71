#include "cli/entry.h"
#include "cli/history.h"
#include "cli/record_json.h"
#include "cli/snapshot.h"
#include "domain/day.h"

#include <stdlib.h>
#include <string.h>

static bool on_updates(void *arg, const Convene__V1__Updates *updates)
{
	struct entries *e = arg;

	for (size_t i = 0; i < updates->n_updates; i++) {
		if (histories_add(e->histories, updates->updates[i]) != CVN_OK) {
			histories_free(e->histories);
			e->histories = NULL;
			return false;
		}
	}
	return true;
}

static int read_log(struct cli *cli, struct entries *e)
{
	int64_t cursor = 0;
	int code;

	e->histories = histories_new();
	if (e->histories == NULL)
		return cli_fail_err(cli, "export", CVN_ENOMEM);
	code = snapshot_replay(cli, &cursor, on_updates, e);
	return code == EXIT_OK && e->histories == NULL ? cli_fail_err(cli, "export", CVN_ENOMEM) :
							 code;
}

/* The whole programme, for those who may read it. */
static int gather_all(struct cli *cli, bool with_history, struct entries *e)
{
	int code = snapshot_fetch(cli, &e->replica);

	if (code == EXIT_OK && with_history)
		code = read_log(cli, e);
	if (code != EXIT_OK)
		return code;
	e->programme = replica_programme(e->replica);
	e->has_today = replica_has_today(e->replica);
	e->today = replica_today(e->replica);
	e->all = calloc(replica_count(e->replica) + 1, sizeof(*e->all));
	if (e->all == NULL)
		return cli_fail_err(cli, "export", CVN_ENOMEM);
	for (const struct replica_record *r = replica_first(e->replica); r != NULL;
	     r = replica_next(r))
		e->all[e->n++] = (struct entry){
			.id = r->id,
			.revision = r->revision,
			.content = r->content,
			.standing = r->standing,
			.cursor = r->cursor,
			.received_unix_ms = r->received_unix_ms,
			.history =
				e->histories != NULL ? histories_find(e->histories, r->id) : NULL,
		};
	return EXIT_OK;
}

static bool on_page(void *arg, const Convene__V1__Page *page)
{
	struct entries *e = arg;
	struct entry *all = realloc(e->all, (e->n + page->n_records + 1) * sizeof(*all));

	if (all == NULL)
		return false;
	e->all = all;
	for (size_t i = 0; i < page->n_records; i++) {
		const Convene__V1__Record *r = page->records[i];

		if (r->id == NULL || r->standing == NULL)
			continue;
		e->all[e->n++] = (struct entry){
			.id = r->id,
			.revision = r->revision,
			.content = r->content,
			.standing = r->standing,
			.cursor = r->cursor,
			.received_unix_ms = r->received_unix_ms,
		};
	}
	if (page->today != NULL && day_parse(page->today, &e->today))
		e->has_today = true;
	return true;
}

int entries_gather(struct cli *cli, bool with_history, struct entries *ret)
{
	Convene__V1__List list = CONVENE__V1__LIST__INIT;
	const Convene__V1__Welcome *welcome;
	int code;

	*ret = (struct entries){ .n = 0 };
	code = cli_welcome(cli, &welcome);
	if (code != EXIT_OK)
		return code;
	if (welcome->role == NULL || strcmp(welcome->role, "federation") != 0)
		return gather_all(cli, with_history, ret);
	return snapshot_list(cli, &list, on_page, ret);
}

const struct entry *entries_find(const struct entries *e, const char *id)
{
	for (size_t i = 0; id != NULL && i < e->n; i++)
		if (strcmp(e->all[i].id, id) == 0)
			return &e->all[i];
	return NULL;
}

Convene__V1__Record entry_record(const struct entry *e)
{
	Convene__V1__Record record = CONVENE__V1__RECORD__INIT;

	record.id = (char *)e->id;
	record.has_revision = record.has_cursor = record.has_received_unix_ms = 1;
	record.revision = e->revision;
	record.content = (Convene__V1__Request *)e->content;
	record.standing = (Convene__V1__Standing *)e->standing;
	record.cursor = e->cursor;
	record.received_unix_ms = e->received_unix_ms;
	return record;
}

json_t *entry_json(const struct entry *e)
{
	const Convene__V1__Record record = entry_record(e);

	return record_json(&record);
}

void entries_done(struct entries *e)
{
	free(e->all);
	replica_free(e->replica);
	histories_free(e->histories);
}
