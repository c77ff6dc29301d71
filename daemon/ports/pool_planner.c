/* In order of time: planner_begin -> progress, plan -> planner_end, or planner_gone. A planner lives for one task. */
#include <stdio.h>

#include "ports/pool_private.h"
#include "util/log.h"

#define END_GRACE_MS 5000

void planner_begin(struct pool *pool, struct pool_programme *p)
{
	char name[65];
	struct worker *w;

	if (p->planner != NULL || list_is_empty(&p->waiting[POOL_PLANNER]))
		return;
	snprintf(name, sizeof name, "planner-%llu", (unsigned long long)++pool->n_planners);
	if (worker_new(pool, POOL_PLANNER, name, /* is_remote= */ false, &w) != CVN_OK)
		return; /* tried again on the next turn */
	w->only = p;
	p->planner = w;
	worker_spawn(w);
	if (w->proc == NULL)
		planner_gone(w, "the planner could not be started");
}

void planner_end(struct pool_programme *p)
{
	struct worker *w = p->planner;

	if (w == NULL)
		return;
	p->planner = NULL;
	if (w->life.state == WORKER_STARTING || w->life.state == WORKER_SERVING)
		fsm_move(&w->life, w->name, WORKER_ENDING);
	if (w->proc != NULL)
		proc_end(w->proc, END_GRACE_MS);
}

void planner_gone(struct worker *w, const char *last_words)
{
	struct pool *pool = w->pool;
	struct pool_programme *p = w->only;
	struct list_node *node = NULL;
	struct pool_task *task = NULL;

	if (p->planner == w) {
		p->planner = NULL;
		node = list_first(&w->tasks);
		if (node == NULL)
			node = list_first(&p->waiting[POOL_PLANNER]);
	}
	if (node != NULL) {
		task = CONTAINER_OF(node, struct pool_task, link);
		pool_finish(pool, task);
		pool->counts.deaths++;
	}
	fsm_move(&w->life, w->name, WORKER_GONE);
	worker_free(w);
	if (task != NULL) {
		task->ret_last_words = last_words;
		task->done_cb(task, CVN_EGONE);
	}
	pool_wake(pool);
	pool_check_closed(pool);
}

bool pool_stop(struct pool *pool, struct pool_task *task)
{
	Convene__V1__ToWorker message = CONVENE__V1__TO_WORKER__INIT;
	Convene__V1__Stop stop = CONVENE__V1__STOP__INIT;

	(void)pool;
	if (!task->is_started || task->worker == NULL)
		return false;
	message.of_case = CONVENE__V1__TO_WORKER__OF_STOP;
	message.stop = &stop;
	stop.has_task = 1;
	stop.task = task->message.id;
	worker_send(task->worker, &message);
	return true;
}
