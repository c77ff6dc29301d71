/* err.h - the errors of the whole tree, and the two strengths of checks.
 *
 * Layer     util.
 * Thread    any.
 * Limit     none.
 * Not here  what was wrong in detail: that stands where it arises (wire/frame.h, Problem.text). */
#pragma once
#include <stdbool.h>
#include <stddef.h>

enum cvn_err {
	CVN_OK = 0,
#define CVN_ERR(name, value, code, class, retry, text) name = value,
#include "util/err.def"
#undef CVN_ERR
};

/* Who has to act: the caller, time, an operator, or a developer. Also the label of counters and the
 * log level. */
enum cvn_class {
	CVN_CLASS_NONE,
	CVN_CLASS_CLIENT,
	CVN_CLASS_CAPACITY,
	CVN_CLASS_DEPENDENCY,
	CVN_CLASS_BUG
};

/* The code that a client reads in Problem.code; "OK" for CVN_OK. A constant. */
const char *cvn_err_code(enum cvn_err err);

/* One sentence without a full stop. A constant. */
const char *cvn_err_text(enum cvn_err err);

/* The name in this source, for logs and traces: "CVN_EBUSY". A constant. */
const char *cvn_err_name(enum cvn_err err);

/* Who has to act. */
enum cvn_class cvn_err_class(enum cvn_err err);

/* "client", "capacity", "dependency", "bug", "none". A constant. */
const char *cvn_class_name(enum cvn_class who);

/* Can the same call succeed later, with nothing changed by the caller? */
bool cvn_err_is_retryable(enum cvn_err err);

/* How often a CVN_EXPECT has failed in this process. */
unsigned long cvn_expect_failures(void);

/* Private: what the macros call. The first dumps the trace and aborts; the second counts, logs once
 * a place. */
_Noreturn void cvn_require_failed(const char *cond, const char *file, int line);
bool cvn_expect_failed(const char *cond, const char *file, int line);

#define CVN_MUST_CHECK __attribute__((warn_unused_result))

/* A broken invariant of our own: dumps the trace and aborts; systemd restarts us. Never on what a
 * peer sent. */
#define CVN_REQUIRE(cond) \
	(__builtin_expect(!!(cond), 1) ? (void)0 : cvn_require_failed(#cond, __FILE__, __LINE__))

/* A condition that the caller goes on without: false where it does not hold, after it was counted
 * and logged. */
#define CVN_EXPECT(cond) \
	(__builtin_expect(!!(cond), 1) || cvn_expect_failed(#cond, __FILE__, __LINE__))

/* Calls `fn(&variable)` when the variable goes out of scope. */
#define CVN_CLEANUP(fn) __attribute__((cleanup(fn)))

/* The struct that embeds `member` at `ptr`. */
#define CONTAINER_OF(ptr, type, member) ((type *)(void *)((char *)(ptr)-offsetof(type, member)))

#define N_ELEMENTS(array) (sizeof(array) / sizeof((array)[0]))
