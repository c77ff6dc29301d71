/* json.h - messages to JSON and back, by their descriptors: one vocabulary, that of the programme
 * file.
 *
 *   a Period                      ["2022-01-01", "2022-03-20"]
 *   a list of Text                {"en": "…", "ru": "…"}, in the order of the list
 *   a list of Need                {"medical": 3}
 *   a State                       "revision_required"
 *   other messages, lists, …      object, array, string, number, true/false
 *   a field that is absent        no key; null is read as absent
 *   an empty list                 no key, but [] (or {}) where the programme file always has one
 *
 * Layer     wire: pure.
 * Thread    any.
 * Limit     JSON_FAULTS_MAX errors and as many warnings are kept, the others counted;
 *           JSON_DOCUMENT_BYTES for a document.
 * Not here  what the values mean; files (programme_file.h). */
#pragma once
#include "util/arena.h"
#include "util/err.h"

#include <jansson.h>
#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>
#include <stddef.h>

#define JSON_FAULTS_MAX 1000
#define JSON_DOCUMENT_BYTES ((size_t)64 << 20)

/* Flags for json_dump…() that write numbers as people do (39.9) and texts as they are. */
#define JSON_FLAGS (JSON_REAL_PRECISION(15) | JSON_ENCODE_ANY)

/* Something in a document that is wrong, or that was passed over. */
struct json_fault {
	struct json_fault *next;
	bool is_warning;  /* an unknown key, that was left out */
	const char *path; /* "requests[3].windows[0][1]", "title.ru"; "" for the document */
	const char *text; /* one sentence */
};

/* In the order of the document; all memory is the arena's. */
struct json_faults {
	struct json_fault *first;
	struct json_fault *last;
	size_t n_errors;
	size_t n_warnings; /* both count those past the limit, too */
	struct arena *arena;
};

/* Makes an empty list; `arena` is borrowed for its life. */
void json_faults_init(struct json_faults *faults, struct arena *arena);

/* Adds one, copying both. Past the limit, or out of memory, it is only counted. */
void json_faults_add(struct json_faults *faults, bool is_warning, const char *path,
		     const char *text);

/* Reads a document: UTF-8 (a byte order mark before it is passed over), no key twice. NULL: the fault
 * was added, with the path to it, line and column. The caller owns it. Texts that are not UTF-8 are
 * faults, each with its path, and read as if they had question marks there, so that what else is
 * wrong can be told, too: a caller looks at the faults even so. */
json_t *json_parse(const char *bytes, size_t n, struct json_faults *faults);

/* Reads the next of several documents that follow one another (JSON lines), from `*offset` on, and
 * moves that behind it. NULL: there is no more, or the fault was added. The caller owns it. */
json_t *json_parse_next(const char *bytes, size_t n, size_t *offset, struct json_faults *faults);

/* The message as JSON; the caller owns it. NULL: out of memory. Texts that are not UTF-8 become
 * null. */
json_t *json_of_message(const ProtobufCMessage *message);

/* Makes a message of `type` from an object. `path` ("requests[3]", or "") stands before the paths
 * of its faults. `silent` are top-level keys that are not in the message and no fault either, ended
 * by NULL; NULL: none. CVN_OK: `*ret` lives in `arena`; warnings may have been added. CVN_EINVALID:
 * errors were added, all there are; `*ret` is what could be read, for whoever looks for further faults
 * (wrong fields are absent, wrong elements of lists empty), or NULL. CVN_ENOMEM. */
CVN_MUST_CHECK enum cvn_err json_to_message(const json_t *json,
					    const ProtobufCMessageDescriptor *type,
					    const char *path, const char *const *silent,
					    struct arena *arena, struct json_faults *faults,
					    ProtobufCMessage **ret);
