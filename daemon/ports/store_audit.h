/* store_audit.h - the chain of hashes beside a programme's log: it is appended to, and read back
 * together with what it binds.
 *
 * Layer     ports: may include wire/, io/, domain/, util/; included by flow/ and the other ports.
 * Thread    loop thread only.
 * Limit     STORE_BATCH_MAX hashes of one operation; see store.h for the queue.
 * Not here  computing hashes (wire/chain.h); when what is sealed (seal.h); whether it all fits
 *           together: that is for those to say who need not trust this daemon.
 *
 * Starting, done_cb, errors: as in store.h. */
#pragma once
#include "ports/store.h"

#define STORE_CHAIN_PIECE 65536 /* hashes of one key; an operation stays within one */

/* Appends the hashes of cursors `first` … `first + n_hashes - 1`, all or none. Of those that the
 * chain has already, all must be the same. CVN_ECONFLICT: the chain, or what the head says of it, is
 * not as this daemon left it, or the log does not go so far; nothing was written. CVN_EPROGRAMME. */
struct store_seal {
	struct store_op op;
	const char *programme;
	int64_t first;            /* at least 1 */
	struct chain_hash before; /* the hash of cursor first - 1; not read where `first` is 1 */
	const struct chain_hash *hashes;
	size_t n_hashes; /* 1 to STORE_BATCH_MAX; all within one piece */
};
CVN_MUST_CHECK enum cvn_err store_seal_start(struct store *store, struct store_seal *seal);

/* One entry as it stands in the log, whoever wrote it there. */
struct store_audit_entry {
	int64_t cursor; /* rising; two are the same where a foreign entry stands between */
	int64_t version;
	struct store_bytes update; /* data NULL: it has not the fields of an entry */
};

/* Log and chain behind `after`, read in one step. CVN_EPROGRAMME. What is returned is lent during
 * done_cb(CVN_OK) only. */
struct store_audit {
	struct store_op op;
	const char *programme;
	int64_t after;     /* 0 or more */
	int64_t limit;     /* cursors; 0 to STORE_BATCH_MAX */
	int64_t bytes_max; /* of updates; at least one entry comes */

	int64_t ret_cursor, ret_sealed;
	struct chain_hash ret_seal; /* of ret_sealed; not set where that is 0 */
	int64_t ret_through;        /* what follows speaks for the cursors after + 1 … ret_through */
	const struct store_audit_entry *ret_entries;
	size_t ret_n;
	const uint8_t *ret_hashes; /* of cursor after + 1 and on; no alignment */
	size_t ret_n_hashes;
};
CVN_MUST_CHECK enum cvn_err store_audit_start(struct store *store, struct store_audit *audit);
