#include "ports_test.h"
#include "util/clock.h"
#include <hiredis/hiredis.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool is_done;
static enum cvn_err done_err;
static world_look done_look;
static char answer[65536];

static void on_event(void *arg, const char *text)
{
	struct world *w = arg;

	w->n_events++;
	snprintf(w->event, sizeof(w->event), "%s", text);
}

static void on_state(void *arg, enum store_state state, const char *text)
{
	struct world *w = arg;

	w->state = state;
	w->n_ready += state == STORE_READY;
	snprintf(w->text, sizeof(w->text), "%s", text);
}

static void ignore_state(void *arg, enum store_state state, const char *text)
{
	(void)text;
	if (arg != NULL)
		*(enum store_state *)arg = state;
}

static void set_flag(void *arg)
{
	*(bool *)arg = true;
}

int world_setup_bare(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	assert_non_null(w);
	strcpy(w->folder, "/tmp/convene-test-XXXXXX");
	assert_non_null(mkdtemp(w->folder));
	assert_int_equal(loop_new(&w->loop), CVN_OK);
	*state = w;
	return 0;
}

struct world *world_beside(struct world *w)
{
	void *state;
	struct world *beside;

	world_setup_bare(&state);
	beside = state;
	loop_free(beside->loop);
	beside->loop = w->loop; /* children are spawned, and heard of, on one loop of a process */
	beside->shares_loop = true;
	return beside;
}

int world_setup(void **state)
{
	world_setup_bare(state);
	world_open_server(*state, STORE_ALWAYS);
	world_open_store(*state, STORE_ALWAYS);
	return 0;
}

int world_teardown(void **state)
{
	struct world *w = *state;
	char command[128];

	store_close(w->store);
	if (w->server != NULL)
		world_close_server(w);
	if (!w->shares_loop)
		loop_free(w->loop);
	snprintf(command, sizeof(command), "rm -rf '%s'", w->folder);
	assert_int_equal(system(command), 0);
	free(w);
	return 0;
}

static void open_server(struct world *w, const char *program, enum store_durability durability)
{
	assert_int_equal(redis_server_open(w->loop,
					   &(struct redis_server_options){ .folder = w->folder,
									   .program = program,
									   .durability = durability,
									   .on_event = on_event,
									   .arg = w },
					   &w->server),
			 CVN_OK);
}

void world_open_server(struct world *w, enum store_durability durability)
{
	open_server(w, NULL, durability);
}

void world_open_program(struct world *w, const char *program)
{
	open_server(w, program, STORE_ALWAYS);
}

void world_close_server(struct world *w)
{
	bool closed = false;

	redis_server_close(w->server, set_flag, &closed);
	w->server = NULL;
	assert_true(world_turn_until(w, &closed, 15000));
}

static struct store *open_store(struct world *w, enum store_durability durability,
				void (*cb)(void *, enum store_state, const char *), void *arg)
{
	char path[128];
	struct store *store;

	snprintf(path, sizeof(path), "%s/redis.sock", w->folder);
	assert_int_equal(store_open(w->loop,
				    &(struct store_options){ .unix_path = path,
							     .durability = durability,
							     .replicas = 1,
							     .on_state = cb,
							     .arg = arg },
				    &store),
			 CVN_OK);
	return store;
}

void world_open_store(struct world *w, enum store_durability durability)
{
	w->state = STORE_AWAY;
	w->store = open_store(w, durability, on_state, w);
	assert_true(world_turn_until_state(w, STORE_READY, 10000));
}

struct store *world_open_other(struct world *w, enum store_state *ret_state)
{
	struct store *other;
	uint64_t end_ms = clock_ms() + 5000;

	*ret_state = STORE_AWAY;
	other = open_store(w, STORE_ALWAYS, ignore_state, ret_state);
	while (*ret_state != STORE_READY && clock_ms() < end_ms)
		loop_turn(w->loop, 10);
	assert_int_equal(*ret_state, STORE_READY);
	return other;
}

bool world_turn_until(struct world *w, const bool *flag, uint64_t ms)
{
	uint64_t end_ms = clock_ms() + ms;

	while (!*flag && clock_ms() < end_ms)
		loop_turn(w->loop, 10);
	return *flag;
}

bool world_turn_until_state(struct world *w, enum store_state state, uint64_t ms)
{
	uint64_t end_ms = clock_ms() + ms;

	while (w->state != state && clock_ms() < end_ms)
		loop_turn(w->loop, 10);
	return w->state == state;
}

void world_turn(struct world *w, uint64_t ms)
{
	uint64_t end_ms = clock_ms() + ms;

	while (clock_ms() < end_ms)
		loop_turn(w->loop, 5);
}

static size_t print_reply(const redisReply *r, char *out, size_t room)
{
	size_t n = 0;

	if (r->type == REDIS_REPLY_INTEGER)
		return (size_t)snprintf(out, room, "%lld", r->integer);
	if (r->type == REDIS_REPLY_NIL)
		return (size_t)snprintf(out, room, "nil");
	if (r->type != REDIS_REPLY_ARRAY)
		return (size_t)snprintf(out, room, "%s", r->str);
	out[0] = '\0';
	for (size_t i = 0; i < r->elements && n < room; i++) {
		if (i > 0)
			n += (size_t)snprintf(out + n, room - n, " ");
		n += print_reply(r->element[i], out + n, room - n);
	}
	return n;
}

const char *world_redis(struct world *w, const char *command)
{
	char path[128], words[1024], *rest = words;
	const char *argv[64];
	int n = 0;
	redisContext *context;
	redisReply *reply;

	snprintf(path, sizeof(path), "%s/redis.sock", w->folder);
	context = redisConnectUnix(path);
	assert_non_null(context);
	assert_int_equal(context->err, 0);
	snprintf(words, sizeof(words), "%s", command);
	while (rest != NULL) {
		assert_true(n < (int)N_ELEMENTS(argv));
		argv[n++] = strsep(&rest, " ");
	}
	reply = redisCommandArgv(context, n, argv, NULL);
	assert_non_null(reply);
	print_reply(reply, answer, sizeof(answer));
	freeReplyObject(reply);
	redisFree(context);
	return answer;
}

static void on_done(struct store_op *op, enum cvn_err err)
{
	assert_false(is_done);
	assert_true((err == CVN_OK) == (op->fault == NULL));
	is_done = true;
	done_err = err;
	if (done_look != NULL && err == CVN_OK)
		done_look(op);
}

void world_begin(struct store_op *op, world_look look)
{
	op->done_cb = on_done;
	if (op->deadline_ms == 0)
		op->deadline_ms = STORE_NO_DEADLINE;
	is_done = false;
	done_look = look;
}

enum cvn_err world_end(struct world *w, enum cvn_err err)
{
	if (err != CVN_OK)
		return err;
	assert_false(is_done); /* never inside the start */
	assert_true(world_turn_until(w, &is_done, 20000));
	return done_err;
}

struct store_bytes bytes_of(const char *text)
{
	return (struct store_bytes){ (const uint8_t *)text, strlen(text) };
}

void world_put_programme(struct world *w, const char *phase)
{
	struct store_entity entity = { .kind = "programme",
				       .id = "P",
				       .bytes = bytes_of(phase),
				       .update = bytes_of("u-programme"),
				       .phase = phase };
	struct store_put put = { .programme = "P", .entities = &entity, .n_entities = 1 };

	assert_int_equal(WORLD_DO(w, put, &put), CVN_OK);
}

struct store_item world_item(const char *id, const char *digest, const char *after)
{
	return (struct store_item){ .id = id,
				    .federation = "fed-1",
				    .by = "Ann",
				    .after = after,
				    .content = bytes_of("content"),
				    .digest = bytes_of(digest),
				    .standing = bytes_of("s-received"),
				    .update = bytes_of("u-received") };
}

enum cvn_err world_admit(struct world *w, struct store_item *items, size_t n)
{
	struct store_admit admit = {
		.programme = "P", .unix_ms = 1700000000123, .items = items, .n_items = n
	};

	return WORLD_DO(w, admit, &admit);
}

struct store_change world_change(const char *id, int32_t state, bool bump)
{
	return (struct store_change){ .id = id,
				      .revision = 1,
				      .state = state,
				      .bump = bump,
				      .standing = bytes_of("s-new"),
				      .update = bytes_of("u-new") };
}
