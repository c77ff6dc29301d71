/* online_adopt.h - a planning round's draft, taken over into the calendar as it is now.
 *
 * A move holds if its request is as it was when the plan was made, and its new place is free once all others that hold
 * are where they shall be. What does not hold stays as it is, and is named with the reason.
 *
 * Layer     scheduler: online_words, online_book, place below it; online above.
 * Thread    the worker's.
 * Limit     ROUND_ENTRIES_MAX moves.
 * Not here  making the plan (round.h). */
#pragma once
#include "scheduler/online_words.h"

/* Fills the draft with all moves that hold and its `skipped` with the others. Refuses it (with `skipped`) where none
 * holds, or the score would fall by those that do. Leaves the book as it was. */
void find_adopted(struct book *b, const Convene__V1__Adopt *adopt, struct draft *d);
