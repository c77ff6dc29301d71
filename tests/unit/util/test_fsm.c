#include "util/fsm.h"
#include "util/trace.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { NEW, READY, GONE, STATES };

static const struct fsm_def LIFE = {
	.kind = "worker",
	.n_states = STATES,
	.names = { "new", "ready", "gone" },
	.next = { [NEW] = FSM_TO(READY) | FSM_TO(GONE), [READY] = FSM_TO(GONE) },
};

static void goes_where_the_table_says(void **state)
{
	struct fsm f;

	(void)state;
	trace_clear();
	fsm_init(&f, &LIFE, NEW);
	assert_true(fsm_allows(&f, READY));
	fsm_move(&f, "w1", READY);

	assert_int_equal(f.state, READY);
	assert_string_equal(fsm_name(&f), "ready");
	assert_false(fsm_allows(&f, NEW));
	assert_false(fsm_allows(&f, STATES));
	assert_string_equal(trace_at(0)->id, "w1");
	assert_string_equal(trace_at(0)->from, "new");
	assert_string_equal(trace_at(0)->to, "ready");
}

static void another_move_aborts(void **state)
{
	struct rlimit none = { 0, 0 };
	int status = 0;
	pid_t child = fork();

	(void)state;
	if (child == 0) {
		struct fsm f;

		setrlimit(RLIMIT_CORE, &none);
		signal(SIGABRT, SIG_DFL);
		close(STDERR_FILENO);
		fsm_init(&f, &LIFE, GONE);
		fsm_move(&f, "w1", NEW);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(goes_where_the_table_says),
		cmocka_unit_test(another_move_aborts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
