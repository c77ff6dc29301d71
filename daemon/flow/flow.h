/* flow.h - what the daemon does with calls, requests, answers and updates: the one door for app.
 *
 * Layer     flow: may include ports/ and lib/; included by app only.
 * Thread    loop thread.
 * Limit     struct flow_limits.
 * Not here  who opens and closes the ports (app.c); what is sound, and what fits where (the
 *           workers). */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "convene/v1/worker.pb-c.h"
#include "ports/front.h"
#include "ports/outbox.h"
#include "ports/pool.h"
#include "util/err.h"

struct flow; /* opaque; one per daemon */
struct loop;
struct store;

/* The world, as app opens it. The flow reads the members when it needs them: front and pool come
 * after it. */
struct flow_ports {
	struct loop *loop;
	struct store *store;
	struct outbox *outbox;
	struct keyring *keyring;
	struct front *front;
	struct pool *pool;
};

struct flow_limits {
	uint64_t in_flight_per_principal;
	uint64_t in_flight_max;
	uint64_t batch_max;
	uint64_t frame_max_bytes;
	uint64_t requests_max, entities_max; /* of one programme; 0: as many as a replica holds */
};

struct flow_options {
	const struct flow_ports *ports; /* borrowed */
	struct flow_limits limits;
	const char *today;      /* NULL: the clock's */
	const char *durability; /* for status */
	/* The daemon can't go on: the mirror has lost the thread. `text` is constant. */
	void (*on_broken)(void *arg, const char *text);
	void *arg;
};

/* CVN_ENOMEM. `options` is copied. */
CVN_MUST_CHECK enum cvn_err flow_new(const struct flow_options *options, struct flow **ret_flow);
/* After store, outbox, front and pool were closed: no callback of theirs may come any more. NULL is
 * fine. */
void flow_free(struct flow *flow);

/* Reads what the store holds into the mirror, follows the log from there, and takes up what is
 * owed. Once, when the store is ready first; `loaded_cb` runs on a later turn, unless the call
 * itself fails. The pool must be open when it runs. */
CVN_MUST_CHECK enum cvn_err flow_load(struct flow *flow,
				      void (*loaded_cb)(void *arg, enum cvn_err err), void *arg);

/* Hands the programmes to the pool, which is open now, and starts the jobs that were found. */
CVN_MUST_CHECK enum cvn_err flow_start(struct flow *flow);

/* A call (front_options.on_call). */
void flow_on_call(void *flow, const struct front_peer *peer, const uint8_t *payload, size_t n,
		  enum cvn_err fault);

/* Is there such a programme (front_options.is_programme)? */
bool flow_is_programme(void *flow, const char *programme);

/* An answer of a scheduler (pool_options.on_answer). */
void flow_on_answer(void *flow, pool_ref from, const Convene__V1__Answer *answer,
		    struct pool_task *task);

/* Of a planner (pool_options.on_progress, on_plan). */
void flow_on_progress(void *flow, struct pool_task *task, const Convene__V1__Progress *progress);
void flow_on_plan(void *flow, struct pool_task *task, const Convene__V1__Plan *plan);

/* An update, a pulse (outbox_options). */
void flow_on_update(void *flow, const struct outbox_update *update);
void flow_on_pulse(void *flow, const char *programme, int64_t cursor, int64_t version);

/* From now on calls are answered with UNAVAILABLE. */
void flow_drain(struct flow *flow);
/* Calls that have not been answered, and answers of schedulers that are being committed. */
size_t flow_n_under_way(const struct flow *flow);
/* Calls and undecided requests. */
size_t flow_n_in_flight(const struct flow *flow);
/* For the status line. */
size_t flow_n_programmes(const struct flow *flow);
uint64_t flow_n_decided(const struct flow *flow);

void flow_set_limits(struct flow *flow, const struct flow_limits *limits);
