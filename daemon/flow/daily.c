/* In order of time: daily_look -> commit each -> on_committed. */
#include "flow/daily.h"

#include <stdlib.h>

#include "flow/change.h"
#include "flow/decide.h"
#include "util/clock.h"
#include "util/log.h"

#define LAPSE_BYTES ((size_t)1 << 20)

/* One request that the day has changed. */
struct lapse {
	struct daily *daily;
	struct mirror_programme *p;
	struct store_commit commit;
	struct store_change change;
	struct arena arena;
};

struct daily {
	struct flow *flow;
	size_t n;
};

static bool commit(struct daily *daily, struct mirror_programme *p, const struct replica_record *record);
static void on_committed(struct store_op *op, enum cvn_err err);

enum cvn_err daily_new(struct flow *flow, struct daily **ret_daily)
{
	struct daily *daily = calloc(1, sizeof *daily);

	if (daily == NULL)
		return CVN_ENOMEM;
	daily->flow = flow;
	*ret_daily = daily;
	return CVN_OK;
}

/* The store is closed: no commit is under way. */
void daily_free(struct daily *daily)
{
	free(daily);
}

void daily_look(struct daily *daily, struct mirror_programme *p)
{
	const struct replica_record *r = replica_first(p->replica);

	for (; r != NULL && daily->n < DAILY_MAX; r = replica_next(r))
		if (lifecycle_is_open(r->standing->state) && !commit(daily, p, r))
			return;
}

/* False: not now. */
static bool commit(struct daily *daily, struct mirror_programme *p, const struct replica_record *record)
{
	struct lapse *l = calloc(1, sizeof *l);
	struct ruling ruling;
	struct desk_case c = { .programme = replica_programme(p->replica), .record = record,
			       .today = replica_today(p->replica), .unix_ms = clock_unix_ms() };
	struct change change = { .id = record->id, .unix_ms = c.unix_ms };
	bool is_started = false, is_due;

	if (l == NULL)
		return false;
	arena_init(&l->arena, LAPSE_BYTES);
	c.arena = &l->arena;
	is_due = decide_day(&c, &ruling);
	if (is_due) {
		change.revision = ruling.revision;
		change.standing = ruling.standing;
		if (change_pack(&change, &l->arena, &l->change) == CVN_OK) {
			l->daily = daily;
			l->p = p;
			l->change.expect_cursor = record->cursor;
			l->change.bump = ruling.bump;
			l->commit = (struct store_commit){ .op = { .done_cb = on_committed,
								   .deadline_ms = STORE_NO_DEADLINE },
							   .programme = p->id, .changes = &l->change,
							   .n_changes = 1 };
			is_started = store_commit_start(daily->flow->ports->store, &l->commit) == CVN_OK;
		}
	}
	if (is_started) {
		daily->n++;
	} else {
		arena_done(&l->arena);
		free(l);
	}
	return is_started || !is_due;
}

/* What failed is found again at the next look. */
static void on_committed(struct store_op *op, enum cvn_err err)
{
	struct lapse *l = CONTAINER_OF(op, struct lapse, commit.op);

	l->daily->n--;
	if (err == CVN_OK)
		mirror_committed(l->p, l->commit.ret_cursor);
	else
		LOG_DEBUG("daily", "not committed", "request", l->change.id, "error", cvn_err_name(err));
	arena_done(&l->arena);
	free(l);
}
