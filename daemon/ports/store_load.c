/* store_load.c - from connected to ready.
 *
 * In order of time: store_load_start -> on_epoch -> on_functions (-> on_loaded) ->
 * on_sync_policy -> on_programmes -> on_claim … -> READY. The epoch comes first: who was
 * replaced must not put its own version of the Functions back. A lost link ends it anywhere (the
 * next connection begins anew); an error that Redis answers is tried again a little later. */
#include "ports/store_private.h"
#include "util/id.h"
#include <string.h>

#define AGAIN_MS 500
#define LIBRARY "convene_1"

static void on_epoch(void *arg, redisReply *reply, enum cvn_err err);
static void on_functions(void *arg, redisReply *reply, enum cvn_err err);
static void on_loaded(void *arg, redisReply *reply, enum cvn_err err);
static void ask_sync_policy(struct store *store);
static void on_sync_policy(void *arg, redisReply *reply, enum cvn_err err);
static void on_programmes(void *arg, redisReply *reply, enum cvn_err err);
static void on_claim(void *arg, redisReply *reply, enum cvn_err err);
static void finish(struct store *store);

static void again(struct store *store, const char *text)
{
	if (store->text != text)
		store_set_state(store, STORE_LOADING, text);
	store_load_later(store, AGAIN_MS);
}

static void send_args(struct store *store, redis_reply_cb cb, void *arg)
{
	struct store_args *args = &store->args;

	if (redis_command(store->lanes[STORE_LANE_WRITE].link, args->n, args->argv, args->len, cb,
			  arg, loop_now_ms(store->loop) + STORE_COMMAND_MS) != CVN_OK)
		again(store, "Redis could not be asked");
}

/* Is there an answer to look at? Where not, what is to be done was done. */
static bool is_answer(struct store *store, const redisReply *reply, enum cvn_err err)
{
	const struct store_error *error;

	if (err != CVN_OK || store->state != STORE_LOADING)
		return false;
	if (reply->type != REDIS_REPLY_ERROR)
		return true;
	error = store_reply_error(reply);
	if (error->err == CVN_EEPOCH)
		store_set_state(store, STORE_OVER, error->fault);
	else
		again(store, error->fault);
	return false;
}

/* The epoch is taken once in a daemon's life; at a later connection it must still be the last
 * one given out. */
void store_load_start(struct store *store)
{
	store->load_again_ms = 0;
	for (size_t i = 0; i < STORE_N_LANES; i++)
		if (!store->lanes[i].is_up)
			return; /* begun anew when it is */
	store->n_claims = 0;
	if (store->state != STORE_LOADING)
		store_set_state(store, STORE_LOADING, "reading what Redis holds");
	store_args_begin(&store->args, store->epoch == 0 ? "INCR" : "GET");
	store_args_text(&store->args, "convene:epoch");
	send_args(store, on_epoch, store);
}

static void on_epoch(void *arg, redisReply *reply, enum cvn_err err)
{
	struct store *store = arg;
	int64_t epoch = 0;

	if (!is_answer(store, reply, err))
		return;
	if (reply->type != REDIS_REPLY_NIL &&
	    !store_reply_int(&(redisReply){ .elements = 1, .element = &reply }, 0, &epoch)) {
		again(store, "the epoch in Redis is no number");
		return;
	}
	if (store->epoch != 0 && epoch != store->epoch) {
		store_set_state(store, STORE_OVER,
				epoch > store->epoch ? "another daemon has taken over" :
						       "Redis has lost what it had acknowledged");
		return;
	}
	store->epoch = epoch;
	store_args_begin(&store->args, "FUNCTION");
	store_args_text(&store->args, "LIST");
	store_args_text(&store->args, "LIBRARYNAME");
	store_args_text(&store->args, LIBRARY);
	store_args_text(&store->args, "WITHCODE");
	send_args(store, on_functions, store);
}

/* The code of the library as Redis has it: [[library_name, …, library_code, CODE]]. */
static bool is_our_code(const redisReply *reply)
{
	const redisReply *library =
		reply->type == REDIS_REPLY_ARRAY && reply->elements == 1 ? reply->element[0] : NULL;
	struct store_bytes code;
	const char *name;

	if (library == NULL || library->type != REDIS_REPLY_ARRAY)
		return false;
	for (size_t i = 0; i + 1 < library->elements; i += 2)
		if (store_reply_text(library, i, &name) && strcmp(name, "library_code") == 0 &&
		    store_reply_bytes(library, i + 1, &code))
			return code.n == store_functions_n &&
			       memcmp(code.data, store_functions, code.n) == 0;
	return false;
}

static void on_functions(void *arg, redisReply *reply, enum cvn_err err)
{
	struct store *store = arg;
	struct store_args *args = &store->args;

	if (!is_answer(store, reply, err))
		return;
	if (is_our_code(reply)) {
		ask_sync_policy(store);
		return;
	}
	store_args_begin(args, "FUNCTION");
	store_args_text(args, "LOAD");
	store_args_text(args, "REPLACE");
	store_args_bytes(args, (struct store_bytes){ store_functions, store_functions_n });
	send_args(store, on_loaded, store);
}

static void on_loaded(void *arg, redisReply *reply, enum cvn_err err)
{
	if (is_answer(arg, reply, err))
		ask_sync_policy(arg);
}

static void ask_sync_policy(struct store *store)
{
	store_args_begin(&store->args, "CONFIG");
	store_args_text(&store->args, "GET");
	store_args_text(&store->args, "append*");
	send_args(store, on_sync_policy, store);
}

/* What stands in Redis's configuration of how writes reach the disk, against what the operator
 * chose. A server that does not let itself be asked is taken at its word. */
static const char *sync_warning(const struct store *store, const redisReply *reply)
{
	bool has_aof = true, syncs_each = true;
	const char *name, *value;

	for (size_t i = 0; reply->type == REDIS_REPLY_ARRAY && i + 1 < reply->elements; i += 2) {
		if (!store_reply_text(reply, i, &name) || !store_reply_text(reply, i + 1, &value))
			continue;
		if (strcmp(name, "appendonly") == 0)
			has_aof = strcmp(value, "yes") == 0;
		else if (strcmp(name, "appendfsync") == 0)
			syncs_each = strcmp(value, "always") == 0;
	}
	if (store->options.durability != STORE_REPLICATED && !has_aof)
		return "ready, but Redis keeps no append-only file: receipts do not survive it";
	if (store->options.durability == STORE_ALWAYS && !syncs_each)
		return "ready, but Redis does not sync each write: receipts may not survive it";
	return "ready";
}

static void on_sync_policy(void *arg, redisReply *reply, enum cvn_err err)
{
	struct store *store = arg;

	if (err != CVN_OK || store->state != STORE_LOADING)
		return;
	store->ready_text = sync_warning(store, reply);
	store_args_begin(&store->args, "SMEMBERS");
	store_args_text(&store->args, "convene:programmes");
	send_args(store, on_programmes, store);
}

static void on_programmes(void *arg, redisReply *reply, enum cvn_err err)
{
	struct store *store = arg;
	const char *programme;

	if (!is_answer(store, reply, err))
		return;
	for (size_t i = 0; i < reply->elements; i++)
		if (store_reply_text(reply, i, &programme) && id_is_valid(programme) &&
		    store_know(store, programme) == NULL) {
			again(store, "Redis holds more programmes than can be served");
			return;
		}
	store->n_claims = (uint32_t)store->n_known;
	for (size_t i = 0; i < store->n_known; i++) {
		store_args_begin(&store->args, "FCALL");
		store_args_text(&store->args, "convene_claim");
		store_args_int(&store->args, 1);
		store_args_key(&store->args, store->known[i].programme, "head", NULL);
		store_args_int(&store->args, store->epoch);
		send_args(store, on_claim, &store->known[i]);
	}
	if (store->n_claims == 0)
		finish(store);
}

static void on_claim(void *arg, redisReply *reply, enum cvn_err err)
{
	struct store_known *known = arg;
	struct store *store = known->store;
	int64_t cursor = 0, version = 0, sealed = 0;
	struct store_bytes seal = { NULL, 0 };
	const char *phase = "";

	if (!is_answer(store, reply, err) || store->n_claims == 0)
		return; /* 0: of an attempt before, that another programme failed */
	if (!store_reply_is(reply, "unknown", 1) &&
	    !(store_reply_is(reply, "ok", 6) && store_reply_int(reply, 1, &cursor) &&
	      store_reply_int(reply, 2, &version) && store_reply_text(reply, 3, &phase) &&
	      store_reply_int(reply, 4, &sealed) && store_reply_bytes(reply, 5, &seal) &&
	      strlen(phase) < sizeof(known->phase))) {
		again(store, "a programme in Redis cannot be read");
		return;
	}
	if (cursor < known->cursor) {
		store_set_state(store, STORE_OVER, "Redis has lost what it had acknowledged");
		return;
	}
	known->cursor = cursor;
	known->version = version;
	known->sealed = seal.n == CHAIN_HASH_BYTES && sealed > 0 ? sealed : 0;
	if (known->sealed > 0)
		memcpy(known->seal.bytes, seal.data, CHAIN_HASH_BYTES);
	strcpy(known->phase, phase);
	if (--store->n_claims == 0)
		finish(store);
}

static void finish(struct store *store)
{
	size_t n = 0;

	for (size_t i = 0; i < store->n_known; i++)
		if (store->known[i].cursor > 0) /* else: named, but never written */
			store->known[n++] = store->known[i];
	store->n_known = n;
	store_set_state(store, STORE_READY, store->ready_text);
}
