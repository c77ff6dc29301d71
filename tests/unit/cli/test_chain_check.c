/* Whatever is done to a log or its chain is found, and named by what it was done to. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cli/chain_check.h"
#include <stdio.h>
#include <string.h>

#define N 8

struct world {
	Convene__V1__AuditEntry entries[N + 2]; /* [1] … [N]; one more for who adds one */
	uint8_t stored[N + 2][16];
	struct chain_hash hashes[N + 2];
	struct chain_expected expected;
	int64_t sealed;
	struct chain_hash seal;
	char said[256]; /* "3 entry_altered, …" */
};

static void setup(struct world *w)
{
	*w = (struct world){ .sealed = N };
	chain_begin("games", &w->hashes[0]);
	for (int i = 1; i <= N; i++) {
		Convene__V1__AuditEntry *e = &w->entries[i];

		convene__v1__audit_entry__init(e);
		e->has_cursor = e->has_version = e->has_stored = e->has_hash = 1;
		e->cursor = i;
		e->version = i / 2;
		e->stored.data = w->stored[i];
		e->stored.len = (size_t)snprintf((char *)w->stored[i], 16, "entry %d", i);
		chain_next(&w->hashes[i - 1], i, e->version, e->stored.data, e->stored.len,
			   &w->hashes[i]);
		e->hash.data = w->hashes[i].bytes;
		e->hash.len = CHAIN_HASH_BYTES;
	}
	w->seal = w->hashes[N];
}

static void on_fault(void *arg, int64_t cursor, enum chain_fault fault,
		     const ProtobufCBinaryData *stored)
{
	struct world *w = arg;
	size_t n = strlen(w->said);

	(void)stored;
	snprintf(w->said + n, sizeof(w->said) - n, "%s%d %s", n > 0 ? ", " : "", (int)cursor,
		 chain_fault_name(fault));
}

/* Goes through it all; `without`: an entry that is not shown at all; 0: none. */
static const char *check_without(struct world *w, int without)
{
	struct chain_check c;

	w->said[0] = '\0';
	chain_check_init(&c, "games", &w->expected, on_fault, w);
	for (int i = 1; i <= N + 1; i++)
		if (i != without && w->entries[i].has_cursor)
			chain_check_add(&c, &w->entries[i]);
	chain_check_end(&c, w->sealed, w->sealed > 0 ? &w->seal : NULL);
	chain_check_done(&c);
	return w->said;
}

static const char *check(struct world *w)
{
	return check_without(w, 0);
}

static void what_nobody_touched_verifies(void **state)
{
	struct world w;

	(void)state;
	setup(&w);
	assert_string_equal(check(&w), "");
}

static void each_bit_of_each_entry_is_watched(void **state)
{
	struct world w;
	char wanted[32];

	(void)state;
	setup(&w);
	for (int i = 1; i <= N; i++) {
		for (size_t bit = 0; bit < 8 * w.entries[i].stored.len; bit++) {
			w.stored[i][bit / 8] ^= (uint8_t)(1u << bit % 8);
			snprintf(wanted, sizeof(wanted), "%d entry_altered", i);
			assert_string_equal(check(&w), wanted);
			w.stored[i][bit / 8] ^= (uint8_t)(1u << bit % 8);
		}
		w.entries[i].version++;
		assert_string_equal(check(&w), wanted);
		w.entries[i].version--;
	}
	assert_string_equal(check(&w), "");
}

static void each_bit_of_the_chain_is_watched(void **state)
{
	struct world w;
	char wanted[32];

	(void)state;
	setup(&w);
	for (int i = 1; i <= N; i++) {
		for (size_t bit = 0; bit < 8 * CHAIN_HASH_BYTES; bit += 5) {
			w.hashes[i].bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
			snprintf(wanted, sizeof(wanted), "%d hash_altered", i);
			assert_string_equal(check(&w), wanted);
			w.hashes[i].bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
		}
	}
}

static void several_are_told_apart(void **state)
{
	struct world w;

	(void)state;
	setup(&w);
	w.stored[2][0] ^= 1;
	w.hashes[5].bytes[0] ^= 1;
	w.stored[8][3] ^= 1;
	assert_string_equal(check(&w), "2 entry_altered, 5 hash_altered, 8 entry_altered");
}

static void both_the_entry_and_its_hash(void **state)
{
	struct world w;

	(void)state;
	setup(&w);
	w.stored[3][0] ^= 1;
	w.hashes[3].bytes[0] ^= 1;
	assert_non_null(strstr(check(&w), "3 either_altered"));
}

static void what_is_missing_is_named(void **state)
{
	struct world w;

	(void)state;
	setup(&w);
	w.entries[4].has_stored = 0;
	assert_string_equal(check(&w), "4 entry_missing");
	setup(&w);
	w.entries[4].has_hash = 0;
	assert_string_equal(check(&w), "4 hash_missing");
	setup(&w);
	assert_non_null(strstr(check_without(&w, 4), "4 entry_missing"));
	assert_string_equal(check_without(&w, N), "8 entry_missing");
}

static void what_was_added_is_named(void **state)
{
	struct world w;

	(void)state;
	setup(&w);
	w.entries[N + 1] = w.entries[N];
	w.entries[N + 1].has_hash = 0;
	assert_string_equal(check(&w), "8 entry_added");
}

static void the_end_is_watched(void **state)
{
	struct world w;

	(void)state;
	setup(&w);
	w.seal.bytes[0] ^= 1;
	assert_string_equal(check(&w), "8 end_altered");
}

/* A log that was cut, and its chain with it, is sound in itself. */
static void a_cut_is_found_by_who_knew_the_hash(void **state)
{
	struct world w;
	char text[2 * CHAIN_HASH_TEXT], hash[CHAIN_HASH_TEXT];

	(void)state;
	setup(&w);
	chain_text(&w.hashes[7], hash);
	assert_true(chain_expected_parse(hash, &w.expected));
	assert_string_equal(check(&w), "");
	w.entries[8].has_cursor = w.entries[7].has_cursor = w.entries[6].has_cursor = 0;
	w.sealed = 5;
	w.seal = w.hashes[5];
	assert_string_equal(check(&w), "5 not_expected");
	snprintf(text, sizeof(text), "7:%s", hash);
	assert_true(chain_expected_parse(text, &w.expected));
	assert_string_equal(check(&w), "5 cut_off");
	snprintf(text, sizeof(text), "4:%s", hash);
	assert_true(chain_expected_parse(text, &w.expected));
	assert_string_equal(check(&w), "4 not_expected");
	w.expected.is_given = false;
	assert_string_equal(check(&w), "");
	assert_false(chain_expected_parse(":", &w.expected));
	assert_false(chain_expected_parse("0:", &w.expected));
	assert_false(chain_expected_parse("x", &w.expected));
}

/* History with an entry changed and all its hashes computed anew is sound in itself, too. */
static void a_rewritten_history_is_found_by_who_knew_the_hash(void **state)
{
	struct world w;

	(void)state;
	setup(&w);
	w.expected = (struct chain_expected){ .is_given = true, .cursor = 6, .hash = w.hashes[6] };
	w.stored[3][0] ^= 1;
	for (int i = 3; i <= N; i++)
		chain_next(&w.hashes[i - 1], i, w.entries[i].version, w.entries[i].stored.data,
			   w.entries[i].stored.len, &w.hashes[i]);
	w.seal = w.hashes[N];
	assert_string_equal(check(&w), "6 not_expected");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_nobody_touched_verifies),
		cmocka_unit_test(each_bit_of_each_entry_is_watched),
		cmocka_unit_test(each_bit_of_the_chain_is_watched),
		cmocka_unit_test(several_are_told_apart),
		cmocka_unit_test(both_the_entry_and_its_hash),
		cmocka_unit_test(what_is_missing_is_named),
		cmocka_unit_test(what_was_added_is_named),
		cmocka_unit_test(the_end_is_watched),
		cmocka_unit_test(a_cut_is_found_by_who_knew_the_hash),
		cmocka_unit_test(a_rewritten_history_is_found_by_who_knew_the_hash),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
