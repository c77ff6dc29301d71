#include "cli/awaits.h"
#include "cli/changes.h"
#include "cli/minutes.h"
#include "cli/sheet.h"
#include "cli/tally.h"
#include "cli/verdicts.h"
#include "domain/day.h"
#include "domain/lifecycle.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define N 4

/* Four requests of one federation, in memory. */
struct office {
	struct arena arena;
	struct entry all[N];
	struct entries entries;
	Convene__V1__Request content[N];
	Convene__V1__Standing standing[N];
	Convene__V1__Placement placement[N];
	struct awaits_reader reader;
	struct verdicts_who who;
};

static int set_up(void **state)
{
	static char *const IDS[N] = { (char *)"r1", (char *)"r2", (char *)"r3", (char *)"r4" };
	static char *nocs[] = { (char *)"CHN", (char *)"RUS" };
	struct office *o = calloc(1, sizeof(*o));

	assert_non_null(o);
	arena_init(&o->arena, 1 << 20);
	o->who = (struct verdicts_who){ .role = "committee", .subject = "CHN" };
	for (size_t i = 0; i < N; i++) {
		convene__v1__request__init(&o->content[i]);
		convene__v1__standing__init(&o->standing[i]);
		convene__v1__placement__init(&o->placement[i]);
		o->content[i].id = IDS[i];
		o->content[i].federation = (char *)"CHN-TTE";
		o->content[i].kind = (char *)"training_camp";
		o->content[i].duration = 3;
		o->content[i].headcount = 10;
		o->content[i].value = 50;
		o->placement[i].venue = (char *)"v1";
		o->placement[i].first_day = (char *)"2026-04-01";
		o->standing[i].has_state = o->content[i].has_duration =
			o->content[i].has_headcount = 1;
		o->content[i].has_value = 1;
		o->standing[i].state = STATE_PROPOSED;
		o->standing[i].placement = &o->placement[i];
		o->standing[i].consent_needed = nocs;
		o->standing[i].n_consent_needed = 2;
		o->all[i] = (struct entry){ .id = IDS[i],
					    .revision = 1,
					    .content = &o->content[i],
					    .standing = &o->standing[i] };
	}
	o->entries = (struct entries){ .all = o->all, .n = N };
	*state = o;
	return 0;
}

static int tear_down(void **state)
{
	struct office *o = *state;

	arena_done(&o->arena);
	free(o);
	return 0;
}

static struct awaits_list agenda(struct office *o)
{
	struct awaits_list list;

	assert_int_equal(awaits_find(&o->entries, &o->reader, &o->arena, &list), CVN_OK);
	return list;
}

static void what_is_overdue_comes_first_then_what_is_urgent_then_the_nearest_day(void **state)
{
	struct office *o = *state;
	struct awaits_list list;

	o->reader.role = "working_body";
	o->entries.has_today = day_parse("2026-03-10", &o->entries.today);
	o->standing[1].decide_by = (char *)"2026-03-20";
	o->standing[2].decide_by = (char *)"2026-03-09";
	o->standing[3].state = STATE_CONFIRMED;
	o->standing[3].in_conflict = 1;
	list = agenda(o);
	assert_int_equal(list.n, N);
	assert_string_equal(list.all[0].entry->id, "r3");
	assert_true(list.all[0].is_overdue);
	assert_string_equal(list.all[1].entry->id, "r4");
	assert_int_equal(list.all[1].what, AWAITS_CONFLICT);
	assert_string_equal(list.all[2].entry->id, "r2");
	assert_string_equal(list.all[3].entry->id, "r1");
}

static void a_committee_that_has_spoken_is_not_asked_again(void **state)
{
	struct office *o = *state;
	Convene__V1__Consent given = CONVENE__V1__CONSENT__INIT, *consents[] = { &given };

	given.noc = (char *)"CHN";
	o->standing[0].consents = consents;
	o->standing[0].n_consents = 1;
	o->reader = (struct awaits_reader){ .role = "committee", .subject = "CHN" };
	assert_int_equal(agenda(o).n, N - 1);
	o->reader.subject = "RUS";
	assert_int_equal(agenda(o).n, N);
	assert_string_equal(agenda(o).all[0].whose, "RUS");
	o->reader.subject = "KAZ";
	assert_int_equal(agenda(o).n, 0);
}

static void what_stands_in_the_way_of_others_is_named_once_each(void **state)
{
	struct office *o = *state;
	char *with[] = { (char *)"r1" };
	Convene__V1__Reason busy = CONVENE__V1__REASON__INIT, full = CONVENE__V1__REASON__INIT;
	Convene__V1__Reason *reasons[] = { &busy, &full };

	busy.with = full.with = with;
	busy.n_with = full.n_with = 1;
	o->standing[2].state = STATE_WAITLISTED;
	o->standing[2].reasons = reasons;
	o->standing[2].n_reasons = 2;
	o->reader.role = "working_body";
	assert_int_equal(agenda(o).all[0].n_behind, 1);
	assert_string_equal(agenda(o).all[0].behind, "r3");
}

static void read(struct office *o, const char *text, struct verdicts *ret)
{
	const char *why = NULL;

	assert_int_equal(verdicts_read(text, strlen(text), &o->arena, ret, &why), CVN_OK);
	assert_int_equal(verdicts_check(ret, &o->entries, &o->who, &o->arena), CVN_OK);
}

static void decisions_come_as_lines_as_an_array_and_as_a_table(void **state)
{
	static const char *const FORMS[] = {
		"{\"request\":\"r1\",\"verdict\":\"approve\"}\n"
		"{\"request\":\"r2\",\"verdict\":\"decline\",\"reason\":\"a, \\\"b\\\"\"}\n",
		"[{\"request\":\"r1\",\"verdict\":\"approve\",\"noc\":null},"
		"{\"request\":\"r2\",\"verdict\":\"decline\",\"reason\":\"a, \\\"b\\\"\"}]",
		"verdict,reason,request,note\r\napprove,,r1,x\r\n\r\n"
		"decline,\"a, \"\"b\"\"\",r2",
	};
	struct verdicts v;

	for (size_t i = 0; i < N_ELEMENTS(FORMS); i++) {
		read(*state, FORMS[i], &v);
		assert_int_equal(v.n, 2);
		assert_int_equal(v.n_faults, 0);
		assert_string_equal(v.all[0].request, "r1");
		assert_null(v.all[0].reason);
		assert_string_equal(v.all[1].verdict, "decline");
		assert_string_equal(v.all[1].reason, "a, \"b\"");
	}
}

static void a_table_without_the_columns_is_refused(void **state)
{
	struct office *o = *state;
	struct verdicts v;
	const char *why = NULL;

	assert_int_equal(verdicts_read("id,what\nr1,approve\n", 19, &o->arena, &v, &why),
			 CVN_EINVALID);
	assert_non_null(strstr(why, "request and verdict"));
	assert_int_equal(verdicts_read("", 0, &o->arena, &v, &why), CVN_EINVALID);
}

static void what_the_table_of_moves_does_not_allow_is_a_fault(void **state)
{
	struct office *o = *state;
	struct verdicts v;

	o->standing[2].state = STATE_CONFIRMED;
	o->standing[3].state = STATE_REJECTED;
	read(o,
	     "request,verdict,reason,noc,revision\nr1,approve,,,2\nr2,cancel,x,,\nr3,cancel,x,,\n"
	     "r4,approve,,,\nr1,approve,,RUS,\nr1,decide,,,\nr9,approve,,,\nr2,approve,,,zwei\n",
	     &v);
	assert_int_equal(v.n, 8);
	assert_int_equal(v.n_faults, 7);
	assert_null(v.all[2].fault); /* a confirmed one may be cancelled */
	assert_int_equal(v.all[7].line, 9);
}

static void a_delegate_is_asked_about_its_disciplines_and_decides_these(void **state)
{
	struct office *o = *state;
	char *disciplines[] = { (char *)"SWM", (char *)"DIV" };
	struct verdicts v;

	o->content[0].discipline = (char *)"TTE";
	o->content[1].discipline = (char *)"DIV";
	o->reader = (struct awaits_reader){ "committee", "CHN", disciplines, 2 };
	o->who.disciplines = disciplines;
	o->who.n_disciplines = 2;

	assert_int_equal(agenda(o).n, 1);
	assert_string_equal(agenda(o).all[0].entry->id, "r2");
	read(o, "request,verdict\nr1,approve\nr2,approve\n", &v);
	assert_int_equal(v.n_faults, 1);
	assert_non_null(strstr(v.all[0].fault, "other disciplines"));
}

static void one_key_gives_one_word_to_a_request_in_a_file_too(void **state)
{
	struct office *o = *state;
	Convene__V1__Consent given = CONVENE__V1__CONSENT__INIT, *consents[] = { &given };
	struct verdicts v;

	o->who = (struct verdicts_who){ .role = "operator", .key = "mine" };
	given.noc = (char *)"CHN";
	given.key = (char *)"mine";
	o->standing[2].consents = consents;
	o->standing[2].n_consents = 1;

	read(o,
	     "request,verdict,noc,reason\nr1,approve,CHN,\nr1,approve,RUS,\nr2,decline,CHN,x\n"
	     "r2,approve,RUS,\nr3,approve,RUS,\nr3,decline,RUS,x\nr4,approve,CHN,\n"
	     "r4,decline,RUS,x\n",
	     &v);

	assert_int_equal(v.n_faults, 3);
	assert_string_equal(v.all[1].fault, "nobody gives the word of two committees");
	assert_string_equal(v.all[3].fault, "line 4 of this file has decided it");
	assert_string_equal(v.all[4].fault, "nobody gives the word of two committees");
}

static void days_of_rest_lie_between_events(void **state)
{
	struct office *o = *state;
	struct sheet sheet;

	o->placement[1].first_day = (char *)"2026-04-04"; /* the day after the first ends */
	o->placement[2].first_day = (char *)"2026-03-20";
	o->standing[3].placement = NULL;
	o->standing[3].state = STATE_WAITLISTED;
	assert_int_equal(sheet_make(&o->entries, &o->arena, &sheet), CVN_OK);
	assert_int_equal(sheet.n_events, 3);
	assert_int_equal(sheet.n_missed, 1);
	assert_int_equal(sheet.n_days, 9);
	assert_string_equal(sheet.events[0].entry->id, "r3");
	assert_int_equal(sheet.events[0].rest, -1);
	assert_int_equal(sheet.events[1].rest, 9);
	assert_int_equal(sheet.events[2].rest, 0);
}

static void what_is_unmet_is_a_share_of_value(void **state)
{
	struct office *o = *state;
	struct tally tally;

	o->content[1].kind = (char *)"tournament";
	o->content[1].value = 100;
	o->standing[1].placement = NULL;
	o->standing[1].state = STATE_WAITLISTED;
	o->standing[2].placement = NULL;
	o->standing[2].state = STATE_WITHDRAWN; /* counts as not asked for */
	assert_int_equal(tally_count(&o->entries, TALLY_KIND, &o->arena, &tally), CVN_OK);
	assert_int_equal(tally.n, 2);
	assert_string_equal(tally.rows[0].name, "tournament");
	assert_int_equal(tally.rows[1].asked, 2);
	assert_int_equal(tally.rows[1].athlete_days, 60);
	assert_true(tally_unmet(&tally.rows[0]) == 1 && tally_unmet(&tally.rows[1]) == 0);
	assert_true(tally_unmet_max(&tally) == 1);
	assert_true(tally_unmet_rms(&tally) > 0.707 && tally_unmet_rms(&tally) < 0.708);
}

static void minutes_tell_a_decision_once_and_escape_what_others_wrote(void **state)
{
	struct office *o = *state;
	Convene__V1__Decision decision = CONVENE__V1__DECISION__INIT;
	Convene__V1__RequestChange change = CONVENE__V1__REQUEST_CHANGE__INIT;
	Convene__V1__Update update = CONVENE__V1__UPDATE__INIT;
	struct minutes *m = minutes_new(0, 1, NULL);
	struct buf out;

	decision.what = (char *)"decline";
	decision.by = (char *)"A *b*\n# c";
	decision.unix_ms = 60000;
	o->standing[0].decision = &decision;
	o->standing[0].state = STATE_DECLINED;
	o->standing[0].placement = NULL;
	change.id = (char *)"r1";
	change.standing = &o->standing[0];
	update.of_case = CONVENE__V1__UPDATE__OF_REQUEST;
	update.request = &change;
	buf_init(&out, 1 << 16);
	assert_int_equal(minutes_add(m, &update), CVN_OK);
	assert_int_equal(minutes_add(m, &update), CVN_OK); /* a later change repeats it */
	assert_int_equal(minutes_count(m), 1);
	decision.unix_ms = INT64_C(3) * 86400000; /* behind the last day */
	assert_int_equal(minutes_add(m, &update), CVN_OK);
	assert_int_equal(minutes_count(m), 1);
	assert_int_equal(minutes_write(m, &o->entries, "p1", &out), CVN_OK);
	assert_int_equal(buf_append(&out, "", 1), CVN_OK);
	assert_non_null(strstr((const char *)out.bytes,
			       "- 00:01 A \\*b\\* \\# c declined **r1** (`r1`), declined\n"));
	buf_done(&out);
	minutes_free(m);
}

static void minutes_tell_two_that_spoke_in_the_same_instant_and_go_by_time(void **state)
{
	struct office *o = *state;
	Convene__V1__Decision decision = CONVENE__V1__DECISION__INIT;
	Convene__V1__RequestChange change = CONVENE__V1__REQUEST_CHANGE__INIT;
	Convene__V1__Update update = CONVENE__V1__UPDATE__INIT;
	struct minutes *m = minutes_new(0, 9, NULL);
	const char *first, *second;
	struct buf out;

	decision.what = (char *)"approve";
	decision.by = decision.noc = (char *)"CHN";
	decision.unix_ms = INT64_C(3) * 86400000;
	o->standing[0].decision = &decision;
	change.id = (char *)"r1";
	change.standing = &o->standing[0];
	update.of_case = CONVENE__V1__UPDATE__OF_REQUEST;
	update.request = &change;
	buf_init(&out, 1 << 16);
	assert_int_equal(minutes_add(m, &update), CVN_OK);
	decision.by = decision.noc = (char *)"RUS";
	assert_int_equal(minutes_add(m, &update), CVN_OK);
	assert_int_equal(minutes_count(m), 2);
	decision.unix_ms = 86400000; /* a request that was brought back: decided before */
	change.id = (char *)"r2";
	assert_int_equal(minutes_add(m, &update), CVN_OK);

	assert_int_equal(minutes_write(m, &o->entries, "p1", &out), CVN_OK);
	assert_int_equal(buf_append(&out, "", 1), CVN_OK);
	first = strstr((const char *)out.bytes, "## 1970-01-02");
	second = strstr((const char *)out.bytes, "## 1970-01-04");
	assert_true(first != NULL && second != NULL && first < second);
	assert_non_null(strstr(second, "CHN for CHN approved **r1**"));
	assert_non_null(strstr(second, "RUS for RUS approved **r1**"));
	buf_done(&out);
	minutes_free(m);
}

static void minutes_tell_what_was_decided_about_the_programme_and_how_much(void **state)
{
	struct office *o = *state;
	Convene__V1__Programme programme = CONVENE__V1__PROGRAMME__INIT;
	Convene__V1__Entity entity = CONVENE__V1__ENTITY__INIT;
	Convene__V1__EntityChange put = CONVENE__V1__ENTITY_CHANGE__INIT;
	Convene__V1__Decision decision = CONVENE__V1__DECISION__INIT;
	Convene__V1__Allowance allowed = CONVENE__V1__ALLOWANCE__INIT, *allowances[] = { &allowed };
	Convene__V1__RequestChange change = CONVENE__V1__REQUEST_CHANGE__INIT;
	Convene__V1__Update update = CONVENE__V1__UPDATE__INIT;
	struct minutes *m = minutes_new(0, 1, NULL);
	static char *const PHASES[] = { NULL, NULL, (char *)"closed", (char *)"open",
					(char *)"archived" };
	struct buf out;
	const char *text;

	entity.of_case = CONVENE__V1__ENTITY__OF_PROGRAMME;
	entity.programme = &programme;
	put.entity = &entity;
	put.by = (char *)"Ann";
	put.by_role = (char *)"working_body";
	update.of_case = CONVENE__V1__UPDATE__OF_ENTITY;
	update.entity = &put;
	for (size_t i = 0; i < N_ELEMENTS(PHASES); i++) {
		programme.phase = PHASES[i];
		assert_int_equal(minutes_add(m, &update), CVN_OK);
	}
	assert_int_equal(minutes_count(m), 4); /* how it began is none */
	change.id = (char *)"r1";
	change.standing = &o->standing[0];
	update.of_case = CONVENE__V1__UPDATE__OF_REQUEST;
	update.request = &change;
	o->standing[0].decision = &decision;
	o->standing[0].allowances = allowances;
	o->standing[0].n_allowances = 1;
	o->standing[0].has_value = 1;
	o->standing[0].value = 91;
	decision.unix_ms = allowed.unix_ms = 1000;
	decision.what = (char *)"allow";
	allowed.code = (char *)"FROZEN";
	assert_int_equal(minutes_add(m, &update), CVN_OK);
	decision.what = (char *)"value";
	assert_int_equal(minutes_add(m, &update), CVN_OK);

	buf_init(&out, 1 << 16);
	assert_int_equal(minutes_write(m, &o->entries, "p1", &out), CVN_OK);
	assert_int_equal(buf_append(&out, "", 1), CVN_OK);
	text = (const char *)out.bytes;
	assert_non_null(strstr(text, "Ann (working_body) changed the programme's policy or"
				     " data\n"));
	assert_non_null(strstr(text, "Ann (working_body) closed the programme to new requests\n"));
	assert_non_null(strstr(text, "Ann (working_body) opened the programme for requests\n"));
	assert_non_null(strstr(text, "Ann (working_body) archived the programme\n"));
	assert_non_null(strstr(text, "allowed **r1** (`r1`), FROZEN, proposed"));
	assert_non_null(strstr(text, "set the value of **r1** (`r1`) to 91, proposed"));
	buf_done(&out);
	minutes_free(m);
}

static void what_has_changed_between_two_revisions_is_named(void **state)
{
	struct office *o = *state;
	Convene__V1__Request was = o->content[0], now = was;
	char *squads[] = { (char *)"S1" };

	assert_string_equal(changes_text(&was, &now, &o->arena), "");
	now.headcount = 8;
	now.squads = squads;
	now.n_squads = 1;
	was.note = (char *)"the bus comes at noon";
	now.has_value = 0;
	assert_string_equal(changes_text(&was, &now, &o->arena),
			    "headcount: 10, now 8\nsquads: [], now [\"S1\"]\n"
			    "value: 50, now nothing\nnote: the bus comes at noon, now nothing\n");
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(what_is_overdue_comes_first_then_what_is_urgent_then_the_nearest_day),
		T(a_committee_that_has_spoken_is_not_asked_again),
		T(what_stands_in_the_way_of_others_is_named_once_each),
		T(decisions_come_as_lines_as_an_array_and_as_a_table),
		T(a_table_without_the_columns_is_refused),
		T(what_the_table_of_moves_does_not_allow_is_a_fault),
		T(a_delegate_is_asked_about_its_disciplines_and_decides_these),
		T(one_key_gives_one_word_to_a_request_in_a_file_too),
		T(days_of_rest_lie_between_events),
		T(what_is_unmet_is_a_share_of_value),
		T(minutes_tell_a_decision_once_and_escape_what_others_wrote),
		T(what_has_changed_between_two_revisions_is_named),
		T(minutes_tell_what_was_decided_about_the_programme_and_how_much),
		T(minutes_tell_two_that_spoke_in_the_same_instant_and_go_by_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
