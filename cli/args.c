#include "cli/args.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* getopt's `val` of a long option; above all letters. */
#define LONG_BASE 256

const struct option_row OPTIONS[OPT_END] = {
#define OPTION(name, word, letter, value, help) [OPT_##name] = { word, letter, value, help },
#include "cli/options.def"
#undef OPTION
};

static const struct command *find_command(const char *word)
{
	const struct command *c = COMMANDS;

	while (c->word != NULL && strcmp(c->word, word) != 0)
		c++;
	return c->word != NULL ? c : NULL;
}

/* getopt's two lists, made from the rows that the command allows; without a command, the common
 * ones. */
static void fill_getopt(uint64_t allowed, struct option *ret_longs, char *ret_letters)
{
	*ret_letters++ = ':';
	for (int id = 0; id < OPT_END; id++) {
		const struct option_row *row = &OPTIONS[id];

		if ((allowed & UINT64_C(1) << id) == 0)
			continue;
		*ret_longs++ = (struct option){
			.name = row->word,
			.has_arg = row->value != NULL ? required_argument : no_argument,
			.val = LONG_BASE + id,
		};
		if (row->letter == 0)
			continue;
		*ret_letters++ = (char)row->letter;
		if (row->value != NULL)
			*ret_letters++ = ':';
	}
	*ret_longs = (struct option){ .name = NULL };
	*ret_letters = '\0';
}

static int option_of(int val)
{
	if (val >= LONG_BASE)
		return val - LONG_BASE;
	for (int id = 0; id < OPT_END; id++) {
		if (OPTIONS[id].letter == val)
			return id;
	}
	return OPT_END;
}

static enum cvn_err refuse_option(struct args *args, int c, char **argv)
{
	const char *word = argv[optind - 1];

	snprintf(args->fault, sizeof(args->fault),
		 c == ':' ? "%.80s needs a value" : "there is no option %.80s here", word);
	return CVN_EINVALID;
}

/* The first argument that is neither an option nor an option's value. Reorders argv: options first.
 * */
static const char *first_word(int argc, char **argv)
{
	struct option longs[OPT_END + 1];
	char letters[3 * OPT_END + 2];

	fill_getopt(UINT64_MAX, longs, letters);
	optind = 0; /* GNU: start anew, also for a second command line in one process */
	opterr = 0;
	while (getopt_long(argc, argv, letters, longs, NULL) != -1) {
	}
	return optind < argc ? argv[optind] : NULL;
}

static enum cvn_err check_positional(struct args *args)
{
	const struct command *c = args->command;

	if (args->n_positional >= c->args_min && args->n_positional <= c->args_max)
		return CVN_OK;
	snprintf(args->fault, sizeof(args->fault), "usage: convene %s%s%s", c->word,
		 c->arguments[0] != '\0' ? " " : "", c->arguments);
	return CVN_EINVALID;
}

enum cvn_err args_parse(int argc, char **argv, struct args *ret)
{
	struct option longs[OPT_END + 1];
	char letters[3 * OPT_END + 2];
	const char *word = first_word(argc, argv);
	int c;

	*ret = (struct args){ .command = word != NULL ? find_command(word) : NULL };
	fill_getopt(ret->command != NULL ? ret->command->options : OPT_COMMON, longs, letters);
	optind = 0;
	while ((c = getopt_long(argc, argv, letters, longs, NULL)) != -1) {
		int id = option_of(c);

		if (c == '?' || c == ':' || id == OPT_END)
			return refuse_option(ret, c, argv);
		ret->value[id] = optarg != NULL ? optarg : "";
	}
	if (word != NULL && ret->command == NULL) {
		snprintf(ret->fault, sizeof(ret->fault), "there is no command %.80s", word);
		return CVN_EINVALID;
	}
	if (ret->command == NULL || args_has(ret, OPT_HELP))
		return CVN_OK;
	ret->positional = argv + optind + 1;
	ret->n_positional = argc - optind - 1;
	return check_positional(ret);
}

bool args_has(const struct args *args, enum option_id id)
{
	return args->value[id] != NULL;
}

enum cvn_err args_number(struct args *args, enum option_id id, int64_t min, int64_t max,
			 int64_t otherwise, int64_t *ret)
{
	const char *text = args->value[id];
	char *end;
	long long n;

	if (text == NULL) {
		*ret = otherwise;
		return CVN_OK;
	}
	errno = 0;
	n = strtoll(text, &end, 10);
	if (errno != 0 || end == text || *end != '\0' || n < min || n > max) {
		snprintf(args->fault, sizeof(args->fault),
			 "--%s: %.40s is not a number from %" PRId64 " to %" PRId64,
			 OPTIONS[id].word, text, min, max);
		return CVN_EINVALID;
	}
	*ret = n;
	return CVN_OK;
}

static bool is_in(const char *text, char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(list[i], text) == 0)
			return true;
	return false;
}

enum cvn_err args_list(struct args *args, enum option_id id, struct arena *arena, char ***ret,
		       size_t *ret_n)
{
	const char *at = args->value[id];
	size_t n = 0, max = 1;
	char **list;

	*ret_n = 0;
	if (at == NULL)
		return CVN_OK;
	for (const char *c = at; *c != '\0'; c++)
		max += *c == ',';
	list = arena_array(arena, max, sizeof(*list));
	for (; list != NULL && n < max; n++) {
		const size_t length = strcspn(at, ",");

		list[n] = arena_memdup(arena, at, length);
		if (list[n] == NULL)
			return CVN_ENOMEM;
		if (length == 0 || is_in(list[n], list, n)) {
			snprintf(args->fault, sizeof(args->fault),
				 "--%s: %.80s: names are joined by commas, each once",
				 OPTIONS[id].word, args->value[id]);
			return CVN_EINVALID;
		}
		at += length + 1;
	}
	if (list == NULL)
		return CVN_ENOMEM;
	*ret = list;
	*ret_n = n;
	return CVN_OK;
}
