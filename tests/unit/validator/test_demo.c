/* The real-world programme: its 540 requests are sound, each of the 40 faulty ones is blamed for what `expect` says. */
#include "fixture.h"
#include "util/slurp.h"
#include "validator/stand.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

struct demo {
	struct fixture f;
	struct programme_file programme, faulty;
};

static void read_bytes(const char *path, struct buf *ret_bytes)
{
	buf_init(ret_bytes, JSON_DOCUMENT_BYTES);
	assert_int_equal(slurp(path, ret_bytes), CVN_OK);
}

static int set_up(void **state)
{
	struct demo *d = calloc(1, sizeof(*d));
	struct buf bytes;

	assert_non_null(d);
	arena_init(&d->f.arena, 64 << 20);
	d->f.replica = replica_new(NULL);
	programme_file_init(&d->programme);
	programme_file_init(&d->faulty);
	read_bytes(SOURCE_DIR "/demo/cn-ru-2022-23.json", &bytes);
	assert_int_equal(programme_file_read(&d->programme, (char *)bytes.bytes, bytes.n), CVN_OK);
	buf_done(&bytes);
	read_bytes(SOURCE_DIR "/demo/cn-ru-2022-23-faulty-requests.json", &bytes);
	assert_int_equal(programme_file_read_requests(&d->faulty, (char *)bytes.bytes, bytes.n), CVN_OK);
	buf_done(&bytes);
	assert_int_equal(stand_file(d->f.replica, &d->programme), CVN_OK);
	*state = d;
	return 0;
}

static int tear_down(void **state)
{
	struct demo *d = *state;

	programme_file_done(&d->faulty);
	programme_file_done(&d->programme);
	fixture_done(&d->f);
	free(d);
	return 0;
}

static void finds_all_sound_requests_sound(void **state)
{
	struct demo *d = *state;
	size_t n_judged = 0;

	for (const struct replica_record *i = replica_first(d->f.replica); i != NULL; i = replica_next(i)) {
		struct subject subject = { .request = i->content, .replica = d->f.replica };

		if (strcmp(fixture_judge(&d->f, &subject), "") != 0)
			fail_msg("%s: %s", i->id, fixture_judge(&d->f, &subject));
		n_judged++;
	}
	assert_int_equal(n_judged, 540);
}

static size_t gather_batch(const struct demo *d, size_t i, const Convene__V1__Request **ret_batch)
{
	const json_t *batch = json_object_get(d->faulty.request_json[i], "batch");
	size_t n = 0;

	for (size_t k = 0; batch != NULL && k < d->faulty.n_requests; k++) {
		if (json_equal(batch, json_object_get(d->faulty.request_json[k], "batch")))
			ret_batch[n++] = d->faulty.requests[k];
	}
	return n;
}

/* Is "field CODE" one of the entries of `said`? */
static bool has_said(const char *said, const char *field, const char *code)
{
	size_t n = strlen(field) + 1 + strlen(code);

	while (said != NULL && *said != '\0') {
		if (strncmp(said, field, strlen(field)) == 0 && said[strlen(field)] == ' ' &&
		    strncmp(said + strlen(field) + 1, code, strlen(code)) == 0 && (said[n] == ',' || said[n] == '\0'))
			return true;
		said = strstr(said, ", ");
		said = said != NULL ? said + 2 : NULL;
	}
	return false;
}

static void blames_each_faulty_request_as_expected(void **state)
{
	const Convene__V1__Request *batch[40];
	struct demo *d = *state;

	assert_int_equal(d->faulty.n_requests, 40);
	for (size_t i = 0; i < d->faulty.n_requests; i++) {
		const json_t *expect = json_object_get(d->faulty.request_json[i], "expect"), *entry;
		struct subject subject = { .request = d->faulty.requests[i], .replica = d->f.replica, .batch = batch };
		const char *said;
		size_t k;

		subject.n_batch = gather_batch(d, i, batch);
		said = fixture_judge(&d->f, &subject);
		assert_true(json_array_size(expect) > 0);
		json_array_foreach(expect, k, entry) {
			const char *field = json_string_value(json_object_get(entry, "field"));
			const char *code = json_string_value(json_object_get(entry, "code"));

			if (!has_said(said, field, code))
				fail_msg("%s: %s %s is expected, said was: %s", subject.request->id, field, code, said);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_all_sound_requests_sound),
		cmocka_unit_test(blames_each_faulty_request_as_expected),
	};

	return cmocka_run_group_tests_name("demo", tests, set_up, tear_down);
}
