/* In order of time: front_open -> on_message -> (on_call) -> front_reply, front_follow ->
 * front_tell -> front_close */
#include "ports/front.h"
#include "ports/front_private.h"

#include <stdlib.h>
#include <string.h>

#define DEFAULT_SESSIONS_MAX 4096
#define DEFAULT_HWM 1000
#define DEFAULT_UNREAD_MAX ((size_t)16 << 20) /* 64 calls under way, each of a full page: 12 MiB */
#define DEFAULT_UNREAD_ALL_MAX ((size_t)256 << 20)

static enum cvn_err open_doors(struct front *front, const struct front_options *options);
static void on_message(void *arg, struct zsock *sock, const struct zmessage *message);
static void hand_on(struct front *front, const struct front_peer *peer,
		    const struct zframe *payload);
static enum cvn_err send_to(struct front *front, const struct front_peer *peer, enum hearing worst,
			    const void *bytes, size_t n);

static size_t or_default(size_t value, size_t otherwise)
{
	return value != 0 ? value : otherwise;
}

enum cvn_err front_open(struct loop *loop, struct keyring *keyring,
			const struct front_options *options, struct front **ret_front)
{
	struct front *front = calloc(1, sizeof(*front));
	enum cvn_err err;

	CVN_REQUIRE(options->on_call != NULL && options->is_programme != NULL);
	if (front == NULL)
		return CVN_ENOMEM;
	front->loop = loop;
	front->keyring = keyring;
	front->on_call = options->on_call;
	front->is_programme = options->is_programme;
	front->arg = options->arg;
	front->hwm = options->hwm != 0 ? options->hwm : DEFAULT_HWM;
	sessions_init(&front->sessions,
		      options->sessions_max != 0 ? options->sessions_max : DEFAULT_SESSIONS_MAX);
	err = unread_init(&front->unread, or_default(options->unread_max, DEFAULT_UNREAD_MAX),
			  or_default(options->unread_all_max, DEFAULT_UNREAD_ALL_MAX));
	if (err == CVN_OK)
		err = open_doors(front, options);
	if (err == CVN_OK && options->updates_endpoint != NULL)
		err = front_updates_open(front, options->updates_endpoint, options->server_secret);
	if (err != CVN_OK) {
		front_close(front);
		return err;
	}
	*ret_front = front;
	return CVN_OK;
}

static enum cvn_err open_door(struct front *front, enum front_door door, const char *endpoint,
			      const char *server_secret)
{
	struct zsock_options options = { .on_message = on_message,
					 .arg = front,
					 .hwm = front->hwm,
					 .is_monitored = true,
					 .server_secret = server_secret,
					 .zap_domain = door == FRONT_LOCAL ? "local" : "clients" };
	enum cvn_err err = zsock_open(front->loop, ZSOCK_ROUTER, &options, &front->doors[door]);

	return err != CVN_OK ? err : zsock_bind(front->doors[door], endpoint);
}

/* A door without CURVE must be one that the file system guards, and the other way round. */
static enum cvn_err open_doors(struct front *front, const struct front_options *options)
{
	enum cvn_err err = CVN_OK;

	if (options->calls_endpoint != NULL && options->server_secret == NULL)
		return CVN_EINVALID;
	if (options->local_endpoint != NULL && strncmp(options->local_endpoint, "ipc://", 6) != 0)
		return CVN_EINVALID;
	if (options->calls_endpoint != NULL)
		err = open_door(front, FRONT_TCP, options->calls_endpoint, options->server_secret);
	if (err == CVN_OK && options->local_endpoint != NULL)
		err = open_door(front, FRONT_LOCAL, options->local_endpoint, NULL);
	return err;
}

const char *front_calls_endpoint(const struct front *front)
{
	return front->doors[FRONT_TCP] != NULL ? zsock_endpoint(front->doors[FRONT_TCP]) : "";
}

const char *front_updates_endpoint(const struct front *front)
{
	return front->updates.endpoint;
}

void front_pause(struct front *front, bool is_paused)
{
	for (int door = 0; door < FRONT_DOORS; door++) {
		if (front->doors[door] != NULL)
			zsock_pause(front->doors[door], is_paused);
	}
}

/* Routing id and payload from a DEALER; routing id, empty delimiter and payload from a REQ. */
static void on_message(void *arg, struct zsock *sock, const struct zmessage *message)
{
	struct front *front = arg;
	const struct zframe *frames = message->frames;
	const struct zframe *last = &frames[message->n_frames - 1];
	bool has_delimiter = message->n_frames > 2 && frames[1].n == 0;
	bool is_whole = !message->too_many && message->n_frames == (has_delimiter ? 3 : 2);
	struct front_peer peer = { .door = sock == front->doors[FRONT_LOCAL] ? FRONT_LOCAL :
									       FRONT_TCP,
				   .is_req = has_delimiter };

	if (message->user_id == NULL || strlen(message->user_id) >= sizeof(peer.key)) {
		front->counts.unvouched++; /* nobody vouches for it: ZAP was not asked */
		keyring_breached(front->keyring);
		return;
	}
	CVN_REQUIRE(frames[0].n <= sizeof(peer.routing)); /* libzmq's own limit */
	strcpy(peer.key, message->user_id);
	peer.n_routing = (uint8_t)frames[0].n;
	memcpy(peer.routing, frames[0].bytes, frames[0].n);
	sessions_touch(&front->sessions, &peer);
	front->counts.calls++;
	hand_on(front, &peer, is_whole ? last : NULL);
}

/* `payload` NULL: the frames were wrong. */
static void hand_on(struct front *front, const struct front_peer *peer,
		    const struct zframe *payload)
{
	const struct backlog *unread = unread_of(&front->unread, peer->key);
	enum hearing hearing = unread != NULL ? unread_hearing(&front->unread, unread) : DEAF;

	if (hearing == DEAF) {
		front->counts.unread_ignored++;
	} else if (payload == NULL) {
		front->counts.bad_frames++;
		front->on_call(front->arg, peer, (const uint8_t *)"", 0, CVN_EFRAMES);
	} else {
		front->counts.unread_refused += hearing == LAGS;
		front->on_call(front->arg, peer, payload->bytes, payload->n,
			       hearing == LAGS ? CVN_EBUSY : CVN_OK);
	}
}

enum cvn_err front_reply(struct front *front, const struct front_peer *peer, const void *bytes,
			 size_t n)
{
	enum cvn_err err = send_to(front, peer, LAGS, bytes, n);

	if (err == CVN_OK)
		front->counts.replies++;
	return err;
}

/* To who hears no worse than `worst`. A client that is gone or slow is ordinary: counted, and the
 * one that is gone forgotten. */
static enum cvn_err send_to(struct front *front, const struct front_peer *peer, enum hearing worst,
			    const void *bytes, size_t n)
{
	struct zframe frames[3] = { { peer->routing, peer->n_routing } };
	struct backlog *unread = unread_of(&front->unread, peer->key);
	size_t n_frames = 1;
	enum cvn_err err = CVN_ENOMEM;

	if (peer->is_req)
		frames[n_frames++] = (struct zframe){ NULL, 0 };
	frames[n_frames++] = (struct zframe){ bytes, n };
	if (unread != NULL && unread_hearing(&front->unread, unread) <= worst)
		err = zsock_send_counted(front->doors[peer->door], frames, n_frames, unread);
	else if (unread != NULL)
		err = CVN_EBUSY;
	if (err == CVN_EGONE) {
		front->counts.gone_peers++;
		sessions_forget(&front->sessions, sessions_find(&front->sessions, peer));
	} else if (err != CVN_OK) {
		front->counts.slow_peers++;
	}
	return err;
}

enum cvn_err front_follow(struct front *front, const struct front_peer *peer)
{
	const struct principal *principal = keyring_find(front->keyring, peer->key);
	struct session *session;

	if (peer->is_req)
		return CVN_EINVALID;
	if (principal == NULL || principal->role != ROLE_FEDERATION)
		return CVN_EFORBIDDEN;
	session = sessions_touch(&front->sessions, peer);
	return session != NULL ? sessions_follow(&front->sessions, session, principal->subject) :
				 CVN_ENOMEM;
}

/* Is this still one that may hear of the programme, and of the federation where it is one
 * itself? */
static bool may_hear(const struct front *front, const struct session *session,
		     const char *programme, const char *federation)
{
	const struct principal *principal = keyring_find(front->keyring, session->peer.key);

	if (principal == NULL || session->peer.is_req ||
	    !principal_has_programme(principal, programme))
		return false;
	return principal->role != ROLE_FEDERATION || strcmp(principal->subject, federation) == 0;
}

size_t front_tell(struct front *front, const char *programme, const char *federation,
		  const struct front_peer *submitter, const void *bytes, size_t n)
{
	const struct following *following = sessions_following(&front->sessions, federation);
	const struct session *also =
		submitter != NULL ? sessions_find(&front->sessions, submitter) : NULL;
	bool is_last = following == NULL;
	size_t n_told = 0;

	if (also != NULL && (also->following == NULL || also->following != following) &&
	    may_hear(front, also, programme, federation))
		n_told += send_to(front, &also->peer, HEARS, bytes, n) == CVN_OK;
	for (struct list_node *node = is_last ? NULL : following->sessions.next; !is_last;) {
		const struct session *session = CONTAINER_OF(node, struct session, follower);
		struct front_peer peer = session->peer;

		/* Read now: sending forgets who is gone, and the list with the last of them. */
		node = node->next;
		is_last = node == &following->sessions;
		if (may_hear(front, session, programme, federation))
			n_told += send_to(front, &peer, HEARS, bytes, n) == CVN_OK;
	}
	front->counts.outcomes += n_told;
	return n_told;
}

size_t front_unread(const struct front *front)
{
	return backlog_bytes(front->unread.whole);
}

size_t front_sessions(const struct front *front)
{
	return HASH_COUNT(front->sessions.table);
}

/* What the sockets count, all of them together. */
static uint64_t count_of(const struct front *front, enum zsock_event event)
{
	uint64_t n = front_updates_count(front, event);

	for (int door = 0; door < FRONT_DOORS; door++)
		n += front->doors[door] != NULL ? zsock_count(front->doors[door], event) : 0;
	return n;
}

void front_each_count(const struct front *front,
		      void (*fn)(void *arg, const char *name, uint64_t value), void *arg)
{
	const struct keyring_counts *keys = keyring_counts(front->keyring);

#define X(name) fn(arg, #name, front->counts.name);
	FRONT_COUNTS(X)
#undef X
	fn(arg, "forgotten_sessions", front->sessions.n_forgotten);
	fn(arg, "connections", count_of(front, ZSOCK_ACCEPTED));
	fn(arg, "disconnections", count_of(front, ZSOCK_DISCONNECTED));
	fn(arg, "shut_connections", count_of(front, ZSOCK_SHUT));
	fn(arg, "refused_handshakes", count_of(front, ZSOCK_REFUSED));
	fn(arg, "failed_handshakes", count_of(front, ZSOCK_HANDSHAKE_FAILED));
	fn(arg, "keys_admitted", keys->admitted);
	fn(arg, "keys_refused", keys->refused);
	fn(arg, "keys_deferred", keys->deferred);
	fn(arg, "keys_malformed", keys->malformed);
	fn(arg, "keys_proofs", keys->proofs);
	fn(arg, "keys_breaches", keys->breaches);
}

void front_close(struct front *front)
{
	if (front == NULL)
		return;
	for (int door = 0; door < FRONT_DOORS; door++)
		zsock_close(front->doors[door]);
	front_updates_close(front);
	sessions_done(&front->sessions);
	unread_done(&front->unread);
	free(front);
}
