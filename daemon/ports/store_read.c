/* store_read.c - the operations that read: arguments, answer, start of each. What is lent points
 * into the answer. */
#include "ports/store_read.h"
#include "convene/v1/record.pb-c.h"
#include "ports/store_private.h"
#include "util/buf.h"
#include "util/id.h"
#include "wire/frame.h"
#include <inttypes.h>
#include <string.h>

#define PRINCIPALS_KEY "convene:principals"

static void begin_call(struct store_args *args, const char *function, size_t n_keys)
{
	store_args_begin(args, "FCALL_RO");
	store_args_text(args, function);
	store_args_int(args, (int64_t)n_keys);
}

/* One record as functions.lua gives it: rev, state, cursor, fed, by, t0, trail, c, s. */
static bool read_record(const redisReply *r, struct store_record *record)
{
	int64_t state;

	if (r->type != REDIS_REPLY_ARRAY || !store_reply_int(r, 0, &record->revision) ||
	    !store_reply_int(r, 1, &state) || !store_reply_int(r, 2, &record->cursor) ||
	    !store_reply_text(r, 3, &record->federation) || !store_reply_text(r, 4, &record->by) ||
	    !store_reply_int(r, 5, &record->received_unix_ms) ||
	    !store_reply_text(r, 6, &record->trail) || !store_reply_bytes(r, 7, &record->content) ||
	    !store_reply_bytes(r, 8, &record->standing))
		return false;
	record->state = (int32_t)state;
	return true;
}

/* --- read --- */

static void encode_read(struct store *store, struct store_op *op, struct store_args *args)
{
	const struct store_read *read = CONTAINER_OF(op, struct store_read, op);

	(void)store;
	begin_call(args, "convene_read", 1 + read->n_ids);
	store_args_key(args, read->programme, "head", NULL);
	for (size_t i = 0; i < read->n_ids; i++)
		store_args_key(args, read->programme, "r", read->ids[i]);
}

static enum cvn_err decode_read(struct store_op *op, const redisReply *reply, struct arena *arena)
{
	struct store_read *read = CONTAINER_OF(op, struct store_read, op);
	struct store_record *records;

	if (!store_reply_is(reply, "ok", 3 + read->n_ids))
		return store_reply_refusal(reply);
	records = arena_array(arena, read->n_ids, sizeof(*records));
	if (records == NULL)
		return CVN_ENOMEM;
	for (size_t i = 0; i < read->n_ids; i++) {
		const redisReply *r = reply->element[3 + i];

		if (r->type != REDIS_REPLY_ARRAY || r->elements == 0)
			return CVN_EBUG;
		if (r->element[0]->type == REDIS_REPLY_NIL)
			continue;
		if (!read_record(r, &records[i]))
			return CVN_EBUG;
		records[i].id = read->ids[i];
	}
	if (!store_reply_int(reply, 1, &read->ret_cursor) ||
	    !store_reply_int(reply, 2, &read->ret_version))
		return CVN_EBUG;
	read->ret_records = records;
	return CVN_OK;
}

enum cvn_err store_read_start(struct store *store, struct store_read *read)
{
	static const struct store_verb VERB = { STORE_LANE_READ, encode_read, decode_read, NULL,
						NULL };

	if (!id_is_valid(read->programme))
		return CVN_EPROGRAMME;
	if (read->n_ids == 0)
		return CVN_EINVALID;
	if (read->n_ids > STORE_BATCH_MAX)
		return CVN_ETOOLARGE;
	for (size_t i = 0; i < read->n_ids; i++)
		if (!id_is_valid(read->ids[i]))
			return CVN_EINVALID;
	return store_start(store, &read->op, &VERB);
}

/* --- page --- */

static void encode_page(struct store *store, struct store_op *op, struct store_args *args)
{
	const struct store_page *page = CONTAINER_OF(op, struct store_page, op);

	(void)store;
	begin_call(args, "convene_page", 2);
	store_args_key(args, page->programme, "head", NULL);
	store_args_key(args, page->programme, "ids", NULL);
	store_args_printf(args, "{%s}:r:", page->programme);
	store_args_int(args, page->from);
	store_args_int(args, page->limit);
	store_args_int(args, page->bytes_max);
}

static enum cvn_err decode_page(struct store_op *op, const redisReply *reply, struct arena *arena)
{
	struct store_page *page = CONTAINER_OF(op, struct store_page, op);
	struct store_record *records;
	size_t n;

	if (!store_reply_is(reply, "ok", 5))
		return store_reply_refusal(reply);
	n = reply->elements - 5;
	records = arena_array(arena, n + 1, sizeof(*records));
	if (records == NULL)
		return CVN_ENOMEM;
	for (size_t i = 0; i < n; i++)
		if (!read_record(reply->element[5 + i], &records[i]) ||
		    !store_reply_text(reply->element[5 + i], 9, &records[i].id))
			return CVN_EBUG;
	if (!store_reply_int(reply, 1, &page->ret_cursor) ||
	    !store_reply_int(reply, 2, &page->ret_version) ||
	    !store_reply_int(reply, 3, &page->ret_total) ||
	    !store_reply_int(reply, 4, &page->ret_next))
		return CVN_EBUG;
	page->ret_records = records;
	page->ret_n = n;
	return CVN_OK;
}

enum cvn_err store_page_start(struct store *store, struct store_page *page)
{
	static const struct store_verb VERB = { STORE_LANE_READ, encode_page, decode_page, NULL,
						NULL };

	if (!id_is_valid(page->programme))
		return CVN_EPROGRAMME;
	if (page->from < 0 || page->limit < 1 || page->limit > STORE_BATCH_MAX ||
	    page->bytes_max < 0)
		return CVN_EINVALID;
	return store_start(store, &page->op, &VERB);
}

/* --- entities --- */

static void encode_entities(struct store *store, struct store_op *op, struct store_args *args)
{
	const struct store_entities *entities = CONTAINER_OF(op, struct store_entities, op);
	size_t n = 0;

	(void)store;
	while (STORE_KINDS[n] != NULL)
		n++;
	begin_call(args, "convene_entities", 2 + n);
	store_args_key(args, entities->programme, "head", NULL);
	store_args_key(args, entities->programme, "ec", NULL);
	for (size_t i = 0; i < n; i++)
		store_args_key(args, entities->programme, "e", STORE_KINDS[i]);
	for (size_t i = 0; i < n; i++)
		store_args_text(args, STORE_KINDS[i]);
}

static enum cvn_err decode_entities(struct store_op *op, const redisReply *reply,
				    struct arena *arena)
{
	struct store_entities *entities = CONTAINER_OF(op, struct store_entities, op);
	struct store_entity_at *all;
	size_t n;

	if (!store_reply_is(reply, "ok", 3))
		return store_reply_refusal(reply);
	n = reply->elements - 3;
	all = arena_array(arena, n + 1, sizeof(*all));
	if (all == NULL)
		return CVN_ENOMEM;
	for (size_t i = 0; i < n; i++) {
		const redisReply *r = reply->element[3 + i];

		if (r->type != REDIS_REPLY_ARRAY || !store_reply_text(r, 0, &all[i].kind) ||
		    !store_reply_text(r, 1, &all[i].id) ||
		    !store_reply_bytes(r, 2, &all[i].bytes) ||
		    !store_reply_int(r, 3, &all[i].cursor))
			return CVN_EBUG;
	}
	if (!store_reply_int(reply, 1, &entities->ret_cursor) ||
	    !store_reply_int(reply, 2, &entities->ret_version))
		return CVN_EBUG;
	entities->ret_entities = all;
	entities->ret_n = n;
	return CVN_OK;
}

enum cvn_err store_entities_start(struct store *store, struct store_entities *entities)
{
	static const struct store_verb VERB = { STORE_LANE_READ, encode_entities, decode_entities,
						NULL, NULL };

	if (!id_is_valid(entities->programme))
		return CVN_EPROGRAMME;
	return store_start(store, &entities->op, &VERB);
}

/* --- log, entries --- */

/* [[CURSOR-0, [u, UPDATE, v, VERSION]], …] */
static enum cvn_err read_entries(const redisReply *reply, struct arena *arena,
				 const struct store_entry **ret_entries, size_t *ret_n)
{
	struct store_entry *entries;

	if (reply->type != REDIS_REPLY_ARRAY)
		return CVN_EBUG;
	entries = arena_array(arena, reply->elements + 1, sizeof(*entries));
	if (entries == NULL)
		return CVN_ENOMEM;
	for (size_t i = 0; i < reply->elements; i++) {
		const redisReply *r = reply->element[i];

		if (r->type != REDIS_REPLY_ARRAY || r->elements != 2 ||
		    r->element[1]->type != REDIS_REPLY_ARRAY ||
		    !store_reply_int(r, 0, &entries[i].cursor) ||
		    !store_reply_bytes(r->element[1], 1, &entries[i].update) ||
		    !store_reply_int(r->element[1], 3, &entries[i].version))
			return CVN_EBUG;
	}
	*ret_entries = entries;
	*ret_n = reply->elements;
	return CVN_OK;
}

static void encode_log(struct store *store, struct store_op *op, struct store_args *args)
{
	const struct store_log *log = CONTAINER_OF(op, struct store_log, op);

	(void)store;
	store_args_begin(args, "XRANGE");
	store_args_key(args, log->programme, "log", NULL);
	store_args_printf(args, "%" PRId64 "-0", log->after + 1);
	store_args_text(args, "+");
	store_args_text(args, "COUNT");
	store_args_int(args, log->limit);
}

static enum cvn_err decode_log(struct store_op *op, const redisReply *reply, struct arena *arena)
{
	struct store_log *log = CONTAINER_OF(op, struct store_log, op);

	return read_entries(reply, arena, &log->ret_entries, &log->ret_n);
}

enum cvn_err store_log_start(struct store *store, struct store_log *log)
{
	static const struct store_verb VERB = { STORE_LANE_READ, encode_log, decode_log, NULL,
						NULL };

	if (!id_is_valid(log->programme))
		return CVN_EPROGRAMME;
	if (log->after < 0 || log->after == INT64_MAX || log->limit < 1 ||
	    log->limit > STORE_BATCH_MAX)
		return CVN_EINVALID;
	return store_start(store, &log->op, &VERB);
}

static void encode_entries(struct store *store, struct store_op *op, struct store_args *args)
{
	const struct store_entries *entries = CONTAINER_OF(op, struct store_entries, op);

	(void)store;
	begin_call(args, "convene_entries", 1);
	store_args_key(args, entries->programme, "log", NULL);
	for (size_t i = 0; i < entries->n_cursors; i++)
		store_args_int(args, entries->cursors[i]);
}

static enum cvn_err decode_entries(struct store_op *op, const redisReply *reply,
				   struct arena *arena)
{
	struct store_entries *entries = CONTAINER_OF(op, struct store_entries, op);

	return read_entries(reply, arena, &entries->ret_entries, &entries->ret_n);
}

enum cvn_err store_entries_start(struct store *store, struct store_entries *entries)
{
	static const struct store_verb VERB = { STORE_LANE_READ, encode_entries, decode_entries,
						NULL, NULL };

	if (!id_is_valid(entries->programme))
		return CVN_EPROGRAMME;
	if (entries->n_cursors == 0 || entries->n_cursors > STORE_BATCH_MAX)
		return CVN_EINVALID;
	return store_start(store, &entries->op, &VERB);
}

enum cvn_err store_complete_update(const char *programme, const struct store_entry *entry,
				   struct buf *out)
{
	enum cvn_err err = buf_append(out, entry->update.data, entry->update.n);

	if (err == CVN_OK)
		err = frame_append_text(out, 1, programme);
	if (err == CVN_OK)
		err = frame_append_int(out, 2, entry->cursor);
	if (err == CVN_OK)
		err = frame_append_int(out, 3, entry->version);
	return err;
}

/* --- todo --- */

static void encode_todo(struct store *store, struct store_op *op, struct store_args *args)
{
	const struct store_todo *todo = CONTAINER_OF(op, struct store_todo, op);

	(void)store;
	begin_call(args, "convene_todo", 1);
	store_args_key(args, todo->programme, "ids", NULL);
	store_args_printf(args, "{%s}:r:", todo->programme);
	store_args_int(args, todo->from);
	store_args_int(args, STORE_TODO_STEP);
}

static enum cvn_err decode_todo(struct store_op *op, const redisReply *reply, struct arena *arena)
{
	struct store_todo *todo = CONTAINER_OF(op, struct store_todo, op);
	const char **ids;
	size_t n;

	if (!store_reply_is(reply, "ok", 2) || !store_reply_int(reply, 1, &todo->ret_next))
		return CVN_EBUG;
	n = reply->elements - 2;
	ids = arena_array(arena, n + 1, sizeof(*ids));
	if (ids == NULL)
		return CVN_ENOMEM;
	for (size_t i = 0; i < n; i++)
		if (!store_reply_text(reply, 2 + i, &ids[i]))
			return CVN_EBUG;
	todo->ret_ids = ids;
	todo->ret_n = n;
	return CVN_OK;
}

enum cvn_err store_todo_start(struct store *store, struct store_todo *todo)
{
	static const struct store_verb VERB = { STORE_LANE_READ, encode_todo, decode_todo, NULL,
						NULL };

	if (!id_is_valid(todo->programme))
		return CVN_EPROGRAMME;
	if (todo->from < 0)
		return CVN_EINVALID;
	return store_start(store, &todo->op, &VERB);
}

/* --- round --- */

static void encode_round(struct store *store, struct store_op *op, struct store_args *args)
{
	const struct store_round_read *read = CONTAINER_OF(op, struct store_round_read, op);

	(void)store;
	store_args_begin(args, "GET");
	store_args_key(args, read->programme, "round", NULL);
}

static enum cvn_err decode_round(struct store_op *op, const redisReply *reply, struct arena *arena)
{
	struct store_round_read *read = CONTAINER_OF(op, struct store_round_read, op);

	(void)arena;
	read->ret_round = (struct store_bytes){ NULL, 0 };
	if (reply->type == REDIS_REPLY_STRING)
		read->ret_round = (struct store_bytes){ (const uint8_t *)reply->str, reply->len };
	return reply->type == REDIS_REPLY_STRING || reply->type == REDIS_REPLY_NIL ? CVN_OK : CVN_EBUG;
}

enum cvn_err store_round_read_start(struct store *store, struct store_round_read *read)
{
	static const struct store_verb VERB = { STORE_LANE_READ, encode_round, decode_round, NULL,
						NULL };

	if (!id_is_valid(read->programme))
		return CVN_EPROGRAMME;
	return store_start(store, &read->op, &VERB);
}

/* --- principals --- */

static void encode_principals(struct store *store, struct store_op *op, struct store_args *args)
{
	(void)store;
	(void)op;
	store_args_begin(args, "HGETALL");
	store_args_text(args, PRINCIPALS_KEY);
}

static enum cvn_err decode_principals(struct store_op *op, const redisReply *reply,
				      struct arena *arena)
{
	struct store_principals *principals = CONTAINER_OF(op, struct store_principals, op);
	struct store_principal *all;
	size_t n;

	if (reply->type != REDIS_REPLY_ARRAY || reply->elements % 2 != 0)
		return CVN_EBUG;
	n = reply->elements / 2;
	all = arena_array(arena, n + 1, sizeof(*all));
	if (all == NULL)
		return CVN_ENOMEM;
	for (size_t i = 0; i < n; i++)
		if (!store_reply_text(reply, 2 * i, &all[i].public_key) ||
		    !store_reply_bytes(reply, 2 * i + 1, &all[i].bytes))
			return CVN_EBUG;
	principals->ret_principals = all;
	principals->ret_n = n;
	return CVN_OK;
}

enum cvn_err store_principals_start(struct store *store, struct store_principals *principals)
{
	static const struct store_verb VERB = { STORE_LANE_READ, encode_principals,
						decode_principals, NULL, NULL };

	return store_start(store, &principals->op, &VERB);
}
