/* store_private.h - what the files of the store share.
 *
 * Layer     ports, private to store*.c.
 * Thread    loop thread only.
 * Limit     STORE_WINDOW commands under way on a lane; STORE_PROGRAMMES_MAX programmes.
 * Not here  anything for others: store.h, store_read.h.
 *
 *   store.c        opening, closing, starting an operation, time
 *   store_load.c   what happens between a connection and STORE_READY
 *   store_lane.c   one connection: sends in order, sends again after a loss, waits for replicas
 *   store_write.c  the operations of store.h        store_read.c  those of store_read.h
 *   store_audit.c  those of store_audit.h
 *   store_args.c   a command's arguments            store_reply.c  answers and error replies */
#pragma once
#include "io/loop.h"
#include "io/redis.h"
#include "ports/store.h"
#include "util/arena.h"

#define STORE_WINDOW 512
#define STORE_PROGRAMMES_MAX 1024
#define STORE_COMMAND_MS 10000 /* without an answer for so long a connection counts as lost */
#define STORE_TICK_MS 20
#define STORE_WAIT_MS 500 /* how long Redis itself waits for replicas before it says how many */
#define STORE_ARGS_MAX (13 * STORE_CHANGES_MAX + 64) /* an adoption's commit; the pages of others are never touched */
#define STORE_ARGS_TEXT_BYTES ((size_t)320 * STORE_CHANGES_MAX)
#define STORE_PHASE_BYTES 16

extern const uint8_t store_functions[]; /* functions.lua, made by the build; no NUL behind it */
extern const size_t store_functions_n;

/* The arguments of one command. Bytes of others are borrowed, keys and numbers are written into
 * `text`. */
struct store_args {
	int n;
	size_t used;
	const char *argv[STORE_ARGS_MAX];
	size_t len[STORE_ARGS_MAX];
	char text[STORE_ARGS_TEXT_BYTES];
};

void store_args_begin(struct store_args *args, const char *command);
void store_args_text(struct store_args *args, const char *text);      /* borrowed */
void store_args_bytes(struct store_args *args, struct store_bytes b); /* borrowed; NULL: "" */
void store_args_int(struct store_args *args, int64_t value);
/* "{programme}:name", and with `id` not NULL "{programme}:name:id". */
void store_args_key(struct store_args *args, const char *programme, const char *name,
		    const char *id);
void store_args_printf(struct store_args *args, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Which connection an operation takes. */
enum store_lane_id { STORE_LANE_WRITE, STORE_LANE_READ, STORE_N_LANES };

/* One kind of operation. */
struct store_verb {
	enum store_lane_id lane;
	void (*encode)(struct store *store, struct store_op *op, struct store_args *args);
	/* Reads the answer, which is no error reply, into the operation. What it needs beyond is
	 * from the arena. */
	enum cvn_err (*decode)(struct store_op *op, const redisReply *reply, struct arena *arena);
	/* Of a write that moves a log: whose, and to which cursor (0: it moved nothing after
	 * all). NULL: moves none. */
	const char *(*moved)(const struct store_op *op, int64_t *ret_cursor);
	/* A command that must go before, whose answer does not matter; false: none this time.
	 * NULL: never one. */
	bool (*prelude)(const struct store_op *op, struct store_args *args);
};

/* One command under way. */
struct store_slot {
	struct store_lane *lane;
	struct store_op *op; /* NULL: the operation did not wait for it; or it is a WAIT */
	bool is_wait;
	struct store_slot *next; /* while it is free */
};

struct store_lane {
	struct store *store;
	struct redis_link *link;
	bool is_up;               /* the link */
	bool is_open;             /* operations may be sent */
	bool has_wait;            /* a WAIT is under way */
	bool wait_again;          /* one could not be sent */
	struct list_node waiting; /* store_op::link, oldest first: to be sent (again) */
	struct list_node sent;    /* …: under way */
	struct list_node
		held; /* …: done, but not yet on enough replicas; all older than those sent */
	struct store_slot slots[STORE_WINDOW];
	struct store_slot *free_slot;
	struct loop_task wait_task; /* sends one WAIT for all that was sent in a turn */
};

struct store_known {
	struct store *store;
	char programme[72];
	char phase[STORE_PHASE_BYTES];
	int64_t cursor, version, sealed;
	struct chain_hash seal;
};

struct store {
	struct loop *loop;
	struct store_options options; /* texts are copies */
	enum store_state state;
	const char *text;
	char why[160];          /* the link's reason for being away */
	const char *ready_text; /* what is said on STORE_READY */
	int64_t epoch;
	uint64_t serial; /* of the last commit or death */
	uint32_t n_pending;
	struct store_lane lanes[STORE_N_LANES];
	struct loop_timer *tick; /* deadlines, and what must be tried again */
	uint64_t load_again_ms;  /* loop clock; 0: not planned */
	uint32_t n_claims;       /* programmes that are still being claimed */
	bool must_reopen;   /* the links must be made anew: no master any more, or no Functions */
	struct arena arena; /* of one answer */
	struct store_args args;    /* of one command */
	struct store_known *known; /* STORE_PROGRAMMES_MAX of them */
	size_t n_known;
	void (*on_commit)(void *arg, const char *programme);
	void *on_commit_arg;
};

/* store.c */
CVN_MUST_CHECK enum cvn_err store_start(struct store *store, struct store_op *op,
					const struct store_verb *verb);
/* Ends an operation that is in no slot any more: drops it and calls done_cb. */
void store_finish(struct store *store, struct store_op *op, enum cvn_err err, const char *fault);
/* `text` is a constant, or `why`. Closes the lanes unless `state` is STORE_READY. */
void store_set_state(struct store *store, enum store_state state, const char *text);
/* Loads (again) after a while. */
void store_load_later(struct store *store, uint64_t after_ms);
/* Makes the links anew on the next tick. */
void store_reopen(struct store *store, const char *text);
/* The programme, added where it was not known; NULL: there are too many. */
struct store_known *store_know(struct store *store, const char *programme);

/* store_lane.c */
void store_lane_init(struct store_lane *lane, struct store *store);
void store_lane_pump(struct store_lane *lane);
/* The link is gone, and with it all that was under way: it goes back to the head of those that
 * wait. */
void store_lane_lost(struct store_lane *lane);
/* Ends what is past its deadline, or, with `cancel`, everything. */
void store_lane_expire(struct store_lane *lane, uint64_t now_ms, bool cancel);

/* store_load.c */
void store_load_start(struct store *store);

/* store_read.c */
extern const char *const STORE_KINDS[]; /* of entities, NULL at the end */

/* store_reply.c */
struct store_error {
	const char *prefix;
	enum cvn_err err;
	bool reopen; /* a new connection, and loading again, may help */
	const char *fault;
};
/* What an error reply means. A constant. */
const struct store_error *store_reply_error(const redisReply *reply);
/* Is it an array of at least `n` elements whose first is this word? */
bool store_reply_is(const redisReply *reply, const char *word, size_t n);
/* Element `i` of an array: an integer (also one written as text), a text, bytes; false where it
 * is not. */
bool store_reply_int(const redisReply *reply, size_t i, int64_t *ret);
bool store_reply_text(const redisReply *reply, size_t i, const char **ret);
bool store_reply_bytes(const redisReply *reply, size_t i, struct store_bytes *ret);
/* CVN_EPROGRAMME, CVN_ECLOSED, … for the answers that several Functions give; CVN_EBUG for any
 * other. */
enum cvn_err store_reply_refusal(const redisReply *reply);
