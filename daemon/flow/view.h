/* view.h - a request as the caller may see it.
 *
 * Who reads the programme sees all. A federation sees its own, with the unconfirmed requests of
 * others that stand in its way named by kind, venue and days only; of others' it sees the confirmed
 * calendar: kind, discipline, title, place; and of what a squad of it is invited to also who invites,
 * and its own invitations.
 *
 * Layer     flow: pure.
 * Thread    any.
 * Limit     the arena's.
 * Not here  which calls a role may make (flow/kinds.c). */
#pragma once
#include "convene/v1/record.pb-c.h"
#include "domain/replica.h"
#include "ports/keyring.h"
#include "util/arena.h"

/* Who looks at which programme. Borrowed. */
struct view {
	const struct replica *replica;
	enum role role;
	const char *subject;
	bool without_content;
};

/* Borrows from record and arena. NULL: not to be seen (or the arena is full). */
Convene__V1__Record *view_record(const struct view *view, const struct replica_record *record,
				 struct arena *arena);

/* The standing of a request that is the viewer's own. NULL: the arena is full. */
Convene__V1__Standing *view_own_standing(const struct view *view,
					 const Convene__V1__Standing *standing,
					 struct arena *arena);

/* May the viewer see anything of it: its own, the confirmed ones, what it is invited to? */
bool view_is_seen(const struct view *view, const struct replica_record *record);

/* How many days follow on its first, as its federation wrote it: never more than a programme may
 * have, whatever the number says. */
int32_t view_days_after_first(const Convene__V1__Request *content);

/* Is it one that the viewer may see as its own, or as reader of the programme? */
bool view_is_whole(const struct view *view, const struct replica_record *record);
