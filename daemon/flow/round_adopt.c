/* In order of time: round_adopt -> on_heard -> decision_on, of each change -> on_answered; or on_scheduler_gone. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "flow/rounds_private.h"
#include "util/clock.h"
#include "wire/frame.h"

static void on_scheduler_gone(struct pool_task *task, enum cvn_err err);
static enum cvn_err on_heard(struct place_task *task, const Convene__V1__Answer *answer, struct arena *arena,
			     struct store_bytes *ret_round);
static Convene__V1__Decision *decision_on(struct place_task *task, const struct replica_record *record,
					  const Convene__V1__Standing *to, struct arena *arena);
static void on_answered(struct place_task *task, enum cvn_err err, int64_t cursor, const Convene__V1__Problem *refused);

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
		move->has_consents = entry->has_consents;
		move->consents = entry->consents;
		move->has_awaits_accept = entry->has_awaits_accept;
		move->awaits_accept = entry->awaits_accept;
		move->has_weighed = entry->has_weighed;
		move->weighed = entry->weighed;
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
	round_listen(round, wait);
	round_enter(round, ROUND_ADOPTING);
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
	about->ended_by = NULL;
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
	round->about->ended_by = (char *)(uintptr_t)round->by;
	adopted = *round->about;
	adopted.state = round_state_name(ROUND_ADOPTED);
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
	const char *lapsed = record->standing->n_consents > to->n_consents ?
				     " Consents given for the old place have lapsed." :
				     "";
	Convene__V1__Decision *d = arena_alloc(arena, sizeof *d);
	char reason[512];

	if (d == NULL)
		return NULL;
	if (was != NULL && is != NULL)
		snprintf(reason, sizeof reason, "Planning round %" PRId64 " moved it from %s, %s, to %s, %s.%s",
			 round->about->number, was->venue, was->first_day, is->venue, is->first_day, lapsed);
	else if (is != NULL)
		snprintf(reason, sizeof reason, "Planning round %" PRId64 " found a place for it.",
			 round->about->number);
	else if (was != NULL)
		snprintf(reason, sizeof reason, "Planning round %" PRId64 " gave its place, %s, %s, to others.%s",
			 round->about->number, was->venue, was->first_day, lapsed);
	else
		snprintf(reason, sizeof reason, "Planning round %" PRId64 " left it without a place.", round->about->number);
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
		round_enter(round, ROUND_ADOPTED);
		round_tell(round, CVN_OK, NULL);
		return;
	}
	if (err == CVN_ENOPLACE) {
		snprintf(text, sizeof text, "%s",
			 refused != NULL && refused->text != NULL ? refused->text : "nothing of the plan holds any more");
		err = CVN_ECONFLICT;
	}
	unmark(round);
	round_enter(round, ROUND_READY);
	round_tell(round, err, *text != '\0' ? text : NULL);
}

static void on_scheduler_gone(struct pool_task *task, enum cvn_err err)
{
	struct round *round = CONTAINER_OF(CONTAINER_OF(task, struct place_task, task), struct round, adopt);

	(void)err;
	answers_finish(round->rounds->flow->answers, &round->adopt);
	unmark(round);
	round_enter(round, ROUND_READY);
	round_tell(round, CVN_EUNAVAILABLE, "the scheduler ended over it");
}
