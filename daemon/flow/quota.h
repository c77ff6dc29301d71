/* quota.h - how much of each principal, and of all, is under way.
 *
 * Layer     flow.
 * Thread    loop thread.
 * Limit     one entry a principal that has something under way.
 * Not here  what counts as one (flow/exchange.h: a call; flow/job.h: an undecided request). */
#pragma once
#include <stdbool.h>
#include <stdint.h>

struct quota_of;

struct quota {
	/* set freely; counts above a limit that was lowered only go down */
	uint64_t per_principal_max, all_max;
	uint64_t n;          /* read only: all that is under way */
	struct quota_of *of; /* private: by principal */
};

/* Nothing is under way. */
void quota_init(struct quota *q, uint64_t per_principal_max, uint64_t all_max);
void quota_done(struct quota *q);

/* Takes `n` for the principal with this key; false: over a limit (or out of memory), and nothing
 * was taken. */
bool quota_take(struct quota *q, const char *key, uint64_t n);

/* Gives `n` of them back. */
void quota_give_back(struct quota *q, const char *key, uint64_t n);
