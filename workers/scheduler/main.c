/* convene-scheduler: as a worker of convened, for a planning round with `--planner`, or by itself with `solve`. */
#include <string.h>

#include "kit/kit.h"
#include "scheduler/online.h"
#include "scheduler/planner.h"
#include "scheduler/solve.h"

static void on_answer(void *arg, Convene__V1__Answer *answer)
{
	kit_send_answer(arg, answer);
}

static enum cvn_err on_start(struct kit *kit)
{
	kit_set_user(kit, online_new(on_answer, kit));
	return CVN_OK;
}

static void on_stop(struct kit *kit)
{
	online_free(kit_user(kit));
}

static void on_programme(struct kit *kit, const char *programme,
			 struct replica_observer *ret_observer)
{
	online_programme(kit_user(kit), programme, ret_observer);
}

static void on_replica_gone(struct kit *kit, const char *programme, struct replica *replica)
{
	(void)replica;
	online_gone(kit_user(kit), programme);
}

static void on_feed_complete(struct kit *kit, const char *programme, struct replica *replica)
{
	online_complete(kit_user(kit), programme, replica);
}

static void on_fed(struct kit *kit, const char *programme, struct replica *replica)
{
	(void)replica;
	online_fed(kit_user(kit), programme);
}

static void on_task(struct kit *kit, const Convene__V1__Task *task, struct replica *replica)
{
	(void)replica;
	online_task(kit_user(kit), task);
}

static void on_settled(struct kit *kit, const Convene__V1__Settled *settled)
{
	online_settled(kit_user(kit), settled);
}

static bool on_idle(struct kit *kit)
{
	return online_idle(kit_user(kit));
}

static bool is_busy(struct kit *kit)
{
	return online_is_busy(kit_user(kit));
}

int main(int argc, char **argv)
{
	static const struct kit_worker WORKER = {
		.kind = "scheduler",
		.program = "convene-scheduler",
		.about = "Finds places for requests beside a living programme. `convene-scheduler "
			 "solve --help`: plans a file alone.",
		.summary = "the planner of Convene",
		.parts = { &SOLVE_HELP },
		.on_start = on_start,
		.on_stop = on_stop,
		.on_programme = on_programme,
		.on_replica_gone = on_replica_gone,
		.on_feed_complete = on_feed_complete,
		.on_fed = on_fed,
		.on_task = on_task,
		.on_settled = on_settled,
		.on_idle = on_idle,
		.is_busy = is_busy,
	};

	if (argc > 1 && strcmp(argv[1], "solve") == 0)
		return solve_main(argc - 1, argv + 1);
	if (argc > 1 && strcmp(argv[1], "--planner") == 0)
		return planner_main(argc - 1, argv + 1);
	return kit_main(argc, argv, &WORKER);
}
