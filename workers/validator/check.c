/* In order of time: check_main -> read_file -> choose_judged -> judge_all -> tell */
#include "validator/check.h"
#include "domain/day.h"
#include "util/help.h"
#include "util/slurp.h"
#include "validator/rules.h"
#include "validator/stand.h"
#include "wire/programme_file.h"
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

enum { JUDGEMENT_BYTES = 4 << 20 };

struct check {
	struct programme_file programme, requests;
	struct replica *replica;
	const Convene__V1__Request **judged; /* those of the programme: as the replica has them, or doubled ones apart */
	size_t n_faulty;
	bool has_today;
	int32_t today;
};

static int read_file(const char *path, struct programme_file *file, bool is_programme);
static void choose_judged(struct check *c);
static int judge_all(struct check *c, const struct programme_file *file, const Convene__V1__Request *const *judged);
static enum cvn_err tell(struct check *c, const Convene__V1__Request *request, Convene__V1__Violation *const *violations,
                         size_t n);

static const struct help_row ROWS[] = {
	{ "--today DATE", "the day that it is, as 2022-01-31: rules that depend on it hold too" },
	{ "--help", "print this and end" },
};

static const struct help_row EXITS[] = {
	{ "0", "all requests are sound" },
	{ "64", "the command line is wrong" },
	{ "65", "a file is refused, or requests have faults: a JSON line each on standard output, with its violations" },
	{ "66", "a file cannot be read" },
	{ "70", "out of memory" },
};

const struct help_part CHECK_HELP = {
	.usage = "convene-validator check [--today DATE] PROGRAMME.json [REQUESTS.json]",
	.about = "Judges the requests of the second file for the programme of the first; without a second file, those of "
	         "the programme.",
	.options = ROWS,
	.n_options = N_ELEMENTS(ROWS),
	.exits = EXITS,
	.n_exits = N_ELEMENTS(EXITS),
};

static int usage(int status)
{
	help_print(status == EX_OK ? stdout : stderr, &CHECK_HELP, 1);
	return status;
}

static int run(struct check *c, const char *programme, const char *requests)
{
	int code = read_file(programme, &c->programme, true);

	if (code == EX_OK && requests != NULL)
		code = read_file(requests, &c->requests, false);
	if (code != EX_OK)
		return code;
	c->replica = replica_new(NULL);
	c->judged = calloc(c->programme.n_requests + 1, sizeof(*c->judged));
	if (c->replica == NULL || c->judged == NULL || stand_file(c->replica, &c->programme) != CVN_OK) {
		fputs("convene-validator: out of memory\n", stderr);
		return EX_SOFTWARE;
	}
	choose_judged(c);
	if (requests == NULL)
		return judge_all(c, &c->programme, c->judged);
	return judge_all(c, &c->requests, (const Convene__V1__Request *const *)c->requests.requests);
}

int check_main(int argc, char **argv)
{
	static const struct option OPTIONS[] = {
		{ "today", required_argument, NULL, 't' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	struct check c = { 0 };
	int option, code;

	while ((option = getopt_long(argc, argv, "", OPTIONS, NULL)) != -1) {
		if (option == 'h')
			return usage(EX_OK);
		if (option != 't')
			return usage(EX_USAGE);
		if (!day_parse(optarg, &c.today)) {
			fprintf(stderr, "check: --today must be a day, as 2022-01-31, not \"%s\"\n\n", optarg);
			return usage(EX_USAGE);
		}
		c.has_today = true;
	}
	if (argc - optind < 1 || argc - optind > 2)
		return usage(EX_USAGE);
	programme_file_init(&c.programme);
	programme_file_init(&c.requests);
	code = run(&c, argv[optind], optind + 1 < argc ? argv[optind + 1] : NULL);
	free(c.judged);
	replica_free(c.replica);
	programme_file_done(&c.requests);
	programme_file_done(&c.programme);
	return code;
}

static int read_file(const char *path, struct programme_file *file, bool is_programme)
{
	struct buf bytes;
	enum cvn_err err;

	buf_init(&bytes, JSON_DOCUMENT_BYTES);
	err = slurp(path, &bytes);
	if (err != CVN_OK) {
		fprintf(stderr, "convene-validator: %s: %s\n", path, err == CVN_EIO ? strerror(errno) : cvn_err_text(err));
		buf_done(&bytes);
		return EX_NOINPUT;
	}
	err = is_programme ? programme_file_read(file, (const char *)bytes.bytes, bytes.n) :
	                     programme_file_read_requests(file, (const char *)bytes.bytes, bytes.n);
	buf_done(&bytes);
	for (const struct json_fault *f = file->faults.first; f != NULL; f = f->next) {
		if (!f->is_warning)
			fprintf(stderr, "%s: %s: %s\n", path, f->path, f->text);
	}
	if (err != CVN_OK && file->faults.n_errors == 0)
		fprintf(stderr, "convene-validator: %s: %s\n", path, cvn_err_text(err));
	return err == CVN_OK ? EX_OK : EX_DATAERR;
}

/* What is judged of a programme: its requests as they stand, and those apart that could not, since their id is taken.
 * Both lists have the same order, so one walk along them tells which is which. */
static void choose_judged(struct check *c)
{
	const struct replica_record *next = replica_first(c->replica);

	for (size_t i = 0; i < c->programme.n_requests; i++) {
		const Convene__V1__Request *request = c->programme.requests[i];
		bool stands = next != NULL && request->id != NULL && strcmp(request->id, next->id) == 0;

		c->judged[i] = stands ? next->content : request;
		if (stands)
			next = replica_next(next);
	}
}

/* The word that a file may have beside its requests: those that have the same are judged together. */
static const char *batch_of(const struct programme_file *file, size_t i)
{
	return json_string_value(json_object_get(file->request_json[i], "batch"));
}

static size_t gather_batch(const struct programme_file *file, size_t i, const Convene__V1__Request *const *judged,
                           const Convene__V1__Request **ret_batch)
{
	const char *batch = batch_of(file, i);
	size_t n = 0;

	for (size_t k = 0; batch != NULL && k < file->n_requests; k++) {
		const char *other = batch_of(file, k);

		if (other != NULL && strcmp(batch, other) == 0)
			ret_batch[n++] = judged[k];
	}
	return n;
}

static int judge_all(struct check *c, const struct programme_file *file, const Convene__V1__Request *const *judged)
{
	const Convene__V1__Request **batch = calloc(file->n_requests + 1, sizeof(*batch));
	enum cvn_err err = batch != NULL ? CVN_OK : CVN_ENOMEM;
	struct arena arena;

	arena_init(&arena, JUDGEMENT_BYTES);
	for (size_t i = 0; i < file->n_requests && err == CVN_OK; i++) {
		struct subject subject = { judged[i], c->replica, batch, gather_batch(file, i, judged, batch), c->today,
		                           c->has_today };
		Convene__V1__Violation **violations;
		size_t n;

		arena_reset(&arena);
		err = rules_judge(&subject, &arena, &violations, &n);
		if (err == CVN_OK && n > 0)
			err = tell(c, judged[i], violations, n);
	}
	arena_done(&arena);
	free(batch);
	if (err != CVN_OK)
		fprintf(stderr, "convene-validator: %s\n", cvn_err_text(err));
	return err != CVN_OK ? EX_SOFTWARE : c->n_faulty > 0 ? EX_DATAERR : EX_OK;
}

static enum cvn_err tell(struct check *c, const Convene__V1__Request *request, Convene__V1__Violation *const *violations,
                         size_t n)
{
	json_t *list = json_array();
	json_t *line;

	for (size_t i = 0; i < n; i++)
		json_array_append_new(list, json_of_message(&violations[i]->base));
	line = json_pack("{s:s?, s:o}", "id", request->id, "violations", list);
	c->n_faulty++;
	if (line == NULL)
		return CVN_ENOMEM;
	json_dumpf(line, stdout, JSON_COMPACT);
	putchar('\n');
	json_decref(line);
	return CVN_OK;
}
