/* memory.h - memory that is there, or the process is not.
 *
 * Layer     scheduler; private to its folder.
 * Thread    any.
 * Not here  limits: what is asked for follows from the programme, which is bounded.
 *
 * A worker holds nothing that can't be rebuilt, and a half-counted calendar is worth nothing: so being out of memory
 * ends it, and it is started again. */
#pragma once
#include <stddef.h>

#define MEMORY_LINE 64 /* bytes that come at once */

/* `n` elements of `size` bytes, cleared; free() takes them back. Never NULL, also for n = 0. */
void *memory_new(size_t n, size_t size) __attribute__((malloc));
/* `old`, of `n` elements, with room for `max` of them; what is new is cleared. */
void *memory_grow(void *old, size_t n, size_t max, size_t size);

/* Brings so many bytes near, for who will read them soon: in a large programme they are far from the processor. They need
 * not be there. */
static inline void memory_fetch(const void *bytes, size_t n)
{
	for (size_t i = 0; i < n; i += MEMORY_LINE)
		__builtin_prefetch((const char *)bytes + i);
}
