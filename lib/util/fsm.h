/* fsm.h - a life with a table: which moves are allowed, each of them traced, any other one aborts.
 *
 * For objects with more than a line of life (worker, session, connection). The diagram stands at
 * the head of the object's own file; the table says the same to the machine:
 *
 *   static const struct fsm_def LIFE = {
 *           .kind = "worker", .n_states = WORKER_STATES,
 *           .names = { [WORKER_NEW] = "new", [WORKER_READY] = "ready", [WORKER_GONE] = "gone" },
 *           .next = { [WORKER_NEW] = FSM_TO(WORKER_READY) | FSM_TO(WORKER_GONE), … } };
 *
 * Layer     util.
 * Thread    that of the object.
 * Limit     FSM_STATES_MAX states.
 * Not here  the life of a request (domain/lifecycle.h), whose moves peers may ask for and be
 *           refused. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#define FSM_STATES_MAX 16
#define FSM_TO(state) (UINT32_C(1) << (state))

struct fsm_def {
	const char *kind;
	unsigned n_states;
	const char *names[FSM_STATES_MAX];
	uint32_t next[FSM_STATES_MAX]; /* FSM_TO bits: where it may go from here */
};

struct fsm {
	const struct fsm_def *def; /* borrowed for life */
	unsigned state;            /* read freely; changed by fsm_move() alone */
};

/* Starts a life in `state`. */
void fsm_init(struct fsm *f, const struct fsm_def *def, unsigned state);

/* May it go there from where it is? */
bool fsm_allows(const struct fsm *f, unsigned to);

/* Goes there, and notes the move under `id`. A move that is not in the table is a bug, and
 * aborts. */
void fsm_move(struct fsm *f, const char *id, unsigned to);

/* The name of the state that it is in. A constant. */
const char *fsm_name(const struct fsm *f);
