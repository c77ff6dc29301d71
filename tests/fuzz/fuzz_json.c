/* Any bytes as a programme file, and as requests: an answer with its faults, never a crash; and a
 * request that is taken is written and read again as the same. */
#include "wire/frame.h"
#include "wire/programme_file.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static void check_faults(const struct programme_file *f, enum cvn_err err)
{
	const struct json_fault *fault;

	CVN_REQUIRE((err == CVN_OK) == (f->faults.n_errors == 0));
	for (fault = f->faults.first; fault != NULL; fault = fault->next)
		CVN_REQUIRE(fault->path != NULL && fault->text != NULL);
}

static void check_request(const Convene__V1__Request *request)
{
	json_t *json = json_of_message(&request->base), *again;
	char *text = json_dumps(json, JSON_FLAGS);
	ProtobufCMessage *read = NULL;
	struct json_faults faults;
	struct arena arena;

	CVN_REQUIRE(json != NULL && text != NULL);
	arena_init(&arena, FRAME_ARENA_BYTES);
	json_faults_init(&faults, &arena);
	again = json_parse(text, strlen(text), &faults);
	CVN_REQUIRE(again != NULL && json_equal(json, again));
	CVN_REQUIRE(json_to_message(again, request->base.descriptor, "", NULL, &arena, &faults,
				    &read) == CVN_OK);
	CVN_REQUIRE(faults.n_warnings == 0);
	CVN_REQUIRE(protobuf_c_message_get_packed_size(read) ==
		    protobuf_c_message_get_packed_size(&request->base));
	arena_done(&arena);
	json_decref(again);
	json_decref(json);
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct programme_file f;
	struct buf out;
	enum cvn_err err;
	size_t i;

	programme_file_init(&f);
	err = programme_file_read(&f, (const char *)bytes, n);
	check_faults(&f, err);
	buf_init(&out, 1 << 20);
	if (err == CVN_OK)
		CVN_REQUIRE(programme_file_write(&f, &out) == CVN_OK);
	buf_done(&out);
	programme_file_done(&f);

	programme_file_init(&f);
	err = programme_file_read_requests(&f, (const char *)bytes, n);
	check_faults(&f, err);
	for (i = 0; i < f.n_requests; i++)
		check_request(f.requests[i]);
	programme_file_done(&f);
	return 0;
}
