/* lifecycle.h - the states of a request, and which moves between them there are.
 *
 * Layer     domain: may include util/ and the generated messages.
 * Thread    any; pure.
 * Limit     –
 * Not here  who may ask for a move (daemon/flow/kinds); what a move writes (daemon/flow/job). */
#pragma once
#include "convene/v1/record.pb-c.h"
#include <stdbool.h>
#include <stddef.h>

/* Short names for the states as the messages carry them. */
#define STATE_NONE CONVENE__V1__STATE__STATE_NONE
#define STATE_RECEIVED CONVENE__V1__STATE__STATE_RECEIVED
#define STATE_VALIDATED CONVENE__V1__STATE__STATE_VALIDATED
#define STATE_REJECTED CONVENE__V1__STATE__STATE_REJECTED
#define STATE_PROPOSED CONVENE__V1__STATE__STATE_PROPOSED
#define STATE_WAITLISTED CONVENE__V1__STATE__STATE_WAITLISTED
#define STATE_CONFIRMED CONVENE__V1__STATE__STATE_CONFIRMED
#define STATE_DECLINED CONVENE__V1__STATE__STATE_DECLINED
#define STATE_REVISION_REQUIRED CONVENE__V1__STATE__STATE_REVISION_REQUIRED
#define STATE_POSTPONED CONVENE__V1__STATE__STATE_POSTPONED
#define STATE_WITHDRAWN CONVENE__V1__STATE__STATE_WITHDRAWN
#define STATE_CANCELLED CONVENE__V1__STATE__STATE_CANCELLED
#define STATE_HELD CONVENE__V1__STATE__STATE_HELD
#define STATE_QUARANTINED CONVENE__V1__STATE__STATE_QUARANTINED
#define STATE_N (STATE_QUARANTINED + 1)

enum cause {
#define CAUSE(name, text) CAUSE_##name,
#include "domain/lifecycle.def"
	CAUSE_N
};

struct lifecycle_move {
	Convene__V1__State from;
	enum cause cause;
	Convene__V1__State to;
	const char *who;  /* by whom, for people */
	const char *text; /* what happens, for people; may be empty */
};

/* All rows of lifecycle.def, in its order; static. */
const struct lifecycle_move *lifecycle_moves(size_t *ret_n);

/* May a stored request go from one state to the other? One row, or two that meet in `validated`. */
bool lifecycle_allows(Convene__V1__State from, Convene__V1__State to);

/* May this happen to a request in that state? */
bool lifecycle_can(Convene__V1__State from, enum cause cause);

/* Is there still something that can come of it: received, validated, proposed, waitlisted, revision_required,
 * postponed, quarantined, confirmed? */
bool lifecycle_is_open(Convene__V1__State state);

/* Is nothing owed to it by a worker? All but received and validated. */
bool lifecycle_is_resting(Convene__V1__State state);

/* Can a request in this state hold a place: proposed, confirmed, revision_required, held, and one that was amended and
 * is on its way through received, validated or quarantined to its next outcome? */
bool lifecycle_occupies(Convene__V1__State state);

/* Does it take room in the calendar: its state can hold a place, and there is a whole placement? NULL: no. */
bool lifecycle_has_place(const Convene__V1__Standing *standing);

/* "received", "revision_required" …: as JSON has it; static. "none" for what is no state. */
const char *state_name(Convene__V1__State state);

/* Is `text` the name of a state (without STATE_NONE)? Then it is in *ret_state. */
bool state_parse(const char *text, Convene__V1__State *ret_state);

/* "submit", "no_place" …; static. */
const char *cause_name(enum cause cause);
