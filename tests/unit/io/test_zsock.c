#include "io_test.h"

#include "io/keys.h"
#include "io/zsock.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zmq.h>

#define TEXT(s) \
	{ \
		(const uint8_t *)(s), sizeof(s) - 1 \
	}

/* One side of a conversation: what it heard, and how it answers. */
struct side {
	struct zsock *sock;
	int n_messages;
	size_t n_frames;
	bool too_many;
	size_t n_frames_of_too_many;
	bool echoes;
	bool closes;
	char last[128];
	uint8_t routing[256];
	size_t n_routing;
	enum cvn_err echo_err;
	int n_events[ZSOCK_EVENTS];
};

static void on_message(void *arg, struct zsock *sock, const struct zmessage *message)
{
	struct side *side = arg;
	const struct zframe *last = &message->frames[message->n_frames - 1];

	side->n_messages++;
	side->n_frames = message->n_frames;
	side->too_many = message->too_many;
	if (message->too_many)
		side->n_frames_of_too_many = message->n_frames;
	snprintf(side->last, sizeof(side->last), "%.*s", (int)last->n, (const char *)last->bytes);
	side->n_routing = message->frames[0].n;
	if (side->n_routing <= sizeof(side->routing))
		memcpy(side->routing, message->frames[0].bytes, side->n_routing);
	if (side->echoes)
		side->echo_err = zsock_send(sock, message->frames, message->n_frames);
	if (side->closes) {
		zsock_close(sock);
		side->sock = NULL;
	}
}

static void on_event(void *arg, struct zsock *sock, enum zsock_event event)
{
	struct side *side = arg;

	(void)sock;
	side->n_events[event]++;
}

static void open_side(struct fixture *f, struct side *side, enum zsock_type type,
		      struct zsock_options options)
{
	options.on_message = on_message;
	options.on_event = on_event;
	options.arg = side;
	assert_int_equal(zsock_open(f->loop, type, &options, &side->sock), CVN_OK);
}

/* A ROUTER on a fresh ipc endpoint and a DEALER connected to it. */
static void open_pair(struct fixture *f, struct side *router, struct side *dealer)
{
	char endpoint[128];

	snprintf(endpoint, sizeof(endpoint), "ipc://%s/r", f->folder);
	open_side(f, router, ZSOCK_ROUTER, (struct zsock_options){ .is_monitored = true });
	assert_int_equal(zsock_bind(router->sock, endpoint), CVN_OK);
	open_side(f, dealer, ZSOCK_DEALER, (struct zsock_options){ .hwm = 10 });
	assert_int_equal(zsock_connect(dealer->sock, endpoint), CVN_OK);
}

static void close_pair(struct side *a, struct side *b)
{
	zsock_close(a->sock);
	zsock_close(b->sock);
}

static void send_text(struct side *side, const char *text)
{
	struct zframe frame = { (const uint8_t *)text, strlen(text) };

	assert_int_equal(zsock_send(side->sock, &frame, 1), CVN_OK);
}

static void a_message_comes_and_is_answered(void **state)
{
	struct fixture *f = *state;
	struct side router = { .echoes = true }, dealer = { 0 };

	open_pair(f, &router, &dealer);
	send_text(&dealer, "hello");
	TURN_UNTIL(f->loop, dealer.n_messages == 1);

	assert_string_equal(dealer.last, "hello");
	assert_int_equal(router.n_frames, 2);
	assert_int_equal(dealer.n_frames, 1);
	close_pair(&router, &dealer);
}

/* The edge of ZMQ_FD that a send swallows: many small messages each way, with answers in
 * between. */
static void no_message_is_forgotten_when_both_directions_are_busy(void **state)
{
	struct fixture *f = *state;
	struct side router = { .echoes = true }, dealer = { 0 };
	int n_sent = 0;

	open_pair(f, &router, &dealer);
	while (n_sent < 5000) {
		struct zframe frame = TEXT("x");
		enum cvn_err err = zsock_send(dealer.sock, &frame, 1);

		n_sent += err == CVN_OK;
		if (err != CVN_OK)
			assert_int_equal(err, CVN_EBUSY);
		if (err != CVN_OK || n_sent % 7 == 0)
			loop_turn(f->loop, 1);
	}
	TURN_UNTIL(f->loop, dealer.n_messages == n_sent);

	assert_int_equal(router.echo_err, CVN_OK);
	close_pair(&router, &dealer);
}

static void frames_beyond_the_cap_are_drained_and_reported(void **state)
{
	struct fixture *f = *state;
	struct side router = { 0 }, dealer = { 0 };
	struct zframe frames[3 * ZSOCK_FRAMES];

	for (size_t i = 0; i < N_ELEMENTS(frames); i++)
		frames[i] = (struct zframe)TEXT("f");
	open_pair(f, &router, &dealer);
	assert_int_equal(zsock_send(dealer.sock, frames, N_ELEMENTS(frames)), CVN_OK);
	send_text(&dealer, "after");
	TURN_UNTIL(f->loop, router.n_messages == 2);

	assert_int_equal(router.n_frames_of_too_many, ZSOCK_FRAMES);
	assert_string_equal(router.last, "after");
	assert_false(router.too_many);
	close_pair(&router, &dealer);
}

static void a_router_says_that_nobody_has_that_name(void **state)
{
	struct fixture *f = *state;
	struct side router = { 0 }, dealer = { 0 };
	struct zframe frames[] = { TEXT("nobody"), TEXT("hello") };

	open_pair(f, &router, &dealer);
	assert_int_equal(zsock_send(router.sock, frames, 2), CVN_EGONE);
	send_text(&dealer, "still there");
	TURN_UNTIL(f->loop, router.n_messages == 1);
	close_pair(&router, &dealer);
}

static void a_router_says_that_a_peer_does_not_read(void **state)
{
	struct fixture *f = *state;
	struct side router = { 0 }, dealer = { 0 };
	static uint8_t payload[60000];
	struct zframe frames[] = { { router.routing, 0 }, { payload, sizeof(payload) } };
	enum cvn_err err = CVN_OK;

	open_pair(f, &router, &dealer);
	send_text(&dealer, "I");
	TURN_UNTIL(f->loop, router.n_messages == 1);
	zsock_pause(dealer.sock, true);
	frames[0].n = router.n_routing;
	for (int i = 0; i < 100000 && err == CVN_OK; i++)
		err = zsock_send(router.sock, frames, 2);

	assert_int_equal(err, CVN_EBUSY);
	close_pair(&router, &dealer);
}

static void a_paused_socket_hears_later_what_came_meanwhile(void **state)
{
	struct fixture *f = *state;
	struct side router = { 0 }, dealer = { 0 };

	open_pair(f, &router, &dealer);
	zsock_pause(router.sock, true);
	send_text(&dealer, "wait");
	turn_for(f->loop, 100);
	assert_int_equal(router.n_messages, 0);

	zsock_pause(router.sock, false);
	TURN_UNTIL(f->loop, router.n_messages == 1);
	close_pair(&router, &dealer);
}

static void it_may_be_closed_from_its_own_callback(void **state)
{
	struct fixture *f = *state;
	struct side router = { .closes = true }, dealer = { 0 };

	open_pair(f, &router, &dealer);
	send_text(&dealer, "one");
	send_text(&dealer, "two");
	TURN_UNTIL(f->loop, router.sock == NULL);
	turn_for(f->loop, 50);

	assert_int_equal(router.n_messages, 1);
	zsock_close(dealer.sock);
}

static void an_ipc_file_is_for_its_owner_alone(void **state)
{
	struct fixture *f = *state;
	struct side router = { 0 }, dealer = { 0 };
	char path[128];
	struct stat st;

	open_pair(f, &router, &dealer);
	snprintf(path, sizeof(path), "%s/r", f->folder);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	close_pair(&router, &dealer);
}

static void a_bound_address_is_busy_and_a_bad_one_is_refused(void **state)
{
	struct fixture *f = *state;
	struct side a = { 0 }, b = { 0 };

	open_side(f, &a, ZSOCK_ROUTER, (struct zsock_options){ 0 });
	open_side(f, &b, ZSOCK_ROUTER, (struct zsock_options){ 0 });
	assert_int_equal(zsock_bind(a.sock, "tcp://127.0.0.1:*"), CVN_OK);
	assert_non_null(strstr(zsock_endpoint(a.sock), "tcp://127.0.0.1:"));
	assert_null(strchr(zsock_endpoint(a.sock), '*'));
	assert_int_equal(zsock_bind(b.sock, zsock_endpoint(a.sock)), CVN_EBUSY);
	assert_int_equal(zsock_bind(b.sock, "nonsense"), CVN_EINVALID);
	close_pair(&a, &b);
}

/* libzmq lets everybody in when nobody answers ZAP: a server of ours never starts without a
 * domain. */
static void a_curve_server_without_a_domain_is_refused(void **state)
{
	struct fixture *f = *state;
	struct key_pair keys;
	struct zsock *sock;
	struct zsock_options options = { 0 };

	assert_int_equal(keys_generate(&keys), CVN_OK);
	options.server_secret = keys.secret_key;
	assert_int_equal(zsock_open(f->loop, ZSOCK_ROUTER, &options, &sock), CVN_EINVALID);
	options.zap_domain = "clients";
	options.server_secret = "no key";
	assert_int_equal(zsock_open(f->loop, ZSOCK_ROUTER, &options, &sock), CVN_EINVALID);
}

static void connections_are_counted(void **state)
{
	struct fixture *f = *state;
	struct side router = { 0 }, dealer = { 0 };

	open_pair(f, &router, &dealer);
	TURN_UNTIL(f->loop, router.n_events[ZSOCK_HANDSHAKE_OK] == 1);
	assert_int_equal(zsock_count(router.sock, ZSOCK_ACCEPTED), 1);
	zsock_close(dealer.sock);
	TURN_UNTIL(f->loop, zsock_count(router.sock, ZSOCK_DISCONNECTED) == 1);
	zsock_close(router.sock);
}

static void a_frame_above_the_limit_ends_its_connection_only(void **state)
{
	struct fixture *f = *state;
	struct side router = { 0 }, dealer = { 0 }, other = { 0 };
	uint8_t *big = calloc(1, 2 * 1024 * 1024);
	struct zframe frame = { big, 2 * 1024 * 1024 };

	assert_non_null(big);
	open_pair(f, &router, &dealer);
	open_side(f, &other, ZSOCK_DEALER, (struct zsock_options){ 0 });
	assert_int_equal(zsock_connect(other.sock, zsock_endpoint(router.sock)), CVN_OK);
	send_text(&other, "before");
	TURN_UNTIL(f->loop, router.n_messages == 1);
	assert_int_equal(zsock_send(dealer.sock, &frame, 1), CVN_OK);
	TURN_UNTIL(f->loop, zsock_count(router.sock, ZSOCK_DISCONNECTED) >= 1);
	send_text(&other, "after");
	TURN_UNTIL(f->loop, router.n_messages == 2);

	assert_string_equal(router.last, "after");
	free(big);
	zsock_close(other.sock);
	close_pair(&router, &dealer);
}

/* An XPUB that takes subscriptions to "good" alone. */
static void on_subscription(void *arg, struct zsock *sock, const struct zmessage *message)
{
	const struct zframe *frame = &message->frames[0];
	int *n_heard = arg;

	(*n_heard)++;
	if (frame->n == 5 && frame->bytes[0] == 1 && memcmp(frame->bytes + 1, "good", 4) == 0)
		assert_int_equal(zsock_subscribe(sock, frame->bytes + 1, 4), CVN_OK);
}

static void only_subscriptions_that_were_granted_deliver(void **state)
{
	struct fixture *f = *state;
	struct side sub = { 0 };
	struct zsock *pub;
	int n_heard = 0;
	struct zsock_options options = { .on_message = on_subscription,
					 .arg = &n_heard,
					 .manual_subscriptions = true };
	struct zframe good[] = { TEXT("good"), TEXT("yes") }, evil[] = { TEXT("evil"), TEXT("no") };

	assert_int_equal(zsock_open(f->loop, ZSOCK_XPUB, &options, &pub), CVN_OK);
	assert_int_equal(zsock_bind(pub, "tcp://127.0.0.1:*"), CVN_OK);
	open_side(f, &sub, ZSOCK_SUB, (struct zsock_options){ 0 });
	assert_int_equal(zsock_subscribe(sub.sock, "evil", 4), CVN_OK);
	assert_int_equal(zsock_subscribe(sub.sock, "good", 4), CVN_OK);
	assert_int_equal(zsock_connect(sub.sock, zsock_endpoint(pub)), CVN_OK);
	TURN_UNTIL(f->loop, n_heard == 2);
	assert_int_equal(zsock_send(pub, evil, 2), CVN_OK);
	assert_int_equal(zsock_send(pub, good, 2), CVN_OK);
	TURN_UNTIL(f->loop, sub.n_messages == 1);

	assert_string_equal(sub.last, "yes");
	zsock_close(pub);
	zsock_close(sub.sock);
}

static void open_tcp(struct fixture *f, struct side *router)
{
	open_side(f, router, ZSOCK_ROUTER, (struct zsock_options){ .is_monitored = true });
	assert_int_equal(zsock_bind(router->sock, "tcp://127.0.0.1:*"), CVN_OK);
}

/* Speaks ZMTP 3 by hand, as a DEALER: libzmq itself sends whole messages only. */
static int connect_by_hand(const struct side *router)
{
	static const uint8_t GREETING[64] = { 0xff, 0,    0, 0, 0,   0,   0,   0,
					      0,    0x7f, 3, 0, 'N', 'U', 'L', 'L' };
	static const uint8_t READY[] = "\x04\x1c\x05READY\x0bSocket-Type\0\0\0\x06"
				       "DEALER";
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	address.sin_port = htons((uint16_t)atoi(strrchr(zsock_endpoint(router->sock), ':') + 1));
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(write(fd, GREETING, sizeof(GREETING)), sizeof(GREETING));
	assert_int_equal(write(fd, READY, sizeof(READY) - 1), sizeof(READY) - 1);
	return fd;
}

static void a_message_without_end_ends_its_connection(void **state)
{
	/* 0x03: a long frame, and more will follow */
	static uint8_t frame[9 + 50000] = { 0x03, 0, 0, 0, 0, 0, 0, 50000 >> 8, 50000 & 0xff };
	struct fixture *f = *state;
	struct side router = { 0 }, other = { 0 };
	int fd;

	open_tcp(f, &router);
	open_side(f, &other, ZSOCK_DEALER, (struct zsock_options){ 0 });
	assert_int_equal(zsock_connect(other.sock, zsock_endpoint(router.sock)), CVN_OK);
	send_text(&other, "here");
	fd = connect_by_hand(&router);
	TURN_UNTIL(f->loop, router.n_events[ZSOCK_HANDSHAKE_OK] == 2);
	while (zsock_count(router.sock, ZSOCK_SHUT) == 0) {
		if (send(fd, frame, sizeof(frame), MSG_NOSIGNAL) < 0)
			break;
		turn_for(f->loop, 5);
	}
	TURN_UNTIL(f->loop, router.n_events[ZSOCK_DISCONNECTED] == 1);

	assert_int_equal(zsock_count(router.sock, ZSOCK_SHUT), 1);
	send_text(&other, "still here");
	TURN_UNTIL(f->loop, router.n_messages == 2);
	close(fd);
	close_pair(&router, &other);
}

/* Not even while we read nothing, and its messages wait. */
static void who_sends_much_is_not_taken_for_one_without_end(void **state)
{
	static uint8_t payload[60000];
	const struct zframe frame = { payload, sizeof(payload) };
	struct fixture *f = *state;
	struct side router = { 0 }, dealer = { 0 };

	open_tcp(f, &router);
	open_side(f, &dealer, ZSOCK_DEALER, (struct zsock_options){ 0 });
	assert_int_equal(zsock_connect(dealer.sock, zsock_endpoint(router.sock)), CVN_OK);
	send_text(&dealer, "first");
	TURN_UNTIL(f->loop, router.n_messages == 1);
	zsock_pause(router.sock, true);
	for (int i = 0; i < 400; i++)
		assert_int_equal(zsock_send(dealer.sock, &frame, 1), CVN_OK);
	turn_for(f->loop, 800);
	zsock_pause(router.sock, false);
	TURN_UNTIL(f->loop, router.n_messages == 401);
	turn_for(f->loop, 600);

	assert_int_equal(zsock_count(router.sock, ZSOCK_SHUT), 0);
	close_pair(&router, &dealer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IO_TEST(a_message_comes_and_is_answered),
		IO_TEST(no_message_is_forgotten_when_both_directions_are_busy),
		IO_TEST(frames_beyond_the_cap_are_drained_and_reported),
		IO_TEST(a_router_says_that_nobody_has_that_name),
		IO_TEST(a_router_says_that_a_peer_does_not_read),
		IO_TEST(a_paused_socket_hears_later_what_came_meanwhile),
		IO_TEST(it_may_be_closed_from_its_own_callback),
		IO_TEST(an_ipc_file_is_for_its_owner_alone),
		IO_TEST(a_bound_address_is_busy_and_a_bad_one_is_refused),
		IO_TEST(a_curve_server_without_a_domain_is_refused),
		IO_TEST(connections_are_counted),
		IO_TEST(a_frame_above_the_limit_ends_its_connection_only),
		IO_TEST(only_subscriptions_that_were_granted_deliver),
		IO_TEST(a_message_without_end_ends_its_connection),
		IO_TEST(who_sends_much_is_not_taken_for_one_without_end),
	};

	return cmocka_run_group_tests_name("zsock", tests, NULL, NULL);
}
