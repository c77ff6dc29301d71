/* rules_who.c - who files, and who attends.
 *
 * Layer     workers/validator.
 * Thread    any; pure. */
#include "validator/judge.h"
#include <string.h>

static size_t n_squads(const struct judgement *j)
{
	return at_most(j->request->n_squads, SQUADS_MAX);
}

static bool is_known_squad(const struct judgement *j, const char *squad)
{
	const char *noc = programme_noc_of_squad(j->programme, squad);

	return programme_is_party(j->programme, noc) || programme_is_guest(j->programme, noc);
}

void rule_FEDERATION_UNKNOWN(struct judgement *j)
{
	const char *federation = j->request->federation;

	if (federation != NULL && programme_federation(j->programme, federation) == NULL)
		blame(j, "federation", words(j, "%s is none", quote(j, federation)));
}

void rule_FEDERATION_IS_GUEST(struct judgement *j)
{
	const Convene__V1__Federation *federation = programme_federation(j->programme, j->request->federation);

	if (federation != NULL && !programme_is_party(j->programme, federation->noc))
		blame(j, "federation", words(j, "%s belongs to %s, which is no party", federation->id,
		                             federation->noc != NULL ? quote(j, federation->noc) : "no committee"));
}

void rule_DISCIPLINE_UNKNOWN(struct judgement *j)
{
	const char *discipline = j->request->discipline;

	if (discipline != NULL && !programme_has_discipline(j->programme, discipline))
		blame(j, "discipline", words(j, "%s is none", quote(j, discipline)));
}

void rule_DISCIPLINE_NOT_OF_FEDERATION(struct judgement *j)
{
	const Convene__V1__Federation *federation = programme_federation(j->programme, j->request->federation);
	const char *discipline = j->request->discipline;

	if (federation == NULL || discipline == NULL || !programme_has_discipline(j->programme, discipline))
		return;
	for (size_t i = 0; i < federation->n_disciplines; i++) {
		if (strcmp(federation->disciplines[i], discipline) == 0)
			return;
	}
	blame(j, "discipline", words(j, "%s is none of those of %s", discipline, federation->id));
}

void rule_SQUAD_UNKNOWN(struct judgement *j)
{
	for (size_t i = 0; i < n_squads(j); i++) {
		const char *squad = j->request->squads[i];

		if (!is_known_squad(j, squad))
			blame(j, words(j, "squads[%zu]", i), words(j, "%s is none", quote(j, squad)));
	}
}

void rule_SQUAD_TWICE(struct judgement *j)
{
	for (size_t i = 0; i < n_squads(j); i++) {
		if (is_repeated(j->request->squads, i))
			blame(j, words(j, "squads[%zu]", i),
			      words(j, "%s stands before", quote(j, j->request->squads[i])));
	}
}

void rule_HEADCOUNT_BELOW_SQUADS(struct judgement *j)
{
	int64_t people = 0;

	for (size_t i = 0; i < n_squads(j); i++) {
		const Convene__V1__Squad *squad = programme_squad(j->programme, j->request->squads[i]);

		if (squad == NULL || squad->size <= 0 || is_repeated(j->request->squads, i))
			continue;
		if (__builtin_add_overflow(people, squad->size, &people))
			people = INT64_MAX;
	}
	if (j->request->has_headcount && j->request->headcount < people)
		blame(j, "headcount", words(j, "they are %lld", (long long)people));
	else if (j->request->has_headcount && j->request->headcount < 0)
		blame(j, "headcount", "it is 0 at least");
}
