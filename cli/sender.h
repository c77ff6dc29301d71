/* sender.h - sends many requests and hears what becomes of each.
 *
 * Several calls are under way at once, over the connections of lanes.h, in the order of order.h.
 * BUSY and UNAVAILABLE are waited out; a call whose answer does not come is sent again, which takes
 * nothing in twice. Where outcomes are wanted, one that is not heard of in time is asked for.
 *
 * Layer     cli.
 * Thread    one.
 * Limit     SENDER_WINDOW_MAX calls under way.
 * Not here  reading requests, showing results (submit.c). */
#pragma once
#include "cli/lanes.h"
#include "cli/order.h"
#include "convene/v1/client.pb-c.h"

#define SENDER_WINDOW_MAX 4096

/* What became of one request. */
struct sent {
	const Convene__V1__Request *request;
	const Convene__V1__Problem
		*problem; /* not taken in: why; NULL: it was, or is still to be */
	Convene__V1__Violation **violations; /* not taken in: its own, paths relative to it */
	size_t n_violations;                 /* then one at least */
	const Convene__V1__Record *record;   /* the last that was heard of it; perhaps no content */
	bool has_receipt;
	bool is_again; /* it stood already */
	bool is_done;  /* refused, or as far as was asked for */
	/* private from here on */
	struct sent *same_id; /* the one before with this id; NULL: none */
	uint64_t ask_ms;      /* when its outcome is late; 0: it is not waited for */
	bool is_asking;
};

struct sender {
	/* the caller's, before sender_run() */
	const char *programme;
	bool is_waiting;     /* for outcomes, too */
	size_t window;       /* calls under way, 1 to SENDER_WINDOW_MAX */
	int64_t patience_ms; /* without any answer for so long, it gives up */
	struct lanes *lanes;
	struct arena *arena;                              /* holds results */
	void (*on_progress)(struct sender *s, void *arg); /* NULL: none */
	void *arg;
	/* results */
	struct sent *sent; /* one a request, in their order */
	size_t n;
	size_t n_receipts; /* taken in, again or not */
	size_t n_refused;
	size_t n_done;
	/* private from here on */
	struct order order;
	struct call *calls;
	size_t n_calls;
	struct sent **asks; /* ring of outcomes to ask for */
	size_t asks_at, n_asks;
	struct known *known;  /* requests by id */
	struct arena scratch; /* one reply */
	uint64_t moved_ms;    /* when something was last taken in, refused or done */
	uint64_t looked_ms;
};

/* Sends `n` requests and returns when all are done; see struct sent. In any case sender_done() ends
 * it. `batches` as in order_init(). CVN_EDEADLINE: nothing was heard for `patience_ms`;
 * CVN_EUNAVAILABLE: nobody answers there; CVN_EINVALID: a key cannot be used; CVN_ENOMEM, CVN_ESYS.
 * What was heard until then stands in the results. */
CVN_MUST_CHECK enum cvn_err sender_run(struct sender *s, Convene__V1__Request *const *requests,
				       const char *const *batches, size_t n);

/* Hears of a record in another way; where it is newer than what was known, it stands in the results
 * from now on. Its memory stays the caller's and must last as long as the results. */
void sender_hear_record(struct sender *s, const Convene__V1__Record *record);

/* Gives back what sender_run() holds; the results stay in the arena. */
void sender_done(struct sender *s);
