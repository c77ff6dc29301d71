/* See online_rig.h. */
#include "online_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "checker.h"
#include "wire/frame.h"

enum rig_kind { RIG_UPDATE, RIG_TASK, RIG_SETTLED, RIG_ANSWER };

struct rig_bytes {
	struct rig_bytes *next;
	enum rig_kind kind;
	size_t row;    /* RIG_UPDATE: whose task follows, */
	uint64_t task; /* … and its id; 0: none */
	size_t n;
	uint8_t bytes[];
};

static void *copied(struct rig *r, const void *message)
{
	ProtobufCMessage *copy;

	assert_int_equal(frame_copy(message, &r->arena, &copy), CVN_OK);
	return copy;
}

static void push(struct rig_bytes **queue, enum rig_kind kind, const void *message, size_t row,
		 uint64_t task)
{
	size_t n = protobuf_c_message_get_packed_size(message);
	struct rig_bytes *b = calloc(1, sizeof(*b) + n);

	b->kind = kind;
	b->row = row;
	b->task = task;
	b->n = protobuf_c_message_pack(message, b->bytes);
	while (*queue != NULL)
		queue = &(*queue)->next;
	*queue = b;
}

static struct rig_bytes *pop(struct rig_bytes **queue)
{
	struct rig_bytes *b = *queue;

	if (b != NULL)
		*queue = b->next;
	return b;
}

static void clear(struct rig_bytes **queue)
{
	struct rig_bytes *b;

	while ((b = pop(queue)) != NULL)
		free(b);
}

/* The answer must be what a peer could read, and one that lifecycle and protocol allow. */
static void on_answer(void *arg, Convene__V1__Answer *answer)
{
	struct rig *r = arg;

	assert_true(answer->sequence == r->last_sequence + 1);
	r->last_sequence = answer->sequence;
	assert_true((answer->refused != NULL) == (answer->n_changes == 0));
	for (size_t i = 0; i < answer->n_changes; i++) {
		const Convene__V1__Change *c = answer->changes[i];
		const Convene__V1__Standing *s = c->standing;

		assert_true(c->from == s->state || lifecycle_allows(c->from, s->state));
		assert_true(s->n_alternatives <= 3);
		if (s->state == STATE_WAITLISTED) {
			assert_true(s->n_reasons > 0 && s->placement == NULL &&
				    s->has_waiting_since);
		} else {
			assert_true(s->state == STATE_PROPOSED || s->state == STATE_CONFIRMED);
			assert_true(s->placement != NULL && s->n_consent_needed > 0);
			if (answer->task == 0 && s->state == STATE_PROPOSED)
				assert_non_null(s->accept_by);
		}
	}
	push(&r->answers, RIG_ANSWER, answer, 0, 0);
}

static void log_update(struct rig *r, Convene__V1__Update *update, size_t row, uint64_t task)
{
	update->has_cursor = update->has_version = true;
	update->cursor = r->cursor;
	update->version = r->version;
	push(&r->log, RIG_UPDATE, update, row, task);
}

static void log_row(struct rig *r, size_t i, bool with_content, uint64_t task)
{
	Convene__V1__Update update = CONVENE__V1__UPDATE__INIT;
	Convene__V1__RequestChange change = CONVENE__V1__REQUEST_CHANGE__INIT;
	struct rig_row *row = &r->rows[i];

	change.id = row->content->id;
	change.has_revision = true;
	change.revision = row->revision;
	change.content = with_content ? row->content : NULL;
	change.standing = row->standing;
	update.of_case = CONVENE__V1__UPDATE__OF_REQUEST;
	update.request = &change;
	row->cursor = ++r->cursor;
	log_update(r, &update, i, task);
}

static void give_page(struct rig *r)
{
	Convene__V1__Page page = CONVENE__V1__PAGE__INIT;
	const struct programme_file *f = r->file;
	Convene__V1__Entity e = CONVENE__V1__ENTITY__INIT;

#define GIVE(FIELD, CASE, value) \
	e = (Convene__V1__Entity)CONVENE__V1__ENTITY__INIT; \
	e.of_case = CONVENE__V1__ENTITY__OF_##CASE; \
	e.FIELD = (value); \
	assert_int_equal(replica_put_entity(r->replica, &e, 1), CVN_OK);
	GIVE(programme, PROGRAMME, f->programme)
	for (size_t i = 0; i < f->n_cities; i++) {
		GIVE(city, CITY, f->cities[i])
	}
	for (size_t i = 0; i < f->n_venues; i++) {
		GIVE(venue, VENUE, f->venues[i])
	}
	for (size_t i = 0; i < f->n_services; i++) {
		GIVE(offer, OFFER, f->services[i])
	}
	for (size_t i = 0; i < f->n_federations; i++) {
		GIVE(federation, FEDERATION, f->federations[i])
	}
	for (size_t i = 0; i < f->n_squads; i++) {
		GIVE(squad, SQUAD, f->squads[i])
	}
	for (size_t i = 0; i < f->n_protected; i++) {
		GIVE(protected_, PROTECTED, f->protected[i])
	}
#undef GIVE
	for (size_t i = 0; i < r->n_rows; i++) {
		Convene__V1__Record record = CONVENE__V1__RECORD__INIT;

		if (r->rows[i].content == NULL)
			continue;
		record.id = r->rows[i].content->id;
		record.has_revision = record.has_cursor = true;
		record.revision = r->rows[i].revision;
		record.content = r->rows[i].content;
		record.standing = r->rows[i].standing;
		record.cursor = r->rows[i].cursor;
		assert_int_equal(replica_put_record(r->replica, &record), CVN_OK);
	}
	page.has_cursor = page.has_version = true;
	page.cursor = r->cursor;
	page.version = r->version;
	assert_int_equal(replica_page(r->replica, &page), CVN_OK);
	assert_true(replica_is_complete(r->replica));
}

static void start(struct rig *r)
{
	struct replica_observer observer = { .arg = NULL };

	r->last_sequence = 0;
	r->online = online_new(on_answer, r);
	online_programme(r->online, "p", &observer);
	r->replica = replica_new(&observer);
	replica_set_today(r->replica, "2021-12-01");
	give_page(r);
	online_complete(r->online, "p", r->replica);
}

static void stop(struct rig *r)
{
	online_gone(r->online, "p");
	online_free(r->online);
	replica_free(r->replica);
	clear(&r->answers);
	clear(&r->log);
	clear(&r->channel);
}

void rig_open(struct rig *r, const struct programme_file *file)
{
	*r = (struct rig){ .file = file, .n_rows = file->n_requests, .cursor = 1, .version = 7 };
	assert_true(file->n_requests <= RIG_ROWS);
	arena_init(&r->arena, (size_t)1 << 30);
	start(r);
}

void rig_close(struct rig *r)
{
	stop(r);
	arena_done(&r->arena);
}

static void push_task(struct rig *r, size_t i, uint64_t id, const char *venue,
		      const char *first_day)
{
	Convene__V1__Task task = CONVENE__V1__TASK__INIT;
	Convene__V1__Place place = CONVENE__V1__PLACE__INIT;
	Convene__V1__TakePlace take = CONVENE__V1__TAKE_PLACE__INIT;
	Convene__V1__Subject subject = CONVENE__V1__SUBJECT__INIT;
	char programme[] = "p";

	subject.request = r->rows[i].content->id;
	subject.has_revision = true;
	subject.revision = r->rows[i].revision;
	place.subject = take.subject = &subject;
	take.venue = (char *)(uintptr_t)venue;
	take.first_day = (char *)(uintptr_t)first_day;
	task.has_id = true;
	task.id = id;
	task.programme = programme;
	task.of_case = venue != NULL ? CONVENE__V1__TASK__OF_TAKE : CONVENE__V1__TASK__OF_PLACE;
	if (venue != NULL)
		task.take = &take;
	else
		task.place = &place;
	push(&r->channel, RIG_TASK, &task, 0, 0);
}

void rig_restart(struct rig *r)
{
	stop(r);
	start(r);
	for (size_t i = 0; i < r->n_rows; i++) {
		r->rows[i].task = 0;
		if (r->rows[i].content != NULL && r->rows[i].standing->state == STATE_RECEIVED) {
			r->rows[i].task = ++r->last_task;
			push_task(r, i, r->rows[i].task, NULL, NULL);
		}
	}
}

void rig_submit(struct rig *r, size_t i, Convene__V1__Request *content)
{
	struct rig_row *row = &r->rows[i];
	Convene__V1__Standing s = CONVENE__V1__STANDING__INIT;

	if (row->content != NULL) {
		s = *row->standing;
		if (!lifecycle_has_place(&s))
			s.placement = NULL;
	}
	s.has_state = true;
	s.state = STATE_RECEIVED;
	if (s.placement != NULL) {
		r->version++;
		r->last_bump = 0;
	}
	row->content = content;
	row->standing = copied(r, &s);
	row->revision++;
	row->task = ++r->last_task;
	log_row(r, i, /* with_content= */ true, row->task);
}

void rig_take(struct rig *r, size_t i, const char *venue, const char *first_day)
{
	r->rows[i].task = ++r->last_task;
	push_task(r, i, r->rows[i].task, venue, first_day);
}

void rig_set_state(struct rig *r, size_t i, Convene__V1__State state, const char *reason)
{
	struct rig_row *row = &r->rows[i];
	Convene__V1__Standing s = *row->standing;
	bool held = lifecycle_has_place(&s);
	Convene__V1__Reason why = CONVENE__V1__REASON__INIT, *whys[1] = { &why };

	s.state = state;
	s.accept_by = NULL;
	if (!lifecycle_occupies(state))
		s.placement = NULL;
	if (reason != NULL) {
		why.code = (char *)(uintptr_t)reason;
		s.reasons = whys;
		s.n_reasons = 1;
		s.has_waiting_since = true;
		s.waiting_since = r->cursor + 1;
	}
	if (held != lifecycle_has_place(&s)) {
		r->version++;
		r->last_bump = 0;
	}
	row->task = 0;
	row->standing = copied(r, &s);
	log_row(r, i, /* with_content= */ false, 0);
}

void rig_put(struct rig *r, Convene__V1__Entity *entity)
{
	Convene__V1__Update update = CONVENE__V1__UPDATE__INIT;
	Convene__V1__EntityChange change = CONVENE__V1__ENTITY_CHANGE__INIT;

	change.entity = entity;
	update.of_case = CONVENE__V1__UPDATE__OF_ENTITY;
	update.entity = &change;
	r->cursor++;
	r->version++;
	r->last_bump = 0;
	log_update(r, &update, 0, 0);
}

bool rig_publish(struct rig *r)
{
	struct rig_bytes *b = pop(&r->log), **tail = &r->channel;

	if (b == NULL)
		return false;
	b->next = NULL;
	while (*tail != NULL)
		tail = &(*tail)->next;
	*tail = b;
	if (b->task != 0 && r->rows[b->row].task == b->task)
		push_task(r, b->row, b->task, NULL, NULL);
	return true;
}

bool rig_deliver(struct rig *r)
{
	struct rig_bytes *b = pop(&r->channel);
	void *message;

	if (b == NULL)
		return false;
	if (b->kind == RIG_UPDATE) {
		message = convene__v1__update__unpack(NULL, b->n, b->bytes);
		assert_int_equal(replica_update(r->replica, message), CVN_OK);
		online_fed(r->online, "p");
		convene__v1__update__free_unpacked(message, NULL);
	} else if (b->kind == RIG_TASK) {
		message = convene__v1__task__unpack(NULL, b->n, b->bytes);
		online_task(r->online, message);
		convene__v1__task__free_unpacked(message, NULL);
	} else {
		message = convene__v1__settled__unpack(NULL, b->n, b->bytes);
		online_settled(r->online, message);
		convene__v1__settled__free_unpacked(message, NULL);
	}
	free(b);
	return true;
}

static size_t row_of(const struct rig *r, const char *id)
{
	for (size_t i = 0; i < r->n_rows; i++)
		if (r->rows[i].content != NULL && strcmp(r->rows[i].content->id, id) == 0)
			return i;
	fail_msg("no request %s", id);
	return 0;
}

static bool same_place(const Convene__V1__Placement *x, const Convene__V1__Placement *y)
{
	if (x == NULL || y == NULL)
		return x == y;
	return strcmp(x->venue, y->venue) == 0 && strcmp(x->first_day, y->first_day) == 0;
}

static const char *verdict(struct rig *r, const Convene__V1__Answer *a)
{
	if (a->base_version != r->version || (a->has_builds_on && a->builds_on != r->last_bump))
		return "stale";
	for (size_t i = 0; i < a->n_changes; i++) {
		const struct rig_row *row = &r->rows[row_of(r, a->changes[i]->request)];

		if (row->revision != a->changes[i]->revision ||
		    row->standing->state != a->changes[i]->from)
			return "gone";
	}
	return "ok";
}

static void apply(struct rig *r, const Convene__V1__Answer *a)
{
	bool bump = false;

	for (size_t i = 0; i < a->n_changes; i++)
		bump = bump ||
		       !same_place(r->rows[row_of(r, a->changes[i]->request)].standing->placement,
				   a->changes[i]->standing->placement);
	if (bump) {
		r->version++;
		r->last_bump = a->sequence;
	}
	for (size_t i = 0; i < a->n_changes; i++) {
		const Convene__V1__Change *c = a->changes[i];
		size_t at = row_of(r, c->request);
		struct rig_row *row = &r->rows[at];

		row->standing = copied(r, c->standing);
		if (c->n_widened > 0) {
			Convene__V1__Request wider = *row->content;

			wider.windows = c->widened;
			wider.n_windows = c->n_widened;
			row->content = copied(r, &wider);
			row->revision++;
		}
		log_row(r, at, c->n_widened > 0, 0);
	}
}

static void close_task(struct rig *r, uint64_t task)
{
	for (size_t i = 0; i < r->n_rows && task != 0; i++)
		if (r->rows[i].task == task)
			r->rows[i].task = 0;
}

bool rig_commit(struct rig *r)
{
	struct rig_bytes *b = pop(&r->answers);
	Convene__V1__Settled settled = CONVENE__V1__SETTLED__INIT;

	if (b == NULL)
		return false;
	Convene__V1__Answer *a = convene__v1__answer__unpack(NULL, b->n, b->bytes);
	if (a->refused != NULL) {
		snprintf(r->refusal, sizeof(r->refusal), "%s", a->refused->text);
		snprintf(r->refusal_code, sizeof(r->refusal_code), "%s", a->refused->code);
		r->n_refused++;
		close_task(r, a->task);
	} else {
		const char *result = verdict(r, a);

		if (strcmp(result, "ok") == 0) {
			r->n_ok++;
			close_task(r, a->task);
			apply(r, a);
		} else {
			*(strcmp(result, "stale") == 0 ? &r->n_stale : &r->n_gone) += 1;
		}
		settled.has_sequence = settled.has_version = true;
		settled.sequence = a->sequence;
		settled.result = (char *)(uintptr_t)result;
		settled.version = r->version;
		push(&r->channel, RIG_SETTLED, &settled, 0, 0);
	}
	convene__v1__answer__free_unpacked(a, NULL);
	free(b);
	return true;
}

void rig_settle(struct rig *r)
{
	for (int turns = 0; turns < 1000000; turns++) {
		bool moved = rig_commit(r);

		moved = rig_publish(r) || moved;
		moved = rig_deliver(r) || moved;
		moved = online_idle(r->online) || moved;
		if (!moved && r->answers == NULL)
			return;
	}
	fail_msg("it never comes to rest");
}

void rig_expect_sound(struct rig *r)
{
	struct programme_file file = *r->file;
	struct checker checker;
	int at[RIG_ROWS], who = -1;

	file.requests = calloc(r->n_rows + 1, sizeof(struct Convene__V1__Request *));
	file.n_requests = 0;
	assert_false(online_is_busy(r->online));
	for (size_t i = 0; i < r->n_rows; i++) {
		const struct rig_row *row = &r->rows[i];

		if (row->content == NULL || !lifecycle_is_open(row->standing->state))
			continue;
		assert_int_equal(row->task, 0);
		if (row->standing->state == STATE_POSTPONED ||
		    row->standing->state == STATE_QUARANTINED)
			continue;
		/* A fixed one waits only for what is firm: nobody may be put elsewhere in its
		 * stead, nor itself. */
		if (!lifecycle_has_place(row->standing) && row->content->announced != NULL &&
		    row->content->announced->fixed)
			continue;
		at[file.n_requests] = (int)i;
		file.requests[file.n_requests++] = row->content;
	}
	checker_init(&checker, &file);
	for (size_t i = 0; i < file.n_requests; i++) {
		size_t row = (size_t)at[i];

		checker.spots[i].venue = -1;
		if (lifecycle_has_place(r->rows[row].standing)) {
			checker.spots[i].venue = checker_venue(&checker, rig_venue(r, row));
			checker.spots[i].day = checker_day(&checker, rig_first_day(r, row));
		}
	}
	enum checker_rule rule = checker_verdict(&checker, &who);
	if (rule != CHECKER_FREE)
		fail_msg("%s breaks rule %d", file.requests[who]->id, (int)rule);
	who = checker_insertable(&checker);
	if (who >= 0) {
		const Convene__V1__Standing *is = r->rows[at[who]].standing;

		for (size_t i = 0; i < is->n_reasons; i++)
			print_message("%s waits: %s (%s)\n", file.requests[who]->id,
				      is->reasons[i]->code,
				      is->reasons[i]->text != NULL ? is->reasons[i]->text : "");
		fail_msg("%s (state %d) could be inserted", file.requests[who]->id, (int)is->state);
	}
	checker_done(&checker);
	free(file.requests);
}

Convene__V1__State rig_state(const struct rig *r, size_t i)
{
	return r->rows[i].standing->state;
}

const char *rig_venue(const struct rig *r, size_t i)
{
	const Convene__V1__Placement *p = r->rows[i].standing->placement;

	return p != NULL ? p->venue : "";
}

const char *rig_first_day(const struct rig *r, size_t i)
{
	const Convene__V1__Placement *p = r->rows[i].standing->placement;

	return p != NULL ? p->first_day : "";
}

bool rig_has_reason(const struct rig *r, size_t i, const char *code, const char *with)
{
	const Convene__V1__Standing *s = r->rows[i].standing;

	for (size_t j = 0; j < s->n_reasons; j++) {
		if (strcmp(s->reasons[j]->code, code) != 0)
			continue;
		if (with == NULL)
			return true;
		for (size_t k = 0; k < s->reasons[j]->n_with; k++)
			if (strcmp(s->reasons[j]->with[k], with) == 0)
				return true;
	}
	return false;
}
