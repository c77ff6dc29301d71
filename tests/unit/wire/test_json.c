#include "wire/json.h"

#include "convene/v1/client.pb-c.h"
#include "convene/v1/record.pb-c.h"
#include "wire/frame.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define REQUEST (&convene__v1__request__descriptor)

struct fixture {
	struct arena arena;
	struct json_faults faults;
};

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	arena_init(&f->arena, 1 << 20);
	json_faults_init(&f->faults, &f->arena);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	arena_done(&f->arena);
	free(f);
	return 0;
}

/* Reads a message; the faults, one a line, or "" stand in the text that is returned. */
static const char *read_as(struct fixture *f, const ProtobufCMessageDescriptor *type,
			   const char *text, ProtobufCMessage **ret)
{
	json_t *json = json_parse(text, strlen(text), &f->faults);
	const struct json_fault *fault;
	const char *told = "";
	enum cvn_err err = CVN_EINVALID;
	size_t n_parsing = json != NULL ? f->faults.n_errors : 0; /* texts that are not UTF-8 */

	*ret = NULL;
	if (json != NULL)
		err = json_to_message(json, type, "", NULL, &f->arena, &f->faults, ret);
	json_decref(json);
	assert_int_equal(err, f->faults.n_errors > n_parsing ? CVN_EINVALID : CVN_OK);
	assert_true(*ret != NULL || err != CVN_OK);
	for (fault = f->faults.first; fault != NULL; fault = fault->next)
		told = arena_printf(&f->arena, "%s%s%s: %s\n", told,
				    fault->is_warning ? "(warning) " : "", fault->path,
				    fault->text);
	return told;
}

/* The message as JSON again. */
static const char *written(struct fixture *f, const ProtobufCMessage *message)
{
	json_t *json = json_of_message(message);
	char *text = json_dumps(json, JSON_FLAGS);
	const char *copy = arena_strdup(&f->arena, text);

	free(text);
	json_decref(json);
	return copy;
}

static void round_trip(struct fixture *f, const ProtobufCMessageDescriptor *type, const char *text)
{
	ProtobufCMessage *message;

	assert_string_equal(read_as(f, type, text, &message), "");
	assert_string_equal(written(f, message), text);
}

static void a_request_keeps_its_words(void **state)
{
	round_trip(*state, REQUEST,
		   "{\"id\": \"r1\", \"title\": {\"zh\": \"杯\", \"en\": \"Cup\", \"ru\": "
		   "\"Кубок\"}, \"level\": -1, "
		   "\"windows\": [[\"2022-01-01\", \"2022-01-12\"], [\"tomorrow\", \"\"]], "
		   "\"hosts\": [\"CHN\"], "
		   "\"facilities\": [], \"services\": {\"medical\": 3, \"massage\": "
		   "-9223372036854775808}, "
		   "\"squads\": [], \"after\": [{\"request\": \"r0\", \"min_gap\": 1, \"max_gap\": "
		   "9}], "
		   "\"value\": 9223372036854775807, \"announced\": {\"venue\": \"v1\", \"fixed\": "
		   "true}, "
		   "\"note\": \"bell \\u0007, \\\"quotes\\\", tab \\t\"}");
}

static void other_shapes_follow_their_messages(void **state)
{
	round_trip(*state, &convene__v1__list__descriptor,
		   "{\"states\": [\"revision_required\", \"held\"], \"days\": [\"2022-01-01\", "
		   "null]}");
	round_trip(*state, &convene__v1__city__descriptor,
		   "{\"id\": \"CHN-bei\", \"beds\": 420, \"lat\": 39.9, \"lon\": -116.41}");
	round_trip(*state, &convene__v1__entity__descriptor,
		   "{\"squad\": {\"id\": \"s1\", \"size\": 4}}");
	round_trip(*state, &convene__v1__standing__descriptor,
		   "{\"state\": \"waitlisted\", \"reasons\": [{\"code\": \"SQUAD_BUSY\", \"with\": "
		   "[\"r7\"]}]}");
	round_trip(*state, &convene__v1__call__descriptor,
		   "{\"protocol\": 1, \"id\": 7, \"hello\": {}}");
}

static void lists_that_a_programme_file_always_has_are_written_empty(void **state)
{
	struct fixture *f = *state;
	Convene__V1__Request request = CONVENE__V1__REQUEST__INIT;
	Convene__V1__Standing standing = CONVENE__V1__STANDING__INIT;

	assert_string_equal(written(f, &request.base),
			    "{\"windows\": [], \"hosts\": [], \"facilities\": [], \"services\": "
			    "{}, \"squads\": []}");
	assert_string_equal(written(f, &standing.base), "{}");
}

static void null_is_absent(void **state)
{
	struct fixture *f = *state;
	Convene__V1__Request *request;
	ProtobufCMessage *message;

	assert_string_equal(
		read_as(f, REQUEST, "{\"id\": null, \"value\": null, \"hosts\": null}", &message),
		"");
	request = (Convene__V1__Request *)message;
	assert_null(request->id);
	assert_false(request->has_value);
	assert_int_equal(request->n_hosts, 0);
}

static void every_fault_is_told_with_its_path(void **state)
{
	struct fixture *f = *state;
	ProtobufCMessage *message;

	assert_string_equal(read_as(f, REQUEST,
				    "{\"id\": 7, \"level\": 1.5, \"windows\": [[\"a\", 2], \"b\", "
				    "[\"a\"]], \"hosts\": {}, "
				    "\"venues\": [\"v\", null, []], \"title\": {\"ru\": false}, "
				    "\"services\": {\"medical\": \"3\"}, "
				    "\"after\": [{\"min_gap\": true}], \"announced\": [], "
				    "\"squads\": [\"a\\u0000b\"]}",
				    &message),
			    "id: a text is expected here, not a whole number\n"
			    "level: a whole number is expected here, not a number with a fraction\n"
			    "windows[0][1]: a text is expected here, not a whole number\n"
			    "windows[1]: a pair of days is expected here: [first, last]\n"
			    "windows[2]: a pair of days is expected here: [first, last]\n"
			    "hosts: a list is expected here, not an object\n"
			    "venues[1]: a text is expected here, not null\n"
			    "venues[2]: a text is expected here, not a list\n"
			    "title.ru: a text is expected here, not true or false\n"
			    "services.medical: a whole number is expected here, not a text\n"
			    "after[0].min_gap: a whole number is expected here, not true or false\n"
			    "announced: an object is expected here, not a list\n"
			    "squads[0]: the text holds a NUL\n");
	assert_int_equal(f->faults.n_errors, 13);
}

static void what_is_wrong_leaves_the_rest_where_it_was(void **state)
{
	struct fixture *f = *state;
	const Convene__V1__Request *request;
	ProtobufCMessage *message;

	(void)read_as(f, REQUEST,
		      "{\"id\": 7, \"level\": 2, \"windows\": [[\"a\", 2], \"b\", [\"c\", \"d\"]], "
		      "\"venues\": [7, \"v\"], \"announced\": {\"venue\": 7, \"first_day\": \"e\"}, "
		      "\"services\": {\"medical\": \"3\", \"training\": 4}}",
		      &message);
	request = (const Convene__V1__Request *)message;
	assert_null(request->id);
	assert_int_equal(request->level, 2);
	assert_int_equal(request->n_windows, 3);
	assert_string_equal(request->windows[0]->first, "a");
	assert_null(request->windows[0]->last);
	assert_null(request->windows[1]->first);
	assert_string_equal(request->windows[2]->last, "d");
	assert_int_equal(request->n_venues, 2);
	assert_string_equal(request->venues[0], "");
	assert_string_equal(request->venues[1], "v");
	assert_string_equal(request->announced->first_day, "e");
	assert_int_equal(request->n_services, 1);
	assert_string_equal(request->services[0]->service, "training");
	(void)read_as(f, REQUEST, "[]", &message);
	assert_null(message);
}

static void an_unknown_key_is_a_warning(void **state)
{
	struct fixture *f = *state;
	ProtobufCMessage *message;

	assert_string_equal(
		read_as(f, REQUEST, "{\"id\": \"r1\", \"colour\": 1, \"announced\": {\"sure\": 1}}",
			&message),
		"(warning) colour: this key is not known here, and was left out\n"
		"(warning) announced.sure: this key is not known here, and was left out\n");
	assert_string_equal(((Convene__V1__Request *)message)->id, "r1");
}

static void keys_may_be_silent_at_the_top(void **state)
{
	static const char *const SILENT[] = { "expect", NULL };
	struct fixture *f = *state;
	const char *text = "{\"expect\": 1, \"announced\": {\"expect\": 1}}";
	ProtobufCMessage *message = NULL;
	json_t *json = json_parse(text, strlen(text), &f->faults);

	assert_int_equal(json_to_message(json, REQUEST, "requests[3]", SILENT, &f->arena,
					 &f->faults, &message),
			 CVN_OK);
	json_decref(json);
	assert_int_equal(f->faults.n_warnings, 1);
	assert_string_equal(f->faults.first->path, "requests[3].announced.expect");
}

static void numbers_and_words_have_their_range(void **state)
{
	struct fixture *f = *state;
	ProtobufCMessage *message;

	assert_string_equal(
		read_as(f, &convene__v1__call__descriptor,
			"{\"protocol\": 2147483648, \"id\": -1, \"hello\": {}, \"get\": {}, "
			"\"list\": {\"states\": [\"HELD\", \"none\", 3]}}",
			&message),
		"protocol: the number is out of range\n"
		"id: the number is out of range\n"
		"get: another key stands in its place already\n"
		"list: another key stands in its place already\n");
	json_faults_init(&f->faults, &f->arena);
	assert_string_equal(read_as(f, &convene__v1__list__descriptor,
				    "{\"states\": [\"HELD\", \"none\", 3]}", &message),
			    "states[0]: no such word is known\n"
			    "states[2]: a word is expected here, not a whole number\n");
}

static void a_broken_document_is_told_with_line_and_column(void **state)
{
	struct fixture *f = *state;
	ProtobufCMessage *message;

	assert_non_null(strstr(read_as(f, REQUEST, "{\n \"id\": \"r1\",\n}", &message),
			       "line 3, column 1: "));
	json_faults_init(&f->faults, &f->arena);
	assert_non_null(strstr(read_as(f, REQUEST, "{\"id\": \"r1\", \"id\": \"r2\"}", &message),
			       "duplicate"));
	json_faults_init(&f->faults, &f->arena);
	assert_non_null(strstr(read_as(f, REQUEST, "{\"value\": 99999999999999999999}", &message),
			       "line 1"));
}

static void a_broken_place_is_told_by_its_path(void **state)
{
	static const struct {
		const char *text, *path;
	} BROKEN[] = {
		{ "{\"a\": [1, {\"b, c\": NaN}]}", "a[1].b, c: " },
		{ "{\"a\": {\"b\": 1, \"b\": 2}}", "a: " },
		{ "{\"a\": [[], [3, \"x\\\"y\", }", "a[1][2]: " },
		{ "nothing", ": " },
	};
	struct fixture *f = *state;
	ProtobufCMessage *message;

	for (size_t i = 0; i < sizeof(BROKEN) / sizeof(*BROKEN); i++) {
		const char *told = read_as(f, REQUEST, BROKEN[i].text, &message);

		if (strncmp(told, BROKEN[i].path, strlen(BROKEN[i].path)) != 0)
			fail_msg("%s is told by %s", BROKEN[i].text, told);
		json_faults_init(&f->faults, &f->arena);
	}
}

static void each_text_that_is_not_utf8_is_told_by_its_path_beside_other_faults(void **state)
{
	struct fixture *f = *state;
	ProtobufCMessage *message;

	assert_string_equal(
		read_as(f, REQUEST,
			"{\"id\": \"\xFF\xFE\", \"title\": {\"en\": \"ok\", \"ru\": \"\xC3(\"}, "
			"\"hosts\": [\"CHN\", \"\xED\xA0\x80\"], \"duration\": \"x\"}",
			&message),
		"id: the text is not UTF-8: byte 0xff\n"
		"title.ru: the text is not UTF-8: byte 0xc3\n"
		"hosts[1]: the text is not UTF-8: byte 0xed\n"
		"duration: a whole number is expected here, not a text\n");
}

static void warnings_leave_no_error_untold(void **state)
{
	struct fixture *f = *state;

	for (int i = 0; i < JSON_FAULTS_MAX + 5; i++)
		json_faults_add(&f->faults, /* is_warning= */ true, "path", "text");
	json_faults_add(&f->faults, /* is_warning= */ false, "path", "wrong");
	assert_string_equal(f->faults.last->text, "wrong");
}

static void documents_that_follow_one_another_are_read_in_turn(void **state)
{
	static const char TEXT[] = "{\"id\": 1}\n\n {\"id\": 2}\n{\"id\": }\n";
	struct fixture *f = *state;
	size_t offset = 0, n = 0;
	json_t *json;

	while ((json = json_parse_next(TEXT, sizeof(TEXT) - 1, &offset, &f->faults)) != NULL) {
		assert_int_equal(json_integer_value(json_object_get(json, "id")), ++n);
		json_decref(json);
	}
	assert_int_equal(n, 2);
	assert_int_equal(f->faults.n_errors, 1);
	assert_non_null(strstr(f->faults.first->text, "line 4, "));
}

static void a_byte_order_mark_is_passed_over(void **state)
{
	static const char TEXT[] = "\xEF\xBB\xBF{\"id\": 1}\n{\"id\": 2}\n\xEF\xBB\xBF{}";
	struct fixture *f = *state;
	ProtobufCMessage *message;
	size_t offset = 0, n = 0;
	json_t *json;

	assert_string_equal(read_as(f, REQUEST, "\xEF\xBB\xBF{\"id\": \"r1\"}", &message), "");
	assert_non_null(message);
	while ((json = json_parse_next(TEXT, sizeof(TEXT) - 1, &offset, &f->faults)) != NULL) {
		assert_int_equal(json_integer_value(json_object_get(json, "id")), ++n);
		json_decref(json);
	}
	assert_int_equal(n, 2); /* it stands at the beginning of a file, nowhere else */
	assert_non_null(strstr(f->faults.first->text, "line 3, "));
	json_faults_init(&f->faults, &f->arena);
	assert_non_null(strstr(read_as(f, REQUEST, "\xEF\xBB\xBF", &message), "line 1, "));
}

static void faults_past_the_limit_are_only_counted(void **state)
{
	struct fixture *f = *state;
	const struct json_fault *fault;
	int i, n = 0;

	for (i = 0; i < JSON_FAULTS_MAX + 5; i++)
		json_faults_add(&f->faults, /* is_warning= */ false, "path", "text");
	for (fault = f->faults.first; fault != NULL; fault = fault->next)
		n++;
	assert_int_equal(n, JSON_FAULTS_MAX);
	assert_int_equal(f->faults.n_errors, JSON_FAULTS_MAX + 5);
}

static void what_json_cannot_say_is_null(void **state)
{
	struct fixture *f = *state;
	Convene__V1__City city = CONVENE__V1__CITY__INIT;
	char id[] = "a\xFF";

	city.id = id;
	city.has_lat = 1;
	city.lat = NAN;
	assert_string_equal(written(f, &city.base), "{\"id\": null, \"lat\": null}");
}

static void memory_that_is_not_there_is_told(void **state)
{
	struct fixture *f = *state;
	const char *text = "{\"id\": \"an id that is longer than what is left\", \"hosts\": "
			   "[\"CHN\", \"RUS\"]}";
	json_t *json = json_parse(text, strlen(text), &f->faults);
	ProtobufCMessage *message = NULL;
	enum cvn_err err = CVN_ENOMEM;
	struct arena small;
	size_t room;

	for (room = 0; err == CVN_ENOMEM; room += 16) {
		arena_init(&small, room);
		err = json_to_message(json, REQUEST, "", NULL, &small, &f->faults, &message);
		arena_done(&small);
	}
	assert_int_equal(err, CVN_OK);
	assert_true(room > sizeof(Convene__V1__Request) + 64);
	json_decref(json);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_request_keeps_its_words),
		TEST(other_shapes_follow_their_messages),
		TEST(lists_that_a_programme_file_always_has_are_written_empty),
		TEST(null_is_absent),
		TEST(every_fault_is_told_with_its_path),
		TEST(what_is_wrong_leaves_the_rest_where_it_was),
		TEST(an_unknown_key_is_a_warning),
		TEST(keys_may_be_silent_at_the_top),
		TEST(numbers_and_words_have_their_range),
		TEST(a_broken_document_is_told_with_line_and_column),
		TEST(a_broken_place_is_told_by_its_path),
		TEST(each_text_that_is_not_utf8_is_told_by_its_path_beside_other_faults),
		TEST(warnings_leave_no_error_untold),
		TEST(documents_that_follow_one_another_are_read_in_turn),
		TEST(a_byte_order_mark_is_passed_over),
		TEST(faults_past_the_limit_are_only_counted),
		TEST(what_json_cannot_say_is_null),
		TEST(memory_that_is_not_there_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
