/* store_read.h - what the store holds, read back.
 *
 * Layer     ports: may include wire/, io/, domain/, util/; included by flow/, app and the other ports.
 * Thread    loop thread only.
 * Limit     a page carries at most `bytes_max` bytes beyond its first record; see store.h for the queue.
 * Not here  decoding: records, entities and updates are lent as the bytes that were written.
 *
 * All reads travel over one connection and are answered in the order in which they were started:
 * who reads a page and then the log behind it sees them in Redis's order. Starting, done_cb,
 * errors: as in store.h. Every `ret_` that points somewhere is lent during done_cb(CVN_OK) only. */
#pragma once
#include "ports/store.h"

/* One request, as it is stored. Where there is none, id is NULL. */
struct store_record {
	const char *id;
	int64_t revision, cursor, received_unix_ms;
	int32_t state;
	const char *federation, *by;
	const char *trail; /* cursors of all its changes, joined by commas */
	struct store_bytes content, standing;
};

/* Requests by their ids, in one step. Each that does not exist has id NULL at its place. */
struct store_read {
	struct store_op op;
	const char *programme;
	const char *const *ids;
	size_t n_ids; /* 1 to STORE_BATCH_MAX */

	const struct store_record *ret_records; /* n_ids */
	int64_t ret_cursor, ret_version;        /* of the programme then */
};
CVN_MUST_CHECK enum cvn_err store_read_start(struct store *store, struct store_read *read);

/* Requests in the order of receipt, in one step. CVN_EPROGRAMME: there is no such programme. */
struct store_page {
	struct store_op op;
	const char *programme;
	int64_t from;      /* 0: the first; else ret_next of the page before */
	int64_t limit;     /* records; 1 to STORE_BATCH_MAX */
	int64_t bytes_max; /* contents and standings; at least one record comes */

	const struct store_record *ret_records;
	size_t ret_n;
	int64_t ret_next; /* -1: this was the last page */
	int64_t ret_total;
	int64_t ret_cursor, ret_version;
};
CVN_MUST_CHECK enum cvn_err store_page_start(struct store *store, struct store_page *page);

struct store_entity_at {
	const char *kind, *id;
	struct store_bytes bytes; /* Entity */
	int64_t cursor;           /* of its last change */
};

/* All data of a programme, the programme itself first, then city, venue, offer, federation,
 * squad, protected; within a kind in no order. CVN_EPROGRAMME. */
struct store_entities {
	struct store_op op;
	const char *programme;

	const struct store_entity_at *ret_entities;
	size_t ret_n;
	int64_t ret_cursor, ret_version;
};
CVN_MUST_CHECK enum cvn_err store_entities_start(struct store *store,
						 struct store_entities *entities);

struct store_entry {
	int64_t cursor, version;
	struct store_bytes
		update; /* Update without programme, cursor, version: see store_complete_update() */
};

/* Entries of the log with cursors above `after`, in order. */
struct store_log {
	struct store_op op;
	const char *programme;
	int64_t after;
	int64_t limit; /* 1 to STORE_BATCH_MAX */

	const struct store_entry *ret_entries;
	size_t ret_n;
};
CVN_MUST_CHECK enum cvn_err store_log_start(struct store *store, struct store_log *log);

/* Entries of the log by their cursors, in their order; those that do not exist are left out. */
struct store_entries {
	struct store_op op;
	const char *programme;
	const int64_t *cursors;
	size_t n_cursors; /* 1 to STORE_BATCH_MAX */

	const struct store_entry *ret_entries;
	size_t ret_n;
};
CVN_MUST_CHECK enum cvn_err store_entries_start(struct store *store, struct store_entries *entries);

/* Appends the bytes of an Update that is whole to `out`: those of `entry` and, behind them,
 * programme, cursor and version. CVN_ETOOLARGE, CVN_ENOMEM: `out` may then end with a part of
 * them. */
struct buf; /* util/buf.h */
CVN_MUST_CHECK enum cvn_err store_complete_update(const char *programme,
						  const struct store_entry *entry, struct buf *out);

/* Requests that are in `received`, in the order of receipt: what a daemon that starts has to go
 * on with. One call looks at STORE_TODO_STEP requests, whatever their state. */
#define STORE_TODO_STEP 1000
struct store_todo {
	struct store_op op;
	const char *programme;
	int64_t from; /* 0: the first; else ret_next of the call before */

	const char *const *ret_ids;
	size_t ret_n;     /* may be 0 though there is a ret_next */
	int64_t ret_next; /* -1: all were looked at */
};
CVN_MUST_CHECK enum cvn_err store_todo_start(struct store *store, struct store_todo *todo);

/* The programme's last planning round, as it was written; data NULL: there was none. */
struct store_round_read {
	struct store_op op;
	const char *programme;

	struct store_bytes ret_round;
};
CVN_MUST_CHECK enum cvn_err store_round_read_start(struct store *store, struct store_round_read *read);

/* All principals. */
struct store_principals {
	struct store_op op;

	const struct store_principal *ret_principals;
	size_t ret_n;
};
CVN_MUST_CHECK enum cvn_err store_principals_start(struct store *store,
						   struct store_principals *principals);
