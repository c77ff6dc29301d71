/* lifecycle.c - questions to the table of moves.
 *
 * Layer     domain.
 * Thread    any; pure. */
#include "domain/lifecycle.h"
#include "util/err.h"
#include <string.h>

static const struct lifecycle_move MOVES[] = {
#define MOVE(from, cause, to, who, text) { STATE_##from, CAUSE_##cause, STATE_##to, who, text },
#include "domain/lifecycle.def"
};

static const char *const CAUSES[CAUSE_N] = {
#define CAUSE(name, text) [CAUSE_##name] = text,
#include "domain/lifecycle.def"
};

static const char *const STATES[STATE_N] = {
	[STATE_NONE] = "none",
	[STATE_RECEIVED] = "received",
	[STATE_VALIDATED] = "validated",
	[STATE_REJECTED] = "rejected",
	[STATE_PROPOSED] = "proposed",
	[STATE_WAITLISTED] = "waitlisted",
	[STATE_CONFIRMED] = "confirmed",
	[STATE_DECLINED] = "declined",
	[STATE_REVISION_REQUIRED] = "revision_required",
	[STATE_POSTPONED] = "postponed",
	[STATE_WITHDRAWN] = "withdrawn",
	[STATE_CANCELLED] = "cancelled",
	[STATE_HELD] = "held",
	[STATE_QUARANTINED] = "quarantined",
};

static bool has_row(Convene__V1__State from, Convene__V1__State to)
{
	for (size_t i = 0; i < N_ELEMENTS(MOVES); i++) {
		if (MOVES[i].from == from && MOVES[i].to == to)
			return true;
	}
	return false;
}

const struct lifecycle_move *lifecycle_moves(size_t *ret_n)
{
	*ret_n = N_ELEMENTS(MOVES);
	return MOVES;
}

bool lifecycle_allows(Convene__V1__State from, Convene__V1__State to)
{
	return has_row(from, to) || (has_row(from, STATE_VALIDATED) && has_row(STATE_VALIDATED, to));
}

bool lifecycle_can(Convene__V1__State from, enum cause cause)
{
	for (size_t i = 0; i < N_ELEMENTS(MOVES); i++) {
		if (MOVES[i].from == from && MOVES[i].cause == cause)
			return true;
	}
	return false;
}

bool lifecycle_is_open(Convene__V1__State state)
{
	switch (state) {
	case STATE_RECEIVED:
	case STATE_VALIDATED:
	case STATE_PROPOSED:
	case STATE_WAITLISTED:
	case STATE_REVISION_REQUIRED:
	case STATE_POSTPONED:
	case STATE_QUARANTINED:
	case STATE_CONFIRMED:
		return true;
	default:
		return false;
	}
}

bool lifecycle_is_resting(Convene__V1__State state)
{
	return state != STATE_RECEIVED && state != STATE_VALIDATED;
}

bool lifecycle_occupies(Convene__V1__State state)
{
	switch (state) {
	case STATE_PROPOSED:
	case STATE_CONFIRMED:
	case STATE_REVISION_REQUIRED:
	case STATE_HELD:
	case STATE_RECEIVED:
	case STATE_VALIDATED:
	case STATE_QUARANTINED:
		return true;
	default:
		return false;
	}
}

bool lifecycle_has_place(const Convene__V1__Standing *standing)
{
	return standing != NULL && standing->has_state && lifecycle_occupies(standing->state) &&
	       standing->placement != NULL && standing->placement->venue != NULL &&
	       standing->placement->first_day != NULL;
}

const char *state_name(Convene__V1__State state)
{
	return (int)state > 0 && (int)state < STATE_N ? STATES[state] : STATES[STATE_NONE];
}

bool state_parse(const char *text, Convene__V1__State *ret_state)
{
	for (int i = STATE_NONE + 1; text != NULL && i < STATE_N; i++) {
		if (strcmp(STATES[i], text) == 0) {
			*ret_state = (Convene__V1__State)i;
			return true;
		}
	}
	return false;
}

const char *cause_name(enum cause cause)
{
	CVN_REQUIRE((int)cause >= 0 && cause < CAUSE_N);
	return CAUSES[cause];
}
