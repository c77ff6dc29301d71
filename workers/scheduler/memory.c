/* memory.c - see memory.h. */
#include "scheduler/memory.h"
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define LARGE_PAGE ((size_t)2 << 20) /* what one entry of the processor's page cache can cover */
#define LARGE_BYTES ((size_t)4 << 20)

static void *checked(void *memory)
{
	if (memory == NULL) {
		fputs("convene-scheduler: out of memory\n", stderr);
		abort();
	}
	return memory;
}

void *memory_new(size_t n, size_t size)
{
	if (size > 0 && n >= LARGE_BYTES / size && n <= (SIZE_MAX - LARGE_PAGE) / size) {
		size_t bytes = (n * size + LARGE_PAGE - 1) / LARGE_PAGE * LARGE_PAGE;
		void *memory = checked(aligned_alloc(LARGE_PAGE, bytes));

		(void)madvise(memory, bytes, MADV_HUGEPAGE); /* only faster */
		return memset(memory, 0, n * size);
	}
	return checked(calloc(n > 0 ? n : 1, size));
}

void *memory_grow(void *old, size_t n, size_t max, size_t size)
{
	char *grown = checked(max <= SIZE_MAX / size ? realloc(old, max * size) : NULL);

	memset(grown + n * size, 0, (max - n) * size);
	return grown;
}
