/* utf8.h - is this a text?
 *
 * Layer     util.
 * Thread    any.
 * Not here  control characters: what a text may say is validation's matter. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Offset of the first byte that cannot stand in a text: not UTF-8 (overlong forms, surrogates and
 * what lies above U+10FFFF included), or a NUL. -1: the whole is a text. O(n), eight bytes a step
 * where they are ASCII. */
ssize_t utf8_fault(const void *bytes, size_t n);

/* Bytes of the longest beginning of `text` that ends between characters and is no longer than `most`; as a precision
 * for printf's %.*s. */
int utf8_cut(const char *text, int most);
