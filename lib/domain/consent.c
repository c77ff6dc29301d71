/* consent.c - a short sorted list of committees.
 *
 * Layer     domain.
 * Thread    any; pure. */
#include "domain/consent.h"
#include <string.h>

struct nocs {
	const char **nocs;
	size_t n;
};

/* Keeps the list sorted and each entry single. */
static void add(struct nocs *list, const char *noc)
{
	size_t at = 0;

	if (noc == NULL || list->n == CONSENT_MAX)
		return;
	while (at < list->n && strcmp(list->nocs[at], noc) < 0)
		at++;
	if (at < list->n && strcmp(list->nocs[at], noc) == 0)
		return;
	memmove(&list->nocs[at + 1], &list->nocs[at], (list->n - at) * sizeof(*list->nocs));
	list->nocs[at] = noc;
	list->n++;
}

static bool is_same(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

size_t consent_needed(const struct programme *p, const Convene__V1__Request *request,
                      const Convene__V1__Placement *placement, const char *ret_nocs[CONSENT_MAX])
{
	const Convene__V1__Programme *about = programme_about(p);
	struct nocs list = { ret_nocs, 0 };

	if (placement != NULL)
		add(&list, programme_noc_of_venue(p, placement->venue));
	add(&list, programme_noc_of_federation(p, request->federation));
	for (size_t i = 0; i < request->n_squads; i++) {
		const char *noc = programme_noc_of_squad(p, request->squads[i]);

		if (programme_is_party(p, noc))
			add(&list, noc);
	}
	for (size_t i = 0; about != NULL && programme_policy(p)->consent_of_all && i < about->n_parties; i++)
		add(&list, about->parties[i]);
	return list.n;
}

bool consent_is_given(const Convene__V1__Standing *standing, const char *noc)
{
	for (size_t i = 0; noc != NULL && i < standing->n_consents; i++) {
		if (is_same(standing->consents[i]->noc, noc))
			return true;
	}
	return false;
}

bool consent_is_complete(const Convene__V1__Standing *standing)
{
	for (size_t i = 0; i < standing->n_consent_needed; i++) {
		if (!consent_is_given(standing, standing->consent_needed[i]))
			return false;
	}
	return standing->n_consent_needed > 0;
}

bool consent_lapses(const Convene__V1__Request *before, const Convene__V1__Placement *placed_before,
                    const Convene__V1__Request *after, const Convene__V1__Placement *placed_after)
{
	if ((placed_before == NULL) != (placed_after == NULL))
		return true;
	if (before->duration != after->duration || before->headcount != after->headcount)
		return true;
	return placed_before != NULL && (!is_same(placed_before->venue, placed_after->venue) ||
	                                 !is_same(placed_before->first_day, placed_after->first_day));
}
