/* exchange.h - the life of one call: a frame comes in, one reply goes out. For the files of flow
 * alone.
 *
 * Layer     flow.
 * Thread    loop thread.
 * Limit     one arena of EXCHANGE_BYTES a call; how many calls: flow_limits.
 * Not here  what each kind of call does (the rows of kinds.c, and the files that they name). */
#pragma once
#include "convene/v1/client.pb-c.h"
#include "flow/flow_private.h"
#include "flow/mirror.h"
#include "ports/store_read.h"
#include "util/arena.h"

#define EXCHANGE_BYTES ((size_t)16 << 20)
#define EXCHANGE_REPLY_BYTES (192u << 10) /* a page's records, at most */
#define EXCHANGE_VIOLATIONS_MAX 256
#define RETRY_BUSY_MS 100
#define RETRY_UNAVAILABLE_MS 1000

struct kind;

enum verdict {
	NEXT,  /* this step is done */
	WAIT,  /* exchange_resume() will bring it back to this step */
	FAULT, /* exchange_fault() has said what; on to the reply */
};

enum step {
	STEP_AUTHENTICATE,
	STEP_DECODE,
	STEP_AUTHORISE,
	STEP_CATCH_UP,
	STEP_ACT,
	STEP_REPLY,
	STEP_END
};

/* Who calls: a copy, since the keyring may change while the call waits. */
struct caller {
	char key[KEYRING_KEY_TEXT];
	enum role role;
	const char *subject; /* federation, NOC; "" */
	const char *name;    /* never "" */
	const char **disciplines; /* a committee's key speaks for these alone */
	size_t n_disciplines;     /* 0: for all */
};

struct exchange {
	struct flow *flow;
	enum step step;
	bool is_waiting;
	struct front_peer peer;
	struct arena arena;
	const uint8_t *payload; /* lent until the first wait */
	size_t n_payload;
	enum cvn_err frame_fault;

	struct caller caller;
	const Convene__V1__Call *call;      /* NULL until decoded */
	uint64_t refused_id;                /* of a call that can't be decoded; 0: not known */
	const struct kind *kind;            /* NULL until authorised */
	struct mirror_programme *programme; /* NULL: the call is about none, or a new one */
	uint64_t deadline_ms;               /* loop clock */
	uint64_t started_us;
	uint64_t charge; /* of the quota; given back at the end */
	uint64_t n_requests_claimed, n_entities_claimed; /* likewise */
	void (*cancel)(
		struct exchange *e); /* set while it waits for what keeps no deadline itself */

	enum cvn_err err; /* why it failed; CVN_OK: it did not */
	const char *text; /* a sentence about it; NULL: that of `err` */
	Convene__V1__Violation **violations;
	size_t n_violations;
	Convene__V1__Record *current; /* CONFLICT */
	Convene__V1__Reply reply;     /* the kind fills it; its parts lie in the arena */

	struct mirror_wait wait;
	void *act;             /* what its kind keeps, in the arena */
	struct list_node link; /* flow::exchanges */
};

/* Begins one. All of it is lent for the call. */
void exchange_start(struct flow *flow, const struct front_peer *peer, const uint8_t *payload,
		    size_t n, enum cvn_err frame_fault);

/* The only door back in: what it waited for is done, or failed. */
void exchange_resume(struct exchange *e, enum cvn_err err);

/* Waits until the mirror of the call's programme has come up to `cursor`: NEXT it has, WAIT else.
 * */
enum verdict exchange_wait_for(struct exchange *e, int64_t cursor);

/* Answers with Done. `cursor` 0: there is none to tell. NEXT, or FAULT. */
enum verdict exchange_done(struct exchange *e, int64_t cursor, int64_t changed);
/* What the call wrote is committed at `cursor`: answers with Done once the mirror has it. WAIT: call it again, the same,
 * when the call is resumed. */
enum verdict exchange_committed(struct exchange *e, int64_t cursor, int64_t changed);

/* Says what is wrong: `text` is a constant or the arena's; NULL: the sentence of `err`. Returns
 * FAULT. */
enum verdict exchange_fault(struct exchange *e, enum cvn_err err, const char *text);

/* A list with more than `max` elements: names the field, and how many would be right. Returns
 * FAULT. */
enum verdict exchange_too_many(struct exchange *e, const char *field, uint64_t max);

/* Claims room for so many more requests, or entities, until the call ends. False: replicas could
 * not hold the programme any more. What is committed beyond that could be read by nobody, so it is
 * refused before. */
bool exchange_claim_requests(struct exchange *e, uint64_t n);
bool exchange_claim_entities(struct exchange *e, uint64_t n);

/* Adds a violation; texts are copied. Past the limit it is left out. */
void exchange_violation(struct exchange *e, const char *field, const char *code, const char *text);

/* Ends those whose time is up and that no port will tell. */
void exchange_look_at_deadlines(struct flow *flow);

/* Frees those that nobody will resume any more: the ports are closed. No reply is sent. */
void exchange_free_all(struct flow *flow);

/* Memory for what a kind keeps, cleared. NULL: it has failed with CVN_ENOMEM. */
void *exchange_act(struct exchange *e, size_t n);
