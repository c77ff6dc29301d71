#include "util/clock.h"

#include <time.h>

static int64_t now_ns(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

uint64_t clock_ms(void)
{
	return (uint64_t)now_ns(CLOCK_MONOTONIC) / 1000000;
}

uint64_t clock_us(void)
{
	return (uint64_t)now_ns(CLOCK_MONOTONIC) / 1000;
}

int64_t clock_unix_ms(void)
{
	return now_ns(CLOCK_REALTIME) / 1000000;
}
