#include "cli/ask.h"

#include <stdio.h>
#include <unistd.h>

int ask_before(struct cli *cli, const char *question)
{
	char answer[16];

	if (args_has(&cli->args, OPT_YES))
		return EXIT_OK;
	if (isatty(STDIN_FILENO) != 1)
		return cli_fail(cli, EXIT_USAGE, "nobody is there to be asked: %s? --yes says yes",
				question);
	fprintf(stderr, "%s? [y/N] ", question);
	fflush(stderr);
	if (fgets(answer, sizeof(answer), stdin) != NULL && (answer[0] == 'y' || answer[0] == 'Y'))
		return EXIT_OK;
	return cli_fail(cli, EXIT_FAILED, "nothing was changed");
}
