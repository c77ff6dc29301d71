/* derived.h - what follows from a programme's data: its days, its policy, offers summed by day, vocabularies.
 *
 * Layer     domain; private to this folder.
 * Thread    one at a time.
 * Limit     PROGRAMME_DAYS_MAX days.
 * Not here  the data (programme.h). */
#pragma once
#include "domain/programme.h"

struct word;
struct host;

/* Embedded in struct programme; all zero: not built. */
struct derived {
	bool is_built;
	int32_t first_day, n_days;
	struct policy policy;
	struct word *disciplines; /* sets; NULL: empty */
	struct word *facilities;
	struct host *hosts;       /* by NOC, those that have offers */
};

/* Builds all of it from `p`. What memory does not suffice for is missing from the sets. */
void derived_build(struct derived *d, const struct programme *p);

/* Forgets it. */
void derived_done(struct derived *d);

/* Is `code` in the set? */
bool derived_has_word(const struct word *set, const char *code);

/* The array of one host and service; NULL: none. */
const int32_t *derived_offers(const struct derived *d, const char *noc, int service);

/* The most in that array; 0: there is none. */
int32_t derived_offered_most(const struct derived *d, const char *noc, int service);
