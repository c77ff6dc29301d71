#include "wire/programme_file.h"

#include "util/id.h"
#include "util/slurp.h"
#include "wire/frame.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static enum cvn_err read_text(struct programme_file *f, const char *text)
{
	programme_file_init(f);
	return programme_file_read(f, text, strlen(text));
}

static enum cvn_err read_requests(struct programme_file *f, const char *text)
{
	programme_file_init(f);
	return programme_file_read_requests(f, text, strlen(text));
}

static void a_file_is_written_as_it_was_read(void **state)
{
	struct buf text, again;
	struct programme_file f;

	(void)state;
	buf_init(&text, 1 << 20);
	buf_init(&again, 1 << 20);
	programme_file_init(&f);
	assert_int_equal(slurp(SAMPLE, &text), CVN_OK);
	assert_int_equal(programme_file_read(&f, (const char *)text.bytes, text.n), CVN_OK);
	assert_int_equal(f.faults.n_warnings, 0);
	assert_string_equal(f.programme_id, "cn-ru-2022-23");
	assert_string_equal(f.requests[0]->id,
			    json_string_value(json_object_get(f.request_json[0], "id")));
	assert_int_equal(programme_file_write(&f, &again), CVN_OK);

	assert_int_equal(again.n, text.n);
	assert_memory_equal(again.bytes, text.bytes, text.n);
	programme_file_done(&f);
	buf_done(&text);
	buf_done(&again);
}

static void offers_without_an_id_are_named_by_their_content(void **state)
{
	struct programme_file f;
	const char *first;

	(void)state;
	assert_int_equal(
		read_text(
			&f,
			"{\"programme\": {\"id\": \"p\"}, \"services\": ["
			"{\"noc\": \"CHN\", \"capacity\": 3}, {\"noc\": \"RUS\", \"capacity\": 3}, "
			"{\"noc\": \"CHN\", \"capacity\": 3}, {\"id\": \"own\", \"noc\": \"CHN\"}, "
			"{\"capacity\": 3, \"noc\": \"CHN\"}], \"protected\": [{\"noc\": "
			"\"CHN\"}]}"),
		CVN_OK);
	first = f.services[0]->id;
	assert_int_equal(strlen(first), 14);
	assert_memory_equal(first, "o-", 2);
	assert_true(id_is_valid(first));
	assert_string_not_equal(first, f.services[1]->id);
	assert_memory_equal(f.services[2]->id, first, 14);
	assert_string_equal(f.services[2]->id + 14, "-2");
	assert_string_equal(f.services[3]->id, "own");
	assert_string_equal(f.services[4]->id + 14,
			    "-3"); /* the order of keys makes no difference */
	assert_memory_equal(f.protected[0] -> id, "p-", 2);
	programme_file_done(&f);
}

static void a_generated_id_gives_way_to_a_written_one(void **state)
{
	struct programme_file f, g;
	char text[300];

	(void)state;
	assert_int_equal(read_text(&f, "{\"programme\": {}, \"services\": [{\"noc\": \"CHN\"}]}"),
			 CVN_OK);
	snprintf(text, sizeof(text),
		 "{\"programme\": {}, \"services\": [{\"noc\": \"CHN\"}, {\"id\": \"%s\"}]}",
		 f.services[0]->id);
	assert_int_equal(read_text(&g, text), CVN_OK);
	assert_string_equal(g.services[0]->id + 14, "-2");
	programme_file_done(&f);
	programme_file_done(&g);
}

static void all_faults_are_told_and_what_could_be_read_is_kept(void **state)
{
	struct programme_file f;
	const struct json_fault *fault;

	(void)state;
	assert_int_equal(read_text(&f, "{\"programme\": {\"id\": 5}, \"cities\": [{\"id\": \"a\"}, "
				       "{\"beds\": \"x\"}, 7], "
				       "\"venues\": {}, \"colours\": []}"),
			 CVN_EINVALID);
	fault = f.faults.first;
	assert_string_equal(fault->path, "programme.id");
	fault = fault->next;
	assert_string_equal(fault->path, "cities[1].beds");
	fault = fault->next;
	assert_string_equal(fault->path, "cities[2]");
	fault = fault->next;
	assert_string_equal(fault->path, "venues");
	fault = fault->next;
	assert_true(fault->is_warning);
	assert_string_equal(fault->path, "colours");
	assert_int_equal(f.n_cities, 2); /* the third is none */
	assert_string_equal(f.cities[0]->id, "a");
	assert_false(f.cities[1]->has_beds);
	assert_non_null(f.programme);
	assert_null(f.programme->id);
	programme_file_done(&f);
}

static void what_is_no_programme_is_refused(void **state)
{
	static const char *const TEXTS[] = {
		"", "[]", "{}", "7", "{\"programme\": \"p\"}", "{\"cities\": []}", "{"
	};
	struct programme_file f;
	size_t i;

	(void)state;
	for (i = 0; i < N_ELEMENTS(TEXTS); i++) {
		assert_int_equal(read_text(&f, TEXTS[i]), CVN_EINVALID);
		assert_true(f.faults.n_errors > 0);
		programme_file_done(&f);
	}
}

static void requests_come_in_four_forms(void **state)
{
	static const char *const TEXTS[] = {
		"{\"programme\": \"p\", \"requests\": [{\"id\": \"a\", \"expect\": []}, {\"id\": "
		"\"b\", \"batch\": \"x\"}]}",
		"[{\"id\": \"a\"}, {\"id\": \"b\", \"batch\": \"x\"}]",
		"{\"id\": \"a\"}\n{\"id\": \"b\", \"batch\": \"x\"}\n",
		"{\"programme\": {\"id\": \"p\"}, \"cities\": [], \"requests\": [{\"id\": \"a\"}, "
		"{\"id\": \"b\", "
		"\"batch\": \"x\"}]}",
	};
	struct programme_file f;
	size_t i;

	(void)state;
	for (i = 0; i < N_ELEMENTS(TEXTS); i++) {
		assert_int_equal(read_requests(&f, TEXTS[i]), CVN_OK);
		assert_int_equal(f.faults.n_warnings, 0);
		assert_int_equal(f.n_requests, 2);
		assert_string_equal(f.requests[1]->id, "b");
		assert_string_equal(json_string_value(json_object_get(f.request_json[1], "batch")),
				    "x");
		if (i % 3 == 0)
			assert_string_equal(f.programme_id, "p");
		else
			assert_null(f.programme_id);
		programme_file_done(&f);
	}
	assert_int_equal(read_requests(&f, "{\"id\": \"alone\"}"), CVN_OK);
	assert_int_equal(f.n_requests, 1);
	programme_file_done(&f);
	assert_int_equal(read_requests(&f, " \n"), CVN_OK);
	assert_int_equal(f.n_requests, 0);
	programme_file_done(&f);
}

static void a_wrong_request_is_told_by_its_place(void **state)
{
	struct programme_file f;

	(void)state;
	assert_int_equal(read_requests(&f, "{\"id\": \"a\"}\n{\"windows\": [[1, 2]]}\n[]\n"),
			 CVN_EINVALID);
	assert_string_equal(f.faults.first->path, "requests[1].windows[0][0]");
	assert_string_equal(f.faults.last->path, "requests[2]");
	assert_int_equal(f.n_requests, 2);
	assert_int_equal(f.requests[1]->n_windows, 1);
	assert_null(f.requests[1]->windows[0]->first);
	programme_file_done(&f);
	assert_int_equal(read_requests(&f, "{\"id\": \"a\"}\n{\"id\": "), CVN_EINVALID);
	programme_file_done(&f);
	assert_int_equal(read_requests(&f, "{\"requests\": 7}"), CVN_EINVALID);
	assert_string_equal(f.faults.first->path, "requests");
	programme_file_done(&f);
}

static void a_file_that_is_too_large_is_refused(void **state)
{
	struct programme_file f;

	(void)state;
	programme_file_init(&f); /* the bytes are not looked at */
	assert_int_equal(programme_file_read(&f, "", JSON_DOCUMENT_BYTES + 1), CVN_ETOOLARGE);
	programme_file_done(&f);
	programme_file_init(&f);
	assert_int_equal(programme_file_read_requests(&f, "", JSON_DOCUMENT_BYTES + 1),
			 CVN_ETOOLARGE);
	programme_file_done(&f);
}

static void many_equal_offers_are_named_at_once(void **state)
{
	struct programme_file f;
	struct buf text;
	int i;

	(void)state;
	buf_init(&text, 1 << 20);
	assert_int_equal(buf_printf(&text, "{\"programme\": {}, \"services\": [{}"), CVN_OK);
	for (i = 0; i < 50000; i++)
		assert_int_equal(buf_append(&text, ",{}", 3), CVN_OK);
	assert_int_equal(buf_append(&text, "]}", 2), CVN_OK);
	programme_file_init(&f);
	assert_int_equal(programme_file_read(&f, (const char *)text.bytes, text.n), CVN_OK);
	assert_string_equal(f.services[50000]->id + 14, "-50001");
	programme_file_done(&f);
	buf_done(&text);
}

static void a_record_may_carry_other_keys(void **state)
{
	Convene__V1__Programme programme = CONVENE__V1__PROGRAMME__INIT;
	struct programme_writer w;
	struct buf out;

	(void)state;
	programme.id = frame_text("p");
	buf_init(&out, 1000);
	programme_writer_start(&w, &out, &programme);
	programme_writer_part(&w, "cities");
	programme_writer_part(&w, "requests");
	programme_writer_record(&w, json_pack("{s:s, s:s}", "id", "a", "state", "proposed"));
	programme_writer_record(&w, json_pack("{s:s}", "id", "b"));
	assert_int_equal(programme_writer_end(&w), CVN_OK);
	assert_int_equal(buf_append(&out, "", 1), CVN_OK);
	assert_string_equal(
		(char *)out.bytes,
		"{\n \"programme\": {\n  \"id\": \"p\",\n  \"parties\": [],\n  "
		"\"guests\": []\n },\n \"cities\": [],\n \"requests\": [\n  "
		"{\"id\": \"a\", \"state\": \"proposed\"},\n  {\"id\": \"b\"}\n ]\n}\n");
	buf_done(&out);

	buf_init(&out, 30);
	programme_writer_start(&w, &out, &programme);
	programme_writer_part(&w, "cities");
	programme_writer_record(&w, json_pack("{}"));
	assert_int_equal(programme_writer_end(&w), CVN_ETOOLARGE);
	buf_done(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_is_written_as_it_was_read),
		cmocka_unit_test(offers_without_an_id_are_named_by_their_content),
		cmocka_unit_test(a_generated_id_gives_way_to_a_written_one),
		cmocka_unit_test(all_faults_are_told_and_what_could_be_read_is_kept),
		cmocka_unit_test(what_is_no_programme_is_refused),
		cmocka_unit_test(requests_come_in_four_forms),
		cmocka_unit_test(a_wrong_request_is_told_by_its_place),
		cmocka_unit_test(a_file_that_is_too_large_is_refused),
		cmocka_unit_test(many_equal_offers_are_named_at_once),
		cmocka_unit_test(a_record_may_carry_other_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
