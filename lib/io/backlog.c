#include "io/backlog.h"

#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* What whoever holds a backlog counts for in it: who takes it down to 0 is the last and frees it. */
#define HOLDER 1u

struct backlog {
	_Atomic size_t bytes; /* HOLDER, if it is held, and an even number */
	struct backlog
		*whole; /* NULL: none; lives while we are held, or a message counts towards both */
};

struct parcel {
	struct backlog *backlog;
	size_t cost;
	uint8_t bytes[];
};

struct backlog *backlog_new(struct backlog *whole)
{
	struct backlog *backlog = malloc(sizeof(*backlog));

	if (backlog == NULL)
		return NULL;
	atomic_init(&backlog->bytes, HOLDER);
	backlog->whole = whole;
	return backlog;
}

size_t backlog_bytes(const struct backlog *backlog)
{
	return atomic_load_explicit(&backlog->bytes, memory_order_relaxed) & ~(size_t)HOLDER;
}

static void take_off(struct backlog *backlog, size_t cost)
{
	struct backlog *whole = backlog->whole;

	if (atomic_fetch_sub_explicit(&backlog->bytes, cost, memory_order_acq_rel) == cost)
		free(backlog);
	if (whole != NULL)
		take_off(whole, cost);
}

void backlog_free(struct backlog *backlog)
{
	if (backlog != NULL &&
	    atomic_fetch_sub_explicit(&backlog->bytes, HOLDER, memory_order_acq_rel) == HOLDER)
		free(backlog);
}

struct parcel *parcel_new(struct backlog *backlog, const void *bytes, size_t n)
{
	struct parcel *parcel = malloc(sizeof(*parcel) + n);

	if (parcel == NULL)
		return NULL;
	parcel->backlog = backlog;
	parcel->cost = (n + BACKLOG_MESSAGE_BYTES + HOLDER) & ~(size_t)HOLDER;
	if (n != 0)
		memcpy(parcel->bytes, bytes, n);
	for (; backlog != NULL; backlog = backlog->whole)
		atomic_fetch_add_explicit(&backlog->bytes, parcel->cost, memory_order_relaxed);
	return parcel;
}

void *parcel_bytes(struct parcel *parcel)
{
	return parcel->bytes;
}

void parcel_left(void *bytes, void *arg)
{
	struct parcel *parcel = arg;

	(void)bytes;
	take_off(parcel->backlog, parcel->cost);
	free(parcel);
}
