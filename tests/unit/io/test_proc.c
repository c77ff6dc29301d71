#include "io_test.h"

#include "io/proc.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>

struct ending {
	struct proc *proc;
	bool has_ended;
	int code, signal;
	char words[PROC_WORDS_MAX + 1];
	size_t n_words;
};

static void on_exit_of(void *arg, struct proc *proc, const struct proc_exit *how)
{
	struct ending *e = arg;

	assert_ptr_equal(proc, e->proc);
	assert_false(e->has_ended);
	e->has_ended = true;
	e->code = how->code;
	e->signal = how->signal;
	e->n_words = how->n_last_words;
	memcpy(e->words, how->last_words, how->n_last_words + 1);
}

static void spawn(struct fixture *f, struct ending *e, const char *script,
		  struct proc_options options)
{
	const char *argv[] = { "sh", "-c", script, NULL };

	if (options.argv == NULL)
		options.argv = argv;
	options.on_exit = on_exit_of;
	options.arg = e;
	assert_int_equal(proc_spawn(f->loop, &options, &e->proc), CVN_OK);
}

static void its_exit_code_and_last_words_are_told(void **state)
{
	struct fixture *f = *state;
	struct ending e = { 0 };

	spawn(f, &e, "echo out; echo oh no >&2; exit 3", (struct proc_options){ 0 });
	TURN_UNTIL(f->loop, e.has_ended);

	assert_int_equal(e.code, 3);
	assert_int_equal(e.signal, 0);
	assert_non_null(strstr(e.words, "oh no"));
	assert_non_null(strstr(e.words, "out"));
}

static void of_many_words_the_last_are_kept(void **state)
{
	struct fixture *f = *state;
	struct ending e = { 0 };

	spawn(f, &e, "seq 1 20000 >&2; echo the end >&2", (struct proc_options){ 0 });
	TURN_UNTIL(f->loop, e.has_ended);

	assert_int_equal(e.n_words, PROC_WORDS_MAX);
	assert_non_null(strstr(e.words, "20000\nthe end"));
}

static void a_missing_program_shows_as_127(void **state)
{
	struct fixture *f = *state;
	struct ending e = { 0 };
	const char *argv[] = { "/nonexistent/program", NULL };

	spawn(f, &e, NULL, (struct proc_options){ .argv = argv });
	TURN_UNTIL(f->loop, e.has_ended);

	assert_int_equal(e.code, 127);
}

static void a_missing_folder_is_an_error_and_no_callback_comes(void **state)
{
	struct fixture *f = *state;
	struct ending e = { 0 };
	const char *argv[] = { "true", NULL };
	struct proc_options options = {
		.argv = argv, .folder = "/nonexistent", .on_exit = on_exit_of, .arg = &e
	};

	assert_int_equal(proc_spawn(f->loop, &options, &e.proc), CVN_ENOTFOUND);
	turn_for(f->loop, 50);
	assert_false(e.has_ended);
}

static void one_that_ignores_term_is_killed_after_its_grace(void **state)
{
	struct fixture *f = *state;
	struct ending e = { 0 };

	spawn(f, &e, "trap '' TERM; echo ready; while :; do sleep 1; done",
	      (struct proc_options){ 0 });
	turn_for(f->loop, 200);
	proc_end(e.proc, 50);
	TURN_UNTIL(f->loop, e.has_ended);

	assert_int_equal(e.signal, SIGKILL);
}

static void one_that_obeys_term_ends_by_it(void **state)
{
	struct fixture *f = *state;
	struct ending e = { 0 };

	spawn(f, &e, "sleep 60", (struct proc_options){ 0 });
	assert_true(proc_pid(e.proc) > 0);
	proc_end(e.proc, 5000);
	TURN_UNTIL(f->loop, e.has_ended);

	assert_int_equal(e.signal, SIGTERM);
}

static void its_environment_is_ours_with_changes(void **state)
{
	struct fixture *f = *state;
	struct ending e = { 0 };
	const char *env[] = { "CVN_A=new", "CVN_B=b", NULL };

	setenv("CVN_A", "old", 1);
	setenv("CVN_C", "c", 1);
	spawn(f, &e, "echo $CVN_A $CVN_B $CVN_C", (struct proc_options){ .env = env });
	TURN_UNTIL(f->loop, e.has_ended);

	assert_string_equal(e.words, "new b c\n");
}

static void it_inherits_no_file_descriptor(void **state)
{
	struct fixture *f = *state;
	struct ending e = { 0 };

	spawn(f, &e, "ls /proc/self/fd | wc -l", (struct proc_options){ 0 });
	TURN_UNTIL(f->loop, e.has_ended);

	assert_string_equal(e.words, "4\n"); /* 0, 1, 2 and that of the folder which ls reads */
}

/* A grandchild that holds the pipe open must not keep us from hearing of the end. */
static void a_grandchild_does_not_delay_the_news(void **state)
{
	struct fixture *f = *state;
	struct ending e = { 0 };

	spawn(f, &e, "sleep 3 & exit 5", (struct proc_options){ 0 });
	uint64_t since_ms = clock_ms();
	TURN_UNTIL(f->loop, e.has_ended);

	assert_int_equal(e.code, 5);
	assert_true(clock_ms() - since_ms < 2500);
}

/* In a process of its own: spawns a child that would sleep, says its pid, and dies without a
 * word. */
static _Noreturn void be_a_parent_that_is_killed(int fd)
{
	const char *argv[] = { "sleep", "60", NULL };
	struct ending e = { 0 };
	struct proc_options options = { .argv = argv, .on_exit = on_exit_of, .arg = &e };
	struct loop *loop;
	int pid;

	if (loop_new(&loop) != CVN_OK || proc_spawn(loop, &options, &e.proc) != CVN_OK)
		_exit(1);
	turn_for(loop, 300); /* until setpriv has done its work */
	pid = proc_pid(e.proc);
	if (write(fd, &pid, sizeof(pid)) != sizeof(pid))
		_exit(1);
	raise(SIGKILL);
	_exit(1);
}

static bool is_alive(int pid)
{
	char path[64], state = 'Z';
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	file = fopen(path, "r");
	if (file == NULL)
		return false;
	if (fscanf(file, "%*d (%*[^)]) %c", &state) != 1)
		state = 'Z';
	fclose(file);
	return state != 'Z';
}

static void it_ends_with_us(void **state)
{
	struct fixture *f = *state;
	int ends[2], pid = 0;
	pid_t parent;

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	parent = fork();
	if (parent == 0)
		be_a_parent_that_is_killed(ends[1]);
	assert_int_equal(read(ends[0], &pid, sizeof(pid)), sizeof(pid));
	waitpid(parent, NULL, 0);

	TURN_UNTIL(f->loop, !is_alive(pid));
	close(ends[0]);
	close(ends[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IO_TEST(its_exit_code_and_last_words_are_told),
		IO_TEST(of_many_words_the_last_are_kept),
		IO_TEST(a_missing_program_shows_as_127),
		IO_TEST(a_missing_folder_is_an_error_and_no_callback_comes),
		IO_TEST(one_that_ignores_term_is_killed_after_its_grace),
		IO_TEST(one_that_obeys_term_ends_by_it),
		IO_TEST(its_environment_is_ours_with_changes),
		IO_TEST(it_inherits_no_file_descriptor),
		IO_TEST(a_grandchild_does_not_delay_the_news),
		IO_TEST(it_ends_with_us),
	};

	return cmocka_run_group_tests_name("proc", tests, NULL, NULL);
}
