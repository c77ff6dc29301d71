#include "ports/store_restore.h"
#include "ports/store_private.h"
#include "util/id.h"

#include <string.h>

static void encode(struct store *store, struct store_op *op, struct store_args *args)
{
	const struct store_restore *r = CONTAINER_OF(op, struct store_restore, op);

	store_args_begin(args, "FCALL");
	store_args_text(args, "convene_restore");
	store_args_int(args, (int64_t)(4 + r->n_requests));
	store_args_key(args, r->programme, "head", NULL);
	store_args_key(args, r->programme, "log", NULL);
	store_args_key(args, r->programme, "ids", NULL);
	store_args_key(args, r->programme, "after", NULL);
	for (size_t i = 0; i < r->n_requests; i++)
		store_args_key(args, r->programme, "r", r->requests[i].item.id);
	store_args_int(args, store->epoch);
	store_args_int(args, (int64_t)r->n_requests);
	for (size_t i = 0; i < r->n_requests; i++) {
		const struct store_item *item = &r->requests[i].item;

		store_args_text(args, item->id);
		store_args_text(args, item->federation);
		store_args_text(args, item->by);
		store_args_text(args, item->after != NULL ? item->after : "");
		store_args_bytes(args, item->content);
		store_args_bytes(args, item->digest);
		store_args_bytes(args, item->standing);
		store_args_bytes(args, item->update);
		store_args_int(args, r->requests[i].state);
		store_args_int(args, r->requests[i].revision);
		store_args_int(args, r->requests[i].received_unix_ms);
		store_args_int(args, r->requests[i].bump);
	}
}

static enum cvn_err decode(struct store_op *op, const redisReply *reply, struct arena *arena)
{
	struct store_restore *r = CONTAINER_OF(op, struct store_restore, op);
	int64_t index, version;

	(void)arena;
	if (store_reply_is(reply, "taken", 2)) {
		if (!store_reply_int(reply, 1, &index) || index < 0 ||
		    (size_t)index >= r->n_requests)
			return CVN_EBUG;
		r->ret_index = (size_t)index;
		return CVN_EIDTAKEN;
	}
	if (!store_reply_is(reply, "ok", 4))
		return store_reply_refusal(reply);
	return store_reply_int(reply, 1, &r->ret_cursor) && store_reply_int(reply, 2, &version) &&
			       store_reply_int(reply, 3, &r->ret_changed) ?
		       CVN_OK :
		       CVN_EBUG;
}

static const char *moved(const struct store_op *op, int64_t *ret_cursor)
{
	const struct store_restore *r = CONTAINER_OF(op, const struct store_restore, op);

	*ret_cursor = r->ret_cursor;
	return r->programme;
}

enum cvn_err store_restore_start(struct store *store, struct store_restore *restore)
{
	static const struct store_verb VERB = { STORE_LANE_WRITE, encode, decode, moved, NULL };

	if (!id_is_valid(restore->programme))
		return CVN_EPROGRAMME;
	if (restore->n_requests == 0 || restore->n_requests > STORE_BATCH_MAX)
		return restore->n_requests == 0 ? CVN_EINVALID : CVN_ETOOLARGE;
	for (size_t i = 0; i < restore->n_requests; i++) {
		if (!id_is_valid(restore->requests[i].item.id))
			return CVN_EINVALID;
		for (size_t k = 0; k < i; k++)
			if (strcmp(restore->requests[i].item.id, restore->requests[k].item.id) == 0)
				return CVN_EINVALID;
	}
	return store_start(store, &restore->op, &VERB);
}
