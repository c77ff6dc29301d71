#include "cli/order.h"

#include <string.h>
#include <uthash.h>

struct parcel_edge {
	struct parcel_edge *next;
	struct parcel *to;
};

/* A name (a request's id, a batch's label) and the parcel that has it. */
struct named {
	const char *name;
	struct parcel *parcel;
	UT_hash_handle hh;
};

static struct parcel *find(struct named *names, const char *name)
{
	struct named *found = NULL;

	if (name != NULL)
		HASH_FIND_STR(names, name, found);
	return found != NULL ? found->parcel : NULL;
}

/* The name stands for `parcel` from now on. False: out of memory. */
static bool name_parcel(struct named **names, struct arena *arena, const char *name,
			struct parcel *parcel)
{
	struct named *entry = NULL;

	HASH_FIND_STR(*names, name, entry);
	if (entry == NULL) {
		entry = arena_zalloc(arena, sizeof(*entry));
		if (entry == NULL)
			return false;
		entry->name = name;
		HASH_ADD_KEYPTR(hh, *names, name, strlen(name), entry);
	}
	entry->parcel = parcel;
	return true;
}

/* `later` waits for `first`. False: out of memory. */
static bool link_parcels(struct arena *arena, struct parcel *first, struct parcel *later)
{
	struct parcel_edge *edge;

	if (first == NULL || first == later)
		return true;
	edge = arena_alloc(arena, sizeof(*edge));
	if (edge == NULL)
		return false;
	*edge = (struct parcel_edge){ .next = first->followers, .to = later };
	first->followers = edge;
	later->n_missing++;
	return true;
}

/* One parcel a request, but one for all of a batch; parcel_of[i] is request i's. */
static bool make_parcels(struct order *o, struct arena *arena, const char *const *batches, size_t n,
			 struct parcel **parcel_of, struct named **labels)
{
	size_t *slots = arena_array(arena, n > 0 ? n : 1, sizeof(*slots));
	size_t at = 0;

	if (slots == NULL)
		return false;
	for (size_t i = 0; i < n; i++) {
		struct parcel *parcel = find(*labels, batches[i]);

		if (parcel == NULL) {
			parcel = &o->parcels[o->n_parcels++];
			parcel->is_batch = batches[i] != NULL;
			if (batches[i] != NULL && !name_parcel(labels, arena, batches[i], parcel))
				return false;
		}
		parcel->n++;
		parcel_of[i] = parcel;
	}
	for (size_t p = 0; p < o->n_parcels; p++) {
		o->parcels[p].requests = slots + at;
		at += o->parcels[p].n;
		o->parcels[p].n = 0;
	}
	for (size_t i = 0; i < n; i++)
		parcel_of[i]->requests[parcel_of[i]->n++] = i;
	return true;
}

static bool link_all(struct arena *arena, Convene__V1__Request *const *requests, size_t n,
		     struct parcel **parcel_of, struct named **ids)
{
	for (size_t i = 0; i < n; i++) {
		if (requests[i]->id == NULL)
			continue;
		if (!link_parcels(arena, find(*ids, requests[i]->id),
				  parcel_of[i]) /* sent before under this id */
		    || !name_parcel(ids, arena, requests[i]->id, parcel_of[i]))
			return false;
	}
	for (size_t i = 0; i < n; i++) {
		for (size_t a = 0; a < requests[i]->n_after; a++) {
			if (!link_parcels(arena, find(*ids, requests[i]->after[a]->request),
					  parcel_of[i]))
				return false;
		}
	}
	return true;
}

static void make_ready(struct order *o, const struct parcel *parcel)
{
	const size_t index = (size_t)(parcel - o->parcels);

	o->ready[index / 64] |= UINT64_C(1) << index % 64;
	if (index / 64 < o->lowest)
		o->lowest = index / 64;
}

enum cvn_err order_init(struct order *o, struct arena *arena, Convene__V1__Request *const *requests,
			const char *const *batches, size_t n)
{
	struct parcel **parcel_of = arena_array(arena, n + 1, sizeof(struct parcel *));
	struct named *labels = NULL, *ids = NULL;
	bool is_good;

	*o = (struct order){
		.parcels = arena_array(arena, n + 1, sizeof(*o->parcels)),
		.ready = arena_array(arena, n / 64 + 1, sizeof(*o->ready)),
	};
	if (parcel_of == NULL || o->parcels == NULL || o->ready == NULL)
		return CVN_ENOMEM;
	is_good = make_parcels(o, arena, batches, n, parcel_of, &labels) &&
		  link_all(arena, requests, n, parcel_of, &ids);
	HASH_CLEAR(hh, labels);
	HASH_CLEAR(hh, ids);
	if (!is_good)
		return CVN_ENOMEM;
	for (size_t p = 0; p < o->n_parcels; p++) {
		if (o->parcels[p].n_missing == 0)
			make_ready(o, &o->parcels[p]);
	}
	return CVN_OK;
}

static struct parcel *take(struct order *o, struct parcel *parcel)
{
	const size_t index = (size_t)(parcel - o->parcels);

	o->ready[index / 64] &= ~(UINT64_C(1) << index % 64);
	parcel->is_taken = true;
	o->n_taken++;
	o->n_under_way++;
	return parcel;
}

/* The first of those that wait for one another. */
static struct parcel *first_left(struct order *o)
{
	for (size_t p = 0; p < o->n_parcels; p++) {
		if (!o->parcels[p].is_taken)
			return &o->parcels[p];
	}
	return NULL;
}

struct parcel *order_next(struct order *o)
{
	for (; o->lowest * 64 < o->n_parcels; o->lowest++) {
		const uint64_t word = o->ready[o->lowest];

		if (word != 0)
			return take(o, &o->parcels[o->lowest * 64 + (size_t)__builtin_ctzll(word)]);
	}
	if (o->n_under_way == 0 && o->n_taken < o->n_parcels)
		return take(o, first_left(o));
	return NULL;
}

void order_done(struct order *o, struct parcel *parcel)
{
	o->n_under_way--;
	for (struct parcel_edge *edge = parcel->followers; edge != NULL; edge = edge->next) {
		if (--edge->to->n_missing == 0 && !edge->to->is_taken)
			make_ready(o, edge->to);
	}
}

void order_give_back(struct order *o, struct parcel *parcel)
{
	parcel->is_taken = false;
	o->n_taken--;
	o->n_under_way--;
	make_ready(o, parcel);
}

bool order_is_empty(const struct order *o)
{
	return o->n_taken == o->n_parcels;
}
