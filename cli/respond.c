/* respond: a squad's federation answers an invitation. */
#include "cli/commands.h"
#include "cli/record_call.h"

#include <string.h>

#define PEOPLE_MAX 100000

int cmd_respond(struct cli *cli)
{
	Convene__V1__Respond respond = CONVENE__V1__RESPOND__INIT;
	Convene__V1__Call call = CONVENE__V1__CALL__INIT;
	bool is_fewer;

	respond.request = cli->args.positional[0];
	respond.squad = cli->args.positional[1];
	respond.answer = cli->args.positional[2];
	is_fewer = strcmp(respond.answer, "fewer") == 0;
	if (!is_fewer && strcmp(respond.answer, "accept") != 0 &&
	    strcmp(respond.answer, "decline") != 0)
		return cli_fail(cli, EXIT_USAGE, "respond: accept, decline or fewer, not %s",
				respond.answer);
	if (is_fewer != args_has(&cli->args, OPT_PEOPLE))
		return cli_fail(cli, EXIT_USAGE,
				"respond: --people goes with fewer: how many will come");
	if (args_number(&cli->args, OPT_PEOPLE, 0, PEOPLE_MAX, 0, &respond.people) != CVN_OK)
		return cli_fail(cli, EXIT_USAGE, "%s", cli->args.fault);
	respond.has_people = is_fewer;
	call.of_case = CONVENE__V1__CALL__OF_RESPOND;
	call.respond = &respond;
	return record_call_show(cli, &call);
}
