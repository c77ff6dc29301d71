/* In order of time: changes_tell -> find -> changes_text. */
#include "cli/changes.h"
#include "wire/json.h"

#include <stdlib.h>
#include <string.h>

#define VALUE_BYTES 60 /* of one value in a line; what is longer is cut */

/* A value as a line has it: a text as it is, all else as JSON. */
static const char *value_text(const json_t *value, struct arena *arena)
{
	char *text = NULL;
	const char *all, *kept;
	size_t n;

	if (value == NULL)
		return "nothing";
	if (!json_is_string(value))
		text = json_dumps(value, JSON_COMPACT | JSON_FLAGS);
	all = text != NULL ? text : json_string_value(value);
	n = all != NULL ? strlen(all) : 0;
	if (n <= VALUE_BYTES) {
		kept = arena_memdup(arena, all != NULL ? all : "", n);
	} else {
		for (n = VALUE_BYTES; n > 0 && ((unsigned char)all[n] & 0xc0) == 0x80; n--)
			;
		kept = arena_printf(arena, "%.*s…", (int)n, all);
	}
	free(text);
	return kept;
}

static const char *add(const char *text, const char *key, const json_t *was, const json_t *now,
		       struct arena *arena)
{
	const char *before = value_text(was, arena), *after = value_text(now, arena);

	if (text == NULL || before == NULL || after == NULL)
		return NULL;
	return arena_printf(arena, "%s%s: %s, now %s\n", text, key, before, after);
}

const char *changes_text(const Convene__V1__Request *was, const Convene__V1__Request *now,
			 struct arena *arena)
{
	json_t *x = json_of_message(&was->base), *y = json_of_message(&now->base), *value;
	const char *text = x != NULL && y != NULL ? "" : NULL, *key;

	json_object_foreach (y, key, value)
		if (!json_equal(json_object_get(x, key), value))
			text = add(text, key, json_object_get(x, key), value, arena);
	json_object_foreach (x, key, value)
		if (json_object_get(y, key) == NULL)
			text = add(text, key, value, NULL, arena);
	json_decref(x);
	json_decref(y);
	return text;
}

/* The content at that revision, and the last one. False: the trace does not have both. */
static bool find(const Convene__V1__Updates *updates, int64_t revision,
		 const Convene__V1__Request **ret_was, const Convene__V1__Request **ret_now)
{
	*ret_was = *ret_now = NULL;
	for (size_t i = 0; i < updates->n_updates; i++) {
		const Convene__V1__Update *u = updates->updates[i];

		if (u->of_case != CONVENE__V1__UPDATE__OF_REQUEST || u->request->content == NULL)
			continue;
		if (u->request->revision == revision)
			*ret_was = u->request->content;
		*ret_now = u->request->content;
	}
	return *ret_was != NULL && *ret_was != *ret_now;
}

void changes_tell(struct cli *cli, char *request, int64_t since_revision)
{
	Convene__V1__Trace trace = CONVENE__V1__TRACE__INIT;
	Convene__V1__Call call = CONVENE__V1__CALL__INIT;
	const Convene__V1__Request *was, *now;
	Convene__V1__Reply *reply;
	const char *line;

	trace.request = request;
	call.of_case = CONVENE__V1__CALL__OF_TRACE;
	call.trace = &trace;
	if (cli_programme_call(cli, &call, &reply) != EXIT_OK ||
	    reply->of_case != CONVENE__V1__REPLY__OF_UPDATES ||
	    !find(reply->updates, since_revision, &was, &now))
		return;
	for (line = changes_text(was, now, &cli->arena); line != NULL && *line != '\0';
	     line += strcspn(line, "\n") + 1)
		cli_fail(cli, EXIT_TRY_AGAIN, "  %.*s", (int)strcspn(line, "\n"), line);
}
