/* What people do with one request: amend, withdraw, approve, decline, revise, postpone, cancel,
 * accept, take, release. Each is one call whose answer is the record as it stands then. */
#include "cli/cli.h"
#include "cli/commands.h"
#include "cli/input.h"
#include "cli/preview.h"
#include "cli/record_call.h"
#include "domain/day.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int send_amended(struct cli *cli, Convene__V1__Request *request)
{
	Convene__V1__Amend amend = CONVENE__V1__AMEND__INIT;
	Convene__V1__Call call = CONVENE__V1__CALL__INIT;
	Convene__V1__Record *record = NULL;
	int code = record_call_revision(cli, &amend.revision);

	if (code == EXIT_OK && amend.revision == 0)
		code = record_call_get(cli, request->id, &record);
	if (code != EXIT_OK)
		return code;
	if (record != NULL)
		amend.revision = record->revision;
	amend.request = request;
	amend.has_revision = 1;
	call.of_case = CONVENE__V1__CALL__OF_AMEND;
	call.amend = &amend;
	return record_call_show(cli, &call);
}

int cmd_amend(struct cli *cli)
{
	const char *path = cli->args.positional[0];
	struct programme_file file;
	int code;

	programme_file_init(&file);
	code = input_read(cli, path, programme_file_read_requests, &file);
	if (code == EXIT_OK && (file.n_requests != 1 || file.requests[0]->id == NULL))
		code = cli_fail(cli, EXIT_DATA, "%s: one request with an id is wanted", path);
	if (code == EXIT_OK)
		code = send_amended(cli, file.requests[0]);
	programme_file_done(&file);
	return code;
}

int cmd_withdraw(struct cli *cli)
{
	Convene__V1__Withdraw withdraw = CONVENE__V1__WITHDRAW__INIT;
	Convene__V1__Call call = CONVENE__V1__CALL__INIT;
	int code = record_call_revision(cli, &withdraw.revision);

	if (code != EXIT_OK)
		return code;
	withdraw.request = cli->args.positional[0];
	withdraw.has_revision = withdraw.revision != 0;
	withdraw.reason = record_call_value(cli, OPT_REASON);
	call.of_case = CONVENE__V1__CALL__OF_WITHDRAW;
	call.withdraw = &withdraw;
	return record_call_show(cli, &call);
}

static int decide(struct cli *cli, const char *verdict)
{
	Convene__V1__Decide decide = CONVENE__V1__DECIDE__INIT;
	Convene__V1__Call call = CONVENE__V1__CALL__INIT;
	int code = record_call_revision(cli, &decide.revision);

	if (code != EXIT_OK)
		return code;
	decide.request = cli->args.positional[0];
	decide.has_revision = decide.revision != 0;
	decide.verdict = (char *)verdict;
	decide.reason = record_call_value(cli, OPT_REASON);
	decide.noc = record_call_value(cli, OPT_NOC);
	call.of_case = CONVENE__V1__CALL__OF_DECIDE;
	call.decide = &decide;
	return record_call_show(cli, &call);
}

int cmd_approve(struct cli *cli)
{
	if (args_has(&cli->args, OPT_PREVIEW))
		return preview_run(cli);
	return decide(cli, "approve");
}

/* `why`: what --reason, which must be there, must say. */
static int decide_saying(struct cli *cli, const char *verdict, const char *why)
{
	if (!args_has(&cli->args, OPT_REASON))
		return cli_fail(cli, EXIT_USAGE, "%s: --reason must say %s", verdict, why);
	return decide(cli, verdict);
}

int cmd_decline(struct cli *cli)
{
	return decide_saying(cli, "decline", "why");
}

int cmd_revise(struct cli *cli)
{
	return decide_saying(cli, "revise", "what has to change");
}

int cmd_postpone(struct cli *cli)
{
	return decide_saying(cli, "postpone", "why");
}

int cmd_cancel(struct cli *cli)
{
	return decide_saying(cli, "cancel", "why");
}

int cmd_accept(struct cli *cli)
{
	Convene__V1__Accept accept = CONVENE__V1__ACCEPT__INIT;
	Convene__V1__Call call = CONVENE__V1__CALL__INIT;
	int code = record_call_revision(cli, &accept.revision);

	if (code != EXIT_OK)
		return code;
	accept.request = cli->args.positional[0];
	accept.has_revision = accept.revision != 0;
	call.of_case = CONVENE__V1__CALL__OF_ACCEPT;
	call.accept = &accept;
	return record_call_show(cli, &call);
}

int cmd_take(struct cli *cli)
{
	Convene__V1__Take take = CONVENE__V1__TAKE__INIT;
	Convene__V1__Call call = CONVENE__V1__CALL__INIT;
	int code = record_call_revision(cli, &take.revision);
	int32_t day;

	if (code != EXIT_OK)
		return code;
	take.request = cli->args.positional[0];
	take.has_revision = take.revision != 0;
	take.venue = cli->args.positional[1];
	take.first_day = cli->args.positional[2];
	if (!day_parse(take.first_day, &day))
		return cli_fail(cli, EXIT_USAGE, "%s is no day: YYYY-MM-DD", take.first_day);
	call.of_case = CONVENE__V1__CALL__OF_TAKE;
	call.take = &take;
	return record_call_show(cli, &call);
}

int cmd_release(struct cli *cli)
{
	Convene__V1__Release release = CONVENE__V1__RELEASE__INIT;
	Convene__V1__Call call = CONVENE__V1__CALL__INIT;

	release.request = cli->args.positional[0];
	release.has_reject = 1;
	release.reject = args_has(&cli->args, OPT_REJECT);
	release.reason = record_call_value(cli, OPT_REASON);
	call.of_case = CONVENE__V1__CALL__OF_RELEASE;
	call.release = &release;
	return record_call_show(cli, &call);
}
