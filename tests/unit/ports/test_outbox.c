/* The outbox hands on what was committed: all of it, once, in order; whatever happens to the
 * connection. */
#include "convene/v1/record.pb-c.h"
#include "ports/outbox.h"
#include "ports/store_audit.h"
#include "ports_test.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct listener {
	int64_t last, version; /* of the last update */
	unsigned n_updates, n_pulses, n_wrong;
	int64_t wanted;
	bool has_wanted;
	bool is_broken;
	char last_id[16];
};

static uint8_t update_bytes[64];
static struct store_bytes update_of(const char *id)
{
	Convene__V1__Update update = CONVENE__V1__UPDATE__INIT;
	Convene__V1__RequestChange change = CONVENE__V1__REQUEST_CHANGE__INIT;

	change.id = (char *)id;
	update.of_case = CONVENE__V1__UPDATE__OF_REQUEST;
	update.request = &change;
	return (struct store_bytes){ update_bytes,
				     convene__v1__update__pack(&update, update_bytes) };
}

static void on_update(void *arg, const struct outbox_update *u)
{
	struct listener *l = arg;
	Convene__V1__Update *again = convene__v1__update__unpack(NULL, u->n, u->bytes);

	assert_non_null(again);
	l->n_wrong += u->cursor != l->last + 1 || u->update->cursor != u->cursor ||
		      again->cursor != u->cursor || u->update->version != u->version ||
		      strcmp(u->update->programme, "P") != 0;
	if (u->update->of_case == CONVENE__V1__UPDATE__OF_REQUEST)
		snprintf(l->last_id, sizeof(l->last_id), "%s", u->update->request->id);
	convene__v1__update__free_unpacked(again, NULL);
	l->last = u->cursor;
	l->version = u->version;
	l->n_updates++;
	l->has_wanted = l->last >= l->wanted;
}

static void on_pulse(void *arg, const char *programme, int64_t cursor, int64_t version)
{
	struct listener *l = arg;

	assert_string_equal(programme, "P");
	l->n_wrong += cursor != l->last || version != l->version;
	l->n_pulses++;
}

static void on_broken(void *arg, const char *programme, const char *text)
{
	struct listener *l = arg;

	(void)programme;
	(void)text;
	l->is_broken = true;
}

static struct outbox *open_outbox(struct world *w, struct listener *l)
{
	struct outbox *outbox;

	assert_int_equal(outbox_new(w->loop, w->store,
				    &(struct outbox_options){ .on_update = on_update,
							      .on_pulse = on_pulse,
							      .on_broken = on_broken,
							      .arg = l },
				    &outbox),
			 CVN_OK);
	return outbox;
}

static bool wait_for(struct world *w, struct listener *l, int64_t cursor, uint64_t ms)
{
	l->wanted = cursor;
	l->has_wanted = l->last >= cursor;
	return world_turn_until(w, &l->has_wanted, ms);
}

static void create(struct world *w)
{
	struct store_entity entity = { .kind = "programme",
				       .id = "P",
				       .bytes = bytes_of("p"),
				       .phase = "open",
				       .update = update_of("programme") };
	struct store_put put = { .programme = "P", .entities = &entity, .n_entities = 1 };

	assert_int_equal(WORLD_DO(w, put, &put), CVN_OK);
}

static void admit(struct world *w, const char *id)
{
	struct store_item item = world_item(id, id, "");

	item.update = update_of(id);
	assert_int_equal(world_admit(w, &item, 1), CVN_OK);
}

static void updates_come_once_in_order_and_complete(void **state)
{
	struct world *w = *state;
	struct listener l = { 0 };
	struct outbox *outbox = open_outbox(w, &l);
	char id[16];

	create(w);
	assert_int_equal(outbox_cursor(outbox, "P"), -1);
	assert_int_equal(outbox_follow(outbox, "P", 0, 0), CVN_OK);
	assert_int_equal(outbox_follow(outbox, "P", 0, 0), CVN_OK);
	for (int i = 0; i < 300; i++) {
		snprintf(id, sizeof(id), "q%d", i);
		admit(w, id);
	}
	assert_true(wait_for(w, &l, 301, 5000));
	assert_int_equal(l.n_updates, 301);
	assert_int_equal(l.n_wrong, 0);
	assert_int_equal(l.version, 1);
	assert_string_equal(l.last_id, "q299");
	assert_int_equal(outbox_cursor(outbox, "P"), 301);
	outbox_free(outbox);
}

static void following_begins_behind_the_cursor_that_is_named(void **state)
{
	struct world *w = *state;
	struct listener l = { .last = 2, .version = 1 };
	struct outbox *outbox;

	create(w);
	admit(w, "a");
	admit(w, "b");
	outbox = open_outbox(w, &l);
	assert_int_equal(outbox_follow(outbox, "P", 2, 1), CVN_OK);
	assert_true(wait_for(w, &l, 3, 5000));
	assert_int_equal(l.n_updates, 1);
	assert_int_equal(l.n_wrong, 0);
	outbox_free(outbox);
}

static void a_pulse_comes_each_second_and_finds_what_nobody_told_of(void **state)
{
	struct world *w = *state;
	struct listener l = { .last = 1, .version = 1 };
	struct outbox *outbox = open_outbox(w, &l);
	enum store_state other_state;
	struct store *other;

	create(w);
	assert_int_equal(outbox_follow(outbox, "P", 1, 1), CVN_OK);
	world_turn(w, 1300);
	assert_in_range(l.n_pulses, 1, 2);
	other = world_open_other(w, &other_state); /* its writes wake nobody here */
	{
		struct store *own = w->store;

		w->store = other;
		admit(w, "a");
		w->store = own;
	}
	assert_true(wait_for(w, &l, 2, 3000));
	assert_int_equal(l.n_wrong, 0);
	store_close(other);
	outbox_free(outbox);
}

static void it_goes_on_after_redis_was_killed(void **state)
{
	struct world *w = *state;
	struct listener l = { .last = 1, .version = 1 };
	struct outbox *outbox = open_outbox(w, &l);
	char id[16];

	create(w);
	assert_int_equal(outbox_follow(outbox, "P", 1, 1), CVN_OK);
	for (int i = 0; i < 60; i++) {
		snprintf(id, sizeof(id), "q%d", i);
		if (i % 20 == 10) {
			kill((pid_t)redis_server_pid(w->server), SIGKILL);
			assert_true(world_turn_until_state(w, STORE_AWAY, 5000));
			assert_true(world_turn_until_state(w, STORE_READY, 15000));
		}
		admit(w, id);
	}
	assert_true(wait_for(w, &l, 61, 5000));
	assert_int_equal(l.n_updates, 60);
	assert_int_equal(l.n_wrong, 0);
	outbox_free(outbox);
}

/* As after a failover to a replica that had not got them yet: nobody was given a receipt, but they
 * were published. */
static void a_log_that_ends_before_what_was_handed_on_ends_the_daemon(void **state)
{
	struct world *w = *state;
	struct listener l = { .last = 1, .version = 1 };
	struct outbox *outbox = open_outbox(w, &l);

	create(w);
	assert_int_equal(outbox_follow(outbox, "P", 1, 1), CVN_OK);
	world_redis(w, "XADD {P}:log 2-0 u  v 1"); /* written, and the answer was lost */
	world_redis(w, "HSET {P}:head cursor 2");
	assert_true(wait_for(w, &l, 2, 3000));
	world_redis(w, "XDEL {P}:log 2-0");
	world_redis(w, "HSET {P}:head cursor 1");
	kill((pid_t)redis_server_pid(w->server), SIGKILL);
	assert_true(world_turn_until_state(w, STORE_OVER, 10000));
	outbox_free(outbox);
}

static void a_hole_in_the_log_is_never_passed_over(void **state)
{
	struct world *w = *state;
	struct listener l = { .last = 1, .version = 1 };
	struct outbox *outbox = open_outbox(w, &l);

	create(w);
	admit(w, "a");
	admit(w, "b");
	assert_string_equal(world_redis(w, "XDEL {P}:log 2-0"), "1");
	assert_int_equal(outbox_follow(outbox, "P", 1, 1), CVN_OK);
	assert_true(world_turn_until(w, &l.is_broken, 5000));
	assert_int_equal(l.n_updates, 0);
	outbox_free(outbox);
}

static void freeing_it_in_the_middle_of_a_read_is_fine(void **state)
{
	struct world *w = *state;
	struct listener l = { 0 };
	struct outbox *outbox = open_outbox(w, &l);

	create(w);
	assert_int_equal(outbox_follow(outbox, "P", 0, 0), CVN_OK);
	outbox_free(outbox);
	world_turn(w, 100);
	assert_int_equal(l.n_updates, 0);
	outbox = open_outbox(w, &l);
	assert_int_equal(outbox_follow(outbox, "P", 0, 0), CVN_OK);
	outbox_free(outbox); /* and now the store is closed with the read under way */
}

static struct chain_hash computed; /* of what the log holds */
static int64_t n_fitting;           /* entries whose hash in the chain is the one computed */

static void look(struct store_op *op)
{
	const struct store_audit *a = CONTAINER_OF(op, struct store_audit, op);

	for (size_t i = 0; i < a->ret_n && i < a->ret_n_hashes; i++) {
		const struct store_audit_entry *e = &a->ret_entries[i];

		chain_next(&computed, e->cursor, e->version, e->update.data, e->update.n,
			   &computed);
		n_fitting += memcmp(a->ret_hashes + i * CHAIN_HASH_BYTES, computed.bytes,
				    CHAIN_HASH_BYTES) == 0;
	}
}

/* How many entries of the log their chain fits to. */
static int64_t fitting(struct world *w)
{
	struct store_audit audit = { .programme = "P", .limit = 256, .bytes_max = 1 << 20 };

	n_fitting = 0;
	chain_begin("P", &computed);
	do {
		assert_int_equal(WORLD_LOOK(w, audit, &audit, look), CVN_OK);
		audit.after = audit.ret_through;
		audit.op = (struct store_op){ 0 };
	} while (audit.ret_through < audit.ret_cursor);
	return n_fitting;
}

static void wait_until_sealed(struct world *w, struct outbox *outbox, int64_t cursor)
{
	for (int i = 0; i < 100 && (outbox_cursor(outbox, "P") < cursor || outbox_unsealed(outbox) > 0);
	     i++)
		world_turn(w, 50);
	assert_int_equal(outbox_unsealed(outbox), 0);
}

static void what_is_handed_on_is_bound_into_the_chain(void **state)
{
	struct world *w = *state;
	struct listener l = { 0 };
	struct outbox *outbox = open_outbox(w, &l);
	char id[16];

	create(w);
	assert_int_equal(outbox_follow(outbox, "P", 0, 0), CVN_OK);
	for (int i = 0; i < 400; i++) {
		snprintf(id, sizeof(id), "q%d", i);
		admit(w, id);
		if (i == 200)
			kill((pid_t)redis_server_pid(w->server), SIGKILL);
		if (i == 200)
			assert_true(world_turn_until_state(w, STORE_AWAY, 5000) &&
				    world_turn_until_state(w, STORE_READY, 15000));
	}
	assert_true(wait_for(w, &l, 401, 5000));
	wait_until_sealed(w, outbox, 401);
	assert_int_equal(fitting(w), 401);
	outbox_free(outbox);
}

static void the_next_one_seals_what_was_left(void **state)
{
	struct world *w = *state;
	struct listener l = { 0 };
	struct outbox *outbox = open_outbox(w, &l);
	char id[16];

	create(w);
	assert_int_equal(outbox_follow(outbox, "P", 0, 0), CVN_OK);
	wait_until_sealed(w, outbox, 1);
	for (int i = 0; i < 300; i++) {
		snprintf(id, sizeof(id), "q%d", i);
		admit(w, id);
	}
	outbox_free(outbox); /* with some hundred unsealed, or a call under way */
	outbox = open_outbox(w, &l);
	l.n_updates = 0;
	l.last = 301;
	assert_int_equal(outbox_follow(outbox, "P", 301, 1), CVN_OK);
	wait_until_sealed(w, outbox, 301);
	assert_int_equal(fitting(w), 301);
	assert_int_equal(l.n_updates, 0);
	admit(w, "later");
	assert_true(wait_for(w, &l, 302, 5000));
	assert_int_equal(l.n_updates, 1);
	assert_int_equal(l.n_wrong, 0);
	outbox_free(outbox);
}

static void a_broken_chain_stops_the_sealing_and_nothing_else(void **state)
{
	struct world *w = *state;
	struct listener l = { 0 };
	struct outbox *outbox = open_outbox(w, &l);

	create(w);
	assert_int_equal(outbox_follow(outbox, "P", 0, 0), CVN_OK);
	wait_until_sealed(w, outbox, 1);
	world_redis(w, "SET {P}:chain:0 x");
	admit(w, "a");
	admit(w, "b");
	assert_true(wait_for(w, &l, 3, 5000));
	world_turn(w, 300);
	admit(w, "c");
	assert_true(wait_for(w, &l, 4, 5000));
	assert_int_equal(l.n_wrong, 0);
	assert_false(l.is_broken);
	assert_int_equal(outbox_unsealed(outbox), 3);
	assert_string_equal(world_redis(w, "GET {P}:chain:0"), "x");
	outbox_free(outbox);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
	const struct CMUnitTest tests[] = {
		TEST(updates_come_once_in_order_and_complete),
		TEST(following_begins_behind_the_cursor_that_is_named),
		TEST(a_pulse_comes_each_second_and_finds_what_nobody_told_of),
		TEST(it_goes_on_after_redis_was_killed),
		TEST(a_log_that_ends_before_what_was_handed_on_ends_the_daemon),
		TEST(a_hole_in_the_log_is_never_passed_over),
		TEST(what_is_handed_on_is_bound_into_the_chain),
		TEST(the_next_one_seals_what_was_left),
		TEST(a_broken_chain_stops_the_sealing_and_nothing_else),
		TEST(freeing_it_in_the_middle_of_a_read_is_fine),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
