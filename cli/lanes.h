/* lanes.h - several connections, one a key: which of them speaks for a request.
 *
 * Layer     cli.
 * Thread    one.
 * Limit     LANES_MAX connections; past it one with nothing under way is closed for the next.
 * Not here  what is sent over them (sender.h). */
#pragma once
#include "cli/client.h"
#include "convene/v1/programme.pb-c.h"

#include <limits.h>
#include <stdbool.h>

#define LANES_MAX 200

/* One connection and what it is busy with. */
struct lane {
	struct client *client;
	size_t n_calls; /* under way; kept by the sender */
	/* private from here on */
	char file[NAME_MAX + 1]; /* of its key; empty: the profile's */
	uint64_t used;
};

struct lanes {
	struct lane lane[LANES_MAX];
	size_t n;
	/* private from here on */
	void *zmq;
	struct client_address address; /* with the profile's keys */
	const char *folder;
	uint64_t clock;
	char fault[PATH_MAX + 80]; /* what is wrong with a key */
};

/* No connections yet. `zmq` and the address are borrowed; `folder` too: of keys, NULL: all speak
 * with the address's own keys. */
void lanes_init(struct lanes *l, void *zmq, const struct client_address *address,
		const char *folder);

/* Closes all connections. */
void lanes_done(struct lanes *l);

/* The connection that speaks for a request: its federation's; the working body's where it is
 * announced; the operator's for a batch or where the federation has no key. *ret is lent until the
 * next call. CVN_EBUSY: all LANES_MAX are under way, try again after the next answer; CVN_EINVALID:
 * a key is missing or cannot be used (`l->fault`); CVN_ENOMEM, CVN_ESYS. */
CVN_MUST_CHECK enum cvn_err lanes_take(struct lanes *l, const Convene__V1__Request *request,
				       bool is_batch, struct lane **ret);
