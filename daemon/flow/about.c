/* about.c - the daemon speaks of itself: hello, status.
 *
 * Layer     flow; rows of kinds.c. */
#include <string.h>

#include "domain/day.h"
#include "domain/lifecycle.h"
#include "flow/answers.h"
#include "flow/jobs.h"
#include "flow/kinds.h"
#include "io/loop.h"
#include "ports/keyring.h"
#include "ports/pool.h"

#define COUNTERS_MAX 256
#define WORKERS_MAX 256

enum verdict hello_start(struct exchange *e)
{
	const Convene__V1__Hello *call = e->call->hello;
	const struct flow_limits *limits = &e->flow->options.limits;
	const struct principal *p = keyring_find(e->flow->ports->keyring, e->peer.key);
	Convene__V1__Welcome *w = arena_alloc(&e->arena, sizeof *w);
	char **programmes =
		arena_array(&e->arena, mirror_count(e->flow->mirror) + 1, sizeof *programmes);

	if (w == NULL || programmes == NULL)
		return exchange_fault(e, CVN_ENOMEM, NULL);
	if (call->follow) {
		enum cvn_err err = front_follow(e->flow->ports->front, &e->peer);

		if (err != CVN_OK)
			return exchange_fault(e, err, "only a federation's DEALER can follow");
	}
	convene__v1__welcome__init(w);
	w->version = (char *)(uintptr_t)CONVENE_VERSION;
	w->has_protocol_min = w->has_protocol_max = 1;
	w->protocol_min = w->protocol_max = 1;
	w->has_frame_max_bytes = w->has_batch_max = w->has_in_flight_max = 1;
	w->frame_max_bytes = (int64_t)limits->frame_max_bytes;
	w->batch_max = (int64_t)limits->batch_max;
	w->in_flight_max = (int64_t)limits->in_flight_per_principal;
	w->role = (char *)(uintptr_t)role_name(e->caller.role);
	w->subject = (char *)(uintptr_t)e->caller.subject;
	w->principal = (char *)(uintptr_t)e->caller.name;
	w->disciplines = (char **)(uintptr_t)e->caller.disciplines;
	w->n_disciplines = e->caller.n_disciplines;
	w->programmes = programmes;
	for (struct mirror_programme *m = mirror_first(e->flow->mirror); m != NULL;
	     m = mirror_next(m))
		if (p != NULL && principal_has_programme(p, m->id))
			programmes[w->n_programmes++] = m->id;
	w->updates_endpoint = (char *)(uintptr_t)front_updates_endpoint(e->flow->ports->front);
	e->reply.of_case = CONVENE__V1__REPLY__OF_WELCOME;
	e->reply.welcome = w;
	return NEXT;
}

/* Fills lists of `status`; what does not fit is left out. */
struct telling {
	struct exchange *e;
	Convene__V1__Status *status;
};

static Convene__V1__Counter *counter(struct exchange *e, const char *name, uint64_t value)
{
	Convene__V1__Counter *c = arena_alloc(&e->arena, sizeof *c);

	if (c == NULL)
		return NULL;
	convene__v1__counter__init(c);
	c->name = arena_strdup(&e->arena, name);
	c->has_value = 1;
	c->value = (int64_t)value;
	return c;
}

static void add_count(void *arg, const char *name, uint64_t value)
{
	struct telling *t = arg;
	Convene__V1__Counter *c = counter(t->e, name, value);

	if (c != NULL && t->status->n_counters < COUNTERS_MAX)
		t->status->counters[t->status->n_counters++] = c;
}

static void add_worker(void *arg, const struct pool_worker *worker)
{
	struct telling *t = arg;
	Convene__V1__WorkerStatus *w = arena_alloc(&t->e->arena, sizeof *w);

	if (w == NULL || t->status->n_workers >= WORKERS_MAX)
		return;
	convene__v1__worker_status__init(w);
	w->name = arena_strdup(&t->e->arena, worker->name);
	w->kind = (char *)(uintptr_t)(worker->kind == POOL_VALIDATOR ? "validator" :
					worker->kind == POOL_SCHEDULER ? "scheduler" :
									 "planner");
	w->state = (char *)(uintptr_t)worker->state;
	w->has_pid = w->has_outstanding = w->has_done = w->has_deaths = w->has_remote = 1;
	w->pid = worker->pid;
	w->outstanding = (int64_t)worker->n_outstanding;
	w->done = (int64_t)worker->n_done;
	w->deaths = (int64_t)worker->n_deaths;
	w->remote = worker->is_remote;
	t->status->workers[t->status->n_workers++] = w;
}

static bool add_programmes(struct telling *t)
{
	struct exchange *e = t->e;

	t->status->programmes = arena_array(&e->arena, mirror_count(e->flow->mirror) + 1,
					    sizeof(Convene__V1__ProgrammeStatus *));
	if (t->status->programmes == NULL)
		return false;
	for (struct mirror_programme *m = mirror_first(e->flow->mirror); m != NULL;
	     m = mirror_next(m)) {
		Convene__V1__ProgrammeStatus *p = arena_alloc(&e->arena, sizeof *p);
		const Convene__V1__Programme *about =
			programme_about(replica_programme(m->replica));
		char *today = arena_alloc(&e->arena, DAY_TEXT_SIZE);

		if (p == NULL || today == NULL)
			return false;
		convene__v1__programme_status__init(p);
		p->id = m->id;
		p->has_cursor = p->has_version = 1;
		p->cursor = replica_cursor(m->replica);
		p->version = replica_version(m->replica);
		p->phase =
			(char *)(uintptr_t)(about != NULL && about->phase != NULL ? about->phase :
										    "open");
		day_format(replica_today(m->replica), today);
		p->today = today;
		p->states = arena_array(&e->arena, STATE_N, sizeof(Convene__V1__Counter *));
		for (int state = STATE_NONE + 1; p->states != NULL && state < STATE_N; state++) {
			Convene__V1__Counter *c = counter(e, state_name((Convene__V1__State)state),
							  m->n_states[state]);

			if (c != NULL && m->n_states[state] > 0)
				p->states[p->n_states++] = c;
		}
		t->status->programmes[t->status->n_programmes++] = p;
	}
	return true;
}

/* By what the client read; several errors may travel as one code. */
static void add_problems(struct telling *t)
{
	static const enum cvn_err ERRORS[] = {
#define CVN_ERR(name, value, code, class, retry, text) name,
#include "util/err.def"
#undef CVN_ERR
	};
	const uint64_t *counts = t->e->flow->counts.problems;

	for (size_t i = 0; i < N_ELEMENTS(ERRORS); i++) {
		const char *code = cvn_err_code(ERRORS[i]);
		uint64_t n = 0;
		bool is_first = true;
		char *name;

		for (size_t k = 0; k < N_ELEMENTS(ERRORS); k++) {
			if (strcmp(cvn_err_code(ERRORS[k]), code) != 0)
				continue;
			n += counts[-ERRORS[k]];
			is_first &= k >= i;
		}
		name = arena_printf(&t->e->arena, "problem_%s", code);
		if (is_first && name != NULL)
			add_count(t, name, n);
	}
}

static void add_counts(struct telling *t)
{
	const struct flow *flow = t->e->flow;

	add_count(t, "flow_calls", flow->counts.calls);
	add_problems(t);
	add_count(t, "flow_updates", flow->counts.updates);
	add_count(t, "flow_outcomes", flow->counts.outcomes);
	add_count(t, "flow_decided", flow->counts.decided);
	add_count(t, "jobs", jobs_n(flow->jobs));
	add_count(t, "answers_under_way", answers_n(flow->answers));
	add_count(t, "log_unsealed", outbox_unsealed(flow->ports->outbox));
	add_count(t, "unread_bytes", front_unread(flow->ports->front));
	front_each_count(flow->ports->front, add_count, t);
	pool_each_count(flow->ports->pool, add_count, t);
}

static const char *redis_text(const struct store *store)
{
	switch (store_state(store)) {
	case STORE_READY:
		return "ready";
	case STORE_LOADING:
		return "loading";
	default:
		return "away";
	}
}

enum verdict status_start(struct exchange *e)
{
	const Convene__V1__StatusCall *call = e->call->status;
	Convene__V1__Status *s = arena_alloc(&e->arena, sizeof *s);
	struct telling telling = { .e = e, .status = s };

	if (s == NULL)
		return exchange_fault(e, CVN_ENOMEM, NULL);
	convene__v1__status__init(s);
	s->version = (char *)(uintptr_t)CONVENE_VERSION;
	s->has_uptime_ms = s->has_in_flight = s->has_sessions = 1;
	s->uptime_ms = (int64_t)(loop_now_ms(e->flow->ports->loop) - e->flow->started_ms);
	s->redis = (char *)(uintptr_t)redis_text(e->flow->ports->store);
	s->durability = (char *)(uintptr_t)e->flow->options.durability;
	s->in_flight = (int64_t)e->flow->quota.n;
	s->sessions = (int64_t)front_sessions(e->flow->ports->front);
	s->counters = arena_array(&e->arena, COUNTERS_MAX, sizeof(Convene__V1__Counter *));
	s->workers = arena_array(&e->arena, WORKERS_MAX, sizeof(Convene__V1__WorkerStatus *));
	if (s->counters == NULL || s->workers == NULL || !add_programmes(&telling))
		return exchange_fault(e, CVN_ENOMEM, NULL);
	if (call->workers)
		pool_each_worker(e->flow->ports->pool, add_worker, &telling);
	if (call->counters)
		add_counts(&telling);
	e->reply.of_case = CONVENE__V1__REPLY__OF_STATUS;
	e->reply.status = s;
	return NEXT;
}
