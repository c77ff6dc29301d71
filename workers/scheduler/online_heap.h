/* online_heap.h - the order in which entries are looked at again.
 *
 * Layer     scheduler: private to online_book.c.
 * Thread    the worker's.
 * Limit     one place an entry and queue. */
#pragma once
#include "scheduler/online_book.h"

/* Puts an entry in, or moves it to where it now belongs. O(log n). */
void heap_put(struct book *b, enum book_queue queue, struct entry *e);
/* Takes the first out; NULL: none. O(log n). */
struct entry *heap_pop(struct book *b, enum book_queue queue);
/* Takes this one out, if it is in it. O(log n). */
void heap_drop(struct book *b, enum book_queue queue, struct entry *e);
