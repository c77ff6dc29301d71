/* main.c - convene: one command of the command-line client, from arguments to exit code.
 *
 * Not here  what the commands do (commands.def). */
#include "cli/cli.h"

#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <zmq.h>

#define TIMEOUT_MAX_S 86400

static int prepare(struct cli *cli)
{
	int64_t seconds;

	cli->is_json = args_has(&cli->args, OPT_JSON);
	if (args_number(&cli->args, OPT_TIMEOUT, 1, TIMEOUT_MAX_S, 30, &seconds) != CVN_OK)
		return cli_fail(cli, EXIT_USAGE, "%s", cli->args.fault);
	cli->timeout_ms = seconds * 1000;
	if (profile_load(&cli->args, &cli->profile) != CVN_OK)
		return cli_fail(cli, EXIT_CONFIG, "%s", cli->profile.fault);
	return EXIT_OK;
}

static int run(struct cli *cli)
{
	int code = prepare(cli);

	if (code == EXIT_OK)
		code = cli->args.command->run(cli);
	if (fflush(stdout) != 0 && code == EXIT_OK)
		code = cli_fail(cli, EXIT_CANNOT_CREATE, "standard output cannot be written");
	return code;
}

int main(int argc, char **argv)
{
	struct cli cli = { .is_json = false };
	int code;

	if (setlocale(LC_CTYPE, "C.UTF-8") == NULL) /* texts are UTF-8 whatever the user's locale */
		setlocale(LC_CTYPE, "");
	if (argc == 2 && strcmp(argv[1], "--version") == 0) {
		printf("convene %s\n", CONVENE_VERSION);
		return EXIT_OK;
	}
	if (argc == 2 &&
	    strcmp(argv[1], "--man") == 0) { /* for the build: the page is made from the tables */
		args_man();
		return EXIT_OK;
	}
	if (args_parse(argc, argv, &cli.args) != CVN_OK)
		return cli_fail(&cli, EXIT_USAGE, "%s", cli.args.fault);
	if (cli.args.command == NULL || args_has(&cli.args, OPT_HELP)) {
		args_help(cli.args.command);
		return argc == 1 ? EXIT_USAGE : EXIT_OK;
	}
	arena_init(&cli.arena, CLI_ARENA_BYTES);
	cli.zmq = zmq_ctx_new();
	code = cli.zmq != NULL ? run(&cli) : EXIT_SOFTWARE;
	cli_disconnect(&cli);
	if (cli.zmq != NULL)
		zmq_ctx_term(cli.zmq);
	keys_wipe(&cli.keys);
	arena_done(&cli.arena);
	return code;
}
