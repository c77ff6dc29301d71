/* seal.h - the chain of one programme: hashes are computed as the log is read, and stored some time
 * later, many at once.
 *
 * Layer     ports, for the outbox alone: it is who reads the log in order.
 * Thread    loop thread only.
 * Limit     SEAL_PENDING_MAX hashes wait; then seal_has_room() says no, and the log must not be read
 *           on: so far, and no farther, does the chain lag behind. One call under way.
 * Not here  the hash itself (wire/chain.h); checking a chain (cli/audit.c).
 *
 * The chain is only ever appended to. If it, or what the head says of it, is not as it was left,
 * nothing is sealed any more: what stands then is for an auditor to see, not for us to mend. */
#pragma once
#include "ports/store_audit.h"
#include "ports/store_read.h"

#define SEAL_PENDING_MAX 1024

struct seal; /* opaque */

struct seal_events {
	void (*stored_cb)(void *arg); /* a call was done: there is room */
	/* Nothing more is sealed; once at most. `text` is constant. */
	void (*broken_cb)(void *arg, const char *text);
	void *arg;
};

/* Goes on behind `head->sealed`; NULL: there is no chain yet. All of it is copied. CVN_ENOMEM. */
CVN_MUST_CHECK enum cvn_err seal_new(struct store *store, const char *programme,
				     const struct store_head *head,
				     const struct seal_events *events, struct seal **ret_seal);
/* No callback runs afterwards; a call under way ends by itself, at store_close() at the latest.
 * NULL is fine. */
void seal_free(struct seal *seal);

/* Last cursor whose hash is computed: the next entry of interest is the one behind. */
int64_t seal_cursor(const struct seal *seal);
/* Last cursor that is known to be in the chain. */
int64_t seal_stored(const struct seal *seal);
bool seal_is_broken(const struct seal *seal);
bool seal_has_room(const struct seal *seal);

/* Takes an entry in; one that is in already is passed over. A hole: CVN_EBUG, and nothing more is
 * sealed. There must be room. */
CVN_MUST_CHECK enum cvn_err seal_add(struct seal *seal, const struct store_entry *entry);

/* Stores what waits, if no call is under way: where there is a whole batch of it, or `now`. */
enum seal_when { SEAL_WHOLE_BATCHES, SEAL_NOW };
void seal_store(struct seal *seal, enum seal_when when);
