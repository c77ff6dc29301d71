/* load_redis.h - the bare Function calls, as many as Redis can do.
 *
 * Layer     tests.
 * Not here  clients and echo (load.c). */
#pragma once

/* Pipelines two Function calls a request (admit, commit) on the Unix socket `path`, `window` requests at a time, for
 * `seconds`; the programme `name` is made for it. Prints one JSON line; returns an exit status. */
int load_redis(const char *path, const char *name, int window, double seconds);
