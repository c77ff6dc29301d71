#include "cli/history.h"
#include "domain/lifecycle.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

struct item {
	char id[ID_MAX_BYTES + 1];
	struct history history;
	Convene__V1__State state; /* as the public last saw it; STATE_NONE: never had a place */
	int64_t revision;
	bool has_place;
	UT_hash_handle hh;
};

struct histories {
	struct item *items;
};

struct histories *histories_new(void)
{
	return calloc(1, sizeof(struct histories));
}

void histories_free(struct histories *h)
{
	struct item *item, *after;

	if (h == NULL)
		return;
	HASH_ITER (hh, h->items, item, after) {
		HASH_DEL(h->items, item);
		free(item);
	}
	free(h);
}

static struct item *find(const struct histories *h, const char *id)
{
	struct item *item = NULL;

	if (id != NULL)
		HASH_FIND_STR(h->items, id, item);
	return item;
}

static struct item *find_or_add(struct histories *h, const char *id, int64_t unix_ms)
{
	struct item *item = find(h, id);

	if (item != NULL)
		return item;
	item = calloc(1, sizeof(*item));
	if (item == NULL)
		return NULL;
	snprintf(item->id, sizeof(item->id), "%s", id);
	item->history.received_unix_ms = unix_ms;
	HASH_ADD_STR(h->items, id, item);
	return item;
}

static bool is_at(const struct history_place *place, const Convene__V1__Placement *p)
{
	return strcmp(place->venue, p->venue) == 0 && strcmp(place->first_day, p->first_day) == 0;
}

static void set_place(struct history_place *place, const Convene__V1__Placement *p)
{
	snprintf(place->venue, sizeof(place->venue), "%s", p->venue);
	snprintf(place->first_day, sizeof(place->first_day), "%s", p->first_day);
}

/* Is there more to see than before: another place, state, text? Before its first place, there is
 * nothing to see. */
static bool shows(const struct item *item, const Convene__V1__RequestChange *change,
		  const Convene__V1__Placement *p)
{
	const bool had_place = item->state != STATE_NONE;

	if (!had_place)
		return p != NULL;
	return item->state != change->standing->state || item->revision != change->revision ||
	       item->has_place != (p != NULL) || (p != NULL && !is_at(&item->history.last, p));
}

enum cvn_err histories_add(struct histories *h, const Convene__V1__Update *update)
{
	const Convene__V1__RequestChange *change;
	const Convene__V1__Placement *p;
	struct item *item;

	if (update->of_case != CONVENE__V1__UPDATE__OF_REQUEST ||
	    update->request->standing == NULL || !id_is_valid(update->request->id))
		return CVN_OK;
	change = update->request;
	item = find_or_add(h, change->id, update->unix_ms);
	if (item == NULL)
		return CVN_ENOMEM;
	p = change->standing->placement;
	if (p != NULL && (p->venue == NULL || p->first_day == NULL))
		p = NULL;
	if (!shows(item, change, p))
		return CVN_OK;
	item->history.sequence += item->state != STATE_NONE;
	item->history.changed_unix_ms = update->unix_ms;
	item->state = change->standing->state;
	item->revision = change->revision;
	item->has_place = p != NULL;
	if (p != NULL)
		set_place(&item->history.last, p);
	if (p != NULL && item->state == STATE_CONFIRMED && item->history.published.venue[0] == '\0')
		set_place(&item->history.published, p);
	return CVN_OK;
}

const struct history *histories_find(const struct histories *h, const char *id)
{
	const struct item *item = find(h, id);

	return item != NULL ? &item->history : NULL;
}

bool history_was_published(const struct history *h)
{
	return h->published.venue[0] != '\0';
}

bool history_was_moved(const struct history *h)
{
	return history_was_published(h) && (strcmp(h->published.venue, h->last.venue) != 0 ||
					    strcmp(h->published.first_day, h->last.first_day) != 0);
}
