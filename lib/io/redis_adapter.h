/* redis_adapter.h - between one hiredis context and the loop; for redis.c alone.
 *
 * Our own: the adapter in hiredis 0.14 never reports a refused connection, since libuv has stopped
 * its handle by the time at which it says so.
 *
 * Layer     io.
 * Thread    loop thread.
 * Not here  deadlines, greeting, reconnecting (redis.c). */
#pragma once
#include "io/loop.h"
#include "util/err.h"

struct redisAsyncContext;
struct redis_adapter; /* frees itself when its context is gone and libuv has let go */

struct redis_adapter_hooks {
	/* hiredis is freeing the context, after all callbacks; whoever ended it, it comes once. */
	void (*on_gone)(void *arg, const char *why);
	/* Later: nothing of the adapter is left, it needs `arg` no more. */
	void (*on_closed)(void *arg);
	void *arg;
};

/* Attaches a context that is connecting. CVN_ENOMEM, CVN_ESYS: no hook is ever called. */
CVN_MUST_CHECK enum cvn_err redis_adapter_attach(struct loop *loop,
						 struct redisAsyncContext *context,
						 const struct redis_adapter_hooks *hooks,
						 struct redis_adapter **ret_adapter);

/* Writes what was commanded since the last call, in one go. May end the context. */
void redis_adapter_flush(struct redis_adapter *adapter);

/* Its context; not to be asked after on_gone. */
struct redisAsyncContext *redis_adapter_context(const struct redis_adapter *adapter);

/* Frees the context: at once, or as soon as the callback returns that it is calling. */
void redis_adapter_end(struct redis_adapter *adapter);
