/* The store under load, when Redis dies under it, when time or room runs out. */
#include "ports_test.h"
#include "util/clock.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define N_REQUESTS 1000
#define N_TOGETHER 100

/* One request's way: admitted, then committed; both repeated blindly by the store. */
struct job {
	struct load *load;
	struct store_admit admit;
	struct store_commit commit;
	struct store_item item;
	struct store_change change;
	char id[16];
	unsigned n_done;
	enum cvn_err err;
};

struct load {
	struct world *w;
	struct job jobs[N_REQUESTS];
	unsigned n_begun, n_under_way, n_over;
	bool is_over;
};

static void begin_some(struct load *load);

static void end_job(struct job *job, enum cvn_err err)
{
	job->err = err;
	job->n_done++;
	job->load->n_under_way--;
	job->load->is_over = ++job->load->n_over == N_REQUESTS;
	begin_some(job->load);
}

static void on_committed(struct store_op *op, enum cvn_err err)
{
	end_job(CONTAINER_OF(CONTAINER_OF(op, struct store_commit, op), struct job, commit), err);
}

static void on_admitted(struct store_op *op, enum cvn_err err)
{
	struct job *job = CONTAINER_OF(CONTAINER_OF(op, struct store_admit, op), struct job, admit);

	if (err != CVN_OK) {
		end_job(job, err);
		return;
	}
	job->change = world_change(job->id, rand() % 2 ? 4 : 5, rand() % 2);
	job->change.expect_state = 1;
	job->change.expect_revision = 1;
	job->commit = (struct store_commit){ .op = { .done_cb = on_committed,
						     .deadline_ms = STORE_NO_DEADLINE,
						     .patient = true },
					     .programme = "P",
					     .changes = &job->change,
					     .n_changes = 1 };
	assert_int_equal(store_commit_start(job->load->w->store, &job->commit), CVN_OK);
}

static void begin_some(struct load *load)
{
	while (load->n_begun < N_REQUESTS && load->n_under_way < N_TOGETHER) {
		struct job *job = &load->jobs[load->n_begun];

		job->load = load;
		snprintf(job->id, sizeof(job->id), "q%u", load->n_begun);
		job->item = world_item(job->id, job->id, "");
		job->admit = (struct store_admit){ .op = { .done_cb = on_admitted,
							   .deadline_ms = STORE_NO_DEADLINE,
							   .patient = true },
						   .programme = "P",
						   .unix_ms = 1,
						   .items = &job->item,
						   .n_items = 1 };
		assert_int_equal(store_admit_start(load->w->store, &job->admit), CVN_OK);
		load->n_begun++;
		load->n_under_way++;
	}
}

static void expect_every_request_once(struct world *w, struct load *load)
{
	unsigned seen[2 * N_REQUESTS + 2] = { 0 };

	assert_true(load->is_over);
	for (size_t i = 0; i < N_REQUESTS; i++) {
		assert_int_equal(load->jobs[i].n_done, 1);
		assert_int_equal(load->jobs[i].err, CVN_OK);
		assert_int_equal(load->jobs[i].commit.ret_cursor > load->jobs[i].item.ret_cursor,
				 1);
		seen[load->jobs[i].item.ret_cursor]++;
		seen[load->jobs[i].commit.ret_cursor]++;
	}
	for (size_t cursor = 2; cursor < N_ELEMENTS(seen); cursor++)
		assert_int_equal(seen[cursor], 1);
	assert_string_equal(world_redis(w, "HGET {P}:head cursor"), "2001");
	assert_string_equal(world_redis(w, "XLEN {P}:log"), "2001");
	assert_string_equal(world_redis(w, "LLEN {P}:ids"), "1000");
}

static void cursors_have_no_gap_under_load(void **state)
{
	struct world *w = *state;
	struct load *load = calloc(1, sizeof(*load));

	world_put_programme(w, "open");
	load->w = w;
	begin_some(load);
	world_turn_until(w, &load->is_over, 30000);
	expect_every_request_once(w, load);
	assert_int_equal(store_n_pending(w->store), 0);
	free(load);
}

static void nothing_is_lost_or_doubled_when_redis_is_killed(void **state)
{
	struct world *w = *state;
	struct load *load = calloc(1, sizeof(*load));

	world_put_programme(w, "open");
	load->w = w;
	begin_some(load);
	for (unsigned round = 1; round <= 5; round++) {
		while (load->n_over < round * 150)
			loop_turn(w->loop, 10);
		assert_int_equal(kill((pid_t)redis_server_pid(w->server), SIGKILL), 0);
	}
	world_turn_until(w, &load->is_over, 60000);
	expect_every_request_once(w, load);
	assert_true(w->n_ready >= 4);
	free(load);
}

static void while_redis_is_away_only_the_patient_wait(void **state)
{
	struct world *w = *state;
	struct store_item item = world_item("a", "a", "");
	struct store_admit admit = {
		.op = { .patient = true }, .programme = "P", .items = &item, .n_items = 1
	};

	world_put_programme(w, "open");
	world_close_server(w);
	assert_true(world_turn_until_state(w, STORE_AWAY, 5000));
	assert_int_equal(world_admit(w, &item, 1), CVN_EUNAVAILABLE);
	admit.op.deadline_ms = loop_now_ms(w->loop) + 100;
	assert_int_equal(WORLD_DO(w, admit, &admit), CVN_EUNAVAILABLE);
	assert_non_null(admit.op.fault);
	assert_int_equal(store_n_pending(w->store), 0);
	admit.op.deadline_ms = loop_now_ms(w->loop);
	assert_int_equal(WORLD_DO(w, admit, &admit), CVN_EDEADLINE);

	admit.op.deadline_ms = STORE_NO_DEADLINE;
	world_open_server(w, STORE_ALWAYS);
	assert_int_equal(WORLD_DO(w, admit, &admit), CVN_OK);
	assert_int_equal(item.ret_admission, STORE_NEW);
}

static void a_deadline_is_kept_when_redis_hangs(void **state)
{
	struct world *w = *state;
	struct store_item item = world_item("a", "a", "");
	struct store_admit admit = { .programme = "P", .items = &item, .n_items = 1 };
	pid_t pid = (pid_t)redis_server_pid(w->server);
	uint64_t begin_ms;

	world_put_programme(w, "open");
	kill(pid, SIGSTOP);
	begin_ms = clock_ms();
	loop_turn(w->loop, 0);
	admit.op.deadline_ms = loop_now_ms(w->loop) + 150;
	assert_int_equal(WORLD_DO(w, admit, &admit), CVN_EDEADLINE);
	assert_in_range(clock_ms() - begin_ms, 100, 1500);
	kill(pid, SIGCONT);

	assert_int_equal(world_admit(w, &item, 1), CVN_OK); /* the late answer belonged to nobody */
	assert_int_equal(item.ret_admission, STORE_AGAIN);
	assert_int_equal(item.ret_cursor, 2);
}

struct many {
	struct store_death deaths[5000];
	unsigned n_done, n_canceled;
};

static struct many *many;

static void count_done(struct store_op *op, enum cvn_err err)
{
	(void)op;
	many->n_done++;
	many->n_canceled += err == CVN_ECANCELED;
}

static void a_full_queue_refuses_and_closing_ends_what_waits(void **state)
{
	struct world *w = *state;
	unsigned n_started = 0;
	enum cvn_err err = CVN_OK;

	many = calloc(1, sizeof(*many));
	world_put_programme(w, "open");
	while (err == CVN_OK) {
		struct store_death *death = &many->deaths[n_started];

		*death = (struct store_death){ .op = { .done_cb = count_done,
						       .deadline_ms = STORE_NO_DEADLINE },
					       .programme = "P",
					       .request = "a" };
		err = store_death_start(w->store, death);
		n_started += err == CVN_OK;
	}
	assert_int_equal(err, CVN_EBUSY);
	assert_int_equal(n_started, 4096);
	assert_int_equal(store_n_pending(w->store), 4096);
	loop_turn(w->loop, 0);
	store_close(w->store);
	w->store = NULL;
	assert_int_equal(many->n_done, 4096);
	assert_true(many->n_canceled > 0);
	world_turn(w, 50);
	assert_int_equal(many->n_done, 4096);
	free(many);
}

static void writes_wait_for_replicas_where_that_is_asked_for(void **state)
{
	struct world *w = *state, *replica = world_beside(w);
	void *other = replica;
	struct store_item item = world_item("a", "a", "");
	struct store_admit admit = { .programme = "P", .items = &item, .n_items = 1 };
	char command[256];

	store_close(w->store);
	world_open_store(w, STORE_REPLICATED);
	world_open_server(replica, STORE_EVERYSEC);
	world_turn(replica, 300);
	world_redis(w, "CONFIG SET repl-diskless-sync-delay 0");
	world_redis(replica,
		    "CONFIG SET appendonly no"); /* else it writes it anew, and does not end */
	/* a replica asks by TCP: any port of the loopback that is free */
	for (int port = 20000 + getpid() % 20000, n = 0;; port++, n++) {
		assert_true(n < 50);
		snprintf(command, sizeof(command), "CONFIG SET port %d", port);
		if (strcmp(world_redis(w, command), "OK") == 0) {
			snprintf(command, sizeof(command), "REPLICAOF 127.0.0.1 %d", port);
			break;
		}
	}
	{
		struct store_entity entity = { .kind = "programme",
					       .id = "P",
					       .bytes = bytes_of("p"),
					       .update = bytes_of("u"),
					       .phase = "open" };
		struct store_put put = { .programme = "P", .entities = &entity, .n_entities = 1 };

		put.op.deadline_ms = loop_now_ms(w->loop) + 800;
		assert_int_equal(WORLD_DO(w, put, &put), CVN_EDEADLINE); /* nobody replicates yet */
		assert_string_equal(world_redis(replica, command), "OK");
		put.op.deadline_ms = STORE_NO_DEADLINE;
		assert_int_equal(WORLD_DO(w, put, &put), CVN_OK);
	}
	assert_int_equal(WORLD_DO(w, admit, &admit), CVN_OK);
	assert_string_equal(world_redis(replica, "HGET {P}:r:a state"), "1");
	world_teardown(&other);
}

static void a_log_that_went_back_ends_the_daemon(void **state)
{
	struct world *w = *state;
	struct store_item item = world_item("a", "a", "");

	world_put_programme(w, "open");
	assert_int_equal(world_admit(w, &item, 1), CVN_OK);
	world_redis(w, "HSET {P}:head cursor 1"); /* as after the loss of the last second */
	kill((pid_t)redis_server_pid(w->server), SIGKILL);
	assert_true(world_turn_until_state(w, STORE_OVER, 10000));
	assert_non_null(strstr(w->text, "lost"));
}

static void a_server_that_does_not_sync_each_write_is_named(void **state)
{
	struct world *w = *state;

	world_open_server(w, STORE_EVERYSEC);
	world_open_store(w, STORE_ALWAYS);
	assert_non_null(strstr(w->text, "sync"));
	world_redis(w, "CONFIG SET appendonly no");
	store_close(w->store);
	world_open_store(w, STORE_EVERYSEC);
	assert_non_null(strstr(w->text, "append-only"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
	const struct CMUnitTest tests[] = {
		TEST(cursors_have_no_gap_under_load),
		TEST(nothing_is_lost_or_doubled_when_redis_is_killed),
		TEST(while_redis_is_away_only_the_patient_wait),
		TEST(a_deadline_is_kept_when_redis_hangs),
		TEST(a_full_queue_refuses_and_closing_ends_what_waits),
		TEST(writes_wait_for_replicas_where_that_is_asked_for),
		TEST(a_log_that_went_back_ends_the_daemon),
		cmocka_unit_test_setup_teardown(a_server_that_does_not_sync_each_write_is_named,
						world_setup_bare, world_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
