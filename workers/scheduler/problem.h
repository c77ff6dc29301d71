/* problem.h - a programme compiled to small integers: what calendar, place, explain and solve reckon with.
 *
 * Layer     scheduler: includes lib/domain and proto only.
 * Thread    one at a time while it changes; any number of readers while nobody changes it.
 * Limit     PROBLEM_DAYS_MAX days; amounts are clamped to 0 … PROBLEM_AMOUNT_MAX.
 * Not here  what stands where (calendar.h); whether a request is sound (the validator's matter).
 *
 * The programme's data are fixed for a problem's life: where they change, make a new one and place anew what was
 * placed (a few milliseconds for 10,000 events). Requests come and go one by one. A day is an index from the
 * programme's first day. A request's handle stays the same for the problem's life, whatever becomes of it.
 * Out of memory ends the process: a worker holds nothing that can't be rebuilt. */
#pragma once
#include "convene/v1/programme.pb-c.h"
#include <stdbool.h>
#include <stdint.h>

#define PROBLEM_SERVICES 4
#define PROBLEM_DAYS_MAX 36600 /* a hundred years, as PROGRAMME_DAYS_MAX */
#define PROBLEM_AMOUNT_MAX 100000000
#define PROBLEM_NONE (-1)
#define PROBLEM_DAY_SIZE 11 /* "2022-01-31" and its NUL */
#define PROBLEM_FOREVER INT32_MAX /* max_gap where it is absent */

struct programme; /* domain/programme.h */

struct problem_policy {
	int64_t date_weight, move_cost, reciprocity_weight;
	int32_t rest_same_city, rest_same_host, rest_between_hosts;
};

/* The most free days that a squad may need between two events. */
static inline int32_t problem_longest_rest(const struct problem_policy *policy)
{
	int32_t rest = policy->rest_same_city > policy->rest_same_host ? policy->rest_same_city : policy->rest_same_host;

	return rest > policy->rest_between_hosts ? rest : policy->rest_between_hosts;
}

struct problem_city {
	const char *id;
	int32_t host; /* index of its NOC: below n_parties for one that may host */
	int32_t beds;
	int32_t first_venue, n_venues; /* into problem.city_venues */
};

struct problem_venue {
	const char *id;
	int32_t city, host;
	int32_t units, level;
	int32_t n_disciplines, n_facilities;
	const int32_t *disciplines, *facilities; /* codes, ascending */
	const uint64_t *open;                    /* n_words: days that are not closed */
};

struct problem_federation {
	const char *id;
	int32_t noc, max_events;
};

struct problem_squad {
	const char *id;
	int32_t federation, noc;
};

struct problem_window {
	int32_t first, last; /* as written: may lie outside the programme */
};

struct problem_after {
	int32_t request; /* handle; perhaps of one that was never put */
	int32_t min_gap, max_gap;
};

struct problem_request {
	const char *id;
	bool present; /* put, and not dropped since */
	bool fixed;   /* must stand exactly at announced_venue, announced_day */
	int32_t kind; /* enum code_kind; PROBLEM_NONE: unknown */
	int32_t federation; /* PROBLEM_NONE: unknown; it then has no eligible venue */
	int32_t discipline, level, duration, value, units, headcount, preferred;
	int32_t staff[PROBLEM_SERVICES];
	int64_t load; /* athlete-days: headcount · duration */
	int32_t announced_venue, announced_day; /* announced_venue PROBLEM_NONE: not announced, or at no known venue */
	bool announced;
	int32_t n_windows, n_venues, n_squads, n_after, n_followers, followers_max;
	struct problem_window *windows;
	int32_t *venues; /* eligible ones (rule 2), ascending */
	int32_t *squads; /* ascending, each once */
	struct problem_after *after;
	int32_t *followers; /* present requests whose `after` names this one */
	/* Start days that rules 1 and 4 allow: bit d of `starts` is day 64 · first_word + d. */
	int32_t first_word, n_words;
	uint64_t *starts;
};

struct problem {
	int32_t n_days, n_words; /* n_words: 64-day words that cover n_days */
	int32_t first_day;       /* of the programme, since 1970-01-01 */
	struct problem_policy policy;
	int32_t n_parties, n_nocs, n_cities, n_venues, n_federations, n_squads;
	const char **nocs; /* parties first */
	struct problem_city *cities;
	struct problem_venue *venues;
	int32_t *city_venues;
	struct problem_federation *federations;
	struct problem_squad *squads;
	int32_t *offered; /* staff: [(host · PROBLEM_SERVICES + service) · n_days + day] */
	struct problem_request *requests;
	int32_t n_requests; /* handles given out: 0 … n_requests − 1 */
	struct problem_index *index; /* private: names to numbers, memory */
};

/* Compiles the data of `programme` (copied: it need not outlive the call). Never NULL. References to what does not
 * exist lead nowhere: a venue in an unknown city is never eligible. */
struct problem *problem_new(const struct programme *programme);
void problem_free(struct problem *problem);

/* Puts a request, or replaces its content (`content->id` tells which; it must be set), and returns its handle.
 * Any content is taken: what is unknown, absent or out of range leaves the request without an eligible venue or
 * start day. `value` replaces the content's where it is > 0 (the working body's priority), and so does `announced`
 * = false leave the content's announcement out (it is the working body's to make).
 * A request must not be placed in any calendar while its content is replaced or dropped. */
enum problem_put { PROBLEM_PUT_PLAIN = 0, PROBLEM_PUT_WITHOUT_ANNOUNCED = 1 };
int32_t problem_put_request(struct problem *problem, const Convene__V1__Request *content, int64_t value,
                            enum problem_put flags);
/* It then has no place and nobody may come after it; its handle stays its id's. */
void problem_drop_request(struct problem *problem, int32_t request);

/* The handle of an id before its request is put: handles are given out in the order of first naming. */
int32_t problem_name_request(struct problem *problem, const char *id);

/* PROBLEM_NONE where the id is unknown. */
int32_t problem_request(const struct problem *problem, const char *id);
int32_t problem_venue(const struct problem *problem, const char *id);

/* Day index of an ISO day; false where it is none, or lies more than PROBLEM_DAYS_MAX from the first. It may lie
 * outside the programme. */
bool problem_day(const struct problem *problem, const char *iso, int32_t *ret_day);
void problem_format_day(const struct problem *problem, int32_t day, char ret_iso[static PROBLEM_DAY_SIZE]);

/* The highest value of a present request; 0: there is none. */
int32_t problem_highest_value(const struct problem *problem);

/* Days (bits, n_words of them) on which rule 4 forbids the request. O(protected entries). */
void problem_protected_days(const struct problem *problem, int32_t request, uint64_t *ret_days);
