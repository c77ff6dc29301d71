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
#define COLD_PER_VALUE 1     /* of the last one, by ten of it, */
#define COLD_ALONE_PER_VALUE 3
#define HURRY_STEPS 100      /* with fewer a request, there is more to win where it is hot: */
#define HURRY_HOT_PER_VALUE 800
#define HURRY_COLD_PER_VALUE 30
#define KNEE_PER_VALUE 10     /* a cooling of its own is slower above so many points, where it settles who goes in: */
#define ABOVE_KNEE_PCT 65    /* it is there for so much of it */
#define STEPS_A_MS 50        /* of a thread, by and large: what time is reckoned at */
#define CHUNK 32             /* steps between two looks at the clock */
#define CYCLE_STEPS 600      /* steps a request of one cooling, where each searches on its own */
#define AGAIN_PCT 60         /* of them in a further one, from the best plan of all, warmed up */
#define WARM_PER_VALUE 60    /* points of temperature that it begins with */
#define BALANCING_PCT 95     /* of a cooling of many; from there on the balance of hosts counts more and more, */
#define BALANCING_ALONE_PCT 90 /* and of each of those that each thread makes */
#define BALANCE_SHIFT 4       /* halvings of the balance from one such cooling to the next, */
#define BALANCE_SHIFTS 4      /* of so many */
#define SEASONS_MOST 8        /* apart from each other */
#define APART_MS 10           /* a thousand requests, season by season: the rest of the plan is as old as that; */
#define TOGETHER_MS 1         /* likewise, in one piece in between */
#define PROGRESS_MS 500
#define PARTS 65536

struct search {
	const struct solve_limits *limits;
	const struct problem *problem;
	int64_t hot, warm, knee, cold; /* knee: 0, or where a cooling goes on faster */
	uint64_t began_ms;
	int32_t n_threads;
	struct runner *runners;
	uint64_t told_ms;
	struct calendar_spot *plan; /* what threads tell each other, when they search alone with its score, */
	int64_t plan_score;
	pthread_mutex_t plan_lock;  /* and one at a time */
	struct anneal_log *log; /* of threads that share a plan; NULL: each has its own */
	struct seasons cuts[2]; /* by turns: who belongs to no season of one may to one of the other; of as many, or of 1 */
	int32_t n_seasons;
	struct anneal_log *season_logs[SEASONS_MOST]; /* where several threads search one; NULL */
	pthread_barrier_t met;
	bool goes_apart; /* what all have agreed on */
};

/* One cooling down, of a search's many or its only one. */
struct cycle {
	int64_t from_steps, to_steps, from_ms;
	int64_t hot;
	int32_t n_before;
};

struct runner {
	struct search *search;
	struct cycle cycle;
	struct anneal *anneal;
	int32_t index;
	_Atomic int64_t n_steps; /* written by its own thread, read for progress */
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

/* From there on a cooling counts the balance more and more. */
static int64_t balances_from(const struct search *search)
{
	return PARTS * (anneal_has_many(search->problem) ? BALANCING_PCT : BALANCING_ALONE_PCT) / 100;
}

/* What keeps the balance of hosts; COSTS_BALANCE: no less than all of its weight. */
static int64_t least_balance(const struct search *search)
{
	return search->limits->costs == NULL ? COSTS_BALANCE : search->limits->costs->balance;
}

/* The least that keeps the balance of hosts, and all of its weight in the end. Where no less than all of it keeps the
 * balance, nobody may go first: some coolings begin with little. */
static int32_t balance_at(const struct search *search, const struct cycle *cycle, int64_t done)
{
	int64_t least = least_balance(search);
	int64_t from = balances_from(search);

	if (least == COSTS_BALANCE)
		least >>= BALANCE_SHIFT * (cycle->n_before % BALANCE_SHIFTS);
	return (int32_t)(done <= from ? least : least + (COSTS_BALANCE - least) * (done - from) / (PARTS - from));
}

static int64_t temperature_at(const struct search *search, const struct cycle *cycle, int64_t done)
{
	int64_t at_knee = (int64_t)PARTS * ABOVE_KNEE_PCT / 100;

	if (search->knee == 0)
		return anneal_cool(cycle->hot, search->cold, done, PARTS);
	if (done < at_knee)
		return anneal_cool(cycle->hot, search->knee, done, at_knee);
	return anneal_cool(search->knee, search->cold, done - at_knee, PARTS - at_knee);
}

static void steps_at(struct runner *runner, int64_t done, int64_t n)
{
	const struct search *search = runner->search;

	anneal_steps(runner->anneal, temperature_at(search, &runner->cycle, done), balance_at(search, &runner->cycle, done), n);
	runner->n_steps += n;
}

static void tell(struct search *search, const struct runner *runner)
{
	uint64_t now = clock_ms();
	struct solve_progress progress = {
		.elapsed_s = (double)(now - search->began_ms) / 1000.0,
		.score = anneal_best_score(runner->anneal),
		.bound = search->limits->bound,
		.n_placed = anneal_best_placed(runner->anneal),
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
	size_t size = (size_t)search->problem->n_requests * sizeof(*search->plan);

	pthread_mutex_lock(&search->plan_lock);
	if (anneal_best_score(runner->anneal) > search->plan_score) {
		search->plan_score = anneal_best_score(runner->anneal);
		memcpy(search->plan, anneal_best(runner->anneal), size);
	}
	anneal_adopt(runner->anneal, search->plan);
	pthread_mutex_unlock(&search->plan_lock);
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
		.n_before = runner->cycle.n_before + 1,
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

/* ---- threads that share a plan ---- */

static void work_for(struct runner *runner, int64_t milliseconds)
{
	struct search *search = runner->search;
	int64_t until_ms = elapsed(search) + milliseconds;

	while (!is_over(search, runner->n_steps) && elapsed(search) < until_ms) {
		steps_at(runner, cycle_done(search, &runner->cycle, runner->n_steps), CHUNK);
		if (runner->index == 0)
			tell(search, runner);
	}
}

static int64_t long_enough(const struct search *search, int64_t ms_a_thousand)
{
	return 1 + ms_a_thousand * search->problem->n_requests / 1000;
}

/* All are here, and hold the same plan. While the balance of hosts, which is of all seasons, counts more than a part, they
 * stay together. */
static bool agree_to_part(struct runner *runner)
{
	struct search *search = runner->search;

	if (runner->index == 0)
		search->goes_apart = !is_over(search, runner->n_steps) && least_balance(search) < COSTS_BALANCE &&
		                     cycle_done(search, &runner->cycle, runner->n_steps) < balances_from(search);
	pthread_barrier_wait(&search->met);
	anneal_catch_up(runner->anneal);
	return search->goes_apart;
}

static void go_apart(struct runner *runner, int32_t turn)
{
	struct search *search = runner->search;
	const struct seasons *seasons = &search->cuts[search->cuts[1].n == search->n_seasons ? turn % 2 : 0];
	int32_t season = runner->index % search->n_seasons;

	if (runner->index == 0)
		anneal_tell_own(runner->anneal, search->plan); /* all of it: also those that belong to no season */
	anneal_divide(runner->anneal, seasons, season, search->season_logs[season], runner->index / search->n_seasons);
}

static void come_together(struct runner *runner)
{
	struct search *search = runner->search;

	pthread_barrier_wait(&search->met);
	anneal_catch_up(runner->anneal);
	if (runner->index < search->n_seasons)
		anneal_tell_own(runner->anneal, search->plan);
	pthread_barrier_wait(&search->met);
	anneal_unite(runner->anneal, search->plan);
}

static void *run_together(void *arg)
{
	struct runner *runner = arg;
	struct search *search = runner->search;

	for (int32_t turn = 0; search->n_seasons > 1; turn++) {
		work_for(runner, long_enough(search, TOGETHER_MS));
		if (!agree_to_part(runner))
			break;
		go_apart(runner, turn);
		work_for(runner, long_enough(search, APART_MS));
		come_together(runner);
	}
	work_for(runner, search->limits->milliseconds);
	anneal_part(runner->anneal);
	return NULL;
}

/* How threads share a plan; each season has one at least. */
static void share_init(struct search *search)
{
	int32_t n = search->n_threads, most = n < SEASONS_MOST ? n : SEASONS_MOST;

	search->log = anneal_log_new(n);
	seasons_find(&search->cuts[0], search->problem, most, NULL);
	search->n_seasons = search->cuts[0].n;
	seasons_find(&search->cuts[1], search->problem, search->n_seasons, &search->cuts[0]);
	for (int32_t k = 0; k < search->n_seasons; k++) {
		int32_t n_here = (n - k + search->n_seasons - 1) / search->n_seasons;

		search->season_logs[k] = n_here > 1 ? anneal_log_new(n_here) : NULL;
	}
	pthread_barrier_init(&search->met, NULL, (unsigned)n);
}

static void share_done(struct search *search)
{
	anneal_log_free(search->log);
	for (int32_t k = 0; k < search->n_seasons; k++)
		anneal_log_free(search->season_logs[k]);
	seasons_done(&search->cuts[0]);
	seasons_done(&search->cuts[1]);
	pthread_barrier_destroy(&search->met);
}

/* ---- all of it ---- */

static bool is_in_a_hurry(const struct search *search)
{
	const struct solve_limits *limits = search->limits;
	int64_t steps = limits->milliseconds > 0 ? limits->milliseconds * STEPS_A_MS * search->n_threads : limits->steps;

	return steps / search->problem->n_requests < HURRY_STEPS;
}

/* From how hot to how cold the search goes. */
static void set_temperatures(struct search *search)
{
	int64_t highest = problem_highest_value(search->problem), hot = HOT_PER_VALUE, cold = COLD_PER_VALUE;

	highest = highest > 0 ? highest : 1; /* a temperature is never 0 */
	if (!anneal_has_many(search->problem)) {
		hot = HOT_ALONE_PER_VALUE;
		cold = COLD_ALONE_PER_VALUE;
	} else if (is_in_a_hurry(search)) {
		hot = HURRY_HOT_PER_VALUE;
		cold = HURRY_COLD_PER_VALUE;
	} else {
		search->knee = highest * KNEE_PER_VALUE;
	}
	search->hot = highest * hot;
	search->warm = highest * WARM_PER_VALUE;
	search->cold = highest * cold / 10 + 1;
}

static void run_all(struct search *search, void *(*run)(void *))
{
	for (int32_t t = 1; t < search->n_threads; t++)
		if (pthread_create(&search->runners[t].thread, NULL, run, &search->runners[t]) != 0)
			abort(); /* as memory.h */
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
		anneal_finish(search->runners[t].anneal);
		if (anneal_best_score(search->runners[t].anneal) > anneal_best_score(best))
			best = search->runners[t].anneal;
	}
	spots = anneal_best(best);
	for (int32_t r = 0; r < search->problem->n_requests; r++)
		if (calendar_is_placed(calendar, r) && !calendar_is_same(spots[r], calendar->spots[r]))
			calendar_remove(calendar, r);
	for (int32_t r = 0; r < search->problem->n_requests; r++)
		if (spots[r].venue != PROBLEM_NONE && !calendar_is_placed(calendar, r))
			calendar_place(calendar, r, spots[r].venue, spots[r].day);
}

static bool is_shared(const struct search *search)
{
	return search->n_threads > 1 && anneal_has_many(search->problem);
}

static void runner_init(struct runner *runner, struct search *search, const struct calendar *calendar, int32_t index)
{
	const struct solve_limits *limits = search->limits;

	runner->search = search;
	runner->index = index;
	runner->anneal = anneal_new(calendar, limits->seed * 1000003u + (uint64_t)index, limits->costs);
	runner->cycle.hot = search->hot;
	runner->cycle.to_steps = anneal_has_many(search->problem) ? INT64_MAX
	                                                          : (int64_t)search->problem->n_requests * CYCLE_STEPS;
	if (index == 0)
		anneal_first_fit(runner->anneal);
	else
		anneal_adopt(runner->anneal, anneal_best(search->runners[0].anneal));
	if (search->log != NULL)
		anneal_share(runner->anneal, search->log, index);
}

int64_t solve_search(struct calendar *calendar, const struct solve_limits *limits)
{
	const struct problem *problem = calendar->problem;
	struct search search = {.limits = limits, .problem = problem, .began_ms = clock_ms()};
	size_t n = (size_t)problem->n_requests;
	int64_t n_steps = 0;

	search.n_threads = limits->milliseconds > 0 && limits->n_threads > 1 ? limits->n_threads : 1;
	set_temperatures(&search);
	search.runners = memory_new((size_t)search.n_threads, sizeof(*search.runners));
	search.plan = memory_new(n, sizeof(*search.plan));
	search.plan_score = INT64_MIN;
	pthread_mutex_init(&search.plan_lock, NULL);
	if (is_shared(&search))
		share_init(&search);
	for (int32_t t = 0; t < search.n_threads; t++)
		runner_init(&search.runners[t], &search, calendar, t);
	tell(&search, &search.runners[0]);
	run_all(&search, search.log != NULL ? run_together : run_alone);
	search.told_ms = 0; /* the last word, however soon after another */
	tell(&search, &search.runners[0]);
	take_best(&search, calendar);
	for (int32_t t = 0; t < search.n_threads; t++) {
		n_steps += search.runners[t].n_steps;
		anneal_free(search.runners[t].anneal);
	}
	free(search.runners);
	if (search.log != NULL)
		share_done(&search);
	free(search.plan);
	pthread_mutex_destroy(&search.plan_lock);
	return n_steps;
}
