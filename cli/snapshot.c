#include "cli/snapshot.h"

int snapshot_page(struct cli *cli, Convene__V1__Call *call, const Convene__V1__Page **ret)
{
	Convene__V1__Reply *reply;
	int code = cli_programme_call(cli, call, &reply);

	if (code != EXIT_OK)
		return code;
	if (reply->of_case != CONVENE__V1__REPLY__OF_PAGE)
		return cli_fail(cli, EXIT_PROTOCOL, "the daemon did not answer with a page");
	*ret = reply->page;
	return EXIT_OK;
}

int snapshot_fetch(struct cli *cli, struct replica **ret)
{
	Convene__V1__SnapshotCall snapshot = CONVENE__V1__SNAPSHOT_CALL__INIT;
	Convene__V1__Call call = CONVENE__V1__CALL__INIT;
	struct replica *replica = replica_new(NULL);
	int code = EXIT_OK;

	if (replica == NULL)
		return cli_fail_err(cli, "snapshot", CVN_ENOMEM);
	call.of_case = CONVENE__V1__CALL__OF_SNAPSHOT;
	call.snapshot = &snapshot;
	do {
		const Convene__V1__Page *page = NULL;
		enum cvn_err err;

		code = snapshot_page(cli, &call, &page);
		if (code != EXIT_OK)
			break;
		err = replica_page(replica, page);
		if (err != CVN_OK)
			code = cli_fail_err(cli, "snapshot", err);
		if (page->today != NULL)
			replica_set_today(replica, page->today);
		snapshot.has_from = page->has_next;
		snapshot.from = page->next;
	} while (code == EXIT_OK && snapshot.has_from);
	if (code == EXIT_OK)
		*ret = replica;
	else
		replica_free(replica);
	return code;
}

int snapshot_list(struct cli *cli, Convene__V1__List *list, snapshot_page_fn *on_page, void *arg)
{
	Convene__V1__Call call = CONVENE__V1__CALL__INIT;

	call.of_case = CONVENE__V1__CALL__OF_LIST;
	call.list = list;
	do {
		const Convene__V1__Page *page = NULL;
		int code = snapshot_page(cli, &call, &page);

		if (code != EXIT_OK)
			return code;
		if (!on_page(arg, page))
			return EXIT_OK;
		list->has_from = page->has_next;
		list->from = page->next;
	} while (list->has_from);
	return EXIT_OK;
}

int snapshot_replay(struct cli *cli, int64_t *cursor, snapshot_updates_fn *on_updates, void *arg)
{
	Convene__V1__Replay replay = CONVENE__V1__REPLAY__INIT;
	Convene__V1__Call call = CONVENE__V1__CALL__INIT;
	bool goes_on = true;
	struct arena arena;
	int code = EXIT_OK;

	arena_init(&arena, CLI_ARENA_BYTES);
	call.of_case = CONVENE__V1__CALL__OF_REPLAY;
	call.replay = &replay;
	replay.has_after = 1;
	while (goes_on && code == EXIT_OK) {
		Convene__V1__Reply *reply;

		replay.after = *cursor;
		code = cli_programme_call_into(cli, &call, &arena, &reply);
		if (code == EXIT_OK && reply->of_case != CONVENE__V1__REPLY__OF_UPDATES)
			code = cli_fail(cli, EXIT_PROTOCOL,
					"the daemon did not answer with updates");
		if (code == EXIT_OK) {
			const Convene__V1__Updates *updates = reply->updates;

			if (updates->n_updates > 0)
				*cursor = updates->updates[updates->n_updates - 1]->cursor;
			goes_on = on_updates(arg, updates) && updates->n_updates > 0 &&
				  *cursor < updates->last;
		}
		arena_reset(&arena);
	}
	arena_done(&arena);
	return code;
}
