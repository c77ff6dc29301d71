/* Helpers first, options_read() last. */
#include "kit/options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "kit/kit.h"
#include "util/err.h"
#include "util/help.h"
#include "util/id.h"

enum {
	OPT_ENDPOINT = 1,
	OPT_NAME,
	OPT_KEY,
	OPT_SERVER_KEY,
	OPT_EPOCH,
	OPT_LOG_LEVEL,
	OPT_VERSION,
	OPT_HELP,
	OPT_MAN
};

static const struct option LONG[] = {
	{ "endpoint", required_argument, NULL, OPT_ENDPOINT },
	{ "name", required_argument, NULL, OPT_NAME },
	{ "key", required_argument, NULL, OPT_KEY },
	{ "server-key", required_argument, NULL, OPT_SERVER_KEY },
	{ "daemon-epoch", required_argument, NULL, OPT_EPOCH },
	{ "log-level", required_argument, NULL, OPT_LOG_LEVEL },
	{ "version", no_argument, NULL, OPT_VERSION },
	{ "help", no_argument, NULL, OPT_HELP },
	{ "man", no_argument, NULL, OPT_MAN }, /* for the build */
	{ NULL, 0, NULL, 0 },
};

static const struct help_row ROWS[] = {
	{ "--endpoint ENDPOINT", "where convened takes workers: ipc://PATH or tcp://HOST:PORT" },
	{ "--name NAME", "unique among living workers; without it kind, host and process id" },
	{ "--key FILE", "key file of this worker, granted the role worker (tcp only)" },
	{ "--server-key KEY", "public key of convened, Z85 (tcp only)" },
	{ "--daemon-epoch N",
	  "convened gives it to its children: they serve that lease alone, and end with it" },
	{ "--log-level LEVEL", "error, warn, info, debug; info where absent" },
	{ "--version", "print the version and end" },
	{ "--help", "print this and end" },
};

static const struct help_row EXITS[] = {
	{ "0", "was told to end" },
	{ "64", "the command line is wrong" },
	{ "69", "convened was not there to take it" },
	{ "70", "a fault of the program, or the system refuses what it needs" },
	{ "76", "what came is not convened's, or of another version" },
	{ "77", "the key file can't be read" },
};

/* --help of the worker, or its man page with the other ways to call the program. */
static void describe(const struct kit_worker *worker, bool is_man)
{
	char usage[80];
	struct help_part parts[1 + KIT_PARTS_MAX] = {
		{ .usage = usage,
		  .about = worker->about,
		  .options = ROWS,
		  .n_options = N_ELEMENTS(ROWS),
		  .more = "It is started by convened; by hand only to lend another machine's "
			  "processors to it.",
		  .exits = EXITS,
		  .n_exits = N_ELEMENTS(EXITS) },
	};
	struct help_page page = {
		.program = worker->program,
		.section = 1,
		.summary = worker->summary,
		.parts = parts,
		.n_parts = 1,
		.see_also = "convene(1), convened(8)",
	};

	snprintf(usage, sizeof usage, "%s --endpoint ENDPOINT [options]", worker->program);
	while (page.n_parts <= KIT_PARTS_MAX && worker->parts[page.n_parts - 1] != NULL) {
		parts[page.n_parts] = *worker->parts[page.n_parts - 1];
		page.n_parts++;
	}
	if (is_man)
		help_man(stdout, &page);
	else
		help_print(stdout, parts, 1);
}

static int wrong_usage(const char *program, const char *what)
{
	fprintf(stderr, "%s: %s; see %s --help\n", program, what, program);
	return EX_USAGE;
}

static bool read_epoch(const char *text, int64_t *ret_epoch)
{
	char *end;

	errno = 0;
	long long value = strtoll(text, &end, 10);
	if (errno != 0 || end == text || *end != '\0' || value < 1)
		return false;
	*ret_epoch = value;
	return true;
}

/* What one option means for `o`; NULL, or what is wrong with it. */
static const char *take(int option, struct options *o, const char **key_file)
{
	switch (option) {
	case OPT_ENDPOINT:
		o->endpoint = optarg;
		return NULL;
	case OPT_NAME:
		o->name = optarg;
		return id_is_valid(optarg) ?
			       NULL :
			       "--name must be 1 to 64 letters, digits, dots, dashes, underscores";
	case OPT_KEY:
		*key_file = optarg;
		return NULL;
	case OPT_SERVER_KEY:
		o->server_key = optarg;
		return keys_is_key(optarg) ? NULL : "--server-key is no key";
	case OPT_EPOCH:
		o->is_child = true;
		return read_epoch(optarg, &o->daemon_epoch) ? NULL : "--daemon-epoch is no epoch";
	case OPT_LOG_LEVEL:
		return log_level_parse(optarg, &o->log_level) ?
			       NULL :
			       "--log-level is none of error, warn, info, debug";
	default:
		return "unknown option, or one without its value";
	}
}

/* Do the options agree with one another? NULL, or what is wrong. */
static const char *disagree(struct options *o, const char *key_file)
{
	if (o->endpoint == NULL)
		return "--endpoint is missing";
	o->is_tcp = strncmp(o->endpoint, "tcp://", 6) == 0;
	if (!o->is_tcp && strncmp(o->endpoint, "ipc://", 6) != 0)
		return "--endpoint must begin with ipc:// or tcp://";
	if (o->is_tcp && (key_file == NULL || o->server_key == NULL))
		return "over tcp:// both --key and --server-key are needed";
	if (!o->is_tcp && (key_file != NULL || o->server_key != NULL))
		return "--key and --server-key are for tcp:// alone; the file mode guards ipc://";
	return NULL;
}

int options_read(int argc, char **argv, const struct kit_worker *worker, const char *default_name,
		 struct options *ret_options)
{
	struct options o = { .name = default_name, .log_level = LOG_LEVEL_INFO };
	const char *key_file = NULL, *wrong;
	enum cvn_err err;
	int option;

	optind = 1;
	opterr = 0;
	while ((option = getopt_long(argc, argv, "", LONG, NULL)) != -1) {
		if (option == OPT_HELP || option == OPT_MAN) {
			describe(worker, option == OPT_MAN);
			return EX_OK;
		}
		if (option == OPT_VERSION) {
			printf("%s %s\n", worker->program, CONVENE_VERSION);
			return EX_OK;
		}
		if ((wrong = take(option, &o, &key_file)) != NULL)
			return wrong_usage(worker->program, wrong);
	}
	if (optind < argc)
		return wrong_usage(worker->program, "an argument that is no option");
	if ((wrong = disagree(&o, key_file)) != NULL)
		return wrong_usage(worker->program, wrong);
	if (key_file != NULL && (err = keys_load(key_file, &o.keys)) != CVN_OK) {
		fprintf(stderr, "%s: %s: %s\n", worker->program, key_file, cvn_err_text(err));
		return EX_NOPERM;
	}
	*ret_options = o;
	return -1;
}
