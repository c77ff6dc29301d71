/* app.h - the daemon: owns every object, opens them in order, and closes them in order.
 *
 * Layer     daemon.
 * Thread    the main thread: it runs the loop and spawns the children.
 * Limit     –
 * Not here  what the objects do (ports/, flow/). */
#pragma once
#include "config.h"

/* Exit codes of sysexits.h, beside those of config.h. */
enum { APP_EXIT_SOFTWARE = 70, APP_EXIT_OS = 71, APP_EXIT_AGAIN = 75 };

/* Runs until it is told to end, or can't go on; `argc` and `argv` are read again on SIGHUP. Takes
 * the config. Returns the exit code. */
int app_run(int argc, char **argv, struct config *config);
