/* round_calls.c - the calls about planning rounds: start, get, adopt, discard, stop.
 *
 * Layer     flow; rows of kinds.c.
 * Not here  a round's life (flow/rounds.h). */
#include <stdio.h>
#include <string.h>

#include "domain/day.h"
#include "flow/kinds.h"
#include "flow/rounds.h"
#include "ports/keyring.h"

struct round_call {
	struct exchange *e;
	struct round_wait wait;
};

static void on_done(struct round_wait *wait, enum cvn_err err, const char *text);
static void cancel(struct exchange *e);
static bool answer(struct exchange *e, int64_t from, int64_t limit);

static struct round *round_of(struct exchange *e)
{
	return rounds_of(e->flow->rounds, e->programme);
}

static struct round_call *begin(struct exchange *e)
{
	struct round_call *c = exchange_act(e, sizeof *c);

	if (c == NULL)
		return NULL;
	c->e = e;
	c->wait.done_cb = on_done;
	return c;
}

static struct round_caller caller(const struct exchange *e)
{
	return (struct round_caller){ .name = e->caller.name, .role = role_name(e->caller.role) };
}

static enum verdict wait_or_fault(struct exchange *e, enum cvn_err err)
{
	if (err != CVN_OK)
		return exchange_fault(e, err, NULL);
	e->cancel = cancel;
	return WAIT;
}

/* What was begun goes on; nobody waits for it any more. */
static void cancel(struct exchange *e)
{
	struct round_call *c = e->act;

	round_leave(&c->wait);
}

static void on_done(struct round_wait *wait, enum cvn_err err, const char *text)
{
	struct exchange *e = CONTAINER_OF(wait, struct round_call, wait)->e;

	e->text = text != NULL ? arena_strdup(&e->arena, text) : NULL;
	exchange_resume(e, err);
}

enum verdict round_done(struct exchange *e)
{
	bool is_adopted = e->call->of_case == CONVENE__V1__CALL__OF_ROUND_ADOPT;

	if (e->err != CVN_OK)
		return exchange_fault(e, e->err, e->text);
	return answer(e, 0, is_adopted ? ROUND_ENTRIES : 0) ? NEXT : exchange_fault(e, CVN_ENOMEM, NULL);
}

/* --- start --- */

static void violation(struct exchange *e, const char *list, size_t i, const char *code, const char *text)
{
	char field[64];

	snprintf(field, sizeof field, "scope.%s[%zu]", list, i);
	exchange_violation(e, field, code, text);
}

static void check_scope(struct exchange *e, const Convene__V1__RoundScope *scope)
{
	const struct programme *p = replica_programme(e->programme->replica);
	int32_t first, last;

	for (size_t i = 0; i < scope->n_federations; i++)
		if (programme_federation(p, scope->federations[i]) == NULL)
			violation(e, "federations", i, "FEDERATION_UNKNOWN", "a federation must be one of the programme");
	for (size_t i = 0; i < scope->n_disciplines; i++)
		if (!programme_has_discipline(p, scope->disciplines[i]))
			violation(e, "disciplines", i, "DISCIPLINE_UNKNOWN",
				  "a discipline must be one that the programme lists");
	for (size_t i = 0; i < scope->n_hosts; i++)
		if (!programme_is_party(p, scope->hosts[i]))
			violation(e, "hosts", i, "HOST_NOT_PARTY", "a host must be a party of the programme");
	if (scope->period == NULL)
		return;
	if (!day_parse(scope->period->first, &first) || !day_parse(scope->period->last, &last))
		exchange_violation(e, "scope.period", "DATE_INVALID", "a day must be written YYYY-MM-DD");
	else if (first > last)
		exchange_violation(e, "scope.period", "WINDOW_REVERSED", "the first day must not be after the last");
}

static bool is_sound(struct exchange *e, const Convene__V1__RoundStart *order)
{
	if (order->has_seconds && (order->seconds < 1 || order->seconds > ROUND_SECONDS_MAX))
		exchange_violation(e, "seconds", "SECONDS_OUT_OF_RANGE", "a round takes 1 to 3600 seconds");
	if (order->has_seed && order->seed < 0)
		exchange_violation(e, "seed", "SEED_NEGATIVE", "a seed must be 0 at least");
	if (order->scope != NULL)
		check_scope(e, order->scope);
	return e->n_violations == 0;
}

/* Why no round may begin now; NULL: one may. */
static const char *why_not(const struct round *round)
{
	switch (round_state(round)) {
	case ROUND_RUNNING:
		return "a round is under way in this programme";
	case ROUND_READY:
		return "a draft waits to be adopted or discarded";
	case ROUND_ADOPTING:
		return "a draft is being adopted";
	default:
		return NULL;
	}
}

static bool is_archived(const struct exchange *e)
{
	const Convene__V1__Programme *about = programme_about(replica_programme(e->programme->replica));

	return about != NULL && about->phase != NULL && strcmp(about->phase, "archived") == 0;
}

enum verdict round_start_start(struct exchange *e)
{
	const Convene__V1__RoundStart *order = e->call->round_start;
	struct round *round = round_of(e);
	struct round_call *c = begin(e);
	struct round_caller by = caller(e);

	if (c == NULL || round == NULL)
		return exchange_fault(e, CVN_ENOMEM, NULL);
	if (!is_sound(e, order))
		return exchange_fault(e, CVN_EINVALID, NULL);
	if (is_archived(e))
		return exchange_fault(e, CVN_ECLOSED, "the programme is archived");
	if (round_is_busy(round))
		return exchange_fault(e, CVN_EBUSY, NULL);
	if (why_not(round) != NULL)
		return exchange_fault(e, CVN_ECONFLICT, why_not(round));
	return wait_or_fault(e, round_begin(round, order, &by, &c->wait));
}

/* --- adopt, discard, stop --- */

/* Is it the round that is meant, in one of these states (FSM bits), and at rest? */
static enum verdict expect(struct exchange *e, const struct round *round, bool has_number, int64_t number,
			   uint32_t states, const char *text)
{
	if (round == NULL)
		return exchange_fault(e, CVN_ENOMEM, NULL);
	if (has_number && number != round_number(round))
		return exchange_fault(e, CVN_ECONFLICT, "that is not the programme's last round");
	if (round_is_busy(round))
		return exchange_fault(e, CVN_EBUSY, NULL);
	if ((states & UINT32_C(1) << round_state(round)) == 0)
		return exchange_fault(e, CVN_ESTATE, text);
	return NEXT;
}

/* Has what is asked been done, by the same call that was sent once more? Its number says that it is meant. */
static bool is_done(const struct round *round, bool has_number, int64_t number, enum round_state state)
{
	return round != NULL && has_number && number == round_number(round) && round_state(round) == state &&
	       !round_is_busy(round);
}

enum verdict round_adopt_start(struct exchange *e)
{
	const Convene__V1__RoundAdopt *call = e->call->round_adopt;
	struct round *round = round_of(e);
	struct round_call *c = begin(e);
	struct round_caller by = caller(e);

	if (c != NULL && is_done(round, call->has_number, call->number, ROUND_ADOPTED))
		return answer(e, 0, 0) ? NEXT : exchange_fault(e, CVN_ENOMEM, NULL);
	if (c == NULL || expect(e, round, call->has_number, call->number, UINT32_C(1) << ROUND_READY,
				"there is no draft to be adopted") == FAULT)
		return FAULT;
	if (is_archived(e))
		return exchange_fault(e, CVN_ECLOSED, "the programme is archived");
	if (round_about(round)->n_entries == 0)
		return exchange_fault(e, CVN_ESTATE, "the draft changes nothing: discard it");
	return wait_or_fault(e, round_adopt(round, &by, &c->wait));
}

enum verdict round_discard_start(struct exchange *e)
{
	const Convene__V1__RoundDiscard *call = e->call->round_discard;
	struct round *round = round_of(e);
	struct round_call *c = begin(e);
	struct round_caller by = caller(e);

	if (c != NULL && is_done(round, call->has_number, call->number, ROUND_DISCARDED))
		return answer(e, 0, 0) ? NEXT : exchange_fault(e, CVN_ENOMEM, NULL);
	if (c == NULL || expect(e, round, call->has_number, call->number,
				UINT32_C(1) << ROUND_READY | UINT32_C(1) << ROUND_RUNNING,
				"there is nothing to be discarded") == FAULT)
		return FAULT;
	if (is_archived(e))
		return exchange_fault(e, CVN_ECLOSED, "the programme is archived");
	return wait_or_fault(e, round_discard(round, &by, &c->wait));
}

enum verdict round_stop_start(struct exchange *e)
{
	const Convene__V1__RoundStop *call = e->call->round_stop;
	struct round *round = round_of(e);

	if (expect(e, round, call->has_number, call->number, UINT32_C(1) << ROUND_RUNNING, "no round is under way") ==
	    FAULT)
		return FAULT;
	if (!round_stop(round))
		return exchange_fault(e, CVN_EBUSY, "the planner is still being started");
	return answer(e, 0, 0) ? NEXT : exchange_fault(e, CVN_ENOMEM, NULL);
}

/* --- get --- */

enum verdict round_get_start(struct exchange *e)
{
	const Convene__V1__RoundGet *call = e->call->round_get;
	int64_t limit = call->has_limit ? call->limit : ROUND_ENTRIES;

	if (round_of(e) == NULL)
		return exchange_fault(e, CVN_ENOMEM, NULL);
	return answer(e, call->from < 0 ? 0 : call->from, limit < 0 ? 0 : limit) ?
		       NEXT :
		       exchange_fault(e, CVN_ENOMEM, NULL);
}

/* As the reader wants it: with what the entry's request is. */
static Convene__V1__RoundEntry *told(struct exchange *e, const Convene__V1__RoundEntry *entry)
{
	const struct replica_record *record = replica_find(e->programme->replica, entry->request);
	Convene__V1__RoundEntry *copy = arena_memdup(&e->arena, entry, sizeof *entry);
	const Convene__V1__Request *content;

	if (copy == NULL || record == NULL)
		return copy;
	content = record->content;
	copy->federation = content->federation;
	copy->kind = content->kind;
	copy->discipline = content->discipline;
	copy->n_title = content->n_title;
	copy->title = content->title;
	copy->has_duration = content->has_duration;
	copy->duration = content->duration;
	copy->has_value = 1;
	copy->value = record->standing->has_value ? record->standing->value : content->value;
	return copy;
}

/* The round with as many entries from `from` on as the limits allow. */
static bool answer(struct exchange *e, int64_t from, int64_t limit)
{
	const Convene__V1__Round *about = round_about(round_of(e));
	Convene__V1__Round *r = arena_alloc(&e->arena, sizeof *r);
	size_t n_bytes = 0, at = (size_t)from;

	if (r == NULL)
		return false;
	e->reply.of_case = CONVENE__V1__REPLY__OF_ROUND;
	e->reply.round = r;
	if (about == NULL) {
		convene__v1__round__init(r);
		r->state = (char *)(uintptr_t)"none";
		return true;
	}
	*r = *about;
	r->n_entries = 0;
	r->entries = arena_array(&e->arena, about->n_entries + 1, sizeof *r->entries);
	if (r->entries == NULL)
		return false;
	for (; at < about->n_entries && (int64_t)r->n_entries < limit; at++) {
		Convene__V1__RoundEntry *entry = told(e, about->entries[at]);

		if (entry == NULL)
			return false;
		n_bytes += convene__v1__round_entry__get_packed_size(entry) + 8;
		if (n_bytes > EXCHANGE_REPLY_BYTES && r->n_entries > 0)
			break;
		r->entries[r->n_entries++] = entry;
	}
	r->has_next = at < about->n_entries && limit > 0;
	r->next = r->has_next ? (int64_t)at : 0;
	return true;
}
