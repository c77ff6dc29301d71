#include "util/id.h"

static bool is_alnum(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

bool id_is_valid(const char *text)
{
	size_t n = 0;

	if (text == NULL || !is_alnum(text[0]))
		return false;
	for (; text[n] != '\0'; n++) {
		char c = text[n];

		if (n >= ID_MAX_BYTES || !(is_alnum(c) || c == '.' || c == '_' || c == '-'))
			return false;
	}
	return true;
}
