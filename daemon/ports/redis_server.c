/* redis_server.c - In order of time: redis_server_open -> lock -> write_config -> (wait_for_old
 * ->) start -> on_exit -> (on_timer -> start …) -> redis_server_close -> finish. */
#include "ports/redis_server.h"
#include "io/loop.h"
#include "io/proc.h"
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/un.h>
#include <unistd.h>

#define GRACE_MS 10000u /* between TERM and KILL: it may be writing its file anew */
#define POLL_MS 50
#define REST_MIN_MS 100u
#define REST_MAX_MS 2000u
#define STEADY_MS 5000u /* who ran for so long starts anew without much rest */
#define PATH_BYTES 512

enum phase { WAITING, RUNNING, RESTING, ENDING };

struct redis_server {
	struct loop *loop;
	struct redis_server_options options;
	char *folder, *program;
	char socket[sizeof(((struct sockaddr_un *)0)->sun_path)];
	enum phase phase;
	int lock_fd;
	struct proc *proc;
	struct loop_timer *timer;
	pid_t old_pid; /* WAITING: of the one that an earlier daemon left */
	uint64_t old_start;
	uint64_t since_ms; /* of the phase */
	uint32_t rest_ms;
	void (*closed_cb)(void *arg);
	void *closed_arg;
	struct loop_task closed_task;
};

static enum cvn_err lock_folder(struct redis_server *server);
static enum cvn_err write_config(const struct redis_server *server);
static bool find_old(struct redis_server *server);
static void wait_for_old(struct redis_server *server);
static void start(struct redis_server *server);
static void record(const struct redis_server *server);
static void on_exit_of_child(void *arg, struct proc *proc, const struct proc_exit *how);
static void rest(struct redis_server *server);
static void on_timer(void *arg);
static void on_closed(struct loop_task *task);
static void release(struct redis_server *server);

enum cvn_err redis_server_open(struct loop *loop, const struct redis_server_options *options,
			       struct redis_server **ret_server)
{
	struct redis_server *server = calloc(1, sizeof(*server));
	enum cvn_err err = CVN_ENOMEM;
	int n;

	CVN_REQUIRE(options->folder != NULL && options->on_event != NULL);
	if (server == NULL)
		return CVN_ENOMEM;
	server->loop = loop;
	server->options = *options;
	server->lock_fd = -1;
	server->rest_ms = REST_MIN_MS;
	server->closed_task.run_cb = on_closed;
	server->folder = realpath(options->folder, NULL);
	server->program = strdup(options->program != NULL ? options->program : "redis-server");
	if (server->folder == NULL && errno != ENOMEM)
		err = CVN_ESYS;
	if (server->folder == NULL || server->program == NULL)
		goto fail;
	err = CVN_EINVALID;
	n = snprintf(server->socket, sizeof(server->socket), "%s/redis.sock", server->folder);
	if (n < 0 || (size_t)n >= sizeof(server->socket) ||
	    strpbrk(server->folder, "\"\\\n\r") != NULL)
		goto fail;
	err = lock_folder(server);
	if (err == CVN_OK)
		err = write_config(server);
	if (err == CVN_OK)
		err = loop_timer_new(loop, on_timer, server, &server->timer);
	if (err != CVN_OK)
		goto fail;
	if (find_old(server))
		wait_for_old(server);
	else
		start(server);
	*ret_server = server;
	return CVN_OK;
fail:
	release(server);
	return err;
}

/* A path inside the folder; the folder's own length is limited by that of the socket's. */
static void path_of(const struct redis_server *server, const char *name, char path[PATH_BYTES])
{
	int n = snprintf(path, PATH_BYTES, "%s/%s", server->folder, name);

	CVN_REQUIRE(n > 0 && n < PATH_BYTES);
}

static void tell(struct redis_server *server, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void tell(struct redis_server *server, const char *format, ...)
{
	char text[PROC_WORDS_MAX + 256];
	va_list list;

	va_start(list, format);
	vsnprintf(text, sizeof(text), format, list);
	va_end(list);
	server->options.on_event(server->options.arg, text);
}

static enum cvn_err lock_folder(struct redis_server *server)
{
	char path[PATH_BYTES];

	path_of(server, "redis.lock", path);
	server->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (server->lock_fd < 0)
		return CVN_ESYS;
	if (flock(server->lock_fd, LOCK_EX | LOCK_NB) != 0)
		return errno == EWOULDBLOCK ? CVN_EBUSY : CVN_ESYS;
	return CVN_OK;
}

/* Replaces a file as a whole. */
static enum cvn_err write_file(const struct redis_server *server, const char *name,
			       const char *text)
{
	char path[PATH_BYTES], fresh[PATH_BYTES];
	size_t n = strlen(text);
	bool written;
	int fd;

	path_of(server, name, path);
	path_of(server, "redis.new", fresh);
	fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return CVN_ESYS;
	written = write(fd, text, n) == (ssize_t)n;
	written = close(fd) == 0 && written;
	return written && rename(fresh, path) == 0 ? CVN_OK : CVN_ESYS;
}

/* No port at all: who may write into the folder may speak to it. */
static enum cvn_err write_config(const struct redis_server *server)
{
	char text[2048];
	int n = snprintf(text, sizeof(text),
			 "# Written by convened at each start.\n"
			 "port 0\n"
			 "unixsocket \"%s\"\n"
			 "unixsocketperm 700\n"
			 "dir \"%s\"\n"
			 "daemonize no\n"
			 "pidfile \"\"\n"
			 "logfile \"\"\n"
			 "loglevel warning\n"
			 "save \"\"\n"
			 "appendonly yes\n"
			 "appendfsync %s\n"
			 "no-appendfsync-on-rewrite no\n"
			 "aof-use-rdb-preamble yes\n"
			 "auto-aof-rewrite-percentage 100\n"
			 "auto-aof-rewrite-min-size 64mb\n"
			 "maxmemory %" PRIu64 "\n"
			 "maxmemory-policy noeviction\n",
			 server->socket, server->folder,
			 server->options.durability == STORE_ALWAYS ? "always" : "everysec",
			 server->options.maxmemory_bytes);

	CVN_REQUIRE(n > 0 && (size_t)n < sizeof(text));
	return write_file(server, "redis.conf", text);
}

/* When a process was started, in ticks since boot: with it a pid names one process for good. 0:
 * there is none. */
static uint64_t start_time(pid_t pid)
{
	char path[64], line[1024], *field;
	uint64_t start = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%ld/stat", (long)pid);
	file = fopen(path, "re");
	if (file == NULL)
		return 0;
	/* "pid (name) state …": the name may hold anything; start time is the 20th field behind
	 * it. */
	if (fgets(line, sizeof(line), file) != NULL && (field = strrchr(line, ')')) != NULL &&
	    field[1] == ' ' && field[2] != 'Z') {
		for (int i = 0; i < 20 && field != NULL; i++)
			field = strchr(field + 1, ' ');
		if (field != NULL)
			start = strtoull(field + 1, NULL, 10);
	}
	fclose(file);
	return start;
}

static bool find_old(struct redis_server *server)
{
	char path[PATH_BYTES];
	long pid = 0;
	FILE *file;
	bool found = false;

	path_of(server, "redis.pid", path);
	file = fopen(path, "re");
	if (file == NULL)
		return false;
	if (fscanf(file, "%ld %" SCNu64, &pid, &server->old_start) == 2 && pid > 1) {
		server->old_pid = (pid_t)pid;
		found = server->old_start != 0 && start_time(server->old_pid) == server->old_start;
	}
	fclose(file);
	return found;
}

static void wait_for_old(struct redis_server *server)
{
	tell(server, "ending redis-server %ld, which an earlier daemon left",
	     (long)server->old_pid);
	kill(server->old_pid, SIGTERM);
	server->phase = WAITING;
	server->since_ms = loop_now_ms(server->loop);
	loop_timer_start(server->timer, POLL_MS, POLL_MS);
}

static void start(struct redis_server *server)
{
	char config[PATH_BYTES];
	enum cvn_err err;

	path_of(server, "redis.conf", config);
	server->since_ms = loop_now_ms(server->loop);
	loop_timer_stop(server->timer);
	err = proc_spawn(server->loop,
			 &(struct proc_options){
				 .name = NULL, /* what it says last is told when it dies */
				 .argv = (const char *const[]){ server->program, config, NULL },
				 .folder = server->folder,
				 .on_exit = on_exit_of_child,
				 .arg = server,
			 },
			 &server->proc);
	if (err != CVN_OK) {
		server->proc = NULL;
		tell(server, "redis-server could not be started: %s", cvn_err_text(err));
		rest(server);
		return;
	}
	server->phase = RUNNING;
	record(server);
	tell(server, "redis-server %d started", proc_pid(server->proc));
}

static void record(const struct redis_server *server)
{
	char line[64];

	snprintf(line, sizeof(line), "%d %" PRIu64 "\n", proc_pid(server->proc),
		 start_time(proc_pid(server->proc)));
	if (write_file(server, "redis.pid", line) != CVN_OK)
		server->options.on_event(server->options.arg, "redis.pid could not be written");
}

static void on_exit_of_child(void *arg, struct proc *proc, const struct proc_exit *how)
{
	struct redis_server *server = arg;

	(void)proc;
	server->proc = NULL;
	if (server->phase == ENDING) {
		loop_defer(server->loop, &server->closed_task);
		return;
	}
	if (how->signal != 0)
		tell(server, "redis-server was killed by signal %d: %s", how->signal,
		     how->last_words);
	else
		tell(server, "redis-server ended with code %d: %s", how->code, how->last_words);
	if (loop_now_ms(server->loop) - server->since_ms >= STEADY_MS)
		server->rest_ms = REST_MIN_MS;
	rest(server);
}

static void rest(struct redis_server *server)
{
	server->phase = RESTING;
	loop_timer_start(server->timer, server->rest_ms, 0);
	server->rest_ms = server->rest_ms * 2 < REST_MAX_MS ? server->rest_ms * 2 : REST_MAX_MS;
}

static void on_timer(void *arg)
{
	struct redis_server *server = arg;

	if (server->phase == WAITING && start_time(server->old_pid) == server->old_start) {
		if (loop_now_ms(server->loop) - server->since_ms >= GRACE_MS)
			kill(server->old_pid, SIGKILL);
		return;
	}
	start(server);
}

const char *redis_server_socket(const struct redis_server *server)
{
	return server->socket;
}

int64_t redis_server_pid(const struct redis_server *server)
{
	return server->proc != NULL ? proc_pid(server->proc) : 0;
}

void redis_server_close(struct redis_server *server, void (*closed_cb)(void *arg), void *arg)
{
	CVN_REQUIRE(closed_cb != NULL && server->phase != ENDING);
	server->phase = ENDING;
	server->closed_cb = closed_cb;
	server->closed_arg = arg;
	loop_timer_stop(server->timer);
	if (server->proc != NULL)
		proc_end(server->proc, GRACE_MS);
	else
		loop_defer(server->loop, &server->closed_task);
}

static void on_closed(struct loop_task *task)
{
	struct redis_server *server = CONTAINER_OF(task, struct redis_server, closed_task);
	void (*closed_cb)(void *arg) = server->closed_cb;
	void *arg = server->closed_arg;

	release(server);
	closed_cb(arg);
}

static void release(struct redis_server *server)
{
	loop_timer_free(server->timer);
	if (server->lock_fd >= 0)
		close(server->lock_fd); /* and with it goes the lock */
	free(server->folder);
	free(server->program);
	free(server);
}
