/* In order of time: front_updates_open -> on_subscription -> front_publish … -> front_revoked ->
 * reopen -> on_retry
 *
 * libzmq has no call that drops one subscriber. So when a key that may subscribe is revoked, all
 * are sent away: the socket is closed, and bound again as soon as libzmq's I/O thread has let go of
 * the address.
 *
 * The same is done where libzmq 4.3.4 would subscribe another than who asked. Its manual mode takes
 * the next connection that waits to subscribe at each message that is read: one that is no
 * subscription shifts all behind it, so that a subscription goes to a stranger. And a connection
 * that asked and was gone before we read it is subscribed after it was freed: then libzmq has told,
 * behind the subscription, that it is gone. So before anything is published, all that waits behind a
 * subscription is read (settle).
 *
 * And it is done where subscribers that have stopped hold too much: each keeps what it has not read,
 * up to `hwm` updates, and there is no telling who they are. */
#include "ports/front_private.h"

#include <sodium.h>
#include <string.h>

#include "util/log.h"

#define RETRY_MS 5
#define FRAME_MAX_BYTES 16384 /* a handshake needs 400, a topic 65 */
#define SETTLE_MAX 100000
#define UNREAD_BYTES_MAX ((size_t)64 << 20)
#define REFUSED_BYTES_MAX ((size_t)1 << 20) /* libzmq takes some fifty times as much for them */

static enum cvn_err bind_updates(struct front *front);
static void on_subscription(void *arg, struct zsock *sock, const struct zmessage *message);
static void on_settle(struct loop_task *task);
static bool settle(struct front *front);
static void reopen(struct front *front);
static void on_retry(void *arg);

enum cvn_err front_updates_open(struct front *front, const char *endpoint,
				const char *server_secret)
{
	struct front_updates *u = &front->updates;
	enum cvn_err err;

	if (strlen(endpoint) >= sizeof(u->endpoint) || server_secret == NULL ||
	    strlen(server_secret) >= sizeof(u->server_secret))
		return CVN_EINVALID;
	strcpy(u->endpoint, endpoint);
	strcpy(u->server_secret, server_secret);
	u->settle.run_cb = on_settle;
	err = loop_timer_new(front->loop, on_retry, front, &u->retry);
	if (err == CVN_OK)
		err = bind_updates(front);
	if (err == CVN_OK) /* with the port that it got, which it has to get again */
		snprintf(u->endpoint, sizeof(u->endpoint), "%s", zsock_endpoint(u->sock));
	return err;
}

/* What lingers counts no more. */
static void close_updates(struct front_updates *u)
{
	zsock_close(u->sock);
	backlog_free(u->unread);
	u->sock = NULL;
	u->unread = NULL;
}

static enum cvn_err bind_updates(struct front *front)
{
	struct front_updates *u = &front->updates;
	struct zsock_options options = { .on_message = on_subscription,
					 .arg = front,
					 .hwm = front->hwm,
					 .frame_max_bytes = FRAME_MAX_BYTES,
					 .zap_domain = "updates",
					 .server_secret = u->server_secret,
					 .is_monitored = true,
					 .manual_subscriptions = true };
	enum cvn_err err;

	u->unread = backlog_new(NULL);
	if (u->unread == NULL)
		return CVN_ENOMEM;
	err = zsock_open(front->loop, ZSOCK_XPUB, &options, &u->sock);
	if (err == CVN_OK)
		err = zsock_bind(u->sock, u->endpoint);
	if (err != CVN_OK)
		close_updates(u);
	return err;
}

/* May who sent this hear of the programme? */
static bool may_subscribe(const struct front *front, const char *user_id, const char *programme)
{
	const struct principal *principal = keyring_find(front->keyring, user_id);

	return principal != NULL && principal_reads_programme(principal, programme) &&
	       id_is_valid(programme) && front->is_programme(front->arg, programme);
}

/* Whoever does this is no subscriber: it stays away, the others come again. */
static void abused(struct front *front, const char *user_id, const char *how)
{
	const struct principal *principal = keyring_find(front->keyring, user_id);

	front->counts.updates_abused++;
	LOG_WARN("front", "a subscriber is shut out of the updates", "key",
		 user_id != NULL ? user_id : "", "name", principal != NULL ? principal->name : "",
		 "why", how);
	if (principal != NULL)
		keyring_bar(front->keyring, user_id);
	reopen(front);
}

static void subscribe(struct front *front, struct zsock *sock, const char *user_id,
		      const struct zframe *topic)
{
	struct front_updates *u = &front->updates;
	char programme[ID_MAX_BYTES + 1] = "";

	if (topic->n < sizeof(programme))
		memcpy(programme, topic->bytes, topic->n);
	if (strlen(programme) == topic->n && may_subscribe(front, user_id, programme) &&
	    zsock_subscribe(sock, programme, topic->n) == CVN_OK) {
		front->counts.subscriptions++;
		u->is_unsettled = true;
		loop_defer(front->loop, &u->settle);
		return;
	}
	front->counts.refused_subscriptions++;
	u->n_refused_bytes += topic->n;
	if (u->n_refused_bytes > REFUSED_BYTES_MAX)
		abused(front, user_id, "too many topics that are not for it");
}

/* 1 or 0, then the topic. */
static void on_subscription(void *arg, struct zsock *sock, const struct zmessage *message)
{
	struct front *front = arg;
	const struct zframe *frame = &message->frames[0];
	struct zframe topic;

	if (message->n_frames != 1 || message->too_many || frame->n == 0 || frame->bytes[0] > 1) {
		abused(front, message->user_id, "what it sent is no subscription");
		return;
	}
	topic = (struct zframe){ frame->bytes + 1, frame->n - 1 };
	if (frame->bytes[0] == 1 && message->user_id == NULL) {
		front->counts.unvouched++;
		keyring_breached(front->keyring);
	} else if (frame->bytes[0] == 1) {
		subscribe(front, sock, message->user_id, &topic);
	} else if (message->user_id != NULL) {
		(void)!zsock_unsubscribe(sock, topic.bytes, topic.n);
	} else if (front->updates.is_unsettled) {
		/* A subscriber is gone: perhaps the one that was just subscribed. */
		reopen(front);
	}
	/* Else its subscriptions went with it, and to unsubscribe now would hit another. */
}

/* Reads what waits behind a subscription that was taken. False: there is no socket any more. */
static bool settle(struct front *front)
{
	struct front_updates *u = &front->updates;

	if (u->sock != NULL && u->is_unsettled && !zsock_read_all(u->sock, SETTLE_MAX))
		reopen(front); /* there is no end to it */
	u->is_unsettled = false;
	return u->sock != NULL;
}

static void on_settle(struct loop_task *task)
{
	settle(CONTAINER_OF(task, struct front, updates.settle));
}

void front_publish(struct front *front, const char *programme, const void *bytes, size_t n)
{
	const struct zframe frames[] = { { (const uint8_t *)programme, strlen(programme) },
					 { bytes, n } };

	struct front_updates *u = &front->updates;

	if (settle(front) && zsock_send_counted(u->sock, frames, 2, u->unread) == CVN_OK)
		front->counts.updates++;
	else
		front->counts.updates_unsent++;
	if (u->unread != NULL && backlog_bytes(u->unread) > UNREAD_BYTES_MAX) {
		front->counts.updates_overfull++;
		LOG_WARN("front", "stopped subscribers hold too much: all come anew", "bytes",
			 backlog_bytes(u->unread));
		reopen(front);
	}
}

void front_revoked(struct front *front)
{
	reopen(front);
}

/* At once: not even what is published in this turn may reach one who was revoked. */
static void reopen(struct front *front)
{
	struct front_updates *u = &front->updates;

	if (u->sock == NULL)
		return; /* there is none, or it is being bound anew already */
	for (int event = 0; event < ZSOCK_EVENTS; event++)
		u->past[event] += zsock_count(u->sock, (enum zsock_event)event);
	close_updates(u);
	u->is_unsettled = false;
	u->n_refused_bytes = 0;
	front->counts.updates_reopened++;
	loop_timer_start(u->retry, 0, RETRY_MS);
}

static void on_retry(void *arg)
{
	struct front *front = arg;

	/* Most often CVN_EBUSY: not free yet. All else shows as updates_unsent. */
	if (bind_updates(front) == CVN_OK)
		loop_timer_stop(front->updates.retry);
}

uint64_t front_updates_count(const struct front *front, enum zsock_event event)
{
	const struct front_updates *u = &front->updates;

	return u->past[event] + (u->sock != NULL ? zsock_count(u->sock, event) : 0);
}

void front_updates_close(struct front *front)
{
	loop_timer_free(front->updates.retry);
	loop_defer_cancel(&front->updates.settle);
	close_updates(&front->updates);
	sodium_memzero(front->updates.server_secret, sizeof(front->updates.server_secret));
}
