/* zsock_conns.h - the TCP connections that a socket has accepted, and the end of those that never
 * come to the end of a message. For zsock.c alone.
 *
 * libzmq keeps the frames of a message until its last one is there, without any limit, and tells
 * nobody. The system knows, however, how much each connection has received. One that has received
 * more than any message may hold, and of which no message came, is shut.
 *
 * Layer     io: sockets of the system; the descriptors that libzmq tells of are duplicated, so that
 *           they stay what they are.
 * Thread    loop thread only.
 * Limit     CONNS_MUTE_BYTES unfinished on each connection, CONNS_MUTE_ALL_BYTES on all of them, but
 *           CONNS_MUTE_LEAST_BYTES on each in any case; and what comes in between two looks.
 * Not here  who may connect; what comes out of libzmq (zsock.c). */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CONNS_LOOK_MS 250u
#define CONNS_MUTE_BYTES ((uint64_t)2 << 20) /* a frame that is answered has less than 1 MiB */
#define CONNS_MUTE_ALL_BYTES ((uint64_t)64 << 20)
#define CONNS_MUTE_LEAST_BYTES ((uint64_t)128 << 10)

struct conn;

struct conns {
	struct conn *table; /* by libzmq's descriptor */
	uint16_t port;      /* where they came in, in the order of this machine; 0: not TCP */
	uint32_t n_suspects;
	uint64_t n_messages; /* that were read from the socket … */
	uint64_t n_dry;      /* … and times that there was none */
};

/* libzmq has accepted one, or let go of it; told late, so that the descriptor may be another's. */
void conns_accepted(struct conns *conns, int fd);
void conns_gone(struct conns *conns, int fd);

/* A whole message came from this one. Needs to be told only while there are suspects. */
void conns_spoke(struct conns *conns, int fd);

/* Shuts those that have said nothing for too long; libzmq then tells that they are gone. Returns how
 * many. Every CONNS_LOOK_MS. O(connections). */
size_t conns_look(struct conns *conns);

void conns_done(struct conns *conns);
