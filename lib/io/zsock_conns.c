/* In order of time: conns_accepted -> conns_look -> (suspect) -> conns_spoke | shut -> conns_gone */
#include "io/zsock_conns.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "util/log.h"

/* A failed allocation leaves the table as it was, and the element's hh.tbl NULL. */
#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#define BEAT_BYTES \
	25u /* what a connection may send at each look without saying anything: heartbeats */

struct conn {
	int fd;           /* libzmq's */
	int own;          /* the same connection */
	uint64_t excused; /* of what it has sent, so much need not be looked at any more */
	bool is_suspect, has_spoken;
	uint64_t n_messages, n_dry; /* of all, when it came to be one */
	UT_hash_handle hh;          /* conns::table, by fd */
};

/* Is it one of ours, still? */
static bool came_in_at(int fd, uint16_t port)
{
	struct sockaddr_storage address;
	socklen_t n = sizeof(address);

	memset(&address, 0, sizeof(address));
	if (getsockname(fd, (struct sockaddr *)&address, &n) != 0)
		return false;
	if (address.ss_family == AF_INET)
		return ntohs(((struct sockaddr_in *)&address)->sin_port) == port;
	return address.ss_family == AF_INET6 &&
	       ntohs(((struct sockaddr_in6 *)&address)->sin6_port) == port;
}

static struct conn *find(const struct conns *conns, int fd)
{
	struct conn *conn;

	HASH_FIND_INT(conns->table, &fd, conn);
	return conn;
}

static void forget(struct conns *conns, struct conn *conn)
{
	conns->n_suspects -= conn->is_suspect;
	HASH_DEL(conns->table, conn);
	close(conn->own);
	free(conn);
}

void conns_accepted(struct conns *conns, int fd)
{
	struct conn *conn;
	int own;

	if (conns->port == 0)
		return;
	conns_gone(conns, fd);
	own = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	if (own < 0)
		return; /* it is gone already, or descriptors are short: it goes unwatched */
	conn = came_in_at(own, conns->port) ? calloc(1, sizeof(*conn)) : NULL;
	if (conn != NULL) {
		conn->fd = fd;
		conn->own = own;
		HASH_ADD_INT(conns->table, fd, conn);
	}
	if (conn == NULL || conn->hh.tbl == NULL) {
		free(conn);
		close(own);
	}
}

void conns_gone(struct conns *conns, int fd)
{
	struct conn *conn = find(conns, fd);

	if (conn != NULL)
		forget(conns, conn);
}

void conns_spoke(struct conns *conns, int fd)
{
	struct conn *conn = find(conns, fd);

	if (conn != NULL)
		conn->has_spoken = true;
}

static uint64_t received(const struct conn *conn)
{
	struct tcp_info info;
	socklen_t n = sizeof(info);

	memset(&info, 0, sizeof(info));
	return getsockopt(conn->own, IPPROTO_TCP, TCP_INFO, &info, &n) == 0 ?
		       info.tcpi_bytes_received :
		       0;
}

/* Has libzmq had the time to give us a message of it, if there is one? It takes the connections in
 * turns. */
static bool had_its_turn(const struct conns *conns, const struct conn *conn)
{
	return conns->n_dry != conn->n_dry ||
	       conns->n_messages - conn->n_messages >= HASH_COUNT(conns->table);
}

/* True: it was shut. */
static bool look(struct conns *conns, struct conn *conn, uint64_t max)
{
	uint64_t n = received(conn);

	if (conn->is_suspect && !conn->has_spoken) {
		if (!had_its_turn(conns, conn))
			return false;
		LOG_WARN("zsock", "a connection never comes to the end of a message: shut", "bytes",
			 n - conn->excused);
		shutdown(conn->own, SHUT_RDWR);
		return true;
	}
	if (conn->is_suspect) {
		conn->is_suspect = false;
		conns->n_suspects--;
		conn->excused = n;
	}
	conn->excused = conn->excused + BEAT_BYTES < n ? conn->excused + BEAT_BYTES : n;
	if (n - conn->excused > max) {
		conn->is_suspect = true;
		conns->n_suspects++;
		conn->has_spoken = false;
		conn->n_messages = conns->n_messages;
		conn->n_dry = conns->n_dry;
	}
	return false;
}

size_t conns_look(struct conns *conns)
{
	uint64_t max = CONNS_MUTE_ALL_BYTES / (HASH_COUNT(conns->table) + 1);
	struct conn *conn, *after;
	size_t n_shut = 0;

	max = max > CONNS_MUTE_BYTES ? CONNS_MUTE_BYTES : max;
	max = max < CONNS_MUTE_LEAST_BYTES ? CONNS_MUTE_LEAST_BYTES : max;
	HASH_ITER (hh, conns->table, conn, after) {
		if (!look(conns, conn, max))
			continue;
		forget(conns, conn);
		n_shut++;
	}
	return n_shut;
}

void conns_done(struct conns *conns)
{
	struct conn *conn, *after;

	HASH_ITER (hh, conns->table, conn, after)
		forget(conns, conn);
}
