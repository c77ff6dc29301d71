/* The redis-server of our own: one on a folder, started anew when it dies, an older one ended
 * first. */
#include "ports_test.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static void ignore_event(void *arg, const char *text)
{
	(void)arg;
	(void)text;
}

/* "pid (name) state … start time …" */
static bool read_stat(long pid, char *ret_state, unsigned long long *ret_start)
{
	char path[64], line[1024];
	FILE *file;
	bool found;

	snprintf(path, sizeof(path), "/proc/%ld/stat", pid);
	file = fopen(path, "r");
	if (file == NULL)
		return false;
	found = fgets(line, sizeof(line), file) != NULL &&
		sscanf(strrchr(line, ')') + 2,
		       "%c %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s "
		       "%llu",
		       ret_state, ret_start) == 2;
	fclose(file);
	return found;
}

static bool is_running(long pid)
{
	unsigned long long start;
	char state;

	return read_stat(pid, &state, &start) && state != 'Z';
}

static bool turn_until_pid(struct world *w, int64_t other_than, uint64_t ms)
{
	for (uint64_t i = 0; i < ms / 10; i++) {
		if (redis_server_pid(w->server) != 0 && redis_server_pid(w->server) != other_than)
			return true;
		world_turn(w, 10);
	}
	return false;
}

static void it_serves_on_a_private_socket_and_writes_as_asked(void **state)
{
	struct world *w = *state;
	struct stat st;

	world_open_server(w, STORE_ALWAYS);
	world_open_store(w, STORE_ALWAYS);
	assert_int_equal(stat(redis_server_socket(w->server), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	assert_string_equal(world_redis(w, "CONFIG GET appendfsync"), "appendfsync always");
	assert_string_equal(world_redis(w, "CONFIG GET maxmemory-policy"),
			    "maxmemory-policy noeviction");
	assert_string_equal(world_redis(w, "CONFIG GET port"), "port 0");
	assert_string_equal(w->text, "ready");
}

static void a_second_one_never_starts_on_the_same_folder(void **state)
{
	struct world *w = *state;
	struct redis_server *second = NULL;
	pid_t child;
	int status;

	world_open_server(w, STORE_ALWAYS);
	child = fork();
	if (child == 0) { /* another process: a lock of our own would be no test */
		struct loop *loop;
		struct redis_server_options options = { .folder = w->folder };

		options.on_event = ignore_event;
		if (loop_new(&loop) != CVN_OK)
			_exit(1);
		_exit(redis_server_open(loop, &options, &second) == CVN_EBUSY ? 0 : 2);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void it_is_started_anew_when_it_dies(void **state)
{
	struct world *w = *state;
	int64_t pid;

	world_open_server(w, STORE_ALWAYS);
	world_open_store(w, STORE_ALWAYS);
	pid = redis_server_pid(w->server);
	assert_true(pid > 0);
	kill((pid_t)pid, SIGKILL);
	assert_true(turn_until_pid(w, pid, 5000));
	assert_true(world_turn_until_state(w, STORE_READY, 5000));
	assert_true(w->n_events >= 3);
}

static void write_record(struct world *w, long pid, unsigned long long start)
{
	char path[160];
	FILE *file;

	snprintf(path, sizeof(path), "%s/redis.pid", w->folder);
	file = fopen(path, "w");
	assert_non_null(file);
	fprintf(file, "%ld %llu\n", pid, start);
	fclose(file);
}

/* A redis-server on the folder whose parent is gone. */
static long leave_one(struct world *w)
{
	char socket[160];
	int pipes[2];
	pid_t parent;
	long pid = 0;

	snprintf(socket, sizeof(socket), "%s/redis.sock", w->folder);
	assert_int_equal(pipe(pipes), 0);
	parent = fork();
	if (parent == 0) {
		pid = fork();
		if (pid == 0) {
			execlp("redis-server", "redis-server", "--port", "0", "--dir", w->folder,
			       "--unixsocket", socket, "--appendonly", "yes", "--logfile",
			       "/dev/null", (char *)NULL);
			_exit(127);
		}
		_exit(write(pipes[1], &pid, sizeof(pid)) == sizeof(pid) ? 0 : 1);
	}
	assert_int_equal(read(pipes[0], &pid, sizeof(pid)), sizeof(pid));
	close(pipes[0]);
	close(pipes[1]);
	waitpid(parent, NULL, 0);
	world_turn(w, 300);
	assert_true(is_running(pid));
	return pid;
}

static void one_that_an_earlier_daemon_left_is_ended_first(void **state)
{
	struct world *w = *state;
	long left = leave_one(w);
	unsigned long long start;
	char process_state;

	assert_true(read_stat(left, &process_state, &start));
	write_record(w, left, start);
	world_open_server(w, STORE_ALWAYS);
	assert_int_equal(redis_server_pid(w->server), 0); /* waits for the old one */
	assert_true(turn_until_pid(w, 0, 12000));
	assert_false(is_running(left));
	world_open_store(w, STORE_ALWAYS);
}

static void a_foreign_process_with_the_recorded_pid_is_left_alone(void **state)
{
	struct world *w = *state;

	write_record(w, getpid(), 1); /* ours, had it begun at another time: it must not end us */
	world_open_server(w, STORE_ALWAYS);
	assert_true(redis_server_pid(w->server) > 0);
	world_open_store(w, STORE_ALWAYS);
}

static void a_program_that_is_missing_is_told_of(void **state)
{
	struct world *w = *state;

	assert_int_equal(
		redis_server_open(w->loop,
				  &(struct redis_server_options){ .folder = "/nonexistent/folder",
								  .on_event = ignore_event },
				  &w->server),
		CVN_ESYS);
	assert_null(w->server);
	world_open_program(w, "no-such-redis-server");
	for (int i = 0; i < 100 && strstr(w->event, "code 127") == NULL; i++)
		world_turn(w, 20);
	assert_non_null(strstr(w->event, "code 127"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup_bare, world_teardown)
	const struct CMUnitTest tests[] = {
		TEST(it_serves_on_a_private_socket_and_writes_as_asked),
		TEST(a_second_one_never_starts_on_the_same_folder),
		TEST(it_is_started_anew_when_it_dies),
		TEST(one_that_an_earlier_daemon_left_is_ended_first),
		TEST(a_foreign_process_with_the_recorded_pid_is_left_alone),
		TEST(a_program_that_is_missing_is_told_of),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
