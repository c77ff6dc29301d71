/* What a peer may send to hurt: each is refused, with its path. */
#include "wire/frame.h"

#include "convene/v1/client.pb-c.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { CALL_SUBMIT = 18 };

#define CALL (&convene__v1__call__descriptor)
#define REQUEST (&convene__v1__request__descriptor)
#define BYTES(text) (const uint8_t *)(text), sizeof(text) - 1

static void start(struct buf *b)
{
	buf_init(b, (size_t)8 << 20);
}

static void add(struct buf *b, const char *bytes, size_t n)
{
	assert_int_equal(buf_append(b, bytes, n), CVN_OK);
}

static void add_field(struct buf *b, uint32_t field, const struct buf *inner)
{
	assert_int_equal(frame_append_bytes(b, field, inner->bytes, inner->n), CVN_OK);
}

static void expect(const ProtobufCMessageDescriptor *type, const uint8_t *bytes, size_t n,
		   const struct frame_limits *limits, enum cvn_err want, const char *path)
{
	ProtobufCMessage *message = NULL;
	struct frame_fault fault = { .err = CVN_OK };
	struct arena arena;
	enum cvn_err err;

	arena_init(&arena, FRAME_ARENA_BYTES);
	err = frame_decode(type, bytes, n, limits, &arena, &message, &fault);
	if (err != want)
		fail_msg("%s instead of %s: %s: %s", cvn_err_name(err), cvn_err_name(want),
			 fault.path, fault.text);
	if (want == CVN_OK) {
		assert_non_null(message);
	} else {
		assert_null(message);
		assert_int_equal(fault.err, want);
		assert_string_equal(fault.path, path);
		assert_true(strlen(fault.text) > 0);
	}
	arena_done(&arena);
}

static void refuse(const ProtobufCMessageDescriptor *type, const uint8_t *bytes, size_t n,
		   enum cvn_err want, const char *path)
{
	expect(type, bytes, n, &FRAME_LIMITS, want, path);
}

static void broken_encoding_is_refused(void **state)
{
	(void)state;
	refuse(CALL, BYTES("\x08"), CVN_EMALFORMED, "protocol"); /* no value */
	refuse(CALL, BYTES("\x10\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x02"), CVN_EMALFORMED,
	       "id"); /* > 64 bits */
	refuse(CALL, BYTES("\x10\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01"), CVN_EMALFORMED,
	       "id");
	refuse(CALL, BYTES("\x80"), CVN_EMALFORMED, "");     /* half a tag */
	refuse(CALL, BYTES("\x00\x01"), CVN_EMALFORMED, ""); /* field 0 */
	refuse(CALL, BYTES("\x80\x80\x80\x80\x80\x80\x01"), CVN_EMALFORMED,
	       ""); /* a tag of seven bytes */
	refuse(CALL,
	       BYTES("\x22\x05"
		     "abc"),
	       CVN_EMALFORMED, "programme"); /* cut off */
	refuse(CALL,
	       BYTES("\x22\xFF\xFF\xFF\xFF\x0F"
		     "abc"),
	       CVN_EMALFORMED, "programme");
	refuse(CALL,
	       BYTES("\xC2\x01\x04\x0A\x05"
		     "ab"),
	       CVN_EMALFORMED, "get.request"); /* beyond its message */
	refuse(CALL, BYTES("\x08\x81\x80\x80\x80\x80\x02"), CVN_EMALFORMED,
	       "protocol"); /* > 32 bits */
}

static void wrong_wire_types_and_groups_are_refused(void **state)
{
	(void)state;
	refuse(CALL, BYTES("\x0A\x01\x01"), CVN_EMALFORMED, "protocol"); /* a number as bytes */
	refuse(CALL, BYTES("\x20\x01"), CVN_EMALFORMED, "programme");    /* a text as number */
	refuse(CALL, BYTES("\x23\x24"), CVN_EMALFORMED, "programme");    /* a group */
	refuse(CALL, BYTES("\x0B\x0C"), CVN_EMALFORMED, "protocol");
	refuse(CALL, BYTES("\x0D\x01\x01\x01\x01"), CVN_EMALFORMED, "protocol");
	refuse(CALL, BYTES("\x0E"), CVN_EMALFORMED, "protocol"); /* type 6: there is none */
}

static void unknown_fields_and_values_are_refused(void **state)
{
	(void)state;
	refuse(CALL, BYTES("\x98\x06\x01"), CVN_EUNKNOWN, "#99");
	refuse(CALL, BYTES("\xC2\x01\x03\x98\x06\x01"), CVN_EUNKNOWN, "get.#99");
	refuse(CALL, BYTES("\xCA\x01\x02\x08\x63"), CVN_EUNKNOWN, "list.states[0]"); /* State 99 */
	refuse(CALL, BYTES("\xCA\x01\x05\x0A\x03\x01\x02\x63"), CVN_EUNKNOWN,
	       "list.states[0]"); /* packed */
}

static void a_packed_list_is_read(void **state)
{
	(void)state;
	expect(CALL, BYTES("\xCA\x01\x05\x0A\x03\x01\x02\x03"), &FRAME_LIMITS, CVN_OK, "");
	refuse(CALL, BYTES("\xCA\x01\x05\x0A\x03\x01\x02\x83"), CVN_EMALFORMED, "list.states[0]");
}

static void a_field_given_twice_is_refused(void **state)
{
	(void)state;
	refuse(CALL, BYTES("\x08\x01\x08\x01"), CVN_EMALFORMED, "protocol");
	refuse(CALL,
	       BYTES("\x22\x01"
		     "a\x22\x01"
		     "b"),
	       CVN_EMALFORMED, "programme");
	refuse(CALL, BYTES("\xC2\x01\x00\xC2\x01\x00"), CVN_EMALFORMED,
	       "get"); /* else they would be merged */
	refuse(CALL, BYTES("\xC2\x01\x00\xCA\x01\x00"), CVN_EMALFORMED,
	       "list"); /* two of one oneof */
}

static void texts_must_be_texts(void **state)
{
	(void)state;
	refuse(CALL,
	       BYTES("\x22\x03"
		     "a\xFF"
		     "b"),
	       CVN_ETEXT, "programme");
	refuse(CALL,
	       BYTES("\x22\x03"
		     "a\0b"),
	       CVN_ETEXT, "programme");
	refuse(CALL,
	       BYTES("\x22\x03"
		     "\xED\xA0\x80"),
	       CVN_ETEXT, "programme");
	expect(CALL,
	       BYTES("\x22\x03"
		     "a\x01"
		     "b"),
	       &FRAME_LIMITS, CVN_OK, ""); /* validation speaks about these */
}

static void the_path_names_the_element(void **state)
{
	struct buf text, request, submit, call;

	(void)state;
	start(&text), start(&request), start(&submit), start(&call);
	add(&text, "\x12\x01\xFF", 3);
	add(&request, "\x12\x02\x0A\x00", 4); /* title[0] is sound */
	add_field(&request, 2, &text);        /* title[1] is not */
	add(&submit, "\x0A\x00", 2);
	add(&submit, "\x0A\x00", 2);
	add_field(&submit, 1, &request);
	add_field(&call, CALL_SUBMIT, &submit);
	refuse(CALL, call.bytes, call.n, CVN_ETEXT, "submit.requests[2].title[1].text");
	buf_done(&text), buf_done(&request), buf_done(&submit), buf_done(&call);
}

static void limits_are_inclusive(void **state)
{
	struct frame_limits limits = {
		.bytes = 1000, .depth = 4, .elements = 10, .string_bytes = 20
	};
	struct buf b;
	int i;

	(void)state;
	start(&b);
	for (i = 0; i < 10; i++)
		add(&b, "\x52\x01x", 3); /* hosts */
	expect(REQUEST, b.bytes, b.n, &limits, CVN_OK, "");
	add(&b, "\x52\x01x", 3);
	expect(REQUEST, b.bytes, b.n, &limits, CVN_ETOOLARGE, "hosts[10]");
	buf_reset(&b);
	add(&b,
	    "\x0A\x14"
	    "12345678901234567890",
	    22);
	expect(REQUEST, b.bytes, b.n, &limits, CVN_OK, "");
	buf_reset(&b);
	add(&b,
	    "\x0A\x15"
	    "123456789012345678901",
	    23);
	expect(REQUEST, b.bytes, b.n, &limits, CVN_ETOOLARGE, "id");
	limits.bytes = b.n - 1;
	expect(REQUEST, b.bytes, b.n, &limits, CVN_ETOOLARGE, "");
	buf_done(&b);
}

static void elements_are_counted_over_the_whole_frame(void **state)
{
	struct frame_limits limits = {
		.bytes = 1000, .depth = 8, .elements = 4, .string_bytes = 20
	};
	struct buf submit, call;

	(void)state;
	start(&submit), start(&call);
	add(&submit, "\x0A\x06\x52\x01x\x52\x01x", 8); /* one request, two hosts */
	add(&submit, "\x0A\x06\x52\x01x\x52\x01x", 8);
	add_field(&call, CALL_SUBMIT, &submit);
	expect(CALL, call.bytes, call.n, &limits, CVN_ETOOLARGE, "submit.requests[1].hosts[0]");
	limits.elements = 6;
	expect(CALL, call.bytes, call.n, &limits, CVN_OK, "");
	limits.depth = 2;
	expect(CALL, call.bytes, call.n, &limits, CVN_ETOOLARGE, "submit.requests[0]");
	buf_done(&submit), buf_done(&call);
}

static void packed_elements_count_too(void **state)
{
	struct frame_limits limits = {
		.bytes = 1000, .depth = 8, .elements = 2, .string_bytes = 20
	};

	(void)state;
	expect(CALL, BYTES("\xCA\x01\x05\x0A\x03\x01\x02\x03"), &limits, CVN_ETOOLARGE,
	       "list.states[0]");
}

/* A frame of empty messages takes many times its size: the count of elements ends that, and the
 * arena what is left. */
static void amplification_is_bounded(void **state)
{
	struct frame_fault fault = { .err = CVN_OK };
	struct frame_limits limits = FRAME_LIMITS;
	ProtobufCMessage *message = NULL;
	struct buf submit, call;
	struct arena arena;
	int i;

	(void)state;
	start(&submit), start(&call);
	for (i = 0; i < 30000; i++)
		add(&submit, "\x0A\x00", 2);
	add_field(&call, CALL_SUBMIT, &submit);
	refuse(CALL, call.bytes, call.n, CVN_ETOOLARGE, "submit.requests[4096]");

	limits.elements = 100000;
	arena_init(&arena, FRAME_ARENA_BYTES);
	assert_int_equal(frame_decode(CALL, call.bytes, call.n, &limits, &arena, &message, &fault),
			 CVN_ETOOLARGE);
	assert_null(message);
	assert_true(arena_used(&arena) <= FRAME_ARENA_BYTES);
	arena_done(&arena);
	buf_done(&submit), buf_done(&call);
}

/* A call that is in order, packed; whoever asks frees it. */
static void pack_sound(struct buf *out)
{
	Convene__V1__Call call = CONVENE__V1__CALL__INIT;
	Convene__V1__Submit submit = CONVENE__V1__SUBMIT__INIT;
	Convene__V1__Request request = CONVENE__V1__REQUEST__INIT, *requests[] = { &request };
	Convene__V1__Text text = CONVENE__V1__TEXT__INIT, *title[] = { &text };
	Convene__V1__Period period = CONVENE__V1__PERIOD__INIT, *windows[] = { &period };

	text.text = frame_text("Кубок");
	period.first = frame_text("2022-01-01");
	request.id = frame_text("r1");
	request.has_level = 1;
	request.level = -3;
	request.title = title;
	request.windows = windows;
	request.n_title = request.n_windows = 1;
	submit.requests = requests;
	submit.n_requests = 1;
	call.has_protocol = 1;
	call.protocol = 1;
	call.programme = frame_text("cn-ru");
	call.of_case = CONVENE__V1__CALL__OF_SUBMIT;
	call.submit = &submit;
	start(out);
	assert_int_equal(frame_encode_to(&call.base, out), CVN_OK);
}

/* The first `n` bytes in a piece of memory of just that size, for the sanitizer: what passes can be
 * unpacked. */
static void survive(const uint8_t *bytes, size_t n, struct arena *arena)
{
	ProtobufCMessage *message = NULL;
	struct frame_fault fault;
	uint8_t *copy = malloc(n > 0 ? n : 1);

	memcpy(copy, bytes, n);
	if (frame_check(CALL, copy, n, &FRAME_LIMITS, &fault) == CVN_OK)
		assert_int_equal(
			frame_decode(CALL, copy, n, &FRAME_LIMITS, arena, &message, &fault),
			CVN_OK);
	free(copy);
	arena_reset(arena);
}

static void any_damage_is_survived(void **state)
{
	struct arena arena;
	struct buf sound;
	size_t i;
	int v;

	(void)state;
	arena_init(&arena, FRAME_ARENA_BYTES);
	pack_sound(&sound);
	expect(CALL, sound.bytes, sound.n, &FRAME_LIMITS, CVN_OK, "");
	for (i = 0; i < sound.n; i++) {
		uint8_t kept = sound.bytes[i];

		survive(sound.bytes, i, &arena);
		for (v = 0; v < 256; v++) {
			sound.bytes[i] = (uint8_t)v;
			survive(sound.bytes, sound.n, &arena);
		}
		sound.bytes[i] = kept;
	}
	arena_done(&arena);
	buf_done(&sound);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(broken_encoding_is_refused),
		cmocka_unit_test(wrong_wire_types_and_groups_are_refused),
		cmocka_unit_test(unknown_fields_and_values_are_refused),
		cmocka_unit_test(a_packed_list_is_read),
		cmocka_unit_test(a_field_given_twice_is_refused),
		cmocka_unit_test(texts_must_be_texts),
		cmocka_unit_test(the_path_names_the_element),
		cmocka_unit_test(limits_are_inclusive),
		cmocka_unit_test(elements_are_counted_over_the_whole_frame),
		cmocka_unit_test(packed_elements_count_too),
		cmocka_unit_test(amplification_is_bounded),
		cmocka_unit_test(any_damage_is_survived),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
