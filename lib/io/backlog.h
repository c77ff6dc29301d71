/* backlog.h - how much was sent and has not left yet.
 *
 * What a peer does not read waits inside libzmq, which has no figures for it. So a message can be
 * sent at the cost of a backlog (zsock_send_counted()): it is counted until libzmq has handed it on
 * or dropped it.
 *
 * Layer     io.
 * Thread    loop thread; what has left is taken off by libzmq's own threads.
 * Limit     none of its own: who sends looks at it first.
 * Not here  what is too much, and what happens then (ports/front.h). */
#pragma once
#include "util/err.h"
#include <stddef.h>

/* What a message costs beside its bytes: what we and libzmq keep of each. */
#define BACKLOG_MESSAGE_BYTES 256u

struct backlog; /* opaque */

/* An empty one. What counts towards it counts towards `whole` as well (borrowed until it is let go;
 * NULL: there is none). NULL: out of memory. */
struct backlog *backlog_new(struct backlog *whole);

/* Bytes that wait, with the cost of each message; it may be less already. */
size_t backlog_bytes(const struct backlog *backlog);

/* Lets go of it; it lives on until all that counts towards it has left. NULL is fine. */
void backlog_free(struct backlog *backlog);

/* For zsock.c alone: a copy of a message, counted until parcel_left(). NULL: out of memory. */
struct parcel;
struct parcel *parcel_new(struct backlog *backlog, const void *bytes, size_t n);
void *parcel_bytes(struct parcel *parcel);

/* It has left, or was dropped; on any thread. As libzmq calls it: the bytes, and their parcel. */
void parcel_left(void *bytes, void *parcel);
