/* Pages of a snapshot, and the places between them while things change. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "domain/lifecycle.h"
#include "ports/page.h"

struct rig {
	struct replica *replica;
	struct arena arena;
};

static void put_city(struct replica *replica, const char *id, int64_t cursor)
{
	Convene__V1__Entity entity = CONVENE__V1__ENTITY__INIT;
	Convene__V1__City city = CONVENE__V1__CITY__INIT;

	city.id = (char *)(uintptr_t)id;
	entity.of_case = CONVENE__V1__ENTITY__OF_CITY;
	entity.city = &city;
	assert_int_equal(replica_put_entity(replica, &entity, cursor), CVN_OK);
}

static void put_record(struct replica *replica, const char *id, int64_t cursor)
{
	Convene__V1__Record record = CONVENE__V1__RECORD__INIT;
	Convene__V1__Request content = CONVENE__V1__REQUEST__INIT;
	Convene__V1__Standing standing = CONVENE__V1__STANDING__INIT;

	content.id = record.id = (char *)(uintptr_t)id;
	standing.has_state = 1;
	standing.state = STATE_RECEIVED;
	record.has_revision = record.has_cursor = record.has_received_unix_ms = 1;
	record.revision = 1;
	record.cursor = cursor;
	record.content = &content;
	record.standing = &standing;
	assert_int_equal(replica_put_record(replica, &record), CVN_OK);
}

static int setup(void **state)
{
	struct rig *r = calloc(1, sizeof *r);
	Convene__V1__Page page = CONVENE__V1__PAGE__INIT;

	r->replica = replica_new(NULL);
	arena_init(&r->arena, (size_t)16 << 20);
	put_city(r->replica, "c1", 1);
	put_city(r->replica, "c2", 2);
	put_city(r->replica, "c3", 3);
	put_record(r->replica, "r1", 4);
	put_record(r->replica, "r2", 5);
	put_record(r->replica, "r3", 6);
	page.has_cursor = page.has_version = 1;
	page.cursor = 6;
	page.version = 3;
	assert_int_equal(replica_page(r->replica, &page), CVN_OK);
	*state = r;
	return 0;
}

static int teardown(void **state)
{
	struct rig *r = *state;

	replica_free(r->replica);
	arena_done(&r->arena);
	free(r);
	return 0;
}

/* All pages of `limit` elements, as "c1 c2 | c3 r1 | …"; `between` runs after the first. */
static const char *walk(struct rig *r, struct page_options options, void (*between)(struct rig *r))
{
	static char text[512];
	int64_t from = 0;
	bool is_first = true;

	text[0] = '\0';
	for (;;) {
		struct page_place place;
		Convene__V1__Page *page;

		assert_true(page_place_of(r->replica, from, &place));
		assert_int_equal(page_build(r->replica, &options, &place, &r->arena, &page), CVN_OK);
		for (size_t i = 0; i < page->n_entities; i++)
			strcat(strcat(text, page->entities[i]->entity->city->id), " ");
		for (size_t i = 0; i < page->n_records; i++)
			strcat(strcat(text, page->records[i]->id), " ");
		if (!page->has_next)
			return text;
		assert_true(page->next > 0);
		from = page->next;
		strcat(text, "| ");
		if (is_first && between != NULL)
			between(r);
		is_first = false;
	}
}

static void data_come_first_then_requests(void **state)
{
	struct rig *r = *state;
	struct page_options options = { .limit = 100, .bytes_max = 1 << 20 };

	assert_string_equal(walk(r, options, NULL), "c1 c2 c3 r1 r2 r3 ");
	options.limit = 2;
	assert_string_equal(walk(r, options, NULL), "c1 c2 | c3 r1 | r2 r3 ");
}

static void a_page_holds_at_least_one_element_however_small_it_must_be(void **state)
{
	struct rig *r = *state;
	struct page_options options = { .limit = 100, .bytes_max = 1 };

	assert_string_equal(walk(r, options, NULL), "c1 | c2 | c3 r1 | r2 | r3 ");
}

static void change_one(struct rig *r)
{
	put_city(r->replica, "c1", 7);
	put_record(r->replica, "r4", 8);
}

static void what_changes_meanwhile_comes_once_more(void **state)
{
	struct rig *r = *state;
	struct page_options options = { .limit = 2, .bytes_max = 1 << 20 };

	assert_string_equal(walk(r, options, change_one), "c1 c2 | c3 c1 | r1 r2 | r3 r4 ");
}

static void retire_one(struct rig *r)
{
	Convene__V1__Update update = CONVENE__V1__UPDATE__INIT;
	Convene__V1__EntityChange change = CONVENE__V1__ENTITY_CHANGE__INIT;
	Convene__V1__Entity entity = CONVENE__V1__ENTITY__INIT;
	Convene__V1__City city = CONVENE__V1__CITY__INIT;

	city.id = (char *)"c1";
	entity.of_case = CONVENE__V1__ENTITY__OF_CITY;
	entity.city = &city;
	change.entity = &entity;
	change.has_retired = change.retired = 1;
	update.has_cursor = 1;
	update.cursor = 7;
	update.of_case = CONVENE__V1__UPDATE__OF_ENTITY;
	update.entity = &change;
	assert_int_equal(replica_update(r->replica, &update), CVN_OK);
}

static void what_is_retired_meanwhile_hides_nothing_else(void **state)
{
	struct rig *r = *state;
	struct page_options options = { .limit = 2, .bytes_max = 1 << 20 };

	assert_string_equal(walk(r, options, retire_one), "c1 c2 | c3 r1 | r2 r3 ");
}

static Convene__V1__Record *odd(void *arg, const struct replica_record *record, struct arena *arena)
{
	(void)arg;
	return record->id[1] % 2 == 1 ? page_record(record, arena) : NULL;
}

static void what_is_left_out_still_counts_as_looked_at(void **state)
{
	struct rig *r = *state;
	struct page_options options = { .records_only = true, .limit = 100, .bytes_max = 1 << 20,
					.trim = odd };

	assert_string_equal(walk(r, options, NULL), "r1 r3 ");
	options.scan_max = 1;
	assert_string_equal(walk(r, options, NULL), "r1 | | r3 | ");
}

static void a_number_that_was_never_given_is_refused(void **state)
{
	struct rig *r = *state;
	struct page_place place;

	assert_false(page_place_of(r->replica, -1, &place));
	assert_false(page_place_of(r->replica, (INT64_C(1) << 48) + 4, &place));
	assert_false(page_place_of(r->replica, INT64_MAX, &place));
	assert_true(page_place_of(r->replica, (INT64_C(1) << 48) + 3, &place));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(data_come_first_then_requests),
		TEST(a_page_holds_at_least_one_element_however_small_it_must_be),
		TEST(what_changes_meanwhile_comes_once_more),
		TEST(what_is_retired_meanwhile_hides_nothing_else),
		TEST(what_is_left_out_still_counts_as_looked_at),
		TEST(a_number_that_was_never_given_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
