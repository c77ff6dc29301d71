/* store_write.c - the operations that write: how each becomes a call of its Function, and what
 * the answer means.
 *
 * Of each operation: checks and start, arguments, answer. The order of keys and arguments is
 * that of functions.lua. */
#include "ports/store_private.h"
#include "util/id.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define DIGEST_MAX 64
#define PUBLIC_KEY_CHARS 40

const char *const STORE_KINDS[] = { "programme",  "city",  "venue",     "offer",
				    "federation", "squad", "protected", NULL };

static void begin_call(struct store_args *args, const char *function, const char *programme,
		       size_t n_keys)
{
	store_args_begin(args, "FCALL");
	store_args_text(args, function);
	store_args_int(args, (int64_t)n_keys);
	store_args_key(args, programme, "head", NULL);
}

static enum cvn_err check_batch(const char *programme, size_t n)
{
	if (!id_is_valid(programme))
		return CVN_EPROGRAMME;
	return n == 0 ? CVN_EINVALID : n > STORE_BATCH_MAX ? CVN_ETOOLARGE : CVN_OK;
}

/* --- admit --- */

static void encode_admit(struct store *store, struct store_op *op, struct store_args *args)
{
	const struct store_admit *admit = CONTAINER_OF(op, struct store_admit, op);
	const char *p = admit->programme;

	begin_call(args, "convene_admit", p, 4 + admit->n_items);
	store_args_key(args, p, "log", NULL);
	store_args_key(args, p, "ids", NULL);
	store_args_key(args, p, "after", NULL);
	for (size_t i = 0; i < admit->n_items; i++)
		store_args_key(args, p, "r", admit->items[i].id);
	store_args_int(args, store->epoch);
	store_args_int(args, admit->unix_ms);
	store_args_int(args, (int64_t)admit->n_items);
	for (size_t i = 0; i < admit->n_items; i++) {
		const struct store_item *item = &admit->items[i];

		store_args_text(args, item->id);
		store_args_text(args, item->federation);
		store_args_text(args, item->by);
		store_args_text(args, item->after != NULL ? item->after : "");
		store_args_bytes(args, item->content);
		store_args_bytes(args, item->digest);
		store_args_bytes(args, item->standing);
		store_args_bytes(args, item->update);
	}
}

static bool read_item(const redisReply *r, struct store_item *item)
{
	static const char *const WORDS[] = {
		[STORE_NEW] = "new", [STORE_AGAIN] = "again", [STORE_TAKEN] = "taken"
	};
	int64_t state;

	for (size_t i = 0; i < N_ELEMENTS(WORDS); i++) {
		if (!store_reply_is(r, WORDS[i], 4))
			continue;
		item->ret_admission = (enum store_admission)i;
		if (!store_reply_int(r, 1, &item->ret_revision) ||
		    !store_reply_int(r, 2, &item->ret_cursor) || !store_reply_int(r, 3, &state))
			return false;
		item->ret_state = (int32_t)state;
		return true;
	}
	return false;
}

static enum cvn_err decode_admit(struct store_op *op, const redisReply *reply, struct arena *arena)
{
	struct store_admit *admit = CONTAINER_OF(op, struct store_admit, op);
	bool taken = store_reply_is(reply, "taken", 1 + admit->n_items);

	(void)arena;
	if (!taken && !store_reply_is(reply, "ok", 1 + admit->n_items))
		return store_reply_refusal(reply);
	for (size_t i = 0; i < admit->n_items; i++)
		if (!read_item(reply->element[1 + i], &admit->items[i]))
			return CVN_EBUG;
	return taken ? CVN_EIDTAKEN : CVN_OK;
}

static const char *moved_by_admit(const struct store_op *op, int64_t *ret_cursor)
{
	const struct store_admit *admit = CONTAINER_OF(op, const struct store_admit, op);

	*ret_cursor = 0;
	for (size_t i = 0; i < admit->n_items; i++)
		if (admit->items[i].ret_cursor > *ret_cursor)
			*ret_cursor = admit->items[i].ret_cursor;
	return admit->programme;
}

enum cvn_err store_admit_start(struct store *store, struct store_admit *admit)
{
	static const struct store_verb VERB = { STORE_LANE_WRITE, encode_admit, decode_admit,
						moved_by_admit, NULL };
	enum cvn_err err = check_batch(admit->programme, admit->n_items);

	if (err != CVN_OK)
		return err;
	for (size_t i = 0; i < admit->n_items; i++) {
		const struct store_item *item = &admit->items[i];

		CVN_REQUIRE(item->federation != NULL && item->by != NULL && item->digest.n > 0 &&
			    item->digest.n <= DIGEST_MAX && item->content.n > 0);
		if (!id_is_valid(item->id))
			return CVN_EINVALID;
		for (size_t j = 0; j < i; j++)
			if (strcmp(item->id, admit->items[j].id) == 0)
				return CVN_EINVALID;
	}
	return store_start(store, &admit->op, &VERB);
}

/* --- commit --- */

static void encode_change(const struct store_change *change, struct store_args *args)
{
	store_args_text(args, change->id);
	store_args_int(args, change->expect_revision);
	store_args_int(args, change->expect_state);
	store_args_int(args, change->expect_cursor);
	store_args_int(args, change->revision);
	store_args_int(args, change->state);
	store_args_int(args, change->bump);
	store_args_bytes(args, change->content);
	store_args_bytes(args, change->digest);
	store_args_text(args, change->after != NULL ? change->after : "");
	store_args_bytes(args, change->standing);
	store_args_bytes(args, change->update);
}

static void encode_commit(struct store *store, struct store_op *op, struct store_args *args)
{
	const struct store_commit *commit = CONTAINER_OF(op, struct store_commit, op);
	const char *p = commit->programme;

	begin_call(args, "convene_commit", p, 4 + commit->n_changes + (commit->round.data != NULL));
	store_args_key(args, p, "log", NULL);
	store_args_key(args, p, "after", NULL);
	store_args_key(args, p, "deaths", NULL);
	for (size_t i = 0; i < commit->n_changes; i++)
		store_args_key(args, p, "r", commit->changes[i].id);
	if (commit->round.data != NULL)
		store_args_key(args, p, "round", NULL);
	store_args_int(args, store->epoch);
	store_args_printf(args, "%" PRId64 "-%" PRIu64, store->epoch, commit->serial);
	if (commit->has_base_version && commit->builds_on != 0)
		store_args_printf(args, "%" PRId64 ":%" PRId64 "-%" PRIu64, commit->base_version, store->epoch,
				  commit->builds_on);
	else if (commit->has_base_version)
		store_args_int(args, commit->base_version);
	else
		store_args_text(args, "");
	store_args_int(args, (int64_t)commit->n_changes);
	for (size_t i = 0; i < commit->n_changes; i++)
		encode_change(&commit->changes[i], args);
	if (commit->round.data != NULL)
		store_args_bytes(args, commit->round);
}

static enum cvn_err decode_gone(struct store_commit *commit, const redisReply *reply)
{
	int64_t state;

	if (!store_reply_int(reply, 2, &commit->ret_revision) ||
	    !store_reply_int(reply, 3, &state) || !store_reply_int(reply, 4, &commit->ret_at))
		return CVN_EBUG;
	commit->ret_state = (int32_t)state;
	return CVN_EGONE;
}

static enum cvn_err decode_commit(struct store_op *op, const redisReply *reply, struct arena *arena)
{
	struct store_commit *commit = CONTAINER_OF(op, struct store_commit, op);
	int64_t index;

	(void)arena;
	if (store_reply_is(reply, "ok", 3))
		return store_reply_int(reply, 1, &commit->ret_cursor) &&
				       store_reply_int(reply, 2, &commit->ret_version) ?
			       CVN_OK :
			       CVN_EBUG;
	if (store_reply_is(reply, "stale", 2))
		return store_reply_int(reply, 1, &commit->ret_version) ? CVN_ESTALE : CVN_EBUG;
	if (reply->type == REDIS_REPLY_ARRAY && store_reply_int(reply, 1, &index) && index >= 0 &&
	    (size_t)index < commit->n_changes) {
		commit->ret_index = (size_t)index;
		if (store_reply_is(reply, "gone", 5))
			return decode_gone(commit, reply);
		if (store_reply_is(reply, "absent", 2))
			return CVN_ENOTFOUND;
		if (store_reply_is(reply, "circle", 2))
			return CVN_ECONFLICT;
	}
	return store_reply_refusal(reply);
}

static const char *moved_by_commit(const struct store_op *op, int64_t *ret_cursor)
{
	const struct store_commit *commit = CONTAINER_OF(op, const struct store_commit, op);

	*ret_cursor = commit->ret_cursor;
	return commit->programme;
}

static int compare_ids(const void *a, const void *b)
{
	const char *const *x = a, *const *y = b;

	return strcmp(*x, *y);
}

/* CVN_OK: no two changes are of one request. */
static enum cvn_err check_ids(const struct store_commit *commit)
{
	const char **ids = calloc(commit->n_changes, sizeof *ids);
	enum cvn_err err = ids != NULL ? CVN_OK : CVN_ENOMEM;

	for (size_t i = 0; err == CVN_OK && i < commit->n_changes; i++)
		ids[i] = commit->changes[i].id;
	if (err == CVN_OK)
		qsort(ids, commit->n_changes, sizeof *ids, compare_ids);
	for (size_t i = 1; err == CVN_OK && i < commit->n_changes; i++)
		if (strcmp(ids[i - 1], ids[i]) == 0)
			err = CVN_EINVALID;
	free(ids);
	return err;
}

enum cvn_err store_commit_start(struct store *store, struct store_commit *commit)
{
	static const struct store_verb VERB = { STORE_LANE_WRITE, encode_commit, decode_commit,
						moved_by_commit, NULL };
	enum cvn_err err = CVN_OK;

	if (!id_is_valid(commit->programme))
		return CVN_EPROGRAMME;
	if (commit->n_changes == 0 || commit->n_changes > STORE_CHANGES_MAX)
		return commit->n_changes == 0 ? CVN_EINVALID : CVN_ETOOLARGE;
	for (size_t i = 0; i < commit->n_changes; i++) {
		const struct store_change *change = &commit->changes[i];

		CVN_REQUIRE(change->state > 0 && change->revision > 0 &&
			    (change->content.data == NULL ||
			     (change->digest.n > 0 && change->content.n > 0)));
		if (!id_is_valid(change->id))
			return CVN_EINVALID;
	}
	err = check_ids(commit);
	if (err != CVN_OK)
		return err;
	commit->serial = ++store->serial;
	return store_start(store, &commit->op, &VERB);
}

/* --- round --- */

static void encode_round(struct store *store, struct store_op *op, struct store_args *args)
{
	const struct store_round *round = CONTAINER_OF(op, struct store_round, op);

	begin_call(args, "convene_round", round->programme, 2);
	store_args_key(args, round->programme, "round", NULL);
	store_args_int(args, store->epoch);
	store_args_bytes(args, round->round);
}

static enum cvn_err decode_round(struct store_op *op, const redisReply *reply, struct arena *arena)
{
	(void)op;
	(void)arena;
	return store_reply_is(reply, "ok", 1) ? CVN_OK : store_reply_refusal(reply);
}

enum cvn_err store_round_start(struct store *store, struct store_round *round)
{
	static const struct store_verb VERB = { STORE_LANE_WRITE, encode_round, decode_round, NULL,
						NULL };

	if (!id_is_valid(round->programme))
		return CVN_EPROGRAMME;
	return store_start(store, &round->op, &VERB);
}

/* --- put --- */

/* The set of programmes has another tag than the programme's own keys: it can't be in the same
 * call. It goes first, so that no programme is ever unknown to the next start; a name without a
 * programme is passed over there. */
static bool encode_programme_name(const struct store_op *op, struct store_args *args)
{
	const struct store_put *put = CONTAINER_OF(op, const struct store_put, op);

	if (strcmp(put->entities[0].kind, "programme") != 0)
		return false;
	store_args_begin(args, "SADD");
	store_args_text(args, "convene:programmes");
	store_args_text(args, put->programme);
	return true;
}

static void encode_put(struct store *store, struct store_op *op, struct store_args *args)
{
	const struct store_put *put = CONTAINER_OF(op, struct store_put, op);
	const char *p = put->programme;

	begin_call(args, "convene_put", p, 3 + put->n_entities);
	store_args_key(args, p, "log", NULL);
	store_args_key(args, p, "ec", NULL);
	for (size_t i = 0; i < put->n_entities; i++)
		store_args_key(args, p, "e", put->entities[i].kind);
	store_args_int(args, store->epoch);
	store_args_int(args, (int64_t)put->n_entities);
	for (size_t i = 0; i < put->n_entities; i++) {
		const struct store_entity *entity = &put->entities[i];

		store_args_text(args, entity->kind);
		store_args_text(args, entity->id);
		store_args_bytes(args, entity->bytes);
		store_args_bytes(args, entity->update);
		store_args_text(args, entity->phase != NULL ? entity->phase : "");
	}
}

static enum cvn_err decode_put(struct store_op *op, const redisReply *reply, struct arena *arena)
{
	struct store_put *put = CONTAINER_OF(op, struct store_put, op);

	(void)arena;
	if (!store_reply_is(reply, "ok", 4))
		return store_reply_refusal(reply);
	return store_reply_int(reply, 1, &put->ret_cursor) &&
			       store_reply_int(reply, 2, &put->ret_version) &&
			       store_reply_int(reply, 3, &put->ret_changed) ?
		       CVN_OK :
		       CVN_EBUG;
}

static const char *moved_by_put(const struct store_op *op, int64_t *ret_cursor)
{
	const struct store_put *put = CONTAINER_OF(op, const struct store_put, op);

	*ret_cursor = put->ret_cursor;
	return put->programme;
}

static bool is_phase(const char *phase)
{
	return phase != NULL && (strcmp(phase, "open") == 0 || strcmp(phase, "closed") == 0 ||
				 strcmp(phase, "archived") == 0);
}

static bool is_sound_entity(const struct store_entity *entity, const char *programme)
{
	const char *const *kind = STORE_KINDS;

	if (entity->kind == NULL || !id_is_valid(entity->id))
		return false;
	while (*kind != NULL && strcmp(*kind, entity->kind) != 0)
		kind++;
	if (*kind == NULL)
		return false;
	return kind != STORE_KINDS || (entity->bytes.data != NULL && is_phase(entity->phase) &&
				       strcmp(entity->id, programme) == 0);
}

enum cvn_err store_put_start(struct store *store, struct store_put *put)
{
	static const struct store_verb VERB = { STORE_LANE_WRITE, encode_put, decode_put,
						moved_by_put, encode_programme_name };
	enum cvn_err err = check_batch(put->programme, put->n_entities);

	if (err != CVN_OK)
		return err;
	for (size_t i = 0; i < put->n_entities; i++)
		if (!is_sound_entity(&put->entities[i], put->programme))
			return CVN_EINVALID;
	return store_start(store, &put->op, &VERB);
}

/* --- death --- */

static void encode_death(struct store *store, struct store_op *op, struct store_args *args)
{
	const struct store_death *death = CONTAINER_OF(op, struct store_death, op);

	begin_call(args, "convene_death", death->programme, 2);
	store_args_key(args, death->programme, "deaths", NULL);
	store_args_int(args, store->epoch);
	store_args_text(args, death->request);
	store_args_printf(args, "%" PRId64 "-%" PRIu64, store->epoch, death->serial);
}

static enum cvn_err decode_death(struct store_op *op, const redisReply *reply, struct arena *arena)
{
	struct store_death *death = CONTAINER_OF(op, struct store_death, op);

	(void)arena;
	if (!store_reply_is(reply, "ok", 2))
		return store_reply_refusal(reply);
	return store_reply_int(reply, 1, &death->ret_deaths) ? CVN_OK : CVN_EBUG;
}

enum cvn_err store_death_start(struct store *store, struct store_death *death)
{
	static const struct store_verb VERB = { STORE_LANE_WRITE, encode_death, decode_death, NULL,
						NULL };

	if (!id_is_valid(death->programme))
		return CVN_EPROGRAMME;
	if (!id_is_valid(death->request))
		return CVN_EINVALID;
	death->serial = ++store->serial;
	return store_start(store, &death->op, &VERB);
}

/* --- grant, revoke, found --- */

static void encode_grant(struct store *store, struct store_op *op, struct store_args *args)
{
	const struct store_grant *grant = CONTAINER_OF(op, struct store_grant, op);

	(void)store;
	if (grant->what == STORE_FOUND) {
		store_args_begin(args, "FCALL");
		store_args_text(args, "convene_found");
		store_args_int(args, 1);
	} else {
		store_args_begin(args, grant->what == STORE_GRANT ? "HSET" : "HDEL");
	}
	store_args_text(args, "convene:principals");
	for (size_t i = 0; i < grant->n_principals; i++) {
		store_args_text(args, grant->principals[i].public_key);
		if (grant->what != STORE_REVOKE)
			store_args_bytes(args, grant->principals[i].bytes);
	}
}

static enum cvn_err decode_grant(struct store_op *op, const redisReply *reply, struct arena *arena)
{
	struct store_grant *grant = CONTAINER_OF(op, struct store_grant, op);

	(void)arena;
	if (grant->what == STORE_FOUND) {
		grant->ret_changed = 1;
		return store_reply_is(reply, "ok", 1)      ? CVN_OK :
		       store_reply_is(reply, "refused", 1) ? CVN_EFORBIDDEN :
							     CVN_EBUG;
	}
	if (reply->type != REDIS_REPLY_INTEGER)
		return CVN_EBUG;
	grant->ret_changed = reply->integer;
	return CVN_OK;
}

enum cvn_err store_grant_start(struct store *store, struct store_grant *grant)
{
	static const struct store_verb VERB = { STORE_LANE_WRITE, encode_grant, decode_grant, NULL,
						NULL };

	if (grant->n_principals == 0 || (grant->what == STORE_FOUND && grant->n_principals != 1))
		return CVN_EINVALID;
	if (grant->n_principals > STORE_BATCH_MAX)
		return CVN_ETOOLARGE;
	for (size_t i = 0; i < grant->n_principals; i++)
		if (grant->principals[i].public_key == NULL ||
		    strlen(grant->principals[i].public_key) != PUBLIC_KEY_CHARS)
			return CVN_EINVALID;
	return store_start(store, &grant->op, &VERB);
}
