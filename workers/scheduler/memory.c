/* memory.c - see memory.h. */
#include "scheduler/memory.h"
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
	return checked(calloc(n > 0 ? n : 1, size));
}

void *memory_grow(void *old, size_t n, size_t max, size_t size)
{
	char *grown = checked(max <= SIZE_MAX / size ? realloc(old, max * size) : NULL);

	memset(grown + n * size, 0, (max - n) * size);
	return grown;
}
