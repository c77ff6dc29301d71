#include "util/utf8.h"

#include <string.h>

#define EACH_BYTE(b) (UINT64_C(0x0101010101010101) * (b))

/* Eight bytes of ASCII, none of them NUL. */
static bool is_plain(const uint8_t *p)
{
	uint64_t w;

	memcpy(&w, p, sizeof(w));
	return ((w | (w - EACH_BYTE(0x01))) & EACH_BYTE(0x80)) == 0;
}

static bool is_tail(uint8_t b)
{
	return (b & 0xC0) == 0x80;
}

/* Length of the character at `p`, 0 where there is none. Table 3-7 of the Unicode standard. */
static size_t character_bytes(const uint8_t *p, size_t n)
{
	uint8_t b = p[0];

	if (b < 0x80)
		return b != 0;
	if (b >= 0xC2 && b <= 0xDF)
		return n >= 2 && is_tail(p[1]) ? 2 : 0;
	if (b >= 0xE0 && b <= 0xEF) {
		uint8_t low = b == 0xE0 ? 0xA0 : 0x80, high = b == 0xED ? 0x9F : 0xBF;

		return n >= 3 && p[1] >= low && p[1] <= high && is_tail(p[2]) ? 3 : 0;
	}
	if (b >= 0xF0 && b <= 0xF4) {
		uint8_t low = b == 0xF0 ? 0x90 : 0x80, high = b == 0xF4 ? 0x8F : 0xBF;

		return n >= 4 && p[1] >= low && p[1] <= high && is_tail(p[2]) && is_tail(p[3]) ? 4 :
												 0;
	}
	return 0;
}

ssize_t utf8_fault(const void *bytes, size_t n)
{
	const uint8_t *p = bytes;
	size_t i = 0;

	while (i < n) {
		size_t step = n - i >= 8 && is_plain(p + i) ? 8 : character_bytes(p + i, n - i);

		if (step == 0)
			return (ssize_t)i;
		i += step;
	}
	return -1;
}

int utf8_cut(const char *text, int most)
{
	size_t n = strnlen(text, (size_t)most + 1);

	if (n <= (size_t)most)
		return (int)n;
	for (n = (size_t)most; n > 0 && is_tail((uint8_t)text[n]); n--)
		;
	return (int)n;
}
