/* In order of time: redis_link_open -> connect_now -> on_connected -> greet -> on_greeting, on_role
 * -> redis_command -> flush -> on_reply … -> on_gone -> (back-off) -> connect_now
 *
 * hiredis frees its context by itself when a connection ends, after it has called all callbacks
 * with no reply. So everything that follows from losing a connection stands in on_gone(), whoever
 * ended it. */
#include "io/redis.h"
#include "io/redis_adapter.h"

#include <hiredis/async.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#define DEFAULT_CONNECT_MS 2000
#define DEFAULT_BACKOFF_MIN_MS 50
#define DEFAULT_BACKOFF_MAX_MS 2000
#define DEFAULT_PENDING_MAX 16384
#define SWEEP_MS 20
#define WHY_MAX 256
#define KEEP_ALIVE_S 15

enum link_state { LINK_AWAY, LINK_CONNECTING, LINK_GREETING, LINK_UP };

struct redis_link {
	struct loop *loop;            /* borrowed; outlives us */
	struct redis_options options; /* its texts are ours */
	enum link_state state;
	struct redis_adapter *adapter; /* NULL: no connection */
	struct loop_source flusher;
	uv_timer_t timer;         /* away: end of back-off; connecting, greeting: end of patience */
	uv_timer_t sweep;         /* runs while commands are pending */
	struct list_node pending; /* command::link, oldest first */
	uint32_t n_pending;
	uint32_t failures;  /* attempts since it was up */
	uint32_t n_handles; /* our timers, and adapters that are not closed yet */
	bool is_closed;
	char why[WHY_MAX]; /* it is away; "" while nothing is known */
};

struct command {
	struct redis_link *link;
	redis_reply_cb cb; /* NULL: was told already */
	void *arg;
	uint64_t deadline_ms;
	struct list_node node; /* redis_link::pending */
};

static enum cvn_err copy_options(struct redis_link *link, const struct redis_options *options);
static void connect_after(struct redis_link *link, uint64_t wait_ms);
static void connect_now(uv_timer_t *timer);
static enum cvn_err attach(struct redis_link *link, redisAsyncContext *context);
static void on_late(uv_timer_t *timer);
static void on_connected(const redisAsyncContext *context, int status);
static void greet(struct redis_link *link);
static void on_greeting(redisAsyncContext *context, void *reply, void *arg);
static void on_role(redisAsyncContext *context, void *reply, void *arg);
static bool flush(struct loop_source *source);
static void on_reply(redisAsyncContext *context, void *reply, void *arg);
static void on_sweep(uv_timer_t *timer);
static void on_gone(void *arg, const char *why);
static void went_away(struct redis_link *link);
static void on_handle_closed(void *arg);
static void free_link(struct redis_link *link);

/* The first reason counts: what follows from it says less. */
static void blame(struct redis_link *link, const char *why)
{
	if (link->why[0] == '\0')
		snprintf(link->why, sizeof(link->why), "%s", why);
}

enum cvn_err redis_link_open(struct loop *loop, const struct redis_options *options,
			     struct redis_link **ret_link)
{
	struct redis_link *link = calloc(1, sizeof(*link));
	enum cvn_err err;

	if (link == NULL)
		return CVN_ENOMEM;
	link->loop = loop;
	err = copy_options(link, options);
	if (err != CVN_OK) {
		free_link(link);
		return err;
	}
	list_init(&link->pending);
	uv_timer_init(loop_uv(loop), &link->timer);
	uv_timer_init(loop_uv(loop), &link->sweep);
	link->n_handles = 2;
	link->flusher.is_ready_cb = flush;
	loop_source_add(loop, &link->flusher);
	connect_after(link, 0);
	*ret_link = link;
	return CVN_OK;
}

static void set_default(uint32_t *value, uint32_t otherwise)
{
	if (*value == 0)
		*value = otherwise;
}

/* Copies a text that may be missing; false: out of memory. */
static bool copy_text(const char **to, const char *from)
{
	*to = from != NULL ? strdup(from) : NULL;
	return from == NULL || *to != NULL;
}

static enum cvn_err copy_options(struct redis_link *link, const struct redis_options *options)
{
	struct redis_options *o = &link->options;
	struct sockaddr_in6 v6;
	struct sockaddr_in v4;

	*o = *options;
	o->unix_path = o->host = o->user = o->password = o->client_name = NULL;
	if ((options->unix_path == NULL) == (options->host == NULL))
		return CVN_EINVALID;
	if (options->host != NULL &&
	    (options->port == 0 || (uv_ip4_addr(options->host, options->port, &v4) != 0 &&
				    uv_ip6_addr(options->host, options->port, &v6) != 0)))
		return CVN_EINVALID; /* a name: looking it up would block the loop */
	set_default(&o->connect_ms, DEFAULT_CONNECT_MS);
	set_default(&o->backoff_min_ms, DEFAULT_BACKOFF_MIN_MS);
	set_default(&o->backoff_max_ms, DEFAULT_BACKOFF_MAX_MS);
	set_default(&o->pending_max, DEFAULT_PENDING_MAX);
	if (!copy_text(&o->unix_path, options->unix_path) || !copy_text(&o->host, options->host) ||
	    !copy_text(&o->user, options->user) || !copy_text(&o->password, options->password) ||
	    !copy_text(&o->client_name, options->client_name))
		return CVN_ENOMEM;
	return CVN_OK;
}

static void connect_after(struct redis_link *link, uint64_t wait_ms)
{
	uv_timer_start(&link->timer, connect_now, wait_ms, 0);
}

static void connect_now(uv_timer_t *timer)
{
	struct redis_link *link = CONTAINER_OF(timer, struct redis_link, timer);
	const struct redis_options *o = &link->options;
	redisAsyncContext *context;

	link->why[0] = '\0';
	context = o->unix_path != NULL ? redisAsyncConnectUnix(o->unix_path) :
					 redisAsyncConnect(o->host, o->port);
	if (context == NULL || context->err != 0 || attach(link, context) != CVN_OK) {
		blame(link,
		      context != NULL && context->err != 0 ? context->errstr : "out of memory");
		if (context != NULL)
			redisAsyncFree(context);
		went_away(link);
		return;
	}
	link->state = LINK_CONNECTING;
	uv_timer_start(&link->timer, on_late, o->connect_ms, 0);
}

static enum cvn_err attach(struct redis_link *link, redisAsyncContext *context)
{
	struct redis_adapter_hooks hooks = { .on_gone = on_gone,
					     .on_closed = on_handle_closed,
					     .arg = link };
	enum cvn_err err = redis_adapter_attach(link->loop, context, &hooks, &link->adapter);

	if (err != CVN_OK)
		return err;
	link->n_handles++;
	context->data = link;
	if (link->options.host != NULL)
		redisEnableKeepAlive(&context->c);
	redisAsyncSetConnectCallback(context, on_connected);
	return CVN_OK;
}

static void on_late(uv_timer_t *timer)
{
	struct redis_link *link = CONTAINER_OF(timer, struct redis_link, timer);

	blame(link, "no answer in time");
	redis_adapter_end(link->adapter);
}

static void on_connected(const redisAsyncContext *context, int status)
{
	struct redis_link *link = context->data;

	if (status != REDIS_OK) {
		blame(link, context->c.errstr[0] != '\0' ? context->c.errstr :
							   "the connection was refused");
		return; /* hiredis frees the context now */
	}
	link->state = LINK_GREETING;
	greet(link);
}

/* Sends one line of the greeting; the answer to the last one decides. If that cannot be sent,
 * on_late() ends it: inside on_connected() the context must not be freed. */
static void say(struct redis_link *link, int argc, const char **argv, redisCallbackFn *answer)
{
	if (redisAsyncCommandArgv(redis_adapter_context(link->adapter), answer, link, argc, argv,
				  NULL) != REDIS_OK)
		blame(link, "out of memory");
}

static void greet(struct redis_link *link)
{
	const struct redis_options *o = &link->options;

	if (o->password != NULL && o->user != NULL)
		say(link, 3, (const char *[]){ "AUTH", o->user, o->password }, on_greeting);
	else if (o->password != NULL)
		say(link, 2, (const char *[]){ "AUTH", o->password }, on_greeting);
	if (o->client_name != NULL)
		say(link, 3, (const char *[]){ "CLIENT", "SETNAME", o->client_name }, on_greeting);
	say(link, 1, (const char *[]){ "ROLE" }, on_role);
}

static void on_greeting(redisAsyncContext *context, void *reply, void *arg)
{
	const redisReply *r = reply;
	struct redis_link *link = arg;

	if (r != NULL && r->type == REDIS_REPLY_ERROR) {
		blame(link, r->str);
		redisAsyncFree(context);
	}
}

static void on_role(redisAsyncContext *context, void *reply, void *arg)
{
	const redisReply *r = reply;
	struct redis_link *link = arg;

	if (r == NULL || link->is_closed)
		return; /* the connection is going */
	if (r->type == REDIS_REPLY_ERROR)
		blame(link, r->str);
	else if (link->options.must_be_master && (r->type != REDIS_REPLY_ARRAY || r->elements < 1 ||
						  r->element[0]->type != REDIS_REPLY_STRING ||
						  strcmp(r->element[0]->str, "master") != 0))
		blame(link, "the server is a replica");
	if (link->why[0] != '\0') {
		redisAsyncFree(context);
		return;
	}
	uv_timer_stop(&link->timer);
	link->state = LINK_UP;
	link->failures = 0;
	if (link->options.on_state != NULL)
		link->options.on_state(link->options.arg, CVN_OK, "");
}

bool redis_link_is_up(const struct redis_link *link)
{
	return link->state == LINK_UP && !link->is_closed;
}

uint32_t redis_link_pending(const struct redis_link *link)
{
	return link->n_pending;
}

void redis_link_hurry(struct redis_link *link)
{
	if (link->state != LINK_AWAY || link->is_closed)
		return;
	link->failures = 0;
	connect_after(link, 0);
}

enum cvn_err redis_command(struct redis_link *link, int argc, const char *const *argv,
			   const size_t *argvlen, redis_reply_cb cb, void *arg,
			   uint64_t deadline_ms)
{
	struct command *c;

	CVN_REQUIRE(cb != NULL && deadline_ms > 0);
	if (!redis_link_is_up(link))
		return CVN_EUNAVAILABLE;
	if (deadline_ms <= loop_now_ms(link->loop))
		return CVN_EDEADLINE;
	if (link->n_pending >= link->options.pending_max)
		return CVN_EBUSY;
	c = malloc(sizeof(*c));
	if (c == NULL)
		return CVN_ENOMEM;
	*c = (struct command){ .link = link, .cb = cb, .arg = arg, .deadline_ms = deadline_ms };
	/* The cast drops a const that hiredis' signature lacks; it only reads. */
	if (redisAsyncCommandArgv(redis_adapter_context(link->adapter), on_reply, c, argc,
				  (const char **)(uintptr_t)argv, argvlen) != REDIS_OK) {
		free(c); /* disconnecting: no callback will come */
		return CVN_EUNAVAILABLE;
	}
	list_push(&link->pending, &c->node);
	if (link->n_pending++ == 0)
		uv_timer_start(&link->sweep, on_sweep, SWEEP_MS, SWEEP_MS);
	return CVN_OK;
}

/* Before the loop waits: all commands of the turn in one write. */
static bool flush(struct loop_source *source)
{
	struct redis_link *link = CONTAINER_OF(source, struct redis_link, flusher);

	if (link->adapter != NULL)
		redis_adapter_flush(link->adapter);
	return false;
}

static void forget(struct redis_link *link, struct command *c)
{
	list_drop(&c->node);
	if (--link->n_pending == 0 && !link->is_closed)
		uv_timer_stop(&link->sweep);
}

static void on_reply(redisAsyncContext *context, void *reply, void *arg)
{
	struct command *c = arg;
	struct redis_link *link = c->link;
	redis_reply_cb cb = c->cb;
	void *cb_arg = c->arg;
	enum cvn_err err = CVN_OK;

	if (cb == NULL) { /* told by redis_link_close() or on_sweep() */
		free(c);
		return;
	}
	if (reply == NULL) {
		err = CVN_EUNAVAILABLE;
		link->state = LINK_AWAY; /* so that a callback that asks for more is refused */
		blame(link,
		      context->c.errstr[0] != '\0' ? context->c.errstr : "the connection was lost");
	}
	forget(link, c);
	free(c);
	cb(cb_arg, reply, err);
}

static struct command *first_late(const struct redis_link *link)
{
	uint64_t now_ms = loop_now_ms(link->loop);
	struct list_node *node, *after;

	LIST_EACH (node, after, &link->pending) {
		struct command *c = CONTAINER_OF(node, struct command, node);

		if (c->deadline_ms <= now_ms)
			return c;
	}
	return NULL;
}

/* Tells a command that stays with hiredis for a while. */
static void tell_early(struct redis_link *link, struct command *c, enum cvn_err err)
{
	redis_reply_cb cb = c->cb;

	forget(link, c);
	c->cb = NULL;
	cb(c->arg, NULL, err);
}

/* One that waited too long makes the whole connection suspect: what comes after it waits behind
 * it. */
static void on_sweep(uv_timer_t *timer)
{
	struct redis_link *link = CONTAINER_OF(timer, struct redis_link, sweep);
	struct command *c = first_late(link);

	if (c == NULL)
		return;
	link->state = LINK_AWAY; /* callbacks cannot add to the list, but may close the link */
	blame(link, "a command had no answer in time");
	for (; c != NULL; c = first_late(link))
		tell_early(link, c, CVN_EDEADLINE);
	if (link->adapter != NULL)
		redis_adapter_end(link->adapter);
}

static void on_gone(void *arg, const char *why)
{
	struct redis_link *link = arg;

	blame(link, why);
	link->adapter = NULL;
	if (!link->is_closed)
		went_away(link);
}

/* Exponential, with jitter over the upper half, so that several daemons do not come back in
 * step. */
static uint32_t backoff_ms(const struct redis_link *link)
{
	uint32_t shift = link->failures < 16 ? link->failures : 16;
	uint64_t wait_ms = (uint64_t)link->options.backoff_min_ms << shift;

	if (wait_ms > link->options.backoff_max_ms)
		wait_ms = link->options.backoff_max_ms;
	return (uint32_t)(wait_ms / 2) + randombytes_uniform((uint32_t)(wait_ms / 2) + 1);
}

static void went_away(struct redis_link *link)
{
	link->state = LINK_AWAY;
	connect_after(link, backoff_ms(link));
	link->failures++;
	if (link->options.on_state != NULL)
		link->options.on_state(link->options.arg, CVN_EUNAVAILABLE, link->why);
}

static void on_handle_closed(void *arg)
{
	struct redis_link *link = arg;

	if (--link->n_handles == 0)
		free_link(link);
}

static void on_timer_closed(uv_handle_t *handle)
{
	on_handle_closed(handle->data);
}

void redis_link_close(struct redis_link *link)
{
	struct list_node *node;

	if (link == NULL || link->is_closed)
		return;
	link->is_closed = true;
	link->state = LINK_AWAY;
	loop_source_drop(link->loop, &link->flusher);
	while ((node = list_first(&link->pending)) != NULL)
		tell_early(link, CONTAINER_OF(node, struct command, node), CVN_ECANCELED);
	link->timer.data = link;
	link->sweep.data = link;
	uv_close((uv_handle_t *)&link->timer, on_timer_closed);
	uv_close((uv_handle_t *)&link->sweep, on_timer_closed);
	if (link->adapter != NULL)
		redis_adapter_end(link->adapter); /* in a callback of its own: after it */
}

static void free_link(struct redis_link *link)
{
	free((char *)(uintptr_t)link->options.unix_path);
	free((char *)(uintptr_t)link->options.host);
	free((char *)(uintptr_t)link->options.user);
	if (link->options.password != NULL)
		sodium_memzero((char *)(uintptr_t)link->options.password,
			       strlen(link->options.password));
	free((char *)(uintptr_t)link->options.password);
	free((char *)(uintptr_t)link->options.client_name);
	free(link);
}
