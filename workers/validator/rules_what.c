/* rules_what.c - what is asked for.
 *
 * Layer     workers/validator.
 * Thread    any; pure. */
#include "domain/code.h"
#include "validator/judge.h"
#include <string.h>

static size_t n_services(const struct judgement *j)
{
	return at_most(j->request->n_services, SERVICES_MAX);
}

static void require_range(struct judgement *j, const char *field, bool is_there, int64_t value, int64_t max)
{
	if (is_there && (value < 1 || value > max))
		blame(j, field, words(j, "%lld is not", (long long)value));
}

void rule_KIND_UNKNOWN(struct judgement *j)
{
	if (j->request->kind != NULL && code_kind(j->request->kind) < 0)
		blame(j, "kind", words(j, "%s is none of them", quote(j, j->request->kind)));
}

void rule_LEVEL_OUT_OF_RANGE(struct judgement *j)
{
	require_range(j, "level", j->request->has_level, j->request->level, 5);
}

void rule_VALUE_OUT_OF_RANGE(struct judgement *j)
{
	require_range(j, "value", j->request->has_value, j->request->value, 100);
}

void rule_UNITS_NOT_POSITIVE(struct judgement *j)
{
	if (j->request->has_units && j->request->units < 1)
		blame(j, "units", NULL);
}

void rule_FACILITY_UNKNOWN(struct judgement *j)
{
	for (size_t i = 0; i < at_most(j->request->n_facilities, FACILITIES_MAX); i++) {
		const char *facility = j->request->facilities[i];

		if (!programme_has_facility(j->programme, facility))
			blame(j, words(j, "facilities[%zu]", i), words(j, "%s is none", quote(j, facility)));
	}
}

void rule_FACILITY_TWICE(struct judgement *j)
{
	for (size_t i = 0; i < at_most(j->request->n_facilities, FACILITIES_MAX); i++) {
		if (is_repeated(j->request->facilities, i))
			blame(j, words(j, "facilities[%zu]", i), NULL);
	}
}

void rule_SERVICE_UNKNOWN(struct judgement *j)
{
	for (size_t i = 0; i < n_services(j); i++) {
		const char *service = j->request->services[i]->service;

		if (service != NULL && code_service(service) < 0)
			blame(j, words(j, "services.%s", quote(j, service)), NULL);
	}
}

void rule_SERVICE_TWICE(struct judgement *j)
{
	for (size_t i = 0; i < n_services(j); i++) {
		const char *service = j->request->services[i]->service;
		bool is_second = false;

		for (size_t k = 0; service != NULL && k < i; k++) {
			const char *other = j->request->services[k]->service;

			is_second |= other != NULL && strcmp(other, service) == 0;
		}
		if (is_second)
			blame(j, words(j, "services.%s", quote(j, service)), "add the two up");
	}
}

void rule_SERVICE_NOT_POSITIVE(struct judgement *j)
{
	for (size_t i = 0; i < n_services(j); i++) {
		const Convene__V1__Need *need = j->request->services[i];

		if (need->service != NULL && code_service(need->service) >= 0 && need->has_staff && need->staff < 1)
			blame(j, words(j, "services.%s", need->service), "leave out what is not needed");
	}
}
