/* task.c - looks its subjects up and has them judged.
 *
 * Layer     workers/validator.
 * Thread    any; pure. */
#include "validator/task.h"
#include "domain/day.h"

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

enum cvn_err task_judge(const Convene__V1__Validate *task, const struct replica *replica, struct arena *arena,
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
