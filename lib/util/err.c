#include "util/err.h"

#include "util/log.h"
#include "util/trace.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

struct row {
	enum cvn_err err;
	const char *name;
	const char *code;
	enum cvn_class class;
	bool retry;
	const char *text;
};

static const struct row ROWS[] = {
	{ CVN_OK, "CVN_OK", "OK", CVN_CLASS_NONE, false, "no error" },
#define CVN_ERR(name, value, code, class, retry, text) \
	{ name, #name, code, CVN_CLASS_##class, retry, text },
#include "util/err.def"
#undef CVN_ERR
};

static atomic_ulong expect_failures;

static const struct row *row_of(enum cvn_err err)
{
	size_t i = (size_t)(-(int)err);

	/* The rows stand in the order of their values: 0, -1, -2, …; a test holds the list to
	 * it. */
	return i < N_ELEMENTS(ROWS) ? &ROWS[i] : &ROWS[N_ELEMENTS(ROWS) - 1];
}

const char *cvn_err_code(enum cvn_err err)
{
	return row_of(err)->code;
}

const char *cvn_err_text(enum cvn_err err)
{
	return row_of(err)->text;
}

const char *cvn_err_name(enum cvn_err err)
{
	return row_of(err)->name;
}

enum cvn_class cvn_err_class(enum cvn_err err)
{
	return row_of(err)->class;
}

const char *cvn_class_name(enum cvn_class who)
{
	static const char *const NAMES[] = { "none", "client", "capacity", "dependency", "bug" };

	return (size_t)who < N_ELEMENTS(NAMES) ? NAMES[who] : "bug";
}

bool cvn_err_is_retryable(enum cvn_err err)
{
	return row_of(err)->retry;
}

unsigned long cvn_expect_failures(void)
{
	return atomic_load(&expect_failures);
}

void cvn_require_failed(const char *cond, const char *file, int line)
{
	trace_dump(stderr);
	fprintf(stderr, "<2>%s:%d: broken invariant: %s\n", file, line, cond);
	abort();
}

bool cvn_expect_failed(const char *cond, const char *file, int line)
{
	atomic_fetch_add(&expect_failures, 1);
	LOG_ERROR("util", "unexpected", "condition", cond, "file", file, "line", line);
	return false;
}
