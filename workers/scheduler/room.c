/* room.c - see room.h. */
#include "scheduler/room.h"
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include "scheduler/memory.h"

#define DIGITS_FIRST 2

static size_t n_pairs_of(const struct room *room)
{
	return (size_t)room->n_rows * (size_t)room->n_pairs;
}

void room_init(struct room *room, int32_t n_rows, int32_t n_words)
{
	*room = (struct room){.n_rows = n_rows, .n_pairs = (n_words + 1) / 2, .n_digits = DIGITS_FIRST};
	room->digits = memory_new(n_pairs_of(room) * DIGITS_FIRST, sizeof(room_pair));
}

void room_done(struct room *room)
{
	free(room->digits);
	*room = (struct room){.digits = NULL};
}

/* Gives each counter so many digits, which are more than it has. */
static void widen(struct room *room, int32_t n_digits)
{
	size_t n = n_pairs_of(room), old = (size_t)room->n_digits, wide = (size_t)n_digits;
	room_pair *digits = memory_new(n * wide, sizeof(room_pair));

	for (size_t i = 0; i < n; i++) {
		memcpy(&digits[i * wide], &room->digits[i * old], old * sizeof(room_pair));
		for (size_t k = old; k < wide; k++)
			digits[i * wide + k] = room->digits[i * old + old - 1];
	}
	free(room->digits);
	room->digits = digits;
	room->n_digits = n_digits;
}

/* Digits of a number, its sign apart. */
static int32_t n_digits_of(int64_t amount)
{
	uint64_t bits = (uint64_t)(amount < 0 ? ~amount : amount);

	return bits == 0 ? 0 : 64 - __builtin_clzll(bits);
}

static bool is_none(room_pair days)
{
	return (days[0] | days[1]) == 0;
}

/* Subtracts on `days`; returns those on which the result needs one digit more (and lacks it). */
static room_pair take_pair(room_pair *digits, int32_t n, room_pair days, int64_t amount)
{
	room_pair borrow = {0, 0}, was = {0, 0}, minus = {0, 0}, taken = {(uint64_t)amount, (uint64_t)amount};

	for (int32_t k = 0; k < n; k++, taken >>= 1) {
		minus = days & -(taken & 1);
		was = digits[k];
		digits[k] = was ^ minus ^ borrow;
		borrow = (~was & (minus | borrow)) | (minus & borrow);
	}
	return (was ^ minus) & (was ^ digits[n - 1]);
}

static uint64_t days_of_word(int32_t w, int32_t first, int32_t last)
{
	return w < first >> 6 || w > last >> 6 ? 0 : room_days_within(w, first, last);
}

/* False: a counter lacks a digit for it. */
static bool take(struct room *room, int32_t row, int32_t first, int32_t last, int64_t amount)
{
	room_pair lacks = {0, 0};

	for (int32_t p = first >> 7; p <= last >> 7; p++) {
		room_pair days = {days_of_word(2 * p, first, last), days_of_word(2 * p + 1, first, last)};

		lacks |= take_pair(room_digits(room, row, p), room->n_digits, days, amount);
	}
	return is_none(lacks);
}

void room_take(struct room *room, int32_t row, int32_t first, int32_t last, int64_t amount)
{
	if (n_digits_of(amount) >= room->n_digits)
		widen(room, n_digits_of(amount) + 1);
	if (take(room, row, first, last, amount))
		return;
	take(room, row, first, last, -amount); /* without carries beyond the sign it is as before */
	widen(room, room->n_digits + 1);
	take(room, row, first, last, amount);
}

int64_t room_left(const struct room *room, int32_t row, int32_t day)
{
	return room_least(room, row, day, day);
}

/* The least of some days (at least one) of a word. */
static int64_t least_of(const struct room *room, int32_t row, int32_t word, uint64_t days)
{
	const room_pair *digits = room_digits(room, row, word >> 1);
	uint64_t negative = days & digits[room->n_digits - 1][word & 1];
	int64_t least = negative != 0 ? -1 : 0;

	if (least != 0)
		days = negative;
	for (int32_t k = room->n_digits - 2; k >= 0; k--) {
		uint64_t lower = days & ~digits[k][word & 1];

		least = least * 2 + (lower == 0);
		days = lower != 0 ? lower : days;
	}
	return least;
}

int64_t room_least(const struct room *room, int32_t row, int32_t first, int32_t last)
{
	int64_t least = INT64_MAX;

	for (int32_t w = first >> 6; w <= last >> 6; w++) {
		int64_t here = least_of(room, row, w, room_days_within(w, first, last));

		least = here < least ? here : least;
	}
	return least;
}

int32_t room_short_day(const struct room *room, int32_t row, int32_t first, int32_t last, int64_t need)
{
	for (int32_t w = first >> 6; w <= last >> 6; w++) {
		uint64_t days = room_days_within(w, first, last) & ~room_at_least(room, row, w, need);

		if (days != 0)
			return w * 64 + __builtin_ctzll(days);
	}
	return last + 1;
}
