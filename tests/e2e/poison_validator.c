/* poison_validator.c - a validator like the real one, but a request called "poison" kills it.
 *
 * Reality does not crash on demand: this stands in for a fault in a rule that no one has found yet. */
#include "kit/kit.h"
#include "util/arena.h"
#include "validator/task.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { VERDICT_BYTES = 64 << 20 };

static void on_task(struct kit *kit, const Convene__V1__Task *task, struct replica *replica)
{
	Convene__V1__Result result = CONVENE__V1__RESULT__INIT;
	struct arena arena;

	for (size_t i = 0; task->validate != NULL && i < task->validate->n_subjects; i++) {
		if (strcmp(task->validate->subjects[i]->request, "poison") == 0) {
			fprintf(stderr, "a rule fell over: poison\n");
			abort();
		}
	}
	arena_init(&arena, VERDICT_BYTES);
	if (task_judge(task->validate, replica, &arena, &result) != CVN_OK)
		abort();
	result.has_task = 1;
	result.task = task->id;
	kit_send_result(kit, &result);
	arena_done(&arena);
}

int main(int argc, char **argv)
{
	static const struct kit_worker POISON = {
		.kind = "validator",
		.program = "poison-validator",
		.about = "Judges requests, and dies of one that is called poison.",
		.on_task = on_task,
	};

	return kit_main(argc, argv, &POISON);
}
