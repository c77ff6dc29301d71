/* seasons.c - see seasons.h. */
#include "scheduler/seasons.h"
#include <stdlib.h>
#include "scheduler/memory.h"

#define BETWEEN_PCT 20 /* of all that may move, so many may belong to no season */
#define OTHERS_FOLD 8  /* who is between the seasons of another cut already counts so many times */
#define SHIFT_PCT 25   /* a cut is shifted from where all are equal by so much of one at most, to either side */

/* The days that a request could ever take or keep a squad from others on. first > last: it can't go anywhere. */
struct span {
	int32_t first, last;
};

struct cutter {
	const struct problem *problem;
	int32_t n_days;
	struct span *spans;  /* by request */
	int32_t n_free;      /* of these so many can go somewhere */
	int32_t *begun;      /* by day: so many of them have their middle before it */
	int32_t *crossing;   /* by day: so many, or for so many, would be on both sides of a cut before it */
	int32_t *cuts, n_cuts; /* a season's first day, in rising order */
};

static int32_t within(int32_t day, int32_t n_days)
{
	return day < 0 ? 0 : day >= n_days ? n_days - 1 : day;
}

static struct span span_of(const struct problem *problem, const struct problem_request *request)
{
	int32_t first = 0, last = request->n_words - 1, rest = problem_longest_rest(&problem->policy);

	if (!request->present || request->fixed)
		return (struct span){0, -1};
	while (first <= last && request->starts[first] == 0)
		first++;
	while (last > first && request->starts[last] == 0)
		last--;
	if (first > last)
		return (struct span){0, -1};
	first = (request->first_word + first) * 64 + __builtin_ctzll(request->starts[first]);
	last = (request->first_word + last) * 64 + 63 - __builtin_clzll(request->starts[last]);
	return (struct span){within(first - rest, problem->n_days), within(last + request->duration - 1 + rest, problem->n_days)};
}

static void look(struct cutter *cutter, const struct seasons *other)
{
	int32_t n_days = cutter->n_days;

	for (int32_t r = 0; r < cutter->problem->n_requests; r++) {
		struct span span = span_of(cutter->problem, &cutter->problem->requests[r]);
		int32_t counts = other != NULL && other->of[r] == PROBLEM_NONE ? OTHERS_FOLD : 1;

		cutter->spans[r] = span;
		if (span.first > span.last)
			continue;
		cutter->n_free++;
		cutter->begun[(span.first + span.last) / 2 + 1]++;
		cutter->crossing[span.first + 1] += counts;
		cutter->crossing[span.last + 1] -= counts;
	}
	for (int32_t d = 1; d <= n_days; d++) {
		cutter->begun[d] += cutter->begun[d - 1];
		cutter->crossing[d] += cutter->crossing[d - 1];
	}
}

/* Between `n` seasons, where the fewest would be on both sides. */
static void cut(struct cutter *cutter, int32_t n)
{
	int64_t each = cutter->n_free / n, shift = each * SHIFT_PCT / 100;

	cutter->n_cuts = 0;
	for (int32_t k = 1; k < n; k++) {
		int32_t best = PROBLEM_NONE;

		for (int32_t d = 1; d < cutter->n_days; d++)
			if (cutter->begun[d] >= k * each - shift && cutter->begun[d] <= k * each + shift &&
			    (best == PROBLEM_NONE || cutter->crossing[d] < cutter->crossing[best]))
				best = d;
		if (best != PROBLEM_NONE && (cutter->n_cuts == 0 || best > cutter->cuts[cutter->n_cuts - 1]))
			cutter->cuts[cutter->n_cuts++] = best;
	}
}

static int32_t season_at(const struct cutter *cutter, int32_t day)
{
	int32_t season = 0;

	while (season < cutter->n_cuts && cutter->cuts[season] <= day)
		season++;
	return season;
}

static int32_t season_of(const struct cutter *cutter, int32_t r)
{
	struct span span = cutter->spans[r];
	int32_t season;

	if (span.first > span.last)
		return PROBLEM_NONE;
	season = season_at(cutter, span.first);
	return season == season_at(cutter, span.last) ? season : PROBLEM_NONE;
}

/* Does it come after one of another season? */
static bool is_torn(const struct cutter *cutter, int32_t r)
{
	const struct problem_request *request = &cutter->problem->requests[r];
	int32_t own = season_of(cutter, r);

	for (int32_t i = 0; own != PROBLEM_NONE && i < request->n_after; i++) {
		int32_t leader = season_of(cutter, request->after[i].request);

		if (leader != PROBLEM_NONE && leader != own)
			return true;
	}
	return false;
}

/* Who belongs where; returns how many belong somewhere. */
static int32_t hand_out(const struct cutter *cutter, int32_t *of)
{
	const struct problem *problem = cutter->problem;
	int32_t n = 0;

	for (int32_t r = 0; r < problem->n_requests; r++) {
		/* Where one stays that is torn, its leaders go only where they leave it its gap. */
		of[r] = is_torn(cutter, r) ? PROBLEM_NONE : season_of(cutter, r);
		n += of[r] != PROBLEM_NONE;
	}
	return n;
}

void seasons_find(struct seasons *ret_seasons, const struct problem *problem, int32_t n_most, const struct seasons *other)
{
	size_t n = (size_t)problem->n_requests, n_days = (size_t)problem->n_days;
	struct cutter cutter = {
		.problem = problem,
		.n_days = problem->n_days,
		.spans = memory_new(n, sizeof(*cutter.spans)),
		.begun = memory_new(n_days + 1, sizeof(int32_t)),
		.crossing = memory_new(n_days + 1, sizeof(int32_t)),
		.cuts = memory_new((size_t)n_most, sizeof(int32_t)),
	};

	ret_seasons->of = memory_new(n, sizeof(int32_t));
	if (n_days > 0)
		look(&cutter, other);
	for (ret_seasons->n = n_most; ret_seasons->n > 1; ret_seasons->n--) {
		cut(&cutter, ret_seasons->n);
		if (cutter.n_cuts == ret_seasons->n - 1 &&
		    hand_out(&cutter, ret_seasons->of) >= (int64_t)cutter.n_free * (100 - BETWEEN_PCT) / 100)
			break;
	}
	for (int32_t r = 0; r < problem->n_requests && ret_seasons->n == 1; r++)
		ret_seasons->of[r] = 0;
	free(cutter.spans);
	free(cutter.begun);
	free(cutter.crossing);
	free(cutter.cuts);
}

void seasons_done(struct seasons *seasons)
{
	free(seasons->of);
	*seasons = (struct seasons){.n = 1};
}
