/* jobs.h - what admitted requests still owe: to be judged, and placed or refused.
 *
 * A job begins when the outbox hands on that its request is in `received`, and ends when it hands
 * on that it no longer is: both are facts of the log, so nothing has to be remembered across a
 * crash, and whatever else happens to the request meanwhile (it is withdrawn, amended, released)
 * needs no word here.
 *
 * Layer     flow.
 * Thread    loop thread.
 * Limit     the quota, taken by whoever admits; after a start, what Redis holds.
 * Not here  verdicts and places (the workers). */
#pragma once
#include "flow/flow_private.h"
#include "flow/mirror.h"

struct jobs;
struct job_batch; /* requests that came together, and are judged together */

/* CVN_ENOMEM. */
CVN_MUST_CHECK enum cvn_err jobs_new(struct flow *flow, struct jobs **ret_jobs);
void jobs_free(struct jobs *jobs);

/* These requests are about to be admitted, and shall be judged together. The ids are copied.
 * Exactly one of the next two has to follow. CVN_ENOMEM. */
CVN_MUST_CHECK enum cvn_err jobs_expect(struct jobs *jobs, struct mirror_programme *p,
					const char *const *ids, size_t n,
					struct job_batch **ret_batch);

/* They were, the same `ids`: `is_new[i]`, those that did not stand already. `key`: of the principal,
 * whose quota they hold from now on; one a request that the log is yet to bring. `submitter` hears
 * what becomes of them, also of those that were there and still owe something and that no other key
 * sent; NULL: as it was. Returns how many of the quota's units it took over. */
uint64_t jobs_admitted(struct job_batch *batch, const char *const *ids, const bool *is_new,
		       const char *key, const struct front_peer *submitter);

/* They were not. */
void jobs_forget(struct job_batch *batch);

/* A request came or changed (mirror_options.on_record), or was found at the start (`before` NULL).
 * Gives in *ret_submitter who is to hear of it since it has come to rest; false: nobody. */
bool jobs_on_record(struct jobs *jobs, struct mirror_programme *p,
		    const struct replica_record *before, const struct replica_record *now,
		    struct front_peer *ret_submitter);

/* Tries again what Redis did not take. */
void jobs_tick(struct jobs *jobs);

size_t jobs_n(const struct jobs *jobs);
