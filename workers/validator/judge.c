/* judge.c - runs the table; helpers of the rules.
 *
 * Layer     workers/validator.
 * Thread    any, one judgement at a time. */
#include "validator/judge.h"
#include "domain/day.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const struct rule RULES[] = {
#define RULE(code, field, needs, text) { #code, field, needs, text, rule_##code },
#include "validator/rules.def"
#undef RULE
};

static bool may_ask(const struct judgement *j)
{
	const char *needs = j->rule->needs;

	while (*needs != '\0') {
		char field[32];
		size_t n = strcspn(needs, " ");

		CVN_REQUIRE(n < sizeof(field));
		memcpy(field, needs, n);
		field[n] = '\0';
		if (is_blamed(j, field))
			return false;
		needs += n + strspn(needs + n, " ");
	}
	return true;
}

/* Has the working body let this request go beyond it, in the revision that is judged? */
static bool is_allowed(const struct judgement *j)
{
	const struct replica_record *record =
		j->request->id != NULL ? replica_find(j->subject->replica, j->request->id) : NULL;

	for (size_t i = 0; record != NULL && i < record->standing->n_allowances; i++) {
		const Convene__V1__Allowance *a = record->standing->allowances[i];

		if (a->revision == record->revision && a->code != NULL && strcmp(a->code, j->rule->code) == 0)
			return true;
	}
	return false;
}

/* The rule as a sentence of its own: the rows are written as parts of one. */
static char *sentence(struct judgement *j, const char *detail)
{
	const char *divider = detail != NULL ? "; " : "";
	char *text = arena_printf(j->arena, "%s%s%s", j->rule->text, divider, detail != NULL ? detail : "");

	if (text == NULL)
		j->is_out_of_memory = true;
	else if (text[0] >= 'a' && text[0] <= 'z')
		text[0] = (char)(text[0] - 'a' + 'A');
	return text;
}

void blame(struct judgement *j, const char *field, const char *detail)
{
	Convene__V1__Violation *violation;

	if (j->n_violations == RULES_VIOLATIONS_MAX)
		return;
	violation = arena_alloc(j->arena, sizeof(*violation));
	if (violation == NULL) {
		j->is_out_of_memory = true;
		return;
	}
	convene__v1__violation__init(violation);
	violation->code = (char *)j->rule->code;
	violation->field = (char *)field;
	violation->text = sentence(j, detail);
	j->violations[j->n_violations++] = violation;
}

bool is_blamed(const struct judgement *j, const char *prefix)
{
	for (size_t i = 0; i < j->n_violations; i++) {
		if (strncmp(j->violations[i]->field, prefix, strlen(prefix)) == 0)
			return true;
	}
	return false;
}

const char *words(struct judgement *j, const char *format, ...)
{
	char text[1024];
	const char *copy;
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	copy = arena_strdup(j->arena, text);
	j->is_out_of_memory |= copy == NULL;
	return copy != NULL ? copy : "";
}

/* Bytes of the character that begins here. The text is UTF-8: decoding has seen to it. */
static size_t n_bytes_of(unsigned char first)
{
	return first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
}

const char *quote(struct judgement *j, const char *text)
{
	char quoted[QUOTE_BYTES];
	size_t used = 0;

	for (size_t i = 0; text[i] != '\0';) {
		size_t n = strnlen(&text[i], n_bytes_of((unsigned char)text[i]));
		bool is_odd = (unsigned char)text[i] < 0x20 || text[i] == 0x7F;

		if (used + n + sizeof("…") > sizeof(quoted)) {
			memcpy(&quoted[used], "…", sizeof("…") - 1);
			used += sizeof("…") - 1;
			break;
		}
		memcpy(&quoted[used], is_odd ? "?" : &text[i], n);
		used += n;
		i += n;
	}
	quoted[used] = '\0';
	return words(j, "%s", quoted);
}

const char *day_words(struct judgement *j, int32_t day)
{
	char text[DAY_TEXT_SIZE];

	day_format(day, text);
	return words(j, "%s", text);
}

bool is_fixed(const Convene__V1__Request *request)
{
	return request->announced != NULL && request->announced->fixed;
}

bool window_days(const Convene__V1__Period *window, int32_t *ret_first, int32_t *ret_last)
{
	int32_t first, last;

	if (!day_parse(window->first, &first) || !day_parse(window->last, &last) || last < first)
		return false;
	*ret_first = first;
	*ret_last = last;
	return true;
}

size_t at_most(size_t n, size_t max)
{
	return n < max ? n : max;
}

bool is_repeated(char *const *texts, size_t i)
{
	for (size_t k = 0; k < i; k++) {
		if (strcmp(texts[k], texts[i]) == 0)
			return true;
	}
	return false;
}

const Convene__V1__Request *known_request(const struct judgement *j, const char *id)
{
	const struct replica_record *record;

	if (id == NULL)
		return NULL;
	if (j->request->id != NULL && strcmp(j->request->id, id) == 0)
		return j->request;
	for (size_t i = 0; i < j->subject->n_batch; i++) {
		const Convene__V1__Request *other = j->subject->batch[i];

		if (other->id != NULL && strcmp(other->id, id) == 0)
			return other;
	}
	record = replica_find(j->subject->replica, id);
	return record != NULL ? record->content : NULL;
}

const struct rule *rules(size_t *ret_n)
{
	*ret_n = N_ELEMENTS(RULES);
	return RULES;
}

enum cvn_err rules_judge(const struct subject *subject, struct arena *arena, Convene__V1__Violation ***ret_violations,
                         size_t *ret_n)
{
	struct judgement j = {
		.request = subject->request,
		.programme = replica_programme(subject->replica),
		.subject = subject,
		.arena = arena,
	};
	Convene__V1__Violation **violations = NULL;

	for (size_t i = 0; i < N_ELEMENTS(RULES) && !j.is_out_of_memory; i++) {
		j.rule = &RULES[i];
		if (may_ask(&j) && !is_allowed(&j))
			RULES[i].check(&j);
	}
	if (!j.is_out_of_memory && j.n_violations > 0) {
		violations = arena_memdup(arena, j.violations, j.n_violations * sizeof(*violations));
		j.is_out_of_memory = violations == NULL;
	}
	if (j.is_out_of_memory)
		return CVN_ENOMEM;
	*ret_violations = violations;
	*ret_n = j.n_violations;
	return CVN_OK;
}
