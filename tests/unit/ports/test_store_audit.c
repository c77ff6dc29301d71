/* The chain in Redis: it is appended to, without a gap and once, and read back with what it binds. */
#include "ports/store_audit.h"
#include "ports_test.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define N_ENTRIES 6 /* of the log that open_log() makes */

static struct chain_hash chain[STORE_CHAIN_PIECE]; /* [n]: of cursor n */

/* A log of N_ENTRIES, and its chain as it has to be. */
static void open_log(struct world *w)
{
	char id[16];

	world_put_programme(w, "open");
	for (int i = 2; i <= N_ENTRIES; i++) {
		struct store_item item;

		snprintf(id, sizeof(id), "q%d", i);
		item = world_item(id, id, "");
		assert_int_equal(world_admit(w, &item, 1), CVN_OK);
	}
	chain_begin("P", &chain[0]);
	for (int i = 1; i <= N_ENTRIES; i++)
		chain_next(&chain[i - 1], i, 1, (const uint8_t *)"u", 1, &chain[i]);
}

static enum cvn_err seal(struct world *w, int64_t first, size_t n)
{
	struct store_seal op = { .programme = "P",
				 .first = first,
				 .before = chain[first - 1],
				 .hashes = &chain[first],
				 .n_hashes = n };

	return WORLD_DO(w, seal, &op);
}

static const char *sealed(struct world *w)
{
	return world_redis(w, "HGET {P}:head sealed");
}

static void hashes_are_appended_without_a_gap(void **state)
{
	struct world *w = *state;

	open_log(w);
	assert_int_equal(seal(w, 1, 2), CVN_OK);
	assert_string_equal(sealed(w), "2");
	assert_int_equal(seal(w, 4, 1), CVN_ECONFLICT);
	assert_int_equal(seal(w, 3, 3), CVN_OK);
	assert_string_equal(sealed(w), "5");
	assert_string_equal(world_redis(w, "STRLEN {P}:chain:0"), "160");
}

static void what_is_sealed_is_never_rewritten(void **state)
{
	struct world *w = *state;

	open_log(w);
	assert_int_equal(seal(w, 1, 4), CVN_OK);
	assert_int_equal(seal(w, 1, 4), CVN_OK); /* its answer was lost: the same again */
	assert_int_equal(seal(w, 2, 2), CVN_OK);
	assert_int_equal(seal(w, 3, 3), CVN_OK); /* two of them are new to nobody, one is */
	assert_string_equal(sealed(w), "5");
	chain[2].bytes[9] ^= 1;
	assert_int_equal(seal(w, 2, 1), CVN_ECONFLICT);
	assert_int_equal(seal(w, 2, 5), CVN_ECONFLICT);
	assert_string_equal(sealed(w), "5");
	assert_string_equal(world_redis(w, "STRLEN {P}:chain:0"), "160");
}

static void nothing_is_sealed_that_the_log_does_not_hold(void **state)
{
	struct world *w = *state;

	open_log(w);
	assert_int_equal(seal(w, 1, N_ENTRIES + 1), CVN_ECONFLICT);
	assert_string_equal(sealed(w), "nil");
	assert_int_equal(seal(w, 1, N_ENTRIES), CVN_OK);
}

static void a_chain_that_was_touched_is_not_gone_on_with(void **state)
{
	struct world *w = *state;

	open_log(w);
	assert_int_equal(seal(w, 1, 3), CVN_OK);
	world_redis(w, "HSET {P}:head seal something");
	assert_int_equal(seal(w, 4, 1), CVN_ECONFLICT);
	world_redis(w, "HDEL {P}:head seal sealed");
	assert_int_equal(seal(w, 4, 1), CVN_ECONFLICT);
	assert_int_equal(seal(w, 1, 3), CVN_ECONFLICT);
}

static void only_the_owner_of_the_programme_seals(void **state)
{
	struct world *w = *state;
	struct store_seal op = { .programme = "Q",
				 .first = 1,
				 .hashes = chain,
				 .n_hashes = 1 };

	open_log(w);
	assert_int_equal(WORLD_DO(w, seal, &op), CVN_EPROGRAMME);
	op.first = STORE_CHAIN_PIECE;
	op.n_hashes = 2;
	assert_int_equal(store_seal_start(w->store, &op), CVN_ETOOLARGE);
	op.first = 0;
	assert_int_equal(store_seal_start(w->store, &op), CVN_EINVALID);
	world_redis(w, "HSET {P}:head epoch 99");
	assert_int_equal(seal(w, 1, 1), CVN_EEPOCH);
}

static struct store_audit audit; /* as it was, without what was lent */
static struct chain_hash seen[STORE_BATCH_MAX];
static int64_t cursors[STORE_BATCH_MAX];
static unsigned n_without;

static void look(struct store_op *op)
{
	const struct store_audit *a = CONTAINER_OF(op, struct store_audit, op);

	n_without = 0;
	for (size_t i = 0; i < a->ret_n; i++) {
		cursors[i] = a->ret_entries[i].cursor;
		n_without += a->ret_entries[i].update.data == NULL;
	}
	if (a->ret_n_hashes > 0)
		memcpy(seen, a->ret_hashes, a->ret_n_hashes * sizeof(*seen));
}

static enum cvn_err read_audit(struct world *w, int64_t after, int64_t limit, int64_t bytes_max)
{
	audit = (struct store_audit){
		.programme = "P", .after = after, .limit = limit, .bytes_max = bytes_max
	};
	return WORLD_LOOK(w, audit, &audit, look);
}

static void log_and_chain_are_read_together(void **state)
{
	struct world *w = *state;

	open_log(w);
	assert_int_equal(seal(w, 1, 4), CVN_OK);
	assert_int_equal(read_audit(w, 1, 256, 10000), CVN_OK);
	assert_int_equal(audit.ret_cursor, N_ENTRIES);
	assert_int_equal(audit.ret_sealed, 4);
	assert_true(chain_is(&audit.ret_seal, &chain[4]));
	assert_int_equal(audit.ret_through, N_ENTRIES);
	assert_int_equal(audit.ret_n, N_ENTRIES - 1);
	assert_int_equal(audit.ret_n_hashes, 3);
	assert_memory_equal(seen, &chain[2], 3 * sizeof(*seen));
	assert_int_equal(cursors[0], 2);
	assert_int_equal(read_audit(w, 0, 0, 0), CVN_OK);
	assert_int_equal(audit.ret_n, 0);
	assert_int_equal(audit.ret_n_hashes, 0);
	assert_int_equal(read_audit(w, N_ENTRIES, 10, 1000), CVN_OK);
	assert_int_equal(audit.ret_through, N_ENTRIES);
}

static void a_page_ends_where_its_room_does(void **state)
{
	struct world *w = *state;

	open_log(w);
	assert_int_equal(seal(w, 1, 5), CVN_OK);
	assert_int_equal(read_audit(w, 0, 4, 10000), CVN_OK);
	assert_int_equal(audit.ret_through, 4);
	assert_int_equal(audit.ret_n, 4);
	assert_int_equal(audit.ret_n_hashes, 4);
	assert_int_equal(read_audit(w, 0, 4, 0), CVN_OK);
	assert_int_equal(audit.ret_through, 1);
	assert_int_equal(audit.ret_n, 1);
	assert_int_equal(audit.ret_n_hashes, 1);
}

static void whatever_stands_there_is_shown(void **state)
{
	struct world *w = *state;

	open_log(w);
	assert_int_equal(seal(w, 1, 6), CVN_OK);
	world_redis(w, "XDEL {P}:log 3-0");
	world_redis(w, "XADD {P}:log 6-5 x y");
	world_redis(w, "HSET {P}:head cursor 2");
	assert_int_equal(read_audit(w, 0, 256, 10000), CVN_OK);
	assert_int_equal(audit.ret_through, 6);
	assert_int_equal(audit.ret_n, 6);
	assert_int_equal(audit.ret_n_hashes, 6);
	assert_int_equal(cursors[2], 4);
	assert_int_equal(cursors[5], 6);
	assert_int_equal(n_without, 1);
}

/* Where one piece is full, the next begins: nothing is lost at the edge. */
static void pieces_follow_one_another(void **state)
{
	struct world *w = *state;
	char command[96];

	open_log(w);
	snprintf(command, sizeof(command), "HSET {P}:head cursor %d", STORE_CHAIN_PIECE + 10);
	world_redis(w, command);
	for (int64_t first = 1; first < STORE_CHAIN_PIECE; first += STORE_BATCH_MAX)
		assert_int_equal(seal(w, first,
				      first + STORE_BATCH_MAX <= STORE_CHAIN_PIECE - 1 ?
					      STORE_BATCH_MAX :
					      (size_t)(STORE_CHAIN_PIECE - first)),
				 CVN_OK);
	assert_string_equal(sealed(w), "65535");
	{
		struct chain_hash two[2] = { { .bytes = { 1 } }, { .bytes = { 2 } } };
		struct store_seal op = { .programme = "P",
					 .first = STORE_CHAIN_PIECE,
					 .before = chain[STORE_CHAIN_PIECE - 1],
					 .hashes = two,
					 .n_hashes = 1 };

		assert_int_equal(WORLD_DO(w, seal, &op), CVN_OK);
		op.first++;
		op.before = two[0];
		op.hashes = &two[1];
		assert_int_equal(WORLD_DO(w, seal, &op), CVN_OK);
	}
	assert_string_equal(sealed(w), "65537");
	assert_string_equal(world_redis(w, "STRLEN {P}:chain:0"), "2097152");
	assert_string_equal(world_redis(w, "STRLEN {P}:chain:1"), "32");
	assert_int_equal(read_audit(w, STORE_CHAIN_PIECE - 2, 10, 1000), CVN_OK);
	assert_int_equal(audit.ret_through, STORE_CHAIN_PIECE);
	assert_int_equal(audit.ret_n_hashes, 2);
	assert_int_equal(read_audit(w, STORE_CHAIN_PIECE, 10, 1000), CVN_OK);
	assert_int_equal(audit.ret_through, STORE_CHAIN_PIECE + 10);
	assert_int_equal(audit.ret_n_hashes, 1);
	assert_int_equal(seen[0].bytes[0], 2);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
	const struct CMUnitTest tests[] = {
		TEST(hashes_are_appended_without_a_gap),
		TEST(what_is_sealed_is_never_rewritten),
		TEST(nothing_is_sealed_that_the_log_does_not_hold),
		TEST(a_chain_that_was_touched_is_not_gone_on_with),
		TEST(only_the_owner_of_the_programme_seals),
		TEST(log_and_chain_are_read_together),
		TEST(a_page_ends_where_its_room_does),
		TEST(whatever_stands_there_is_shown),
		TEST(pieces_follow_one_another),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
