/* online_words.h - what the scheduler found, in the words of an answer: standings with places,
 * alternatives, reasons.
 *
 * Everything is made in the draft's arena or borrowed from book and replica: a draft is packed
 * before anything changes.
 *
 * Layer     scheduler: place, explain, online_book below it; online_find above.
 * Thread    the worker's.
 * Limit     as many requests a draft as its room was made for: DRAFT_CHANGES_MAX, but for an adoption.
 * Not here  where something goes (online_find.h); what may be shown to whom (the daemon trims
 *           `with` for federations). */
#pragma once
#include "convene/v1/worker.pb-c.h"
#include "domain/code.h"
#include "scheduler/explain.h"
#include "scheduler/online_book.h"
#include "scheduler/place.h"
#include "util/arena.h"
#include "util/err.h"

#define DRAFT_CHANGES_MAX 64

/* One answer in the making. */
struct draft {
	struct arena *arena;
	size_t n, max;
	struct entry **entries;
	Convene__V1__Change **changes;
	size_t n_skipped; /* adoption: what is not taken, and why */
	Convene__V1__Skip **skipped;
	Convene__V1__Preview *preview; /* an answer by itself; NULL: none was asked for */
	enum cvn_err refused; /* not CVN_OK: nothing is to be committed, `text` says why */
	const char *text;
};

/* An empty draft in `arena`, with room for `max` changes. */
struct draft draft_begin(struct arena *arena, size_t max);

/* Memory in the draft's arena, cleared; being out of it ends the process (memory.h). */
void *draft_room(struct draft *d, size_t n, size_t size);

/* Adds a change of `e` to the standing; from its effective state, at its present revision. There
 * must be room. */
Convene__V1__Change *draft_add(struct draft *d, struct entry *e, Convene__V1__Standing *standing);

/* Nothing will be committed: the place is not free, or the subject is not as the task believes. */
void draft_refuse(struct draft *d, enum cvn_err err, const char *text);

/* Proposed at options[0], the others being alternatives. Consents that `e` has stay where days,
 * venue and size stay; if it was amended and all that are needed are there, it is confirmed.
 * `accept_by_days` < 0: there is no last day to accept. `e` is lifted from the calendar or not, as
 * it may be. */
Convene__V1__Standing *words_proposed(struct book *b, struct draft *d, struct entry *e,
				      const struct place_option *options, int32_t n,
				      int64_t accept_by_days);

/* The first day that one who waits can be offered: tomorrow, as a day of the problem. 0: any, where it
 * is not known what day it is. */
int32_t words_not_before(const struct book *b);
/* `until`, the last day to accept a place, or the day before it begins on its new first day; NULL and "" as they are. */
char *words_accept_by(const struct book *b, struct draft *d, char *until, int32_t day);

/* Waiting, with the true reasons and the nearest places that would do. `e` must be lifted from the
 * calendar. `first` are reasons that go before the others. */
Convene__V1__Standing *words_waiting(struct book *b, struct draft *d, struct entry *e,
				     Convene__V1__Reason **first, size_t n_first);

/* What stands in the way of `e`, lifted from the calendar, at one place; `flags` as with
 * place_fits(). Returns how many reasons there are, 0 where it fits. */
size_t words_in_the_way(struct book *b, struct draft *d, struct entry *e, int32_t venue,
			int32_t day, unsigned flags, Convene__V1__Reason ***ret_reasons);

/* Confirmed at options[0], by its host's committee: to a later day its consents stay, to an earlier
 * one it is proposed, and all are needed again. */
Convene__V1__Standing *words_moved(struct book *b, struct draft *d, struct entry *e,
				   const struct place_option *options, int32_t n);

/* As it stands, but impossible, or possible again. */
Convene__V1__Standing *words_conflict(struct draft *d, struct entry *e, bool in_conflict);

/* A reason: `with` may be NULL. `text` is borrowed until the draft is packed. */
Convene__V1__Reason *words_reason(struct draft *d, enum code_reason code, const struct entry *with,
				  const char *text);
