/* seal.c - In order of time: seal_new -> seal_add … -> seal_store -> on_stored -> seal_store … */
#include "ports/seal.h"
#include "util/id.h"
#include <stdlib.h>
#include <string.h>

struct seal {
	struct store *store;
	struct store_seal op;
	bool is_storing;
	bool is_broken;
	bool is_free; /* the call under way is the last to know */
	struct seal_events events;
	int64_t stored;          /* last cursor in the chain */
	struct chain_hash first; /* hash of `stored` */
	struct chain_hash last;  /* hash of the last one that was computed */
	size_t n_pending;        /* those behind `stored` */
	struct chain_hash pending[SEAL_PENDING_MAX];
	char programme[ID_MAX_BYTES + 1];
};

static void on_stored(struct store_op *op, enum cvn_err err);

enum cvn_err seal_new(struct store *store, const char *programme, const struct store_head *head,
		      const struct seal_events *events, struct seal **ret_seal)
{
	struct seal *seal = calloc(1, sizeof(*seal));

	if (seal == NULL)
		return CVN_ENOMEM;
	CVN_REQUIRE(id_is_valid(programme));
	seal->store = store;
	seal->events = *events;
	strcpy(seal->programme, programme);
	chain_begin(programme, &seal->first);
	if (head != NULL && head->sealed > 0) {
		seal->stored = head->sealed;
		seal->first = head->seal;
	}
	seal->last = seal->first;
	*ret_seal = seal;
	return CVN_OK;
}

static void give_up(struct seal *seal, const char *text)
{
	if (seal->is_broken)
		return;
	seal->is_broken = true;
	seal->n_pending = 0;
	seal->events.broken_cb(seal->events.arg, text);
}

enum cvn_err seal_add(struct seal *seal, const struct store_entry *entry)
{
	int64_t cursor = seal_cursor(seal);

	if (seal->is_broken || entry->cursor <= cursor)
		return CVN_OK;
	if (entry->cursor != cursor + 1) {
		give_up(seal, "an entry of the log is missing before it was sealed");
		return CVN_EBUG;
	}
	CVN_REQUIRE(seal_has_room(seal));
	chain_next(&seal->last, entry->cursor, entry->version, entry->update.data, entry->update.n,
		   &seal->last);
	seal->pending[seal->n_pending++] = seal->last;
	return CVN_OK;
}

void seal_store(struct seal *seal, enum seal_when when)
{
	int64_t piece = STORE_CHAIN_PIECE - seal->stored % STORE_CHAIN_PIECE;
	size_t n = seal->n_pending < STORE_BATCH_MAX ? seal->n_pending : STORE_BATCH_MAX;

	if (seal->is_storing || seal->is_broken || n == 0 ||
	    (when == SEAL_WHOLE_BATCHES && n < STORE_BATCH_MAX))
		return;
	seal->op = (struct store_seal){
		.op = { .done_cb = on_stored, .deadline_ms = STORE_NO_DEADLINE, .patient = true },
		.programme = seal->programme,
		.first = seal->stored + 1,
		.before = seal->first,
		.hashes = seal->pending,
		.n_hashes = (int64_t)n < piece ? n : (size_t)piece,
	};
	seal->is_storing = store_seal_start(seal->store, &seal->op) == CVN_OK;
	/* refused (the store's queue is full): the next call comes soon */
}

static void on_stored(struct store_op *op, enum cvn_err err)
{
	struct seal *seal = CONTAINER_OF(CONTAINER_OF(op, struct store_seal, op), struct seal, op);
	size_t n = seal->op.n_hashes;

	if (seal->is_free) {
		free(seal);
		return;
	}
	seal->is_storing = false;
	if (seal->is_broken)
		return; /* and n_pending is 0 */
	if (err == CVN_OK) {
		seal->stored += (int64_t)n;
		seal->first = seal->pending[n - 1];
		seal->n_pending -= n;
		memmove(seal->pending, seal->pending + n,
			seal->n_pending * sizeof(*seal->pending));
		seal_store(seal, SEAL_WHOLE_BATCHES);
		seal->events.stored_cb(seal->events.arg);
	} else if (err == CVN_ECONFLICT || err == CVN_EPROGRAMME || err == CVN_EBUG) {
		give_up(seal, "the chain of hashes is not as it was left");
	} /* else Redis takes no writes now: again with the next call */
}

void seal_free(struct seal *seal)
{
	if (seal == NULL)
		return;
	if (seal->is_storing)
		seal->is_free = true; /* on_stored() frees it */
	else
		free(seal);
}

int64_t seal_cursor(const struct seal *seal)
{
	return seal->stored + (int64_t)seal->n_pending;
}

int64_t seal_stored(const struct seal *seal)
{
	return seal->stored;
}

bool seal_is_broken(const struct seal *seal)
{
	return seal->is_broken;
}

bool seal_has_room(const struct seal *seal)
{
	return seal->is_broken || seal->n_pending < SEAL_PENDING_MAX;
}
