/* reschedule: the host's committee moves a confirmed event to a place that is free. */
#include "cli/commands.h"
#include "cli/record_call.h"
#include "domain/day.h"

int cmd_reschedule(struct cli *cli)
{
	Convene__V1__Reschedule reschedule = CONVENE__V1__RESCHEDULE__INIT;
	Convene__V1__Call call = CONVENE__V1__CALL__INIT;
	int code = record_call_revision(cli, &reschedule.revision);
	int32_t day;

	if (code != EXIT_OK)
		return code;
	if (!args_has(&cli->args, OPT_REASON))
		return cli_fail(cli, EXIT_USAGE, "reschedule: --reason must say why");
	reschedule.request = cli->args.positional[0];
	reschedule.has_revision = reschedule.revision != 0;
	reschedule.venue = cli->args.positional[1];
	reschedule.first_day = cli->args.positional[2];
	reschedule.reason = record_call_value(cli, OPT_REASON);
	reschedule.noc = record_call_value(cli, OPT_NOC);
	if (!day_parse(reschedule.first_day, &day))
		return cli_fail(cli, EXIT_USAGE, "%s is no day: YYYY-MM-DD", reschedule.first_day);
	call.of_case = CONVENE__V1__CALL__OF_RESCHEDULE;
	call.reschedule = &reschedule;
	return record_call_show(cli, &call);
}
