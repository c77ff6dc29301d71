/* Helpers first, then the functions of feed.h in its order. */
#include "kit/feed.h"

#include <stdlib.h>
#include <string.h>

#include "domain/replica.h"
#include "kit/kit.h"

/* One frame that holds a Task. */
struct feed_task {
	struct list_node link;
	size_t n;
	uint8_t *frame;
};

static enum cvn_err make(struct feeds *f, const char *programme, struct feed **ret_feed)
{
	if (HASH_COUNT(f->by_programme) >= FEED_PROGRAMMES_MAX)
		return CVN_ETOOLARGE;
	struct feed *feed = calloc(1, sizeof(*feed));
	if (feed == NULL)
		return CVN_ENOMEM;
	struct replica_observer observer = { .arg = NULL };
	if (f->worker->on_programme != NULL)
		f->worker->on_programme(f->kit, programme, &observer);
	list_init(&feed->waiting);
	feed->programme = strdup(programme);
	feed->replica = replica_new(&observer);
	if (feed->programme == NULL || feed->replica == NULL) {
		replica_free(feed->replica);
		free(feed->programme);
		free(feed);
		return CVN_ENOMEM;
	}
	HASH_ADD_KEYPTR(hh, f->by_programme, feed->programme, strlen(feed->programme), feed);
	*ret_feed = feed;
	return CVN_OK;
}

static enum cvn_err find_or_make(struct feeds *f, const char *programme, struct feed **ret_feed)
{
	*ret_feed = feeds_find(f, programme);
	return *ret_feed != NULL ? CVN_OK : make(f, programme, ret_feed);
}

static void drop(struct feeds *f, struct feed *feed)
{
	uint8_t *frame;
	size_t n;

	if (f->worker->on_replica_gone != NULL)
		f->worker->on_replica_gone(f->kit, feed->programme, feed->replica);
	while ((frame = feeds_next_task(f, feed, &n)) != NULL)
		free(frame);
	HASH_DEL(f->by_programme, feed);
	replica_free(feed->replica);
	free(feed->programme);
	free(feed);
}

/* Content that makes no sense to a replica (EMALFORMED) was passed over by it: the rest stands. */
static enum cvn_err fold(struct replica *replica, const Convene__V1__Feed *message)
{
	enum cvn_err err = CVN_OK;

	if (message->today != NULL)
		replica_set_today(replica, message->today);
	if (message->page != NULL)
		err = replica_page(replica, message->page);
	for (size_t i = 0; i < message->n_updates && (err == CVN_OK || err == CVN_EMALFORMED); i++)
		err = replica_update(replica, message->updates[i]);
	return err == CVN_EMALFORMED ? CVN_OK : err;
}

void feeds_init(struct feeds *f, struct kit *kit, const struct kit_worker *worker)
{
	*f = (struct feeds){ .kit = kit, .worker = worker };
}

void feeds_clear(struct feeds *f)
{
	struct feed *feed, *next;

	HASH_ITER (hh, f->by_programme, feed, next)
		drop(f, feed);
	CVN_REQUIRE(f->n_waiting == 0);
}

enum cvn_err feeds_take(struct feeds *f, const Convene__V1__Feed *message,
			struct feed **ret_completed)
{
	struct feed *feed;
	enum cvn_err err;

	if (message->programme == NULL || message->programme[0] == '\0')
		return CVN_EMALFORMED;
	if ((err = find_or_make(f, message->programme, &feed)) != CVN_OK)
		return err;
	if ((err = fold(feed->replica, message)) != CVN_OK)
		return err;
	*ret_completed = NULL;
	if (!feed->is_complete && replica_is_complete(feed->replica)) {
		feed->is_complete = true;
		*ret_completed = feed;
		if (f->worker->on_feed_complete != NULL)
			f->worker->on_feed_complete(f->kit, feed->programme, feed->replica);
	}
	if (f->worker->on_fed != NULL)
		f->worker->on_fed(f->kit, feed->programme, feed->replica);
	return CVN_OK;
}

struct feed *feeds_find(const struct feeds *f, const char *programme)
{
	struct feed *feed;

	HASH_FIND(hh, f->by_programme, programme, strlen(programme), feed);
	return feed;
}

enum cvn_err feeds_keep_task(struct feeds *f, const char *programme, const uint8_t *frame, size_t n)
{
	struct feed *feed;
	enum cvn_err err;

	if (f->n_waiting >= KIT_TASKS_MAX)
		return CVN_ETOOLARGE;
	if ((err = find_or_make(f, programme, &feed)) != CVN_OK)
		return err;
	struct feed_task *task = calloc(1, sizeof(*task));
	uint8_t *copy = malloc(n);
	if (task == NULL || copy == NULL) {
		free(task);
		free(copy);
		return CVN_ENOMEM;
	}
	memcpy(copy, frame, n);
	task->frame = copy;
	task->n = n;
	list_push(&feed->waiting, &task->link);
	f->n_waiting++;
	return CVN_OK;
}

uint8_t *feeds_next_task(struct feeds *f, struct feed *feed, size_t *ret_n)
{
	struct list_node *node = list_pop(&feed->waiting);
	if (node == NULL)
		return NULL;
	struct feed_task *task = CONTAINER_OF(node, struct feed_task, link);
	uint8_t *frame = task->frame;

	*ret_n = task->n;
	free(task);
	f->n_waiting--;
	return frame;
}
