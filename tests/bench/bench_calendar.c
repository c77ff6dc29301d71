/* bench_calendar.c - time of one online placement among 1,000, 10,000 and 100,000 events. One JSON line a case.
 *
 * usage: bench_calendar PROGRAMME.json...   (e.g. three programmes of growing size)
 * For each file: its requests are placed in order; then each placed one is taken out and placed anew, timed. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include "scheduler/place.h"
#include "scheduler/plan_file.h"
#include "util/slurp.h"

#define SAMPLES 20000

static double now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void measure(const struct problem *problem, const char *name)
{
	static double us[SAMPLES];
	struct calendar *calendar = calendar_new(problem);
	struct place_option options[PLACE_OPTIONS_MAX];
	int32_t n = 0, r = 0;

	for (int32_t i = 0; i < problem->n_requests; i++)
		if (place_best(calendar, i, PLACE_WORTH_IT, 0, options) > 0)
			calendar_place(calendar, i, options[0].venue, options[0].day);
	for (int32_t i = 0; n < SAMPLES && i < 4 * SAMPLES && problem->n_requests > 0; i++) {
		double begun;

		r = (int32_t)(((int64_t)r + 7919) % problem->n_requests);
		if (!calendar_is_placed(calendar, r) || problem->requests[r].n_followers > 0 || problem->requests[r].fixed)
			continue;
		calendar_remove(calendar, r);
		begun = now_us();
		if (place_best(calendar, r, PLACE_PLAIN, 0, options) > 0)
			calendar_place(calendar, r, options[0].venue, options[0].day);
		us[n++] = now_us() - begun;
	}
	qsort(us, (size_t)n, sizeof(*us), compare);
	if (n > 0)
		printf("{\"name\": \"online_placement\", \"programme\": \"%s\", \"n\": %d, \"unit\": \"us\", \"p50\": %.2f, "
		       "\"p99\": %.2f}\n", name, calendar->n_placed, us[n / 2], us[n * 99 / 100]);
	calendar_free(calendar);
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		struct programme_file file;
		struct problem *problem = NULL;
		struct buf text;

		buf_init(&text, (size_t)64 << 20);
		programme_file_init(&file);
		if (slurp(argv[i], &text) == CVN_OK && programme_file_read(&file, (const char *)text.bytes, text.n) == CVN_OK)
			problem = plan_file_compile(&file);
		if (problem == NULL) {
			fprintf(stderr, "%s: cannot be read as a programme\n", argv[i]);
			return 66;
		}
		measure(problem, file.programme->id);
		problem_free(problem);
		programme_file_done(&file);
		buf_done(&text);
	}
	return 0;
}
