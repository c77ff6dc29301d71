/* In order of time: front_updates_open -> on_subscription -> front_publish … -> front_revoked ->
 * on_retry
 *
 * libzmq has no call that drops one subscriber. So when a key that may subscribe is revoked, all
 * are sent away: the socket is closed, and bound again as soon as libzmq's I/O thread has let go of
 * the address. */
#include "ports/front_private.h"

#include <sodium.h>
#include <string.h>

#define RETRY_MS 5

static enum cvn_err bind_updates(struct front *front);
static void on_subscription(void *arg, struct zsock *sock, const struct zmessage *message);
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
	err = loop_timer_new(front->loop, on_retry, front, &u->retry);
	if (err == CVN_OK)
		err = bind_updates(front);
	if (err == CVN_OK) /* with the port that it got, which it has to get again */
		snprintf(u->endpoint, sizeof(u->endpoint), "%s", zsock_endpoint(u->sock));
	return err;
}

static enum cvn_err bind_updates(struct front *front)
{
	struct front_updates *u = &front->updates;
	struct zsock_options options = { .on_message = on_subscription,
					 .arg = front,
					 .hwm = front->hwm,
					 .zap_domain = "updates",
					 .server_secret = u->server_secret,
					 .is_monitored = true,
					 .manual_subscriptions = true };
	enum cvn_err err = zsock_open(front->loop, ZSOCK_XPUB, &options, &u->sock);

	if (err != CVN_OK)
		return err;
	err = zsock_bind(u->sock, u->endpoint);
	if (err != CVN_OK) {
		zsock_close(u->sock);
		u->sock = NULL;
	}
	return err;
}

/* May who sent this hear of the programme? */
static bool may_subscribe(const struct front *front, const char *user_id, const char *programme)
{
	const struct principal *principal = keyring_find(front->keyring, user_id);

	return principal != NULL && principal_reads_programme(principal, programme) &&
	       id_is_valid(programme) && front->is_programme(front->arg, programme);
}

/* 1 or 0, then the topic; whatever else subscribers send is not for us. */
static void on_subscription(void *arg, struct zsock *sock, const struct zmessage *message)
{
	struct front *front = arg;
	const struct zframe *frame = &message->frames[0];
	char programme[ID_MAX_BYTES + 1] = "";

	if (message->n_frames != 1 || message->too_many || frame->n == 0 || frame->bytes[0] > 1)
		return;
	/* Without a user it says that a subscriber is gone. Its subscriptions went with it, and
	 * to unsubscribe now would hit another. */
	if (frame->bytes[0] == 0) {
		if (message->user_id != NULL)
			(void)!zsock_unsubscribe(sock, frame->bytes + 1, frame->n - 1);
		return;
	}
	if (message->user_id == NULL) {
		front->counts.unvouched++;
		keyring_breached(front->keyring);
		return;
	}
	if (frame->n - 1 < sizeof(programme))
		memcpy(programme, frame->bytes + 1, frame->n - 1);
	if (strlen(programme) == frame->n - 1 &&
	    may_subscribe(front, message->user_id, programme) &&
	    zsock_subscribe(sock, programme, strlen(programme)) == CVN_OK)
		front->counts.subscriptions++;
	else
		front->counts.refused_subscriptions++;
}

void front_publish(struct front *front, const char *programme, const void *bytes, size_t n)
{
	const struct zframe frames[] = { { (const uint8_t *)programme, strlen(programme) },
					 { bytes, n } };

	if (front->updates.sock != NULL && zsock_send(front->updates.sock, frames, 2) == CVN_OK)
		front->counts.updates++;
	else
		front->counts.updates_unsent++;
}

/* At once: not even what is published in this turn may reach the one who was revoked. */
void front_revoked(struct front *front)
{
	struct front_updates *u = &front->updates;

	if (u->sock == NULL)
		return; /* there is none, or it is being bound anew already */
	for (int event = 0; event < ZSOCK_EVENTS; event++)
		u->past[event] += zsock_count(u->sock, (enum zsock_event)event);
	zsock_close(u->sock);
	u->sock = NULL;
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
	zsock_close(front->updates.sock);
	sodium_memzero(front->updates.server_secret, sizeof(front->updates.server_secret));
}
