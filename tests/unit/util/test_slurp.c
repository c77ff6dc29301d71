#include "util/slurp.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static void reads_a_whole_file(void **state)
{
	char path[] = "/tmp/test_slurp_XXXXXX", *bytes = calloc(1, 200000);
	int fd = mkstemp(path);
	struct buf b;

	(void)state;
	memset(bytes, 'z', 200000);
	assert_int_equal(write(fd, bytes, 200000), 200000);
	close(fd);
	buf_init(&b, 200000);
	assert_int_equal(slurp(path, &b), CVN_OK);
	assert_int_equal(b.n, 200000);
	assert_memory_equal(b.bytes, bytes, 200000);
	buf_done(&b);

	buf_init(&b, 199999);
	assert_int_equal(slurp(path, &b), CVN_ETOOLARGE);
	buf_done(&b);
	unlink(path);
	free(bytes);
}

static void tells_why_it_could_not(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 100);
	assert_int_equal(slurp("/nowhere/at/all", &b), CVN_EIO);
	assert_int_equal(errno, ENOENT);
	assert_int_equal(slurp("/", &b), CVN_EIO);
	assert_int_equal(errno, EISDIR);
	buf_done(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_a_whole_file),
		cmocka_unit_test(tells_why_it_could_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
