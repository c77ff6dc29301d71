/* programme.h - a programme's data in memory, by id, and what follows from them.
 *
 * Layer     domain: may include util/ and the generated messages.
 * Thread    one at a time; derived values are built at the first question after a change, so several threads may read
 *           only a programme that was asked programme_prepare() since its last change.
 * Limit     PROGRAMME_ENTITIES_MAX entities, PROGRAMME_DAYS_MAX days; what is beyond is refused, or cut off.
 * Not here  requests (replica.h); whether an entity makes sense: whatever arrives is kept, and read with care. */
#pragma once
#include "convene/v1/programme.pb-c.h"
#include "util/err.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uthash.h>

enum {
	PROGRAMME_ENTITIES_MAX = 200000,
	PROGRAMME_DAYS_MAX = 36600,
};

/* The kinds of entities, numbered as in Entity.of_case. */
enum entity_kind {
	ENTITY_NONE = CONVENE__V1__ENTITY__OF__NOT_SET,
	ENTITY_CITY = CONVENE__V1__ENTITY__OF_CITY,
	ENTITY_VENUE = CONVENE__V1__ENTITY__OF_VENUE,
	ENTITY_OFFER = CONVENE__V1__ENTITY__OF_OFFER,
	ENTITY_FEDERATION = CONVENE__V1__ENTITY__OF_FEDERATION,
	ENTITY_SQUAD = CONVENE__V1__ENTITY__OF_SQUAD,
	ENTITY_PROTECTED = CONVENE__V1__ENTITY__OF_PROTECTED,
	ENTITY_PROGRAMME = CONVENE__V1__ENTITY__OF_PROGRAMME,
	ENTITY_KIND_N
};

/* "city", "venue" …: as in the keys of the store; static; NULL for what is none. And back: ENTITY_NONE for no name. */
const char *entity_kind_name(enum entity_kind kind);
enum entity_kind entity_kind_of_name(const char *name);

/* Which kind it is, and its id; NULL where it has none, or where it is no kind. The id is the entity's. */
enum entity_kind entity_kind(const Convene__V1__Entity *entity);
const char *entity_id(const Convene__V1__Entity *entity);

/* One entity that the programme owns. `entity` is valid until the next change of this entity. */
struct programme_item {
	const Convene__V1__Entity *entity;
	const char *id;
	int64_t cursor;    /* of its last change; 0 where there are no cursors */
	UT_hash_handle hh; /* private */
};

/* Policy with its defaults filled in. Points and days; -1: not set, not checked. */
struct policy {
	int64_t date_weight, move_cost, reciprocity_weight;
	int64_t rest_same_city, rest_same_host, rest_between_hosts;
	int64_t file_days, decide_days, longest_camp_days;
	int64_t freeze_days, change_notice_days, late_cancel_days;
	int64_t accept_days, revision_days;
	int64_t min_people_pct;
	bool consent_of_all;
};

struct programme;

/* An empty programme; NULL: out of memory. programme_free(NULL) is fine. */
struct programme *programme_new(void);
void programme_free(struct programme *p);

/* Puts a copy of `entity` in place of the one with its kind and id (of kind programme there is one at most, whatever
 * its id). CVN_EINVALID: no kind or no id; CVN_ETOOLARGE: too many; CVN_ENOMEM. O(1), one allocation. */
enum cvn_err CVN_MUST_CHECK programme_put(struct programme *p, const Convene__V1__Entity *entity, int64_t cursor);

/* Takes out the entity of that kind and id; nothing happens where there is none. */
void programme_retire(struct programme *p, enum entity_kind kind, const char *id);

/* Builds what is derived now rather than at the first question. */
void programme_prepare(const struct programme *p);

/* The entity of that kind and id; NULL: none (also for id NULL). O(1). Lent until its next change. */
const struct programme_item *programme_item(const struct programme *p, enum entity_kind kind, const char *id);
const Convene__V1__City *programme_city(const struct programme *p, const char *id);
const Convene__V1__Venue *programme_venue(const struct programme *p, const char *id);
const Convene__V1__Offer *programme_offer(const struct programme *p, const char *id);
const Convene__V1__Federation *programme_federation(const struct programme *p, const char *id);
const Convene__V1__Squad *programme_squad(const struct programme *p, const char *id);
const Convene__V1__Protected *programme_protected(const struct programme *p, const char *id);
const Convene__V1__Programme *programme_about(const struct programme *p); /* NULL: not put yet */

/* All entities of a kind, in the order in which they first came; NULL after the last. */
const struct programme_item *programme_first(const struct programme *p, enum entity_kind kind);
const struct programme_item *programme_next(const struct programme_item *item);
size_t programme_count(const struct programme *p, enum entity_kind kind);
size_t programme_count_all(const struct programme *p); /* PROGRAMME_ENTITIES_MAX at most */

/* First and last day, and how many there are. Without a programme, or with days that are none: 0 days, first 0,
 * last -1. */
int32_t programme_first_day(const struct programme *p);
/* The first day, after `today`, on which an event may be (have been) that is moved today: what has begun stays, and a
 * confirmed one keeps what freeze_days and change_notice_days ask. */
int32_t programme_soonest(const struct programme *p, bool is_confirmed, int32_t today);
int32_t programme_last_day(const struct programme *p);
int32_t programme_n_days(const struct programme *p);

/* Is `noc` a party, a guest? NULL is neither. */
bool programme_is_party(const struct programme *p, const char *noc);
bool programme_is_guest(const struct programme *p, const char *noc);

/* The committee of a venue's city, of a federation, of a squad's federation; NULL where one of them is unknown. Lent
 * like the entity. */
const char *programme_noc_of_venue(const struct programme *p, const char *venue);
const char *programme_noc_of_federation(const struct programme *p, const char *federation);
const char *programme_noc_of_squad(const struct programme *p, const char *squad);

/* Is the code in the vocabulary: what the programme lists, or where it lists none, what venues and federations list
 * (for facilities: venues)? */
bool programme_has_discipline(const struct programme *p, const char *code);
bool programme_has_facility(const struct programme *p, const char *code);

/* Staff of a service (enum code_service) that all offers at host `noc` add up to: an array over the programme's days
 * (programme_n_days() long), lent until the next change; NULL: there are no offers, so 0 on each day. Capacities below 0
 * count as 0; sums stop at INT32_MAX. */
const int32_t *programme_offers(const struct programme *p, const char *noc, int service);
int64_t programme_offered(const struct programme *p, const char *noc, int service, int32_t day);
int64_t programme_offered_most(const struct programme *p, const char *noc, int service); /* on its best day */

/* The policy with its defaults; lent until the next change. Weights and gaps below 0 count as 0. */
const struct policy *programme_policy(const struct programme *p);
