/* outbox.h - reads the log behind the commits and hands on each update, whole, once and in
 * order.
 *
 * Layer     ports: may include wire/, io/, domain/, util/; included by flow/ and app only.
 * Thread    loop thread only.
 * Limit     one read of at most OUTBOX_BATCH entries under way for each programme; publishing is never
 *           more than SEAL_PENDING_MAX entries ahead of the chain of hashes (seal.h).
 * Not here  sending (front_publish, pool): app does it in on_update; what day it is (on_pulse asks app).
 *
 * Nothing is handed on that Redis does not hold: what was committed is read back from the log,
 * also after a restart or a lost connection. The store itself wakes the outbox after each
 * commit; nobody else has to.
 *
 * As it reads, it also binds each entry to the one before (seal.h). What was committed but not
 * sealed when a daemon died is read once more by the next one, and not handed on again. */
#pragma once
#include "convene/v1/record.pb-c.h"
#include "util/err.h"
#include <stddef.h>
#include <stdint.h>

struct loop;
struct store;
struct outbox; /* opaque; one per daemon */

#define OUTBOX_BATCH 128

struct outbox_update {
	const char *programme;
	int64_t cursor, version;
	const Convene__V1__Update *update; /* decoded from `bytes` */
	const uint8_t *bytes; /* with programme, cursor and version: ready to be sent */
	size_t n;
};

struct outbox_options {
	/* Each update of each followed programme, cursors rising by one. All of it is lent for
	 * the call. */
	void (*on_update)(void *arg, const struct outbox_update *update);
	/* Each second for each followed programme, whatever happens: the last cursor that was
	 * handed on. */
	void (*on_pulse)(void *arg, const char *programme, int64_t cursor, int64_t version);
	/* The log has a hole, or holds what can't be read: the daemon must not go on. `text` is
	 * constant. */
	void (*on_broken)(void *arg, const char *programme, const char *text);
	void *arg;
};

/* `loop` and `store` are borrowed and outlive the outbox. CVN_ENOMEM. */
CVN_MUST_CHECK enum cvn_err outbox_new(struct loop *loop, struct store *store,
				       const struct outbox_options *options,
				       struct outbox **ret_outbox);
/* No callback runs afterwards. Before store_close(), which ends the reads that are still under
 * way. NULL is fine. */
void outbox_free(struct outbox *outbox);

/* Hands on what comes after `cursor` (whose calendar had `version`) from now on; reads at once
 * what is there already. Following a programme that is followed already changes nothing.
 * CVN_ENOMEM, CVN_EPROGRAMME (no valid id). */
CVN_MUST_CHECK enum cvn_err outbox_follow(struct outbox *outbox, const char *programme,
					  int64_t cursor, int64_t version);

/* Entries of all programmes that were handed on and are not in their chains yet. */
uint64_t outbox_unsealed(const struct outbox *outbox);

/* Last cursor that was handed on; -1 where the programme is not followed. */
int64_t outbox_cursor(const struct outbox *outbox, const char *programme);
