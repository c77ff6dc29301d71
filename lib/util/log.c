#include "util/log.h"

#include "util/clock.h"
#include "util/err.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* The one setting of the process that every place needs: how much it says. */
static _Atomic int level_max = LOG_LEVEL_INFO;

struct line {
	char text[LOG_LINE_BYTES];
	size_t n;
};

static void put(struct line *l, const char *bytes, size_t n)
{
	size_t room = sizeof(l->text) - 1 - l->n; /* the last byte is the line's end */

	n = n < room ? n : room;
	memcpy(l->text + l->n, bytes, n);
	l->n += n;
}

static void put_text(struct line *l, const char *text)
{
	put(l, text, strlen(text));
}

/* A value with a space, a quote, '=' or a control character is quoted, the last two escaped. */
static void put_value(struct line *l, const char *text)
{
	bool plain = text[0] != '\0';
	const char *p;

	for (p = text; *p != '\0' && plain; p++)
		plain = (unsigned char)*p > ' ' && *p != '"' && *p != '=' && *p != '\\' &&
			*p != 0x7F;
	if (plain) {
		put_text(l, text);
		return;
	}
	put(l, "\"", 1);
	for (p = text; *p != '\0'; p++) {
		char hex[8];

		if (*p == '"' || *p == '\\') {
			put(l, "\\", 1);
			put(l, p, 1);
		} else if ((unsigned char)*p < ' ' || *p == 0x7F) {
			snprintf(hex, sizeof(hex), "\\x%02x", (unsigned)*p);
			put_text(l, hex);
		} else {
			put(l, p, 1);
		}
	}
	put(l, "\"", 1);
}

static void put_field(struct line *l, const struct log_field *f)
{
	char number[32] = "";

	put(l, " ", 1);
	put_text(l, f->key);
	put(l, "=", 1);
	switch (f->value.type) {
	case LOG_TYPE_TEXT:
		put_value(l, f->value.text != NULL ? f->value.text : "-");
		return;
	case LOG_TYPE_INT:
		snprintf(number, sizeof(number), "%" PRId64, f->value.i);
		break;
	case LOG_TYPE_UINT:
		snprintf(number, sizeof(number), "%" PRIu64, f->value.u);
		break;
	case LOG_TYPE_REAL:
		snprintf(number, sizeof(number), "%.6g", f->value.real);
		break;
	case LOG_TYPE_BOOL:
		snprintf(number, sizeof(number), "%s", f->value.u ? "true" : "false");
		break;
	}
	put_text(l, number);
}

static const char *level_name(enum log_level level)
{
	return level <= LOG_LEVEL_ERROR ? "error" :
	       level == LOG_LEVEL_WARN  ? "warn" :
	       level == LOG_LEVEL_INFO  ? "info" :
					  "debug";
}

/* journald (which names its stream in the environment of what it listens to) stamps lines itself, and reads the priority;
 * on a terminal and in a file people read the time. */
static void put_head(struct line *l, enum log_level level)
{
	char head[48];
	int64_t now = clock_unix_ms();
	time_t seconds = (time_t)(now / 1000);
	struct tm tm;

	if (getenv("JOURNAL_STREAM") == NULL && gmtime_r(&seconds, &tm) != NULL) {
		size_t n = strftime(head, sizeof(head), "%Y-%m-%dT%H:%M:%S", &tm);

		snprintf(head + n, sizeof(head) - n, ".%03dZ ", (int)(now % 1000));
	} else {
		snprintf(head, sizeof(head), "<%d>", (int)level);
	}
	put_text(l, head);
}

/* May this place write now? Gives the lines that it held back before, once. */
static bool may_write(struct log_site *site, uint32_t *ret_held_back)
{
	uint64_t second = clock_ms() / 1000 + 1;

	*ret_held_back = 0;
	if (atomic_exchange(&site->second, second) != second) {
		atomic_store(&site->lines, 0);
		*ret_held_back = atomic_exchange(&site->held_back, 0);
	}
	if (atomic_fetch_add(&site->lines, 1) < LOG_BURST)
		return true;
	atomic_fetch_add(&site->held_back, 1);
	return false;
}

void log_set_level(enum log_level level)
{
	atomic_store(&level_max, (int)level);
}

bool log_level_parse(const char *text, enum log_level *ret_level)
{
	static const enum log_level LEVELS[] = { LOG_LEVEL_ERROR, LOG_LEVEL_WARN, LOG_LEVEL_INFO,
						 LOG_LEVEL_DEBUG };
	size_t i;

	for (i = 0; i < N_ELEMENTS(LEVELS); i++) {
		if (strcmp(text, level_name(LEVELS[i])) == 0) {
			*ret_level = LEVELS[i];
			return true;
		}
	}
	return false;
}

bool log_is_on(enum log_level level)
{
	return (int)level <= atomic_load_explicit(&level_max, memory_order_relaxed);
}

void log_write(enum log_level level, const char *module, struct log_site *site, const char *text,
	       const struct log_field *fields)
{
	struct line l = { .n = 0 };
	uint32_t held_back;
	ssize_t done;

	if (!may_write(site, &held_back))
		return;
	put_head(&l, level);
	put_text(&l, level_name(level));
	put(&l, " ", 1);
	put_text(&l, module);
	put(&l, ": ", 2);
	put_text(&l, text);
	for (; fields->key != NULL; fields++)
		put_field(&l, fields);
	if (held_back > 0)
		put_field(&l, &(struct log_field){ "held_back", log_uint(held_back) });
	l.text[l.n++] = '\n';
	done = write(STDERR_FILENO, l.text,
		     l.n); /* one write a line, so that processes do not mix */
	(void)done;        /* nobody is left to tell */
}
