/* kinds.h - the kinds of calls, a row each.
 *
 * Layer     flow.
 * Thread    any; static.
 * Limit     –
 * Not here  what happens around a kind (exchange.c). */
#pragma once
#include "flow/exchange.h"

enum kind_flags {
	KIND_PROGRAMME = 1, /* the call names a programme that is there */
	KIND_NEW = 2,       /* … or that it brings itself */
	KIND_CATCH_UP =
		4, /* reads the mirror: waits until it has what was committed when the call came */
};

struct kind {
	Convene__V1__Call__OfCase of;
	const char *name; /* as in the protocol */
	unsigned roles;   /* enum role */
	unsigned flags;
	enum verdict (*start)(struct exchange *e);
	enum verdict (*done)(struct exchange *e); /* after a WAIT; NULL: it does not wait */
};

/* NULL: there is none. */
const struct kind *kind_of(Convene__V1__Call__OfCase of);

/* In the order of kinds.c's rows; the files that hold them stand there too. */
enum verdict hello_start(struct exchange *e);
enum verdict put_start(struct exchange *e);
enum verdict put_done(struct exchange *e);
enum verdict restore_start(struct exchange *e);
enum verdict restore_done(struct exchange *e);
enum verdict submit_start(struct exchange *e);
enum verdict submit_done(struct exchange *e);
enum verdict desk_start(struct exchange *e); /* amend, withdraw, decide, accept, release,
						allow, respond */
enum verdict desk_done(struct exchange *e);
enum verdict value_start(struct exchange *e);
enum verdict value_done(struct exchange *e);
enum verdict take_start(struct exchange *e); /* take, reschedule */
enum verdict take_done(struct exchange *e);
enum verdict preview_start(struct exchange *e);
enum verdict preview_done(struct exchange *e);
enum verdict round_start_start(struct exchange *e);
enum verdict round_get_start(struct exchange *e);
enum verdict round_adopt_start(struct exchange *e);
enum verdict round_discard_start(struct exchange *e);
enum verdict round_stop_start(struct exchange *e);
enum verdict round_done(struct exchange *e); /* of start, adopt, discard */
enum verdict get_start(struct exchange *e);
enum verdict list_start(struct exchange *e);
enum verdict snapshot_start(struct exchange *e);
enum verdict replay_start(struct exchange *e);
enum verdict replay_done(struct exchange *e);
enum verdict trace_start(struct exchange *e);
enum verdict trace_done(struct exchange *e);
enum verdict audit_start(struct exchange *e);
enum verdict audit_done(struct exchange *e);
enum verdict grant_start(struct exchange *e);
enum verdict grant_done(struct exchange *e);
enum verdict revoke_start(struct exchange *e);
enum verdict revoke_done(struct exchange *e);
enum verdict principals_start(struct exchange *e);
enum verdict status_start(struct exchange *e);
