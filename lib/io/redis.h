/* redis.h - a link to one Redis server: connects, gives up on time, comes back.
 *
 * away -> connecting -> greeting (AUTH, CLIENT SETNAME, ROLE) -> up -> away …
 *
 * Layer     io: hiredis; knows no keys and no Functions.
 * Thread    loop thread only.
 * Limit     `pending_max` commands without a reply; beyond it redis_command() refuses.
 * Not here  what a reply means, which errors are worth repeating, loading of Functions
 *           (ports/store.h). */
#pragma once
#include "io/loop.h"
#include "util/err.h"
#include <hiredis/hiredis.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct redis_link; /* opaque */

/* The link came up (`err` CVN_OK) or went away (CVN_EUNAVAILABLE; also after each failed attempt to
 * connect). `why` is a text for people, lent during the call. When it goes away, the callbacks of
 * all commands under way have run before. Never runs inside redis_link_open() or redis_command().
 * May start commands, and close the link. */
typedef void (*redis_state_cb)(void *arg, enum cvn_err err, const char *why);

/* The answer to a command. CVN_OK: `reply` is lent during the call; it may be of type
 * REDIS_REPLY_ERROR. Else `reply` is NULL and nobody knows whether the command was executed:
 * CVN_EUNAVAILABLE connection lost, CVN_EDEADLINE no answer in time (the link is closed then, and
 * made anew), CVN_ECANCELED redis_link_close(). */
typedef void (*redis_reply_cb)(void *arg, redisReply *reply, enum cvn_err err);

/* All text is copied. */
struct redis_options {
	const char *unix_path; /* either this … */
	const char *host; /* … or a numeric address (to look up a name would block), and a port */
	uint16_t port;
	const char *user;        /* NULL: the default user */
	const char *password;    /* NULL: no AUTH */
	const char *client_name; /* CLIENT SETNAME; no spaces */
	bool must_be_master;     /* a replica is "away" */
	uint32_t connect_ms;     /* to connect and to greet; 0: 2000 */
	uint32_t backoff_min_ms; /* 0: 50 */
	uint32_t backoff_max_ms; /* 0: 2000 */
	uint32_t pending_max;    /* 0: 16384 */
	redis_state_cb on_state; /* may be NULL */
	void *arg;
};

/* Makes a link and starts to connect. CVN_EINVALID bad options, CVN_ENOMEM. */
CVN_MUST_CHECK enum cvn_err redis_link_open(struct loop *loop, const struct redis_options *options,
					    struct redis_link **ret_link);

/* Closes it: commands under way hear CVN_ECANCELED before this returns, nothing is called
 * afterwards. NULL is fine. */
void redis_link_close(struct redis_link *link);

/* Is it up? */
bool redis_link_is_up(const struct redis_link *link);

/* Commands without a reply. */
uint32_t redis_link_pending(const struct redis_link *link);

/* Connects at once instead of at the end of the back-off; for when the server is known to have
 * started. */
void redis_link_hurry(struct redis_link *link);

/* Sends a command; `argv` and `argvlen` are copied. `deadline_ms` is absolute, on the loop's clock,
 * observed to some 20 ms. On CVN_OK `cb(arg, …)` runs exactly once, on a later turn or in
 * redis_link_close(). Else never: CVN_EUNAVAILABLE the link is not up, CVN_EBUSY pending_max,
 * CVN_EDEADLINE already too late, CVN_ENOMEM. Written to the server at the end of the turn,
 * together with all others of the turn. */
CVN_MUST_CHECK enum cvn_err redis_command(struct redis_link *link, int argc,
					  const char *const *argv, const size_t *argvlen,
					  redis_reply_cb cb, void *arg, uint64_t deadline_ms);
