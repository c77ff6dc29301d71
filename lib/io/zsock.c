/* In order of time: zsock_open -> zsock_bind -> is_ready -> serve -> receive -> on_message … ->
 * zsock_close
 *
 * ZMQ_FD is edge-triggered and shared by both directions: a send can swallow the edge of a message
 * that has arrived. So its callback only notes that the socket is to be asked, each call on the
 * socket notes the same, and ZMQ_EVENTS is asked before the loop waits, until it says that nothing
 * is there. */
#include "io/zsock.h"
#include "io/zsock_conns.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <uv.h>
#include <zmq.h>

#define DEFAULT_HWM 1000
#define DEFAULT_FRAME_MAX (1024 * 1024)
#define DEFAULT_HANDSHAKE_MS 5000
#define DEFAULT_HEARTBEAT_MS 5000
#define DEFAULT_LINGER_MS 500
#define SEND_BUFFER_BYTES (256 * 1024) /* the system takes twice that: 3 MB/s at 150 ms */
#define RECONNECT_MS 100
#define RECONNECT_MAX_MS 1000
#define MONITOR_HWM 100000 /* beyond it libzmq's I/O thread would wait for us */
#define MONITORED \
	(ZMQ_EVENT_CONNECTED | ZMQ_EVENT_ACCEPTED | ZMQ_EVENT_DISCONNECTED | \
	 ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL | \
	 ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH)

/* One libzmq socket and what watches it; a zsock has one, and one more for its monitor. */
struct port {
	void *socket;
	uv_poll_t poll;
	struct loop_source source;
	struct zsock *owner;
	bool may_be_ready; /* ZMQ_EVENTS has to be asked */
};

struct zsock {
	struct loop *loop; /* borrowed; outlives us */
	zsock_message_cb on_message;
	zsock_event_cb on_event;
	void *arg;
	struct port main;
	struct port monitor; /* socket NULL: not monitored */
	bool is_paused;
	bool is_closed; /* freed when libuv has let go of the last handle */
	uint32_t n_handles;
	uint64_t counts[ZSOCK_EVENTS];
	struct conns conns;      /* is_monitored, and bound to TCP */
	struct loop_timer *look; /* NULL: not monitored */
	char endpoint[ZSOCK_ENDPOINT_MAX];
};

static enum cvn_err set_options(void *socket, enum zsock_type type, const struct zsock_options *o);
static enum cvn_err set_keys(void *socket, const struct zsock_options *o);
static enum cvn_err watch(struct zsock *sock, struct port *port,
			  void (*serve)(struct loop_source *));
static enum cvn_err open_monitor(struct zsock *sock);
static void on_fd(uv_poll_t *poll, int status, int events);
static bool is_ready(struct loop_source *source);
static void serve(struct loop_source *source);
static bool receive(struct zsock *sock);
static void serve_monitor(struct loop_source *source);
static bool receive_event(struct zsock *sock);
static void on_look(void *arg);

static enum cvn_err error_of(int error_number)
{
	switch (error_number) {
	case EADDRINUSE:
	case EAGAIN:
		return CVN_EBUSY;
	case EHOSTUNREACH:
		return CVN_EGONE;
	case EINVAL:
	case EPROTONOSUPPORT:
	case ENOCOMPATPROTO:
	case ENODEV:
	case EADDRNOTAVAIL:
	case ENAMETOOLONG:
		return CVN_EINVALID;
	case ENOMEM:
		return CVN_ENOMEM;
	default:
		return CVN_ESYS;
	}
}

enum cvn_err zsock_open(struct loop *loop, enum zsock_type type,
			const struct zsock_options *options, struct zsock **ret_sock)
{
	static const int TYPES[] = {
		[ZSOCK_ROUTER] = ZMQ_ROUTER, [ZSOCK_DEALER] = ZMQ_DEALER, [ZSOCK_XPUB] = ZMQ_XPUB,
		[ZSOCK_SUB] = ZMQ_SUB,       [ZSOCK_REP] = ZMQ_REP,       [ZSOCK_REQ] = ZMQ_REQ,
	};
	struct zsock *sock = calloc(1, sizeof(*sock));
	enum cvn_err err;

	if (sock == NULL)
		return CVN_ENOMEM;
	sock->loop = loop;
	sock->on_message = options->on_message;
	sock->on_event = options->on_event;
	sock->arg = options->arg;
	sock->main.socket = zmq_socket(loop_zmq(loop), TYPES[type]);
	if (sock->main.socket == NULL) {
		free(sock);
		return CVN_ESYS;
	}
	err = set_options(sock->main.socket, type, options);
	if (err == CVN_OK)
		err = watch(sock, &sock->main, serve);
	if (err == CVN_OK && options->is_monitored)
		err = open_monitor(sock);
	if (err != CVN_OK) {
		zsock_close(sock);
		return err;
	}
	*ret_sock = sock;
	return CVN_OK;
}

static bool set_int(void *socket, int option, uint64_t value)
{
	int as_int = (int)value;

	return zmq_setsockopt(socket, option, &as_int, sizeof(as_int)) == 0;
}

static bool set_text(void *socket, int option, const char *text)
{
	return zmq_setsockopt(socket, option, text, strlen(text)) == 0;
}

static uint64_t or_default(uint64_t value, uint64_t otherwise)
{
	return value != 0 ? value : otherwise;
}

static enum cvn_err set_options(void *socket, enum zsock_type type, const struct zsock_options *o)
{
	uint64_t beat_ms = or_default(o->heartbeat_ms, DEFAULT_HEARTBEAT_MS);
	uint64_t hwm = or_default(o->hwm, DEFAULT_HWM);
	int64_t frame_max = (int64_t)or_default(o->frame_max_bytes, DEFAULT_FRAME_MAX);
	bool ok = zmq_setsockopt(socket, ZMQ_MAXMSGSIZE, &frame_max, sizeof(frame_max)) == 0;

	ok = ok && set_int(socket, ZMQ_SNDHWM, hwm) && set_int(socket, ZMQ_RCVHWM, hwm);
	ok = ok && set_int(socket, ZMQ_SNDBUF, SEND_BUFFER_BYTES);
	ok = ok && set_int(socket, ZMQ_LINGER, or_default(o->linger_ms, DEFAULT_LINGER_MS));
	ok = ok &&
	     set_int(socket, ZMQ_HANDSHAKE_IVL, or_default(o->handshake_ms, DEFAULT_HANDSHAKE_MS));
	ok = ok && set_int(socket, ZMQ_HEARTBEAT_IVL, beat_ms);
	ok = ok && set_int(socket, ZMQ_HEARTBEAT_TIMEOUT, 3 * beat_ms);
	ok = ok && set_int(socket, ZMQ_HEARTBEAT_TTL, 3 * beat_ms);
	ok = ok && set_int(socket, ZMQ_RECONNECT_IVL, RECONNECT_MS);
	ok = ok && set_int(socket, ZMQ_RECONNECT_IVL_MAX, RECONNECT_MAX_MS);
	if (type == ZSOCK_ROUTER) /* else what is for somebody unknown vanishes without a word */
		ok = ok && set_int(socket, ZMQ_ROUTER_MANDATORY, 1);
	if (o->manual_subscriptions)
		ok = ok && set_int(socket, ZMQ_XPUB_MANUAL, 1);
	if (o->zap_domain != NULL)
		ok = ok && set_text(socket, ZMQ_ZAP_DOMAIN, o->zap_domain);
	if (o->routing_id != NULL)
		ok = ok && set_text(socket, ZMQ_ROUTING_ID, o->routing_id);
	return ok ? set_keys(socket, o) : CVN_EINVALID;
}

static enum cvn_err set_keys(void *socket, const struct zsock_options *o)
{
	bool ok = true;

	if (o->server_secret != NULL) {
		if (o->zap_domain == NULL) /* would let everybody in */
			return CVN_EINVALID;
		ok = set_int(socket, ZMQ_CURVE_SERVER, 1) &&
		     set_text(socket, ZMQ_CURVE_SECRETKEY, o->server_secret);
	} else if (o->server_public != NULL) {
		if (o->client_public == NULL || o->client_secret == NULL)
			return CVN_EINVALID;
		ok = set_text(socket, ZMQ_CURVE_SERVERKEY, o->server_public) &&
		     set_text(socket, ZMQ_CURVE_PUBLICKEY, o->client_public) &&
		     set_text(socket, ZMQ_CURVE_SECRETKEY, o->client_secret);
	}
	return ok ? CVN_OK : CVN_EINVALID;
}

static enum cvn_err watch(struct zsock *sock, struct port *port,
			  void (*serve_cb)(struct loop_source *))
{
	size_t size = sizeof(int);
	int fd;

	if (zmq_getsockopt(port->socket, ZMQ_FD, &fd, &size) != 0)
		return CVN_ESYS;
	if (uv_poll_init(loop_uv(sock->loop), &port->poll, fd) != 0)
		return CVN_ESYS;
	sock->n_handles++;
	port->owner = sock;
	port->may_be_ready = true;
	port->source.is_ready_cb = is_ready;
	port->source.serve_cb = serve_cb;
	loop_source_add(sock->loop, &port->source);
	/* Readable only, also for who waits to write: that is how ZMQ_FD speaks. */
	return uv_poll_start(&port->poll, UV_READABLE, on_fd) == 0 ? CVN_OK : CVN_ESYS;
}

static enum cvn_err open_monitor(struct zsock *sock)
{
	char name[64];
	enum cvn_err err;

	snprintf(name, sizeof(name), "inproc://monitor-%p", (void *)sock);
	if (zmq_socket_monitor(sock->main.socket, name, MONITORED) != 0)
		return error_of(errno);
	sock->monitor.socket = zmq_socket(loop_zmq(sock->loop), ZMQ_PAIR);
	if (sock->monitor.socket == NULL)
		return CVN_ESYS;
	if (!set_int(sock->monitor.socket, ZMQ_RCVHWM, MONITOR_HWM) ||
	    !set_int(sock->monitor.socket, ZMQ_LINGER, 0) ||
	    zmq_connect(sock->monitor.socket, name) != 0)
		return error_of(errno);
	err = loop_timer_new(sock->loop, on_look, sock, &sock->look);
	return err != CVN_OK ? err : watch(sock, &sock->monitor, serve_monitor);
}

/* From its first TCP endpoint on. */
static void watch_connections(struct zsock *sock)
{
	const char *port = strrchr(sock->endpoint, ':');

	if (sock->look == NULL || strncmp(sock->endpoint, "tcp://", 6) != 0)
		return;
	sock->conns.port = (uint16_t)atoi(port + 1);
	loop_timer_start(sock->look, CONNS_LOOK_MS, CONNS_LOOK_MS);
}

static void on_look(void *arg)
{
	struct zsock *sock = arg;

	sock->counts[ZSOCK_SHUT] += conns_look(&sock->conns);
	sock->main.may_be_ready = true; /* so that it shows whether there is anything to read */
}

enum cvn_err zsock_bind(struct zsock *sock, const char *endpoint)
{
	size_t size = sizeof(sock->endpoint);
	mode_t mask;
	int rc;

	if (strchr(endpoint, '[') != NULL && !set_int(sock->main.socket, ZMQ_IPV6, 1))
		return CVN_ESYS;
	/* The file of an ipc endpoint is made in there: its mode must be right at once. */
	mask = umask(0177);
	rc = zmq_bind(sock->main.socket, endpoint);
	umask(mask);
	sock->main.may_be_ready = true;
	if (rc != 0)
		return error_of(errno);
	if (zmq_getsockopt(sock->main.socket, ZMQ_LAST_ENDPOINT, sock->endpoint, &size) != 0)
		return error_of(errno);
	watch_connections(sock);
	return CVN_OK;
}

enum cvn_err zsock_connect(struct zsock *sock, const char *endpoint)
{
	if (strchr(endpoint, '[') != NULL && !set_int(sock->main.socket, ZMQ_IPV6, 1))
		return CVN_ESYS;
	sock->main.may_be_ready = true;
	return zmq_connect(sock->main.socket, endpoint) == 0 ? CVN_OK : error_of(errno);
}

const char *zsock_endpoint(const struct zsock *sock)
{
	return sock->endpoint;
}

static void on_fd(uv_poll_t *poll, int status, int events)
{
	struct port *port = CONTAINER_OF(poll, struct port, poll);

	(void)events;
	port->may_be_ready = true;
	/* After an error libuv has stopped the handle; one of libzmq's does not last. */
	if (status < 0 && !port->owner->is_closed)
		uv_poll_start(poll, UV_READABLE, on_fd);
}

static bool is_ready(struct loop_source *source)
{
	struct port *port = CONTAINER_OF(source, struct port, source);
	size_t size = sizeof(int);
	int events;

	if (!port->may_be_ready)
		return false;
	if (zmq_getsockopt(port->socket, ZMQ_EVENTS, &events, &size) != 0)
		return false;
	port->may_be_ready = (events & ZMQ_POLLIN) != 0;
	if (port == &port->owner->main && !port->may_be_ready)
		port->owner->conns.n_dry++;
	return port->may_be_ready && !(port->owner->is_paused && port == &port->owner->main);
}

static void serve(struct loop_source *source)
{
	struct zsock *sock = CONTAINER_OF(source, struct port, source)->owner;

	for (uint32_t n = 0; n < LOOP_BATCH && !sock->is_paused; n++) {
		if (!receive(sock) || sock->is_closed)
			return;
	}
}

bool zsock_read_all(struct zsock *sock, uint32_t n_max)
{
	for (uint32_t n = 0; n < n_max; n++) {
		if (!receive(sock) || sock->is_closed)
			return true;
	}
	return false;
}

/* Reads frames to the end of the message, keeping at most ZSOCK_FRAMES. False: there was no
 * message. */
static bool read_frames(void *socket, zmq_msg_t *msgs, struct zmessage *message)
{
	zmq_msg_t rest;
	bool more = true;
	bool is_whole = true;

	message->n_frames = 0;
	message->too_many = false;
	while (more) {
		zmq_msg_t *msg =
			message->n_frames < ZSOCK_FRAMES ? &msgs[message->n_frames] : &rest;

		zmq_msg_init(msg);
		if (zmq_msg_recv(msg, socket, ZMQ_DONTWAIT) < 0) {
			zmq_msg_close(msg);
			is_whole = false; /* nothing there: libzmq gives whole messages only */
			break;
		}
		more = zmq_msg_more(msg) != 0;
		if (msg == &rest) {
			message->too_many = true;
			zmq_msg_close(&rest);
		} else {
			message->n_frames++;
		}
	}
	return is_whole;
}

static bool receive(struct zsock *sock)
{
	zmq_msg_t msgs[ZSOCK_FRAMES];
	struct zframe frames[ZSOCK_FRAMES];
	struct zmessage message = { .frames = frames };
	bool is_whole = read_frames(sock->main.socket, msgs, &message);

	sock->conns.n_messages += is_whole;
	if (is_whole && sock->conns.n_suspects > 0)
		conns_spoke(&sock->conns, zmq_msg_get(&msgs[message.n_frames - 1], ZMQ_SRCFD));
	if (is_whole && sock->on_message != NULL) {
		for (size_t i = 0; i < message.n_frames; i++) {
			frames[i].bytes = zmq_msg_data(&msgs[i]);
			frames[i].n = zmq_msg_size(&msgs[i]);
		}
		/* Never from frame 0 of a ROUTER, which has no metadata after ZMQ_EVENTS. */
		message.user_id = zmq_msg_gets(&msgs[message.n_frames - 1], "User-Id");
		sock->on_message(sock->arg, sock, &message);
	}
	for (size_t i = 0; i < message.n_frames; i++)
		zmq_msg_close(&msgs[i]);
	return is_whole;
}

static void serve_monitor(struct loop_source *source)
{
	struct zsock *sock = CONTAINER_OF(source, struct port, source)->owner;

	for (uint32_t n = 0; n < LOOP_BATCH; n++) {
		if (!receive_event(sock) || sock->is_closed)
			return;
	}
}

static enum zsock_event event_of(uint16_t number)
{
	switch (number) {
	case ZMQ_EVENT_CONNECTED:
		return ZSOCK_CONNECTED;
	case ZMQ_EVENT_ACCEPTED:
		return ZSOCK_ACCEPTED;
	case ZMQ_EVENT_HANDSHAKE_SUCCEEDED:
		return ZSOCK_HANDSHAKE_OK;
	case ZMQ_EVENT_HANDSHAKE_FAILED_AUTH:
		return ZSOCK_REFUSED;
	case ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL:
	case ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL:
		return ZSOCK_HANDSHAKE_FAILED;
	case ZMQ_EVENT_DISCONNECTED:
		return ZSOCK_DISCONNECTED;
	default:
		return ZSOCK_EVENTS;
	}
}

/* Two frames: number (16 bits) and value, in the byte order of this machine; then the endpoint. */
static bool receive_event(struct zsock *sock)
{
	zmq_msg_t msgs[ZSOCK_FRAMES];
	struct zmessage message = { .frames = NULL };
	enum zsock_event event = ZSOCK_EVENTS;
	struct {
		uint16_t number;
		uint32_t value; /* of those that are used here: the descriptor */
	} __attribute__((packed)) what;

	if (!read_frames(sock->monitor.socket, msgs, &message))
		return false;
	if (zmq_msg_size(&msgs[0]) == sizeof(what)) {
		memcpy(&what, zmq_msg_data(&msgs[0]), sizeof(what));
		event = event_of(what.number);
	}
	for (size_t i = 0; i < message.n_frames; i++)
		zmq_msg_close(&msgs[i]);
	if (event == ZSOCK_EVENTS)
		return true;
	if (event == ZSOCK_ACCEPTED)
		conns_accepted(&sock->conns, (int)what.value);
	else if (event == ZSOCK_DISCONNECTED)
		conns_gone(&sock->conns, (int)what.value);
	sock->counts[event]++;
	if (sock->on_event != NULL)
		sock->on_event(sock->arg, sock, event);
	return true;
}

/* `last` is sent in place of the last frame; NULL: that one is copied as well. */
static enum cvn_err send_frames(struct zsock *sock, const struct zframe *frames, size_t n_frames,
				zmq_msg_t *last)
{
	enum cvn_err err = CVN_OK;

	sock->main.may_be_ready = true; /* sending may have swallowed an edge */
	for (size_t i = 0; i < n_frames; i++) {
		bool is_last = i + 1 == n_frames;
		int flags = ZMQ_DONTWAIT | (is_last ? 0 : ZMQ_SNDMORE);
		int rc = is_last && last != NULL ?
				 zmq_msg_send(last, sock->main.socket, flags) :
				 zmq_send(sock->main.socket, frames[i].bytes, frames[i].n, flags);

		if (rc >= 0)
			continue;
		err = error_of(errno);
		if (i == 0)
			return err;
		/* The pipe went half way: libzmq drops the rest, which it must still see. */
	}
	return err;
}

enum cvn_err zsock_send(struct zsock *sock, const struct zframe *frames, size_t n_frames)
{
	return send_frames(sock, frames, n_frames, NULL);
}

enum cvn_err zsock_send_counted(struct zsock *sock, const struct zframe *frames, size_t n_frames,
				struct backlog *backlog)
{
	const struct zframe *last = &frames[n_frames - 1];
	struct parcel *parcel = parcel_new(backlog, last->bytes, last->n);
	enum cvn_err err;
	zmq_msg_t msg;

	if (parcel == NULL)
		return CVN_ENOMEM;
	if (zmq_msg_init_data(&msg, parcel_bytes(parcel), last->n, parcel_left, parcel) != 0) {
		parcel_left(NULL, parcel);
		return CVN_ENOMEM;
	}
	err = send_frames(sock, frames, n_frames, &msg);
	zmq_msg_close(&msg); /* empty where it was sent; else this drops it */
	return err;
}

enum cvn_err zsock_subscribe(struct zsock *sock, const void *topic, size_t n)
{
	sock->main.may_be_ready = true;
	return zmq_setsockopt(sock->main.socket, ZMQ_SUBSCRIBE, topic, n) == 0 ? CVN_OK :
										 error_of(errno);
}

enum cvn_err zsock_unsubscribe(struct zsock *sock, const void *topic, size_t n)
{
	sock->main.may_be_ready = true;
	return zmq_setsockopt(sock->main.socket, ZMQ_UNSUBSCRIBE, topic, n) == 0 ? CVN_OK :
										   error_of(errno);
}

void zsock_pause(struct zsock *sock, bool is_paused)
{
	sock->is_paused = is_paused;
	sock->main.may_be_ready = true;
}

uint64_t zsock_count(const struct zsock *sock, enum zsock_event event)
{
	CVN_REQUIRE(event < ZSOCK_EVENTS);
	return sock->counts[event];
}

static void on_closed(uv_handle_t *handle)
{
	struct zsock *sock = CONTAINER_OF(handle, struct port, poll)->owner;

	if (--sock->n_handles == 0)
		free(sock);
}

static void close_port(struct zsock *sock, struct port *port)
{
	if (port->owner != NULL) {
		loop_source_drop(sock->loop, &port->source);
		uv_close((uv_handle_t *)&port->poll,
			 on_closed); /* before libzmq closes the descriptor */
	}
	if (port->socket != NULL)
		zmq_close(port->socket);
}

void zsock_close(struct zsock *sock)
{
	if (sock == NULL || sock->is_closed)
		return;
	sock->is_closed = true;
	if (strncmp(sock->endpoint, "inproc://", 9) == 0) /* else its name is free only once a thread of libzmq has come to it */
		zmq_unbind(sock->main.socket, sock->endpoint);
	loop_timer_free(sock->look);
	conns_done(&sock->conns);
	if (sock->n_handles == 0) {
		zmq_close(sock->main.socket);
		free(sock);
		return;
	}
	if (sock->monitor.socket != NULL)
		zmq_socket_monitor(sock->main.socket, NULL, 0);
	close_port(sock, &sock->main);
	close_port(sock, &sock->monitor);
}
