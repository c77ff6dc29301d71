/* log.h - log lines: logfmt to stderr, as journald reads it.
 *
 *   LOG_INFO("front", "client refused", "key", key, "count", n);
 *   2022-01-01T00:00:00.123Z info front: client refused key=… count=3
 *
 * The text is constant; what varies is a field: a key and a value of any string, integer, real or
 * bool type, up to eight of them. On a pipe a line starts with its priority, <3> to <7>, instead of
 * the time.
 *
 * Layer     util. util, domain, wire and io themselves do not log above debug: they return.
 * Thread    any; a line is one write.
 * Limit     LOG_BURST lines a second from one place in the source, the rest is counted and named in
 *           the next line; a line is cut at LOG_LINE_BYTES. Values are escaped. Never give it keys
 *           or payloads. */
#pragma once
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LOG_BURST 20
#define LOG_LINE_BYTES 2048

enum log_level { LOG_LEVEL_ERROR = 3, LOG_LEVEL_WARN = 4, LOG_LEVEL_INFO = 6, LOG_LEVEL_DEBUG = 7 };

/* Lines less urgent than `level` are dropped; LOG_LEVEL_INFO at start. */
void log_set_level(enum log_level level);

/* "error", "warn", "info", "debug" → level. False where it is none of them. */
bool log_level_parse(const char *text, enum log_level *ret_level);

#define LOG_ERROR(module, text, ...) \
	LOG_AT(LOG_LEVEL_ERROR, module, text, ##__VA_ARGS__)
#define LOG_WARN(module, text, ...) LOG_AT(LOG_LEVEL_WARN, module, text, ##__VA_ARGS__)
#define LOG_INFO(module, text, ...) LOG_AT(LOG_LEVEL_INFO, module, text, ##__VA_ARGS__)
#define LOG_DEBUG(module, text, ...) \
	LOG_AT(LOG_LEVEL_DEBUG, module, text, ##__VA_ARGS__)

/* private from here on */

enum log_type { LOG_TYPE_TEXT, LOG_TYPE_INT, LOG_TYPE_UINT, LOG_TYPE_REAL, LOG_TYPE_BOOL };

struct log_value {
	enum log_type type;
	union {
		const char *text;
		int64_t i;
		uint64_t u;
		double real;
	};
};

struct log_field {
	const char *key;
	struct log_value value;
};

/* One place in the source: which second it is in, lines of that second, lines held back. */
struct log_site {
	_Atomic uint64_t second;
	_Atomic uint32_t lines;
	_Atomic uint32_t held_back;
};

bool log_is_on(enum log_level level);

/* Writes one line; `fields` ends with a NULL key. */
void log_write(enum log_level level, const char *module, struct log_site *site, const char *text,
	       const struct log_field *fields);

static inline struct log_value log_text(const char *v)
{
	return (struct log_value){ .type = LOG_TYPE_TEXT, .text = v };
}

static inline struct log_value log_int(int64_t v)
{
	return (struct log_value){ .type = LOG_TYPE_INT, .i = v };
}

static inline struct log_value log_uint(uint64_t v)
{
	return (struct log_value){ .type = LOG_TYPE_UINT, .u = v };
}

static inline struct log_value log_real(double v)
{
	return (struct log_value){ .type = LOG_TYPE_REAL, .real = v };
}

static inline struct log_value log_bool(bool v)
{
	return (struct log_value){ .type = LOG_TYPE_BOOL, .u = v };
}

#define LOG_VALUE(v) \
	_Generic((v), \
		char *: log_text, const char *: log_text, bool: log_bool, \
		float: log_real, double: log_real, \
		unsigned long: log_uint, unsigned long long: log_uint, default: log_int)(v)
#define LOG_PAIR(k, v) { (k), LOG_VALUE(v) },
#define LOG_FIELDS0()
#define LOG_FIELDS2(k, v) LOG_PAIR(k, v)
#define LOG_FIELDS4(k, v, ...) LOG_PAIR(k, v) LOG_FIELDS2(__VA_ARGS__)
#define LOG_FIELDS6(k, v, ...) LOG_PAIR(k, v) LOG_FIELDS4(__VA_ARGS__)
#define LOG_FIELDS8(k, v, ...) LOG_PAIR(k, v) LOG_FIELDS6(__VA_ARGS__)
#define LOG_FIELDS10(k, v, ...) LOG_PAIR(k, v) LOG_FIELDS8(__VA_ARGS__)
#define LOG_FIELDS12(k, v, ...) LOG_PAIR(k, v) LOG_FIELDS10(__VA_ARGS__)
#define LOG_FIELDS14(k, v, ...) LOG_PAIR(k, v) LOG_FIELDS12(__VA_ARGS__)
#define LOG_FIELDS16(k, v, ...) LOG_PAIR(k, v) LOG_FIELDS14(__VA_ARGS__)
#define LOG_PICK(a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, name, ...) \
	name
#define LOG_FIELDS(...) \
	LOG_PICK(0, ##__VA_ARGS__, LOG_FIELDS16, odd, LOG_FIELDS14, odd, LOG_FIELDS12, \
		 odd, LOG_FIELDS10, odd, LOG_FIELDS8, odd, LOG_FIELDS6, odd, LOG_FIELDS4, odd, \
		 LOG_FIELDS2, odd, LOG_FIELDS0, odd) \
	(__VA_ARGS__)
#define LOG_AT(level, module, text, ...) \
	do { \
		static struct log_site log_site_here; \
		if (log_is_on(level)) \
			log_write(level, module, &log_site_here, text, \
				  (const struct log_field[]){ \
					  LOG_FIELDS(__VA_ARGS__){ NULL, { 0 } } }); \
	} while (0)
