/* solve.c - the subcommand: options, reading, planning, writing. See solve.h.
 *
 * In order of time: solve_main -> read_options -> read_file -> read_questions -> stand_fixed -> open_out -> plan ->
 * write_plan -> report. What can be refused is refused before the search. */
#include "scheduler/solve.h"
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>
#include "scheduler/anneal.h"
#include "scheduler/costs.h"
#include "scheduler/memory.h"
#include "scheduler/plan_file.h"
#include "scheduler/solve_report.h"
#include "scheduler/solve_search.h"
#include "util/clock.h"
#include "util/help.h"
#include "util/slurp.h"

#define FILE_BYTES_MAX ((size_t)64 << 20)
#define PLAN_BYTES_MAX ((size_t)1 << 30)
#define THREADS_MAX 64
#define BOUND_PART 7
#define BOUND_ROUNDS 280 /* with those that guide (costs.h) */
#define WARNINGS_SHOWN 10

struct options {
	const char *programme, *out, *explain, *what_if;
	int64_t milliseconds, steps, seed, threads;
	bool json, help, has_seconds, has_steps;
};

struct solving {
	struct options options;
	struct buf text; /* of the programme file */
	struct programme_file file, more; /* more: what --what-if asks about */
	struct problem *problem;
	FILE *out;       /* the plan's */
	struct calendar *calendar;
	int64_t bound;
	struct costs costs;
	uint64_t began_ms;
};

static int read_options(int argc, char **argv, struct options *ret_options);
static int read_file(struct solving *s);
static int read_questions(struct solving *s);
static int stand_fixed(struct solving *s);
static int open_out(struct solving *s);
static void plan(struct solving *s);
static void find_bound(struct solving *s);
static int write_plan(struct solving *s);
static void report(struct solving *s);

/* The one thing that a signal may touch. */
static atomic_bool interrupted;

int solve_main(int argc, char **argv)
{
	struct solving s = {.began_ms = clock_ms()};
	int status = read_options(argc, argv, &s.options);

	if (status != EX_OK || s.options.help)
		return status;
	buf_init(&s.text, FILE_BYTES_MAX);
	programme_file_init(&s.file);
	programme_file_init(&s.more);
	if ((status = read_file(&s)) == EX_OK && (status = read_questions(&s)) == EX_OK &&
	    (status = stand_fixed(&s)) == EX_OK && (status = open_out(&s)) == EX_OK) {
		plan(&s);
		status = write_plan(&s);
		report(&s);
	}
	costs_done(&s.costs);
	calendar_free(s.calendar);
	problem_free(s.problem);
	programme_file_done(&s.more);
	programme_file_done(&s.file);
	buf_done(&s.text);
	return status;
}

static const struct help_row ROWS[] = {
	{"-o, --output PLAN.json", "write the plan there (default: standard output)"},
	{"--seconds S", "search so long (default: 10)"},
	{"--iterations N", "search N steps instead, on one thread: the same plan each time"},
	{"--seed N", "another seed, another plan (default: 1)"},
	{"--threads T", "use T threads (default: as many as there are processors)"},
	{"--json", "progress and summary as JSON lines on standard error"},
	{"--explain REQUEST", "say what stands in its way at every venue and window, and what room would cost"},
	{"--what-if FILE", "say where each of these further requests would go if it came alone, and what it would displace"},
	{"--help", "print this and end"},
};

static const struct help_row EXITS[] = {
	{"0", "the plan is written"},
	{"64", "the command line is wrong"},
	{"65", "the file is refused; each fault is named with the path to its field"},
	{"66", "the file cannot be read"},
	{"70", "out of memory"},
	{"73", "the plan cannot be written"},
};

const struct help_part SOLVE_HELP = {
	.usage = "convene-scheduler solve PROGRAMME.json [option...]",
	.about = "Plans a programme file: each request gets a venue and days, or the reasons why not.",
	.options = ROWS,
	.n_options = N_ELEMENTS(ROWS),
	.more = "An interrupt (Ctrl-C) ends the search: the best plan so far is written.",
	.exits = EXITS,
	.n_exits = N_ELEMENTS(EXITS),
};

static int usage(int status)
{
	help_print(status == EX_OK ? stdout : stderr, &SOLVE_HELP, 1);
	return status;
}

/* A whole number between the limits; `scale` thousandths may follow a point where it is 1000. */
static bool read_number(const char *text, int64_t scale, int64_t max, int64_t *ret_number)
{
	char *end;
	long long whole;

	errno = 0;
	whole = strtoll(text, &end, 10);
	if (errno != 0 || end == text || whole < 0 || whole > max)
		return false;
	*ret_number = whole * scale;
	if (scale > 1 && *end == '.') {
		for (int64_t part = scale / 10; *++end >= '0' && *end <= '9'; part /= 10)
			*ret_number += (*end - '0') * part;
	}
	return *end == '\0';
}

enum { OUTPUT = 'o', SECONDS = 256, ITERATIONS, SEED, THREADS, JSON, EXPLAIN, WHAT_IF, HELP };

/* What one option means; false: its value is none. */
static bool take_option(int option, struct options *o)
{
	switch (option) {
	case OUTPUT:
		o->out = optarg;
		return true;
	case SECONDS:
		o->has_seconds = true;
		return read_number(optarg, 1000, 1000000, &o->milliseconds) && o->milliseconds > 0;
	case ITERATIONS:
		o->has_steps = true;
		return read_number(optarg, 1, INT64_C(1) << 50, &o->steps);
	case SEED:
		return read_number(optarg, 1, INT32_MAX, &o->seed);
	case THREADS:
		return read_number(optarg, 1, THREADS_MAX, &o->threads) && o->threads > 0;
	case JSON:
		o->json = true;
		return true;
	case EXPLAIN:
		o->explain = optarg;
		return true;
	case WHAT_IF:
		o->what_if = optarg;
		return true;
	case HELP:
		o->help = true;
		return true;
	default:
		return false;
	}
}

static int read_options(int argc, char **argv, struct options *ret_options)
{
	static const struct option LONG[] = {
		{"output", required_argument, NULL, OUTPUT},   {"seconds", required_argument, NULL, SECONDS},
		{"iterations", required_argument, NULL, ITERATIONS}, {"seed", required_argument, NULL, SEED},
		{"threads", required_argument, NULL, THREADS}, {"json", no_argument, NULL, JSON},
		{"explain", required_argument, NULL, EXPLAIN}, {"what-if", required_argument, NULL, WHAT_IF},
		{"help", no_argument, NULL, HELP},             {0},
	};
	long processors = sysconf(_SC_NPROCESSORS_ONLN);
	struct options o = {.milliseconds = 10000, .seed = 1,
	                    .threads = processors < 1 ? 1 : processors > THREADS_MAX ? THREADS_MAX : processors};
	bool ok = true;
	int c;

	while (ok && (c = getopt_long(argc, argv, "o:", LONG, NULL)) != -1)
		ok = take_option(c, &o);
	*ret_options = o;
	if (o.help)
		return usage(EX_OK);
	if (!ok && optarg != NULL)
		fprintf(stderr, "solve: \"%s\" is no value for that option\n\n", optarg);
	else if (ok && o.has_seconds && o.has_steps)
		fputs("solve: either --seconds or --iterations, not both\n\n", stderr);
	else if (ok && optind + 1 != argc)
		fprintf(stderr, "solve: %s\n\n", optind == argc ? "which programme file?" : "one programme file at a time");
	if (!ok || (o.has_seconds && o.has_steps) || optind + 1 != argc)
		return usage(EX_USAGE);
	if (o.has_steps)
		ret_options->milliseconds = 0;
	ret_options->programme = argv[optind];
	return EX_OK;
}

/* One line; takes `line`. A name that is not UTF-8 can't be told so. */
static void tell_json(json_t *line)
{
	if (line != NULL && json_dumpf(line, stderr, JSON_FLAGS) == 0)
		fputc('\n', stderr);
	json_decref(line);
}

static void tell_fault(const struct json_fault *fault, const char *name, bool json)
{
	const char *path = fault->path[0] != '\0' ? fault->path : "document";

	if (json)
		tell_json(json_pack("{s{s:s,s:s,s:s}}", fault->is_warning ? "warning" : "fault", "file", name, "path", path,
		                    "text", fault->text));
	else
		fprintf(stderr, "%s: %s%s: %s\n", name, fault->is_warning ? "warning: " : "", path, fault->text);
}

/* All faults; of warnings, the first few. */
static int tell_faults(const struct programme_file *file, const char *name, bool json)
{
	size_t n_shown = 0;

	for (const struct json_fault *fault = file->faults.first; fault != NULL; fault = fault->next)
		if (!fault->is_warning || n_shown++ < WARNINGS_SHOWN)
			tell_fault(fault, name, json);
	if (file->faults.n_errors > JSON_FAULTS_MAX && !json)
		fprintf(stderr, "%s: %zu faults in all\n", name, file->faults.n_errors);
	if (file->faults.n_warnings > WARNINGS_SHOWN && !json)
		fprintf(stderr, "%s: %zu warnings in all\n", name, file->faults.n_warnings);
	if (json && (file->faults.n_errors > 0 || file->faults.n_warnings > 0))
		tell_json(json_pack("{s{s:s,s:I,s:I}}", "faults", "file", name, "n_faults", (json_int_t)file->faults.n_errors,
		                    "n_warnings", (json_int_t)file->faults.n_warnings));
	return file->faults.n_errors > 0 ? EX_DATAERR : EX_OK;
}

static int read_text(const char *name, struct buf *out)
{
	enum cvn_err err = slurp(name, out);

	if (err == CVN_OK)
		return EX_OK;
	if (err == CVN_ETOOLARGE)
		fprintf(stderr, "%s: document: longer than %zu bytes\n", name, FILE_BYTES_MAX);
	else
		fprintf(stderr, "%s: %s\n", name, err == CVN_EIO ? strerror(errno) : cvn_err_text(err));
	return err == CVN_ETOOLARGE ? EX_DATAERR : EX_NOINPUT;
}

static int read_file(struct solving *s)
{
	const char *name = s->options.programme;
	int status = read_text(name, &s->text);
	enum cvn_err err;

	if (status != EX_OK)
		return status;
	err = programme_file_read(&s->file, (const char *)s->text.bytes, s->text.n);
	if (err != CVN_OK && err != CVN_EINVALID) {
		fprintf(stderr, "%s: %s\n", name, cvn_err_text(err));
		return err == CVN_ETOOLARGE ? EX_DATAERR : EX_SOFTWARE;
	}
	s->problem = plan_file_compile(&s->file);
	if (s->file.document != NULL)
		(void)plan_file_check(&s->file, s->problem);
	if (s->problem == NULL && s->file.faults.n_errors == 0)
		json_faults_add(&s->file.faults, /* is_warning= */ false, "",
		                "has more cities, venues, services, federations, squads and protected days than a programme can");
	return tell_faults(&s->file, name, s->options.json);
}

/* What is asked beside the plan. */
static int read_questions(struct solving *s)
{
	const char *name = s->options.what_if, *asked = s->options.explain;
	struct buf text;
	int status = EX_OK;

	if (asked != NULL && problem_request(s->problem, asked) == PROBLEM_NONE) {
		fprintf(stderr, "%s: there is no request \"%s\"\n", s->options.programme, asked);
		return EX_USAGE;
	}
	if (name == NULL)
		return EX_OK;
	buf_init(&text, FILE_BYTES_MAX);
	status = read_text(name, &text);
	if (status == EX_OK) {
		enum cvn_err err = programme_file_read_requests(&s->more, (const char *)text.bytes, text.n);

		(void)plan_file_check_more(&s->more, &s->file);
		status = tell_faults(&s->more, name, s->options.json);
		if (err != CVN_OK && status == EX_OK)
			status = EX_DATAERR;
	}
	buf_done(&text);
	return status;
}

/* Fixed events stand first, and whoever they come after with them. */
static int stand_fixed(struct solving *s)
{
	const struct problem_request *requests = s->problem->requests;
	int32_t missing, fixed = PROBLEM_NONE;

	s->calendar = calendar_new(s->problem);
	missing = plan_file_stand(s->calendar, &fixed);
	if (missing == PROBLEM_NONE)
		return EX_OK;
	fprintf(stderr,
	        "%s: requests[%d].after: the fixed event \"%s\" needs \"%s\" before it, for which no "
	        "place in time was found\n",
	        s->options.programme, fixed, requests[fixed].id, requests[missing].id);
	return EX_DATAERR;
}

static bool is_piped(const struct solving *s)
{
	return s->options.out == NULL || strcmp(s->options.out, "-") == 0;
}

static void tell_out(const struct solving *s)
{
	fprintf(stderr, "%s: %s\n", is_piped(s) ? "standard output" : s->options.out, strerror(errno));
}

/* Before the search, that it is not in vain; what is in the file stays until there is a plan. */
static int open_out(struct solving *s)
{
	int fd = is_piped(s) ? -1 : open(s->options.out, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);

	s->out = is_piped(s) ? stdout : fd >= 0 ? fdopen(fd, "wb") : NULL;
	if (s->out == NULL)
		tell_out(s);
	return s->out != NULL ? EX_OK : EX_CANTCREAT;
}

static void on_interrupt(int signal_number)
{
	(void)signal_number;
	atomic_store_explicit(&interrupted, true, memory_order_relaxed);
}

static void on_progress(const struct solve_progress *progress, void *arg)
{
	const struct solving *s = arg;

	solve_report_progress(progress, s->options.json);
}

static void plan(struct solving *s)
{
	struct sigaction action = {.sa_handler = on_interrupt, .sa_flags = SA_RESTART};
	struct solve_limits limits = {
		.steps = s->options.steps,
		.n_threads = (int32_t)s->options.threads,
		.seed = (uint64_t)s->options.seed,
		.stop = &interrupted,
		.progress_cb = on_progress,
		.arg = s,
	};

	uint64_t began_ms = clock_ms();

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	find_bound(s);
	limits.bound = s->bound;
	limits.costs = &s->costs;
	if (s->options.milliseconds > 0) {
		int64_t spent = (int64_t)(clock_ms() - began_ms);

		limits.milliseconds = s->options.milliseconds > spent + 1 ? s->options.milliseconds - spent : 1;
	}
	(void)solve_search(s->calendar, &limits);
}

/* The score of a plain plan: what the first prices are measured by. */
static int64_t first_score(const struct calendar *calendar)
{
	struct anneal *first = anneal_new(calendar, 0, NULL);
	int64_t score;

	anneal_first_fit(first);
	score = anneal_best_score(first);
	anneal_free(first);
	return score;
}

/* The bound gets a seventh of the time (up to twice that, for the first few rounds), and at most so many rounds. Its prices
 * then guide the search. */
static void find_bound(struct solving *s)
{
	uint64_t now_ms = clock_ms(), part_ms = (uint64_t)s->options.milliseconds / BOUND_PART;
	struct costs_limits limits = {
		.n_rounds = BOUND_ROUNDS,
		.until_ms = s->options.milliseconds > 0 ? now_ms + part_ms : 0,
		.late_ms = now_ms + 2 * part_ms,
		.stop = &interrupted,
	};
	struct calendar *fixed = calendar_new(s->problem); /* whom they come after may go elsewhere */
	struct bound *bound;
	int64_t score;

	plan_file_fix(fixed);
	bound = bound_new(fixed, (int32_t)s->options.threads);
	score = bound_is_plain(bound) ? 0 : first_score(s->calendar);

	s->bound = costs_find(&s->costs, s->problem, bound, score, &limits);
	bound_free(bound);
	calendar_free(fixed);
}

static int write_plan(struct solving *s)
{
	struct buf out;
	bool ok;

	buf_init(&out, PLAN_BYTES_MAX);
	if (s->out != stdout)
		(void)!ftruncate(fileno(s->out), 0); /* a pipe has nothing that could be left over */
	ok = plan_file_write(s->calendar, s->file.programme->id, &out) == CVN_OK &&
	     fwrite(out.bytes, 1, out.n, s->out) == out.n && fflush(s->out) == 0;
	if (s->out != stdout)
		ok = fclose(s->out) == 0 && ok;
	if (!ok)
		tell_out(s);
	buf_done(&out);
	return ok ? EX_OK : EX_CANTCREAT;
}

static void report(struct solving *s)
{
	FILE *out = is_piped(s) ? stderr : stdout; /* a plan on standard output stays alone there */

	solve_report_summary(s->calendar, s->bound, (double)(clock_ms() - s->began_ms) / 1000.0, s->options.json);
	if (s->options.explain != NULL)
		solve_report_explain(s->calendar, problem_request(s->problem, s->options.explain), out);
	for (size_t i = 0; i < s->more.n_requests; i++)
		solve_report_what_if(s->problem, s->calendar, s->more.requests[i], out);
}
