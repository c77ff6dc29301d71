/* id.h - the form of identifiers.
 *
 * Layer     util.
 * Thread    any.
 * Limit     ID_MAX_BYTES, so that an id can stand in a key and in a log line. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#define ID_MAX_BYTES 64

/* Does `text` match [A-Za-z0-9][A-Za-z0-9._-]{0,63}? NULL does not. */
bool id_is_valid(const char *text);
