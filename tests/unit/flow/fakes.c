#include "fakes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ports/store_audit.h"
#include "ports/store_restore.h"
#include "util/trace.h"
#include "wire/frame.h"

/* There is one at a time: the ports' functions have nothing of the test's in their arguments. */
static struct fakes *world;

/* --- the store --- */

static enum cvn_err begin(const char *what, struct store_op *op)
{
	enum cvn_err err = world->store_refuses;

	world->store_refuses = CVN_OK;
	if (err != CVN_OK)
		return err;
	assert_true(world->n_ops < FAKE_OPS);
	world->ops[world->n_ops++] = (struct fake_op){ what, op };
	return CVN_OK;
}

#define FAKE_START(kind) \
	enum cvn_err store_##kind##_start(struct store *store, struct store_##kind *x) \
	{ \
		(void)store; \
		return begin(#kind, &x->op); \
	}
FAKE_START(admit)
FAKE_START(put)
FAKE_START(death)
FAKE_START(grant)
FAKE_START(read)
FAKE_START(page)
FAKE_START(entities)
FAKE_START(log)
FAKE_START(entries)
FAKE_START(audit)
FAKE_START(restore)
FAKE_START(round)
FAKE_START(round_read)

enum cvn_err store_commit_start(struct store *store, struct store_commit *commit)
{
	static uint64_t serial;

	(void)store;
	commit->serial = ++serial;
	return begin("commit", &commit->op);
}

size_t store_n_programmes(const struct store *store)
{
	(void)store;
	return 1;
}

struct store_head store_programme(const struct store *store, size_t i)
{
	(void)store;
	(void)i;
	return (struct store_head){ .programme = "p", .cursor = 1, .version = 1, .phase = "open" };
}

enum store_state store_state(const struct store *store)
{
	(void)store;
	return STORE_READY;
}

struct store_op *fakes_take(struct fakes *f, const char *what)
{
	struct store_op *op;

	if (f->n_ops == 0 || strcmp(f->ops[0].what, what) != 0)
		fail_msg("wanted %s, the store is asked for %s", what,
			 f->n_ops == 0 ? "nothing" : f->ops[0].what);
	op = f->ops[0].op;
	memmove(f->ops, f->ops + 1, --f->n_ops * sizeof f->ops[0]);
	return op;
}

void fakes_finish(struct store_op *op, enum cvn_err err)
{
	op->done_cb(op, err);
}

/* --- the pool --- */

enum cvn_err pool_programme(struct pool *pool, const char *programme, const struct replica *replica)
{
	(void)pool;
	(void)programme;
	(void)replica;
	return CVN_OK;
}

void pool_feed(struct pool *pool, const char *programme, const uint8_t *bytes, size_t n)
{
	(void)pool;
	(void)programme;
	(void)bytes;
	(void)n;
	world->n_fed++;
}

void pool_today(struct pool *pool, const char *programme, const char *today)
{
	(void)pool;
	(void)programme;
	(void)today;
}

enum cvn_err pool_start(struct pool *pool, struct pool_task *task)
{
	(void)pool;
	assert_false(task->is_started);
	assert_true(world->n_tasks < FAKE_OPS);
	task->is_started = true;
	world->tasks[world->n_tasks++] = task;
	return CVN_OK;
}

bool pool_stop(struct pool *pool, struct pool_task *task)
{
	(void)pool;
	return task->is_started;
}

void pool_finish(struct pool *pool, struct pool_task *task)
{
	(void)pool;
	for (size_t i = 0; i < world->n_tasks; i++)
		if (world->tasks[i] == task) {
			memmove(world->tasks + i, world->tasks + i + 1,
				(--world->n_tasks - i) * sizeof *world->tasks);
			break;
		}
	task->is_started = false;
}

void pool_revoked(struct pool *pool)
{
	(void)pool;
}

void pool_settle(struct pool *pool, pool_ref to, uint64_t sequence, const char *result,
		 int64_t version)
{
	size_t n = strlen(world->settled);

	(void)pool;
	(void)to;
	(void)version;
	snprintf(world->settled + n, sizeof world->settled - n, "%llu=%s ",
		 (unsigned long long)sequence, result);
}

void pool_each_worker(const struct pool *pool,
		      void (*fn)(void *arg, const struct pool_worker *worker), void *arg)
{
	struct pool_worker worker = { .name = "validator-1", .state = "serving", .pid = 42 };

	(void)pool;
	fn(arg, &worker);
}

void pool_each_count(const struct pool *pool, void (*fn)(void *arg, const char *name, uint64_t value),
		     void *arg)
{
	(void)pool;
	fn(arg, "worker_deaths", 3);
}

struct pool_task *fakes_task(struct fakes *f, enum pool_kind kind)
{
	assert_true(f->n_tasks > 0);
	assert_int_equal(f->tasks[0]->kind, kind);
	return f->tasks[0];
}

/* --- the front, and the outbox --- */

static Convene__V1__Reply *read_reply(const void *bytes, size_t n)
{
	struct frame_fault fault;
	ProtobufCMessage *m;

	assert_int_equal(frame_decode(&convene__v1__reply__descriptor, bytes, n, &FRAME_LIMITS_PAGE,
				      &world->arena, &m, &fault),
			 CVN_OK);
	return (Convene__V1__Reply *)m;
}

enum cvn_err front_reply(struct front *front, const struct front_peer *peer, const void *bytes,
			 size_t n)
{
	(void)front;
	assert_true(world->n_replies < FAKE_SENT);
	world->replies[world->n_replies++] =
		(struct fake_reply){ .peer = *peer, .reply = read_reply(bytes, n) };
	return world->front_answers;
}

size_t front_tell(struct front *front, const char *programme, const char *federation,
		  const struct front_peer *submitter, const void *bytes, size_t n)
{
	(void)front;
	(void)programme;
	(void)federation;
	if (submitter == NULL)
		return 0;
	world->replies[world->n_replies++] = (struct fake_reply){
		.peer = *submitter, .reply = read_reply(bytes, n), .is_outcome = true
	};
	return 1;
}

enum cvn_err front_follow(struct front *front, const struct front_peer *peer)
{
	(void)front;
	return peer->is_req ? CVN_EINVALID : CVN_OK;
}

void front_publish(struct front *front, const char *programme, const void *bytes, size_t n)
{
	(void)front;
	(void)programme;
	(void)bytes;
	(void)n;
	world->n_published++;
}

void front_revoked(struct front *front)
{
	(void)front;
	world->n_revoked++;
}

size_t front_unread(const struct front *front)
{
	(void)front;
	return 0;
}

size_t front_sessions(const struct front *front)
{
	(void)front;
	return 1;
}

const char *front_updates_endpoint(const struct front *front)
{
	(void)front;
	return "tcp://127.0.0.1:1";
}

void front_each_count(const struct front *front,
		      void (*fn)(void *arg, const char *name, uint64_t value), void *arg)
{
	(void)front;
	fn(arg, "bad_frames", 2);
}

enum cvn_err outbox_follow(struct outbox *outbox, const char *programme, int64_t cursor,
			   int64_t version)
{
	(void)outbox;
	(void)programme;
	(void)cursor;
	(void)version;
	return CVN_OK;
}

uint64_t outbox_unsealed(const struct outbox *outbox)
{
	(void)outbox;
	return 7;
}

/* --- the programme --- */

static const Convene__V1__Entity *entity(size_t i)
{
	static char *parties[] = { (char *)"AAA", (char *)"BBB" };
	static Convene__V1__Programme programme;
	static Convene__V1__City cities[2];
	static Convene__V1__Venue venues[2];
	static Convene__V1__Federation federations[2];
	static Convene__V1__Squad squad;
	static Convene__V1__Entity all[8];
	static const char *const CITY[] = { "AAA-C", "BBB-C" }, *const VENUE[] = { "AAA-V", "BBB-V" };
	static const char *const FEDERATION[] = { "AAA-SWM", "BBB-SWM" };

	convene__v1__programme__init(&programme);
	programme.id = (char *)"p";
	programme.first_day = (char *)"2022-01-01";
	programme.last_day = (char *)"2023-12-31";
	programme.parties = parties;
	programme.n_parties = 2;
	convene__v1__squad__init(&squad);
	squad.id = (char *)"BBB-S";
	squad.federation = (char *)"BBB-SWM";
	for (size_t k = 0; k < 8; k++)
		convene__v1__entity__init(&all[k]);
	all[0].of_case = CONVENE__V1__ENTITY__OF_PROGRAMME;
	all[0].programme = &programme;
	all[1].of_case = CONVENE__V1__ENTITY__OF_SQUAD;
	all[1].squad = &squad;
	for (size_t k = 0; k < 2; k++) {
		convene__v1__city__init(&cities[k]);
		cities[k].id = (char *)(uintptr_t)CITY[k];
		cities[k].noc = parties[k];
		all[2 + k].of_case = CONVENE__V1__ENTITY__OF_CITY;
		all[2 + k].city = &cities[k];
		convene__v1__venue__init(&venues[k]);
		venues[k].id = (char *)(uintptr_t)VENUE[k];
		venues[k].city = cities[k].id;
		all[4 + k].of_case = CONVENE__V1__ENTITY__OF_VENUE;
		all[4 + k].venue = &venues[k];
		convene__v1__federation__init(&federations[k]);
		federations[k].id = (char *)(uintptr_t)FEDERATION[k];
		federations[k].noc = parties[k];
		all[6 + k].of_case = CONVENE__V1__ENTITY__OF_FEDERATION;
		all[6 + k].federation = &federations[k];
	}
	return &all[i];
}

static struct store_bytes pack(const ProtobufCMessage *m)
{
	struct store_bytes bytes;
	uint8_t *data;

	assert_int_equal(frame_encode(m, &world->arena, &data, &bytes.n), CVN_OK);
	bytes.data = data;
	return bytes;
}

static void grant(struct fakes *f, const char *key, const char *role, const char *subject)
{
	Convene__V1__Principal p = CONVENE__V1__PRINCIPAL__INIT;

	p.public_key = (char *)(uintptr_t)key;
	p.role = (char *)(uintptr_t)role;
	p.subject = (char *)(uintptr_t)subject;
	p.name = (char *)(uintptr_t)role;
	assert_int_equal(keyring_set(f->keyring, &p), CVN_OK);
}

static void on_loaded(void *arg, enum cvn_err err)
{
	(void)arg;
	assert_int_equal(err, CVN_OK);
}

static void on_broken(void *arg, const char *text)
{
	struct fakes *f = arg;

	snprintf(f->broken, sizeof f->broken, "%s", text);
}

static void load(struct fakes *f)
{
	struct store_entity_at entities[8];
	struct store_entities *e;
	struct store_page *page;

	assert_int_equal(flow_load(f->flow, on_loaded, f), CVN_OK);
	e = CONTAINER_OF(fakes_take(f, "entities"), struct store_entities, op);
	for (size_t i = 0; i < 8; i++)
		entities[i] = (struct store_entity_at){ .bytes = pack(&entity(i)->base),
							.cursor = (int64_t)i + 1 };
	e->ret_entities = entities;
	e->ret_n = 8;
	e->ret_cursor = e->ret_version = f->cursor = f->version = 8;
	fakes_finish(&e->op, CVN_OK);
	page = CONTAINER_OF(fakes_take(f, "page"), struct store_page, op);
	page->ret_n = 0;
	page->ret_next = -1;
	page->ret_cursor = page->ret_version = 8;
	fakes_finish(&page->op, CVN_OK);
	fakes_finish(fakes_take(f, "round_read"), CVN_OK); /* there is none */
	assert_int_equal(flow_start(f->flow), CVN_OK);
}

int fakes_setup(void **state)
{
	struct fakes *f = calloc(1, sizeof *f);
	struct flow_options options = {
		.ports = &f->ports,
		.limits = { .in_flight_per_principal = 4, .in_flight_max = 6, .batch_max = 3,
			    .frame_max_bytes = 65536, .requests_max = 16, .entities_max = 16 },
		.today = "2022-01-15",
		.durability = "always",
		.on_broken = on_broken,
		.arg = f,
	};

	world = f;
	arena_init(&f->arena, (size_t)64 << 20);
	assert_int_equal(loop_new(&f->loop), CVN_OK);
	assert_int_equal(keyring_new(f->loop, &f->keyring), CVN_OK);
	grant(f, FEDERATION_KEY, "federation", "AAA-SWM");
	grant(f, OTHER_KEY, "federation", "BBB-SWM");
	grant(f, COMMITTEE_KEY, "committee", "AAA");
	grant(f, OBSERVER_KEY, "observer", NULL);
	f->ports = (struct flow_ports){ .loop = f->loop, .keyring = f->keyring };
	assert_int_equal(flow_new(&options, &f->flow), CVN_OK);
	load(f);
	trace_clear();
	*state = f;
	return 0;
}

int fakes_teardown(void **state)
{
	struct fakes *f = *state;

	/* as when the store is closed: whatever is under way hears of it */
	while (f->n_ops > 0) {
		struct store_op *op = f->ops[0].op;

		memmove(f->ops, f->ops + 1, --f->n_ops * sizeof f->ops[0]);
		op->done_cb(op, CVN_ECANCELED);
	}
	flow_free(f->flow);
	keyring_free(f->keyring);
	loop_free(f->loop);
	arena_done(&f->arena);
	free(f);
	return 0;
}

/* --- calls, replies, the log --- */

void fakes_call_bytes(struct fakes *f, const char *key, const uint8_t *bytes, size_t n,
		      enum cvn_err fault)
{
	struct front_peer peer = { .door = FRONT_TCP, .n_routing = 1, .routing = { 1 } };

	snprintf(peer.key, sizeof peer.key, "%s", key);
	flow_on_call(f->flow, &peer, bytes, n, fault);
}

void fakes_call(struct fakes *f, const char *key, Convene__V1__Call *call)
{
	struct store_bytes bytes;

	call->has_protocol = call->has_id = 1;
	call->protocol = call->protocol != 0 ? call->protocol : 1;
	call->id = call->id != 0 ? call->id : 7;
	if (call->programme == NULL)
		call->programme = (char *)"p";
	bytes = pack(&call->base);
	fakes_call_bytes(f, key, bytes.data, bytes.n, CVN_OK);
}

const Convene__V1__Reply *fakes_reply(struct fakes *f)
{
	assert_int_equal(f->n_replies, 1);
	f->n_replies = 0;
	return f->replies[0].reply;
}

const Convene__V1__Problem *fakes_problem(struct fakes *f, const char *code)
{
	const Convene__V1__Reply *reply = fakes_reply(f);

	assert_int_equal(reply->of_case, CONVENE__V1__REPLY__OF_PROBLEM);
	assert_string_equal(reply->problem->code, code);
	return reply->problem;
}

static void hand_on(struct fakes *f, Convene__V1__Update *update)
{
	struct outbox_update out = { .programme = "p", .update = update };
	struct store_bytes bytes;

	update->programme = (char *)"p";
	update->has_cursor = update->has_version = update->has_unix_ms = 1;
	update->cursor = out.cursor = ++f->cursor;
	update->version = out.version = f->version;
	bytes = pack(&update->base);
	out.bytes = bytes.data;
	out.n = bytes.n;
	flow_on_update(f->flow, &out);
}

void fakes_log(struct fakes *f, const char *id, int64_t revision,
	       const Convene__V1__Request *content, Convene__V1__Standing *standing)
{
	Convene__V1__RequestChange change = CONVENE__V1__REQUEST_CHANGE__INIT;
	Convene__V1__Update update = CONVENE__V1__UPDATE__INIT;

	change.id = (char *)(uintptr_t)id;
	change.has_revision = 1;
	change.revision = revision;
	change.content = (Convene__V1__Request *)(uintptr_t)content;
	change.standing = standing;
	update.of_case = CONVENE__V1__UPDATE__OF_REQUEST;
	update.request = &change;
	hand_on(f, &update);
}

void fakes_log_change(struct fakes *f, const struct store_change *change)
{
	struct frame_fault fault;
	ProtobufCMessage *m;

	assert_int_equal(frame_decode(&convene__v1__update__descriptor, change->update.data,
				      change->update.n, &FRAME_LIMITS_PAGE, &f->arena, &m, &fault),
			 CVN_OK);
	f->version += change->bump;
	hand_on(f, (Convene__V1__Update *)m);
}

const Convene__V1__Request *fakes_request(const char *id)
{
	static Convene__V1__Request r;
	static char *squads[] = { (char *)"BBB-S" };

	convene__v1__request__init(&r);
	r.id = (char *)(uintptr_t)id;
	r.federation = (char *)"AAA-SWM";
	r.kind = (char *)"competition";
	r.discipline = (char *)"SWM";
	r.has_duration = r.has_headcount = 1;
	r.duration = 3;
	r.headcount = 20;
	r.squads = squads;
	r.n_squads = 1;
	return &r;
}

Convene__V1__Standing *fakes_standing(Convene__V1__State state)
{
	static Convene__V1__Standing s;
	static Convene__V1__Placement at;
	static char *needed[] = { (char *)"AAA", (char *)"BBB" };

	convene__v1__standing__init(&s);
	s.has_state = 1;
	s.state = state;
	if (state == STATE_PROPOSED || state == STATE_CONFIRMED || state == STATE_REVISION_REQUIRED) {
		convene__v1__placement__init(&at);
		at.venue = (char *)"AAA-V";
		at.first_day = (char *)"2022-05-01";
		s.placement = &at;
		s.consent_needed = needed;
		s.n_consent_needed = 2;
	}
	return &s;
}

const char *fakes_trace(const char *kind)
{
	static char text[4096];
	size_t n = 0;

	text[0] = '\0';
	for (uint64_t back = trace_count(); back > 0; back--) {
		const struct trace_move *move = trace_at(back - 1);

		if (move == NULL || strcmp(move->kind, kind) != 0)
			continue;
		if (strcmp(kind, "exchange") == 0)
			n += (size_t)snprintf(text + n, sizeof text - n, "%s%s ", move->from,
					      strcmp(move->to, "fault") == 0 ? "!" : "");
		else
			n += (size_t)snprintf(text + n, sizeof text - n, "%s>%s ", move->from, move->to);
	}
	return text;
}
