/* fakes.h - the world of the flow, scripted: a store, a pool and a front that a test plays by hand.
 *
 * Each start is noted and waits until the test ends it. The keyring and the loop are real. */
#pragma once
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "convene/v1/worker.pb-c.h"
#include "domain/lifecycle.h"
#include "flow/flow.h"
#include "io/loop.h"
#include "ports/keyring.h"
#include "ports/pool.h"
#include "ports/store_read.h"
#include "util/arena.h"

#define FEDERATION_KEY "fffffffffffffffffffffffffffffffffffffff1"
#define OTHER_KEY "fffffffffffffffffffffffffffffffffffffff2"
#define COMMITTEE_KEY "ccccccccccccccccccccccccccccccccccccccc1"
#define OBSERVER_KEY "ooooooooooooooooooooooooooooooooooooooo1"

#define FAKE_OPS 64
#define FAKE_SENT 256

/* What the flow wanted of the store. */
struct fake_op {
	const char *what; /* "admit", "commit", "put", "death", … */
	struct store_op *op;
};

/* What the flow sent to a client. */
struct fake_reply {
	struct front_peer peer;
	Convene__V1__Reply *reply; /* the fakes' arena's */
	bool is_outcome;
};

struct fakes {
	struct loop *loop;
	struct keyring *keyring;
	struct flow_ports ports;
	struct flow *flow;
	struct arena arena;

	enum cvn_err store_refuses;         /* the next start returns this */
	struct fake_op ops[FAKE_OPS];       /* under way, oldest first */
	size_t n_ops;

	struct pool_task *tasks[FAKE_OPS];  /* under way, oldest first */
	size_t n_tasks;
	char settled[256];                  /* "1=ok 2=stale …" */
	size_t n_fed;

	struct fake_reply replies[FAKE_SENT];
	size_t n_replies;
	size_t n_published;
	size_t n_revoked;
	enum cvn_err front_answers;         /* what front_reply() returns */

	int64_t cursor, version;            /* of the log that the test writes */
	char broken[64];                    /* on_broken's text */
};

/* cmocka's: *state is a struct fakes whose flow has loaded the programme "p" (parties AAA and BBB, a
 * city and a venue of each, federations AAA-SWM and BBB-SWM) and been started. */
int fakes_setup(void **state);
int fakes_teardown(void **state);

/* The oldest operation of the store, which must be a `what`; it is no longer under way. */
struct store_op *fakes_take(struct fakes *f, const char *what);
/* Ends it. */
void fakes_finish(struct store_op *op, enum cvn_err err);

/* The oldest task, which must be of this kind; it stays under way until the flow finishes it. */
struct pool_task *fakes_task(struct fakes *f, enum pool_kind kind);

/* A call of the holder of `key`. `call` lacks protocol, id and programme; id 0: 7, programme NULL: "p". */
void fakes_call(struct fakes *f, const char *key, Convene__V1__Call *call);
void fakes_call_bytes(struct fakes *f, const char *key, const uint8_t *bytes, size_t n,
		      enum cvn_err fault);
/* The only reply since the last look; it fails where there is none, or more than one. */
const Convene__V1__Reply *fakes_reply(struct fakes *f);
/* … which must be a Problem with this code. */
const Convene__V1__Problem *fakes_problem(struct fakes *f, const char *code);

/* The log gets an entry about a request, and the outbox hands it on. Content NULL: as before. */
void fakes_log(struct fakes *f, const char *id, int64_t revision,
	       const Convene__V1__Request *content, Convene__V1__Standing *standing);
/* The log gets what a change that the flow committed says. */
void fakes_log_change(struct fakes *f, const struct store_change *change);

/* A request of AAA-SWM, in static memory. */
const Convene__V1__Request *fakes_request(const char *id);
/* A standing in this state; placed at AAA-V on 2022-05-01 where it can be. */
Convene__V1__Standing *fakes_standing(Convene__V1__State state);

/* The moves of `kind` since trace_clear(), as "from>to " each; exchanges: "step " or "step! " for a fault. */
const char *fakes_trace(const char *kind);
