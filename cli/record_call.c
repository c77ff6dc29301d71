#include "cli/record_call.h"
#include "cli/changes.h"
#include "cli/record_json.h"
#include "cli/show.h"

char *record_call_value(struct cli *cli, enum option_id id)
{
	return (char *)cli->args.value[id];
}

int record_call_revision(struct cli *cli, int64_t *ret)
{
	if (args_number(&cli->args, OPT_REVISION, 1, INT64_MAX, 0, ret) != CVN_OK)
		return cli_fail(cli, EXIT_USAGE, "%s", cli->args.fault);
	return EXIT_OK;
}

static int call_record(struct cli *cli, Convene__V1__Call *call, Convene__V1__Record **ret)
{
	Convene__V1__Reply *reply;
	int code = cli_programme_call(cli, call, &reply);

	if (code != EXIT_OK)
		return code;
	if (reply->of_case != CONVENE__V1__REPLY__OF_RECORD)
		return cli_fail(cli, EXIT_PROTOCOL, "the daemon did not answer with a record");
	*ret = reply->record;
	return EXIT_OK;
}

/* The caller went by a revision that is past: what has changed since? */
static void tell_changes(struct cli *cli, const Convene__V1__Call *call)
{
	int64_t revision;
	char *request = call->of_case == CONVENE__V1__CALL__OF_AMEND ?
				call->amend->request->id :
				cli->args.positional[0];

	if (args_has(&cli->args, OPT_REVISION) && !cli->is_json &&
	    record_call_revision(cli, &revision) == EXIT_OK)
		changes_tell(cli, request, revision);
}

int record_call_show(struct cli *cli, Convene__V1__Call *call)
{
	Convene__V1__Record *record = NULL;
	int code = call_record(cli, call, &record);

	if (code == EXIT_TRY_AGAIN)
		tell_changes(cli, call);
	if (code != EXIT_OK)
		return code;
	if (cli->is_json)
		json_print_line(record_json(record));
	else
		show_brief(record);
	return EXIT_OK;
}

int record_call_get(struct cli *cli, char *id, Convene__V1__Record **ret)
{
	Convene__V1__Get get = CONVENE__V1__GET__INIT;
	Convene__V1__Call call = CONVENE__V1__CALL__INIT;

	get.request = id;
	call.of_case = CONVENE__V1__CALL__OF_GET;
	call.get = &get;
	return call_record(cli, &call, ret);
}
