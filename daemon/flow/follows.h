/* follows.h - what follows by itself from a new standing: until when the committees should decide,
 * who is invited, whether the host has to be asked, what the days are warned of, where it was,
 * which number its calendar entry has.
 *
 * Layer     flow: pure.
 * Thread    any.
 * Limit     the arena's.
 * Not here  the standing itself (flow/decide.h, the scheduler). */
#pragma once
#include "domain/programme.h"
#include "convene/v1/record.pb-c.h"
#include "util/arena.h"
#include "util/err.h"

/* From what to what. All of it is borrowed. */
struct follows_case {
	const struct programme *programme;
	const Convene__V1__Request *content; /* as it is from now on */
	const Convene__V1__Standing *before;
	bool is_revised; /* the content is another than before */
	int64_t unix_ms; /* now */
	int32_t today;
	struct arena *arena;
};

/* Takes over what people have said, and no scheduler knows of: the last decision, the working body's
 * priority, allowances, invitations and their like. */
void follows_carry(const Convene__V1__Standing *before, Convene__V1__Standing *s);

/* Fills in what follows. Filled again, it stays the same. CVN_ENOMEM. */
CVN_MUST_CHECK enum cvn_err follows_fill(const struct follows_case *c, Convene__V1__Standing *s);

/* Counts what a calendar shows of it: part of follows_fill(), for what leads to no place. */
void follows_count(const Convene__V1__Standing *before, bool is_revised, int64_t unix_ms,
		   Convene__V1__Standing *s);

/* How many people come, as far as the squads have said so: who has not answered comes. */
int64_t follows_people(const Convene__V1__Standing *s);
