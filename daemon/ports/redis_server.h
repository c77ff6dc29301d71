/* redis_server.h - a redis-server of our own: a supervised child on a unix socket in the state
 * folder.
 *
 * Layer     ports: may include io/, util/; included by app only.
 * Thread    loop thread only; opening, which is part of the start, touches files.
 * Limit     one for a folder: a lock on it is held as long as the daemon lives.
 * Not here  speaking to it (store.h, which reconnects by itself).
 *
 *   waiting (an older one still lives) -> running -> resting (died: back-off) -> running … -> ending -> gone */
#pragma once
#include "ports/store.h"
#include "util/err.h"
#include <stdint.h>

struct loop;
struct redis_server; /* opaque */

struct redis_server_options {
	const char *folder;  /* exists; holds redis.{conf,sock,pid,lock} and appendonlydir/ */
	const char *program; /* NULL: redis-server, looked up in PATH */
	enum store_durability durability;
	uint64_t maxmemory_bytes; /* 0: no limit */
	/* Each start and each death that was not asked for; `text` is lent for the call. */
	void (*on_event)(void *arg, const char *text);
	void *arg;
};

/* Locks the folder, writes the configuration, ends a redis-server that an earlier daemon left
 * there, and starts one. It is started anew, with back-off, whenever it dies. `options` is
 * copied. CVN_EBUSY: another daemon holds the folder. CVN_EINVALID: the folder's path is too
 * long for a socket. CVN_ESYS: folder, lock or configuration can't be written; CVN_ENOMEM. */
CVN_MUST_CHECK enum cvn_err redis_server_open(struct loop *loop,
					      const struct redis_server_options *options,
					      struct redis_server **ret_server);

/* Path of its socket; lent until redis_server_close. */
const char *redis_server_socket(const struct redis_server *server);
/* 0 while there is none. */
int64_t redis_server_pid(const struct redis_server *server);

/* Ends the child (TERM, after ten seconds KILL) and gives the folder free; `closed_cb` runs on a
 * later turn, when the child is gone, and `server` is gone with it. */
void redis_server_close(struct redis_server *server, void (*closed_cb)(void *arg), void *arg);
