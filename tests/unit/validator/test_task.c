/* Tasks as convened sends them. */
#include "fixture.h"
#include "domain/day.h"
#include "validator/task.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

static int set_up(void **state)
{
	static struct fixture f;

	fixture_init(&f, FIXTURE_PROGRAMME);
	*state = &f;
	return 0;
}

static int tear_down(void **state)
{
	fixture_done(*state);
	return 0;
}

static void stand(struct fixture *f, const char *patch, int64_t revision, int64_t received_unix_ms)
{
	Convene__V1__Standing standing = CONVENE__V1__STANDING__INIT;
	Convene__V1__Record record = CONVENE__V1__RECORD__INIT;

	record.content = fixture_request(f, patch);
	record.id = record.content->id;
	record.standing = &standing;
	record.revision = revision;
	record.received_unix_ms = received_unix_ms;
	assert_int_equal(replica_put_record(f->replica, &record), CVN_OK);
}

static enum cvn_err judge(struct fixture *f, const char *one, const char *other, int64_t revision,
                          Convene__V1__Result *ret_result)
{
	Convene__V1__Subject first = CONVENE__V1__SUBJECT__INIT, second = CONVENE__V1__SUBJECT__INIT;
	Convene__V1__Subject *subjects[] = { &first, &second };
	Convene__V1__Validate task = CONVENE__V1__VALIDATE__INIT;

	first.request = (char *)one;
	second.request = (char *)other;
	first.revision = second.revision = revision;
	task.subjects = subjects;
	task.n_subjects = other != NULL ? 2 : 1;
	convene__v1__result__init(ret_result);
	return task_judge(&task, f->replica, &f->arena, ret_result);
}

static void answers_in_the_order_of_the_task(void **state)
{
	struct fixture *f = *state;
	Convene__V1__Result result;

	stand(f, "{\"id\": \"good\"}", 1, 0);
	stand(f, "{\"id\": \"bad\", \"level\": 9}", 1, 0);

	assert_int_equal(judge(f, "good", "bad", 1, &result), CVN_OK);

	assert_int_equal(result.n_verdicts, 2);
	assert_string_equal(result.verdicts[0]->request, "good");
	assert_int_equal(result.verdicts[0]->n_violations, 0);
	assert_string_equal(result.verdicts[1]->request, "bad");
	assert_int_equal(result.verdicts[1]->n_violations, 1);
	assert_string_equal(result.verdicts[1]->violations[0]->code, "LEVEL_OUT_OF_RANGE");
}

static void judges_nothing_that_it_does_not_have(void **state)
{
	struct fixture *f = *state;
	Convene__V1__Result result;

	stand(f, "{\"id\": \"good\"}", 1, 0);

	assert_int_equal(judge(f, "good", "missing", 1, &result), CVN_ESTALE);
	assert_int_equal(judge(f, "good", NULL, 2, &result), CVN_ESTALE);
	assert_int_equal(judge(f, NULL, NULL, 1, &result), CVN_ESTALE);
	assert_int_equal(result.n_verdicts, 0);
}

static void set_filing_days(struct fixture *f, int64_t days)
{
	Convene__V1__Programme about = *programme_about(replica_programme(f->replica));
	Convene__V1__Policy policy = CONVENE__V1__POLICY__INIT;
	Convene__V1__Entity entity = CONVENE__V1__ENTITY__INIT;

	policy.has_file_days = true;
	policy.file_days = days;
	about.policy = &policy;
	entity.of_case = CONVENE__V1__ENTITY__OF_PROGRAMME;
	entity.programme = &about;
	assert_int_equal(replica_put_entity(f->replica, &entity, 0), CVN_OK);
}

/* The window begins on 1 April 2026; 90 days before it is 1 January. */
static void asks_when_it_was_filed(void **state)
{
	struct fixture *f = *state;
	const int64_t new_year_ms = 1767225600000, day_ms = 86400000;
	Convene__V1__Result result;

	set_filing_days(f, 90);
	stand(f, "{\"id\": \"early\"}", 1, new_year_ms);
	stand(f, "{\"id\": \"late\"}", 1, new_year_ms + day_ms);
	stand(f, "{\"id\": \"amended\"}", 2, new_year_ms);

	/* no day is known but that of the receipt */
	assert_int_equal(judge(f, "early", "late", 1, &result), CVN_OK);
	assert_int_equal(result.verdicts[0]->n_violations, 0);
	assert_int_equal(result.verdicts[1]->n_violations, 1);
	assert_string_equal(result.verdicts[1]->violations[0]->code, "FILED_TOO_LATE");

	/* it is the day that was told, whatever the clock of the receipt says; */
	replica_set_today(f->replica, "2025-12-01");
	assert_int_equal(judge(f, "late", NULL, 1, &result), CVN_OK);
	assert_int_equal(result.verdicts[0]->n_violations, 0);

	/* and what is amended later was filed when it first came */
	replica_set_today(f->replica, "2026-02-01");
	assert_int_equal(judge(f, "amended", NULL, 2, &result), CVN_OK);
	assert_int_equal(result.verdicts[0]->n_violations, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(answers_in_the_order_of_the_task, set_up, tear_down),
		cmocka_unit_test_setup_teardown(judges_nothing_that_it_does_not_have, set_up, tear_down),
		cmocka_unit_test_setup_teardown(asks_when_it_was_filed, set_up, tear_down),
	};

	return cmocka_run_group_tests_name("task", tests, NULL, NULL);
}
