/* room.h - how much is left of something, by day: rows of counters that are added to and compared 64 days at a time.
 *
 * Layer     scheduler; private to its folder: memory below it; calendar, scan and whoever reads a calendar above.
 * Thread    one at a time writes; any number read what nobody writes.
 *
 * A counter's binary digits lie in as many words, a day in a bit of each: a word of 64 days takes as few bytes as its
 * numbers have digits, and an addition or a comparison some two instructions for each of them. Counters are two's
 * complement and get more digits when one would overflow, so they count whatever they are given. */
#pragma once
#include <stddef.h>
#include <stdint.h>

struct room {
	int32_t n_rows, n_words; /* n_words: of 64 days, a row */
	int32_t n_digits;        /* of a counter; the last one is its sign */
	uint64_t *digits;        /* [(row · n_words + word) · n_digits + digit] */
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

static inline uint64_t *room_word(const struct room *room, int32_t row, int32_t word)
{
	return room->digits + ((size_t)row * (size_t)room->n_words + (size_t)word) * (size_t)room->n_digits;
}

/* Of the 64 days of word `w` those that lie in [first, last], which has days in it. */
static inline uint64_t room_days_within(int32_t w, int32_t first, int32_t last)
{
	uint64_t from = w == first >> 6 ? UINT64_MAX << (first & 63) : UINT64_MAX;
	uint64_t to = w == last >> 6 ? UINT64_MAX >> (63 - (last & 63)) : UINT64_MAX;

	return from & to;
}

/* Of the 64 days of a word those on which at least `need` is left. */
static inline uint64_t room_at_least(const struct room *room, int32_t row, int32_t word, int64_t need)
{
	const uint64_t *digits = room_word(room, row, word);
	int32_t sign = room->n_digits - 1;
	uint64_t borrow = 0, minus;

	if (need >> sign != 0 && need >> sign != -1)
		return need > 0 ? 0 : UINT64_MAX; /* more than can be left anywhere */
	for (int32_t k = 0; k < sign; k++) {
		minus = -(uint64_t)(need >> k & 1);
		borrow = (~digits[k] & (minus | borrow)) | (minus & borrow);
	}
	minus = -(uint64_t)(need >> sign & 1);
	return ~((digits[sign] & ~minus) | (~(digits[sign] ^ minus) & borrow));
}
