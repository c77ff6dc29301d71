/* In order of time: proc_spawn -> on_output … -> proc_end -> on_exit -> finish */
#include "io/proc.h"

#include <ctype.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>
#include <uv.h>

#define NAME_MAX_BYTES 64
#define READ_BYTES 4096
#define EOF_WAIT_MS 200 /* a grandchild may hold the pipe open for longer than its parent lives */

struct proc {
	uv_process_t process;
	uv_pipe_t output;
	uv_timer_t timer; /* first the grace before KILL, then the wait for the end of output */
	proc_exit_cb on_exit;
	void *arg;
	uint32_t n_handles;
	bool is_ending, has_exited, has_eof, is_finished;
	int code, signal;
	char name[NAME_MAX_BYTES]; /* "": lines are not passed on */
	char line[PROC_LINE_MAX];
	size_t n_line;
	char words[PROC_WORDS_MAX + 1];
	size_t n_words;
	char chunk[READ_BYTES];
};

static char **make_argv(const struct proc_options *options);
static char **make_env(const struct proc_options *options, char *parent);
static enum cvn_err start(struct loop *loop, struct proc *proc, uv_process_options_t *uv_options);
static void set_oom_score(int pid, int value);
static void on_room(uv_handle_t *handle, size_t suggested, uv_buf_t *ret_buf);
static void on_output(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf);
static void on_grace_over(uv_timer_t *timer);
static void on_exit_of(uv_process_t *process, int64_t code, int signal_number);
static void finish(struct proc *proc);
static void on_closed(uv_handle_t *handle);

enum cvn_err proc_spawn(struct loop *loop, const struct proc_options *options,
			struct proc **ret_proc)
{
	struct proc *proc = calloc(1, sizeof(*proc));
	char **argv = make_argv(options);
	char parent[sizeof(PROC_PARENT) + 16];
	char **env = make_env(options, parent);
	uv_process_options_t uv_options = {
		.exit_cb = on_exit_of,
		.file = "setpriv",
		.args = argv,
		.env = env,
		.cwd = options->folder,
		.flags = UV_PROCESS_DETACHED, /* a session of its own: our Ctrl-C is not for it */
	};
	enum cvn_err err = CVN_ENOMEM;

	snprintf(parent, sizeof(parent), PROC_PARENT "=%d", (int)getpid());
	CVN_REQUIRE(options->on_exit != NULL && options->argv != NULL && options->argv[0] != NULL);
	if (proc == NULL || argv == NULL || env == NULL) {
		free(proc);
		goto free_vectors;
	}
	proc->on_exit = options->on_exit;
	proc->arg = options->arg;
	if (options->name != NULL)
		snprintf(proc->name, sizeof(proc->name), "%s", options->name);
	err = start(loop, proc, &uv_options);
	if (err == CVN_OK) {
		if (options->oom_score_adj != 0)
			set_oom_score(proc->process.pid, options->oom_score_adj);
		*ret_proc = proc;
	}
free_vectors:
	free(argv);
	free(env);
	return err;
}

static size_t count(const char *const *texts)
{
	size_t n = 0;

	while (texts != NULL && texts[n] != NULL)
		n++;
	return n;
}

/* The vectors borrow their texts: libuv copies them into the child's image before uv_spawn()
 * returns. */
static char **make_argv(const struct proc_options *options)
{
	static const char *const LAUNCHER[] = { "setpriv", "--pdeathsig", "TERM", "--" };
	size_t n = count(options->argv);
	char **argv = calloc(N_ELEMENTS(LAUNCHER) + n + 1, sizeof(*argv));

	if (argv == NULL)
		return NULL;
	memcpy(argv, LAUNCHER, sizeof(LAUNCHER));
	memcpy(argv + N_ELEMENTS(LAUNCHER), options->argv, n * sizeof(*argv));
	return argv;
}

static bool is_replaced(const char *variable, const char *const *by)
{
	size_t n_name = strcspn(variable, "=") + 1;

	for (; by != NULL && *by != NULL; by++) {
		if (strncmp(variable, *by, n_name) == 0)
			return true;
	}
	return false;
}

/* `parent`: "NAME=value" of ours, borrowed like the others. */
static char **make_env(const struct proc_options *options, char *parent)
{
	size_t n_ours = count((const char *const *)environ);
	size_t n_more = count(options->env);
	char **env = calloc(n_ours + n_more + 2, sizeof(*env));
	size_t n = 0;

	if (env == NULL)
		return NULL;
	for (size_t i = 0; i < n_ours; i++) {
		if (!is_replaced(environ[i], options->env) &&
		    strncmp(environ[i], PROC_PARENT "=", sizeof(PROC_PARENT)) != 0)
			env[n++] = environ[i];
	}
	env[n++] = parent;
	if (n_more > 0)
		memcpy(env + n, options->env, n_more * sizeof(*env));
	return env;
}

static enum cvn_err start(struct loop *loop, struct proc *proc, uv_process_options_t *uv_options)
{
	uv_stdio_container_t stdio[3] = { { .flags = UV_IGNORE } };
	uv_file ends[2];
	int rc;

	if (uv_pipe(ends, UV_NONBLOCK_PIPE, 0) != 0) {
		free(proc);
		return CVN_ESYS;
	}
	uv_timer_init(loop_uv(loop), &proc->timer);
	uv_pipe_init(loop_uv(loop), &proc->output, 0);
	proc->timer.data = proc->output.data = proc->process.data = proc;
	proc->n_handles = 3;
	rc = uv_pipe_open(&proc->output, ends[0]);
	if (rc != 0)
		close(ends[0]);
	for (int fd = 1; fd <= 2; fd++) {
		stdio[fd].flags = UV_INHERIT_FD;
		stdio[fd].data.fd = ends[1];
	}
	uv_options->stdio = stdio;
	uv_options->stdio_count = 3;
	/* What we hold, and what was left open by who started us, is not for the child. */
	close_range(STDERR_FILENO + 1, ~0u, CLOSE_RANGE_CLOEXEC);
	/* A process handle whose spawn failed must be closed like any other. */
	if (rc == 0)
		rc = uv_spawn(loop_uv(loop), &proc->process, uv_options);
	else
		proc->n_handles--;
	close(ends[1]);
	if (rc == 0) {
		uv_read_start((uv_stream_t *)&proc->output, on_room, on_output);
		return CVN_OK;
	}
	uv_close((uv_handle_t *)&proc->timer, on_closed);
	uv_close((uv_handle_t *)&proc->output, on_closed);
	if (proc->n_handles == 3)
		uv_close((uv_handle_t *)&proc->process, on_closed);
	return rc == UV_ENOENT ? CVN_ENOTFOUND : rc == UV_ENOMEM ? CVN_ENOMEM : CVN_ESYS;
}

/* Best effort: without it the kernel chooses between us and the child by size alone. */
static void set_oom_score(int pid, int value)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/oom_score_adj", pid);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	dprintf(fd, "%d", value);
	close(fd);
}

int proc_pid(const struct proc *proc)
{
	return proc->process.pid;
}

static void on_room(uv_handle_t *handle, size_t suggested, uv_buf_t *ret_buf)
{
	struct proc *proc = handle->data;

	(void)suggested;
	*ret_buf = uv_buf_init(proc->chunk, sizeof(proc->chunk));
}

/* To our stderr in one write, with its priority in front where journald reads it. */
static void pass_on(struct proc *proc)
{
	const char *line = proc->line;
	size_t n = proc->n_line;
	char priority[4] = "<6>";
	bool has_reader = !isatty(STDERR_FILENO);

	proc->n_line = 0;
	if (n >= 3 && line[0] == '<' && line[1] >= '0' && line[1] <= '7' && line[2] == '>') {
		memcpy(priority, line, 3);
		line += 3;
		n -= 3;
	}
	if (proc->name[0] == '\0' || n == 0)
		return;
	struct iovec parts[] = {
		{ .iov_base = priority, .iov_len = has_reader ? 3 : 0 },
		{ .iov_base = proc->name, .iov_len = strlen(proc->name) },
		{ .iov_base = (char[]){ ':', ' ' }, .iov_len = 2 },
		{ .iov_base = (char *)(uintptr_t)line, .iov_len = n },
		{ .iov_base = (char[]){ '\n' }, .iov_len = 1 },
	};
	if (writev(STDERR_FILENO, parts, N_ELEMENTS(parts)) < 0)
		return; /* nobody reads our stderr: there is nowhere left to say so */
}

static void keep_words(struct proc *proc, const char *bytes, size_t n)
{
	if (n > PROC_WORDS_MAX) {
		bytes += n - PROC_WORDS_MAX;
		n = PROC_WORDS_MAX;
	}
	if (proc->n_words + n > PROC_WORDS_MAX) {
		size_t over = proc->n_words + n - PROC_WORDS_MAX;

		memmove(proc->words, proc->words + over, proc->n_words - over);
		proc->n_words -= over;
	}
	memcpy(proc->words + proc->n_words, bytes, n);
	proc->n_words += n;
}

static void on_output(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
	struct proc *proc = stream->data;

	if (n < 0) {
		uv_read_stop(stream);
		proc->has_eof = true;
		if (proc->n_line > 0)
			pass_on(proc);
		if (proc->has_exited)
			finish(proc);
		return;
	}
	for (ssize_t i = 0; i < n; i++) {
		char c = buf->base[i];

		if (c == '\n' || proc->n_line == sizeof(proc->line))
			pass_on(proc);
		if (c == '\n')
			continue;
		if ((unsigned char)c < ' ' || c == 0x7f)
			buf->base[i] = c =
				'\t' == c ? ' ' : '?'; /* nothing that moves a terminal's cursor */
		proc->line[proc->n_line++] = c;
	}
	keep_words(proc, buf->base, (size_t)n);
}

void proc_signal(struct proc *proc, int signal_number)
{
	if (!proc->has_exited)
		uv_process_kill(&proc->process, signal_number);
}

void proc_end(struct proc *proc, uint32_t grace_ms)
{
	if (proc->has_exited || proc->is_ending)
		return;
	proc->is_ending = true;
	uv_process_kill(&proc->process, SIGTERM);
	uv_timer_start(&proc->timer, on_grace_over, grace_ms, 0);
}

static void on_grace_over(uv_timer_t *timer)
{
	struct proc *proc = timer->data;

	uv_process_kill(&proc->process, SIGKILL);
}

static void on_eof_late(uv_timer_t *timer)
{
	finish(timer->data);
}

static void on_exit_of(uv_process_t *process, int64_t code, int signal_number)
{
	struct proc *proc = process->data;

	proc->has_exited = true;
	proc->code = (int)code;
	proc->signal = signal_number;
	if (proc->has_eof)
		finish(proc);
	else
		uv_timer_start(&proc->timer, on_eof_late, EOF_WAIT_MS, 0);
}

static void finish(struct proc *proc)
{
	struct proc_exit how = {
		.code = proc->code,
		.signal = proc->signal,
		.last_words = proc->words,
		.n_last_words = proc->n_words,
	};

	if (proc->is_finished)
		return;
	proc->is_finished = true;
	if (proc->n_line > 0)
		pass_on(proc);
	proc->words[proc->n_words] = '\0';
	proc->on_exit(proc->arg, proc, &how);
	uv_close((uv_handle_t *)&proc->timer, on_closed);
	uv_close((uv_handle_t *)&proc->output, on_closed);
	uv_close((uv_handle_t *)&proc->process, on_closed);
}

static void on_closed(uv_handle_t *handle)
{
	struct proc *proc = handle->data;

	if (--proc->n_handles == 0)
		free(proc);
}

int proc_parent(void)
{
	const char *parent = getenv(PROC_PARENT);

	return parent != NULL ? atoi(parent) : (int)getppid();
}
