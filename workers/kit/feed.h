/* feed.h - the replicas of a worker, one a programme, and the tasks that wait until theirs is
 * complete.
 *
 * Layer     workers/kit.
 * Thread    the kit's.
 * Limit     FEED_PROGRAMMES_MAX programmes, KIT_TASKS_MAX waiting tasks in all; past it
 *           CVN_ETOOLARGE.
 * Not here  how frames come (kit.c); the fold itself (domain/replica). */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <uthash.h>

#include "convene/v1/worker.pb-c.h"
#include "util/err.h"
#include "util/list.h"

#define FEED_PROGRAMMES_MAX 4096

struct kit;
struct kit_worker;
struct replica;

struct feed {
	char *programme;
	struct replica *replica;
	bool is_complete;
	struct list_node waiting; /* feed_task::link, oldest first; empty once complete */
	UT_hash_handle hh;
};

struct feeds {
	const struct kit_worker *worker; /* borrowed */
	struct kit *kit;                 /* borrowed: what the worker's callbacks are given */
	struct feed *by_programme;       /* uthash */
	size_t n_waiting;
};

/* No feeds yet; allocates nothing. */
void feeds_init(struct feeds *f, struct kit *kit, const struct kit_worker *worker);

/* Every replica goes, after its worker heard `on_replica_gone`; waiting tasks are forgotten. Can be
 * used again. */
void feeds_clear(struct feeds *f);

/* Folds a feed in, calling the worker back. Where that completes the replica, `ret_completed` is
 * its feed (else NULL): the caller hands its waiting tasks over. CVN_EMALFORMED, CVN_ESTALE (an
 * update is missing), CVN_ETOOLARGE, CVN_ENOMEM: the replica can't be trusted any more. */
CVN_MUST_CHECK enum cvn_err feeds_take(struct feeds *f, const Convene__V1__Feed *message,
				       struct feed **ret_completed);

/* The feed of a programme; NULL: none. */
struct feed *feeds_find(const struct feeds *f, const char *programme);

/* Keeps a copy of a task's frame till its feed is complete; makes the feed where there is none yet.
 * CVN_ETOOLARGE, CVN_ENOMEM. */
CVN_MUST_CHECK enum cvn_err feeds_keep_task(struct feeds *f, const char *programme,
					    const uint8_t *frame, size_t n);

/* The oldest waiting frame of a feed: copied into `ret_frame`, which the caller frees; NULL where
 * none waits. */
uint8_t *feeds_next_task(struct feeds *f, struct feed *feed, size_t *ret_n);
