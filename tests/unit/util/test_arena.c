#include "util/arena.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <string.h>

#include <cmocka.h>

static void pieces_are_aligned_and_apart(void **state)
{
	struct arena a;
	char *pieces[200];
	size_t i, k;

	(void)state;
	arena_init(&a, 1 << 20);
	for (i = 0; i < 200; i++) {
		pieces[i] = arena_alloc(&a, i);
		assert_non_null(pieces[i]);
		assert_int_equal((uintptr_t)pieces[i] % _Alignof(max_align_t), 0);
		memset(pieces[i], (int)i, i);
	}
	for (i = 0; i < 200; i++) {
		for (k = 0; k < i; k++)
			assert_int_equal((unsigned char)pieces[i][k], i);
	}
	arena_done(&a);
}

static void refuses_past_its_limit(void **state)
{
	struct arena a;

	(void)state;
	arena_init(&a, 1000);
	assert_non_null(arena_alloc(&a, 900));
	assert_null(arena_alloc(&a, 200));
	assert_null(arena_alloc(&a, SIZE_MAX));
	assert_null(arena_alloc(&a, SIZE_MAX - 7));
	assert_non_null(arena_alloc(&a, 50));
	assert_true(arena_used(&a) <= 1000);
	assert_int_equal(arena_room(&a), 1000 - arena_used(&a));
	arena_done(&a);
}

static void refuses_an_array_whose_size_overflows(void **state)
{
	struct arena a;

	(void)state;
	arena_init(&a, SIZE_MAX / 4);
	assert_null(arena_array(&a, SIZE_MAX / 2, 4));
	assert_non_null(arena_array(&a, 10, 4));
	arena_done(&a);
}

static void reset_makes_it_empty_and_usable(void **state)
{
	struct arena a;
	int i;

	(void)state;
	arena_init(&a, 100000);
	for (i = 0; i < 50; i++) {
		char *p;

		while ((p = arena_alloc(&a, 777)) != NULL)
			memset(p, i, 777);
		arena_reset(&a);
		assert_int_equal(arena_used(&a), 0);
	}
	{
		char *z = arena_zalloc(&a, 777);

		assert_int_equal(z[0], 0);
		assert_int_equal(z[776], 0);
	}
	arena_done(&a);
}

static void copies_texts_and_bytes(void **state)
{
	struct arena a;
	const char *text = "a text";
	char *copy, *part;

	(void)state;
	arena_init(&a, 1000);
	copy = arena_strdup(&a, text);
	part = arena_memdup(&a, text, 3);
	assert_string_equal(copy, "a text");
	assert_ptr_not_equal(copy, text);
	assert_string_equal(part, "a t");
	assert_string_equal(arena_printf(&a, "%s-%d", "o", 12), "o-12");
	assert_string_equal(arena_memdup(&a, NULL, 0), "");
	assert_null(arena_printf(&a, "%2000d", 1));
	arena_done(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pieces_are_aligned_and_apart),
		cmocka_unit_test(refuses_past_its_limit),
		cmocka_unit_test(refuses_an_array_whose_size_overflows),
		cmocka_unit_test(reset_makes_it_empty_and_usable),
		cmocka_unit_test(copies_texts_and_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
