/* online_book.h - one programme as its online scheduler sees it: what the feed has brought, with
 * the scheduler's own outcomes that the feed has not brought yet laid over it.
 *
 * The calendar here is the one that answers are computed on. A request's *effective* standing is
 * that of the last of its own outcomes under way, else the record's. Whatever changes an effective
 * standing ends in one function that brings calendar and lists into line with it, and notes who has
 * to be looked at again because of it: the waiting ones that may now find room (QUEUE_LOOK, best
 * value first), the placed ones that may no longer fit (QUEUE_RECHECK).
 *
 * Layer     scheduler: domain, problem, calendar below it; online_words, online_find, online above.
 * Thread    the worker's.
 * Limit     that of the replica: one entry a record.
 * Not here  what to answer (online_find.h); when, and on which version (online.h). */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include <uthash.h>

#include "domain/replica.h"
#include "scheduler/calendar.h"
#include "scheduler/problem.h"
#include "util/list.h"

enum book_queue { QUEUE_RECHECK, QUEUE_LOOK, QUEUES };

/* One own outcome of one request, until the feed shows it or it fails. Embedded by online.c. */
struct change {
	struct entry *entry;
	const Convene__V1__Standing *standing; /* borrowed until the change is dropped */
	int64_t revision;
	Convene__V1__State from;   /* the state that it changes: without it, it is not committed */
	int64_t cursor;            /* of the record when this was made */
	struct list_node of_entry; /* in entry.changes; private */
};

/* One request. */
struct entry {
	const struct replica_record *record; /* the replica's */
	int32_t handle;                      /* in book.problem; PROBLEM_NONE: it was never open */
	bool fits_unworthy; /* when last looked at it fitted, but the score would not have gained */
	/* private from here on */
	bool look_when_shown; /* something changed while an outcome of its own was under way */
	bool has_kept;           /* amended: what the consents that it has were given for */
	int64_t kept_headcount, kept_duration;
	char kept_preferred[16];
	struct list_node changes;    /* change::of_entry, oldest first */
	struct list_node waiting;    /* in book.waiting while it waits */
	struct list_node fixed;      /* in book.fixed as well, if it is fixed */
	struct list_node conflicted; /* in book.conflicted while it is in_conflict */
	size_t at[QUEUES];           /* its place in a queue + 1; 0: it is not in it */
	UT_hash_handle hh;
};

/* A heap of entries. */
struct entry_heap {
	struct entry **at;
	size_t n, max;
};

struct book {
	struct replica *replica; /* borrowed; NULL until the feed is complete */
	struct problem *problem;
	struct calendar *calendar;
	void (*on_shown)(void *arg, struct change *change);
	void *arg;
	/* private from here on */
	struct entry *entries; /* uthash, by id */
	struct entry **by_handle;
	size_t n_handles;
	struct entry_heap queues[QUEUES];
	struct list_node waiting;    /* entry::waiting */
	struct list_node fixed;      /* entry::fixed */
	struct list_node conflicted; /* entry::conflicted */
	bool is_old;   /* the programme's data changed: the problem is to be made anew */
	bool is_quiet; /* while it is being made: nobody is noted */
};

/* An empty book. on_shown runs inside book_record(): the feed shows this outcome, which was taken
 * off. */
void book_init(struct book *b, void (*on_shown)(void *arg, struct change *change), void *arg);
void book_done(struct book *b);

/* The feed is complete: reads all of `replica`, and notes everyone once. */
void book_open(struct book *b, struct replica *replica);

/* The replica's observer: a record came or changed; some of the programme's data did. Nothing
 * happens before book_open(). */
void book_record(struct book *b, const struct replica_record *before,
		 const struct replica_record *now);
void book_data(struct book *b);

/* Makes problem and calendar anew where the data changed; to be called before anything is computed.
 * Then everyone is looked at again. Some milliseconds for 10,000 requests; O(1) where nothing
 * changed. */
void book_refresh(struct book *b);

/* The entry of a request; NULL: none. By id, O(1); by handle in the problem. */
struct entry *book_find(const struct book *b, const char *id);
struct entry *book_of_handle(const struct book *b, int32_t handle);

/* Where it stands, own outcomes under way counted in. Never NULL. */
const Convene__V1__Standing *book_standing(const struct entry *e);
/* Has it outcomes of its own under way? Is this one still laid over its entry? */
bool book_is_under_way(const struct entry *e);
bool book_is_laid(const struct change *change);
/* Does it stay where it is, whatever comes: all that is placed but the proposed ones that are not
 * fixed? */
bool book_is_firm(const struct book *b, const struct entry *e);
/* Does this standing hold a place: an open one that can, or a past event? */
bool book_holds_place(const Convene__V1__Standing *standing);

/* Lays an own outcome over its entry (all but of_entry is set), or takes it off again. The book
 * itself takes it off when the feed shows it, or shows that it can't be committed any more. */
void book_lay(struct book *b, struct change *change);
void book_take_off(struct book *b, struct change *change);

/* Notes one for a queue; one that is in it already moves to where it now belongs. */
void book_note(struct book *b, enum book_queue queue, struct entry *e);
/* Takes the first out; NULL: none. */
struct entry *book_next(struct book *b, enum book_queue queue);
bool book_has_next(const struct book *b);
