#include "cli/commands.h"
#include "cli/args.h"

#define O(name) (UINT64_C(1) << OPT_##name)

const struct command COMMANDS[] = {
#define COMMAND(word, function, arguments, fewest, most, options, summary, details) \
	{ word, cmd_##function, arguments, fewest, most, OPT_COMMON | (options), summary, details },
#include "cli/commands.def"
#undef COMMAND
	{ .word = NULL },
};
