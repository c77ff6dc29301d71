/* planner.h - the scheduler program as the worker of one planning round: started for it, gone after it.
 *
 * It is fed its programme like any worker and gets one task. The search runs on threads of its own and on a copy, so
 * that messages are answered meanwhile; twice a second it tells how far it is.
 *
 * Layer     scheduler program: round below it, kit beside it.
 * Thread    one, and those of the search.
 * Not here  the plan itself (round.h). */
#pragma once

/* Runs the worker until it is drained; the options are those of kit_main(). Returns the exit code. */
int planner_main(int argc, char **argv);
