#include "ports/front_private.h"

#include <stdlib.h>
#include <string.h>

#define SWEEP_LEAST 64u

static void forget(struct front_unread *unread, struct unread_of *of)
{
	HASH_DEL(unread->table, of);
	backlog_free(of->backlog);
	free(of);
}

enum cvn_err unread_init(struct front_unread *unread, size_t key_max, size_t whole_max)
{
	*unread = (struct front_unread){ .key_max = key_max,
					 .whole_max = whole_max,
					 .sweep_at = SWEEP_LEAST };
	unread->whole = backlog_new(NULL);
	return unread->whole != NULL ? CVN_OK : CVN_ENOMEM;
}

void unread_done(struct front_unread *unread)
{
	struct unread_of *of, *after;

	HASH_ITER (hh, unread->table, of, after)
		forget(unread, of);
	backlog_free(unread->whole);
}

/* Who has read all is not kept. */
static void sweep(struct front_unread *unread)
{
	struct unread_of *of, *after;

	HASH_ITER (hh, unread->table, of, after) {
		if (backlog_bytes(of->backlog) == 0)
			forget(unread, of);
	}
	unread->sweep_at = 2 * HASH_COUNT(unread->table) + SWEEP_LEAST;
}

static struct unread_of *add(struct front_unread *unread, const char *key)
{
	struct unread_of *of;

	if (HASH_COUNT(unread->table) >= unread->sweep_at)
		sweep(unread);
	of = calloc(1, sizeof(*of));
	if (of == NULL)
		return NULL;
	strcpy(of->key, key);
	of->backlog = backlog_new(unread->whole);
	if (of->backlog != NULL)
		HASH_ADD_STR(unread->table, key, of);
	if (of->hh.tbl == NULL) {
		backlog_free(of->backlog);
		free(of);
		return NULL;
	}
	return of;
}

struct backlog *unread_of(struct front_unread *unread, const char *key)
{
	struct unread_of *of;

	HASH_FIND_STR(unread->table, key, of);
	if (of == NULL)
		of = add(unread, key);
	return of != NULL ? of->backlog : NULL;
}

enum hearing unread_hearing(const struct front_unread *unread, const struct backlog *backlog)
{
	size_t margin = unread->key_max / UNREAD_SHARE;
	size_t max = backlog_bytes(unread->whole) <= unread->whole_max ? unread->key_max : margin;
	size_t bytes = backlog_bytes(backlog);

	return bytes <= max ? HEARS : bytes <= max + margin ? LAGS : DEAF;
}
