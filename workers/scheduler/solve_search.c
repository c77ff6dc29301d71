/* solve_search.c - see solve_search.h. */
#include "scheduler/solve_search.h"
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include "scheduler/anneal.h"
#include "scheduler/anneal_math.h"
#include "scheduler/memory.h"
#include "util/clock.h"

#define HOT_PER_VALUE 400    /* points of the first temperature, by the highest value of a request */
#define HOT_ALONE_PER_VALUE 150 /* the same where each thread searches on its own */
#define COLD_PER_VALUE 3     /* of the last one, by ten of it */
#define HURRY_STEPS 100      /* with fewer a request, there is more to win where it is hot: */
#define HURRY_HOT_PER_VALUE 800
#define HURRY_COLD_PER_VALUE 30
#define STEPS_A_MS 50        /* of a thread, by and large: what time is reckoned at */
#define CHUNK 32             /* steps between two looks at the clock, */
#define SHARED_CHUNK 4       /* and at what the other threads host: what is old of that is as good as noise */
#define ROUND_MS 50          /* of threads that share a programme; more for a large one: */
#define ROUND_REQUESTS 200   /* a millisecond for so many requests */
#define TOGETHER_PCT 97      /* of the time; then each goes on alone */
#define ALONE_REQUESTS 1000  /* up to here each thread searches on its own */
#define CYCLE_STEPS 600      /* steps a request of one cooling, where each searches on its own */
#define AGAIN_PCT 60         /* of them in a further one, from the best plan of all, warmed up */
#define WARM_PER_VALUE 60    /* points of temperature that it begins with */
#define PROGRESS_MS 500
#define PARTS 65536

struct search {
	const struct solve_limits *limits;
	const struct problem *problem;
	int64_t hot, warm, cold;
	uint64_t began_ms;
	int32_t n_threads;
	struct runner *runners;
	pthread_barrier_t barrier;
	struct calendar_spot *base, *merged;
	uint64_t round_until_ms, told_ms;
	uint64_t chance;
	bool done;
	pthread_mutex_t best_lock; /* of what threads that search alone tell each other: */
	struct calendar_spot *best;
	int64_t best_score;
};

/* One cooling down, of a search's many or its only one. */
struct cycle {
	int64_t from_steps, to_steps, from_ms;
	int64_t hot;
};

struct runner {
	struct search *search;
	struct cycle cycle;
	struct anneal *anneal;
	int32_t index;
	_Atomic int64_t n_steps; /* written by its own thread, read for progress */
	int64_t *begun, *beside;       /* by party: hosted when the round began; by others since */
	_Atomic int64_t *hosted;       /* by party: by this one since; read by the others */
	pthread_t thread;
};

static int64_t elapsed(const struct search *search)
{
	return (int64_t)(clock_ms() - search->began_ms);
}

static bool is_over(const struct search *search, int64_t n_steps)
{
	const struct solve_limits *limits = search->limits;

	if (atomic_load_explicit(limits->stop, memory_order_relaxed))
		return true;
	return limits->milliseconds > 0 ? elapsed(search) >= limits->milliseconds : n_steps >= limits->steps;
}

/* How far a cooling is that began at `from`, in steps or milliseconds, and ends at `to`: of PARTS. */
static int64_t parts_done(int64_t from, int64_t now, int64_t to)
{
	if (now >= to)
		return PARTS;
	while (to - from >= INT64_C(1) << 40) {
		from >>= 1;
		now >>= 1;
		to >>= 1;
	}
	return (now - from) * PARTS / (to - from);
}

/* Cools down for so many steps, or for the time there is, whichever ends first. */
static int64_t cycle_done(const struct search *search, const struct cycle *cycle, int64_t n_steps)
{
	const struct solve_limits *limits = search->limits;
	int64_t by_steps = parts_done(cycle->from_steps, n_steps, cycle->to_steps), by_limit;

	by_limit = limits->milliseconds > 0 ? parts_done(cycle->from_ms, elapsed(search), limits->milliseconds)
	                                    : parts_done(cycle->from_steps, n_steps, limits->steps);
	return by_steps > by_limit ? by_steps : by_limit;
}

static void steps_at(struct runner *runner, int64_t done, int64_t n)
{
	anneal_steps(runner->anneal, anneal_cool(runner->cycle.hot, runner->search->cold, done, PARTS), n);
	runner->n_steps += n;
}

static void tell(struct search *search, const struct runner *runner)
{
	uint64_t now = clock_ms();
	struct solve_progress progress = {
		.elapsed_s = (double)(now - search->began_ms) / 1000.0,
		.score = anneal_best_score(runner->anneal),
		.bound = search->limits->bound,
		.n_placed = anneal_calendar(runner->anneal)->n_placed,
	};

	if (search->limits->progress_cb == NULL || now < search->told_ms + PROGRESS_MS)
		return;
	search->told_ms = now;
	for (int32_t t = 0; t < search->n_threads; t++)
		progress.steps += search->runners[t].n_steps;
	search->limits->progress_cb(&progress, search->limits->arg);
}

/* ---- each thread on its own ---- */

/* The best plan of all threads, from which each goes on. */
static void exchange_best(struct runner *runner)
{
	struct search *search = runner->search;
	size_t size = (size_t)search->problem->n_requests * sizeof(*search->best);

	pthread_mutex_lock(&search->best_lock);
	if (anneal_best_score(runner->anneal) > search->best_score) {
		search->best_score = anneal_best_score(runner->anneal);
		memcpy(search->best, anneal_best(runner->anneal), size);
	}
	anneal_adopt(runner->anneal, search->best);
	pthread_mutex_unlock(&search->best_lock);
}

static void warm_up(struct runner *runner)
{
	const struct search *search = runner->search;
	int64_t steps = (int64_t)search->problem->n_requests * CYCLE_STEPS * AGAIN_PCT / 100;

	exchange_best(runner);
	runner->cycle = (struct cycle){
		.from_steps = runner->n_steps,
		.to_steps = runner->n_steps + steps,
		.from_ms = elapsed(search),
		.hot = search->warm,
	};
}

static void *run_alone(void *arg)
{
	struct runner *runner = arg;
	struct search *search = runner->search;

	while (!is_over(search, runner->n_steps)) {
		int64_t n = CHUNK, done = cycle_done(search, &runner->cycle, runner->n_steps);

		if (done == PARTS) {
			warm_up(runner);
			done = 0;
		}
		if (search->limits->milliseconds == 0 && search->limits->steps - runner->n_steps < n)
			n = search->limits->steps - runner->n_steps;
		steps_at(runner, done, n);
		if (runner->index == 0)
			tell(search, runner);
	}
	return NULL;
}

/* ---- threads that share the days ---- */

/* Cuts the days into stretches; chance moves the cuts. */
static void confine_all(struct search *search)
{
	const struct problem_policy *policy = &search->problem->policy;
	int32_t rest = policy->rest_same_city, n = search->n_threads, width = search->problem->n_days / n;
	struct anneal_part part = {.n_shares = n, .turn = anneal_random(&search->chance)};

	rest = policy->rest_same_host > rest ? policy->rest_same_host : rest;
	rest = policy->rest_between_hosts > rest ? policy->rest_between_hosts : rest;
	for (; part.share < n; part.share++) {
		bool is_last = part.share + 1 == n;
		int32_t cut = is_last ? search->problem->n_days
		                      : width * (part.share + 1) + anneal_below(&search->chance, width + 1) / 2 - width / 4;

		part.n_own_days = cut - part.first_day;
		part.last_day = cut - 1 - (is_last ? 0 : rest);
		anneal_confine(search->runners[part.share].anneal, &part);
		part.first_day = cut;
	}
}

static bool is_same(struct calendar_spot a, struct calendar_spot b)
{
	return a.venue == b.venue && (a.venue == PROBLEM_NONE || a.day == b.day);
}

/* Lays together what each has changed since all stood at `base`. */
static void merge(struct search *search)
{
	size_t n = (size_t)search->problem->n_requests;

	memcpy(search->merged, search->base, n * sizeof(*search->base));
	for (int32_t t = 0; t < search->n_threads; t++) {
		const struct calendar_spot *spots = anneal_calendar(search->runners[t].anneal)->spots;

		for (size_t r = 0; r < n; r++)
			if (!is_same(spots[r], search->base[r]))
				search->merged[r] = spots[r];
	}
	memcpy(search->base, search->merged, n * sizeof(*search->base));
}

static void begin_hosting(struct runner *runner)
{
	anneal_hosted(runner->anneal, runner->begun);
	for (int32_t p = 0; p < runner->search->problem->n_parties; p++)
		atomic_store_explicit(&runner->hosted[p], 0, memory_order_relaxed);
}

/* Tells the others what this one has hosted, and hears what they have: the balance is everybody's. */
static void share_hosting(struct runner *runner)
{
	const struct search *search = runner->search;
	int32_t n = search->problem->n_parties;

	anneal_hosted(runner->anneal, runner->beside);
	for (int32_t p = 0; p < n; p++) {
		atomic_store_explicit(&runner->hosted[p], runner->beside[p] - runner->begun[p], memory_order_relaxed);
		runner->beside[p] = 0;
	}
	for (int32_t t = 0; t < search->n_threads; t++)
		for (int32_t p = 0; t != runner->index && p < n; p++)
			runner->beside[p] += atomic_load_explicit(&search->runners[t].hosted[p], memory_order_relaxed);
	anneal_host_beside(runner->anneal, runner->beside);
}

static void *run_together(void *arg)
{
	struct runner *runner = arg;
	struct search *search = runner->search;

	for (;;) {
		if (runner->index == 0) {
			search->done = is_over(search, 0) || 100 * elapsed(search) >= TOGETHER_PCT * search->limits->milliseconds;
			search->round_until_ms = clock_ms() + ROUND_MS + (uint64_t)(search->problem->n_requests / ROUND_REQUESTS);
			confine_all(search);
		}
		begin_hosting(runner);
		pthread_barrier_wait(&search->barrier);
		if (search->done)
			break;
		while (clock_ms() < search->round_until_ms) {
			steps_at(runner, cycle_done(search, &runner->cycle, runner->n_steps), SHARED_CHUNK);
			share_hosting(runner);
		}
		pthread_barrier_wait(&search->barrier);
		if (runner->index == 0)
			merge(search);
		pthread_barrier_wait(&search->barrier);
		anneal_adopt(runner->anneal, search->base);
		pthread_barrier_wait(&search->barrier);
		if (runner->index == 0)
			tell(search, runner);
	}
	/* The balance of hosts is everybody's: the last of it is better searched by each on its own, on all days. */
	anneal_release(runner->anneal);
	return run_alone(runner);
}

/* ---- all of it ---- */

static int64_t highest_value(const struct problem *problem)
{
	int64_t highest = 1;

	for (int32_t r = 0; r < problem->n_requests; r++)
		if (problem->requests[r].present && problem->requests[r].value > highest)
			highest = problem->requests[r].value;
	return highest;
}

static bool is_in_a_hurry(const struct search *search)
{
	const struct solve_limits *limits = search->limits;
	int64_t steps = limits->milliseconds > 0 ? limits->milliseconds * STEPS_A_MS * search->n_threads : limits->steps;

	return steps / search->problem->n_requests < HURRY_STEPS;
}

/* From how hot to how cold the search goes. */
static void set_temperatures(struct search *search)
{
	int64_t highest = highest_value(search->problem), hot = HOT_PER_VALUE, cold = COLD_PER_VALUE;

	if (search->problem->n_requests <= ALONE_REQUESTS) {
		hot = HOT_ALONE_PER_VALUE;
	} else if (is_in_a_hurry(search)) {
		hot = HURRY_HOT_PER_VALUE;
		cold = HURRY_COLD_PER_VALUE;
	}
	search->hot = highest * hot;
	search->warm = highest * WARM_PER_VALUE;
	search->cold = highest * cold / 10 + 1;
}

static void run_all(struct search *search, void *(*run)(void *))
{
	for (int32_t t = 1; t < search->n_threads; t++)
		if (pthread_create(&search->runners[t].thread, NULL, run, &search->runners[t]) != 0)
			abort(); /* the others would wait for it for ever */
	run(&search->runners[0]);
	for (int32_t t = 1; t < search->n_threads; t++)
		pthread_join(search->runners[t].thread, NULL);
}

/* Leaves the best plan of all runners in `calendar`. */
static void take_best(struct search *search, struct calendar *calendar)
{
	struct anneal *best = search->runners[0].anneal;
	const struct calendar_spot *spots;

	for (int32_t t = 0; t < search->n_threads; t++) {
		anneal_release(search->runners[t].anneal);
		anneal_finish(search->runners[t].anneal);
		if (anneal_best_score(search->runners[t].anneal) > anneal_best_score(best))
			best = search->runners[t].anneal;
	}
	spots = anneal_best(best);
	for (int32_t r = 0; r < search->problem->n_requests; r++)
		if (calendar_is_placed(calendar, r) && !is_same(spots[r], calendar->spots[r]))
			calendar_remove(calendar, r);
	for (int32_t r = 0; r < search->problem->n_requests; r++)
		if (spots[r].venue != PROBLEM_NONE && !calendar_is_placed(calendar, r))
			calendar_place(calendar, r, spots[r].venue, spots[r].day);
}

static bool is_shared(const struct search *search)
{
	return search->n_threads > 1 && search->problem->n_requests > ALONE_REQUESTS;
}

static void runner_init(struct runner *runner, struct search *search, const struct calendar *calendar, int32_t index)
{
	const struct solve_limits *limits = search->limits;
	size_t n_parties = (size_t)search->problem->n_parties;

	runner->search = search;
	runner->index = index;
	runner->anneal = anneal_new(calendar, limits->seed * 1000003u + (uint64_t)index, limits->costs);
	runner->begun = memory_new(n_parties, sizeof(int64_t));
	runner->beside = memory_new(n_parties, sizeof(int64_t));
	runner->hosted = memory_new(n_parties, sizeof(*runner->hosted));
	runner->cycle.hot = search->hot;
	runner->cycle.to_steps = search->problem->n_requests > ALONE_REQUESTS
	                                 ? INT64_MAX
	                                 : (int64_t)search->problem->n_requests * CYCLE_STEPS;
	if (index == 0)
		anneal_first_fit(runner->anneal);
	else
		anneal_adopt(runner->anneal, anneal_best(search->runners[0].anneal));
}

static void runner_done(struct runner *runner)
{
	anneal_free(runner->anneal);
	free(runner->begun);
	free(runner->beside);
	free(runner->hosted);
}

int64_t solve_search(struct calendar *calendar, const struct solve_limits *limits)
{
	const struct problem *problem = calendar->problem;
	struct search search = {.limits = limits, .problem = problem, .chance = limits->seed, .began_ms = clock_ms()};
	size_t n = (size_t)problem->n_requests;
	int64_t n_steps = 0;

	search.n_threads = limits->milliseconds > 0 && limits->n_threads > 1 ? limits->n_threads : 1;
	set_temperatures(&search);
	search.runners = memory_new((size_t)search.n_threads, sizeof(*search.runners));
	search.base = memory_new(n, sizeof(*search.base));
	search.merged = memory_new(n, sizeof(*search.merged));
	search.best = memory_new(n, sizeof(*search.best));
	search.best_score = INT64_MIN;
	pthread_mutex_init(&search.best_lock, NULL);
	for (int32_t t = 0; t < search.n_threads; t++)
		runner_init(&search.runners[t], &search, calendar, t);
	tell(&search, &search.runners[0]);
	memcpy(search.base, anneal_best(search.runners[0].anneal), n * sizeof(*search.base));
	if (!is_shared(&search)) {
		run_all(&search, run_alone);
	} else {
		pthread_barrier_init(&search.barrier, NULL, (unsigned)search.n_threads);
		run_all(&search, run_together);
		pthread_barrier_destroy(&search.barrier);
	}
	take_best(&search, calendar);
	for (int32_t t = 0; t < search.n_threads; t++) {
		n_steps += search.runners[t].n_steps;
		runner_done(&search.runners[t]);
	}
	free(search.runners);
	free(search.base);
	free(search.merged);
	free(search.best);
	pthread_mutex_destroy(&search.best_lock);
	return n_steps;
}
