/* rules.h - what a request must keep, as a table of pure functions.
 *
 * Layer     workers/validator: may include lib/.
 * Thread    any, one judgement at a time; pure.
 * Limit     RULES_VIOLATIONS_MAX violations a request; lists are looked at up to their greatest length (judge.h).
 * Not here  whether it fits beside the others, and on which days: that is the scheduler's matter. */
#pragma once
#include "domain/replica.h"
#include "util/arena.h"
#include "util/buf.h"

enum { RULES_VIOLATIONS_MAX = 100 };

struct judgement;

struct rule {
	const char *code;
	const char *field; /* where it may be blamed, for people */
	const char *needs; /* fields that must not be blamed yet, divided by spaces */
	const char *text;  /* the rule, as a part of a sentence */
	void (*check)(struct judgement *j);
};

/* What is judged, and against what. All is borrowed. */
struct subject {
	const Convene__V1__Request *request;
	const struct replica *replica;             /* the programme, and the requests that stand */
	const Convene__V1__Request *const *batch;  /* requests that are judged together with it, itself among them or not */
	size_t n_batch;
	int32_t filed;                             /* the day it was filed on; only where has_filed */
	bool has_filed;
};

/* All rows of rules.def, in their order; static. */
const struct rule *rules(size_t *ret_n);

/* Names all faults of a request; what the working body has let pass is none. *ret_violations has *ret_n entries and lives in `arena`; NULL and 0: it is sound.
 * CVN_ENOMEM: the arena is at its end. Costs one walk over the venues. */
enum cvn_err CVN_MUST_CHECK rules_judge(const struct subject *subject, struct arena *arena,
                                        Convene__V1__Violation ***ret_violations, size_t *ret_n);

/* Writes the table as the text of docs/RULES.md. CVN_ENOMEM, CVN_ETOOLARGE. */
enum cvn_err CVN_MUST_CHECK rules_document(struct buf *out);
