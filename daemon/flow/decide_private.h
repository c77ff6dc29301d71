/* decide_private.h - what the files of decide share.
 *
 * Layer     flow: pure; private to decide*.c.
 * Thread    any.
 * Limit     the arena's. */
#pragma once
#include "domain/lifecycle.h"
#include "flow/decide.h"

/* Are both there, and equal? */
bool decide_same(const char *a, const char *b);

/* Says why not, and returns `err`, or CVN_EINVALID. */
enum cvn_err decide_no(struct ruling *r, enum cvn_err err, const char *text);
enum cvn_err decide_wrong(struct ruling *r, const char *field, const char *code, const char *text);

/* CVN_ESTATE: this can't happen to a request in this state; and what could. */
enum cvn_err decide_illegal(const struct desk_case *c, struct ruling *r);

/* Which revision stands, and who made it so. */
const char *decide_conflict_text(const struct desk_case *c);

/* Have the days of its place passed? Then a confirmed one is as good as held: the clock says so
 * before the next look at the day does. */
bool decide_is_over(const struct desk_case *c);

/* What every decision begins with: the programme takes any, the request's owner asks (where it must
 * be the owner), for what stands, and that it is not over. */
enum cvn_err decide_look(const struct desk_case *c, bool must_own, bool has_revision,
			 int64_t revision, struct ruling *r);

/* For which committee does the caller speak, and about this discipline? */
enum cvn_err decide_speaks(const struct desk_case *c, const char *said, struct ruling *r,
			   const char **ret_noc);

/* The standing as it was, decided upon by the caller. NULL: no memory. */
Convene__V1__Standing *decide_begin(const struct desk_case *c, const char *what, const char *noc,
				    const char *reason);
void decide_set_state(Convene__V1__Standing *s, Convene__V1__State state);
/* Takes out what belonged to the outcome before. */
void decide_drop_outcome(Convene__V1__Standing *s);
bool decide_has_reason(const char *reason);

/* Is the last decision this one: was the call only sent again? */
bool decide_is_repeated(const struct desk_case *c, Convene__V1__State state, const char *what,
			const char *noc, const char *reason);

/* Are two messages the same, packed? False: out of memory. */
bool decide_compare(const ProtobufCMessage *a, const ProtobufCMessage *b, struct arena *arena,
		    bool *ret_same);

/* Has the working body let this pass, for the revision that stands? */
bool decide_is_allowed(const struct desk_case *c, const char *code);

/* Is it too late to change a confirmed event, by the policy's `freeze_days` (details) and
 * `change_notice_days`? `day` is the first one that the change is about. CVN_OK: no. */
enum cvn_err decide_check_details(const struct desk_case *c, int32_t day, struct ruling *r);
enum cvn_err decide_check_notice(const struct desk_case *c, int32_t day, struct ruling *r);
