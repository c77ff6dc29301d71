/* In order of time: flow_new -> flow_load -> flow_start -> calls, answers, updates, pulses, ticks
 * -> flow_drain. */
#include "flow/flow.h"

#include <stdlib.h>
#include <string.h>

#include "domain/day.h"
#include "flow/answers.h"
#include "flow/daily.h"
#include "flow/exchange.h"
#include "flow/jobs.h"
#include "flow/mirror.h"
#include "flow/rounds.h"
#include "flow/view.h"
#include "ports/store.h"
#include "util/clock.h"
#include "util/log.h"
#include "wire/frame.h"

#define TICK_MS 50

static void on_loaded(void *arg, enum cvn_err err);
static void on_tick(void *arg);
static void on_record(void *arg, struct mirror_programme *p, const struct replica_record *before,
		      const struct replica_record *now);
static void tell(struct flow *flow, struct mirror_programme *p, const char *id);

enum cvn_err flow_new(const struct flow_options *options, struct flow **ret_flow)
{
	struct flow *flow = calloc(1, sizeof *flow);
	struct mirror_options mirror = { .loop = options->ports->loop,
					 .store = options->ports->store,
					 .today = options->today,
					 .on_record = on_record };
	enum cvn_err err;

	if (flow == NULL)
		return CVN_ENOMEM;
	flow->options = *options;
	flow->ports = options->ports;
	flow->started_ms = loop_now_ms(flow->ports->loop);
	list_init(&flow->exchanges);
	quota_init(&flow->quota, options->limits.in_flight_per_principal,
		   options->limits.in_flight_max);
	mirror.arg = flow;
	err = mirror_new(&mirror, &flow->mirror);
	if (err == CVN_OK)
		err = answers_new(flow, &flow->answers);
	if (err == CVN_OK)
		err = jobs_new(flow, &flow->jobs);
	if (err == CVN_OK)
		err = daily_new(flow, &flow->daily);
	if (err == CVN_OK)
		err = rounds_new(flow, &flow->rounds);
	if (err == CVN_OK)
		err = loop_timer_new(flow->ports->loop, on_tick, flow, &flow->tick);
	if (err != CVN_OK) {
		flow_free(flow);
		return err;
	}
	*ret_flow = flow;
	return CVN_OK;
}

void flow_free(struct flow *flow)
{
	if (flow == NULL)
		return;
	loop_timer_free(flow->tick);
	exchange_free_all(flow);
	answers_free(flow->answers);
	jobs_free(flow->jobs);
	daily_free(flow->daily);
	rounds_free(flow->rounds);
	mirror_free(flow->mirror);
	quota_done(&flow->quota);
	free(flow);
}

enum cvn_err flow_load(struct flow *flow, void (*loaded_cb)(void *arg, enum cvn_err err), void *arg)
{
	flow->loaded_cb = loaded_cb;
	flow->loaded_arg = arg;
	return mirror_load(flow->mirror, on_loaded, flow);
}

static void on_loaded(void *arg, enum cvn_err err)
{
	struct flow *flow = arg;

	if (err == CVN_OK)
		rounds_load(flow->rounds, flow->loaded_cb, flow->loaded_arg);
	else
		flow->loaded_cb(flow->loaded_arg, err);
}

/* The pool feeds it, and what comes after is read from the log. */
static enum cvn_err follow(struct flow *flow, struct mirror_programme *p)
{
	enum cvn_err err = pool_programme(flow->ports->pool, p->id, p->replica);

	if (err == CVN_OK)
		err = outbox_follow(flow->ports->outbox, p->id, replica_cursor(p->replica),
				    replica_version(p->replica));
	return err;
}

enum cvn_err flow_start(struct flow *flow)
{
	for (struct mirror_programme *p = mirror_first(flow->mirror); p != NULL;
	     p = mirror_next(p)) {
		const struct replica_record *r;
		struct front_peer nobody;
		enum cvn_err err;

		mirror_look_at_clock(p, clock_unix_ms());
		err = follow(flow, p);
		if (err != CVN_OK)
			return err;
		for (r = replica_first(p->replica); r != NULL; r = replica_next(r))
			if (r->standing->state == STATE_RECEIVED)
				jobs_on_record(flow->jobs, p, NULL, r, &nobody);
	}
	rounds_start(flow->rounds);
	loop_timer_start(flow->tick, TICK_MS, TICK_MS);
	LOG_INFO("flow", "the store is read", "programmes", mirror_count(flow->mirror), "owed",
		 jobs_n(flow->jobs));
	return CVN_OK;
}

enum cvn_err flow_begin_programme(struct flow *flow, const char *programme,
				  struct mirror_programme **ret)
{
	enum cvn_err err = mirror_add(flow->mirror, programme, ret);

	if (err != CVN_OK)
		return err;
	mirror_look_at_clock(*ret, clock_unix_ms());
	return follow(flow, *ret);
}

void flow_on_call(void *arg, const struct front_peer *peer, const uint8_t *payload, size_t n,
		  enum cvn_err fault)
{
	exchange_start(arg, peer, payload, n, fault);
}

bool flow_is_programme(void *arg, const char *programme)
{
	struct flow *flow = arg;

	return mirror_find(flow->mirror, programme) != NULL;
}

void flow_on_answer(void *arg, pool_ref from, const Convene__V1__Answer *answer,
		    struct pool_task *task)
{
	struct flow *flow = arg;

	answers_take(flow->answers, from, answer, task);
}

void flow_on_progress(void *arg, struct pool_task *task, const Convene__V1__Progress *progress)
{
	(void)arg;
	rounds_on_progress(task, progress);
}

void flow_on_plan(void *arg, struct pool_task *task, const Convene__V1__Plan *plan)
{
	(void)arg;
	rounds_on_plan(task, plan);
}

/* First into the mirror, which ends jobs and begins them; then out, to workers, subscribers and
 * federations. */
void flow_on_update(void *arg, const struct outbox_update *update)
{
	struct flow *flow = arg;
	struct mirror_programme *p = mirror_find(flow->mirror, update->programme);
	enum cvn_err err;

	flow->counts.updates++;
	flow->has_submitter = false;
	err = mirror_update(flow->mirror, update);
	if (err != CVN_OK) {
		LOG_ERROR("flow", "an update can't be folded in", "programme", update->programme,
			  "cursor", update->cursor, "error", cvn_err_name(err));
		flow->options.on_broken(flow->options.arg,
					"the mirror has lost the thread of the log");
		return;
	}
	pool_feed(flow->ports->pool, update->programme, update->bytes, update->n);
	front_publish(flow->ports->front, update->programme, update->bytes, update->n);
	if (update->update->of_case == CONVENE__V1__UPDATE__OF_REQUEST)
		tell(flow, p, update->update->request->id);
	mirror_wake(p);
}

static void on_record(void *arg, struct mirror_programme *p, const struct replica_record *before,
		      const struct replica_record *now)
{
	struct flow *flow = arg;

	flow->has_submitter = jobs_on_record(flow->jobs, p, before, now, &flow->submitter);
}

/* A change, as this federation may see it; without its content: its own it knows. */
static void tell_one(struct flow *flow, struct mirror_programme *p,
		     const struct replica_record *record, const char *federation,
		     const struct front_peer *submitter)
{
	Convene__V1__Reply reply = CONVENE__V1__REPLY__INIT;
	Convene__V1__Outcome outcome = CONVENE__V1__OUTCOME__INIT;
	struct view view = { .replica = p->replica,
			     .role = ROLE_FEDERATION,
			     .subject = federation,
			     .without_content = true };
	struct arena arena;
	uint8_t *bytes;
	size_t n;

	arena_init(&arena, (size_t)4 << 20);
	outcome.programme = p->id;
	outcome.record = view_record(&view, record, &arena);
	reply.has_protocol = reply.has_id = 1;
	reply.protocol = 1;
	reply.of_case = CONVENE__V1__REPLY__OF_OUTCOME;
	reply.outcome = &outcome;
	if (outcome.record != NULL && frame_encode(&reply.base, &arena, &bytes, &n) == CVN_OK)
		flow->counts.outcomes +=
			front_tell(flow->ports->front, p->id, federation, submitter, bytes, n);
	arena_done(&arena);
}

/* Has this federation, the request's own or one with another squad, been told already? */
static bool is_told(const struct replica_record *record, const char *own, size_t n)
{
	const Convene__V1__Standing *s = record->standing;
	const char *federation = s->invitations[n]->federation;

	if (federation == NULL || strcmp(federation, own) == 0)
		return true;
	for (size_t i = 0; i < n; i++)
		if (s->invitations[i]->federation != NULL &&
		    strcmp(s->invitations[i]->federation, federation) == 0)
			return true;
	return false;
}

/* An outcome, to the request's own federation and to those that are invited. */
static void tell(struct flow *flow, struct mirror_programme *p, const char *id)
{
	const struct replica_record *record = replica_find(p->replica, id);
	const char *own;

	if (record == NULL || (!flow->has_submitter && front_sessions(flow->ports->front) == 0))
		return;
	own = record->content->federation != NULL ? record->content->federation : "";
	tell_one(flow, p, record, own, flow->has_submitter ? &flow->submitter : NULL);
	for (size_t i = 0; i < record->standing->n_invitations; i++)
		if (!is_told(record, own, i))
			tell_one(flow, p, record, record->standing->invitations[i]->federation, NULL);
}

void flow_on_pulse(void *arg, const char *programme, int64_t cursor, int64_t version)
{
	struct flow *flow = arg;
	struct mirror_programme *p = mirror_find(flow->mirror, programme);
	Convene__V1__Update update = CONVENE__V1__UPDATE__INIT;
	Convene__V1__Pulse pulse = CONVENE__V1__PULSE__INIT;
	char today[DAY_TEXT_SIZE];
	uint8_t *bytes;
	size_t n;
	struct arena arena;

	if (p == NULL)
		return;
	if (mirror_look_at_clock(p, clock_unix_ms())) {
		day_format(replica_today(p->replica), today);
		pool_today(flow->ports->pool, programme, today);
		p->is_day_done = false;
	}
	if (!p->is_day_done)
		daily_look(flow->daily, p);
	day_format(replica_today(p->replica), today);
	pulse.today = today;
	update.programme = p->id;
	update.has_cursor = update.has_version = update.has_unix_ms = 1;
	update.cursor = cursor;
	update.version = version;
	update.unix_ms = clock_unix_ms();
	update.of_case = CONVENE__V1__UPDATE__OF_PULSE;
	update.pulse = &pulse;
	arena_init(&arena, 4096);
	if (frame_encode(&update.base, &arena, &bytes, &n) == CVN_OK)
		front_publish(flow->ports->front, programme, bytes, n);
	arena_done(&arena);
}

static void on_tick(void *arg)
{
	struct flow *flow = arg;

	exchange_look_at_deadlines(flow);
	answers_tick(flow->answers);
	jobs_tick(flow->jobs);
}

void flow_drain(struct flow *flow)
{
	flow->is_draining = true;
}

size_t flow_n_under_way(const struct flow *flow)
{
	return flow->n_exchanges + answers_n(flow->answers);
}

size_t flow_n_in_flight(const struct flow *flow)
{
	return flow->n_exchanges + jobs_n(flow->jobs);
}

size_t flow_n_programmes(const struct flow *flow)
{
	return mirror_count(flow->mirror);
}

uint64_t flow_n_decided(const struct flow *flow)
{
	return flow->counts.decided;
}

void flow_set_limits(struct flow *flow, const struct flow_limits *limits)
{
	flow->options.limits = *limits;
	flow->quota.per_principal_max = limits->in_flight_per_principal;
	flow->quota.all_max = limits->in_flight_max;
}
