#include "domain/consent.h"
#include "things.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void needs(struct programme *p, const char *federation, const char *venue, const char *squads, const char *expected)
{
	Convene__V1__Request request = CONVENE__V1__REQUEST__INIT;
	Convene__V1__Placement placement = CONVENE__V1__PLACEMENT__INIT;
	const char *nocs[CONSENT_MAX];
	char said[64] = "", text[64], *list[8], *rest = text;

	strcpy(text, squads);
	request.federation = (char *)federation;
	request.squads = list;
	while ((list[request.n_squads] = strtok_r(rest, " ", &rest)) != NULL)
		request.n_squads++;
	placement.venue = (char *)venue;
	for (size_t i = 0, n = consent_needed(p, &request, &placement, nocs); i < n; i++)
		strcat(strcat(said, i > 0 ? " " : ""), nocs[i]);
	assert_string_equal(said, expected);
}

static void asks_host_filer_and_attending_parties(void **state)
{
	struct programme *p = programme_new();

	(void)state;
	put_programme(p, NULL);
	needs(p, "fa", "va", "", "AAA");
	needs(p, "fb", "va", "sg", "AAA BBB");
	needs(p, "fa", "vc", "sb sb sa", "AAA BBB CCC");
	needs(p, "nobody", "nowhere", "s?", "");
	programme_free(p);
}

static void asks_all_parties_where_the_policy_says_so(void **state)
{
	struct programme *p = programme_new();
	Convene__V1__Policy policy = CONVENE__V1__POLICY__INIT;

	(void)state;
	policy.has_consent_of_all = policy.consent_of_all = true;
	put_programme(p, &policy);
	needs(p, "fa", "va", "", "AAA BBB CCC");
	programme_free(p);
}

static void is_complete_when_all_have_spoken(void **state)
{
	Convene__V1__Standing standing = CONVENE__V1__STANDING__INIT;
	Convene__V1__Consent consent = CONVENE__V1__CONSENT__INIT, other = CONVENE__V1__CONSENT__INIT;
	Convene__V1__Consent *consents[] = { &consent, &other };
	char *needed[] = { (char *)"AAA", (char *)"BBB" };

	(void)state;
	assert_false(consent_is_complete(&standing));
	standing.consent_needed = needed;
	standing.n_consent_needed = 2;
	standing.consents = consents;
	standing.n_consents = 1;
	consent.noc = (char *)"BBB";
	assert_false(consent_is_complete(&standing));
	assert_true(consent_is_given(&standing, "BBB"));
	assert_false(consent_is_given(&standing, NULL));
	standing.n_consents = 2;
	assert_false(consent_is_complete(&standing));
	other.noc = (char *)"AAA";
	assert_true(consent_is_complete(&standing));
}

static void lapses_with_days_venue_and_size(void **state)
{
	Convene__V1__Request before = CONVENE__V1__REQUEST__INIT, after = CONVENE__V1__REQUEST__INIT;
	Convene__V1__Placement placed = CONVENE__V1__PLACEMENT__INIT, moved = CONVENE__V1__PLACEMENT__INIT;

	(void)state;
	placed.venue = moved.venue = (char *)"va";
	placed.first_day = moved.first_day = (char *)"2026-01-01";
	assert_false(consent_lapses(&before, &placed, &after, &moved));
	after.note = (char *)"changed";
	assert_false(consent_lapses(&before, &placed, &after, &moved));
	assert_true(consent_lapses(&before, NULL, &after, &moved));
	moved.venue = (char *)"vb";
	assert_true(consent_lapses(&before, &placed, &after, &moved));
	moved.venue = placed.venue;
	moved.first_day = (char *)"2026-01-02";
	assert_true(consent_lapses(&before, &placed, &after, &moved));
	after.headcount = 1;
	assert_true(consent_lapses(&before, &placed, &after, &placed));
	before.headcount = 1;
	before.duration = 1;
	assert_true(consent_lapses(&before, &placed, &after, &placed));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(asks_host_filer_and_attending_parties),
		cmocka_unit_test(asks_all_parties_where_the_policy_says_so),
		cmocka_unit_test(is_complete_when_all_have_spoken),
		cmocka_unit_test(lapses_with_days_venue_and_size),
	};

	return cmocka_run_group_tests_name("consent", tests, NULL, NULL);
}
