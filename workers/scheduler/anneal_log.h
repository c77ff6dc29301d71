/* anneal_log.h - what searches on several threads have changed in the one plan that they share, in order.
 *
 * Layer     scheduler: calendar below it; anneal and solve above.
 * Thread    any number of searches, each from a thread of its own.
 * Limit     ANNEAL_LOG_MAX changes that not all have read.
 *
 * Each search holds a copy of the plan. Whoever wants to keep a step writes it here, and may do so only if it has read
 * all that stands here: so the steps form one row, as if a single search had made them. */
#pragma once
#include <stddef.h>
#include <stdint.h>
#include "scheduler/calendar.h"

#define ANNEAL_LOG_MAX 65536

/* Where a request now stands. */
struct anneal_change {
	int32_t request;
	struct calendar_spot spot;
};

struct anneal_log;

/* Read by `n_readers` searches, numbered from 0. Never NULL. */
struct anneal_log *anneal_log_new(int32_t n_readers);
void anneal_log_free(struct anneal_log *log);

enum anneal_log_answer {
	ANNEAL_LOG_WRITTEN,
	ANNEAL_LOG_BEHIND, /* there is something to read first */
	ANNEAL_LOG_FULL,   /* someone has not read for long */
};

/* One step's changes (at most ANNEAL_LOG_MAX); the reader has then read them as well. */
enum anneal_log_answer anneal_log_write(struct anneal_log *log, int32_t reader, const struct anneal_change *changes, size_t n);
/* The next change that the reader has not read; false: there is none. */
bool anneal_log_read(struct anneal_log *log, int32_t reader, struct anneal_change *ret_change);
/* It reads no more; nobody waits for it. */
void anneal_log_leave(struct anneal_log *log, int32_t reader);
