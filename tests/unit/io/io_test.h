/* io_test.h - what the tests of lib/io share: a loop that turns until something is true, and a
 * folder that goes away.
 *
 * Not here  sleeping: a test waits for what it expects, and fails when that does not come in
 * time. */
#pragma once
#include "io/loop.h"
#include "util/clock.h"

#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define PATIENCE_MS 60000 /* no measure: a sanitizer on a busy machine takes ten seconds for what takes one */

/* Turns the loop until `cond` holds; fails after PATIENCE_MS. */
#define TURN_UNTIL(loop, cond) \
	do { \
		uint64_t give_up_ms = clock_ms() + PATIENCE_MS; \
		while (!(cond)) { \
			if (clock_ms() > give_up_ms) \
				fail_msg("in vain: %s", #cond); \
			loop_turn(loop, 50); \
		} \
	} while (0)

/* Turns the loop for a while, to see that something does not happen. */
static inline void turn_for(struct loop *loop, uint64_t ms)
{
	uint64_t end_ms = clock_ms() + ms;

	while (clock_ms() < end_ms)
		loop_turn(loop, 10);
}

struct fixture {
	struct loop *loop;
	char folder[64];
};

static inline int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	strcpy(f->folder, "/tmp/convene-io-XXXXXX");
	assert_non_null(mkdtemp(f->folder));
	assert_int_equal(loop_new(&f->loop), CVN_OK);
	*state = f;
	return 0;
}

static inline int remove_one(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
	(void)st;
	(void)kind;
	(void)ftw;
	return remove(path);
}

static inline int tear_down(void **state)
{
	struct fixture *f = *state;

	loop_free(f->loop);
	nftw(f->folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	free(f);
	return 0;
}

#define IO_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
