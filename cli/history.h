/* history.h - what a request's way through the log means for those who read the calendar.
 *
 * Layer     cli; pure.
 * Thread    one.
 * Limit     memory by the number of requests, not of updates.
 * Not here  the log itself (snapshot.h). */
#pragma once
#include "convene/v1/record.pb-c.h"
#include "domain/day.h"
#include "util/err.h"
#include "util/id.h"

#include <stdbool.h>
#include <stdint.h>

/* A place as it was. */
struct history_place {
	char venue[ID_MAX_BYTES + 1]; /* empty: none */
	char first_day[DAY_TEXT_SIZE];
};

struct history {
	int64_t sequence;        /* changes that the public could see, since it first had a place */
	int64_t changed_unix_ms; /* of the last of them */
	int64_t received_unix_ms;
	struct history_place last;      /* the place that it has, or had last */
	struct history_place published; /* the place that was confirmed first */
};

struct histories;

/* An empty one; NULL: out of memory. histories_free(NULL) is fine. */
struct histories *histories_new(void);
void histories_free(struct histories *h);

/* Folds the next update in. CVN_ENOMEM. */
CVN_MUST_CHECK enum cvn_err histories_add(struct histories *h, const Convene__V1__Update *update);

/* That of a request; NULL: the log has none of it. Lent until histories_free(). */
const struct history *histories_find(const struct histories *h, const char *id);

/* Was it ever confirmed; is its place another than the one confirmed first? */
bool history_was_published(const struct history *h);
bool history_was_moved(const struct history *h);
