/* In order of time: bind -> pages and updates -> unbind, reset. */
#include "ports/pool_private.h"

#include <string.h>

#include "domain/day.h"
#include "util/log.h"
#include "wire/frame.h"

#define FEED_PAGE_BYTES (192u << 10)
#define FEED_PAGE_RECORDS 1024
#define FEED_PAGES_A_TURN 4
#define FEED_ARENA_BYTES (64u << 20) /* a page's list of all data, at most */

/* Field numbers of worker.proto, for what is put together from packed parts. */
enum { TO_WORKER_FEED = 3, FEED_PROGRAMME = 1, FEED_UPDATES = 3 };

static bool send_page(struct worker *w, struct pool_programme *p);

void feed_bind(struct pool *pool)
{
	for (size_t i = 0; i < pool->n_programmes; i++) {
		struct pool_programme *p = pool->by_index[i];
		struct list_node *node, *after;
		struct worker *best = NULL;
		size_t best_n = 0;

		if (p->scheduler != NULL)
			continue;
		LIST_EACH (node, after, &pool->workers) {
			struct worker *w = CONTAINER_OF(node, struct worker, link);
			size_t n = 0;

			if (w->kind != POOL_SCHEDULER || w->life.state != WORKER_SERVING ||
			    w->is_lost)
				continue;
			for (size_t k = 0; k < pool->n_programmes; k++)
				n += pool->by_index[k]->scheduler == w;
			if (best == NULL || n < best_n) {
				best = w;
				best_n = n;
			}
		}
		if (best == NULL)
			return;
		p->scheduler = best;
		LOG_INFO("pool", "a scheduler is in charge", "worker", best->name, "programme",
			 p->id);
	}
}

bool feed_is_wanted(const struct worker *w, const struct pool_programme *p)
{
	if (w->life.state != WORKER_SERVING || w->is_lost)
		return false;
	return w->kind == POOL_SCHEDULER ? p->scheduler == w : w->only == NULL || w->only == p;
}

bool feed_is_complete(const struct worker *w, const struct pool_programme *p)
{
	return feed_is_wanted(w, p) && w->feeds[p->index].state == FEED_COMPLETE;
}

bool feed_pump(struct pool *pool)
{
	struct list_node *node, *after;
	bool is_more = false;

	for (size_t i = 0; i < pool->n_programmes; i++)
		feed_flush(pool, pool->by_index[i]);
	LIST_EACH (node, after, &pool->workers) {
		struct worker *w = CONTAINER_OF(node, struct worker, link);
		unsigned n_pages = 0;

		for (size_t i = 0; i < pool->n_programmes && n_pages < FEED_PAGES_A_TURN; i++) {
			struct pool_programme *p = pool->by_index[i];

			while (n_pages < FEED_PAGES_A_TURN && feed_is_wanted(w, p) &&
			       w->feeds[p->index].state != FEED_COMPLETE && send_page(w, p))
				n_pages++;
		}
		is_more |= n_pages == FEED_PAGES_A_TURN;
	}
	return is_more;
}

/* Packed once, sent to all who have at least the first page: what comes later is in the pages of
 * the others. */
void feed_flush(struct pool *pool, struct pool_programme *p)
{
	struct buf feed, message;
	struct list_node *node, *after;

	if (p->updates.n == 0)
		return;
	buf_init(&feed, SIZE_MAX);
	buf_init(&message, SIZE_MAX);
	if (frame_append_text(&feed, FEED_PROGRAMME, p->id) != CVN_OK ||
	    buf_append(&feed, p->updates.bytes, p->updates.n) != CVN_OK ||
	    frame_append_bytes(&message, TO_WORKER_FEED, feed.bytes, feed.n) != CVN_OK) {
		/* they see the hole, and ask to be fed anew */
		LOG_ERROR("pool", "out of memory: updates were not fed", "programme", p->id);
		message.n = 0;
	}
	LIST_EACH (node, after, &pool->workers) {
		struct worker *w = CONTAINER_OF(node, struct worker, link);

		if (message.n > 0 && feed_is_wanted(w, p) && w->feeds[p->index].state != FEED_NONE)
			worker_send_packed(w, message.bytes, message.n);
	}
	buf_reset(&p->updates);
	buf_done(&feed);
	buf_done(&message);
}

void feed_add(struct pool *pool, struct pool_programme *p, const uint8_t *bytes, size_t n)
{
	if (p->updates.n + n > FEED_PAGE_BYTES)
		feed_flush(pool, p);
	if (frame_append_bytes(&p->updates, FEED_UPDATES, bytes, n) != CVN_OK)
		LOG_ERROR("pool", "out of memory: an update was not fed", "programme", p->id);
}

static bool send_page(struct worker *w, struct pool_programme *p)
{
	static const struct page_options OPTIONS = { .limit = FEED_PAGE_RECORDS,
						     .bytes_max = FEED_PAGE_BYTES };
	struct feed *feed = &w->feeds[p->index];
	Convene__V1__ToWorker message = CONVENE__V1__TO_WORKER__INIT;
	Convene__V1__Feed page = CONVENE__V1__FEED__INIT;
	struct page_place place = feed->place;
	char today[DAY_TEXT_SIZE];
	struct arena arena;
	bool is_sent = false;

	arena_init(&arena, FEED_ARENA_BYTES);
	page.programme = p->id;
	if (feed->state == FEED_NONE && replica_has_today(p->replica)) {
		day_format(replica_today(p->replica), today);
		page.today = today;
	}
	message.of_case = CONVENE__V1__TO_WORKER__OF_FEED;
	message.feed = &page;
	if (page_build(p->replica, &OPTIONS, &place, &arena, &page.page) == CVN_OK) {
		worker_send(w, &message);
		feed->place = place;
		feed->state = page.page->has_next ? FEED_PAGES : FEED_COMPLETE;
		is_sent = true;
	} else {
		LOG_ERROR("pool", "out of memory: a page was not fed", "programme", p->id, "worker",
			  w->name);
		w->is_lost = true;
	}
	arena_done(&arena);
	return is_sent;
}

void feed_unbind(struct worker *w)
{
	for (size_t i = 0; i < w->pool->n_programmes; i++)
		if (w->pool->by_index[i]->scheduler == w)
			w->pool->by_index[i]->scheduler = NULL;
}

void feed_reset(struct worker *w)
{
	memset(w->feeds, 0, POOL_PROGRAMMES_MAX * sizeof *w->feeds);
}
