#include "cli/client.h"
#include "util/buf.h"
#include "util/clock.h"
#include "wire/frame.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

/* Longest wait that a Problem can ask for, and the one where it names none. */
#define RETRY_MAX_MS 5000
#define RETRY_MS 100

struct client {
	void *socket;
	void *monitor;     /* hears how connecting goes */
	struct buf packed; /* scratch: the call on its way out */
	uint64_t last_id;
	uint64_t opened_ms;
	unsigned n_handshakes; /* connections that stood */
	bool is_refused;       /* the daemon refused the key, and has not taken it since */
};

static enum cvn_err set_curve(void *socket, const struct client_address *a)
{
	if (a->server_key == NULL || a->server_key[0] == '\0')
		return CVN_OK;
	if (a->keys == NULL)
		return CVN_EINVALID;
	if (zmq_setsockopt(socket, ZMQ_CURVE_SERVERKEY, a->server_key, strlen(a->server_key) + 1) !=
		    0 ||
	    zmq_setsockopt(socket, ZMQ_CURVE_PUBLICKEY, a->keys->public_key, KEYS_TEXT) != 0 ||
	    zmq_setsockopt(socket, ZMQ_CURVE_SECRETKEY, a->keys->secret_key, KEYS_TEXT) != 0)
		return CVN_EINVALID;
	return CVN_OK;
}

static enum cvn_err set_limits(void *socket)
{
	const int linger_ms = 250, hwm = CLIENT_HWM, reconnect_ms = 50, reconnect_max_ms = 1000,
		  heartbeat_ms = 5000;
	const int64_t max_bytes = CLIENT_REPLY_MAX;

	if (zmq_setsockopt(socket, ZMQ_LINGER, &linger_ms, sizeof(linger_ms)) != 0 ||
	    zmq_setsockopt(socket, ZMQ_SNDHWM, &hwm, sizeof(hwm)) != 0 ||
	    zmq_setsockopt(socket, ZMQ_RCVHWM, &hwm, sizeof(hwm)) != 0 ||
	    zmq_setsockopt(socket, ZMQ_RECONNECT_IVL, &reconnect_ms, sizeof(reconnect_ms)) != 0 ||
	    zmq_setsockopt(socket, ZMQ_RECONNECT_IVL_MAX, &reconnect_max_ms,
			   sizeof(reconnect_max_ms)) != 0 ||
	    zmq_setsockopt(socket, ZMQ_HEARTBEAT_IVL, &heartbeat_ms, sizeof(heartbeat_ms)) != 0 ||
	    zmq_setsockopt(socket, ZMQ_MAXMSGSIZE, &max_bytes, sizeof(max_bytes)) != 0)
		return CVN_ESYS;
	return CVN_OK;
}

/* The monitor has to listen before the socket connects, or it misses the first events. */
static enum cvn_err open_monitor(void *zmq, struct client *c)
{
	const int events = ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH;
	const int linger_ms = 0;
	char endpoint[64];

	snprintf(endpoint, sizeof(endpoint), "inproc://monitor-%p", (void *)c);
	c->monitor = zmq_socket(zmq, ZMQ_PAIR);
	if (c->monitor == NULL)
		return CVN_ESYS;
	zmq_setsockopt(c->monitor, ZMQ_LINGER, &linger_ms, sizeof(linger_ms));
	if (zmq_socket_monitor(c->socket, endpoint, events) != 0 ||
	    zmq_connect(c->monitor, endpoint) != 0)
		return CVN_ESYS;
	return CVN_OK;
}

enum cvn_err client_open(void *zmq, const struct client_address *address, struct client **ret)
{
	struct client *c = calloc(1, sizeof(*c));
	enum cvn_err err;

	if (c == NULL)
		return CVN_ENOMEM;
	buf_init(&c->packed, CLIENT_REPLY_MAX);
	c->opened_ms = clock_ms();
	c->socket = zmq_socket(zmq, ZMQ_DEALER);
	err = c->socket != NULL ? set_limits(c->socket) : CVN_ESYS;
	if (err == CVN_OK)
		err = set_curve(c->socket, address);
	if (err == CVN_OK)
		err = open_monitor(zmq, c);
	if (err == CVN_OK && zmq_connect(c->socket, address->endpoint) != 0)
		err = CVN_EINVALID;
	if (err != CVN_OK) {
		client_close(c);
		return err;
	}
	*ret = c;
	return CVN_OK;
}

void client_close(struct client *c)
{
	if (c == NULL)
		return;
	if (c->socket != NULL) {
		zmq_socket_monitor(c->socket, NULL, 0);
		zmq_close(c->socket);
	}
	if (c->monitor != NULL)
		zmq_close(c->monitor);
	buf_done(&c->packed);
	free(c);
}

void *client_socket(struct client *c)
{
	return c->socket;
}

enum cvn_err client_send(struct client *c, Convene__V1__Call *call, int64_t deadline_ms,
			 uint64_t *ret_id)
{
	enum cvn_err err;

	call->has_protocol = call->has_id = call->has_deadline_ms = 1;
	call->protocol = 1;
	call->id = c->last_id + 1;
	call->deadline_ms = deadline_ms;
	buf_reset(&c->packed);
	err = frame_encode_to(&call->base, &c->packed);
	if (err != CVN_OK)
		return err;
	if (zmq_send(c->socket, c->packed.bytes, c->packed.n, ZMQ_DONTWAIT) < 0)
		return errno == EAGAIN || errno == EINTR ? CVN_EBUSY : CVN_ESYS;
	*ret_id = ++c->last_id;
	return CVN_OK;
}

/* Takes the frames behind the first one off; convened never sends any. */
static void skip_frames(void *socket, zmq_msg_t *frame)
{
	while (zmq_msg_more(frame)) {
		if (zmq_msg_recv(frame, socket, ZMQ_DONTWAIT) < 0)
			return;
	}
}

enum cvn_err client_receive(struct client *c, struct arena *arena, Convene__V1__Reply **ret)
{
	struct frame_fault fault;
	ProtobufCMessage *message = NULL;
	enum cvn_err err;
	zmq_msg_t frame;

	zmq_msg_init(&frame);
	if (zmq_msg_recv(&frame, c->socket, ZMQ_DONTWAIT) < 0) {
		err = errno == EAGAIN || errno == EINTR ? CVN_OK : CVN_ESYS;
	} else {
		err = frame_decode(&convene__v1__reply__descriptor, zmq_msg_data(&frame),
				   zmq_msg_size(&frame), &FRAME_LIMITS_PAGE, arena, &message,
				   &fault);
		skip_frames(c->socket, &frame);
	}
	zmq_msg_close(&frame);
	if (err == CVN_OK)
		*ret = (Convene__V1__Reply *)message;
	return err;
}

/* One event is two frames: 16 bits of number and 32 of value, then the address. */
static void on_event(struct client *c, const uint8_t *bytes, size_t n)
{
	uint16_t event;
	uint32_t value;

	if (n < sizeof(event) + sizeof(value))
		return;
	memcpy(&event, bytes, sizeof(event));
	memcpy(&value, bytes + sizeof(event), sizeof(value));
	switch (event) {
	case ZMQ_EVENT_HANDSHAKE_SUCCEEDED:
		c->n_handshakes++;
		c->is_refused = false;
		break;
	case ZMQ_EVENT_HANDSHAKE_FAILED_AUTH:
		c->is_refused = value >= 400; /* 300: try later */
		break;
	default:
		break;
	}
}

static void read_events(struct client *c)
{
	zmq_msg_t frame;

	zmq_msg_init(&frame);
	while (zmq_msg_recv(&frame, c->monitor, ZMQ_DONTWAIT) >= 0) {
		on_event(c, zmq_msg_data(&frame), zmq_msg_size(&frame));
		skip_frames(c->monitor, &frame);
	}
	zmq_msg_close(&frame);
}

enum cvn_err client_state(struct client *c)
{
	read_events(c);
	if (c->is_refused)
		return CVN_EFORBIDDEN;
	if (c->n_handshakes > 0)
		return CVN_OK;
	return clock_ms() - c->opened_ms > CLIENT_CONNECT_MS ? CVN_EUNAVAILABLE : CVN_EBUSY;
}

unsigned client_lives(const struct client *c)
{
	return c->n_handshakes;
}

bool client_was_lost(const struct client *c, unsigned lives)
{
	return c->n_handshakes >
	       (lives > 0 ? lives : 1); /* sent before the first: it was only queued */
}

/* Waits for a reply to `id`. CVN_EGONE: the connection it was sent on is gone. */
static enum cvn_err await(struct client *c, uint64_t id, uint64_t end_ms, struct arena *arena,
			  Convene__V1__Reply **ret)
{
	const unsigned lives = c->n_handshakes;

	for (;;) {
		zmq_pollitem_t items[] = {
			{ .socket = c->socket, .events = ZMQ_POLLIN },
			{ .socket = c->monitor, .events = ZMQ_POLLIN },
		};
		const uint64_t now_ms = clock_ms();
		Convene__V1__Reply *reply = NULL;
		enum cvn_err err;

		if (now_ms >= end_ms)
			return client_state(c) == CVN_OK ? CVN_EDEADLINE : CVN_EUNAVAILABLE;
		/* at most a second: that nobody answers there shows by no event */
		zmq_poll(items, 2, (long)(end_ms - now_ms < 1000 ? end_ms - now_ms : 1000));
		err = client_state(c);
		if (err != CVN_OK && err != CVN_EBUSY)
			return err;
		if (client_was_lost(c, lives))
			return CVN_EGONE;
		err = client_receive(c, arena, &reply);
		if (err != CVN_OK)
			return err;
		if (reply != NULL && reply->id == id) {
			*ret = reply;
			return CVN_OK;
		}
	}
}

/* How long the reply asks to wait; 0: it is final. */
static int64_t wait_asked(const Convene__V1__Reply *reply)
{
	const Convene__V1__Problem *problem;

	if (reply->of_case != CONVENE__V1__REPLY__OF_PROBLEM)
		return 0;
	problem = reply->problem;
	if (problem->code == NULL ||
	    (strcmp(problem->code, "BUSY") != 0 && strcmp(problem->code, "UNAVAILABLE") != 0))
		return 0;
	if (!problem->has_retry_after_ms || problem->retry_after_ms <= 0)
		return RETRY_MS;
	return problem->retry_after_ms < RETRY_MAX_MS ? problem->retry_after_ms : RETRY_MAX_MS;
}

enum cvn_err client_call(struct client *c, Convene__V1__Call *call, int64_t timeout_ms,
			 struct arena *arena, Convene__V1__Reply **ret)
{
	const uint64_t end_ms = clock_ms() + (uint64_t)timeout_ms;

	for (;;) {
		const uint64_t now_ms = clock_ms();
		Convene__V1__Reply *reply = NULL;
		int64_t wait_ms;
		enum cvn_err err;
		uint64_t id;

		if (now_ms >= end_ms)
			return CVN_EDEADLINE;
		err = client_send(c, call, (int64_t)(end_ms - now_ms), &id);
		if (err == CVN_OK)
			err = await(c, id, end_ms, arena, &reply);
		if (err == CVN_EGONE)
			continue;
		if (err != CVN_OK)
			return err;
		wait_ms = wait_asked(reply);
		if (wait_ms == 0 || clock_ms() + (uint64_t)wait_ms >= end_ms) {
			*ret = reply;
			return CVN_OK;
		}
		zmq_poll(NULL, 0, (long)wait_ms);
	}
}
