#include "ports/front_private.h"

#include <stdlib.h>
#include <string.h>

static unsigned id_of(const struct front_peer *peer, uint8_t id[FRONT_ID_MAX])
{
	id[0] = (uint8_t)peer->door;
	memcpy(id + 1, peer->routing, peer->n_routing);
	return 1u + peer->n_routing;
}

static struct session *find(const struct front_sessions *sessions, const struct front_peer *peer)
{
	uint8_t id[FRONT_ID_MAX];
	unsigned n = id_of(peer, id);
	struct session *session;

	HASH_FIND(hh, sessions->table, id, n, session);
	return session;
}

static void unfollow(struct front_sessions *sessions, struct session *session)
{
	struct following *following = session->following;

	if (following == NULL)
		return;
	session->following = NULL;
	list_drop(&session->follower);
	if (list_is_empty(&following->sessions)) {
		HASH_DEL(sessions->followings, following);
		free(following);
	}
}

static struct session *add(struct front_sessions *sessions, const struct front_peer *peer)
{
	struct session *session = calloc(1, sizeof(*session));
	unsigned n;

	if (session == NULL)
		return NULL;
	session->peer = *peer;
	list_init(&session->follower);
	n = id_of(peer, session->id);
	HASH_ADD(hh, sessions->table, id, n, session);
	if (session->hh.tbl == NULL) {
		free(session);
		return NULL;
	}
	list_push(&sessions->by_age, &session->age);
	return session;
}

void sessions_init(struct front_sessions *sessions, uint32_t max)
{
	*sessions = (struct front_sessions){ .max = max };
	list_init(&sessions->by_age);
}

void sessions_done(struct front_sessions *sessions)
{
	struct session *session, *after;

	HASH_ITER (hh, sessions->table, session, after)
		sessions_forget(sessions, session);
}

struct session *sessions_touch(struct front_sessions *sessions, const struct front_peer *peer)
{
	struct session *session = find(sessions, peer);

	if (session != NULL && strcmp(session->peer.key, peer->key) != 0) {
		sessions_forget(sessions, session);
		session = NULL;
	}
	if (session == NULL) {
		if (HASH_COUNT(sessions->table) >= sessions->max) {
			sessions->n_forgotten++;
			sessions_forget(sessions,
					CONTAINER_OF(sessions->by_age.next, struct session, age));
		}
		return add(sessions, peer);
	}
	session->peer.is_req = peer->is_req;
	list_drop(&session->age);
	list_push(&sessions->by_age, &session->age);
	return session;
}

struct session *sessions_find(const struct front_sessions *sessions, const struct front_peer *peer)
{
	struct session *session = find(sessions, peer);

	return session != NULL && strcmp(session->peer.key, peer->key) == 0 ? session : NULL;
}

void sessions_forget(struct front_sessions *sessions, struct session *session)
{
	if (session == NULL)
		return;
	unfollow(sessions, session);
	list_drop(&session->age);
	HASH_DEL(sessions->table, session);
	free(session);
}

enum cvn_err sessions_follow(struct front_sessions *sessions, struct session *session,
			     const char *federation)
{
	struct following *following = sessions_following(sessions, federation);

	CVN_REQUIRE(strlen(federation) <= ID_MAX_BYTES);
	if (following != NULL && session->following == following)
		return CVN_OK;
	if (following == NULL) {
		following = calloc(1, sizeof(*following));
		if (following == NULL)
			return CVN_ENOMEM;
		strcpy(following->federation, federation);
		list_init(&following->sessions);
		HASH_ADD_STR(sessions->followings, federation, following);
		if (following->hh.tbl == NULL) {
			free(following);
			return CVN_ENOMEM;
		}
	}
	unfollow(sessions, session);
	session->following = following;
	list_push(&following->sessions, &session->follower);
	return CVN_OK;
}

struct following *sessions_following(const struct front_sessions *sessions, const char *federation)
{
	struct following *following;

	HASH_FIND_STR(sessions->followings, federation, following);
	return following;
}
