#include "util/list.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct item {
	int n;
	struct list_node link;
};

static int n_of(const struct list_node *node)
{
	return CONTAINER_OF(node, struct item, link)->n;
}

static void keeps_the_order_of_arrival(void **state)
{
	struct item items[3] = { { .n = 0 }, { .n = 1 }, { .n = 2 } };
	struct list_node head;

	(void)state;
	list_init(&head);
	assert_true(list_is_empty(&head));
	assert_null(list_pop(&head));
	list_push(&head, &items[1].link);
	list_push(&head, &items[2].link);
	list_push_front(&head, &items[0].link);

	assert_int_equal(n_of(list_first(&head)), 0);
	assert_int_equal(n_of(list_pop(&head)), 0);
	assert_int_equal(n_of(list_pop(&head)), 1);
	assert_int_equal(n_of(list_pop(&head)), 2);
	assert_true(list_is_empty(&head));
}

static void a_link_may_be_dropped_on_the_way(void **state)
{
	struct item items[6];
	struct list_node head, *node, *after;
	int i, sum = 0;

	(void)state;
	list_init(&head);
	for (i = 0; i < 6; i++) {
		items[i].n = i;
		list_push(&head, &items[i].link);
	}
	LIST_EACH (node, after, &head) {
		if (n_of(node) % 2 == 0)
			list_drop(node);
	}
	LIST_EACH (node, after, &head)
		sum = sum * 10 + n_of(node);
	assert_int_equal(sum, 135);
	assert_true(list_is_empty(&items[0].link));
	list_drop(&items[0].link);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_the_order_of_arrival),
		cmocka_unit_test(a_link_may_be_dropped_on_the_way),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
