/* trace.h - the last moves of everything with a life of its own, kept in memory for the day when it
 * breaks.
 *
 * A broken invariant dumps them; so does a test that compares lives.
 *
 * Layer     util.
 * Thread    any: each thread keeps its own.
 * Limit     the last TRACE_MOVES; ids are cut to fit. */
#pragma once
#include "util/err.h"

#include <stdint.h>
#include <stdio.h>

#define TRACE_MOVES 4096
#define TRACE_ID_BYTES 40

struct trace_move {
	uint64_t ms;      /* clock_ms() */
	const char *kind; /* "job", "worker", … */
	char id[TRACE_ID_BYTES];
	const char *from;
	const char *to;
	enum cvn_err err;
};

/* Notes that object `id` of `kind` went from one state to another. `kind`, `from` and `to` are
 * constants of the program, kept by pointer; `id` is copied. About 50 ns. */
void trace_add(const char *kind, const char *id, const char *from, const char *to,
	       enum cvn_err err);

/* The number of moves noted by this thread since start or trace_clear(). */
uint64_t trace_count(void);

/* The move that is `back` before the last (0: the last one), lent until it is overwritten; NULL:
 * not kept. */
const struct trace_move *trace_at(uint64_t back);

/* Forgets this thread's moves. */
void trace_clear(void);

/* Writes this thread's moves, oldest first, one a line: milliseconds, kind, id, from > to,
 * error. */
void trace_dump(FILE *out);
