/* In order of time: redis_adapter_attach -> on_poll, redis_adapter_flush … -> cleanup ->
 * on_closed */
#include "io/redis_adapter.h"

#include <fcntl.h>
#include <hiredis/async.h>
#include <stdlib.h>
#include <uv.h>

struct redis_adapter {
	uv_poll_t poll;
	redisAsyncContext *context; /* NULL: freed already */
	struct redis_adapter_hooks hooks;
	bool wants_read, wants_write;
	int polled; /* events that libuv polls at present */
};

static void on_poll(uv_poll_t *poll, int status, int events);
static void add_read(void *arg);
static void drop_read(void *arg);
static void add_write(void *arg);
static void drop_write(void *arg);
static void cleanup(void *arg);

enum cvn_err redis_adapter_attach(struct loop *loop, redisAsyncContext *context,
				  const struct redis_adapter_hooks *hooks,
				  struct redis_adapter **ret_adapter)
{
	struct redis_adapter *a = calloc(1, sizeof(*a));

	if (a == NULL)
		return CVN_ENOMEM;
	if (uv_poll_init(loop_uv(loop), &a->poll, context->c.fd) != 0) {
		free(a);
		return CVN_ESYS;
	}
	/* hiredis 0.14 does not: a child would hold the connection open beyond our end. */
	fcntl(context->c.fd, F_SETFD, FD_CLOEXEC);
	a->hooks = *hooks;
	a->context = context;
	context->ev.data = a;
	context->ev.addRead = add_read;
	context->ev.delRead = drop_read;
	context->ev.addWrite = add_write;
	context->ev.delWrite = drop_write;
	context->ev.cleanup = cleanup;
	*ret_adapter = a;
	return CVN_OK;
}

static bool is_connected(const struct redis_adapter *a)
{
	return (a->context->c.flags & REDIS_CONNECTED) != 0;
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
	struct redis_adapter *a = CONTAINER_OF(poll, struct redis_adapter, poll);

	if (a->context == NULL)
		return;
	if (status < 0) { /* libuv has stopped the handle: let hiredis find out why */
		a->polled = 0;
		if (is_connected(a))
			redisAsyncHandleRead(a->context);
		else
			redisAsyncHandleWrite(a->context);
		if (a->context != NULL)
			redisAsyncFree(a->context);
		return;
	}
	if ((events & UV_READABLE) != 0)
		redisAsyncHandleRead(a->context);
	if (a->context != NULL && (events & UV_WRITABLE) != 0)
		redisAsyncHandleWrite(a->context);
}

/* Each change costs system calls, so writing is left to redis_adapter_flush(), once a turn. libuv
 * waits for room only while connecting, and when a write fell short. */
static void poll_for(struct redis_adapter *a, bool write_too)
{
	int events =
		(a->wants_read ? UV_READABLE : 0) | (a->wants_write && write_too ? UV_WRITABLE : 0);

	if (events == a->polled || a->context == NULL)
		return;
	a->polled = events;
	if (events == 0)
		uv_poll_stop(&a->poll);
	else
		uv_poll_start(&a->poll, events, on_poll);
}

static bool polls_for_room(const struct redis_adapter *a)
{
	return (a->polled & UV_WRITABLE) != 0;
}

static void add_read(void *arg)
{
	struct redis_adapter *a = arg;

	a->wants_read = true;
	poll_for(a, polls_for_room(a));
}

static void drop_read(void *arg)
{
	struct redis_adapter *a = arg;

	a->wants_read = false;
	poll_for(a, polls_for_room(a));
}

static void add_write(void *arg)
{
	struct redis_adapter *a = arg;

	a->wants_write = true;
	if (!is_connected(a))
		poll_for(a, true);
}

static void drop_write(void *arg)
{
	struct redis_adapter *a = arg;

	a->wants_write = false;
	poll_for(a, false);
}

void redis_adapter_flush(struct redis_adapter *a)
{
	if (!a->wants_write || polls_for_room(a) || !is_connected(a))
		return;
	redisAsyncHandleWrite(a->context);
	poll_for(a, true); /* if it fell short */
}

redisAsyncContext *redis_adapter_context(const struct redis_adapter *adapter)
{
	return adapter->context;
}

void redis_adapter_end(struct redis_adapter *adapter)
{
	redisAsyncFree(adapter->context);
}

static void on_closed(uv_handle_t *handle)
{
	struct redis_adapter *a = CONTAINER_OF(handle, struct redis_adapter, poll);
	struct redis_adapter_hooks hooks = a->hooks;

	free(a);
	hooks.on_closed(hooks.arg);
}

static void cleanup(void *arg)
{
	struct redis_adapter *a = arg;
	const char *why = a->context->c.errstr;

	uv_close((uv_handle_t *)&a->poll, on_closed);
	a->hooks.on_gone(a->hooks.arg, why[0] != '\0' ? why : "the connection was lost");
	a->context = NULL;
}
