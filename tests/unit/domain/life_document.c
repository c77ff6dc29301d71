#include "life_document.h"
#include "domain/lifecycle.h"

#include <string.h>

static const char HEAD[] =
	"# A request's life\n"
	"\n"
	"Written by `build/tests/life_document` from `lib/domain/lifecycle.def`; the table is what the programs go by.\n"
	"`validated` is passed through within one step: what leads into it and what leads out of it are one change, from\n"
	"`received` or `waitlisted` to `proposed`, `confirmed` or `waitlisted`. A place is held in the states that are marked\n"
	"so; a request that was amended keeps its place until its new outcome.\n"
	"\n"
	"Amending and withdrawing, which most states allow, are left out of the drawing.\n"
	"\n"
	"```mermaid\n"
	"stateDiagram-v2\n";

static const char STATES_HEAD[] =
	"```\n"
	"\n"
	"## States\n"
	"| state | open | a worker owes it something | may hold a place |\n"
	"| --- | --- | --- | --- |\n";

static const char MOVES_HEAD[] =
	"\n"
	"## Moves\n"
	"| from | what | to | by whom | |\n"
	"| --- | --- | --- | --- | --- |\n";

static enum cvn_err draw(struct buf *out)
{
	const struct lifecycle_move *m;
	enum cvn_err err = CVN_OK;
	size_t n;

	for (m = lifecycle_moves(&n); n > 0 && err == CVN_OK; n--, m++) {
		if (m->cause == CAUSE_AMEND || m->cause == CAUSE_WITHDRAW)
			continue;
		err = buf_printf(out, "    %s --> %s: %s\n", m->from == STATE_NONE ? "[*]" : state_name(m->from),
		                 state_name(m->to), cause_name(m->cause));
	}
	return err;
}

static const char *mark(bool is_so)
{
	return is_so ? "yes" : "–";
}

static enum cvn_err list_states(struct buf *out)
{
	enum cvn_err err = CVN_OK;

	for (int i = STATE_NONE + 1; i < STATE_N && err == CVN_OK; i++) {
		Convene__V1__State state = (Convene__V1__State)i;

		err = buf_printf(out, "| `%s` | %s | %s | %s |\n", state_name(state), mark(lifecycle_is_open(state)),
		                 mark(!lifecycle_is_resting(state)), mark(lifecycle_occupies(state)));
	}
	return err;
}

static enum cvn_err list_moves(struct buf *out)
{
	const struct lifecycle_move *m;
	enum cvn_err err = CVN_OK;
	size_t n;

	for (m = lifecycle_moves(&n); n > 0 && err == CVN_OK; n--, m++)
		err = buf_printf(out, "| %s | %s | `%s` | %s | %s |\n", m->from == STATE_NONE ? "–" : state_name(m->from),
		                 cause_name(m->cause), state_name(m->to), m->who, m->text);
	return err;
}

enum cvn_err life_document(struct buf *out)
{
	enum cvn_err err = buf_append(out, HEAD, strlen(HEAD));

	if (err == CVN_OK)
		err = draw(out);
	if (err == CVN_OK)
		err = buf_append(out, STATES_HEAD, strlen(STATES_HEAD));
	if (err == CVN_OK)
		err = list_states(out);
	if (err == CVN_OK)
		err = buf_append(out, MOVES_HEAD, strlen(MOVES_HEAD));
	return err == CVN_OK ? list_moves(out) : err;
}
