#include "domain/day.h"
#include "domain/lifecycle.h"
#include "domain/replica.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <stdio.h>

/* A replica, and what its observer has heard: one word a change. */
struct heard {
	struct replica *r;
	char text[1024];
};

static void on_entity(void *arg, enum entity_kind kind, const char *id, const Convene__V1__Entity *entity)
{
	struct heard *h = arg;

	snprintf(h->text + strlen(h->text), sizeof(h->text) - strlen(h->text), "%s%s/%s ", entity != NULL ? "+" : "-",
	         entity_kind_name(kind), id);
}

static void on_record(void *arg, const struct replica_record *before, const struct replica_record *now)
{
	struct heard *h = arg;

	snprintf(h->text + strlen(h->text), sizeof(h->text) - strlen(h->text), "%s:%s>%s ", now->id,
	         before != NULL ? state_name(before->standing->state) : "-", state_name(now->standing->state));
}

static void on_today(void *arg, int32_t today)
{
	struct heard *h = arg;
	char text[DAY_TEXT_SIZE];

	day_format(today, text);
	strcat(strcat(h->text, text), " ");
}

static int set_up(void **state)
{
	struct heard *h = calloc(1, sizeof(*h));
	struct replica_observer observer = { h, on_entity, on_record, on_today };

	h->r = replica_new(&observer);
	*state = h;
	return 0;
}

static int tear_down(void **state)
{
	struct heard *h = *state;

	replica_free(h->r);
	free(h);
	return 0;
}

static void expect(struct heard *h, const char *text)
{
	assert_string_equal(h->text, text);
	h->text[0] = '\0';
}

/* One message of each kind, with what it points to. */
struct parts {
	Convene__V1__Request content;
	Convene__V1__Standing standing;
	Convene__V1__After after;
	Convene__V1__After *links[1];
};

static void make_parts(struct parts *p, const char *id, Convene__V1__State standing_state, const char *before)
{
	p->content = (Convene__V1__Request)CONVENE__V1__REQUEST__INIT;
	p->content.id = (char *)id;
	p->standing = (Convene__V1__Standing)CONVENE__V1__STANDING__INIT;
	p->standing.has_state = true;
	p->standing.state = standing_state;
	p->after = (Convene__V1__After)CONVENE__V1__AFTER__INIT;
	p->after.request = (char *)before;
	p->links[0] = &p->after;
	p->content.after = p->links;
	p->content.n_after = before != NULL ? 1 : 0;
}

/* A change of a request; `has_content`: with its content. */
static enum cvn_err change(struct heard *h, int64_t cursor, const char *id, int64_t revision,
                           Convene__V1__State standing_state, bool has_content, const char *before)
{
	Convene__V1__Update update = CONVENE__V1__UPDATE__INIT;
	Convene__V1__RequestChange request = CONVENE__V1__REQUEST_CHANGE__INIT;
	struct parts p;

	make_parts(&p, id, standing_state, before);
	request.id = (char *)id;
	request.revision = revision;
	request.content = has_content ? &p.content : NULL;
	request.standing = &p.standing;
	update.has_cursor = update.has_version = true;
	update.cursor = cursor;
	update.version = cursor / 2;
	update.unix_ms = cursor * 1000;
	update.of_case = CONVENE__V1__UPDATE__OF_REQUEST;
	update.request = &request;
	return replica_update(h->r, &update);
}

static enum cvn_err change_city(struct heard *h, int64_t cursor, const char *id, bool retired)
{
	Convene__V1__Update update = CONVENE__V1__UPDATE__INIT;
	Convene__V1__EntityChange entity_change = CONVENE__V1__ENTITY_CHANGE__INIT;
	Convene__V1__Entity entity = CONVENE__V1__ENTITY__INIT;
	Convene__V1__City city = CONVENE__V1__CITY__INIT;

	city.id = (char *)id;
	entity.of_case = CONVENE__V1__ENTITY__OF_CITY;
	entity.city = &city;
	entity_change.entity = &entity;
	entity_change.has_retired = entity_change.retired = retired;
	update.has_cursor = true;
	update.cursor = cursor;
	update.of_case = CONVENE__V1__UPDATE__OF_ENTITY;
	update.entity = &entity_change;
	return replica_update(h->r, &update);
}

static enum cvn_err pulse(struct heard *h, int64_t cursor, const char *today)
{
	Convene__V1__Update update = CONVENE__V1__UPDATE__INIT;
	Convene__V1__Pulse beat = CONVENE__V1__PULSE__INIT;

	beat.today = (char *)today;
	update.has_cursor = true;
	update.cursor = cursor;
	update.of_case = CONVENE__V1__UPDATE__OF_PULSE;
	update.pulse = &beat;
	return replica_update(h->r, &update);
}

/* A page with one city and one record, each where its cursor is above 0. */
static enum cvn_err page(struct heard *h, int64_t cursor, bool is_last, int64_t city_cursor, const char *record_id,
                         int64_t revision, int64_t record_cursor)
{
	Convene__V1__Page sheet = CONVENE__V1__PAGE__INIT;
	Convene__V1__EntityAt entity_at = CONVENE__V1__ENTITY_AT__INIT, *entities[] = { &entity_at };
	Convene__V1__Entity entity = CONVENE__V1__ENTITY__INIT;
	Convene__V1__City city = CONVENE__V1__CITY__INIT;
	Convene__V1__Record record = CONVENE__V1__RECORD__INIT, *records[] = { &record };
	struct parts p;

	city.id = (char *)"c";
	entity.of_case = CONVENE__V1__ENTITY__OF_CITY;
	entity.city = &city;
	entity_at.entity = &entity;
	entity_at.cursor = city_cursor;
	sheet.entities = entities;
	sheet.n_entities = city_cursor > 0 ? 1 : 0;
	make_parts(&p, record_id, STATE_WAITLISTED, NULL);
	record.id = (char *)record_id;
	record.revision = revision;
	record.content = &p.content;
	record.standing = &p.standing;
	record.cursor = record_cursor;
	record.received_unix_ms = 77;
	sheet.records = records;
	sheet.n_records = record_cursor > 0 ? 1 : 0;
	sheet.cursor = cursor;
	sheet.version = cursor / 2;
	sheet.has_next = !is_last;
	sheet.next = 1;
	return replica_page(h->r, &sheet);
}

static void folds_pages_then_updates(void **state)
{
	struct heard *h = *state;

	assert_int_equal(page(h, 10, false, 3, NULL, 0, 0), CVN_OK);
	assert_false(replica_is_complete(h->r));
	assert_int_equal(page(h, 10, true, 0, "r1", 2, 9), CVN_OK);
	assert_true(replica_is_complete(h->r));
	assert_int_equal(replica_cursor(h->r), 10);
	assert_int_equal(replica_version(h->r), 5);
	assert_int_equal(change(h, 11, "r1", 2, STATE_PROPOSED, false, NULL), CVN_OK);
	assert_int_equal(change(h, 12, "r2", 1, STATE_RECEIVED, true, NULL), CVN_OK);

	expect(h, "+city/c r1:->waitlisted r1:waitlisted>proposed r2:->received ");
	assert_int_equal(replica_cursor(h->r), 12);
	assert_int_equal(replica_version(h->r), 6);
	assert_int_equal(replica_count(h->r), 2);
	assert_int_equal(replica_find(h->r, "r1")->received_unix_ms, 77);
	assert_int_equal(replica_find(h->r, "r1")->cursor, 11);
	assert_int_equal(replica_find(h->r, "r2")->received_unix_ms, 12000);
	assert_null(replica_find(h->r, "r3"));
	assert_null(replica_find(h->r, NULL));
}

/* Whatever way a page and the updates after it come, the end is the same. */
static void ends_the_same_in_any_order(void **state)
{
	struct heard *h = *state;

	/* r1 is amended and proposed, before the page comes that was read before either */
	assert_int_equal(change(h, 11, "r1", 2, STATE_RECEIVED, true, "x"), CVN_OK);
	assert_int_equal(change(h, 12, "r1", 2, STATE_PROPOSED, false, NULL), CVN_OK);
	assert_int_equal(replica_count(h->r), 0);
	expect(h, "");
	assert_int_equal(page(h, 10, false, 0, "r1", 1, 9), CVN_OK);

	expect(h, "r1:->proposed ");
	assert_int_equal(replica_find(h->r, "r1")->revision, 2);
	assert_int_equal(replica_find(h->r, "r1")->cursor, 12);
	assert_int_equal(replica_find(h->r, "r1")->content->n_after, 1);
	assert_int_equal(replica_find(h->r, "r1")->received_unix_ms, 77);

	/* r2 changes without its content; its page holds the content of that revision */
	assert_int_equal(change(h, 13, "r2", 1, STATE_PROPOSED, false, NULL), CVN_OK);
	assert_int_equal(page(h, 10, true, 0, "r2", 1, 8), CVN_OK);
	expect(h, "r2:->proposed ");
	assert_int_equal(replica_cursor(h->r), 13);
}

/* A later page was read later: what changed in between, in an earlier page, is still to be heard. */
static void waits_for_updates_between_its_pages(void **state)
{
	struct heard *h = *state;

	assert_int_equal(page(h, 10, false, 0, "r1", 1, 9), CVN_OK);
	assert_int_equal(page(h, 13, true, 0, "r2", 1, 13), CVN_OK);
	assert_int_equal(replica_cursor(h->r), 10);
	assert_int_equal(change(h, 11, "r1", 1, STATE_PROPOSED, false, NULL), CVN_OK);
	assert_int_equal(change(h, 12, "r3", 1, STATE_RECEIVED, true, NULL), CVN_OK);
	assert_int_equal(change(h, 13, "r2", 1, STATE_PROPOSED, false, NULL), CVN_OK);

	expect(h, "r1:->waitlisted r2:->waitlisted r1:waitlisted>proposed r3:->received ");
	assert_int_equal(replica_cursor(h->r), 13);
}

static void notices_a_gap_before_the_first_page(void **state)
{
	struct heard *h = *state;

	assert_int_equal(change(h, 12, "r1", 1, STATE_RECEIVED, true, NULL), CVN_OK);
	assert_int_equal(change(h, 14, "r1", 1, STATE_PROPOSED, false, NULL), CVN_ESTALE);
	assert_int_equal(page(h, 10, true, 0, NULL, 0, 0), CVN_ESTALE);
}

static void passes_over_what_it_has_already(void **state)
{
	struct heard *h = *state;

	assert_int_equal(page(h, 10, true, 3, "r1", 2, 9), CVN_OK);
	expect(h, "+city/c r1:->waitlisted ");
	assert_int_equal(change(h, 9, "r1", 2, STATE_PROPOSED, false, NULL), CVN_OK);
	assert_int_equal(change_city(h, 3, "c", false), CVN_OK);
	assert_int_equal(page(h, 10, true, 3, "r1", 2, 9), CVN_OK);
	expect(h, "");
	assert_int_equal(replica_cursor(h->r), 10);
}

static void lets_no_page_bring_back_what_was_retired(void **state)
{
	struct heard *h = *state;

	assert_int_equal(change_city(h, 11, "c", true), CVN_OK);
	assert_int_equal(page(h, 10, false, 3, NULL, 0, 0), CVN_OK);
	assert_null(programme_city(replica_programme(h->r), "c"));
	assert_int_equal(change_city(h, 12, "c", false), CVN_OK);
	assert_int_equal(page(h, 12, true, 0, NULL, 0, 0), CVN_OK);
	assert_int_equal(change_city(h, 13, "c", true), CVN_OK);
	assert_int_equal(change_city(h, 12, "c", false), CVN_OK);
	expect(h, "+city/c -city/c ");
	assert_null(programme_city(replica_programme(h->r), "c"));
}

static void notices_that_updates_are_missing(void **state)
{
	struct heard *h = *state;

	assert_int_equal(page(h, 10, true, 0, "r1", 1, 9), CVN_OK);
	assert_int_equal(change(h, 12, "r1", 1, STATE_PROPOSED, false, NULL), CVN_ESTALE);
	assert_int_equal(replica_find(h->r, "r1")->standing->state, STATE_WAITLISTED);
	assert_int_equal(replica_cursor(h->r), 10);
	assert_int_equal(pulse(h, 11, "2026-01-01"), CVN_ESTALE);
	assert_int_equal(change(h, 11, "r9", 1, STATE_PROPOSED, false, NULL), CVN_ESTALE);
}

static void tells_of_each_day_once(void **state)
{
	struct heard *h = *state;

	assert_false(replica_has_today(h->r));
	assert_int_equal(page(h, 10, true, 0, NULL, 0, 0), CVN_OK);
	assert_int_equal(pulse(h, 10, "2026-01-01"), CVN_OK);
	assert_int_equal(pulse(h, 10, "2026-01-01"), CVN_OK);
	replica_set_today(h->r, "2026-01-02");
	replica_set_today(h->r, "tomorrow");
	replica_set_today(h->r, NULL);
	expect(h, "2026-01-01 2026-01-02 ");
	assert_true(replica_has_today(h->r));
}

static void knows_who_comes_after(void **state)
{
	struct heard *h = *state;
	const char *const *ids;

	assert_int_equal(page(h, 10, true, 0, NULL, 0, 0), CVN_OK);
	assert_int_equal(change(h, 11, "r1", 1, STATE_RECEIVED, true, "r0"), CVN_OK);
	assert_int_equal(change(h, 12, "r2", 1, STATE_RECEIVED, true, "r0"), CVN_OK);
	assert_int_equal(replica_followers(h->r, "r0", &ids), 2);
	assert_string_equal(ids[0], "r1");
	assert_string_equal(ids[1], "r2");
	assert_int_equal(change(h, 13, "r1", 2, STATE_RECEIVED, true, "r2"), CVN_OK);
	assert_int_equal(replica_followers(h->r, "r0", &ids), 1);
	assert_string_equal(ids[0], "r2");
	assert_int_equal(replica_followers(h->r, "r2", &ids), 1);
	assert_int_equal(change(h, 14, "r1", 3, STATE_RECEIVED, true, NULL), CVN_OK);
	assert_int_equal(replica_followers(h->r, "r2", &ids), 0);
	assert_null(ids);
	assert_int_equal(replica_followers(h->r, NULL, &ids), 0);
}

static void refuses_what_lacks_its_parts(void **state)
{
	struct heard *h = *state;
	Convene__V1__Update update = CONVENE__V1__UPDATE__INIT;
	Convene__V1__RequestChange request = CONVENE__V1__REQUEST_CHANGE__INIT;
	Convene__V1__EntityChange entity = CONVENE__V1__ENTITY_CHANGE__INIT;
	Convene__V1__Record record = CONVENE__V1__RECORD__INIT;

	assert_int_equal(replica_update(h->r, &update), CVN_EMALFORMED);
	update.cursor = 1;
	assert_int_equal(replica_update(h->r, &update), CVN_EMALFORMED);
	update.of_case = CONVENE__V1__UPDATE__OF_REQUEST;
	update.request = &request;
	assert_int_equal(replica_update(h->r, &update), CVN_EMALFORMED);
	update.of_case = CONVENE__V1__UPDATE__OF_ENTITY;
	update.entity = &entity;
	assert_int_equal(replica_update(h->r, &update), CVN_EMALFORMED);
	assert_int_equal(replica_put_record(h->r, &record), CVN_EMALFORMED);
	expect(h, "");
}

static void holds_a_hundred_thousand_records(void **state)
{
	struct heard *h = *state;
	char id[16], before[16];
	size_t n = 0;

	replica_observe(h->r, NULL);
	assert_int_equal(page(h, 0, true, 0, NULL, 0, 0), CVN_OK);
	for (int i = 1; i <= 100000; i++) {
		snprintf(id, sizeof(id), "r%d", i);
		snprintf(before, sizeof(before), "r%d", i / 2);
		assert_int_equal(change(h, i, id, 1, STATE_RECEIVED, true, before), CVN_OK);
	}
	for (const struct replica_record *i = replica_first(h->r); i != NULL; i = replica_next(i))
		n++;
	assert_int_equal(n, 100000);
	assert_string_equal(replica_first(h->r)->id, "r1");
	assert_int_equal(replica_find(h->r, "r99999")->cursor, 99999);
}

/* What `load` brings back may have been amended where it stood: its first change here has a later revision. */
static void a_request_that_is_brought_back_may_begin_at_a_later_revision(void **state)
{
	struct heard *h = *state;
	Convene__V1__Update update = CONVENE__V1__UPDATE__INIT;
	Convene__V1__RequestChange request = CONVENE__V1__REQUEST_CHANGE__INIT;
	Convene__V1__Page page = CONVENE__V1__PAGE__INIT;
	struct parts p;

	assert_int_equal(replica_page(h->r, &page), CVN_OK);
	make_parts(&p, "r1", STATE_CONFIRMED, NULL);
	request.id = p.content.id;
	request.revision = 3;
	request.content = &p.content;
	request.standing = &p.standing;
	request.has_received_unix_ms = true;
	request.received_unix_ms = 77;
	update.has_cursor = true;
	update.cursor = 1;
	update.unix_ms = 1000;
	update.of_case = CONVENE__V1__UPDATE__OF_REQUEST;
	update.request = &request;

	assert_int_equal(replica_update(h->r, &update), CVN_OK);

	expect(h, "r1:->confirmed ");
	assert_int_equal(replica_find(h->r, "r1")->revision, 3);
	assert_int_equal(replica_find(h->r, "r1")->received_unix_ms, 77);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(folds_pages_then_updates, set_up, tear_down),
		cmocka_unit_test_setup_teardown(ends_the_same_in_any_order, set_up, tear_down),
		cmocka_unit_test_setup_teardown(waits_for_updates_between_its_pages, set_up, tear_down),
		cmocka_unit_test_setup_teardown(notices_a_gap_before_the_first_page, set_up, tear_down),
		cmocka_unit_test_setup_teardown(passes_over_what_it_has_already, set_up, tear_down),
		cmocka_unit_test_setup_teardown(lets_no_page_bring_back_what_was_retired, set_up, tear_down),
		cmocka_unit_test_setup_teardown(notices_that_updates_are_missing, set_up, tear_down),
		cmocka_unit_test_setup_teardown(tells_of_each_day_once, set_up, tear_down),
		cmocka_unit_test_setup_teardown(knows_who_comes_after, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_request_that_is_brought_back_may_begin_at_a_later_revision, set_up, tear_down),
		cmocka_unit_test_setup_teardown(refuses_what_lacks_its_parts, set_up, tear_down),
		cmocka_unit_test_setup_teardown(holds_a_hundred_thousand_records, set_up, tear_down),
	};

	return cmocka_run_group_tests_name("replica", tests, NULL, NULL);
}
