/* bound_rest.c - see bound_rest.h. */
#include "scheduler/bound_rest.h"
#include <stdlib.h>
#include "scheduler/memory.h"

enum { WITHIN_MOST, WITHIN_MIDDLE, LEVELS };

/* One squad of one request. */
struct attendance {
	int32_t request, k;
};

static uint64_t *words_of(const struct bound_rests *rests, int32_t r, int32_t k, int32_t i, int level)
{
	const struct problem_request *request = &rests->problem->requests[r];

	return &rests->sooner[rests->first[r] + (((int64_t)k * request->n_venues + i) * LEVELS + level) * request->n_words];
}

/* 64 start days of the i-th venue of a request, from `day` on. */
static uint64_t starts_from(const struct problem_request *request, const uint64_t *starts, int32_t i, int32_t day)
{
	int32_t bit = day - request->first_word * 64, w = bit >> 6;
	uint64_t low, high;

	starts += (size_t)i * (size_t)request->n_words;
	low = w >= 0 && w < request->n_words ? starts[w] : 0;
	high = w + 1 >= 0 && w + 1 < request->n_words ? starts[w + 1] : 0;
	return (bit & 63) == 0 ? low : low >> (bit & 63) | high << (64 - (bit & 63));
}

/* Whether something begins on each of the 64 days from `day` on: at the i-th venue of `other`, or where it stands. */
static uint64_t begins_from(const struct calendar *calendar, const uint64_t *starts, int32_t other, int32_t i, int32_t day)
{
	int32_t stands = calendar_where(calendar, other).day - day;

	if (!calendar_is_placed(calendar, other))
		return starts_from(&calendar->problem->requests[other], starts, i, day);
	return stands >= 0 && stands < 64 ? UINT64_C(1) << stands : 0;
}

/* Marks the start days of `one` at its i-th venue that `other`, at `venue`, may follow sooner than after the longest
 * (at that host: the middle) rest. */
static void mark(struct bound_rests *rests, const struct calendar *calendar, const uint64_t *starts, struct attendance one,
                 int32_t i, int32_t other, int32_t other_i, int32_t venue)
{
	const struct problem *problem = rests->problem;
	const struct problem_request *request = &problem->requests[one.request];
	const struct problem_venue *here = &problem->venues[request->venues[i]], *there = &problem->venues[venue];
	int32_t rest = calendar_rest(problem, here->city, here->host, there->city, there->host);
	uint64_t *most = words_of(rests, one.request, one.k, i, WITHIN_MOST);
	uint64_t *middle = words_of(rests, one.request, one.k, i, WITHIN_MIDDLE);

	rests->work_left -= 1 + (int64_t)request->n_words * (rests->most - rest);
	for (int32_t w = 0; rest < rests->most && w < request->n_words; w++)
		for (int32_t days = rest; days < rests->most; days++) {
			int32_t day = (request->first_word + w) * 64 + request->duration + days;
			uint64_t followed = begins_from(calendar, starts, other, other_i, day);

			most[w] |= followed;
			if (days < rests->middle)
				middle[w] |= followed;
		}
}

static void mark_pair(struct bound_rests *rests, const struct calendar *calendar, uint64_t *const *starts,
                      struct attendance one, int32_t other)
{
	const struct problem_request *request = &rests->problem->requests[one.request];
	const struct problem_request *follower = &rests->problem->requests[other];

	for (int32_t i = 0; i < request->n_venues; i++) {
		if (calendar_is_placed(calendar, other))
			mark(rests, calendar, NULL, one, i, other, 0, calendar_where(calendar, other).venue);
		else
			for (int32_t j = 0; j < follower->n_venues; j++)
				mark(rests, calendar, starts[other], one, i, other, j, follower->venues[j]);
	}
}

static void mark_always(const struct bound_rests *rests, struct attendance one)
{
	const struct problem_request *request = &rests->problem->requests[one.request];
	uint64_t *words = words_of(rests, one.request, one.k, 0, 0);

	for (int32_t w = 0; w < request->n_venues * LEVELS * request->n_words; w++)
		words[w] = UINT64_MAX;
}

/* All of one squad. */
static void mark_squad(struct bound_rests *rests, const struct calendar *calendar, uint64_t *const *starts,
                       const struct attendance *list, int32_t n)
{
	for (int32_t a = 0; a < n; a++) {
		if (calendar_is_placed(calendar, list[a].request))
			continue;
		for (int32_t b = 0; b < n && rests->work_left > 0; b++)
			if (a != b)
				mark_pair(rests, calendar, starts, list[a], list[b].request);
		if (rests->work_left <= 0)
			mark_always(rests, list[a]);
	}
}

static bool takes_part(const struct calendar *calendar, uint64_t *const *starts, int32_t r)
{
	return calendar->problem->requests[r].present && (starts[r] != NULL || calendar_is_placed(calendar, r));
}

static void mark_all(struct bound_rests *rests, const struct calendar *calendar, uint64_t *const *starts)
{
	const struct problem *problem = rests->problem;
	size_t n_squads = (size_t)problem->n_squads, total = 0;
	size_t *first = memory_new(n_squads + 2, sizeof(*first));
	struct attendance *list;

	for (int32_t r = 0; r < problem->n_requests; r++)
		for (int32_t k = 0; takes_part(calendar, starts, r) && k < problem->requests[r].n_squads; k++, total++)
			first[problem->requests[r].squads[k] + 2]++;
	for (size_t q = 0; q < n_squads; q++)
		first[q + 1] += first[q];
	list = memory_new(total, sizeof(*list));
	for (int32_t r = 0; r < problem->n_requests; r++)
		for (int32_t k = 0; takes_part(calendar, starts, r) && k < problem->requests[r].n_squads; k++)
			list[first[problem->requests[r].squads[k] + 1]++] = (struct attendance){r, k};
	for (size_t q = 0; q < n_squads; q++)
		mark_squad(rests, calendar, starts, &list[first[q]], (int32_t)(first[q + 1] - first[q]));
	free(list);
	free(first);
}

void bound_rests_init(struct bound_rests *rests, const struct calendar *calendar, uint64_t *const *starts)
{
	const struct problem *problem = calendar->problem;
	const struct problem_policy *policy = &problem->policy;
	int64_t total = 0;

	*rests = (struct bound_rests){problem, policy->rest_same_city, policy->rest_same_host, policy->rest_between_hosts,
	                               BOUND_REST_WORK_MAX, NULL, NULL};
	rests->first = memory_new((size_t)problem->n_requests, sizeof(*rests->first));
	for (int32_t r = 0; r < problem->n_requests; r++) {
		const struct problem_request *request = &problem->requests[r];

		rests->first[r] = total;
		if (starts[r] != NULL)
			total += (int64_t)request->n_squads * request->n_venues * LEVELS * request->n_words;
	}
	if (rests->least > rests->middle || rests->middle > rests->most || rests->most > BOUND_REST_DAYS_MAX ||
	    total > BOUND_REST_WORDS_MAX) {
		rests->least = rests->least < rests->middle ? rests->least : rests->middle;
		rests->least = rests->least < rests->most ? rests->least : rests->most;
		rests->most = rests->least;
		return;
	}
	rests->sooner = memory_new((size_t)total, sizeof(*rests->sooner));
	mark_all(rests, calendar, starts);
}

void bound_rests_done(struct bound_rests *rests)
{
	free(rests->first);
	free(rests->sooner);
}

const uint64_t *bound_rests_sooner(const struct bound_rests *rests, int32_t r, int32_t k, int32_t i)
{
	return rests->sooner == NULL ? NULL : words_of(rests, r, k, i, WITHIN_MOST);
}

int32_t bound_rest(const struct bound_rests *rests, int32_t r, int32_t k, int32_t i, int32_t bit)
{
	const uint64_t *sooner = bound_rests_sooner(rests, r, k, i);

	return sooner == NULL ? rests->most : bound_rest_by(rests, sooner, rests->problem->requests[r].n_words, bit);
}
