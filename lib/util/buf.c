#include "util/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BUF_FIRST_BYTES 256

void buf_init(struct buf *b, size_t max_bytes)
{
	*b = (struct buf){ .max_bytes = max_bytes };
}

void buf_done(struct buf *b)
{
	free(b->bytes);
	*b = (struct buf){ .max_bytes = b->max_bytes };
}

void buf_reset(struct buf *b)
{
	b->n = 0;
}

enum cvn_err buf_reserve(struct buf *b, size_t n, uint8_t **ret_at)
{
	size_t need, cap;
	uint8_t *bytes;

	if (n > b->max_bytes - b->n)
		return CVN_ETOOLARGE;
	need = b->n + n;
	if (need > b->cap) {
		cap = b->cap > 0 ? b->cap : BUF_FIRST_BYTES;
		while (cap < need)
			cap = cap > b->max_bytes / 2 ? b->max_bytes : cap * 2;
		if (cap > b->max_bytes)
			cap = b->max_bytes;
		bytes = realloc(b->bytes, cap);
		if (bytes == NULL)
			return CVN_ENOMEM;
		b->bytes = bytes;
		b->cap = cap;
	}
	*ret_at = b->bytes != NULL ? b->bytes + b->n : NULL; /* NULL: nothing was asked for */
	return CVN_OK;
}

enum cvn_err buf_append(struct buf *b, const void *bytes, size_t n)
{
	uint8_t *at;
	enum cvn_err err;

	if (n == 0)
		return CVN_OK;
	err = buf_reserve(b, n, &at);
	if (err != CVN_OK)
		return err;
	memcpy(at, bytes, n);
	b->n += n;
	return CVN_OK;
}

enum cvn_err buf_printf(struct buf *b, const char *format, ...)
{
	va_list args, again;
	enum cvn_err err = CVN_EBUG;
	uint8_t *at;
	int n;

	va_start(args, format);
	va_copy(again, args);
	n = vsnprintf(NULL, 0, format, args);
	if (n >= 0)
		err = buf_reserve(b, (size_t)n + 1, &at);
	if (err == CVN_OK) {
		vsnprintf((char *)at, (size_t)n + 1, format, again);
		b->n += (size_t)n;
	}
	va_end(again);
	va_end(args);
	return err;
}

void buf_drop(struct buf *b, size_t n)
{
	CVN_REQUIRE(n <= b->n);
	if (n == 0)
		return;
	b->n -= n;
	memmove(b->bytes, b->bytes + n, b->n);
}
