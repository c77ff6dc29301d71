/* proc.h - a child process: spawned, listened to, ended.
 *
 * A child is started through `setpriv --pdeathsig TERM`, so that it ends with us whatever happens
 * to us, in a session of its own, so that Ctrl-C at our terminal reaches it only through us. It
 * inherits no file descriptor but 0 (/dev/null), 1 and 2. Its environment names us (PROC_PARENT): we
 * may be gone before its death signal is set.
 *
 * Layer     io: libuv; no words of the domain.
 * Thread    the main thread, which runs the loop (a death signal follows the thread that spawned).
 * Limit     PROC_WORDS_MAX bytes of last words are kept, PROC_LINE_MAX bytes a line are passed on.
 * Not here  who is started again, and when (ports/pool.h, ports/redis_server.h). */
#pragma once
#include "io/loop.h"
#include "util/err.h"
#include <stddef.h>
#include <stdint.h>

#define PROC_WORDS_MAX 4096u
#define PROC_LINE_MAX 2048u

#define PROC_PARENT "CONVENE_PARENT" /* variable with the spawner's process id */

struct proc; /* opaque */

/* How a child ended; lent during the callback. */
struct proc_exit {
	int code;               /* its exit code, where signal is 0 */
	int signal;             /* what killed it; 0: nothing did */
	const char *last_words; /* the end of its stderr and stdout; ends with NUL */
	size_t n_last_words;
};

/* The child is gone and its last words are read. `proc` is freed after this returns. */
typedef void (*proc_exit_cb)(void *arg, struct proc *proc, const struct proc_exit *how);

/* All text is copied. */
struct proc_options {
	const char *name; /* before each line of it on our stderr; NULL: they are not passed on */
	const char *const *argv; /* program (without a slash: in PATH), arguments, NULL */
	const char *const *env;  /* "NAME=value" over our own environment, NULL; may be NULL */
	const char *folder;      /* working directory; NULL: ours */
	int oom_score_adj; /* above ours, it goes before us when memory is short; 0: as ours */
	proc_exit_cb on_exit;
	void *arg;
};

/* Spawns. On CVN_OK on_exit runs exactly once, on a later turn; else never. CVN_ENOTFOUND setpriv
 * is missing (a missing program of the child's own shows as exit code 127), CVN_ENOMEM,
 * CVN_ESYS. */
CVN_MUST_CHECK enum cvn_err proc_spawn(struct loop *loop, const struct proc_options *options,
				       struct proc **ret_proc);

/* Its process id. */
int proc_pid(const struct proc *proc);

/* Sends it a signal. A child that has just gone is no fault. */
void proc_signal(struct proc *proc, int signal_number);

/* TERM now, KILL if it is still there after `grace_ms`. on_exit comes as ever. Called again: the
 * earlier grace counts. */
void proc_end(struct proc *proc, uint32_t grace_ms);

/* In a child: the process id of who spawned it, whether that still lives or not; without PROC_PARENT
 * that of the parent now. */
int proc_parent(void);
