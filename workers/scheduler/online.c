/* In order of time: online_programme -> online_complete -> online_task -> proceed -> act -> send
 * -> online_settled (end_if_shown, or fail) -> online_fed -> clear; and online_idle in between.
 *
 * An answer's life:   under way --ok--> settled --the feed shows it--> over
 *                         |
 *                         +--stale, gone--> taken back; its task is done again when all are settled
 *                         +--closed--> taken back; its task is over */
#include "scheduler/online.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "domain/lifecycle.h"
#include "scheduler/memory.h"
#include "scheduler/online_adopt.h"
#include "scheduler/online_find.h"
#include "scheduler/online_preview.h"
#include "util/arena.h"
#include "util/clock.h"
#include "util/list.h"
#include "util/log.h"
#include "wire/frame.h"

#define LOG_MODULE "online"
#define DRAFT_BYTES (128u << 20) /* an adoption's; others need a few kilobytes */

/* What convened asked for; a copy, since it may have to be done again. */
struct task {
	struct list_node link;
	uint64_t id;
	enum { ASKS_PLACE, ASKS_TAKE, ASKS_RESCHEDULE, ASKS_PREVIEW } asks;
	int64_t revision;
	char *request, *venue, *first_day; /* "" where absent */
	struct arena arena;                /* holds `adopt` */
	const Convene__V1__Adopt *adopt;   /* NULL: it is no adoption */
};

/* One answer with changes, from the moment it is sent till the feed has shown all of it. */
struct answer {
	struct list_node link; /* in desk.answers, by sequence */
	struct desk *desk;
	struct task *task;  /* owned until it is settled; NULL: of its own accord */
	struct arena arena; /* holds `message` */
	uint64_t sequence;
	int64_t version; /* of the calendar after it; once settled */
	bool raises;     /* it changes occupancy */
	bool is_settled;
	bool has_landed; /* the feed's version counts it in */
	size_t n;
	struct shown *changes;
};

struct shown {
	struct change change;
	struct answer *answer;
};

/* One programme. */
struct desk {
	struct online *online;
	char *programme;
	struct book book;
	struct list_node tasks;   /* task::link, in the order in which they came */
	struct list_node again;   /* task::link: those of failed answers; they go first */
	struct list_node answers; /* answer::link */
	size_t n_under_way;       /* answers that are not settled */
	bool is_halted;           /* one has failed: no more answers till all are settled and … */
	int64_t resume_version;   /* … the feed has reached this one */
	UT_hash_handle hh;
};

struct online {
	online_answer_cb on_answer;
	void *arg;
	struct desk *desks; /* uthash, by programme */
	uint64_t sequence;
	struct arena scratch;
};

static void on_record(void *arg, const struct replica_record *before,
		      const struct replica_record *now);
static void on_entity(void *arg, enum entity_kind kind, const char *id,
		      const Convene__V1__Entity *entity);
static void on_shown(void *arg, struct change *change);
static void end_if_shown(struct answer *a);
static void proceed(struct desk *k);
static bool may_answer(struct desk *k);
static void act(struct desk *k, struct task *task);
static void send(struct desk *k, struct draft *d, struct task *task);
static void say(struct desk *k, const struct draft *d, const struct task *task);
static void fail(struct desk *k, struct answer *a);
static void clear(struct desk *k);
static void answer_over(struct answer *a);
static bool slice(struct desk *k);

static void task_free(struct task *t)
{
	if (t == NULL)
		return;
	free(t->request);
	free(t->venue);
	free(t->first_day);
	arena_done(&t->arena);
	free(t);
}

static struct desk *find_desk(const struct online *o, const char *programme)
{
	struct desk *k = NULL;

	if (programme != NULL)
		HASH_FIND_STR(o->desks, programme, k);
	return k;
}

struct online *online_new(online_answer_cb on_answer, void *arg)
{
	struct online *o = memory_new(1, sizeof(*o));

	o->on_answer = on_answer;
	o->arg = arg;
	arena_init(&o->scratch, DRAFT_BYTES);
	return o;
}

void online_free(struct online *o)
{
	struct desk *k, *next;

	if (o == NULL)
		return;
	HASH_ITER (hh, o->desks, k, next)
		online_gone(o, k->programme);
	arena_done(&o->scratch);
	free(o);
}

static char *copy(const char *text)
{
	size_t n = text != NULL ? strlen(text) : 0;
	char *made = memory_new(n + 1, 1);

	return n > 0 ? memcpy(made, text, n) : made;
}

void online_programme(struct online *o, const char *programme,
		      struct replica_observer *ret_observer)
{
	struct desk *k = memory_new(1, sizeof(*k));

	k->online = o;
	k->programme = copy(programme);
	book_init(&k->book, on_shown, k);
	list_init(&k->tasks);
	list_init(&k->again);
	list_init(&k->answers);
	HASH_ADD_KEYPTR(hh, o->desks, k->programme, strlen(k->programme), k);
	*ret_observer = (struct replica_observer){ .arg = k,
						   .on_entity = on_entity,
						   .on_record = on_record };
}

void online_gone(struct online *o, const char *programme)
{
	struct desk *k = find_desk(o, programme);
	struct list_node *node;

	if (k == NULL)
		return;
	HASH_DEL(o->desks, k);
	while ((node = list_first(&k->answers)) != NULL)
		answer_over(CONTAINER_OF(node, struct answer, link));
	while ((node = list_pop(&k->tasks)) != NULL || (node = list_pop(&k->again)) != NULL)
		task_free(CONTAINER_OF(node, struct task, link));
	book_done(&k->book);
	free(k->programme);
	free(k);
}

void online_complete(struct online *o, const char *programme, struct replica *replica)
{
	struct desk *k = find_desk(o, programme);

	if (k == NULL)
		return;
	book_open(&k->book, replica);
	LOG_INFO(LOG_MODULE, "keeps a programme", "programme", programme, "requests",
		 replica_count(replica), "placed", k->book.calendar->n_placed, "version",
		 replica_version(replica));
}

static void on_record(void *arg, const struct replica_record *before,
		      const struct replica_record *now)
{
	struct desk *k = arg;

	book_record(&k->book, before, now);
}

static void on_entity(void *arg, enum entity_kind kind, const char *id,
		      const Convene__V1__Entity *entity)
{
	struct desk *k = arg;

	(void)kind;
	(void)id;
	(void)entity;
	book_data(&k->book);
}

/* The feed can be faster than Settled: what it shows was committed, and its version counts it
 * in. */
static void on_shown(void *arg, struct change *change)
{
	struct answer *a = CONTAINER_OF(change, struct shown, change)->answer;

	(void)arg;
	a->has_landed = true;
	end_if_shown(a);
}

/* Committed, and nothing of it is laid over the feed any more. */
static void end_if_shown(struct answer *a)
{
	for (size_t i = 0; i < a->n; i++)
		if (book_is_laid(&a->changes[i].change))
			return;
	if (a->is_settled)
		answer_over(a);
}

void online_fed(struct online *o, const char *programme)
{
	struct desk *k = find_desk(o, programme);

	if (k == NULL || k->book.replica == NULL)
		return;
	clear(k);
	proceed(k);
}

/* Answers that are committed and in the feed need not be counted in any more. What the feed has
 * brought in another form than we asked for (convened has the last word) stands as it brought
 * it. */
static void clear(struct desk *k)
{
	int64_t version = replica_version(k->book.replica);
	struct list_node *node, *after;

	LIST_EACH (node, after, &k->answers) {
		struct answer *a = CONTAINER_OF(node, struct answer, link);

		if (!a->is_settled || version < a->version)
			continue;
		a->has_landed = true;
		for (size_t i = 0; i < a->n; i++) {
			struct change *c = &a->changes[i].change;

			if (book_is_laid(c) &&
			    (version > a->version || c->entry->record->cursor > c->cursor))
				book_take_off(&k->book, c);
		}
		end_if_shown(a);
	}
}

void online_task(struct online *o, const Convene__V1__Task *message)
{
	struct desk *k = find_desk(o, message->programme);
	const Convene__V1__Subject *subject = NULL;

	if (k == NULL)
		return;
	struct task *t = memory_new(1, sizeof(*t));
	t->id = message->id;
	if (message->of_case == CONVENE__V1__TASK__OF_PLACE) {
		subject = message->place->subject;
	} else if (message->of_case == CONVENE__V1__TASK__OF_TAKE) {
		t->asks = message->take->reschedule ? ASKS_RESCHEDULE : ASKS_TAKE;
		subject = message->take->subject;
		t->venue = copy(message->take->venue);
		t->first_day = copy(message->take->first_day);
	} else if (message->of_case == CONVENE__V1__TASK__OF_PREVIEW) {
		t->asks = ASKS_PREVIEW;
		subject = message->preview->subject;
	}
	arena_init(&t->arena, DRAFT_BYTES);
	if (message->of_case == CONVENE__V1__TASK__OF_ADOPT) {
		ProtobufCMessage *copied;

		if (frame_copy(&message->adopt->base, &t->arena, &copied) != CVN_OK)
			abort(); /* as memory.h */
		t->adopt = (const Convene__V1__Adopt *)(void *)copied;
	}
	t->request = copy(subject != NULL ? subject->request : NULL);
	t->revision = subject != NULL ? subject->revision : 0;
	list_push(&k->tasks, &t->link);
	proceed(k);
}

/* Tasks go before own work, failed ones before new ones. */
static void proceed(struct desk *k)
{
	struct list_node *node;

	while (may_answer(k) &&
	       ((node = list_pop(&k->again)) != NULL || (node = list_pop(&k->tasks)) != NULL))
		act(k, CONTAINER_OF(node, struct task, link));
}

static bool may_answer(struct desk *k)
{
	if (k->book.replica == NULL || k->n_under_way >= ONLINE_UNDER_WAY_MAX)
		return false;
	if (k->is_halted &&
	    (k->n_under_way > 0 || replica_version(k->book.replica) < k->resume_version))
		return false;
	k->is_halted = false;
	book_refresh(&k->book);
	return true;
}

static bool is_subject(const struct book *b, const struct entry *e, const struct task *t)
{
	if (e == NULL || e->handle == PROBLEM_NONE || e->record->revision != t->revision)
		return false;
	Convene__V1__State state = book_standing(e)->state;
	switch (t->asks) {
	case ASKS_TAKE:
		return state == STATE_WAITLISTED || state == STATE_PROPOSED;
	case ASKS_RESCHEDULE:
		return state == STATE_CONFIRMED;
	case ASKS_PREVIEW:
		return calendar_is_placed(b->calendar, e->handle);
	default:
		return state == STATE_RECEIVED;
	}
}

static struct draft begin(struct desk *k, size_t max)
{
	arena_reset(&k->online->scratch);
	return draft_begin(&k->online->scratch, max);
}

static void act(struct desk *k, struct task *task)
{
	struct draft d = begin(k, task->adopt != NULL ? task->adopt->n_moves : DRAFT_CHANGES_MAX);
	struct entry *e = book_find(&k->book, task->request);

	if (task->adopt != NULL)
		find_adopted(&k->book, task->adopt, &d);
	else if (!is_subject(&k->book, e, task))
		draft_refuse(
			&d, CVN_ECONFLICT,
			"The request is no longer in the revision and state that was asked about.");
	else if (task->asks == ASKS_PREVIEW)
		preview_losses(&k->book, e, &d);
	else if (task->asks != ASKS_PLACE)
		find_taken(&k->book, e, task->venue, task->first_day, &d);
	else
		find_place(&k->book, e, &d);
	if (d.refused != CVN_OK || d.preview != NULL) {
		say(k, &d, task);
		task_free(task);
	} else {
		send(k, &d, task);
	}
}

/* Nothing to commit, so nothing to settle: it is not under way. */
static void say(struct desk *k, const struct draft *d, const struct task *task)
{
	Convene__V1__Answer message = CONVENE__V1__ANSWER__INIT;
	Convene__V1__Problem problem = CONVENE__V1__PROBLEM__INIT;
	char code[32], *text = arena_strdup(d->arena, d->text != NULL ? d->text : "");

	snprintf(code, sizeof(code), "%s", cvn_err_code(d->refused));
	problem.code = code;
	problem.text = text;
	message.has_sequence = message.has_task = true;
	message.sequence = ++k->online->sequence;
	message.task = task->id;
	message.programme = k->programme;
	message.preview = d->preview;
	message.refused = d->preview == NULL ? &problem : NULL;
	message.n_skipped = d->n_skipped;
	message.skipped = d->skipped;
	k->online->on_answer(k->online->arg, &message);
}

static bool moves(const struct draft *d)
{
	for (size_t i = 0; i < d->n; i++) {
		const Convene__V1__Placement *is = book_standing(d->entries[i])->placement;
		const Convene__V1__Placement *to = d->changes[i]->standing->placement;

		if ((is == NULL) != (to == NULL))
			return true;
		if (is != NULL && (strcmp(is->venue, to->venue) != 0 ||
				   strcmp(is->first_day, to->first_day) != 0))
			return true;
	}
	return false;
}

/* Which calendar this is computed on: the feed's, and after it own answers that are still on their
 * way there. */
static void set_base(const struct desk *k, Convene__V1__Answer *message)
{
	struct list_node *node, *after;

	message->has_base_version = true;
	message->base_version = replica_version(k->book.replica);
	LIST_EACH (node, after, &k->answers) {
		const struct answer *a = CONTAINER_OF(node, struct answer, link);

		if (a->raises && !a->has_landed)
			message->base_version++;
		if (a->raises && !a->is_settled) {
			message->has_builds_on = true;
			message->builds_on = a->sequence;
		}
	}
}

static void send(struct desk *k, struct draft *d, struct task *task)
{
	Convene__V1__Answer message = CONVENE__V1__ANSWER__INIT;
	struct answer *a = memory_new(1, sizeof(*a));
	ProtobufCMessage *copied;

	message.has_sequence = message.has_task = true;
	message.sequence = a->sequence = ++k->online->sequence;
	message.task = task != NULL ? task->id : 0;
	message.programme = k->programme;
	message.n_changes = a->n = d->n;
	message.changes = d->changes;
	message.n_skipped = d->n_skipped;
	message.skipped = d->skipped;
	set_base(k, &message);
	a->desk = k;
	a->task = task;
	a->raises = moves(d);
	arena_init(&a->arena, DRAFT_BYTES);
	if (frame_copy(&message.base, &a->arena, &copied) != CVN_OK)
		abort(); /* as memory.h */
	Convene__V1__Answer *sent = (Convene__V1__Answer *)(void *)copied;
	list_push(&k->answers, &a->link);
	k->n_under_way++;
	a->changes = memory_new(d->n, sizeof(*a->changes));
	for (size_t i = 0; i < d->n; i++) {
		a->changes[i].answer = a;
		a->changes[i].change = (struct change){ .entry = d->entries[i],
							.standing = sent->changes[i]->standing,
							.revision = sent->changes[i]->revision,
							.from = sent->changes[i]->from,
							.cursor = d->entries[i]->record->cursor };
		book_lay(&k->book, &a->changes[i].change);
	}
	k->online->on_answer(k->online->arg, sent);
}

static struct answer *find_answer(const struct online *o, uint64_t sequence)
{
	struct desk *k, *next;
	struct list_node *node, *after;

	HASH_ITER (hh, o->desks, k, next) {
		LIST_EACH (node, after, &k->answers) {
			struct answer *a = CONTAINER_OF(node, struct answer, link);

			if (a->sequence == sequence && !a->is_settled)
				return a;
		}
	}
	return NULL;
}

void online_settled(struct online *o, const Convene__V1__Settled *settled)
{
	struct answer *a = find_answer(o, settled->sequence);

	if (a == NULL)
		return;
	struct desk *k = a->desk;
	k->n_under_way--;
	a->is_settled = true;
	a->version = settled->version;
	if (settled->result != NULL && strcmp(settled->result, "ok") == 0) {
		task_free(a->task);
		a->task = NULL;
		end_if_shown(a);
		clear(k);
	} else {
		LOG_DEBUG(LOG_MODULE, "computes again", "programme", k->programme, "sequence",
			  a->sequence, "result", settled->result != NULL ? settled->result : "");
		if (settled->result != NULL && strcmp(settled->result, "closed") == 0) {
			task_free(a->task); /* who asked has heard that it can't be */
			a->task = NULL;
		}
		fail(k, a);
	}
	proceed(k);
}

/* It counts for nothing, nor does what was computed on it: convened refuses that as well. */
static void fail(struct desk *k, struct answer *a)
{
	k->is_halted = true;
	if (a->version > k->resume_version)
		k->resume_version = a->version;
	for (size_t i = a->n; i-- > 0;) {
		struct change *c = &a->changes[i].change;
		struct entry *e = c->entry;

		if (book_is_laid(c))
			book_take_off(&k->book, c);
		if (a->task == NULL)
			book_note(&k->book,
				  book_holds_place(book_standing(e)) ? QUEUE_RECHECK : QUEUE_LOOK,
				  e);
	}
	if (a->task != NULL)
		list_push(&k->again, &a->task->link);
	a->task = NULL;
	answer_over(a);
}

static void answer_over(struct answer *a)
{
	for (size_t i = 0; i < a->n; i++)
		list_drop(&a->changes[i].change.of_entry);
	list_drop(&a->link);
	task_free(a->task);
	arena_done(&a->arena);
	free(a->changes);
	free(a);
}

bool online_idle(struct online *o)
{
	struct desk *k, *next;
	bool more = false;

	HASH_ITER (hh, o->desks, k, next)
		more = slice(k) || more;
	return more;
}

static bool is_archived(const struct desk *k)
{
	const Convene__V1__Programme *about = programme_about(replica_programme(k->book.replica));

	return about != NULL && about->phase != NULL && strcmp(about->phase, "archived") == 0;
}

static bool slice(struct desk *k)
{
	uint64_t until_us = clock_us() + ONLINE_SLICE_US;

	proceed(k);
	while (may_answer(k) && !is_archived(k)) {
		struct entry *misfit = book_next(&k->book, QUEUE_RECHECK);
		struct entry *e = misfit != NULL ? misfit : book_next(&k->book, QUEUE_LOOK);

		if (e == NULL)
			return false;
		struct draft d = begin(k, DRAFT_CHANGES_MAX);
		if (misfit != NULL ? find_misfit(&k->book, e, &d) : find_again(&k->book, e, &d))
			send(k, &d, NULL);
		if (clock_us() >= until_us)
			return book_has_next(&k->book);
	}
	return false;
}

bool online_is_busy(const struct online *o)
{
	struct desk *k, *next;

	HASH_ITER (hh, o->desks, k, next)
		if (k->n_under_way > 0 || !list_is_empty(&k->tasks) || !list_is_empty(&k->again))
			return true;
	return false;
}
