/* zsock.h - one ZeroMQ socket on the loop: messages come by callback, sending never blocks.
 *
 * Layer     io: libzmq; no words of the domain.
 * Thread    loop thread only.
 * Limit     ZSOCK_FRAMES frames a message (the rest is drained), `frame_max_bytes` a frame, `hwm`
 *           messages a peer each way and half a MiB more in the system, LOOP_BATCH messages a turn. A
 *           frame above frame_max_bytes ends its connection inside libzmq; a message without end
 *           that of a TCP client (is_monitored).
 * Not here  who may connect (a ZAP handler: ports/keyring.h); what a message means. */
#pragma once
#include "io/backlog.h"
#include "io/loop.h"
#include "util/err.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ZSOCK_FRAMES 8u
#define ZSOCK_KEY_TEXT 41u /* a CURVE key in Z85 with its end */
#define ZSOCK_ENDPOINT_MAX 256u

struct zsock; /* opaque */

enum zsock_type { ZSOCK_ROUTER, ZSOCK_DEALER, ZSOCK_XPUB, ZSOCK_SUB, ZSOCK_REP, ZSOCK_REQ };

struct zframe {
	const uint8_t *bytes;
	size_t n;
};

/* One message that came in; all of it is lent during the callback. */
struct zmessage {
	const struct zframe *frames;
	size_t n_frames;     /* 1 to ZSOCK_FRAMES */
	bool too_many;       /* there were more frames than ZSOCK_FRAMES: they are gone */
	const char *user_id; /* what ZAP said of the sender; NULL: nobody vouches for it */
};

enum zsock_event {
	ZSOCK_CONNECTED, /* a client's TCP connection stands; no handshake yet */
	ZSOCK_ACCEPTED,  /* the same, seen from the server */
	ZSOCK_HANDSHAKE_OK,
	ZSOCK_REFUSED,          /* handshake failed: ZAP said no */
	ZSOCK_HANDSHAKE_FAILED, /* … for any other reason */
	ZSOCK_DISCONNECTED,
	ZSOCK_SHUT, /* we have ended one that never came to the end of a message; only counted */
	ZSOCK_EVENTS,
};

typedef void (*zsock_message_cb)(void *arg, struct zsock *sock, const struct zmessage *message);
typedef void (*zsock_event_cb)(void *arg, struct zsock *sock, enum zsock_event event);

/* All text is copied. Zero means: as the comment says. */
struct zsock_options {
	zsock_message_cb on_message; /* NULL: messages are read and dropped */
	zsock_event_cb on_event;     /* NULL: events are only counted */
	void *arg;
	uint32_t hwm;              /* messages a peer, each way; 0: 1000 */
	size_t frame_max_bytes;    /* 0: 1 MiB */
	uint32_t handshake_ms;     /* 0: 5000 */
	uint32_t heartbeat_ms;     /* 0: 5000; three missed end the connection */
	uint32_t linger_ms;        /* 0: 500 */
	const char *zap_domain;    /* NULL: none; a CURVE server needs one */
	const char *server_secret; /* Z85; not NULL: we are the CURVE server */
	const char *client_public; /* Z85; these three not NULL: we are a CURVE client */
	const char *client_secret;
	const char *server_public;
	bool is_monitored;         /* count connections and handshakes; look after them (TCP) */
	bool manual_subscriptions; /* XPUB: zsock_subscribe() decides; else all are taken */
	const char *routing_id;    /* DEALER, REQ: our name at a ROUTER; NULL: it makes one */
};

/* Opens a socket; nothing is bound or connected yet. CVN_EINVALID a key that is none, CVN_ENOMEM,
 * CVN_ESYS. */
CVN_MUST_CHECK enum cvn_err zsock_open(struct loop *loop, enum zsock_type type,
				       const struct zsock_options *options,
				       struct zsock **ret_sock);

/* Closes it: no callback runs from here on; what was sent lingers in the background. NULL is fine.
 * May be called from its own callbacks. An ipc file that it bound is gone afterwards. */
void zsock_close(struct zsock *sock);

/* Binds. A "tcp://127.0.0.1:*" gets a port: see zsock_endpoint(). The file of an ipc endpoint has
 * mode 0600. CVN_EBUSY the address is in use, CVN_EINVALID it is none, CVN_ESYS. */
CVN_MUST_CHECK enum cvn_err zsock_bind(struct zsock *sock, const char *endpoint);

/* Connects in the background, again and again until it succeeds. CVN_EINVALID. */
CVN_MUST_CHECK enum cvn_err zsock_connect(struct zsock *sock, const char *endpoint);

/* The endpoint that was bound last, with its real port; "" before. Lent until the next bind or
 * close. */
const char *zsock_endpoint(const struct zsock *sock);

/* Sends one message, copying it: all of its frames or none. For a ROUTER the first frame is the
 * routing id; for a DEALER what is sent while it has no connection waits for one. CVN_EGONE there
 * is no such peer (ROUTER), CVN_EBUSY the queue is full, CVN_ESYS. XPUB drops for a subscriber that
 * is slow, and says CVN_OK. */
CVN_MUST_CHECK enum cvn_err zsock_send(struct zsock *sock, const struct zframe *frames,
				       size_t n_frames);

/* The same; its last frame counts towards `backlog` until it has left. CVN_ENOMEM too. */
CVN_MUST_CHECK enum cvn_err zsock_send_counted(struct zsock *sock, const struct zframe *frames,
					       size_t n_frames, struct backlog *backlog);

/* SUB: subscribes. XPUB with manual_subscriptions: only inside the callback of the message that
 * asks for it (first byte 1: subscribe, 0: unsubscribe, then the topic), for that subscriber.
 * CVN_EINVALID, CVN_ESYS. */
CVN_MUST_CHECK enum cvn_err zsock_subscribe(struct zsock *sock, const void *topic, size_t n);
CVN_MUST_CHECK enum cvn_err zsock_unsubscribe(struct zsock *sock, const void *topic, size_t n);

/* Takes in, now, all that is there, at most `n_max` messages: the callback runs for each. True:
 * nothing is left, or the callback has closed the socket. */
bool zsock_read_all(struct zsock *sock, uint32_t n_max);

/* Stops taking messages in (they wait in the socket, then at the peers) or goes on. That is how
 * back-pressure reaches the peers. */
void zsock_pause(struct zsock *sock, bool is_paused);

/* How often an event was seen; 0 always if not is_monitored. */
uint64_t zsock_count(const struct zsock *sock, enum zsock_event event);
