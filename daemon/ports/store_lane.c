/* store_lane.c - one connection of the store.
 *
 * An operation is in one list:   waiting -> sent -> (held ->) done
 *                                   ^---------'--------' the connection was lost
 *
 * In order of time: store_lane_pump -> on_reply -> settle -> (prove -> on_wait) ;
 * store_lane_lost ; store_lane_expire */
#include "ports/store_private.h"

static bool send_op(struct store_lane *lane, struct store_op *op);
static bool send_args(struct store_lane *lane, struct store_op *op, bool is_wait);
static void on_reply(void *arg, redisReply *reply, enum cvn_err err);
static void settle(struct store_lane *lane, struct store_op *op, const redisReply *reply);
static void look_at(struct store *store, const struct store_error *error);
static void prove(struct loop_task *task);
static void on_wait(struct store_lane *lane, const redisReply *reply);
static void list_prepend(struct list_node *head, struct list_node *from);

static bool is_replicated(const struct store_lane *lane)
{
	return lane->store->options.durability == STORE_REPLICATED &&
	       lane == &lane->store->lanes[STORE_LANE_WRITE];
}

static struct store_op *op_of(struct list_node *node)
{
	return CONTAINER_OF(node, struct store_op, link);
}

static void give_back_slot(struct store_slot *slot)
{
	if (slot->op != NULL)
		slot->op->slot = NULL;
	slot->op = NULL;
	slot->next = slot->lane->free_slot;
	slot->lane->free_slot = slot;
}

void store_lane_init(struct store_lane *lane, struct store *store)
{
	lane->store = store;
	list_init(&lane->waiting);
	list_init(&lane->sent);
	list_init(&lane->held);
	for (size_t i = 0; i < STORE_WINDOW; i++) {
		lane->slots[i].lane = lane;
		give_back_slot(&lane->slots[i]);
	}
	lane->wait_task.run_cb = prove;
}

void store_lane_pump(struct store_lane *lane)
{
	struct list_node *first;

	if (lane->wait_again)
		loop_defer(lane->store->loop, &lane->wait_task);
	lane->wait_again = false;
	while (lane->is_open && (first = list_first(&lane->waiting)) != NULL &&
	       send_op(lane, op_of(first)))
		;
}

/* False: not now. What stopped it (no slot, memory, a link on its way down) brings us back: an
 * answer or a tick. */
static bool send_op(struct store_lane *lane, struct store_op *op)
{
	struct store *store = lane->store;

	if (op->verb->prelude != NULL && op->verb->prelude(op, &store->args) &&
	    !send_args(lane, NULL, false))
		return false;
	op->verb->encode(store, op, &store->args);
	if (!send_args(lane, op, false))
		return false;
	list_drop(&op->link);
	list_push(&lane->sent, &op->link);
	if (is_replicated(lane))
		loop_defer(store->loop, &lane->wait_task);
	return true;
}

static bool send_args(struct store_lane *lane, struct store_op *op, bool is_wait)
{
	const struct store_args *args = &lane->store->args;
	struct store_slot *slot = lane->free_slot;

	if (slot == NULL ||
	    redis_command(lane->link, args->n, args->argv, args->len, on_reply, slot,
			  loop_now_ms(lane->store->loop) + STORE_COMMAND_MS) != CVN_OK)
		return false;
	lane->free_slot = slot->next;
	slot->op = op;
	slot->is_wait = is_wait;
	if (op != NULL)
		op->slot = slot;
	return true;
}

static void on_reply(void *arg, redisReply *reply, enum cvn_err err)
{
	struct store_slot *slot = arg;
	struct store_lane *lane = slot->lane;
	struct store_op *op = slot->op;
	bool is_wait = slot->is_wait;

	give_back_slot(slot);
	if (err != CVN_OK)
		return; /* the outcome is unknown: store_lane_lost() has it sent again */
	if (is_wait)
		on_wait(lane, reply);
	else if (op != NULL)
		settle(lane, op, reply);
	store_lane_pump(lane);
}

static void settle(struct store_lane *lane, struct store_op *op, const redisReply *reply)
{
	struct store *store = lane->store;
	const char *fault = NULL;
	enum cvn_err err;

	if (reply->type == REDIS_REPLY_ERROR) {
		const struct store_error *error = store_reply_error(reply);

		err = error->err;
		fault = error->fault;
		look_at(store, error);
	} else {
		err = op->verb->decode(op, reply, &store->arena);
		if (err == CVN_EBUG)
			fault = "Redis gave an answer that cannot be read";
	}
	if (err == CVN_OK && is_replicated(lane)) {
		list_drop(&op->link);
		list_push(&lane->held, &op->link);
		return;
	}
	store_finish(store, op, err, fault);
	arena_reset(&store->arena);
}

/* Some errors say more than that one operation failed. */
static void look_at(struct store *store, const struct store_error *error)
{
	if (error->err == CVN_EEPOCH)
		store_set_state(store, STORE_OVER, error->fault);
	else if (error->reopen)
		store_reopen(store, error->fault);
}

/* One WAIT behind all that was sent in the turn before: they share it. */
static void prove(struct loop_task *task)
{
	struct store_lane *lane = CONTAINER_OF(task, struct store_lane, wait_task);
	struct store_args *args = &lane->store->args;

	if (!lane->is_open || lane->has_wait)
		return; /* the one under way is followed by another: on_wait() */
	store_args_begin(args, "WAIT");
	store_args_int(args, lane->store->options.replicas);
	store_args_int(args, STORE_WAIT_MS);
	lane->has_wait = send_args(lane, NULL, true);
	if (!lane->has_wait)
		lane->wait_again = true; /* on the next tick */
}

/* Answers come in order: all that is held was answered, so was written, before this WAIT. */
static void on_wait(struct store_lane *lane, const redisReply *reply)
{
	struct list_node done, *node;

	lane->has_wait = false;
	list_init(&done);
	if (reply->type == REDIS_REPLY_INTEGER &&
	    reply->integer >= (long long)lane->store->options.replicas)
		list_prepend(&done, &lane->held);
	if (!list_is_empty(&lane->held) || !list_is_empty(&lane->sent))
		loop_defer(lane->store->loop, &lane->wait_task);
	while ((node = list_first(&done)) != NULL)
		store_finish(lane->store, op_of(node), CVN_OK, NULL);
}

void store_lane_lost(struct store_lane *lane)
{
	lane->is_up = false;
	lane->is_open = false;
	lane->has_wait = false;
	list_prepend(&lane->waiting, &lane->sent);
	list_prepend(&lane->waiting, &lane->held);
}

/* Moves all of `from` before all of `head`; both keep their order. */
static void list_prepend(struct list_node *head, struct list_node *from)
{
	while (!list_is_empty(from)) {
		struct list_node *last = from->prev;

		list_drop(last);
		list_push_front(head, last);
	}
}

void store_lane_expire(struct store_lane *lane, uint64_t now_ms, bool cancel)
{
	struct list_node *lists[] = { &lane->held, &lane->sent, &lane->waiting };
	struct list_node due, *node, *after;

	list_init(&due);
	for (size_t i = 0; i < N_ELEMENTS(lists); i++)
		LIST_EACH (node, after, lists[i])
			if (cancel || op_of(node)->deadline_ms <= now_ms) {
				list_drop(node);
				list_push(&due, node);
			}
	while ((node = list_first(&due)) != NULL) {
		struct store_op *op = op_of(node);
		bool was_there = lane->is_open;

		if (op->slot != NULL)
			op->slot->op = NULL; /* its answer will be nobody's */
		op->slot = NULL;
		if (cancel)
			store_finish(lane->store, op, CVN_ECANCELED, "the store was closed");
		else if (was_there)
			store_finish(lane->store, op, CVN_EDEADLINE,
				     "Redis did not answer in time");
		else
			store_finish(lane->store, op, CVN_EUNAVAILABLE,
				     store_state_text(lane->store));
	}
}
