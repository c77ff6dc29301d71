/* Each rule: what it blames, what it lets pass, and what it leaves to another. */
#include "fixture.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

/* A change of the sound request, and all that is to be said of it then. */
struct row {
	const char *patch;
	const char *said;
};

static const struct row TEXT[] = {
	{ NULL, "" },
	{ "{\"id\": \"\"}", "id ID_INVALID" },
	{ "{\"id\": null}", "id ID_INVALID" },
	{ "{\"id\": \"-x\"}", "id ID_INVALID" },
	{ "{\"id\": \"A.b_c-9\"}", "" },
	{ "{\"id\": \"сбор\"}", "id ID_INVALID" },
	{ "{\"id\": \"march\"}", "id ID_TAKEN" },
	{ "{\"federation\": null}", "federation FIELD_MISSING" },
	{ "{\"kind\": null}", "kind FIELD_MISSING" },
	{ "{\"discipline\": null}", "discipline FIELD_MISSING" },
	{ "{\"level\": null}", "level FIELD_MISSING" },
	{ "{\"duration\": null}", "duration FIELD_MISSING" },
	{ "{\"preferred_first_day\": null}", "preferred_first_day FIELD_MISSING" },
	{ "{\"units\": null}", "units FIELD_MISSING" },
	{ "{\"headcount\": null}", "headcount FIELD_MISSING" },
	{ "{\"value\": null}", "value FIELD_MISSING" },
	{ "{\"after\": [{\"request\": \"march\"}]}", "after[0].min_gap FIELD_MISSING, after[0].max_gap FIELD_MISSING" },
	{ "{\"after\": [{\"min_gap\": 1, \"max_gap\": 2}]}", "after[0].request FIELD_MISSING" },
	{ "{\"announced\": {}}", "announced.venue FIELD_MISSING, announced.first_day FIELD_MISSING" },
	{ "{\"title\": null}", "title TITLE_EMPTY" },
	{ "{\"title\": {}}", "title TITLE_EMPTY" },
	{ "{\"title\": {\"en\": \"Camp\", \"zh\": \"\"}}", "title.zh TITLE_EMPTY" },
	{ "{\"title\": {\"en\": \" \\u3000\\t\"}}", "title.en TITLE_EMPTY" },
	{ "{\"title\": {\"zh-hant\": \"營\"}}", "" },
	{ "{\"title\": {\"English\": \"Camp\"}}", "title[0].lang LANGUAGE_INVALID" },
	{ "{\"title\": {\"e\": \"\"}}", "title[0] TITLE_EMPTY, title[0].lang LANGUAGE_INVALID" },
	{ "{\"title\": {\"en\": \"Ca\\u0007mp\"}}", "title.en TEXT_INVALID" },
	{ "{\"title\": {\"en\": \"Ca\\nmp\"}}", "title.en TEXT_INVALID" },
	{ "{\"title\": {\"en\": \"Ca\\u0085mp\", \"ru\": \"\\u202Eпмак\"}}", "title.en TEXT_INVALID, title.ru TEXT_INVALID" },
	{ "{\"contact\": \"a\\u007Fb\"}", "contact TEXT_INVALID" },
	{ "{\"note\": \"a\\u001Bb\"}", "note TEXT_INVALID" },
	{ "{\"note\": \"a\\n\\tb\"}", "" },
};

static const struct row WHO[] = {
	{ "{\"federation\": \"CCC-ATH\"}", "federation FEDERATION_UNKNOWN" },
	{ "{\"federation\": \"BBB-ATH\"}", "" },
	{ "{\"federation\": \"GGG-ATH\"}", "federation FEDERATION_IS_GUEST" },
	{ "{\"federation\": \"ZZZ-ATH\"}", "federation FEDERATION_IS_GUEST" },
	{ "{\"discipline\": \"XZZ\"}", "discipline DISCIPLINE_UNKNOWN" },
	{ "{\"discipline\": \"JUD\"}", "discipline DISCIPLINE_NOT_OF_FEDERATION" },
	{ "{\"squads\": [\"A\", \"Z\", \"Q\"]}", "squads[1] SQUAD_UNKNOWN, squads[2] SQUAD_UNKNOWN" },
	{ "{\"squads\": [\"A\", \"B\", \"A\"]}", "squads[2] SQUAD_TWICE" },
	{ "{\"squads\": []}", "" },
	{ "{\"headcount\": 44}", "headcount HEADCOUNT_BELOW_SQUADS" },
	{ "{\"headcount\": 20, \"squads\": [\"A\", \"A\"]}", "squads[1] SQUAD_TWICE" },
	{ "{\"headcount\": -1, \"squads\": []}", "headcount HEADCOUNT_BELOW_SQUADS" },
};

static const struct row WHAT[] = {
	{ "{\"kind\": \"seminar\"}", "kind KIND_UNKNOWN" },
	{ "{\"kind\": \"mass_event\"}", "" },
	{ "{\"level\": 0}", "level LEVEL_OUT_OF_RANGE" },
	{ "{\"level\": 6}", "level LEVEL_OUT_OF_RANGE" },
	{ "{\"value\": 0}", "value VALUE_OUT_OF_RANGE" },
	{ "{\"value\": 101}", "value VALUE_OUT_OF_RANGE" },
	{ "{\"value\": 100}", "" },
	{ "{\"units\": 0}", "units UNITS_NOT_POSITIVE" },
	{ "{\"facilities\": [\"gym\", \"sauna\"]}", "facilities[1] FACILITY_UNKNOWN" },
	{ "{\"facilities\": [\"gym\", \"gym\"]}", "facilities[1] FACILITY_TWICE" },
	{ "{\"facilities\": []}", "" },
	{ "{\"services\": {\"physiotherapy\": 2}}", "services.physiotherapy SERVICE_UNKNOWN" },
	{ "{\"services\": {\"training\": 0, \"medical\": -1}}",
	  "services.training SERVICE_NOT_POSITIVE, services.medical SERVICE_NOT_POSITIVE" },
	{ "{\"services\": {}}", "" },
	{ "{\"units\": 0, \"facilities\": [\"sauna\"], \"services\": {\"medical\": -1}}",
	  "units UNITS_NOT_POSITIVE, facilities[0] FACILITY_UNKNOWN, services.medical SERVICE_NOT_POSITIVE" },
};

static const struct row WHEN[] = {
	{ "{\"duration\": 0}", "duration DURATION_NOT_POSITIVE" },
	{ "{\"duration\": -3}", "duration DURATION_NOT_POSITIVE" },
	{ "{\"duration\": 9223372036854775807}", "windows[0] WINDOW_TOO_SHORT, windows[1] WINDOW_TOO_SHORT" },
	{ "{\"windows\": []}", "windows WINDOWS_EMPTY" },
	{ "{\"windows\": [[\"2026-02-28\", \"2026-02-30\"]]}", "windows[0][1] DATE_INVALID" },
	{ "{\"windows\": [[\"2026-4-1\", \"\"]]}", "windows[0][0] DATE_INVALID, windows[0][1] DATE_INVALID" },
	{ "{\"preferred_first_day\": \"soon\"}", "preferred_first_day DATE_INVALID" },
	{ "{\"windows\": [[\"2026-04-20\", \"2026-04-01\"]]}", "windows[0] WINDOW_REVERSED" },
	{ "{\"windows\": [[\"2026-04-01\", \"2026-04-20\"], [\"2026-12-20\", \"2027-01-10\"]]}", "windows[1] OUTSIDE_PROGRAMME" },
	{ "{\"windows\": [[\"2025-12-31\", \"2026-04-20\"]]}", "windows[0] OUTSIDE_PROGRAMME" },
	{ "{\"preferred_first_day\": \"2027-01-01\"}", "preferred_first_day OUTSIDE_PROGRAMME" },
	{ "{\"windows\": [[\"2026-04-01\", \"2026-04-10\"]], \"preferred_first_day\": \"2026-04-01\"}", "" },
	{ "{\"windows\": [[\"2026-04-01\", \"2026-04-09\"]], \"preferred_first_day\": \"2026-04-01\"}",
	  "windows[0] WINDOW_TOO_SHORT" },
	{ "{\"windows\": [[\"2026-04-01\", \"2026-04-20\"], [\"2026-04-20\", \"2026-05-20\"]]}", "windows[1] WINDOWS_OVERLAP" },
	{ "{\"windows\": [[\"2026-04-01\", \"2026-04-20\"], [\"2026-04-21\", \"2026-05-20\"]]}", "" },
	{ "{\"windows\": [[\"2026-06-01\", \"2026-06-20\"], [\"2026-04-01\", \"2026-04-20\"]]}", "windows[1] WINDOWS_UNSORTED" },
	{ "{\"preferred_first_day\": \"2026-03-31\"}", "preferred_first_day PREFERRED_OUTSIDE_WINDOWS" },
	{ "{\"preferred_first_day\": \"2026-04-12\"}", "preferred_first_day PREFERRED_OUTSIDE_WINDOWS" },
	{ "{\"preferred_first_day\": \"2026-04-11\"}", "" },
	{ "{\"preferred_first_day\": \"2026-06-06\"}", "" },
};

static const struct row WHERE[] = {
	{ "{\"hosts\": []}", "hosts HOSTS_EMPTY" },
	{ "{\"hosts\": [\"AAA\", \"JPN\"]}", "hosts[1] HOST_NOT_PARTY" },
	{ "{\"hosts\": [\"AAA\", \"GGG\"]}", "hosts[1] HOST_IS_GUEST" },
	{ "{\"hosts\": [\"AAA\", \"AAA\"]}", "hosts[1] HOST_TWICE" },
	{ "{\"venues\": [\"va1\", \"nowhere\"]}", "venues[1] VENUE_UNKNOWN" },
	{ "{\"venues\": [\"va1\", \"va1\"]}", "venues[1] VENUE_TWICE" },
	{ "{\"venues\": [\"va1\"]}", "" },
	{ "{\"venues\": [\"vb1\"], \"hosts\": [\"AAA\"]}", "venues NO_ELIGIBLE_VENUE" },
	{ "{\"discipline\": \"XSW\"}", "hosts NO_ELIGIBLE_VENUE" },
	{ "{\"facilities\": [\"gym\", \"ice\"]}", "facilities NO_VENUE_WITH_FACILITIES" },
	{ "{\"facilities\": [\"gym\"], \"hosts\": [\"BBB\"]}", "facilities NO_VENUE_WITH_FACILITIES, services.training SERVICE_ABOVE_OFFERS" },
	{ "{\"facilities\": [\"lab\"], \"level\": 5, \"services\": {}}", "" },
	{ "{\"facilities\": [\"gym\"], \"level\": 5}", "level LEVEL_ABOVE_VENUES" },
	{ "{\"level\": 5, \"hosts\": [\"AAA\"]}", "level LEVEL_ABOVE_VENUES" },
	{ "{\"units\": 4}", "" },
	{ "{\"units\": 5}", "units UNITS_ABOVE_VENUES" },
	{ "{\"units\": 4, \"level\": 3}", "units UNITS_ABOVE_VENUES" },
	{ "{\"headcount\": 200}", "" },
	{ "{\"headcount\": 201}", "headcount HEADCOUNT_ABOVE_BEDS" },
	{ "{\"headcount\": 51, \"units\": 3}", "headcount HEADCOUNT_ABOVE_BEDS" },
	{ "{\"services\": {\"training\": 6}}", "services.training SERVICE_ABOVE_OFFERS" },
	{ "{\"services\": {\"medical\": 5}}", "" },
	{ "{\"services\": {\"medical\": 6, \"training\": 7}}",
	  "services.medical SERVICE_ABOVE_OFFERS, services.training SERVICE_ABOVE_OFFERS" },
	{ "{\"facilities\": [\"lab\"], \"services\": {\"scientific\": 4}}", "" },
	{ "{\"facilities\": [\"lab\"], \"services\": {\"scientific\": 4, \"training\": 1}}",
	  "services.training SERVICE_ABOVE_OFFERS" },
	/* the venues that are left have one host; the offers of the other do not help */
	{ "{\"facilities\": [\"gym\"], \"services\": {\"scientific\": 1}}", "services.scientific SERVICE_ABOVE_OFFERS" },
};

static const struct row ANNOUNCED[] = {
	{ "{\"announced\": {\"venue\": \"va1\", \"first_day\": \"2026-04-05\"}}", "" },
	{ "{\"announced\": {\"venue\": \"nowhere\", \"first_day\": \"2026-04-05\"}}", "announced.venue VENUE_UNKNOWN" },
	{ "{\"announced\": {\"venue\": \"va1\", \"first_day\": \"2026-04-31\"}}", "announced.first_day DATE_INVALID" },
	{ "{\"announced\": {\"venue\": \"va1\", \"first_day\": \"2026-12-23\"}}", "announced.first_day OUTSIDE_PROGRAMME" },
	{ "{\"announced\": {\"venue\": \"va1\", \"first_day\": \"2026-12-22\"}}", "" },
	/* fixed: outside its windows, at a venue without the facilities and below the level, of a host not named */
	{ "{\"announced\": {\"venue\": \"vb1\", \"first_day\": \"2026-09-01\", \"fixed\": true}, \"hosts\": [\"AAA\"],"
	  " \"facilities\": [\"ice\"], \"services\": {}}", "" },
	/* … but there must be room */
	{ "{\"announced\": {\"venue\": \"vb1\", \"first_day\": \"2026-09-01\", \"fixed\": true}, \"units\": 2, \"services\": {}}",
	  "units UNITS_ABOVE_VENUES" },
	{ "{\"announced\": {\"venue\": \"vb1\", \"first_day\": \"2026-09-01\", \"fixed\": true}, \"headcount\": 101, \"services\": {}}",
	  "headcount HEADCOUNT_ABOVE_BEDS" },
	{ "{\"announced\": {\"venue\": \"vb1\", \"first_day\": \"2026-09-01\", \"fixed\": true}}",
	  "services.training SERVICE_ABOVE_OFFERS" },
};

static const struct row AFTER[] = {
	{ "{\"after\": [{\"request\": \"march\", \"min_gap\": 0, \"max_gap\": 10}]}", "" },
	{ "{\"after\": [{\"request\": \"none\", \"min_gap\": 0, \"max_gap\": 10}]}", "after[0].request AFTER_UNKNOWN" },
	{ "{\"after\": [{\"request\": \"march\", \"min_gap\": 0, \"max_gap\": 10},"
	  " {\"request\": \"march\", \"min_gap\": 0, \"max_gap\": 9}]}", "after[1].request AFTER_TWICE" },
	{ "{\"after\": [{\"request\": \"new\", \"min_gap\": 0, \"max_gap\": 10}]}", "after[0].request AFTER_CYCLE" },
	{ "{\"after\": [{\"request\": \"follower\", \"min_gap\": 0, \"max_gap\": 300}]}", "after[0].request AFTER_CYCLE" },
	/* a circle of others is theirs */
	{ "{\"after\": [{\"request\": \"ring\", \"min_gap\": 0, \"max_gap\": 99}]}", "" },
	{ "{\"after\": [{\"request\": \"march\", \"min_gap\": -1, \"max_gap\": 10}]}", "after[0].min_gap AFTER_GAP_NEGATIVE" },
	{ "{\"after\": [{\"request\": \"march\", \"min_gap\": 10, \"max_gap\": 9}]}", "after[0].max_gap AFTER_GAP_REVERSED" },
	{ "{\"after\": [{\"request\": \"december\", \"min_gap\": 0, \"max_gap\": 99}]}", "after[0] AFTER_OUT_OF_REACH" },
	/* March ends between the 5th and the 31st, this begins from 1 April to 6 June: 0 to 92 days between */
	{ "{\"after\": [{\"request\": \"march\", \"min_gap\": 92, \"max_gap\": 400}]}", "" },
	{ "{\"after\": [{\"request\": \"march\", \"min_gap\": 93, \"max_gap\": 400}]}", "after[0] AFTER_OUT_OF_REACH" },
	/* … but for 37 to 60, which lie between its two windows */
	{ "{\"after\": [{\"request\": \"march\", \"min_gap\": 36, \"max_gap\": 60}]}", "" },
	{ "{\"after\": [{\"request\": \"march\", \"min_gap\": 37, \"max_gap\": 60}]}", "after[0] AFTER_OUT_OF_REACH" },
	{ "{\"after\": [{\"request\": \"march\", \"min_gap\": 37, \"max_gap\": 61}]}", "" },
	{ "{\"after\": [{\"request\": \"new\", \"min_gap\": 20, \"max_gap\": 5}]}",
	  "after[0].request AFTER_CYCLE, after[0].max_gap AFTER_GAP_REVERSED" },
};

static const struct {
	const struct row *rows;
	size_t n;
} GROUPS[] = {
	{ TEXT, N_ELEMENTS(TEXT) },   { WHO, N_ELEMENTS(WHO) },     { WHAT, N_ELEMENTS(WHAT) },
	{ WHEN, N_ELEMENTS(WHEN) },   { WHERE, N_ELEMENTS(WHERE) }, { ANNOUNCED, N_ELEMENTS(ANNOUNCED) },
	{ AFTER, N_ELEMENTS(AFTER) },
};

static const char *judge(struct fixture *f, const Convene__V1__Request *request)
{
	struct subject subject = { .request = request, .replica = f->replica };

	return fixture_judge(f, &subject);
}

static void check_rows(const struct row *rows, size_t n)
{
	struct fixture f;
	int n_wrong = 0;

	fixture_init(&f, FIXTURE_PROGRAMME);
	for (size_t i = 0; i < n; i++) {
		const char *said = judge(&f, fixture_request(&f, rows[i].patch));

		if (strcmp(said, rows[i].said) != 0) {
			print_error("%s\n  said     %s\n  expected %s\n", rows[i].patch, said, rows[i].said);
			n_wrong++;
		}
	}
	fixture_done(&f);
	assert_int_equal(n_wrong, 0);
}

static void judges_identity_and_text(void **state)
{
	(void)state;
	check_rows(TEXT, N_ELEMENTS(TEXT));
}

static void judges_who_files_and_attends(void **state)
{
	(void)state;
	check_rows(WHO, N_ELEMENTS(WHO));
}

static void judges_what_is_asked_for(void **state)
{
	(void)state;
	check_rows(WHAT, N_ELEMENTS(WHAT));
}

static void judges_days(void **state)
{
	(void)state;
	check_rows(WHEN, N_ELEMENTS(WHEN));
}

static void names_the_test_that_leaves_no_venue(void **state)
{
	(void)state;
	check_rows(WHERE, N_ELEMENTS(WHERE));
}

static void lets_a_fixed_event_stand_where_there_is_room(void **state)
{
	(void)state;
	check_rows(ANNOUNCED, N_ELEMENTS(ANNOUNCED));
}

static void judges_links(void **state)
{
	(void)state;
	check_rows(AFTER, N_ELEMENTS(AFTER));
}

/* What JSON can't say: the same language or service twice. */
static void refuses_what_stands_twice_in_a_message(void **state)
{
	Convene__V1__Text english = CONVENE__V1__TEXT__INIT, again = CONVENE__V1__TEXT__INIT;
	Convene__V1__Need need = CONVENE__V1__NEED__INIT, more = CONVENE__V1__NEED__INIT, bare = CONVENE__V1__NEED__INIT;
	Convene__V1__Text *titles[] = { &english, &again };
	Convene__V1__Need *needs[] = { &need, &more, &bare };
	Convene__V1__Request *request;
	struct fixture f;

	(void)state;
	fixture_init(&f, FIXTURE_PROGRAMME);
	request = fixture_request(&f, NULL);
	english.lang = again.lang = (char *)"en";
	english.text = again.text = (char *)"Camp";
	need.service = more.service = (char *)"training";
	need.has_staff = more.has_staff = true;
	need.staff = more.staff = 1;
	request->title = titles;
	request->n_title = 2;
	request->services = needs;
	request->n_services = 3;

	assert_string_equal(judge(&f, request),
	                    "services[2] FIELD_MISSING, title[1].lang LANGUAGE_TWICE, services.training SERVICE_TWICE");

	fixture_done(&f);
}

static void repeat(char **texts, size_t n, const char *text)
{
	for (size_t i = 0; i < n; i++)
		texts[i] = (char *)text;
}

static void looks_at_no_more_than_the_greatest_length(void **state)
{
	char *texts[300], *expected;
	Convene__V1__Request *request;
	struct subject subject;
	Convene__V1__Violation **violations;
	struct fixture f;
	size_t n;

	(void)state;
	fixture_init(&f, FIXTURE_PROGRAMME);
	request = fixture_request(&f, NULL);
	repeat(texts, 300, "nobody");
	request->squads = texts;
	request->n_squads = 300;
	subject = (struct subject){ .request = request, .replica = f.replica };

	assert_int_equal(rules_judge(&subject, &f.arena, &violations, &n), CVN_OK);

	assert_int_equal(n, RULES_VIOLATIONS_MAX);
	assert_string_equal(violations[0]->field, "squads");
	assert_string_equal(violations[0]->code, "TOO_MANY");
	expected = arena_printf(&f.arena, "squads[%d]", RULES_VIOLATIONS_MAX - 2);
	assert_string_equal(violations[n - 1]->field, expected);
	fixture_done(&f);
}

static void limits_the_length_of_texts_in_characters(void **state)
{
	char title[2 * 301 + 1], note[2002];
	Convene__V1__Request *request;
	struct fixture f;

	(void)state;
	fixture_init(&f, FIXTURE_PROGRAMME);
	request = fixture_request(&f, NULL);
	title[0] = '\0';
	for (int i = 0; i < 300; i++)
		strcat(title, "ж");
	memset(note, 'n', 2001);
	note[2000] = '\0';
	request->title[0]->text = title;
	request->note = note;

	assert_string_equal(judge(&f, request), "");
	strcat(title, "ж");
	note[2000] = 'n';
	note[2001] = '\0';
	assert_string_equal(judge(&f, request), "title.en TEXT_TOO_LONG, note TEXT_TOO_LONG");

	fixture_done(&f);
}

static void judges_a_batch_together(void **state)
{
	const Convene__V1__Request *batch[3];
	struct subject subject = { .batch = batch, .n_batch = 2 };
	struct fixture f;

	(void)state;
	fixture_init(&f, FIXTURE_PROGRAMME);
	batch[0] = fixture_request(&f, "{\"id\": \"one\", \"after\": [{\"request\": \"two\", \"min_gap\": 1, \"max_gap\": 99}]}");
	batch[1] = fixture_request(&f, "{\"id\": \"two\", \"after\": [{\"request\": \"one\", \"min_gap\": 1, \"max_gap\": 99}]}");
	subject.replica = f.replica;

	subject.request = batch[0];
	assert_string_equal(fixture_judge(&f, &subject), "after[0].request AFTER_CYCLE");
	subject.request = batch[1];
	assert_string_equal(fixture_judge(&f, &subject), "after[0].request AFTER_CYCLE");

	batch[1] = fixture_request(&f, "{\"id\": \"two\"}");
	subject.request = batch[0];
	assert_string_equal(fixture_judge(&f, &subject), "");

	batch[2] = fixture_request(&f, "{\"id\": \"two\"}");
	subject.n_batch = 3;
	subject.request = batch[1];
	assert_string_equal(fixture_judge(&f, &subject), "");
	subject.request = batch[2];
	assert_string_equal(fixture_judge(&f, &subject), "id ID_TAKEN");
	fixture_done(&f);
}

/* The store walks back once more at the commit, and gives up: what it would not end with is refused here. */
static void bounds_all_that_goes_before(void **state)
{
	enum { N = 300, EACH = 31 };
	const Convene__V1__Request *batch[N];
	struct subject subject = { .batch = batch, .n_batch = N };
	static char patch[EACH * 64 + 64];
	struct fixture f;

	(void)state;
	fixture_init(&f, FIXTURE_PROGRAMME);
	for (int i = 0; i < N; i++) {
		int n = sprintf(patch, "{\"id\": \"n%d\", \"after\": [", i);

		for (int k = i < EACH ? 0 : i - EACH; k < i; k++)
			n += sprintf(patch + n, "%s{\"request\": \"n%d\", \"min_gap\": 0, \"max_gap\": 99}",
				     k == i - EACH || k == 0 ? "" : ", ", k);
		sprintf(patch + n, "]}");
		batch[i] = fixture_request(&f, patch);
	}
	subject.replica = f.replica;

	subject.request = batch[250]; /* some 7,300 links */
	assert_string_equal(fixture_judge(&f, &subject), "");
	subject.request = batch[N - 1]; /* some 8,800 */
	assert_string_equal(fixture_judge(&f, &subject), "after AFTER_TOO_MANY");
	fixture_done(&f);
}

static void lets_the_record_that_is_judged_have_its_own_id(void **state)
{
	Convene__V1__Standing standing = CONVENE__V1__STANDING__INIT;
	Convene__V1__Record record = CONVENE__V1__RECORD__INIT;
	struct fixture f;

	(void)state;
	fixture_init(&f, FIXTURE_PROGRAMME);
	record.id = (char *)"new";
	record.content = fixture_request(&f, NULL);
	record.standing = &standing;
	assert_int_equal(replica_put_record(f.replica, &record), CVN_OK);

	assert_string_equal(judge(&f, replica_find(f.replica, "new")->content), "");

	fixture_done(&f);
}

static void keeps_the_policy_where_it_is_set(void **state)
{
	static const char SET[] =
		"{\"programme\": {\"id\": \"games\", \"first_day\": \"2026-01-01\", \"last_day\": \"2026-12-31\","
		" \"parties\": [\"AAA\", \"BBB\"], \"guests\": [\"GGG\"],"
		" \"policy\": {\"file_days\": 180, \"longest_camp_days\": 9}}}";
	struct fixture f, with_policy;
	struct subject subject = { .filed = 20363, .has_filed = true }; /* 2025-10-02: 181 days before 1 April 2026 */
	Convene__V1__Entity entity = CONVENE__V1__ENTITY__INIT;
	Convene__V1__Programme about;

	(void)state;
	fixture_init(&f, FIXTURE_PROGRAMME);
	fixture_init(&with_policy, SET);
	about = *programme_about(replica_programme(f.replica));
	about.policy = programme_about(replica_programme(with_policy.replica))->policy;
	entity.of_case = CONVENE__V1__ENTITY__OF_PROGRAMME;
	entity.programme = &about;
	subject.replica = f.replica;

	subject.request = fixture_request(&f, NULL);
	assert_string_equal(fixture_judge(&f, &subject), "");
	assert_int_equal(replica_put_entity(f.replica, &entity, 0), CVN_OK);
	assert_string_equal(fixture_judge(&f, &subject), "duration CAMP_TOO_LONG");
	subject.request = fixture_request(&f, "{\"kind\": \"competition\"}");
	assert_string_equal(fixture_judge(&f, &subject), "");
	subject.filed += 1;
	assert_string_equal(fixture_judge(&f, &subject), "");
	subject.filed += 1;
	assert_string_equal(fixture_judge(&f, &subject), "windows[0] FILED_TOO_LATE");
	subject.request = fixture_request(&f, "{\"kind\": \"competition\", \"announced\":"
	                                      " {\"venue\": \"va1\", \"first_day\": \"2026-04-05\"}}");
	assert_string_equal(fixture_judge(&f, &subject), "");
	fixture_done(&with_policy);
	fixture_done(&f);
}

/* Codes that only the tests above can bring about. */
static bool is_tested_apart(const char *code)
{
	static const char *const APART[] = { "TOO_MANY",      "LANGUAGE_TWICE", "TEXT_TOO_LONG",
		                             "SERVICE_TWICE", "CAMP_TOO_LONG",  "FILED_TOO_LATE",
		                             "AFTER_TOO_MANY" };

	for (size_t i = 0; i < N_ELEMENTS(APART); i++) {
		if (strcmp(APART[i], code) == 0)
			return true;
	}
	return false;
}

static bool is_in_a_row(const char *code)
{
	char word[64];

	snprintf(word, sizeof(word), " %s", code);
	for (size_t g = 0; g < N_ELEMENTS(GROUPS); g++) {
		for (size_t i = 0; i < GROUPS[g].n; i++) {
			const char *at = strstr(GROUPS[g].rows[i].said, word);

			if (at != NULL && (at[strlen(word)] == '\0' || at[strlen(word)] == ','))
				return true;
		}
	}
	return false;
}

static void has_a_test_for_every_rule(void **state)
{
	const struct rule *rule;
	size_t n;

	(void)state;
	for (rule = rules(&n); n > 0; n--, rule++) {
		if (!is_tested_apart(rule->code) && !is_in_a_row(rule->code))
			fail_msg("%s is never blamed in these tests", rule->code);
	}
}

static void survives_an_empty_request_and_an_empty_programme(void **state)
{
	Convene__V1__Request request = CONVENE__V1__REQUEST__INIT;
	struct fixture f;

	(void)state;
	arena_init(&f.arena, 1 << 20);
	f.replica = replica_new(NULL);

	assert_non_null(strstr(judge(&f, &request), "id ID_INVALID"));
	assert_non_null(strstr(judge(&f, fixture_request(&f, NULL)), "windows[0] OUTSIDE_PROGRAMME"));

	fixture_done(&f);
}

static void tells_that_memory_is_at_its_end(void **state)
{
	struct subject subject;
	Convene__V1__Violation **violations;
	struct fixture f;
	enum cvn_err err = CVN_ENOMEM;
	size_t n, max_bytes = 0;

	(void)state;
	fixture_init(&f, FIXTURE_PROGRAMME);
	subject = (struct subject){ .request = fixture_request(&f, "{\"id\": \"\", \"level\": 9, \"hosts\": [\"X\"]}"),
		                    .replica = f.replica };
	while (err == CVN_ENOMEM && max_bytes < 100000) {
		struct arena arena;

		arena_init(&arena, max_bytes += 16);
		err = rules_judge(&subject, &arena, &violations, &n);
		arena_done(&arena);
	}
	assert_int_equal(err, CVN_OK);
	assert_int_equal(n, 3);
	fixture_done(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(judges_identity_and_text),
		cmocka_unit_test(judges_who_files_and_attends),
		cmocka_unit_test(judges_what_is_asked_for),
		cmocka_unit_test(judges_days),
		cmocka_unit_test(names_the_test_that_leaves_no_venue),
		cmocka_unit_test(lets_a_fixed_event_stand_where_there_is_room),
		cmocka_unit_test(judges_links),
		cmocka_unit_test(refuses_what_stands_twice_in_a_message),
		cmocka_unit_test(looks_at_no_more_than_the_greatest_length),
		cmocka_unit_test(limits_the_length_of_texts_in_characters),
		cmocka_unit_test(judges_a_batch_together),
		cmocka_unit_test(bounds_all_that_goes_before),
		cmocka_unit_test(lets_the_record_that_is_judged_have_its_own_id),
		cmocka_unit_test(keeps_the_policy_where_it_is_set),
		cmocka_unit_test(has_a_test_for_every_rule),
		cmocka_unit_test(survives_an_empty_request_and_an_empty_programme),
		cmocka_unit_test(tells_that_memory_is_at_its_end),
	};

	return cmocka_run_group_tests_name("rules", tests, NULL, NULL);
}
