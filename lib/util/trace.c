#include "util/trace.h"

#include "util/clock.h"

#include <inttypes.h>
#include <string.h>

/* The ring is bound to the thread and not handed around: it must be there in whatever breaks. */
static _Thread_local struct trace_move ring[TRACE_MOVES];
static _Thread_local uint64_t n_moves;

void trace_add(const char *kind, const char *id, const char *from, const char *to, enum cvn_err err)
{
	struct trace_move *m = &ring[n_moves++ % TRACE_MOVES];
	size_t n = strnlen(id, TRACE_ID_BYTES - 1);

	m->ms = clock_ms();
	m->kind = kind;
	memcpy(m->id, id, n);
	m->id[n] = '\0';
	m->from = from;
	m->to = to;
	m->err = err;
}

uint64_t trace_count(void)
{
	return n_moves;
}

const struct trace_move *trace_at(uint64_t back)
{
	return back < n_moves && back < TRACE_MOVES ? &ring[(n_moves - 1 - back) % TRACE_MOVES] :
						      NULL;
}

void trace_clear(void)
{
	n_moves = 0;
}

void trace_dump(FILE *out)
{
	uint64_t kept = n_moves < TRACE_MOVES ? n_moves : TRACE_MOVES;

	for (; kept > 0; kept--) {
		const struct trace_move *m = trace_at(kept - 1);

		fprintf(out, "%10" PRIu64 " %s %s %s > %s%s%s\n", m->ms, m->kind, m->id, m->from,
			m->to, m->err == CVN_OK ? "" : " ",
			m->err == CVN_OK ? "" : cvn_err_name(m->err));
	}
}
