/* store_audit.c - the two operations on the chain: checks and start, arguments, answer of each. */
#include "ports/store_audit.h"
#include "ports/store_private.h"
#include "util/id.h"
#include <inttypes.h>
#include <string.h>

/* The piece of the chain that holds the hash of this cursor. */
static void add_piece(struct store_args *args, const char *programme, int64_t cursor)
{
	store_args_printf(args, "{%s}:chain:%" PRId64, programme, (cursor - 1) / STORE_CHAIN_PIECE);
}

/* --- seal --- */

static void encode_seal(struct store *store, struct store_op *op, struct store_args *args)
{
	const struct store_seal *seal = CONTAINER_OF(op, struct store_seal, op);

	store_args_begin(args, "FCALL");
	store_args_text(args, "convene_seal");
	store_args_int(args, 2);
	store_args_key(args, seal->programme, "head", NULL);
	add_piece(args, seal->programme, seal->first);
	store_args_int(args, store->epoch);
	store_args_int(args, seal->first);
	store_args_bytes(args,
			 (struct store_bytes){ seal->before.bytes, sizeof(seal->before.bytes) });
	store_args_bytes(args, (struct store_bytes){ seal->hashes[0].bytes,
						     seal->n_hashes * CHAIN_HASH_BYTES });
}

static enum cvn_err decode_seal(struct store_op *op, const redisReply *reply, struct arena *arena)
{
	(void)op;
	(void)arena;
	if (store_reply_is(reply, "ok", 1))
		return CVN_OK;
	return store_reply_is(reply, "broken", 1) ? CVN_ECONFLICT : store_reply_refusal(reply);
}

enum cvn_err store_seal_start(struct store *store, struct store_seal *seal)
{
	static const struct store_verb VERB = { STORE_LANE_WRITE, encode_seal, decode_seal, NULL,
						NULL };

	if (!id_is_valid(seal->programme))
		return CVN_EPROGRAMME;
	if (seal->first < 1 || seal->n_hashes == 0)
		return CVN_EINVALID;
	if (seal->n_hashes > STORE_BATCH_MAX ||
	    (seal->first - 1) % STORE_CHAIN_PIECE + (int64_t)seal->n_hashes > STORE_CHAIN_PIECE)
		return CVN_ETOOLARGE;
	return store_start(store, &seal->op, &VERB);
}

/* --- audit --- */

static void encode_audit(struct store *store, struct store_op *op, struct store_args *args)
{
	const struct store_audit *audit = CONTAINER_OF(op, struct store_audit, op);

	(void)store;
	store_args_begin(args, "FCALL_RO");
	store_args_text(args, "convene_audit");
	store_args_int(args, 3);
	store_args_key(args, audit->programme, "head", NULL);
	store_args_key(args, audit->programme, "log", NULL);
	add_piece(args, audit->programme, audit->after + 1);
	store_args_int(args, audit->after);
	store_args_int(args, audit->limit);
	store_args_int(args, audit->bytes_max);
}

/* {CURSOR-N, UPDATE, VERSION}, the last two possibly nil: anyone may have written it. */
static bool read_entry(const redisReply *r, struct store_audit_entry *entry)
{
	if (r->type != REDIS_REPLY_ARRAY || !store_reply_int(r, 0, &entry->cursor))
		return false;
	if (!store_reply_bytes(r, 1, &entry->update) || !store_reply_int(r, 2, &entry->version)) {
		entry->update = (struct store_bytes){ NULL, 0 };
		entry->version = 0;
	}
	return true;
}

static bool read_audit(const redisReply *reply, struct store_audit *audit)
{
	struct store_bytes seal, hashes;

	if (!store_reply_int(reply, 1, &audit->ret_cursor) ||
	    !store_reply_int(reply, 2, &audit->ret_sealed) || !store_reply_bytes(reply, 3, &seal) ||
	    !store_reply_int(reply, 4, &audit->ret_through) ||
	    !store_reply_bytes(reply, 5, &hashes))
		return false;
	memset(&audit->ret_seal, 0, sizeof(audit->ret_seal));
	if (seal.n == CHAIN_HASH_BYTES)
		memcpy(audit->ret_seal.bytes, seal.data, CHAIN_HASH_BYTES);
	audit->ret_hashes = hashes.data;
	audit->ret_n_hashes = hashes.n / CHAIN_HASH_BYTES;
	return true;
}

static enum cvn_err decode_audit(struct store_op *op, const redisReply *reply, struct arena *arena)
{
	struct store_audit *audit = CONTAINER_OF(op, struct store_audit, op);
	struct store_audit_entry *entries;
	size_t n;

	if (!store_reply_is(reply, "ok", 6))
		return store_reply_refusal(reply);
	n = reply->elements - 6;
	entries = arena_array(arena, n + 1, sizeof(*entries));
	if (entries == NULL)
		return CVN_ENOMEM;
	for (size_t i = 0; i < n; i++)
		if (!read_entry(reply->element[6 + i], &entries[i]))
			return CVN_EBUG;
	if (!read_audit(reply, audit))
		return CVN_EBUG;
	audit->ret_entries = entries;
	audit->ret_n = n;
	return CVN_OK;
}

enum cvn_err store_audit_start(struct store *store, struct store_audit *audit)
{
	static const struct store_verb VERB = { STORE_LANE_READ, encode_audit, decode_audit, NULL,
						NULL };

	if (!id_is_valid(audit->programme))
		return CVN_EPROGRAMME;
	if (audit->after < 0 || audit->after > INT64_MAX / 2 || audit->limit < 0 ||
	    audit->limit > STORE_BATCH_MAX || audit->bytes_max < 0)
		return CVN_EINVALID;
	return store_start(store, &audit->op, &VERB);
}
