/* data.c - the programme's data are put and retired.
 *
 * Layer     flow; a row of kinds.c.
 * Not here  whether they make sense for planning: whatever is well formed is kept, and read with
 *           care. */
#include <string.h>

#include "domain/day.h"
#include "flow/kinds.h"
#include "ports/keyring.h"
#include "ports/pool.h"
#include "util/clock.h"
#include "util/id.h"
#include "wire/frame.h"

struct put {
	struct exchange *e;
	struct store_put put;
	struct store_entity *entities;
};

static enum verdict look(struct exchange *e, const Convene__V1__Entity *entity, size_t i);
static enum cvn_err build(struct exchange *e, const Convene__V1__Entity *entity,
			  struct store_entity *ret);
static void on_put(struct store_op *op, enum cvn_err err);
static enum verdict begin_programme(struct exchange *e);

static uint64_t count_unknown(const struct exchange *e)
{
	const Convene__V1__Put *call = e->call->put;
	uint64_t n = 0;

	for (size_t i = 0; !call->retire && i < call->n_entities; i++)
		n += e->programme == NULL ||
		     programme_item(replica_programme(e->programme->replica),
				    entity_kind(call->entities[i]),
				    entity_id(call->entities[i])) == NULL;
	return n;
}

enum verdict put_start(struct exchange *e)
{
	const Convene__V1__Put *call = e->call->put;
	struct put *p = exchange_act(e, sizeof *p);
	enum cvn_err err = CVN_OK;

	if (p == NULL)
		return FAULT;
	if (call->n_entities == 0)
		return exchange_fault(e, CVN_EINVALID, "there is no record in it");
	if (call->n_entities > e->flow->options.limits.batch_max)
		return exchange_too_many(e, "entities", e->flow->options.limits.batch_max);
	if (!id_is_valid(e->call->programme))
		return exchange_fault(e, CVN_EINVALID, "the programme's id is no identifier");
	if (e->programme == NULL &&
	    (call->retire || call->entities[0]->of_case != CONVENE__V1__ENTITY__OF_PROGRAMME))
		return exchange_fault(e, CVN_EPROGRAMME, NULL);
	if (e->programme == NULL && mirror_count(e->flow->mirror) >= POOL_PROGRAMMES_MAX)
		return exchange_fault(e, CVN_ETOOLARGE, "there are too many programmes");
	for (size_t i = 0; i < call->n_entities; i++)
		if (look(e, call->entities[i], i) == FAULT)
			return FAULT;
	if (!exchange_claim_entities(e, count_unknown(e)))
		return exchange_fault(e, CVN_ETOOLARGE, "the programme is full of data");

	p->e = e;
	p->entities = arena_array(&e->arena, call->n_entities, sizeof *p->entities);
	if (p->entities == NULL)
		return exchange_fault(e, CVN_ENOMEM, NULL);
	for (size_t i = 0; i < call->n_entities && err == CVN_OK; i++)
		err = build(e, call->entities[i], &p->entities[i]);
	if (err != CVN_OK)
		return exchange_fault(e, err, NULL);
	p->put = (struct store_put){ .op = { .done_cb = on_put, .deadline_ms = e->deadline_ms },
				     .programme = e->call->programme,
				     .entities = p->entities,
				     .n_entities = call->n_entities };
	err = store_put_start(e->flow->ports->store, &p->put);
	return err == CVN_OK ? WAIT : exchange_fault(e, err, NULL);
}

static enum verdict wrong(struct exchange *e, size_t i, enum entity_kind kind, const char *field,
			  const char *code, const char *text)
{
	const char *name = entity_kind_name(kind);
	const char *path = name == NULL ?
				   arena_printf(&e->arena, "entities[%zu]", i) :
				   arena_printf(&e->arena, "entities[%zu].%s.%s", i, name, field);

	exchange_violation(e, path != NULL ? path : field, code, text);
	return exchange_fault(e, strcmp(code, "FORBIDDEN") == 0 ? CVN_EFORBIDDEN : CVN_EINVALID,
			      text);
}

/* The committee whose record it is; NULL: nobody's, or not to be found out. What the same call
 * brings counts too. */
static const char *noc_of(const struct exchange *e, const Convene__V1__Entity *entity);

static const Convene__V1__Entity *in_call(const struct exchange *e, enum entity_kind kind,
					  const char *id)
{
	const Convene__V1__Put *call = e->call->put;

	for (size_t i = 0; id != NULL && !call->retire && i < call->n_entities; i++) {
		const char *other = entity_id(call->entities[i]);

		if (entity_kind(call->entities[i]) == kind && other != NULL &&
		    strcmp(other, id) == 0)
			return call->entities[i];
	}
	return NULL;
}

static const char *noc_of_parent(const struct exchange *e, enum entity_kind kind, const char *id)
{
	const Convene__V1__Entity *parent = in_call(e, kind, id);
	const struct programme_item *item = NULL;

	if (parent == NULL && e->programme != NULL)
		item = programme_item(replica_programme(e->programme->replica), kind, id);
	if (parent == NULL && item != NULL)
		parent = item->entity;
	return parent != NULL ? noc_of(e, parent) : NULL;
}

static const char *noc_of(const struct exchange *e, const Convene__V1__Entity *entity)
{
	switch (entity_kind(entity)) {
	case ENTITY_CITY:
		return entity->city->noc;
	case ENTITY_VENUE:
		return noc_of_parent(e, ENTITY_CITY, entity->venue->city);
	case ENTITY_OFFER:
		return entity->offer->provider;
	case ENTITY_FEDERATION:
		return entity->federation->noc;
	case ENTITY_SQUAD:
		return noc_of_parent(e, ENTITY_FEDERATION, entity->squad->federation);
	case ENTITY_PROTECTED:
		return entity->protected_->noc;
	default:
		return NULL;
	}
}

/* Is it the caller's to put: as it will be, and as it stands? */
static bool is_own(struct exchange *e, const Convene__V1__Entity *entity)
{
	enum entity_kind kind = entity_kind(entity);
	const struct programme_item *item =
		e->programme == NULL ? NULL :
				       programme_item(replica_programme(e->programme->replica),
						      kind, entity_id(entity));
	const char *noc;

	if (e->caller.role == ROLE_OPERATOR)
		return true;
	if (e->caller.role == ROLE_WORKING_BODY)
		return kind == ENTITY_PROGRAMME || kind == ENTITY_PROTECTED;
	if (e->caller.n_disciplines > 0)
		return false; /* decides for its committee, about some disciplines; its data are others' */
	noc = e->call->put->retire ? e->caller.subject : noc_of(e, entity);
	if (kind == ENTITY_PROGRAMME || noc == NULL || strcmp(noc, e->caller.subject) != 0)
		return false;
	noc = item != NULL ? noc_of(e, item->entity) : e->caller.subject;
	return noc != NULL && strcmp(noc, e->caller.subject) == 0;
}

static enum verdict look_at_programme(struct exchange *e, const Convene__V1__Programme *about,
				      size_t i)
{
	static const char *const PHASES[] = { "open", "closed", "archived" };
	int32_t first, last;
	bool is_phase = about->phase == NULL;

	if (strcmp(about->id, e->call->programme) != 0)
		return wrong(e, i, ENTITY_PROGRAMME, "id", "ID_INVALID",
			     "it is not the programme of the call");
	if (!day_parse(about->first_day, &first))
		return wrong(e, i, ENTITY_PROGRAMME, "first_day", "DATE_INVALID",
			     "a day is written as 2022-01-31");
	if (!day_parse(about->last_day, &last))
		return wrong(e, i, ENTITY_PROGRAMME, "last_day", "DATE_INVALID",
			     "a day is written as 2022-01-31");
	if (last < first || last - first >= PROGRAMME_DAYS_MAX)
		return wrong(e, i, ENTITY_PROGRAMME, "last_day", "DATE_INVALID",
			     "it lies before the first day, or too far behind it");
	for (size_t k = 0; k < N_ELEMENTS(PHASES); k++)
		is_phase |= about->phase != NULL && strcmp(about->phase, PHASES[k]) == 0;
	if (!is_phase)
		return wrong(e, i, ENTITY_PROGRAMME, "phase", "PHASE_UNKNOWN",
			     "open, closed or archived");
	return NEXT;
}

static enum verdict look(struct exchange *e, const Convene__V1__Entity *entity, size_t i)
{
	enum entity_kind kind = entity_kind(entity);

	if (kind == ENTITY_NONE)
		return wrong(e, i, kind, "", "KIND_UNKNOWN", "the record is empty");
	if (!id_is_valid(entity_id(entity)))
		return wrong(e, i, kind, "id", "ID_INVALID",
			     "1 to 64 letters, digits, dots, underscores and dashes, a letter or "
			     "digit first");
	if (!is_own(e, entity))
		return wrong(e, i, kind, "id", "FORBIDDEN",
			     "the record is not the caller's to change");
	if (kind == ENTITY_PROGRAMME && e->call->put->retire)
		return wrong(e, i, kind, "id", "FORBIDDEN",
			     "a programme is never taken out: archive it");
	return kind == ENTITY_PROGRAMME ? look_at_programme(e, entity->programme, i) : NEXT;
}

/* A record that is retired is named by its id alone. */
static enum cvn_err only_id(struct exchange *e, const Convene__V1__Entity *entity,
			    const Convene__V1__Entity **ret)
{
	Convene__V1__Entity *m = arena_memdup(&e->arena, entity, sizeof *m);
	/* all kinds begin alike: the base, then the id */
	const ProtobufCMessageDescriptor *type =
		((const ProtobufCMessage *)entity->city)->descriptor;
	ProtobufCMessage *bare = arena_alloc(&e->arena, type->sizeof_message);

	if (m == NULL || bare == NULL)
		return CVN_ENOMEM;
	protobuf_c_message_init(type, bare);
	*(char **)(void *)((char *)bare +
			   protobuf_c_message_descriptor_get_field_by_name(type, "id")->offset) =
		(char *)(uintptr_t)entity_id(entity);
	m->city = (Convene__V1__City *)bare;
	*ret = m;
	return CVN_OK;
}

static enum cvn_err build(struct exchange *e, const Convene__V1__Entity *entity,
			  struct store_entity *ret)
{
	Convene__V1__EntityChange change = CONVENE__V1__ENTITY_CHANGE__INIT;
	Convene__V1__Update update = CONVENE__V1__UPDATE__INIT;
	bool retire = e->call->put->retire;
	const Convene__V1__Entity *told = entity;
	uint8_t *bytes;
	enum cvn_err err = retire ? only_id(e, entity, &told) : CVN_OK;

	if (err != CVN_OK)
		return err;
	*ret = (struct store_entity){ .kind = entity_kind_name(entity_kind(entity)),
				      .id = entity_id(entity) };
	if (entity_kind(entity) == ENTITY_PROGRAMME)
		ret->phase = entity->programme->phase != NULL ? entity->programme->phase : "open";
	change.entity = (Convene__V1__Entity *)(uintptr_t)told;
	change.by = (char *)(uintptr_t)e->caller.name;
	change.by_role = (char *)(uintptr_t)role_name(e->caller.role);
	change.has_retired = retire;
	change.retired = retire;
	update.has_unix_ms = 1;
	update.unix_ms = clock_unix_ms();
	update.of_case = CONVENE__V1__UPDATE__OF_ENTITY;
	update.entity = &change;
	if (!retire) {
		err = frame_encode(&entity->base, &e->arena, &bytes, &ret->bytes.n);
		if (err != CVN_OK)
			return err;
		ret->bytes.data = bytes;
	}
	err = frame_encode(&update.base, &e->arena, &bytes, &ret->update.n);
	if (err == CVN_OK)
		ret->update.data = bytes;
	return err;
}

static void on_put(struct store_op *op, enum cvn_err err)
{
	exchange_resume(CONTAINER_OF(op, struct put, put.op)->e, err);
}

/* Once when it is committed, and once more when the mirror has it: the next call is judged by it. */
enum verdict put_done(struct exchange *e)
{
	const struct put *p = e->act;

	if (e->err != CVN_OK)
		return exchange_fault(e, e->err, p->put.op.fault);
	if (e->programme == NULL && begin_programme(e) == FAULT)
		return FAULT;
	return exchange_committed(e, p->put.ret_cursor, p->put.ret_changed);
}

/* It is new: from here on the log is read, and workers are fed. */
static enum verdict begin_programme(struct exchange *e)
{
	enum cvn_err err = flow_begin_programme(e->flow, e->call->programme, &e->programme);

	return err == CVN_OK ? NEXT : exchange_fault(e, err, NULL);
}
