#include "wire/programme_file.h"

#include "wire/frame.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <uthash.h>

#define HASH_SHOWN_BYTES 6 /* 12 hex digits */
#define DIGEST_BYTES 16    /* the least that the hash gives */

/* One part of the document, and where its records go. */
struct part {
	const char *key;
	const ProtobufCMessageDescriptor *type;
	size_t items_offset;
	size_t n_offset;
};

#define PART(k, t) \
	{ \
		.key = #k, .type = &convene__v1__##t##__descriptor, \
		.items_offset = offsetof(struct programme_file, k), \
		.n_offset = offsetof(struct programme_file, n_##k) \
	}

static const struct part PARTS[FILE_PARTS] = { /* in the order of enum programme_file_part */
	PART(cities, city),      PART(venues, venue),
	PART(services, offer),   PART(federations, federation),
	PART(squads, squad),     PART(protected, protected),
	PART(requests, request),
};

/* Keys beside a request's own that Convene writes, or that a demonstration needs. */
static const char *const REQUEST_EXTRAS[] = { "state",   "placement",  "alternatives",
					      "reasons", "violations", "revision",
					      "expect",  "batch",      NULL };

/* An id that is in the file. */
struct taken {
	UT_hash_handle hh;
	const char *id;
	unsigned n; /* records that were named by this content */
};

static const struct part *part_of(const char *key)
{
	size_t i;

	for (i = 0; i < N_ELEMENTS(PARTS); i++) {
		if (strcmp(PARTS[i].key, key) == 0)
			return &PARTS[i];
	}
	return NULL;
}

/* Records of which nothing can be read are left out; their faults tell. */
static enum cvn_err read_part(struct programme_file *f, const struct part *part,
			      const json_t *array)
{
	bool is_requests = part->type == &convene__v1__request__descriptor;
	size_t i, n = 0, n_max = json_array_size(array);
	ProtobufCMessage **items = arena_array(&f->arena, n_max, sizeof(*items));
	json_t **jsons = arena_array(&f->arena, n_max, sizeof(json_t *));
	size_t *at = arena_array(&f->arena, n_max, sizeof(*at));
	char path[64];

	if (!json_is_array(array)) {
		json_faults_add(&f->faults, /* is_warning= */ false, part->key,
				"a list is expected here");
		return CVN_OK;
	}
	if (items == NULL || jsons == NULL || at == NULL)
		return CVN_ENOMEM;
	for (i = 0; i < n_max; i++) {
		const json_t *json = json_array_get(array, i);
		enum cvn_err err;

		snprintf(path, sizeof(path), "%s[%zu]", part->key, i);
		err = json_to_message(json, part->type, path, is_requests ? REQUEST_EXTRAS : NULL,
				      &f->arena, &f->faults, &items[n]);
		if (err == CVN_ENOMEM)
			return err;
		if (items[n] != NULL) {
			at[n] = i;
			jsons[n++] = json_array_get(array, i);
		}
	}
	memcpy((char *)f + part->items_offset, &items, sizeof(items));
	memcpy((char *)f + part->n_offset, &n, sizeof(n));
	f->at[part - PARTS] = at;
	if (is_requests)
		f->request_json = jsons;
	return CVN_OK;
}

static enum cvn_err read_programme(struct programme_file *f, const json_t *json)
{
	ProtobufCMessage *message = NULL;
	enum cvn_err err;

	if (json_is_string(json)) {
		f->programme_id = json_string_value(json);
		return CVN_OK;
	}
	err = json_to_message(json, &convene__v1__programme__descriptor, "programme", NULL,
			      &f->arena, &f->faults, &message);
	if (err != CVN_OK && err != CVN_EINVALID)
		return err;
	f->programme = (Convene__V1__Programme *)message;
	f->programme_id = f->programme != NULL ? f->programme->id : NULL;
	return CVN_OK; /* a fault is kept; what follows is read, too */
}

static enum cvn_err verdict(const struct programme_file *f)
{
	return f->faults.n_errors > 0 ? CVN_EINVALID : CVN_OK;
}

static struct taken *find(struct taken *ids, const char *id)
{
	struct taken *found;

	HASH_FIND_STR(ids, id, found);
	return found;
}

static enum cvn_err take(struct taken **ids, const char *id, struct arena *arena)
{
	struct taken *taken = find(*ids, id);

	if (taken == NULL) {
		taken = arena_zalloc(arena, sizeof(*taken));
		if (taken == NULL)
			return CVN_ENOMEM;
		taken->id = id;
		HASH_ADD_KEYPTR(hh, *ids, taken->id, strlen(taken->id), taken);
	}
	return CVN_OK;
}

/* "o-0123456789ab" of the packed message, which has no id yet. */
static enum cvn_err hash_content(const ProtobufCMessage *message, const char *prefix,
				 struct arena *arena, char **ret_id)
{
	uint8_t *bytes, digest[DIGEST_BYTES];
	char hex[HASH_SHOWN_BYTES * 2 + 1];
	enum cvn_err err;
	char *id;
	size_t n;

	err = frame_encode(message, arena, &bytes, &n);
	if (err != CVN_OK)
		return err;
	if (crypto_generichash(digest, sizeof(digest), bytes, n, NULL, 0) != 0)
		return CVN_EBUG;
	sodium_bin2hex(hex, sizeof(hex), digest, HASH_SHOWN_BYTES);
	id = arena_printf(arena, "%s%s", prefix, hex);
	if (id == NULL)
		return CVN_ENOMEM;
	*ret_id = id;
	return CVN_OK;
}

/* Names by content, with "-2", "-3" … where the same content was there before. */
static enum cvn_err name_by_content(const ProtobufCMessage *message, const char *prefix,
				    struct taken **ids, struct arena *arena, char **ret_id)
{
	struct taken *base;
	enum cvn_err err;
	char *id;

	err = hash_content(message, prefix, arena, &id);
	if (err != CVN_OK)
		return err;
	base = find(*ids, id);
	while (base != NULL && id != NULL &&
	       find(*ids, id) != NULL) /* the count goes on: no pair is tried twice */
		id = arena_printf(arena, "%s-%u", base->id, ++base->n + 1);
	if (id == NULL)
		return CVN_ENOMEM;
	*ret_id = id;
	return take(ids, id, arena);
}

/* `id_offset`: of the messages' field `id`. */
static enum cvn_err name_all(ProtobufCMessage **messages, size_t n, size_t id_offset,
			     const char *prefix, struct arena *arena)
{
	struct taken *ids = NULL;
	enum cvn_err err = CVN_OK;
	size_t i;

	for (i = 0; i < n && err == CVN_OK; i++) {
		char **id = (char **)(void *)((char *)messages[i] + id_offset);

		if (*id != NULL)
			err = take(&ids, *id, arena);
	}
	for (i = 0; i < n && err == CVN_OK; i++) {
		char **id = (char **)(void *)((char *)messages[i] + id_offset);

		if (*id == NULL)
			err = name_by_content(messages[i], prefix, &ids, arena, id);
	}
	HASH_CLEAR(hh, ids);
	return err;
}

void programme_file_init(struct programme_file *f)
{
	*f = (struct programme_file){ .programme = NULL };
	arena_init(&f->arena, PROGRAMME_FILE_ARENA_BYTES);
	json_faults_init(&f->faults, &f->arena);
}

void programme_file_done(struct programme_file *f)
{
	json_decref(f->root);
	arena_done(&f->arena);
}

enum cvn_err programme_file_read(struct programme_file *f, const char *bytes, size_t n)
{
	enum cvn_err err = CVN_OK;
	bool is_told = false; /* that the programme can't be read */
	const char *key;
	json_t *value;

	f->root = json_parse(bytes, n, &f->faults);
	if (f->root == NULL)
		return n > JSON_DOCUMENT_BYTES ? CVN_ETOOLARGE : CVN_EINVALID;
	if (!json_is_object(f->root)) {
		json_faults_add(&f->faults, /* is_warning= */ false, "",
				"a programme file is an object");
		return CVN_EINVALID;
	}
	f->document = f->root;
	f->n_text_errors = f->faults.n_errors;
	json_object_foreach (f->root, key, value) {
		const struct part *part = part_of(key);
		size_t n_errors = f->faults.n_errors;

		if (part != NULL)
			err = read_part(f, part, value);
		else if (strcmp(key, "programme") == 0)
			err = read_programme(f, value);
		else if (strcmp(key, "records") != 0) /* of a whole export: read from the document */
			json_faults_add(&f->faults, /* is_warning= */ true, key,
					"this part is not known here");
		if (err != CVN_OK)
			return err;
		is_told = is_told || (part == NULL && f->faults.n_errors > n_errors);
	}
	if (f->programme == NULL && !is_told)
		json_faults_add(&f->faults, /* is_warning= */ false, "programme",
				"it must be there, as an object");
	err = programme_file_name_offers(f->services, f->n_services, &f->arena);
	if (err == CVN_OK)
		err = programme_file_name_protected(f->protected, f->n_protected, &f->arena);
	return err == CVN_OK ? verdict(f) : err;
}

enum cvn_err programme_file_read_requests(struct programme_file *f, const char *bytes, size_t n)
{
	const json_t *requests = NULL;
	const json_t *first;
	enum cvn_err err;
	size_t offset = 0;
	json_t *json;

	f->root = json_array();
	while ((json = json_parse_next(bytes, n, &offset, &f->faults)) != NULL) {
		if (json_array_append_new(f->root, json) != 0)
			return CVN_ENOMEM;
	}
	if (f->faults.n_errors > 0)
		return n > JSON_DOCUMENT_BYTES ? CVN_ETOOLARGE : CVN_EINVALID;
	f->n_text_errors = f->faults.n_errors;
	first = json_array_get(f->root, 0);
	if (json_array_size(f->root) == 1)
		requests = json_is_array(first) ? first : json_object_get(first, "requests");
	if (requests != NULL && json_is_string(json_object_get(first, "programme")))
		f->programme_id = json_string_value(json_object_get(first, "programme"));
	else if (requests != NULL)
		f->programme_id = json_string_value(
			json_object_get(json_object_get(first, "programme"), "id"));
	err = read_part(f, part_of("requests"), requests != NULL ? requests : f->root);
	return err == CVN_OK ? verdict(f) : err;
}

enum cvn_err programme_file_name_offers(Convene__V1__Offer **offers, size_t n, struct arena *arena)
{
	return name_all((ProtobufCMessage **)offers, n, offsetof(Convene__V1__Offer, id), "o-",
			arena);
}

enum cvn_err programme_file_name_protected(Convene__V1__Protected **days, size_t n,
					   struct arena *arena)
{
	return name_all((ProtobufCMessage **)days, n, offsetof(Convene__V1__Protected, id), "p-",
			arena);
}
