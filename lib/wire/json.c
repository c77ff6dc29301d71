#include "wire/json.h"

#include "util/utf8.h"
#include "wire/json_where.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PARSE_FLAGS \
	(JSON_REJECT_DUPLICATES | \
	 JSON_ALLOW_NUL) /* a NUL is told with its path, by json_to_message() */

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* `bytes` are those of the document at hand, which begins behind so many lines. */
static void add_parse_fault(struct json_faults *faults, const char *bytes, size_t n,
			    const json_error_t *error, size_t lines_before)
{
	struct json_where where = { .bytes = bytes, .n = n };
	size_t offset = error->position > 0 ? (size_t)error->position - 1 : 0;
	char text[JSON_ERROR_TEXT_LENGTH + 64], path[JSON_WHERE_BYTES];

	(void)json_where_is(&where, offset < n ? offset : n, path);
	snprintf(text, sizeof(text), "line %zu, column %d: %s", lines_before + (size_t)error->line,
		 error->column, error->text);
	json_faults_add(faults, /* is_warning= */ false, path, text);
}

/* Offset of the next byte from `at` on that is not UTF-8; a NUL is. `n`: there is none. */
static size_t next_bad(const char *bytes, size_t n, size_t at)
{
	while (at < n) {
		ssize_t fault = utf8_fault(bytes + at, n - at);

		at = fault < 0 ? n : at + (size_t)fault;
		if (at == n || bytes[at] != '\0')
			break;
		at++;
	}
	return at;
}

/* Names each text that is not UTF-8; outside of texts, the first such byte ends it. */
static bool has_bad_texts(const char *bytes, size_t n, struct json_faults *faults)
{
	struct json_where where = { .bytes = bytes, .n = n };
	size_t at = next_bad(bytes, n, 0);
	bool has_some = at < n;

	while (at < n) {
		char path[JSON_WHERE_BYTES], text[64];
		size_t end = json_where_is(&where, at, path);

		snprintf(text, sizeof(text), "the text is not UTF-8: byte 0x%02x",
			 (unsigned)(unsigned char)bytes[at]);
		json_faults_add(faults, /* is_warning= */ false, path, text);
		at = end > at + 1 ? next_bad(bytes, n, end) : n;
	}
	return has_some;
}

/* A copy with question marks for what is not UTF-8; the caller frees it. */
static char *with_question_marks(const char *bytes, size_t n)
{
	char *copy = malloc(n);

	if (copy == NULL)
		return NULL;
	memcpy(copy, bytes, n);
	for (size_t at = next_bad(copy, n, 0); at < n; at = next_bad(copy, n, at))
		copy[at] = '?';
	return copy;
}

static bool is_too_large(size_t n, struct json_faults *faults)
{
	if (n <= JSON_DOCUMENT_BYTES)
		return false;
	json_faults_add(faults, /* is_warning= */ false, "", "the document is larger than 64 MiB");
	return true;
}

void json_faults_init(struct json_faults *faults, struct arena *arena)
{
	*faults = (struct json_faults){ .arena = arena };
}

void json_faults_add(struct json_faults *faults, bool is_warning, const char *path,
		     const char *text)
{
	size_t *n = is_warning ? &faults->n_warnings : &faults->n_errors;
	struct json_fault *fault = NULL;

	if (*n < JSON_FAULTS_MAX) /* of each sort: warnings leave no error untold */
		fault = arena_zalloc(faults->arena, sizeof(*fault));
	*n += 1;
	if (fault == NULL)
		return;
	fault->is_warning = is_warning;
	fault->path = arena_strdup(faults->arena, path);
	fault->text = arena_strdup(faults->arena, text);
	if (fault->path == NULL || fault->text == NULL)
		return;
	if (faults->last != NULL)
		faults->last->next = fault;
	else
		faults->first = fault;
	faults->last = fault;
}

/* Bytes of a byte order mark, with which some editors begin a file; RFC 8259, 8.1, lets a parser ignore it. */
static size_t mark_bytes(const char *bytes, size_t n)
{
	return n >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
}

json_t *json_parse(const char *bytes, size_t n, struct json_faults *faults)
{
	json_error_t error;
	char *copy = NULL;
	json_t *json;
	size_t mark;

	if (is_too_large(n, faults))
		return NULL;
	mark = mark_bytes(bytes, n);
	bytes += mark;
	n -= mark;
	if (has_bad_texts(bytes, n, faults))
		copy = with_question_marks(bytes, n);
	json = json_loadb(copy != NULL ? copy : bytes, n, PARSE_FLAGS, &error);
	if (json == NULL)
		add_parse_fault(faults, bytes, n, &error, 0);
	free(copy);
	return json;
}

json_t *json_parse_next(const char *bytes, size_t n, size_t *offset, struct json_faults *faults)
{
	json_error_t error;
	size_t i, lines = 0;
	json_t *json;

	if (is_too_large(n, faults))
		return NULL;
	if (*offset == 0)
		*offset = mark_bytes(bytes, n);
	while (*offset < n && is_space(bytes[*offset]))
		++*offset;
	if (*offset == n)
		return NULL;
	json = json_loadb(bytes + *offset, n - *offset, PARSE_FLAGS | JSON_DISABLE_EOF_CHECK,
			  &error);
	if (json != NULL) {
		*offset += (size_t)error.position;
		return json;
	}
	for (i = 0; i < *offset; i++)
		lines += bytes[i] == '\n';
	add_parse_fault(faults, bytes + *offset, n - *offset, &error, lines);
	return NULL;
}
