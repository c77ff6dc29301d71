#include "util/err.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static void rows_stand_in_the_order_of_their_values(void **state)
{
	static const struct {
		enum cvn_err err;
		const char *name;
		const char *code;
	} ROWS[] = {
#define CVN_ERR(name, value, code, class, retry, text) { name, #name, code },
#include "util/err.def"
#undef CVN_ERR
	};
	size_t i;

	(void)state;
	for (i = 0; i < N_ELEMENTS(ROWS); i++) {
		assert_int_equal(ROWS[i].err, -(int)(i + 1));
		assert_string_equal(cvn_err_name(ROWS[i].err), ROWS[i].name);
		assert_string_equal(cvn_err_code(ROWS[i].err), ROWS[i].code);
		assert_true(strlen(cvn_err_text(ROWS[i].err)) > 0);
		assert_int_not_equal(cvn_err_class(ROWS[i].err), CVN_CLASS_NONE);
	}
}

static void tells_who_has_to_act(void **state)
{
	(void)state;
	assert_string_equal(cvn_err_code(CVN_OK), "OK");
	assert_int_equal(cvn_err_class(CVN_OK), CVN_CLASS_NONE);
	assert_int_equal(cvn_err_class(CVN_EMALFORMED), CVN_CLASS_CLIENT);
	assert_int_equal(cvn_err_class(CVN_EBUSY), CVN_CLASS_CAPACITY);
	assert_true(cvn_err_is_retryable(CVN_EBUSY));
	assert_false(cvn_err_is_retryable(CVN_EIDTAKEN));
	assert_string_equal(cvn_class_name(CVN_CLASS_DEPENDENCY), "dependency");
}

static void a_value_outside_the_list_is_a_bug(void **state)
{
	(void)state;
	assert_int_equal(cvn_err_class((enum cvn_err) - 999), CVN_CLASS_BUG);
	assert_int_equal(cvn_err_class((enum cvn_err)999), CVN_CLASS_BUG);
}

static void expect_counts_and_goes_on(void **state)
{
	unsigned long before = cvn_expect_failures();

	(void)state;
	assert_true(CVN_EXPECT(1 + 1 == 2));
	assert_int_equal(cvn_expect_failures(), before);
	assert_false(CVN_EXPECT(1 + 1 == 3));
	assert_int_equal(cvn_expect_failures(), before + 1);
}

static void require_aborts(void **state)
{
	struct rlimit none = { 0, 0 };
	int status = 0;
	pid_t child;

	(void)state;
	CVN_REQUIRE(1 + 1 == 2);
	child = fork();
	if (child == 0) {
		setrlimit(RLIMIT_CORE, &none);
		signal(SIGABRT, SIG_DFL);
		close(STDERR_FILENO);
		CVN_REQUIRE(1 + 1 == 3);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_stand_in_the_order_of_their_values),
		cmocka_unit_test(tells_who_has_to_act),
		cmocka_unit_test(a_value_outside_the_list_is_a_bug),
		cmocka_unit_test(expect_counts_and_goes_on),
		cmocka_unit_test(require_aborts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
