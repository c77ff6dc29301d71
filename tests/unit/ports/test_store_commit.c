/* What the Function commit answers, and what each read gives back. */
#include "convene/v1/record.pb-c.h"
#include "ports_test.h"
#include "util/buf.h"
#include "util/clock.h"
#include <stdio.h>
#include <string.h>

static void open_with(struct world *w, const char *const *ids, const char *const *afters, size_t n)
{
	struct store_item items[8];

	world_put_programme(w, "open");
	for (size_t i = 0; i < n; i++)
		items[i] = world_item(ids[i], ids[i], afters[i]);
	assert_int_equal(world_admit(w, items, n), CVN_OK);
}

static void commit_moves_record_log_and_version(void **state)
{
	struct world *w = *state;
	struct store_change changes[] = { world_change("a", 4, true), world_change("b", 5, false) };
	struct store_commit commit = { .programme = "P",
				       .has_base_version = true,
				       .base_version = 1,
				       .changes = changes,
				       .n_changes = 2 };

	open_with(w, (const char *[]){ "a", "b" }, (const char *[]){ "", "" }, 2);
	changes[0].expect_state = 1;
	changes[0].expect_revision = 1;
	changes[0].expect_cursor = 2;
	assert_int_equal(WORLD_DO(w, commit, &commit), CVN_OK);

	assert_int_equal(commit.ret_cursor, 5);
	assert_int_equal(commit.ret_version, 2);
	assert_string_equal(world_redis(w, "HMGET {P}:head cursor version"), "5 2");
	assert_string_equal(world_redis(w, "HMGET {P}:r:a state rev cursor digest c s trail"),
			    "4 1 4 a content s-new 2,4");
	assert_string_equal(world_redis(w, "HMGET {P}:r:b state cursor trail"), "5 5 3,5");
	assert_string_equal(world_redis(w, "XRANGE {P}:log 4 +"),
			    "4-0 u u-new v 2 5-0 u u-new v 2");
}

static void commit_on_an_old_calendar_is_stale_before_all_else(void **state)
{
	struct world *w = *state;
	struct store_change change = world_change("a", 4, true);
	struct store_commit commit = { .programme = "P",
				       .has_base_version = true,
				       .base_version = 7,
				       .changes = &change,
				       .n_changes = 1 };

	open_with(w, (const char *[]){ "a" }, (const char *[]){ "" }, 1);
	change.expect_state = 9;
	assert_int_equal(WORLD_DO(w, commit, &commit), CVN_ESTALE);
	assert_int_equal(commit.ret_version, 1);
	assert_string_equal(world_redis(w, "HMGET {P}:r:a state trail"), "1 2");
}

static void commit_can_ask_who_made_the_version(void **state)
{
	struct world *w = *state;
	struct store_change change = world_change("a", 4, true);
	struct store_commit first = { .programme = "P", .changes = &change, .n_changes = 1 };
	struct store_commit next = { .programme = "P",
				     .has_base_version = true,
				     .base_version = 2,
				     .changes = &change,
				     .n_changes = 1 };
	struct store_entity city = {
		.kind = "city", .id = "c", .bytes = bytes_of("x"), .update = bytes_of("u")
	};
	struct store_put put = { .programme = "P", .entities = &city, .n_entities = 1 };

	open_with(w, (const char *[]){ "a" }, (const char *[]){ "" }, 1);
	assert_int_equal(WORLD_DO(w, commit, &first), CVN_OK);
	next.builds_on =
		first.serial + 7; /* one that failed, say: the version is the same by chance */
	assert_int_equal(WORLD_DO(w, commit, &next), CVN_ESTALE);
	next.builds_on = first.serial;
	assert_int_equal(WORLD_DO(w, commit, &next), CVN_OK);
	assert_int_equal(next.ret_version, 3);

	assert_int_equal(WORLD_DO(w, put, &put), CVN_OK);
	next.base_version = 4;
	next.builds_on = next.serial;
	assert_int_equal(WORLD_DO(w, commit, &next), CVN_ESTALE);
	next.builds_on = 0;
	assert_int_equal(WORLD_DO(w, commit, &next), CVN_OK);
}

static void commit_says_what_stands_instead(void **state)
{
	struct world *w = *state;
	struct store_change changes[] = { world_change("a", 4, true), world_change("b", 4, true) };
	struct store_commit commit = { .programme = "P", .changes = changes, .n_changes = 2 };

	open_with(w, (const char *[]){ "a", "b" }, (const char *[]){ "", "" }, 2);
	changes[1].expect_state = 5;
	assert_int_equal(WORLD_DO(w, commit, &commit), CVN_EGONE);
	assert_int_equal(commit.ret_index, 1);
	assert_int_equal(commit.ret_state, 1);
	assert_int_equal(commit.ret_revision, 1);
	assert_int_equal(commit.ret_at, 3);

	changes[1].expect_state = 0;
	changes[1].expect_revision = 2;
	assert_int_equal(WORLD_DO(w, commit, &commit), CVN_EGONE);
	changes[1].expect_revision = 0;
	changes[1].expect_cursor = 2;
	assert_int_equal(WORLD_DO(w, commit, &commit), CVN_EGONE);
	changes[1].expect_cursor = 0;
	changes[1].id = "nobody";
	assert_int_equal(WORLD_DO(w, commit, &commit), CVN_ENOTFOUND);
	assert_int_equal(commit.ret_index, 1);
	assert_string_equal(world_redis(w, "HMGET {P}:head cursor version"), "3 1");
	assert_string_equal(world_redis(w, "HMGET {P}:r:a state trail"), "1 2");
}

static void commit_refuses_to_close_a_circle(void **state)
{
	struct world *w = *state;
	struct store_change change = world_change("a", 4, true);
	struct store_commit commit = { .programme = "P", .changes = &change, .n_changes = 1 };

	open_with(w, (const char *[]){ "a", "b", "c", "d" },
		  (const char *[]){ "b d", "c", "a nobody", "" }, 4);
	assert_int_equal(WORLD_DO(w, commit, &commit), CVN_ECONFLICT);
	change.state = 3; /* rejected: it is out of the circle */
	assert_int_equal(WORLD_DO(w, commit, &commit), CVN_OK);
	change.id = "b";
	change.state = 5;
	assert_int_equal(WORLD_DO(w, commit, &commit), CVN_OK);
	assert_string_equal(world_redis(w, "HKEYS {P}:after"), "b c");
}

static void look_at_both(struct store_op *op)
{
	struct store_todo *todo = CONTAINER_OF(op, struct store_todo, op);

	assert_int_equal(todo->ret_n, 2);
	assert_string_equal(todo->ret_ids[1], "b");
}

static void amending_replaces_the_content_and_what_it_comes_after(void **state)
{
	struct world *w = *state;
	struct store_change change = world_change("b", 1, false);
	struct store_commit commit = { .programme = "P", .changes = &change, .n_changes = 1 };
	struct store_todo todo = { .programme = "P" };

	open_with(w, (const char *[]){ "a", "b" }, (const char *[]){ "", "a" }, 2);
	change.revision = 2;
	change.content = bytes_of("more");
	change.digest = bytes_of("d2");
	assert_int_equal(WORLD_DO(w, commit, &commit), CVN_OK);
	assert_string_equal(world_redis(w, "HMGET {P}:r:b rev c digest d0 state"), "2 more d2 b 1");
	assert_string_equal(world_redis(w, "EXISTS {P}:after"), "0");
	assert_int_equal(WORLD_LOOK(w, todo, &todo, look_at_both), CVN_OK);
	change.after = "a x";
	change.state = 5;
	assert_int_equal(WORLD_DO(w, commit, &commit), CVN_OK);
	assert_string_equal(world_redis(w, "HGET {P}:after b"), "a x");
}

static void an_archived_programme_takes_no_commit(void **state)
{
	struct world *w = *state;
	struct store_change change = world_change("a", 4, true);
	struct store_commit commit = { .programme = "P", .changes = &change, .n_changes = 1 };

	open_with(w, (const char *[]){ "a" }, (const char *[]){ "" }, 1);
	world_put_programme(w, "archived");
	assert_int_equal(WORLD_DO(w, commit, &commit), CVN_ECLOSED);
	world_put_programme(w, "closed");
	assert_int_equal(WORLD_DO(w, commit, &commit), CVN_OK);
	commit.programme = "Q";
	assert_int_equal(WORLD_DO(w, commit, &commit), CVN_EPROGRAMME);
}

/* A call as the store would send it again. No base version, no content, digest, after. */
static const char *commit_by_hand(struct world *w, const char *token, int from, int to)
{
	char command[512];

	snprintf(command, sizeof(command),
		 "FCALL convene_commit 5 {P}:head {P}:log {P}:after {P}:deaths {P}:r:a 1 %s  1 a 1 "
		 "%d 0 1 %d 1 "
		 "   s u",
		 token, from, to);
	return world_redis(w, command);
}

static void a_repeated_commit_gets_the_answer_of_the_first(void **state)
{
	struct world *w = *state;

	open_with(w, (const char *[]){ "a" }, (const char *[]){ "" }, 1);
	assert_string_equal(commit_by_hand(w, "1-1", 1, 4), "ok 3 2");
	assert_string_equal(commit_by_hand(w, "1-2", 4, 6), "ok 4 3");
	assert_string_equal(commit_by_hand(w, "1-1", 1, 4), "ok 3 2");
	assert_string_equal(commit_by_hand(w, "1-2", 4, 6), "ok 4 3");
	assert_string_equal(commit_by_hand(w, "1-12", 4, 6), "gone 0 1 6 4");
	assert_string_equal(world_redis(w, "HMGET {P}:head cursor version"), "4 3");
	for (int i = 3; i < 30; i++) { /* the tokens that are kept have an end */
		char token[16];

		snprintf(token, sizeof(token), "1-%d", i);
		assert_non_null(strstr(commit_by_hand(w, token, 6, 6), "ok"));
	}
	assert_string_equal(commit_by_hand(w, "1-29", 6, 6), "ok 31 30");
	assert_true(strlen(world_redis(w, "HGET {P}:r:a tok")) <= 96);
}

static void look_at_records(struct store_op *op)
{
	struct store_read *read = CONTAINER_OF(op, struct store_read, op);

	assert_int_equal(read->ret_cursor, 3);
	assert_int_equal(read->ret_version, 1);
	assert_null(read->ret_records[0].id);
	assert_string_equal(read->ret_records[1].id, "b");
	assert_string_equal(read->ret_records[1].federation, "fed-1");
	assert_string_equal(read->ret_records[1].by, "Ann");
	assert_string_equal(read->ret_records[1].trail, "3");
	assert_int_equal(read->ret_records[1].cursor, 3);
	assert_int_equal(read->ret_records[1].state, 1);
	assert_int_equal(read->ret_records[1].revision, 1);
	assert_true(read->ret_records[1].received_unix_ms == 1700000000123);
	assert_memory_equal(read->ret_records[1].content.data, "content", 7);
	assert_memory_equal(read->ret_records[1].standing.data, "s-received", 10);
}

static void look_at_first_page(struct store_op *op)
{
	struct store_page *page = CONTAINER_OF(op, struct store_page, op);

	assert_int_equal(page->ret_n, 2);
	assert_int_equal(page->ret_total, 3);
	assert_int_equal(page->ret_next, 2);
	assert_string_equal(page->ret_records[0].id, "a");
	assert_string_equal(page->ret_records[1].id, "b");
}

static void look_at_last_page(struct store_op *op)
{
	struct store_page *page = CONTAINER_OF(op, struct store_page, op);

	assert_int_equal(page->ret_n, 1);
	assert_int_equal(page->ret_next, -1);
	assert_string_equal(page->ret_records[0].id, "c");
	assert_int_equal(page->ret_cursor, 4);
	assert_int_equal(page->ret_version, 1);
}

static void look_at_one_record(struct store_op *op)
{
	struct store_page *page = CONTAINER_OF(op, struct store_page, op);

	assert_int_equal(page->ret_n, 1);
	assert_int_equal(page->ret_next, 1);
}

static void records_are_read_by_id_and_page_by_page(void **state)
{
	struct world *w = *state;
	const char *ids[] = { "nobody", "b" };
	struct store_read read = { .programme = "P", .ids = ids, .n_ids = 2 };
	struct store_page page = { .programme = "P", .limit = 2, .bytes_max = 100000 };
	struct store_item more = world_item("c", "c", "");

	assert_int_equal(WORLD_DO(w, page, &page), CVN_EPROGRAMME);
	open_with(w, (const char *[]){ "a", "b" }, (const char *[]){ "", "" }, 2);
	assert_int_equal(WORLD_LOOK(w, read, &read, look_at_records), CVN_OK);
	assert_int_equal(world_admit(w, &more, 1), CVN_OK);
	assert_int_equal(WORLD_LOOK(w, page, &page, look_at_first_page), CVN_OK);
	page.from = page.ret_next;
	assert_int_equal(WORLD_LOOK(w, page, &page, look_at_last_page), CVN_OK);
	page.from = 0;
	page.bytes_max = 1; /* one comes all the same */
	assert_int_equal(WORLD_LOOK(w, page, &page, look_at_one_record), CVN_OK);
}

static void look_at_entities(struct store_op *op)
{
	struct store_entities *entities = CONTAINER_OF(op, struct store_entities, op);

	assert_int_equal(entities->ret_n, 2);
	assert_string_equal(entities->ret_entities[0].kind, "programme");
	assert_string_equal(entities->ret_entities[0].id, "P");
	assert_int_equal(entities->ret_entities[0].cursor, 1);
	assert_string_equal(entities->ret_entities[1].kind, "venue");
	assert_int_equal(entities->ret_entities[1].cursor, 2);
	assert_memory_equal(entities->ret_entities[1].bytes.data, "hall", 4);
	assert_int_equal(entities->ret_version, 2);
}

static void look_at_log(struct store_op *op)
{
	struct store_log *log = CONTAINER_OF(op, struct store_log, op);

	assert_int_equal(log->ret_n, 2);
	assert_int_equal(log->ret_entries[0].cursor, 2);
	assert_int_equal(log->ret_entries[0].version, 2);
	assert_memory_equal(log->ret_entries[0].update.data, "u-hall", 6);
	assert_int_equal(log->ret_entries[1].cursor, 3);
}

static void look_at_entries(struct store_op *op)
{
	struct store_entries *entries = CONTAINER_OF(op, struct store_entries, op);

	assert_int_equal(entries->ret_n, 2);
	assert_int_equal(entries->ret_entries[0].cursor, 3);
	assert_int_equal(entries->ret_entries[1].cursor, 1);
}

static void look_at_todo(struct store_op *op)
{
	struct store_todo *todo = CONTAINER_OF(op, struct store_todo, op);

	assert_int_equal(todo->ret_n, 1);
	assert_int_equal(todo->ret_next, -1);
	assert_string_equal(todo->ret_ids[0], "b");
}

static void data_log_and_work_are_read_back(void **state)
{
	struct world *w = *state;
	struct store_entity venue = {
		.kind = "venue", .id = "v", .bytes = bytes_of("hall"), .update = bytes_of("u-hall")
	};
	struct store_put put = { .programme = "P", .entities = &venue, .n_entities = 1 };
	struct store_item items[] = { world_item("a", "a", ""), world_item("b", "b", "") };
	const int64_t cursors[] = { 3, 99, 1 };
	struct store_entities entities = { .programme = "P" };
	struct store_log log = { .programme = "P", .after = 1, .limit = 2 };
	struct store_entries entries = { .programme = "P", .cursors = cursors, .n_cursors = 3 };
	struct store_todo todo = { .programme = "P" };
	struct store_change change = world_change("a", 5, false);
	struct store_commit commit = { .programme = "P", .changes = &change, .n_changes = 1 };

	world_put_programme(w, "open");
	assert_int_equal(WORLD_DO(w, put, &put), CVN_OK);
	assert_int_equal(WORLD_LOOK(w, entities, &entities, look_at_entities), CVN_OK);
	assert_int_equal(world_admit(w, items, 2), CVN_OK);
	assert_int_equal(WORLD_LOOK(w, log, &log, look_at_log), CVN_OK);
	assert_int_equal(WORLD_LOOK(w, entries, &entries, look_at_entries), CVN_OK);
	assert_int_equal(WORLD_DO(w, commit, &commit), CVN_OK);
	assert_int_equal(WORLD_LOOK(w, todo, &todo, look_at_todo), CVN_OK);
}

static void a_stored_update_is_completed_by_its_key(void **state)
{
	Convene__V1__Update stored = CONVENE__V1__UPDATE__INIT, *whole;
	uint8_t packed[64];
	struct store_entry entry = { .cursor = 300, .version = 7 };
	struct buf out;

	(void)state;
	stored.has_unix_ms = 1;
	stored.unix_ms = 12345;
	entry.update = (struct store_bytes){ packed, convene__v1__update__pack(&stored, packed) };
	buf_init(&out, 1000);
	assert_int_equal(store_complete_update("P", &entry, &out), CVN_OK);
	whole = convene__v1__update__unpack(NULL, out.n, out.bytes);
	assert_non_null(whole);
	assert_string_equal(whole->programme, "P");
	assert_int_equal(whole->cursor, 300);
	assert_int_equal(whole->version, 7);
	assert_int_equal(whole->unix_ms, 12345);
	convene__v1__update__free_unpacked(whole, NULL);
	buf_done(&out);
}

/* A large adoption. Redis answers nobody while a Function runs: it has to be far below its busy threshold. */
static void ten_thousand_changes_and_the_round_are_one_step(void **state)
{
	enum { N = STORE_CHANGES_MAX, BATCH = STORE_BATCH_MAX, LONGEST_US = 2500000 };
	struct world *w = *state;
	static char ids[N][16];
	static struct store_change changes[N];
	static uint8_t standing[200], update[250];
	struct store_item items[BATCH];
	struct store_round_read read = { .programme = "P" };
	struct store_commit commit = { .programme = "P", .changes = changes, .n_changes = N,
				       .round = bytes_of("adopted") };
	uint64_t started_us;

	world_put_programme(w, "open");
	memset(standing, 's', sizeof standing);
	memset(update, 'u', sizeof update);
	for (size_t i = 0; i < N; i += BATCH) {
		size_t n = N - i < BATCH ? N - i : BATCH;

		for (size_t k = 0; k < n; k++) {
			snprintf(ids[i + k], sizeof ids[i + k], "r%05zu", i + k);
			items[k] = world_item(ids[i + k], ids[i + k], "");
			changes[i + k] = world_change(ids[i + k], 4, i + k == 0);
			changes[i + k].standing = (struct store_bytes){ standing, sizeof standing };
			changes[i + k].update = (struct store_bytes){ update, sizeof update };
		}
		assert_int_equal(world_admit(w, items, n), CVN_OK);
	}

	started_us = clock_us();
	assert_int_equal(WORLD_DO(w, commit, &commit), CVN_OK);
	print_message("%d changes: %.0f ms\n", N, (double)(clock_us() - started_us) / 1000);

	assert_true(clock_us() - started_us < LONGEST_US);
	assert_int_equal(commit.ret_cursor, 1 + 2 * N);
	assert_int_equal(commit.ret_version, 2);
	assert_string_equal(world_redis(w, "GET {P}:round"), "adopted");
	commit.changes = changes;
	changes[N - 1].expect_state = 9;
	commit.round = bytes_of("again");
	assert_int_equal(WORLD_DO(w, commit, &commit), CVN_EGONE);
	assert_int_equal(commit.ret_index, N - 1);
	assert_string_equal(world_redis(w, "GET {P}:round"), "adopted");
	changes[N - 1].id = ids[0];
	assert_int_equal(WORLD_DO(w, commit, &commit), CVN_EINVALID);
	assert_int_equal(WORLD_DO(w, round_read, &read), CVN_OK);
}

static void look_at_round(struct store_op *op)
{
	const struct store_round_read *read = CONTAINER_OF(op, struct store_round_read, op);

	assert_int_equal(read->ret_round.n, 5);
	assert_memory_equal(read->ret_round.data, "draft", 5);
}

static void a_round_is_kept_beside_the_log(void **state)
{
	struct world *w = *state;
	struct store_round round = { .programme = "P", .round = bytes_of("draft") };
	struct store_round unknown = { .programme = "Q", .round = bytes_of("draft") };
	struct store_round_read read = { .programme = "P" };

	world_put_programme(w, "open");
	assert_int_equal(WORLD_DO(w, round_read, &read), CVN_OK);
	assert_null(read.ret_round.data);
	assert_int_equal(WORLD_DO(w, round, &round), CVN_OK);
	assert_int_equal(WORLD_LOOK(w, round_read, &read, look_at_round), CVN_OK);
	assert_string_equal(world_redis(w, "HMGET {P}:head cursor version"), "1 1");
	assert_int_equal(WORLD_DO(w, round, &unknown), CVN_EPROGRAMME);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
	const struct CMUnitTest tests[] = {
		TEST(commit_moves_record_log_and_version),
		TEST(commit_on_an_old_calendar_is_stale_before_all_else),
		TEST(commit_can_ask_who_made_the_version),
		TEST(commit_says_what_stands_instead),
		TEST(commit_refuses_to_close_a_circle),
		TEST(amending_replaces_the_content_and_what_it_comes_after),
		TEST(an_archived_programme_takes_no_commit),
		TEST(a_repeated_commit_gets_the_answer_of_the_first),
		TEST(records_are_read_by_id_and_page_by_page),
		TEST(data_log_and_work_are_read_back),
		TEST(ten_thousand_changes_and_the_round_are_one_step),
		TEST(a_round_is_kept_beside_the_log),
		cmocka_unit_test(a_stored_update_is_completed_by_its_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
