/* What a federation may see of requests, its own and others'; and the quota. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "domain/lifecycle.h"
#include "flow/quota.h"
#include "flow/view.h"

struct rig {
	struct replica *replica;
	struct arena arena;
};

static void put(struct rig *r, const char *id, const char *federation, Convene__V1__State state,
		const char *stands_in_the_way)
{
	Convene__V1__Record record = CONVENE__V1__RECORD__INIT;
	Convene__V1__Request content = CONVENE__V1__REQUEST__INIT;
	Convene__V1__Standing standing = CONVENE__V1__STANDING__INIT;
	Convene__V1__Placement at = CONVENE__V1__PLACEMENT__INIT;
	Convene__V1__Reason reason = CONVENE__V1__REASON__INIT, *reasons[] = { &reason };
	char *with[] = { (char *)(uintptr_t)stands_in_the_way };

	content.id = record.id = (char *)(uintptr_t)id;
	content.federation = (char *)(uintptr_t)federation;
	content.kind = (char *)"tournament";
	content.contact = (char *)"someone@example.org";
	content.has_duration = 1;
	content.duration = 5;
	standing.has_state = 1;
	standing.state = state;
	at.venue = (char *)"hall";
	at.first_day = (char *)"2022-03-30";
	standing.placement = state == STATE_WAITLISTED ? NULL : &at;
	if (stands_in_the_way != NULL) {
		reason.code = (char *)"VENUE_FULL";
		reason.text = (char *)"the hall is taken";
		reason.with = with;
		reason.n_with = 1;
		standing.reasons = reasons;
		standing.n_reasons = 1;
	}
	record.has_revision = record.has_cursor = record.has_received_unix_ms = 1;
	record.revision = 1;
	record.cursor = (int64_t)replica_count(r->replica) + 1;
	record.content = &content;
	record.standing = &standing;
	assert_int_equal(replica_put_record(r->replica, &record), CVN_OK);
}

static int setup(void **state)
{
	struct rig *r = calloc(1, sizeof *r);

	r->replica = replica_new(NULL);
	arena_init(&r->arena, (size_t)1 << 20);
	put(r, "theirs", "B", STATE_PROPOSED, NULL);
	put(r, "agreed", "B", STATE_CONFIRMED, NULL);
	put(r, "behind-theirs", "A", STATE_WAITLISTED, "theirs");
	put(r, "behind-agreed", "A", STATE_WAITLISTED, "agreed");
	put(r, "behind-own", "A", STATE_WAITLISTED, "behind-agreed");
	*state = r;
	return 0;
}

static int teardown(void **state)
{
	struct rig *r = *state;

	replica_free(r->replica);
	arena_done(&r->arena);
	free(r);
	return 0;
}

static Convene__V1__Record *see(struct rig *r, enum role role, const char *subject, const char *id)
{
	struct view view = { .replica = r->replica, .role = role, .subject = subject };

	return view_record(&view, replica_find(r->replica, id), &r->arena);
}

static void a_reader_of_the_programme_sees_all(void **state)
{
	struct rig *r = *state;
	Convene__V1__Record *record = see(r, ROLE_OBSERVER, "", "behind-theirs");

	assert_string_equal(record->standing->reasons[0]->with[0], "theirs");
	assert_string_equal(record->content->contact, "someone@example.org");
}

static void what_stands_in_the_way_is_named_by_kind_place_and_days_only(void **state)
{
	struct rig *r = *state;
	Convene__V1__Reason *reason =
		see(r, ROLE_FEDERATION, "A", "behind-theirs")->standing->reasons[0];

	assert_int_equal(reason->n_with, 0);
	assert_non_null(strstr(reason->text, "tournament at hall, 2022-03-30 to 2022-04-03"));
	assert_null(strstr(reason->text, "theirs"));
	/* the record itself is as it was */
	assert_int_equal(replica_find(r->replica, "behind-theirs")->standing->reasons[0]->n_with, 1);
}

static void confirmed_and_own_requests_keep_their_names(void **state)
{
	struct rig *r = *state;

	assert_string_equal(
		see(r, ROLE_FEDERATION, "A", "behind-agreed")->standing->reasons[0]->with[0], "agreed");
	assert_string_equal(
		see(r, ROLE_FEDERATION, "A", "behind-own")->standing->reasons[0]->with[0],
		"behind-agreed");
}

static void of_others_a_federation_sees_the_confirmed_calendar_alone(void **state)
{
	struct rig *r = *state;
	Convene__V1__Record *record = see(r, ROLE_FEDERATION, "A", "agreed");

	assert_null(see(r, ROLE_FEDERATION, "A", "theirs"));
	assert_string_equal(record->standing->placement->venue, "hall");
	assert_string_equal(record->content->kind, "tournament");
	assert_null(record->content->contact);
	assert_null(record->content->federation);
}

/* An event of B as it stands after it was confirmed; A's squad is invited, or not. */
static Convene__V1__Record *after_all(struct rig *r, const char *id, Convene__V1__State state,
				      bool is_invited)
{
	Convene__V1__Record record = CONVENE__V1__RECORD__INIT;
	Convene__V1__Request content = CONVENE__V1__REQUEST__INIT;
	Convene__V1__Standing standing = CONVENE__V1__STANDING__INIT;
	Convene__V1__Placement was = CONVENE__V1__PLACEMENT__INIT;
	Convene__V1__Decision decision = CONVENE__V1__DECISION__INIT;
	Convene__V1__Invitation invited = CONVENE__V1__INVITATION__INIT, *list[] = { &invited };
	Convene__V1__Need need = CONVENE__V1__NEED__INIT, *needs[] = { &need };

	content.id = record.id = (char *)(uintptr_t)id;
	content.federation = (char *)"B";
	content.services = needs;
	content.n_services = 1;
	need.service = (char *)"medical";
	was.venue = (char *)"hall";
	was.first_day = (char *)"2022-03-30";
	decision.reason = (char *)"no snow";
	invited.federation = (char *)"A";
	standing.has_state = standing.has_sequence = 1;
	standing.sequence = 3;
	standing.state = state;
	standing.was = &was;
	standing.decision = &decision;
	standing.invitations = list;
	standing.n_invitations = is_invited;
	record.has_revision = record.has_cursor = record.has_received_unix_ms = 1;
	record.revision = 1;
	record.cursor = (int64_t)replica_count(r->replica) + 1;
	record.content = &content;
	record.standing = &standing;
	assert_int_equal(replica_put_record(r->replica, &record), CVN_OK);
	return see(r, ROLE_FEDERATION, "A", id);
}

static void what_was_in_the_calendar_and_is_off_can_still_be_seen(void **state)
{
	struct rig *r = *state;
	Convene__V1__Record *record = after_all(r, "off", STATE_CANCELLED, false);

	assert_string_equal(record->standing->was->first_day, "2022-03-30");
	assert_int_equal(record->standing->sequence, 3);
	assert_null(record->standing->decision);
	assert_int_equal(record->content->n_services, 0);
	assert_non_null(after_all(r, "over", STATE_HELD, false));
	assert_non_null(after_all(r, "later", STATE_POSTPONED, false));
	assert_null(after_all(r, "waits", STATE_WAITLISTED, false));
	/* where it is now is not agreed yet */
	assert_null(after_all(r, "anew", STATE_PROPOSED, false));
}

static void who_is_invited_is_told_of_the_support_and_why_it_is_off(void **state)
{
	struct rig *r = *state;
	Convene__V1__Record *record = after_all(r, "off", STATE_CANCELLED, true);

	assert_string_equal(record->standing->decision->reason, "no snow");
	assert_string_equal(record->content->services[0]->service, "medical");
}

static void one_principal_cannot_use_up_what_is_for_all(void **state)
{
	struct quota q;

	(void)state;
	quota_init(&q, 2, 3);
	assert_true(quota_take(&q, "a", 2));
	assert_false(quota_take(&q, "a", 1));
	assert_true(quota_take(&q, "b", 1));
	assert_false(quota_take(&q, "b", 1));
	quota_give_back(&q, "a", 1);
	assert_true(quota_take(&q, "b", 1));
	assert_int_equal(q.n, 3);
	quota_give_back(&q, "a", 1);
	quota_give_back(&q, "b", 2);

	assert_int_equal(q.n, 0);
	assert_null(q.of); /* nothing is kept of who has nothing under way */
	quota_done(&q);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_reader_of_the_programme_sees_all),
		TEST(what_stands_in_the_way_is_named_by_kind_place_and_days_only),
		TEST(confirmed_and_own_requests_keep_their_names),
		TEST(of_others_a_federation_sees_the_confirmed_calendar_alone),
		TEST(what_was_in_the_calendar_and_is_off_can_still_be_seen),
		TEST(who_is_invited_is_told_of_the_support_and_why_it_is_off),
		TEST(one_principal_cannot_use_up_what_is_for_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
