/* arena.h - memory that is given back all at once: one arena for one message or one exchange.
 *
 * Layer     util.
 * Thread    an arena belongs to one thread at a time.
 * Limit     `max_bytes` in all, bookkeeping not counted; past it every call returns NULL, as when
 *           memory is out.
 * Not here  giving back single pieces. */
#pragma once
#include <stddef.h>

#define ARENA_BLOCK_BYTES 4096

struct arena_block;

struct arena {
	/* private from here on */
	struct arena_block *block; /* newest first */
	size_t used_bytes;
	size_t max_bytes;
};

/* Makes an empty arena; allocates nothing. */
void arena_init(struct arena *a, size_t max_bytes);

/* Gives all memory back. The arena must be initialised again before use. */
void arena_done(struct arena *a);

/* Makes the arena empty; keeps its largest block, so that an arena in a loop does not touch the
 * heap. */
void arena_reset(struct arena *a);

/* `n` bytes, aligned for any type, not cleared; lent until reset or done. NULL: over the limit, or
 * out of memory. */
void *arena_alloc(struct arena *a, size_t n);

/* As arena_alloc(), cleared. */
void *arena_zalloc(struct arena *a, size_t n);

/* As arena_zalloc() for `n` elements of `size` bytes; refuses where the product overflows. */
void *arena_array(struct arena *a, size_t n, size_t size);

/* A copy of `n` bytes with a NUL behind them. NULL as arena_alloc(). */
void *arena_memdup(struct arena *a, const void *bytes, size_t n);

/* A copy of `text`. NULL as arena_alloc(). */
char *arena_strdup(struct arena *a, const char *text);

/* A formatted text. NULL as arena_alloc(). */
char *arena_printf(struct arena *a, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Bytes handed out since init or reset, rounded up to alignment. */
size_t arena_used(const struct arena *a);

/* Bytes that are still to be had. */
size_t arena_room(const struct arena *a);
