/* store_args.c - the arguments of one command. The operations' limits keep them within their
 * arrays. */
#include "ports/store_private.h"
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void add(struct store_args *args, const char *bytes, size_t n)
{
	CVN_REQUIRE(args->n < STORE_ARGS_MAX);
	args->argv[args->n] = bytes;
	args->len[args->n++] = n;
}

void store_args_begin(struct store_args *args, const char *command)
{
	args->n = 0;
	args->used = 0;
	store_args_text(args, command);
}

void store_args_text(struct store_args *args, const char *text)
{
	add(args, text, strlen(text));
}

void store_args_bytes(struct store_args *args, struct store_bytes b)
{
	if (b.data != NULL)
		add(args, (const char *)b.data, b.n);
	else
		add(args, "", 0);
}

void store_args_printf(struct store_args *args, const char *format, ...)
{
	size_t room = sizeof(args->text) - args->used;
	va_list list;
	int n;

	va_start(list, format);
	n = vsnprintf(args->text + args->used, room, format, list);
	va_end(list);
	CVN_REQUIRE(n >= 0 && (size_t)n < room);
	add(args, args->text + args->used, (size_t)n);
	args->used += (size_t)n;
}

void store_args_int(struct store_args *args, int64_t value)
{
	store_args_printf(args, "%" PRId64, value);
}

void store_args_key(struct store_args *args, const char *programme, const char *name,
		    const char *id)
{
	if (id != NULL)
		store_args_printf(args, "{%s}:%s:%s", programme, name, id);
	else
		store_args_printf(args, "{%s}:%s", programme, name);
}
