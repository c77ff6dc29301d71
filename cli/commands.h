/* commands.h - one function a command, as commands.def lists them.
 *
 * Layer     cli.
 * Thread    one.
 * Not here  which file a command lives in: those that share their means share a file. */
#pragma once

struct cli;

/* Each carries out its command for `cli` and returns the program's exit code, after saying on
 * standard error what went wrong. */
#define COMMAND(word, function, arguments, fewest, most, options, summary, details) \
	int cmd_##function(struct cli *cli);
#include "cli/commands.def"
#undef COMMAND
