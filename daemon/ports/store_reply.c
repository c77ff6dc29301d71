/* store_reply.c - reads what Redis answers; says what its errors mean. */
#include "ports/store_private.h"
#include <stdlib.h>
#include <string.h>

static const struct store_error ERRORS[] = {
	{ "EPOCH", CVN_EEPOCH, false, "another daemon has taken the programme over" },
	{ "OOM", CVN_EUNAVAILABLE, false, "Redis is full (maxmemory): it takes no writes" },
	{ "READONLY", CVN_EUNAVAILABLE, true, "Redis is a replica: it takes no writes" },
	{ "MISCONF", CVN_EUNAVAILABLE, false,
	  "Redis cannot write to its disk, and takes no writes (MISCONF)" },
	{ "LOADING", CVN_EUNAVAILABLE, true, "Redis is loading its data" },
	{ "BUSY", CVN_EUNAVAILABLE, false, "Redis is busy with a script" },
	{ "MASTERDOWN", CVN_EUNAVAILABLE, true, "Redis is a replica that has lost its master" },
	{ "CLUSTERDOWN", CVN_EUNAVAILABLE, false, "the Redis Cluster is down" },
	{ "TRYAGAIN", CVN_EUNAVAILABLE, false, "the Redis Cluster is moving keys" },
	{ "MOVED", CVN_EUNAVAILABLE, false,
	  "the programme lives on another node of the Redis Cluster" },
	{ "ASK", CVN_EUNAVAILABLE, false,
	  "the programme is moving to another node of the Redis Cluster" },
	{ "NOREPLICAS", CVN_EUNAVAILABLE, false, "Redis has too few replicas: it takes no writes" },
	{ "NOAUTH", CVN_EUNAVAILABLE, true, "Redis asks for a password" },
	{ "WRONGPASS", CVN_EUNAVAILABLE, true, "Redis refuses the password" },
	{ "NOPERM", CVN_EUNAVAILABLE, false, "the user may not run these commands in Redis" },
	{ "ERR Function not found", CVN_EUNAVAILABLE, true,
	  "the Functions are gone from Redis; loading them again" },
	{ "ARGS", CVN_EBUG, true, "a Function refused its arguments: it is of another version" },
	{ "WRONGTYPE", CVN_EBUG, false, "a key of Convene's holds something else" },
	{ "", CVN_EBUG, false, "Redis answered with an error that is not expected" },
};

const struct store_error *store_reply_error(const redisReply *reply)
{
	const struct store_error *e = ERRORS;

	for (;; e++) {
		size_t n = strlen(e->prefix);

		if (n == 0)
			return e;
		if ((size_t)reply->len >= n && memcmp(reply->str, e->prefix, n) == 0 &&
		    (reply->str[n] == ' ' || reply->str[n] == '\0'))
			return e;
	}
}

bool store_reply_is(const redisReply *reply, const char *word, size_t n)
{
	const char *first;

	return reply->type == REDIS_REPLY_ARRAY && reply->elements >= n &&
	       store_reply_text(reply, 0, &first) && strcmp(first, word) == 0;
}

bool store_reply_int(const redisReply *reply, size_t i, int64_t *ret)
{
	const redisReply *r = reply->elements > i ? reply->element[i] : NULL;
	char *end;

	if (r == NULL)
		return false;
	if (r->type == REDIS_REPLY_INTEGER) {
		*ret = r->integer;
		return true;
	}
	if (r->type != REDIS_REPLY_STRING || r->len == 0)
		return false;
	*ret = strtoll(r->str, &end, 10);
	return *end == '\0' || *end == '-'; /* an entry's id: CURSOR-0 */
}

bool store_reply_text(const redisReply *reply, size_t i, const char **ret)
{
	const redisReply *r = reply->elements > i ? reply->element[i] : NULL;

	if (r == NULL || (r->type != REDIS_REPLY_STRING && r->type != REDIS_REPLY_STATUS))
		return false;
	*ret = r->str;
	return true;
}

bool store_reply_bytes(const redisReply *reply, size_t i, struct store_bytes *ret)
{
	const redisReply *r = reply->elements > i ? reply->element[i] : NULL;

	if (r == NULL || r->type != REDIS_REPLY_STRING)
		return false;
	*ret = (struct store_bytes){ (const uint8_t *)r->str, (size_t)r->len };
	return true;
}

enum cvn_err store_reply_refusal(const redisReply *reply)
{
	if (store_reply_is(reply, "unknown", 1))
		return CVN_EPROGRAMME;
	if (store_reply_is(reply, "closed", 1))
		return CVN_ECLOSED;
	return CVN_EBUG;
}
