/* keyring_private.h - what keyring.c, keyring_zap.c and keyring_proof.c share.
 *
 * Layer     ports; included by those files alone.
 * Thread    loop thread only. */
#pragma once
#include "io/keys.h"
#include "io/loop.h"
#include "io/zsock.h"
#include "ports/keyring.h"

/* A failed allocation leaves the table as it was, and the element's hh.tbl NULL. */
#define HASH_NONFATAL_OOM 1
#include <uthash.h>

/* One allocation: the texts and the list of programmes stand behind it. */
struct keyring_entry {
	struct principal principal;
	bool is_barred; /* from the updates */
	UT_hash_handle hh; /* keyring::entries, by key */
};

/* The one proof that is under way. */
struct keyring_proof {
	struct zsock *probe;      /* NULL: none is under way */
	struct loop_timer *timer; /* made with the keyring */
	char key[KEYS_TEXT];      /* the probe's public key, which nobody was granted */
	bool was_asked;           /* ZAP was asked about it, and said no */
	keyring_proof_cb done_cb;
	void *arg;
};

struct keyring {
	struct loop *loop; /* borrowed; outlives us */
	struct keyring_entry *entries;
	struct principal local;
	struct zsock *zap;
	bool is_complete;
	struct keyring_counts counts;
	struct keyring_proof proof;
};

/* Binds the ZAP handler. Errors as zsock_open() and zsock_bind(). */
CVN_MUST_CHECK enum cvn_err keyring_zap_open(struct keyring *keyring);

/* Gets ready for proofs. CVN_ENOMEM. */
CVN_MUST_CHECK enum cvn_err keyring_proof_init(struct keyring *keyring);

/* Cancels a proof that is under way. */
void keyring_proof_done(struct keyring *keyring);
