/* What the Functions admit, put, claim, death, found and the grants answer, against a real
 * redis-server. */
#include "ports_test.h"
#include <string.h>

static void admit_writes_records_and_log_in_one_step(void **state)
{
	struct world *w = *state;
	struct store_item items[] = { world_item("a", "d-a", ""), world_item("b", "d-b", "a") };

	world_put_programme(w, "open");
	assert_int_equal(world_admit(w, items, 2), CVN_OK);

	assert_int_equal(items[0].ret_admission, STORE_NEW);
	assert_int_equal(items[0].ret_cursor, 2);
	assert_int_equal(items[1].ret_cursor, 3);
	assert_int_equal(items[1].ret_revision, 1);
	assert_int_equal(items[1].ret_state, 1);
	assert_string_equal(world_redis(w, "HMGET {P}:head cursor version phase"), "3 1 open");
	assert_string_equal(world_redis(w, "LRANGE {P}:ids 0 -1"), "a b");
	assert_string_equal(world_redis(w, "HGETALL {P}:after"), "b a");
	assert_string_equal(
		world_redis(w, "HMGET {P}:r:b state rev cursor digest fed by t0 c s trail"),
		"1 1 3 d-b fed-1 Ann 1700000000123 content s-received 3");
	assert_string_equal(world_redis(w, "XRANGE {P}:log 2 +"),
			    "2-0 u u-received v 1 3-0 u u-received v 1");
}

static void admit_gives_the_same_receipt_again(void **state)
{
	struct world *w = *state;
	struct store_item item = world_item("a", "d-a", "");
	struct store_item both[] = { world_item("new", "d-n", ""), world_item("a", "d-a", "") };

	world_put_programme(w, "open");
	assert_int_equal(world_admit(w, &item, 1), CVN_OK);
	assert_int_equal(world_admit(w, both, 2), CVN_OK);

	assert_int_equal(both[0].ret_admission, STORE_NEW);
	assert_int_equal(both[0].ret_cursor, 3);
	assert_int_equal(both[1].ret_admission, STORE_AGAIN);
	assert_int_equal(both[1].ret_cursor, 2);
	assert_string_equal(world_redis(w, "HGET {P}:head cursor"), "3");
}

static void admit_knows_the_first_submission_of_an_amended_request(void **state)
{
	struct world *w = *state;
	struct store_item item = world_item("a", "d-a", ""), amended = world_item("a", "d-a2", "");
	struct store_change change = world_change("a", 1, false);
	struct store_commit commit = { .programme = "P", .changes = &change, .n_changes = 1 };

	change.revision = 2;
	change.content = bytes_of("content2");
	change.digest = bytes_of("d-a2");
	world_put_programme(w, "open");
	assert_int_equal(world_admit(w, &item, 1), CVN_OK);
	assert_int_equal(WORLD_DO(w, commit, &commit), CVN_OK);

	assert_int_equal(world_admit(w, &item, 1), CVN_OK);
	assert_int_equal(item.ret_admission, STORE_AGAIN);
	assert_int_equal(item.ret_revision, 1); /* the receipt of the first time, word for word */
	assert_int_equal(item.ret_cursor, 2);
	assert_int_equal(world_admit(w, &amended, 1), CVN_OK);
	assert_int_equal(amended.ret_admission, STORE_AGAIN);
	assert_int_equal(amended.ret_revision, 2);
	assert_int_equal(amended.ret_cursor, 2);
}

static void admit_writes_nothing_where_one_id_is_taken(void **state)
{
	struct world *w = *state;
	struct store_item item = world_item("a", "d-a", "");
	struct store_item both[] = { world_item("b", "d-b", ""), world_item("a", "other", "") };

	world_put_programme(w, "open");
	assert_int_equal(world_admit(w, &item, 1), CVN_OK);
	assert_int_equal(world_admit(w, both, 2), CVN_EIDTAKEN);

	assert_int_equal(both[0].ret_admission, STORE_NEW);
	assert_int_equal(both[1].ret_admission, STORE_TAKEN);
	assert_string_equal(world_redis(w, "EXISTS {P}:r:b"), "0");
	assert_string_equal(world_redis(w, "HGET {P}:head cursor"), "2");
}

static void admit_refuses_closed_and_unknown_programmes(void **state)
{
	struct world *w = *state;
	struct store_item item = world_item("a", "d-a", ""), second = world_item("b", "d-b", "");
	struct store_admit odd = { .programme = "not an id}", .items = &item, .n_items = 1 };

	assert_int_equal(world_admit(w, &item, 1), CVN_EPROGRAMME);
	world_put_programme(w, "open");
	assert_int_equal(world_admit(w, &item, 1), CVN_OK);
	world_put_programme(w, "closed");
	assert_int_equal(world_admit(w, &second, 1), CVN_ECLOSED);
	assert_int_equal(world_admit(w, &item, 1), CVN_OK);
	assert_int_equal(item.ret_admission, STORE_AGAIN);
	assert_int_equal(WORLD_DO(w, admit, &odd), CVN_EPROGRAMME);
}

static void starts_refuse_what_must_not_become_a_key(void **state)
{
	struct world *w = *state;
	struct store_item odd = world_item("a b", "d", ""),
			  twice[] = { world_item("a", "d", ""), world_item("a", "d", "") };
	struct store_entity kind = { .kind = "thing", .id = "x", .bytes = bytes_of("y") };
	struct store_entity gone = { .kind = "programme", .id = "P" };
	struct store_put put = { .programme = "P", .entities = &kind, .n_entities = 1 };

	assert_int_equal(world_admit(w, &odd, 1), CVN_EINVALID);
	assert_int_equal(world_admit(w, twice, 2), CVN_EINVALID);
	assert_int_equal(world_admit(w, twice, STORE_BATCH_MAX + 1), CVN_ETOOLARGE);
	assert_int_equal(WORLD_DO(w, put, &put), CVN_EINVALID);
	put.entities = &gone;
	assert_int_equal(WORLD_DO(w, put, &put), CVN_EINVALID);
}

static void put_logs_what_differs_and_nothing_else(void **state)
{
	struct world *w = *state;
	struct store_entity entities[] = {
		{ .kind = "programme",
		  .id = "P",
		  .bytes = bytes_of("p1"),
		  .update = bytes_of("u1"),
		  .phase = "open" },
		{ .kind = "city", .id = "c", .bytes = bytes_of("city"), .update = bytes_of("u2") },
		{ .kind = "city", .id = "c", .bytes = bytes_of("city2"), .update = bytes_of("u3") },
	};
	struct store_put put = { .programme = "P", .entities = entities, .n_entities = 3 };

	assert_int_equal(WORLD_DO(w, put, &put), CVN_OK);
	assert_int_equal(put.ret_changed, 3);
	assert_int_equal(put.ret_cursor, 3);
	assert_int_equal(put.ret_version, 3);
	assert_string_equal(world_redis(w, "SMEMBERS convene:programmes"), "P");
	assert_string_equal(world_redis(w, "HGETALL {P}:e:city"), "c city2");

	put.n_entities = 1;
	assert_int_equal(WORLD_DO(w, put, &put), CVN_OK);
	assert_int_equal(put.ret_changed, 0);
	assert_int_equal(put.ret_cursor, 3);

	entities[1].bytes = (struct store_bytes){ NULL, 0 };
	put.entities = &entities[1];
	assert_int_equal(WORLD_DO(w, put, &put), CVN_OK);
	assert_int_equal(put.ret_changed, 1);
	assert_int_equal(WORLD_DO(w, put, &put), CVN_OK);
	assert_int_equal(put.ret_changed, 0);
	assert_int_equal(put.ret_cursor, 4);
	assert_string_equal(world_redis(w, "HGETALL {P}:e:city"), "");
	assert_string_equal(world_redis(w, "HGET {P}:ec city/c"), "4");
}

static void put_wants_the_programme_first(void **state)
{
	struct world *w = *state;
	struct store_entity city = {
		.kind = "city", .id = "c", .bytes = bytes_of("x"), .update = bytes_of("u")
	};
	struct store_put put = { .programme = "P", .entities = &city, .n_entities = 1 };

	assert_int_equal(WORLD_DO(w, put, &put), CVN_EPROGRAMME);
	world_put_programme(w, "archived");
	assert_int_equal(WORLD_DO(w, put, &put), CVN_ECLOSED);
	world_put_programme(w, "open");
	assert_int_equal(WORLD_DO(w, put, &put), CVN_OK);
}

static void deaths_are_counted_until_the_request_is_received_again(void **state)
{
	struct world *w = *state;
	struct store_item item = world_item("a", "d-a", "");
	struct store_death death = { .programme = "P", .request = "a" };
	struct store_change change = world_change("a", 1, false);
	struct store_commit commit = { .programme = "P", .changes = &change, .n_changes = 1 };

	assert_int_equal(WORLD_DO(w, death, &death), CVN_EPROGRAMME);
	world_put_programme(w, "open");
	assert_int_equal(world_admit(w, &item, 1), CVN_OK);
	assert_int_equal(WORLD_DO(w, death, &death), CVN_OK);
	assert_int_equal(death.ret_deaths, 1);
	assert_int_equal(WORLD_DO(w, death, &death), CVN_OK);
	assert_int_equal(death.ret_deaths, 2);
	assert_int_equal(WORLD_DO(w, commit, &commit), CVN_OK);
	assert_int_equal(WORLD_DO(w, death, &death), CVN_OK);
	assert_int_equal(death.ret_deaths, 1);
}

static const char KEY1[] = "1111111111222222222233333333334444444444",
		  KEY2[] = "5555555555222222222233333333334444444444";

static void look_at_one_principal(struct store_op *op)
{
	struct store_principals *principals = CONTAINER_OF(op, struct store_principals, op);

	assert_int_equal(principals->ret_n, 1);
	assert_string_equal(principals->ret_principals[0].public_key, KEY1);
	assert_int_equal(principals->ret_principals[0].bytes.n, 3);
	assert_memory_equal(principals->ret_principals[0].bytes.data, "ann", 3);
}

static void the_first_operator_is_granted_on_an_empty_store_only(void **state)
{
	struct world *w = *state;
	struct store_principal ann = { KEY1, bytes_of("ann") }, ben = { KEY2, bytes_of("ben") };
	struct store_grant found = { .what = STORE_FOUND, .principals = &ann, .n_principals = 1 };
	struct store_grant grant = { .what = STORE_GRANT, .principals = &ben, .n_principals = 1 };
	struct store_grant revoke = { .what = STORE_REVOKE, .principals = &ben, .n_principals = 1 };
	struct store_principals all = { .op = { 0 } };

	assert_int_equal(WORLD_DO(w, grant, &found), CVN_OK);
	assert_int_equal(WORLD_DO(w, grant, &found), CVN_OK);
	found.principals = &ben;
	assert_int_equal(WORLD_DO(w, grant, &found), CVN_EFORBIDDEN);
	assert_int_equal(WORLD_DO(w, grant, &grant), CVN_OK);
	assert_int_equal(WORLD_DO(w, grant, &revoke), CVN_OK);
	assert_int_equal(revoke.ret_changed, 1);
	assert_int_equal(WORLD_LOOK(w, principals, &all, look_at_one_principal), CVN_OK);
}

static void a_daemon_that_was_replaced_writes_nothing(void **state)
{
	struct world *w = *state;
	struct store_item item = world_item("a", "d-a", "");
	enum store_state other_state;
	struct store *other;

	world_put_programme(w, "open");
	other = world_open_other(w, &other_state);
	assert_int_equal(store_epoch(other), store_epoch(w->store) + 1);
	assert_int_equal(store_n_programmes(other), 1);
	assert_string_equal(store_programme(other, 0).programme, "P");
	assert_int_equal(store_programme(other, 0).cursor, 1);
	assert_string_equal(store_programme(other, 0).phase, "open");

	assert_int_equal(world_admit(w, &item, 1), CVN_EEPOCH);
	assert_int_equal(w->state, STORE_OVER);
	assert_int_equal(world_admit(w, &item, 1), CVN_EUNAVAILABLE);
	assert_string_equal(world_redis(w, "EXISTS {P}:r:a"), "0");
	store_close(other);
}

static void a_full_redis_is_named_and_recovers(void **state)
{
	struct world *w = *state;
	struct store_item item = world_item("a", "d-a", "");
	struct store_admit admit = { .programme = "P", .unix_ms = 1, .items = &item, .n_items = 1 };

	world_put_programme(w, "open");
	assert_string_equal(world_redis(w, "CONFIG SET maxmemory 1"), "OK");
	assert_int_equal(WORLD_DO(w, admit, &admit), CVN_EUNAVAILABLE);
	assert_non_null(strstr(admit.op.fault, "maxmemory"));
	assert_string_equal(world_redis(w, "EXISTS {P}:r:a"), "0");
	assert_string_equal(world_redis(w, "CONFIG SET maxmemory 0"), "OK");
	assert_int_equal(world_admit(w, &item, 1), CVN_OK);
}

static void a_redis_that_became_a_replica_is_named_and_recovers(void **state)
{
	struct world *w = *state;
	struct store_item item = world_item("a", "d-a", "");
	struct store_admit admit = { .programme = "P", .unix_ms = 1, .items = &item, .n_items = 1 };

	world_put_programme(w, "open");
	assert_string_equal(world_redis(w, "REPLICAOF 127.0.0.1 1"), "OK");
	assert_int_equal(WORLD_DO(w, admit, &admit), CVN_EUNAVAILABLE);
	assert_non_null(strstr(admit.op.fault, "replica"));
	assert_true(world_turn_until_state(w, STORE_AWAY, 5000));
	assert_string_equal(world_redis(w, "REPLICAOF NO ONE"), "OK");
	assert_true(world_turn_until_state(w, STORE_READY, 10000));
	assert_int_equal(world_admit(w, &item, 1), CVN_OK);
}

static void functions_that_were_flushed_come_back(void **state)
{
	struct world *w = *state;
	struct store_item item = world_item("a", "d-a", "");

	world_put_programme(w, "open");
	assert_string_equal(world_redis(w, "FUNCTION FLUSH"), "OK");
	assert_int_equal(world_admit(w, &item, 1), CVN_EUNAVAILABLE);
	assert_true(world_turn_until_state(w, STORE_READY, 10000));
	assert_int_equal(world_admit(w, &item, 1), CVN_OK);
}

static void a_daemon_that_was_replaced_leaves_the_functions_alone(void **state)
{
	struct world *w = *state;
	struct store_item item = world_item("a", "d-a", "");
	enum store_state other_state;
	struct store *other = world_open_other(w, &other_state);

	assert_string_equal(world_redis(w, "FUNCTION DELETE convene_1"), "OK");
	assert_int_equal(world_admit(w, &item, 1), CVN_EUNAVAILABLE);
	assert_true(world_turn_until_state(w, STORE_OVER, 5000));
	assert_non_null(strstr(w->text, "taken over"));
	assert_string_equal(world_redis(w, "FUNCTION LIST"), "");
	store_close(other);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
	const struct CMUnitTest tests[] = {
		TEST(admit_writes_records_and_log_in_one_step),
		TEST(admit_gives_the_same_receipt_again),
		TEST(admit_knows_the_first_submission_of_an_amended_request),
		TEST(admit_writes_nothing_where_one_id_is_taken),
		TEST(admit_refuses_closed_and_unknown_programmes),
		TEST(starts_refuse_what_must_not_become_a_key),
		TEST(put_logs_what_differs_and_nothing_else),
		TEST(put_wants_the_programme_first),
		TEST(deaths_are_counted_until_the_request_is_received_again),
		TEST(the_first_operator_is_granted_on_an_empty_store_only),
		TEST(a_daemon_that_was_replaced_writes_nothing),
		TEST(a_daemon_that_was_replaced_leaves_the_functions_alone),
		TEST(a_full_redis_is_named_and_recovers),
		TEST(a_redis_that_became_a_replica_is_named_and_recovers),
		TEST(functions_that_were_flushed_come_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
