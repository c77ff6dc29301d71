/* The chain: its definition, and that nothing can change in an entry without another hash. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "wire/chain.h"
#include <sodium.h>
#include <string.h>

static const uint8_t ENTRY[] = "an entry";

/* Worked out with Python's hashlib.blake2b(digest_size=32). */
static void the_hashes_are_those_of_the_definition(void **state)
{
	struct chain_hash hash;
	char text[CHAIN_HASH_TEXT];

	(void)state;
	chain_begin("games", &hash);
	chain_text(&hash, text);
	assert_string_equal(text,
			    "d08122a76aad4729cf48d27613a74ee2c92250eaf29e509c6fc9b1a183cb0219");
	chain_next(&hash, 1, 258, ENTRY, 8, &hash);
	chain_text(&hash, text);
	assert_string_equal(text,
			    "534c476e222f2b847cba44c183898ce733c168ab786c29d12c4744bb327715ab");
}

static void whatever_changes_the_hash_changes(void **state)
{
	struct chain_hash start, other_start, hash, other;
	uint8_t flipped[8];

	(void)state;
	chain_begin("games", &start);
	chain_begin("game", &other_start);
	assert_false(chain_is(&start, &other_start));
	chain_next(&start, 7, 3, ENTRY, 8, &hash);
	chain_next(&other_start, 7, 3, ENTRY, 8, &other);
	assert_false(chain_is(&hash, &other));
	chain_next(&start, 8, 3, ENTRY, 8, &other);
	assert_false(chain_is(&hash, &other));
	chain_next(&start, 7, 4, ENTRY, 8, &other);
	assert_false(chain_is(&hash, &other));
	chain_next(&start, 7, 3, ENTRY, 7, &other);
	assert_false(chain_is(&hash, &other));
	for (unsigned bit = 0; bit < 64; bit++) {
		memcpy(flipped, ENTRY, 8);
		flipped[bit / 8] ^= (uint8_t)(1u << bit % 8);
		chain_next(&start, 7, 3, flipped, 8, &other);
		assert_false(chain_is(&hash, &other));
	}
	chain_next(&start, 7, 3, ENTRY, 8, &other);
	assert_true(chain_is(&hash, &other));
}

static void a_hash_is_read_as_it_is_written(void **state)
{
	struct chain_hash hash, again;
	char text[CHAIN_HASH_TEXT], longer[CHAIN_HASH_TEXT + 1];

	(void)state;
	chain_begin("games", &hash);
	chain_text(&hash, text);
	assert_true(chain_parse(text, &again));
	assert_true(chain_is(&hash, &again));
	strcpy(longer, text);
	strcat(longer, "0");
	assert_false(chain_parse(longer, &again));
	assert_false(chain_parse("", &again));
	text[5] = 'g';
	assert_false(chain_parse(text, &again));
	text[5] = '\0';
	assert_false(chain_parse(text, &again));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_hashes_are_those_of_the_definition),
		cmocka_unit_test(whatever_changes_the_hash_changes),
		cmocka_unit_test(a_hash_is_read_as_it_is_written),
	};

	return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
