#include "tests/unit/io/io_test.h"

#include "io/keys.h"
#include "io/zsock.h"
#include "ports/front.h"

#include <unistd.h>
#include <zmq.h>

#define MANY 8

/* The front on fresh endpoints, and the calls that came in. */
struct hall {
	struct fixture *f;
	struct keyring *keyring;
	struct key_pair server;
	struct front *front;
	char local[96];
	size_t unread_max, unread_all_max;
	int n_calls;
	struct front_peer peers[MANY];
	char payload[64];
	enum cvn_err fault;
};

struct client {
	struct key_pair keys;
	struct zsock *sock;
	uint32_t hwm;
	int n_messages;
	size_t n_frames;
	char last[64];
};

static void on_call(void *arg, const struct front_peer *peer, const uint8_t *payload, size_t n,
		    enum cvn_err fault)
{
	struct hall *h = arg;

	h->peers[h->n_calls++ % MANY] = *peer;
	snprintf(h->payload, sizeof(h->payload), "%.*s", (int)n, (const char *)payload);
	h->fault = fault;
}

static bool is_programme(void *arg, const char *programme)
{
	(void)arg;
	return strcmp(programme, "games") == 0 || strcmp(programme, "cup") == 0;
}

static void open_hall(struct hall *h, struct fixture *f)
{
	struct front_options options = { .calls_endpoint = "tcp://127.0.0.1:*",
					 .updates_endpoint = "tcp://127.0.0.1:*",
					 .local_endpoint = h->local,
					 .server_secret = h->server.secret_key,
					 .sessions_max = 3,
					 .unread_max = h->unread_max,
					 .unread_all_max = h->unread_all_max,
					 .on_call = on_call,
					 .is_programme = is_programme,
					 .arg = h };

	h->f = f;
	snprintf(h->local, sizeof(h->local), "ipc://%s/local", f->folder);
	assert_int_equal(keys_generate(&h->server), CVN_OK);
	assert_int_equal(keyring_new(f->loop, &h->keyring), CVN_OK);
	keyring_complete(h->keyring);
	assert_int_equal(front_open(f->loop, h->keyring, &options, &h->front), CVN_OK);
}

static void close_hall(struct hall *h)
{
	front_close(h->front);
	keyring_free(h->keyring);
}

static void grant(struct hall *h, struct client *c, const char *role, const char *subject,
		  const char *programme)
{
	Convene__V1__Principal p = CONVENE__V1__PRINCIPAL__INIT;
	char *programmes[] = { (char *)(uintptr_t)programme };

	if (c->keys.public_key[0] == '\0')
		assert_int_equal(keys_generate(&c->keys), CVN_OK);
	p.public_key = c->keys.public_key;
	p.role = (char *)(uintptr_t)role;
	p.subject = (char *)(uintptr_t)subject;
	p.programmes = programmes;
	p.n_programmes = programme != NULL;
	assert_int_equal(keyring_set(h->keyring, &p), CVN_OK);
}

static void on_message(void *arg, struct zsock *sock, const struct zmessage *message)
{
	struct client *c = arg;
	const struct zframe *last = &message->frames[message->n_frames - 1];

	(void)sock;
	c->n_messages++;
	c->n_frames = message->n_frames;
	snprintf(c->last, sizeof(c->last), "%.*s", (int)last->n, (const char *)last->bytes);
}

static void join(struct hall *h, struct client *c, enum zsock_type type, const char *endpoint)
{
	struct zsock_options options = { .on_message = on_message, .arg = c, .hwm = c->hwm };

	if (strncmp(endpoint, "tcp", 3) == 0) {
		options.client_public = c->keys.public_key;
		options.client_secret = c->keys.secret_key;
		options.server_public = h->server.public_key;
	}
	assert_int_equal(zsock_open(h->f->loop, type, &options, &c->sock), CVN_OK);
	assert_int_equal(zsock_connect(c->sock, endpoint), CVN_OK);
}

static void say(struct client *c, const char *text)
{
	struct zframe frame = { (const uint8_t *)text, strlen(text) };

	assert_int_equal(zsock_send(c->sock, &frame, 1), CVN_OK);
}

/* A client with this role that has made one call. */
static void enter(struct hall *h, struct client *c, enum zsock_type type, const char *role,
		  const char *subject)
{
	int before = h->n_calls;

	grant(h, c, role, subject, NULL);
	join(h, c, type, front_calls_endpoint(h->front));
	say(c, "hello");
	TURN_UNTIL(h->f->loop, h->n_calls == before + 1);
}

static uint64_t wanted_value;
static const char *wanted_name;

static void on_count(void *arg, const char *name, uint64_t value)
{
	(void)arg;
	if (strcmp(name, wanted_name) == 0)
		wanted_value = value;
}

static uint64_t count(struct hall *h, const char *name)
{
	wanted_name = name;
	wanted_value = UINT64_MAX;
	front_each_count(h->front, on_count, NULL);
	return wanted_value;
}

static void a_dealer_calls_and_is_answered(void **state)
{
	struct hall h = { 0 };
	struct client c = { 0 };

	open_hall(&h, *state);
	enter(&h, &c, ZSOCK_DEALER, "federation", "f");
	assert_string_equal(h.peers[0].key, c.keys.public_key);
	assert_false(h.peers[0].is_req);
	assert_string_equal(h.payload, "hello");
	assert_int_equal(front_reply(h.front, &h.peers[0], "yes", 3), CVN_OK);
	TURN_UNTIL(h.f->loop, c.n_messages == 1);

	assert_string_equal(c.last, "yes");
	assert_int_equal(c.n_frames, 1);
	assert_int_equal(count(&h, "calls"), 1);
	assert_int_equal(count(&h, "replies"), 1);
	zsock_close(c.sock);
	close_hall(&h);
}

static void a_req_calls_is_answered_and_hears_nothing_else(void **state)
{
	struct hall h = { 0 };
	struct client c = { 0 };

	open_hall(&h, *state);
	enter(&h, &c, ZSOCK_REQ, "federation", "f");
	assert_true(h.peers[0].is_req);
	assert_int_equal(front_follow(h.front, &h.peers[0]), CVN_EINVALID);
	assert_int_equal(front_tell(h.front, "games", "f", &h.peers[0], "news", 4), 0);
	assert_int_equal(front_reply(h.front, &h.peers[0], "yes", 3), CVN_OK);
	TURN_UNTIL(h.f->loop, c.n_messages == 1);

	assert_string_equal(c.last, "yes");
	zsock_close(c.sock);
	close_hall(&h);
}

static void who_speaks_over_the_local_door_is_the_operator(void **state)
{
	struct hall h = { 0 };
	struct client c = { 0 };

	open_hall(&h, *state);
	join(&h, &c, ZSOCK_DEALER, h.local);
	say(&c, "hello");
	TURN_UNTIL(h.f->loop, h.n_calls == 1);

	assert_string_equal(h.peers[0].key, KEYRING_LOCAL);
	assert_int_equal(h.peers[0].door, FRONT_LOCAL);
	assert_int_equal(front_reply(h.front, &h.peers[0], "yes", 3), CVN_OK);
	TURN_UNTIL(h.f->loop, c.n_messages == 1);
	zsock_close(c.sock);
	close_hall(&h);
}

static void wrong_frames_are_reported_and_can_be_answered(void **state)
{
	struct hall h = { 0 };
	struct client c = { 0 };
	struct zframe three[] = { { (const uint8_t *)"a", 1 },
				  { (const uint8_t *)"b", 1 },
				  { (const uint8_t *)"c", 1 } };
	struct zframe twenty[20];

	for (size_t i = 0; i < N_ELEMENTS(twenty); i++)
		twenty[i] = (struct zframe){ (const uint8_t *)"x", 1 };
	open_hall(&h, *state);
	grant(&h, &c, "federation", "f", NULL);
	join(&h, &c, ZSOCK_DEALER, front_calls_endpoint(h.front));
	assert_int_equal(zsock_send(c.sock, three, 3), CVN_OK);
	TURN_UNTIL(h.f->loop, h.n_calls == 1);
	assert_int_equal(h.fault, CVN_EFRAMES);
	assert_int_equal(zsock_send(c.sock, twenty, 20), CVN_OK);
	TURN_UNTIL(h.f->loop, h.n_calls == 2);
	assert_int_equal(h.fault, CVN_EFRAMES);
	assert_int_equal(front_reply(h.front, &h.peers[1], "no", 2), CVN_OK);
	TURN_UNTIL(h.f->loop, c.n_messages == 1);
	say(&c, "proper");
	TURN_UNTIL(h.f->loop, h.n_calls == 3);

	assert_int_equal(h.fault, CVN_OK);
	assert_string_equal(h.payload, "proper");
	assert_int_equal(count(&h, "bad_frames"), 2);
	zsock_close(c.sock);
	close_hall(&h);
}

static void an_unknown_key_gets_nowhere_and_is_counted(void **state)
{
	struct hall h = { 0 };
	struct client c = { 0 };

	open_hall(&h, *state);
	assert_int_equal(keys_generate(&c.keys), CVN_OK);
	join(&h, &c, ZSOCK_DEALER, front_calls_endpoint(h.front));
	say(&c, "let me in");
	TURN_UNTIL(h.f->loop,
		   count(&h, "keys_refused") >= 1 && count(&h, "refused_handshakes") >= 1);

	assert_int_equal(h.n_calls, 0);
	zsock_close(c.sock);
	close_hall(&h);
}

static void a_client_that_is_gone_is_counted_and_forgotten(void **state)
{
	struct hall h = { 0 };
	struct client c = { 0 };

	open_hall(&h, *state);
	enter(&h, &c, ZSOCK_DEALER, "federation", "f");
	assert_int_equal(front_sessions(h.front), 1);
	zsock_close(c.sock);
	TURN_UNTIL(h.f->loop, front_reply(h.front, &h.peers[0], "yes", 3) == CVN_EGONE);

	assert_int_equal(front_sessions(h.front), 0);
	assert_int_equal(count(&h, "gone_peers"), 1);
	close_hall(&h);
}

/* Answers one who takes nothing in, until what waits here for all is beyond `bytes` and stays so:
 * the system takes some of it. Returns how many pages went out. */
static int answer_beyond(struct hall *h, const struct front_peer *peer, size_t bytes)
{
	static uint8_t page[10000];
	int n = 0;

	do {
		while (front_unread(h->front) <= bytes) {
			assert_int_equal(front_reply(h->front, peer, page, sizeof(page)), CVN_OK);
			n++;
		}
		turn_for(h->f->loop, 50);
	} while (front_unread(h->front) <= bytes);
	return n;
}

static void who_does_not_read_is_refused_then_ignored_and_served_once_it_has_read(void **state)
{
	struct hall h = { .unread_max = 16 << 16 };
	struct client deaf = { .hwm = 1 }, other = { 0 };
	int n;

	open_hall(&h, *state);
	enter(&h, &deaf, ZSOCK_DEALER, "federation", "f");
	enter(&h, &other, ZSOCK_DEALER, "federation", "f");
	assert_int_equal(front_follow(h.front, &h.peers[0]), CVN_OK);
	zsock_pause(deaf.sock, true);
	n = answer_beyond(&h, &h.peers[0], 17 << 16);
	assert_int_equal(front_reply(h.front, &h.peers[0], "one more", 8), CVN_EBUSY);
	say(&deaf, "and this?");
	TURN_UNTIL(h.f->loop, count(&h, "unread_ignored") == 1);
	assert_int_equal(h.n_calls, 2);
	assert_int_equal(front_tell(h.front, "games", "f", &h.peers[1], "news", 4), 1);
	say(&other, "another key");
	TURN_UNTIL(h.f->loop, h.n_calls == 3 && h.fault == CVN_OK && other.n_messages == 1);

	assert_int_equal(count(&h, "slow_peers"), 2); /* one more, and the news */
	zsock_pause(deaf.sock, false);
	TURN_UNTIL(h.f->loop, deaf.n_messages == n && front_unread(h.front) == 0);
	say(&deaf, "again");
	TURN_UNTIL(h.f->loop, h.n_calls == 4);
	assert_int_equal(h.fault, CVN_OK);
	assert_int_equal(front_tell(h.front, "games", "f", NULL, "news", 4), 1);
	zsock_close(deaf.sock);
	zsock_close(other.sock);
	close_hall(&h);
}

static void while_all_are_over_their_limit_each_has_a_share(void **state)
{
	struct hall h = { .unread_max = 16 << 16, .unread_all_max = 2 << 16 };
	struct client deaf = { .hwm = 1 };

	open_hall(&h, *state);
	enter(&h, &deaf, ZSOCK_DEALER, "federation", "f");
	zsock_pause(deaf.sock, true);
	answer_beyond(&h, &h.peers[0], 2 << 16);
	assert_int_equal(front_reply(h.front, &h.peers[0], "one more", 8), CVN_EBUSY);
	say(&deaf, "more");
	TURN_UNTIL(h.f->loop, count(&h, "unread_ignored") == 1);
	zsock_close(deaf.sock);
	TURN_UNTIL(h.f->loop, front_unread(h.front) == 0); /* its connection is gone, and all with it */
	close_hall(&h);
}

static void a_call_of_one_who_lags_is_to_be_refused(void **state)
{
	struct hall h = { .unread_max = 16 << 16 };
	struct client slow = { .hwm = 1 };

	open_hall(&h, *state);
	enter(&h, &slow, ZSOCK_DEALER, "federation", "f");
	zsock_pause(slow.sock, true);
	answer_beyond(&h, &h.peers[0], 16 << 16);
	say(&slow, "and this?");
	TURN_UNTIL(h.f->loop, h.n_calls == 2);

	assert_int_equal(h.fault, CVN_EBUSY);
	assert_string_equal(h.payload, "and this?");
	assert_int_equal(front_reply(h.front, &h.peers[1], "busy", 4), CVN_OK);
	assert_int_equal(front_tell(h.front, "games", "f", &h.peers[1], "news", 4), 0);
	assert_int_equal(count(&h, "unread_refused"), 1);
	zsock_close(slow.sock);
	close_hall(&h);
}

static void outcomes_reach_followers_and_the_submitter_once_each(void **state)
{
	struct hall h = { 0 };
	struct client follower = { 0 }, submitter = { 0 }, other = { 0 };

	open_hall(&h, *state);
	enter(&h, &follower, ZSOCK_DEALER, "federation", "f");
	enter(&h, &submitter, ZSOCK_DEALER, "federation", "f");
	enter(&h, &other, ZSOCK_DEALER, "federation", "g");
	assert_int_equal(front_follow(h.front, &h.peers[0]), CVN_OK);
	assert_int_equal(front_follow(h.front, &h.peers[2]), CVN_OK);
	assert_int_equal(front_tell(h.front, "games", "f", &h.peers[1], "one", 3), 2);
	TURN_UNTIL(h.f->loop, follower.n_messages == 1 && submitter.n_messages == 1);
	assert_int_equal(front_follow(h.front, &h.peers[1]), CVN_OK);
	assert_int_equal(front_follow(h.front, &h.peers[1]), CVN_OK);
	assert_int_equal(front_tell(h.front, "games", "f", &h.peers[1], "two", 3), 2);
	TURN_UNTIL(h.f->loop, follower.n_messages == 2 && submitter.n_messages == 2);
	assert_int_equal(front_tell(h.front, "games", "f", NULL, "three", 5), 2);

	turn_for(h.f->loop, 50);
	assert_int_equal(other.n_messages, 0);
	assert_int_equal(count(&h, "outcomes"), 6);
	zsock_close(follower.sock);
	zsock_close(submitter.sock);
	zsock_close(other.sock);
	close_hall(&h);
}

static void a_revoked_or_restricted_key_hears_no_outcomes(void **state)
{
	struct hall h = { 0 };
	struct client a = { 0 }, b = { 0 };

	open_hall(&h, *state);
	enter(&h, &a, ZSOCK_DEALER, "federation", "f");
	enter(&h, &b, ZSOCK_DEALER, "federation", "f");
	assert_int_equal(front_follow(h.front, &h.peers[0]), CVN_OK);
	assert_int_equal(front_follow(h.front, &h.peers[1]), CVN_OK);
	assert_true(keyring_drop(h.keyring, a.keys.public_key));
	grant(&h, &b, "federation", "f", "cup");
	assert_int_equal(front_tell(h.front, "games", "f", &h.peers[0], "x", 1), 0);
	assert_int_equal(front_tell(h.front, "cup", "f", NULL, "x", 1), 1);
	grant(&h, &b, "federation", "g", NULL); /* its key stands for another federation now */
	assert_int_equal(front_tell(h.front, "cup", "f", &h.peers[1], "x", 1), 0);
	assert_int_equal(front_follow(h.front, &h.peers[0]), CVN_EFORBIDDEN);
	zsock_close(a.sock);
	zsock_close(b.sock);
	close_hall(&h);
}

/* Each follower that is gone is forgotten while the others are told. */
static void followers_that_are_gone_are_forgotten_on_the_way(void **state)
{
	struct hall h = { 0 };
	struct client c[3] = { 0 };

	open_hall(&h, *state);
	for (int i = 0; i < 3; i++) {
		enter(&h, &c[i], ZSOCK_DEALER, "federation", "f");
		assert_int_equal(front_follow(h.front, &h.peers[i]), CVN_OK);
	}
	zsock_close(c[0].sock);
	zsock_close(c[2].sock);
	TURN_UNTIL(h.f->loop, front_tell(h.front, "games", "f", NULL, "x", 1) == 1);
	assert_int_equal(front_sessions(h.front), 1);
	zsock_close(c[1].sock);
	TURN_UNTIL(h.f->loop, front_tell(h.front, "games", "f", NULL, "x", 1) == 0);
	assert_int_equal(front_sessions(h.front), 0);
	close_hall(&h);
}

static void of_too_many_sessions_the_most_silent_is_forgotten(void **state)
{
	struct hall h = { 0 };
	struct client c[4] = { 0 };

	open_hall(&h, *state); /* sessions_max is 3 */
	for (int i = 0; i < 3; i++) {
		enter(&h, &c[i], ZSOCK_DEALER, "federation", "f");
		assert_int_equal(front_follow(h.front, &h.peers[i]), CVN_OK);
	}
	say(&c[0], "I am still here");
	TURN_UNTIL(h.f->loop, h.n_calls == 4);
	enter(&h, &c[3], ZSOCK_DEALER, "federation", "f");
	assert_int_equal(front_sessions(h.front), 3);
	assert_int_equal(count(&h, "forgotten_sessions"), 1);
	assert_int_equal(front_tell(h.front, "games", "f", NULL, "x", 1), 2);
	TURN_UNTIL(h.f->loop, c[0].n_messages == 1 && c[2].n_messages == 1);

	assert_int_equal(c[1].n_messages, 0);
	assert_int_equal(front_reply(h.front, &h.peers[1], "an answer all the same", 22), CVN_OK);
	TURN_UNTIL(h.f->loop, c[1].n_messages == 1);
	for (int i = 0; i < 4; i++)
		zsock_close(c[i].sock);
	close_hall(&h);
}

/* Publishes until the subscriber has heard `text`. */
static void publish_until_heard(struct hall *h, struct client *c, const char *text)
{
	uint64_t give_up_ms = clock_ms() + PATIENCE_MS;

	while (strcmp(c->last, text) != 0) {
		if (clock_ms() > give_up_ms)
			fail_msg("never heard: %s", text);
		front_publish(h->front, "games", text, strlen(text));
		loop_turn(h->f->loop, 5);
	}
}

static void subscribe(struct hall *h, struct client *c, const char *role, const char *subject,
		      const char *only)
{
	grant(h, c, role, subject, only);
	join(h, c, ZSOCK_SUB, front_updates_endpoint(h->front));
	assert_int_equal(zsock_subscribe(c->sock, "games", 5), CVN_OK);
}

static void a_reader_of_the_programme_hears_its_updates(void **state)
{
	struct hall h = { 0 };
	struct client reader = { 0 };

	open_hall(&h, *state);
	subscribe(&h, &reader, "observer", NULL, "games");
	publish_until_heard(&h, &reader, "update");

	assert_int_equal(reader.n_frames, 2);
	assert_int_equal(count(&h, "subscriptions"), 1);
	zsock_close(reader.sock);
	close_hall(&h);
}

static void no_other_subscription_is_taken(void **state)
{
	struct hall h = { 0 };
	struct client elsewhere = { 0 }, greedy = { 0 };

	open_hall(&h, *state);
	subscribe(&h, &elsewhere, "committee", "BLR",
		  "cup"); /* may read the other programme only */
	grant(&h, &greedy, "operator", NULL, NULL);
	join(&h, &greedy, ZSOCK_SUB, front_updates_endpoint(h.front));
	assert_int_equal(zsock_subscribe(greedy.sock, "", 0), CVN_OK);     /* everything */
	assert_int_equal(zsock_subscribe(greedy.sock, "game", 4), CVN_OK); /* a beginning */
	assert_int_equal(zsock_subscribe(greedy.sock, "games\0", 6),
			 CVN_OK); /* a text with an end inside */
	TURN_UNTIL(h.f->loop, count(&h, "refused_subscriptions") == 4);
	for (int i = 0; i < 20; i++) {
		front_publish(h.front, "games", "secret", 6);
		loop_turn(h.f->loop, 5);
	}

	assert_int_equal(elsewhere.n_messages, 0);
	assert_int_equal(greedy.n_messages, 0);
	zsock_close(elsewhere.sock);
	zsock_close(greedy.sock);
	close_hall(&h);
}

static void one_subscriber_that_leaves_takes_no_other_along(void **state)
{
	struct hall h = { 0 };
	struct client stays = { 0 }, leaves = { 0 }, dies = { 0 };

	open_hall(&h, *state);
	subscribe(&h, &leaves, "observer", NULL, NULL);
	publish_until_heard(&h, &leaves, "1");
	subscribe(&h, &dies, "observer", NULL, NULL);
	publish_until_heard(&h, &dies, "2");
	subscribe(&h, &stays, "observer", NULL, NULL);
	publish_until_heard(&h, &stays, "3");
	assert_int_equal(zsock_unsubscribe(leaves.sock, "games", 5), CVN_OK);
	zsock_close(dies.sock);
	TURN_UNTIL(h.f->loop, count(&h, "disconnections") == 1);
	turn_for(h.f->loop, 100);
	leaves.n_messages = 0;
	publish_until_heard(&h, &stays, "4");

	assert_int_equal(leaves.n_messages, 0);
	zsock_close(stays.sock);
	zsock_close(leaves.sock);
	close_hall(&h);
}

/* A connection to the updates that sends what it likes. */
static void *join_raw(struct hall *h, struct client *c)
{
	uint64_t before = count(h, "keys_admitted");
	void *raw = zmq_socket(loop_zmq(h->f->loop), ZMQ_XSUB);
	int linger = 0;

	zmq_setsockopt(raw, ZMQ_LINGER, &linger, sizeof(linger));
	zmq_setsockopt(raw, ZMQ_CURVE_SERVERKEY, h->server.public_key, KEYS_TEXT - 1);
	zmq_setsockopt(raw, ZMQ_CURVE_PUBLICKEY, c->keys.public_key, KEYS_TEXT - 1);
	zmq_setsockopt(raw, ZMQ_CURVE_SECRETKEY, c->keys.secret_key, KEYS_TEXT - 1);
	assert_int_equal(zmq_connect(raw, front_updates_endpoint(h->front)), 0);
	TURN_UNTIL(h->f->loop, count(h, "keys_admitted") == before + 1);
	turn_for(h->f->loop, 50);
	return raw;
}

/* It arrives, but the loop does not turn meanwhile. */
static void send_raw(void *raw, const char *bytes)
{
	assert_true(zmq_send(raw, bytes, strlen(bytes), ZMQ_DONTWAIT) >= 0);
	usleep(50000);
}

static bool hears_raw(void *raw, const char *topic)
{
	char bytes[64];
	int n;

	while ((n = zmq_recv(raw, bytes, sizeof(bytes), ZMQ_DONTWAIT)) >= 0)
		if (n == (int)strlen(topic) && memcmp(bytes, topic, (size_t)n) == 0)
			return true;
	return false;
}

/* libzmq takes the next who waits to subscribe for each message that it hands out. */
static void nobody_is_given_the_subscription_of_another(void **state)
{
	struct hall h = { 0 };
	struct client thief = { 0 }, reader = { 0 };
	void *first, *second, *honest;
	uint64_t until_ms = clock_ms() + PATIENCE_MS;

	open_hall(&h, *state);
	grant(&h, &thief, "observer", NULL, "cup");
	grant(&h, &reader, "observer", NULL, "games");
	first = join_raw(&h, &thief);
	honest = join_raw(&h, &reader);
	second = join_raw(&h, &thief);
	send_raw(first, "no subscription");
	send_raw(honest, "\1games");
	send_raw(second, "\1cup");
	while (!hears_raw(honest, "games")) {
		if (clock_ms() > until_ms)
			fail_msg("the reader was never subscribed");
		front_publish(h.front, "games", "secret", 6);
		loop_turn(h.f->loop, 5);
		assert_false(hears_raw(second, "games"));
	}

	assert_int_equal(count(&h, "updates_abused"), 1);
	TURN_UNTIL(h.f->loop, count(&h, "keys_refused") >= 1); /* it is not let in again */
	zmq_close(first);
	zmq_close(second);
	zmq_close(honest);
	close_hall(&h);
}

/* They asked and were gone before we read it: libzmq has freed what we would subscribe. */
static void nothing_is_published_to_who_was_gone_before_it_was_subscribed(void **state)
{
	struct hall h = { 0 };
	struct client brief = { 0 }, reader = { 0 };
	void *gone[MANY];

	open_hall(&h, *state);
	subscribe(&h, &reader, "observer", NULL, "games");
	publish_until_heard(&h, &reader, "before");
	grant(&h, &brief, "observer", NULL, "games");
	for (int i = 0; i < MANY; i++)
		gone[i] = join_raw(&h, &brief);
	for (int i = 0; i < MANY; i++)
		send_raw(gone[i], "\1games");
	for (int i = 0; i < MANY; i++)
		zmq_close(gone[i]);
	usleep(50000);
	front_publish(h.front, "games", "while", 5); /* libzmq sees them go, and lets go of them */
	usleep(50000);
	turn_for(h.f->loop, 50);
	publish_until_heard(&h, &reader, "after");

	assert_int_equal(count(&h, "updates_reopened"), 1);
	assert_int_equal(count(&h, "updates_abused"), 0);
	zsock_close(reader.sock);
	close_hall(&h);
}

/* What is refused stays with libzmq, and takes fifty times its size. */
static void who_asks_for_topics_without_end_is_shut_out(void **state)
{
	struct hall h = { 0 };
	struct client greedy = { 0 };
	void *raw;
	char topic[900];

	open_hall(&h, *state);
	grant(&h, &greedy, "observer", NULL, NULL);
	raw = join_raw(&h, &greedy);
	memset(topic, 'x', sizeof(topic));
	topic[0] = 1;
	for (int i = 0; count(&h, "updates_abused") == 0; i++) {
		assert_true(i < 20000);
		snprintf(topic + 1, 16, "%d", i);
		topic[strlen(topic)] = 'x';
		if (zmq_send(raw, topic, sizeof(topic), ZMQ_DONTWAIT) < 0 || i % 100 == 0)
			loop_turn(h.f->loop, 5);
	}

	TURN_UNTIL(h.f->loop, count(&h, "keys_refused") >= 1);
	assert_true(count(&h, "refused_subscriptions") <= 1200);
	zmq_close(raw);
	close_hall(&h);
}

static void a_revoked_subscriber_hears_nothing_more_and_the_others_come_back(void **state)
{
	struct hall h = { 0 };
	struct client revoked = { 0 }, other = { 0 };
	char endpoint[ZSOCK_ENDPOINT_MAX];

	open_hall(&h, *state);
	subscribe(&h, &revoked, "observer", NULL, NULL);
	subscribe(&h, &other, "observer", NULL, NULL);
	publish_until_heard(&h, &revoked, "before");
	publish_until_heard(&h, &other, "before");
	strcpy(endpoint, front_updates_endpoint(h.front));
	assert_true(keyring_drop(h.keyring, revoked.keys.public_key));
	front_revoked(h.front);
	front_revoked(h.front);
	publish_until_heard(&h, &other, "after");

	assert_string_equal(revoked.last, "before");
	assert_string_equal(front_updates_endpoint(h.front), endpoint);
	assert_int_equal(count(&h, "updates_reopened"), 1);
	TURN_UNTIL(h.f->loop, count(&h, "keys_refused") >= 1);
	zsock_close(revoked.sock);
	zsock_close(other.sock);
	close_hall(&h);
}

static void what_stopped_subscribers_hold_has_a_limit(void **state)
{
	struct hall h = { 0 };
	struct client stopped = { .hwm = 1 }, other = { 0 };
	static uint8_t update[100000];
	int n;

	open_hall(&h, *state);
	subscribe(&h, &stopped, "observer", NULL, NULL);
	subscribe(&h, &other, "observer", NULL, NULL);
	publish_until_heard(&h, &stopped, "before");
	zsock_pause(stopped.sock, true);
	for (n = 0; count(&h, "updates_overfull") == 0; n++) {
		assert_in_range(n, 0, 800);
		front_publish(h.front, "games", update, sizeof(update));
		loop_turn(h.f->loop, 0);
	}
	publish_until_heard(&h, &other, "after");

	assert_true(n > 600); /* 64 MiB */
	assert_int_equal(count(&h, "updates_reopened"), 1);
	zsock_pause(stopped.sock, false);
	publish_until_heard(&h, &stopped, "at last");
	zsock_close(stopped.sock);
	zsock_close(other.sock);
	close_hall(&h);
}

static void a_paused_front_takes_calls_later(void **state)
{
	struct hall h = { 0 };
	struct client c = { 0 };

	open_hall(&h, *state);
	grant(&h, &c, "federation", "f", NULL);
	join(&h, &c, ZSOCK_DEALER, front_calls_endpoint(h.front));
	front_pause(h.front, true);
	say(&c, "hello");
	turn_for(h.f->loop, 200);
	assert_int_equal(h.n_calls, 0);
	front_pause(h.front, false);
	TURN_UNTIL(h.f->loop, h.n_calls == 1);
	zsock_close(c.sock);
	close_hall(&h);
}

static void doors_that_nothing_guards_are_refused(void **state)
{
	struct fixture *f = *state;
	struct keyring *keyring;
	struct front *front;
	struct front_options options = { .calls_endpoint = "tcp://127.0.0.1:*",
					 .on_call = on_call,
					 .is_programme = is_programme };

	assert_int_equal(keyring_new(f->loop, &keyring), CVN_OK);
	assert_int_equal(front_open(f->loop, keyring, &options, &front), CVN_EINVALID);
	options.calls_endpoint = NULL;
	options.local_endpoint = "tcp://127.0.0.1:*";
	assert_int_equal(front_open(f->loop, keyring, &options, &front), CVN_EINVALID);
	keyring_free(keyring);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IO_TEST(a_dealer_calls_and_is_answered),
		IO_TEST(a_req_calls_is_answered_and_hears_nothing_else),
		IO_TEST(who_speaks_over_the_local_door_is_the_operator),
		IO_TEST(wrong_frames_are_reported_and_can_be_answered),
		IO_TEST(an_unknown_key_gets_nowhere_and_is_counted),
		IO_TEST(a_client_that_is_gone_is_counted_and_forgotten),
		IO_TEST(who_does_not_read_is_refused_then_ignored_and_served_once_it_has_read),
		IO_TEST(a_call_of_one_who_lags_is_to_be_refused),
		IO_TEST(while_all_are_over_their_limit_each_has_a_share),
		IO_TEST(outcomes_reach_followers_and_the_submitter_once_each),
		IO_TEST(a_revoked_or_restricted_key_hears_no_outcomes),
		IO_TEST(followers_that_are_gone_are_forgotten_on_the_way),
		IO_TEST(of_too_many_sessions_the_most_silent_is_forgotten),
		IO_TEST(a_reader_of_the_programme_hears_its_updates),
		IO_TEST(no_other_subscription_is_taken),
		IO_TEST(one_subscriber_that_leaves_takes_no_other_along),
		IO_TEST(nobody_is_given_the_subscription_of_another),
		IO_TEST(nothing_is_published_to_who_was_gone_before_it_was_subscribed),
		IO_TEST(who_asks_for_topics_without_end_is_shut_out),
		IO_TEST(a_revoked_subscriber_hears_nothing_more_and_the_others_come_back),
		IO_TEST(what_stopped_subscribers_hold_has_a_limit),
		IO_TEST(a_paused_front_takes_calls_later),
		IO_TEST(doors_that_nothing_guards_are_refused),
	};

	return cmocka_run_group_tests_name("front", tests, NULL, NULL);
}
