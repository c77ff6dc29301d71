#include "cli/tally.h"
#include "domain/lifecycle.h"
#include "domain/score.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static struct tally_row *row_of(struct tally *t, const char *name)
{
	for (size_t i = 0; i < t->n; i++)
		if (strcmp(t->rows[i].name, name) == 0)
			return &t->rows[i];
	if (t->n == TALLY_MAX)
		return NULL;
	t->rows[t->n] = (struct tally_row){ .name = name };
	return &t->rows[t->n++];
}

static bool is_counted(const struct entry *e)
{
	return e->content != NULL && e->standing->state != STATE_REJECTED &&
	       e->standing->state != STATE_WITHDRAWN;
}

static enum cvn_err ask(struct tally *t, const struct entry *e, const char *name)
{
	struct tally_row *row = row_of(t, name != NULL ? name : "?");

	if (row == NULL)
		return CVN_ETOOLARGE;
	row->asked++;
	row->value_asked += score_value_of(e->content, e->standing);
	return CVN_OK;
}

static enum cvn_err place(struct tally *t, const struct entry *e, const char *name)
{
	struct tally_row *row = row_of(t, name != NULL ? name : "?");

	if (row == NULL)
		return CVN_ETOOLARGE;
	row->placed++;
	row->value_placed += score_value_of(e->content, e->standing);
	row->athlete_days += e->content->headcount * e->content->duration;
	return CVN_OK;
}

static const char *name_of(const struct entries *entries, const struct entry *e, enum tally_by by)
{
	switch (by) {
	case TALLY_FEDERATION:
		return e->content->federation;
	case TALLY_COMMITTEE:
		return programme_noc_of_federation(entries->programme, e->content->federation);
	default:
		return e->content->kind;
	}
}

static enum cvn_err count_host(struct tally *t, const struct entries *entries,
			       const struct entry *e)
{
	enum cvn_err err = CVN_OK;

	for (size_t i = 0; i < e->content->n_hosts && err == CVN_OK; i++)
		err = ask(t, e, e->content->hosts[i]);
	if (err == CVN_OK && lifecycle_has_place(e->standing))
		err = place(
			t, e,
			programme_noc_of_venue(entries->programme, e->standing->placement->venue));
	return err;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct tally_row *)a)->name, ((const struct tally_row *)b)->name);
}

enum cvn_err tally_count(const struct entries *entries, enum tally_by by, struct arena *arena,
			 struct tally *ret)
{
	struct tally t = { .rows = arena_array(arena, TALLY_MAX, sizeof(*t.rows)) };
	enum cvn_err err = t.rows != NULL ? CVN_OK : CVN_ENOMEM;

	for (size_t i = 0; i < entries->n && err == CVN_OK; i++) {
		const struct entry *e = &entries->all[i];

		if (!is_counted(e))
			continue;
		if (by == TALLY_HOST) {
			err = count_host(&t, entries, e);
			continue;
		}
		err = ask(&t, e, name_of(entries, e, by));
		if (err == CVN_OK && lifecycle_has_place(e->standing))
			err = place(&t, e, name_of(entries, e, by));
	}
	if (err == CVN_OK && t.n > 1)
		qsort(t.rows, t.n, sizeof(*t.rows), by_name);
	*ret = t;
	return err;
}

double tally_unmet(const struct tally_row *row)
{
	return row->value_asked > 0 ? 1 - (double)row->value_placed / (double)row->value_asked : 0;
}

double tally_unmet_rms(const struct tally *t)
{
	double sum = 0;
	size_t n = 0;

	for (size_t i = 0; i < t->n; i++) {
		if (t->rows[i].value_asked == 0)
			continue;
		sum += tally_unmet(&t->rows[i]) * tally_unmet(&t->rows[i]);
		n++;
	}
	return n > 0 ? sqrt(sum / (double)n) : 0;
}

double tally_unmet_max(const struct tally *t)
{
	double most = 0;

	for (size_t i = 0; i < t->n; i++)
		most = tally_unmet(&t->rows[i]) > most ? tally_unmet(&t->rows[i]) : most;
	return most;
}
