#include "cli/order.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define REQUESTS_MAX 200

/* Requests that are nothing but an id, one predecessor and a batch. */
struct wishes {
	struct arena arena;
	struct order order;
	Convene__V1__Request requests[REQUESTS_MAX];
	Convene__V1__Request *list[REQUESTS_MAX];
	Convene__V1__After afters[REQUESTS_MAX];
	Convene__V1__After *after_lists[REQUESTS_MAX][1];
	const char *batches[REQUESTS_MAX];
	size_t n;
};

static int set_up(void **state)
{
	struct wishes *w = calloc(1, sizeof(*w));

	assert_non_null(w);
	arena_init(&w->arena, 1 << 20);
	*state = w;
	return 0;
}

static int tear_down(void **state)
{
	struct wishes *w = *state;

	arena_done(&w->arena);
	free(w);
	return 0;
}

static void wish(struct wishes *w, const char *id, const char *after, const char *batch)
{
	Convene__V1__Request *r = &w->requests[w->n];

	convene__v1__request__init(r);
	r->id = (char *)id;
	if (after != NULL) {
		convene__v1__after__init(&w->afters[w->n]);
		w->afters[w->n].request = (char *)after;
		w->after_lists[w->n][0] = &w->afters[w->n];
		r->n_after = 1;
		r->after = w->after_lists[w->n];
	}
	w->batches[w->n] = batch;
	w->list[w->n++] = r;
}

static void start(struct wishes *w)
{
	assert_int_equal(order_init(&w->order, &w->arena, w->list, w->batches, w->n), CVN_OK);
}

/* The next parcel must be of this request first. */
static struct parcel *expect(struct wishes *w, size_t request)
{
	struct parcel *parcel = order_next(&w->order);

	assert_non_null(parcel);
	assert_int_equal(parcel->requests[0], request);
	return parcel;
}

static void keeps_the_order_of_the_file(void **state)
{
	struct wishes *w = *state;
	char ids[REQUESTS_MAX][8];

	for (size_t i = 0; i < REQUESTS_MAX; i++) {
		snprintf(ids[i], sizeof(ids[i]), "r%zu", i);
		wish(w, ids[i], NULL, NULL);
	}
	start(w);

	for (size_t i = 0; i < REQUESTS_MAX; i++)
		expect(w, i);
	assert_null(order_next(&w->order));
	assert_true(order_is_empty(&w->order));
}

static void a_successor_waits_for_the_receipt(void **state)
{
	struct wishes *w = *state;
	struct parcel *first;

	wish(w, "late", "early", NULL); /* named before it stands in the file */
	wish(w, "early", NULL, NULL);
	wish(w, "other", NULL, NULL);
	start(w);

	first = expect(w, 1);
	expect(w, 2);
	assert_null(order_next(&w->order));
	order_done(&w->order, first);
	expect(w, 0);
}

static void predecessors_that_are_not_sent_are_not_waited_for(void **state)
{
	struct wishes *w = *state;

	wish(w, "a", "somewhere-else", NULL);
	wish(w, "b", "b", NULL); /* itself */
	start(w);

	expect(w, 0);
	expect(w, 1);
}

static void a_batch_goes_together(void **state)
{
	struct wishes *w = *state;
	struct parcel *batch;

	wish(w, "a", "b", "circle");
	wish(w, "x", NULL, NULL);
	wish(w, "b", "a", "circle");
	start(w);

	batch = expect(w, 0);
	assert_true(batch->is_batch);
	assert_int_equal(batch->n, 2);
	assert_int_equal(batch->requests[1], 2);
	assert_false(expect(w, 1)->is_batch);
	assert_null(order_next(&w->order));
}

static void one_id_twice_goes_one_after_the_other(void **state)
{
	struct wishes *w = *state;
	struct parcel *first;

	wish(w, "a", NULL, NULL);
	wish(w, "a", NULL, NULL);
	start(w);

	first = expect(w, 0);
	assert_null(order_next(&w->order));
	order_done(&w->order, first);
	expect(w, 1);
}

static void a_circle_is_let_go_when_nothing_else_is_left(void **state)
{
	struct wishes *w = *state;
	struct parcel *free_one, *first;

	wish(w, "a", "b", NULL);
	wish(w, "b", "a", NULL);
	wish(w, "c", NULL, NULL);
	start(w);

	free_one = expect(w, 2);
	assert_null(order_next(&w->order));
	order_done(&w->order, free_one);
	first = expect(w, 0);
	assert_null(order_next(&w->order));
	order_done(&w->order, first);
	order_done(&w->order, expect(w, 1));
	assert_true(order_is_empty(&w->order));
}

static void what_was_given_back_comes_again(void **state)
{
	struct wishes *w = *state;

	wish(w, "a", NULL, NULL);
	wish(w, "b", NULL, NULL);
	start(w);

	order_give_back(&w->order, expect(w, 0));
	assert_false(order_is_empty(&w->order));
	expect(w, 0);
	expect(w, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(keeps_the_order_of_the_file, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_successor_waits_for_the_receipt, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(predecessors_that_are_not_sent_are_not_waited_for,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_batch_goes_together, set_up, tear_down),
		cmocka_unit_test_setup_teardown(one_id_twice_goes_one_after_the_other, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_circle_is_let_go_when_nothing_else_is_left,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_was_given_back_comes_again, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
