/* code.c - tables of names.
 *
 * Layer     domain.
 * Thread    any; pure. */
#include "domain/code.h"
#include "util/err.h"
#include <stddef.h>
#include <string.h>

static const char *const KINDS[KIND_N] = { "training_camp", "competition", "tournament", "mass_event" };
static const char *const SERVICES[SERVICE_N] = { "training", "scientific", "methodological", "medical" };
static const char *const VERDICTS[VERDICT_N] = { "approve", "decline", "revise", "postpone", "cancel" };
static const char *const REASONS[REASON_N] = {
#define X(name) #name,
	CODE_REASONS(X)
#undef X
};

static int find(const char *const *names, int n, const char *text)
{
	for (int i = 0; text != NULL && i < n; i++) {
		if (strcmp(names[i], text) == 0)
			return i;
	}
	return -1;
}

int code_kind(const char *text)
{
	return find(KINDS, KIND_N, text);
}

int code_service(const char *text)
{
	return find(SERVICES, SERVICE_N, text);
}

int code_verdict(const char *text)
{
	return find(VERDICTS, VERDICT_N, text);
}

const char *code_kind_name(int kind)
{
	CVN_REQUIRE(kind >= 0 && kind < KIND_N);
	return KINDS[kind];
}

const char *code_service_name(int service)
{
	CVN_REQUIRE(service >= 0 && service < SERVICE_N);
	return SERVICES[service];
}

const char *code_verdict_name(int verdict)
{
	CVN_REQUIRE(verdict >= 0 && verdict < VERDICT_N);
	return VERDICTS[verdict];
}

const char *code_reason_name(int reason)
{
	CVN_REQUIRE(reason >= 0 && reason < REASON_N);
	return REASONS[reason];
}

bool code_is_noc(const char *text)
{
	if (text == NULL || strnlen(text, 4) != 3)
		return false;
	for (int i = 0; i < 3; i++) {
		if (text[i] < 'A' || text[i] > 'Z')
			return false;
	}
	return true;
}
