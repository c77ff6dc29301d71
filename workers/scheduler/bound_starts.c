/* bound_starts.c - feasible start days beside what stands, less those that no leader allows. See bound_starts.h. */
#include "scheduler/bound_starts.h"
#include <stdlib.h>
#include <string.h>
#include "scheduler/memory.h"
#include "scheduler/scan.h"

/* Start days that each request has beside what stands, venue after venue. NULL where it has none. */
static void find_starts(struct bound_starts *starts)
{
	const struct problem *problem = starts->calendar->problem;
	struct scan scan;

	for (int32_t r = 0; r < problem->n_requests; r++) {
		const struct problem_request *request = &problem->requests[r];
		size_t n_words = (size_t)request->n_words;
		uint64_t any = 0;

		if (!request->present || calendar_is_placed(starts->calendar, r) || request->n_venues == 0 || n_words == 0)
			continue;
		/* Leaders that are still to be placed must not hide it: the links are priced. */
		starts->of[r] = memory_new((size_t)request->n_venues * n_words, sizeof(uint64_t));
		if (!scan_request(&scan, starts->calendar, r, SCAN_LEAVE_LEADERS, 0))
			goto none;
		for (int32_t i = 0; i < request->n_venues; i++)
			if (scan_venue(&scan, request->venues[i])) {
				memcpy(&starts->of[r][(size_t)i * n_words], scan.free, n_words * sizeof(uint64_t));
				any = 1;
			}
none:
		if (any == 0) {
			free(starts->of[r]);
			starts->of[r] = NULL;
		}
	}
}

/* Marks the start days that `link` leaves, whichever start its leader takes: ret_days[day] > 0. */
static void reach(const struct bound_starts *starts, const struct problem_after *link, int64_t *ret_days)
{
	const struct problem_request *leader = &starts->calendar->problem->requests[link->request];
	const uint64_t *own = starts->of[link->request];
	int32_t n_days = starts->calendar->problem->n_days;

	memset(ret_days, 0, ((size_t)n_days + 1) * sizeof(*ret_days));
	for (int32_t w = 0; w < leader->n_words; w++) {
		uint64_t word = 0;

		for (int32_t i = 0; i < leader->n_venues; i++)
			word |= own[i * leader->n_words + w];
		for (; word != 0; word &= word - 1) {
			int64_t behind = (leader->first_word + w) * 64 + __builtin_ctzll(word) + leader->duration;
			int64_t first = behind + link->min_gap, last = behind + link->max_gap;

			if (first < 0)
				first = 0;
			if (first < n_days && last >= first) {
				ret_days[first]++;
				ret_days[last + 1 < n_days ? last + 1 : n_days]--;
			}
		}
	}
	for (int32_t d = 0; d < n_days; d++)
		ret_days[d + 1] += ret_days[d];
}

/* Takes away the start days of `r` that no start of one whom it comes after would allow. */
static void trim(struct bound_starts *starts, int32_t r, int64_t *reached)
{
	const struct problem_request *request = &starts->calendar->problem->requests[r];
	uint64_t any = 0;

	for (int32_t i = 0; i < request->n_after && starts->of[r] != NULL; i++, any = 0) {
		const struct problem_after *link = &request->after[i];

		if (calendar_is_placed(starts->calendar, link->request))
			continue;
		if (starts->of[link->request] != NULL) {
			reach(starts, link, reached);
			for (int32_t w = 0; w < request->n_venues * request->n_words; w++) {
				int32_t first = (request->first_word + w % request->n_words) * 64;

				for (uint64_t word = starts->of[r][w]; word != 0; word &= word - 1)
					if (reached[first + __builtin_ctzll(word)] == 0)
						starts->of[r][w] ^= word & -word;
				any |= starts->of[r][w];
			}
		}
		if (any == 0) {
			free(starts->of[r]);
			starts->of[r] = NULL;
		}
	}
}

/* Trims all, leaders before those who come after them. (Whoever comes after himself is left as he is.) */
static void trim_all(struct bound_starts *starts)
{
	const struct problem *problem = starts->calendar->problem;
	int32_t *queue = memory_new((size_t)problem->n_requests, sizeof(*queue)), n = 0;
	int32_t *n_leaders = memory_new((size_t)problem->n_requests, sizeof(*n_leaders));
	int64_t *reached = memory_new((size_t)problem->n_days + 64, sizeof(*reached));

	for (int32_t r = 0; r < problem->n_requests; r++) {
		for (int32_t i = 0; i < problem->requests[r].n_after; i++)
			n_leaders[r] += problem->requests[problem->requests[r].after[i].request].present;
		if (n_leaders[r] == 0)
			queue[n++] = r;
	}
	for (int32_t at = 0; at < n; at++) {
		const struct problem_request *leader = &problem->requests[queue[at]];

		trim(starts, queue[at], reached);
		for (int32_t i = 0; leader->present && i < leader->n_followers; i++) {
			int32_t r = leader->followers[i];

			for (int32_t j = 0; j < problem->requests[r].n_after; j++)
				if (problem->requests[r].after[j].request == queue[at] && --n_leaders[r] == 0)
					queue[n++] = r;
		}
	}
	free(queue);
	free(n_leaders);
	free(reached);
}

static void find_ends(struct bound_starts *starts)
{
	for (int32_t r = 0; r < starts->calendar->problem->n_requests; r++) {
		const struct problem_request *request = &starts->calendar->problem->requests[r];
		int32_t first = INT32_MAX, last = -1;

		for (int32_t w = 0; starts->of[r] != NULL && w < request->n_venues * request->n_words; w++) {
			uint64_t word = starts->of[r][w];
			int32_t day = (request->first_word + w % request->n_words) * 64;

			if (word != 0 && day + __builtin_ctzll(word) < first)
				first = day + __builtin_ctzll(word);
			if (word != 0 && day + 63 - __builtin_clzll(word) > last)
				last = day + 63 - __builtin_clzll(word);
		}
		starts->first[r] = first;
		starts->last[r] = last;
	}
}

void bound_starts_init(struct bound_starts *starts, const struct calendar *calendar)
{
	size_t n = (size_t)calendar->problem->n_requests;

	*starts = (struct bound_starts){
		.calendar = calendar,
		.of = memory_new(n, sizeof(*starts->of)),
		.first = memory_new(n, sizeof(int32_t)),
		.last = memory_new(n, sizeof(int32_t)),
	};
	find_starts(starts);
	trim_all(starts);
	find_ends(starts);
}

void bound_starts_done(struct bound_starts *starts)
{
	for (int32_t r = 0; starts->of != NULL && r < starts->calendar->problem->n_requests; r++)
		free(starts->of[r]);
	free(starts->of);
	free(starts->first);
	free(starts->last);
}
