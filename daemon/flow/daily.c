/* In order of time: daily_look -> begin each -> commit -> on_committed; and again, until nothing is
 * due. */
#include "flow/daily.h"

#include <stdlib.h>
#include <string.h>

#include "flow/change.h"
#include "flow/decide.h"
#include "flow/follows.h"
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
	size_t n;           /* lapses under way */
	struct arena arena; /* for one look */
};

static enum cvn_err begin(struct daily *daily, struct mirror_programme *p,
			  const struct replica_record *record);
static enum cvn_err commit(struct lapse *l, const struct replica_record *record,
			   const struct ruling *ruling);
static void on_committed(struct store_op *op, enum cvn_err err);

enum cvn_err daily_new(struct flow *flow, struct daily **ret_daily)
{
	struct daily *daily = calloc(1, sizeof *daily);

	if (daily == NULL)
		return CVN_ENOMEM;
	daily->flow = flow;
	arena_init(&daily->arena, LAPSE_BYTES);
	*ret_daily = daily;
	return CVN_OK;
}

/* The store is closed: no commit is under way. */
void daily_free(struct daily *daily)
{
	if (daily == NULL)
		return;
	arena_done(&daily->arena);
	free(daily);
}

/* What follows from the day for one request; false: nothing. */
static bool look_at(struct arena *arena, const struct mirror_programme *p,
		    const struct replica_record *record, struct ruling *ret_ruling)
{
	struct desk_case c = { .programme = replica_programme(p->replica),
			       .record = record,
			       .today = replica_today(p->replica),
			       .arena = arena };

	return decide_day(&c, ret_ruling);
}

static bool is_archived(const struct mirror_programme *p)
{
	const Convene__V1__Programme *about = programme_about(replica_programme(p->replica));

	return about != NULL && about->phase != NULL && strcmp(about->phase, "archived") == 0;
}

void daily_look(struct daily *daily, struct mirror_programme *p)
{
	const struct replica_record *r = replica_first(p->replica);
	bool is_due = false;

	if (daily->n > 0 || is_archived(p))
		return; /* the mirror may not have heard of them yet; or it may only be read */
	for (; r != NULL && daily->n < DAILY_MAX; r = replica_next(r)) {
		struct ruling ruling;

		arena_reset(&daily->arena);
		if (!look_at(&daily->arena, p, r, &ruling))
			continue;
		is_due = true;
		if (begin(daily, p, r) != CVN_OK)
			break;
	}
	p->is_day_done = !is_due;
}

static enum cvn_err begin(struct daily *daily, struct mirror_programme *p,
			  const struct replica_record *record)
{
	struct lapse *l = calloc(1, sizeof *l);
	struct ruling ruling;
	enum cvn_err err = CVN_ENOMEM;

	if (l == NULL)
		return CVN_ENOMEM;
	l->daily = daily;
	l->p = p;
	arena_init(&l->arena, LAPSE_BYTES);
	if (look_at(&l->arena, p, record, &ruling))
		err = commit(l, record, &ruling);
	if (err != CVN_OK) {
		arena_done(&l->arena);
		free(l);
		return err;
	}
	daily->n++;
	return CVN_OK;
}

static enum cvn_err commit(struct lapse *l, const struct replica_record *record,
			   const struct ruling *ruling)
{
	struct change change = { .id = record->id,
				 .revision = ruling->revision,
				 .standing = ruling->standing,
				 .unix_ms = clock_unix_ms() };
	struct follows_case follows = { .programme = replica_programme(l->p->replica),
					.content = record->content,
					.before = record->standing,
					.unix_ms = change.unix_ms,
					.today = replica_today(l->p->replica),
					.arena = &l->arena };
	enum cvn_err err = follows_fill(&follows, ruling->standing);

	if (err == CVN_OK)
		err = change_pack(&change, &l->arena, &l->change);
	if (err != CVN_OK)
		return err;
	l->change.expect_cursor = record->cursor;
	l->change.bump = ruling->bump;
	l->commit = (struct store_commit){ .op = { .done_cb = on_committed,
						   .deadline_ms = STORE_NO_DEADLINE },
					   .programme = l->p->id,
					   .changes = &l->change,
					   .n_changes = 1 };
	return store_commit_start(l->daily->flow->ports->store, &l->commit);
}

/* What failed is found again at the next look. */
static void on_committed(struct store_op *op, enum cvn_err err)
{
	struct lapse *l = CONTAINER_OF(op, struct lapse, commit.op);

	l->daily->n--;
	if (err == CVN_OK)
		mirror_committed(l->p, l->commit.ret_cursor);
	else
		LOG_DEBUG("daily", "not committed", "request", l->change.id, "error",
			  cvn_err_name(err));
	arena_done(&l->arena);
	free(l);
}
