#include "wire/json.h"

#include <stdio.h>
#include <string.h>

#define PARSE_FLAGS \
	(JSON_REJECT_DUPLICATES | \
	 JSON_ALLOW_NUL) /* a NUL is told with its path, by json_to_message() */

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static void add_parse_fault(struct json_faults *faults, const json_error_t *error,
			    size_t lines_before)
{
	char text[JSON_ERROR_TEXT_LENGTH + 64];

	snprintf(text, sizeof(text), "line %zu, column %d: %s", lines_before + (size_t)error->line,
		 error->column, error->text);
	json_faults_add(faults, /* is_warning= */ false, "", text);
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
	struct json_fault *fault = NULL;

	if (faults->n_errors + faults->n_warnings < JSON_FAULTS_MAX)
		fault = arena_zalloc(faults->arena, sizeof(*fault));
	*(is_warning ? &faults->n_warnings : &faults->n_errors) += 1;
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

json_t *json_parse(const char *bytes, size_t n, struct json_faults *faults)
{
	json_error_t error;
	json_t *json;

	if (is_too_large(n, faults))
		return NULL;
	json = json_loadb(bytes, n, PARSE_FLAGS, &error);
	if (json == NULL)
		add_parse_fault(faults, &error, 0);
	return json;
}

json_t *json_parse_next(const char *bytes, size_t n, size_t *offset, struct json_faults *faults)
{
	json_error_t error;
	size_t i, lines = 0;
	json_t *json;

	if (is_too_large(n, faults))
		return NULL;
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
	add_parse_fault(faults, &error, lines);
	return NULL;
}
