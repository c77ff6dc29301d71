/* changes.h - in what a request differs from the revision that the caller went by.
 *
 * Layer     cli.
 * Thread    one.
 * Limit     as far back as a trace reaches.
 * Not here  the conflict itself (the daemon says it). */
#pragma once
#include "cli/cli.h"
#include "convene/v1/record.pb-c.h"

/* One line a key whose value differs, "headcount: 52, now 50", in the order of the messages' fields;
 * "" where nothing does. Memory is the arena's; NULL: out of memory. */
const char *changes_text(const Convene__V1__Request *was, const Convene__V1__Request *now,
			 struct arena *arena);

/* Says so on standard error, one line each; nothing where it cannot be found out. */
void changes_tell(struct cli *cli, char *request, int64_t since_revision);
