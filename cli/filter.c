#include "cli/filter.h"
#include "domain/day.h"
#include "domain/lifecycle.h"

#include <string.h>

enum cvn_err filter_days(const char *text, struct arena *arena, Convene__V1__Period **ret)
{
	const char *slash = strchr(text, '/');
	Convene__V1__Period *period = arena_alloc(arena, sizeof(*period));
	int32_t first, last;

	if (period == NULL)
		return CVN_ENOMEM;
	convene__v1__period__init(period);
	period->first = slash != NULL ? arena_memdup(arena, text, (size_t)(slash - text)) :
					arena_strdup(arena, text);
	period->last = arena_strdup(arena, slash != NULL ? slash + 1 : text);
	if (period->first == NULL || period->last == NULL)
		return CVN_ENOMEM;
	if (!day_parse(period->first, &first) || !day_parse(period->last, &last) || last < first)
		return CVN_EINVALID;
	*ret = period;
	return CVN_OK;
}

enum cvn_err filter_states(const char *text, struct arena *arena, Convene__V1__State **ret,
			   size_t *ret_n)
{
	Convene__V1__State *states = arena_array(arena, STATE_N, sizeof(*states));
	size_t n = 0;

	if (states == NULL)
		return CVN_ENOMEM;
	for (;;) {
		const size_t length = strcspn(text, ",");
		char *name = arena_memdup(arena, text, length);

		if (name == NULL)
			return CVN_ENOMEM;
		if (n == STATE_N || !state_parse(name, &states[n]))
			return CVN_EINVALID;
		n++;
		if (text[length] == '\0')
			break;
		text += length + 1;
	}
	*ret = states;
	*ret_n = n;
	return CVN_OK;
}

int filter_read(struct cli *cli, Convene__V1__List *ret)
{
	const char *states = cli->args.value[OPT_STATE], *days = cli->args.value[OPT_DAYS];
	enum cvn_err err;

	if (states != NULL) {
		err = filter_states(states, &cli->arena, &ret->states, &ret->n_states);
		if (err != CVN_OK)
			return cli_fail(cli, EXIT_USAGE, "--state %s: not a list of states",
					states);
	}
	if (days != NULL) {
		err = filter_days(days, &cli->arena, &ret->days);
		if (err != CVN_OK)
			return cli_fail(cli, EXIT_USAGE,
					"--days %s: YYYY-MM-DD/YYYY-MM-DD is wanted", days);
	}
	if (args_number(&cli->args, OPT_SINCE, 0, INT64_MAX, 0, &ret->since) != CVN_OK)
		return cli_fail(cli, EXIT_USAGE, "%s", cli->args.fault);
	ret->has_since = args_has(&cli->args, OPT_SINCE);
	ret->federation = (char *)cli->args.value[OPT_FEDERATION];
	ret->discipline = (char *)cli->args.value[OPT_DISCIPLINE];
	ret->host = (char *)cli->args.value[OPT_HOST];
	ret->venue = (char *)cli->args.value[OPT_VENUE];
	return EXIT_OK;
}
