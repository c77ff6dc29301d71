/* load_redis.c - the baseline of the spine: nothing but the two transactions that a request costs.
 *
 * The sizes are those of a real request: content of some 200 bytes and more, standing and update with a placement and
 * three alternatives. */
#include "tests/bench/load_redis.h"

#include <hiredis/hiredis.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { CONTENT_BYTES = 230, STANDING_BYTES = 180, ARGS_MAX = 40 };

struct command {
	const char *argv[ARGS_MAX];
	size_t argvlen[ARGS_MAX];
	char text[ARGS_MAX][80];
	int argc;
};

static char filler[1024];

static void add(struct command *c, const char *bytes, size_t n)
{
	c->argv[c->argc] = bytes;
	c->argvlen[c->argc++] = n;
}

static void add_text(struct command *c, const char *text)
{
	snprintf(c->text[c->argc], sizeof c->text[0], "%s", text);
	add(c, c->text[c->argc], strlen(c->text[c->argc]));
}

static void add_key(struct command *c, const char *name, const char *key)
{
	char text[80];

	snprintf(text, sizeof text, "{%.30s}:%.40s", name, key);
	add_text(c, text);
}

static void add_keys(struct command *c, const char *name, const char *keys)
{
	char copy[120], *save = NULL;

	snprintf(copy, sizeof copy, "%s", keys);
	for (char *k = strtok_r(copy, " ", &save); k != NULL; k = strtok_r(NULL, " ", &save))
		add_key(c, name, k);
}

static void append(redisContext *redis, struct command *c)
{
	redisAppendCommandArgv(redis, c->argc, c->argv, c->argvlen);
}

static void append_admit(redisContext *redis, const char *name, long n)
{
	struct command c = { .argc = 0 };
	char id[40], keys[120], digest[33];

	snprintf(id, sizeof id, "q%ld", n);
	snprintf(digest, sizeof digest, "%032ld", n);
	snprintf(keys, sizeof keys, "head log ids after r:%s", id);
	add_text(&c, "FCALL");
	add_text(&c, "convene_admit");
	add_text(&c, "5");
	add_keys(&c, name, keys);
	add_text(&c, "1");
	add_text(&c, "1767225600000");
	add_text(&c, "1");
	add_text(&c, id);
	add_text(&c, "CHN-TTE");
	add_text(&c, "federation CHN-TTE");
	add_text(&c, "");
	add(&c, filler, CONTENT_BYTES);
	add_text(&c, digest);
	add(&c, filler, 8);
	add(&c, filler, CONTENT_BYTES + 20);
	append(redis, &c);
}

static void append_commit(redisContext *redis, const char *name, long n)
{
	struct command c = { .argc = 0 };
	char id[40], keys[120], version[40];

	snprintf(id, sizeof id, "q%ld", n);
	snprintf(version, sizeof version, "%ld", n + 1);
	snprintf(keys, sizeof keys, "head log after deaths r:%s", id);
	add_text(&c, "FCALL");
	add_text(&c, "convene_commit");
	add_text(&c, "5");
	add_keys(&c, name, keys);
	add_text(&c, "1");
	add_text(&c, id);
	add_text(&c, version);
	add_text(&c, "1");
	add_text(&c, id);
	for (int i = 0; i < 3; i++)
		add_text(&c, i < 2 ? "1" : "0");
	add_text(&c, "1");
	add_text(&c, "4");
	add_text(&c, "1");
	for (int i = 0; i < 3; i++)
		add_text(&c, "");
	add(&c, filler, STANDING_BYTES);
	add(&c, filler, STANDING_BYTES + 20);
	append(redis, &c);
}

/* The answer's first word must be "ok". */
static int expect_ok(redisContext *redis)
{
	redisReply *reply = NULL;
	int status = 1;

	if (redisGetReply(redis, (void **)&reply) != REDIS_OK)
		fprintf(stderr, "bench_load: %s\n", redis->errstr);
	else if (reply->type != REDIS_REPLY_ARRAY || reply->elements < 1 || strcmp(reply->element[0]->str, "ok") != 0)
		fprintf(stderr, "bench_load: %s\n", reply->type == REDIS_REPLY_ARRAY ? reply->element[0]->str : reply->str);
	else
		status = 0;
	freeReplyObject(reply);
	return status;
}

static int make_programme(redisContext *redis, const char *name)
{
	struct command c = { .argc = 0 };

	add_text(&c, "FCALL");
	add_text(&c, "convene_put");
	add_text(&c, "4");
	add_keys(&c, name, "head log ec e:programme");
	add_text(&c, "1");
	add_text(&c, "1");
	add_text(&c, "programme");
	add_text(&c, name);
	add(&c, filler, 100);
	add(&c, filler, 120);
	add_text(&c, "open");
	append(redis, &c);
	return expect_ok(redis);
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

int load_redis(const char *path, const char *name, int window, double seconds)
{
	redisContext *redis = redisConnectUnix(path);
	double start = now(), end;
	long n = 0;

	memset(filler, 'x', sizeof filler);
	if (redis == NULL || redis->err || make_programme(redis, name) != 0)
		return 1;
	do { /* admits of this window, commits of the one before, in one flight */
		for (int i = 0; i < window; i++)
			append_admit(redis, name, n + i);
		for (int i = 0; n > 0 && i < window; i++)
			append_commit(redis, name, n - window + i);
		for (int i = 0; i < (n > 0 ? 2 : 1) * window; i++)
			if (expect_ok(redis) != 0)
				return 1;
		n += window;
		end = now();
	} while (end - start < seconds);
	printf("{\"mode\": \"redis\", \"clients\": 1, \"sent\": %ld, \"receipts\": %ld, \"outcomes\": %ld, \"refused\": 0, "
	       "\"per_second\": %.0f, \"receipt_p50_ms\": 0, \"receipt_p99_ms\": 0, \"outcome_p50_ms\": 0, \"outcome_p99_ms\": 0}\n",
	       n, n, n - window, (double)(n - window) / (end - start));
	redisFree(redis);
	return 0;
}
