/* test_anneal_log.c - who writes has read all; nothing is written over before all have read it; all read the same row. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <pthread.h>
#include <sched.h>
#include "scheduler/anneal_log.h"

static struct anneal_change change_of(int32_t request)
{
	return (struct anneal_change){request, {request + 1, request + 2}};
}

static void who_has_not_read_all_may_not_write(void **state)
{
	struct anneal_log *log = anneal_log_new(2);
	struct anneal_change some[2] = {change_of(7), change_of(9)}, read;

	(void)state;
	assert_int_equal(anneal_log_write(log, 0, some, 2), ANNEAL_LOG_WRITTEN);
	assert_false(anneal_log_read(log, 0, &read));
	assert_int_equal(anneal_log_write(log, 1, some, 1), ANNEAL_LOG_BEHIND);
	assert_true(anneal_log_read(log, 1, &read));
	assert_int_equal(read.request, 7);
	assert_int_equal(anneal_log_write(log, 1, some, 1), ANNEAL_LOG_BEHIND);
	assert_true(anneal_log_read(log, 1, &read));
	assert_int_equal(read.request, 9);
	assert_int_equal(read.spot.venue, 10);
	assert_int_equal(read.spot.day, 11);
	assert_int_equal(anneal_log_write(log, 1, some, 1), ANNEAL_LOG_WRITTEN);
	assert_int_equal(anneal_log_write(log, 0, some, 0), ANNEAL_LOG_BEHIND);
	anneal_log_free(log);
}

static void nothing_unread_is_written_over(void **state)
{
	struct anneal_log *log = anneal_log_new(2);
	struct anneal_change one = change_of(0), read;

	(void)state;
	for (int32_t i = 0; i < ANNEAL_LOG_MAX; i++) {
		one = change_of(i);
		assert_int_equal(anneal_log_write(log, 0, &one, 1), ANNEAL_LOG_WRITTEN);
	}
	assert_int_equal(anneal_log_write(log, 0, &one, 1), ANNEAL_LOG_FULL);
	assert_true(anneal_log_read(log, 1, &read));
	assert_int_equal(read.request, 0);
	assert_int_equal(anneal_log_write(log, 0, &one, 1), ANNEAL_LOG_WRITTEN);
	assert_int_equal(anneal_log_write(log, 0, &one, 1), ANNEAL_LOG_FULL);
	anneal_log_leave(log, 1);
	assert_int_equal(anneal_log_write(log, 0, &one, 1), ANNEAL_LOG_WRITTEN);
	anneal_log_free(log);
}

#define N_WRITERS 4
#define N_EACH 20000

struct writer {
	struct anneal_log *log;
	int32_t reader, n_written, n_read;
	uint64_t row; /* a digest of all changes, in the order in which this one knows them */
	pthread_t thread;
};

static void digest(struct writer *writer, int32_t request)
{
	writer->row = (writer->row ^ (uint64_t)(uint32_t)request) * UINT64_C(0x9E3779B97F4A7C15);
}

static void read_all(struct writer *writer)
{
	struct anneal_change read;

	for (; anneal_log_read(writer->log, writer->reader, &read); writer->n_read++)
		digest(writer, read.request);
}

static void *write_and_read(void *arg)
{
	struct writer *writer = arg;

	while (writer->n_written < N_EACH || writer->n_read < (N_WRITERS - 1) * N_EACH) {
		struct anneal_change change = change_of(writer->reader * N_EACH + writer->n_written);

		read_all(writer);
		if (writer->n_written < N_EACH && anneal_log_write(writer->log, writer->reader, &change, 1) == ANNEAL_LOG_WRITTEN) {
			digest(writer, change.request);
			writer->n_written++;
		} else {
			sched_yield();
		}
	}
	anneal_log_leave(writer->log, writer->reader);
	return NULL;
}

static void all_read_the_same_row(void **state)
{
	struct anneal_log *log = anneal_log_new(N_WRITERS);
	struct writer writers[N_WRITERS];

	(void)state;
	for (int32_t i = 0; i < N_WRITERS; i++) {
		writers[i] = (struct writer){.log = log, .reader = i};
		assert_int_equal(pthread_create(&writers[i].thread, NULL, write_and_read, &writers[i]), 0);
	}
	for (int32_t i = 0; i < N_WRITERS; i++)
		pthread_join(writers[i].thread, NULL);
	for (int32_t i = 1; i < N_WRITERS; i++)
		assert_true(writers[i].row == writers[0].row);
	anneal_log_free(log);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_has_not_read_all_may_not_write),
		cmocka_unit_test(nothing_unread_is_written_over),
		cmocka_unit_test(all_read_the_same_row),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
