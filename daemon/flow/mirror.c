/* In order of time: mirror_new -> mirror_load: entities, then pages of each programme -> updates ->
 * waits. */
#include "flow/mirror.h"

#include <stdlib.h>
#include <string.h>

#include "domain/day.h"
#include "ports/pool.h"
#include "ports/store_read.h"
#include "util/arena.h"
#include "util/clock.h"
#include "util/log.h"
#include "wire/frame.h"

#define LOAD_PAGE_RECORDS 256
#define LOAD_PAGE_BYTES (4 << 20)

/* The walk through what the store holds, one programme after the other. */
struct load {
	struct mirror_programme *p; /* at hand; NULL: over */
	struct store_entities entities;
	struct store_page page;
	struct arena arena;       /* for one answer */
	struct loop_task nothing; /* there are no programmes */
	void (*loaded_cb)(void *arg, enum cvn_err err);
	void *arg;
};

struct mirror {
	struct mirror_options options;
	struct mirror_programme *programmes; /* by id */
	struct load load;
	bool is_loading;
};

static enum cvn_err load_entities(struct mirror *mirror);
static void on_entities(struct store_op *op, enum cvn_err err);
static enum cvn_err load_page(struct mirror *mirror, int64_t from);
static void on_page(struct store_op *op, enum cvn_err err);
static void on_nothing(struct loop_task *task);
static void load_over(struct mirror *mirror, enum cvn_err err);
static void on_record(void *arg, const struct replica_record *before,
		      const struct replica_record *now);

enum cvn_err mirror_new(const struct mirror_options *options, struct mirror **ret_mirror)
{
	struct mirror *mirror = calloc(1, sizeof *mirror);

	if (mirror == NULL)
		return CVN_ENOMEM;
	mirror->options = *options;
	if (options->today != NULL) {
		mirror->options.today = strdup(options->today);
		if (mirror->options.today == NULL) {
			free(mirror);
			return CVN_ENOMEM;
		}
	}
	arena_init(&mirror->load.arena, (size_t)1 << 30);
	*ret_mirror = mirror;
	return CVN_OK;
}

void mirror_free(struct mirror *mirror)
{
	struct mirror_programme *p, *next;

	if (mirror == NULL)
		return;
	HASH_ITER (hh, mirror->programmes, p, next) {
		HASH_DEL(mirror->programmes, p);
		replica_free(p->replica);
		free(p->id);
		free(p);
	}
	arena_done(&mirror->load.arena);
	loop_defer_cancel(&mirror->load.nothing);
	free((char *)(uintptr_t)mirror->options.today);
	free(mirror);
}

enum cvn_err mirror_load(struct mirror *mirror, void (*loaded_cb)(void *arg, enum cvn_err err),
			 void *arg)
{
	struct load *load = &mirror->load;
	size_t n = store_n_programmes(mirror->options.store);

	mirror->is_loading = true;
	for (size_t i = 0; i < n; i++) {
		struct mirror_programme *p;
		enum cvn_err err =
			mirror_add(mirror, store_programme(mirror->options.store, i).programme, &p);

		if (err != CVN_OK)
			return err;
	}
	load->loaded_cb = loaded_cb;
	load->arg = arg;
	load->p = mirror->programmes;
	if (load->p != NULL)
		return load_entities(mirror);
	load->nothing.run_cb = on_nothing;
	loop_defer(mirror->options.loop, &load->nothing);
	return CVN_OK;
}

static void on_nothing(struct loop_task *task)
{
	load_over(CONTAINER_OF(task, struct mirror, load.nothing), CVN_OK);
}

static enum cvn_err load_entities(struct mirror *mirror)
{
	struct store_entities *e = &mirror->load.entities;

	*e = (struct store_entities){
		.op = { .done_cb = on_entities, .deadline_ms = STORE_NO_DEADLINE, .patient = true },
		.programme = mirror->load.p->id
	};
	return store_entities_start(mirror->options.store, e);
}

/* One stored message, read. */
static enum cvn_err decode(struct arena *arena, const ProtobufCMessageDescriptor *type,
			   struct store_bytes bytes, ProtobufCMessage **ret)
{
	struct frame_fault fault;

	return frame_decode(type, bytes.data, bytes.n, &FRAME_LIMITS_PAGE, arena, ret, &fault);
}

static enum cvn_err fold_entities(struct load *load)
{
	const struct store_entities *e = &load->entities;
	Convene__V1__Page page = CONVENE__V1__PAGE__INIT;
	enum cvn_err err = CVN_OK;

	for (size_t i = 0; i < e->ret_n && err == CVN_OK; i++) {
		ProtobufCMessage *entity;

		arena_reset(&load->arena);
		err = decode(&load->arena, &convene__v1__entity__descriptor,
			     e->ret_entities[i].bytes, &entity);
		if (err == CVN_OK)
			err = replica_put_entity(load->p->replica, (Convene__V1__Entity *)entity,
						 e->ret_entities[i].cursor);
	}
	page.has_cursor = page.has_version = page.has_next = 1;
	page.cursor = load->p->committed = e->ret_cursor;
	page.version = e->ret_version;
	page.next = 1;
	return err != CVN_OK ? err : replica_page(load->p->replica, &page);
}

static void on_entities(struct store_op *op, enum cvn_err err)
{
	struct load *load = CONTAINER_OF(op, struct load, entities.op);
	struct mirror *mirror = CONTAINER_OF(load, struct mirror, load);

	if (err == CVN_OK)
		err = fold_entities(load);
	if (err == CVN_OK)
		err = load_page(mirror, 0);
	if (err != CVN_OK)
		load_over(mirror, err);
}

static enum cvn_err load_page(struct mirror *mirror, int64_t from)
{
	struct store_page *page = &mirror->load.page;

	*page = (struct store_page){
		.op = { .done_cb = on_page, .deadline_ms = STORE_NO_DEADLINE, .patient = true },
		.programme = mirror->load.p->id,
		.from = from,
		.limit = LOAD_PAGE_RECORDS,
		.bytes_max = LOAD_PAGE_BYTES
	};
	return store_page_start(mirror->options.store, page);
}

static enum cvn_err read_record(struct arena *arena, const struct store_record *stored,
				Convene__V1__Record **ret)
{
	Convene__V1__Record *record = arena_alloc(arena, sizeof *record);
	ProtobufCMessage *content, *standing;
	enum cvn_err err;

	if (record == NULL)
		return CVN_ENOMEM;
	err = decode(arena, &convene__v1__request__descriptor, stored->content, &content);
	if (err == CVN_OK)
		err = decode(arena, &convene__v1__standing__descriptor, stored->standing,
			     &standing);
	if (err != CVN_OK)
		return err;
	convene__v1__record__init(record);
	record->id = (char *)(uintptr_t)stored->id;
	record->has_revision = record->has_cursor = record->has_received_unix_ms = 1;
	record->revision = stored->revision;
	record->cursor = stored->cursor;
	record->received_unix_ms = stored->received_unix_ms;
	record->content = (Convene__V1__Request *)content;
	record->standing = (Convene__V1__Standing *)standing;
	*ret = record;
	return CVN_OK;
}

static enum cvn_err fold_page(struct load *load)
{
	const struct store_page *stored = &load->page;
	Convene__V1__Page page = CONVENE__V1__PAGE__INIT;
	Convene__V1__Record *records[LOAD_PAGE_RECORDS];
	enum cvn_err err = CVN_OK;

	arena_reset(&load->arena);
	page.records = records;
	for (; page.n_records < stored->ret_n && err == CVN_OK; page.n_records++)
		err = read_record(&load->arena, &stored->ret_records[page.n_records],
				  &records[page.n_records]);
	if (err != CVN_OK)
		return err;
	page.has_cursor = page.has_version = 1;
	page.cursor = load->p->committed = stored->ret_cursor;
	page.version = stored->ret_version;
	page.has_next = stored->ret_next >= 0;
	page.next = stored->ret_next;
	return replica_page(load->p->replica, &page);
}

static void on_page(struct store_op *op, enum cvn_err err)
{
	struct load *load = CONTAINER_OF(op, struct load, page.op);
	struct mirror *mirror = CONTAINER_OF(load, struct mirror, load);

	if (err == CVN_OK)
		err = fold_page(load);
	if (err == CVN_OK && load->page.ret_next >= 0) {
		err = load_page(mirror, load->page.ret_next);
		if (err == CVN_OK)
			return;
	}
	if (err == CVN_OK && (load->p = load->p->hh.next) != NULL) {
		err = load_entities(mirror);
		if (err == CVN_OK)
			return;
	}
	load_over(mirror, err);
}

static void load_over(struct mirror *mirror, enum cvn_err err)
{
	struct load *load = &mirror->load;

	if (err != CVN_OK && load->p != NULL)
		LOG_ERROR("mirror", "a programme can't be read", "programme", load->p->id, "error",
			  cvn_err_name(err));
	mirror->is_loading = false;
	load->p = NULL;
	arena_done(&load->arena);
	arena_init(&load->arena, (size_t)1 << 30);
	load->loaded_cb(load->arg, err);
}

static void on_record(void *arg, const struct replica_record *before,
		      const struct replica_record *now)
{
	struct mirror_programme *p = arg;
	const struct mirror_options *options = &p->mirror->options;

	if (before != NULL && before->standing->state < STATE_N)
		p->n_states[before->standing->state]--;
	if (now->standing->state < STATE_N)
		p->n_states[now->standing->state]++;
	if (!p->mirror->is_loading)
		options->on_record(options->arg, p, before, now);
}

struct mirror_programme *mirror_find(struct mirror *mirror, const char *programme)
{
	struct mirror_programme *p = NULL;

	if (programme != NULL)
		HASH_FIND_STR(mirror->programmes, programme, p);
	return p;
}

struct mirror_programme *mirror_first(struct mirror *mirror)
{
	return mirror->programmes;
}

struct mirror_programme *mirror_next(struct mirror_programme *p)
{
	return p->hh.next;
}

size_t mirror_count(const struct mirror *mirror)
{
	return HASH_COUNT(mirror->programmes);
}

enum cvn_err mirror_add(struct mirror *mirror, const char *programme, struct mirror_programme **ret)
{
	struct mirror_programme *p = mirror_find(mirror, programme);
	struct replica_observer observer = { .on_record = on_record };
	Convene__V1__Page nothing = CONVENE__V1__PAGE__INIT;

	if (p != NULL) {
		*ret = p;
		return CVN_OK;
	}
	if (mirror_count(mirror) >= POOL_PROGRAMMES_MAX)
		return CVN_ETOOLARGE;
	p = calloc(1, sizeof *p);
	if (p == NULL)
		return CVN_ENOMEM;
	observer.arg = p;
	p->mirror = mirror;
	p->id = strdup(programme);
	p->replica = replica_new(&observer);
	if (p->id == NULL || p->replica == NULL) {
		replica_free(p->replica);
		free(p->id);
		free(p);
		return CVN_ENOMEM;
	}
	list_init(&p->waits);
	if (!mirror->is_loading)
		CVN_REQUIRE(replica_page(p->replica, &nothing) ==
			    CVN_OK); /* it has nothing in it to fail */
	HASH_ADD_KEYPTR(hh, mirror->programmes, p->id, strlen(p->id), p);
	*ret = p;
	return CVN_OK;
}

enum cvn_err mirror_update(struct mirror *mirror, const struct outbox_update *update)
{
	struct mirror_programme *p = mirror_find(mirror, update->programme);
	enum cvn_err err;

	if (p == NULL)
		return CVN_EPROGRAMME;
	err = replica_update(p->replica, update->update);
	if (err == CVN_OK)
		mirror_committed(p, update->cursor);
	return err;
}

void mirror_wake(struct mirror_programme *p)
{
	struct list_node *node;

	while ((node = list_first(&p->waits)) != NULL) {
		struct mirror_wait *wait = CONTAINER_OF(node, struct mirror_wait, link);

		if (!mirror_has(p, wait->cursor))
			return;
		list_drop(node);
		wait->done_cb(wait);
	}
}

void mirror_committed(struct mirror_programme *p, int64_t cursor)
{
	if (cursor > p->committed)
		p->committed = cursor;
}

bool mirror_has(const struct mirror_programme *p, int64_t cursor)
{
	return replica_cursor(p->replica) >= cursor;
}

void mirror_wait(struct mirror_programme *p, int64_t cursor, struct mirror_wait *wait)
{
	struct list_node *before = p->waits.prev;

	CVN_REQUIRE(!mirror_has(p, cursor));
	wait->cursor = cursor;
	while (before != &p->waits &&
	       CONTAINER_OF(before, struct mirror_wait, link)->cursor > cursor)
		before = before->prev;
	list_push_front(before, &wait->link);
}

void mirror_wait_cancel(struct mirror_wait *wait)
{
	list_drop(&wait->link);
}

bool mirror_look_at_clock(struct mirror_programme *p, int64_t unix_ms)
{
	const Convene__V1__Programme *about = programme_about(replica_programme(p->replica));
	char today[DAY_TEXT_SIZE];
	bool had = replica_has_today(p->replica);
	int32_t before = had ? replica_today(p->replica) : 0;

	if (p->mirror->options.today == NULL) {
		day_format(day_of_unix_ms(unix_ms, about != NULL ? about->time_zone : NULL), today);
		replica_set_today(p->replica, today);
	} else {
		replica_set_today(p->replica, p->mirror->options.today);
	}
	return !had || replica_today(p->replica) != before;
}
