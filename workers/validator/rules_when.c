/* rules_when.c - when.
 *
 * Layer     workers/validator.
 * Thread    any; pure. */
#include "domain/code.h"
#include "domain/day.h"
#include "validator/judge.h"

static size_t n_windows(const struct judgement *j)
{
	return at_most(j->request->n_windows, WINDOWS_MAX);
}

static const char *window_path(struct judgement *j, size_t i)
{
	return words(j, "windows[%zu]", i);
}

static bool is_inside(const struct judgement *j, int32_t first, int64_t last)
{
	return first >= programme_first_day(j->programme) && last <= programme_last_day(j->programme);
}

/* The last day of an event that begins on `first`; of one that has no duration yet, that day. */
static int64_t last_of(const struct judgement *j, int32_t first)
{
	int64_t duration = j->request->duration;

	if (duration < 1)
		return first;
	return duration > PROGRAMME_DAYS_MAX ? (int64_t)first + PROGRAMME_DAYS_MAX : first + duration - 1;
}

void rule_DURATION_NOT_POSITIVE(struct judgement *j)
{
	if (j->request->has_duration && j->request->duration < 1)
		blame(j, "duration", NULL);
}

void rule_CAMP_TOO_LONG(struct judgement *j)
{
	int64_t longest = programme_policy(j->programme)->longest_camp_days;

	if (code_kind(j->request->kind) == KIND_TRAINING_CAMP && longest >= 0 && j->request->duration > longest)
		blame(j, "duration", words(j, "%lld days at most", (long long)longest));
}

void rule_WINDOWS_EMPTY(struct judgement *j)
{
	if (j->request->n_windows == 0)
		blame(j, "windows", NULL);
}

static void require_day(struct judgement *j, const char *field, const char *text)
{
	int32_t day;

	if (!day_parse(text, &day))
		blame(j, field, text != NULL ? words(j, "%s is none", quote(j, text)) : "it is missing");
}

void rule_DATE_INVALID(struct judgement *j)
{
	const Convene__V1__Request *r = j->request;

	for (size_t i = 0; i < n_windows(j); i++) {
		require_day(j, words(j, "windows[%zu][0]", i), r->windows[i]->first);
		require_day(j, words(j, "windows[%zu][1]", i), r->windows[i]->last);
	}
	if (r->preferred_first_day != NULL)
		require_day(j, "preferred_first_day", r->preferred_first_day);
	if (r->announced != NULL && r->announced->first_day != NULL)
		require_day(j, "announced.first_day", r->announced->first_day);
}

void rule_WINDOW_REVERSED(struct judgement *j)
{
	for (size_t i = 0; i < n_windows(j); i++) {
		int32_t first, last;

		if (day_parse(j->request->windows[i]->first, &first) && day_parse(j->request->windows[i]->last, &last) &&
		    last < first)
			blame(j, window_path(j, i), "exchange them");
	}
}

static void require_inside(struct judgement *j, const char *field, int32_t first, int64_t last)
{
	if (!is_inside(j, first, last))
		blame(j, field, words(j, "that is from %s to %s", day_words(j, programme_first_day(j->programme)),
		                      day_words(j, programme_last_day(j->programme))));
}

void rule_OUTSIDE_PROGRAMME(struct judgement *j)
{
	const Convene__V1__Request *r = j->request;
	int32_t first, last;

	for (size_t i = 0; i < n_windows(j); i++) {
		if (window_days(r->windows[i], &first, &last))
			require_inside(j, window_path(j, i), first, last);
	}
	if (day_parse(r->preferred_first_day, &first))
		require_inside(j, "preferred_first_day", first, first);
	if (r->announced != NULL && day_parse(r->announced->first_day, &first))
		require_inside(j, "announced.first_day", first, last_of(j, first));
}

void rule_WINDOW_TOO_SHORT(struct judgement *j)
{
	for (size_t i = 0; i < n_windows(j); i++) {
		int32_t first, last;

		if (window_days(j->request->windows[i], &first, &last) && last_of(j, first) > last)
			blame(j, window_path(j, i), words(j, "it has %d days, the event %lld", last - first + 1,
			                                  (long long)j->request->duration));
	}
}

void rule_WINDOWS_OVERLAP(struct judgement *j)
{
	for (size_t i = 1; i < n_windows(j); i++) {
		int32_t first, last, other_first, other_last;
		bool overlaps = false;

		if (!window_days(j->request->windows[i], &first, &last))
			continue;
		for (size_t k = 0; k < i && !overlaps; k++)
			overlaps = window_days(j->request->windows[k], &other_first, &other_last) &&
			           first <= other_last && other_first <= last;
		if (overlaps)
			blame(j, window_path(j, i), words(j, "join it with the one from %s to %s",
			                                  day_words(j, other_first), day_words(j, other_last)));
	}
}

void rule_WINDOWS_UNSORTED(struct judgement *j)
{
	for (size_t i = 1; i < n_windows(j); i++) {
		int32_t first, last, before_first, before_last;

		if (window_days(j->request->windows[i], &first, &last) &&
		    window_days(j->request->windows[i - 1], &before_first, &before_last) && last < before_first)
			blame(j, window_path(j, i), "put it before the one that it stands behind");
	}
}

void rule_PREFERRED_OUTSIDE_WINDOWS(struct judgement *j)
{
	int32_t wished;

	if (!day_parse(j->request->preferred_first_day, &wished))
		return;
	for (size_t i = 0; i < n_windows(j); i++) {
		int32_t first, last;

		if (window_days(j->request->windows[i], &first, &last) && first <= wished && last_of(j, wished) <= last)
			return;
	}
	blame(j, "preferred_first_day", words(j, "from %s on it does not", day_words(j, wished)));
}

void rule_FILED_TOO_LATE(struct judgement *j)
{
	int64_t days = programme_policy(j->programme)->file_days;

	if (days < 0 || !j->subject->has_filed || j->request->announced != NULL)
		return;
	for (size_t i = 0; i < n_windows(j); i++) {
		int32_t first, last;

		if (window_days(j->request->windows[i], &first, &last) && first - j->subject->filed < days)
			blame(j, window_path(j, i),
			      words(j, "%lld days; filed on %s, it begins on %s", (long long)days,
			            day_words(j, j->subject->filed), day_words(j, first)));
	}
}
