/* replica.c - the fold: every page and every update ends in fold_record() or fold_entity().
 *
 * Layer     domain.
 * Thread    one at a time. */
#include "domain/replica.h"
#include "domain/copy.h"
#include "domain/day.h"
#include <stdlib.h>
#include <string.h>

/* The cursor at which an entity was retired, kept while pages may still bring it back. */
struct tombstone {
	int64_t cursor;
	UT_hash_handle hh;
	char key[]; /* KIND/ID */
};

/* Who comes after one request; ids are lent by the followers' records, which never go. */
struct following {
	char *id;
	const char **ids;
	size_t n, room;
	UT_hash_handle hh;
};

struct replica {
	struct programme *programme;
	struct replica_observer observer;
	struct replica_record *records;
	struct replica_record *partial; /* changes whose page is still to come */
	struct following *following;
	struct tombstone *tombstones;
	int64_t cursor, version;
	int64_t oldest;                 /* cursor of the first update that came; 0: none yet */
	int32_t today;
	bool has_base;                  /* the first page has come: all up to `cursor` is in the pages or was heard */
	bool is_complete, has_today;
};

/* What a page or an update says of one request. NULL: not said. */
struct said {
	const char *id;
	int64_t revision, cursor;
	const Convene__V1__Request *content;
	const Convene__V1__Standing *standing;
	int64_t received_unix_ms;
	bool has_received;
};

static void free_record(struct replica_record *record)
{
	free((void *)record->content);
	free((void *)record->standing);
	free((void *)record->id);
	free(record);
}

static void drop_partial(struct replica *r)
{
	struct replica_record *record, *next;

	HASH_ITER(hh, r->partial, record, next) {
		HASH_DEL(r->partial, record);
		free_record(record);
	}
}

static void drop_tombstones(struct replica *r)
{
	struct tombstone *stone, *next;

	HASH_ITER(hh, r->tombstones, stone, next) {
		HASH_DEL(r->tombstones, stone);
		free(stone);
	}
}

static struct following *following_of(struct replica *r, const char *id)
{
	struct following *f;

	HASH_FIND_STR(r->following, id, f);
	if (f != NULL)
		return f;
	f = calloc(1, sizeof(*f));
	if (f == NULL)
		return NULL;
	f->id = strdup(id);
	if (f->id == NULL) {
		free(f);
		return NULL;
	}
	HASH_ADD_KEYPTR(hh, r->following, f->id, strlen(f->id), f);
	return f;
}

static enum cvn_err follow(struct replica *r, const char *id, const char *follower)
{
	struct following *f = following_of(r, id);

	if (f == NULL)
		return CVN_ENOMEM;
	for (size_t i = 0; i < f->n; i++) {
		if (f->ids[i] == follower)
			return CVN_OK;
	}
	if (f->n == f->room) {
		size_t room = f->room > 0 ? f->room * 2 : 4;
		const char **ids = realloc(f->ids, room * sizeof(*ids));

		if (ids == NULL)
			return CVN_ENOMEM;
		f->ids = ids;
		f->room = room;
	}
	f->ids[f->n++] = follower;
	return CVN_OK;
}

static void unfollow(struct replica *r, const char *id, const char *follower)
{
	struct following *f;

	HASH_FIND_STR(r->following, id, f);
	for (size_t i = 0; f != NULL && i < f->n; i++) {
		if (f->ids[i] == follower) {
			memmove(&f->ids[i], &f->ids[i + 1], (f->n - i - 1) * sizeof(*f->ids));
			f->n--;
			return;
		}
	}
}

static enum cvn_err index_after(struct replica *r, const struct replica_record *record)
{
	const Convene__V1__Request *content = record->content;

	for (size_t i = 0; i < content->n_after; i++) {
		enum cvn_err err = CVN_OK;

		if (content->after[i]->request != NULL)
			err = follow(r, content->after[i]->request, record->id);
		if (err != CVN_OK)
			return err;
	}
	return CVN_OK;
}

static void unindex_after(struct replica *r, const struct replica_record *record)
{
	const Convene__V1__Request *content = record->content;

	for (size_t i = 0; i < content->n_after; i++) {
		if (content->after[i]->request != NULL)
			unfollow(r, content->after[i]->request, record->id);
	}
}

/* Copies of what was said; what was not said stays NULL. */
static enum cvn_err copy_said(const struct said *said, Convene__V1__Request **ret_content,
                              Convene__V1__Standing **ret_standing)
{
	Convene__V1__Request *content = said->content != NULL ? copy_message(&said->content->base) : NULL;
	Convene__V1__Standing *standing = said->standing != NULL ? copy_message(&said->standing->base) : NULL;

	if ((said->content != NULL && content == NULL) || (said->standing != NULL && standing == NULL)) {
		free(content);
		free(standing);
		return CVN_ENOMEM;
	}
	*ret_content = content;
	*ret_standing = standing;
	return CVN_OK;
}

static enum cvn_err change_record(struct replica *r, struct replica_record *record, const struct said *said)
{
	struct replica_record before = *record;
	Convene__V1__Request *content;
	Convene__V1__Standing *standing;
	enum cvn_err err;

	if (said->cursor <= record->cursor && said->cursor > 0)
		return CVN_OK;
	err = copy_said(said, &content, &standing);
	if (err != CVN_OK)
		return err;
	if (content != NULL) {
		unindex_after(r, record);
		record->content = content;
		err = index_after(r, record);
	}
	if (standing != NULL)
		record->standing = standing;
	record->revision = said->revision;
	record->cursor = said->cursor;
	if (r->observer.on_record != NULL)
		r->observer.on_record(r->observer.arg, &before, record);
	if (content != NULL)
		free((void *)before.content);
	if (standing != NULL)
		free((void *)before.standing);
	return err;
}

static struct replica_record *new_partial(struct replica *r, const char *id)
{
	struct replica_record *record = calloc(1, sizeof(*record));

	if (record == NULL)
		return NULL;
	record->id = strdup(id);
	if (record->id == NULL) {
		free(record);
		return NULL;
	}
	HASH_ADD_KEYPTR(hh, r->partial, record->id, strlen(record->id), record);
	return record;
}

static enum cvn_err show(struct replica *r, struct replica_record *record)
{
	enum cvn_err err;

	HASH_DEL(r->partial, record);
	HASH_ADD_KEYPTR(hh, r->records, record->id, strlen(record->id), record);
	err = index_after(r, record);
	if (r->observer.on_record != NULL)
		r->observer.on_record(r->observer.arg, NULL, record);
	return err;
}

/* Lays what was said over what is known so far, the later over the earlier. */
static enum cvn_err complete_record(struct replica *r, struct replica_record *record, const struct said *said)
{
	bool is_later = record->standing == NULL || said->cursor > record->cursor;
	Convene__V1__Request *content;
	Convene__V1__Standing *standing;
	enum cvn_err err = copy_said(said, &content, &standing);

	if (err != CVN_OK)
		return err;
	if (content != NULL && (is_later || said->revision == record->revision)) {
		free((void *)record->content);
		record->content = content;
	} else {
		free(content);
	}
	if (standing != NULL && is_later) {
		free((void *)record->standing);
		record->standing = standing;
	} else {
		free(standing);
	}
	if (is_later) {
		record->revision = said->revision;
		record->cursor = said->cursor;
	}
	if (said->has_received) {
		record->received_unix_ms = said->received_unix_ms;
		record->is_whole = true;
	}
	if (record->is_whole && record->content != NULL && record->standing != NULL)
		return show(r, record);
	return CVN_OK;
}

static enum cvn_err fold_record(struct replica *r, const struct said *said)
{
	bool is_whole = said->has_received && said->content != NULL && said->standing != NULL;
	struct replica_record *record;

	HASH_FIND_STR(r->records, said->id, record);
	if (record != NULL)
		return change_record(r, record, said);
	if (r->is_complete && !is_whole)
		return CVN_ESTALE; /* every page has come, and none has brought this one */
	HASH_FIND_STR(r->partial, said->id, record);
	if (record == NULL) {
		if (HASH_COUNT(r->records) + HASH_COUNT(r->partial) >= REPLICA_RECORDS_MAX)
			return CVN_ETOOLARGE;
		record = new_partial(r, said->id);
	}
	return record != NULL ? complete_record(r, record, said) : CVN_ENOMEM;
}

static struct tombstone *find_tombstone(struct replica *r, enum entity_kind kind, const char *id, char **ret_key)
{
	struct tombstone *stone = NULL;
	size_t n = strlen(entity_kind_name(kind)) + 1 + strlen(id) + 1;
	char *key = malloc(n);

	if (key != NULL) {
		strcpy(key, entity_kind_name(kind));
		strcat(key, "/");
		strcat(key, id);
		HASH_FIND_STR(r->tombstones, key, stone);
	}
	*ret_key = key;
	return stone;
}

static enum cvn_err bury(struct replica *r, enum entity_kind kind, const char *id, int64_t cursor)
{
	char *key;
	struct tombstone *stone = find_tombstone(r, kind, id, &key);

	if (key == NULL)
		return CVN_ENOMEM;
	if (stone == NULL && HASH_COUNT(r->tombstones) < PROGRAMME_ENTITIES_MAX) {
		size_t n = strlen(key) + 1;

		stone = calloc(1, sizeof(*stone) + n);
		if (stone == NULL) {
			free(key);
			return CVN_ENOMEM;
		}
		memcpy(stone->key, key, n);
		HASH_ADD_KEYPTR(hh, r->tombstones, stone->key, n - 1, stone);
	}
	free(key);
	if (stone == NULL)
		return CVN_ETOOLARGE;
	stone->cursor = cursor;
	return CVN_OK;
}

static bool is_buried(struct replica *r, enum entity_kind kind, const char *id, int64_t cursor)
{
	char *key;
	struct tombstone *stone = find_tombstone(r, kind, id, &key);

	free(key);
	return stone != NULL && cursor <= stone->cursor;
}

static enum cvn_err retire_entity(struct replica *r, const Convene__V1__Entity *entity, int64_t cursor)
{
	enum entity_kind kind = entity_kind(entity);
	const char *id = entity_id(entity);
	const struct programme_item *item;

	if (kind == ENTITY_NONE || id == NULL)
		return CVN_EMALFORMED;
	item = programme_item(r->programme, kind, id);
	if (item != NULL && cursor > item->cursor) {
		programme_retire(r->programme, kind, id);
		if (r->observer.on_entity != NULL)
			r->observer.on_entity(r->observer.arg, kind, id, NULL);
	}
	return r->is_complete ? CVN_OK : bury(r, kind, id, cursor);
}

static enum cvn_err first_of(enum cvn_err a, enum cvn_err b)
{
	return a != CVN_OK ? a : b;
}

static enum cvn_err fold_change(struct replica *r, const Convene__V1__Update *update)
{
	const Convene__V1__RequestChange *change = update->request;
	struct said said = {
		.id = change->id,
		.revision = change->revision,
		.cursor = update->cursor,
		.content = change->content,
		.standing = change->standing,
		.received_unix_ms = change->has_received_unix_ms ? change->received_unix_ms :
								   update->unix_ms,
		/* its receipt; or it is brought back, at whatever revision; nothing later */
		.has_received = change->content != NULL &&
		                (change->revision <= 1 || change->has_received_unix_ms),
	};

	return change->id != NULL ? fold_record(r, &said) : CVN_EMALFORMED;
}

/* What changed up to the first page's cursor is in the pages, since they were read then or later. What changed after it
 * must come as updates, those too that a later page has brought already: the other pages do not have them. */
static enum cvn_err set_base(struct replica *r, const Convene__V1__Page *page)
{
	r->has_base = true;
	if (r->oldest > page->cursor + 1)
		return CVN_ESTALE;
	if (page->cursor >= r->cursor) {
		r->cursor = page->cursor;
		r->version = page->version;
	}
	return CVN_OK;
}

struct replica *replica_new(const struct replica_observer *observer)
{
	struct replica *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return NULL;
	r->programme = programme_new();
	if (r->programme == NULL) {
		free(r);
		return NULL;
	}
	replica_observe(r, observer);
	return r;
}

void replica_free(struct replica *r)
{
	struct replica_record *record, *next;
	struct following *f, *next_f;

	if (r == NULL)
		return;
	HASH_ITER(hh, r->following, f, next_f) {
		HASH_DEL(r->following, f);
		free(f->ids);
		free(f->id);
		free(f);
	}
	HASH_ITER(hh, r->records, record, next) {
		HASH_DEL(r->records, record);
		free_record(record);
	}
	drop_partial(r);
	drop_tombstones(r);
	programme_free(r->programme);
	free(r);
}

void replica_observe(struct replica *r, const struct replica_observer *observer)
{
	r->observer = observer != NULL ? *observer : (struct replica_observer){ .arg = NULL };
}

enum cvn_err replica_page(struct replica *r, const Convene__V1__Page *page)
{
	enum cvn_err err = CVN_OK;

	for (size_t i = 0; i < page->n_entities; i++) {
		const Convene__V1__EntityAt *at = page->entities[i];

		err = first_of(err, at->entity != NULL ? replica_put_entity(r, at->entity, at->cursor) : CVN_EMALFORMED);
	}
	for (size_t i = 0; i < page->n_records; i++)
		err = first_of(err, replica_put_record(r, page->records[i]));
	if (!r->has_base)
		err = first_of(err, set_base(r, page));
	if (!page->has_next) {
		r->is_complete = true;
		drop_partial(r);
		drop_tombstones(r);
	}
	return err;
}

enum cvn_err replica_update(struct replica *r, const Convene__V1__Update *update)
{
	enum cvn_err err = CVN_OK;

	if (update->of_case == CONVENE__V1__UPDATE__OF_PULSE) {
		replica_set_today(r, update->pulse->today);
		return r->is_complete && update->cursor > r->cursor ? CVN_ESTALE : CVN_OK;
	}
	if (update->cursor < 1)
		return CVN_EMALFORMED;
	if ((r->has_base || r->oldest > 0) && update->cursor > r->cursor + 1)
		return CVN_ESTALE;
	if (r->is_complete && update->cursor <= r->cursor)
		return CVN_OK;
	if (update->of_case == CONVENE__V1__UPDATE__OF_REQUEST)
		err = fold_change(r, update);
	else if (update->of_case != CONVENE__V1__UPDATE__OF_ENTITY || update->entity->entity == NULL)
		err = CVN_EMALFORMED;
	else if (update->entity->retired)
		err = retire_entity(r, update->entity->entity, update->cursor);
	else
		err = replica_put_entity(r, update->entity->entity, update->cursor);
	if (r->oldest == 0)
		r->oldest = update->cursor;
	if (update->cursor > r->cursor) {
		r->cursor = update->cursor;
		r->version = update->has_version ? update->version : r->version;
	}
	return err;
}

enum cvn_err replica_put_record(struct replica *r, const Convene__V1__Record *record)
{
	struct said said = {
		.id = record->id,
		.revision = record->revision,
		.cursor = record->cursor,
		.content = record->content,
		.standing = record->standing,
		.received_unix_ms = record->received_unix_ms,
		.has_received = true,
	};

	if (record->id == NULL || record->content == NULL || record->standing == NULL)
		return CVN_EMALFORMED;
	return fold_record(r, &said);
}

enum cvn_err replica_put_entity(struct replica *r, const Convene__V1__Entity *entity, int64_t cursor)
{
	enum entity_kind kind = entity_kind(entity);
	const char *id = entity_id(entity);
	const struct programme_item *item;
	enum cvn_err err;

	if (kind == ENTITY_NONE || id == NULL)
		return CVN_EMALFORMED;
	item = programme_item(r->programme, kind, id);
	if (cursor > 0 && ((item != NULL && cursor <= item->cursor) || is_buried(r, kind, id, cursor)))
		return CVN_OK;
	err = programme_put(r->programme, entity, cursor);
	if (err != CVN_OK)
		return err;
	if (r->observer.on_entity != NULL) {
		item = programme_item(r->programme, kind, id);
		r->observer.on_entity(r->observer.arg, kind, item->id, item->entity);
	}
	return CVN_OK;
}

void replica_set_today(struct replica *r, const char *today)
{
	int32_t day;

	if (!day_parse(today, &day) || (r->has_today && r->today == day))
		return;
	r->has_today = true;
	r->today = day;
	if (r->observer.on_today != NULL)
		r->observer.on_today(r->observer.arg, day);
}

bool replica_has_today(const struct replica *r)
{
	return r->has_today;
}

int32_t replica_today(const struct replica *r)
{
	return r->today;
}

bool replica_is_complete(const struct replica *r)
{
	return r->is_complete;
}

int64_t replica_cursor(const struct replica *r)
{
	return r->cursor;
}

int64_t replica_version(const struct replica *r)
{
	return r->version;
}

const struct programme *replica_programme(const struct replica *r)
{
	return r->programme;
}

const struct replica_record *replica_find(const struct replica *r, const char *id)
{
	struct replica_record *record = NULL;

	if (id != NULL)
		HASH_FIND_STR(r->records, id, record);
	return record;
}

const struct replica_record *replica_first(const struct replica *r)
{
	return r->records;
}

const struct replica_record *replica_next(const struct replica_record *record)
{
	return record->hh.next;
}

size_t replica_count(const struct replica *r)
{
	return HASH_COUNT(r->records);
}

size_t replica_followers(const struct replica *r, const char *id, const char *const **ret_ids)
{
	struct following *f = NULL;

	if (id != NULL)
		HASH_FIND_STR(r->following, id, f);
	*ret_ids = f != NULL && f->n > 0 ? f->ids : NULL;
	return f != NULL ? f->n : 0;
}
