/* keyring.h - who holds which key: the principals in memory, and the ZAP handler that answers from
 * them.
 *
 * libzmq lets everybody in when nobody answers ZAP. So the keyring is made before any socket is
 * bound and freed after all are closed, and keyring_prove() shows that a key nobody knows is
 * refused.
 *
 * ZAP domains: "clients" (every role but worker), "updates" (roles that read programmes), "workers"
 * (role worker), all CURVE; "local" (NULL mechanism over ipc, guarded by file mode): user id
 * "local", an operator.
 *
 * Layer     ports.
 * Thread    loop thread.
 * Limit     KEYRING_MAX principals, KEYRING_PROGRAMMES programmes and KEYRING_DISCIPLINES disciplines each; texts of at most
 *           KEYRING_TEXT_MAX bytes.
 * Not here  where principals are kept (ports/store.h), what a role may do (flow/kinds.h). */
#pragma once
#include "convene/v1/client.pb-c.h"
#include "io/loop.h"
#include "util/err.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KEYRING_MAX 100000u
#define KEYRING_PROGRAMMES 64u
#define KEYRING_DISCIPLINES 64u
#define KEYRING_TEXT_MAX 200u
#define KEYRING_KEY_TEXT 41u  /* Z85, with its end */
#define KEYRING_LOCAL "local" /* the user id of who speaks over the local socket */

struct keyring; /* opaque */

/* Bits, so that a set of roles is an or of them. */
enum role {
	ROLE_FEDERATION = 1,
	ROLE_COMMITTEE = 2,
	ROLE_WORKING_BODY = 4,
	ROLE_OBSERVER = 8,
	ROLE_OPERATOR = 16,
	ROLE_WORKER = 32, /* a remote worker; no client */
};
#define ROLES_READING (ROLE_COMMITTEE | ROLE_WORKING_BODY | ROLE_OBSERVER | ROLE_OPERATOR)
#define ROLES_CLIENTS (ROLES_READING | ROLE_FEDERATION)

/* A key and whom it stands for; lent by the keyring until it is set again or dropped. */
struct principal {
	char key[KEYRING_KEY_TEXT]; /* or KEYRING_LOCAL */
	enum role role;
	const char *subject; /* federation: its id; committee: its NOC; else "" */
	const char *name;    /* for people; "" where none */
	const char *const *programmes;
	size_t n_programmes; /* 0: all */
	const char *const *disciplines; /* committee: those it decides about … */
	size_t n_disciplines;           /* … 0: all */
};

/* "working_body" ↔ ROLE_WORKING_BODY. False, or NULL, where there is none. */
bool role_parse(const char *text, enum role *ret_role);
const char *role_name(enum role role);

/* Makes an empty one and starts to answer ZAP; until keyring_complete() unknown keys hear "try
 * later" (300). Only one per loop. CVN_ENOMEM, CVN_ESYS. */
CVN_MUST_CHECK enum cvn_err keyring_new(struct loop *loop, struct keyring **ret_keyring);

/* Ends it. Every socket with a ZAP domain must have been closed. NULL is fine. */
void keyring_free(struct keyring *keyring);

/* All principals that there are have been set: from here on an unknown key is refused for good
 * (400). */
void keyring_complete(struct keyring *keyring);

/* Why this cannot be a principal: a sentence with the field's path in *ret_field; NULL: it can.
 * Pure. */
const char *keyring_fault(const Convene__V1__Principal *principal, const char **ret_field);

/* Adds or replaces; copies. CVN_EINVALID see keyring_fault(), CVN_ETOOLARGE KEYRING_MAX,
 * CVN_ENOMEM. */
CVN_MUST_CHECK enum cvn_err keyring_set(struct keyring *keyring,
					const Convene__V1__Principal *principal);

/* Takes a key away: true if it was there. One that may subscribe keeps its subscription until
 * front_revoked(). */
bool keyring_drop(struct keyring *keyring, const char *key);

/* It has abused its subscriptions: not let in to the updates any more, until it is granted anew or
 * the daemon starts again. One that is in stays until front_revoked(). */
void keyring_bar(struct keyring *keyring, const char *key);

/* Who is it? NULL: nobody, also for NULL. KEYRING_LOCAL is always there. O(1). */
const struct principal *keyring_find(const struct keyring *keyring, const char *key);

/* How many. */
size_t keyring_count(const struct keyring *keyring);

/* Calls `fn` for each of them, in no certain order, the local one not; `fn` must not change the
 * keyring. */
void keyring_each(const struct keyring *keyring, void (*fn)(void *arg, const struct principal *p),
		  void *arg);

/* May it address this programme? */
bool principal_has_programme(const struct principal *principal, const char *programme);

/* May it read the whole of this programme, its updates too? */
bool principal_reads_programme(const struct principal *principal, const char *programme);

struct keyring_counts {
	uint64_t admitted;
	uint64_t refused;   /* unknown keys, and roles at the wrong door; keyring_prove() apart */
	uint64_t deferred;  /* heard "try later" */
	uint64_t malformed; /* requests that were no ZAP */
	uint64_t proofs;    /* keyring_prove() that ended well */
	uint64_t breaches;  /* messages on a guarded socket for which nobody vouches: must be 0 */
};
const struct keyring_counts *keyring_counts(const struct keyring *keyring);

/* Is an unknown key refused? Connects to `endpoint` (tcp, CURVE, the key `server_public`; `hears`: where
 * updates are published, else where messages are taken) with a fresh key. CVN_OK: `done_cb(arg, err)` runs once, on a later turn: CVN_OK it was refused and
 * nothing of it came through, CVN_EBUG it was let in: serve nobody; CVN_EDEADLINE neither within
 * `time_ms`; CVN_ECANCELED keyring_free(). Else it never runs: CVN_EBUSY one is under way, or as
 * zsock_open(). */
typedef void (*keyring_proof_cb)(void *arg, enum cvn_err err);
CVN_MUST_CHECK enum cvn_err keyring_prove(struct keyring *keyring, const char *endpoint, bool hears,
					  const char *server_public, uint32_t time_ms,
					  keyring_proof_cb done_cb, void *arg);

/* A message came over a guarded socket and nobody vouches for its sender: told by who reads such
 * sockets. Counts, and fails the proof that is under way. */
void keyring_breached(struct keyring *keyring);
