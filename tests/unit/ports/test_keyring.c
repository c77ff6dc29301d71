#include "tests/unit/io/io_test.h"

#include "io/keys.h"
#include "io/zsock.h"
#include "ports/keyring.h"

/* A guarded ROUTER with its keyring, and what came through. */
struct gate {
	struct fixture *f;
	struct keyring *keyring;
	struct key_pair server;
	struct zsock *router;
	int n_messages;
	char last_user[KEYRING_KEY_TEXT];
};

struct caller {
	struct key_pair keys;
	struct zsock *sock;
};

static void on_message(void *arg, struct zsock *sock, const struct zmessage *message)
{
	struct gate *g = arg;

	(void)sock;
	g->n_messages++;
	snprintf(g->last_user, sizeof(g->last_user), "%s",
		 message->user_id != NULL ? message->user_id : "nobody");
}

static void open_gate_of(struct gate *g, struct fixture *f, enum zsock_type type, const char *domain)
{
	struct zsock_options options = {
		.on_message = on_message, .arg = g, .is_monitored = true, .zap_domain = domain
	};

	g->f = f;
	assert_int_equal(keyring_new(f->loop, &g->keyring), CVN_OK);
	assert_int_equal(keys_generate(&g->server), CVN_OK);
	options.server_secret = g->server.secret_key;
	assert_int_equal(zsock_open(f->loop, type, &options, &g->router), CVN_OK);
	assert_int_equal(zsock_bind(g->router, "tcp://127.0.0.1:*"), CVN_OK);
}

static void open_gate(struct gate *g, struct fixture *f, const char *domain)
{
	open_gate_of(g, f, ZSOCK_ROUTER, domain);
}

static void close_gate(struct gate *g)
{
	zsock_close(g->router);
	keyring_free(g->keyring);
}

static void make_keys(struct caller *c)
{
	assert_int_equal(keys_generate(&c->keys), CVN_OK);
}

static void call(struct gate *g, struct caller *c)
{
	struct zsock_options options = { .client_public = c->keys.public_key,
					 .client_secret = c->keys.secret_key,
					 .server_public = g->server.public_key };
	struct zframe frame = { (const uint8_t *)"hello", 5 };

	assert_int_equal(zsock_open(g->f->loop, ZSOCK_DEALER, &options, &c->sock), CVN_OK);
	assert_int_equal(zsock_connect(c->sock, zsock_endpoint(g->router)), CVN_OK);
	assert_int_equal(zsock_send(c->sock, &frame, 1), CVN_OK);
}

static enum cvn_err grant(struct keyring *keyring, const char *key, const char *role,
			  const char *subject)
{
	Convene__V1__Principal p = CONVENE__V1__PRINCIPAL__INIT;

	p.public_key = (char *)(uintptr_t)key;
	p.role = (char *)(uintptr_t)role;
	p.subject = (char *)(uintptr_t)subject;
	return keyring_set(keyring, &p);
}

static void a_granted_key_comes_in_with_its_name(void **state)
{
	struct gate g = { 0 };
	struct caller c;

	open_gate(&g, *state, "clients");
	make_keys(&c);
	assert_int_equal(grant(g.keyring, c.keys.public_key, "federation", "bel-chess"), CVN_OK);
	keyring_complete(g.keyring);
	call(&g, &c);
	TURN_UNTIL(g.f->loop, g.n_messages == 1);

	assert_string_equal(g.last_user, c.keys.public_key);
	assert_int_equal(keyring_counts(g.keyring)->admitted, 1);
	zsock_close(c.sock);
	close_gate(&g);
}

static void an_unknown_key_is_refused_and_counted(void **state)
{
	struct gate g = { 0 };
	struct caller c;

	open_gate(&g, *state, "clients");
	keyring_complete(g.keyring);
	make_keys(&c);
	call(&g, &c);
	TURN_UNTIL(g.f->loop, zsock_count(g.router, ZSOCK_REFUSED) >= 1);

	assert_int_equal(g.n_messages, 0);
	assert_true(keyring_counts(g.keyring)->refused >= 1);
	zsock_close(c.sock);
	close_gate(&g);
}

static void before_all_keys_are_known_an_unknown_one_tries_later(void **state)
{
	struct gate g = { 0 };
	struct caller c;

	open_gate(&g, *state, "clients");
	make_keys(&c);
	call(&g, &c);
	TURN_UNTIL(g.f->loop, keyring_counts(g.keyring)->deferred >= 1);
	assert_int_equal(g.n_messages, 0);

	assert_int_equal(grant(g.keyring, c.keys.public_key, "observer", NULL), CVN_OK);
	keyring_complete(g.keyring);
	TURN_UNTIL(g.f->loop, g.n_messages == 1);
	zsock_close(c.sock);
	close_gate(&g);
}

/* Each role has its doors. */
static void a_role_at_the_wrong_door_is_refused(void **state)
{
	static const struct {
		const char *role, *subject, *domain;
		bool is_let_in;
	} CASES[] = {
		{ "federation", "f", "updates", false }, { "observer", NULL, "updates", true },
		{ "federation", "f", "workers", false }, { "worker", NULL, "workers", true },
		{ "worker", NULL, "clients", false },    { "operator", NULL, "workers", false },
		{ "committee", "BLR", "clients", true }, { "operator", NULL, "elsewhere", false },
	};

	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(CASES); i++) {
		struct fixture own = { 0 };
		struct gate g = { 0 };
		struct caller c;

		assert_int_equal(loop_new(&own.loop), CVN_OK);
		open_gate(&g, &own, CASES[i].domain);
		make_keys(&c);
		assert_int_equal(
			grant(g.keyring, c.keys.public_key, CASES[i].role, CASES[i].subject),
			CVN_OK);
		keyring_complete(g.keyring);
		call(&g, &c);
		TURN_UNTIL(g.f->loop,
			   g.n_messages == 1 || zsock_count(g.router, ZSOCK_REFUSED) >= 1);
		assert_int_equal(g.n_messages, CASES[i].is_let_in);
		zsock_close(c.sock);
		close_gate(&g);
		loop_free(own.loop);
	}
}

static void a_dropped_key_cannot_come_again(void **state)
{
	struct gate g = { 0 };
	struct caller c;

	open_gate(&g, *state, "clients");
	make_keys(&c);
	assert_int_equal(grant(g.keyring, c.keys.public_key, "operator", NULL), CVN_OK);
	keyring_complete(g.keyring);
	call(&g, &c);
	TURN_UNTIL(g.f->loop, g.n_messages == 1);
	zsock_close(c.sock);
	assert_true(keyring_drop(g.keyring, c.keys.public_key));
	assert_false(keyring_drop(g.keyring, c.keys.public_key));
	call(&g, &c);
	TURN_UNTIL(g.f->loop, zsock_count(g.router, ZSOCK_REFUSED) >= 1);

	assert_int_equal(g.n_messages, 1);
	assert_null(keyring_find(g.keyring, c.keys.public_key));
	zsock_close(c.sock);
	close_gate(&g);
}

static void what_is_no_principal_is_refused_with_its_field(void **state)
{
	struct fixture *f = *state;
	struct keyring *keyring;
	struct caller c;
	Convene__V1__Principal p = CONVENE__V1__PRINCIPAL__INIT;
	const char *field, *key = c.keys.public_key;
	char *bad[] = { (char[]){ "no/id" } };

	make_keys(&c);
	assert_int_equal(keyring_new(f->loop, &keyring), CVN_OK);
	assert_int_equal(grant(keyring, NULL, "operator", NULL), CVN_EINVALID);
	assert_int_equal(grant(keyring, "short", "operator", NULL), CVN_EINVALID);
	assert_int_equal(grant(keyring, key, NULL, NULL), CVN_EINVALID);
	assert_int_equal(grant(keyring, key, "king", NULL), CVN_EINVALID);
	assert_int_equal(grant(keyring, key, "federation", NULL), CVN_EINVALID);
	assert_int_equal(grant(keyring, key, "committee", "blr"), CVN_EINVALID);
	assert_int_equal(grant(keyring, key, "observer", "BLR"), CVN_EINVALID);
	p.public_key = c.keys.public_key;
	p.role = (char[]){ "observer" };
	p.programmes = bad;
	p.n_programmes = 1;
	assert_non_null(keyring_fault(&p, &field));
	assert_string_equal(field, "programmes");
	assert_int_equal(keyring_count(keyring), 0);
	keyring_free(keyring);
}

static void setting_a_key_again_replaces_what_it_stands_for(void **state)
{
	struct fixture *f = *state;
	struct keyring *keyring;
	struct caller c;
	Convene__V1__Principal p = CONVENE__V1__PRINCIPAL__INIT;
	char *programmes[] = { (char[]){ "one" }, (char[]){ "two" } };
	const struct principal *found;

	make_keys(&c);
	assert_int_equal(keyring_new(f->loop, &keyring), CVN_OK);
	assert_int_equal(grant(keyring, c.keys.public_key, "federation", "f"), CVN_OK);
	p.public_key = c.keys.public_key;
	p.role = (char[]){ "observer" };
	p.name = (char[]){ "a screen in the hall" };
	p.programmes = programmes;
	p.n_programmes = 2;
	assert_int_equal(keyring_set(keyring, &p), CVN_OK);
	found = keyring_find(keyring, c.keys.public_key);

	assert_int_equal(keyring_count(keyring), 1);
	assert_int_equal(found->role, ROLE_OBSERVER);
	assert_string_equal(found->subject, "");
	assert_string_equal(found->name, "a screen in the hall");
	assert_true(principal_reads_programme(found, "two"));
	assert_false(principal_reads_programme(found, "three"));
	assert_int_equal(keyring_find(keyring, KEYRING_LOCAL)->role, ROLE_OPERATOR);
	assert_null(keyring_find(keyring, NULL));
	keyring_free(keyring);
}

static void on_proof(void *arg, enum cvn_err err)
{
	*(int *)arg = err;
}

#define NO_PROOF 1

static void it_proves_that_an_unknown_key_is_refused(void **state)
{
	struct gate g = { 0 };
	int outcome = NO_PROOF;

	open_gate(&g, *state, "clients");
	assert_int_equal(keyring_prove(g.keyring, zsock_endpoint(g.router), false, g.server.public_key,
				       5000, on_proof, &outcome),
			 CVN_OK);
	assert_int_equal(keyring_prove(g.keyring, zsock_endpoint(g.router), false, g.server.public_key,
				       5000, on_proof, &outcome),
			 CVN_EBUSY);
	assert_int_equal(outcome, NO_PROOF);
	TURN_UNTIL(g.f->loop, outcome != NO_PROOF);

	assert_int_equal(outcome, CVN_OK);
	assert_int_equal(g.n_messages, 0);
	assert_int_equal(keyring_counts(g.keyring)->refused,
			 0); /* proofs do not count as refusals */
	assert_int_equal(keyring_counts(g.keyring)->proofs, 1);
	close_gate(&g);
}

static void it_proves_it_where_updates_are_published(void **state)
{
	struct gate g = { 0 };
	int outcome = NO_PROOF;

	open_gate_of(&g, *state, ZSOCK_XPUB, "updates");
	assert_int_equal(keyring_prove(g.keyring, zsock_endpoint(g.router), true,
				       g.server.public_key, 5000, on_proof, &outcome),
			 CVN_OK);
	TURN_UNTIL(g.f->loop, outcome != NO_PROOF);
	assert_int_equal(outcome, CVN_OK);
	assert_int_equal(keyring_counts(g.keyring)->proofs, 1);
	close_gate(&g);
}

/* A server in a context of its own, where nobody answers ZAP: libzmq lets everybody in. */
static void notices_an_open_door(void **state, enum zsock_type type, bool hears)
{
	struct gate g = { 0 }, open_door = { 0 };
	struct fixture other = { 0 };
	struct zsock_options options = { .zap_domain = "clients" };
	int outcome = NO_PROOF;

	assert_int_equal(loop_new(&other.loop), CVN_OK);
	assert_int_equal(keys_generate(&open_door.server), CVN_OK);
	options.server_secret = open_door.server.secret_key;
	assert_int_equal(zsock_open(other.loop, type, &options, &open_door.router), CVN_OK);
	assert_int_equal(zsock_bind(open_door.router, "tcp://127.0.0.1:*"), CVN_OK);
	open_gate(&g, *state, "clients");
	assert_int_equal(keyring_prove(g.keyring, zsock_endpoint(open_door.router), hears,
				       open_door.server.public_key, 5000, on_proof, &outcome),
			 CVN_OK);
	TURN_UNTIL(g.f->loop, outcome != NO_PROOF);

	assert_int_equal(outcome, CVN_EBUG);
	close_gate(&g);
	zsock_close(open_door.router);
	loop_free(other.loop);
}

static void it_notices_a_door_that_lets_everybody_in(void **state)
{
	notices_an_open_door(state, ZSOCK_ROUTER, false);
	notices_an_open_door(state, ZSOCK_XPUB, true);
}

static void a_breach_fails_the_proof_and_silence_is_no_proof(void **state)
{
	struct gate g = { 0 };
	int outcome = NO_PROOF;

	open_gate(&g, *state, "clients");
	assert_int_equal(keyring_prove(g.keyring, "tcp://127.0.0.1:1", false, g.server.public_key, 5000,
				       on_proof, &outcome),
			 CVN_OK);
	keyring_breached(g.keyring);
	assert_int_equal(outcome, CVN_EBUG);
	assert_int_equal(keyring_counts(g.keyring)->breaches, 1);
	assert_int_equal(keyring_prove(g.keyring, "tcp://127.0.0.1:1", false, g.server.public_key, 50,
				       on_proof, &outcome),
			 CVN_OK);
	TURN_UNTIL(g.f->loop, outcome == CVN_EDEADLINE);
	assert_int_equal(keyring_prove(g.keyring, "tcp://127.0.0.1:1", false, g.server.public_key, 5000,
				       on_proof, &outcome),
			 CVN_OK);
	close_gate(&g);
	assert_int_equal(outcome, CVN_ECANCELED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IO_TEST(a_granted_key_comes_in_with_its_name),
		IO_TEST(an_unknown_key_is_refused_and_counted),
		IO_TEST(before_all_keys_are_known_an_unknown_one_tries_later),
		IO_TEST(a_role_at_the_wrong_door_is_refused),
		IO_TEST(a_dropped_key_cannot_come_again),
		IO_TEST(what_is_no_principal_is_refused_with_its_field),
		IO_TEST(setting_a_key_again_replaces_what_it_stands_for),
		IO_TEST(it_proves_that_an_unknown_key_is_refused),
		IO_TEST(it_proves_it_where_updates_are_published),
		IO_TEST(it_notices_a_door_that_lets_everybody_in),
		IO_TEST(a_breach_fails_the_proof_and_silence_is_no_proof),
	};

	return cmocka_run_group_tests_name("keyring", tests, NULL, NULL);
}
