/* chain_check.h - goes through a programme's log beside its chain of hashes and says where the two do
 * not fit: computed here, from what was stored, so that neither Redis nor the daemon is trusted.
 *
 * What was altered is found out from the entry behind: it was bound to the true hash.
 *
 * Layer     cli; pure.
 * Thread    one.
 * Not here  fetching the pages, printing (audit.c). */
#pragma once
#include "convene/v1/client.pb-c.h"
#include "wire/chain.h"

enum chain_fault {
	CHAIN_ENTRY_ALTERED,
	CHAIN_HASH_ALTERED,
	CHAIN_EITHER_ALTERED, /* and what follows does not tell which */
	CHAIN_ENTRY_MISSING,
	CHAIN_HASH_MISSING,
	CHAIN_ENTRY_ADDED, /* a second one under its cursor */
	CHAIN_END_ALTERED, /* the last hash is not the one that the programme's head names */
	CHAIN_CUT_OFF,     /* the log ends before the cursor that was expected */
	CHAIN_NOT_EXPECTED,
	CHAIN_UNSEALED, /* entries wait for their hashes longer than they should */
	CHAIN_FAULTS
};

/* Its name for programs, "entry_altered", and a sentence without the full stop. */
const char *chain_fault_name(enum chain_fault fault);
const char *chain_fault_text(enum chain_fault fault);

/* Something does not fit. `stored` is the entry as it stands now; NULL where there is none. Lent for
 * the call. */
typedef void chain_fault_fn(void *arg, int64_t cursor, enum chain_fault fault,
			    const ProtobufCBinaryData *stored);

/* A hash that somebody wrote down earlier, at a cursor or (0) wherever it was. */
struct chain_expected {
	bool is_given;
	int64_t cursor;
	struct chain_hash hash;
};

/* "HASH" or "CURSOR:HASH", as `convene audit head` prints it; false: it is neither. */
bool chain_expected_parse(const char *text, struct chain_expected *ret);

struct chain_check {
	int64_t cursor;        /* of the last entry that was looked at; read it */
	struct chain_hash last; /* and the hash that it should have */
	int64_t n_faults;
	/* private from here on */
	struct chain_expected expected;
	bool was_met;
	chain_fault_fn *on_fault;
	void *arg;
	bool is_in_doubt; /* the last one: `last` is the chain's hash, `computed` the entry's */
	struct chain_hash computed;
	uint8_t *doubted; /* that entry; ours */
	size_t n_doubted;
};

/* Begins before a programme's first entry. `expected` is copied. chain_check_done() ends it, also in
 * the middle. */
void chain_check_init(struct chain_check *c, const char *programme,
		      const struct chain_expected *expected, chain_fault_fn *on_fault, void *arg);
void chain_check_done(struct chain_check *c);

/* Looks at what stands under the next cursor (or, once more, under the last one). One hash, two after
 * a fault. */
void chain_check_add(struct chain_check *c, const Convene__V1__AuditEntry *entry);

/* All through `sealed`, whose hash is said to be `seal`, has been added: what is left to say. `seal`
 * NULL: there is none. */
void chain_check_end(struct chain_check *c, int64_t sealed, const struct chain_hash *seal);
