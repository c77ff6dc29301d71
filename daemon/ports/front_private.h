/* front_private.h - what front.c, front_updates.c, front_sessions.c and front_unread.c share.
 *
 * Layer     ports; included by those files alone.
 * Thread    loop thread only. */
#pragma once
#include "io/zsock.h"
#include "ports/front.h"
#include "util/id.h"
#include "util/list.h"

/* A failed allocation leaves the table as it was, and the element's hh.tbl NULL. */
#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#define FRONT_DOORS 2
#define FRONT_ID_MAX (1 + 255) /* door and routing id */

/* Every number that the front counts by itself, once. */
/* clang-format off */
#define FRONT_COUNTS(X) \
	X(calls) X(replies) X(outcomes) X(updates) X(updates_unsent) X(bad_frames) X(unvouched) \
	X(gone_peers) X(slow_peers) X(subscriptions) X(refused_subscriptions) X(updates_reopened) \
	X(updates_abused) X(updates_overfull) X(unread_refused) X(unread_ignored)
/* clang-format on */

struct front_counts {
#define X(name) uint64_t name;
	FRONT_COUNTS(X)
#undef X
};

/* Connections that follow one federation. */
struct following {
	char federation[ID_MAX_BYTES + 1];
	struct list_node sessions; /* session::follower */
	UT_hash_handle hh;         /* front_sessions::followings, by federation */
};

struct session {
	uint8_t id[FRONT_ID_MAX]; /* door and routing id */
	struct front_peer peer;
	struct following *following; /* NULL: it follows nobody */
	struct list_node follower;   /* following::sessions */
	struct list_node age;        /* front_sessions::by_age */
	UT_hash_handle hh;           /* front_sessions::table, by id */
};

struct front_sessions {
	struct session *table;
	struct following *followings;
	struct list_node by_age; /* session::age, the one that was silent longest first */
	uint32_t max;
	uint64_t n_forgotten; /* to make room for another */
};

void sessions_init(struct front_sessions *sessions, uint32_t max);
void sessions_done(struct front_sessions *sessions);

/* The session of who just spoke; NULL: out of memory, it hears no outcomes. Another key under the
 * same routing id is another session. O(1). */
struct session *sessions_touch(struct front_sessions *sessions, const struct front_peer *peer);

/* The session of `peer`, if it is there and still has the same key; else NULL. O(1). */
struct session *sessions_find(const struct front_sessions *sessions, const struct front_peer *peer);

/* Forgets one. NULL is fine. */
void sessions_forget(struct front_sessions *sessions, struct session *session);

/* It follows this federation from now on, and no other. CVN_ENOMEM. */
CVN_MUST_CHECK enum cvn_err sessions_follow(struct front_sessions *sessions,
					    struct session *session, const char *federation);

/* Who follows it; NULL: nobody. Lent until the last of them is forgotten. */
struct following *sessions_following(const struct front_sessions *sessions, const char *federation);

/* What each key was sent on all its connections and has not read yet. The entry of one that has
 * read all may go at any time. */
struct unread_of {
	char key[KEYRING_KEY_TEXT];
	struct backlog *backlog;
	UT_hash_handle hh; /* front_unread::table, by key */
};

struct front_unread {
	struct unread_of *table;
	struct backlog *whole; /* of all keys together */
	size_t key_max, whole_max;
	size_t sweep_at; /* so many entries */
};

/* While all together are over their limit, a key has this part of its own: who reads is served. It
 * is also what a key is still told, with BUSY, beyond its limit. */
#define UNREAD_SHARE 16u

enum hearing {
	HEARS,
	LAGS, /* its calls are refused, and it is told nothing unasked */
	DEAF, /* its calls are not even answered */
};

/* CVN_ENOMEM: unread_done() all the same. */
CVN_MUST_CHECK enum cvn_err unread_init(struct front_unread *unread, size_t key_max,
					size_t whole_max);

/* What is on its way stays counted, and is let go as it leaves. */
void unread_done(struct front_unread *unread);

/* What `key` has not read. Lent until another key is asked for. NULL: out of memory. O(1). */
struct backlog *unread_of(struct front_unread *unread, const char *key);

enum hearing unread_hearing(const struct front_unread *unread, const struct backlog *backlog);

/* The socket of the updates, which is closed and bound anew when a key was revoked. */
struct front_updates {
	struct zsock *sock;                /* NULL: none wanted, or not bound again yet */
	struct backlog *unread;            /* what waits in it for any subscriber */
	char endpoint[ZSOCK_ENDPOINT_MAX]; /* as it was bound first; "": none wanted */
	char server_secret[KEYRING_KEY_TEXT];
	struct loop_timer *retry;
	struct loop_task settle;
	bool is_unsettled;      /* a subscription was taken, what came behind it is not read yet */
	size_t n_refused_bytes; /* of topics that libzmq keeps although they were refused */
	uint64_t past[ZSOCK_EVENTS]; /* counts of the sockets before this one */
};

struct front {
	struct loop *loop;       /* borrowed; outlives us */
	struct keyring *keyring; /* borrowed; outlives us */
	front_call_cb on_call;
	bool (*is_programme)(void *arg, const char *programme);
	void *arg;
	uint32_t hwm;
	struct zsock *doors[FRONT_DOORS]; /* NULL: not wanted */
	struct front_updates updates;
	struct front_sessions sessions;
	struct front_unread unread;
	struct front_counts counts;
};

/* Binds the socket of the updates. Errors as zsock_open() and zsock_bind(). */
CVN_MUST_CHECK enum cvn_err front_updates_open(struct front *front, const char *endpoint,
					       const char *server_secret);
void front_updates_close(struct front *front);

/* How often its sockets saw an event. */
uint64_t front_updates_count(const struct front *front, enum zsock_event event);
