/* decide.h - what a decision of people makes of a request: record + call + programme → what stands
 * from now on, or why not. Nothing is read or written here.
 *
 * Layer     flow: pure.
 * Thread    any.
 * Limit     the arena's.
 * Not here  committing it (flow/desk.c); places (the scheduler). */
#pragma once
#include "convene/v1/client.pb-c.h"
#include "domain/replica.h"
#include "ports/keyring.h"
#include "util/arena.h"
#include "util/err.h"

/* Who decides about what, and when. All of it is borrowed. */
struct desk_case {
	const struct programme *programme;
	const struct replica_record *record;
	enum role role;
	const char *subject; /* federation or NOC of the caller; "" */
	const char *name;    /* of the caller, for people */
	const char *key;     /* of the caller: public */
	const char *const *disciplines; /* a committee's key speaks for these alone … */
	size_t n_disciplines;           /* … 0: for all */
	int32_t today;
	int64_t unix_ms;
	struct arena *arena;
};

/* What follows. */
struct ruling {
	bool is_nothing; /* it stands so already: nothing is to be committed */
	Convene__V1__Standing *standing;
	const Convene__V1__Request *content; /* NULL: as before */
	int64_t revision;
	bool bump; /* what is occupied, or who occupies it, changes */
	/* why not */
	const char *text;         /* a sentence */
	const char *field, *code; /* of the one violation there is; NULL: none */
};

/* Each returns CVN_OK and fills `ret_ruling`, or says why not (its last three members):
 * CVN_EFORBIDDEN, CVN_ESTATE, CVN_EINVALID, CVN_ECONFLICT (another revision stands), CVN_ECLOSED
 * (archived), CVN_ENOMEM. */
CVN_MUST_CHECK enum cvn_err decide_amend(const struct desk_case *c, const Convene__V1__Amend *call,
					 struct ruling *ret_ruling);
CVN_MUST_CHECK enum cvn_err decide_withdraw(const struct desk_case *c,
					    const Convene__V1__Withdraw *call,
					    struct ruling *ret_ruling);
CVN_MUST_CHECK enum cvn_err decide_verdict(const struct desk_case *c,
					   const Convene__V1__Decide *call,
					   struct ruling *ret_ruling);
CVN_MUST_CHECK enum cvn_err decide_accept(const struct desk_case *c,
					  const Convene__V1__Accept *call,
					  struct ruling *ret_ruling);
CVN_MUST_CHECK enum cvn_err decide_release(const struct desk_case *c,
					   const Convene__V1__Release *call,
					   struct ruling *ret_ruling);
/* May it be taken to another place? `ret_ruling->standing` then only carries the decision. */
CVN_MUST_CHECK enum cvn_err decide_take(const struct desk_case *c, const Convene__V1__Take *call,
					struct ruling *ret_ruling);

/* May its host's committee move it? As decide_take(). */
CVN_MUST_CHECK enum cvn_err decide_reschedule(const struct desk_case *c,
					      const Convene__V1__Reschedule *call,
					      struct ruling *ret_ruling);
/* May it be asked what stands against it? `ret_ruling` only says why not. */
CVN_MUST_CHECK enum cvn_err decide_preview(const struct desk_case *c,
					   const Convene__V1__PreviewCall *call,
					   struct ruling *ret_ruling);
CVN_MUST_CHECK enum cvn_err decide_allow(const struct desk_case *c, const Convene__V1__Allow *call,
					 struct ruling *ret_ruling);
/* The priority of this one of the call's requests. */
CVN_MUST_CHECK enum cvn_err decide_value(const struct desk_case *c, const Convene__V1__Value *call,
					 struct ruling *ret_ruling);
CVN_MUST_CHECK enum cvn_err decide_respond(const struct desk_case *c,
					   const Convene__V1__Respond *call,
					   struct ruling *ret_ruling);

/* What the day brings: a place that was not accepted in time, a revision that did not come, an
 * event that is over. False: nothing. Out of memory counts as nothing: the next look will see it.
 * */
bool decide_day(const struct desk_case *c, struct ruling *ret_ruling);

/* May the caller file this request? `announced` is the working body's. */
CVN_MUST_CHECK enum cvn_err decide_submit(enum role role, const char *subject,
					  const Convene__V1__Request *request,
					  struct ruling *ret_ruling);
