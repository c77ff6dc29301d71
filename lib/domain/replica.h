/* replica.h - a programme in memory, folded from the pages of a snapshot and the updates of its log.
 *
 * Layer     domain: may include util/ and the generated messages.
 * Thread    one at a time.
 * Limit     REPLICA_RECORDS_MAX records, PROGRAMME_ENTITIES_MAX entities; what is beyond is refused.
 * Not here  who asks for pages and replays a gap (workers/kit, cli); what a change means for a calendar (observer).
 *
 * Pages and updates may come interleaved, in any order between the two kinds: each record and each entity keeps the
 * cursor of its last change, and what is not above it is passed over. A change of a request whose content has not come
 * yet is kept aside and shows once its page has brought the rest. Updates must follow one another and the first page
 * without a gap; else CVN_ESTALE, and the gap has to be replayed, or the replica built anew. */
#pragma once
#include "convene/v1/client.pb-c.h"
#include "convene/v1/record.pb-c.h"
#include "domain/programme.h"
#include <uthash.h>

enum { REPLICA_RECORDS_MAX = 1000000 };

/* A request with all that is known of it. The replica owns it; it stays at its address until replica_free(), its content
 * and standing until they change. */
struct replica_record {
	const char *id;
	int64_t revision;
	const Convene__V1__Request *content;   /* of the latest revision; never NULL */
	const Convene__V1__Standing *standing; /* never NULL */
	int64_t cursor;                        /* of its last change */
	int64_t received_unix_ms;
	UT_hash_handle hh;                     /* private: this and below */
	bool is_whole;
};

/* Hears of each change after it was made, once. It must not change the replica. NULL members are not called. */
struct replica_observer {
	void *arg;
	/* An entity was put (`entity` as the replica has it now), or retired: then `entity` is NULL. */
	void (*on_entity)(void *arg, enum entity_kind kind, const char *id, const Convene__V1__Entity *entity);
	/* A record came (`before` NULL) or changed. `before` and what it points to are valid during the call only. */
	void (*on_record)(void *arg, const struct replica_record *before, const struct replica_record *now);
	/* It is another day in the programme. */
	void (*on_today)(void *arg, int32_t today);
};

struct replica;

/* An empty replica; `observer` is copied, NULL: none. NULL: out of memory. replica_free(NULL) is fine. */
struct replica *replica_new(const struct replica_observer *observer);
void replica_free(struct replica *r);

/* Another observer from now on, copied; NULL: none. */
void replica_observe(struct replica *r, const struct replica_observer *observer);

/* Folds a page in; the one without `next` completes the snapshot. CVN_EMALFORMED: an entity or record lacks what it must
 * have (the rest of the page is folded in all the same); CVN_ESTALE: updates are missing between the first page and those
 * that came before it; CVN_ETOOLARGE, CVN_ENOMEM. */
enum cvn_err CVN_MUST_CHECK replica_page(struct replica *r, const Convene__V1__Page *page);

/* Folds one update in; a pulse brings the day. CVN_ESTALE: updates before this one are missing (nothing is changed);
 * CVN_EMALFORMED, CVN_ETOOLARGE, CVN_ENOMEM as above. */
enum cvn_err CVN_MUST_CHECK replica_update(struct replica *r, const Convene__V1__Update *update);

/* Folds in one record or entity by itself, as a page would. For programme files and tests. */
enum cvn_err CVN_MUST_CHECK replica_put_record(struct replica *r, const Convene__V1__Record *record);
enum cvn_err CVN_MUST_CHECK replica_put_entity(struct replica *r, const Convene__V1__Entity *entity, int64_t cursor);

/* The day that it is in the programme, as text. What is no day is passed over. */
void replica_set_today(struct replica *r, const char *today);
bool replica_has_today(const struct replica *r);
int32_t replica_today(const struct replica *r); /* 0 before it was ever told */

/* Has the last page come? Up to which entry of the log does the replica know all (it may know of later ones, from later
 * pages); which version has the calendar then? */
bool replica_is_complete(const struct replica *r);
int64_t replica_cursor(const struct replica *r);
int64_t replica_version(const struct replica *r);

/* The programme's data; lent until replica_free(). */
const struct programme *replica_programme(const struct replica *r);

/* The record of a request; NULL: none (also for NULL). O(1). */
const struct replica_record *replica_find(const struct replica *r, const char *id);

/* All records, in the order in which they first came; NULL after the last. */
const struct replica_record *replica_first(const struct replica *r);
const struct replica_record *replica_next(const struct replica_record *record);
size_t replica_count(const struct replica *r);

/* Which requests name this one in `after`, in their latest revision, whatever their state: *ret_ids is lent until the
 * next change; NULL where there are none. O(1). */
size_t replica_followers(const struct replica *r, const char *id, const char *const **ret_ids);
