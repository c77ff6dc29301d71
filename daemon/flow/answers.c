/* In order of time: answers_ask -> answers_take -> build -> commit -> on_committed -> settle. */
#include "flow/answers.h"

#include <stdlib.h>
#include <string.h>

#include "flow/change.h"
#include "flow/follows.h"
#include "util/arena.h"
#include "util/clock.h"
#include "util/log.h"
#include "util/trace.h"

#define ANSWER_BYTES ((size_t)128 << 20) /* an adoption's; others need a few kilobytes */
#define SERIALS 1024 /* of the last answers, for those that build on them */

/* One answer, from its arrival to its Settled. */
struct answer {
	struct answers *answers;
	pool_ref from;
	uint64_t sequence;
	struct mirror_programme *p;
	struct place_task *task;  /* NULL: nobody's, or it wants to hear no more */
	struct list_node of_task; /* place_task::answers */
	struct store_commit commit;
	struct arena arena;
	bool is_stalled;       /* to be tried again */
	struct list_node link; /* answers::under_way */
};

/* Which commit an answer became. */
struct serial {
	pool_ref from;
	uint64_t sequence;
	uint64_t serial;
};

struct answers {
	struct flow *flow;
	struct list_node under_way;
	size_t n;
	struct serial serials[SERIALS]; /* by sequence, the last ones */
};

static enum cvn_err build(struct answer *a, const Convene__V1__Answer *said);
static enum cvn_err build_change(struct answer *a, const Convene__V1__Change *said, bool is_first,
				 struct store_change *ret_change);
static void commit(struct answer *a);
static void on_committed(struct store_op *op, enum cvn_err err);
static void settle(struct answer *a, const char *result, int64_t version);
static void end(struct answer *a);

enum cvn_err answers_new(struct flow *flow, struct answers **ret_answers)
{
	struct answers *answers = calloc(1, sizeof *answers);

	if (answers == NULL)
		return CVN_ENOMEM;
	answers->flow = flow;
	list_init(&answers->under_way);
	*ret_answers = answers;
	return CVN_OK;
}

void answers_free(struct answers *answers)
{
	if (answers == NULL)
		return;
	while (!list_is_empty(&answers->under_way))
		end(CONTAINER_OF(answers->under_way.next, struct answer, link));
	free(answers);
}

enum cvn_err answers_ask(struct answers *answers, struct place_task *task)
{
	list_init(&task->answers);
	return pool_start(answers->flow->ports->pool, &task->task);
}

void answers_finish(struct answers *answers, struct place_task *task)
{
	struct list_node *node;

	pool_finish(answers->flow->ports->pool, &task->task);
	while (task->answers.next != NULL && (node = list_pop(&task->answers)) != NULL)
		CONTAINER_OF(node, struct answer, of_task)->task = NULL;
}

void answers_take(struct answers *answers, pool_ref from, const Convene__V1__Answer *said,
		  struct pool_task *pool_task)
{
	struct flow *flow = answers->flow;
	struct place_task *task =
		pool_task != NULL ? CONTAINER_OF(pool_task, struct place_task, task) : NULL;
	struct mirror_programme *p = mirror_find(flow->mirror, said->programme);
	struct answer *a;
	enum cvn_err err;

	if (said->n_changes == 0) {
		if (task != NULL)
			task->ret_preview = said->preview;
		if (task != NULL && said->preview != NULL)
			task->answered_cb(task, CVN_OK, 0, NULL);
		else if (task != NULL)
			task->answered_cb(task, CVN_ENOPLACE, 0, said->refused);
		return;
	}
	if (said->task != 0 && task == NULL) { /* who asked, and would have decided it, has gone */
		pool_settle(flow->ports->pool, from, said->sequence, "closed",
			    p != NULL ? replica_version(p->replica) : 0);
		return;
	}
	a = p != NULL && answers->n < ANSWERS_MAX ? calloc(1, sizeof *a) : NULL;
	if (a == NULL) {
		pool_settle(flow->ports->pool, from, said->sequence, "stale",
			    p != NULL ? replica_version(p->replica) : 0);
		return;
	}
	a->answers = answers;
	a->from = from;
	a->sequence = said->sequence;
	a->p = p;
	a->task = task;
	arena_init(&a->arena, ANSWER_BYTES);
	list_init(&a->of_task);
	if (task != NULL)
		list_push(&task->answers, &a->of_task);
	list_push(&answers->under_way, &a->link);
	answers->n++;
	err = build(a, said);
	if (err == CVN_OK)
		commit(a);
	else
		on_committed(&a->commit.op, err == CVN_ENOMEM ? CVN_ESTALE : err);
}

/* The serial of the commit that answer `sequence` became; false: not known any more, or never. */
static bool serial_of(const struct answers *answers, pool_ref from, uint64_t sequence,
		      uint64_t *ret)
{
	const struct serial *s = &answers->serials[sequence % SERIALS];

	if (s->from != from || s->sequence != sequence)
		return false;
	*ret = s->serial;
	return true;
}

static enum cvn_err build(struct answer *a, const Convene__V1__Answer *said)
{
	struct store_change *changes = arena_array(&a->arena, said->n_changes, sizeof *changes);
	enum cvn_err err = CVN_OK;
	bool is_bumped = false;

	if (changes == NULL)
		return CVN_ENOMEM;
	a->commit.programme = a->p->id;
	a->commit.changes = changes;
	a->commit.n_changes = said->n_changes;
	a->commit.has_base_version = said->has_base_version;
	a->commit.base_version = said->base_version;
	if (said->has_builds_on &&
	    !serial_of(a->answers, a->from, said->builds_on, &a->commit.builds_on))
		return CVN_ESTALE;
	if (a->task != NULL && a->task->heard_cb != NULL)
		err = a->task->heard_cb(a->task, said, &a->arena, &a->commit.round);
	for (size_t i = 0; i < said->n_changes && err == CVN_OK; i++) {
		err = build_change(a, said->changes[i], i == 0, &changes[i]);
		a->commit.ret_index = i;
		/* an answer raises the version by one, however many it moves */
		changes[i].bump &= !is_bumped;
		is_bumped |= changes[i].bump;
	}
	if (err == CVN_OK)
		a->commit.ret_index = 0; /* what is refused as a whole is the task's own matter */
	return err;
}

/* The request with the windows that it has from now on. */
static const Convene__V1__Request *widen(const Convene__V1__Request *content,
					 const Convene__V1__Change *said, struct arena *arena)
{
	Convene__V1__Request *wider = arena_memdup(arena, content, sizeof *content);

	if (wider != NULL) {
		wider->windows = said->widened;
		wider->n_windows = said->n_widened;
	}
	return wider;
}

static enum cvn_err build_change(struct answer *a, const Convene__V1__Change *said, bool is_first,
				 struct store_change *ret_change)
{
	const struct replica_record *record = replica_find(a->p->replica, said->request);
	Convene__V1__Standing *standing;
	struct change change = { .revision = said->revision, .unix_ms = clock_unix_ms() };
	struct follows_case follows;
	enum cvn_err err;

	if (record == NULL || said->standing == NULL)
		return CVN_EGONE;
	if (!lifecycle_allows(said->from, said->standing->state)) {
		LOG_ERROR("answers", "a scheduler wants a move that there is not", "request",
			  record->id, "from", state_name(said->from), "to",
			  state_name(said->standing->state));
		return CVN_EGONE;
	}
	/* what people have said, and what follows, is carried over from what stood before: an answer that
	 * builds on one that the mirror has not heard of yet is computed again when it has */
	if (record->standing->state != said->from)
		return CVN_ESTALE;
	standing = change_standing(said->standing, &a->arena);
	if (standing == NULL)
		return CVN_ENOMEM;
	follows_carry(record->standing, standing);
	if (is_first && a->task != NULL && a->task->decision != NULL) {
		standing->decision = (Convene__V1__Decision *)(uintptr_t)a->task->decision;
		change.by = standing->decision->by;
		change.by_role = standing->decision->role;
	}
	if (a->task != NULL && a->task->decision_cb != NULL) {
		standing->decision =
			a->task->decision_cb(a->task, record, standing, &a->arena);
		if (standing->decision == NULL)
			return CVN_ENOMEM;
		change.by = standing->decision->by;
		change.by_role = standing->decision->role;
	}
	change.id = record->id;
	change.standing = standing;
	if (said->n_widened > 0) {
		change.content = widen(record->content, said, &a->arena);
		change.revision++;
		if (change.content == NULL)
			return CVN_ENOMEM;
	}
	follows = (struct follows_case){ .programme = replica_programme(a->p->replica),
					 .content = change.content != NULL ? change.content :
									     record->content,
					 .before = record->standing,
					 .is_revised = change.content != NULL,
					 .unix_ms = change.unix_ms,
					 .today = replica_today(a->p->replica),
					 .arena = &a->arena };
	err = follows_fill(&follows, standing);
	if (err == CVN_OK)
		err = change_pack(&change, &a->arena, ret_change);
	if (err != CVN_OK)
		return err;
	ret_change->expect_revision = said->revision;
	ret_change->expect_state = (int32_t)said->from;
	/* what people have said since it was fed is not to be lost */
	ret_change->expect_cursor = record->cursor;
	ret_change->bump = change_moves(record->standing, standing);
	return CVN_OK;
}

static void commit(struct answer *a)
{
	struct answers *answers = a->answers;
	struct serial *s = &answers->serials[a->sequence % SERIALS];
	enum cvn_err err;

	a->commit.op = (struct store_op){ .done_cb = on_committed,
					  .deadline_ms = STORE_NO_DEADLINE,
					  .patient = true };
	err = store_commit_start(answers->flow->ports->store, &a->commit);
	if (err == CVN_OK)
		*s = (struct serial){ a->from, a->sequence, a->commit.serial };
	else
		a->is_stalled = true; /* a full queue, most likely */
}

/* Revision and state are what they were: somebody has said something meanwhile, no more. */
static bool is_only_newer(const struct answer *a)
{
	const struct store_commit *c = &a->commit;
	const struct store_change *change = &c->changes[c->ret_index];

	return c->changes != NULL && change->expect_cursor != 0 &&
	       c->ret_revision == change->expect_revision && c->ret_state == change->expect_state;
}

static void on_committed(struct store_op *op, enum cvn_err err)
{
	struct answer *a = CONTAINER_OF(op, struct answer, commit.op);
	struct place_task *task = a->task;
	int64_t cursor =
		a->commit.ret_cursor - (int64_t)a->commit.n_changes + 1; /* of the first change */

	trace_add("answer",
		  a->commit.n_changes > 0 && a->commit.changes != NULL &&
				  a->commit.changes[0].id != NULL ?
			  a->commit.changes[0].id :
			  "?",
		  "commit", "settled", err);
	switch (err) {
	case CVN_OK:
		mirror_committed(a->p, a->commit.ret_cursor);
		settle(a, "ok", a->commit.ret_version);
		break;
	case CVN_ESTALE:
		settle(a, "stale",
		       a->commit.ret_version > 0 ? a->commit.ret_version :
						   replica_version(a->p->replica));
		task = NULL; /* it will be computed again */
		break;
	case CVN_EGONE:
		if (is_only_newer(a)) {
			settle(a, "stale", replica_version(a->p->replica));
			task = NULL; /* it will be computed again, on what people have said since */
			break;
		}
		/* fall through */
	case CVN_ENOTFOUND:
	case CVN_ECONFLICT:
	case CVN_EPROGRAMME:
		settle(a, "gone", replica_version(a->p->replica));
		if (err == CVN_ENOTFOUND || err == CVN_EPROGRAMME)
			err = CVN_EGONE;
		break;
	case CVN_ECLOSED: /* the task hears of it; done again later, it would be nobody's */
		settle(a, task != NULL ? "closed" : "gone", replica_version(a->p->replica));
		break;
	case CVN_ECANCELED:
	case CVN_EEPOCH:
		task = NULL; /* we are ending; whoever comes next finds it in received */
		break;
	default:
		LOG_WARN("answers", "Redis does not take it: tried again", "programme", a->p->id,
			 "error", cvn_err_name(err), "fault", op->fault != NULL ? op->fault : "");
		a->is_stalled = true;
		return;
	}
	if (task != NULL && task->answered_cb != NULL) {
		/* of a gone change that is not the task's own: computed again, too */
		if (err == CVN_OK ||
		    (a->commit.ret_index == 0 && !(task->is_many && err == CVN_EGONE)))
			task->answered_cb(task, err, cursor, NULL);
	}
	end(a);
}

static void settle(struct answer *a, const char *result, int64_t version)
{
	pool_settle(a->answers->flow->ports->pool, a->from, a->sequence, result, version);
}

static void end(struct answer *a)
{
	list_drop(&a->of_task);
	list_drop(&a->link);
	a->answers->n--;
	arena_done(&a->arena);
	free(a);
}

void answers_tick(struct answers *answers)
{
	struct list_node *node, *after;

	LIST_EACH (node, after, &answers->under_way) {
		struct answer *a = CONTAINER_OF(node, struct answer, link);

		if (a->is_stalled) {
			a->is_stalled = false;
			commit(a);
		}
	}
}

size_t answers_n(const struct answers *answers)
{
	return answers->n;
}
