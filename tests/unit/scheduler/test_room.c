/* test_room.c - rows of counters agree with plain numbers, whatever is taken from them, and given. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include "sample.h"
#include "scheduler/room.h"

#define ROWS 3
#define WORDS 3
#define DAYS (WORDS * 64)

/* The same counters, twice. */
struct twins {
	struct room room;
	int64_t left[ROWS][DAYS];
	uint64_t state;
};

static void set_up(struct twins *twins, uint64_t seed)
{
	*twins = (struct twins){.state = seed};
	room_init(&twins->room, ROWS, WORDS);
}

static void take(struct twins *twins, int32_t row, int32_t first, int32_t last, int64_t amount)
{
	room_take(&twins->room, row, first, last, amount);
	for (int32_t d = first; d <= last; d++)
		twins->left[row][d] -= amount;
}

static void pick_days(struct twins *twins, int32_t *ret_first, int32_t *ret_last)
{
	*ret_first = sample_below(&twins->state, DAYS);
	*ret_last = *ret_first + sample_below(&twins->state, DAYS - *ret_first);
}

static void assert_left_agrees(const struct twins *twins)
{
	for (int32_t row = 0; row < ROWS; row++)
		for (int32_t d = 0; d < DAYS; d++)
			assert_int_equal(room_left(&twins->room, row, d), twins->left[row][d]);
}

static void assert_answers_agree(struct twins *twins, int64_t need)
{
	int32_t row = sample_below(&twins->state, ROWS), first, last, d;
	int64_t least = INT64_MAX;

	for (int32_t w = 0; w < WORDS; w++)
		for (int32_t bit = 0; bit < 64; bit++)
			assert_int_equal(room_at_least(&twins->room, row, w, need) >> bit & 1,
			                 twins->left[row][w * 64 + bit] >= need);
	pick_days(twins, &first, &last);
	for (d = first; d <= last; d++)
		least = twins->left[row][d] < least ? twins->left[row][d] : least;
	assert_int_equal(room_least(&twins->room, row, first, last), least);
	for (d = first; d <= last && twins->left[row][d] >= need; d++)
		;
	assert_int_equal(room_short_day(&twins->room, row, first, last, need), d);
}

/* A few at first, then many: digits are added on the way. Down to below nothing, and up again. */
static void counters_agree_with_plain_numbers(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 20; seed++) {
		struct twins twins;

		set_up(&twins, seed);
		for (int step = 0; step < 600; step++) {
			int32_t row = sample_below(&twins.state, ROWS), most = step < 200 ? 3 : step < 400 ? 40 : 3000, first, last;

			pick_days(&twins, &first, &last);
			take(&twins, row, first, last, sample_below(&twins.state, 2 * most + 1) - most);
			assert_answers_agree(&twins, sample_below(&twins.state, 6 * most) - 2 * most);
			if (step % 50 == 0)
				assert_left_agrees(&twins);
		}
		room_done(&twins.room);
	}
}

static void the_largest_amounts_are_counted(void **state)
{
	const int64_t most = INT64_C(100) * INT32_MAX;
	struct twins twins;

	(void)state;
	set_up(&twins, 1);
	take(&twins, 1, 60, 70, -most);
	take(&twins, 1, 65, DAYS - 1, 2 * most);
	take(&twins, 2, 0, 0, INT32_MIN);
	assert_left_agrees(&twins);
	for (int i = -3; i <= 3; i++)
		assert_answers_agree(&twins, i * most);
	take(&twins, 1, 60, 70, most);
	take(&twins, 1, 65, DAYS - 1, -2 * most);
	take(&twins, 2, 0, 0, -(int64_t)INT32_MIN);
	for (int32_t w = 0; w < WORDS; w++) {
		assert_true(room_at_least(&twins.room, 1, w, 0) == UINT64_MAX);
		assert_true(room_at_least(&twins.room, 1, w, 1) == 0);
	}
	room_done(&twins.room);
}

/* At the ends of words and of the row. */
static void other_days_and_rows_keep_what_they_have(void **state)
{
	const int32_t ends[] = {0, 1, 62, 63, 64, 65, 127, 128, DAYS - 1};
	const size_t n = sizeof(ends) / sizeof(*ends);

	(void)state;
	for (size_t i = 0; i < n; i++)
		for (size_t j = i; j < n; j++) {
			struct twins twins;

			set_up(&twins, 1);
			take(&twins, 1, 0, DAYS - 1, -5);
			take(&twins, 1, ends[i], ends[j], 7);
			assert_left_agrees(&twins);
			assert_int_equal(room_short_day(&twins.room, 1, 0, DAYS - 1, 0), ends[i]);
			room_done(&twins.room);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counters_agree_with_plain_numbers),
		cmocka_unit_test(the_largest_amounts_are_counted),
		cmocka_unit_test(other_days_and_rows_keep_what_they_have),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
