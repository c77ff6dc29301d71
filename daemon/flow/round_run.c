/* In order of time: round_begin -> (stored) -> round_send -> rounds_on_progress -> rounds_on_plan, or on_planner_gone;
 * round_stop. */
#include <stdio.h>

#include "flow/rounds_private.h"
#include "util/clock.h"
#include "wire/frame.h"

#define WHY_BYTES 1200

static void on_planner_gone(struct pool_task *task, enum cvn_err err);

enum cvn_err round_begin(struct round *round, const Convene__V1__RoundStart *order, const struct round_caller *by,
			 struct round_wait *wait)
{
	int64_t number = round_number(round) + 1;
	ProtobufCMessage *copy;
	enum cvn_err err;

	round->about = NULL;
	arena_reset(&round->arena);
	fsm_init(&round->life, &ROUND_LIFE, ROUND_NONE);
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
	round->about->state = round_state_name(ROUND_RUNNING);
	round->about->has_seconds = round->about->has_seed = round->about->has_move_confirmed = 1;
	round->about->seconds = order->has_seconds ? order->seconds : ROUND_SECONDS;
	round->about->seed = order->has_seed ? order->seed : 1;
	round->about->move_confirmed = order->move_confirmed;
	round->about->scope = round->order.scope;
	err = round_save(round, ROUND_RUNNING);
	if (err == CVN_OK)
		round_listen(round, wait);
	else
		round_not_begun(round);
	return err;
}

enum cvn_err round_send(struct round *round)
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
		round_fail(round, plan->refused);
	else if (err != CVN_OK)
		round_fail(round, "the plan is too large to be kept");
	else if (round_save(round, ROUND_READY) != CVN_OK)
		round_fail(round, "the draft could not be stored");
}

static void on_planner_gone(struct pool_task *task, enum cvn_err err)
{
	struct round *round = CONTAINER_OF(task, struct round, plan);
	const char *words = task->ret_last_words;
	char why[WHY_BYTES];

	(void)err;
	snprintf(why, sizeof why, "the planner ended before it had a plan%s%s",
		 words != NULL && *words != '\0' ? ": " : "", words != NULL ? words : "");
	round_fail(round, why);
}

bool round_stop(struct round *round)
{
	return pool_stop(round->rounds->flow->ports->pool, &round->plan);
}
