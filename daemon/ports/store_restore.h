/* store_restore.h - requests are brought back as they stood in another store.
 *
 * Layer     ports; included by flow/.
 * Thread    loop thread only.
 * Limit     STORE_BATCH_MAX requests of one operation.
 * Not here  what every operation has in common (store.h). */
#pragma once
#include "ports/store.h"

struct store_restored {
	struct store_item item; /* its ret_… are not used */
	int32_t state;          /* enum State; must be that of the standing */
	int64_t revision;
	int64_t received_unix_ms;
	bool bump; /* it occupies room */
};

struct store_restore {
	struct store_op op;
	const char *programme;
	const struct store_restored *requests; /* ids differ from one another */
	size_t n_requests;

	int64_t ret_cursor;  /* CVN_OK: the programme's last */
	int64_t ret_changed; /* CVN_OK: how many did not stand already; 0 too where the answer to the
			      * first call was lost */
	size_t ret_index;    /* CVN_EIDTAKEN: which one stands otherwise */
};

/* Writes all or none, whatever the programme's phase. CVN_EIDTAKEN: one of them stands already, and
 * not the same. CVN_EPROGRAMME. */
CVN_MUST_CHECK enum cvn_err store_restore_start(struct store *store, struct store_restore *restore);
