/* list.h - doubly linked lists whose links are embedded in what they hold.
 *
 * Layer     util.
 * Thread    that of the list's owner.
 * Limit     none of its own: who adds counts, and refuses. */
#pragma once
#include "util/err.h"

#include <stdbool.h>
#include <stddef.h>

/* A list's head, or one link in it. A link that is in no list points at itself. */
struct list_node {
	struct list_node *next;
	struct list_node *prev;
};

/* Makes an empty head, or a link that is in no list. */
static inline void list_init(struct list_node *node)
{
	node->next = node;
	node->prev = node;
}

/* Is the head's list empty; for a link: is it in no list? */
static inline bool list_is_empty(const struct list_node *node)
{
	return node->next == node;
}

/* Adds `node`, which is in no list, as the last. */
static inline void list_push(struct list_node *head, struct list_node *node)
{
	node->next = head;
	node->prev = head->prev;
	head->prev->next = node;
	head->prev = node;
}

/* Adds `node`, which is in no list, as the first. */
static inline void list_push_front(struct list_node *head, struct list_node *node)
{
	list_push(head->next, node);
}

/* Takes `node` out of its list; harmless for one that is in none. */
static inline void list_drop(struct list_node *node)
{
	node->prev->next = node->next;
	node->next->prev = node->prev;
	list_init(node);
}

/* The first link, still in the list; NULL where there is none. */
static inline struct list_node *list_first(const struct list_node *head)
{
	return head->next == head ? NULL : head->next;
}

/* Takes the first link out; NULL where there is none. */
static inline struct list_node *list_pop(struct list_node *head)
{
	struct list_node *node = list_first(head);

	if (node != NULL)
		list_drop(node);
	return node;
}

/* Goes through a list; the link at hand may be dropped, no other. `node` and `after` are struct
 * list_node *. */
#define LIST_EACH(node, after, head) \
	for ((node) = (head)->next, (after) = (node)->next; (node) != (head); \
	     (node) = (after), (after) = (node)->next)
