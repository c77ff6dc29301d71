/* anneal_math.c - see anneal_math.h. The tables are round(65536 · log2(1 + i / 64)) and round(65536 · 2^(i / 64)). */
#include "scheduler/anneal_math.h"

static const uint32_t LOG2[65] = {
	0, 1466, 2909, 4331, 5732, 7112, 8473, 9814, 11136, 12440,
	13727, 14996, 16248, 17484, 18704, 19909, 21098, 22272, 23433, 24579,
	25711, 26830, 27936, 29029, 30109, 31178, 32234, 33279, 34312, 35334,
	36346, 37346, 38336, 39316, 40286, 41246, 42196, 43137, 44068, 44990,
	45904, 46809, 47705, 48593, 49472, 50344, 51207, 52063, 52911, 53751,
	54584, 55410, 56229, 57040, 57845, 58643, 59434, 60219, 60997, 61769,
	62534, 63294, 64047, 64794, 65536,
};

static const uint32_t EXP2[65] = {
	65536, 66250, 66971, 67700, 68438, 69183, 69936, 70698, 71468, 72246,
	73032, 73828, 74632, 75444, 76266, 77096, 77936, 78785, 79642, 80510,
	81386, 82273, 83169, 84074, 84990, 85915, 86851, 87796, 88752, 89719,
	90696, 91684, 92682, 93691, 94711, 95743, 96785, 97839, 98905, 99982,
	101070, 102171, 103283, 104408, 105545, 106694, 107856, 109031, 110218, 111418,
	112631, 113858, 115098, 116351, 117618, 118899, 120194, 121502, 122825, 124163,
	125515, 126882, 128263, 129660, 131072,
};

int64_t anneal_log2(uint64_t x)
{
	int whole = 63 - __builtin_clzll(x);
	uint32_t part = (uint32_t)(whole >= 22 ? x >> (whole - 22) : x << (22 - whole)) & 0x3FFFFF; /* 22 bits */
	uint32_t i = part >> 16, rest = part & 0xFFFF;

	return ((int64_t)whole << 16) + LOG2[i] + (((int64_t)(LOG2[i + 1] - LOG2[i]) * rest) >> 16);
}

int64_t anneal_exp2(int64_t log2)
{
	int64_t whole = log2 >> 16;
	uint32_t i = (uint32_t)(log2 & 0xFFFF) >> 10, rest = (uint32_t)log2 & 0x3FF;
	int64_t part = EXP2[i] + (((int64_t)(EXP2[i + 1] - EXP2[i]) * rest) >> 10);

	return whole >= 16 ? part << (whole - 16) : whole < -40 ? 0 : part >> (16 - whole);
}

/* The same as a natural logarithm, times `size`. */
static int64_t natural(int64_t log2, int64_t size)
{
	return size * ((log2 * 45426) >> 16) >> 16; /* 45426 = round(65536 · ln 2) */
}

int64_t anneal_drop(uint64_t *state, int64_t temperature)
{
	/* -ln(u) = ln 2 · (32 - log2(1 … 2^32)) */
	return natural((INT64_C(32) << 16) - anneal_log2((anneal_random(state) >> 32) + 1), temperature);
}

int64_t anneal_gumbel(int32_t k, int32_t n, int64_t size)
{
	/* -ln(-ln(u)), u = (2k + 1) / 2n, from -log2(u) in 1/65536; 34653 = round(-65536 · log2(ln 2)) */
	int64_t bits = anneal_log2(2 * (uint64_t)n) - anneal_log2(2 * (uint64_t)k + 1);

	return natural((INT64_C(16) << 16) + 34653 - anneal_log2((uint64_t)bits), size);
}

int64_t anneal_cool(int64_t hot, int64_t cold, int64_t done, int64_t all)
{
	int64_t from = anneal_log2((uint64_t)hot), to = anneal_log2((uint64_t)cold);

	return anneal_exp2(from + (to - from) * done / all);
}
