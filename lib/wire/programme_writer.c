#include "wire/programme_file.h"

#include <string.h>

static void put(struct programme_writer *w, const char *bytes, size_t n)
{
	if (w->err == CVN_OK)
		w->err = buf_append(w->out, bytes, n);
}

static void put_text(struct programme_writer *w, const char *text)
{
	put(w, text, strlen(text));
}

static int append(const char *bytes, size_t n, void *writer)
{
	put(writer, bytes, n);
	return 0;
}

static void put_json(struct programme_writer *w, const json_t *json)
{
	if (w->err == CVN_OK &&
	    (json == NULL || json_dump_callback(json, append, w, JSON_FLAGS) != 0))
		w->err = CVN_ENOMEM;
}

static void end_part(struct programme_writer *w)
{
	if (w->in_part)
		put_text(w, w->has_record ? "\n ]" : "]");
	w->in_part = false;
	w->has_record = false;
}

static void write_part(struct programme_writer *w, const char *key, ProtobufCMessage *const *items,
		       size_t n)
{
	size_t i;

	programme_writer_part(w, key);
	for (i = 0; i < n && w->err == CVN_OK; i++)
		programme_writer_record(w, json_of_message(items[i]));
}

void programme_writer_start(struct programme_writer *w, struct buf *out,
			    const Convene__V1__Programme *programme)
{
	json_t *json = json_of_message(&programme->base), *value;
	const char *key, *before = "\n  ";

	*w = (struct programme_writer){ .out = out, .err = json != NULL ? CVN_OK : CVN_ENOMEM };
	put_text(w, "{\n \"programme\": {");
	json_object_foreach (json, key, value) {
		json_t *name = json_string_nocheck(key);

		put_text(w, before);
		put_json(w, name);
		put_text(w, ": ");
		put_json(w, value);
		before = ",\n  ";
		json_decref(name);
	}
	put_text(w, "\n }");
	json_decref(json);
}

void programme_writer_part(struct programme_writer *w, const char *key)
{
	end_part(w);
	put_text(w, ",\n \"");
	put_text(w, key);
	put_text(w, "\": [");
	w->in_part = true;
}

void programme_writer_record(struct programme_writer *w, json_t *record)
{
	put_text(w, w->has_record ? ",\n  " : "\n  ");
	put_json(w, record);
	json_decref(record);
	w->has_record = true;
}

enum cvn_err programme_writer_end(struct programme_writer *w)
{
	end_part(w);
	put_text(w, "\n}\n");
	return w->err;
}

enum cvn_err programme_file_write(const struct programme_file *f, struct buf *out)
{
	struct programme_writer w;

	if (f->programme == NULL)
		return CVN_EINVALID;
	programme_writer_start(&w, out, f->programme);
	write_part(&w, "cities", (ProtobufCMessage *const *)f->cities, f->n_cities);
	write_part(&w, "venues", (ProtobufCMessage *const *)f->venues, f->n_venues);
	write_part(&w, "services", (ProtobufCMessage *const *)f->services, f->n_services);
	write_part(&w, "federations", (ProtobufCMessage *const *)f->federations, f->n_federations);
	write_part(&w, "squads", (ProtobufCMessage *const *)f->squads, f->n_squads);
	write_part(&w, "protected", (ProtobufCMessage *const *)f->protected, f->n_protected);
	write_part(&w, "requests", (ProtobufCMessage *const *)f->requests, f->n_requests);
	return programme_writer_end(&w);
}
