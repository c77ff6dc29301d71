/* fixture.h - a small programme, and requests written as JSON. */
#pragma once
#include "validator/rules.h"
#include "wire/programme_file.h"

struct fixture {
	struct replica *replica;
	struct arena arena;      /* of messages and judgements */
};

/* Fills the replica from a programme file's text; its requests stand, received. */
void fixture_init(struct fixture *f, const char *programme);
void fixture_done(struct fixture *f);

/* The small programme of the tests of rules. */
extern const char FIXTURE_PROGRAMME[];

/* A sound request for it, changed by the keys of `patch` (NULL: not changed). */
Convene__V1__Request *fixture_request(struct fixture *f, const char *patch);

/* What a judgement says: "field CODE, field CODE", or "" where the request is sound. Lent by the arena. */
const char *fixture_judge(struct fixture *f, const struct subject *subject);
