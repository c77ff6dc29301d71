/* allow: the working body lets a request go beyond the policy. */
#include "cli/commands.h"
#include "cli/record_call.h"

int cmd_allow(struct cli *cli)
{
	Convene__V1__Allow allow = CONVENE__V1__ALLOW__INIT;
	Convene__V1__Call call = CONVENE__V1__CALL__INIT;
	int code = record_call_revision(cli, &allow.revision);

	if (code != EXIT_OK)
		return code;
	if (!args_has(&cli->args, OPT_REASON))
		return cli_fail(cli, EXIT_USAGE, "allow: --reason must say why");
	allow.request = cli->args.positional[0];
	allow.has_revision = allow.revision != 0;
	allow.codes = &cli->args.positional[1];
	allow.n_codes = (size_t)cli->args.n_positional - 1;
	allow.reason = record_call_value(cli, OPT_REASON);
	call.of_case = CONVENE__V1__CALL__OF_ALLOW;
	call.allow = &allow;
	return record_call_show(cli, &call);
}
