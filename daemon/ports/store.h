/* store.h - keeps everything that must outlive the daemon in Redis: its life, and all that
 * writes.
 *
 * Layer     ports: may include wire/, io/, domain/, util/; included by flow/, app and the other ports.
 * Thread    loop thread only.
 * Limit     `queue_max` operations wait or are under way; past it a start refuses, it never blocks.
 * Not here  reading (store_read.h); publishing (outbox.h); the redis-server child (redis_server.h); what may follow
 *           what in a request's life (domain/lifecycle.h): here only the guards that the caller names are checked.
 *
 * Every write is one Redis Function (functions.lua): all or nothing, guarded by the epoch of
 * this daemon. A write whose answer was lost is repeated, in order, until its deadline: each
 * Function gives a repeated call the answer of the first. */
#pragma once
#include "util/err.h"
#include "util/list.h"
#include "wire/chain.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct loop;  /* io/loop.h */
struct store; /* opaque; one per daemon, opened and closed by app.c */
struct store_verb;
struct store_slot;

#define STORE_BATCH_MAX 256     /* items or entities of one operation, ids of one read */
#define STORE_CHANGES_MAX 10000 /* changes of one commit */
#define STORE_NO_DEADLINE UINT64_MAX

enum store_state {
	STORE_AWAY,    /* no connection: patient operations wait, others hear CVN_EUNAVAILABLE */
	STORE_LOADING, /* connected: Functions, epoch and programmes are on their way */
	STORE_READY,
	STORE_OVER, /* another daemon took over, or Redis lost what it had acknowledged: exit */
};

enum store_durability { STORE_ALWAYS, STORE_EVERYSEC, STORE_REPLICATED };

struct store_bytes {
	const uint8_t *data;
	size_t n;
};

struct store_options {
	const char *unix_path; /* or, where NULL, host and port */
	const char *host;
	uint16_t port;
	const char *password; /* NULL: none */
	enum store_durability durability;
	uint32_t replicas;  /* STORE_REPLICATED: how many must hold a write before it counts */
	uint32_t queue_max; /* 0: 4096 */
	/* On each change of state, and while it is away on each new reason; `text` says why, for
	 * the operator's eyes, and is lent until the next. */
	void (*on_state)(void *arg, enum store_state state, const char *text);
	void *arg;
};

/* Opens the store and begins to connect. All of `options` is copied; `loop` is borrowed and
 * outlives the store. CVN_EINVALID: neither a path nor a host, or a path that is too long.
 * on_state never runs inside this call. */
CVN_MUST_CHECK enum cvn_err store_open(struct loop *loop, const struct store_options *options,
				       struct store **ret_store);

/* Ends the store: every operation that is still under way hears CVN_ECANCELED inside this call
 * (the one exception to the rule below), then `store` is gone. A write that hears it may have
 * been done. Not from inside a callback of the store, nor do its operations start others while
 * it closes. NULL is fine. */
void store_close(struct store *store);

enum store_state store_state(const struct store *store);
/* The text of the last on_state: why it is not ready. Never NULL. */
const char *store_state_text(const struct store *store);
/* Number of this daemon's lease; 0 before the first STORE_READY. */
int64_t store_epoch(const struct store *store);
/* Operations that wait or are under way. */
uint32_t store_n_pending(const struct store *store);

/* A programme as it stood when the store became ready (at the last connect). */
struct store_head {
	const char *programme; /* lent until the next on_state */
	int64_t cursor, version;
	const char *phase; /* open, closed, archived */
	int64_t sealed;    /* last cursor whose hash the chain holds */
	struct chain_hash seal; /* that hash; not set where `sealed` is 0 */
};
size_t store_n_programmes(const struct store *store);
/* `i` < store_n_programmes(). */
struct store_head store_programme(const struct store *store, size_t i);

/* What each operation begins with. The caller zeroes it, fills the public block, and keeps it,
 * and whatever it points to, until done_cb has run: the store borrows, since it may have to send
 * it again.
 *
 * A start that returns CVN_OK reports by done_cb, exactly once, never inside the start. Any
 * other value: done_cb never runs. Starts return CVN_EBUSY (queue full), CVN_EDEADLINE (too late
 * already), CVN_EUNAVAILABLE (not ready, and the operation is not patient), CVN_EPROGRAMME or
 * CVN_EINVALID (a name that must not become part of a key), CVN_ETOOLARGE.
 *
 * done_cb brings, whatever the operation: CVN_OK; CVN_EDEADLINE (time is up: the outcome is
 * unknown); CVN_EUNAVAILABLE (Redis refused to write, or did not come back in time: `fault`
 * names the cause); CVN_EEPOCH (another daemon owns the programme: nothing was done, STORE_OVER
 * follows); CVN_ECANCELED (store_close); CVN_EBUG (Redis answered what it never should; `fault`
 * says what). */
struct store_op {
	void (*done_cb)(struct store_op *op, enum cvn_err err);
	uint64_t deadline_ms; /* loop clock, absolute; STORE_NO_DEADLINE: until it is done */
	bool patient; /* starts, and waits, while Redis is away: for work that nobody waits for */
	const char *fault; /* set with an error, a text lent during done_cb; else NULL */

	const struct store_verb *verb; /* private from here on */
	struct list_node link;         /* in one of the lists of its lane */
	struct store_slot *slot;       /* its command under way; NULL: none */
};

/* --- admit: requests come in --- */

enum store_admission { STORE_NEW, STORE_AGAIN, STORE_TAKEN };

struct store_item {
	const char *id;
	const char *federation, *by; /* whose it is; name of the principal that brought it */
	const char *after; /* ids that it comes after, joined by spaces; NULL or "": none */
	struct store_bytes content;  /* Request */
	struct store_bytes digest;   /* of the content, any bytes, 1 to 64 */
	struct store_bytes standing; /* Standing, state received */
	struct store_bytes update;   /* Update without programme, cursor, version */

	enum store_admission ret_admission;
	int64_t ret_revision, ret_cursor; /* of this content; at which the request was first received */
	int32_t ret_state;                /* enum State */
};

struct store_admit {
	struct store_op op;
	const char *programme;
	int64_t unix_ms;          /* time of receipt */
	struct store_item *items; /* ids differ from one another */
	size_t n_items;
};

/* Takes requests in, all or none. CVN_OK: each is STORE_NEW, or STORE_AGAIN (it stood already,
 * and this content is its present one or that of its first submission; nothing written for it).
 * CVN_EIDTAKEN: at least one is STORE_TAKEN (it stands with other content) and nothing was
 * written. CVN_ECLOSED: the programme takes no new ones (those that all stood already are
 * answered all the same). CVN_EPROGRAMME: there is no such programme. One round trip. */
CVN_MUST_CHECK enum cvn_err store_admit_start(struct store *store, struct store_admit *admit);

/* --- commit: requests change --- */

struct store_change {
	const char *id;
	int64_t expect_revision; /* guards; 0: whichever stands */
	int32_t expect_state;
	int64_t expect_cursor;
	int64_t revision;           /* that stands from now on */
	int32_t state;              /* enum State; must be that of `standing` */
	bool bump;                  /* occupancy changes: the calendar's version rises by one */
	struct store_bytes content; /* Request; data NULL: stays, digest and after are not read */
	struct store_bytes digest;
	const char *after;           /* as in store_item */
	struct store_bytes standing; /* Standing */
	struct store_bytes update;   /* Update without programme, cursor, version */
};

struct store_commit {
	struct store_op op;
	const char *programme;
	bool has_base_version;
	int64_t base_version;               /* the calendar on which this was computed */
	uint64_t builds_on; /* serial of the commit that must have made that version; 0: any */
	const struct store_change *changes; /* ids differ from one another */
	size_t n_changes;
	struct store_bytes round; /* data not NULL: from now on the programme's round, in the same step */

	int64_t ret_cursor;   /* CVN_OK: of the last change; those before have the cursors before */
	int64_t ret_version;  /* CVN_OK, CVN_ESTALE: of the calendar now */
	size_t ret_index;     /* CVN_EGONE, CVN_ENOTFOUND, CVN_ECONFLICT: which change */
	int64_t ret_revision; /* CVN_EGONE: what stands instead */
	int32_t ret_state;
	int64_t ret_at; /* … and the cursor of its last change */

	uint64_t serial; /* set by the start: names this commit when it is repeated, or built on */
};

/* Commits changes, all or none. CVN_ESTALE: the calendar has another version than base_version, or
 * one that another commit made than builds_on.
 * CVN_EGONE: a guard of change ret_index does not hold. CVN_ENOTFOUND: no such request.
 * CVN_ECONFLICT: a change that leaves `received` for `proposed` or `waitlisted` would close a
 * circle of `after`. CVN_ECLOSED: the programme is archived. CVN_EPROGRAMME. */
CVN_MUST_CHECK enum cvn_err store_commit_start(struct store *store, struct store_commit *commit);

/* --- round: the programme's last planning round --- */

struct store_round {
	struct store_op op;
	const char *programme;
	struct store_bytes round; /* replaces the one before */
};

/* CVN_EPROGRAMME; CVN_ECLOSED: it is archived. */
CVN_MUST_CHECK enum cvn_err store_round_start(struct store *store, struct store_round *round);

/* --- put: the programme's data change --- */

struct store_entity {
	const char *kind; /* programme, city, venue, offer, federation, squad, protected */
	const char *id;
	struct store_bytes bytes;  /* Entity; data NULL: it is retired */
	struct store_bytes update; /* Update without programme, cursor, version */
	const char *phase;         /* kind programme alone: open, closed, archived */
};

struct store_put {
	struct store_op op;
	const char *programme;
	const struct store_entity *entities;
	size_t n_entities;

	int64_t ret_cursor, ret_version;
	int64_t ret_changed; /* how many differ from before, each one entry of the log and version + 1; 0 too
	                                 * where the answer to the first call was lost */
};

/* Puts or retires entities, all or none, in their order. Where the programme is unknown the
 * first entity must be it, else CVN_EPROGRAMME. What is the same byte for byte, or is retired
 * and not there, changes nothing. The programme itself can't be retired (CVN_EINVALID from the
 * start). CVN_ECLOSED: archived, and the first is not the programme. */
CVN_MUST_CHECK enum cvn_err store_put_start(struct store *store, struct store_put *put);

/* --- the rest that writes --- */

struct store_death {
	struct store_op op;
	const char *programme, *request;
	int64_t ret_deaths; /* since it was last received, this one included */
	uint64_t serial;    /* private */
};
CVN_MUST_CHECK enum cvn_err store_death_start(struct store *store, struct store_death *death);

struct store_principal {
	const char *public_key;   /* Z85, 40 characters */
	struct store_bytes bytes; /* Principal; revoke: not read */
};

enum store_grant_verb {
	STORE_GRANT,
	STORE_REVOKE,
	STORE_FOUND, /* one operator's key, only where there is no principal: else CVN_EFORBIDDEN */
};

struct store_grant {
	struct store_op op;
	enum store_grant_verb what;
	const struct store_principal *principals;
	size_t n_principals;
	int64_t ret_changed; /* revoke: how many there were; of a repeated call possibly 0 */
};
CVN_MUST_CHECK enum cvn_err store_grant_start(struct store *store, struct store_grant *grant);

/* For the outbox alone: others were told of the programme's log up to `cursor`, also of what nobody
 * has been given an answer for. A Redis that comes back with less has lost it: STORE_OVER. */
void store_told(struct store *store, const char *programme, int64_t cursor);

/* For the outbox alone: `on_commit` runs after each write that may have moved a programme's log,
 * before the write's own done_cb. */
void store_on_commit(struct store *store, void (*on_commit)(void *arg, const char *programme),
		     void *arg);
