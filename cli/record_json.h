/* record_json.h - a request with where it stands as one JSON object: the words of the programme
 * file, and beside them `state`, `placement` and the rest of its standing.
 *
 * Layer     cli; pure.
 * Thread    any.
 * Not here  single messages (wire/json.h). */
#pragma once
#include "convene/v1/client.pb-c.h"

#include <jansson.h>

/* The record as an object; its `value` is the one that counts. The caller owns it; NULL: out of
 * memory. */
json_t *record_json(const Convene__V1__Record *record);

/* An update: {"cursor", "unix_ms", "request": a record as above, with `content` only where it is
 * new} or {…, "put": KIND, "entity": {…}} or {…, "retired": KIND, "id": …}. The caller owns it;
 * NULL: out of memory. */
json_t *update_json(const Convene__V1__Update *update);

/* Prints one object as a line on standard output. Takes `object`; NULL prints nothing. */
void json_print_line(json_t *object);
