/* Helpers first, then the functions of online_heap.h. */
#include "scheduler/online_heap.h"

#include <string.h>

#include "domain/code.h"
#include "domain/lifecycle.h"
#include "scheduler/memory.h"

/* One who let its place, or its deadline, lapse waits behind the others. */
static bool has_lapsed(const Convene__V1__Standing *s)
{
	for (size_t i = 0; i < s->n_reasons; i++) {
		const char *code = s->reasons[i]->code;

		if (code != NULL && (strcmp(code, code_reason_name(REASON_ACCEPT_LAPSED)) == 0 ||
				     strcmp(code, code_reason_name(REASON_REVISION_LAPSED)) == 0))
			return true;
	}
	return false;
}

static int32_t value_of(const struct book *b, const struct entry *e)
{
	return e->handle == PROBLEM_NONE ? 0 : b->problem->requests[e->handle].value;
}

/* Who waits: the best value first, then who has waited longest. */
static bool looks_before(const struct book *b, const struct entry *x, const struct entry *y)
{
	const Convene__V1__Standing *s = book_standing(x), *t = book_standing(y);
	bool s_lapsed = has_lapsed(s), t_lapsed = has_lapsed(t);
	int32_t s_value = value_of(b, x), t_value = value_of(b, y);

	if (s_lapsed != t_lapsed)
		return t_lapsed;
	if (s_value != t_value)
		return s_value > t_value;
	if (s->waiting_since != t->waiting_since)
		return s->waiting_since < t->waiting_since;
	return x->handle < y->handle;
}

/* Who is placed: the proposed before the firm, the lowest value first, so that it is the least who
 * gives way. */
static bool gives_way_before(const struct book *b, const struct entry *x, const struct entry *y)
{
	bool x_firm = book_is_firm(b, x), y_firm = book_is_firm(b, y);
	int32_t x_value = value_of(b, x), y_value = value_of(b, y);

	if (x_firm != y_firm)
		return y_firm;
	if (x_value != y_value)
		return x_value < y_value;
	return x->handle > y->handle;
}

static bool before(const struct book *b, enum book_queue queue, const struct entry *x,
		   const struct entry *y)
{
	return queue == QUEUE_LOOK ? looks_before(b, x, y) : gives_way_before(b, x, y);
}

static void set(struct entry_heap *h, enum book_queue queue, size_t i, struct entry *e)
{
	h->at[i] = e;
	e->at[queue] = i + 1;
}

static size_t rise(struct book *b, enum book_queue queue, size_t i)
{
	struct entry_heap *h = &b->queues[queue];
	struct entry *e = h->at[i];

	while (i > 0 && before(b, queue, e, h->at[(i - 1) / 2])) {
		set(h, queue, i, h->at[(i - 1) / 2]);
		i = (i - 1) / 2;
	}
	set(h, queue, i, e);
	return i;
}

static void sink(struct book *b, enum book_queue queue, size_t i)
{
	struct entry_heap *h = &b->queues[queue];
	struct entry *e = h->at[i];

	for (size_t child; (child = 2 * i + 1) < h->n; i = child) {
		if (child + 1 < h->n && before(b, queue, h->at[child + 1], h->at[child]))
			child++;
		if (!before(b, queue, h->at[child], e))
			break;
		set(h, queue, i, h->at[child]);
	}
	set(h, queue, i, e);
}

void heap_put(struct book *b, enum book_queue queue, struct entry *e)
{
	struct entry_heap *h = &b->queues[queue];

	if (e->at[queue] == 0) {
		if (h->n == h->max) {
			size_t max = h->max == 0 ? 64 : 2 * h->max;

			h->at = memory_grow(h->at, h->max, max, sizeof(*h->at));
			h->max = max;
		}
		set(h, queue, h->n++, e);
	}
	sink(b, queue, rise(b, queue, e->at[queue] - 1));
}

void heap_drop(struct book *b, enum book_queue queue, struct entry *e)
{
	struct entry_heap *h = &b->queues[queue];
	size_t i = e->at[queue];

	if (i == 0)
		return;
	struct entry *last = h->at[--h->n];
	e->at[queue] = 0;
	if (last == e)
		return;
	set(h, queue, i - 1, last);
	sink(b, queue, rise(b, queue, i - 1));
}

struct entry *heap_pop(struct book *b, enum book_queue queue)
{
	struct entry *e = b->queues[queue].n > 0 ? b->queues[queue].at[0] : NULL;

	if (e != NULL)
		heap_drop(b, queue, e);
	return e;
}
