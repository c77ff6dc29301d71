/* rules_after.c - links to requests that go before.
 *
 * Layer     workers/validator.
 * Thread    any; pure. */
#include "domain/day.h"
#include "validator/judge.h"
#include <stdlib.h>
#include <string.h>

/* Of all that goes before a request. The store walks the same way once more when it commits, and has to end: it gives
 * up at 10,000. */
enum { LINKS_MAX = 8192 };

/* The first days that a request could begin on, from `low` to `high`. */
struct starts {
	int64_t low, high;
};

/* Requests that were met on the walk back, each once, in the order in which they are followed. */
struct walk {
	struct step *steps;
	size_t n_links;
	bool is_out_of_memory;
};

struct step {
	const Convene__V1__Request *request;
	const char *id;
	UT_hash_handle hh;
};

static size_t n_after(const struct judgement *j)
{
	return at_most(j->request->n_after, AFTER_MAX);
}

static void meet(struct walk *walk, const Convene__V1__Request *request, const char *id)
{
	struct step *step;

	HASH_FIND_STR(walk->steps, id, step);
	if (step != NULL)
		return;
	step = calloc(1, sizeof(*step));
	if (step == NULL) {
		walk->is_out_of_memory = true;
		return;
	}
	step->request = request;
	step->id = id;
	HASH_ADD_KEYPTR(hh, walk->steps, step->id, strlen(step->id), step);
}

static void end_walk(struct walk *walk)
{
	struct step *step, *next;

	HASH_ITER(hh, walk->steps, step, next) {
		HASH_DEL(walk->steps, step);
		free(step);
	}
}

/* To all those that a request comes after. */
static void follow(const struct judgement *j, struct walk *walk, const Convene__V1__Request *from)
{
	walk->n_links += from->n_after;
	for (size_t i = 0; i < from->n_after; i++) {
		const char *before = from->after[i]->request;
		const Convene__V1__Request *request = known_request(j, before);

		if (request != NULL)
			meet(walk, request, before);
	}
}

static bool goes_on(const struct walk *walk)
{
	return walk->n_links <= LINKS_MAX && !walk->is_out_of_memory;
}

/* Does one come back to the judged request from `id`, going from each to those that it comes after? A request is met
 * once, so the walk is bounded by how many there are, and by LINKS_MAX: beyond, AFTER_TOO_MANY has the word. */
static bool leads_back(struct judgement *j, const char *id)
{
	struct walk walk = { .steps = NULL };
	const Convene__V1__Request *first = known_request(j, id);
	bool is_back = false;

	if (first != NULL)
		meet(&walk, first, id);
	for (struct step *at = walk.steps; at != NULL && !is_back && goes_on(&walk); at = at->hh.next) {
		is_back = at->request == j->request;
		if (!is_back)
			follow(j, &walk, at->request);
	}
	j->is_out_of_memory |= walk.is_out_of_memory;
	end_walk(&walk);
	return is_back;
}

/* Where its windows let a request begin; one entry a window that holds it. */
static size_t starts_of(const struct judgement *j, const Convene__V1__Request *request, struct starts starts[WINDOWS_MAX])
{
	int32_t first, last;
	size_t n = 0;

	if (!request->has_duration || request->duration < 1 || request->duration > PROGRAMME_DAYS_MAX)
		return 0;
	if (is_fixed(request) && day_parse(request->announced->first_day, &first)) {
		starts[0] = (struct starts){ first, first };
		return 1;
	}
	for (size_t i = 0; i < at_most(request->n_windows, WINDOWS_MAX); i++) {
		if (!window_days(request->windows[i], &first, &last))
			continue;
		if (first < programme_first_day(j->programme))
			first = programme_first_day(j->programme);
		if (last > programme_last_day(j->programme))
			last = programme_last_day(j->programme);
		if (last - first + 1 >= request->duration)
			starts[n++] = (struct starts){ first, last - request->duration + 1 };
	}
	return n;
}

/* Is there a day for each so that the gap between them is kept? What of the predecessor cannot be read can't be blamed
 * on this request. */
static bool is_in_reach(const struct judgement *j, const Convene__V1__Request *before, const Convene__V1__After *link)
{
	struct starts own[WINDOWS_MAX], others[WINDOWS_MAX];
	size_t n_own = starts_of(j, j->request, own);
	size_t n_others = starts_of(j, before, others);

	for (size_t i = 0; i < n_own; i++) {
		for (size_t k = 0; k < n_others; k++) {
			int64_t least = own[i].low - (others[k].high + before->duration);
			int64_t most = own[i].high - (others[k].low + before->duration);

			if (least <= link->max_gap && link->min_gap <= most)
				return true;
		}
	}
	return n_own == 0 || n_others == 0;
}

void rule_AFTER_UNKNOWN(struct judgement *j)
{
	for (size_t i = 0; i < n_after(j); i++) {
		const char *before = j->request->after[i]->request;

		if (before != NULL && known_request(j, before) == NULL)
			blame(j, words(j, "after[%zu].request", i), words(j, "%s is none", quote(j, before)));
	}
}

void rule_AFTER_TWICE(struct judgement *j)
{
	for (size_t i = 0; i < n_after(j); i++) {
		const char *before = j->request->after[i]->request;
		bool is_second = false;

		for (size_t k = 0; before != NULL && k < i; k++) {
			const char *other = j->request->after[k]->request;

			is_second |= other != NULL && strcmp(other, before) == 0;
		}
		if (is_second)
			blame(j, words(j, "after[%zu].request", i), "join the two");
	}
}

void rule_AFTER_CYCLE(struct judgement *j)
{
	for (size_t i = 0; i < n_after(j); i++) {
		const char *before = j->request->after[i]->request;

		if (before != NULL && leads_back(j, before))
			blame(j, words(j, "after[%zu].request", i),
			      words(j, "%s comes after %s", quote(j, before),
			            known_request(j, before) == j->request ? "itself" : quote(j, j->request->id)));
	}
}

void rule_AFTER_TOO_MANY(struct judgement *j)
{
	struct walk walk = { .steps = NULL };

	follow(j, &walk, j->request);
	for (struct step *at = walk.steps; at != NULL && goes_on(&walk); at = at->hh.next)
		follow(j, &walk, at->request);
	if (walk.n_links > LINKS_MAX)
		blame(j, "after", "name the last ones only");
	j->is_out_of_memory |= walk.is_out_of_memory;
	end_walk(&walk);
}

void rule_AFTER_GAP_NEGATIVE(struct judgement *j)
{
	for (size_t i = 0; i < n_after(j); i++) {
		if (j->request->after[i]->has_min_gap && j->request->after[i]->min_gap < 0)
			blame(j, words(j, "after[%zu].min_gap", i), NULL);
	}
}

void rule_AFTER_GAP_REVERSED(struct judgement *j)
{
	for (size_t i = 0; i < n_after(j); i++) {
		const Convene__V1__After *link = j->request->after[i];

		if (link->has_min_gap && link->has_max_gap && link->max_gap < link->min_gap)
			blame(j, words(j, "after[%zu].max_gap", i), "exchange them");
	}
}

void rule_AFTER_OUT_OF_REACH(struct judgement *j)
{
	for (size_t i = 0; i < n_after(j); i++) {
		const Convene__V1__After *link = j->request->after[i];
		const Convene__V1__Request *before = known_request(j, link->request);
		const char *path = words(j, "after[%zu]", i);

		if (before != NULL && !is_blamed(j, path) && !is_in_reach(j, before, link))
			blame(j, path, words(j, "on no day of its windows can it begin %lld to %lld days after %s",
			                     (long long)link->min_gap, (long long)link->max_gap, quote(j, link->request)));
	}
}
