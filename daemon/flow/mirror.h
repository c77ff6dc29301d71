/* mirror.h - all programmes in memory, as far as the outbox has handed their updates on.
 *
 * Whoever asks for something reads here, after mirror_wait() has brought it up to what was
 * committed when the question came: so an answer is never older than a receipt that was given
 * before, and reading costs Redis nothing.
 *
 * Layer     flow: may include ports/ and lib/.
 * Thread    loop thread.
 * Limit     POOL_PROGRAMMES_MAX programmes, each as large as a replica may be.
 * Not here  who may read what (flow/view.h). */
#pragma once
#include <uthash.h>

#include "domain/lifecycle.h"
#include "domain/replica.h"
#include "io/loop.h"
#include "ports/outbox.h"
#include "ports/store.h"
#include "util/list.h"

struct mirror; /* opaque */

/* One programme; stays at its address until mirror_free(). */
struct mirror_programme {
	char *id;
	struct replica *replica;
	int64_t committed;          /* the last cursor that this daemon knows to be committed */
	uint64_t n_states[STATE_N]; /* requests by state */
	bool is_day_done;           /* all that this day brings is committed: flow/daily.c */
	struct mirror *mirror;      /* private: this and below */
	struct list_node waits;     /* mirror_wait::link, by cursor */
	UT_hash_handle hh;
};

/* Somebody who waits for a cursor. The caller embeds it and keeps it until done_cb has run or it is
 * cancelled. */
struct mirror_wait {
	void (*done_cb)(struct mirror_wait *wait);
	int64_t cursor; /* private from here on */
	struct list_node link;
};

struct mirror_options {
	struct loop *loop; /* borrowed, as the next one */
	struct store *store;
	const char *today; /* the day that it is; NULL: the clock's, in the programme's zone */
	/* A request came or changed; `before` is NULL where it is new. Not called while loading. */
	void (*on_record)(void *arg, struct mirror_programme *p,
			  const struct replica_record *before, const struct replica_record *now);
	void *arg;
};

/* An empty mirror; texts are copied. CVN_ENOMEM. */
CVN_MUST_CHECK enum cvn_err mirror_new(const struct mirror_options *options,
				       struct mirror **ret_mirror);
/* No done_cb runs. NULL is fine. */
void mirror_free(struct mirror *mirror);

/* Reads all programmes that the store knew when it became ready; `loaded_cb` runs once, on a later
 * turn, with CVN_OK, or with what the store said, CVN_EMALFORMED where it holds what can't be read,
 * CVN_ENOMEM. Not CVN_OK from the call itself: it never runs. */
CVN_MUST_CHECK enum cvn_err mirror_load(struct mirror *mirror,
					void (*loaded_cb)(void *arg, enum cvn_err err), void *arg);

/* NULL: there is none (also for NULL). O(1). */
struct mirror_programme *mirror_find(struct mirror *mirror, const char *programme);

/* All programmes, in the order in which they came; NULL after the last. */
struct mirror_programme *mirror_first(struct mirror *mirror);
struct mirror_programme *mirror_next(struct mirror_programme *p);
size_t mirror_count(const struct mirror *mirror);

/* An empty programme, about to get its first update. Is there one already: that. CVN_ENOMEM,
 * CVN_ETOOLARGE. */
CVN_MUST_CHECK enum cvn_err mirror_add(struct mirror *mirror, const char *programme,
				       struct mirror_programme **ret);

/* Folds an update in. Not CVN_OK: the mirror can't follow any more, the daemon must end. */
CVN_MUST_CHECK enum cvn_err mirror_update(struct mirror *mirror,
					  const struct outbox_update *update);

/* Wakes who waited for what the programme has come up to. */
void mirror_wake(struct mirror_programme *p);

/* This cursor is committed. */
void mirror_committed(struct mirror_programme *p, int64_t cursor);

/* Has it come up to `cursor`? */
bool mirror_has(const struct mirror_programme *p, int64_t cursor);

/* done_cb runs, on a later turn, when the programme has come up to `cursor`, which it has not yet.
 * */
void mirror_wait(struct mirror_programme *p, int64_t cursor, struct mirror_wait *wait);
void mirror_wait_cancel(struct mirror_wait *wait);

/* Looks what day it is in the programme; true: another than before. */
bool mirror_look_at_clock(struct mirror_programme *p, int64_t unix_ms);
