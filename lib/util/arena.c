#include "util/arena.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct arena_block {
	struct arena_block *older;
	size_t used;
	size_t cap;
	alignas(max_align_t) unsigned char bytes[];
};

static void *from_new_block(struct arena *a, size_t n)
{
	size_t cap = n > ARENA_BLOCK_BYTES / 4 ? n : ARENA_BLOCK_BYTES;
	struct arena_block *b;

	/* Blocks grow with the arena, so that a large message costs a few of them and a small one
	 * no more than one. */
	if (cap < a->used_bytes && a->used_bytes <= SIZE_MAX / 4)
		cap = a->used_bytes;
	b = malloc(sizeof(*b) + cap);
	if (b == NULL)
		return NULL;
	b->older = a->block;
	b->used = n;
	b->cap = cap;
	a->block = b;
	return b->bytes;
}

void arena_init(struct arena *a, size_t max_bytes)
{
	*a = (struct arena){ .max_bytes = max_bytes };
}

void arena_done(struct arena *a)
{
	while (a->block != NULL) {
		struct arena_block *older = a->block->older;

		free(a->block);
		a->block = older;
	}
	a->used_bytes = 0;
}

void arena_reset(struct arena *a)
{
	struct arena_block *b = a->block, *keep = NULL;

	while (b != NULL) {
		struct arena_block *older = b->older, *smaller = b;

		if (keep == NULL || b->cap > keep->cap) {
			smaller = keep;
			keep = b;
		}
		free(smaller);
		b = older;
	}
	if (keep != NULL) {
		keep->older = NULL;
		keep->used = 0;
	}
	a->block = keep;
	a->used_bytes = 0;
}

void *arena_alloc(struct arena *a, size_t n)
{
	struct arena_block *b = a->block;
	size_t room = a->max_bytes - a->used_bytes;
	void *ret;

	if (n > SIZE_MAX / 2)
		return NULL;
	n = n == 0 ? alignof(max_align_t) :
		     (n + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
	if (n > room)
		return NULL;
	if (b != NULL && n <= b->cap - b->used) {
		ret = b->bytes + b->used;
		b->used += n;
	} else {
		ret = from_new_block(a, n);
	}
	if (ret != NULL)
		a->used_bytes += n;
	return ret;
}

void *arena_zalloc(struct arena *a, size_t n)
{
	void *ret = arena_alloc(a, n);

	return ret == NULL ? NULL : memset(ret, 0, n);
}

void *arena_array(struct arena *a, size_t n, size_t size)
{
	size_t bytes;

	return __builtin_mul_overflow(n, size, &bytes) ? NULL : arena_zalloc(a, bytes);
}

void *arena_memdup(struct arena *a, const void *bytes, size_t n)
{
	char *ret = n < SIZE_MAX / 2 ? arena_alloc(a, n + 1) : NULL;

	if (ret == NULL)
		return NULL;
	if (n > 0)
		memcpy(ret, bytes, n);
	ret[n] = '\0';
	return ret;
}

char *arena_strdup(struct arena *a, const char *text)
{
	return arena_memdup(a, text, strlen(text));
}

char *arena_printf(struct arena *a, const char *format, ...)
{
	va_list args, again;
	char *ret = NULL;
	int n;

	va_start(args, format);
	va_copy(again, args);
	n = vsnprintf(NULL, 0, format, args);
	if (n >= 0)
		ret = arena_alloc(a, (size_t)n + 1);
	if (ret != NULL)
		vsnprintf(ret, (size_t)n + 1, format, again);
	va_end(again);
	va_end(args);
	return ret;
}

size_t arena_used(const struct arena *a)
{
	return a->used_bytes;
}

size_t arena_room(const struct arena *a)
{
	return a->max_bytes - a->used_bytes;
}
