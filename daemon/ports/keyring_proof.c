/* In order of time: keyring_prove -> (keyring_zap.c refuses) -> on_event, or on_late, or
 * keyring_breached -> finish */
#include "ports/keyring_private.h"

static void on_event(void *arg, struct zsock *sock, enum zsock_event event);
static void on_late(void *arg);
static void finish(struct keyring *keyring, enum cvn_err err);

enum cvn_err keyring_proof_init(struct keyring *keyring)
{
	return loop_timer_new(keyring->loop, on_late, keyring, &keyring->proof.timer);
}

enum cvn_err keyring_prove(struct keyring *keyring, const char *endpoint, bool hears,
			   const char *server_public, uint32_t time_ms, keyring_proof_cb done_cb,
			   void *arg)
{
	static const struct zframe PROBE = { (const uint8_t *)"probe", 5 };
	struct keyring_proof *proof = &keyring->proof;
	struct key_pair keys;
	struct zsock_options options = { .on_event = on_event,
					 .arg = keyring,
					 .is_monitored = true,
					 .client_public = keys.public_key,
					 .client_secret = keys.secret_key,
					 .server_public = server_public,
					 .handshake_ms = time_ms };
	enum cvn_err err;

	CVN_REQUIRE(done_cb != NULL && time_ms > 0);
	if (proof->probe != NULL)
		return CVN_EBUSY;
	err = keys_generate(&keys);
	if (err == CVN_OK)
		err = zsock_open(keyring->loop, hears ? ZSOCK_SUB : ZSOCK_DEALER, &options,
				 &proof->probe);
	if (err != CVN_OK)
		return err;
	proof->was_asked = false;
	proof->done_cb = done_cb;
	proof->arg = arg;
	memcpy(proof->key, keys.public_key, sizeof(proof->key));
	keys_wipe(&keys);
	err = zsock_connect(proof->probe, endpoint);
	/* waits in the socket: it would come through as soon as the door opened */
	if (err == CVN_OK && !hears)
		err = zsock_send(proof->probe, &PROBE, 1);
	if (err != CVN_OK) {
		zsock_close(proof->probe);
		proof->probe = NULL;
		return err;
	}
	loop_timer_start(proof->timer, time_ms, 0);
	return CVN_OK;
}

static void on_event(void *arg, struct zsock *sock, enum zsock_event event)
{
	struct keyring *keyring = arg;

	(void)sock;
	if (event == ZSOCK_HANDSHAKE_OK)
		finish(keyring, CVN_EBUG);
	else if (event == ZSOCK_REFUSED && keyring->proof.was_asked)
		finish(keyring, CVN_OK);
}

static void on_late(void *arg)
{
	finish(arg, CVN_EDEADLINE);
}

void keyring_breached(struct keyring *keyring)
{
	keyring->counts.breaches++;
	if (keyring->proof.probe != NULL)
		finish(keyring, CVN_EBUG);
}

static void finish(struct keyring *keyring, enum cvn_err err)
{
	struct keyring_proof *proof = &keyring->proof;

	zsock_close(proof->probe);
	proof->probe = NULL;
	loop_timer_stop(proof->timer);
	if (err == CVN_OK)
		keyring->counts.proofs++;
	proof->done_cb(proof->arg, err); /* may start the next one, or free the keyring */
}

void keyring_proof_done(struct keyring *keyring)
{
	if (keyring->proof.probe != NULL)
		finish(keyring, CVN_ECANCELED);
	loop_timer_free(keyring->proof.timer);
	keyring->proof.timer = NULL;
}
