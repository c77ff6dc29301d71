/* order.h - which requests may be sent now: file order, predecessors first, batches together.
 *
 * Requests are put into parcels: one a request, or one a batch. A parcel is ready once all that its
 * requests name in `after`, and an earlier request with the same id, are done. Where nothing is
 * ready because they wait for one another, the first of them is let go: it is the daemon's to
 * judge.
 *
 * Layer     cli; pure.
 * Thread    one.
 * Limit     that of the arena.
 * Not here  sending (sender.h). */
#pragma once
#include "convene/v1/programme.pb-c.h"
#include "util/arena.h"
#include "util/err.h"

#include <stdbool.h>

/* One call's worth of requests. */
struct parcel {
	size_t *requests; /* indices, in file order */
	size_t n;
	bool is_batch;
	/* private from here on */
	struct parcel_edge *followers;
	size_t n_missing; /* parcels that have to be done before */
	bool is_taken;
};

struct order {
	struct parcel *parcels; /* in the order of their first requests */
	size_t n_parcels;
	/* private from here on */
	uint64_t *ready; /* a bit a parcel */
	size_t lowest;   /* no word of `ready` before this one has a bit */
	size_t n_taken;
	size_t n_under_way;
};

/* Sorts `n` requests; `batches[i]` is the name of the batch of request i, NULL: none. The names of
 * batches and the requests are borrowed during the call only. CVN_ENOMEM. */
CVN_MUST_CHECK enum cvn_err order_init(struct order *o, struct arena *arena,
				       Convene__V1__Request *const *requests,
				       const char *const *batches, size_t n);

/* The next parcel to be sent, which counts as under way until order_done(); NULL: none now, or none
 * left. */
struct parcel *order_next(struct order *o);

/* The parcel was taken in, or refused: what waits for it may go. */
void order_done(struct order *o, struct parcel *parcel);

/* Puts a parcel that order_next() gave, and that was not sent, back. */
void order_give_back(struct order *o, struct parcel *parcel);

/* Have all been taken? */
bool order_is_empty(const struct order *o);
