/* bound_prices.c - see bound_prices.h. */
#include "scheduler/bound_prices.h"
#include <stdlib.h>
#include <string.h>
#include "scheduler/memory.h"

#define SUMS 4       /* of squares, side by side */

void prices_init(struct prices *p, int32_t n_rows, int32_t n_days, int32_t span)
{
	uint32_t dearest = UINT32_MAX / (uint32_t)span;
	size_t rows = (size_t)n_rows, n = rows * (size_t)n_days, n_sums = rows * ((size_t)n_days + 1);

	*p = (struct prices){
		.n_rows = n_rows,
		.n_days = n_days,
		.dearest = (float)(dearest < INT32_MAX / 2 ? dearest - dearest / 1024 : INT32_MAX / 2), /* floats are rounded */
		.first = memory_new(rows, sizeof(*p->first)),
		.end = memory_new(rows, sizeof(*p->end)),
		.scaled = memory_new(n, sizeof(*p->scaled)),
		.direction = memory_new(n, sizeof(*p->direction)),
		.usual = memory_new(rows, sizeof(*p->usual)),
		.sum = memory_new(n_sums, sizeof(*p->sum)),
		.demand = memory_new(n_sums, sizeof(*p->demand)),
		.supply = memory_new(rows, sizeof(*p->supply)),
		.one = memory_new((size_t)n_days, sizeof(*p->one)),
		.other = memory_new(n, sizeof(*p->other)),
		.value = memory_new(rows, sizeof(*p->value)),
		.length = memory_new(rows, sizeof(*p->length)),
	};
	for (int32_t d = 0; d < n_days; d++)
		p->one[d] = 1;
	for (size_t row = 0; row < rows; row++) {
		p->supply[row] = p->one;
		p->first[row] = n_days;
	}
}

void prices_done(struct prices *p)
{
	free(p->first);
	free(p->end);
	free(p->scaled);
	free(p->direction);
	free(p->usual);
	free(p->sum);
	free(p->demand);
	free(p->supply);
	free(p->one);
	free(p->other);
	free(p->value);
	free(p->length);
}

void prices_reach(struct prices *p, int32_t row, int32_t first, int32_t end)
{
	p->first[row] = first < p->first[row] ? first : p->first[row];
	p->end[row] = end > p->end[row] ? end : p->end[row];
}

/* Of scaled, direction and supply the first day of a row. */
static size_t first_day(const struct prices *p, int32_t row)
{
	return (size_t)row * (size_t)p->n_days;
}

int32_t *prices_supply(struct prices *p, int32_t row)
{
	int32_t *other = &p->other[first_day(p, row)];

	if (p->supply[row] == p->one)
		memcpy(other, p->one, (size_t)p->n_days * sizeof(*other));
	p->supply[row] = other;
	return other;
}

void prices_go(struct prices *p, int32_t row, float pace, float ceiling)
{
	float *scaled = &p->scaled[first_day(p, row)], of_usual = (float)(1 / p->usual[row]), dearest = p->dearest;
	const float *direction = &p->direction[first_day(p, row)];
	const int32_t *supply = p->supply[row];
	uint32_t *sum = &p->sum[(size_t)row * ((size_t)p->n_days + 1)];
	int32_t first = p->first[row], end = p->end[row];
	int64_t value = 0;

	for (int32_t d = first; d < end; d++) {
		float price = scaled[d] + pace * direction[d], of_piece;

		price = price < 0 ? 0 : price;
		price = price > ceiling ? ceiling : price;
		of_piece = price * of_usual;
		scaled[d] = price;
		sum[d + 1] = (uint32_t)(int32_t)(of_piece > dearest ? dearest : of_piece);
	}
	for (int32_t d = first; d < end; d++)
		value += (int64_t)((uint64_t)sum[d + 1] * (uint32_t)supply[d]);
	for (int32_t d = first; d < end; d++)
		sum[d + 1] += sum[d];
	p->value[row] = value;
}

/* Σ x², in an order of its own: several sums side by side are quicker than one. */
static double square(const float *x, int32_t n)
{
	double sums[SUMS] = {0}, all = 0;
	int32_t i = 0;

	for (; i + SUMS <= n; i += SUMS)
		for (int k = 0; k < SUMS; k++)
			sums[k] += (double)x[i + k] * (double)x[i + k];
	for (; i < n; i++)
		all += (double)x[i] * (double)x[i];
	for (int k = 0; k < SUMS; k++)
		all += sums[k];
	return all;
}

void prices_turn(struct prices *p, int32_t row, float filled)
{
	int32_t first = p->first[row], end = p->end[row], wanted = 0;
	const float *scaled = &p->scaled[first_day(p, row)];
	float *direction = &p->direction[first_day(p, row)], of_usual = (float)(1 / p->usual[row]);
	const int32_t *supply = p->supply[row];
	int32_t *demand = &p->demand[(size_t)row * ((size_t)p->n_days + 1)];

	p->length[row] = 0;
	if (first >= end)
		return;
	for (int32_t d = first; d < end; d++)
		demand[d] = wanted += demand[d];
	for (int32_t d = first; d < end; d++) {
		float way = direction[d] + PRICES_SMOOTH * (((float)demand[d] - (float)supply[d] * filled) * of_usual - direction[d]);

		direction[d] = scaled[d] <= 0 && way < 0 ? 0 : way;
	}
	p->length[row] = square(&direction[first], end - first);
	memset(&demand[first], 0, (size_t)(end + 1 - first) * sizeof(*demand));
}

int64_t prices_value(const struct prices *p)
{
	int64_t value = 0;

	for (int32_t row = 0; row < p->n_rows; row++)
		value += p->value[row];
	return value;
}

double prices_length(const struct prices *p)
{
	double length = 0;

	for (int32_t row = 0; row < p->n_rows; row++)
		length += p->length[row];
	return length;
}
