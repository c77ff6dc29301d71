/* page.h - pages of a snapshot, out of a replica.
 *
 * A place between two pages is a number that stays good whatever changes meanwhile: data go by the
 * cursor of their last change (what changes moves behind the place), requests by the order in which
 * they were received (none ever goes).
 *
 * Layer     ports: pure; used for workers' feeds (pool) and for clients (flow).
 * Thread    loop thread.
 * Limit     `bytes_max` a page beyond its first element, `limit` elements.
 * Not here  who may see what: `trim`. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "convene/v1/client.pb-c.h"
#include "domain/replica.h"
#include "util/arena.h"
#include "util/err.h"

/* Where the next page begins. Zeroed: at the start. */
struct page_place {
	bool in_records;
	int64_t data_after;                /* cursor */
	size_t n_records;                  /* that were passed */
	const struct replica_record *last; /* the last of them; NULL: none */
};

struct page_options {
	bool records_only; /* skips the data */
	size_t limit;      /* elements; at least 1 */
	size_t bytes_max;
	size_t scan_max; /* requests looked at for one page; 0: all */
	/* The record as it shall be seen, allocated in `arena`, or NULL: leave it out. NULL: each,
	 * as it is. */
	Convene__V1__Record *(*trim)(void *arg, const struct replica_record *record,
				     struct arena *arena);
	void *arg;
};

/* The record as a message that borrows from the replica. NULL: the arena is full. */
Convene__V1__Record *page_record(const struct replica_record *record, struct arena *arena);

/* The place that page_number() wrote; false: it is none. O(records). */
bool page_place_of(const struct replica *replica, int64_t number, struct page_place *ret_place);

/* Above 0, and never that of the start. */
int64_t page_number(const struct page_place *place);

/* One page from `place` on, which moves behind it; `next` is set unless it is the last one. It
 * borrows from replica and arena. CVN_ENOMEM: the arena is full. */
CVN_MUST_CHECK enum cvn_err page_build(const struct replica *replica,
				       const struct page_options *options, struct page_place *place,
				       struct arena *arena, Convene__V1__Page **ret_page);
