/* checker.h - MODEL's rules and score once more, as plainly as they can be said: what plans are judged by in tests.
 *
 * Shares nothing with the scheduler: it works on the messages of a programme file and counts everything anew for each
 * question. Requests and venues are named by their index in the file, days from the programme's first. */
#pragma once
#include "wire/programme_file.h"
#include <stdbool.h>
#include <stdint.h>

enum checker_rule {
	CHECKER_FREE = 0,
	CHECKER_WINDOW,
	CHECKER_VENUE,
	CHECKER_CLOSED,
	CHECKER_PROTECTED,
	CHECKER_UNITS,
	CHECKER_BEDS,
	CHECKER_SERVICES,
	CHECKER_SQUADS,
	CHECKER_AFTER,
	CHECKER_QUOTA,
	CHECKER_FIXED,
};

struct checker_spot {
	int venue; /* -1: not placed */
	int day;
};

struct checker {
	const struct programme_file *file; /* borrowed */
	int first_day, n_days;
	struct checker_spot *spots; /* by request */
};

void checker_init(struct checker *checker, const struct programme_file *file);
void checker_done(struct checker *checker);

/* The first rule that request `r`, not placed, would break there; those of its followers count as rule 9. */
enum checker_rule checker_fault(const struct checker *checker, int r, int venue, int day);
/* The first rule that the placements as they stand break; *ret_request says whose. Fixed requests must be placed. */
enum checker_rule checker_verdict(const struct checker *checker, int *ret_request);
int64_t checker_score(const struct checker *checker);
/* A request that fits as it stands and would raise the score; -1: none. */
int checker_insertable(const struct checker *checker);

int checker_request(const struct checker *checker, const char *id);
int checker_venue(const struct checker *checker, const char *id);
int checker_day(const struct checker *checker, const char *iso);
