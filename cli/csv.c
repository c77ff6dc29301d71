#include "cli/csv.h"
#include "cli/record_json.h"
#include "cli/show.h"
#include "domain/day.h"
#include "domain/lifecycle.h"
#include "wire/json.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { COLUMN_N = 17 };

/* All else that is known, under the names that JSON has for it. */
static const char *const MORE[] = {
	"windows",        "preferred_first_day",
	"hosts",          "venues",
	"facilities",     "units",
	"services",       "squads",
	"after",          "announced",
	"contact",        "note",
	"alternatives",   "reasons",
	"violations",     "accept_by",
	"decide_by",      "amend_by",
	"consent_needed", "consents",
	"decision",       "in_conflict",
	"late",           "was",
	"allowances",     "invitations",
	"host_asked",     "warnings",
	"last_words",     "received_unix_ms",
	"cursor",         "people_kept",
	"sequence",       "changed_unix_ms",
	"waiting_since",
};

static const char *const HEADINGS[COLUMN_N] = { "id",      "state",      "title",     "federation",
						"kind",    "discipline", "level",     "days",
						"people",  "value",      "host",      "city",
						"venue",   "venue_name", "first_day", "last_day",
						"revision" };

enum cvn_err csv_cell(struct buf *out, const char *text)
{
	const bool is_formula = text[0] != '\0' && strchr("=+-@\t\r", text[0]) != NULL;
	enum cvn_err err;

	if (strpbrk(text, ",\"\r\n") == NULL)
		return buf_printf(out, "%s%s", is_formula ? "'" : "", text);
	err = buf_printf(out, "\"%s", is_formula ? "'" : "");
	for (; err == CVN_OK && *text != '\0'; text++)
		err = *text == '"' ? buf_append(out, "\"\"", 2) : buf_append(out, text, 1);
	return err == CVN_OK ? buf_append(out, "\"", 1) : err;
}

static enum cvn_err put_row(struct buf *out, const char *const *cells)
{
	enum cvn_err err = CVN_OK;

	for (size_t i = 0; i < COLUMN_N && err == CVN_OK; i++) {
		if (i > 0)
			err = buf_append(out, ",", 1);
		if (err == CVN_OK)
			err = csv_cell(out, show_or_empty(cells[i]));
	}
	return err;
}

/* A value as one cell: texts and numbers as they are, lists of texts joined by spaces, what has parts
 * as JSON. */
static enum cvn_err put_value(struct buf *out, const json_t *value)
{
	bool is_list = json_is_array(value);
	char *text;
	enum cvn_err err = CVN_OK;

	for (size_t i = 0; is_list && i < json_array_size(value); i++)
		is_list = json_is_string(json_array_get(value, i));
	if (json_is_string(value))
		return csv_cell(out, json_string_value(value));
	for (size_t i = 0; is_list && i < json_array_size(value) && err == CVN_OK; i++)
		err = buf_printf(out, "%s%s", i > 0 ? " " : "", /* ids: nothing to escape */
				 json_string_value(json_array_get(value, i)));
	if (is_list || value == NULL || json_is_null(value))
		return err;
	text = json_dumps(value, JSON_COMPACT | JSON_FLAGS);
	err = text != NULL ? csv_cell(out, text) : CVN_ENOMEM;
	free(text);
	return err;
}

static enum cvn_err put_more(struct buf *out, const struct entry *e)
{
	json_t *object = entry_json(e);
	enum cvn_err err = object != NULL ? CVN_OK : CVN_ENOMEM;

	for (size_t i = 0; i < N_ELEMENTS(MORE) && err == CVN_OK; i++) {
		err = buf_append(out, ",", 1);
		if (err == CVN_OK)
			err = put_value(out, json_object_get(object, MORE[i]));
	}
	json_decref(object);
	return err == CVN_OK ? buf_append(out, "\r\n", 2) : err;
}

static enum cvn_err put_headings(struct buf *out)
{
	enum cvn_err err = put_row(out, HEADINGS);

	for (size_t i = 0; i < N_ELEMENTS(MORE) && err == CVN_OK; i++)
		err = buf_printf(out, ",%s", MORE[i]);
	return err == CVN_OK ? buf_append(out, "\r\n", 2) : err;
}

static enum cvn_err put_entry(struct buf *out, const struct entries *entries, const struct entry *e,
			      const char *lang)
{
	const struct programme *data = entries->programme;
	const Convene__V1__Request *c = e->content;
	const Convene__V1__Placement *p = e->standing->placement;
	const Convene__V1__Venue *venue =
		data != NULL && p != NULL ? programme_venue(data, p->venue) : NULL;
	char level[24] = "", days[24] = "", people[24] = "", value[24] = "", revision[24],
	     last[DAY_TEXT_SIZE] = "";
	const char *cells[COLUMN_N] = { e->id, state_name(e->standing->state) };
	enum cvn_err err;

	if (c != NULL) {
		cells[2] = show_text(c->title, c->n_title, lang);
		cells[3] = c->federation;
		cells[4] = c->kind;
		cells[5] = c->discipline;
		snprintf(level, sizeof(level), "%" PRId64, c->level);
		snprintf(days, sizeof(days), "%" PRId64, c->duration);
		snprintf(people, sizeof(people), "%" PRId64, c->headcount);
		snprintf(value, sizeof(value), "%" PRId64,
			 e->standing->has_value ? e->standing->value : c->value);
		if (p != NULL)
			show_last_day(p->first_day, c->duration, last);
	}
	snprintf(revision, sizeof(revision), "%" PRId64, e->revision);
	cells[6] = level;
	cells[7] = days;
	cells[8] = people;
	cells[9] = value;
	cells[10] = venue != NULL ? programme_noc_of_venue(data, p->venue) : NULL;
	cells[11] = venue != NULL ? venue->city : NULL;
	cells[12] = p != NULL ? p->venue : NULL;
	cells[13] = venue != NULL ? show_text(venue->name, venue->n_name, lang) : NULL;
	cells[14] = p != NULL ? p->first_day : NULL;
	cells[15] = last;
	cells[16] = revision;
	err = put_row(out, cells);
	return err == CVN_OK ? put_more(out, e) : err;
}

enum cvn_err csv_write(struct buf *out, const struct entries *entries, const char *lang)
{
	enum cvn_err err = put_headings(out);

	for (size_t i = 0; i < entries->n && err == CVN_OK; i++)
		err = put_entry(out, entries, &entries->all[i], lang);
	return err;
}
