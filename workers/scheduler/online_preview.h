/* online_preview.h - who is worse off as long as a request stands where it is: those who wait and
 * would have a place if it went, and those who are proposed elsewhere than they would do best.
 *
 * Each is asked by itself: of two who lose, perhaps only one could have it.
 *
 * Layer     scheduler: online_words, online_book, place below it; online above.
 * Thread    the worker's.
 * Limit     PREVIEW_LOSSES_MAX losses are told, the dearest; PREVIEW_LOOKS_MAX requests are looked
 *           at. */
#pragma once
#include "scheduler/online_words.h"

#define PREVIEW_LOSSES_MAX 100
#define PREVIEW_LOOKS_MAX 20000

/* `e` must be placed; the book's calendar is left as it was. What was found is in `d->preview`. */
void preview_losses(struct book *b, struct entry *e, struct draft *d);
