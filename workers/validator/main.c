/* main.c - convene-validator: a request and its programme in, a verdict out. It holds nothing but replicas.
 *
 * Layer     workers/validator.
 * Thread    the kit's loop.
 * Limit     VERDICT_BYTES for the answer to one task.
 * Not here  the rules (rules.h); connection, replicas, draining (kit/kit.h). */
#include "kit/kit.h"
#include "validator/check.h"
#include "validator/task.h"
#include "util/help.h"
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

enum { VERDICT_BYTES = 64 << 20, DOCUMENT_BYTES = 1 << 20 };

static void on_task(struct kit *kit, const Convene__V1__Task *task, struct replica *replica)
{
	Convene__V1__Result result = CONVENE__V1__RESULT__INIT;
	enum cvn_err err = CVN_EUNKNOWN;
	struct arena arena;

	arena_init(&arena, VERDICT_BYTES);
	if (task->of_case == CONVENE__V1__TASK__OF_VALIDATE)
		err = task_judge(task->validate, replica, &arena, &result);
	if (err == CVN_OK) {
		result.has_task = true;
		result.task = task->id;
		kit_send_result(kit, &result);
	} else {
		kit_fail(kit, err); /* another worker, with a fresh replica, is handed the task */
	}
	arena_done(&arena);
}

static const struct help_part RULES_HELP = {
	.usage = "convene-validator --rules",
	.about = "Prints what is asked of a request, rule by rule, with the codes that name them.",
};

static int print_rules(void)
{
	struct buf text;
	enum cvn_err err;

	buf_init(&text, DOCUMENT_BYTES);
	err = rules_document(&text);
	if (err == CVN_OK)
		fwrite(text.bytes, 1, text.n, stdout);
	buf_done(&text);
	return err == CVN_OK && fflush(stdout) == 0 ? EX_OK : EX_SOFTWARE;
}

int main(int argc, char **argv)
{
	static const struct kit_worker VALIDATOR = {
		.kind = "validator",
		.program = "convene-validator",
		.about = "Judges requests against a programme's data and rules. "
		         "Beside that: --rules prints the rules; check judges a programme file (check --help).",
		.summary = "judges requests by the rules of a programme",
		.parts = { &CHECK_HELP, &RULES_HELP },
		.on_task = on_task,
	};

	if (argc == 2 && strcmp(argv[1], "--rules") == 0)
		return print_rules();
	if (argc >= 2 && strcmp(argv[1], "check") == 0)
		return check_main(argc - 1, argv + 1);
	return kit_main(argc, argv, &VALIDATOR);
}
