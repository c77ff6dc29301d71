/* Any bytes as a frame: an answer, never a crash; and what is taken is packed and read again as the
 * same. The first byte says what the rest is to be. */
#include "convene/v1/client.pb-c.h"
#include "convene/v1/record.pb-c.h"
#include "convene/v1/worker.pb-c.h"
#include "wire/frame.h"
#include "wire/json.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static void check_taken(const ProtobufCMessage *message)
{
	struct frame_fault fault;
	ProtobufCMessage *read = NULL;
	uint8_t *packed, *again;
	struct arena arena;
	size_t n, n_again;
	json_t *json;

	arena_init(&arena, 4 * FRAME_ARENA_BYTES);
	CVN_REQUIRE(frame_encode(message, &arena, &packed, &n) == CVN_OK);
	/* Packed again, a message can be longer than it came: an enum below 0 may have come in five
	 * bytes. */
	CVN_REQUIRE(frame_decode(message->descriptor, packed, n, &FRAME_LIMITS_PAGE, &arena, &read,
				 &fault) == CVN_OK);
	CVN_REQUIRE(frame_encode(read, &arena, &again, &n_again) == CVN_OK);
	CVN_REQUIRE(n == n_again && memcmp(packed, again, n) == 0);
	json = json_of_message(message);
	CVN_REQUIRE(json != NULL);
	json_decref(json);
	arena_done(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	static const ProtobufCMessageDescriptor *const TYPES[] = {
		&convene__v1__call__descriptor,
		&convene__v1__from_worker__descriptor,
		&convene__v1__update__descriptor,
	};
	struct frame_fault fault = { .text = NULL };
	ProtobufCMessage *message = NULL;
	struct arena arena;
	enum cvn_err err;

	if (n == 0)
		return 0;
	arena_init(&arena, FRAME_ARENA_BYTES);
	err = frame_decode(TYPES[bytes[0] % N_ELEMENTS(TYPES)], bytes + 1, n - 1, &FRAME_LIMITS,
			   &arena, &message, &fault);
	CVN_REQUIRE((err == CVN_OK) == (message != NULL));
	if (err == CVN_OK)
		check_taken(message);
	else
		CVN_REQUIRE(fault.err == err && fault.text != NULL &&
			    memchr(fault.path, '\0', sizeof(fault.path)) != NULL &&
			    err != CVN_ENOMEM);
	arena_done(&arena);
	return 0;
}
