/* anneal_math.h - chance and cooling in whole numbers: the same on every machine.
 *
 * Layer     scheduler; private to its folder.
 * Thread    any.
 *
 * Logarithms are in 1/65536; the tables behind them are exact to about 1e-4, which is all that chance needs. */
#pragma once
#include <stdint.h>

/* 64 random bits (splitmix64). */
static inline uint64_t anneal_random(uint64_t *state)
{
	uint64_t x = *state += UINT64_C(0x9E3779B97F4A7C15);

	x = (x ^ x >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
	x = (x ^ x >> 27) * UINT64_C(0x94D049BB133111EB);
	return x ^ x >> 31;
}

/* log2 of x ≥ 1, and 2 to a power, rounded down. */
int64_t anneal_log2(uint64_t x);
int64_t anneal_exp2(int64_t log2);
/* How much worse a step may be at this temperature: exponentially distributed with that mean. */
int64_t anneal_drop(uint64_t *state, int64_t temperature);
/* The k-th of `n` equally likely values, in rising order, of Gumbel's distribution of this size: whoever takes what seems
 * best under such noise takes each choice with a chance of e to the power of its worth / size. 0 ≤ k < n ≤ 1024. */
int64_t anneal_gumbel(int32_t k, int32_t n, int64_t size);
/* The temperature after `done` of `all` parts of the way from `hot` to `cold`, both ≥ 1, geometrically. `all` below
 * 2^31. */
int64_t anneal_cool(int64_t hot, int64_t cold, int64_t done, int64_t all);

/* Below `n` ≥ 1. */
static inline int32_t anneal_below(uint64_t *state, int32_t n)
{
	return (int32_t)(((anneal_random(state) >> 32) * (uint64_t)n) >> 32);
}
