#include "util/fsm.h"

#include "util/err.h"
#include "util/trace.h"

void fsm_init(struct fsm *f, const struct fsm_def *def, unsigned state)
{
	CVN_REQUIRE(def->n_states <= FSM_STATES_MAX && state < def->n_states);
	f->def = def;
	f->state = state;
}

bool fsm_allows(const struct fsm *f, unsigned to)
{
	return to < f->def->n_states && (f->def->next[f->state] & FSM_TO(to)) != 0;
}

void fsm_move(struct fsm *f, const char *id, unsigned to)
{
	const struct fsm_def *def = f->def;

	CVN_REQUIRE(to < def->n_states);
	trace_add(def->kind, id, def->names[f->state], def->names[to], CVN_OK);
	CVN_REQUIRE(fsm_allows(f, to));
	f->state = to;
}

const char *fsm_name(const struct fsm *f)
{
	return f->def->names[f->state];
}
