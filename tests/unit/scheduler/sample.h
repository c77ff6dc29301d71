/* sample.h - small random programmes for tests: crowded on purpose, so that every rule binds somewhere. */
#pragma once
#include "scheduler/calendar.h"
#include "wire/programme_file.h"
#include <stdint.h>

struct sample_shape {
	int n_requests, n_days, n_parties, n_cities, n_venues, n_squads;
	int n_fixed; /* the first requests are announced and fixed, clear of one another */
	int weight;  /* of reciprocity */
	int quota;   /* of a federation; 0: a sixth of all requests, and some */
	bool is_linked; /* half of the requests come after another; else a fifth */
};

uint64_t sample_next(uint64_t *state);
/* Below `n`. */
int sample_below(uint64_t *state, int n);

/* The JSON text of a programme; the caller frees it. The same seed and shape give the same text. */
char *sample_json(uint64_t seed, const struct sample_shape *shape);
/* Reads it into `file` (to be ended with programme_file_done()) and compiles it. */
struct problem *sample_problem(const char *json, struct programme_file *file);

/* The score of the best plan of all that keep what stands in `calendar`, by trying every place of every other request:
 * for a handful of them. `after` names lower numbers only, as in the samples. */
int64_t sample_best_score(struct calendar *calendar);
