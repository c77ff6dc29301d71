/* buf.h - bytes that grow up to a limit.
 *
 * Layer     util.
 * Thread    a buffer belongs to one thread at a time.
 * Limit     `max_bytes`; past it an append is refused and changes nothing. */
#pragma once
#include "util/err.h"

#include <stddef.h>
#include <stdint.h>

struct buf {
	uint8_t *bytes; /* lent until the next append, reset or done; NULL while empty */
	size_t n;
	/* private from here on */
	size_t cap;
	size_t max_bytes;
};

/* Makes an empty buffer; allocates nothing. */
void buf_init(struct buf *b, size_t max_bytes);

/* Gives the memory back; the limit stays, so the buffer can be used again. */
void buf_done(struct buf *b);

/* Makes it empty and keeps the memory. */
void buf_reset(struct buf *b);

/* Makes room for `n` more bytes and returns where they go, without counting them; the caller adds
 * to `b->n` what it has written. CVN_ETOOLARGE, CVN_ENOMEM. */
CVN_MUST_CHECK enum cvn_err buf_reserve(struct buf *b, size_t n, uint8_t **ret_at);

/* Copies `n` bytes to the end. CVN_ETOOLARGE, CVN_ENOMEM; then nothing was changed. */
CVN_MUST_CHECK enum cvn_err buf_append(struct buf *b, const void *bytes, size_t n);

/* Formats a text to the end, without a NUL that counts. CVN_ETOOLARGE, CVN_ENOMEM. */
CVN_MUST_CHECK enum cvn_err buf_printf(struct buf *b, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Takes the first `n` bytes away. O(bytes that stay). */
void buf_drop(struct buf *b, size_t n);
