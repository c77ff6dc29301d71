/* Any request that can be decoded gets a verdict whose texts are texts. */
#include "fixture.h"
#include "util/utf8.h"
#include "validator/stand.h"
#include "wire/frame.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static struct replica *make_replica(void)
{
	struct replica *replica = replica_new(NULL);
	struct programme_file file;

	programme_file_init(&file);
	CVN_REQUIRE(programme_file_read(&file, FIXTURE_PROGRAMME, strlen(FIXTURE_PROGRAMME)) == CVN_OK);
	CVN_REQUIRE(stand_file(replica, &file) == CVN_OK);
	programme_file_done(&file);
	return replica;
}

static void check_text(const char *text)
{
	CVN_REQUIRE(text != NULL && text[0] != '\0');
	CVN_REQUIRE(utf8_fault(text, strlen(text)) == -1);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	static struct replica *replica;
	struct frame_fault fault;
	ProtobufCMessage *message;
	struct arena arena;

	if (replica == NULL)
		replica = make_replica();
	arena_init(&arena, FRAME_ARENA_BYTES);
	if (frame_decode(&convene__v1__request__descriptor, bytes, n, &FRAME_LIMITS, &arena, &message, &fault) == CVN_OK) {
		const Convene__V1__Request *batch[] = { (const Convene__V1__Request *)message };
		struct subject subject = { batch[0], replica, batch, 1, 20000, true };
		Convene__V1__Violation **violations;
		size_t n_violations;

		CVN_REQUIRE(rules_judge(&subject, &arena, &violations, &n_violations) == CVN_OK);
		CVN_REQUIRE(n_violations <= RULES_VIOLATIONS_MAX);
		for (size_t i = 0; i < n_violations; i++) {
			check_text(violations[i]->field);
			check_text(violations[i]->text);
		}
	}
	arena_done(&arena);
	return 0;
}
