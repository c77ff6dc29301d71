/* The worker runtime as a process of its own, against a ROUTER that plays convened. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "io/loop.h"
#include "io/proc.h"
#include "io/zsock.h"
#include "kit/kit.h"
#include "util/clock.h"
#include "util/log.h"
#include "wire/frame.h"

#define PATIENCE_MS 20000
#define BEAT_MS 40

/* --- the worker under test: answers Validate with what it knows of its replica --- */

static void answer(struct kit *kit, const Convene__V1__Task *task, struct replica *replica)
{
	Convene__V1__Result result = CONVENE__V1__RESULT__INIT;
	Convene__V1__Verdict verdict = CONVENE__V1__VERDICT__INIT, *verdicts[1] = { &verdict };
	char text[64];

	snprintf(text, sizeof(text), "%zu requests at %lld", replica_count(replica),
		 (long long)replica_cursor(replica));
	verdict.request = text;
	result.has_task = true;
	result.task = task->id;
	result.verdicts = verdicts;
	result.n_verdicts = 1;
	kit_send_result(kit, &result);
}

static const struct kit_worker WORKER = {
	.kind = "validator",
	.program = "test-worker",
	.about = "Counts requests.",
	.on_task = answer,
};

/* The same, but there is always something that it owes. */
static bool is_busy(struct kit *kit)
{
	(void)kit;
	return true;
}

static const struct kit_worker BUSY_WORKER = {
	.kind = "scheduler",
	.program = "test-worker",
	.on_task = answer,
	.is_busy = is_busy,
};

/* --- convened --- */

struct stage {
	char folder[64], endpoint[128];
	struct loop *loop;
	struct zsock *sock;
	struct arena arena;
	pid_t pid;
	int alive; /* read end of a pipe that the worker holds open */
	uint8_t peer[64];
	size_t n_peer;
	Convene__V1__FromWorker *last;
	size_t n_heard[8]; /* by case - 1 */
};

static void on_message(void *arg, struct zsock *sock, const struct zmessage *message)
{
	struct stage *s = arg;
	ProtobufCMessage *decoded;
	struct frame_fault fault;

	(void)sock;
	assert_int_equal(message->n_frames, 2);
	memcpy(s->peer, message->frames[0].bytes, message->frames[0].n);
	s->n_peer = message->frames[0].n;
	assert_int_equal(frame_decode(&convene__v1__from_worker__descriptor,
				      message->frames[1].bytes, message->frames[1].n,
				      &FRAME_LIMITS_PAGE, &s->arena, &decoded, &fault),
			 CVN_OK);
	s->last = (Convene__V1__FromWorker *)(void *)decoded;
	s->n_heard[s->last->of_case - 1]++;
}

/* The worker runs in a child that was forked before this process has a context of ZeroMQ. `more`
 * ends with NULL. */
static void stage_open(struct stage *s, const struct kit_worker *worker, const char *const *more)
{
	int ends[2];

	*s = (struct stage){ .pid = 0 };
	snprintf(s->folder, sizeof(s->folder), "/tmp/convene-kit-XXXXXX");
	assert_non_null(mkdtemp(s->folder));
	snprintf(s->endpoint, sizeof(s->endpoint), "ipc://%s/workers", s->folder);
	assert_int_equal(pipe(ends), 0);
	s->pid = fork();
	assert_true(s->pid >= 0);
	if (s->pid == 0) {
		const char *argv[16] = { "test-worker", "--endpoint",  s->endpoint, "--name",
					 "w1",          "--log-level", "error" };
		int argc = 7;

		close(ends[0]);
		while (more != NULL && *more != NULL)
			argv[argc++] = *more++;
		_exit(kit_main(argc, (char **)(uintptr_t)argv, worker));
	}
	close(ends[1]);
	s->alive = ends[0];
	arena_init(&s->arena, (size_t)1 << 26);
	struct zsock_options options = { .on_message = on_message, .arg = s };
	assert_int_equal(loop_new(&s->loop), CVN_OK);
	assert_int_equal(zsock_open(s->loop, ZSOCK_ROUTER, &options, &s->sock), CVN_OK);
	assert_int_equal(zsock_bind(s->sock, s->endpoint), CVN_OK);
}

/* Ends the worker if it is still there, and takes its exit status. */
static int stage_close(struct stage *s)
{
	char path[160];
	int status = 0;

	zsock_close(s->sock);
	loop_free(s->loop);
	arena_done(&s->arena);
	if (s->pid > 0) {
		kill(s->pid, SIGKILL);
		waitpid(s->pid, &status, 0);
	}
	close(s->alive);
	snprintf(path, sizeof(path), "%s/workers", s->folder);
	unlink(path);
	rmdir(s->folder);
	return status;
}

static size_t heard(const struct stage *s, int what)
{
	return s->n_heard[what - 1];
}

/* Turns the loop till `n` messages of that case were heard in all. */
static void wait_for(struct stage *s, int what, size_t n)
{
	uint64_t until = clock_ms() + PATIENCE_MS;

	while (heard(s, what) < n) {
		assert_true(clock_ms() < until);
		loop_turn(s->loop, 20);
	}
}

/* The worker's exit code, once it has ended by itself. */
static int wait_for_end(struct stage *s)
{
	uint64_t until = clock_ms() + PATIENCE_MS;
	int status;

	for (;;) {
		pid_t ended = waitpid(s->pid, &status, WNOHANG);

		if (ended == s->pid)
			break;
		assert_true(clock_ms() < until);
		loop_turn(s->loop, 20);
	}
	s->pid = 0;
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void say(struct stage *s, Convene__V1__ToWorker *message)
{
	struct arena arena;
	uint8_t *bytes;
	size_t n;

	arena_init(&arena, 1 << 20);
	assert_int_equal(frame_encode(&message->base, &arena, &bytes, &n), CVN_OK);
	struct zframe frames[2] = { { s->peer, s->n_peer }, { bytes, n } };
	assert_int_equal(zsock_send(s->sock, frames, 2), CVN_OK);
	arena_done(&arena);
}

#define SAY(stage, FIELD, CASE, value) \
	do { \
		Convene__V1__ToWorker to = CONVENE__V1__TO_WORKER__INIT; \
		to.of_case = CONVENE__V1__TO_WORKER__OF_##CASE; \
		to.FIELD = (value); \
		say(stage, &to); \
	} while (0)

static void register_it(struct stage *s, int64_t epoch, int64_t heartbeat_ms)
{
	Convene__V1__Registered registered = CONVENE__V1__REGISTERED__INIT;

	registered.has_epoch = registered.has_heartbeat_ms = true;
	registered.epoch = epoch;
	registered.heartbeat_ms = heartbeat_ms;
	SAY(s, registered, REGISTERED, &registered);
}

static char PROGRAMME[] = "p", REQUEST[] = "r1";

static void ask(struct stage *s, uint64_t id)
{
	Convene__V1__Task task = CONVENE__V1__TASK__INIT;
	Convene__V1__Validate validate = CONVENE__V1__VALIDATE__INIT;

	task.has_id = true;
	task.id = id;
	task.programme = PROGRAMME;
	task.of_case = CONVENE__V1__TASK__OF_VALIDATE;
	task.validate = &validate;
	SAY(s, task, TASK, &task);
}

/* One page with one request; the last one if `next` is 0. */
static void feed_page(struct stage *s, int64_t next)
{
	Convene__V1__Feed feed = CONVENE__V1__FEED__INIT;
	Convene__V1__Page page = CONVENE__V1__PAGE__INIT;
	Convene__V1__Record record = CONVENE__V1__RECORD__INIT, *records[1] = { &record };
	Convene__V1__Request content = CONVENE__V1__REQUEST__INIT;
	Convene__V1__Standing standing = CONVENE__V1__STANDING__INIT;

	content.id = record.id = REQUEST;
	record.has_revision = record.has_cursor = true;
	record.revision = 1;
	record.cursor = 4;
	record.content = &content;
	record.standing = &standing;
	standing.has_state = true;
	standing.state = CONVENE__V1__STATE__STATE_RECEIVED;
	page.has_cursor = page.has_version = true;
	page.cursor = 4;
	page.version = 2;
	page.has_next = next != 0;
	page.next = next;
	page.records = records;
	page.n_records = 1;
	feed.programme = PROGRAMME;
	feed.page = &page;
	SAY(s, feed, FEED, &feed);
}

/* An update that changes where r1 stands. */
static void feed_update(struct stage *s, int64_t cursor)
{
	Convene__V1__Feed feed = CONVENE__V1__FEED__INIT;
	Convene__V1__Update update = CONVENE__V1__UPDATE__INIT, *updates[1] = { &update };
	Convene__V1__RequestChange change = CONVENE__V1__REQUEST_CHANGE__INIT;
	Convene__V1__Standing standing = CONVENE__V1__STANDING__INIT;

	standing.has_state = true;
	standing.state = CONVENE__V1__STATE__STATE_WITHDRAWN;
	change.id = REQUEST;
	change.has_revision = true;
	change.revision = 1;
	change.standing = &standing;
	update.has_cursor = update.has_version = true;
	update.cursor = cursor;
	update.version = 2;
	update.of_case = CONVENE__V1__UPDATE__OF_REQUEST;
	update.request = &change;
	feed.programme = PROGRAMME;
	feed.updates = updates;
	feed.n_updates = 1;
	SAY(s, feed, FEED, &feed);
}

enum {
	READY = CONVENE__V1__FROM_WORKER__OF_READY,
	HEARTBEAT = CONVENE__V1__FROM_WORKER__OF_HEARTBEAT,
	RESULT = CONVENE__V1__FROM_WORKER__OF_RESULT,
	DRAINED = CONVENE__V1__FROM_WORKER__OF_DRAINED
};

static void it_says_who_it_is_and_beats(void **state)
{
	struct stage s;

	(void)state;
	stage_open(&s, &WORKER, NULL);
	wait_for(&s, READY, 1);
	assert_string_equal(s.last->ready->kind, "validator");
	assert_string_equal(s.last->ready->name, "w1");
	assert_string_equal(s.last->ready->version, CONVENE_VERSION);
	assert_int_equal(s.last->ready->pid, s.pid);
	register_it(&s, 7, BEAT_MS);
	wait_for(&s, HEARTBEAT, 2);
	assert_true(s.last->heartbeat->rss_bytes > 0);
	stage_close(&s);
}

static void tasks_wait_for_their_feed_and_keep_their_order(void **state)
{
	struct stage s;

	(void)state;
	stage_open(&s, &WORKER, NULL);
	wait_for(&s, READY, 1);
	register_it(&s, 7, 1000);
	ask(&s, 1);
	feed_page(&s, 9);
	ask(&s, 2);
	feed_page(&s, 0);
	wait_for(&s, RESULT, 1);
	assert_in_range(s.last->result->task, 1, 2);
	wait_for(&s, RESULT, 2);
	assert_int_equal(s.last->result->task, 2);
	assert_string_equal(s.last->result->verdicts[0]->request, "1 requests at 4");

	feed_update(&s, 5);
	ask(&s, 3);
	wait_for(&s, RESULT, 3);
	assert_string_equal(s.last->result->verdicts[0]->request, "1 requests at 5");
	stage_close(&s);
}

static void whoever_does_not_know_it_is_told_anew_and_feeds_anew(void **state)
{
	struct stage s;
	Convene__V1__Who who = CONVENE__V1__WHO__INIT;

	(void)state;
	stage_open(&s, &WORKER, NULL);
	wait_for(&s, READY, 1);
	register_it(&s, 7, 1000);
	feed_page(&s, 0);
	SAY(&s, who, WHO, &who);
	wait_for(&s, READY, 2);
	ask(&s, 1); /* meant for the one that it was: passed over */
	register_it(&s, 8, 1000);
	ask(&s, 2); /* waits: the replica is gone */
	feed_page(&s, 0);
	wait_for(&s, RESULT, 1);
	assert_int_equal(s.last->result->task, 2);
	stage_close(&s);
}

static void silence_makes_it_announce_itself_again(void **state)
{
	struct stage s;

	(void)state;
	stage_open(&s, &WORKER, NULL);
	wait_for(&s, READY, 1);
	register_it(&s, 7, BEAT_MS);
	uint64_t since = clock_ms();
	wait_for(&s, READY, 2);
	assert_true(clock_ms() - since >= 4 * BEAT_MS);
	assert_true(heard(&s, HEARTBEAT) >= 3);
	stage_close(&s);
}

static void a_hole_in_the_feed_makes_it_announce_itself_again(void **state)
{
	struct stage s;

	(void)state;
	stage_open(&s, &WORKER, NULL);
	wait_for(&s, READY, 1);
	register_it(&s, 7, BEAT_MS);
	feed_page(&s, 0);
	feed_update(&s, 6);
	uint64_t since = clock_ms();
	wait_for(&s, READY, 2);
	assert_true(clock_ms() - since >=
		    2 * BEAT_MS); /* not so soon that it would pass for an echo of the first */
	stage_close(&s);
}

static void it_drains_when_told(void **state)
{
	struct stage s;
	Convene__V1__Drain drain = CONVENE__V1__DRAIN__INIT;

	(void)state;
	stage_open(&s, &WORKER, NULL);
	wait_for(&s, READY, 1);
	register_it(&s, 7, 1000);
	feed_page(&s, 0);
	ask(&s, 1);
	SAY(&s, drain, DRAIN, &drain);
	ask(&s, 2);
	wait_for(&s, DRAINED, 1);
	assert_int_equal(heard(&s, RESULT), 1);
	assert_int_equal(wait_for_end(&s), EX_OK);
	stage_close(&s);
}

static void it_drains_when_it_is_terminated(void **state)
{
	struct stage s;

	(void)state;
	stage_open(&s, &WORKER, NULL);
	wait_for(&s, READY, 1);
	register_it(&s, 7, 1000);
	feed_page(&s, 0);
	ask(&s, 1);
	wait_for(&s, RESULT, 1);
	kill(s.pid, SIGTERM);
	wait_for(&s, DRAINED, 1);
	assert_int_equal(wait_for_end(&s), EX_OK);
	stage_close(&s);
}

static void it_waits_for_what_it_owes_but_not_for_ever(void **state)
{
	struct stage s;
	Convene__V1__Drain drain = CONVENE__V1__DRAIN__INIT;

	(void)state;
	stage_open(&s, &BUSY_WORKER, NULL);
	wait_for(&s, READY, 1);
	register_it(&s, 7, 500); /* so that it does not believe itself forgotten before we speak again */
	SAY(&s, drain, DRAIN, &drain);
	wait_for(&s, HEARTBEAT, 2); /* nobody lets it go on: it still beats */
	assert_int_equal(heard(&s, DRAINED), 0);
	wait_for(&s, DRAINED, 1); /* … until time is up */
	assert_int_equal(wait_for_end(&s), EX_OK);
	stage_close(&s);
}

static void what_it_can_not_read_ends_it(void **state)
{
	struct stage s;
	static const uint8_t RUBBISH[] = { 0xff, 0xff, 0xff, 0xff, 0x01 };

	(void)state;
	stage_open(&s, &WORKER, NULL);
	wait_for(&s, READY, 1);
	struct zframe frames[2] = { { s.peer, s.n_peer }, { RUBBISH, sizeof(RUBBISH) } };
	assert_int_equal(zsock_send(s.sock, frames, 2), CVN_OK);
	assert_int_equal(wait_for_end(&s), EX_PROTOCOL);
	stage_close(&s);
}

static void two_frames_end_it(void **state)
{
	struct stage s;
	static const uint8_t BYTES[] = { 0x12, 0x00 };

	(void)state;
	stage_open(&s, &WORKER, NULL);
	wait_for(&s, READY, 1);
	struct zframe frames[3] = { { s.peer, s.n_peer },
				    { BYTES, sizeof(BYTES) },
				    { BYTES, sizeof(BYTES) } };
	assert_int_equal(zsock_send(s.sock, frames, 3), CVN_OK);
	assert_int_equal(wait_for_end(&s), EX_PROTOCOL);
	stage_close(&s);
}

static void a_child_serves_the_lease_of_its_parent_alone(void **state)
{
	struct stage s;
	const char *more[] = { "--daemon-epoch", "7", NULL };

	(void)state;
	stage_open(&s, &WORKER, more);
	wait_for(&s, READY, 1);
	register_it(&s, 8, 1000);
	assert_int_equal(wait_for_end(&s), EX_OK);
	stage_close(&s);
}

/* The pipe that only the worker holds tells of its end. */
static void wait_for_eof(int fd)
{
	char byte;

	alarm(PATIENCE_MS / 1000); /* the read would wait for ever */
	while (read(fd, &byte, 1) > 0)
		;
	alarm(0);
	close(fd);
}

/* A process between us and the worker dies. */
static void a_child_ends_with_its_parent(void **state)
{
	int ends[2];
	char byte;

	(void)state;
	assert_int_equal(pipe(ends), 0);
	pid_t parent = fork();
	assert_true(parent >= 0);
	if (parent == 0) {
		if (fork() == 0) {
			const char *argv[] = { "test-worker", "--endpoint",
					       "ipc:///tmp/convene-kit-nobody", "--daemon-epoch",
					       "3" };

			close(ends[0]);
			(void)!write(ends[1], "x", 1);
			_exit(kit_main(5, (char **)(uintptr_t)argv, &WORKER));
		}
		close(ends[1]);
		(void)!read(ends[0], &byte, 1);
		usleep(200000);
		_exit(0);
	}
	close(ends[1]);
	waitpid(parent, NULL, 0);
	wait_for_eof(ends[0]);
}

/* It is ours, but the one who spawned it was another: gone before the worker came to its senses. */
static void a_child_that_was_born_an_orphan_does_not_begin(void **state)
{
	static const char *const MORE[] = { "--daemon-epoch", "3", NULL };
	struct stage s;

	(void)state;
	assert_int_equal(setenv(PROC_PARENT, "1", 1), 0);
	stage_open(&s, &WORKER, MORE);
	assert_int_equal(unsetenv(PROC_PARENT), 0);
	assert_int_equal(wait_for_end(&s), EX_OK);
	assert_int_equal(heard(&s, READY), 0);
	stage_close(&s);
}

static int run_options(const char *const *argv, int argc)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		if (freopen("/dev/null", "w", stdout) == NULL ||
		    freopen("/dev/null", "w", stderr) == NULL)
			_exit(99);
		_exit(kit_main(argc, (char **)(uintptr_t)argv, &WORKER));
	}
	waitpid(pid, &status, 0);
	return WEXITSTATUS(status);
}

static void wrong_usage_is_told(void **state)
{
	static const struct {
		const char *argv[8];
		int argc, code;
	} CASES[] = {
		{ { "w" }, 1, EX_USAGE },
		{ { "w", "--endpoint", "udp://x" }, 3, EX_USAGE },
		{ { "w", "--endpoint", "tcp://127.0.0.1:1" }, 3, EX_USAGE },
		{ { "w", "--endpoint", "ipc:///x", "--key", "/x" }, 5, EX_USAGE },
		{ { "w", "--endpoint", "ipc:///x", "--name", "no good" }, 5, EX_USAGE },
		{ { "w", "--endpoint", "ipc:///x", "--daemon-epoch", "0" }, 5, EX_USAGE },
		{ { "w", "--endpoint", "ipc:///x", "--log-level", "loud" }, 5, EX_USAGE },
		{ { "w", "--endpoint", "ipc:///x", "more" }, 4, EX_USAGE },
		{ { "w", "--endpoint" }, 2, EX_USAGE },
		{ { "w", "--help" }, 2, EX_OK },
		{ { "w", "--version" }, 2, EX_OK },
	};

	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(CASES); i++)
		assert_int_equal(run_options(CASES[i].argv, CASES[i].argc), CASES[i].code);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_says_who_it_is_and_beats),
		cmocka_unit_test(tasks_wait_for_their_feed_and_keep_their_order),
		cmocka_unit_test(whoever_does_not_know_it_is_told_anew_and_feeds_anew),
		cmocka_unit_test(silence_makes_it_announce_itself_again),
		cmocka_unit_test(a_hole_in_the_feed_makes_it_announce_itself_again),
		cmocka_unit_test(it_drains_when_told),
		cmocka_unit_test(it_drains_when_it_is_terminated),
		cmocka_unit_test(it_waits_for_what_it_owes_but_not_for_ever),
		cmocka_unit_test(what_it_can_not_read_ends_it),
		cmocka_unit_test(two_frames_end_it),
		cmocka_unit_test(a_child_serves_the_lease_of_its_parent_alone),
		cmocka_unit_test(a_child_ends_with_its_parent),
		cmocka_unit_test(a_child_that_was_born_an_orphan_does_not_begin),
		cmocka_unit_test(wrong_usage_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
