/* The pool with real children over a real ipc socket; the children are scripted (fake_worker.c). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "domain/replica.h"
#include "io/loop.h"
#include "ports/pool.h"
#include "util/arena.h"
#include "wire/frame.h"

#define TASKS 16

struct rig {
	char folder[64];
	char log[96];
	struct loop *loop;
	struct replica *replica;
	struct pool *pool;
	bool is_closed;
	uint64_t n_answers;
	pool_ref from;
	uint64_t sequence;
	struct pool_task *answered;
	struct job {
		struct pool_task task;
		Convene__V1__Validate validate;
		Convene__V1__Place place;
		Convene__V1__Subject subject, *list[1];
		unsigned n_done;
		enum cvn_err err;
		char last_words[256];
	} jobs[TASKS];
	size_t n_jobs;
};

static void on_answer(void *arg, pool_ref from, const Convene__V1__Answer *answer,
		      struct pool_task *task)
{
	struct rig *r = arg;

	r->n_answers++;
	r->from = from;
	r->sequence = answer->sequence;
	r->answered = task;
}

static bool is_worker_key(void *arg, const char *user_id)
{
	(void)arg;
	(void)user_id;
	return false;
}

static void put(struct rig *r, Convene__V1__Entity *entity, int64_t cursor)
{
	assert_int_equal(replica_put_entity(r->replica, entity, cursor), CVN_OK);
}

/* A programme with `n` cities, complete at cursor n + 1. */
static void fill(struct rig *r, int64_t n)
{
	Convene__V1__Page page = CONVENE__V1__PAGE__INIT;
	Convene__V1__Entity entity = CONVENE__V1__ENTITY__INIT;
	Convene__V1__Programme programme = CONVENE__V1__PROGRAMME__INIT;

	programme.id = (char *)"p";
	programme.first_day = (char *)"2022-01-01";
	programme.last_day = (char *)"2022-12-31";
	entity.of_case = CONVENE__V1__ENTITY__OF_PROGRAMME;
	entity.programme = &programme;
	put(r, &entity, 1);
	for (int64_t i = 0; i < n; i++) {
		Convene__V1__City city = CONVENE__V1__CITY__INIT;
		char id[32];

		snprintf(id, sizeof id, "city-%lld", (long long)i);
		city.id = id;
		city.noc = (char *)"AAA";
		entity.of_case = CONVENE__V1__ENTITY__OF_CITY;
		entity.city = &city;
		put(r, &entity, i + 2);
	}
	page.cursor = page.version = n + 1;
	page.has_cursor = page.has_version = 1;
	assert_int_equal(replica_page(r->replica, &page), CVN_OK);
}

static void open_pool(struct rig *r, uint32_t validators, uint32_t schedulers, uint32_t task_max_ms)
{
	char endpoint[96];
	struct pool_options options = {
		.local_endpoint = endpoint,
		.programs = { FAKE_WORKER, FAKE_WORKER },
		.n_children = { validators, schedulers },
		.task_max_ms = task_max_ms,
		.heartbeat_ms = 100,
		.epoch = 1,
		.on_answer = on_answer,
		.is_worker_key = is_worker_key,
		.arg = r,
	};

	snprintf(endpoint, sizeof endpoint, "ipc://%s/workers", r->folder);
	assert_int_equal(pool_open(r->loop, &options, &r->pool), CVN_OK);
	assert_int_equal(pool_programme(r->pool, "p", r->replica), CVN_OK);
}

static int setup(void **state)
{
	struct rig *r = calloc(1, sizeof *r);

	snprintf(r->folder, sizeof r->folder, "/tmp/cvn-pool-XXXXXX");
	assert_non_null(mkdtemp(r->folder));
	snprintf(r->log, sizeof r->log, "%s/log", r->folder);
	setenv("FAKE_WORKER_LOG", r->log, 1);
	unsetenv("FAKE_WORKER_VERSION");
	assert_int_equal(loop_new(&r->loop), CVN_OK);
	r->replica = replica_new(NULL);
	fill(r, 3);
	*state = r;
	return 0;
}

static void on_closed(void *arg)
{
	struct rig *r = arg;

	r->is_closed = true;
}

static int teardown(void **state)
{
	struct rig *r = *state;

	if (r->pool != NULL) {
		pool_close(r->pool, 500, on_closed, r);
		for (int i = 0; i < 1000 && !r->is_closed; i++)
			loop_turn(r->loop, 20);
		assert_true(r->is_closed);
	}
	replica_free(r->replica);
	loop_free(r->loop);
	unlink(r->log);
	rmdir(r->folder);
	free(r);
	return 0;
}

static void on_done(struct pool_task *task, enum cvn_err err)
{
	struct job *job = (struct job *)task;

	job->n_done++;
	job->err = err;
	if (err == CVN_EGONE)
		snprintf(job->last_words, sizeof job->last_words, "%s", task->ret_last_words);
}

static struct job *start(struct rig *r, enum pool_kind kind, const char *id, bool alone)
{
	struct job *job = &r->jobs[r->n_jobs++];

	job->task = (struct pool_task){ .done_cb = on_done, .kind = kind, .alone = alone,
					.programme = "p" };
	convene__v1__task__init(&job->task.message);
	convene__v1__subject__init(&job->subject);
	job->subject.request = (char *)(uintptr_t)id;
	if (kind == POOL_VALIDATOR) {
		convene__v1__validate__init(&job->validate);
		job->list[0] = &job->subject;
		job->validate.subjects = job->list;
		job->validate.n_subjects = 1;
		job->task.message.of_case = CONVENE__V1__TASK__OF_VALIDATE;
		job->task.message.validate = &job->validate;
	} else {
		convene__v1__place__init(&job->place);
		job->place.subject = &job->subject;
		job->task.message.of_case = CONVENE__V1__TASK__OF_PLACE;
		job->task.message.place = &job->place;
	}
	assert_int_equal(pool_start(r->pool, &job->task), CVN_OK);
	return job;
}

#define TURN_UNTIL(r, condition) \
	do { \
		for (int turns = 0; turns < 2000 && !(condition); turns++) \
			loop_turn((r)->loop, 10); \
		assert_true(condition); \
	} while (0)

/* How many lines of the workers' log hold this. */
static unsigned logged(const struct rig *r, const char *what)
{
	FILE *file = fopen(r->log, "r");
	char line[256];
	unsigned n = 0;

	while (file != NULL && fgets(line, sizeof line, file) != NULL)
		n += strstr(line, what) != NULL;
	if (file != NULL)
		fclose(file);
	return n;
}

static uint64_t count(const struct rig *r, const char *name);

static void workers_are_fed_before_they_are_given_tasks(void **state)
{
	struct rig *r = *state;
	struct job *job;

	open_pool(r, 1, 1, 0);
	job = start(r, POOL_VALIDATOR, "a", false);
	assert_int_equal(job->n_done, 0);
	TURN_UNTIL(r, job->n_done == 1);

	assert_int_equal(job->err, CVN_OK);
	assert_int_equal(logged(r, "validator-1 page 4+0"), 1);
	TURN_UNTIL(r, pool_is_ready(r->pool));
	assert_int_equal(pool_n_tasks(r->pool), 0);
}

static void a_large_programme_comes_in_pages(void **state)
{
	struct rig *r = *state;

	fill(r, 3000); /* the first ones again, and more */
	open_pool(r, 1, 0, 0);
	TURN_UNTIL(r, start(r, POOL_VALIDATOR, "a", false) != NULL);
	TURN_UNTIL(r, r->jobs[0].n_done == 1);

	assert_true(logged(r, "…") >= 2);
}

static void updates_come_before_the_tasks_that_are_about_them(void **state)
{
	struct rig *r = *state;
	Convene__V1__Update update = CONVENE__V1__UPDATE__INIT;
	Convene__V1__Pulse pulse = CONVENE__V1__PULSE__INIT;
	struct job *first, *second;
	uint8_t bytes[256];

	open_pool(r, 1, 0, 0);
	first = start(r, POOL_VALIDATOR, "a", false);
	TURN_UNTIL(r, first->n_done == 1);
	update.of_case = CONVENE__V1__UPDATE__OF_PULSE;
	update.pulse = &pulse;
	for (int i = 0; i < 3; i++)
		pool_feed(r->pool, "p", bytes, convene__v1__update__pack(&update, bytes));
	second = start(r, POOL_VALIDATOR, "b", false);
	TURN_UNTIL(r, second->n_done == 1);

	assert_int_equal(logged(r, "validator-1 updates 3"), 1);
}

static void a_task_that_kills_is_blamed_and_the_others_go_on(void **state)
{
	struct rig *r = *state;
	struct job *poison, *others[4];

	open_pool(r, 1, 0, 0);
	poison = start(r, POOL_VALIDATOR, "die-1", false);
	for (int i = 0; i < 4; i++)
		others[i] = start(r, POOL_VALIDATOR, i < 2 ? "a" : "b", false);
	TURN_UNTIL(r, poison->n_done == 1 && others[3]->n_done == 1);

	assert_int_equal(poison->err, CVN_EGONE);
	assert_non_null(strstr(poison->last_words, "last words about die-1"));
	for (int i = 0; i < 4; i++) {
		assert_int_equal(others[i]->n_done, 1);
		assert_int_equal(others[i]->err, CVN_OK);
		assert_true(others[i]->task.alone); /* they were suspects */
	}
	assert_int_equal(count(r, "worker_deaths"), 2); /* one among others, one alone */
}

static void the_innocent_are_not_blamed_for_what_stood_before_them(void **state)
{
	struct rig *r = *state;
	struct job *innocent, *poison;

	open_pool(r, 1, 0, 0);
	innocent = start(r, POOL_VALIDATOR, "a", false);
	poison = start(r, POOL_VALIDATOR, "die-1", false);
	TURN_UNTIL(r, poison->n_done == 1);

	assert_int_equal(poison->err, CVN_EGONE);
	assert_int_equal(innocent->n_done, 1);
	assert_int_equal(innocent->err, CVN_OK);
}

static void a_task_that_goes_alone_has_nobody_beside_it(void **state)
{
	struct rig *r = *state;
	struct job *suspect, *other;

	open_pool(r, 1, 0, 0);
	suspect = start(r, POOL_VALIDATOR, "hang-1", true);
	other = start(r, POOL_VALIDATOR, "a", false);
	TURN_UNTIL(r, logged(r, "hang-1") == 1);
	for (int i = 0; i < 20; i++)
		loop_turn(r->loop, 10);

	assert_int_equal(other->n_done, 0);
	pool_finish(r->pool, &suspect->task);
	TURN_UNTIL(r, other->n_done == 1 || pool_n_tasks(r->pool) == 1);
	pool_finish(r->pool, &other->task); /* it hangs behind the first one */
}

static void a_worker_that_takes_too_long_is_ended_and_replaced(void **state)
{
	struct rig *r = *state;
	struct job *slow, *other;

	open_pool(r, 1, 0, 200);
	slow = start(r, POOL_VALIDATOR, "hang-1", false);
	TURN_UNTIL(r, slow->n_done == 1);
	other = start(r, POOL_VALIDATOR, "a", false);
	TURN_UNTIL(r, other->n_done == 1);

	assert_int_equal(slow->err, CVN_EGONE);
	assert_non_null(strstr(slow->last_words, "too long"));
	assert_int_equal(other->err, CVN_OK);
}

/* Neither silent nor late is who could not be heard: after a stop of the daemon, say. */
static void our_own_stall_ends_no_worker(void **state)
{
	struct rig *r = *state;
	struct job *first, *slow;

	open_pool(r, 1, 0, 800);
	first = start(r, POOL_VALIDATOR, "a", false);
	TURN_UNTIL(r, first->n_done == 1);
	slow = start(r, POOL_VALIDATOR, "hang-1", false);
	TURN_UNTIL(r, logged(r, "hang-1") == 1);
	usleep(1500000); /* fifteen heartbeats */
	for (int i = 0; i < 30; i++)
		loop_turn(r->loop, 10);

	assert_int_equal(count(r, "worker_deaths"), 0);
	assert_int_equal(slow->n_done, 0);
	TURN_UNTIL(r, slow->n_done == 1); /* its own time counts as ever */
	assert_non_null(strstr(slow->last_words, "too long"));
}

static void two_workers_share_the_tasks(void **state)
{
	struct rig *r = *state;

	open_pool(r, 2, 0, 0);
	start(r, POOL_VALIDATOR, "hang-1", false);
	start(r, POOL_VALIDATOR, "hang-2", false);
	TURN_UNTIL(r, logged(r, "hang-") == 2);

	assert_int_equal(logged(r, "validator-1 validate"), 1);
	assert_int_equal(logged(r, "validator-2 validate"), 1);
	for (size_t i = 0; i < r->n_jobs; i++)
		pool_finish(r->pool, &r->jobs[i].task);
}

static void a_schedulers_task_stays_with_it_until_it_is_finished(void **state)
{
	struct rig *r = *state;
	struct job *job;

	open_pool(r, 0, 2, 0);
	job = start(r, POOL_SCHEDULER, "wait-1", false);
	TURN_UNTIL(r, r->n_answers == 1);
	assert_ptr_equal(r->answered, &job->task);
	assert_int_equal(pool_n_tasks(r->pool), 1);

	pool_settle(r->pool, r->from, r->sequence, "ok", 5);
	pool_finish(r->pool, &job->task);
	TURN_UNTIL(r, logged(r, "settled ok") == 1);
	assert_int_equal(job->n_done, 0);
	assert_int_equal(pool_n_tasks(r->pool), 0);
}

static void one_scheduler_is_in_charge_and_another_takes_over_when_it_dies(void **state)
{
	struct rig *r = *state;
	struct job *first, *second;

	open_pool(r, 0, 2, 0);
	first = start(r, POOL_SCHEDULER, "a", false);
	TURN_UNTIL(r, r->n_answers == 1);
	pool_finish(r->pool, &first->task);
	assert_int_equal(logged(r, "page"), 1); /* the other one is not fed */
	second = start(r, POOL_SCHEDULER, "die-1", false);
	TURN_UNTIL(r, second->n_done == 1);
	first = start(r, POOL_SCHEDULER, "b", false);
	TURN_UNTIL(r, r->n_answers == 2);

	assert_int_equal(second->err, CVN_EGONE);
	assert_int_equal(logged(r, "page"), 2);
	pool_finish(r->pool, &first->task);
}

static void a_worker_of_another_version_is_refused(void **state)
{
	struct rig *r = *state;

	setenv("FAKE_WORKER_VERSION", "9.9.9", 1);
	open_pool(r, 1, 0, 0);
	TURN_UNTIL(r, count(r, "worker_refused") > 0);

	assert_false(pool_is_ready(r->pool));
}

static void a_programme_that_is_not_known_takes_no_task(void **state)
{
	struct rig *r = *state;
	struct pool_task task = { .done_cb = on_done, .kind = POOL_VALIDATOR, .programme = "other" };

	open_pool(r, 0, 0, 0);

	assert_int_equal(pool_start(r->pool, &task), CVN_EPROGRAMME);
}

struct counting {
	const char *name;
	uint64_t value;
};

static void on_count(void *arg, const char *name, uint64_t value)
{
	struct counting *c = arg;

	if (strcmp(name, c->name) == 0)
		c->value = value;
}

static uint64_t count(const struct rig *r, const char *name)
{
	struct counting c = { .name = name };

	pool_each_count(r->pool, on_count, &c);
	return c.value;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(workers_are_fed_before_they_are_given_tasks),
		TEST(a_large_programme_comes_in_pages),
		TEST(updates_come_before_the_tasks_that_are_about_them),
		TEST(a_task_that_kills_is_blamed_and_the_others_go_on),
		TEST(the_innocent_are_not_blamed_for_what_stood_before_them),
		TEST(a_task_that_goes_alone_has_nobody_beside_it),
		TEST(a_worker_that_takes_too_long_is_ended_and_replaced),
		TEST(our_own_stall_ends_no_worker),
		TEST(two_workers_share_the_tasks),
		TEST(a_schedulers_task_stays_with_it_until_it_is_finished),
		TEST(one_scheduler_is_in_charge_and_another_takes_over_when_it_dies),
		TEST(a_worker_of_another_version_is_refused),
		TEST(a_programme_that_is_not_known_takes_no_task),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
