/* Every state, every call, everyone: allowed exactly where the table of moves says so and the caller
 * is the one whose move it is; and what comes of it is a row of the table. */
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
#include "flow/follows.h"
#include "flow/kinds.h"

struct table {
	struct programme *programme;
	Convene__V1__Request content;
	char *squads[2];
	Convene__V1__Standing standing;
	Convene__V1__Placement placement;
	Convene__V1__Invitation invitation, *invitations[1];
	char *needed[2];
	struct replica_record record;
	struct arena arena;
	struct desk_case c;
	struct ruling ruling;
};

static void put(struct table *t, Convene__V1__Entity__OfCase of, void *message)
{
	Convene__V1__Entity entity = CONVENE__V1__ENTITY__INIT;

	entity.of_case = of;
	entity.city = message;
	assert_int_equal(programme_put(t->programme, &entity, 1), CVN_OK);
}

static void put_committee(struct table *t, char *noc, char *city, char *venue, char *federation,
			  char *squad)
{
	Convene__V1__City c = CONVENE__V1__CITY__INIT;
	Convene__V1__Venue v = CONVENE__V1__VENUE__INIT;
	Convene__V1__Federation f = CONVENE__V1__FEDERATION__INIT;
	Convene__V1__Squad s = CONVENE__V1__SQUAD__INIT;

	c.id = city;
	c.noc = noc;
	v.id = venue;
	v.city = city;
	f.id = federation;
	f.noc = noc;
	s.id = squad;
	s.federation = federation;
	s.has_size = 1;
	s.size = 10;
	put(t, CONVENE__V1__ENTITY__OF_CITY, &c);
	put(t, CONVENE__V1__ENTITY__OF_VENUE, &v);
	put(t, CONVENE__V1__ENTITY__OF_FEDERATION, &f);
	put(t, CONVENE__V1__ENTITY__OF_SQUAD, &s);
}

static void put_policy(struct table *t, Convene__V1__Policy *policy)
{
	Convene__V1__Programme p = CONVENE__V1__PROGRAMME__INIT;
	char *parties[] = { (char *)"AAA", (char *)"BBB", (char *)"CCC" };

	p.id = (char *)"p";
	p.first_day = (char *)"2022-01-01";
	p.last_day = (char *)"2022-12-31";
	p.parties = parties;
	p.n_parties = 3;
	p.policy = policy;
	put(t, CONVENE__V1__ENTITY__OF_PROGRAMME, &p);
}

static int setup(void **state)
{
	struct table *t = calloc(1, sizeof *t);

	t->programme = programme_new();
	put_policy(t, NULL);
	put_committee(t, (char *)"AAA", (char *)"AAA-C", (char *)"AAA-V", (char *)"AAA-SWM",
		      (char *)"AAA-1");
	put_committee(t, (char *)"BBB", (char *)"BBB-C", (char *)"BBB-V", (char *)"BBB-SWM",
		      (char *)"BBB-1");
	arena_init(&t->arena, (size_t)4 << 20);
	convene__v1__request__init(&t->content);
	t->content.id = (char *)"r1";
	t->content.federation = (char *)"AAA-SWM";
	t->content.discipline = (char *)"SWM";
	t->content.has_duration = 1;
	t->content.duration = 3;
	t->squads[0] = (char *)"AAA-1";
	t->squads[1] = (char *)"BBB-1";
	t->content.squads = t->squads;
	t->content.n_squads = 2;
	convene__v1__placement__init(&t->placement);
	t->placement.venue = (char *)"AAA-V";
	t->placement.first_day = (char *)"2022-05-01";
	convene__v1__invitation__init(&t->invitation);
	t->invitation.squad = (char *)"BBB-1";
	t->invitation.federation = (char *)"BBB-SWM";
	t->invitation.invited = 10;
	t->invitations[0] = &t->invitation;
	t->needed[0] = (char *)"AAA";
	t->needed[1] = (char *)"BBB";
	t->record = (struct replica_record){ .id = "r1", .revision = 4, .content = &t->content,
					     .standing = &t->standing, .cursor = 30 };
	t->c = (struct desk_case){ .programme = t->programme, .record = &t->record, .name = "Ann",
				   .key = "key of Ann", .unix_ms = 1000, .arena = &t->arena };
	assert_true(day_parse("2022-03-10", &t->c.today));
	*state = t;
	return 0;
}

static int teardown(void **state)
{
	struct table *t = *state;

	programme_free(t->programme);
	arena_done(&t->arena);
	free(t);
	return 0;
}

static void stands(struct table *t, Convene__V1__State state)
{
	Convene__V1__Standing *s = &t->standing;

	convene__v1__standing__init(s);
	s->has_state = 1;
	s->state = state;
	if (state == STATE_POSTPONED)
		s->was = &t->placement;
	if (state == STATE_PROPOSED)
		s->accept_by = (char *)"2022-03-20";
	if (state != STATE_PROPOSED && state != STATE_CONFIRMED && state != STATE_REVISION_REQUIRED)
		return;
	s->placement = &t->placement;
	s->consent_needed = t->needed;
	s->n_consent_needed = 2;
	s->invitations = t->invitations;
	s->n_invitations = 1;
}

/* --- the calls --- */

static enum cvn_err amend(struct table *t)
{
	Convene__V1__Amend call = CONVENE__V1__AMEND__INIT;
	Convene__V1__Period window = CONVENE__V1__PERIOD__INIT, *windows[] = { &window };
	Convene__V1__Request content = t->content;

	window.first = (char *)"2022-06-01";
	window.last = (char *)"2022-06-20";
	content.windows = windows;
	content.n_windows = 1;
	call.request = &content;
	return decide_amend(&t->c, &call, &t->ruling);
}

static enum cvn_err withdraw(struct table *t)
{
	Convene__V1__Withdraw call = CONVENE__V1__WITHDRAW__INIT;

	return decide_withdraw(&t->c, &call, &t->ruling);
}

static enum cvn_err accept(struct table *t)
{
	Convene__V1__Accept call = CONVENE__V1__ACCEPT__INIT;

	return decide_accept(&t->c, &call, &t->ruling);
}

static enum cvn_err take(struct table *t)
{
	Convene__V1__Take call = CONVENE__V1__TAKE__INIT;

	call.venue = (char *)"AAA-V";
	call.first_day = (char *)"2022-05-05";
	return decide_take(&t->c, &call, &t->ruling);
}

static enum cvn_err verdict(struct table *t, const char *what)
{
	Convene__V1__Decide call = CONVENE__V1__DECIDE__INIT;

	call.verdict = (char *)(uintptr_t)what;
	call.reason = (char *)"a reason";
	call.noc = t->c.role == ROLE_OPERATOR ? (char *)"AAA" : NULL;
	return decide_verdict(&t->c, &call, &t->ruling);
}

static enum cvn_err approve(struct table *t)
{
	return verdict(t, "approve");
}

static enum cvn_err decline(struct table *t)
{
	return verdict(t, "decline");
}

static enum cvn_err revise(struct table *t)
{
	return verdict(t, "revise");
}

static enum cvn_err postpone(struct table *t)
{
	return verdict(t, "postpone");
}

static enum cvn_err cancel(struct table *t)
{
	return verdict(t, "cancel");
}

static enum cvn_err reschedule(struct table *t)
{
	Convene__V1__Reschedule call = CONVENE__V1__RESCHEDULE__INIT;

	call.venue = (char *)"AAA-V";
	call.first_day = (char *)"2022-06-05";
	call.reason = (char *)"a reason";
	call.noc = t->c.role == ROLE_OPERATOR ? (char *)"AAA" : NULL;
	return decide_reschedule(&t->c, &call, &t->ruling);
}

static enum cvn_err release(struct table *t)
{
	Convene__V1__Release call = CONVENE__V1__RELEASE__INIT;

	return decide_release(&t->c, &call, &t->ruling);
}

static enum cvn_err reject(struct table *t)
{
	Convene__V1__Release call = CONVENE__V1__RELEASE__INIT;

	call.has_reject = call.reject = 1;
	call.reason = (char *)"a reason";
	return decide_release(&t->c, &call, &t->ruling);
}

static enum cvn_err allow(struct table *t)
{
	Convene__V1__Allow call = CONVENE__V1__ALLOW__INIT;
	char *codes[] = { (char *)"CAMP_TOO_LONG" };

	call.codes = codes;
	call.n_codes = 1;
	call.reason = (char *)"a reason";
	return decide_allow(&t->c, &call, &t->ruling);
}

/* Who asks; bits, so that a call names all who may. */
enum who {
	OWNER = 1, OTHER = 2, HOST = 4, PARTNER = 8, STRANGER = 16, BODY = 32, WATCHER = 64,
	OPERATOR = 128
};

static const struct {
	enum who who;
	enum role role;
	const char *subject;
} EVERYONE[] = {
	{ OWNER, ROLE_FEDERATION, "AAA-SWM" }, { OTHER, ROLE_FEDERATION, "BBB-SWM" },
	{ HOST, ROLE_COMMITTEE, "AAA" },       { PARTNER, ROLE_COMMITTEE, "BBB" },
	{ STRANGER, ROLE_COMMITTEE, "CCC" },   { BODY, ROLE_WORKING_BODY, "" },
	{ WATCHER, ROLE_OBSERVER, "" },	       { OPERATOR, ROLE_OPERATOR, "" },
};

#define OF(x) CONVENE__V1__CALL__OF_##x

static const struct {
	const char *name;
	Convene__V1__Call__OfCase of;
	enum cause cause;
	unsigned who;
	enum cvn_err (*ask)(struct table *t);
	bool is_placed; /* where it goes is the scheduler's word: the standing only carries it */
} CALLS[] = {
	{ "amend", OF(AMEND), CAUSE_AMEND, OWNER | BODY | OPERATOR, amend, false },
	{ "withdraw", OF(WITHDRAW), CAUSE_WITHDRAW, OWNER | BODY | OPERATOR, withdraw, false },
	{ "accept", OF(ACCEPT), CAUSE_ACCEPT, OWNER | BODY | OPERATOR, accept, false },
	{ "take", OF(TAKE), CAUSE_TAKE, OWNER | BODY | OPERATOR, take, true },
	{ "approve", OF(DECIDE), CAUSE_CONSENT, HOST | PARTNER | OPERATOR, approve, false },
	{ "decline", OF(DECIDE), CAUSE_DECLINE, HOST | PARTNER | OPERATOR, decline, false },
	{ "revise", OF(DECIDE), CAUSE_REVISE, HOST | PARTNER | OPERATOR, revise, false },
	{ "postpone", OF(DECIDE), CAUSE_POSTPONE, HOST | PARTNER | OPERATOR, postpone, false },
	{ "cancel", OF(DECIDE), CAUSE_CANCEL, HOST | PARTNER | OPERATOR, cancel, false },
	{ "reschedule", OF(RESCHEDULE), CAUSE_RESCHEDULE, HOST | OPERATOR, reschedule, true },
	{ "release", OF(RELEASE), CAUSE_RELEASE, OPERATOR, release, false },
	{ "reject", OF(RELEASE), CAUSE_REJECT, OPERATOR, reject, false },
	{ "allow", OF(ALLOW), CAUSE_ALLOW, BODY | OPERATOR, allow, false },
};

static bool has_row(Convene__V1__State from, enum cause cause, Convene__V1__State to)
{
	size_t n;
	const struct lifecycle_move *moves = lifecycle_moves(&n);

	for (size_t i = 0; i < n; i++)
		if (moves[i].from == from && moves[i].cause == cause && moves[i].to == to)
			return true;
	return false;
}

/* May this one, by the table and by who it is? */
static bool should(Convene__V1__State state, size_t call, size_t who)
{
	if ((kind_of(CALLS[call].of)->roles & EVERYONE[who].role) == 0)
		return false;
	if (CALLS[call].cause == CAUSE_AMEND && state == STATE_POSTPONED &&
	    EVERYONE[who].who == HOST)
		return true;
	/* letting pass is no move of an open request: it is noted */
	if (CALLS[call].cause == CAUSE_ALLOW && lifecycle_is_open(state))
		return true;
	return (CALLS[call].who & EVERYONE[who].who) != 0 && lifecycle_can(state, CALLS[call].cause);
}

static void check(struct table *t, Convene__V1__State state, size_t call, size_t who)
{
	bool may = (kind_of(CALLS[call].of)->roles & EVERYONE[who].role) != 0;
	enum cvn_err err;

	arena_reset(&t->arena);
	stands(t, state);
	t->c.role = EVERYONE[who].role;
	t->c.subject = EVERYONE[who].subject;
	memset(&t->ruling, 0, sizeof t->ruling);
	err = may ? CALLS[call].ask(t) : CVN_EFORBIDDEN;
	if (err == CVN_OK && t->ruling.is_nothing && CALLS[call].cause == CAUSE_WITHDRAW &&
	    state == STATE_WITHDRAWN)
		return; /* said twice */
	if ((err == CVN_OK) != should(state, call, who))
		fail_msg("%s by %s of a request that is %s: %s (%s)", CALLS[call].name,
			 EVERYONE[who].subject[0] != '\0' ? EVERYONE[who].subject :
							    role_name(EVERYONE[who].role),
			 state_name(state), cvn_err_code(err),
			 t->ruling.text != NULL ? t->ruling.text : "");
	if (err == CVN_ESTATE)
		assert_non_null(t->ruling.text);
	if (err != CVN_OK || CALLS[call].is_placed)
		return;
	assert_string_equal(t->ruling.standing->decision->by, "Ann");
	assert_string_equal(t->ruling.standing->decision->role, role_name(EVERYONE[who].role));
	if (CALLS[call].cause == CAUSE_ALLOW && state != STATE_REJECTED)
		assert_int_equal(t->ruling.standing->state, state);
	else
		assert_true(has_row(state, CALLS[call].cause, t->ruling.standing->state));
	assert_int_equal(t->ruling.bump,
			 lifecycle_has_place(&t->standing) &&
				 (CALLS[call].cause == CAUSE_AMEND ||
				  !lifecycle_has_place(t->ruling.standing)));
}

static void each_call_is_allowed_exactly_where_the_table_says(void **state)
{
	for (int from = STATE_NONE + 1; from < STATE_N; from++)
		for (size_t call = 0; call < N_ELEMENTS(CALLS); call++)
			for (size_t who = 0; who < N_ELEMENTS(EVERYONE); who++)
				check(*state, (Convene__V1__State)from, call, who);
}

/* Each move that people make has a call; the others are made by workers and by the day. */
static void each_move_has_somebody_who_makes_it(void **state)
{
	static const enum cause OTHERS[] = { CAUSE_SUBMIT, CAUSE_FAULTS, CAUSE_SOUND, CAUSE_PLACE,
					     CAUSE_NO_PLACE, CAUSE_KEEP, CAUSE_ROOM, CAUSE_LAPSE,
					     CAUSE_CONFIRM, CAUSE_DISPLACE, CAUSE_CONFLICT,
					     CAUSE_ADOPT, CAUSE_PASS, CAUSE_DEATHS };

	(void)state;
	for (int cause = 0; cause < CAUSE_N; cause++) {
		bool is_known = false;

		for (size_t i = 0; i < N_ELEMENTS(OTHERS); i++)
			is_known |= OTHERS[i] == (enum cause)cause;
		for (size_t i = 0; i < N_ELEMENTS(CALLS); i++)
			is_known |= CALLS[i].cause == (enum cause)cause;
		if (!is_known)
			fail_msg("nobody makes the move %s", cause_name((enum cause)cause));
	}
}

static void an_illegal_move_is_told_what_would_be_legal(void **state)
{
	struct table *t = *state;

	t->c.role = ROLE_COMMITTEE;
	t->c.subject = "AAA";
	stands(t, STATE_WAITLISTED);
	assert_int_equal(approve(t), CVN_ESTATE);
	assert_string_equal(t->ruling.text, "the request is waitlisted; what may be done now: "
					    "amend, withdraw, take");
	stands(t, STATE_HELD);
	assert_int_equal(cancel(t), CVN_ESTATE);
	assert_string_equal(t->ruling.text, "the request is held; what may be done now: nothing");
}

/* --- what follows --- */

static void follow(struct table *t, Convene__V1__Standing *s, Convene__V1__State before)
{
	struct follows_case c = { .programme = t->programme, .content = &t->content,
				  .before = &t->standing, .today = t->c.today, .arena = &t->arena };

	stands(t, before);
	assert_int_equal(follows_fill(&c, s), CVN_OK);
}

static Convene__V1__Standing placed(struct table *t, Convene__V1__State state,
				    Convene__V1__Placement *at, char *first_day)
{
	Convene__V1__Standing s = CONVENE__V1__STANDING__INIT;

	convene__v1__placement__init(at);
	at->venue = t->placement.venue;
	at->first_day = first_day;
	s.has_state = 1;
	s.state = state;
	s.placement = at;
	return s;
}

static void who_is_confirmed_invites_each_squad_once(void **state)
{
	struct table *t = *state;
	Convene__V1__Placement at;
	Convene__V1__Standing s = placed(t, STATE_CONFIRMED, &at, t->placement.first_day);

	follow(t, &s, STATE_PROPOSED);
	assert_int_equal(s.n_invitations, 2);
	assert_string_equal(s.invitations[1]->federation, "BBB-SWM");
	assert_int_equal(s.invitations[1]->invited, 10);
	assert_int_equal(follows_people(&s), 20);
	assert_null(s.was);
	s.invitations[1]->state = (char *)"declined";
	s.invitations[1]->has_people = 1;
	s.invitations[0]->state = (char *)"fewer";
	s.invitations[0]->has_people = 1;
	s.invitations[0]->people = 9;
	follow(t, &s, STATE_CONFIRMED);
	assert_string_equal(s.invitations[1]->state, "declined"); /* nothing has moved */
	assert_true(s.host_asked);
	s.has_people_kept = 1;
	s.people_kept = 9;
	follow(t, &s, STATE_CONFIRMED);
	assert_false(s.host_asked);

	at.first_day = (char *)"2022-06-05"; /* moved: what was answered was about other days */
	follow(t, &s, STATE_CONFIRMED);
	assert_string_equal(s.invitations[1]->state, "invited");
	assert_string_equal(s.was->first_day, "2022-05-01");
	assert_false(s.has_people_kept);
}

static void committees_have_their_days_from_the_proposal_on(void **state)
{
	struct table *t = *state;
	Convene__V1__Policy policy = CONVENE__V1__POLICY__INIT;
	Convene__V1__Placement at;
	Convene__V1__Standing s = placed(t, STATE_PROPOSED, &at, t->placement.first_day);

	follow(t, &s, STATE_RECEIVED);
	assert_null(s.decide_by); /* no policy */
	policy.has_decide_days = 1;
	policy.decide_days = 30;
	put_policy(t, &policy);
	follow(t, &s, STATE_RECEIVED);
	assert_string_equal(s.decide_by, "2022-04-09");
	s.state = STATE_CONFIRMED;
	follow(t, &s, STATE_PROPOSED);
	assert_null(s.decide_by);
}

static void a_calendar_entry_is_counted_from_its_first_place_on(void **state)
{
	struct table *t = *state;
	Convene__V1__Standing none = CONVENE__V1__STANDING__INIT, before = none, s = none;
	Convene__V1__Placement at = t->placement;

	before.state = STATE_RECEIVED;
	s.state = STATE_WAITLISTED;
	follows_count(&before, /* is_revised= */ false, 1000, &s);
	assert_false(s.has_sequence); /* nothing to be seen yet */
	s.state = STATE_PROPOSED;
	s.placement = &at;
	follows_count(&before, /* is_revised= */ false, 1000, &s);
	assert_true(s.has_sequence);
	assert_int_equal(s.sequence, 0);
	assert_int_equal(s.changed_unix_ms, 1000);

	before = s;
	follows_count(&before, /* is_revised= */ false, 2000, &s); /* a consent: not to be seen */
	assert_int_equal(s.sequence, 0);
	assert_int_equal(s.changed_unix_ms, 1000);
	follows_count(&before, /* is_revised= */ true, 2000, &s);
	assert_int_equal(s.sequence, 1);
	follows_count(&before, /* is_revised= */ true, 2000, &s); /* filled again: the same */
	assert_int_equal(s.sequence, 1);
	assert_int_equal(s.changed_unix_ms, 2000);

	before = s;
	s.state = STATE_CANCELLED;
	s.placement = NULL;
	follows_count(&before, /* is_revised= */ false, 3000, &s);
	assert_int_equal(s.sequence, 2);
	assert_int_equal(s.changed_unix_ms, 3000);
}

static void soft_days_warn_whom_they_are_for(void **state)
{
	struct table *t = *state;
	Convene__V1__Protected p = CONVENE__V1__PROTECTED__INIT;
	Convene__V1__Placement at;
	Convene__V1__Standing s = placed(t, STATE_PROPOSED, &at, t->placement.first_day);

	p.id = (char *)"may";
	p.first_day = p.last_day = (char *)"2022-05-03";
	p.noc = (char *)"BBB";
	put(t, CONVENE__V1__ENTITY__OF_PROTECTED, &p);
	follow(t, &s, STATE_RECEIVED);
	assert_int_equal(s.n_warnings, 0); /* a hard one is the scheduler's */
	p.has_soft = p.soft = 1;
	put(t, CONVENE__V1__ENTITY__OF_PROTECTED, &p);
	follow(t, &s, STATE_RECEIVED);
	assert_int_equal(s.n_warnings, 1);
	at.first_day = (char *)"2022-05-04";
	follow(t, &s, STATE_RECEIVED);
	assert_int_equal(s.n_warnings, 0);
	at.first_day = (char *)"2022-05-01";
	t->content.n_squads = 1; /* its own alone */
	follow(t, &s, STATE_RECEIVED);
	assert_int_equal(s.n_warnings, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(each_call_is_allowed_exactly_where_the_table_says),
		TEST(each_move_has_somebody_who_makes_it),
		TEST(an_illegal_move_is_told_what_would_be_legal),
		TEST(who_is_confirmed_invites_each_squad_once),
		TEST(a_calendar_entry_is_counted_from_its_first_place_on),
		TEST(committees_have_their_days_from_the_proposal_on),
		TEST(soft_days_warn_whom_they_are_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
