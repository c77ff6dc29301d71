/* anneal_share.c - one plan on several threads: what others have kept is followed, and seasons are searched apart. */
#include "scheduler/anneal_state.h"
#include "scheduler/place.h"

void anneal_catch_up(struct anneal *anneal)
{
	struct anneal_change change;

	while (anneal->log != NULL && anneal_log_read(anneal->log, anneal->reader, &change)) {
		int32_t r = change.request;

		if (anneal->is_touched[r])
			anneal_undo(anneal);
		if (anneal->calendar->spots[r].venue != PROBLEM_NONE)
			calendar_remove(anneal->calendar, r);
		if (change.spot.venue != PROBLEM_NONE)
			calendar_place(anneal->calendar, r, change.spot.venue, change.spot.day);
		anneal_settle(anneal, r);
	}
}

/* Does the step's outcome still keep all rules, beside what others have changed? */
static bool stands(const struct anneal *anneal)
{
	for (int32_t i = 0; i < anneal->n_touched; i++) {
		int32_t r = anneal->touched[i];
		const struct problem_request *request = &anneal->problem->requests[r];

		if (anneal->calendar->spots[r].venue != PROBLEM_NONE) {
			if (!place_stands(anneal->calendar, r))
				return false;
			continue;
		}
		for (int32_t k = 0; k < request->n_followers; k++)
			if (anneal->calendar->spots[request->followers[k]].venue != PROBLEM_NONE)
				return false;
	}
	return true;
}

bool anneal_tell_others(struct anneal *anneal)
{
	int32_t n = 0;
	enum anneal_log_answer answer;

	for (int32_t i = 0; i < anneal->n_touched; i++) {
		int32_t r = anneal->touched[i];

		if (!anneal_stands_as_before(anneal, r))
			anneal->changes[n++] = (struct anneal_change){r, anneal->calendar->spots[r]};
	}
	while ((answer = anneal_log_write(anneal->log, anneal->reader, anneal->changes, (size_t)n)) == ANNEAL_LOG_BEHIND) {
		anneal_catch_up(anneal);
		if (anneal->n_touched == 0 || !stands(anneal))
			return false;
	}
	return answer == ANNEAL_LOG_WRITTEN;
}

void anneal_share(struct anneal *anneal, struct anneal_log *log, int32_t reader)
{
	anneal->log = log;
	anneal->reader = reader;
}

void anneal_part(struct anneal *anneal)
{
	if (anneal->log == NULL)
		return;
	anneal_catch_up(anneal);
	anneal_log_leave(anneal->log, anneal->reader);
	anneal->log = NULL;
}

/* ---- seasons apart ---- */

/* Of what each federation may still hold, each season has its share: together they keep the quota. */
static void reserve(struct anneal *anneal, int32_t season, int32_t n_seasons)
{
	const struct problem *problem = anneal->problem;

	for (int32_t f = 0; f < problem->n_federations; f++) {
		int32_t left = problem->federations[f].max_events - anneal->calendar->n_of_federation[f];

		left = left > 0 ? left : 0;
		anneal->reserved[f] = left - (left + (season + f) % n_seasons) / n_seasons;
		calendar_reserve(anneal->calendar, f, anneal->reserved[f]);
	}
}

void anneal_divide(struct anneal *anneal, const struct seasons *seasons, int32_t season, struct anneal_log *log, int32_t reader)
{
	anneal->whole_log = anneal->log;
	anneal->whole_reader = anneal->reader;
	anneal_share(anneal, log, reader);
	anneal->n_own = anneal->n_pinned = anneal->n_away = 0;
	for (int32_t r = 0; r < anneal->problem->n_requests; r++) {
		if (seasons->of[r] == season) {
			anneal->own[anneal->n_own++] = r;
			continue;
		}
		if (!anneal->calendar->pinned[r]) {
			anneal->pinned[anneal->n_pinned++] = r;
			calendar_pin(anneal->calendar, r, true);
		}
		if (anneal->waiting_at[r] != PROBLEM_NONE) {
			anneal->away[anneal->n_away++] = r;
			anneal_leave_line(anneal, r);
		}
	}
	reserve(anneal, season, seasons->n);
}

void anneal_tell_own(const struct anneal *anneal, struct calendar_spot *spots)
{
	for (int32_t i = 0; i < anneal->n_own; i++)
		spots[anneal->own[i]] = anneal->calendar->spots[anneal->own[i]];
}

void anneal_unite(struct anneal *anneal, const struct calendar_spot *spots)
{
	for (int32_t f = 0; f < anneal->problem->n_federations; f++)
		calendar_reserve(anneal->calendar, f, -anneal->reserved[f]);
	for (int32_t i = 0; i < anneal->n_away; i++)
		anneal_wait(anneal, anneal->away[i]);
	for (int32_t i = 0; i < anneal->n_pinned; i++)
		calendar_pin(anneal->calendar, anneal->pinned[i], false);
	for (anneal->n_own = 0; anneal->n_own < anneal->problem->n_requests; anneal->n_own++)
		anneal->own[anneal->n_own] = anneal->n_own;
	anneal_share(anneal, anneal->whole_log, anneal->whole_reader);
	anneal_adopt(anneal, spots);
}
