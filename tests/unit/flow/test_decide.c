/* What decisions of people make of a request: each state, role and reason, without any port. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "domain/day.h"
#include "domain/lifecycle.h"
#include "flow/decide.h"

/* r1 of AAA-SWM, at AAA-V on 2022-05-01 for three days where its state holds a place. */
struct desk {
	struct programme *programme;
	Convene__V1__Request content;
	Convene__V1__Standing standing;
	Convene__V1__Placement placement;
	char *needed[2];
	struct replica_record record;
	struct arena arena;
	struct desk_case c;
	struct ruling ruling;
};

static void put_programme(struct desk *d, const char *phase)
{
	Convene__V1__Entity entity = CONVENE__V1__ENTITY__INIT;
	Convene__V1__Programme programme = CONVENE__V1__PROGRAMME__INIT;

	programme.id = (char *)"p";
	programme.first_day = (char *)"2022-01-01";
	programme.last_day = (char *)"2022-12-31";
	programme.phase = (char *)(uintptr_t)phase;
	entity.of_case = CONVENE__V1__ENTITY__OF_PROGRAMME;
	entity.programme = &programme;
	assert_int_equal(programme_put(d->programme, &entity, 1), CVN_OK);
}

static int setup(void **state)
{
	struct desk *d = calloc(1, sizeof *d);
	Convene__V1__Entity entity = CONVENE__V1__ENTITY__INIT;
	Convene__V1__Venue venue = CONVENE__V1__VENUE__INIT;

	d->programme = programme_new();
	put_programme(d, NULL);
	venue.id = (char *)"AAA-V";
	entity.of_case = CONVENE__V1__ENTITY__OF_VENUE;
	entity.venue = &venue;
	assert_int_equal(programme_put(d->programme, &entity, 2), CVN_OK);
	arena_init(&d->arena, (size_t)1 << 20);
	convene__v1__request__init(&d->content);
	d->content.id = (char *)"r1";
	d->content.federation = (char *)"AAA-SWM";
	d->content.has_duration = d->content.has_headcount = 1;
	d->content.duration = 3;
	d->content.headcount = 20;
	convene__v1__placement__init(&d->placement);
	d->placement.venue = (char *)"AAA-V";
	d->placement.first_day = (char *)"2022-05-01";
	d->needed[0] = (char *)"AAA";
	d->needed[1] = (char *)"BBB";
	d->record = (struct replica_record){ .id = "r1", .revision = 4, .content = &d->content,
					     .standing = &d->standing, .cursor = 30 };
	d->c = (struct desk_case){ .programme = d->programme, .record = &d->record,
				   .role = ROLE_FEDERATION, .subject = "AAA-SWM", .name = "Ann",
				   .unix_ms = 1000, .arena = &d->arena };
	assert_true(day_parse("2022-03-10", &d->c.today));
	*state = d;
	return 0;
}

static int teardown(void **state)
{
	struct desk *d = *state;

	programme_free(d->programme);
	arena_done(&d->arena);
	free(d);
	return 0;
}

static void stands(struct desk *d, Convene__V1__State state)
{
	convene__v1__standing__init(&d->standing);
	d->standing.has_state = 1;
	d->standing.state = state;
	if (state != STATE_PROPOSED && state != STATE_CONFIRMED && state != STATE_REVISION_REQUIRED)
		return;
	d->standing.placement = &d->placement;
	d->standing.consent_needed = d->needed;
	d->standing.n_consent_needed = 2;
}

static void speaks(struct desk *d, enum role role, const char *subject)
{
	d->c.role = role;
	d->c.subject = subject;
}

static enum cvn_err withdraw(struct desk *d)
{
	Convene__V1__Withdraw call = CONVENE__V1__WITHDRAW__INIT;

	call.request = (char *)"r1";
	call.reason = (char *)"no money";
	return decide_withdraw(&d->c, &call, &d->ruling);
}

static enum cvn_err verdict(struct desk *d, const char *what, const char *reason, const char *noc)
{
	Convene__V1__Decide call = CONVENE__V1__DECIDE__INIT;

	call.request = (char *)"r1";
	call.verdict = (char *)(uintptr_t)what;
	call.reason = (char *)(uintptr_t)reason;
	call.noc = (char *)(uintptr_t)noc;
	return decide_verdict(&d->c, &call, &d->ruling);
}

/* The ruling becomes what stands. */
static void commit(struct desk *d)
{
	assert_true(lifecycle_allows(d->standing.state, d->ruling.standing->state));
	d->standing = *d->ruling.standing;
}

static enum cvn_err amend(struct desk *d, Convene__V1__Request *content, int64_t revision)
{
	Convene__V1__Amend call = CONVENE__V1__AMEND__INIT;

	call.request = content;
	call.has_revision = revision > 0;
	call.revision = revision;
	return decide_amend(&d->c, &call, &d->ruling);
}

static void a_withdrawal_frees_the_place_and_says_who_and_why(void **state)
{
	struct desk *d = *state;

	stands(d, STATE_PROPOSED);
	assert_int_equal(withdraw(d), CVN_OK);

	assert_int_equal(d->ruling.standing->state, STATE_WITHDRAWN);
	assert_null(d->ruling.standing->placement);
	assert_true(d->ruling.bump);
	assert_string_equal(d->ruling.standing->decision->what, "withdraw");
	assert_string_equal(d->ruling.standing->decision->by, "Ann");
	assert_string_equal(d->ruling.standing->decision->reason, "no money");
	assert_int_equal(d->ruling.revision, 4);
	assert_null(d->ruling.content);
}

static void a_waiting_request_that_is_withdrawn_moves_nothing(void **state)
{
	struct desk *d = *state;

	stands(d, STATE_WAITLISTED);
	assert_int_equal(withdraw(d), CVN_OK);

	assert_false(d->ruling.bump);
}

static void withdrawing_twice_is_withdrawing_once(void **state)
{
	struct desk *d = *state;

	stands(d, STATE_WITHDRAWN);
	assert_int_equal(withdraw(d), CVN_OK);

	assert_true(d->ruling.is_nothing);
}

static void what_is_over_cannot_be_withdrawn(void **state)
{
	static const Convene__V1__State OVER[] = { STATE_REJECTED, STATE_DECLINED, STATE_CANCELLED,
						   STATE_HELD };
	struct desk *d = *state;

	for (size_t i = 0; i < sizeof OVER / sizeof OVER[0]; i++) {
		stands(d, OVER[i]);
		assert_int_equal(withdraw(d), CVN_ESTATE);
	}
}

static void another_federation_decides_nothing(void **state)
{
	struct desk *d = *state;
	Convene__V1__Accept accept = CONVENE__V1__ACCEPT__INIT;
	Convene__V1__Take take = CONVENE__V1__TAKE__INIT;

	speaks(d, ROLE_FEDERATION, "BBB-SWM");
	stands(d, STATE_PROPOSED);

	assert_int_equal(withdraw(d), CVN_EFORBIDDEN);
	assert_int_equal(amend(d, &d->content, 0), CVN_EFORBIDDEN);
	assert_int_equal(decide_accept(&d->c, &accept, &d->ruling), CVN_EFORBIDDEN);
	assert_int_equal(decide_take(&d->c, &take, &d->ruling), CVN_EFORBIDDEN);
}

static void an_archived_programme_takes_no_decision(void **state)
{
	struct desk *d = *state;

	put_programme(d, "archived");
	stands(d, STATE_PROPOSED);

	assert_int_equal(withdraw(d), CVN_ECLOSED);
}

static void another_revision_is_a_conflict(void **state)
{
	struct desk *d = *state;
	Convene__V1__Withdraw call = CONVENE__V1__WITHDRAW__INIT;

	stands(d, STATE_PROPOSED);
	call.has_revision = 1;
	call.revision = 3;

	assert_int_equal(decide_withdraw(&d->c, &call, &d->ruling), CVN_ECONFLICT);
}

static void an_amended_request_keeps_its_place_and_is_received_anew(void **state)
{
	struct desk *d = *state;
	Convene__V1__Request content = d->content;

	stands(d, STATE_CONFIRMED);
	content.note = (char *)"a word";
	assert_int_equal(amend(d, &content, 4), CVN_OK);

	assert_int_equal(d->ruling.standing->state, STATE_RECEIVED);
	assert_non_null(d->ruling.standing->placement);
	assert_int_equal(d->ruling.revision, 5);
	assert_string_equal(d->ruling.content->note, "a word");
	assert_true(d->ruling.bump);
}

static void the_same_content_again_is_taken_once_and_where_it_was_refused_judged_anew(void **state)
{
	struct desk *d = *state;
	Convene__V1__Request content = d->content;

	stands(d, STATE_PROPOSED);
	assert_int_equal(amend(d, &content, 0), CVN_OK);
	assert_true(d->ruling.is_nothing);

	stands(d, STATE_REJECTED);
	assert_int_equal(amend(d, &content, 0), CVN_OK);
	assert_false(d->ruling.is_nothing);
	assert_int_equal(d->ruling.standing->state, STATE_RECEIVED);
}

static void consents_lapse_when_the_size_changes_and_only_then(void **state)
{
	struct desk *d = *state;
	Convene__V1__Request content = d->content;
	Convene__V1__Consent consent = CONVENE__V1__CONSENT__INIT, *consents[] = { &consent };

	stands(d, STATE_CONFIRMED);
	consent.noc = (char *)"AAA";
	d->standing.consents = consents;
	d->standing.n_consents = 1;
	content.note = (char *)"a word";
	assert_int_equal(amend(d, &content, 0), CVN_OK);
	assert_int_equal(d->ruling.standing->n_consents, 1);
	content.headcount = 500;
	assert_int_equal(amend(d, &content, 0), CVN_OK);

	assert_int_equal(d->ruling.standing->n_consents, 0);
}

static void a_rejected_request_that_is_amended_is_received_without_its_faults(void **state)
{
	struct desk *d = *state;
	Convene__V1__Violation violation = CONVENE__V1__VIOLATION__INIT, *list[] = { &violation };
	Convene__V1__Request content = d->content;

	stands(d, STATE_REJECTED);
	d->standing.violations = list;
	d->standing.n_violations = 1;
	content.note = (char *)"better";
	assert_int_equal(amend(d, &content, 4), CVN_OK);

	assert_int_equal(d->ruling.standing->state, STATE_RECEIVED);
	assert_int_equal(d->ruling.standing->n_violations, 0);
	assert_false(d->ruling.bump);
}

static void an_amendment_that_is_sent_again_is_taken_once(void **state)
{
	struct desk *d = *state;

	stands(d, STATE_RECEIVED);
	assert_int_equal(amend(d, &d->content, 3), CVN_OK);
	assert_true(d->ruling.is_nothing);

	assert_int_equal(amend(d, &d->content, 2), CVN_ECONFLICT);
}

static void only_the_working_body_announces(void **state)
{
	struct desk *d = *state;
	Convene__V1__Request content = d->content;
	Convene__V1__Announced announced = CONVENE__V1__ANNOUNCED__INIT;

	stands(d, STATE_PROPOSED);
	content.announced = &announced;
	assert_int_equal(amend(d, &content, 0), CVN_EFORBIDDEN);
	assert_string_equal(d->ruling.field, "announced");
	assert_int_equal(decide_submit(ROLE_FEDERATION, "AAA-SWM", &content, &d->ruling),
			 CVN_EFORBIDDEN);
	assert_int_equal(decide_submit(ROLE_WORKING_BODY, "", &content, &d->ruling), CVN_OK);
	speaks(d, ROLE_WORKING_BODY, "");
	assert_int_equal(amend(d, &content, 0), CVN_OK);

	/* what it announced stays, whatever the federation leaves out */
	d->content.announced = &announced;
	speaks(d, ROLE_FEDERATION, "AAA-SWM");
	content = d->content;
	content.announced = NULL;
	content.note = (char *)"a word";
	assert_int_equal(amend(d, &content, 0), CVN_OK);
	assert_non_null(d->ruling.content->announced);
}

static void the_working_bodys_value_is_kept_beside_the_wish(void **state)
{
	struct desk *d = *state;
	Convene__V1__Request content = d->content;

	stands(d, STATE_PROPOSED);
	content.has_value = 1;
	content.value = 90;
	assert_int_equal(amend(d, &content, 0), CVN_OK);
	assert_false(d->ruling.standing->has_value);
	speaks(d, ROLE_WORKING_BODY, "");
	assert_int_equal(amend(d, &content, 0), CVN_OK);

	assert_int_equal(d->ruling.standing->value, 90);
}

/* What a client shows as the value is the one that counts: sent back, it changes no wish. */
static void the_working_bodys_value_read_and_sent_back_is_no_new_wish(void **state)
{
	struct desk *d = *state;
	Convene__V1__Request content;

	d->content.has_value = 1;
	d->content.value = 40;
	stands(d, STATE_PROPOSED);
	d->standing.has_value = 1;
	d->standing.value = 90;
	content = d->content;
	content.value = 90;
	assert_int_equal(amend(d, &content, 0), CVN_OK);
	assert_true(d->ruling.is_nothing);
	content.note = (char *)"a word";
	assert_int_equal(amend(d, &content, 0), CVN_OK);
	assert_int_equal(d->ruling.content->value, 40);
	assert_int_equal(d->ruling.standing->value, 90);
	content.value = 89;
	assert_int_equal(amend(d, &content, 0), CVN_OK);
	assert_int_equal(d->ruling.content->value, 89);
}

/* The clock has passed its days, and the look at the day has not come; or nobody agreed in time. */
static void what_is_over_is_not_decided_any_more(void **state)
{
	struct desk *d = *state;

	speaks(d, ROLE_COMMITTEE, "AAA");
	assert_true(day_parse("2022-05-03", &d->c.today)); /* its last day */
	stands(d, STATE_PROPOSED);
	assert_int_equal(verdict(d, "approve", NULL, NULL), CVN_OK);
	stands(d, STATE_CONFIRMED);
	assert_int_equal(verdict(d, "cancel", "rain", NULL), CVN_OK);
	d->c.today++;
	assert_int_equal(verdict(d, "cancel", "rain", NULL), CVN_ESTATE);
	assert_string_equal(d->ruling.text, "the event is over");
	stands(d, STATE_PROPOSED);
	assert_int_equal(verdict(d, "approve", NULL, NULL), CVN_ESTATE);
	assert_int_equal(verdict(d, "decline", "too late", NULL), CVN_OK);
}

static void a_place_is_kept_for_a_revision_until_it_would_begin(void **state)
{
	struct desk *d = *state;

	speaks(d, ROLE_COMMITTEE, "AAA");
	stands(d, STATE_CONFIRMED);
	assert_true(day_parse("2022-04-20", &d->c.today));
	assert_int_equal(verdict(d, "revise", "fewer", NULL), CVN_OK);
	assert_string_equal(d->ruling.standing->amend_by, "2022-04-30");
	assert_true(day_parse("2022-05-02", &d->c.today));
	assert_int_equal(verdict(d, "revise", "fewer", NULL), CVN_OK);
	assert_string_equal(d->ruling.standing->amend_by, "2022-05-02");
}

static void the_last_consent_confirms(void **state)
{
	struct desk *d = *state;

	stands(d, STATE_PROPOSED);
	speaks(d, ROLE_COMMITTEE, "AAA");
	assert_int_equal(verdict(d, "approve", NULL, NULL), CVN_OK);
	assert_int_equal(d->ruling.standing->state, STATE_PROPOSED);
	assert_false(d->ruling.bump);
	commit(d);
	assert_int_equal(verdict(d, "approve", NULL, NULL), CVN_OK);
	assert_true(d->ruling.is_nothing); /* once is enough */
	speaks(d, ROLE_COMMITTEE, "BBB");
	assert_int_equal(verdict(d, "approve", NULL, NULL), CVN_OK);

	assert_int_equal(d->ruling.standing->state, STATE_CONFIRMED);
	assert_int_equal(d->ruling.standing->n_consents, 2);
	assert_string_equal(d->ruling.standing->consents[1]->noc, "BBB");
}

static void a_place_from_the_waitlist_is_confirmed_only_when_it_is_accepted(void **state)
{
	struct desk *d = *state;
	Convene__V1__Accept accept = CONVENE__V1__ACCEPT__INIT;

	stands(d, STATE_PROPOSED);
	d->standing.accept_by = (char *)"2022-03-12";
	d->standing.n_consent_needed = 1;
	speaks(d, ROLE_COMMITTEE, "AAA");
	assert_int_equal(verdict(d, "approve", NULL, NULL), CVN_OK);
	assert_int_equal(d->ruling.standing->state, STATE_PROPOSED);
	commit(d);
	speaks(d, ROLE_FEDERATION, "AAA-SWM");
	assert_int_equal(decide_accept(&d->c, &accept, &d->ruling), CVN_OK);

	assert_int_equal(d->ruling.standing->state, STATE_CONFIRMED);
	assert_null(d->ruling.standing->accept_by);
}

static void after_the_last_day_a_place_cannot_be_accepted(void **state)
{
	struct desk *d = *state;
	Convene__V1__Accept accept = CONVENE__V1__ACCEPT__INIT;

	stands(d, STATE_PROPOSED);
	d->standing.accept_by = (char *)"2022-03-09";

	assert_int_equal(decide_accept(&d->c, &accept, &d->ruling), CVN_ESTATE);
}

static void who_declines_says_why_and_frees_the_place(void **state)
{
	struct desk *d = *state;

	stands(d, STATE_PROPOSED);
	speaks(d, ROLE_COMMITTEE, "BBB");
	assert_int_equal(verdict(d, "decline", "  ", NULL), CVN_EINVALID);
	assert_string_equal(d->ruling.field, "reason");
	assert_int_equal(verdict(d, "decline", "the hall burnt down", NULL), CVN_OK);

	assert_int_equal(d->ruling.standing->state, STATE_DECLINED);
	assert_null(d->ruling.standing->placement);
	assert_true(d->ruling.bump);
}

static void who_asks_for_a_revision_leaves_the_place_until_a_day(void **state)
{
	struct desk *d = *state;

	stands(d, STATE_CONFIRMED);
	speaks(d, ROLE_COMMITTEE, "AAA");
	assert_int_equal(verdict(d, "revise", "too many people", NULL), CVN_OK);

	assert_int_equal(d->ruling.standing->state, STATE_REVISION_REQUIRED);
	assert_non_null(d->ruling.standing->placement);
	assert_string_equal(d->ruling.standing->amend_by, "2022-03-24"); /* 14 days where absent */
	assert_false(d->ruling.bump);
}

static void committees_speak_for_themselves_and_where_their_word_is_needed(void **state)
{
	struct desk *d = *state;

	stands(d, STATE_PROPOSED);
	speaks(d, ROLE_COMMITTEE, "CCC");
	assert_int_equal(verdict(d, "approve", NULL, NULL), CVN_EFORBIDDEN);
	speaks(d, ROLE_COMMITTEE, "AAA");
	assert_int_equal(verdict(d, "approve", NULL, "BBB"), CVN_EFORBIDDEN);
	assert_int_equal(verdict(d, "perhaps", NULL, NULL), CVN_EINVALID);
	speaks(d, ROLE_OPERATOR, "");
	assert_int_equal(verdict(d, "approve", NULL, NULL), CVN_EINVALID);
	assert_int_equal(verdict(d, "approve", NULL, "BBB"), CVN_OK);
}

static void quarantine_ends_by_the_operators_word(void **state)
{
	struct desk *d = *state;
	Convene__V1__Release call = CONVENE__V1__RELEASE__INIT;

	speaks(d, ROLE_OPERATOR, "");
	stands(d, STATE_PROPOSED);
	assert_int_equal(decide_release(&d->c, &call, &d->ruling), CVN_ESTATE);
	stands(d, STATE_QUARANTINED);
	d->standing.last_words = (char *)"Segmentation fault";
	assert_int_equal(decide_release(&d->c, &call, &d->ruling), CVN_OK);
	assert_int_equal(d->ruling.standing->state, STATE_RECEIVED);
	assert_null(d->ruling.standing->last_words);
	call.has_reject = call.reject = 1;
	assert_int_equal(decide_release(&d->c, &call, &d->ruling), CVN_EINVALID);
	call.reason = (char *)"it can't be read";
	assert_int_equal(decide_release(&d->c, &call, &d->ruling), CVN_OK);

	assert_int_equal(d->ruling.standing->state, STATE_REJECTED);
	assert_int_equal(d->ruling.standing->n_violations, 1);
}

static void a_place_is_taken_only_where_there_is_one_to_take(void **state)
{
	struct desk *d = *state;
	Convene__V1__Take call = CONVENE__V1__TAKE__INIT;

	stands(d, STATE_WAITLISTED);
	call.venue = (char *)"nowhere";
	call.first_day = (char *)"2022-05-01";
	assert_int_equal(decide_take(&d->c, &call, &d->ruling), CVN_EINVALID);
	call.venue = (char *)"AAA-V";
	call.first_day = (char *)"2022-02-30";
	assert_int_equal(decide_take(&d->c, &call, &d->ruling), CVN_EINVALID);
	call.first_day = (char *)"2022-05-01";
	assert_int_equal(decide_take(&d->c, &call, &d->ruling), CVN_OK);
	stands(d, STATE_CONFIRMED);
	assert_int_equal(decide_take(&d->c, &call, &d->ruling), CVN_ESTATE);
}

static void the_day_brings_lapses_and_the_end(void **state)
{
	struct desk *d = *state;

	stands(d, STATE_PROPOSED);
	d->standing.accept_by = (char *)"2022-03-10";
	assert_false(decide_day(&d->c, &d->ruling)); /* it is the last day */
	d->standing.accept_by = (char *)"2022-03-09";
	assert_true(decide_day(&d->c, &d->ruling));
	assert_int_equal(d->ruling.standing->state, STATE_WAITLISTED);
	assert_string_equal(d->ruling.standing->reasons[0]->code, "ACCEPT_LAPSED");
	assert_true(d->ruling.bump);

	stands(d, STATE_CONFIRMED);
	assert_true(day_parse("2022-05-03", &d->c.today)); /* its last day */
	assert_false(decide_day(&d->c, &d->ruling));
	d->c.today++;
	assert_true(decide_day(&d->c, &d->ruling));
	assert_int_equal(d->ruling.standing->state, STATE_HELD);
	assert_non_null(d->ruling.standing->placement);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_withdrawal_frees_the_place_and_says_who_and_why),
		TEST(a_waiting_request_that_is_withdrawn_moves_nothing),
		TEST(withdrawing_twice_is_withdrawing_once),
		TEST(what_is_over_cannot_be_withdrawn),
		TEST(another_federation_decides_nothing),
		TEST(an_archived_programme_takes_no_decision),
		TEST(another_revision_is_a_conflict),
		TEST(the_same_content_again_is_taken_once_and_where_it_was_refused_judged_anew),
		TEST(an_amended_request_keeps_its_place_and_is_received_anew),
		TEST(consents_lapse_when_the_size_changes_and_only_then),
		TEST(a_rejected_request_that_is_amended_is_received_without_its_faults),
		TEST(an_amendment_that_is_sent_again_is_taken_once),
		TEST(only_the_working_body_announces),
		TEST(what_is_over_is_not_decided_any_more),
		TEST(a_place_is_kept_for_a_revision_until_it_would_begin),
		TEST(the_working_bodys_value_is_kept_beside_the_wish),
		TEST(the_working_bodys_value_read_and_sent_back_is_no_new_wish),
		TEST(the_last_consent_confirms),
		TEST(a_place_from_the_waitlist_is_confirmed_only_when_it_is_accepted),
		TEST(after_the_last_day_a_place_cannot_be_accepted),
		TEST(who_declines_says_why_and_frees_the_place),
		TEST(who_asks_for_a_revision_leaves_the_place_until_a_day),
		TEST(committees_speak_for_themselves_and_where_their_word_is_needed),
		TEST(quarantine_ends_by_the_operators_word),
		TEST(a_place_is_taken_only_where_there_is_one_to_take),
		TEST(the_day_brings_lapses_and_the_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
