/* The help and the man page, both from the two tables. */
#include "cli/args.h"
#include "cli/exits.h"
#include "util/help.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

static void print_option(const struct option_row *row)
{
	char left[64];
	int n = snprintf(left, sizeof(left), "  %c%c%c --%s%s%s", row->letter != 0 ? '-' : ' ',
			 row->letter != 0 ? row->letter : ' ', row->letter != 0 ? ',' : ' ',
			 row->word, row->value != NULL ? " " : "",
			 row->value != NULL ? row->value : "");

	printf("%-30s", left);
	if (n >= 30)
		printf("\n%30s", "");
	help_wrap(stdout, row->help, 30, 30);
}

static void print_options(uint64_t set)
{
	for (int id = 0; id < OPT_END; id++) {
		if ((set & UINT64_C(1) << id) != 0)
			print_option(&OPTIONS[id]);
	}
}

static void program_help(void)
{
	printf("usage: convene COMMAND [ARGUMENT…] [OPTION…]\n\n");
	for (const struct command *c = COMMANDS; c->word != NULL; c++)
		printf("  %-11s %s\n", c->word, c->summary);
	printf("\nOptions of every command:\n");
	print_options(OPT_COMMON);
	printf("\nExit codes:\n");
	for (size_t i = 0; i < N_EXITS; i++)
		printf("  %2d  %s\n", EXITS[i].code, EXITS[i].meaning);
	printf("\n`convene COMMAND --help` says more of one command.\n");
}

void args_help(const struct command *command)
{
	if (command == NULL) {
		program_help();
		return;
	}
	printf("usage: convene %s %s%s[OPTION…]\n\n", command->word, command->arguments,
	       command->arguments[0] != '\0' ? " " : "");
	printf("%c", toupper((unsigned char)command->summary[0]));
	help_wrap(stdout, command->summary + 1, 0, 0);
	if (command->details[0] != '\0')
		help_wrap(stdout, command->details, 0, 0);
	printf("\nOptions:\n");
	print_options(command->options & ~OPT_COMMON);
	print_options(OPT_COMMON);
}

static void roff_options(uint64_t set)
{
	for (int id = 0; id < OPT_END; id++) {
		const struct option_row *row = &OPTIONS[id];

		if ((set & UINT64_C(1) << id) == 0)
			continue;
		printf(".TP\n.B ");
		if (row->letter != 0)
			printf("\\-%c, ", row->letter);
		help_roff(stdout, "--");
		help_roff(stdout, row->word);
		if (row->value != NULL)
			printf(" \\fI%s\\fP", row->value);
		putchar('\n');
		help_roff(stdout, row->help);
		putchar('\n');
	}
}

static void roff_command(const struct command *c)
{
	printf(".SS convene %s %s\n", c->word, c->arguments);
	printf("%c", toupper((unsigned char)c->summary[0]));
	help_roff(stdout, c->summary + 1);
	printf(".\n");
	if (c->details[0] != '\0') {
		printf(".PP\n");
		help_roff(stdout, c->details);
		putchar('\n');
	}
	roff_options(c->options & ~OPT_COMMON);
}

void args_man(void)
{
	printf(".TH CONVENE 1 \"\" \"Convene " CONVENE_VERSION "\" \"User Commands\"\n");
	printf(".SH NAME\nconvene \\- the command\\-line client of Convene\n");
	printf(".SH SYNOPSIS\n.B convene\n.I COMMAND\n[\\fIARGUMENT\\fP...] [\\fIOPTION\\fP...]\n");
	printf(".SH DESCRIPTION\nFor federations, committees, the working body and operators: what "
	       "the key may do, "
	       "the daemon decides.\nRequests and answers carry the words of the programme "
	       "file.\n");
	printf(".SH OPTIONS OF EVERY COMMAND\n");
	roff_options(OPT_COMMON);
	printf(".SH COMMANDS\n");
	for (const struct command *c = COMMANDS; c->word != NULL; c++)
		roff_command(c);
	printf(".SH PROFILE\nAn INI file with the section [client] and the keys endpoint, updates, "
	       "server\\-key, key and "
	       "programme, named as the options are; a key file's path is relative to the "
	       "profile.\nLooked for in this "
	       "order: \\-\\-profile, $CONVENE_PROFILE, $XDG_CONFIG_HOME/convene/client.conf "
	       "(~/.config/convene/client.conf). Options go before it.\n");
	printf(".SH EXIT STATUS\n");
	for (size_t i = 0; i < N_EXITS; i++) {
		printf(".TP\n.B %d\n", EXITS[i].code);
		help_roff(stdout, EXITS[i].meaning);
		putchar('\n');
	}
	printf(".SH ENVIRONMENT\n.TP\n.B CONVENE_PROFILE\nprofile, where no option names one\n"
	       ".TP\n.B NO_COLOR\nno colours, also on a terminal\n");
	printf(".SH SEE ALSO\nconvened(8), convene\\-scheduler(1), convene\\-validator(1)\n");
}
