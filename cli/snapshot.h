/* snapshot.h - the whole programme, or a filtered list of its requests, fetched page by page.
 *
 * Layer     cli.
 * Thread    one.
 * Limit     that of replica.h.
 * Not here  following it afterwards (watch.c). */
#pragma once
#include "cli/cli.h"
#include "domain/replica.h"

/* Makes a call whose answer is a page; it lives as long as the command. EXIT_OK, or an exit code after saying why. */
CVN_MUST_CHECK int snapshot_page(struct cli *cli, Convene__V1__Call *call, const Convene__V1__Page **ret);

/* Fetches the programme into a new replica, which the caller frees. EXIT_OK, or an exit code after
 * saying why. */
CVN_MUST_CHECK int snapshot_fetch(struct cli *cli, struct replica **ret);

/* Hears each page of a list; false ends it. The page lives as long as the command. */
typedef bool snapshot_page_fn(void *arg, const Convene__V1__Page *page);

/* Fetches the pages of `list`, whose `from` it sets. EXIT_OK, or an exit code after saying why. */
CVN_MUST_CHECK int snapshot_list(struct cli *cli, Convene__V1__List *list,
				 snapshot_page_fn *on_page, void *arg);

/* Hears each batch of updates, which live during the call; false ends it. */
typedef bool snapshot_updates_fn(void *arg, const Convene__V1__Updates *updates);

/* Replays the log after `*cursor`, which it moves on, to its end. EXIT_OK, or an exit code after
 * saying why. */
CVN_MUST_CHECK int snapshot_replay(struct cli *cli, int64_t *cursor,
				   snapshot_updates_fn *on_updates, void *arg);
