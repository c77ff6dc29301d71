#include "io/sd.h"

#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define WATCHDOG_MAX_US 86400000000ull

/* An unset variable is 0. False: not a number, or above `max`. */
static bool number_of(const char *name, unsigned long long max, unsigned long long *ret)
{
	const char *text = getenv(name);
	unsigned long long value;
	char *end;

	if (text == NULL) {
		*ret = 0;
		return true;
	}
	errno = 0;
	value = strtoull(text, &end, 10);
	if (*text < '0' || *text > '9' || *end != '\0' || errno != 0 || value > max)
		return false;
	*ret = value;
	return true;
}

static enum cvn_err connect_to(const char *path, int *ret_fd)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	size_t n = strlen(path);
	socklen_t size;
	int fd;

	if ((path[0] != '/' && path[0] != '@') || n < 2 || n >= sizeof(address.sun_path))
		return CVN_EINVALID;
	memcpy(address.sun_path, path, n);
	if (path[0] == '@')
		address.sun_path[0] = '\0'; /* the abstract name space */
	size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n);
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return CVN_ESYS;
	if (connect(fd, (const struct sockaddr *)&address, size) != 0) {
		close(fd);
		return CVN_ESYS;
	}
	*ret_fd = fd;
	return CVN_OK;
}

static void send_text(struct sd *sd, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void send_text(struct sd *sd, const char *format, ...)
{
	char message[SD_MESSAGE_MAX];
	va_list args;
	int n;

	if (sd->fd < 0)
		return;
	va_start(args, format);
	n = vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	if (n >= (int)sizeof(message))
		n = (int)sizeof(message) - 1;
	/* Without waiting: if systemd does not read, one sign of life less is the lesser evil. */
	if (n > 0 && send(sd->fd, message, (size_t)n, MSG_NOSIGNAL) < 0)
		return;
}

enum cvn_err sd_init(struct sd *sd)
{
	const char *path = getenv("NOTIFY_SOCKET");
	unsigned long long watchdog_us = 0, pid = 0;
	enum cvn_err err = CVN_OK;

	sd->fd = -1;
	sd->watchdog_ms = 0;
	if (!number_of("WATCHDOG_USEC", WATCHDOG_MAX_US, &watchdog_us) ||
	    !number_of("WATCHDOG_PID", 1u << 30, &pid))
		err = CVN_EINVALID;
	else if (path != NULL)
		err = connect_to(path, &sd->fd);
	if (err == CVN_OK && (pid == 0 || pid == (unsigned long long)getpid()))
		sd->watchdog_ms = (uint32_t)(watchdog_us / 1000);
	unsetenv("NOTIFY_SOCKET");
	unsetenv("WATCHDOG_USEC");
	unsetenv("WATCHDOG_PID");
	return err;
}

void sd_done(struct sd *sd)
{
	if (sd->fd >= 0)
		close(sd->fd);
	sd->fd = -1;
}

uint32_t sd_watchdog_ms(const struct sd *sd)
{
	return sd->watchdog_ms;
}

void sd_ready(struct sd *sd, const char *status)
{
	send_text(sd, "READY=1\nSTATUS=%s\n", status);
}

void sd_status(struct sd *sd, const char *status)
{
	send_text(sd, "STATUS=%s\n", status);
}

void sd_alive(struct sd *sd)
{
	send_text(sd, "WATCHDOG=1\n");
}

void sd_reloading(struct sd *sd)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	send_text(sd, "RELOADING=1\nMONOTONIC_USEC=%lld\n",
		  (long long)now.tv_sec * 1000000 + now.tv_nsec / 1000);
}

void sd_stopping(struct sd *sd, const char *status)
{
	send_text(sd, "STOPPING=1\nSTATUS=%s\n", status);
}

void sd_more_time(struct sd *sd, uint32_t more_ms)
{
	send_text(sd, "EXTEND_TIMEOUT_USEC=%llu\n", (unsigned long long)more_ms * 1000);
}
