#include "cli/record_json.h"
#include "domain/programme.h"
#include "wire/json.h"

#include <stdio.h>

/* Lays the keys of `from` over those of `onto`; takes `from`. */
static void merge(json_t *onto, json_t *from)
{
	json_object_update(onto, from);
	json_decref(from);
}

static json_t *flatten(const char *id, int64_t revision, const Convene__V1__Request *content,
		       const Convene__V1__Standing *standing, int64_t cursor,
		       int64_t received_unix_ms)
{
	json_t *object = content != NULL ? json_of_message(&content->base) : json_object();

	if (object == NULL)
		return NULL;
	json_object_set_new(object, "id", json_string(id));
	if (standing != NULL)
		merge(object, json_of_message(&standing->base));
	json_object_set_new(object, "revision", json_integer(revision));
	json_object_set_new(object, "cursor", json_integer(cursor));
	if (received_unix_ms != 0)
		json_object_set_new(object, "received_unix_ms", json_integer(received_unix_ms));
	return object;
}

json_t *record_json(const Convene__V1__Record *r)
{
	return flatten(r->id, r->revision, r->content, r->standing, r->cursor, r->received_unix_ms);
}

static void add_entity(json_t *object, const Convene__V1__EntityChange *change)
{
	const Convene__V1__Entity *entity = change->entity;
	const char *kind = entity != NULL ? entity_kind_name(entity_kind(entity)) : NULL;

	if (kind == NULL)
		return;
	json_object_set_new(object, change->retired ? "retired" : "put", json_string(kind));
	if (change->retired)
		json_object_set_new(object, "id", json_string(entity_id(entity)));
	else /* whichever member it is: all of them are pointers to messages */
		json_object_set_new(object, "entity", json_of_message(&entity->city->base));
}

json_t *update_json(const Convene__V1__Update *u)
{
	json_t *object = json_object();

	if (object == NULL)
		return NULL;
	json_object_set_new(object, "cursor", json_integer(u->cursor));
	json_object_set_new(object, "unix_ms", json_integer(u->unix_ms));
	if (u->of_case == CONVENE__V1__UPDATE__OF_REQUEST)
		json_object_set_new(object, "request",
				    flatten(u->request->id, u->request->revision,
					    u->request->content, u->request->standing, u->cursor,
					    0));
	else if (u->of_case == CONVENE__V1__UPDATE__OF_ENTITY)
		add_entity(object, u->entity);
	return object;
}

void json_print_line(json_t *object)
{
	if (object == NULL)
		return;
	json_dumpf(object, stdout, JSON_COMPACT | JSON_FLAGS);
	putchar('\n');
	json_decref(object);
}
