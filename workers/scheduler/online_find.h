/* online_find.h - the online scheduler's decisions: where one request goes, who gives way to it,
 * whether it still fits.
 *
 * Each looks at the book's calendar as it stands and leaves it as it was; what is to change stands
 * in the draft.
 *
 * Layer     scheduler: online_words, online_book, place, explain below it; online above.
 * Thread    the worker's.
 * Limit     a fixed event displaces at most DRAFT_CHANGES_MAX - 1 others; where more stand in its
 *           way, it waits.
 * Not here  when it is asked, and on which version of the calendar the answer is good
 *           (online.h). */
#pragma once
#include "scheduler/online_words.h"

/* The outcome of a request that was received: its best place, or why it waits. A fixed event goes
 * exactly where it was announced, and the proposed ones in its way wait, in the same draft. One
 * that was amended and has consents stays where it is, if it can and the wished day is still the
 * same. */
void find_place(struct book *b, struct entry *e, struct draft *d);

/* One that waits is looked at again. False: nothing is to be said; no place, and its reasons are
 * still true. */
bool find_again(struct book *b, struct entry *e, struct draft *d);

/* One that is placed: does it still fit there? False: nothing is to be said. A proposed one that
 * does not will wait, a confirmed one is flagged to its committees. */
bool find_misfit(struct book *b, struct entry *e, struct draft *d);

/* Its federation wants this place: the draft proposes it there, its windows widened where it is
 * outside of them, or is refused. A confirmed one is moved there by its host's committee; what comes
 * after it may then have to move in its turn. */
void find_taken(struct book *b, struct entry *e, const char *venue, const char *first_day,
		struct draft *d);
