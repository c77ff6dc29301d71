/* online.h - the scheduler beside a living programme: answers tasks at once, and looks again
 * whenever room appears.
 *
 * It does not wait for its answers to be committed: it lays them over what the feed has brought and
 * computes the next on that. An answer's base_version is the version of the feed and, counted in,
 * its own answers under way that change occupancy; `builds_on` names the last of these. On the
 * first one that fails it stops answering until all are settled and the feed has reached the
 * version that convened names, takes back what failed, and computes it again.
 *
 * Layer     scheduler: online_find, online_book below it, wire for copies of messages; main above.
 *           Knows no socket.
 * Thread    one.
 * Limit     ONLINE_UNDER_WAY_MAX answers under way a programme; tasks wait beyond it (convened's
 *           credit bounds those).
 * Not here  the connection and the replicas (workers/kit); making the plan of a round (planner.h). */
#pragma once
#include <stdbool.h>

#include "convene/v1/worker.pb-c.h"
#include "domain/replica.h"

#define ONLINE_UNDER_WAY_MAX 256
#define ONLINE_SLICE_US 2000 /* of own work between two messages */

struct online; /* opaque; one a process */

/* Sends an answer; it is borrowed during the call. */
typedef void (*online_answer_cb)(void *arg, Convene__V1__Answer *answer);

/* Nothing is known yet. Never NULL (out of memory ends the process). online_free(NULL) is fine. */
struct online *online_new(online_answer_cb on_answer, void *arg);
void online_free(struct online *o);

/* A programme comes: what its replica, which is about to be made, has to tell, it tells
 * `ret_observer`. */
void online_programme(struct online *o, const char *programme,
		      struct replica_observer *ret_observer);
/* Its replica is about to go; tasks and answers of it are forgotten. */
void online_gone(struct online *o, const char *programme);

/* The replica is complete: from here on it is planned, after all that waits was looked at once.
 * `replica` is borrowed until online_gone(). */
void online_complete(struct online *o, const char *programme, struct replica *replica);
/* The replica has folded something in. May answer. */
void online_fed(struct online *o, const char *programme);

/* A task, Place, TakePlace or Adopt: answered now, or as soon as answers may be given again. Any other is
 * refused. */
void online_task(struct online *o, const Convene__V1__Task *task);
/* What became of an answer. An unknown sequence is passed over. May answer. */
void online_settled(struct online *o, const Convene__V1__Settled *settled);

/* One slice of own work: placed ones that may no longer fit, then the waiting ones, best value
 * first. Returns whether there is more that can be done now. */
bool online_idle(struct online *o);

/* Are tasks waiting, or answers under way? */
bool online_is_busy(const struct online *o);
