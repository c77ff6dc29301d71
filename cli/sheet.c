#include "cli/sheet.h"
#include "domain/day.h"
#include "domain/lifecycle.h"

#include <stdlib.h>
#include <string.h>

static int by_day(const void *a, const void *b)
{
	const struct sheet_event *x = a, *y = b;

	if (x->first != y->first)
		return x->first < y->first ? -1 : 1;
	return strcmp(x->entry->id, y->entry->id);
}

static void add_event(struct sheet *s, const struct entry *e, int32_t first)
{
	const Convene__V1__Request *c = e->content;
	const int64_t days = c->duration > 0 && c->duration < 10000 ? c->duration : 1;

	s->events[s->n_events++] = (struct sheet_event){
		.entry = e, .first = first, .last = first + (int32_t)days - 1, .rest = -1
	};
	s->n_days += days;
	for (size_t i = 0; i < c->n_services; i++) {
		const int service = code_service(c->services[i]->service);

		if (service >= 0)
			s->support[service] += c->services[i]->staff * days;
	}
}

enum cvn_err sheet_make(const struct entries *entries, struct arena *arena, struct sheet *ret)
{
	struct sheet s = { .events = arena_array(arena, entries->n + 1, sizeof(*s.events)),
			   .missed = arena_array(arena, entries->n + 1, sizeof(*s.missed)) };
	int32_t first, last = 0;

	if (s.events == NULL || s.missed == NULL)
		return CVN_ENOMEM;
	for (size_t i = 0; i < entries->n; i++) {
		const struct entry *e = &entries->all[i];

		if (e->content == NULL)
			continue;
		if (lifecycle_has_place(e->standing) &&
		    day_parse(e->standing->placement->first_day, &first))
			add_event(&s, e, first);
		else
			s.missed[s.n_missed++] = e;
	}
	if (s.n_events > 1)
		qsort(s.events, s.n_events, sizeof(*s.events), by_day);
	for (size_t i = 0; i < s.n_events; i++) {
		if (i > 0 && s.events[i].first > last)
			s.events[i].rest = s.events[i].first - last - 1;
		if (i == 0 || s.events[i].last > last)
			last = s.events[i].last;
	}
	*ret = s;
	return CVN_OK;
}

/* Adds a sentence behind a semicolon. */
static const char *join(const char *text, const char *more, struct arena *arena)
{
	const char *both;

	if (more == NULL || more[0] == '\0')
		return text;
	both = text[0] == '\0' ? more : arena_printf(arena, "%s; %s", text, more);
	return both != NULL ? both : text;
}

const char *sheet_why(const struct entry *e, struct arena *arena)
{
	const Convene__V1__Standing *s = e->standing;
	const char *text = "";

	for (size_t i = 0; i < s->n_reasons; i++)
		text = join(text, s->reasons[i]->text, arena);
	for (size_t i = 0; i < s->n_violations; i++)
		text = join(text, s->violations[i]->text, arena);
	if (s->state == STATE_QUARANTINED)
		text = join(text, s->last_words, arena);
	if (text[0] == '\0' && s->decision != NULL)
		text = join(text, s->decision->reason, arena);
	return text;
}
