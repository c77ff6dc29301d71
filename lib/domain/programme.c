/* programme.c - seven hash tables of copies, and one object for what follows from them.
 *
 * Layer     domain.
 * Thread    as in programme.h. */
#include "domain/programme.h"
#include "domain/copy.h"
#include "domain/derived.h"
#include <stdlib.h>
#include <string.h>

struct programme {
	struct programme_item *items[ENTITY_KIND_N];
	size_t n_items;
	struct derived *derived; /* apart, so that a question may build it */
};

static const char *const KINDS[ENTITY_KIND_N] = {
	[ENTITY_CITY] = "city",
	[ENTITY_VENUE] = "venue",
	[ENTITY_OFFER] = "offer",
	[ENTITY_FEDERATION] = "federation",
	[ENTITY_SQUAD] = "squad",
	[ENTITY_PROTECTED] = "protected",
	[ENTITY_PROGRAMME] = "programme",
};

static const struct derived *derive(const struct programme *p)
{
	if (!p->derived->is_built)
		derived_build(p->derived, p);
	return p->derived;
}

static bool is_kind(enum entity_kind kind)
{
	return (int)kind > ENTITY_NONE && (int)kind < ENTITY_KIND_N;
}

static void free_item(struct programme_item *item)
{
	free((void *)item->entity);
	free(item);
}

static struct programme_item *find(const struct programme *p, enum entity_kind kind, const char *id)
{
	struct programme_item *item = NULL;

	if (id != NULL && is_kind(kind))
		HASH_FIND_STR(p->items[kind], id, item);
	return item;
}

static void drop(struct programme *p, enum entity_kind kind, struct programme_item *item)
{
	HASH_DEL(p->items[kind], item);
	p->n_items--;
	free_item(item);
}

static enum cvn_err add(struct programme *p, enum entity_kind kind, Convene__V1__Entity *copy, int64_t cursor)
{
	struct programme_item *item;

	if (p->n_items >= PROGRAMME_ENTITIES_MAX)
		return CVN_ETOOLARGE;
	item = calloc(1, sizeof(*item));
	if (item == NULL)
		return CVN_ENOMEM;
	item->entity = copy;
	item->id = entity_id(copy);
	item->cursor = cursor;
	HASH_ADD_KEYPTR(hh, p->items[kind], item->id, strlen(item->id), item);
	p->n_items++;
	return CVN_OK;
}

/* Keeps the item's place in the order; its key moves over to the new copy, where it has the same bytes. */
static void replace(struct programme_item *item, Convene__V1__Entity *copy, int64_t cursor)
{
	free((void *)item->entity);
	item->entity = copy;
	item->id = entity_id(copy);
	item->hh.key = item->id;
	item->cursor = cursor;
}

const char *entity_kind_name(enum entity_kind kind)
{
	return is_kind(kind) ? KINDS[kind] : NULL;
}

enum entity_kind entity_kind_of_name(const char *name)
{
	for (int kind = ENTITY_NONE + 1; name != NULL && kind < ENTITY_KIND_N; kind++) {
		if (strcmp(KINDS[kind], name) == 0)
			return (enum entity_kind)kind;
	}
	return ENTITY_NONE;
}

enum entity_kind entity_kind(const Convene__V1__Entity *entity)
{
	enum entity_kind kind = (enum entity_kind)(int)entity->of_case;

	return is_kind(kind) ? kind : ENTITY_NONE;
}

const char *entity_id(const Convene__V1__Entity *entity)
{
	switch (entity_kind(entity)) {
	case ENTITY_CITY:
		return entity->city->id;
	case ENTITY_VENUE:
		return entity->venue->id;
	case ENTITY_OFFER:
		return entity->offer->id;
	case ENTITY_FEDERATION:
		return entity->federation->id;
	case ENTITY_SQUAD:
		return entity->squad->id;
	case ENTITY_PROTECTED:
		return entity->protected_->id;
	case ENTITY_PROGRAMME:
		return entity->programme->id;
	default:
		return NULL;
	}
}

struct programme *programme_new(void)
{
	struct programme *p = calloc(1, sizeof(*p));

	if (p != NULL)
		p->derived = calloc(1, sizeof(*p->derived));
	if (p != NULL && p->derived == NULL) {
		free(p);
		return NULL;
	}
	return p;
}

void programme_free(struct programme *p)
{
	if (p == NULL)
		return;
	derived_done(p->derived);
	free(p->derived);
	for (int kind = 0; kind < ENTITY_KIND_N; kind++) {
		struct programme_item *item, *next;

		HASH_ITER(hh, p->items[kind], item, next)
			drop(p, (enum entity_kind)kind, item);
	}
	free(p);
}

enum cvn_err programme_put(struct programme *p, const Convene__V1__Entity *entity, int64_t cursor)
{
	enum entity_kind kind = entity_kind(entity);
	struct programme_item *item;
	Convene__V1__Entity *copy;
	enum cvn_err err = CVN_OK;

	if (kind == ENTITY_NONE || entity_id(entity) == NULL)
		return CVN_EINVALID;
	copy = copy_message(&entity->base);
	if (copy == NULL)
		return CVN_ENOMEM;
	derived_done(p->derived);
	item = find(p, kind, entity_id(entity));
	if (item != NULL) {
		replace(item, copy, cursor);
		return CVN_OK;
	}
	if (kind == ENTITY_PROGRAMME && p->items[kind] != NULL)
		drop(p, kind, p->items[kind]);
	err = add(p, kind, copy, cursor);
	if (err != CVN_OK)
		free(copy);
	return err;
}

void programme_retire(struct programme *p, enum entity_kind kind, const char *id)
{
	struct programme_item *item = find(p, kind, id);

	if (item == NULL)
		return;
	derived_done(p->derived);
	drop(p, kind, item);
}

void programme_prepare(const struct programme *p)
{
	derive(p);
}

const struct programme_item *programme_item(const struct programme *p, enum entity_kind kind, const char *id)
{
	return find(p, kind, id);
}

const Convene__V1__City *programme_city(const struct programme *p, const char *id)
{
	const struct programme_item *item = find(p, ENTITY_CITY, id);

	return item != NULL ? item->entity->city : NULL;
}

const Convene__V1__Venue *programme_venue(const struct programme *p, const char *id)
{
	const struct programme_item *item = find(p, ENTITY_VENUE, id);

	return item != NULL ? item->entity->venue : NULL;
}

const Convene__V1__Offer *programme_offer(const struct programme *p, const char *id)
{
	const struct programme_item *item = find(p, ENTITY_OFFER, id);

	return item != NULL ? item->entity->offer : NULL;
}

const Convene__V1__Federation *programme_federation(const struct programme *p, const char *id)
{
	const struct programme_item *item = find(p, ENTITY_FEDERATION, id);

	return item != NULL ? item->entity->federation : NULL;
}

const Convene__V1__Squad *programme_squad(const struct programme *p, const char *id)
{
	const struct programme_item *item = find(p, ENTITY_SQUAD, id);

	return item != NULL ? item->entity->squad : NULL;
}

const Convene__V1__Protected *programme_protected(const struct programme *p, const char *id)
{
	const struct programme_item *item = find(p, ENTITY_PROTECTED, id);

	return item != NULL ? item->entity->protected_ : NULL;
}

const Convene__V1__Programme *programme_about(const struct programme *p)
{
	const struct programme_item *item = p->items[ENTITY_PROGRAMME];

	return item != NULL ? item->entity->programme : NULL;
}

const struct programme_item *programme_first(const struct programme *p, enum entity_kind kind)
{
	return is_kind(kind) ? p->items[kind] : NULL;
}

const struct programme_item *programme_next(const struct programme_item *item)
{
	return item->hh.next;
}

size_t programme_count(const struct programme *p, enum entity_kind kind)
{
	return is_kind(kind) ? HASH_COUNT(p->items[kind]) : 0;
}

size_t programme_count_all(const struct programme *p)
{
	return p->n_items;
}

int32_t programme_soonest(const struct programme *p, bool is_confirmed, int32_t today)
{
	const struct policy *policy = programme_policy(p);
	int64_t days = 1;

	if (is_confirmed && policy->freeze_days > days)
		days = policy->freeze_days;
	if (is_confirmed && policy->change_notice_days > days)
		days = policy->change_notice_days;
	return today + (int32_t)(days < PROGRAMME_DAYS_MAX ? days : PROGRAMME_DAYS_MAX);
}

int32_t programme_first_day(const struct programme *p)
{
	return derive(p)->first_day;
}

int32_t programme_last_day(const struct programme *p)
{
	return derive(p)->first_day + derive(p)->n_days - 1;
}

int32_t programme_n_days(const struct programme *p)
{
	return derive(p)->n_days;
}

static bool is_among(char *const *nocs, size_t n, const char *noc)
{
	for (size_t i = 0; i < n; i++) {
		if (strcmp(nocs[i], noc) == 0)
			return true;
	}
	return false;
}

bool programme_is_party(const struct programme *p, const char *noc)
{
	const Convene__V1__Programme *about = programme_about(p);

	return about != NULL && noc != NULL && is_among(about->parties, about->n_parties, noc);
}

bool programme_is_guest(const struct programme *p, const char *noc)
{
	const Convene__V1__Programme *about = programme_about(p);

	return about != NULL && noc != NULL && is_among(about->guests, about->n_guests, noc);
}

const char *programme_noc_of_venue(const struct programme *p, const char *venue)
{
	const Convene__V1__Venue *at = programme_venue(p, venue);
	const Convene__V1__City *city = at != NULL ? programme_city(p, at->city) : NULL;

	return city != NULL ? city->noc : NULL;
}

const char *programme_noc_of_federation(const struct programme *p, const char *federation)
{
	const Convene__V1__Federation *of = programme_federation(p, federation);

	return of != NULL ? of->noc : NULL;
}

const char *programme_noc_of_squad(const struct programme *p, const char *squad)
{
	const Convene__V1__Squad *of = programme_squad(p, squad);

	return of != NULL ? programme_noc_of_federation(p, of->federation) : NULL;
}

bool programme_has_discipline(const struct programme *p, const char *code)
{
	return derived_has_word(derive(p)->disciplines, code);
}

bool programme_has_facility(const struct programme *p, const char *code)
{
	return derived_has_word(derive(p)->facilities, code);
}

const int32_t *programme_offers(const struct programme *p, const char *noc, int service)
{
	return derived_offers(derive(p), noc, service);
}

int64_t programme_offered(const struct programme *p, const char *noc, int service, int32_t day)
{
	const int32_t *staff = programme_offers(p, noc, service);
	int64_t index = (int64_t)day - programme_first_day(p);

	return staff != NULL && index >= 0 && index < programme_n_days(p) ? staff[index] : 0;
}

int64_t programme_offered_most(const struct programme *p, const char *noc, int service)
{
	return derived_offered_most(derive(p), noc, service);
}

const struct policy *programme_policy(const struct programme *p)
{
	return &derive(p)->policy;
}
