/* In order of time: rounds_load -> on_read -> rounds_start; and for each change of state, from round_run.c and
 * round_adopt.c: round_save -> on_saved -> round_enter -> round_tell. */
#include "flow/rounds.h"

#include <stdlib.h>
#include <string.h>

#include "flow/rounds_private.h"
#include "ports/store_read.h"
#include "util/clock.h"
#include "util/log.h"
#include "wire/frame.h"

#define ROUND_BYTES ((size_t)128 << 20)

struct reading {
	struct round *round;
	struct store_round_read read;
};

const struct fsm_def ROUND_LIFE = {
	.kind = "round",
	.n_states = ROUND_STATES,
	.names = { "none", "running", "ready", "adopting", "adopted", "discarded", "failed" },
	.next = { [ROUND_NONE] = FSM_TO(ROUND_RUNNING) | FSM_TO(ROUND_READY) | FSM_TO(ROUND_ADOPTED) |
				 FSM_TO(ROUND_DISCARDED) | FSM_TO(ROUND_FAILED),
		  [ROUND_RUNNING] = FSM_TO(ROUND_READY) | FSM_TO(ROUND_FAILED) | FSM_TO(ROUND_DISCARDED),
		  [ROUND_READY] = FSM_TO(ROUND_ADOPTING) | FSM_TO(ROUND_DISCARDED),
		  [ROUND_ADOPTING] = FSM_TO(ROUND_ADOPTED) | FSM_TO(ROUND_READY),
		  [ROUND_ADOPTED] = FSM_TO(ROUND_RUNNING),
		  [ROUND_DISCARDED] = FSM_TO(ROUND_RUNNING),
		  [ROUND_FAILED] = FSM_TO(ROUND_RUNNING) },
};

static void on_read(struct store_op *op, enum cvn_err err);
static void on_saved(struct store_op *op, enum cvn_err err);

enum cvn_err rounds_new(struct flow *flow, struct rounds **ret_rounds)
{
	struct rounds *rounds = calloc(1, sizeof *rounds);

	if (rounds == NULL)
		return CVN_ENOMEM;
	rounds->flow = flow;
	*ret_rounds = rounds;
	return CVN_OK;
}

void rounds_free(struct rounds *rounds)
{
	struct round *round, *next;

	if (rounds == NULL)
		return;
	HASH_ITER (hh, rounds->by_programme, round, next) {
		HASH_DEL(rounds->by_programme, round);
		arena_done(&round->arena);
		arena_done(&round->adopt_arena);
		buf_done(&round->saved);
		free(round);
	}
	free(rounds);
}

struct round *rounds_of(struct rounds *rounds, struct mirror_programme *p)
{
	struct round *round;

	HASH_FIND_STR(rounds->by_programme, p->id, round);
	if (round != NULL)
		return round;
	round = calloc(1, sizeof *round);
	if (round == NULL)
		return NULL;
	round->rounds = rounds;
	round->p = p;
	fsm_init(&round->life, &ROUND_LIFE, ROUND_NONE);
	arena_init(&round->arena, ROUND_BYTES);
	arena_init(&round->adopt_arena, ROUND_BYTES);
	buf_init(&round->saved, ROUND_BYTES);
	HASH_ADD_KEYPTR(hh, rounds->by_programme, p->id, strlen(p->id), round);
	return round;
}

/* --- what the store holds --- */

void rounds_load(struct rounds *rounds, void (*loaded_cb)(void *arg, enum cvn_err err), void *arg)
{
	rounds->loaded_cb = loaded_cb;
	rounds->loaded_arg = arg;
	rounds->n_reading = 1;
	for (struct mirror_programme *p = mirror_first(rounds->flow->mirror); p != NULL; p = mirror_next(p)) {
		struct round *round = rounds_of(rounds, p);
		struct reading *reading = calloc(1, sizeof *reading);

		if (round == NULL || reading == NULL) {
			free(reading);
			continue; /* it is as if there had been none */
		}
		reading->round = round;
		reading->read = (struct store_round_read){
			.op = { .done_cb = on_read, .deadline_ms = STORE_NO_DEADLINE, .patient = true },
			.programme = p->id,
		};
		if (store_round_read_start(rounds->flow->ports->store, &reading->read) == CVN_OK)
			rounds->n_reading++;
		else
			free(reading);
	}
	if (--rounds->n_reading == 0)
		loaded_cb(arg, CVN_OK);
}

char *round_state_name(enum round_state state)
{
	return (char *)(uintptr_t)ROUND_LIFE.names[state];
}

static enum round_state state_of(const Convene__V1__Round *about)
{
	for (int s = 0; s < ROUND_STATES; s++)
		if (about->state != NULL && strcmp(about->state, ROUND_LIFE.names[s]) == 0)
			return (enum round_state)s;
	return ROUND_NONE;
}

static void on_read(struct store_op *op, enum cvn_err err)
{
	struct reading *reading = CONTAINER_OF(op, struct reading, read.op);
	struct round *round = reading->round;
	struct rounds *rounds = round->rounds;
	const struct frame_limits limits = { .bytes = ROUND_BYTES, .depth = 16, .elements = 1u << 20,
					     .string_bytes = 8192 };
	ProtobufCMessage *message;
	struct frame_fault fault;

	if (err == CVN_OK && reading->read.ret_round.data != NULL) {
		err = frame_decode(&convene__v1__round__descriptor, reading->read.ret_round.data,
				   reading->read.ret_round.n, &limits, &round->arena, &message, &fault);
		if (err == CVN_OK) {
			round->about = (Convene__V1__Round *)(void *)message;
			if (state_of(round->about) != ROUND_NONE && state_of(round->about) != ROUND_RUNNING)
				fsm_move(&round->life, round->p->id, state_of(round->about));
		} else {
			LOG_ERROR("rounds", "a stored round can't be read", "programme", round->p->id, "field",
				  fault.path);
		}
	}
	free(reading);
	if (--rounds->n_reading == 0 && err != CVN_ECANCELED)
		rounds->loaded_cb(rounds->loaded_arg, CVN_OK);
}

void rounds_start(struct rounds *rounds)
{
	struct round *round, *next;

	HASH_ITER (hh, rounds->by_programme, round, next)
		if (round->about != NULL && state_of(round->about) == ROUND_RUNNING)
			round_fail(round, "the daemon was restarted while it ran");
}

enum cvn_err round_save(struct round *round, enum round_state next)
{
	struct rounds *rounds = round->rounds;
	const char *state = round->about->state;
	Convene__V1__RoundProgress *progress = round->about->progress;
	enum cvn_err err;

	CVN_REQUIRE(!round->is_saving);
	buf_reset(&round->saved);
	round->about->state = round_state_name(next);
	round->about->progress = NULL;
	err = frame_encode_to(&round->about->base, &round->saved);
	round->about->state = (char *)(uintptr_t)state;
	round->about->progress = progress;
	if (err != CVN_OK)
		return err;
	round->next = next;
	round->save = (struct store_round){
		.op = { .done_cb = on_saved, .deadline_ms = STORE_NO_DEADLINE, .patient = true },
		.programme = round->p->id,
		.round = { round->saved.bytes, round->saved.n },
	};
	err = store_round_start(rounds->flow->ports->store, &round->save);
	round->is_saving = err == CVN_OK;
	return err;
}

void round_enter(struct round *round, enum round_state state)
{
	fsm_move(&round->life, round->p->id, state);
	round->about->state = round_state_name(state);
	if (state != ROUND_RUNNING)
		round->about->progress = NULL;
	LOG_INFO("rounds", "a round changes", "programme", round->p->id, "round", round->about->number, "state",
		 ROUND_LIFE.names[state]);
}

void round_listen(struct round *round, struct round_wait *wait)
{
	wait->round = round;
	round->wait = wait;
}

void round_tell(struct round *round, enum cvn_err err, const char *text)
{
	struct round_wait *wait = round->wait;

	round->wait = NULL;
	if (wait != NULL)
		wait->done_cb(wait, err, text);
}

void round_not_begun(struct round *round)
{
	fsm_init(&round->life, &ROUND_LIFE, ROUND_FAILED);
	round->about->state = round_state_name(ROUND_FAILED);
	round->about->text = (char *)(uintptr_t)"Redis did not take it";
}

static void drop_draft(struct round *round)
{
	round->n_draft = round->about->n_entries;
	round->about->has_ended_unix_ms = 1;
	round->about->ended_unix_ms = clock_unix_ms();
	round->about->progress = NULL;
	round->about->n_entries = 0;
}

/* It could not be discarded: a draft is as it was; a search has been given up all the same. */
static void not_discarded(struct round *round)
{
	round->about->ended_by = NULL;
	if (round->life.state == ROUND_RUNNING) {
		round_fail(round, "it was discarded");
		return;
	}
	round->about->n_entries = round->n_draft;
	round->about->has_ended_unix_ms = 0;
	round->about->ended_unix_ms = 0;
}

static void on_saved(struct store_op *op, enum cvn_err err)
{
	struct round *round = CONTAINER_OF(op, struct round, save.op);
	bool begins = round->next == ROUND_RUNNING;

	round->is_saving = false;
	if (err == CVN_ECANCELED || err == CVN_EEPOCH)
		return; /* we are ending; whoever comes next finds what is stored */
	if (err != CVN_OK && round->next == ROUND_READY) {
		round_fail(round, err == CVN_ECLOSED ? "the programme was archived meanwhile" :
						       "Redis did not take the draft");
		return;
	}
	if (err != CVN_OK && round->next == ROUND_DISCARDED)
		not_discarded(round);
	if (err == CVN_OK && round->next != (enum round_state)round->life.state)
		round_enter(round, round->next);
	if (err == CVN_OK && begins) {
		err = round_send(round);
		if (err != CVN_OK)
			round_fail(round, "no planner could be asked");
	} else if (begins) {
		round_not_begun(round);
	}
	round_tell(round, err, NULL);
}

void round_fail(struct round *round, const char *text)
{
	round->about->text = arena_strdup(&round->arena, text);
	drop_draft(round);
	round_enter(round, ROUND_FAILED);
	LOG_WARN("rounds", "a round has failed", "programme", round->p->id, "why", text);
	if (!round->is_saving && round_save(round, ROUND_FAILED) != CVN_OK)
		LOG_WARN("rounds", "that a round has failed could not be stored", "programme", round->p->id);
}

/* --- discarding --- */

enum cvn_err round_discard(struct round *round, const struct round_caller *by, struct round_wait *wait)
{
	enum cvn_err err;

	round->about->ended_by = arena_strdup(&round->arena, by->name);
	if (round->about->ended_by == NULL)
		return CVN_ENOMEM;
	if (round->life.state == ROUND_RUNNING)
		pool_finish(round->rounds->flow->ports->pool, &round->plan);
	drop_draft(round);
	err = round_save(round, ROUND_DISCARDED);
	if (err == CVN_OK)
		round_listen(round, wait);
	else
		not_discarded(round);
	return err;
}

/* --- asked about --- */

enum round_state round_state(const struct round *round)
{
	return (enum round_state)round->life.state;
}

int64_t round_number(const struct round *round)
{
	return round->about != NULL ? round->about->number : 0;
}

bool round_is_busy(const struct round *round)
{
	return round->is_saving;
}

const Convene__V1__Round *round_about(const struct round *round)
{
	return round->about;
}

void round_leave(struct round_wait *wait)
{
	if (wait->round != NULL && wait->round->wait == wait)
		wait->round->wait = NULL;
}
