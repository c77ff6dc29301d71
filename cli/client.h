/* client.h - one connection to convened: calls and replies over a DEALER socket.
 *
 * Layer     cli: libzmq directly, waiting with zmq_poll.
 * Thread    one.
 * Limit     replies of CLIENT_REPLY_MAX bytes; HWM of CLIENT_HWM messages each way.
 * Not here  which programme, what to print (cli.h); many connections at once (lanes.h); updates
 *           (watch.c). */
#pragma once
#include "convene/v1/client.pb-c.h"
#include "io/keys.h"
#include "util/arena.h"
#include "util/err.h"

#include <stdbool.h>
#include <stdint.h>

#define CLIENT_REPLY_MAX (8 << 20)
#define CLIENT_HWM 4096
#define CLIENT_CONNECT_MS 5000 /* how long to wait for somebody to answer there at all */

/* Where to and as whom. Texts are borrowed while the client is being opened. */
struct client_address {
	const char *endpoint;
	const char *server_key;      /* Z85; NULL or empty: no CURVE, as for ipc:// */
	const struct key_pair *keys; /* NULL: none */
};

struct client;

/* Starts connecting; libzmq goes on trying in the background. `zmq`, a context, is borrowed.
 * CVN_EINVALID: the address is none, or keys are missing; CVN_ESYS, CVN_ENOMEM. */
CVN_MUST_CHECK enum cvn_err client_open(void *zmq, const struct client_address *address,
					struct client **ret);

/* Closes the connection; what was sent and not taken over yet gets a quarter of a second. NULL is
 * fine. */
void client_close(struct client *c);

/* The socket, for zmq_poll; lent. Readable: client_receive() has something. */
void *client_socket(struct client *c);

/* Sends a call under a new id, which the reply will carry. Sets the call's protocol, id and, from
 * `deadline_ms` (> 0), deadline. CVN_EBUSY: nothing can be queued now; CVN_ETOOLARGE; CVN_ENOMEM.
 * Never waits. */
CVN_MUST_CHECK enum cvn_err client_send(struct client *c, Convene__V1__Call *call,
					int64_t deadline_ms, uint64_t *ret_id);

/* The next reply, unpacked into `arena`; *ret is NULL where none has come. CVN_EMALFORMED and
 * others of wire/frame.h: it cannot be read, and is gone. Never waits. */
CVN_MUST_CHECK enum cvn_err client_receive(struct client *c, struct arena *arena,
					   Convene__V1__Reply **ret);

/* What is known of the connection: CVN_OK it stands, or did once; CVN_EBUSY still trying;
 * CVN_EFORBIDDEN the daemon refused the key; CVN_EUNAVAILABLE nothing answers there, or not under
 * the server key that is known. Never waits. */
enum cvn_err client_state(struct client *c);

/* Was the connection lost since client_lives() gave `lives`: so that what was sent then may never
 * be answered? As of the last client_state(). */
bool client_was_lost(const struct client *c, unsigned lives);

/* How often the connection came to stand; for client_was_lost(). */
unsigned client_lives(const struct client *c);

/* Sends a call and waits for its reply. A Problem that asks to try again is waited out, and the
 * call sent again, until the time is over; then it is the reply. A call whose connection was lost
 * is sent again too: what can be done only once, the daemon does once. Outcomes that come between
 * are dropped. CVN_EDEADLINE: `timeout_ms` is over; CVN_EFORBIDDEN, CVN_EUNAVAILABLE as
 * client_state(), the latter after CLIENT_CONNECT_MS at most. */
CVN_MUST_CHECK enum cvn_err client_call(struct client *c, Convene__V1__Call *call,
					int64_t timeout_ms, struct arena *arena,
					Convene__V1__Reply **ret);
