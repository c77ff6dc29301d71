/* sd.h - tells systemd how we are: the notify socket's protocol, by hand.
 *
 * Layer     io: a datagram socket.
 * Thread    loop thread.
 * Limit     messages of at most SD_MESSAGE_MAX bytes; longer ones are cut.
 * Not here  when to be ready or alive (app). */
#pragma once
#include "util/err.h"
#include <stdint.h>

#define SD_MESSAGE_MAX 1024

/* private from here on; embed it */
struct sd {
	int fd; /* -1: nobody listens */
	uint32_t watchdog_ms;
};

/* Reads NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID, and takes them out of the environment, so
 * that children do not speak for us. Without them every call below does nothing. CVN_EINVALID they
 * are wrong, CVN_ESYS. */
CVN_MUST_CHECK enum cvn_err sd_init(struct sd *sd);

/* Closes the socket. */
void sd_done(struct sd *sd);

/* How often systemd wants a sign of life; ping at half of it. 0: it wants none. */
uint32_t sd_watchdog_ms(const struct sd *sd);

/* READY=1, with a status line. */
void sd_ready(struct sd *sd, const char *status);

/* STATUS=… : one line of text. */
void sd_status(struct sd *sd, const char *status);

/* WATCHDOG=1 */
void sd_alive(struct sd *sd);

/* RELOADING=1 with the clock; sd_ready() ends it. */
void sd_reloading(struct sd *sd);

/* STOPPING=1, with a status line. */
void sd_stopping(struct sd *sd, const char *status);

/* EXTEND_TIMEOUT_USEC: starting or stopping takes this much longer, counted from now. */
void sd_more_time(struct sd *sd, uint32_t more_ms);
