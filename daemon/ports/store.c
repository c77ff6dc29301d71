/* store.c - the life of the store and of an operation.
 *
 *        links up              loaded
 *   AWAY --------> LOADING ------------> READY      any -> OVER: another daemon's epoch, or a log that went back
 *     ^---------------'---- a link went ---'
 *
 * In order of time: store_open -> on_link -> (store_load.c) -> store_start -> (store_lane.c) ->
 * store_finish -> tick -> store_close */
#include "ports/store_private.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define QUEUE_MAX 4096
#define ARENA_MAX_BYTES (16u << 20)

static enum cvn_err copy_options(struct store *store, const struct store_options *options);
static enum cvn_err open_link(struct store_lane *lane);
static void on_link(void *arg, enum cvn_err err, const char *why);
static void tick(void *arg);
static void reopen_links(struct store *store);

enum cvn_err store_open(struct loop *loop, const struct store_options *options,
			struct store **ret_store)
{
	struct store *store;
	enum cvn_err err = CVN_ENOMEM;

	CVN_REQUIRE(options->on_state != NULL);
	if (options->unix_path == NULL && (options->host == NULL || options->port == 0))
		return CVN_EINVALID;
	store = calloc(1, sizeof(*store));
	if (store == NULL)
		return CVN_ENOMEM;
	store->loop = loop;
	store->text = "Redis was not reached yet";
	arena_init(&store->arena, ARENA_MAX_BYTES);
	for (size_t i = 0; i < STORE_N_LANES; i++)
		store_lane_init(&store->lanes[i], store);
	store->known = calloc(STORE_PROGRAMMES_MAX, sizeof(*store->known));
	if (store->known == NULL)
		goto fail;
	err = copy_options(store, options);
	if (err == CVN_OK)
		err = loop_timer_new(loop, tick, store, &store->tick);
	for (size_t i = 0; i < STORE_N_LANES && err == CVN_OK; i++)
		err = open_link(&store->lanes[i]);
	if (err != CVN_OK)
		goto fail;
	*ret_store = store;
	return CVN_OK;
fail:
	store_close(store);
	return err;
}

static enum cvn_err copy_text(const char *text, const char **ret_text)
{
	char *copy = NULL;

	if (text != NULL && (copy = strdup(text)) == NULL)
		return CVN_ENOMEM;
	*ret_text = copy;
	return CVN_OK;
}

static enum cvn_err copy_options(struct store *store, const struct store_options *options)
{
	struct store_options *o = &store->options;

	*o = *options;
	o->unix_path = o->host = o->password = NULL;
	if (o->queue_max == 0)
		o->queue_max = QUEUE_MAX;
	if (copy_text(options->unix_path, &o->unix_path) != CVN_OK ||
	    copy_text(options->host, &o->host) != CVN_OK ||
	    copy_text(options->password, &o->password) != CVN_OK)
		return CVN_ENOMEM;
	return CVN_OK;
}

static enum cvn_err open_link(struct store_lane *lane)
{
	const struct store_options *o = &lane->store->options;
	bool writes = lane == &lane->store->lanes[STORE_LANE_WRITE];

	return redis_link_open(lane->store->loop,
			       &(struct redis_options){
				       .unix_path = o->unix_path,
				       .host = o->host,
				       .port = o->port,
				       .password = o->password,
				       .client_name = writes ? "convened-writes" : "convened-reads",
				       .must_be_master = true,
				       .on_state = on_link,
				       .arg = lane,
			       },
			       &lane->link);
}

static void on_link(void *arg, enum cvn_err err, const char *why)
{
	struct store_lane *lane = arg;
	struct store *store = lane->store;

	if (err != CVN_OK) {
		store_lane_lost(lane);
		if (store->state != STORE_AWAY ||
		    strncmp(store->why, why, sizeof(store->why) - 1) != 0) {
			snprintf(store->why, sizeof(store->why), "%s", why);
			store_set_state(store, STORE_AWAY, store->why);
		}
		return;
	}
	lane->is_up = true;
	for (size_t i = 0; i < STORE_N_LANES; i++)
		if (!store->lanes[i].is_up)
			return;
	if (store->state != STORE_OVER)
		store_load_start(store);
}

void store_set_state(struct store *store, enum store_state state, const char *text)
{
	if (store->state == STORE_OVER)
		return; /* there is no way back */
	store->state = state;
	store->text = text;
	for (size_t i = 0; i < STORE_N_LANES; i++)
		store->lanes[i].is_open = state == STORE_READY;
	store->options.on_state(store->options.arg, state, text);
	for (size_t i = 0; i < STORE_N_LANES; i++)
		store_lane_pump(&store->lanes[i]);
}

static void wake(struct store *store)
{
	if (!loop_timer_is_active(store->tick))
		loop_timer_start(store->tick, STORE_TICK_MS, STORE_TICK_MS);
}

enum cvn_err store_start(struct store *store, struct store_op *op, const struct store_verb *verb)
{
	CVN_REQUIRE(op->done_cb != NULL && op->deadline_ms > 0);
	if (store->state == STORE_OVER || (store->state != STORE_READY && !op->patient))
		return CVN_EUNAVAILABLE;
	if (op->deadline_ms <= loop_now_ms(store->loop))
		return CVN_EDEADLINE;
	if (store->n_pending >= store->options.queue_max)
		return CVN_EBUSY;

	op->verb = verb;
	op->slot = NULL;
	op->fault = NULL;
	list_push(&store->lanes[verb->lane].waiting, &op->link);
	store->n_pending++;
	wake(store);
	store_lane_pump(&store->lanes[verb->lane]);
	return CVN_OK;
}

void store_finish(struct store *store, struct store_op *op, enum cvn_err err, const char *fault)
{
	list_drop(&op->link);
	store->n_pending--;
	op->fault = err == CVN_OK ? NULL : fault != NULL ? fault : cvn_err_text(err);
	if (err == CVN_OK && op->verb->moved != NULL) {
		int64_t cursor = 0;
		const char *programme = op->verb->moved(op, &cursor);

		if (cursor > 0)
			store_told(store, programme, cursor);
		if (cursor > 0 && store->on_commit != NULL)
			store->on_commit(store->on_commit_arg, programme);
	}
	op->done_cb(op, err);
}

void store_told(struct store *store, const char *programme, int64_t cursor)
{
	struct store_known *known = store_know(store, programme);

	if (known != NULL && known->cursor < cursor)
		known->cursor = cursor;
}

struct store_known *store_know(struct store *store, const char *programme)
{
	struct store_known *known;

	for (size_t i = 0; i < store->n_known; i++)
		if (strcmp(store->known[i].programme, programme) == 0)
			return &store->known[i];
	if (store->n_known == STORE_PROGRAMMES_MAX || strlen(programme) >= sizeof(known->programme))
		return NULL;
	known = &store->known[store->n_known++];
	memset(known, 0, sizeof(*known));
	known->store = store;
	strcpy(known->programme, programme);
	return known;
}

static void tick(void *arg)
{
	struct store *store = arg;
	uint64_t now_ms = loop_now_ms(store->loop);

	for (size_t i = 0; i < STORE_N_LANES; i++) {
		store_lane_expire(&store->lanes[i], now_ms, /* cancel= */ false);
		store_lane_pump(&store->lanes[i]);
	}
	if (store->must_reopen)
		reopen_links(store);
	if (store->load_again_ms != 0 && store->load_again_ms <= now_ms)
		store_load_start(store);
	if (store->n_pending == 0 && !store->must_reopen && store->load_again_ms == 0)
		loop_timer_stop(store->tick);
}

void store_load_later(struct store *store, uint64_t after_ms)
{
	store->load_again_ms = loop_now_ms(store->loop) + after_ms;
	wake(store);
}

void store_reopen(struct store *store, const char *text)
{
	if (store->must_reopen)
		return;
	store->must_reopen = true;
	wake(store);
	store_set_state(store, STORE_AWAY, text);
}

static void reopen_links(struct store *store)
{
	bool done = true;

	store->load_again_ms = 0;
	for (size_t i = 0; i < STORE_N_LANES; i++) {
		struct store_lane *lane = &store->lanes[i];

		redis_link_close(lane->link);
		lane->link = NULL;
		store_lane_lost(lane);
		if (open_link(lane) != CVN_OK)
			done = false; /* no memory: again on the next tick */
	}
	store->must_reopen = !done;
}

void store_close(struct store *store)
{
	if (store == NULL)
		return;
	store->state = STORE_OVER; /* nothing can be started any more */
	for (size_t i = 0; i < STORE_N_LANES; i++) {
		struct store_lane *lane = &store->lanes[i];

		lane->is_open = false;
		loop_defer_cancel(&lane->wait_task);
		redis_link_close(lane->link);
		lane->link = NULL;
		store_lane_lost(lane);
		store_lane_expire(lane, 0, /* cancel= */ true);
	}
	loop_timer_free(store->tick);
	arena_done(&store->arena);
	free(store->known);
	free((char *)store->options.unix_path);
	free((char *)store->options.host);
	if (store->options.password != NULL)
		explicit_bzero((char *)store->options.password, strlen(store->options.password));
	free((char *)store->options.password);
	free(store);
}

enum store_state store_state(const struct store *store)
{
	return store->state;
}

const char *store_state_text(const struct store *store)
{
	return store->text;
}

int64_t store_epoch(const struct store *store)
{
	return store->epoch;
}

uint32_t store_n_pending(const struct store *store)
{
	return store->n_pending;
}

size_t store_n_programmes(const struct store *store)
{
	return store->n_known;
}

struct store_head store_programme(const struct store *store, size_t i)
{
	const struct store_known *known = &store->known[i];

	CVN_REQUIRE(i < store->n_known);
	return (struct store_head){ .programme = known->programme,
				    .cursor = known->cursor,
				    .version = known->version,
				    .phase = known->phase,
				    .sealed = known->sealed,
				    .seal = known->seal };
}

void store_on_commit(struct store *store, void (*on_commit)(void *arg, const char *programme),
		     void *arg)
{
	store->on_commit = on_commit;
	store->on_commit_arg = arg;
}
