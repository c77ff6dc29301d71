/* room.h - how much is left of something, by day: rows of counters that are added to and compared 64 days at a time.
 *
 * Layer     scheduler; private to its folder: memory below it; calendar, scan and whoever reads a calendar above.
 * Thread    one at a time writes; any number read what nobody writes.
 *
 * A counter's binary digits lie in as many words, a day in a bit of each, and two such words beside each other: 128 days
 * take as few bytes as their numbers have digits, and an addition or a comparison some four instructions for each of
 * them. Counters are two's complement and get more digits when one would overflow, so they count whatever they are given. */
#pragma once
#include <stddef.h>
#include <stdint.h>
#include "scheduler/memory.h"

/* Two words of 64 days each, the first one of an even number. */
typedef uint64_t room_pair __attribute__((vector_size(16)));

struct room {
	int32_t n_rows, n_pairs; /* n_pairs: a row */
	int32_t n_digits;        /* of a counter; the last one is its sign */
	room_pair *digits;       /* [(row · n_pairs + pair) · n_digits + digit] */
};

/* Nothing is left of anything. */
void room_init(struct room *room, int32_t n_rows, int32_t n_words);
void room_done(struct room *room);

/* Takes `amount` (negative: gives) on each day of [first, last], which lie within the row. */
void room_take(struct room *room, int32_t row, int32_t first, int32_t last, int64_t amount);
int64_t room_left(const struct room *room, int32_t row, int32_t day);
/* The least that is left on a day of [first, last], of which there is one at least. */
int64_t room_least(const struct room *room, int32_t row, int32_t first, int32_t last);
/* The first day of [first, last] on which less than `need` is left; `last` + 1: none. */
int32_t room_short_day(const struct room *room, int32_t row, int32_t first, int32_t last, int64_t need);

static inline room_pair *room_digits(const struct room *room, int32_t row, int32_t pair)
{
	return room->digits + ((size_t)row * (size_t)room->n_pairs + (size_t)pair) * (size_t)room->n_digits;
}

/* Brings so many pairs of a row near, at least one, for who will look at them soon. */
static inline void room_fetch(const struct room *room, int32_t row, int32_t pair, int32_t n_pairs)
{
	memory_fetch(room_digits(room, row, pair), (size_t)n_pairs * (size_t)room->n_digits * sizeof(room_pair));
}

/* Of the 64 days of word `w` those that lie in [first, last], which has days in it. */
static inline uint64_t room_days_within(int32_t w, int32_t first, int32_t last)
{
	uint64_t from = w == first >> 6 ? UINT64_MAX << (first & 63) : UINT64_MAX;
	uint64_t to = w == last >> 6 ? UINT64_MAX >> (63 - (last & 63)) : UINT64_MAX;

	return from & to;
}

/* Of the days of a pair those on which at least `need` is left. */
static inline room_pair room_enough(const struct room *room, int32_t row, int32_t pair, int64_t need)
{
	const room_pair *digits = room_digits(room, row, pair), all = ~(room_pair){0, 0};
	room_pair asked = {(uint64_t)need, (uint64_t)need}, enough = all;
	int32_t sign = room->n_digits - 1;

	if (need >> sign != 0 && need >> sign != -1)
		return need > 0 ? ~all : all; /* more, or less, than can be left anywhere */
	for (int32_t k = 0; k < sign; k++, asked >>= 1) {
		room_pair unasked = all + (asked & 1);

		enough = (digits[k] & enough) | (unasked & (digits[k] | enough)); /* as far as digits up to here tell */
	}
	return need < 0 ? enough | ~digits[sign] : enough & ~digits[sign];
}

/* Of the 64 days of a word likewise. */
static inline uint64_t room_at_least(const struct room *room, int32_t row, int32_t word, int64_t need)
{
	return room_enough(room, row, word >> 1, need)[word & 1];
}
