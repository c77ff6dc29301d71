#include "wire/chain.h"

#include <sodium.h>
#include <string.h>

static void put_number(crypto_generichash_state *state, int64_t value)
{
	uint8_t bytes[8];

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)((uint64_t)value >> (56 - 8 * i));
	crypto_generichash_update(state, bytes, sizeof(bytes));
}

void chain_begin(const char *programme, struct chain_hash *ret)
{
	crypto_generichash_state state;

	crypto_generichash_init(&state, NULL, 0, CHAIN_HASH_BYTES);
	crypto_generichash_update(&state, (const uint8_t *)"convene", strlen("convene"));
	crypto_generichash_update(&state, (const uint8_t *)programme, strlen(programme));
	crypto_generichash_final(&state, ret->bytes, CHAIN_HASH_BYTES);
}

void chain_next(const struct chain_hash *before, int64_t cursor, int64_t version,
		const uint8_t *stored, size_t n, struct chain_hash *ret)
{
	crypto_generichash_state state;

	crypto_generichash_init(&state, NULL, 0, CHAIN_HASH_BYTES);
	crypto_generichash_update(&state, before->bytes, CHAIN_HASH_BYTES);
	put_number(&state, cursor);
	put_number(&state, version);
	crypto_generichash_update(&state, stored, n);
	crypto_generichash_final(&state, ret->bytes, CHAIN_HASH_BYTES);
}

bool chain_is(const struct chain_hash *a, const struct chain_hash *b)
{
	return memcmp(a->bytes, b->bytes, CHAIN_HASH_BYTES) == 0;
}

void chain_text(const struct chain_hash *hash, char ret[CHAIN_HASH_TEXT])
{
	sodium_bin2hex(ret, CHAIN_HASH_TEXT, hash->bytes, CHAIN_HASH_BYTES);
}

bool chain_parse(const char *text, struct chain_hash *ret)
{
	struct chain_hash hash;
	size_t n;

	if (strlen(text) != CHAIN_HASH_TEXT - 1 ||
	    sodium_hex2bin(hash.bytes, sizeof(hash.bytes), text, CHAIN_HASH_TEXT - 1, NULL, &n,
			   NULL) != 0 ||
	    n != CHAIN_HASH_BYTES)
		return false;
	*ret = hash;
	return true;
}
