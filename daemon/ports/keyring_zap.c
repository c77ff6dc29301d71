/* In order of time: keyring_zap_open -> on_request -> judge -> answer
 *
 * A REP socket at the address where libzmq asks (RFC 27). Every request gets an answer, also one
 * that is no ZAP: a REP socket that owes one would never hear another. */
#include "ports/keyring_private.h"

#include <string.h>

#define ZAP_ENDPOINT "inproc://zeromq.zap.01"
#define ZAP_VERSION "1.0"

/* The frames of a request; credentials follow as the mechanism wants them. */
enum { VERSION, REQUEST_ID, DOMAIN, ADDRESS, IDENTITY, MECHANISM, CREDENTIALS };

struct verdict {
	const char *status; /* 200, 300, 400, 500 */
	const char *text;
	char user_id[KEYS_TEXT];
};

static void on_request(void *arg, struct zsock *sock, const struct zmessage *message);
static struct verdict judge(struct keyring *keyring, const struct zmessage *message);
static struct verdict judge_key(struct keyring *keyring, const struct zframe *domain,
				const struct zframe *key);
static void answer(struct zsock *sock, const struct zmessage *message,
		   const struct verdict *verdict);

enum cvn_err keyring_zap_open(struct keyring *keyring)
{
	struct zsock_options options = { .on_message = on_request, .arg = keyring };
	enum cvn_err err = zsock_open(keyring->loop, ZSOCK_REP, &options, &keyring->zap);

	return err != CVN_OK ? err : zsock_bind(keyring->zap, ZAP_ENDPOINT);
}

static bool says(const struct zframe *frame, const char *text)
{
	return frame->n == strlen(text) && memcmp(frame->bytes, text, frame->n) == 0;
}

static void on_request(void *arg, struct zsock *sock, const struct zmessage *message)
{
	struct keyring *keyring = arg;
	struct verdict verdict = judge(keyring, message);

	answer(sock, message, &verdict);
}

static struct verdict judge(struct keyring *keyring, const struct zmessage *message)
{
	const struct zframe *f = message->frames;
	bool is_zap = message->n_frames > MECHANISM && says(&f[VERSION], ZAP_VERSION);

	if (is_zap && says(&f[DOMAIN], "local") && says(&f[MECHANISM], "NULL")) {
		keyring->counts.admitted++;
		return (struct verdict){ .status = "200", .text = "OK", .user_id = KEYRING_LOCAL };
	}
	if (is_zap && says(&f[MECHANISM], "CURVE") && message->n_frames == CREDENTIALS + 1 &&
	    f[CREDENTIALS].n == KEYS_RAW)
		return judge_key(keyring, &f[DOMAIN], &f[CREDENTIALS]);
	keyring->counts.malformed++;
	return (struct verdict){ .status = "500", .text = "not a request that is answered here" };
}

static int roles_at(const struct zframe *domain)
{
	if (says(domain, "clients"))
		return ROLES_CLIENTS;
	if (says(domain, "updates"))
		return ROLES_READING;
	if (says(domain, "workers"))
		return ROLE_WORKER;
	return 0;
}

static bool is_barred(const struct principal *principal, const struct zframe *domain)
{
	return says(domain, "updates") &&
	       CONTAINER_OF(principal, struct keyring_entry, principal)->is_barred;
}

static struct verdict judge_key(struct keyring *keyring, const struct zframe *domain,
				const struct zframe *key)
{
	struct verdict verdict = { .status = "400", .text = "unknown key" };
	const struct principal *principal;

	keys_text_of(key->bytes, verdict.user_id);
	principal = keyring_find(keyring, verdict.user_id);
	if (principal != NULL && ((int)principal->role & roles_at(domain)) != 0 &&
	    !is_barred(principal, domain)) {
		keyring->counts.admitted++;
		verdict.status = "200";
		verdict.text = "OK";
		return verdict;
	}
	if (keyring->proof.probe != NULL && strcmp(verdict.user_id, keyring->proof.key) == 0) {
		keyring->proof.was_asked = true;
	} else if (principal == NULL && !keyring->is_complete) {
		keyring->counts.deferred++; /* it may stand in what has not been read yet */
		verdict.status = "300";
		verdict.text = "try later";
	} else {
		keyring->counts.refused++;
	}
	verdict.user_id[0] = '\0';
	return verdict;
}

static void answer(struct zsock *sock, const struct zmessage *message,
		   const struct verdict *verdict)
{
	struct zframe request_id = message->n_frames > REQUEST_ID ? message->frames[REQUEST_ID] :
								    (struct zframe){ NULL, 0 };
	const struct zframe frames[] = {
		{ (const uint8_t *)ZAP_VERSION, strlen(ZAP_VERSION) },
		request_id,
		{ (const uint8_t *)verdict->status, strlen(verdict->status) },
		{ (const uint8_t *)verdict->text, strlen(verdict->text) },
		{ (const uint8_t *)verdict->user_id, strlen(verdict->user_id) },
		{ NULL, 0 }, /* no metadata */
	};

	/* Who asked may have gone; nothing else can fail, and no answer means: not let in. */
	(void)CVN_EXPECT(zsock_send(sock, frames, N_ELEMENTS(frames)) == CVN_OK);
}
