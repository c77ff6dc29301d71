#include "wire/json_where.h"

#include <stdio.h>

#define KEY_SHOWN_BYTES 80

/* The end of the text that begins at `at`: behind its last quote, or that of all. */
static size_t text_end(const struct json_where *w, size_t at)
{
	for (at++; at < w->n && w->bytes[at] != '"'; at++)
		at += w->bytes[at] == '\\' && at + 1 < w->n;
	return at < w->n ? at + 1 : w->n;
}

static struct json_where_level *level_of(struct json_where *w)
{
	return w->depth > 0 && w->depth <= JSON_WHERE_LEVELS ? &w->levels[w->depth - 1] : NULL;
}

static void enter(struct json_where *w, bool is_list)
{
	struct json_where_level *level;

	w->depth++;
	level = level_of(w);
	if (level != NULL)
		*level = (struct json_where_level){ .is_list = is_list, .wants_key = !is_list };
}

/* Walks over one sign that is no text's. */
static void step(struct json_where *w, char c)
{
	struct json_where_level *level = level_of(w);

	if (c == '{' || c == '[')
		enter(w, c == '[');
	else if ((c == '}' || c == ']') && w->depth > 0)
		w->depth--;
	else if (c == ',' && level != NULL && level->is_list)
		level->index++;
	else if (c == ',' && level != NULL)
		level->wants_key = true;
}

static size_t add_key(char *path, size_t n, const struct json_where *w,
		      const struct json_where_level *level)
{
	for (size_t i = 0; i < level->n_key && i < KEY_SHOWN_BYTES; i++) {
		char c = w->bytes[level->key + i];

		if (n + 2 >= JSON_WHERE_BYTES)
			break;
		if (i == 0 && n > 0)
			path[n++] = '.';
		path[n++] = c > 0x1F && c < 0x7F ? c : '?';
	}
	return n;
}

static void write_path(const struct json_where *w, char *path)
{
	size_t n = 0;

	for (size_t i = 0; i < w->depth && i < JSON_WHERE_LEVELS; i++) {
		const struct json_where_level *level = &w->levels[i];

		if (level->is_list && n + 24 < JSON_WHERE_BYTES)
			n += (size_t)snprintf(path + n, 24, "[%zu]", level->index);
		else if (!level->is_list && !level->wants_key)
			n = add_key(path, n, w, level);
	}
	path[n] = '\0';
}

size_t json_where_is(struct json_where *w, size_t offset, char ret_path[static JSON_WHERE_BYTES])
{
	size_t end = offset + 1;

	while (w->at < w->n && w->at <= offset) {
		struct json_where_level *level = level_of(w);

		if (w->bytes[w->at] != '"') {
			if (w->at == offset)
				break;
			step(w, w->bytes[w->at++]);
			continue;
		}
		end = text_end(w, w->at);
		if (end > offset)
			break;
		if (level != NULL && level->wants_key) {
			level->key = w->at + 1;
			level->n_key = end - w->at - 2;
			level->wants_key = false;
		}
		w->at = end;
		end = offset + 1;
	}
	write_path(w, ret_path);
	return end;
}
