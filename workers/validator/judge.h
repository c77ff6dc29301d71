/* judge.h - one request on its way through the rules: what they look at, and where they put their blame.
 *
 * Layer     workers/validator; private to this folder.
 * Thread    any, one judgement at a time.
 * Limit     the greatest lengths below; what is beyond them is TOO_MANY, and not looked at.
 * Not here  the rules themselves (rules_….c). */
#pragma once
#include "validator/rules.h"

enum {
	TITLES_MAX = 16,
	WINDOWS_MAX = 32,
	HOSTS_MAX = 64,
	VENUES_MAX = 256,
	FACILITIES_MAX = 64,
	SERVICES_MAX = 16,
	SQUADS_MAX = 256,
	AFTER_MAX = 32,
	QUOTE_BYTES = 128, /* of a quoted text, its NUL and what replaces odd characters counted in */
};

/* The first test that leaves no venue, in the order in which they are made. */
enum binding { BINDS_NOTHING, BINDS_PLACE, BINDS_FACILITIES, BINDS_LEVEL, BINDS_UNITS, BINDS_BEDS };

/* What the venues that are left could do. */
struct eligible {
	enum binding binding;
	int64_t best;          /* level, units or beds: the most that those left before the binding test have */
	const char *nocs[HOSTS_MAX];
	size_t n_nocs;         /* hosts of the venues that pass all tests */
};

struct judgement {
	const Convene__V1__Request *request;
	const struct programme *programme;
	const struct subject *subject;
	const struct rule *rule; /* being asked */
	struct arena *arena;
	Convene__V1__Violation *violations[RULES_VIOLATIONS_MAX];
	size_t n_violations;
	struct eligible *eligible; /* NULL: not asked yet */
	bool is_out_of_memory;
};

/* Blames a field for breaking the rule that is being asked. `field` is made by words(), or a constant. `detail`: what is
 * there and what would be right, or NULL. Past RULES_VIOLATIONS_MAX nothing more is noted. */
void blame(struct judgement *j, const char *field, const char *detail);

/* Has a field that begins with `prefix` been blamed already? */
bool is_blamed(const struct judgement *j, const char *prefix);

/* A formatted text in the judgement's memory, at most 1,023 bytes; "" where memory is at its end (the judgement fails
 * then). */
const char *words(struct judgement *j, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A text of the request made fit to stand in a sentence or path: odd characters replaced, cut where it is long. */
const char *quote(struct judgement *j, const char *text);

/* A day as YYYY-MM-DD. */
const char *day_words(struct judgement *j, int32_t day);

/* Is it announced and fixed: it stands already, and may break the rules of where and when? */
bool is_fixed(const Convene__V1__Request *request);

/* Both days of a window, where they are days and in order. */
bool window_days(const Convene__V1__Period *window, int32_t *ret_first, int32_t *ret_last);

/* The lesser. */
size_t at_most(size_t n, size_t max);

/* Is texts[i] the same as one before it? */
bool is_repeated(char *const *texts, size_t i);

/* The request of that id as this judgement knows it: the one judged, one of its batch, one that stands; NULL: none. */
const Convene__V1__Request *known_request(const struct judgement *j, const char *id);

/* The venues that could do, asked once a judgement (rules_where.c). */
const struct eligible *eligible(struct judgement *j);

#define RULE(code, field, needs, text) void rule_##code(struct judgement *j);
#include "validator/rules.def"
#undef RULE
