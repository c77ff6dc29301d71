#include "cli/awaits.h"
#include "cli/select.h"
#include "domain/day.h"
#include "domain/lifecycle.h"

#include <stdlib.h>
#include <string.h>
#include <uthash.h>

/* Requests that wait for room, by the one that stands in their way. */
struct way {
	const char *id; /* of the one that stands there */
	size_t n;
	const char *behind;
	UT_hash_handle hh;
};

struct finder {
	const struct entries *entries;
	const struct awaits_reader *reader;
	struct arena *arena;
	struct way *ways;
	struct awaits_list list;
	size_t cap;
	bool is_out_of_memory;
};

const char *awaits_name(enum awaits_what what)
{
	static const char *const NAMES[AWAITS_N] = { "conflict",   "too few people", "consent",
						     "acceptance", "revision",       "new days",
						     "answer",     "release" };

	return NAMES[what];
}

static bool is(const char *a, const char *b)
{
	return a != NULL && b != NULL && strcmp(a, b) == 0;
}

/* Adds a name to those in `*list`, once. */
static void join(struct finder *f, const char **list, const char *name)
{
	const char *at = name != NULL && *list != NULL ? strstr(*list, name) : NULL;
	const size_t n = name != NULL ? strlen(name) : 0;

	for (; at != NULL; at = strstr(at + 1, name))
		if ((at == *list || at[-1] == ' ') && (at[n] == '\0' || at[n] == ','))
			return;
	if (n == 0)
		return;
	*list = *list == NULL ? name : arena_printf(f->arena, "%s, %s", *list, name);
	f->is_out_of_memory |= *list == NULL;
}

/* Does the reader's word stand in the list? */
static bool is_asked(const struct finder *f, const char *whose)
{
	const char *subject = f->reader->subject;
	const char *at = whose != NULL && subject != NULL ? strstr(whose, subject) : NULL;

	if (!is(f->reader->role, "federation") && !is(f->reader->role, "committee"))
		return true;
	for (; at != NULL; at = strstr(at + 1, subject)) {
		const char end = at[strlen(subject)];

		if ((at == whose || at[-1] == ' ') && (end == '\0' || end == ','))
			return true;
	}
	return false;
}

/* A delegate decides about some disciplines alone. */
static bool is_about(const struct finder *f, const struct entry *e)
{
	const struct awaits_reader *r = f->reader;

	for (size_t i = 0; i < r->n_disciplines; i++)
		if (e->content != NULL && is(r->disciplines[i], e->content->discipline))
			return true;
	return r->n_disciplines == 0;
}

/* Where there is no last day, `by` is NULL. */
static void add(struct finder *f, const struct entry *e, enum awaits_what what, const char *whose,
		const char *by)
{
	struct awaits *a;
	struct way *way = NULL;

	if (!is_asked(f, whose) || !is_about(f, e))
		return;
	if (f->list.n == f->cap) {
		struct awaits *all =
			arena_array(f->arena, f->cap > 0 ? 2 * f->cap : 64, sizeof(*all));

		f->is_out_of_memory |= all == NULL;
		if (all == NULL)
			return;
		if (f->list.n > 0)
			memcpy(all, f->list.all, f->list.n * sizeof(*all));
		f->list.all = all;
		f->cap = f->cap > 0 ? 2 * f->cap : 64;
	}
	a = &f->list.all[f->list.n++];
	*a = (struct awaits){ .entry = e, .what = what, .whose = whose != NULL ? whose : "" };
	a->has_by = day_parse(by, &a->by);
	a->is_overdue = a->has_by && f->entries->has_today && a->by < f->entries->today;
	HASH_FIND_STR(f->ways, e->id, way);
	if (way != NULL) {
		a->n_behind = way->n;
		a->behind = way->behind;
	}
}

/* Committees whose word is still out. */
static const char *open_consents(struct finder *f, const Convene__V1__Standing *s)
{
	const char *list = NULL;

	for (size_t i = 0; i < s->n_consent_needed; i++) {
		bool is_given = false;

		for (size_t k = 0; k < s->n_consents; k++)
			is_given |= is(s->consents[k]->noc, s->consent_needed[i]);
		if (!is_given)
			join(f, &list, s->consent_needed[i]);
	}
	return list;
}

static const char *host_of(const struct finder *f, const struct entry *e)
{
	const char *venue = select_venue(e);

	return f->entries->programme != NULL && venue != NULL ?
		       programme_noc_of_venue(f->entries->programme, venue) :
		       NULL;
}

static const char *all_committees(struct finder *f, const struct entry *e)
{
	const char *list = NULL;

	for (size_t i = 0; i < e->standing->n_consent_needed; i++)
		join(f, &list, e->standing->consent_needed[i]);
	join(f, &list, host_of(f, e));
	return list;
}

static const char *open_invitations(struct finder *f, const Convene__V1__Standing *s)
{
	const char *list = NULL;

	for (size_t i = 0; i < s->n_invitations; i++)
		if (is(s->invitations[i]->state, "invited"))
			join(f, &list, s->invitations[i]->federation);
	return list;
}

static void look(struct finder *f, const struct entry *e)
{
	const Convene__V1__Standing *s = e->standing;
	const char *federation = e->content != NULL ? e->content->federation : NULL;
	const char *list = NULL;

	switch (s->state) {
	case STATE_PROPOSED:
		if (s->accept_by != NULL)
			add(f, e, AWAITS_ACCEPTANCE, federation, s->accept_by);
		else
			add(f, e, AWAITS_CONSENT, open_consents(f, s), s->decide_by);
		break;
	case STATE_CONFIRMED:
		if (s->in_conflict)
			add(f, e, AWAITS_CONFLICT, all_committees(f, e), NULL);
		if (s->host_asked)
			add(f, e, AWAITS_HOST, host_of(f, e), NULL);
		list = open_invitations(f, s);
		if (list != NULL)
			add(f, e, AWAITS_ANSWER, list, NULL);
		break;
	case STATE_REVISION_REQUIRED:
		add(f, e, AWAITS_REVISION, federation, s->amend_by);
		break;
	case STATE_POSTPONED:
		join(f, &list, federation);
		join(f, &list,
		     f->entries->programme != NULL && s->was != NULL ?
			     programme_noc_of_venue(f->entries->programme, s->was->venue) :
			     host_of(f, e));
		add(f, e, AWAITS_DAYS, list, NULL);
		break;
	case STATE_QUARANTINED:
		add(f, e, AWAITS_RELEASE, "operator", NULL);
		break;
	default:
		break;
	}
}

/* Whom do the waiting ones name as standing in their way? */
static void find_ways(struct finder *f, const struct entry *e)
{
	const Convene__V1__Standing *s = e->standing;

	for (size_t i = 0; s->state == STATE_WAITLISTED && i < s->n_reasons; i++) {
		for (size_t k = 0; k < s->reasons[i]->n_with; k++) {
			const char *id = s->reasons[i]->with[k];
			struct way *way = NULL;

			HASH_FIND_STR(f->ways, id, way);
			if (way == NULL) {
				way = arena_zalloc(f->arena, sizeof(*way));
				if (way == NULL)
					return;
				way->id = id;
				HASH_ADD_KEYPTR(hh, f->ways, id, strlen(id), way);
			}
			if (way->behind != NULL && strstr(way->behind, e->id) != NULL)
				continue; /* named for two reasons */
			way->n++;
			way->behind = way->behind == NULL ?
					      e->id :
					      arena_printf(f->arena, "%s %s", way->behind, e->id);
		}
	}
}

/* 0: overdue, 1: at once, 2: has a last day, 3: has none. */
static int urgency(const struct awaits *a)
{
	if (a->is_overdue)
		return 0;
	if (a->what == AWAITS_CONFLICT || a->what == AWAITS_HOST)
		return 1;
	return a->has_by ? 2 : 3;
}

static int by_urgency(const void *a, const void *b)
{
	const struct awaits *x = a, *y = b;

	if (urgency(x) != urgency(y))
		return urgency(x) - urgency(y);
	if (x->has_by && y->has_by && x->by != y->by)
		return x->by < y->by ? -1 : 1;
	if (x->entry != y->entry) /* in the order of receipt */
		return x->entry < y->entry ? -1 : 1;
	return (int)x->what - (int)y->what;
}

enum cvn_err awaits_find(const struct entries *entries, const struct awaits_reader *reader,
			 struct arena *arena, struct awaits_list *ret)
{
	struct finder f = { .entries = entries, .reader = reader, .arena = arena };

	for (size_t i = 0; i < entries->n; i++)
		find_ways(&f, &entries->all[i]);
	for (size_t i = 0; i < entries->n; i++)
		look(&f, &entries->all[i]);
	HASH_CLEAR(hh, f.ways);
	if (f.is_out_of_memory)
		return CVN_ENOMEM;
	if (f.list.n > 1)
		qsort(f.list.all, f.list.n, sizeof(*f.list.all), by_urgency);
	*ret = f.list;
	return CVN_OK;
}
