/* json_where.h - the path to a byte of a JSON text, that need not be sound.
 *
 * Layer     wire: private to json.c; pure.
 * Thread    any.
 * Limit     JSON_WHERE_LEVELS levels; what lies deeper is told by them. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#define JSON_WHERE_LEVELS 16
#define JSON_WHERE_BYTES 512 /* a longer path is cut */

/* Where a walk through a text stands. Begins as {.bytes = …, .n = …}. */
struct json_where {
	const char *bytes; /* borrowed */
	size_t n;
	/* private from here on */
	size_t at, depth;
	struct json_where_level {
		bool is_list, wants_key;
		size_t index;       /* of the element, in a list */
		size_t key, n_key;  /* of the member, in an object */
	} levels[JSON_WHERE_LEVELS];
};

/* Walks on to byte `offset`, which is not before that of the last call, and writes the path to it:
 * "requests[3].title", "" for the document. Returns where its text ends, or the byte behind it,
 * where that is in none. O(bytes walked). */
size_t json_where_is(struct json_where *where, size_t offset, char ret_path[static JSON_WHERE_BYTES]);
