#include "ports/page.h"
#include "domain/day.h"

#include <stdlib.h>

/* Numbers of places among the requests begin here: no programme has so many changes. */
#define RECORDS_FROM (INT64_C(1) << 48)

struct entities {
	const struct programme_item **items;
	size_t n;
};

Convene__V1__Record *page_record(const struct replica_record *record, struct arena *arena)
{
	Convene__V1__Record *m = arena_alloc(arena, sizeof *m);

	if (m == NULL)
		return NULL;
	convene__v1__record__init(m);
	m->id = (char *)(uintptr_t)record->id;
	m->has_revision = m->has_cursor = m->has_received_unix_ms = 1;
	m->revision = record->revision;
	m->content = (Convene__V1__Request *)(uintptr_t)record->content;
	m->standing = (Convene__V1__Standing *)(uintptr_t)record->standing;
	m->cursor = record->cursor;
	m->received_unix_ms = record->received_unix_ms;
	return m;
}

bool page_place_of(const struct replica *replica, int64_t number, struct page_place *ret_place)
{
	struct page_place place = { 0 };

	if (number < 0)
		return false;
	if (number < RECORDS_FROM) {
		place.data_after = number;
	} else {
		size_t n = (size_t)(number - RECORDS_FROM);

		if (n > replica_count(replica))
			return false;
		place.in_records = true;
		while (place.n_records < n) {
			place.last = place.last == NULL ? replica_first(replica) :
							  replica_next(place.last);
			if (place.last == NULL)
				return false;
			place.n_records++;
		}
	}
	*ret_place = place;
	return true;
}

int64_t page_number(const struct page_place *place)
{
	return place->in_records ? RECORDS_FROM + (int64_t)place->n_records : place->data_after;
}

static int by_cursor(const void *a, const void *b)
{
	const struct programme_item *const *x = a, *const *y = b;

	return (*x)->cursor < (*y)->cursor ? -1 : (*x)->cursor > (*y)->cursor;
}

/* Those with a cursor above `after`, by cursor. */
static enum cvn_err entities_after(const struct programme *p, int64_t after, struct arena *arena,
				   struct entities *ret)
{
	size_t room = 0;
	struct entities found = { 0 };

	for (int kind = ENTITY_NONE + 1; kind < ENTITY_KIND_N; kind++)
		room += programme_count(p, (enum entity_kind)kind);
	found.items = arena_array(arena, room > 0 ? room : 1, sizeof *found.items);
	if (found.items == NULL)
		return CVN_ENOMEM;
	for (int kind = ENTITY_NONE + 1; kind < ENTITY_KIND_N; kind++) {
		const struct programme_item *item = programme_first(p, (enum entity_kind)kind);

		for (; item != NULL && found.n < room; item = programme_next(item))
			if (item->cursor > after)
				found.items[found.n++] = item;
	}
	qsort(found.items, found.n, sizeof *found.items, by_cursor);
	*ret = found;
	return CVN_OK;
}

static enum cvn_err add_entities(const struct replica *replica, const struct page_options *options,
				 struct page_place *place, struct arena *arena,
				 Convene__V1__Page *page, size_t *bytes)
{
	struct entities found;
	enum cvn_err err =
		entities_after(replica_programme(replica), place->data_after, arena, &found);
	size_t i;

	if (err != CVN_OK)
		return err;
	page->entities =
		arena_array(arena, found.n > 0 ? found.n : 1, sizeof(Convene__V1__EntityAt *));
	if (page->entities == NULL)
		return CVN_ENOMEM;
	for (i = 0; i < found.n; i++) {
		Convene__V1__EntityAt *at;
		size_t n;

		if (page->n_entities >= options->limit)
			break;
		at = arena_alloc(arena, sizeof *at);
		if (at == NULL)
			return CVN_ENOMEM;
		convene__v1__entity_at__init(at);
		at->entity = (Convene__V1__Entity *)(uintptr_t)found.items[i]->entity;
		at->has_cursor = 1;
		at->cursor = found.items[i]->cursor;
		n = protobuf_c_message_get_packed_size(&at->base) + 8;
		if (page->n_entities > 0 && *bytes + n > options->bytes_max)
			break;
		*bytes += n;
		page->entities[page->n_entities++] = at;
		place->data_after = at->cursor;
	}
	place->in_records = i == found.n;
	return CVN_OK;
}

static enum cvn_err add_records(const struct replica *replica, const struct page_options *options,
				struct page_place *place, struct arena *arena,
				Convene__V1__Page *page, size_t bytes, bool *ret_is_last)
{
	size_t left = replica_count(replica) - place->n_records;
	size_t limit = options->limit - page->n_entities;
	size_t room = limit < left ? limit : left;

	page->records = arena_array(arena, room > 0 ? room : 1, sizeof(Convene__V1__Record *));
	if (page->records == NULL)
		return CVN_ENOMEM;
	for (size_t n_seen = 0; options->scan_max == 0 || n_seen < options->scan_max; n_seen++) {
		const struct replica_record *r =
			place->last == NULL ? replica_first(replica) : replica_next(place->last);
		Convene__V1__Record *m;
		size_t n;

		if (r == NULL) {
			*ret_is_last = true;
			return CVN_OK;
		}
		m = options->trim != NULL ? options->trim(options->arg, r, arena) :
					    page_record(r, arena);
		if (m != NULL) {
			n = protobuf_c_message_get_packed_size(&m->base) + 8;
			if (page->n_records >= room ||
			    (page->n_records > 0 && bytes + n > options->bytes_max))
				return CVN_OK;
			bytes += n;
			page->records[page->n_records++] = m;
		} else if (options->trim == NULL) {
			return CVN_ENOMEM;
		}
		place->last = r;
		place->n_records++;
	}
	return CVN_OK;
}

enum cvn_err page_build(const struct replica *replica, const struct page_options *options,
			struct page_place *place, struct arena *arena, Convene__V1__Page **ret_page)
{
	Convene__V1__Page *page = arena_alloc(arena, sizeof *page);
	char today[DAY_TEXT_SIZE];
	size_t bytes = 0;
	bool is_last = false;
	enum cvn_err err = CVN_OK;

	if (page == NULL)
		return CVN_ENOMEM;
	convene__v1__page__init(page);
	page->has_cursor = page->has_version = page->has_total = 1;
	page->cursor = replica_cursor(replica);
	page->version = replica_version(replica);
	page->total = (int64_t)replica_count(replica);
	if (replica_has_today(replica)) {
		day_format(replica_today(replica), today);
		page->today = arena_strdup(arena, today);
	}

	if (options->records_only)
		place->in_records = true;
	if (!place->in_records)
		err = add_entities(replica, options, place, arena, page, &bytes);
	if (err == CVN_OK && place->in_records && page->n_entities < options->limit)
		err = add_records(replica, options, place, arena, page, bytes, &is_last);
	if (err != CVN_OK)
		return err;
	if (!is_last) {
		page->has_next = 1;
		page->next = page_number(place);
	}
	*ret_page = page;
	return CVN_OK;
}
