/* front.h - the clients' door: calls in, replies and outcomes out, updates to subscribers.
 *
 * A ROUTER over tcp (CURVE), if wanted a ROUTER over ipc for people on this machine, and an XPUB
 * over tcp (CURVE) on which a programme's id is the topic. It knows connections and keys; what a
 * call means is not its matter.
 *
 * Layer     ports.
 * Thread    loop thread.
 * Limit     `sessions_max` sessions (the one that was silent longest is forgotten first: it hears
 *           no more outcomes until it speaks again), `hwm` replies waiting for one connection,
 *           `unread_max` bytes waiting for one key and `unread_all_max` for all: beyond, its calls
 *           are refused, and a little later not answered any more. A message of ours to a client
 *           that is slow or gone is dropped and counted.
 * Not here  decoding (wire/frame.h), what a role may do (flow/kinds.h), the order of updates
 *           (ports/outbox.h). */
#pragma once
#include "io/loop.h"
#include "ports/keyring.h"
#include "util/err.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct front; /* opaque */

enum front_door { FRONT_TCP, FRONT_LOCAL };

/* Where a call came from. Copy it to answer later: it holds no pointers. */
struct front_peer {
	enum front_door door;
	bool is_req; /* hears nothing but answers */
	uint8_t n_routing;
	uint8_t routing[255];
	char key[KEYRING_KEY_TEXT]; /* or KEYRING_LOCAL: the keyring knows for whom it stands */
};

/* A call came in; peer and payload are lent during the callback. `fault` is CVN_OK, or CVN_EFRAMES
 * (payload is empty) or CVN_EBUSY (its key does not read what it is sent): it wants an answer all
 * the same, and nothing else. The key was good when it connected; it may have been revoked since. */
typedef void (*front_call_cb)(void *arg, const struct front_peer *peer, const uint8_t *payload,
			      size_t n, enum cvn_err fault);

struct front_options {
	const char *calls_endpoint;   /* tcp://…; NULL: no tcp */
	const char *updates_endpoint; /* tcp://…; NULL: none */
	const char *local_endpoint;   /* ipc://…; NULL: none */
	const char *server_secret;    /* Z85; may be NULL where there is no tcp */
	uint32_t sessions_max;        /* 0: 4096 */
	uint32_t hwm;                 /* messages a client, each way; 0: 1000 */
	size_t unread_max;            /* bytes of ours that a key has not read; 0: 16 MiB */
	size_t unread_all_max;        /* … all keys together; 0: 256 MiB */
	front_call_cb on_call;
	bool (*is_programme)(void *arg, const char *programme); /* asked for each subscription */
	void *arg;
};

/* Binds the doors. The keyring is borrowed and must outlive it. CVN_EBUSY an address is in use,
 * CVN_EINVALID, CVN_ESYS. */
CVN_MUST_CHECK enum cvn_err front_open(struct loop *loop, struct keyring *keyring,
				       const struct front_options *options,
				       struct front **ret_front);

/* Closes them; no callback afterwards. What was sent lingers for up to half a second. NULL is
 * fine. */
void front_close(struct front *front);

/* The endpoints as they were bound, with real ports; "" where there is none. Lent until
 * front_close(). */
const char *front_calls_endpoint(const struct front *front);
const char *front_updates_endpoint(const struct front *front);

/* Takes no more calls (they wait with the clients), or goes on. Replies and updates go out all the
 * same. */
void front_pause(struct front *front, bool is_paused);

/* Answers a call. CVN_EGONE the client is gone, CVN_EBUSY it does not read what it gets: the answer
 * is dropped and counted, and there is nothing to be done. */
enum cvn_err front_reply(struct front *front, const struct front_peer *peer, const void *bytes,
			 size_t n);

/* From now on this connection hears of its federation. CVN_EINVALID a REQ client, CVN_EFORBIDDEN
 * its key is not a federation's, CVN_ENOMEM. */
CVN_MUST_CHECK enum cvn_err front_follow(struct front *front, const struct front_peer *peer);

/* Tells what became of a request of `federation`: the connections that follow it and, where it is
 * not one of them, `submitter` (NULL: nobody), if it is still there with the same key. Keys are
 * looked up now: one that was revoked, or may not address the programme, hears nothing; neither do
 * REQ clients. Returns how many were told. */
size_t front_tell(struct front *front, const char *programme, const char *federation,
		  const struct front_peer *submitter, const void *bytes, size_t n);

/* Sends an update to who subscribed to `programme`. Never fails: a slow subscriber misses it and
 * sees the gap. Where those that have stopped hold too much, all have to come anew, as in
 * front_revoked(). */
void front_publish(struct front *front, const char *programme, const void *bytes, size_t n);

/* A key that may subscribe was revoked or changed: closes the updates' socket and binds it again as
 * soon as its address is free (some milliseconds), so that every subscriber has to show its key
 * anew. What is published meanwhile is counted as unsent: subscribers that come back see the
 * gap. */
void front_revoked(struct front *front);

/* Bytes that were sent to clients and have not left yet. */
size_t front_unread(const struct front *front);

/* Connections that have spoken and are not forgotten. */
size_t front_sessions(const struct front *front);

/* Calls `fn` for each number: "calls", "replies", "bad_frames", … They only grow. */
void front_each_count(const struct front *front,
		      void (*fn)(void *arg, const char *name, uint64_t value), void *arg);
