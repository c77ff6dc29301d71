/* anneal_log.c - a ring of changes with a place for each reader. See anneal_log.h. */
#include "scheduler/anneal_log.h"
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include "scheduler/memory.h"

struct anneal_log {
	pthread_mutex_t lock; /* of those that write */
	_Atomic uint64_t n_written;
	int32_t n_readers;
	_Atomic uint64_t *n_read; /* by reader; UINT64_MAX: it has left */
	struct anneal_change at[ANNEAL_LOG_MAX];
};

struct anneal_log *anneal_log_new(int32_t n_readers)
{
	struct anneal_log *log = memory_new(1, sizeof(*log));

	pthread_mutex_init(&log->lock, NULL);
	log->n_readers = n_readers;
	log->n_read = memory_new((size_t)n_readers, sizeof(*log->n_read));
	return log;
}

void anneal_log_free(struct anneal_log *log)
{
	if (log == NULL)
		return;
	pthread_mutex_destroy(&log->lock);
	free(log->n_read);
	free(log);
}

static uint64_t least_read(struct anneal_log *log)
{
	uint64_t least = UINT64_MAX;

	for (int32_t i = 0; i < log->n_readers; i++) {
		uint64_t n = atomic_load_explicit(&log->n_read[i], memory_order_acquire);

		least = n < least ? n : least;
	}
	return least;
}

static enum anneal_log_answer append(struct anneal_log *log, int32_t reader, const struct anneal_change *changes, size_t n)
{
	uint64_t end = atomic_load_explicit(&log->n_written, memory_order_relaxed);

	if (atomic_load_explicit(&log->n_read[reader], memory_order_relaxed) != end)
		return ANNEAL_LOG_BEHIND;
	if (end + n - least_read(log) > ANNEAL_LOG_MAX)
		return ANNEAL_LOG_FULL;
	for (size_t i = 0; i < n; i++)
		log->at[(end + i) % ANNEAL_LOG_MAX] = changes[i];
	atomic_store_explicit(&log->n_read[reader], end + n, memory_order_relaxed);
	atomic_store_explicit(&log->n_written, end + n, memory_order_release);
	return ANNEAL_LOG_WRITTEN;
}

enum anneal_log_answer anneal_log_write(struct anneal_log *log, int32_t reader, const struct anneal_change *changes, size_t n)
{
	enum anneal_log_answer answer;

	pthread_mutex_lock(&log->lock);
	answer = append(log, reader, changes, n);
	pthread_mutex_unlock(&log->lock);
	return answer;
}

bool anneal_log_read(struct anneal_log *log, int32_t reader, struct anneal_change *ret_change)
{
	uint64_t n = atomic_load_explicit(&log->n_read[reader], memory_order_relaxed);

	if (n == atomic_load_explicit(&log->n_written, memory_order_acquire))
		return false;
	*ret_change = log->at[n % ANNEAL_LOG_MAX];
	atomic_store_explicit(&log->n_read[reader], n + 1, memory_order_release);
	return true;
}

void anneal_log_leave(struct anneal_log *log, int32_t reader)
{
	atomic_store_explicit(&log->n_read[reader], UINT64_MAX, memory_order_release);
}
