#include "fixture.h"
#include "validator/stand.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

static const char REQUEST[] =
	"{\"id\": \"new\", \"title\": {\"en\": \"Camp\", \"ru\": \"Сбор\"}, \"federation\": \"AAA-ATH\","
	" \"kind\": \"training_camp\", \"discipline\": \"ATH\", \"level\": 2, \"duration\": 10,"
	" \"windows\": [[\"2026-04-01\", \"2026-04-20\"], [\"2026-06-01\", \"2026-06-15\"]],"
	" \"preferred_first_day\": \"2026-04-05\", \"hosts\": [\"AAA\", \"BBB\"], \"facilities\": [\"gym\"], \"units\": 1,"
	" \"headcount\": 45, \"services\": {\"training\": 5}, \"squads\": [\"A\", \"B\", \"G\"], \"value\": 50,"
	" \"contact\": \"office@example.org\", \"note\": \"Two\\nlines.\"}";

void fixture_init(struct fixture *f, const char *programme)
{
	struct programme_file file;

	arena_init(&f->arena, 64 << 20);
	f->replica = replica_new(NULL);
	assert_non_null(f->replica);
	programme_file_init(&file);
	assert_int_equal(programme_file_read(&file, programme, strlen(programme)), CVN_OK);
	assert_int_equal(stand_file(f->replica, &file), CVN_OK);
	programme_file_done(&file);
}

void fixture_done(struct fixture *f)
{
	replica_free(f->replica);
	arena_done(&f->arena);
}

Convene__V1__Request *fixture_request(struct fixture *f, const char *patch)
{
	json_t *json = json_loads(REQUEST, 0, NULL);
	json_t *changes = json_loads(patch != NULL ? patch : "{}", 0, NULL);
	struct json_faults faults;
	ProtobufCMessage *message;

	assert_non_null(json);
	assert_non_null(changes);
	json_object_update(json, changes);
	json_faults_init(&faults, &f->arena);
	assert_int_equal(json_to_message(json, &convene__v1__request__descriptor, "", NULL, &f->arena, &faults, &message),
	                 CVN_OK);
	json_decref(changes);
	json_decref(json);
	return (Convene__V1__Request *)message;
}

const char *fixture_judge(struct fixture *f, const struct subject *subject)
{
	Convene__V1__Violation **violations;
	const char *said = "";
	size_t n;

	assert_int_equal(rules_judge(subject, &f->arena, &violations, &n), CVN_OK);
	for (size_t i = 0; i < n; i++) {
		assert_true(strlen(violations[i]->text) > 10);
		said = arena_printf(&f->arena, "%s%s%s %s", said, i > 0 ? ", " : "", violations[i]->field,
		                    violations[i]->code);
		assert_non_null(said);
	}
	return said;
}
