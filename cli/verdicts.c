#include "cli/verdicts.h"
#include "domain/code.h"
#include "domain/day.h"
#include "domain/lifecycle.h"
#include "wire/json.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

enum { COLUMN_REQUEST, COLUMN_VERDICT, COLUMN_REASON, COLUMN_NOC, COLUMN_REVISION, COLUMN_N };

static const char *const COLUMNS[COLUMN_N] = { "request", "verdict", "reason", "noc", "revision" };

#define CELLS_MAX 32

static int column_of(const char *name)
{
	for (int i = 0; i < COLUMN_N; i++)
		if (strcmp(COLUMNS[i], name) == 0)
			return i;
	return -1;
}

static struct verdict *append(struct verdicts *v, size_t *cap, struct arena *arena, size_t line)
{
	struct verdict *all = v->all;

	if (v->n == *cap) {
		*cap = *cap > 0 ? 2 * *cap : 256;
		all = arena_array(arena, *cap, sizeof(*all));
		if (all == NULL)
			return NULL;
		if (v->n > 0)
			memcpy(all, v->all, v->n * sizeof(*all));
		v->all = all;
	}
	all[v->n] = (struct verdict){ .line = line };
	return &all[v->n++];
}

static bool set(struct verdict *v, int column, const char *text, struct arena *arena)
{
	char **const fields[] = { &v->request, &v->verdict, &v->reason, &v->noc };
	char *end;

	if (text[0] == '\0')
		return true;
	if (column < COLUMN_REVISION) {
		*fields[column] = arena_strdup(arena, text);
		return *fields[column] != NULL;
	}
	v->revision = strtoll(text, &end, 10);
	if (*end != '\0' || v->revision < 1)
		v->fault = "the revision is no number from 1 on";
	return true;
}

static enum cvn_err add_object(struct verdicts *v, size_t *cap, struct arena *arena, size_t line,
			       const json_t *object)
{
	struct verdict *verdict = append(v, cap, arena, line);
	const char *key;
	json_t *value;

	if (verdict == NULL)
		return CVN_ENOMEM;
	if (!json_is_object(object)) {
		verdict->fault = "it is no object";
		return CVN_OK;
	}
	json_object_foreach ((json_t *)object, key, value) {
		const int column = column_of(key);
		char number[32];

		if (column == -1) {
			verdict->fault = arena_printf(arena, "there is no key %.40s", key);
			continue;
		}
		snprintf(number, sizeof(number), "%" JSON_INTEGER_FORMAT,
			 json_integer_value(value));
		if (json_is_null(value))
			continue;
		if (json_is_integer(value) != (column == COLUMN_REVISION) ||
		    (!json_is_integer(value) && !json_is_string(value)))
			verdict->fault = arena_printf(arena, "%s has the wrong type", key);
		else if (!set(verdict, column,
			      json_is_integer(value) ? number : json_string_value(value), arena))
			return CVN_ENOMEM;
	}
	return CVN_OK;
}

static enum cvn_err read_json(const char *bytes, size_t n, struct arena *arena, struct verdicts *v,
			      struct json_faults *faults)
{
	size_t offset = 0, cap = 0, number = 0;
	enum cvn_err err = CVN_OK;
	json_t *json;

	while (err == CVN_OK && (json = json_parse_next(bytes, n, &offset, faults)) != NULL) {
		const size_t many = json_is_array(json) ? json_array_size(json) : 1;

		for (size_t i = 0; i < many && err == CVN_OK; i++)
			err = v->n < VERDICTS_MAX ?
				      add_object(v, &cap, arena, ++number,
						 json_is_array(json) ? json_array_get(json, i) :
								       json) :
				      CVN_ETOOLARGE;
		json_decref(json);
	}
	return err == CVN_OK && faults->n_errors > 0 ? CVN_EINVALID : err;
}

/* One cell of a table, unquoted, from `*at` on, which moves behind it and its comma. False: it ends
 * the row. */
static bool next_cell(const char **at, const char *end, char *cell, size_t *ret_n)
{
	const bool is_quoted = *at < end && **at == '"';
	const char *p = *at + (is_quoted ? 1 : 0);
	size_t n = 0;

	for (; p < end; p++) {
		if (is_quoted && *p == '"' && (p + 1 == end || p[1] != '"')) {
			p++;
			break;
		}
		if (!is_quoted && (*p == ',' || *p == '\n' || *p == '\r'))
			break;
		p += is_quoted && *p == '"'; /* doubled: one is meant */
		cell[n++] = *p;
	}
	*ret_n = n;
	if (p < end && *p == ',') {
		*at = p + 1;
		return true;
	}
	while (p < end && *p == '\r')
		p++;
	*at = p < end && *p == '\n' ? p + 1 : p;
	return false;
}

static size_t count_lines(const char *from, const char *to)
{
	size_t n = 0;

	for (; from < to; from++)
		n += *from == '\n';
	return n;
}

/* Reads one row into cells that live in the arena; 0: nothing stands on the line. */
static enum cvn_err read_row(const char **at, const char *end, struct arena *arena, char **cells,
			     size_t *ret_n)
{
	char *buffer = arena_alloc(arena, (size_t)(end - *at) + CELLS_MAX + 1);
	const char *start = *at;
	bool goes_on = true;
	size_t n = 0, length;

	if (buffer == NULL)
		return CVN_ENOMEM;
	while (goes_on) {
		if (n == CELLS_MAX)
			return CVN_ETOOLARGE;
		goes_on = next_cell(at, end, buffer, &length);
		buffer[length] = '\0';
		cells[n++] = buffer;
		buffer += length + 1;
		if (*at == start)
			*at = end; /* text behind a closing quote: what is left is not read */
	}
	*ret_n = n == 1 && cells[0][0] == '\0' ? 0 : n;
	return CVN_OK;
}

static enum cvn_err read_heading(char **cells, size_t n, int *ret_columns, const char **ret_text)
{
	bool has_request = false, has_verdict = false;

	for (size_t i = 0; i < n; i++) {
		ret_columns[i] = column_of(cells[i]);
		has_request |= ret_columns[i] == COLUMN_REQUEST;
		has_verdict |= ret_columns[i] == COLUMN_VERDICT;
	}
	if (has_request && has_verdict)
		return CVN_OK;
	*ret_text = "the heading must name the columns request and verdict";
	return CVN_EINVALID;
}

static enum cvn_err read_table(const char *bytes, size_t n, struct arena *arena, struct verdicts *v,
			       const char **ret_text)
{
	const char *at = bytes, *end = bytes + n;
	char *cells[CELLS_MAX];
	int columns[CELLS_MAX];
	size_t n_cells, n_columns, cap = 0, line = 1;
	enum cvn_err err = read_row(&at, end, arena, cells, &n_columns);

	if (err == CVN_OK)
		err = read_heading(cells, n_columns, columns, ret_text);
	line += count_lines(bytes, at);
	while (err == CVN_OK && at < end) {
		const char *row = at;
		struct arena scratch;
		struct verdict *verdict;

		arena_init(&scratch, n + 4096 + CELLS_MAX);
		err = read_row(&at, end, &scratch, cells, &n_cells);
		verdict = err == CVN_OK && n_cells > 0 ? append(v, &cap, arena, line) : NULL;
		if (err == CVN_OK && n_cells > 0 && (verdict == NULL || v->n > VERDICTS_MAX))
			err = verdict == NULL ? CVN_ENOMEM : CVN_ETOOLARGE;
		for (size_t i = 0; err == CVN_OK && i < n_cells && i < n_columns; i++)
			if (columns[i] != -1 && !set(verdict, columns[i], cells[i], arena))
				err = CVN_ENOMEM;
		arena_done(&scratch);
		line += count_lines(row, at);
	}
	return err;
}

enum cvn_err verdicts_read(const char *bytes, size_t n, struct arena *arena, struct verdicts *ret,
			   const char **ret_text)
{
	const size_t blank = n > 0 ? strspn(bytes, " \t\r\n") : 0;
	struct json_faults faults;
	enum cvn_err err;

	*ret = (struct verdicts){ .n = 0 };
	if (n > blank && (bytes[blank] == '{' || bytes[blank] == '[')) {
		json_faults_init(&faults, arena);
		err = read_json(bytes, n, arena, ret, &faults);
		if (faults.first != NULL)
			*ret_text = faults.first->text;
		return err;
	}
	*ret_text = "it is neither JSON nor a table";
	return read_table(bytes, n, arena, ret, ret_text);
}

/* A request by its id, or the first decision of the file on one, so that a second is noticed. */
struct known {
	char *key;
	const struct entry *entry;
	const struct verdict *verdict;
	UT_hash_handle hh;
};

static bool is(const char *a, const char *b)
{
	return a != NULL && b != NULL && strcmp(a, b) == 0;
}

static enum cause cause_of(const char *verdict)
{
	switch (code_verdict(verdict)) {
	case VERDICT_APPROVE:
		return CAUSE_CONSENT;
	case VERDICT_DECLINE:
		return CAUSE_DECLINE;
	case VERDICT_REVISE:
		return CAUSE_REVISE;
	case VERDICT_POSTPONE:
		return CAUSE_POSTPONE;
	case VERDICT_CANCEL:
		return CAUSE_CANCEL;
	default:
		return CAUSE_N;
	}
}

/* What is wrong with the row by itself. */
static const char *form_fault(const struct verdict *v)
{
	if (v->request == NULL)
		return "no request is named";
	if (cause_of(v->verdict) == CAUSE_N)
		return "the verdict must be approve, decline, revise, postpone or cancel";
	if (v->reason == NULL && !is(v->verdict, "approve"))
		return "a reason must be there";
	return NULL;
}

/* Has so few people coming, and waits for its host's word on that? */
static bool is_host_asked(const struct entries *entries, const struct entry *e, const char *noc)
{
	const Convene__V1__Standing *s = e->standing;

	return s->state == STATE_CONFIRMED && s->host_asked && s->placement != NULL &&
	       entries->programme != NULL &&
	       is(programme_noc_of_venue(entries->programme, s->placement->venue), noc);
}

static const char *consent_fault(const struct entry *e, const struct verdicts_who *who,
				 const char *noc, struct arena *arena)
{
	const Convene__V1__Standing *s = e->standing;
	bool is_needed = false;

	for (size_t i = 0; i < s->n_consent_needed; i++)
		is_needed |= is(s->consent_needed[i], noc);
	if (!is_needed)
		return arena_printf(arena, "the word of %s is not needed", noc);
	for (size_t i = 0; i < s->n_consents; i++) {
		if (is(s->consents[i]->noc, noc))
			return arena_printf(arena, "%s has approved it already", noc);
		if (is(s->consents[i]->key, who->key))
			return "nobody gives the word of two committees";
	}
	return NULL;
}

static bool is_over(const struct entries *entries, const struct entry *e)
{
	const Convene__V1__Placement *p = e->standing->placement;
	int32_t day;

	return entries->has_today && p != NULL && e->content != NULL &&
	       day_parse(p->first_day, &day) && day + e->content->duration <= entries->today;
}

/* What stands against it: the state, the revision, who speaks. */
static const char *standing_fault(const struct verdict *v, const struct entries *entries,
				  const struct entry *e, const struct verdicts_who *who,
				  const char *noc, struct arena *arena)
{
	const bool is_approval = is(v->verdict, "approve");

	if (e == NULL)
		return "there is no such request";
	if (v->revision != 0 && v->revision != e->revision)
		return arena_printf(arena, "revision %" PRId64 " stands", e->revision);
	if (noc != NULL && is_approval && is_host_asked(entries, e, noc))
		return NULL;
	if (!lifecycle_can(e->standing->state, cause_of(v->verdict)))
		return arena_printf(arena, "it is %s", state_name(e->standing->state));
	if (noc == NULL)
		return "noc must say for which committee";
	if (is_over(entries, e) && (is_approval || e->standing->state == STATE_CONFIRMED))
		return "its days are over";
	return is_approval ? consent_fault(e, who, noc, arena) : NULL;
}

static struct known *find(struct known *known, const char *key)
{
	struct known *found = NULL;

	HASH_FIND_STR(known, key, found);
	return found;
}

static bool keep(struct known **known, char *key, const struct entry *e, const struct verdict *v,
		 struct arena *arena)
{
	struct known *k = arena_zalloc(arena, sizeof(*k));

	if (k == NULL)
		return false;
	k->key = key;
	k->entry = e;
	k->verdict = v;
	HASH_ADD_KEYPTR(hh, *known, key, strlen(key), k);
	return true;
}

static const char *who_fault(const struct verdicts_who *who, const struct verdict *v)
{
	if (is(who->role, "federation") || is(who->role, "observer"))
		return "only committees decide";
	return is(who->role, "committee") && v->noc != NULL && !is(v->noc, who->subject) ?
		       "a committee speaks for itself alone" :
		       NULL;
}

static const char *discipline_fault(const struct verdicts_who *who, const struct entry *e)
{
	for (size_t i = 0; i < who->n_disciplines; i++)
		if (e->content != NULL && is(who->disciplines[i], e->content->discipline))
			return NULL;
	return who->n_disciplines > 0 ?
		       "the committee has let this key speak for other disciplines" :
		       NULL;
}

/* Two rows on one request: the second finds what the first has made of it. */
static const char *second_fault(const struct verdict *v, const struct verdict *first,
				const char *noc, const char *first_noc, struct arena *arena)
{
	if (is(noc, first_noc))
		return arena_printf(arena, "%s decides it twice in this file", noc);
	if (!is(first->verdict, "approve"))
		return arena_printf(arena, "line %zu of this file has decided it", first->line);
	return is(v->verdict, "approve") ? "nobody gives the word of two committees" : NULL;
}

/* A file that is checked, and what is known so far. */
struct check {
	const struct entries *entries;
	const struct verdicts_who *who;
	struct known *by_id; /* requests */
	struct known *done;  /* good rows of the file, by their request */
	struct arena *arena;
};

static const char *noc_of(const struct verdicts_who *who, const struct verdict *v)
{
	if (v->noc != NULL)
		return v->noc;
	return is(who->role, "committee") ? who->subject : NULL;
}

static enum cvn_err check_one(struct check *c, struct verdict *v)
{
	const char *noc = noc_of(c->who, v);
	const struct known *k, *first;

	if (v->fault == NULL)
		v->fault = form_fault(v);
	if (v->fault == NULL)
		v->fault = who_fault(c->who, v);
	if (v->fault != NULL)
		return CVN_OK;
	k = find(c->by_id, v->request);
	v->fault = standing_fault(v, c->entries, k != NULL ? k->entry : NULL, c->who, noc,
				  c->arena);
	if (v->fault == NULL)
		v->fault = discipline_fault(c->who, k->entry);
	first = find(c->done, v->request);
	if (v->fault == NULL && first != NULL)
		v->fault = second_fault(v, first->verdict, noc, noc_of(c->who, first->verdict),
					c->arena);
	if (v->fault != NULL || first != NULL)
		return CVN_OK;
	return keep(&c->done, v->request, NULL, v, c->arena) ? CVN_OK : CVN_ENOMEM;
}

enum cvn_err verdicts_check(struct verdicts *v, const struct entries *entries,
			    const struct verdicts_who *who, struct arena *arena)
{
	struct check c = { .entries = entries, .who = who, .arena = arena };
	enum cvn_err err = CVN_OK;

	for (size_t i = 0; i < entries->n && err == CVN_OK; i++)
		err = keep(&c.by_id, (char *)entries->all[i].id, &entries->all[i], NULL, arena) ?
			      CVN_OK :
			      CVN_ENOMEM;
	v->n_faults = 0;
	for (size_t i = 0; i < v->n && err == CVN_OK; i++) {
		err = check_one(&c, &v->all[i]);
		v->n_faults += v->all[i].fault != NULL;
	}
	HASH_CLEAR(hh, c.by_id);
	HASH_CLEAR(hh, c.done);
	return err;
}
