/* main.c - convene-validator: a request and its programme in, a verdict out. It holds nothing but replicas.
 *
 * Layer     workers/validator.
 * Thread    the kit's loop.
 * Limit     VERDICT_BYTES for the answer to one task.
 * Not here  the rules (rules.h); connection, replicas, draining (kit/kit.h). */
#include "domain/day.h"
#include "kit/kit.h"
#include "validator/check.h"
#include "validator/rules.h"
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

enum { VERDICT_BYTES = 64 << 20, DOCUMENT_BYTES = 1 << 20 };

/* The day a request was filed on. A first revision is judged on the day it came, so that is the day it is; an amended
 * one was filed when its first came. (A day that was told for a demonstration goes before the clock of the receipt.) */
static void set_filed(struct subject *subject, const struct replica_record *record)
{
	const Convene__V1__Programme *about = programme_about(replica_programme(subject->replica));
	int32_t received = day_of_unix_ms(record->received_unix_ms, about != NULL ? about->time_zone : NULL);
	int32_t today = replica_has_today(subject->replica) ? replica_today(subject->replica) : received;

	subject->has_filed = true;
	subject->filed = record->revision <= 1 || today < received ? today : received;
}

static enum cvn_err judge(const struct replica_record *record, struct subject *subject, struct arena *arena,
                          Convene__V1__Verdict *ret_verdict)
{
	subject->request = record->content;
	set_filed(subject, record);
	convene__v1__verdict__init(ret_verdict);
	ret_verdict->request = (char *)record->id;
	return rules_judge(subject, arena, &ret_verdict->violations, &ret_verdict->n_violations);
}

/* Judges all subjects of the task. CVN_ESTALE: one of them is not in the replica as the task has it. */
static enum cvn_err judge_task(const Convene__V1__Validate *task, const struct replica *replica, struct arena *arena,
                               Convene__V1__Result *ret_result)
{
	size_t n = task->n_subjects;
	const Convene__V1__Request **batch = arena_array(arena, n + 1, sizeof(*batch));
	Convene__V1__Verdict **verdicts = arena_array(arena, n + 1, sizeof(*verdicts));
	Convene__V1__Verdict *verdict = arena_array(arena, n + 1, sizeof(*verdict));
	struct subject subject = { .replica = replica, .batch = batch, .n_batch = n };
	enum cvn_err err = CVN_OK;

	if (batch == NULL || verdicts == NULL || verdict == NULL)
		return CVN_ENOMEM;
	for (size_t i = 0; i < n; i++) {
		const struct replica_record *record = replica_find(replica, task->subjects[i]->request);

		if (record == NULL || record->revision < task->subjects[i]->revision)
			return CVN_ESTALE;
		batch[i] = record->content;
		verdicts[i] = &verdict[i];
	}
	for (size_t i = 0; i < n && err == CVN_OK; i++)
		err = judge(replica_find(replica, task->subjects[i]->request), &subject, arena, &verdict[i]);
	if (err == CVN_OK) {
		ret_result->n_verdicts = n;
		ret_result->verdicts = verdicts;
	}
	return err;
}

static void on_task(struct kit *kit, const Convene__V1__Task *task, struct replica *replica)
{
	Convene__V1__Result result = CONVENE__V1__RESULT__INIT;
	enum cvn_err err = CVN_EUNKNOWN;
	struct arena arena;

	arena_init(&arena, VERDICT_BYTES);
	if (task->of_case == CONVENE__V1__TASK__OF_VALIDATE)
		err = judge_task(task->validate, replica, &arena, &result);
	if (err == CVN_OK) {
		result.has_task = true;
		result.task = task->id;
		kit_send_result(kit, &result);
	} else {
		kit_fail(kit, err); /* another worker, with a fresh replica, is handed the task */
	}
	arena_done(&arena);
}

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
		         "Beside that: --rules prints the rules, check FILE judges a programme file.",
		.on_task = on_task,
	};

	if (argc == 2 && strcmp(argv[1], "--rules") == 0)
		return print_rules();
	if (argc >= 2 && strcmp(argv[1], "check") == 0)
		return check_main(argc - 1, argv + 1);
	return kit_main(argc, argv, &VALIDATOR);
}
