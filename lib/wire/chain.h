/* chain.h - the chain of hashes that binds each entry of a programme's log to the one before it:
 * whoever knows the last hash knows the whole log.
 *
 *   h(0) = H("convene" ‖ programme id)
 *   h(n) = H(h(n-1) ‖ cursor ‖ version ‖ stored bytes of the entry)
 *
 * H is BLAKE2b of 256 bits without a key; cursor and version are eight bytes each, the most
 * significant first. docs/PROTOCOL.md has the same words for who writes a verifier of his own.
 *
 * Layer     wire: pure, bytes -> hash.
 * Thread    any.
 * Limit     –
 * Not here  where the chain is kept (ports/seal.h), who goes through it (cli/audit.c). */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CHAIN_HASH_BYTES 32
#define CHAIN_HASH_TEXT (2 * CHAIN_HASH_BYTES + 1)

struct chain_hash {
	uint8_t bytes[CHAIN_HASH_BYTES];
};

/* Where the chain of a programme begins: the hash before its first entry. */
void chain_begin(const char *programme, struct chain_hash *ret);

/* The hash of the entry that follows `before`. `ret` may be `before`. O(n): a microsecond or two for
 * an entry of usual length. */
void chain_next(const struct chain_hash *before, int64_t cursor, int64_t version,
		const uint8_t *stored, size_t n, struct chain_hash *ret);

bool chain_is(const struct chain_hash *a, const struct chain_hash *b);

/* In lower-case hexadecimal, and back; false: it is not 64 such digits (upper case is fine). */
void chain_text(const struct chain_hash *hash, char ret[CHAIN_HASH_TEXT]);
bool chain_parse(const char *text, struct chain_hash *ret);
