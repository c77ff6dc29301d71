/* In order of time: rounds_load -> rounds_start; round_begin -> save -> pool -> progress, plan -> save -> ready; round_stop;
 * round_adopt -> on_heard -> on_answered; round_discard -> save. */
#include "flow/rounds.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "flow/answers.h"
#include "ports/store_read.h"
#include "util/clock.h"
#include "util/fsm.h"
#include "util/log.h"
#include "wire/frame.h"

#define ROUND_BYTES ((size_t)128 << 20)
#define PLAN_GRACE_MS 60000 /* beyond its seconds: to be fed, to bound, to tell the difference */
#define WHY_BYTES 1200

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

struct reading {
	struct round *round;
	struct store_round_read read;
};

static const struct fsm_def LIFE = {
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
static enum cvn_err save(struct round *round, enum round_state next);
static void on_saved(struct store_op *op, enum cvn_err err);
static void fail(struct round *round, const char *text);
static void on_planner_gone(struct pool_task *task, enum cvn_err err);
static void on_scheduler_gone(struct pool_task *task, enum cvn_err err);
static enum cvn_err on_heard(struct place_task *task, const Convene__V1__Answer *answer, struct arena *arena,
			     struct store_bytes *ret_round);
static Convene__V1__Decision *decision_on(struct place_task *task, const struct replica_record *record,
					  const Convene__V1__Standing *to, struct arena *arena);
static void on_answered(struct place_task *task, enum cvn_err err, int64_t cursor, const Convene__V1__Problem *refused);

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
	fsm_init(&round->life, &LIFE, ROUND_NONE);
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

static enum round_state state_of(const Convene__V1__Round *about)
{
	for (int s = 0; s < ROUND_STATES; s++)
		if (about->state != NULL && strcmp(about->state, LIFE.names[s]) == 0)
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
			fail(round, "the daemon was restarted while it ran");
}

/* Its record, as it is in `state`, in Redis; then it is in that state. */
static enum cvn_err save(struct round *round, enum round_state next)
{
	struct rounds *rounds = round->rounds;
	const char *state = round->about->state;
	Convene__V1__RoundProgress *progress = round->about->progress;
	enum cvn_err err;

	CVN_REQUIRE(!round->is_saving);
	buf_reset(&round->saved);
	round->about->state = (char *)(uintptr_t)LIFE.names[next];
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

static void enter(struct round *round, enum round_state state)
{
	fsm_move(&round->life, round->p->id, state);
	round->about->state = (char *)(uintptr_t)LIFE.names[state];
	if (state != ROUND_RUNNING)
		round->about->progress = NULL;
	LOG_INFO("rounds", "a round changes", "programme", round->p->id, "round", round->about->number, "state",
		 LIFE.names[state]);
}

static void listen(struct round *round, struct round_wait *wait)
{
	wait->round = round;
	round->wait = wait;
}

static void done(struct round *round, enum cvn_err err, const char *text)
{
	struct round_wait *wait = round->wait;

	round->wait = NULL;
	if (wait != NULL)
		wait->done_cb(wait, err, text);
}

/* What was there before is gone from memory; what is stored of it is read by whoever comes next. */
static void not_begun(struct round *round)
{
	fsm_init(&round->life, &LIFE, ROUND_FAILED);
	round->about->state = (char *)(uintptr_t)LIFE.names[ROUND_FAILED];
	round->about->text = (char *)(uintptr_t)"Redis did not take it";
}

static enum cvn_err send_to_planner(struct round *round)
{
	convene__v1__plan_round__init(&round->plan_message);
	round->plan_message.order = &round->order;
	round->plan = (struct pool_task){ .done_cb = on_planner_gone, .kind = POOL_PLANNER,
					  .programme = round->p->id };
	round->plan.time_max_ms = (uint32_t)round->about->seconds * 1000 + PLAN_GRACE_MS;
	convene__v1__task__init(&round->plan.message);
	round->plan.message.of_case = CONVENE__V1__TASK__OF_ROUND;
	round->plan.message.round = &round->plan_message;
	return pool_start(round->rounds->flow->ports->pool, &round->plan);
}

static void on_saved(struct store_op *op, enum cvn_err err)
{
	struct round *round = CONTAINER_OF(op, struct round, save.op);
	bool begins = round->next == ROUND_RUNNING;

	round->is_saving = false;
	if (err == CVN_ECANCELED || err == CVN_EEPOCH)
		return; /* we are ending; whoever comes next finds what is stored */
	if (err != CVN_OK && round->next == ROUND_READY) {
		fail(round, "Redis did not take the draft");
		return;
	}
	if (err == CVN_OK && round->next != (enum round_state)round->life.state)
		enter(round, round->next);
	if (err == CVN_OK && begins) {
		err = send_to_planner(round);
		if (err != CVN_OK)
			fail(round, "no planner could be asked");
	} else if (begins) {
		not_begun(round);
	}
	done(round, err, NULL);
}

/* It has come to nothing. */
static void fail(struct round *round, const char *text)
{
	round->about->text = arena_strdup(&round->arena, text);
	round->about->has_ended_unix_ms = 1;
	round->about->ended_unix_ms = clock_unix_ms();
	round->about->progress = NULL;
	round->about->n_entries = 0;
	enter(round, ROUND_FAILED);
	LOG_WARN("rounds", "a round has failed", "programme", round->p->id, "why", text);
	if (!round->is_saving && save(round, ROUND_FAILED) != CVN_OK)
		LOG_WARN("rounds", "that a round has failed could not be stored", "programme", round->p->id);
}

/* --- running --- */

enum cvn_err round_begin(struct round *round, const Convene__V1__RoundStart *order, const struct round_caller *by,
			 struct round_wait *wait)
{
	int64_t number = round_number(round) + 1;
	ProtobufCMessage *copy;
	enum cvn_err err;

	round->about = NULL;
	arena_reset(&round->arena);
	fsm_init(&round->life, &LIFE, ROUND_NONE);
	err = frame_copy(&order->base, &round->arena, &copy);
	if (err == CVN_OK)
		round->about = arena_zalloc(&round->arena, sizeof *round->about);
	if (round->about == NULL)
		return CVN_ENOMEM;
	round->order = *(const Convene__V1__RoundStart *)(void *)copy;
	convene__v1__round__init(round->about);
	round->about->has_number = round->about->has_started_unix_ms = 1;
	round->about->number = number;
	round->about->started_unix_ms = clock_unix_ms();
	round->about->by = arena_strdup(&round->arena, by->name);
	round->about->state = (char *)(uintptr_t)LIFE.names[ROUND_RUNNING];
	round->about->has_seconds = round->about->has_seed = round->about->has_move_confirmed = 1;
	round->about->seconds = order->has_seconds ? order->seconds : ROUND_SECONDS;
	round->about->seed = order->has_seed ? order->seed : 1;
	round->about->move_confirmed = order->move_confirmed;
	round->about->scope = round->order.scope;
	err = save(round, ROUND_RUNNING);
	if (err == CVN_OK)
		listen(round, wait);
	else
		not_begun(round);
	return err;
}

void rounds_on_progress(struct pool_task *task, const Convene__V1__Progress *progress)
{
	struct round *round = CONTAINER_OF(task, struct round, plan);

	if (progress->round == NULL)
		return;
	if (round->about->progress == NULL)
		round->about->progress = arena_zalloc(&round->arena, sizeof *round->about->progress);
	if (round->about->progress != NULL)
		*round->about->progress = *progress->round; /* numbers alone */
}

/* Takes a part's entries over. */
static enum cvn_err take(struct round *round, const Convene__V1__Plan *plan)
{
	Convene__V1__Round *about = round->about;

	if (about->n_entries + plan->n_entries > ROUND_ENTRIES)
		return CVN_ETOOLARGE;
	if (about->entries == NULL)
		about->entries = arena_array(&round->arena, ROUND_ENTRIES, sizeof(Convene__V1__RoundEntry *));
	if (about->entries == NULL)
		return CVN_ENOMEM;
	for (size_t i = 0; i < plan->n_entries; i++) {
		ProtobufCMessage *copy;
		enum cvn_err err = frame_copy(&plan->entries[i]->base, &round->arena, &copy);

		if (err != CVN_OK)
			return err;
		about->entries[about->n_entries++] = (Convene__V1__RoundEntry *)(void *)copy;
	}
	return CVN_OK;
}

static enum cvn_err take_summary(struct round *round, const Convene__V1__Round *said)
{
	Convene__V1__Round *about = round->about, *copy;
	ProtobufCMessage *copied;
	enum cvn_err err = frame_copy(&said->base, &round->arena, &copied);

	if (err != CVN_OK)
		return err;
	copy = (Convene__V1__Round *)(void *)copied;
	about->has_cursor = copy->has_cursor;
	about->cursor = copy->cursor;
	about->has_score_before = about->has_score_after = 1;
	about->score_before = copy->score_before;
	about->score_after = copy->score_after;
	about->has_bound = copy->has_bound;
	about->bound = copy->bound;
	about->has_placed_before = about->has_placed_after = 1;
	about->placed_before = copy->placed_before;
	about->placed_after = copy->placed_after;
	about->has_kept = about->has_moved = about->has_placed = about->has_dropped = 1;
	about->kept = copy->kept;
	about->moved = copy->moved;
	about->placed = copy->placed;
	about->dropped = copy->dropped;
	about->n_hosts = copy->n_hosts;
	about->hosts = copy->hosts;
	return CVN_OK;
}

void rounds_on_plan(struct pool_task *task, const Convene__V1__Plan *plan)
{
	struct round *round = CONTAINER_OF(task, struct round, plan);
	struct pool *pool = round->rounds->flow->ports->pool;
	enum cvn_err err = plan->refused == NULL ? take(round, plan) : CVN_OK;

	if (plan->refused == NULL && err == CVN_OK && plan->summary == NULL)
		return; /* more is to come */
	if (plan->summary != NULL && err == CVN_OK)
		err = take_summary(round, plan->summary);
	pool_finish(pool, task);
	if (plan->refused != NULL)
		fail(round, plan->refused);
	else if (err != CVN_OK)
		fail(round, "the plan is too large to be kept");
	else if (save(round, ROUND_READY) != CVN_OK)
		fail(round, "the draft could not be stored");
}

static void on_planner_gone(struct pool_task *task, enum cvn_err err)
{
	struct round *round = CONTAINER_OF(task, struct round, plan);
	const char *words = task->ret_last_words;
	char why[WHY_BYTES];

	(void)err;
	snprintf(why, sizeof why, "the planner ended before it had a plan%s%s",
		 words != NULL && *words != '\0' ? ": " : "", words != NULL ? words : "");
	fail(round, why);
}

bool round_stop(struct round *round)
{
	return pool_stop(round->rounds->flow->ports->pool, &round->plan);
}

/* --- discarding --- */

enum cvn_err round_discard(struct round *round, struct round_wait *wait)
{
	enum cvn_err err;

	if (round->life.state == ROUND_RUNNING)
		pool_finish(round->rounds->flow->ports->pool, &round->plan);
	round->about->has_ended_unix_ms = 1;
	round->about->ended_unix_ms = clock_unix_ms();
	round->about->progress = NULL;
	round->about->n_entries = 0;
	err = save(round, ROUND_DISCARDED);
	if (err == CVN_OK)
		listen(round, wait);
	else if (round->life.state == ROUND_RUNNING)
		fail(round, "it was discarded");
	return err;
}

/* --- adopting --- */

static enum cvn_err build_moves(struct round *round)
{
	const Convene__V1__Round *about = round->about;
	Convene__V1__Adopt *adopt = &round->adopt_message;

	convene__v1__adopt__init(adopt);
	adopt->has_round = 1;
	adopt->round = about->number;
	adopt->moves = arena_array(&round->adopt_arena, about->n_entries + 1, sizeof *adopt->moves);
	if (adopt->moves == NULL)
		return CVN_ENOMEM;
	for (size_t i = 0; i < about->n_entries; i++) {
		const Convene__V1__RoundEntry *entry = about->entries[i];
		Convene__V1__AdoptMove *move = arena_alloc(&round->adopt_arena, sizeof *move);

		if (move == NULL)
			return CVN_ENOMEM;
		convene__v1__adopt_move__init(move);
		move->request = entry->request;
		move->has_revision = move->has_state = 1;
		move->revision = entry->revision;
		move->state = entry->state;
		move->from = entry->from;
		move->to = entry->to;
		adopt->moves[adopt->n_moves++] = move;
	}
	return CVN_OK;
}

enum cvn_err round_adopt(struct round *round, const struct round_caller *by, struct round_wait *wait)
{
	enum cvn_err err;

	arena_reset(&round->adopt_arena);
	round->by = arena_strdup(&round->adopt_arena, by->name);
	round->role = arena_strdup(&round->adopt_arena, by->role);
	err = round->by != NULL && round->role != NULL ? build_moves(round) : CVN_ENOMEM;
	if (err != CVN_OK)
		return err;
	round->adopt = (struct place_task){ .task = { .done_cb = on_scheduler_gone, .kind = POOL_SCHEDULER,
						      .programme = round->p->id, .time_max_ms = PLAN_GRACE_MS },
					    .is_many = true,
					    .heard_cb = on_heard,
					    .decision_cb = decision_on,
					    .answered_cb = on_answered };
	convene__v1__task__init(&round->adopt.task.message);
	round->adopt.task.message.of_case = CONVENE__V1__TASK__OF_ADOPT;
	round->adopt.task.message.adopt = &round->adopt_message;
	err = answers_ask(round->rounds->flow->answers, &round->adopt);
	if (err != CVN_OK)
		return err;
	listen(round, wait);
	enter(round, ROUND_ADOPTING);
	return CVN_OK;
}

/* What became of each entry, as the scheduler says: it names those that it skips in the order of the moves. */
static void mark(struct round *round, const Convene__V1__Answer *answer)
{
	Convene__V1__Round *about = round->about;
	size_t k = 0;

	about->has_adopted = about->has_skipped = 1;
	about->adopted = about->skipped = 0;
	for (size_t i = 0; i < about->n_entries; i++) {
		Convene__V1__RoundEntry *entry = about->entries[i];
		bool is_skipped = k < answer->n_skipped && strcmp(answer->skipped[k]->request, entry->request) == 0;

		entry->outcome = (char *)(uintptr_t)(is_skipped ? "skipped" : "adopted");
		entry->why = is_skipped ? arena_strdup(&round->adopt_arena, answer->skipped[k++]->why) : NULL;
		about->adopted += !is_skipped;
		about->skipped += is_skipped;
	}
}

static void unmark(struct round *round)
{
	Convene__V1__Round *about = round->about;

	about->has_adopted = about->has_skipped = about->has_ended_unix_ms = 0;
	about->adopted = about->skipped = about->ended_unix_ms = 0;
	for (size_t i = 0; i < about->n_entries; i++)
		about->entries[i]->outcome = about->entries[i]->why = NULL;
}

static enum cvn_err on_heard(struct place_task *task, const Convene__V1__Answer *answer, struct arena *arena,
			     struct store_bytes *ret_round)
{
	struct round *round = CONTAINER_OF(task, struct round, adopt);
	Convene__V1__Round adopted;
	uint8_t *bytes;
	enum cvn_err err;

	mark(round, answer);
	round->about->has_ended_unix_ms = 1;
	round->about->ended_unix_ms = clock_unix_ms();
	adopted = *round->about;
	adopted.state = (char *)(uintptr_t)LIFE.names[ROUND_ADOPTED];
	err = frame_encode(&adopted.base, arena, &bytes, &ret_round->n);
	if (err == CVN_OK)
		ret_round->data = bytes;
	return err;
}

static Convene__V1__Decision *decision_on(struct place_task *task, const struct replica_record *record,
					  const Convene__V1__Standing *to, struct arena *arena)
{
	const struct round *round = CONTAINER_OF(task, struct round, adopt);
	const Convene__V1__Placement *was = record->standing->placement, *is = to->placement;
	Convene__V1__Decision *d = arena_alloc(arena, sizeof *d);
	char reason[512];

	if (d == NULL)
		return NULL;
	if (was != NULL && is != NULL)
		snprintf(reason, sizeof reason, "Planning round %" PRId64 " moved it from %s, %s, to %s, %s.%s",
			 round->about->number, was->venue, was->first_day, is->venue, is->first_day,
			 record->standing->n_consents > to->n_consents ?
				 " Consents given for the old place have lapsed." :
				 "");
	else if (is != NULL)
		snprintf(reason, sizeof reason, "Planning round %" PRId64 " found a place for it.",
			 round->about->number);
	else
		snprintf(reason, sizeof reason, "Planning round %" PRId64 " gave its place to others.",
			 round->about->number);
	convene__v1__decision__init(d);
	d->what = (char *)(uintptr_t)(record->standing->state == STATE_CONFIRMED ? "reschedule" : "adopt");
	d->by = (char *)(uintptr_t)round->by;
	d->role = (char *)(uintptr_t)round->role;
	d->has_unix_ms = 1;
	d->unix_ms = clock_unix_ms();
	d->reason = arena_strdup(arena, reason);
	return d->reason != NULL ? d : NULL;
}

static void on_answered(struct place_task *task, enum cvn_err err, int64_t cursor, const Convene__V1__Problem *refused)
{
	struct round *round = CONTAINER_OF(task, struct round, adopt);
	char text[256] = "";

	(void)cursor;
	answers_finish(round->rounds->flow->answers, task);
	if (err == CVN_OK) {
		enter(round, ROUND_ADOPTED);
		done(round, CVN_OK, NULL);
		return;
	}
	if (err == CVN_ENOPLACE) {
		snprintf(text, sizeof text, "%s",
			 refused != NULL && refused->text != NULL ? refused->text : "nothing of the plan holds any more");
		err = CVN_ECONFLICT;
	}
	unmark(round);
	enter(round, ROUND_READY);
	done(round, err, *text != '\0' ? text : NULL);
}

static void on_scheduler_gone(struct pool_task *task, enum cvn_err err)
{
	struct round *round = CONTAINER_OF(CONTAINER_OF(task, struct place_task, task), struct round, adopt);

	(void)err;
	answers_finish(round->rounds->flow->answers, &round->adopt);
	unmark(round);
	enter(round, ROUND_READY);
	done(round, CVN_EUNAVAILABLE, "the scheduler ended over it");
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
