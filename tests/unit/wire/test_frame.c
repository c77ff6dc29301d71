/* Frames of our own: what we pack is read again, whole. What peers may send besides:
 * test_frame_hostile.c. */
#include "wire/frame.h"

#include "convene/v1/client.pb-c.h"
#include "convene/v1/record.pb-c.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static ProtobufCMessage *decode(const ProtobufCMessageDescriptor *type, const uint8_t *bytes,
				size_t n, struct arena *arena)
{
	ProtobufCMessage *message = NULL;
	struct frame_fault fault;
	enum cvn_err err = frame_decode(type, bytes, n, &FRAME_LIMITS, arena, &message, &fault);

	if (err != CVN_OK)
		fail_msg("%s: %s: %s", cvn_err_name(err), fault.path, fault.text);
	return message;
}

static void what_was_packed_is_read_again(void **state)
{
	Convene__V1__Request request = CONVENE__V1__REQUEST__INIT;
	Convene__V1__Text en = CONVENE__V1__TEXT__INIT, ru = CONVENE__V1__TEXT__INIT;
	Convene__V1__Text *title[] = { &en, &ru };
	Convene__V1__Request *read;
	struct arena arena;
	uint8_t *bytes;
	size_t n;

	(void)state;
	request.id = frame_text("r1");
	en.text = frame_text("Cup");
	ru.text = frame_text("Кубок");
	request.title = title;
	request.n_title = 2;
	request.has_value = 1;
	request.value = -5;
	arena_init(&arena, FRAME_ARENA_BYTES);
	assert_int_equal(frame_encode(&request.base, &arena, &bytes, &n), CVN_OK);
	read = (Convene__V1__Request *)decode(&convene__v1__request__descriptor, bytes, n, &arena);

	assert_string_equal(read->id, "r1");
	assert_int_equal(read->n_title, 2);
	assert_string_equal(read->title[1]->text, "Кубок");
	assert_true(read->has_value);
	assert_int_equal(read->value, -5);
	assert_false(read->has_level);
	assert_null(read->federation);
	arena_done(&arena);
}

static void an_empty_frame_is_an_empty_message(void **state)
{
	Convene__V1__Request *read;
	struct arena arena;

	(void)state;
	arena_init(&arena, FRAME_ARENA_BYTES);
	read = (Convene__V1__Request *)decode(&convene__v1__request__descriptor, NULL, 0, &arena);
	assert_null(read->id);
	arena_done(&arena);
}

static void a_copy_shares_nothing(void **state)
{
	char id[] = "r1";
	Convene__V1__Request request = CONVENE__V1__REQUEST__INIT;
	ProtobufCMessage *copy = NULL;
	struct arena arena;

	(void)state;
	request.id = id;
	arena_init(&arena, FRAME_ARENA_BYTES);
	assert_int_equal(frame_copy(&request.base, &arena, &copy), CVN_OK);
	id[1] = '2';
	assert_string_equal(((Convene__V1__Request *)copy)->id, "r1");
	arena_done(&arena);
}

static void a_stored_update_is_completed_by_appending(void **state)
{
	Convene__V1__Update update = CONVENE__V1__UPDATE__INIT;
	Convene__V1__Pulse pulse = CONVENE__V1__PULSE__INIT;
	Convene__V1__Update *read;
	struct arena arena;
	struct buf out;

	(void)state;
	pulse.today = frame_text("2022-01-01");
	update.of_case = CONVENE__V1__UPDATE__OF_PULSE;
	update.pulse = &pulse;
	buf_init(&out, 1000);
	arena_init(&arena, FRAME_ARENA_BYTES);
	assert_int_equal(frame_encode_to(&update.base, &out), CVN_OK);
	assert_int_equal(frame_append_text(&out, 1, "cn-ru"), CVN_OK);
	assert_int_equal(frame_append_int(&out, 2, INT64_MAX), CVN_OK);
	assert_int_equal(frame_append_int(&out, 3, -1), CVN_OK);
	read = (Convene__V1__Update *)decode(&convene__v1__update__descriptor, out.bytes, out.n,
					     &arena);

	assert_string_equal(read->programme, "cn-ru");
	assert_true(read->cursor == INT64_MAX);
	assert_int_equal(read->version, -1);
	assert_string_equal(read->pulse->today, "2022-01-01");
	arena_done(&arena);
	buf_done(&out);
}

static void a_message_is_made_of_stored_ones(void **state)
{
	Convene__V1__Record *read;
	struct arena arena;
	struct buf out;

	(void)state;
	buf_init(&out, 1000);
	arena_init(&arena, FRAME_ARENA_BYTES);
	assert_int_equal(frame_append_text(&out, 1, "r1"), CVN_OK);
	assert_int_equal(frame_append_bytes(&out, 3, (const uint8_t *)"\x0A\x02r1", 4), CVN_OK);
	assert_int_equal(frame_append_bytes(&out, 4, NULL, 0), CVN_OK);
	read = (Convene__V1__Record *)decode(&convene__v1__record__descriptor, out.bytes, out.n,
					     &arena);

	assert_string_equal(read->content->id, "r1");
	assert_non_null(read->standing);
	arena_done(&arena);
	buf_done(&out);
}

static void a_full_buffer_is_refused_and_unchanged(void **state)
{
	Convene__V1__Request request = CONVENE__V1__REQUEST__INIT;
	struct buf out;

	(void)state;
	request.id = frame_text("a longer id than fits");
	buf_init(&out, 20);
	assert_int_equal(frame_encode_to(&request.base, &out), CVN_ETOOLARGE);
	assert_int_equal(frame_append_text(&out, 1, "a longer id than fits"), CVN_ETOOLARGE);
	assert_int_equal(frame_append_bytes(&out, 1, NULL, SIZE_MAX), CVN_ETOOLARGE);
	assert_int_equal(out.n, 0);
	buf_done(&out);
}

static void memory_that_is_not_there_is_told(void **state)
{
	Convene__V1__Request request = CONVENE__V1__REQUEST__INIT;
	ProtobufCMessage *copy = NULL;
	struct arena arena;
	uint8_t *bytes = NULL;
	size_t n;

	(void)state;
	request.id = frame_text("an id of more than sixteen bytes");
	arena_init(&arena, 16);
	assert_int_equal(frame_encode(&request.base, &arena, &bytes, &n), CVN_ENOMEM);
	assert_int_equal(frame_copy(&request.base, &arena, &copy), CVN_ENOMEM);
	assert_null(bytes);
	assert_null(copy);
	arena_done(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_packed_is_read_again),
		cmocka_unit_test(an_empty_frame_is_an_empty_message),
		cmocka_unit_test(a_copy_shares_nothing),
		cmocka_unit_test(a_stored_update_is_completed_by_appending),
		cmocka_unit_test(a_message_is_made_of_stored_ones),
		cmocka_unit_test(a_full_buffer_is_refused_and_unchanged),
		cmocka_unit_test(memory_that_is_not_there_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
