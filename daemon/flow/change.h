/* change.h - a new standing, and where it is new a content, packed as they are stored and told.
 *
 * Layer     flow: pure.
 * Thread    any.
 * Limit     the arena's.
 * Not here  what the standing says (flow/decide.h, the workers); guards (the caller's). */
#pragma once
#include "convene/v1/record.pb-c.h"
#include "domain/replica.h"
#include "ports/store.h"
#include "util/arena.h"
#include "util/err.h"

#define CHANGE_DIGEST_BYTES 32

/* What stands from now on. */
struct change {
	const char *id;
	int64_t revision;
	const Convene__V1__Request *content; /* NULL: as before */
	const Convene__V1__Standing *standing;
	int64_t unix_ms;
	const char *by, *by_role; /* whose call it was, for the log; NULL: nobody's */
	int64_t received_unix_ms; /* where it is brought back; 0: it is not */
};

/* Packs `change` into the arena and fills all of `ret_change` but its guards and `bump`, which are
 * 0. CVN_ENOMEM. */
CVN_MUST_CHECK enum cvn_err change_pack(const struct change *change, struct arena *arena,
					struct store_change *ret_change);

/* BLAKE2b of the packed content: the same for the same content, however it was written on the wire.
 * */
void change_digest(struct store_bytes content, uint8_t ret_digest[CHANGE_DIGEST_BYTES]);

/* A standing of its own in the arena, as `before`: lists and texts are shared with it. NULL: the
 * arena is full. */
Convene__V1__Standing *change_standing(const Convene__V1__Standing *before, struct arena *arena);

/* Takes the place away, and all that belongs to it: consents, the day to accept it by, a conflict.
 * */
void change_drop_place(Convene__V1__Standing *standing);

/* Does what is occupied differ between the two? NULL: nothing was. */
bool change_moves(const Convene__V1__Standing *before, const Convene__V1__Standing *after);
