/* daily.h - what a new day brings to requests: places that were not accepted, revisions that did
 * not come, events that are over.
 *
 * Layer     flow.
 * Thread    loop thread.
 * Limit     DAILY_MAX commits under way; the rest follows at the next look.
 * Not here  what follows from the day (flow/decide.h). */
#pragma once
#include "flow/flow_private.h"
#include "flow/mirror.h"

#define DAILY_MAX 64

struct daily;

/* CVN_ENOMEM. */
CVN_MUST_CHECK enum cvn_err daily_new(struct flow *flow, struct daily **ret_daily);
void daily_free(struct daily *daily);

/* Each of the programme's requests is looked at, unless commits of the look before are under way;
 * sets p->is_day_done where nothing is due any more. To be called again until then. */
void daily_look(struct daily *daily, struct mirror_programme *p);
