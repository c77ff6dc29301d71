/* rounds_private.h - what the files of a round's life share: the round itself, and what each change of its state does.
 *
 * Layer     flow; rounds.c, round_run.c and round_adopt.c alone.
 * Thread    loop thread. */
#pragma once
#include <uthash.h>

#include "flow/answers.h"
#include "flow/rounds.h"
#include "util/buf.h"
#include "util/fsm.h"

#define PLAN_GRACE_MS 60000 /* beyond its seconds: to be fed, to bound, to tell the difference */

struct round {
	struct rounds *rounds;
	struct mirror_programme *p;
	struct fsm life;
	struct arena arena;           /* holds `about` */
	Convene__V1__Round *about;    /* NULL: there was none yet */
	struct pool_task plan;        /* running */
	Convene__V1__PlanRound plan_message;
	Convene__V1__RoundStart order;
	struct store_round save;
	bool is_saving;
	struct buf saved;             /* what is being saved */
	enum round_state next;        /* when it is */
	size_t n_draft;               /* entries of a draft that is being discarded */
	struct place_task adopt;      /* adopting */
	Convene__V1__Adopt adopt_message;
	struct arena adopt_arena;
	const char *by, *role;        /* of who adopts; in adopt_arena */
	struct round_wait *wait;      /* NULL: nobody waits */
	UT_hash_handle hh;
};

struct rounds {
	struct flow *flow;
	struct round *by_programme;
	void (*loaded_cb)(void *arg, enum cvn_err err);
	void *loaded_arg;
	size_t n_reading;
};

extern const struct fsm_def ROUND_LIFE; /* its names stand in the record */

/* As it stands in the record; never freed. */
char *round_state_name(enum round_state state);

/* Its record, as it is in `next`, goes to Redis; then it is in that state. What waits hears of it. None other is on its
 * way. What frame and store say; not CVN_OK: it stays as it is. */
CVN_MUST_CHECK enum cvn_err round_save(struct round *round, enum round_state next);

/* It is in `state` from here on, in memory. */
void round_enter(struct round *round, enum round_state state);

/* It has come to nothing; `text` says why, and is copied. Nobody who waits hears of it. */
void round_fail(struct round *round, const char *text);

/* What was there before is gone from memory; what is stored of it is read by whoever comes next. */
void round_not_begun(struct round *round);

/* `wait` hears, once, of the end of what is begun, by round_tell(); that does nothing when nobody waits. */
void round_listen(struct round *round, struct round_wait *wait);
void round_tell(struct round *round, enum cvn_err err, const char *text);

/* It is stored as running: a planner gets it. What pool_start() says. */
CVN_MUST_CHECK enum cvn_err round_send(struct round *round);
